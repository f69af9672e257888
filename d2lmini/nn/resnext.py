"""ResNeXt: Xie, Girshick, Dollár, Tu and He 2017, arXiv:1611.05431; many narrow ways side by side, as groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import classifier, conv_norm_relu, named
from d2lmini.nn.registry import register
from d2lmini.nn.resnet import bottleneck, resnet, stages


def resnext(
    counts: Sequence[int], groups: int = 32, width: int = 4, *, channels: int = 3, classes: int = 1000
) -> nn.Sequential:
    """Return a network of table 1: (n, channels, h, w) -> (n, classes); chapter `resnext`.

    Shapes:
        counts: blocks in each of the four stages. groups: ways side by side, the cardinality. width: channels of
        each way in the first stage; groups x width is a multiple of 64. h and w halve five times, rounding up.
    Source:
        Xie et al. 2017, arXiv:1611.05431, table 1, the form of figure 3(c).

    >>> resnext((1, 1, 1, 1), groups=32, width=4).conv2[0].body[3]
    Conv2d(128, 128, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=32, bias=False)
    """
    block = partial(bottleneck, inner=groups * width // 64, groups=groups)
    return resnet(block, counts, 4, channels=channels, classes=classes)


entry = register("resnext50", paper="xie2017", parameters=25_028_904, oracle="torchvision:resnext50_32x4d")
entry(partial(resnext, (3, 4, 6, 3)))


# --- section 5.3: CIFAR ---------------------------------------------------------------------------------------


def cifar_resnext(
    depth: int, groups: int = 8, width: int = 64, *, channels: int = 3, classes: int = 10, base: int = 64
) -> nn.Sequential:
    """Return a network of table 7 for small images, 9n + 2 layers deep: (n, channels, h, w) -> (n, classes).

    Shapes:
        Three stages of n blocks with 4, 8 and 16 times `base` channels at h, h/2 and h/4, rounding up.
        groups x width: channels of the 3 x 3 in the first stage, a multiple of `base`.
    Source:
        Xie et al. 2017, arXiv:1611.05431, section 5.3 and table 7.
    """
    block = partial(bottleneck, inner=groups * width // base, groups=groups)
    body = stages(block, [(depth - 2) // 9] * 3, (base, 2 * base, 4 * base), base, 4, True)  # (n, 16 base, h/4, w/4)
    stem, head = conv_norm_relu(channels, base, 3), classifier(16 * base, classes)
    return named(conv1=stem, **{f"conv{i}": stage for i, stage in enumerate(body, start=2)}, head=head)


small = {"paper": "xie2017", "classes": 10}
register("resnext29", parameters=34_426_698, size=32, **small)(partial(cifar_resnext, 29))
register("resnext_mini", parameters=135_898, size=28, **small)(partial(cifar_resnext, 11, 8, 4, base=16))
