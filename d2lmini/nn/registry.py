"""Every network by its name: `build("resnet18")`, with the weights of torchvision where it has some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

import torch
from torch import nn

from d2lmini.errors import ShapeError, fault
from d2lmini.nn.pattern import seeded
from d2lmini.nn.weights import load_weights
from d2lmini.shapes import whole

Builder = Callable[..., nn.Module]


@dataclass(frozen=True)
class Card:
    """What is known of a network before it is built.

    paper: key in references.bib. parameters: trained numbers, with `channels` and `classes` as they stand here.
    size: pixels of the images it was made for. smallest: pixels of the smallest images that it takes; with `fixed` it
    takes no others. stride: None where the network gives scores for the image; 4 where it gives them for each place of
    a map of h/4 x w/4. oracle: where the same network was written independently, "torchvision:resnet18".
    """

    name: str
    builder: Builder
    paper: str
    parameters: int
    size: int = 224
    smallest: int = 1
    fixed: bool = False
    channels: int = 3
    classes: int = 1000
    stride: int | None = None
    oracle: str = ""


CARDS: dict[str, Card] = {}


def register(name: str, **card: object) -> Callable[[Builder], Builder]:
    """Enter a builder under a name; `card` fills the fields of `Card`.

    Raises:
        ValueError: the name is taken.
    """

    def enter(builder: Builder) -> Builder:
        if name in CARDS:
            raise ValueError(f"the network {name!r} is registered twice")
        CARDS[name] = Card(name, builder, **card)
        return builder

    return enter


def names(pattern: str = "*") -> list[str]:
    """Return the names of all networks, or of those that fit a pattern; chapter `build`.

    >>> names("resnet?0")
    ['resnet20', 'resnet50']
    """
    return sorted(name for name in CARDS if fnmatchcase(name, pattern))


def card(name: str) -> Card:
    """Return what is known of a network: its paper, its size, its parameters.

    Raises:
        ShapeError: there is no network of this name; the message names the nearest ones.

    >>> card("resnet18").parameters
    11689512
    """
    if name not in CARDS:
        near = get_close_matches(str(name), CARDS, n=3, cutoff=0.5) or ["resnet18"]
        needed = f"one of the {len(CARDS)} names that names() lists, perhaps {' or '.join(near)}"
        raise ShapeError(fault(f"name={name!r}", needed, f'build("{near[0]}")'))
    return CARDS[name]


def build(
    name: str, *, classes: int | None = None, channels: int | None = None,
    weights: str | None = None, seed: int | None = None, **options: object,
) -> nn.Module:  # fmt: skip
    """Build a network by its name; chapter `build`.

    Shapes:
        (n, channels, h, w) -> (n, classes), or (n, classes, h/stride, w/stride) where the card has a stride; None means
        the number of the paper, which `card(name)` tells.
        weights: None for random ones, or what torchvision calls its trained ones, such as "IMAGENET1K_V1".
        seed: of the random weights; None takes torch's generator as it is. options: arguments of the builder.
    Raises:
        ShapeError: there is no network of this name, or a number is none; later, when an image of another size or
        number of channels comes than the network takes.
        DataError: the weights do not exist, or their file is not there and cannot be loaded.
    Source:
        The paper of the network: `card(name).paper` is its key in the bibliography.

    >>> net = build("resnet20", seed=0)
    >>> net(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """
    known = card(name)
    channels = known.channels if channels is None else whole(channels, "channels", 1)
    classes = known.classes if classes is None else whole(classes, "classes", 1)
    if weights is not None:
        net = load_weights(known, weights, channels, classes, options)
    else:
        with seeded(seed):
            net = known.builder(channels=channels, classes=classes, **options)
    net.register_forward_pre_hook(Expects(name, channels, known.smallest, known.fixed))
    return net


def weightless(name: str, **options: object) -> nn.Module:
    """Build a network without the numbers in it, for tables: even the largest takes no memory.

    >>> next(weightless("vgg16").parameters()).device.type
    'meta'
    """
    with torch.device("meta"):
        return build(name, **options)


@dataclass(frozen=True)
class Expects:
    """Looks at what comes into a network before its first layer does, whose message would name no remedy."""

    name: str
    channels: int
    smallest: int
    fixed: bool

    def __call__(self, net: nn.Module, inputs: tuple) -> None:
        x = inputs[0] if inputs else None
        if not isinstance(x, torch.Tensor) or x.ndim != 4:
            came = f"x is {type(x).__name__}" if not isinstance(x, torch.Tensor) else f"x has shape {tuple(x.shape)}"
            raise ShapeError(fault(came, f"{self.name} takes 4 axes (n, c, h, w)", "net(x[None]) for one image"))
        c, h, w = x.shape[1:]
        if c != self.channels:
            needed = f"{self.name} was built for {self.channels} channels"
            raise ShapeError(fault(f"x has {c} channels", needed, f'build("{self.name}", channels={c})'))
        if (self.fixed and (h, w) != (self.smallest, self.smallest)) or min(h, w) < self.smallest:
            needed = f"{self.name} takes {self.smallest} x {self.smallest} pixels{'' if self.fixed else ' or more'}"
            hint = f"torch.nn.functional.interpolate(x, size={self.smallest})"
            raise ShapeError(fault(f"x is {h} x {w} pixels", needed, hint))
