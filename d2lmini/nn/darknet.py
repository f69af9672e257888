"""Darknet-19, the backbone of YOLO9000: Redmon and Farhadi 2017, arXiv:1612.08242, table 6."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from d2lmini.nn.blocks import conv_norm, named
from d2lmini.nn.registry import register

# table 6: channels of the convolutions between two poolings; 3 x 3 and 1 x 1 take turns
STAGES = ((32,), (64,), (128, 64, 128), (256, 128, 256), (512, 256, 512, 256, 512), (1024, 512, 1024, 512, 1024))


@register("darknet19", paper="redmon2017", parameters=20_842_376, smallest=32)
def darknet19(*, channels: int = 3, classes: int = 1000, stages: Sequence[Sequence[int]] = STAGES) -> nn.Sequential:
    """Return the network of table 6, which ends with a 1 x 1 convolution and a mean; chapter `darknet19`.

    Shapes:
        (n, channels, h, w) -> (n, classes). h and w halve five times, rounding down.
    Source:
        Redmon and Farhadi 2017, arXiv:1612.08242, table 6; leaky ReLU with slope 0.1 as in their configuration file.
    """
    parts, c = {}, channels
    for number, widths in enumerate(stages, start=1):
        layers: list[nn.Module] = [] if number == 1 else [nn.MaxPool2d(2)]
        for place, width in enumerate(widths):
            layers += [*conv_norm(c, width, 1 if place % 2 else 3), nn.LeakyReLU(0.1)]
            c = width
        parts[f"stage{number}"] = nn.Sequential(*layers)
    head = nn.Sequential(nn.Conv2d(c, classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())  # (n, classes)
    return named(**parts, head=head)


@register("darknet_mini", paper="redmon2017", parameters=50_234, size=28, smallest=4, classes=10)
def darknet_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return three short stages of the same kind for small images: (n, channels, h, w) -> (n, classes)."""
    return darknet19(channels=channels, classes=classes, stages=((16,), (32, 16, 32), (64, 32, 64)))
