"""Wide ResNet: Zagoruyko and Komodakis 2016, arXiv:1605.07146; fewer layers, more channels in each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import Residual, classifier, named, norm_relu_conv
from d2lmini.nn.registry import register
from d2lmini.nn.resnet import bottleneck, resnet


def wide_bottleneck_resnet(
    counts: Sequence[int], factor: int = 2, *, channels: int = 3, classes: int = 1000
) -> nn.Sequential:
    """Return a ResNet whose bottlenecks are `factor` times as wide inside: (n, channels, h, w) -> (n, classes).

    Source:
        Zagoruyko and Komodakis 2016, arXiv:1605.07146, section 3.5, table 8.
    """
    return resnet(partial(bottleneck, inner=factor), counts, 4, channels=channels, classes=classes)


entry = register("wide_resnet50", paper="zagoruyko2016", parameters=68_883_240, oracle="torchvision:wide_resnet50_2")
entry(partial(wide_bottleneck_resnet, (3, 4, 6, 3)))


# --- table 1: CIFAR -------------------------------------------------------------------------------------------


def wide_block(c_in: int, c_out: int, stride: int = 1, dropout: float = 0.0) -> nn.Module:
    """Return two 3 x 3 convolutions, each behind its batch norm and ReLU, and the way past them.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h/stride, w/stride), rounding up. Where the shape changes, the first batch norm
        and ReLU come before the fork and serve both ways, and a 1 x 1 convolution is the shortcut.
    """
    *before, conv = norm_relu_conv(c_in, c_out, 3, stride)
    drop = [nn.Dropout(dropout)] if dropout else []
    after = norm_relu_conv(c_out, c_out, 3)
    if c_in == c_out and stride == 1:
        return Residual(nn.Sequential(*before, conv, *drop, *after))
    body, shortcut = nn.Sequential(conv, *drop, *after), nn.Conv2d(c_in, c_out, 1, stride, bias=False)
    return nn.Sequential(*before, Residual(body, shortcut))


def wide_resnet(
    depth: int, factor: int, *, channels: int = 3, classes: int = 10, dropout: float = 0.0
) -> nn.Sequential:
    """Return WRN-depth-factor for small images: (n, channels, h, w) -> (n, classes); chapter `wide_resnet`.

    Shapes:
        depth: 6n + 4, with n blocks in each of three groups. factor: the groups have 16, 32 and 64 times as many
        channels, at h, h/2 and h/4, rounding up. dropout: between the convolutions of a block, 0..1.
    Source:
        Zagoruyko and Komodakis 2016, arXiv:1605.07146, table 1.

    >>> wide_resnet(10, 2).head[-1].in_features  # one block a group; the last has 2 * 64 channels
    128
    """
    parts, c = {"conv1": nn.Conv2d(channels, 16, 3, padding=1, bias=False)}, 16  # (n, 16, h, w)
    for number, stride in ((2, 1), (3, 2), (4, 2)):
        width = 2 ** (number + 2) * factor
        blocks = [wide_block(c, width, stride, dropout)]
        blocks += [wide_block(width, width, 1, dropout) for _ in range((depth - 4) // 6 - 1)]
        parts[f"conv{number}"], c = nn.Sequential(*blocks), width  # (n, 64 factor, h/4, w/4) in the end
    return named(**parts, head=nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), *classifier(c, classes)))


small = {"paper": "zagoruyko2016", "classes": 10}
register("wide_resnet28_10", parameters=36_479_194, size=32, **small)(partial(wide_resnet, 28, 10))
register("wide_resnet_mini", parameters=303_706, size=28, **small)(partial(wide_resnet, 10, 2))
