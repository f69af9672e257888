"""Cheaper relatives of the convolution layer: each splits the sum over channels, rows and columns into smaller sums.

A layer mixes channels and places at once, c_out c_in kh kw weights. Pointwise layers mix channels alone, depthwise
layers places alone, separable ones do both in turn; groups mix a part of the channels, and flattened layers take the
three axes one by one. Every layer here equals `conv2d` with a weight that has a structure, and says which. So none
needs a backward pass of its own: each says how `conv2d_backward` serves it.
"""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import floating
from d2lmini.ops.conv import check_conv, conv2d, windows2d
from d2lmini.shapes import Pair, check_groups, numeric, pair

# --- channels and places, apart -------------------------------------------------------------------------------


def check_mix(weight: np.ndarray, name: str, c_in: int) -> np.ndarray:
    """Return a matrix (c_out, c_in) that mixes c_in channels."""
    weight = numeric(weight, name, ("c_out", "c_in"))
    if weight.shape[1] != c_in:
        raise ShapeError(
            fault(f"{name} has shape {weight.shape} for {c_in} channels", "a column for each channel that it mixes",
                  f"a {name} of shape ({len(weight)}, {c_in})")
        )  # fmt: skip
    return weight


def check_depthwise(weight: np.ndarray, name: str, c_in: int) -> np.ndarray:
    """Return a weight (c_in m, 1, kh, kw) that has m filters for each of c_in channels."""
    weight = numeric(weight, name, ("c_in m", "1", "kh", "kw"))
    if weight.shape[1] != 1 or len(weight) % c_in:
        raise ShapeError(
            fault(f"{name} has shape {weight.shape} for {c_in} channels", f"({c_in} m, 1, kh, kw), m filters a channel",
                  f"a {name} of shape ({c_in}, 1, {weight.shape[2]}, {weight.shape[3]})")
        )  # fmt: skip
    return weight


def pointwise_conv2d(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """Mix the channels of each pixel by one matrix, the 1 x 1 convolution; chapter `pointwise_conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in). bias: (c_out,). Returns (n, c_out, h, w).
        Equals conv2d(x, weight[:, :, None, None], bias); backwards, conv2d_backward(dy, x, weight[:, :, None, None]).
    Raises:
        ShapeError: a rank is wrong, or weight or bias do not fit the channels.
    Source:
        Lin, Chen and Yan 2014, arXiv:1312.4400, section 3.1.

    >>> x = np.array([1, 2, 3, 4]).reshape(1, 2, 1, 2)  # the pixels (1, 3) and (2, 4)
    >>> pointwise_conv2d(x, np.array([[1, 1], [10, -1]]))[0, :, 0].tolist()
    [[4, 6], [7, 16]]
    """
    x = numeric(x, "x", "nchw")
    weight = check_mix(weight, "weight", x.shape[1])
    x, _, bias, _, _ = check_conv(x, weight[:, :, None, None], bias, 1, 0, 1, 1)
    n, c_in, h, w = x.shape
    return (weight @ x.reshape(n, c_in, h * w)).reshape(n, -1, h, w) + bias  # (n, c_out, h, w)


def depthwise_conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
) -> np.ndarray:  # fmt: skip
    """Filter every channel by itself, with m filters each; chapter `depthwise_conv2d`.

    Shapes:
        x: (n, c, h, w). weight: (c m, 1, kh, kw). bias: (c m,). Returns (n, c m, h', w'), the m maps of a channel side
        by side; m is called the multiplier.
        Equals conv2d(x, weight, bias, groups=c); backwards, conv2d_backward(dy, x, weight, groups=c).
    Raises:
        ShapeError: a rank is wrong, weight or bias do not fit the channels, or the window does not fit.
    Source:
        Howard et al. 2017, arXiv:1704.04861, equation 3; the multiplier as in torch.nn.Conv2d with groups=c.

    >>> x = np.array([1, 2, 3, 4]).reshape(1, 2, 1, 2)
    >>> depthwise_conv2d(x, np.array([1, 1, 10, -1]).reshape(2, 1, 1, 2)).ravel().tolist()
    [3, 26]
    """
    x = numeric(x, "x", "nchw")
    weight = check_depthwise(weight, "weight", x.shape[1])
    padded, _, bias, win, c = check_conv(x, weight, bias, stride, padding, dilation, groups=x.shape[1])
    views = windows2d(padded, win)[:, :, None]  # (n, c, 1, h', w', kh, kw)
    taps = weight.reshape(c, -1, 1, 1, *win.kernel)  # (c, m, 1, 1, kh, kw)
    y = np.zeros((len(x), c, taps.shape[1], *win.out), np.result_type(x, weight, bias))  # (n, c, m, h', w')
    for a, b in np.ndindex(win.kernel):
        y += taps[..., a, b] * views[..., a, b]  # the image, moved by one tap; nothing is summed over channels
    return y.reshape(len(x), len(weight), *win.out) + bias  # (n, c m, h', w')


def separable_conv2d(
    x: np.ndarray, depthwise: np.ndarray, pointwise: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
) -> np.ndarray:  # fmt: skip
    """Filter every channel by itself, then mix the maps pixel by pixel; chapter `separable_conv2d`.

    Shapes:
        x: (n, c_in, h, w). depthwise: (c_in m, 1, kh, kw). pointwise: (c_out, c_in m). bias: (c_out,).
        Returns (n, c_out, h', w'). With m = 1 the weights are 1 / c_out + 1 / (kh kw) of those of `conv2d`,
        and it equals conv2d(x, pointwise[:, :, None, None] * depthwise[:, 0], bias).
        Backwards, the two steps in reverse: conv2d_backward(dy, maps, pointwise[:, :, None, None]), where maps are what
        depthwise_conv2d made of x, and its dx as the dy of conv2d_backward(dmaps, x, depthwise, groups=c_in).
    Raises:
        ShapeError: a rank is wrong, a weight or the bias does not fit the channels, or the window does not fit.
    Source:
        Howard et al. 2017, arXiv:1704.04861, section 3.1, without norm and ReLU between the steps.

    >>> x, sums = np.array([1, 2, 3, 4]).reshape(1, 2, 1, 2), np.ones((2, 1, 1, 2), int)
    >>> separable_conv2d(x, sums, np.array([[1, 10]])).item()  # 1 (1 + 2) + 10 (3 + 4)
    73
    """
    x = numeric(x, "x", "nchw")
    depthwise = check_depthwise(depthwise, "depthwise", x.shape[1])
    pointwise = check_mix(pointwise, "pointwise", len(depthwise))
    maps = depthwise_conv2d(x, depthwise, stride=stride, padding=padding, dilation=dilation)  # (n, c_in m, h', w')
    return pointwise_conv2d(maps, pointwise, bias)  # (n, c_out, h', w')


# --- groups of channels ---------------------------------------------------------------------------------------


def tied_conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    groups: int, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
) -> np.ndarray:  # fmt: skip
    """Apply the same thin filters to each group of channels; chapter `tied_conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (f, c_in / groups, kh, kw). bias: (f,). Returns (n, groups f, h', w'), group after
        group. Equals conv2d with these groups and np.tile(weight, (groups, 1, 1, 1)), from groups times fewer numbers.
        Backwards, conv2d_backward with these groups and that weight; what all groups want of a filter adds up:
        dw.reshape(groups, *weight.shape).sum(axis=0), and db likewise.
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, or the window does not fit.
    Source:
        Wang and Yu 2021, arXiv:2009.12021, section 3.

    >>> x, weight = np.array([1, 2, 3, 4]).reshape(1, 4, 1, 1), np.array([1, 10]).reshape(1, 2, 1, 1)
    >>> tied_conv2d(x, weight, groups=2).ravel().tolist()
    [21, 43]
    """
    x = numeric(x, "x", "nchw")
    n, c_in, h, w = x.shape
    groups = check_groups(c_in, c_in, groups)
    alone = x.reshape(n * groups, c_in // groups, h, w)  # each group an image
    y = conv2d(alone, weight, bias, stride=stride, padding=padding, dilation=dilation)  # (n g, f, h', w')
    return y.reshape(n, -1, *y.shape[2:])  # (n, g f, h', w')


def channel_shuffle(x: np.ndarray, groups: int) -> np.ndarray:
    """Deal the channels out, one from each group in turn, so that later groups mix all; chapter `channel_shuffle`.

    Shapes:
        x: (n, c, h, w). groups: divides c. Returns (n, c, h, w). channel_shuffle(y, c // groups) undoes it,
        and is the backward pass.
    Raises:
        ShapeError: x is not 4-d, or groups does not divide c.
    Source:
        Zhang, Zhou, Lin and Sun 2018, arXiv:1707.01083, section 3.1.

    >>> channel_shuffle(np.arange(6).reshape(1, 6, 1, 1), 2).ravel().tolist()
    [0, 3, 1, 4, 2, 5]
    """
    x = numeric(x, "x", "nchw")
    c = x.shape[1]
    order = np.arange(c).reshape(check_groups(c, c, groups), -1).T.ravel()  # written in rows, read in columns
    return x[:, order]


# --- one direction at a time ----------------------------------------------------------------------------------


def flattened_conv2d(
    x: np.ndarray, lateral: np.ndarray, vertical: np.ndarray, horizontal: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0,
) -> np.ndarray:  # fmt: skip
    """Sum over channels, then along columns, then along rows, with 1-D kernels; chapter `flattened_conv2d`.

    Shapes:
        x: (n, c_in, h, w). lateral: (c_out, c_in). vertical: (c_out, kh). horizontal: (c_out, kw). bias: (c_out,).
        Returns (n, c_out, h', w'). A filter has c_in + kh + kw weights instead of c_in kh kw, and the layer equals
        conv2d with weight[o, c, a, b] = lateral[o, c] vertical[o, a] horizontal[o, b]: filters of rank one.
        Backwards, conv2d_backward three times: for horizontal and for vertical with groups=c_out, then for lateral.
    Raises:
        ShapeError: a rank is wrong, the kernels differ in c_out or do not fit the channels, or the window does not fit.
    Source:
        Jin, Dundar and Culurciello 2015, arXiv:1412.5474, section 3.

    >>> x = np.array([[[[1, 2], [3, 4]]]])
    >>> flattened_conv2d(x, np.array([[1]]), np.array([[1, 10]]), np.array([[1, 100]])).item()  # 1 + 10*3 + 100*2 + ...
    4231
    """
    x = numeric(x, "x", "nchw")
    lateral = check_mix(lateral, "lateral", x.shape[1])
    vertical = numeric(vertical, "vertical", ("c_out", "kh"))
    horizontal = numeric(horizontal, "horizontal", ("c_out", "kw"))
    if not len(lateral) == len(vertical) == len(horizontal):
        raise ShapeError(
            fault(f"lateral has shape {lateral.shape}, vertical {vertical.shape}, horizontal {horizontal.shape}",
                  "as many rows in each, one a filter", "shapes (c_out, c_in), (c_out, kh) and (c_out, kw)")
        )  # fmt: skip
    (sh, sw), (ph, pw) = pair(stride, "stride", 1), pair(padding, "padding", 0)
    y = pointwise_conv2d(x, lateral)  # (n, c_out, h, w)
    y = depthwise_conv2d(y, vertical[:, None, :, None], stride=(sh, 1), padding=(ph, 0))  # (n, c_out, h', w)
    return depthwise_conv2d(y, horizontal[:, None, None], bias, stride=(1, sw), padding=(0, pw))  # (n, c_out, h', w')


def separate_kernel(k: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.floating]:
    """Split a kernel into the column and the row whose product is nearest to it; chapter `separate_kernel`.

    Shapes:
        k: (kh, kw), real. Returns column: (kh,), row: (kw,) and error = |k - np.outer(column, row)| / |k|, where |.| is
        the root of the sum of squares; an error of 0, up to rounding, says that k is separable.
        Column and row have the same length |.|, and the largest entry of column is positive (the first of equals).
    Raises:
        ShapeError: k is not 2-d, is empty or not real, or holds a number that is not finite.
    Source:
        Eckart and Young 1936, doi:10.1007/BF02288367: the first term of the singular value decomposition.

    >>> column, row, error = separate_kernel(np.array([[1.0, 3.0], [2.0, 6.0], [1.0, 3.0]]))
    >>> (column / column[0]).round(9).tolist(), (row / row[0]).round(9).tolist(), bool(error < 1e-9)
    ([1.0, 2.0, 1.0], [1.0, 3.0], True)
    """
    k = np.ascontiguousarray(floating(k, "k", ("kh", "kw")))
    if not np.isfinite(k).all():
        raise ShapeError(fault("k holds a number that is not finite", "finite weights", "np.nan_to_num(k)"))
    u, s, vt = np.linalg.svd(k, full_matrices=False)  # k is the sum of s[i] u[:, i] vt[i]
    column, row, size = np.sqrt(s[0]) * u[:, 0], np.sqrt(s[0]) * vt[0], np.abs(u[:, 0])
    first = np.argmax(size > 0.99 * size.max())  # rounding may not choose between equal entries
    sign = np.sign(column[first]) or column.dtype.type(1)  # u and vt are known up to a common sign
    rest, whole = np.sqrt((s[1:] ** 2).sum()), np.sqrt((s**2).sum())
    return sign * column, sign * row, rest / whole if whole else whole
