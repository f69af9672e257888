"""Network in network: Lin, Chen and Yan 2014, arXiv:1312.4400, for ImageNet and for small images."""

from __future__ import annotations

from torch import nn

from d2lmini.nn.blocks import he_normal, named
from d2lmini.nn.registry import register

HALVE = {"kernel_size": 3, "stride": 2, "ceil_mode": True}  # windows overlap; one that sticks out counts too


def mlpconv(
    c_in: int, width: int, mid: int, c_out: int, kernel: int, stride: int = 1, *, padding: int = 0, norm: bool = False
) -> nn.Sequential:
    """Return a convolution and a small perceptron of two layers at every place of its output, each with a ReLU.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h', w'). The perceptron is two 1 x 1 convolutions, width -> mid -> c_out.
    """
    layers = (c_in, width, kernel, stride, padding), (width, mid, 1), (mid, c_out, 1)
    parts = ([nn.Conv2d(*layer), *([nn.BatchNorm2d(layer[1])] if norm else []), nn.ReLU()] for layer in layers)
    return nn.Sequential(*(part for unit in parts for part in unit))  # (n, c_out, h', w')


def mean() -> nn.Sequential:
    """Return the mean of each map: (n, classes, h, w) -> (n, classes); no linear layer follows."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


@register("nin", paper="lin2014", parameters=7_595_176, smallest=39)
def nin(*, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """Return the network for ImageNet, four mlpconv layers and a mean; chapter `nin`.

    Shapes:
        (n, channels, h, w) -> (n, classes)
    Source:
        Lin et al. 2014, arXiv:1312.4400, section 3. The paper tells of smaller images and gives no widths; these are
        those of the model that its authors published for Caffe. Global averaging stands in the place of the linear
        layers, not before them.
    """
    net = named(
        mlpconv1=mlpconv(channels, 96, 96, 96, 11, 4),  # (n, 96, 54, 54) from 224 pixels
        pool1=nn.MaxPool2d(**HALVE),  # (n, 96, 27, 27)
        mlpconv2=mlpconv(96, 256, 256, 256, 5, padding=2),
        pool2=nn.MaxPool2d(**HALVE),  # (n, 256, 13, 13)
        mlpconv3=mlpconv(256, 384, 384, 384, 3, padding=1),
        pool3=nn.Sequential(nn.MaxPool2d(**HALVE), nn.Dropout(0.5)),  # (n, 384, 6, 6)
        mlpconv4=mlpconv(384, 1024, 1024, classes, 3, padding=1),  # (n, classes, 6, 6)
        mean=mean(),  # (n, classes)
    )
    return he_normal(net)


@register("nin_cifar", paper="lin2014", parameters=966_986, size=32, smallest=4, classes=10)
def nin_cifar(
    *, channels: int = 3, classes: int = 10, width: int = 192, dropout: float = 0.5, norm: bool = False
) -> nn.Sequential:
    """Return the network for CIFAR-10, three mlpconv layers and a mean: (n, channels, h, w) -> (n, classes).

    The widths are again those that the authors published: 192, 160 and 96 maps, then 192. norm: batch norm before each
    ReLU, which the paper did not yet have.
    """
    narrow, middle = width // 2, width * 5 // 6
    net = named(
        mlpconv1=mlpconv(channels, width, middle, narrow, 5, padding=2, norm=norm),  # (n, 96, 32, 32)
        pool1=nn.Sequential(nn.MaxPool2d(**HALVE), nn.Dropout(dropout)),  # (n, 96, 16, 16)
        mlpconv2=mlpconv(narrow, width, width, width, 5, padding=2, norm=norm),
        pool2=nn.Sequential(nn.AvgPool2d(**HALVE), nn.Dropout(dropout)),  # (n, 192, 8, 8)
        mlpconv3=mlpconv(width, width, width, classes, 3, padding=1, norm=norm),  # (n, classes, 8, 8)
        mean=mean(),  # (n, classes)
    )
    return he_normal(net)


@register("nin_mini", paper="lin2014", parameters=29_788, size=28, smallest=4, classes=10)
def nin_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return the CIFAR-10 network, a sixth as wide, with batch norm: (n, channels, h, w) -> (n, classes)."""
    return nin_cifar(channels=channels, classes=classes, width=32, dropout=0.1, norm=True)
