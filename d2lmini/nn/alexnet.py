"""AlexNet: Krizhevsky, Sutskever and Hinton 2012, doi:10.1145/3065386, and its one-tower form, arXiv:1404.5997."""

from __future__ import annotations

from functools import partial

from torch import nn

from d2lmini.nn.blocks import he_normal, named, response_norm
from d2lmini.nn.registry import register


def conv_relu(c_in: int, c_out: int, kernel: int, stride: int = 1, *, padding: int, groups: int = 1) -> list[nn.Module]:
    """Return a convolution with bias and its ReLU."""
    return [nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups), nn.ReLU()]


def head(c: int, hidden: int, classes: int, dropout: float = 0.5) -> nn.Sequential:
    """Return the three linear layers, dropout before the first two: (n, c) -> (n, classes)."""
    return named(
        fc6=nn.Sequential(nn.Dropout(dropout), nn.Linear(c, hidden), nn.ReLU()),
        fc7=nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU()),
        fc8=nn.Linear(hidden, classes),
    )


# --- the network of 2012 ------------------------------------------------------------------------------------------


def alexnet_2012(*, channels: int = 3, classes: int = 1000, towers: int = 2) -> nn.Sequential:
    """Return the network of figure 2: (n, channels, 227, 227) -> (n, classes).

    Each of the two GPUs held one tower, half of the maps; they exchanged them before conv3 and before fc6 only, which
    is what groups of channels say. Here the response norm sees the maps of both towers. The paper prints 224 pixels,
    which give no whole number of windows: (224 - 11) / 4 + 1 = 54.25; with 227 it is 55. The norm follows the ReLU, and
    pooling follows the norm; windows of 3 at stride 2 overlap.
    """
    return named(
        conv1=nn.Sequential(*conv_relu(channels, 96, 11, 4, padding=0), response_norm()),  # (n, 96, 55, 55)
        pool1=nn.MaxPool2d(3, 2),  # (n, 96, 27, 27)
        conv2=nn.Sequential(*conv_relu(96, 256, 5, padding=2, groups=towers), response_norm()),  # (n, 256, 27, 27)
        pool2=nn.MaxPool2d(3, 2),  # (n, 256, 13, 13)
        conv3=nn.Sequential(*conv_relu(256, 384, 3, padding=1)),  # (n, 384, 13, 13)
        conv4=nn.Sequential(*conv_relu(384, 384, 3, padding=1, groups=towers)),
        conv5=nn.Sequential(*conv_relu(384, 256, 3, padding=1, groups=towers)),  # (n, 256, 13, 13)
        pool5=nn.MaxPool2d(3, 2),  # (n, 256, 6, 6)
        flatten=nn.Flatten(),  # (n, 9216)
        **dict(head(256 * 6 * 6, 4096, classes).named_children()),  # (n, classes)
    )


paper = partial(register, paper="krizhevsky2012", size=227, smallest=227, fixed=True)
paper("alexnet_2012", parameters=60_965_224)(alexnet_2012)
paper("alexnet_2012_one_tower", parameters=62_378_344)(partial(alexnet_2012, towers=1))


# --- the network of 2014 ------------------------------------------------------------------------------------------


@register("alexnet", paper="krizhevsky2014", parameters=61_100_840, smallest=63, oracle="torchvision:alexnet")
def alexnet(*, channels: int = 3, classes: int = 1000, dropout: float = 0.5) -> nn.Sequential:
    """Return the one-tower network that libraries call AlexNet; chapter `alexnet`.

    Shapes:
        (n, channels, h, w) -> (n, classes). At 224 pixels the sizes are 55, 27, 13 and 6, as in the paper of 2012;
        from other sizes the mean over a grid of 6 x 6 makes as many inputs of the first linear layer.
    Source:
        Krizhevsky 2014, arXiv:1404.5997, footnote 1, as in torchvision: fewer maps, no response norm.
    """
    return named(
        conv1=nn.Sequential(*conv_relu(channels, 64, 11, 4, padding=2)),  # (n, 64, 55, 55) from 224 pixels
        pool1=nn.MaxPool2d(3, 2),  # (n, 64, 27, 27)
        conv2=nn.Sequential(*conv_relu(64, 192, 5, padding=2)),
        pool2=nn.MaxPool2d(3, 2),  # (n, 192, 13, 13)
        conv3=nn.Sequential(*conv_relu(192, 384, 3, padding=1)),
        conv4=nn.Sequential(*conv_relu(384, 256, 3, padding=1)),
        conv5=nn.Sequential(*conv_relu(256, 256, 3, padding=1)),
        pool5=nn.MaxPool2d(3, 2),  # (n, 256, 6, 6)
        flatten=nn.Sequential(nn.AdaptiveAvgPool2d(6), nn.Flatten()),  # (n, 9216) from any size
        **dict(head(256 * 6 * 6, 4096, classes, dropout).named_children()),  # (n, classes)
    )


# --- for small images ---------------------------------------------------------------------------------------------


@register("alexnet_mini", paper="krizhevsky2012", parameters=128_954, size=28, smallest=15, classes=10)
def alexnet_mini(*, channels: int = 3, classes: int = 10, dropout: float = 0.3) -> nn.Sequential:
    """Return the layers of 2012, narrower and with small windows: (n, channels, h, w) -> (n, classes)."""
    net = named(
        conv1=nn.Sequential(*conv_relu(channels, 24, 5, padding=2), response_norm()),  # (n, 24, h, w)
        pool1=nn.MaxPool2d(3, 2),  # (n, 24, 13, 13) from 28 pixels
        conv2=nn.Sequential(*conv_relu(24, 48, 5, padding=2, groups=2), response_norm()),
        pool2=nn.MaxPool2d(3, 2),  # (n, 48, 6, 6)
        conv3=nn.Sequential(*conv_relu(48, 72, 3, padding=1)),
        conv4=nn.Sequential(*conv_relu(72, 72, 3, padding=1, groups=2)),
        conv5=nn.Sequential(*conv_relu(72, 48, 3, padding=1, groups=2)),
        pool5=nn.MaxPool2d(3, 2),  # (n, 48, 2, 2)
        flatten=nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten()),  # (n, 192)
        **dict(head(48 * 2 * 2, 128, classes, dropout).named_children()),  # (n, classes)
    )
    return he_normal(net)  # without batch norm, smaller weights would let five layers learn nothing
