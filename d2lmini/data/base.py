"""What every data set gives back, where files are looked for, and the catalogue of the sets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Images(NamedTuple):
    """Images (n, c, h, w) float32 in 0..1, labels (n,) int64, the names of the classes, and the source."""

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


def catalogue() -> dict[str, str]:
    """Describe every data set in one line: what it is, and where it comes from.

    >>> sorted(catalogue())
    ['digits', 'mnist', 'photo']
    """
    return {
        "digits": "handwritten digits, 28 x 28 grey: MNIST if it is in D2LMINI_DATA, else the 1,797 of scikit-learn",
        "mnist": "70,000 handwritten digits, 28 x 28 grey, from files in D2LMINI_DATA or, if you ask, by download",
        "photo": "two colour photographs, 427 x 640, that ship with scikit-learn: china and flower",
    }
