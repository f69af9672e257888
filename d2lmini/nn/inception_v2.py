"""Inception-v2, the network of the batch norm paper: Ioffe and Szegedy 2015, arXiv:1502.03167, figure 5."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from d2lmini.nn.blocks import Concat, classifier, conv_chain, named
from d2lmini.nn.registry import register

TABLE = {  # #1x1, #3x3 reduce, #3x3, double #3x3 reduce, double #3x3, pool, pool proj (0: stride 2, maps pass through)
    "inception3a": (64, 64, 64, 64, 96, nn.AvgPool2d, 32),
    "inception3b": (64, 64, 96, 64, 96, nn.AvgPool2d, 64),
    "inception3c": (0, 128, 160, 64, 96, nn.MaxPool2d, 0),
    "inception4a": (224, 64, 96, 96, 128, nn.AvgPool2d, 128),
    "inception4b": (192, 96, 128, 96, 128, nn.AvgPool2d, 128),
    "inception4c": (160, 128, 160, 128, 160, nn.AvgPool2d, 96),
    "inception4d": (96, 128, 192, 160, 192, nn.AvgPool2d, 96),
    "inception4e": (0, 128, 192, 192, 256, nn.MaxPool2d, 0),
    "inception5a": (352, 192, 320, 160, 224, nn.AvgPool2d, 128),
    "inception5b": (352, 192, 320, 192, 224, nn.MaxPool2d, 128),
}


def inception(c_in: int, n1: int, r3: int, n3: int, rd: int, nd: int, pool: type[nn.Module], proj: int) -> Concat:
    """Return GoogLeNet's module with two 3 x 3 in the place of its 5 x 5.

    Shapes:
        (n, c_in, h, w) -> (n, n1 + n3 + nd + proj, h, w); with proj = 0 (n, n3 + nd + c_in, h/2, w/2).
    """
    stride = 1 if proj else 2
    branches = [
        conv_chain(c_in, (r3, 1), (n3, 3, stride, 1)),
        conv_chain(c_in, (rd, 1), (nd, 3), (nd, 3, stride, 1)),
        nn.Sequential(pool(3, stride, 1), *(conv_chain(c_in, (proj, 1)) if proj else ())),
    ]
    return Concat([conv_chain(c_in, (n1, 1)), *branches] if n1 else branches)


def halve() -> nn.Module:
    """Return a pooling that halves the size: (n, c, h, w) -> (n, c, h/2, w/2)."""
    return nn.MaxPool2d(3, 2, 1)


@register("inception_v2", paper="ioffe2015", parameters=11_194_984)
def inception_v2(
    *, channels: int = 3, classes: int = 1000, table: Mapping[str, tuple] = TABLE, width: int = 64
) -> nn.Sequential:
    """Return the first network with batch norm; chapter `inception_v2`.

    Shapes:
        (n, channels, h, w) -> (n, classes). table: a row a module. width: of the first convolution, a third of that of
        the next but one.
    Source:
        Ioffe and Szegedy 2015, arXiv:1502.03167, figure 5, where 4c and 4d have a pool projection of 128, with which
        their branches add up to 608 maps, and an output of 576; it is 576 here and in Google's published code, by a
        projection of 96. The first convolution is a plain one, not a separable one. This network is called Inception-v2
        since that code; the paper of 2016 (arXiv:1512.00567) uses the name for another one, whose widths it does not
        give and which leads to its Inception-v3.
    """
    c, modules = 3 * width, {}
    for name, row in table.items():
        modules[name] = inception(c, *row)
        c = row[0] + row[2] + row[4] + (row[6] or c)
    return named(
        conv1=conv_chain(channels, (width, 7, 2, 3)),  # (n, 64, 112, 112) from 224 pixels
        pool1=halve(),  # (n, 64, 56, 56)
        conv2=conv_chain(width, (width, 1), (3 * width, 3)),
        pool2=halve(),  # (n, 192, 28, 28)
        **modules,  # (n, 1024, 7, 7)
        head=classifier(c, classes),  # (n, classes)
    )
