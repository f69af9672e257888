"""Handwritten digits that are always there: scikit-learn's 1,797 scans, in the format of MNIST."""

from __future__ import annotations

import numpy as np

from d2lmini.data.base import Images, listed
from d2lmini.data.mnist import mnist, mnist_here
from d2lmini.errors import DataError, fault

TEST = 360  # the last scans; they follow each other writer by writer, so most test writers are new


@listed("handwritten digits, 28 x 28 grey: MNIST if it is in D2LMINI_DATA, else the 1,797 of scikit-learn")
def digits(*, train: bool = True, source: str | None = None) -> Images:
    """Return handwritten digits as 28 x 28 grey images.

    Shapes:
        Returns images (n, 1, 28, 28) float32 in 0..1, white ink on black, and labels (n,) int64.
        source: "mnist", "scikit-learn", or None for MNIST if it is in D2LMINI_DATA and scikit-learn otherwise.
        The scikit-learn scans are 8 x 8; they are enlarged to 20 x 20 and centred, as MNIST centres its digits.
    Raises:
        DataError: the source is unknown, or MNIST was asked for and is not there.
    Source:
        Alpaydin and Kaynak 1998, doi:10.24432/C50P49 (1,437 for training, the last 360 for testing).

    >>> digits(source="scikit-learn").images.shape
    (1437, 1, 28, 28)
    """
    if source not in (None, "mnist", "scikit-learn"):
        raise DataError(fault(f"source={source!r}", '"mnist", "scikit-learn" or None', 'source="scikit-learn"'))
    if source == "mnist" or (source is None and mnist_here()):
        return mnist(train=train)
    from PIL import Image
    from sklearn.datasets import load_digits

    scans = load_digits()
    chosen = slice(None, -TEST) if train else slice(-TEST, None)
    images = np.zeros((len(scans.target[chosen]), 1, 28, 28), np.float32)
    for image, scan in zip(images, scans.images[chosen], strict=True):
        large = Image.fromarray(scan.astype(np.float32)).resize((20, 20), Image.Resampling.BICUBIC)
        image[0, 4:24, 4:24] = np.clip(np.asarray(large) / 16, 0, 1)
    return Images(images, scans.target[chosen].astype(np.int64), tuple("0123456789"), "scikit-learn digits")
