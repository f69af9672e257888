"""HRNet: Sun et al. 2019, arXiv:1902.09212 (v1), and Wang et al. 2020, arXiv:1908.07919 (v2 and the classifiers)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import nn
from torch.nn.functional import interpolate

from d2lmini.nn.blocks import classifier, conv_norm, conv_norm_relu, named
from d2lmini.nn.registry import register
from d2lmini.nn.resnet import basic, bottleneck

Maps = list[torch.Tensor]  # one map for each resolution: h/4, h/8, h/16, h/32


# --- many resolutions side by side ----------------------------------------------------------------------------


class Exchange(nn.Module):
    """Four basic blocks at each resolution, then every resolution hears from all others: maps -> maps.

    outputs: how many resolutions are needed afterwards; the first of them, when fewer than came in.
    """

    def __init__(self, widths: Sequence[int], blocks: int, outputs: int | None = None) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(basic(c, c, 1) for _ in range(blocks))) for c in widths)
        self.ways = nn.ModuleList(
            nn.ModuleList(path(widths, j, i) for j in range(len(widths))) for i in range(outputs or len(widths))
        )

    def forward(self, maps: Maps) -> Maps:
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        mixed = []
        for i, ways in enumerate(self.ways):
            heard = [way(x) for way, x in zip(ways, maps, strict=True)]
            heard = heard[: i + 1] + [enlarge(x, maps[i]) for x in heard[i + 1 :]]
            mixed.append(nn.functional.relu(sum(heard[1:], start=heard[0])))
        return mixed


def path(widths: Sequence[int], j: int, i: int) -> nn.Module:
    """Return how maps of resolution j come to resolution i: 3 x 3 with stride down, 1 x 1 up (then enlarged)."""
    if j == i:
        return nn.Identity()
    if j > i:
        return nn.Sequential(*conv_norm(widths[j], widths[i], 1))
    steps = [conv_norm_relu(widths[j], widths[j], 3, 2) for _ in range(i - j - 1)]
    return nn.Sequential(*steps, *conv_norm(widths[j], widths[i], 3, 2))  # h and w halve i - j times


def enlarge(x: torch.Tensor, like: torch.Tensor, mode: str = "nearest") -> torch.Tensor:
    """Enlarge a map to the size (h, w) of another."""
    smooth = {} if mode == "nearest" else {"align_corners": False}
    return interpolate(x, size=like.shape[2:], mode=mode, **smooth)


class Body(nn.Module):
    """Stem and four stages, each with one resolution more than the one before.

    Shapes:
        (n, channels, h, w) -> maps (n, width, h/4, w/4), (n, 2 width, h/8, w/8), ...
        modules: in stages 2 to 4. blocks: in a branch of a module. outputs: resolutions that the last stage gives.
    """

    def __init__(
        self, width: int, channels: int, *, modules: Sequence[int] = (1, 4, 3), blocks: int = 4, outputs: int = 4
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm_relu(channels, 64, 3, 2), conv_norm_relu(64, 64, 3, 2))  # (n, 64, h/4, w/4)
        self.stage1 = nn.Sequential(*(bottleneck(256 if i else 64, 64, 1) for i in range(blocks)))  # (n, 256, h/4, w/4)
        before, widths = [256], [width, 2 * width]
        for number, count in enumerate(modules, start=2):  # stage 2 has 2 resolutions, stage 3 has 3, stage 4 has 4
            pairs = zip(before, widths, strict=False)
            kept = [nn.Identity() if old == new else conv_norm_relu(old, new, 3) for old, new in pairs]
            new = conv_norm_relu(before[-1], widths[-1], 3, 2)  # half of the coarsest
            last = [outputs if (number, i) == (4, count) else None for i in range(1, count + 1)]
            self.add_module(f"start{number}", nn.ModuleList([*kept, new]))
            self.add_module(f"stage{number}", nn.Sequential(*(Exchange(widths, blocks, out) for out in last)))
            before, widths = widths, [*widths, 2 * widths[-1]]

    def forward(self, x: torch.Tensor) -> Maps:
        maps = [self.stage1(self.stem(x))]
        for start, stage in ((self.start2, self.stage2), (self.start3, self.stage3), (self.start4, self.stage4)):
            maps = stage([begin(x) for begin, x in zip(start, [*maps, maps[-1]], strict=True)])
        return maps


# --- what is made of the maps ---------------------------------------------------------------------------------


class Scores(nn.Module):
    """The classifier: widen each resolution, then add them on the way down: 4 maps -> (n, classes)."""

    def __init__(self, width: int, classes: int, *, base: int = 32) -> None:
        super().__init__()
        wide = [4 * base * 2**i for i in range(4)]  # 128, 256, 512, 1024
        self.widen = nn.ModuleList(bottleneck(width * 2**i, c // 4, 1) for i, c in enumerate(wide))
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, 2 * c, 3, 2, 1), nn.BatchNorm2d(2 * c), nn.ReLU()) for c in wide[:3]
        )
        self.last = nn.Sequential(nn.Conv2d(wide[3], 64 * base, 1), nn.BatchNorm2d(64 * base), nn.ReLU())
        self.head = classifier(64 * base, classes)

    def forward(self, maps: Maps) -> torch.Tensor:
        y = self.widen[0](maps[0])  # (n, 128, h/4, w/4)
        for down, widen, x in zip(self.down, self.widen[1:], maps[1:], strict=True):
            y = widen(x) + down(y)  # (n, 256, h/8, w/8), then 512, then 1024
        return self.head(self.last(y))


class Finest(nn.Module):
    """Version 1: one 1 x 1 convolution on the finest resolution: maps -> (n, classes, h/4, w/4)."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, maps: Maps) -> torch.Tensor:
        return self.head(maps[0])


class Together(nn.Module):
    """Version 2: all resolutions, enlarged and side by side: maps -> (n, classes, h/4, w/4)."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        c = 15 * width  # width (1 + 2 + 4 + 8)
        self.head = nn.Sequential(nn.Conv2d(c, c, 1), nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, classes, 1))

    def forward(self, maps: Maps) -> torch.Tensor:
        return self.head(torch.cat([maps[0], *(enlarge(x, maps[0], "bilinear") for x in maps[1:])], dim=1))


HEADS = {"scores": Scores, "finest": Finest, "together": Together}


def hrnet(width: int, head: str = "scores", *, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """Return HRNet-W`width` with one of three heads; chapter `hrnet`.

    Shapes:
        head "scores": (n, channels, h, w) -> (n, classes). "finest" (version 1) and "together" (version 2):
        (n, classes, h/4, w/4), rounding up.
    Source:
        Sun et al. 2019, arXiv:1902.09212; Wang et al. 2020, arXiv:1908.07919, sections 3 and A.
    """
    body = Body(width, channels, outputs=1 if head == "finest" else 4)
    return named(body=body, head=HEADS[head](width, classes))


for width, parameters in ((18, 21_299_004), (32, 41_232_680), (48, 77_469_864)):
    entry = register(f"hrnet_w{width}", paper="wang2020", parameters=parameters, oracle=f"timm:hrnet_w{width}")
    entry(partial(hrnet, width))
entry = register("hrnet_v1", paper="sun2019", parameters=28_536_113, size=256, classes=17, stride=4)
entry(partial(hrnet, 32, "finest"))  # table 1 of the paper, poses: 28.5 M
entry = register("hrnet_v2", paper="wang2020", parameters=65_859_379, size=512, classes=19, stride=4)
entry(partial(hrnet, 48, "together"))  # table 3 of the paper, Cityscapes: 65.9 M


@register("hrnet_mini", paper="wang2020", parameters=547_866, size=32, classes=10)
def hrnet_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return one short module a stage for small images: (n, channels, h, w) -> (n, classes)."""
    body = Body(8, channels, modules=(1, 1, 1), blocks=1)
    return named(body=body, head=Scores(8, classes, base=4))
