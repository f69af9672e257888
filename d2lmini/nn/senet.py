"""SENet: Hu, Shen and Sun 2018, arXiv:1709.01507; networks whose modules weigh their channels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from d2lmini.nn.blocks import Scale, classifier, conv_norm_relu, named, squeeze_excite
from d2lmini.nn.googlenet import googlenet_mini
from d2lmini.nn.inception_v2 import TABLE, inception_v2
from d2lmini.nn.registry import register
from d2lmini.nn.resnet import basic, bottleneck, cifar_resnet, stages


def gate(c: int, reduction: int = 16) -> Scale:
    """Return squeeze and excitation through c / reduction channels: (n, c, h, w) -> (n, c, h, w)."""
    return squeeze_excite(c, c // reduction)


# --- SE-ResNet, table 1 ---------------------------------------------------------------------------------------


def se_resnet(counts: Sequence[int], *, channels: int = 3, classes: int = 1000, reduction: int = 16) -> nn.Sequential:
    """Return a ResNet whose bodies end in squeeze and excitation: (n, channels, h, w) -> (n, classes); chapter `senet`.

    Shapes:
        counts: bottlenecks in each of the four stages. reduction: r, of the channels in the middle of the excitation.
        h and w halve five times, rounding up. As in the authors' code the stride of a bottleneck stands in its first
        1 x 1, which `resnet50` has in its 3 x 3, and the first pooling has no padding.
    Source:
        Hu et al. 2018, arXiv:1709.01507, table 1.

    >>> se_resnet((1, 1, 1, 1)).conv2[0].body[-1].gate[1]  # 256 channels are squeezed to 256 / 16
    Conv2d(256, 16, kernel_size=(1, 1), stride=(1, 1))
    """
    block = partial(bottleneck, early=True, gate=partial(gate, reduction=reduction))
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    stem = nn.Sequential(*conv_norm_relu(channels, 64, 7, 2), pool)  # (n, 64, h/4, w/4)
    body = stages(block, counts, (64, 128, 256, 512), 64, 4, True)  # (n, 2048, h/32, w/32)
    return named(conv1=stem, **{f"conv{i}": s for i, s in enumerate(body, start=2)}, head=classifier(2048, classes))


entry = register("se_resnet50", paper="hu2018", parameters=28_088_024, smallest=3, oracle="timm:legacy_seresnet50")
entry(partial(se_resnet, (3, 4, 6, 3)))

mini = partial(cifar_resnet, 8, block=partial(basic, gate=partial(gate, reduction=4)))
register("se_resnet_mini", paper="hu2018", parameters=78_118, size=28, classes=10)(mini)


# --- SE-BN-Inception, table 2 ---------------------------------------------------------------------------------


def gated(net: nn.Sequential, widths: dict[str, int], reduction: int) -> nn.Sequential:
    """Put squeeze and excitation behind the modules of these names and output channels, and return `net`."""
    for name, c in widths.items():
        setattr(net, name, nn.Sequential(getattr(net, name), gate(c, reduction)))  # (n, c, h, w)
    return net


@register("se_inception", paper="hu2018", parameters=11_823_488)
def se_inception(*, channels: int = 3, classes: int = 1000, reduction: int = 16) -> nn.Sequential:
    """Return Inception-v2 with squeeze and excitation behind each module: (n, channels, h, w) -> (n, classes).

    Source:
        Hu et al. 2018, arXiv:1709.01507, figure 2 and table 2, SE-BN-Inception.
    """
    widths, c = {}, 192
    for name, (n1, _, n3, _, nd, _, proj) in TABLE.items():
        widths[name] = c = n1 + n3 + nd + (proj or c)
    return gated(inception_v2(channels=channels, classes=classes), widths, reduction)


@register("se_inception_mini", paper="hu2018", parameters=154_804, size=28, smallest=4, classes=10)
def se_inception_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return `googlenet_mini` with squeeze and excitation behind its modules: (n, channels, h, w) -> (n, classes)."""
    widths = {"inception3a": 64, "inception3b": 120, "inception4a": 128, "inception4e": 208}
    return gated(googlenet_mini(channels=channels, classes=classes), widths, 4)
