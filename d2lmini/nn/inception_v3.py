"""Inception-v3: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2016, arXiv:1512.00567."""

from __future__ import annotations

from functools import partial

from torch import nn

from d2lmini.nn.blocks import Aided, Concat, FromImageNet, classifier, conv_chain, named
from d2lmini.nn.registry import register

# --- the modules of section 3 to 6; `share` makes all widths smaller ------------------------------------------------


def pooled(c_in: int, c_out: int) -> nn.Sequential:
    """Return the branch that averages its neighbours first: (n, c_in, h, w) -> (n, c_out, h, w)."""
    return nn.Sequential(nn.AvgPool2d(3, 1, 1), *conv_chain(c_in, (c_out, 1)))


def inception_a(c_in: int, proj: int, *, share: int = 1) -> Concat:
    """Return figure 5, in which two 3 x 3 do the work of a 5 x 5 (one 5 x 5 is left in another branch).

    Shapes:
        (n, c_in, h, w) -> (n, 224 + proj, h, w)
    """
    n48, n64, n96 = 48 // share, 64 // share, 96 // share
    return Concat(
        [
            conv_chain(c_in, (n64, 1)),
            conv_chain(c_in, (n48, 1), (n64, 5)),
            conv_chain(c_in, (n64, 1), (n96, 3), (n96, 3)),
            pooled(c_in, proj // share),
        ]
    )


def reduction_a(c_in: int, *, share: int = 1) -> Concat:
    """Return figure 10: convolutions and pooling halve the size side by side.

    Shapes:
        (n, c_in, h, w) -> (n, 480 + c_in, (h - 3) // 2 + 1, ...)
    """
    n64, n96, n384 = 64 // share, 96 // share, 384 // share
    return Concat(
        [
            conv_chain(c_in, (n384, 3, 2)),
            conv_chain(c_in, (n64, 1), (n96, 3), (n96, 3, 2)),
            nn.MaxPool2d(3, 2),
        ]
    )


def inception_b(c_in: int, width: int, *, share: int = 1, n: int = 7) -> Concat:
    """Return figure 6, in which a row and a column of n do the work of an n x n.

    Shapes:
        (n, c_in, h, w) -> (n, 768, h, w)
    """
    mid, n192, row, column = width // share, 192 // share, (1, n), (n, 1)
    return Concat(
        [
            conv_chain(c_in, (n192, 1)),
            conv_chain(c_in, (mid, 1), (mid, row), (n192, column)),
            conv_chain(c_in, (mid, 1), (mid, column), (mid, row), (mid, column), (n192, row)),
            pooled(c_in, n192),
        ]
    )


def reduction_b(c_in: int, *, share: int = 1, n: int = 7) -> Concat:
    """Return the second reduction.

    Shapes:
        (n, c_in, h, w) -> (n, 512 + c_in, (h - 3) // 2 + 1, ...)
    """
    n192, n320 = 192 // share, 320 // share
    return Concat(
        [
            conv_chain(c_in, (n192, 1), (n320, 3, 2)),
            conv_chain(c_in, (n192, 1), (n192, (1, n)), (n192, (n, 1)), (n192, 3, 2)),
            nn.MaxPool2d(3, 2),
        ]
    )


def inception_c(c_in: int, *, share: int = 1) -> Concat:
    """Return figure 7, which is wide rather than deep: a row and a column side by side.

    Shapes:
        (n, c_in, h, w) -> (n, 2048, h, w)
    """
    n192, n320, n384, n448 = 192 // share, 320 // share, 384 // share, 448 // share

    def cross() -> Concat:
        return Concat([conv_chain(n384, (n384, (1, 3))), conv_chain(n384, (n384, (3, 1)))])

    return Concat(
        [
            conv_chain(c_in, (n320, 1)),
            nn.Sequential(*conv_chain(c_in, (n384, 1)), cross()),
            nn.Sequential(*conv_chain(c_in, (n448, 1), (n384, 3)), cross()),
            pooled(c_in, n192),
        ]
    )


def auxiliary(c_in: int, classes: int) -> nn.Sequential:
    """Return the classifier on the side, with batch norm: (n, c_in, 17, 17) -> (n, classes)."""
    return nn.Sequential(
        nn.AvgPool2d(5, 3),  # (n, c_in, 5, 5)
        *conv_chain(c_in, (128, 1), (768, 5, 1, 0)),  # (n, 768, 1, 1)
        *classifier(768, classes),
    )


# --- the network of table 1 -----------------------------------------------------------------------------------------


@register(
    "inception_v3", paper="szegedy2016", parameters=27_161_264, size=299, smallest=75,
    oracle="torchvision:inception_v3",
)  # fmt: skip
def inception_v3(
    *, channels: int = 3, classes: int = 1000, aux_logits: bool = True, transform_input: bool = False
) -> nn.Module:
    """Return the factorised Inception network with its auxiliary classifier; chapter `inception_v3`.

    Shapes:
        (n, channels, h, w) -> (n, classes); in training (scores, those behind inception_b), which needs 17 x 17 places
        there, images of 299 pixels or more. aux_logits: False leaves the second out; 23,834,568 parameters remain.
        transform_input: take images that are standardised for ImageNet; torchvision's trained weights ask for it.
    Source:
        Szegedy et al. 2016, arXiv:1512.00567, table 1 and section 6. The table has 3, 5 and 2 modules and a 3 x 3 where
        the published code has a 1 x 1 to 80 maps; this is the code, with 3, 4 and 2, as in torchvision.
    """
    parts = {
        **({"input": FromImageNet()} if transform_input else {}),
        "conv1": conv_chain(channels, (32, 3, 2), (32, 3, 1, 0), (64, 3)),  # (n, 64, 147, 147) from 299 pixels
        "pool1": nn.MaxPool2d(3, 2),  # (n, 64, 73, 73)
        "conv2": conv_chain(64, (80, 1), (192, 3, 1, 0)),  # (n, 192, 71, 71)
        "pool2": nn.MaxPool2d(3, 2),  # (n, 192, 35, 35)
        "inception_a": nn.Sequential(inception_a(192, 32), inception_a(256, 64), inception_a(288, 64)),
        "reduction_a": reduction_a(288),  # (n, 768, 17, 17)
        "inception_b": nn.Sequential(*(inception_b(768, width) for width in (128, 160, 160, 192))),
        **({"aux": auxiliary(768, classes)} if aux_logits else {}),
        "reduction_b": reduction_b(768),  # (n, 1280, 8, 8)
        "inception_c": nn.Sequential(inception_c(1280), inception_c(2048)),  # (n, 2048, 8, 8)
        "head": classifier(2048, classes, dropout=0.5),  # (n, classes)
    }
    return Aided(parts, {"aux": "inception_b"} if aux_logits else {})


# --- for small images -----------------------------------------------------------------------------------------------


@register("inception_mini", paper="szegedy2016", parameters=146_046, size=28, smallest=15, classes=10)
def inception_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return each module once at an eighth of its width, rows of 3: (n, channels, h, w) -> (n, classes)."""
    a, b, c = (partial(module, share=8) for module in (inception_a, inception_b, inception_c))
    return named(
        conv1=conv_chain(channels, (24, 3), (24, 3)),  # (n, 24, 28, 28)
        pool1=nn.MaxPool2d(3, 2),  # (n, 24, 13, 13)
        inception_a=a(24, 64),  # (n, 36, 13, 13)
        reduction_a=reduction_a(36, share=8),  # (n, 96, 6, 6)
        inception_b=b(96, 128, n=3),  # (n, 96, 6, 6)
        reduction_b=reduction_b(96, share=8, n=3),  # (n, 160, 2, 2)
        inception_c=c(160),  # (n, 256, 2, 2)
        head=classifier(256, classes, dropout=0.2),  # (n, classes)
    )
