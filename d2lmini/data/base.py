"""What every data set gives back, where files are looked for, and the catalogue of the sets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from d2lmini.errors import fault

Loader = TypeVar("Loader", bound=Callable)
_LINES: dict[str, str] = {}  # name -> line, filled by `listed`


class Images(NamedTuple):
    """Images (n, c, h, w) float32 in 0..1, labels (n,) or (n, h, w) int64, the names of the classes, and the source."""

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    source: str

    def __repr__(self) -> str:
        return f"Images({len(self.images)} of {self.images.shape[1:]}, {len(self.names)} classes, {self.source})"


def folder() -> Path | None:
    """Return the folder that the environment variable D2LMINI_DATA names, or None."""
    value = os.environ.get("D2LMINI_DATA")
    return Path(value).expanduser() if value else None


def pictures(values: np.ndarray) -> np.ndarray:
    """Clip values to 0..1 and round them to the 256 levels of a picture in a file, as float32.

    >>> (pictures(np.array([-1.0, 0.5, 2.0])) * 255).tolist()
    [0.0, 128.0, 255.0]
    """
    return (np.clip(values, 0, 1) * 255).round().astype(np.float32) / 255


def listed(line: str) -> Callable[[Loader], Loader]:
    """Enter a loader into the catalogue with one line: what the data are, and where they come from."""

    def enter(loader: Loader) -> Loader:
        if loader.__name__ in _LINES:
            raise ValueError(fault(f"there is a data set {loader.__name__!r}", "another name", "catalogue()"))
        _LINES[loader.__name__] = line
        return loader

    return enter


def catalogue() -> dict[str, str]:
    """Describe every data set in one line: what it is, and where it comes from.

    >>> list(catalogue())
    ['digits', 'ecg', 'fruit', 'glyphs', 'gratings', 'masks', 'mnist', 'photo', 'shapes', 'strawberry']
    """
    return dict(sorted(_LINES.items()))
