"""Images made easier, and images made more: colour normalisation, and random affine maps of whole batches."""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import floating, word
from d2lmini.ops.regularise import affine, random_affine_matrix

METHODS = ("dataset", "image", "grey_world", "max_rgb", "chromaticity")


def colour_normalise(x: np.ndarray, method: str = "grey_world", *, reference: np.ndarray | None = None) -> np.ndarray:
    """Take the colour of the light out of images, as far as each method can.

    Shapes:
        x: (n, c, h, w), 0..1. Returns (n, c, h, w), where m, s and max are the mean, the standard deviation and the
        largest value of each channel:
        "dataset": (x - m) / s over all images of reference (default: x); one map for every image.
        "image": (x - m) / s over the pixels of each image.
        "grey_world": x / m times the mean of the three m of that image: on average a scene is grey.
        "max_rgb": x / max: the brightest spot of a scene is white. In 0..1.
        "chromaticity": x / (r + g + b): colour without brightness; under a cast it keeps the cast. In 0..1.
        A channel that is constant, or zero everywhere, is divided by 1 instead.
        reference: images of the same channels, for "dataset": of tests, too, the statistics are those of training.
    Raises:
        ShapeError: x or reference is not 4-d, their channels differ, the method is unknown, or reference is given to
        another method than "dataset".
    Source:
        Buchsbaum 1980, doi:10.1016/0016-0032(80)90058-7 (grey world); Land and McCann 1971,
        doi:10.1364/JOSA.61.000001 (the brightest patch as white).

    >>> dim = np.array([[0.5, 0.25]]).reshape(1, 1, 1, 2) * np.array([1.0, 0.5, 0.25]).reshape(1, 3, 1, 1)
    >>> colour_normalise(dim, "max_rgb")[0, :, 0].tolist()
    [[1.0, 0.5], [1.0, 0.5], [1.0, 0.5]]
    """
    x, method = floating(x, "x", "nchw"), word(method, "method", METHODS)
    if reference is not None and method != "dataset":
        raise ShapeError(fault(f'reference with method="{method}"', "reference=None", 'method="dataset"'))
    if method == "dataset":
        known = x if reference is None else floating(reference, "reference", "nchw")
        if known.shape[1] != x.shape[1]:
            came = f"x has {x.shape[1]} channels and reference {known.shape[1]}"
            raise ShapeError(fault(came, "the same channels", "reference=None"))
        mean, spread = known.mean((0, 2, 3), keepdims=True), known.std((0, 2, 3), keepdims=True)
        return ((x - mean) / unless_zero(spread)).astype(x.dtype)
    mean, spread = x.mean((2, 3), keepdims=True), x.std((2, 3), keepdims=True)  # (n, c, 1, 1)
    if method == "image":
        return (x - mean) / unless_zero(spread)
    if method == "grey_world":
        return x / unless_zero(mean) * mean.mean(1, keepdims=True)
    if method == "max_rgb":
        return x / unless_zero(x.max((2, 3), keepdims=True))
    return x / unless_zero(x.sum(1, keepdims=True))


def unless_zero(divisor: np.ndarray) -> np.ndarray:
    """Return the divisor with 1 in place of what is zero but for rounding."""
    return np.where(np.abs(divisor) < 1e-6, 1, divisor).astype(divisor.dtype)


def random_affine(
    x: np.ndarray, *, rng: np.random.Generator,
    degrees: float = 10.0, shift: float = 0.1, scale: float = 0.1, shear: float = 0.1,
) -> np.ndarray:  # fmt: skip
    """Turn, move, zoom and slant each image of a batch a little, each by another random amount.

    Shapes:
        x: (n, c, h, w). degrees, shift, scale, shear: as in `random_affine_matrix`. Returns (n, c, h, w).
        What comes in from outside has the mean colour of the border pixels of that image.
    Raises:
        ShapeError: x is not 4-d, a range is negative, scale >= 1, or rng is no generator.
    Source:
        Simard, Steinkraus and Platt 2003, doi:10.1109/ICDAR.2003.1227801, section 2.

    >>> x = np.eye(3)[None, None]
    >>> same = random_affine(x, rng=np.random.default_rng(0), degrees=0, shift=0, scale=0, shear=0)
    >>> np.allclose(same, x)
    True
    """
    x = floating(x, "x", "nchw")
    matrix = random_affine_matrix(len(x), rng=rng, degrees=degrees, shift=shift, scale=scale, shear=shear)
    border = np.ones(x.shape[2:], bool)
    border[1:-1, 1:-1] = False
    ground = x[:, :, border].mean(axis=2)[:, :, None, None]  # (n, c, 1, 1)
    return affine(x - ground, matrix) + ground  # `affine` fills with zeros
