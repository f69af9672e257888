"""Inception-v4 and the Inception-ResNets: Szegedy, Ioffe, Vanhoucke and Alemi 2017, arXiv:1602.07261."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from d2lmini.nn.blocks import Concat, Residual, classifier, conv_chain, named
from d2lmini.nn.registry import register

Branch = Sequence[tuple]  # the steps of conv_chain: (c_out, kernel), (c_out, kernel, stride), ...

ROW, COLUMN = (1, 7), (7, 1)


def branches(c_in: int, *chains: Branch, last: nn.Module | None = None) -> Concat:
    """Return chains of convolutions side by side, and a module of another kind behind them."""
    return Concat([*(conv_chain(c_in, *steps) for steps in chains), *([] if last is None else [last])])


def pooled(c_in: int, c_out: int) -> nn.Sequential:
    """Return the branch that averages neighbours first, padding not counted: (n, c_in, h, w) -> (n, c_out, h, w)."""
    return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), *conv_chain(c_in, (c_out, 1)))


def reduction_a(c_in: int, k: int, l: int, m: int, n: int) -> Concat:  # noqa: E741  the letters of table 1
    """Return figure 7 with the widths of table 1: (n, c_in, h, w) -> (n, n + m + c_in, (h - 3) // 2 + 1, ...)."""
    return branches(c_in, [(n, 3, 2)], [(k, 1), (l, 3), (m, 3, 2)], last=nn.MaxPool2d(3, 2))


# --- Inception-v4, figures 3 to 9: no residuals ---------------------------------------------------------------------


def stem(channels: int) -> nn.Sequential:
    """Return figure 3: (n, channels, 299, 299) -> (n, 384, 35, 35)."""
    long = [(64, 1), (64, ROW), (64, COLUMN), (96, 3, 1, 0)]
    return nn.Sequential(
        conv_chain(channels, (32, 3, 2), (32, 3, 1, 0), (64, 3)),  # (n, 64, 147, 147)
        Concat([nn.MaxPool2d(3, 2), conv_chain(64, (96, 3, 2))]),  # (n, 160, 73, 73)
        branches(160, [(64, 1), (96, 3, 1, 0)], long),  # (n, 192, 71, 71)
        branches(192, [(192, 3, 2)], last=nn.MaxPool2d(3, 2)),  # (n, 384, 35, 35)
    )


def inception_a() -> Concat:
    """Return figure 4: (n, 384, h, w) -> (n, 384, h, w)."""
    return branches(384, [(96, 1)], [(64, 1), (96, 3)], [(64, 1), (96, 3), (96, 3)], last=pooled(384, 96))


def inception_b() -> Concat:
    """Return figure 5: (n, 1024, h, w) -> (n, 1024, h, w)."""
    long = [(192, 1), (192, COLUMN), (224, ROW), (224, COLUMN), (256, ROW)]
    return branches(1024, [(384, 1)], [(192, 1), (224, ROW), (256, COLUMN)], long, last=pooled(1024, 128))


def reduction_b() -> Concat:
    """Return figure 8: (n, 1024, h, w) -> (n, 1536, (h - 3) // 2 + 1, ...)."""
    long = [(256, 1), (256, ROW), (320, COLUMN), (320, 3, 2)]
    return branches(1024, [(192, 1), (192, 3, 2)], long, last=nn.MaxPool2d(3, 2))


def inception_c() -> Concat:
    """Return figure 6: (n, 1536, h, w) -> (n, 1536, h, w)."""
    short = nn.Sequential(*conv_chain(1536, (384, 1)), branches(384, [(256, (1, 3))], [(256, (3, 1))]))
    steps = [(384, 1), (448, (3, 1)), (512, (1, 3))]
    long = nn.Sequential(*conv_chain(1536, *steps), branches(512, [(256, (1, 3))], [(256, (3, 1))]))
    return Concat([conv_chain(1536, (256, 1)), short, long, pooled(1536, 256)])


@register("inception_v4", paper="szegedy2017", parameters=42_679_816, size=299, smallest=75, oracle="timm:inception_v4")
def inception_v4(*, channels: int = 3, classes: int = 1000, dropout: float = 0.2) -> nn.Sequential:
    """Return the network of figure 9; chapter `inception_v4`.

    Shapes:
        (n, channels, h, w) -> (n, classes)
    Source:
        Szegedy et al. 2017, arXiv:1602.07261, figures 3 to 9. It has no residual connections; those are in the other
        two networks of the paper.
    """
    return named(
        stem=stem(channels),  # (n, 384, 35, 35) from 299 pixels
        inception_a=nn.Sequential(*(inception_a() for _ in range(4))),
        reduction_a=reduction_a(384, 192, 224, 256, 384),  # (n, 1024, 17, 17)
        inception_b=nn.Sequential(*(inception_b() for _ in range(7))),
        reduction_b=reduction_b(),  # (n, 1536, 8, 8)
        inception_c=nn.Sequential(*(inception_c() for _ in range(3))),
        head=classifier(1536, classes, dropout=dropout),  # (n, classes)
    )


# --- Inception-ResNet-v1 and -v2, figures 10 to 19 -------------------------------------------------------------------


class Times(nn.Module):
    """x times a constant; section 3.3: residuals of many maps are scaled down to keep the training stable."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * x


def residual(c: int, *chains: Branch, scale: float, act: bool = True) -> Residual:
    """Return an Inception module that ends in a linear 1 x 1, times `scale`, and the way past it.

    Shapes:
        (n, c, h, w) -> (n, c, h, w)
    """
    width = sum(steps[-1][0] for steps in chains)
    body = nn.Sequential(branches(c, *chains), nn.Conv2d(width, c, 1), Times(scale))
    return Residual(body, after=nn.ReLU() if act else None)


def repeat(count: int, c: int, *chains: Branch, scale: float) -> nn.Sequential:
    """Return several equal modules, one behind the other."""
    return nn.Sequential(*(residual(c, *chains, scale=scale) for _ in range(count)))


def last_reduction(c_in: int, reduce: int, first: int, second: int, third: Sequence[int]) -> Concat:
    """Return figure 12 or 18: (n, c_in, h, w) -> (n, first + second + third[1] + c_in, (h - 3) // 2 + 1, ...)."""
    chains = [(first, 3, 2)], [(second, 3, 2)], [(third[0], 3), (third[1], 3, 2)]
    return branches(c_in, *([(reduce, 1), *steps] for steps in chains), last=nn.MaxPool2d(3, 2))


@register("inception_resnet_v1", paper="szegedy2017", parameters=22_756_328, size=299, smallest=75)
def inception_resnet_v1(*, channels: int = 3, classes: int = 1000, dropout: float = 0.2) -> nn.Sequential:
    """Return the network of figure 15 with the modules of figures 10 to 14; chapter `inception_resnet_v1`.

    Shapes:
        (n, channels, h, w) -> (n, classes)
    Source:
        Szegedy et al. 2017, arXiv:1602.07261. The paper scales residuals by 0.1 to 0.3; 0.17, 0.1 and 0.2 are those of
        the code that Google published for v2.
    """
    return named(
        stem=nn.Sequential(
            conv_chain(channels, (32, 3, 2), (32, 3, 1, 0), (64, 3)),  # (n, 64, 147, 147)
            nn.MaxPool2d(3, 2),  # (n, 64, 73, 73)
            conv_chain(64, (80, 1), (192, 3, 1, 0), (256, 3, 2)),  # (n, 256, 35, 35)
        ),
        inception_a=repeat(5, 256, [(32, 1)], [(32, 1), (32, 3)], [(32, 1), (32, 3), (32, 3)], scale=0.17),
        reduction_a=reduction_a(256, 192, 192, 256, 384),  # (n, 896, 17, 17)
        inception_b=repeat(10, 896, [(128, 1)], [(128, 1), (128, ROW), (128, COLUMN)], scale=0.1),
        reduction_b=last_reduction(896, 256, 384, 256, (256, 256)),  # (n, 1792, 8, 8)
        inception_c=repeat(5, 1792, [(192, 1)], [(192, 1), (192, (1, 3)), (192, (3, 1))], scale=0.2),
        head=classifier(1792, classes, dropout=dropout),  # (n, classes)
    )


@register(
    "inception_resnet_v2", paper="szegedy2017", parameters=55_843_464, size=299, smallest=75,
    oracle="timm:inception_resnet_v2",
)  # fmt: skip
def inception_resnet_v2(*, channels: int = 3, classes: int = 1000, dropout: float = 0.2) -> nn.Sequential:
    """Return the wider residual network as Google published it; chapter `inception_resnet_v2`.

    Shapes:
        (n, channels, h, w) -> (n, classes)
    Source:
        Szegedy et al. 2017, arXiv:1602.07261. The published code and weights differ from figures 15 to 19: the stem is
        that of Inception-v3 and one module without residual, maps are 320, 1088 and 2080 instead of 384, 1152 and 2144,
        modules 10, 20 and 10 instead of 5, 10 and 5, and the last one is neither scaled nor followed by a ReLU.
    """
    opening = [(96, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)]
    last = [(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]
    return named(
        stem=nn.Sequential(
            conv_chain(channels, (32, 3, 2), (32, 3, 1, 0), (64, 3)),  # (n, 64, 147, 147) from 299 pixels
            nn.MaxPool2d(3, 2),  # (n, 64, 73, 73)
            conv_chain(64, (80, 1), (192, 3, 1, 0)),  # (n, 192, 71, 71)
            nn.MaxPool2d(3, 2),  # (n, 192, 35, 35)
            branches(192, *opening, last=pooled(192, 64)),  # (n, 320, 35, 35)
        ),
        inception_a=repeat(10, 320, [(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)], scale=0.17),
        reduction_a=reduction_a(320, 256, 256, 384, 384),  # (n, 1088, 17, 17)
        inception_b=repeat(20, 1088, [(192, 1)], [(128, 1), (160, ROW), (192, COLUMN)], scale=0.1),
        reduction_b=last_reduction(1088, 256, 384, 288, (288, 320)),  # (n, 2080, 8, 8)
        inception_c=nn.Sequential(*repeat(9, 2080, *last, scale=0.2), residual(2080, *last, scale=1.0, act=False)),
        conv=conv_chain(2080, (1536, 1)),  # (n, 1536, 8, 8)
        head=classifier(1536, classes, dropout=dropout),  # (n, classes)
    )


# --- for small images -----------------------------------------------------------------------------------------------


@register("inception_resnet_mini", paper="szegedy2017", parameters=108_490, size=28, smallest=15, classes=10)
def inception_resnet_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return two modules of each kind, narrower, rows of 3: (n, channels, h, w) -> (n, classes)."""
    cross = [(16, 1)], [(16, 1), (16, (1, 3)), (16, (3, 1))]
    return named(
        stem=nn.Sequential(conv_chain(channels, (32, 3), (32, 3)), nn.MaxPool2d(3, 2)),  # (n, 32, 13, 13)
        inception_a=repeat(2, 32, [(8, 1)], [(8, 1), (8, 3)], [(8, 1), (8, 3), (8, 3)], scale=0.2),
        reduction_a=reduction_a(32, 16, 16, 24, 40),  # (n, 96, 6, 6)
        inception_b=repeat(2, 96, *cross, scale=0.2),
        reduction_b=last_reduction(96, 24, 32, 24, (24, 24)),  # (n, 176, 2, 2)
        inception_c=repeat(2, 176, *cross, scale=0.2),
        head=classifier(176, classes, dropout=0.2),  # (n, classes)
    )
