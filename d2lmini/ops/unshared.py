"""Convolutions that give up an assumption: weights that change from place to place, and products of pixels.

A convolution layer uses one weight everywhere. `local_conv2d` has one for each place, `tiled_conv2d` a few that take
turns. A convolution layer is linear; `volterra_conv2d` adds the second-order term of a polynomial.
"""

from __future__ import annotations

from math import prod

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.conv import check_conv, im2col, windows2d
from d2lmini.shapes import Pair, Window, numeric


def check_places(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, stride: Pair, padding: Pair, dilation: Pair
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Window]:
    """Check weights that differ by place; return all windows, weight, bias (c_out, rows, columns), and the window."""
    weight = numeric(weight, "weight", ("rows", "columns", "c_out", "c_in", "kh", "kw"))
    padded, one, _, win, _ = check_conv(x, weight[0, 0], None, stride, padding, dilation, 1)
    filters = weight.shape[:3]
    bias = np.zeros(filters, np.result_type(padded, one)) if bias is None else bias
    bias = numeric(bias, "bias", ("rows", "columns", "c_out"))
    if bias.shape != filters:
        raise ShapeError(fault(f"bias has shape {bias.shape}", f"a number a filter, {filters}", f"np.zeros({filters})"))
    return windows2d(padded, win), weight, bias.transpose(2, 0, 1), win  # (n, c_in, h', w', kh, kw)


def tiled_conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
) -> np.ndarray:  # fmt: skip
    """Let t x t sets of filters take turns from place to place; chapter `tiled_conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (t, t, c_out, c_in, kh, kw). bias: (t, t, c_out). Returns (n, c_out, h', w').
        The output at (i, j) is made with weight[i mod t, j mod t]; the two t may differ.
        t = 1 is `conv2d`, t = (h', w') is `local_conv2d`.
        Backwards, for each set (p, q): conv2d_backward(kept, x, weight[p, q]), where kept is dy at the places of the
        set, [p::t, q::t], and 0 elsewhere. Its dw and db belong to the set, and the dx of all sets add up.
    Raises:
        ShapeError: a rank is wrong, weight or bias do not fit, or the window does not fit.
    Source:
        Le et al. 2010, Tiled convolutional neural networks, NIPS 23;
        Goodfellow, Bengio and Courville 2016, Deep Learning, equation 9.10.

    >>> tiled_conv2d(np.array([[[[1, 2, 3, 4]]]]), np.array([1, 10]).reshape(1, 2, 1, 1, 1, 1)).ravel().tolist()
    [1, 20, 3, 40]
    """
    views, weight, bias, win = check_places(x, weight, bias, stride, padding, dilation)
    th, tw, c_out = weight.shape[:3]
    y = np.empty((len(views), c_out, *win.out), np.result_type(views, weight, bias))  # (n, c_out, h', w')
    for p, q in np.ndindex(min(th, win.out[0]), min(tw, win.out[1])):  # the places of one set are a grid of their own
        mine = np.einsum("nchwab,ocab->nohw", views[:, :, p::th, q::tw], weight[p, q], optimize=True)
        y[:, :, p::th, q::tw] = mine + bias[:, p, q, None, None]
    return y


def local_conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
) -> np.ndarray:  # fmt: skip
    """Give every place its own filters, a locally connected layer; chapter `local_conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (h', w', c_out, c_in, kh, kw). bias: (h', w', c_out). Returns (n, c_out, h', w').
        As many multiply-adds as `conv2d` and h' w' times its weights: sharing saves memory, not work.
        Backwards as `tiled_conv2d`, each place a set.
    Raises:
        ShapeError: a rank is wrong, weight or bias do not fit, or the window does not fit.
    Source:
        LeCun 1989, Generalization and network design strategies;
        Goodfellow, Bengio and Courville 2016, Deep Learning, equation 9.9.

    >>> local_conv2d(np.array([[[[1, 2, 3]]]]), np.array([1, 10, 100]).reshape(1, 3, 1, 1, 1, 1)).ravel().tolist()
    [1, 20, 300]
    """
    views, weight, bias, win = check_places(x, weight, bias, stride, padding, dilation)
    if weight.shape[:2] != win.out:
        raise ShapeError(
            fault(f"weight has filters for {weight.shape[:2]} places", f"one set for each of {win.out} outputs",
                  f"a weight of shape {(*win.out, *weight.shape[2:])}, or tiled_conv2d")
        )  # fmt: skip
    return np.einsum("nchwab,hwocab->nohw", views, weight, optimize=True) + bias  # (n, c_out, h', w')


def volterra_conv2d(
    x: np.ndarray, weight: np.ndarray, quadratic: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
) -> np.ndarray:  # fmt: skip
    """Add to a convolution layer a weighted sum of products of two pixels of the window; chapter `volterra_conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
        quadratic: (c_out, pairs), for the k = c_in kh kw pixels of a window in the order of `im2col`. Complete, it has
        k^2 pairs, pixel p times q at p k + q; symmetric, k (k + 1) / 2, those with p <= q in the order of
        np.triu_indices. Since p times q is q times p, both can express the same layers.
    Raises:
        ShapeError: a rank is wrong, weight, quadratic or bias do not fit, or the window does not fit.
    Source:
        Zoumpourlis et al. 2017, arXiv:1708.07038, section 3.

    >>> x, weight = np.array([[[[2, 3]]]]), np.array([[[[1, 10]]]])
    >>> volterra_conv2d(x, weight, np.array([[100, 1, 1]])).item()  # symmetric: 2 + 10*3 + 100*2*2 + 2*3 + 3*3
    447
    >>> volterra_conv2d(x, weight, np.array([[100, 0, 1, 1]])).item()  # complete: the numbers of 2*3 and 3*2 add up
    447
    """
    padded, weight, bias, win, _ = check_conv(x, weight, bias, stride, padding, dilation, 1)
    quadratic, c_out, k = numeric(quadratic, "quadratic", ("c_out", "pairs")), len(weight), prod(weight.shape[1:])
    if quadratic.shape not in ((c_out, k * k), (c_out, k * (k + 1) // 2)):
        raise ShapeError(
            fault(f"quadratic has shape {quadratic.shape} for windows of {k} pixels",
                  f"({c_out}, {k * k}) complete or ({c_out}, {k * (k + 1) // 2}) symmetric",
                  f"np.zeros(({c_out}, {k * (k + 1) // 2}))")
        )  # fmt: skip
    columns = im2col(padded, win.kernel, stride=win.stride, dilation=win.dilation)  # (n, k, h' w')
    p, q = np.indices((k, k)).reshape(2, -1) if quadratic.shape[1] == k * k else np.triu_indices(k)
    products = columns[:, p] * columns[:, q]  # (n, pairs, h' w')
    y = weight.reshape(c_out, k) @ columns + quadratic @ products  # (n, c_out, h' w')
    return y.reshape(len(padded), c_out, *win.out) + bias  # (n, c_out, h', w')
