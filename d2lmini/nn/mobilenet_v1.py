"""MobileNet: Howard et al. 2017, arXiv:1704.04861; depthwise separable convolutions, as wide as one can afford."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import classifier, conv_norm, named
from d2lmini.nn.registry import register

ROWS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
MINI = ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1))


def conv_norm_relu6(c_in: int, c_out: int, kernel: int, stride: int = 1, **settings: object) -> nn.Sequential:
    """Return convolution, batch norm and min(max(x, 0), 6), which few bits can hold."""
    return nn.Sequential(*conv_norm(c_in, c_out, kernel, stride, **settings), nn.ReLU6())


def separable(c_in: int, c_out: int, stride: int = 1) -> nn.Sequential:
    """Return figure 3: one 3 x 3 filter a channel, then 1 x 1, each with batch norm and nonlinearity.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h/stride, w/stride), rounding up
    """
    return nn.Sequential(
        *conv_norm_relu6(c_in, c_in, 3, stride, groups=c_in),  # (n, c_in, h/stride, w/stride)
        *conv_norm_relu6(c_in, c_out, 1),  # (n, c_out, h/stride, w/stride)
    )


def mobilenet_v1(
    *, channels: int = 3, classes: int = 1000, width: float = 1.0,
    rows: Sequence[tuple[int, int]] = ROWS, stem: tuple[int, int] = (32, 2),
) -> nn.Sequential:  # fmt: skip
    """Return the network of table 1: (n, channels, h, w) -> (n, classes); chapter `mobilenet_v1`.

    Shapes:
        width: alpha, by which all channels are multiplied; 0.25, 0.5, 0.75 and 1 in the paper.
        stem, rows: channels and stride of the first convolution and of the separable ones. h and w halve five times,
        rounding up. The last stride of table 1 is printed as 2, which does not fit its 7 x 7 maps; it is 1.
    Source:
        Howard et al. 2017, arXiv:1704.04861, table 1; ReLU6 from the code that its authors published.

    >>> mobilenet_v1(width=0.25).head[-1].in_features
    256
    """
    c, stride = int(width * stem[0]), stem[1]
    parts = {"conv": conv_norm_relu6(channels, c, 3, stride)}  # (n, 32, h/2, w/2)
    for number, (c_out, stride) in enumerate(rows, start=1):
        parts[f"separable{number}"] = separable(c, int(width * c_out), stride)  # (n, 1024, h/32, w/32) in the end
        c = int(width * c_out)
    return named(**parts, head=classifier(c, classes))


register("mobilenet_v1", paper="howard2017", parameters=4_231_976, oracle="timm:mobilenetv1_100")(mobilenet_v1)
mini = partial(mobilenet_v1, rows=MINI, stem=(16, 1))
register("mobilenet_v1_mini", paper="howard2017", parameters=37_162, size=28, classes=10)(mini)
