"""VGG: Simonyan and Zisserman 2015, arXiv:1409.1556, with and without batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import conv_norm, he_normal, named
from d2lmini.nn.registry import register


def conv_relu(c_in: int, c_out: int, norm: bool) -> list[nn.Module]:
    """Return a 3 x 3 convolution with bias, batch norm if wanted, and ReLU."""
    conv, bn = conv_norm(c_in, c_out, 3, bias=True)
    return [conv, bn, nn.ReLU()] if norm else [conv, nn.ReLU()]


def block(count: int, c_in: int, c_out: int, norm: bool) -> nn.Sequential:
    """Return `count` convolutions that keep the size and a pooling that halves it.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h/2, w/2)
    """
    ins = [c_in] + [c_out] * (count - 1)
    layers = [layer for c in ins for layer in conv_relu(c, c_out, norm)]  # (n, c_out, h, w)
    return nn.Sequential(*layers, nn.MaxPool2d(2))  # (n, c_out, h/2, w/2)


def vgg(
    counts: Sequence[int], *, channels: int = 3, classes: int = 1000, norm: bool = False, dropout: float = 0.5,
    widths: Sequence[int] = (64, 128, 256, 512, 512), grid: int = 7, hidden: int = 4096,
) -> nn.Sequential:  # fmt: skip
    """Return a network of table 1: (n, channels, h, w) -> (n, classes); chapter `vgg`.

    Shapes:
        counts: convolutions in each block. h and w halve in every block; means over a grid of 7 x 7 make the inputs of
        the linear layers as many from other sizes as from 224 pixels.
    Source:
        Simonyan and Zisserman 2015, arXiv:1409.1556, table 1. The number in a name counts the layers with weights, the
        three linear ones among them. Batch norm came later and is torchvision's addition. All begin with the weights of
        He et al. 2015, arXiv:1502.01852; the paper took those of its smallest network for the larger ones.
    """
    ins = [channels, *widths]
    blocks = [block(*row, norm) for row in zip(counts, ins, widths, strict=False)]
    net = named(
        **{f"conv{i}": part for i, part in enumerate(blocks, start=1)},  # (n, 512, h/32, w/32)
        flatten=nn.Sequential(nn.AdaptiveAvgPool2d(grid), nn.Flatten()),  # (n, 512 * 7 * 7)
        fc1=nn.Sequential(nn.Linear(widths[-1] * grid**2, hidden), nn.ReLU(), nn.Dropout(dropout)),
        fc2=nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)),
        fc3=nn.Linear(hidden, classes),
    )
    return he_normal(net)


ROWS = {  # layers with weights: convolutions in the five blocks (columns A, B, D, E), parameters, with batch norm
    11: ((1, 1, 2, 2, 2), 132_863_336, 132_868_840),
    13: ((2, 2, 2, 2, 2), 133_047_848, 133_053_736),
    16: ((2, 2, 3, 3, 3), 138_357_544, 138_365_992),
    19: ((2, 2, 4, 4, 4), 143_667_240, 143_678_248),
}
for depth, (counts, plain, normed) in ROWS.items():
    for name, parameters, norm in ((f"vgg{depth}", plain, False), (f"vgg{depth}_bn", normed, True)):
        entry = register(name, paper="simonyan2015", parameters=parameters, smallest=32, oracle=f"torchvision:{name}")
        entry(partial(vgg, counts, norm=norm))

mini = partial(vgg, (1, 1, 2), norm=True, dropout=0.2, widths=(16, 32, 64), grid=1, hidden=64)
register("vgg_mini", paper="simonyan2015", parameters=69_834, size=28, smallest=8, classes=10)(mini)
