"""Images made easier, and images made more: colour normalisation; random maps, crops, mirrors, colours."""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, floating, generator, word
from d2lmini.ops.regularise import affine, random_affine_matrix
from d2lmini.shapes import Pair, pair

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


def random_crop_flip(x: np.ndarray, size: Pair, *, rng: np.random.Generator, flip: float = 0.5) -> np.ndarray:
    """Cut a window out of each image at a random place, and mirror some of them; chapter `random_crop_flip`.

    Shapes:
        x: (n, c, h, w). size: height and width of the window, in pixels; every place is equally likely.
        flip: the probability that left and right change places, 0..1. Returns (n, c, *size).
    Raises:
        ShapeError: x is not 4-d, the window is larger than the images, flip is no probability, or rng no generator.
    Source:
        Krizhevsky, Sutskever and Hinton 2012, doi:10.1145/3065386, section 4.1: 224 x 224 out of 256 x 256.

    >>> random_crop_flip(np.arange(3.0).reshape(1, 1, 1, 3), (1, 3), rng=np.random.default_rng(0), flip=1).tolist()
    [[[[2.0, 1.0, 0.0]]]]
    """
    x, size, rng, flip = floating(x, "x", "nchw"), pair(size, "size", 1), generator(rng), between(flip, "flip", 0, 1)
    n, _, h, w = x.shape
    if size[0] > h or size[1] > w:
        came = f"a window of {size[0]} x {size[1]} in images of {h} x {w}"
        raise ShapeError(fault(came, "a window no larger than the images", f"size={min(*size, h, w)}"))
    top, left = (rng.integers(whole - part + 1, size=n) for whole, part in zip((h, w), size, strict=True))
    rows, columns = (start[:, None] + np.arange(part) for start, part in zip((top, left), size, strict=True))
    mirrored = rng.random(n) < flip
    columns[mirrored] = columns[mirrored, ::-1]
    return x[np.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].transpose(0, 3, 1, 2).copy()


def pca_colour(
    x: np.ndarray, *, rng: np.random.Generator, spread: float = 0.1, reference: np.ndarray | None = None
) -> np.ndarray:
    """Add one colour to each image, drawn along the main directions of colour; chapter `pca_colour`.

    Shapes:
        x: (n, c, h, w), 0..1. Returns (n, c, h, w): to all pixels of an image the same vector is added,
        n1 l1 v1 + n2 l2 v2 + ..., where v and l are the eigenvectors and eigenvalues of the covariance of the colours
        and the n are drawn once an image, from N(0, spread^2). Nothing is clipped.
        reference: the images whose pixels give the covariance (default: x); those of training. The eigenvalues are
        variances: with pixels in 0..255 instead of 0..1 the colours would be 255 times too strong.
    Raises:
        ShapeError: x or reference is not 4-d, their channels differ, spread is negative, or rng is no generator.
    Source:
        Krizhevsky, Sutskever and Hinton 2012, doi:10.1145/3065386, section 4.1.

    >>> black, white = np.zeros((1, 3, 1, 1)), np.ones((1, 3, 1, 1))
    >>> greys = pca_colour(np.concatenate([black, white]), rng=np.random.default_rng(0))  # they vary along grey only
    >>> np.allclose(greys, greys.mean(1, keepdims=True))
    True
    """
    x, rng, spread = floating(x, "x", "nchw"), generator(rng), between(spread, "spread", 0)
    known = x if reference is None else floating(reference, "reference", "nchw")
    if known.shape[1] != x.shape[1]:
        came = f"x has {x.shape[1]} channels and reference {known.shape[1]}"
        raise ShapeError(fault(came, "the same channels", "reference=None"))
    colours = known.astype(np.float64) - known.mean((0, 2, 3), dtype=np.float64, keepdims=True)
    covariance = np.einsum("nchw,ndhw->cd", colours, colours) / (colours.size // x.shape[1])  # (c, c)
    values, vectors = np.linalg.eigh(covariance)  # (c,) and (c, c), a column each
    signs = np.where(vectors.sum(0) < 0, -1, 1)  # an eigenvector may point either way; here, to the bright side
    shift = (spread * rng.standard_normal((len(x), len(values))) * values) @ (signs * vectors).T  # (n, c)
    return x + shift[:, :, None, None].astype(x.dtype)
