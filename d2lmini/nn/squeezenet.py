"""SqueezeNet: Iandola et al. 2016, arXiv:1602.07360; AlexNet's accuracy with a fiftieth of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import Concat, Residual, conv_norm_relu, he_normal, named
from d2lmini.nn.registry import register
from d2lmini.ops.check import word

Unit = Callable[..., nn.Module]  # c_in, c_out, kernel, stride=1, padding -> convolution and what follows it

FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))  # s, e of fire2..fire9
BYPASS = ("none", "simple", "complex")


def conv_relu(c_in: int, c_out: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Sequential:
    """Return a convolution and its ReLU."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, kernel, stride, padding), nn.ReLU())


def fire(c_in: int, squeeze: int, expand: int, unit: Unit = conv_relu) -> nn.Sequential:
    """Return figure 1: squeeze the channels by 1 x 1, then expand them by 1 x 1 and by 3 x 3 side by side.

    Shapes:
        (n, c_in, h, w) -> (n, 2 expand, h, w)
    """
    both = Concat([unit(squeeze, expand, 1), unit(squeeze, expand, 3, padding=1)])  # (n, 2 expand, h, w)
    return nn.Sequential(*unit(c_in, squeeze, 1), both)


def bypassed(c_in: int, squeeze: int, expand: int, bypass: str, unit: Unit = conv_relu) -> nn.Module:
    """Return a fire module with the way past it: where the shape stays, or everywhere with 1 x 1 convolutions."""
    module, c_out = fire(c_in, squeeze, expand, unit), 2 * expand
    if bypass == "none" or (bypass == "simple" and c_in != c_out):
        return module
    return Residual(module, None if c_in == c_out else nn.Conv2d(c_in, c_out, 1))


def squeezenet(
    stem: tuple[int, int, int] = (96, 7, 2), pools: Sequence[int] = (1, 4, 8), *,
    channels: int = 3, classes: int = 1000, bypass: str = "none",
    fires: Sequence[tuple[int, int]] = FIRES, dropout: float = 0.5, unit: Unit = conv_relu,
) -> nn.Sequential:  # fmt: skip
    """Return a network of figure 2: (n, channels, h, w) -> (n, classes); chapter `squeezenet`.

    Shapes:
        stem: channels, kernel and stride of the first convolution, which has no padding. pools: behind which layers
        h and w halve. fires: channels of the squeezing 1 x 1 and of each of the two that expand.
        bypass: "none"; "simple", an identity past fire3, 5, 7 and 9, whose shape stays; "complex", also a 1 x 1
        convolution past the others: 1,589,672 parameters, 6.1 MiB, where table 3 prints 7.7 MB.
        unit: a convolution and what follows it; the paper has no batch norm. `conv_norm_relu` pads the first one too.
    Raises:
        ShapeError: bypass is none of these.
    Source:
        Iandola et al. 2016, arXiv:1602.07360, table 1 and figure 2.

    >>> squeezenet().fire2[0]
    Conv2d(96, 16, kernel_size=(1, 1), stride=(1, 1))
    """
    word(bypass, "bypass", BYPASS)
    c, kernel, stride = stem
    parts = {"conv1": unit(channels, c, kernel, stride)}  # (n, 96, 109, 109) of 224 x 224
    for number, (squeeze, expand) in enumerate(fires, start=2):
        if number - 1 in pools:
            parts[f"pool{number - 1}"] = nn.MaxPool2d(3, 2, ceil_mode=True)
        parts[f"fire{number}"], c = bypassed(c, squeeze, expand, bypass, unit), 2 * expand
    # (n, 512, 13, 13)
    scores = conv_relu(c, classes, 1)  # (n, classes, 13, 13)
    head = nn.Sequential(nn.Dropout(dropout), *scores, nn.AdaptiveAvgPool2d(1), nn.Flatten())  # (n, classes)
    return he_normal(named(**parts, head=head))


for name, parameters, oracle, bypass in (
    ("squeezenet1_0", 1_248_424, "torchvision:squeezenet1_0", "none"),
    ("squeezenet_simple_bypass", 1_248_424, "", "simple"),
    ("squeezenet_complex_bypass", 1_589_672, "", "complex"),
):
    entry = register(name, paper="iandola2016", parameters=parameters, smallest=21, oracle=oracle)
    entry(partial(squeezenet, bypass=bypass))

later = partial(squeezenet, (64, 3, 2), (1, 3, 5))  # the authors' revision: 2.4 times fewer multiply-adds
oracle = "torchvision:squeezenet1_1"
register("squeezenet1_1", paper="iandola2016", parameters=1_235_496, smallest=17, oracle=oracle)(later)

fires = ((16, 32), (16, 32), (32, 64), (32, 64))
settings = {"fires": fires, "bypass": "simple", "dropout": 0.2, "unit": conv_norm_relu}  # with batch norm, or it stands
mini = partial(squeezenet, (32, 3, 1), (1, 3), **settings)  # still for hundreds of steps
register("squeezenet_mini", paper="iandola2016", parameters=62_058, size=28, smallest=4, classes=10)(mini)
