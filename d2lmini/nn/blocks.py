"""The parts from which the networks of the papers are put together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping

import torch
from torch import nn

from d2lmini.shapes import Pair, same_padding


def named(**parts: nn.Module) -> nn.Sequential:
    """Return a chain of parts under their names, which `summary` shows."""
    return nn.Sequential(OrderedDict(parts))


def conv_norm(
    c_in: int, c_out: int, kernel: Pair, stride: Pair = 1, *,
    padding: Pair | None = None, dilation: int = 1, groups: int = 1, eps: float = 1e-5, bias: bool = False,
) -> list[nn.Module]:  # fmt: skip
    """Return a convolution without bias and its batch norm, whose beta is the bias.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h', w'). padding: None keeps the size at stride 1. bias: some old networks have
        one all the same.
    """
    padding = same_padding(kernel, dilation=dilation) if padding is None else padding
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, dilation, groups, bias=bias)
    return [conv, nn.BatchNorm2d(c_out, eps=eps)]


def conv_norm_relu(c_in: int, c_out: int, kernel: Pair, stride: Pair = 1, **settings: object) -> nn.Sequential:
    """Return convolution, batch norm and ReLU, the unit of most networks since 2015."""
    return nn.Sequential(*conv_norm(c_in, c_out, kernel, stride, **settings), nn.ReLU())


def norm_relu_conv(c_in: int, c_out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Return batch norm, ReLU and a convolution without bias, the unit that leaves its sum or concatenation untouched.

    Shapes:
        (n, c_in, h, w) -> (n, c_out, h/stride, w/stride), rounding up.
    """
    conv = nn.Conv2d(c_in, c_out, kernel, stride, same_padding(kernel), bias=False)
    return [nn.BatchNorm2d(c_in), nn.ReLU(), conv]


def conv_chain(c_in: int, *steps: tuple, eps: float = 1e-3) -> nn.Sequential:
    """Return units of convolution, batch norm and ReLU, one behind the other, as the branches of Inception have them.

    Shapes:
        steps: (c_out, kernel), (c_out, kernel, stride) or (c_out, kernel, stride, padding) each. A unit keeps the size
        at stride 1 and pads nothing at stride 2, unless its padding is given.
    """
    units = []
    for step in steps:
        c_out, kernel, stride, padding = (*step, *(1, None)[len(step) - 2 :])
        padding = 0 if padding is None and stride > 1 else padding
        units.append(conv_norm_relu(c_in, c_out, kernel, stride, padding=padding, eps=eps))
        c_in = c_out
    return nn.Sequential(*units)


def response_norm() -> nn.Module:
    """Return the local response norm of AlexNet, section 3.3: n = 5, k = 2, alpha = 1e-4, beta = 0.75.

    torch divides alpha by n, the paper does not; hence the factor 5.
    """
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def eighths(c: float) -> int:
    """Return the multiple of 8 that is nearest to c, but not less than 0.9 c.

    >>> [eighths(c) for c in (16, 20, 33.6, 11)]
    [16, 24, 32, 16]
    """
    near = max(8, int(c + 4) // 8 * 8)
    return near if near >= 0.9 * c else near + 8


def classifier(c: int, classes: int, *, dropout: float = 0.0) -> nn.Sequential:
    """Return the head of most networks since 2014: the mean of each map, then one linear layer.

    Shapes:
        (n, c, h, w) -> (n, classes)
    """
    drop = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), *drop, nn.Linear(c, classes))


def he_normal(net: nn.Module) -> nn.Module:
    """Begin with weights that ReLUs neither shrink nor blow up, and return `net`; He et al. 2015, arXiv:1502.01852.

    Deep networks without batch norm learn from these and not from torch's own, whose variance is a sixth.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net


class Residual(nn.Module):
    """after(body(x) + shortcut(x)): what the body adds to its own input; He et al. 2016, arXiv:1512.03385.

    shortcut_first: the weights of the shortcut stand before those of the body, for `copy_weights`.
    """

    def __init__(
        self, body: nn.Module, shortcut: nn.Module | None = None, after: nn.Module | None = None, *,
        shortcut_first: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        parts = {"body": body, "shortcut": nn.Identity() if shortcut is None else shortcut}
        for name in reversed(parts) if shortcut_first else parts:
            self.add_module(name, parts[name])
        self.after = nn.Identity() if after is None else after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.after(self.body(x) + self.shortcut(x))


class Concat(nn.ModuleList):
    """The outputs of several branches, channel behind channel: (n, c, h, w) -> (n, c1 + c2 + ..., h', w')."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self], dim=1)


class Aided(nn.Sequential):
    """A chain of parts, some of which are auxiliary heads on its side; Szegedy et al. 2015, arXiv:1409.4842.

    Shapes:
        In evaluation the output of the chain; in training a tuple, with those of the heads behind it.
        sees: head -> the part whose output it takes. A head may stand anywhere among the parts.
    """

    def __init__(self, parts: Mapping[str, nn.Module], sees: Mapping[str, str]) -> None:
        super().__init__(OrderedDict(parts))
        self.sees = dict(sees)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        aside = []
        for name, part in self.named_children():
            if name not in self.sees:
                x = part(x)
                heads = [head for head, place in self.sees.items() if place == name and self.training]
                aside += [getattr(self, head)(x) for head in heads]
        return (x, *aside) if aside else x


class FromImageNet(nn.Module):
    """Standardise with mean and deviation 0.5 what was standardised with those of ImageNet; no parameters.

    Google's weights were trained on -1..1, and torchvision's transforms give all networks the same images.
    """

    def __init__(self) -> None:
        super().__init__()
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        self.register_buffer("scale", (deviation / 0.5).view(3, 1, 1), persistent=False)
        self.register_buffer("shift", ((mean - 0.5) / 0.5).view(3, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale + self.shift  # (n, 3, h, w)


class Scale(nn.Module):
    """x times a gate that is computed from x itself, one number a channel: (n, c, h, w) -> (n, c, h, w)."""

    def __init__(self, gate: nn.Module) -> None:
        super().__init__()
        self.gate = gate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(x)  # (n, c, h, w) * (n, c, 1, 1)


def squeeze_excite(
    c: int, hidden: int, *, act: Callable[[], nn.Module] = nn.ReLU, gate: Callable[[], nn.Module] = nn.Sigmoid
) -> Scale:
    """Weigh each channel by what all of them show, c -> hidden -> c; Hu et al. 2018, arXiv:1709.01507."""
    return Scale(
        nn.Sequential(
            nn.AdaptiveAvgPool2d(1),  # (n, c, 1, 1): squeeze
            nn.Conv2d(c, hidden, 1),
            act(),
            nn.Conv2d(hidden, c, 1),
            gate(),  # (n, c, 1, 1): excitation, each in 0..1
        )
    )
