"""More pixels, or fewer: three ways to enlarge an image, and the slow way to take strides."""

from __future__ import annotations

import numpy as np

from d2lmini.ops.check import floating, word
from d2lmini.ops.conv import conv2d
from d2lmini.ops.deform import bilinear_sample
from d2lmini.shapes import Pair, numeric, pair


def upsample(x: np.ndarray, factor: Pair, *, mode: str = "nearest") -> np.ndarray:
    """Enlarge each image by a whole factor; chapter `upsample`.

    Shapes:
        x: (n, c, h, w). factor: one whole number or a pair (h, w). Returns (n, c, factor h, factor w).
        mode: zeros (each pixel, then factor - 1 zeros: what a transposed convolution filters) | nearest (each pixel is
        repeated) | bilinear (between the centres of the old pixels a straight line, beyond the outermost their values).
    Raises:
        ShapeError: x is not 4-d, factor is no whole number >= 1, or the mode is unknown.
    Source:
        Odena, Dumoulin and Olah 2016, doi:10.23915/distill.00003;
        torch.nn.functional.interpolate, bilinear with align_corners=False.

    >>> x = np.array([[[[1, 3]]]])
    >>> [upsample(x, (1, 2), mode=mode).ravel().tolist() for mode in ("zeros", "nearest", "bilinear")]
    [[1, 0, 3, 0], [1, 1, 3, 3], [1.0, 1.5, 2.5, 3.0]]
    """
    x, (fh, fw) = numeric(x, "x", "nchw"), pair(factor, "factor", 1)
    n, c, h, w = x.shape
    if word(mode, "mode", ("nearest", "zeros", "bilinear")) == "nearest":
        return x.repeat(fh, axis=2).repeat(fw, axis=3)  # (n, c, fh h, fw w)
    if mode == "zeros":
        y = np.zeros((n, c, fh * h, fw * w), x.dtype)
        y[:, :, ::fh, ::fw] = x
        return y
    rows, columns = (  # centre i of the new pixels, in old ones; the edge goes on for ever
        (((np.arange(f * size) + 0.5) / f - 0.5).clip(0, size - 1)) for f, size in ((fh, h), (fw, w))
    )
    grid = np.meshgrid(rows, columns, indexing="ij")  # twice (fh h, fw w)
    return bilinear_sample(floating(x, "x"), *(np.broadcast_to(g, (n, *g.shape)) for g in grid))


def conv_downsample(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    factor: Pair, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Apply a convolution layer at every pixel, then throw away all but every factor-th; chapter `conv_downsample`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
        Equals conv2d(x, weight, bias, stride=factor), which does not compute what is thrown away: factor^2 times less.
    Raises:
        ShapeError: `conv2d` refuses the arguments, or factor is no whole number >= 1.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, equation 9.8.

    >>> conv_downsample(np.array([[[[1, 2, 3, 4]]]]), np.array([[[[1, 10]]]]), factor=(1, 2)).ravel().tolist()
    [21, 43]
    """
    fh, fw = pair(factor, "factor", 1)
    y = conv2d(x, weight, bias, padding=padding, dilation=dilation, groups=groups)  # (n, c_out, ., .)
    return y[:, :, ::fh, ::fw].copy()  # (n, c_out, h', w'); a view would keep all of y alive
