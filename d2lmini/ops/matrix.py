"""Convolution as a matrix: Toeplitz in one dimension, circulant on a circle, and the sparse matrix of a 2-D layer."""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.signal import crop
from d2lmini.shapes import Pair, check_groups, numeric, pair, whole, window


def toeplitz(h: np.ndarray, n: int, mode: str = "full") -> np.ndarray:
    """Return the matrix T with T @ x == conv1d(x, h, mode) for every x of length n; chapter `toeplitz`.

    Shapes:
        h: (k,). Returns (n + k - 1, n) for full, (n, n) for same, (|n - k| + 1, n) for valid; T[i, j] = h[i - j].
    Raises:
        ShapeError: h is not 1-d or is empty, n is not a positive whole number, or the mode is unknown.
    Source:
        Golub and Van Loan 2013, Matrix Computations, section 4.7.

    >>> toeplitz([1, -1], 3).tolist()
    [[1, 0, 0], [-1, 1, 0], [0, -1, 1], [0, 0, -1]]
    """
    h, n = numeric(h, "h", "k"), whole(n, "n", 1)
    matrix = np.zeros((n + len(h) - 1, n), h.dtype)
    for j in range(n):
        matrix[j : j + len(h), j] = h  # column j: a copy of h, j rows down
    return matrix[crop(n, len(h), mode)]


def circulant(h: np.ndarray, n: int | None = None) -> np.ndarray:
    """Return the matrix C with C @ x == circular_conv1d(x, h) for every x of length n; chapter `circulant`.

    Shapes:
        h: (k,) with k <= n; n=None takes k. Returns (n, n) with C[i, j] = h[(i - j) mod n]: h is the first column.
    Raises:
        ShapeError: h is not 1-d or is empty, or n is no whole number or smaller than k.
    Source:
        Golub and Van Loan 2013, Matrix Computations, section 4.8.2.

    >>> circulant([1, -1], 3).tolist()
    [[1, 0, -1], [-1, 1, 0], [0, -1, 1]]
    """
    h = numeric(h, "h", "k")
    n = len(h) if n is None else whole(n, "n", 1)
    if n < len(h):
        raise ShapeError(fault(f"n={n} and h has {len(h)} values", "n >= k", f"circulant(h, {len(h)})"))
    column = np.concatenate([h, np.zeros(n - len(h), h.dtype)])  # (n,)
    i, j = np.ogrid[:n, :n]
    return column[(i - j) % n]


def convolution_matrix2d(
    weight: np.ndarray, size: Pair, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Return the matrix of a 2-D convolution layer, so that M @ x.ravel() == conv2d(x, weight).ravel();
    chapter `convolution_matrix2d`.

    Shapes:
        weight: (c_out, c_in / groups, kh, kw). size: (h, w) of the input in pixels.
        Returns (c_out h' w', c_in h w), rows and columns in C order; zeros outside the image.
    Raises:
        ShapeError: weight is not 4-d, groups does not divide c_out, or the window does not fit.
    Source:
        Dumoulin and Visin 2016, arXiv:1603.07285, section 4.1.

    >>> convolution_matrix2d(np.array([[[[1, 2]]]]), (1, 3)).tolist()
    [[1, 2, 0], [0, 1, 2]]
    """
    weight, (h, w) = numeric(weight, "weight", ("c_out", "c_in", "kh", "kw")), pair(size, "size", 1)
    win = window((h, w), weight.shape[2:], stride, padding, dilation)
    c_out, per_group = weight.shape[:2]
    groups = check_groups(per_group * whole(groups, "groups", 1), c_out, groups)
    matrix = np.zeros((c_out, *win.out, per_group * groups, h, w), weight.dtype)  # (c_out, h', w', c_in, h, w)
    rows, columns = np.arange(win.out[0]), np.arange(win.out[1])
    for a in range(win.kernel[0]):
        for b in range(win.kernel[1]):
            y = rows * win.stride[0] + a * win.dilation[0] - win.padding[0]  # input row of tap a, for each output row
            x = columns * win.stride[1] + b * win.dilation[1] - win.padding[1]
            i, j = np.nonzero(np.outer((0 <= y) & (y < h), (0 <= x) & (x < w)))  # outputs whose tap is on the image
            for o in range(c_out):
                first = o // (c_out // groups) * per_group  # first input channel of this output's group
                for c in range(per_group):
                    matrix[o, i, j, first + c, y[i], x[j]] = weight[o, c, a, b]
    return matrix.reshape(c_out * win.out[0] * win.out[1], per_group * groups * h * w)
