"""MNIST, read by torchvision from the folder D2LMINI_DATA, or downloaded there if you ask for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2lmini.data.base import Images, folder, listed
from d2lmini.errors import DataError, fault

FILES = tuple(f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


def mnist_here(root: Path | None = None) -> bool:
    """Tell whether the four files of MNIST are in root (default: the folder D2LMINI_DATA)."""
    root = root or folder()
    return root is not None and all((root / "MNIST" / "raw" / name).is_file() for name in FILES)


@listed("70,000 handwritten digits, 28 x 28 grey, from files in D2LMINI_DATA or, if you ask, by download")
def mnist(*, train: bool = True, root: str | Path | None = None, download: bool = False) -> Images:
    """Read the MNIST training or test images.

    Shapes:
        Returns images (60000 or 10000, 1, 28, 28) float32 in 0..1 and labels (n,) int64.
    Raises:
        DataError: no folder is named, the files are not in it, or they are damaged.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791; files read by torchvision.datasets.MNIST.
    """
    root = Path(root).expanduser() if root else folder()
    if root is None:
        raise DataError(
            fault("the environment variable D2LMINI_DATA is not set", "a folder for data", "export D2LMINI_DATA=~/data")
        )
    raw = root / "MNIST" / "raw"
    if not download and not mnist_here(root):
        absent = [name for name in FILES if not (raw / name).is_file()]
        packed = all((raw / f"{name}.gz").is_file() for name in absent)
        hint = f"gunzip -k {raw}/*.gz" if packed else "data.mnist(download=True) with a network, or data.digits()"
        raise DataError(fault(f"{raw} does not hold {', '.join(absent)}", "the four IDX files of MNIST", hint))
    try:
        from torchvision.datasets import MNIST  # here, so that the bundled sets do not need torch
    except (ImportError, RuntimeError, OSError) as error:
        raise DataError(
            fault(f"torchvision does not load ({error})", "torch and torchvision", "python -m d2lmini doctor")
        ) from error
    try:
        files = MNIST(root, train=train, download=download)
        images, labels = files.data.numpy(), files.targets.numpy().astype(np.int64)
        if images.shape != (len(labels), 28, 28) or not len(labels) or labels.max() > 9:
            raise ValueError(f"images {images.shape}, labels {labels.shape}")
    except (RuntimeError, OSError, ValueError, TypeError, LookupError, AssertionError) as error:
        reason = f"{type(error).__name__} {error}".strip()
        raise DataError(
            fault(
                f"torchvision could not read MNIST in {raw} ({reason})",
                "four whole IDX files",
                f"remove {raw} and data.mnist(download=True), or data.digits(source='scikit-learn')",
            )
        ) from error
    return Images(images[:, None].astype(np.float32) / 255, labels, tuple("0123456789"), "MNIST")  # (n, 1, 28, 28)
