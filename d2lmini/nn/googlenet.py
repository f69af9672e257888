"""GoogLeNet, the first Inception network: Szegedy et al. 2015, arXiv:1409.4842, as printed and as in torchvision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from d2lmini.nn.blocks import Aided, Concat, FromImageNet, classifier, conv_norm_relu, he_normal, named, response_norm
from d2lmini.nn.registry import register

Unit = Callable[..., nn.Module]  # c_in, c_out, kernel, stride=1 -> convolution and what follows it

TABLE = {  # table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}


# --- the parts ----------------------------------------------------------------------------------------------------


def conv_relu(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return the unit of the paper: a convolution with bias and its ReLU."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2), nn.ReLU())


def inception(
    c_in: int, n1: int, r3: int, n3: int, r5: int, n5: int, proj: int, *, unit: Unit, large: int = 5
) -> Concat:
    """Return the module of figure 2b, four branches over the same maps, each behind a cheap 1 x 1.

    Shapes:
        (n, c_in, h, w) -> (n, n1 + n3 + n5 + proj, h, w). large: the kernel of the third branch.
    """
    return Concat(
        [
            unit(c_in, n1, 1),
            nn.Sequential(unit(c_in, r3, 1), unit(r3, n3, 3)),
            nn.Sequential(unit(c_in, r5, 1), unit(r5, n5, large)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(c_in, proj, 1)),
        ]
    )


def stage(c_in: int, table: dict[str, tuple], unit: Unit, large: int) -> tuple[dict[str, nn.Module], int]:
    """Return the modules of some rows of the table under their names, and the channels behind the last."""
    parts = {}
    for name, row in table.items():
        parts[name] = inception(c_in, *row, unit=unit, large=large)
        c_in = row[0] + row[2] + row[4] + row[5]
    return parts, c_in


def auxiliary(c_in: int, classes: int, pool: nn.Module, unit: Unit, dropout: float = 0.7) -> nn.Sequential:
    """Return a classifier that looks at maps half way: (n, c_in, h, w) -> (n, classes)."""
    return nn.Sequential(
        pool,  # (n, c_in, 4, 4)
        unit(c_in, 128, 1),
        nn.Flatten(),  # (n, 2048)
        *(nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(1024, classes),
    )


# --- the network of table 1 ---------------------------------------------------------------------------------------


def googlenet(
    *, channels: int = 3, classes: int = 1000, as_printed: bool = False, aux_logits: bool = True,
    transform_input: bool = False,
) -> nn.Module:  # fmt: skip
    """Return the network of table 1, 22 layers deep, with its two auxiliary classifiers; chapter `googlenet`.

    Shapes:
        (n, channels, h, w) -> (n, classes); in training (scores, those behind 4a, those behind 4d), and the paper adds
        0.3 times the loss of each of the two. aux_logits: False leaves them out.
        as_printed: False as in torchvision: batch norm in place of biases and response norm, a last pooling of 2 x 2,
        and 3 x 3 in the third branch where the table has 5 x 5, a slip that its trained weights keep.
        True as in the paper: 5 x 5, biases, response norm, auxiliary pooling in windows of 5 at stride 3, which in
        training needs images of 223 to 270 pixels.
        transform_input: take images that are standardised for ImageNet; torchvision's trained weights ask for it.
    Source:
        Szegedy et al. 2015, arXiv:1409.4842, table 1 and figure 3. The later paper found the auxiliary classifiers to
        regularise rather than to speed training up (arXiv:1512.00567, section 4).
    """
    unit = conv_relu if as_printed else partial(conv_norm_relu, eps=1e-3)
    norms = [[response_norm()] if as_printed else [] for _ in range(2)]
    halve = partial(nn.MaxPool2d, 3, 2, ceil_mode=True)
    rows = {digit: {name: row for name, row in TABLE.items() if digit in name} for digit in "345"}
    large = 5 if as_printed else 3
    third, c3 = stage(192, rows["3"], unit, large)
    fourth, c4 = stage(c3, rows["4"], unit, large)
    fifth, c5 = stage(c4, rows["5"], unit, large)
    grids = [nn.AvgPool2d(5, 3) if as_printed else nn.AdaptiveAvgPool2d(4) for _ in range(2)]  # 14 x 14 -> 4 x 4
    heads = {"aux1": auxiliary(512, classes, grids[0], unit), "aux2": auxiliary(528, classes, grids[1], unit)}
    parts = {
        **({"input": FromImageNet()} if transform_input else {}),
        "conv1": unit(channels, 64, 7, 2),  # (n, 64, 112, 112) from 224 pixels
        "pool1": nn.Sequential(halve(), *norms[0]),  # (n, 64, 56, 56)
        "conv2": nn.Sequential(unit(64, 64, 1), unit(64, 192, 3), *norms[1]),
        "pool2": halve(),  # (n, 192, 28, 28)
        **third,
        "pool3": halve(),  # (n, 480, 14, 14)
        **fourth,
        "pool4": halve() if as_printed else nn.MaxPool2d(2, 2, ceil_mode=True),  # (n, 832, 7, 7)
        **fifth,  # (n, 1024, 7, 7)
        **(heads if aux_logits else {}),
        "head": classifier(c5, classes, dropout=0.4 if as_printed else 0.2),  # (n, classes)
    }
    net = Aided(parts, {"aux1": "inception4a", "aux2": "inception4d"} if aux_logits else {})
    return he_normal(net) if as_printed else net


paper = partial(register, paper="szegedy2015")
paper("googlenet", parameters=13_004_888, smallest=15, oracle="torchvision:googlenet")(googlenet)
paper("googlenet_2014", parameters=13_378_280, smallest=31)(partial(googlenet, as_printed=True))


# --- for small images ---------------------------------------------------------------------------------------------


@register("googlenet_mini", paper="szegedy2015", parameters=115_082, size=28, smallest=4, classes=10)
def googlenet_mini(*, channels: int = 3, classes: int = 10) -> nn.Sequential:
    """Return four modules of a quarter of the width, without auxiliary heads: (n, channels, h, w) -> (n, classes)."""
    rows = [tuple(n // 4 for n in TABLE[f"inception{name}"]) for name in ("3a", "3b", "4a", "4e")]
    unit = conv_norm_relu
    third, c3 = stage(32, {"inception3a": rows[0], "inception3b": rows[1]}, unit, 5)
    fourth, c4 = stage(c3, {"inception4a": rows[2], "inception4e": rows[3]}, unit, 5)
    return named(
        conv1=unit(channels, 32, 3),  # (n, 32, h, w)
        pool1=nn.MaxPool2d(3, 2, ceil_mode=True),  # (n, 32, 14, 14) from 28 pixels
        **third,  # (n, 120, 14, 14)
        pool3=nn.MaxPool2d(3, 2, ceil_mode=True),  # (n, 120, 7, 7)
        **fourth,  # (n, 208, 7, 7)
        head=classifier(c4, classes, dropout=0.2),  # (n, classes)
    )
