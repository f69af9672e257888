"""EfficientNet: Tan and Le 2019, arXiv:1905.11946; depth, width and resolution grow together."""

from __future__ import annotations

from functools import partial
from math import ceil

import torch
from torch import nn

from d2lmini.nn.blocks import Residual, classifier, conv_norm, eighths, named, squeeze_excite
from d2lmini.nn.registry import register

# --- the block ------------------------------------------------------------------------------------------------


class StochasticDepth(nn.Module):
    """In training, leave out a branch for a randomly chosen part of the images; Huang et al. 2016, arXiv:1603.09382."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(len(x), 1, 1, 1, device=x.device, dtype=x.dtype) >= self.p
        return x * kept / (1 - self.p)  # the mean over the draws is x


def mbconv(c_in: int, c_out: int, kernel: int, stride: int, expand: int, *, drop: float, eps: float) -> nn.Module:
    """Return an inverted bottleneck with squeeze and excitation: (n, c_in, h, w) -> (n, c_out, h/stride, w/stride)."""
    wide = c_in * expand
    body = nn.Sequential(
        *([*conv_norm(c_in, wide, 1, eps=eps), nn.SiLU()] if expand > 1 else []),  # (n, wide, h, w)
        *conv_norm(wide, wide, kernel, stride, groups=wide, eps=eps), nn.SiLU(),
        squeeze_excite(wide, max(1, c_in // 4), act=nn.SiLU),
        *conv_norm(wide, c_out, 1, eps=eps),  # (n, c_out, h/stride, w/stride): linear
    )  # fmt: skip
    return Residual(nn.Sequential(body, StochasticDepth(drop))) if (c_in, stride) == (c_out, 1) else body


# --- the networks ---------------------------------------------------------------------------------------------

STAGES = (  # table 1, stages 2 to 8: expansion, kernel, stride, channels, layers
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def efficientnet(
    width: float = 1.0, depth: float = 1.0, dropout: float = 0.2, *, channels: int = 3, classes: int = 1000,
    stages: tuple[tuple[int, ...], ...] = STAGES, stem: int = 32, stride: int = 2, eps: float = 1e-5,
) -> nn.Sequential:  # fmt: skip
    """Return the network of table 1, its channels times `width` and its layers times `depth`; chapter `efficientnet`.

    Shapes:
        (n, channels, h, w) -> (n, classes). h and w halve five times, rounding up.
        dropout: before the last layer. Stochastic depth grows from 0 to 0.2 over the blocks.
        stages, stem, stride: the rows of the table, channels and stride of the first layer.
    Source:
        Tan and Le 2019, arXiv:1905.11946, table 1 and section 5; eps of the batch norms as in torchvision.
    """
    c = eighths(width * stem)
    parts = {"stage1": nn.Sequential(*conv_norm(channels, c, 3, stride, eps=eps), nn.SiLU())}
    counts = [ceil(depth * layers) for *_, layers in stages]
    drops = iter(0.2 * i / sum(counts) for i in range(sum(counts)))
    for number, ((expand, kernel, step, c_out, _), count) in enumerate(zip(stages, counts, strict=True), start=2):
        c_out, blocks = eighths(width * c_out), []
        for i in range(count):
            blocks.append(mbconv(c, c_out, kernel, step if i == 0 else 1, expand, drop=next(drops), eps=eps))
            c = c_out
        parts[f"stage{number}"] = nn.Sequential(*blocks)
    parts["conv"] = nn.Sequential(*conv_norm(c, 4 * c, 1, eps=eps), nn.SiLU())  # 1280 channels at width 1
    return named(**parts, head=classifier(4 * c, classes, dropout=dropout))


ROWS = {  # width, depth, dropout, pixels, parameters
    "b0": (1.0, 1.0, 0.2, 224, 5_288_548),
    "b1": (1.0, 1.1, 0.2, 240, 7_794_184),
    "b2": (1.1, 1.2, 0.3, 260, 9_109_994),
    "b3": (1.2, 1.4, 0.3, 300, 12_233_232),
    "b4": (1.4, 1.8, 0.4, 380, 19_341_616),
    "b5": (1.6, 2.2, 0.4, 456, 30_389_784),
    "b6": (1.8, 2.6, 0.5, 528, 43_040_704),
    "b7": (2.0, 3.1, 0.5, 600, 66_347_960),
}
for name, (width, depth, dropout, size, parameters) in ROWS.items():
    oracle = f"torchvision:efficientnet_{name}"
    entry = register(f"efficientnet_{name}", paper="tan2019", parameters=parameters, size=size, oracle=oracle)
    entry(partial(efficientnet, width, depth, dropout, eps=1e-3 if name >= "b5" else 1e-5))


@register("efficientnet_mini", paper="tan2019", parameters=51_736, size=28, classes=10)
def efficientnet_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return three short stages for small images: (n, channels, h, w) -> (n, classes)."""
    stages = ((1, 3, 1, 16, 1), (4, 3, 2, 24, 2), (4, 5, 2, 40, 2))
    return efficientnet(channels=channels, classes=classes, stages=stages, stem=16, stride=1)
