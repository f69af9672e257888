"""ResNet: He, Zhang, Ren and Sun 2016, arXiv:1512.03385, with its plain twins and its networks for small images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import nn

from d2lmini.nn.blocks import Residual, classifier, conv_norm, conv_norm_relu, named
from d2lmini.nn.registry import register

Block = Callable[[int, int, int, bool], nn.Module]  # c_in, width, stride, residual -> block


# --- the blocks of figure 5 -----------------------------------------------------------------------------------


def projection(c_in: int, c_out: int, stride: int) -> nn.Module:
    """Option B: a 1 x 1 convolution where the shape changes, else nothing."""
    if c_in == c_out and stride == 1:
        return nn.Identity()
    return nn.Sequential(*conv_norm(c_in, c_out, 1, stride))


class NewChannels(nn.Module):
    """Maps of zeros behind the others: (n, c, h, w) -> (n, c + new, h, w)."""

    def __init__(self, new: int) -> None:
        super().__init__()
        self.new = new

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.pad(x, (0, 0, 0, 0, 0, self.new))  # (n, c + new, h, w)


def padding(c_in: int, c_out: int, stride: int) -> nn.Module:
    """Option A: every second pixel, and zeros for the channels that are new; no parameters."""
    if c_in == c_out and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.MaxPool2d(1, stride), NewChannels(c_out - c_in))  # a window of one pixel picks it


def join(body: nn.Module, shortcut: nn.Module, residual: bool) -> nn.Module:
    """Return the block with its shortcut, or its plain twin without."""
    return Residual(body, shortcut, nn.ReLU()) if residual else nn.Sequential(body, nn.ReLU())


def basic(
    c_in: int, width: int, stride: int, residual: bool = True, *,
    shortcut: Callable[..., nn.Module] = projection, gate: Callable[[int], nn.Module] | None = None,
) -> nn.Module:  # fmt: skip
    """Return two 3 x 3 convolutions and the way past them: (n, c_in, h, w) -> (n, width, h/stride, w/stride)."""
    body = nn.Sequential(
        *conv_norm_relu(c_in, width, 3, stride),  # (n, width, h/stride, w/stride)
        *conv_norm(width, width, 3),
        *([gate(width)] if gate else []),
    )
    return join(body, shortcut(c_in, width, stride), residual)


def bottleneck(
    c_in: int, width: int, stride: int, residual: bool = True, *,
    inner: int = 1, groups: int = 1, early: bool = False, gate: Callable[[int], nn.Module] | None = None,
) -> nn.Module:  # fmt: skip
    """Return 1 x 1 narrow, 3 x 3, 1 x 1 wide and the way past them.

    Shapes:
        (n, c_in, h, w) -> (n, 4 width, h/stride, w/stride)
        inner: the 3 x 3 has inner width channels, in so many groups; not 1 in ResNeXt and in wide networks.
        early: the stride stands in the first 1 x 1, as in the paper, not in the 3 x 3, as in torchvision, where it
        costs more. gate: of a number of channels, a part behind the body; squeeze and excitation in SENet.
    """
    narrow, wide = inner * width, 4 * width
    first, second = (stride, 1) if early else (1, stride)
    body = nn.Sequential(
        *conv_norm_relu(c_in, narrow, 1, first),
        *conv_norm_relu(narrow, narrow, 3, second, groups=groups),  # (n, inner width, h/stride, w/stride)
        *conv_norm(narrow, wide, 1),
        *([gate(wide)] if gate else []),
    )
    return join(body, projection(c_in, wide, stride), residual)


# --- the networks of table 1 ----------------------------------------------------------------------------------


def stages(
    block: Block, counts: Sequence[int], widths: Sequence[int], c_in: int, expansion: int, residual: bool
) -> list[nn.Sequential]:
    """Return one Sequential a stage; the first block of each but the first halves h and w."""
    found = []
    for number, (count, width) in enumerate(zip(counts, widths, strict=True)):
        strides = [1 if number == 0 else 2] + [1] * (count - 1)
        ins = [c_in] + [expansion * width] * (count - 1)
        found.append(nn.Sequential(*(block(c, width, s, residual) for c, s in zip(ins, strides, strict=True))))
        c_in = expansion * width
    return found


def resnet(
    block: Block, counts: Sequence[int], expansion: int = 1, *,
    channels: int = 3, classes: int = 1000, residual: bool = True, widths: Sequence[int] = (64, 128, 256, 512),
) -> nn.Sequential:  # fmt: skip
    """Return a network of table 1: (n, channels, h, w) -> (n, classes); chapter `resnet`.

    Shapes:
        counts: blocks in each of the four stages. h and w halve five times, rounding up.
    Source:
        He et al. 2016, arXiv:1512.03385, table 1.
    """
    stem = nn.Sequential(*conv_norm_relu(channels, 64, 7, 2), nn.MaxPool2d(3, 2, 1))  # (n, 64, h/4, w/4)
    body = stages(block, counts, widths, 64, expansion, residual)  # (n, 512 expansion, h/32, w/32)
    head = classifier(expansion * widths[-1], classes)  # (n, classes)
    return named(conv1=stem, **{f"conv{i}": stage for i, stage in enumerate(body, start=2)}, head=head)


ROWS = {  # depth: block, blocks in the four stages, expansion, parameters
    18: (basic, (2, 2, 2, 2), 1, 11_689_512),
    34: (basic, (3, 4, 6, 3), 1, 21_797_672),
    50: (bottleneck, (3, 4, 6, 3), 4, 25_557_032),
    101: (bottleneck, (3, 4, 23, 3), 4, 44_549_160),
    152: (bottleneck, (3, 8, 36, 3), 4, 60_192_808),
}
for depth, (block, counts, expansion, parameters) in ROWS.items():
    entry = register(f"resnet{depth}", paper="he2016", parameters=parameters, oracle=f"torchvision:resnet{depth}")
    entry(partial(resnet, block, counts, expansion))
for depth, parameters in ((18, 11_515_688), (34, 21_623_848)):
    entry = register(f"plain{depth}", paper="he2016", parameters=parameters)
    entry(partial(resnet, basic, ROWS[depth][1], residual=False))


# --- section 4.2: CIFAR-10 ------------------------------------------------------------------------------------


def cifar_resnet(
    depth: int, *,
    channels: int = 3, classes: int = 10, residual: bool = True, width: int = 16, block: Callable = basic,
) -> nn.Sequential:  # fmt: skip
    """Return a network of section 4.2 for small images, 6n + 2 layers deep: (n, channels, h, w) -> (n, classes).

    Shapes:
        Three stages of n basic blocks with 16, 32 and 64 maps at h, h/2 and h/4; shortcuts without parameters.
    Source:
        He et al. 2016, arXiv:1512.03385, section 4.2.
    """
    block, counts = partial(block, shortcut=padding), [(depth - 2) // 6] * 3
    body = stages(block, counts, (width, 2 * width, 4 * width), width, 1, residual)  # (n, 64, h/4, w/4)
    stem, head = conv_norm_relu(channels, width, 3), classifier(4 * width, classes)
    return named(conv1=stem, **{f"conv{i}": stage for i, stage in enumerate(body, start=2)}, head=head)


CIFAR = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}
for depth, parameters in CIFAR.items():
    for name, residual in (("resnet", True), ("plain", False)):
        entry = register(f"{name}{depth}", paper="he2016", parameters=parameters, size=32, classes=10)
        entry(partial(cifar_resnet, depth, residual=residual))

register("resnet_mini", paper="he2016", parameters=75_290, size=28, classes=10)(partial(cifar_resnet, 8))
