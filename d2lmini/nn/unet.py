"""A class for each pixel: encoder-decoder, Noh et al. 2015, arXiv:1505.04366, and U-Net, Ronneberger et al. 2015,
arXiv:1505.04597.

Both go down to small maps and up again; a U-Net also hands each map of the way down to the way up. The small ones are
registered: they pad, and give a map as large as the image. The U-Net of the paper pads nothing, so that its map is
smaller than the image by a border and not by a factor, which no stride describes: call `unet()` for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from d2lmini.nn.blocks import conv_norm_relu
from d2lmini.nn.registry import register


def unit(c_in: int, c_out: int, padded: bool) -> nn.Sequential:
    """Return two 3 x 3 convolutions: padded ones with batch norm, or those of the paper, which lose a pixel a side."""
    if padded:
        return nn.Sequential(conv_norm_relu(c_in, c_out, 3), conv_norm_relu(c_out, c_out, 3))  # (n, c_out, h, w)
    plain = [nn.Conv2d(c_in, c_out, 3), nn.ReLU(), nn.Conv2d(c_out, c_out, 3), nn.ReLU()]
    return nn.Sequential(*plain)  # (n, c_out, h-4, w-4)


def centre(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return the middle of x, as large as `like`; of an odd surplus, one row or column more goes at the end."""
    top, left = (x.shape[2] - like.shape[2]) // 2, (x.shape[3] - like.shape[3]) // 2
    return x[:, :, top : top + like.shape[2], left : left + like.shape[3]]


class UNet(nn.Module):
    """Down, up, and across: (n, channels, h, w) -> (n, classes, h, w), or a border less where nothing is padded.

    widths: channels of each level, from the finest to the coarsest. skips: whether the way up gets the maps of the way
    down; without them this is an encoder-decoder.
    """

    def __init__(
        self, widths: Sequence[int], *, channels: int, classes: int, skips: bool = True, padded: bool = True
    ) -> None:
        super().__init__()
        self.skips, self.padded = skips, padded
        steps = list(pairwise([channels, *widths]))
        back = [(coarse, fine) for fine, coarse in reversed(list(pairwise(widths)))]
        self.down = nn.ModuleList(unit(c_in, c_out, padded) for c_in, c_out in steps)
        self.pool = nn.MaxPool2d(2, ceil_mode=padded)  # (n, c, h/2, w/2): rounding up, no pixel is lost
        self.up = nn.ModuleList(nn.ConvTranspose2d(c_in, c_out, 2, 2) for c_in, c_out in back)  # (n, c, 2h, 2w)
        self.merge = nn.ModuleList(unit(2 * c if skips else c, c, padded) for _, c in back)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        for down in self.down[:-1]:
            kept.append(down(x))
            x = self.pool(kept[-1])
        x = self.down[-1](x)
        for up, merge, fine in zip(self.up, self.merge, reversed(kept), strict=True):
            x = up(x)
            if self.padded:
                x = centre(x, fine)  # twice ceil(h/2) may be a row more than h
            if self.skips:
                x = torch.cat([centre(fine, x), x], dim=1)  # (n, 2c, h, w)
            x = merge(x)
        return self.head(x)


def unet(*, channels: int = 1, classes: int = 2, width: int = 64, padded: bool = False, skips: bool = True) -> UNet:
    """Return the U-Net of the paper, or a relative of it; chapter `unet`.

    Shapes:
        (n, channels, h, w) -> (n, classes, h', w'): 572 gives 388, and n gives n - 184 where n - 12 is
        a multiple of 16.
        width: channels of the finest of five levels; they double from level to level.
        padded: convolutions keep the size and have batch norm; then images of any size give maps of the same size.
        31,030,658 parameters as in the paper's figure 1, with its 23 convolutions.
    Source:
        Ronneberger, Fischer and Brox 2015, arXiv:1505.04597, figure 1.
    """
    return UNet([width * 2**i for i in range(5)], channels=channels, classes=classes, skips=skips, padded=padded)


@register("unet_mini", paper="ronneberger2015", parameters=121_042, size=48, channels=1, classes=2, stride=1)
def unet_mini(*, channels: int = 1, classes: int = 2, width: int = 8, levels: int = 4) -> UNet:
    """Return a small padded U-Net: (n, channels, h, w) -> (n, classes, h, w), for images of any size."""
    return UNet([width * 2**i for i in range(levels)], channels=channels, classes=classes)


@register("encoder_decoder_mini", paper="noh2015", parameters=108_946, size=48, channels=1, classes=2, stride=1)
def encoder_decoder(*, channels: int = 1, classes: int = 2, width: int = 8, levels: int = 4) -> UNet:
    """Return the same without skips: (n, channels, h, w) -> (n, classes, h, w), for images of any size."""
    return UNet([width * 2**i for i in range(levels)], channels=channels, classes=classes, skips=False)
