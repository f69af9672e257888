"""EEGNet: Lawhern et al. 2018, arXiv:1611.08024; time, electrodes and time again, each with filters of its own.

Not in the registry: its input is no image. The number of electrodes and of samples is part of the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from d2lmini.errors import ShapeError, fault
from d2lmini.nn.blocks import named
from d2lmini.shapes import whole


@dataclass(frozen=True)
class Limit:
    """Scales the filters of a layer down to a length of at most `length`, before each use."""

    length: float

    def __call__(self, layer: nn.Module, inputs: tuple) -> None:
        with torch.no_grad():
            layer.weight.copy_(torch.renorm(layer.weight, p=2, dim=0, maxnorm=self.length))


def limited(layer: nn.Module, length: float) -> nn.Module:
    """Return the layer with filters that stay no longer than `length`."""
    layer.register_forward_pre_hook(Limit(length))
    return layer


def in_time(c_in: int, c_out: int, k: int, groups: int = 1) -> list[nn.Module]:
    """Return filters along time, (n, c_in, e, t) -> (n, c_out, e, t); with an even k the sides are padded unequally."""
    conv = nn.Conv2d(c_in, c_out, (1, k), groups=groups, bias=False)
    return [nn.ZeroPad2d(((k - 1) // 2, k // 2, 0, 0)), conv]


def eegnet(
    electrodes: int = 64, samples: int = 128, classes: int = 4, *,
    f1: int = 8, d: int = 2, kernel: int = 64, dropout: float = 0.5,
) -> nn.Sequential:  # fmt: skip
    """Return EEGNet-f1,d: (n, 1, electrodes, samples) -> (n, classes); chapter `eegnet`.

    Shapes:
        f1: filters in time. d: spatial filters behind each of them. kernel: samples, half a second of the signal.
        f1 (kernel + 2) + f1 d (electrodes + 2) + f1 d (16 + f1 d + 2) + classes (f1 d (samples // 32) + 1) parameters.
        dropout: 0.5 for networks of one person, 0.25 for those of many.
    Raises:
        ShapeError: a number is none, or there are fewer than 32 samples.
    Source:
        Lawhern et al. 2018, arXiv:1611.08024, table 2, for signals at 128 Hz. The lengths of spatial filters and of
        the last layer's rows are limited to 1 and 0.25.

    >>> net = eegnet(electrodes=22, samples=256, classes=4, kernel=32)
    >>> sum(p.numel() for p in net.parameters())  # 8*34 + 16*24 + 16*34 + 4*129
    1716
    """
    electrodes, classes, f1, d = (
        whole(v, name, 1) for v, name in ((electrodes, "electrodes"), (classes, "classes"), (f1, "f1"), (d, "d"))
    )
    kernel, samples = whole(kernel, "kernel", 1), whole(samples, "samples", 1)
    if samples < 32:
        raise ShapeError(fault(f"samples={samples}", "32 or more, which the poolings divide by 32", "samples=128"))
    f2 = f1 * d
    spatial = limited(nn.Conv2d(f1, f2, (electrodes, 1), groups=f1, bias=False), 1.0)
    return named(
        temporal=nn.Sequential(*in_time(1, f1, kernel), nn.BatchNorm2d(f1)),  # (n, f1, e, t)
        spatial=nn.Sequential(  # (n, f2, 1, t/4)
            spatial, nn.BatchNorm2d(f2), nn.ELU(), nn.AvgPool2d((1, 4)), nn.Dropout(dropout)
        ),
        separable=nn.Sequential(  # (n, f2, 1, t/32)
            *in_time(f2, f2, 16, groups=f2), nn.Conv2d(f2, f2, 1, bias=False),
            nn.BatchNorm2d(f2), nn.ELU(), nn.AvgPool2d((1, 8)), nn.Dropout(dropout),
        ),
        head=nn.Sequential(nn.Flatten(), limited(nn.Linear(f2 * (samples // 32), classes), 0.25)),  # (n, classes)
    )  # fmt: skip
