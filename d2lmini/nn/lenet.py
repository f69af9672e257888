"""LeNet-5: LeCun, Bottou, Bengio and Haffner 1998, doi:10.1109/5.726791, as printed and as it is taught today."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from d2lmini.nn.blocks import named
from d2lmini.nn.registry import register

# --- the parts of section II.B ----------------------------------------------------------------------------------

TABLE = (  # table I: from which of the 6 maps of S2 each of the 16 maps of C3 is computed
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

CODES = (  # what the 84 units of F6 should show for each digit, 7 x 12 pixels; the paper's idea, drawn anew
    "....... ....... ....... ....... ....... ....... ....... ....... ....... .......",
    "..###.. ...#... ..###.. .#####. .....#. ####### ..####. ####### .#####. .#####.",
    ".#...#. ..##... .#...#. ......# ....##. #...... .#..... ......# #.....# #.....#",
    "#.....# .#.#... #.....# ......# ...#.#. #...... #...... .....#. #.....# #.....#",
    "#.....# ...#... ......# ......# ..#..#. #...... #...... .....#. #.....# #.....#",
    "#.....# ...#... .....#. ..####. .#...#. ######. ######. ....#.. .#####. #.....#",
    "#.....# ...#... ....#.. ......# #....#. ......# #.....# ....#.. #.....# .######",
    "#.....# ...#... ...#... ......# ####### ......# #.....# ...#... #.....# ......#",
    "#.....# ...#... ..#.... ......# .....#. ......# #.....# ...#... #.....# ......#",
    ".#...#. ...#... .#..... ......# .....#. #.....# #.....# ..#.... #.....# .....#.",
    "..###.. .#####. ####### .#####. .....#. .#####. .#####. ..#.... .#####. .####..",
    "....... ....... ....... ....... ....... ....... ....... ....... ....... .......",
)


class ScaledTanh(nn.Module):
    """1.7159 tanh(2x / 3), which maps 1 to 1 and -1 to -1; appendix A of the paper."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


def subsampling(c: int) -> list[nn.Module]:
    """Return means of 2 x 2 windows, each map times a trained coefficient plus a trained bias, then squashed."""
    return [nn.AvgPool2d(2), nn.Conv2d(c, c, 1, groups=c), ScaledTanh()]  # (n, c, h/2, w/2), 2c parameters


class TableConv(nn.ModuleList):
    """A convolution in which each map of the output sees only some maps of the input."""

    def __init__(self, table: Sequence[Sequence[int]], kernel: int) -> None:
        super().__init__(nn.Conv2d(len(row), 1, kernel) for row in table)
        self.table = table

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = [conv(x[:, list(row)]) for conv, row in zip(self, self.table, strict=True)]  # (n, 1, h', w') each
        return torch.cat(maps, dim=1)  # (n, len(table), h', w')


def codes(classes: int) -> torch.Tensor:
    """Return a code of 84 numbers +1 and -1 a class: the digits as drawn, further classes at random, always the same.

    Shapes:
        (classes, 84)
    """
    columns = zip(*(line.split() for line in CODES), strict=True)
    drawn = torch.tensor([[1.0 if dot == "#" else -1.0 for dot in "".join(digit)] for digit in columns])  # (10, 84)
    coins = torch.randint(2, (max(classes - 10, 0), 84), generator=torch.Generator().manual_seed(1998), device="cpu")
    return torch.cat([drawn, 2.0 * coins.to(drawn.device) - 1.0])[:classes]


class RBF(nn.Module):
    """Minus the squared distance to the code of each class, which is not trained: (n, 84) -> (n, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("codes", codes(classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return -(x[:, None] - self.codes).square().sum(2)  # (n, 1, 84) - (classes, 84) -> (n, classes)


# --- the network of figure 2 --------------------------------------------------------------------------------------


@register("lenet5_1998", paper="lecun1998", parameters=60_000, size=32, smallest=32, fixed=True, channels=1, classes=10)
def lenet5_1998(*, channels: int = 1, classes: int = 10) -> nn.Sequential:
    """LeNet-5 as the paper has it, 60,000 trained numbers: (n, channels, 32, 32) -> (n, classes).

    The scores are minus the distances of equation 7, so that the largest one wins as everywhere else.
    The paper scales its images so that white is -0.1 and black 1.175, which gives them mean 0 and variance 1.
    """
    net = named(
        C1=nn.Sequential(nn.Conv2d(channels, 6, 5), ScaledTanh()),  # (n, 6, 28, 28)
        S2=nn.Sequential(*subsampling(6)),  # (n, 6, 14, 14)
        C3=nn.Sequential(TableConv(TABLE, 5), ScaledTanh()),  # (n, 16, 10, 10)
        S4=nn.Sequential(*subsampling(16)),  # (n, 16, 5, 5)
        C5=nn.Sequential(nn.Conv2d(16, 120, 5), ScaledTanh(), nn.Flatten()),  # (n, 120)
        F6=nn.Sequential(nn.Linear(120, 84), ScaledTanh()),  # (n, 84)
        output=RBF(classes),  # (n, classes)
    )
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = 2.4 / layer.weight[0].numel()  # the paper's appendix A: +-2.4 / inputs of a unit
            nn.init.uniform_(layer.weight, -bound, bound)
    return net


# --- the network of today's textbooks -----------------------------------------------------------------------------


@register("lenet5", paper="lecun1998", parameters=61_706, size=28, smallest=28, fixed=True, channels=1, classes=10)
def lenet5(
    *, channels: int = 1, classes: int = 10,
    activation: Callable[[], nn.Module] = nn.Sigmoid, pooling: Callable[[int], nn.Module] = nn.AvgPool2d,
) -> nn.Sequential:  # fmt: skip
    """Return LeNet with dense connections and a linear output; chapter `lenet5`.

    Shapes:
        (n, channels, 28, 28) -> (n, classes). activation: after each layer but the last. pooling: takes the window, 2.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, figure 2, without table I, trained sub-sampling and codes: 61,706
        parameters instead of 60,000. Weights begin as in Glorot and Bengio 2010, since sigmoids learn nothing from
        smaller ones.
    """
    net = named(
        C1=nn.Sequential(nn.Conv2d(channels, 6, 5, padding=2), activation()),  # (n, 6, 28, 28)
        S2=pooling(2),  # (n, 6, 14, 14)
        C3=nn.Sequential(nn.Conv2d(6, 16, 5), activation()),  # (n, 16, 10, 10)
        S4=pooling(2),  # (n, 16, 5, 5)
        C5=nn.Sequential(nn.Flatten(), nn.Linear(400, 120), activation()),  # (n, 120)
        F6=nn.Sequential(nn.Linear(120, 84), activation()),  # (n, 84)
        output=nn.Linear(84, classes),  # (n, classes)
    )
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
    return net
