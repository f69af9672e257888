"""Networks written as a line of text or as a list, and the table of what they do to an image.

    [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC     a pattern, read by `parse_pattern`
    [8, 16, 32, "pool"]                                        channels and poolings, built by `flex_cnn`
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from numbers import Integral
from typing import NamedTuple

import torch
from torch import nn

from d2lmini.errors import ShapeError, fault
from d2lmini.nn.table import text_table
from d2lmini.shapes import Pair, pair, same_padding, several, whole, window

WORDS = ("INPUT", "CONV", "RELU", "POOL", "FC", "SOFTMAX")
EXAMPLE = "INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> FC"


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Draw torch's random numbers from a seed inside the block, and leave the generator as it was; None does nothing.

    >>> with seeded(0):
    ...     first = torch.rand(1)
    >>> with seeded(0):
    ...     bool(torch.rand(1) == first)
    True
    """
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(whole(seed, "seed", 0))
        yield


# --- the pattern language -------------------------------------------------------------------------------------


def parse_pattern(pattern: str, *, pool: bool = True, **counts: int) -> list[str]:
    """Write out a pattern such as `[[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC` layer by layer.

    Shapes:
        pattern: the words INPUT CONV RELU POOL FC SOFTMAX, joined by `->`, `-` or a comma; `[...]` or `(...)` is a
        group, `*3` or `*N` behind a word or a group repeats it, `?` makes it optional.
        pool: whether what is optional is there. counts: the numbers that letters stand for, N=2, M=3, K=1; 0 or more.
        Returns the words in order.
    Raises:
        ShapeError: a word is unknown, a bracket is open, a letter has no number, a layer cannot stand where it stands.
    Source:
        Stanford CS231n notes on convolutional networks, "layer patterns", github.com/cs231n/cs231n.github.io.

    >>> parse_pattern("INPUT -> [CONV -> RELU -> POOL]*2 -> FC")
    ['INPUT', 'CONV', 'RELU', 'POOL', 'CONV', 'RELU', 'POOL', 'FC']
    >>> parse_pattern("[[CONV-RELU]*N-POOL?]*M-[FC-RELU]*K-FC", pool=False, N=1, M=2, K=0)
    ['CONV', 'RELU', 'CONV', 'RELU', 'FC']
    """
    if not isinstance(pattern, str):
        raise ShapeError(fault(f"pattern={pattern!r}", "a line of text", f'"{EXAMPLE}"'))
    tokens = re.findall(r"->|→|\w+|\S", pattern.rstrip(" .\n"))
    layers, rest = _sequence(tokens, pool, counts)
    if rest:
        raise _syntax(rest, "a layer or the end")
    flat = False
    for place, layer in enumerate(layers):
        if layer == "INPUT" and place > 0:
            raise ShapeError(fault(f"INPUT is layer {place + 1}", "INPUT once, in the first place", f'"{EXAMPLE}"'))
        if flat and layer in ("CONV", "POOL"):
            came = f"{layer} follows an FC layer, which leaves no map"
            raise ShapeError(fault(came, "all CONV and POOL before the first FC", f'"{EXAMPLE}"'))
        flat = flat or layer == "FC"
    return layers


def _sequence(tokens: list[str], pool: bool, counts: dict[str, int]) -> tuple[list[str], list[str]]:
    """Read `part joint part joint ...` and return its layers and the tokens behind it."""
    layers, tokens = _part(tokens, pool, counts)
    while tokens and tokens[0] in ("->", "→", "-", ","):
        more, tokens = _part(tokens[1:], pool, counts)
        layers = layers + more
    return layers, tokens


def _part(tokens: list[str], pool: bool, counts: dict[str, int]) -> tuple[list[str], list[str]]:
    """Read one word or one group with the `*` and `?` behind it."""
    if tokens and tokens[0] in ("[", "("):
        close = {"[": "]", "(": ")"}[tokens[0]]
        layers, tokens = _sequence(tokens[1:], pool, counts)
        if not tokens or tokens[0] != close:
            raise _syntax(tokens, close)
    elif tokens and tokens[0].upper() in WORDS:
        layers = [tokens[0].upper()]
    else:
        raise _syntax(tokens, f"one of {', '.join(WORDS)} or [")
    tokens = tokens[1:]
    while tokens and tokens[0] in ("*", "?"):
        if tokens[0] == "?":
            layers, tokens = layers if pool else [], tokens[1:]
        else:
            layers, tokens = layers * _count(tokens[1:2], counts), tokens[2:]
    return layers, tokens


def _count(token: list[str], counts: dict[str, int]) -> int:
    if token and token[0].isdecimal():
        return int(token[0])
    if token and token[0].isidentifier():
        if token[0] not in counts:
            raise ShapeError(fault(f"a part is repeated {token[0]} times", f"a number for {token[0]}", f"{token[0]}=2"))
        return whole(counts[token[0]], token[0], 0)
    raise _syntax(token, "a number or a letter behind *")


def _syntax(tokens: list[str], needed: str) -> ShapeError:
    came = f"the pattern has {' '.join(tokens[:3])!r} there" if tokens else "the pattern ends too early"
    return ShapeError(fault(came, needed, f'"{EXAMPLE}"'))


def pattern_net(
    pattern: str, in_shape: Sequence[int] = (3, 32, 32), classes: int = 10, *,
    width: int = 16, hidden: int = 64, kernel: Pair = 3, pool: bool = True, seed: int | None = None, **counts: int,
) -> nn.Sequential:  # fmt: skip
    """Build the network of a pattern by the usual rules of sizing.

    Shapes:
        pattern, pool, counts: as in `parse_pattern`. (n, *in_shape) -> (n, classes).
        CONV: kernel x kernel, stride 1, padded to keep the size; width channels, twice as many after each pooling.
        POOL: the largest of 2 x 2, stride 2. FC: hidden outputs, the last one classes. SOFTMAX: nothing, since the
        cross entropy of the training contains it.
        seed: of the first weights; None takes torch's generator as it is.
    Raises:
        ShapeError: the pattern is wrong, its last layer with weights is no FC, or a map shrinks to nothing.
    Source:
        Stanford CS231n notes on convolutional networks, "layer sizing patterns", github.com/cs231n/cs231n.github.io.

    >>> [type(layer).__name__ for layer in pattern_net("INPUT -> CONV -> RELU -> FC", seed=0)]
    ['Conv2d', 'ReLU', 'Flatten', 'Linear']
    """
    names = [name for name in parse_pattern(pattern, pool=pool, **counts) if name != "INPUT"]
    if [name for name in names if name in ("CONV", "FC")][-1:] != ["FC"]:
        came, needed = "the last layer with weights is no FC", "an FC that gives one score a class"
        raise ShapeError(fault(came, needed, f'"{EXAMPLE}"'))
    shape, width = _image(in_shape), whole(width, "width", 1)
    hidden, classes, layers = whole(hidden, "hidden", 1), whole(classes, "classes", 1), []
    last = max(place for place, name in enumerate(names) if name == "FC")
    with seeded(seed):
        for place, name in enumerate(names):
            where = f"layer {place + 1} of {len(names)}, {name}"
            if name == "CONV":
                side = same_padding(kernel)
                layers.append(nn.Conv2d(shape[0], width, kernel, padding=side))
                shape = (width, *_slide(shape, kernel, 1, side, where))
            elif name == "POOL":
                layers.append(nn.MaxPool2d(2))
                shape, width = (shape[0], *_slide(shape, 2, 2, 0, where)), 2 * width
            elif name == "FC":
                outputs = classes if place == last else hidden
                layers += [nn.Flatten()] * (len(shape) == 3) + [nn.Linear(prod(shape), outputs)]
                shape = (outputs,)
            elif name == "RELU":
                layers.append(nn.ReLU())
    return nn.Sequential(*layers)


# --- the flexible design --------------------------------------------------------------------------------------


def flex_cnn(
    spec: Sequence[int | str], in_shape: Sequence[int] = (3, 30, 30), classes: int = 5, *,
    kernel: Pair = 3, padding: Pair = 0, seed: int | None = None,
) -> nn.Sequential:  # fmt: skip
    """Build a network from a list: a number is a convolution with so many channels and a ReLU, "pool" a max pooling.

    Shapes:
        spec: for example [8, 16, 32, "pool"]. in_shape: (c, h, w) of one image. (n, *in_shape) -> (n, classes).
        kernel, padding: pixels, of every convolution. Pooling takes the largest of 2 x 2. A linear layer comes last.
        seed: of the first weights; None takes torch's generator as it is.
    Raises:
        ShapeError: spec holds something else, or a map shrinks to nothing; the message names the place.
    Source:
        The homework of the chapter on training; its table is `layer_rows` of [8, 16, 32, "pool"].

    >>> sum(p.numel() for p in flex_cnn([8, 16, 32, "pool"], seed=0).parameters())
    29077
    """
    if several(spec) is None:
        raise ShapeError(fault(f"spec={spec!r}", 'a list of numbers and "pool"', 'spec=[8, 16, 32, "pool"]'))
    kernel, padding = pair(kernel, "kernel", 1), pair(padding, "padding", 0)
    shape, classes, layers = _image(in_shape), whole(classes, "classes", 1), []
    with seeded(seed):
        for place, step in enumerate(spec, start=1):
            where = f"step {place} of {list(spec)}"
            if step == "pool":
                layers.append(nn.MaxPool2d(2))
                shape = (shape[0], *_slide(shape, 2, 2, 0, where))
            elif not isinstance(step, Integral) or isinstance(step, bool) or step < 1:
                raise ShapeError(fault(f"{where} is {step!r}", 'a number of channels or "pool"', 'spec=[8, "pool"]'))
            else:
                size = _slide(shape, kernel, 1, padding, where)
                layers += [nn.Conv2d(shape[0], int(step), kernel, padding=padding), nn.ReLU()]
                shape = (int(step), *size)
        layers += [nn.Flatten(), nn.Linear(prod(shape), classes)]
    return nn.Sequential(*layers)


def _image(in_shape: Sequence[int]) -> tuple[int, int, int]:
    if several(in_shape) is None or len(in_shape) != 3:
        raise ShapeError(fault(f"in_shape={in_shape!r}", "three numbers (c, h, w)", "in_shape=(3, 30, 30)"))
    c, h, w = (whole(v, name, 1) for v, name in zip(in_shape, "chw", strict=True))
    return c, h, w


def _slide(shape: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair, where: str) -> tuple[int, int]:
    """Return the size (h, w) of the next map, or say at which place of a network no window fits any more."""
    try:
        return window(shape[1:], kernel, stride, padding).out
    except ShapeError:
        h, w = pair(kernel, "kernel", 1)
        came = f"{where}: the map has shrunk to {shape[1]} x {shape[2]}, and a window of {h} x {w} does not fit"
        raise ShapeError(fault(came, "larger images or fewer layers", "to pool less often, or padding=1")) from None


# --- the table of a network -----------------------------------------------------------------------------------

TITLES = {
    "Conv2d": "Conv", "MaxPool2d": "Max Pool", "AvgPool2d": "Avg Pool", "AdaptiveAvgPool2d": "Global Avg Pool",
    "BatchNorm2d": "Batch Norm",
}  # fmt: skip


class Layer(NamedTuple):
    """One row of `layer_rows`: the size (h, w) and the channels of a map, or the length (k,) of a vector and None."""

    layer: str
    size: tuple[int, ...]
    channels: int | None
    params: int


class Layers(tuple):
    """The rows of a network, which print as a table."""

    def __repr__(self) -> str:
        head = ("Layer", "Output size", "Channels", "Parameters")
        cells = [(r.layer, " x ".join(map(str, r.size)), f"{r.channels or ''}", f"{r.params:,}") for r in self]
        cells.append(("Total", "", "", f"{sum(row.params for row in self):,}"))
        return text_table(head, cells)


def layer_rows(net: nn.Module, in_shape: Sequence[int], *, hide: Collection[str] = ("Flatten",)) -> Layers:
    """Send an empty image through a network and note what comes out of each layer.

    Shapes:
        in_shape: the shape of one input, mostly (c, h, w). hide: the classes of torch.nn that get no row.
        Returns a tuple of Layer(layer, size, channels, params) that prints as a table; the first row is the input.
        A layer that is used twice has two rows, and its parameters stand in the first.
    Raises:
        ShapeError: the network does not take such an input.

    >>> layer_rows(flex_cnn([8, "pool"], (1, 6, 6), 2), (1, 6, 6))
    Layer     Output size  Channels  Parameters
    Input           6 x 6         1           0
    Conv            4 x 4         8          80
    ReLU            4 x 4         8           0
    Max Pool        2 x 2         8           0
    Linear              2                    66
    Total                                   146
    """
    rows, seen = [_row("Input", tuple(in_shape), 0)], set()

    def note(layer: nn.Module, _: object, y: torch.Tensor) -> None:
        params = 0 if layer in seen else sum(p.numel() for p in layer.parameters())
        seen.add(layer)
        name = type(layer).__name__
        if name not in hide:
            rows.append(_row(TITLES.get(name, name), tuple(y.shape[1:]), params))

    hooks = [layer.register_forward_hook(note) for layer in net.modules() if not list(layer.children())]
    was_training = net.training
    try:
        with torch.no_grad():
            parameter = next(net.parameters(), torch.zeros(()))
            net.eval()(parameter.new_zeros((1, *in_shape)))
    except RuntimeError as error:
        came = f"the network does not take an input of {tuple(in_shape)} ({str(error).splitlines()[0]})"
        raise ShapeError(fault(came, "the shape (c, h, w) that it was built for", "flex_cnn(spec, in_shape)")) from None
    finally:
        net.train(was_training)
        for hook in hooks:
            hook.remove()
    return Layers(rows)


def _row(layer: str, shape: tuple[int, ...], params: int) -> Layer:
    return Layer(layer, shape[1:], shape[0], params) if len(shape) > 1 else Layer(layer, shape, None, params)
