"""Xception: Chollet 2017, arXiv:1610.02357; a stack of depthwise separable convolutions with shortcuts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from torch import nn

from d2lmini.nn.blocks import Residual, classifier, conv_norm, conv_norm_relu, named
from d2lmini.nn.registry import register


def separable(c_in: int, c_out: int) -> list[nn.Module]:
    """Return one 3 x 3 filter a channel, a 1 x 1 convolution that mixes the channels, and a batch norm.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h, w). Nothing stands between the two convolutions (section 4.7).
    """
    depthwise = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False)
    return [depthwise, *conv_norm(c_in, c_out, 1)]


def module(widths: Sequence[int], stride: int = 1, *, relu: bool = True) -> Residual:
    """Return separable convolutions, each behind a ReLU, and the way past them.

    Shapes:
        widths: channels between them, c_in to c_out. (n, c_in, h, w) -> (n, c_out, h/stride, w/stride), rounding up.
        stride: 2 pools and has a 1 x 1 convolution as the shortcut. relu: whether a ReLU comes first of all.
    """
    body = [layer for c, c_next in pairwise(widths) for layer in (nn.ReLU(), *separable(c, c_next))]
    body = body if relu else body[1:]
    if stride == 1:
        return Residual(nn.Sequential(*body))
    shortcut = nn.Sequential(*conv_norm(widths[0], widths[-1], 1, stride))
    return Residual(nn.Sequential(*body, nn.MaxPool2d(3, stride, 1)), shortcut, shortcut_first=True)


def xception(
    *, channels: int = 3, classes: int = 1000, stem: Sequence[int] = (32, 64), stride: int = 2,
    entry: Sequence[int] = (128, 256, 728), middle: int = 8, exit: Sequence[int] = (1024, 1536, 2048),
) -> nn.Sequential:  # fmt: skip
    """Return the network of figure 5: (n, channels, h, w) -> (n, classes); chapter `xception`.

    Shapes:
        stem: channels of two convolutions without padding, the first of which has the stride. entry: channels of the
        modules that follow, each of which halves h and w, rounding up; middle: how many modules keep the shape;
        exit: one module more that halves, and two separable convolutions.
    Source:
        Chollet 2017, arXiv:1610.02357, figure 5.

    >>> len(xception().middle), xception().head[-1].in_features
    (8, 2048)
    """
    flow = [*conv_norm_relu(channels, stem[0], 3, stride, padding=0), *conv_norm_relu(*stem, 3, padding=0)]
    for number, (c, c_next) in enumerate(pairwise((stem[1], *entry))):
        flow.append(module((c, c_next, c_next), 2, relu=number > 0))  # (n, 728, h/16, w/16) in the end
    c, (halving, *rest) = entry[-1], exit
    middle_flow = [module((c, c, c, c)) for _ in range(middle)]  # (n, 728, h/16, w/16)
    last = [module((c, c, halving), 2)]  # (n, 1024, h/32, w/32)
    for c, c_next in pairwise((halving, *rest)):
        last += [*separable(c, c_next), nn.ReLU()]  # (n, 2048, h/32, w/32) in the end
    return named(
        entry=nn.Sequential(*flow),
        middle=nn.Sequential(*middle_flow),
        exit=nn.Sequential(*last),
        head=classifier(exit[-1], classes),
    )


register("xception", paper="chollet2017", parameters=22_855_952, size=299, smallest=7, oracle="timm:legacy_xception")(
    xception
)
mini = partial(xception, stem=(16, 32), stride=1, entry=(64, 128), middle=2, exit=(160, 192, 256))
register("xception_mini", paper="chollet2017", parameters=303_642, size=28, smallest=5, classes=10)(mini)
