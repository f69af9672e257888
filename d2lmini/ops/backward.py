"""The convolution layer backwards: where each gradient flows, and the transposed convolution that this is.

A layer reads windows and sums; its gradient writes windows and adds. `col2im` is `im2col` turned round, and
everything else is one matrix product a group, as in `conv2d_im2col`.
"""

from __future__ import annotations

from math import prod

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import upstream
from d2lmini.ops.conv import check_conv, im2col, windows2d
from d2lmini.shapes import Pair, Window, check_groups, numeric, pair, span, whole, window


def add_windows(views: np.ndarray, size: tuple[int, int], win: Window) -> np.ndarray:
    """Add windows (n, c, h', w', kh, kw) up where they lie in an image (h, w): `windows2d` turned round."""
    (h, w), (ph, pw) = size, win.padding
    padded = np.zeros((*views.shape[:2], h + 2 * ph, w + 2 * pw), views.dtype)  # (n, c, h+2p, w+2p)
    onto = windows2d(padded, win, writeable=True)  # (n, c, h', w', kh, kw)
    for a, b in np.ndindex(win.kernel):
        onto[..., a, b] += views[..., a, b]  # windows overlap, but the places of one tap never do
    return padded[:, :, ph : ph + h, pw : pw + w]  # (n, c, h, w): what fell on the padding is dropped


def col2im(
    columns: np.ndarray, size: Pair, kernel: Pair, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
) -> np.ndarray:
    """Add the columns of `im2col` up where their pixels came from; chapter `col2im`.

    Shapes:
        columns: (n, c kh kw, h' w'). size: (h, w) of the image in pixels. Returns (n, c, h, w).
        Its matrix is the transpose of that of `im2col`: a pixel in four windows receives four numbers.
    Raises:
        ShapeError: columns is not 3-d, the window does not fit, or the columns are not those of such windows.
    Source:
        Chellapilla, Puri and Simard 2006, hal:inria-00112631; equals torch.nn.functional.fold.

    >>> col2im(np.ones((1, 4, 2)), (2, 3), 2)[0, 0].tolist()
    [[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]
    """
    columns, size = numeric(columns, "columns", ("n", "c kh kw", "h' w'")), pair(size, "size", 1)
    win = window(size, kernel, stride, padding, dilation)
    n, rows, places = columns.shape
    if rows % prod(win.kernel) or places != prod(win.out):
        raise ShapeError(
            fault(
                f"columns has shape {columns.shape}",
                f"(n, c * {prod(win.kernel)}, {prod(win.out)}): windows of {win.kernel} at {win.out} places",
                "the size, kernel, stride, padding and dilation of the im2col before",
            )
        )
    blocks = columns.reshape(n, -1, *win.kernel, *win.out)  # (n, c, kh, kw, h', w')
    return add_windows(blocks.transpose(0, 1, 4, 5, 2, 3), size, win)  # (n, c, h, w)


def flow_back(
    dy: np.ndarray, weight: np.ndarray, size: tuple[int, int], win: Window, groups: int
) -> np.ndarray:
    """Send dy (n, c_out, h', w') through the weights of each group back to an image (n, c_in, h, w)."""
    rows = weight.reshape(groups, len(weight) // groups, -1)  # (g, c_out/g, c_in/g kh kw)
    grouped = dy.reshape(len(dy), groups, -1, prod(win.out))  # (n, g, c_out/g, h' w')
    columns = rows.swapaxes(1, 2) @ grouped  # (n, g, c_in/g kh kw, h' w')
    columns = columns.reshape(len(dy), -1, prod(win.out))  # (n, c_in kh kw, h' w')
    return col2im(columns, size, win.kernel, stride=win.stride, padding=win.padding, dilation=win.dilation)


def conv2d_backward(
    dy: np.ndarray, x: np.ndarray, weight: np.ndarray, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the gradients (dx, dw, db) of a loss whose gradient at the output of `conv2d` is dy;
    chapter `conv2d_backward`.

    Shapes:
        dy: (n, c_out, h', w'). x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw).
        Returns dx like x, dw like weight, db: (c_out,). The padding is made of zeros.
    Raises:
        ShapeError: x and weight are refused by `conv2d`, or dy has not the shape of its output.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II;
        Dumoulin and Visin 2016, arXiv:1603.07285, section 4, for dx.

    >>> x, weight = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[10.0, 20.0]]]])
    >>> [g.ravel().tolist() for g in conv2d_backward(np.array([[[[1.0, 100.0]]]]), x, weight)]
    [[10.0, 1020.0, 2000.0], [201.0, 302.0], [101.0]]
    """
    padded, weight, _, win, groups = check_conv(x, weight, None, stride, padding, dilation, groups)
    n, size = len(padded), np.shape(x)[2:]
    dy = upstream(dy, (n, len(weight), *win.out))
    columns = im2col(padded, win.kernel, stride=win.stride, dilation=win.dilation)  # (n, c_in kh kw, h' w')
    columns = columns.reshape(n, groups, -1, prod(win.out))  # (n, g, c_in/g kh kw, h' w')
    grouped = dy.reshape(n, groups, -1, prod(win.out))  # (n, g, c_out/g, h' w')
    dw = (grouped @ columns.swapaxes(2, 3)).sum(axis=0).reshape(weight.shape)  # each weight met all windows
    db = dy.sum(axis=(0, 2, 3))  # (c_out,): the bias was added everywhere
    return flow_back(dy, weight, size, win, groups), dw, db


def transposed_size(
    size: tuple[int, int], kernel: Pair, stride: Pair, padding: Pair, output_padding: Pair, dilation: Pair
) -> tuple[int, int]:
    """Return the (h', w') that a convolution layer, given output_padding forgotten pixels, maps to size.

    >>> transposed_size((3, 3), 3, 2, 1, (0, 1), 1)
    (5, 6)
    """
    pairs = (pair(kernel, "kernel", 1), pair(stride, "stride", 1), pair(padding, "padding", 0),
             pair(output_padding, "output_padding", 0), pair(dilation, "dilation", 1))  # fmt: skip
    sides = []
    for n, k, s, p, extra, d in zip(size, *pairs, strict=True):
        if extra >= s:
            came, hint = f"output_padding={extra} with stride={s}", f"output_padding={s - 1}"
            raise ShapeError(fault(came, "0 <= output_padding < stride", hint))
        sides.append((n - 1) * s + span(k, d) + extra - 2 * p)
        if sides[-1] < 1:
            hint = f"padding={(sides[-1] + 2 * p - 1) // 2}"
            raise ShapeError(fault(f"padding={p} leaves {sides[-1]} pixels", "at least one", hint))
    return sides[0], sides[1]


def conv_transpose2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, output_padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Run a convolution layer backwards, from its output's size to its input's; chapter `conv_transpose2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_in, c_out / groups, kh, kw), as `conv2d` has it from c_out to c_in.
        bias: (c_out,). Returns (n, c_out, h', w') with
        h' = (h - 1) stride - 2 padding + dilation (kh - 1) + 1 + output_padding:
        a stride forgets up to stride - 1 pixels, and output_padding says how many they were.
        It is the dx of `conv2d_backward`: the transpose of the layer's matrix, not its inverse.
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, output_padding >= stride,
            or nothing is left.
    Source:
        Dumoulin and Visin 2016, arXiv:1603.07285, section 4;
        arguments as in torch.nn.functional.conv_transpose2d.

    >>> conv_transpose2d(np.array([[[[1, 2]]]]), np.array([[[[1, 10, 100]]]]), stride=2)[0, 0].tolist()
    [[1, 10, 102, 20, 200]]
    """
    x, weight = numeric(x, "x", "nchw"), numeric(weight, "weight", ("c_in", "c_out", "kh", "kw"))
    c_out = weight.shape[1] * whole(groups, "groups", 1)
    if x.shape[1] != len(weight):
        raise ShapeError(
            fault(
                f"x has {x.shape[1]} channels, weight {weight.shape} reads {len(weight)}",
                "c_in == weight.shape[0]",
                f"a weight of shape ({x.shape[1]}, c_out / groups, {weight.shape[2]}, {weight.shape[3]})",
            )
        )
    groups = check_groups(len(weight), c_out, groups)
    size = transposed_size(x.shape[2:], weight.shape[2:], stride, padding, output_padding, dilation)
    win = window(size, weight.shape[2:], stride, padding, dilation)  # its windows lie where x has its pixels
    y = flow_back(x, weight, size, win, groups)  # (n, c_out, h', w')
    if bias is None:
        return y
    bias = numeric(bias, "bias", ("c_out",))
    if len(bias) != c_out:
        needed = f"one number a filter, ({c_out},)"
        raise ShapeError(fault(f"bias has shape {bias.shape}", needed, f"np.zeros({c_out})"))
    return y + bias[:, None, None]
