"""Regularisation by chance and by doubt: dropout, random borders, softened labels, and images moved a little."""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, floating, generator
from d2lmini.ops.padding import pad2d
from d2lmini.shapes import numeric, whole


def dropout(x: np.ndarray, p: float, *, rng: np.random.Generator | None) -> np.ndarray:
    """Switch values off with probability p and enlarge the others, to keep the mean; chapter `dropout`.

    Shapes:
        x: any shape. p: 0..1. Returns the shape of x, each value 0 or x / (1 - p).
        rng=None: the rule of testing, a copy of x. The gradient is dropout(dy, p, rng) with the same draws.
    Raises:
        ShapeError: x is no array of real numbers, p is outside 0..1, or rng is no generator.
    Source:
        Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a.html; it scales at training ("inverted").

    >>> sorted(set(dropout(np.ones(99), 0.75, rng=np.random.default_rng(0)).tolist()))
    [0.0, 4.0]
    """
    x, p = floating(x, "x"), between(p, "p", 0, 1)
    if rng is None:
        return x.copy()
    kept = generator(rng).random(x.shape) >= p
    return np.where(kept, x / (1 - p) if p < 1 else 0, 0).astype(x.dtype)


def random_pad(x: np.ndarray, pad: int, *, rng: np.random.Generator) -> np.ndarray:
    """Add zeros to half of the borders, top or bottom and left or right, as two coins fall; chapter `random_pad`.

    Shapes:
        x: (n, c, h, w). pad: pixels. Returns (n, c, h + pad, w + pad), the same borders for the whole batch.
    Raises:
        ShapeError: x is not 4-d, pad is negative or no whole number, or rng is no generator.
    Source:
        Yang et al. 2023, arXiv:2302.08682; opposite borders are never chosen, so that the size is fixed.

    >>> y = random_pad(np.ones((1, 1, 1, 1)), 1, rng=np.random.default_rng(0))
    >>> y.shape, y.sum().item()
    ((1, 1, 2, 2), 1.0)
    """
    pad, (top, left) = whole(pad, "pad", 0), generator(rng).integers(2, size=2)
    return pad2d(x, ((pad * top, pad * (1 - top)), (pad * left, pad * (1 - left))))


def label_smooth(labels: np.ndarray, num_classes: int, *, eps: float = 0.1) -> np.ndarray:
    """Turn class numbers into probabilities with a doubt eps, spread over all classes; chapter `label_smooth`.

    Shapes:
        labels: (n,), whole numbers from 0 to num_classes - 1. eps: 0..1.
        Returns (n, num_classes), eps / num_classes everywhere and 1 - eps more at the class; rows sum to 1.
    Raises:
        ShapeError: labels is not 1-d, holds no class numbers, or eps is outside 0..1.
    Source:
        Szegedy et al. 2016, arXiv:1512.00567, section 7.

    >>> label_smooth([1], 4, eps=0.5).tolist()
    [[0.125, 0.625, 0.125, 0.125]]
    """
    labels, num_classes = numeric(labels, "labels", "n"), whole(num_classes, "num_classes", 1)
    eps = between(eps, "eps", 0, 1)
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= num_classes:
        came = f"labels of {labels.dtype} from {labels.min()} to {labels.max()}"
        needed = f"whole numbers from 0 to {num_classes - 1}"
        raise ShapeError(fault(came, needed, "labels.astype(int), or more classes"))
    return (1 - eps) * np.eye(num_classes)[labels] + eps / num_classes  # (n, num_classes)


def random_affine_matrix(
    n: int, *, rng: np.random.Generator,
    degrees: float = 10.0, shift: float = 0.1, scale: float = 0.1, shear: float = 0.1,
) -> np.ndarray:  # fmt: skip
    """Draw n ways to turn, move, zoom and slant square images a little; chapter `random_affine_matrix`.

    Shapes:
        n: images. degrees: the largest angle, to either side. shift: the largest, as a part of the side.
        scale: zooms lie between 1 - scale and 1 + scale. shear: the largest slant, 1 being 45 degrees.
        Returns (n, 2, 3), matrices for `affine`, all four drawn evenly.
    Raises:
        ShapeError: n is no positive whole number, a range is negative, scale >= 1, or rng is no generator.
    Source:
        Simard, Steinkraus and Platt 2003, doi:10.1109/ICDAR.2003.1227801, section 2.

    >>> still = {"degrees": 0, "shift": 0, "scale": 0, "shear": 0}
    >>> random_affine_matrix(1, rng=np.random.default_rng(0), **still).astype(int).tolist()
    [[[1, 0, 0], [0, 1, 0]]]
    """
    n, rng, scale = whole(n, "n", 1), generator(rng), between(scale, "scale", 0, 0.99)
    angle = np.deg2rad(between(degrees, "degrees", 0)) * rng.uniform(-1, 1, n)
    zoom = 1 + scale * rng.uniform(-1, 1, n)
    slant = between(shear, "shear", 0) * rng.uniform(-1, 1, n)
    move = 2 * between(shift, "shift", 0) * rng.uniform(-1, 1, (n, 2))  # the width is 2 units
    cosine, sine, zero, one = np.cos(angle), np.sin(angle), np.zeros(n), np.ones(n)
    turn = np.array([[cosine, -sine], [sine, cosine]]).transpose(2, 0, 1)  # (n, 2, 2)
    lean = np.array([[one, slant], [zero, one]]).transpose(2, 0, 1)  # (n, 2, 2)
    return np.concatenate([turn @ lean / zoom[:, None, None], move[:, :, None]], axis=2)  # (n, 2, 3)


def between_pixels(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read x: (n, c, h, w) at rows and columns: (n, h', w'), in pixels, bilinearly; outside lie zeros."""
    n, _, h, w = x.shape
    padded = pad2d(x, 1)  # one pixel of zeros around: beyond it there is nothing new
    rows, columns = rows.clip(-1, h) + 1, columns.clip(-1, w) + 1  # places in the padded image
    top, left = np.minimum(rows.astype(int), h), np.minimum(columns.astype(int), w)  # (n, h', w')
    image = np.arange(n)[:, None, None]
    y = 0
    for i, weight_i in ((top, top + 1 - rows), (top + 1, rows - top)):
        for j, weight_j in ((left, left + 1 - columns), (left + 1, columns - left)):
            y += (weight_i * weight_j).astype(x.dtype)[..., None] * padded[image, :, i, j]  # (n, h', w', c)
    return y.transpose(0, 3, 1, 2)  # (n, c, h', w')


def affine(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Read each output pixel from where the matrix sends it, between four input pixels; chapter `affine`.

    Shapes:
        x: (n, c, h, w). matrix: (n, 2, 3), or (2, 3) for all images. Returns (n, c, h, w), 0 from outside.
        The output pixel at (x, y) reads the input at matrix @ (x, y, 1). Both axes, x to the right and y down,
        reach from -1 to 1, edge to edge: pixel j of w has its centre at (2 j + 1) / w - 1.
    Raises:
        ShapeError: x is not 4-d, or matrix has another shape or a number that is not finite.
    Source:
        Jaderberg et al. 2015, arXiv:1506.02025, equations 1 and 5;
        torch.nn.functional.affine_grid and grid_sample with align_corners=False.

    >>> to_the_left = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]])  # 0.5 of 2 units is one pixel of four
    >>> affine(np.array([[[[1.0, 2.0, 3.0, 4.0]]]]), to_the_left).ravel().tolist()
    [2.0, 3.0, 4.0, 0.0]
    """
    x, matrix = floating(x, "x", "nchw"), floating(matrix, "matrix")
    n, _, h, w = x.shape
    if matrix.shape not in ((2, 3), (n, 2, 3)) or not np.isfinite(matrix).all():
        needed = f"({n}, 2, 3) or (2, 3), all finite"
        raise ShapeError(fault(f"matrix has shape {matrix.shape}", needed, "np.eye(2, 3) to change nothing"))
    down, right = np.meshgrid((2 * np.arange(h) + 1) / h - 1, (2 * np.arange(w) + 1) / w - 1, indexing="ij")
    centres = np.stack([right, down, np.ones((h, w))])  # (3, h, w): x, y, 1
    places = np.broadcast_to(matrix, (n, 2, 3)) @ centres.reshape(3, -1)  # (n, 2, h w)
    columns, rows = (((places[:, i] + 1) * size - 1) / 2 for i, size in ((0, w), (1, h)))  # in pixels
    return between_pixels(x, rows.reshape(n, h, w), columns.reshape(n, h, w))
