"""MobileNetV2: Sandler et al. 2018, arXiv:1801.04381; inverted residuals, whose ends are narrow and linear."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import Residual, classifier, conv_norm, eighths, named
from d2lmini.nn.mobilenet_v1 import conv_norm_relu6
from d2lmini.nn.registry import register

ROWS = (  # t, c, n, s of table 2: expansion, channels, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
MINI = ((1, 16, 1, 1), (4, 24, 2, 2), (4, 32, 2, 2))


def inverted_residual(c_in: int, c_out: int, stride: int, expand: int) -> nn.Module:
    """Return 1 x 1 wide, one 3 x 3 filter a channel, 1 x 1 narrow without nonlinearity, and the way past them.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h/stride, w/stride), rounding up. The widest maps have expand c_in channels; at
        1 there is no first 1 x 1. Where the shape changes there is no way past.
    """
    c = expand * c_in
    body = nn.Sequential(
        *(conv_norm_relu6(c_in, c, 1) if expand > 1 else ()),  # (n, expand c_in, h, w)
        *conv_norm_relu6(c, c, 3, stride, groups=c),  # (n, expand c_in, h/stride, w/stride)
        *conv_norm(c, c_out, 1),  # (n, c_out, h/stride, w/stride)
    )
    return Residual(body) if (c_in, stride) == (c_out, 1) else body


def mobilenet_v2(
    *, channels: int = 3, classes: int = 1000, width: float = 1.0, dropout: float = 0.2,
    rows: Sequence[tuple[int, int, int, int]] = ROWS, stem: tuple[int, int] = (32, 2), last: int = 1280,
) -> nn.Sequential:  # fmt: skip
    """Return the network of table 2: (n, channels, h, w) -> (n, classes); chapter `mobilenet_v2`.

    Shapes:
        width: by which all channels are multiplied, except that the last convolution has at least 1280.
        stem: channels and stride of the first convolution, rows: the inverted residuals, last: channels of the last
        convolution. h and w halve five times, rounding up.
    Source:
        Sandler et al. 2018, arXiv:1801.04381, table 2.

    >>> [type(block).__name__ for block in mobilenet_v2().bottleneck2]
    ['Sequential', 'Residual']
    """
    c = eighths(width * stem[0])
    parts = {"conv1": conv_norm_relu6(channels, c, 3, stem[1])}  # (n, 32, h/2, w/2)
    for number, (expand, c_row, count, stride) in enumerate(rows, start=1):
        c_out = eighths(width * c_row)
        blocks = [inverted_residual(c, c_out, stride, expand)]
        blocks += [inverted_residual(c_out, c_out, 1, expand) for _ in range(count - 1)]
        parts[f"bottleneck{number}"], c = nn.Sequential(*blocks), c_out  # (n, 320, h/32, w/32) in the end
    last = eighths(max(1.0, width) * last)
    parts["conv2"] = conv_norm_relu6(c, last, 1)  # (n, 1280, h/32, w/32)
    return named(**parts, head=classifier(last, classes, dropout=dropout))


register("mobilenet_v2", paper="sandler2018", parameters=3_504_872, oracle="torchvision:mobilenet_v2")(mobilenet_v2)
mini = partial(mobilenet_v2, rows=MINI, stem=(16, 1), last=128)
register("mobilenet_v2_mini", paper="sandler2018", parameters=32_522, size=28, classes=10)(mini)
