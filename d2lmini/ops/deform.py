"""Deformable convolution: a window whose taps may lie anywhere, also between the pixels."""

from __future__ import annotations

from math import prod

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import floating
from d2lmini.ops.conv import check_conv
from d2lmini.ops.regularise import between_pixels
from d2lmini.shapes import Pair


def bilinear_sample(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read each channel between the pixels, as a mean of the nearest four by nearness; chapter `bilinear_sample`.

    Shapes:
        x: (n, c, h, w). rows, columns: (n, h', w'), in pixels, the centre of pixel (i, j) at row i and column j.
        Returns (n, c, h', w'). Outside the image lie zeros, so values fade within one pixel of its edge.
    Raises:
        ShapeError: x is not 4-d, rows and columns differ in shape or from n, or a place is not finite.
    Source:
        Dai et al. 2017, arXiv:1703.06211, equations 3 and 4.

    >>> x = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> bilinear_sample(x, np.array([[[0.0, 0.5, -0.5]]]), np.array([[[0.25, 0.5, 0.0]]])).ravel().tolist()
    [1.25, 2.5, 0.5]
    """
    x = floating(x, "x", "nchw")
    rows, columns = (floating(v, name, ("n", "h'", "w'")) for v, name in ((rows, "rows"), (columns, "columns")))
    if rows.shape != columns.shape or len(rows) != len(x):
        raise ShapeError(
            fault(f"rows has shape {rows.shape}, columns {columns.shape}, x {x.shape}",
                  "(n, h', w') twice, with the n of x", "np.broadcast_to(rows, (n, h', w'))")
        )  # fmt: skip
    if not (np.isfinite(rows).all() and np.isfinite(columns).all()):
        raise ShapeError(fault("a row or a column is not finite", "places in pixels", "np.nan_to_num(rows)"))
    return between_pixels(x, rows, columns)


def check_per_tap(value: np.ndarray, name: str, each: int, taps: int, c_in: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return `each` numbers for every tap and place, checked, in g groups of channels: (n g, taps, each, h' w')."""
    value, (n, h, w) = floating(value, name, ("n", "taps", "h'", "w'")), shape
    groups, left = divmod(value.shape[1], each * taps)
    if left or c_in % groups or value.shape != (n, value.shape[1], h, w):
        needed = f"({n}, g * {each * taps}, {h}, {w}) with a g that divides c_in={c_in}"
        raise ShapeError(fault(f"{name} has shape {value.shape}", needed, f"np.zeros(({n}, {each * taps}, {h}, {w}))"))
    return value.reshape(n * groups, taps, each, -1)


def deform_conv2d(
    x: np.ndarray, offset: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1, mask: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Apply a convolution layer whose taps are moved, from place to place by other offsets; chapter `deform_conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
        offset: (n, g 2 kh kw, h', w'), in pixels, down and right for each tap, tap by tap, for each of g equal groups
        of channels; g, often 1, has nothing to do with `groups`. mask: (n, g kh kw, h', w'), a factor for each tap,
        with the same g or another.
        Zero offsets give `conv2d`, offsets equal to the place in the kernel give dilation 2. The offsets are no
        weights: another layer computes them from the image.
    Raises:
        ShapeError: `conv2d` refuses the arguments, offset or mask have another shape, or an offset is not finite.
    Source:
        Dai et al. 2017, arXiv:1703.06211, equation 2; the mask of Zhu et al. 2019, arXiv:1811.11168, equation 1;
        arguments as in torchvision.ops.deform_conv2d.

    >>> x, weight = np.array([[[[1.0, 2.0, 4.0]]]]), np.array([[[[1.0]]]])
    >>> to_the_right = np.stack([np.zeros((1, 3)), np.full((1, 3), 0.5)])[None]  # (1, 2, 1, 3)
    >>> deform_conv2d(x, to_the_right, weight).ravel().tolist()
    [1.5, 3.0, 2.0]
    """
    x = floating(x, "x", "nchw")
    padded, weight, bias, win, groups = check_conv(x, weight, bias, stride, padding, dilation, groups)
    n, c_in, h, w = padded.shape
    taps, shape = prod(win.kernel), (n, *win.out)
    moved = check_per_tap(offset, "offset", 2, taps, c_in, shape)  # (n g, taps, 2, h' w')
    a, b, i, j = np.indices((*win.kernel, *win.out)).reshape(4, taps, -1)  # (taps, h' w') each
    rows = i * win.stride[0] + a * win.dilation[0] + moved[:, :, 0]  # (n g, taps, h' w'), in the padded image
    columns = j * win.stride[1] + b * win.dilation[1] + moved[:, :, 1]
    parts = padded.reshape(len(moved), -1, h, w)  # (n g, c_in/g, h, w)
    pixels = bilinear_sample(parts, rows, columns)  # (n g, c_in/g, taps, h' w')
    if mask is not None:
        factors = check_per_tap(mask, "mask", 1, taps, c_in, shape)[:, None, :, 0]  # (n g, 1, taps, h' w')
        pixels = pixels.reshape(len(factors), -1, *factors.shape[2:]) * factors  # the g of the mask is its own
    pixels = pixels.reshape(n, groups, -1, prod(win.out))  # (n, groups, c_in/groups kh kw, h' w')
    filters = weight.reshape(groups, len(weight) // groups, -1)  # (groups, c_out/groups, c_in/groups kh kw)
    return (filters @ pixels).reshape(n, len(weight), *win.out) + bias  # (n, c_out, h', w')
