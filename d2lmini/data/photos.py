"""Two real photographs that ship with scikit-learn, as arrays."""

from __future__ import annotations

import numpy as np

from d2lmini.data.base import listed
from d2lmini.errors import DataError, ShapeError, fault
from d2lmini.shapes import numeric

PHOTOS = ("china", "flower")


@listed("two colour photographs, 427 x 640, that ship with scikit-learn: china and flower")
def photo(name: str = "china") -> np.ndarray:
    """Return a colour photograph.

    Shapes:
        Returns (1, 3, 427, 640), red, green, blue, float32 in 0..1.
    Raises:
        DataError: there is no photograph of that name.
    Source:
        sklearn.datasets.load_sample_image: china.jpg by Danielle Buma, flower.jpg by dany13, both CC BY 2.0.

    >>> photo("china").shape
    (1, 3, 427, 640)
    """
    if name not in PHOTOS:
        raise DataError(fault(f"photo {name!r}", f"one of {', '.join(PHOTOS)}", 'photo("china")'))
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image(f"{name}.jpg")  # (427, 640, 3) uint8
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]).astype(np.float32) / 255  # (1, 3, 427, 640)


def grey(x: np.ndarray) -> np.ndarray:
    """Return the luma of colour images.

    Shapes:
        x: (n, 3, h, w), red, green, blue. Returns (n, 1, h, w) = 0.299 r + 0.587 g + 0.114 b.
    Raises:
        ShapeError: x is not 4-d or has another number of channels than three.
    Source:
        Recommendation ITU-R BT.601-7, section 2.5.1.

    >>> grey(np.ones((1, 3, 1, 1))).round(9).tolist()
    [[[[1.0]]]]
    """
    x = numeric(x, "x", "nchw")
    if x.shape[1] != 3:
        hint = "x[:, :3]" if x.shape[1] > 3 else "np.repeat(x[:, :1], 3, axis=1)"
        raise ShapeError(fault(f"x has shape {x.shape}", "three channels, red, green and blue, (n, 3, h, w)", hint))
    weights = np.array([0.299, 0.587, 0.114], np.result_type(x, np.float32))
    return np.einsum("nchw,c->nhw", x, weights)[:, None]  # (n, 1, h, w)
