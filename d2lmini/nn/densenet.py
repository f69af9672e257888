"""DenseNet: Huang, Liu, van der Maaten and Weinberger 2017, arXiv:1608.06993; each layer sees all before it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import Concat, classifier, conv_norm_relu, named, norm_relu_conv
from d2lmini.nn.registry import register

# --- the parts of section 3 -----------------------------------------------------------------------------------


def dense_layer(c_in: int, growth: int, narrow: bool = True) -> Concat:
    """Return [x, H(x)]: the maps that come in, and `growth` new ones behind them.

    Shapes:
        (n, c_in, h, w) -> (n, c_in + growth, h, w). narrow: DenseNet-B, a 1 x 1 convolution to 4 growth maps first.
    """
    width = 4 * growth if narrow else c_in
    reduce = norm_relu_conv(c_in, width, 1) if narrow else []
    return Concat([nn.Identity(), nn.Sequential(*reduce, *norm_relu_conv(width, growth, 3))])


def dense_block(count: int, c_in: int, growth: int, narrow: bool = True) -> nn.Sequential:
    """Return `count` layers, each of which sees the maps of all before: c_in -> c_in + count growth channels."""
    return nn.Sequential(*(dense_layer(c_in + i * growth, growth, narrow) for i in range(count)))


def transition(c_in: int, c_out: int) -> nn.Sequential:
    """Return what stands between two blocks: (n, c_in, h, w) -> (n, c_out, h/2, w/2), rounding down."""
    return nn.Sequential(*norm_relu_conv(c_in, c_out, 1), nn.AvgPool2d(2))


def blocks(
    counts: Sequence[int], c: int, growth: int, narrow: bool = True, compression: float = 0.5
) -> tuple[dict[str, nn.Module], int]:
    """Return dense blocks with transitions between them, and the channels that come out of the last one."""
    parts = {}
    for number, count in enumerate(counts, start=1):
        parts[f"dense{number}"] = dense_block(count, c, growth, narrow)
        c += count * growth
        if number < len(counts):
            parts[f"transition{number}"] = transition(c, int(compression * c))
            c = int(compression * c)
    return parts, c


# --- the networks of table 1 ----------------------------------------------------------------------------------


def densenet(counts: Sequence[int], growth: int = 32, *, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """Return a network of table 1: (n, channels, h, w) -> (n, classes); chapter `densenet`.

    Shapes:
        counts: layers in each of the four blocks. growth: new maps a layer, k of the paper.
        h and w halve twice in the stem, rounding up, and in each of the three transitions, rounding down.
    Source:
        Huang et al. 2017, arXiv:1608.06993, table 1.

    >>> densenet((1, 2, 1, 1)).head[-1].in_features  # 64 + 32 = 96, 48 + 64 = 112, 56 + 32 = 88, 44 + 32
    76
    """
    stem = {"conv": conv_norm_relu(channels, 2 * growth, 7, 2), "pool": nn.MaxPool2d(3, 2, 1)}  # (n, 2k, h/4, w/4)
    body, c = blocks(counts, 2 * growth, growth)  # (n, c, h/32, w/32)
    head = nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), *classifier(c, classes))  # (n, classes)
    return named(**stem, **body, head=head)


ROWS = {  # depth: layers in the four blocks, parameters
    121: ((6, 12, 24, 16), 7_978_856),
    169: ((6, 12, 32, 32), 14_149_480),
    201: ((6, 12, 48, 32), 20_013_928),
}
for depth, (counts, parameters) in ROWS.items():
    name, entry = f"densenet{depth}", {"paper": "huang2017", "parameters": parameters, "smallest": 29}
    register(name, oracle=f"torchvision:{name}", **entry)(partial(densenet, counts))


# --- section 4.2: CIFAR ---------------------------------------------------------------------------------------


def cifar_densenet(
    depth: int, growth: int, *, channels: int = 3, classes: int = 10, narrow: bool = True
) -> nn.Sequential:
    """Return a network of table 2 for small images: (n, channels, h, w) -> (n, classes).

    Shapes:
        Three blocks of equal length at h, h/2 and h/4, rounding down. narrow: DenseNet-BC, with narrow layers and
        half of the maps in each transition; without it neither, and `depth` layers stand one behind the other.
    Source:
        Huang et al. 2017, arXiv:1608.06993, table 2.
    """
    counts, c = [(depth - 4) // (6 if narrow else 3)] * 3, 2 * growth if narrow else 16
    stem = nn.Conv2d(channels, c, 3, padding=1, bias=False)  # (n, c, h, w)
    body, c = blocks(counts, c, growth, narrow, 0.5 if narrow else 1.0)  # (n, c, h/4, w/4)
    return named(conv=stem, **body, head=nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), *classifier(c, classes)))


small = {"paper": "huang2017", "size": 32, "smallest": 4, "classes": 10}
register("densenet_bc100", parameters=769_162, **small)(partial(cifar_densenet, 100, 12))


# --- for small images ---------------------------------------------------------------------------------------------


@register("densenet_mini", parameters=71_734, **small | {"size": 28, "smallest": 7})
def densenet_mini(growth: int = 12, *, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return three blocks of three layers behind a stem that halves h and w: (n, channels, h, w) -> (n, classes)."""
    stem = {"conv": conv_norm_relu(channels, 2 * growth, 3), "pool": nn.MaxPool2d(3, 2, 1)}  # (n, 2k, h/2, w/2)
    body, c = blocks((3, 3, 3), 2 * growth, growth)  # (n, c, h/8, w/8)
    return named(**stem, **body, head=nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), *classifier(c, classes)))
