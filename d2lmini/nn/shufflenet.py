"""ShuffleNet: Zhang et al. 2018, arXiv:1707.01083 (v1), and Ma et al. 2018, arXiv:1807.11164 (v2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import nn

from d2lmini.nn.blocks import Concat, Residual, classifier, conv_norm, conv_norm_relu, named
from d2lmini.nn.registry import register

REPEATS = (4, 8, 4)  # units in stages 2, 3 and 4 of both


# --- version 1 ------------------------------------------------------------------------------------------------


def unit_v1(c_in: int, c_out: int, stride: int, groups: int, *, first: bool = False) -> nn.Module:
    """Return figure 2(b) at stride 1 and 2(c) at stride 2, where the mean of the input stands beside new channels.

    first: the very first 1 x 1, on 24 channels, is not grouped.
    """
    inner, new = c_out // 4, c_out if stride == 1 else c_out - c_in
    body = nn.Sequential(
        *conv_norm_relu(c_in, inner, 1, groups=1 if first else groups),
        nn.ChannelShuffle(groups),
        *conv_norm(inner, inner, 3, stride, groups=inner),  # (n, inner, h/stride, w/stride)
        *conv_norm(inner, new, 1, groups=groups),
    )
    if stride == 1:
        return Residual(body, after=nn.ReLU())
    return nn.Sequential(Concat([nn.AvgPool2d(3, 2, 1), body]), nn.ReLU())  # (n, c_out, h/2, w/2)


WIDTHS_V1 = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}  # table 1: channels of stage 2 for each number of groups


def shufflenet_v1(groups: int = 3, *, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """Return the network of table 1 with 1, 2, 3, 4 or 8 groups; chapter `shufflenet_v1`.

    Shapes:
        (n, channels, h, w) -> (n, classes). h and w halve five times, rounding up.
    Source:
        Zhang et al. 2018, arXiv:1707.01083, table 1.
    """
    widths = [WIDTHS_V1[groups] * 2**i for i in range(3)]
    return _shufflenet(partial(_unit_v1_of, groups), 24, widths, channels, classes)


def _unit_v1_of(groups: int, c_in: int, c_out: int, stride: int) -> nn.Module:
    return unit_v1(c_in, c_out, stride, groups, first=c_in == 24)


# --- version 2 ------------------------------------------------------------------------------------------------


class Split(nn.Module):
    """Half of the channels pass, the other half goes through a branch: (n, c, h, w) -> (n, c, h, w)."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, rest = x.chunk(2, dim=1)  # (n, c/2, h, w) each
        return torch.cat([kept, self.branch(rest)], dim=1)


def unit_v2(c_in: int, c_out: int, stride: int) -> nn.Module:
    """Return figure 3(c) at stride 1 and 3(d) at stride 2: no grouped 1 x 1, no addition, equal widths."""
    inner = c_out // 2
    branch = nn.Sequential(
        *conv_norm_relu(c_in if stride == 2 else inner, inner, 1),
        *conv_norm(inner, inner, 3, stride, groups=inner),
        *conv_norm_relu(inner, inner, 1),
    )
    if stride == 1:
        return nn.Sequential(Split(branch), nn.ChannelShuffle(2))
    other = nn.Sequential(*conv_norm(c_in, c_in, 3, 2, groups=c_in), *conv_norm_relu(c_in, inner, 1))
    return nn.Sequential(Concat([other, branch]), nn.ChannelShuffle(2))  # (n, c_out, h/2, w/2)


def shufflenet_v2(
    widths: Sequence[int] = (116, 232, 464), last: int = 1024, *, channels: int = 3, classes: int = 1000
) -> nn.Sequential:
    """Return a network of table 5; chapter `shufflenet_v2`.

    Shapes:
        (n, channels, h, w) -> (n, classes). h and w halve five times, rounding up.
        widths: channels of stages 2 to 4. last: channels of the 1 x 1 before the head.
    Source:
        Ma et al. 2018, arXiv:1807.11164, table 5.
    """
    return _shufflenet(unit_v2, 24, widths, channels, classes, last=last)


def _shufflenet(
    unit: Callable[[int, int, int], nn.Module], stem: int, widths: Sequence[int], channels: int, classes: int,
    *, last: int = 0, repeats: Sequence[int] = REPEATS, pool: bool = True,
) -> nn.Sequential:  # fmt: skip
    """Return stem, stages and head of both versions."""
    first = conv_norm_relu(channels, stem, 3, 2 if pool else 1)  # (n, 24, h/2, w/2)
    parts = {"conv1": nn.Sequential(*first, *[nn.MaxPool2d(3, 2, 1)] * pool)}  # (n, 24, h/4, w/4)
    c = stem
    for number, (count, width) in enumerate(zip(repeats, widths, strict=True), start=2):
        more = [unit(width, width, 1) for _ in range(count - 1)]
        parts[f"stage{number}"] = nn.Sequential(unit(c, width, 2), *more)
        c = width
    if last:
        parts["conv5"], c = conv_norm_relu(c, last, 1), last
    return named(**parts, head=classifier(c, classes))


register("shufflenet_v1", paper="zhang2018", parameters=1_865_728)(shufflenet_v1)
ROWS_V2 = {  # torchvision's name: widths of stages 2 to 4, last 1 x 1, parameters
    "x0_5": ((48, 96, 192), 1024, 1_366_792),
    "x1_0": ((116, 232, 464), 1024, 2_278_604),
    "x1_5": ((176, 352, 704), 1024, 3_503_624),
    "x2_0": ((244, 488, 976), 2048, 7_393_996),
}
for scale, (widths, last, parameters) in ROWS_V2.items():
    name = "shufflenet_v2" if scale == "x1_0" else f"shufflenet_v2_{scale}"
    entry = register(name, paper="ma2018", parameters=parameters, oracle=f"torchvision:shufflenet_v2_{scale}")
    entry(partial(shufflenet_v2, widths, last))


@register("shufflenet_mini", paper="ma2018", parameters=37_354, size=28, classes=10)
def shufflenet_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return two short stages of version 2 for small images: (n, channels, h, w) -> (n, classes)."""
    return _shufflenet(unit_v2, 24, (48, 96), channels, classes, repeats=(2, 3), pool=False, last=128)
