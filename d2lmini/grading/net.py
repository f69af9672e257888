"""Compare networks by what is plain in them: the shapes of their tensors, and outputs for weights we set.

The student's network stays with the student. From there come the names and shapes of its tensors; the grader
draws weights for them and asks what the network makes of an input. The network of the reference, and that of
every misconception, gets the same weights here. Only a network that computes the same can answer the same.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import wire
from .compare import describe
from .compare import difference as values_differ

MAX_TENSORS = 1000
NEEDED = "a PyTorch network, a torch.nn.Module, is needed"
Tensors = dict[str, tuple[int, ...]]  # name: shape, in the order of use


class NotANet(Exception):
    """What an answer gave is no network; the text says what it is."""


@dataclass(frozen=True)
class Net:
    """A network as far as it is compared. out is None where it cannot take the weights that were drawn."""

    tensors: Tensors
    out: Any

    @property
    def parameters(self) -> int:
        return sum(map(math.prod, self.tensors.values()))


def tensors_of(facts: Any) -> Tensors:
    """The tensors in what came from a student's network; nothing in it is believed."""
    if type(facts) is not dict or set(facts) != {"tensors", "out"} or type(facts["tensors"]) is not dict:
        raise NotANet(f"{'None; is a `return` missing?' if facts is None else describe(facts)}; {NEEDED}")
    tensors = facts["tensors"]
    for name, shape in tensors.items():
        if type(name) is not str or type(shape) is not tuple or any(type(n) is not int or n < 0 for n in shape):
            raise NotANet(f"a network whose tensors cannot be read; {NEEDED}")
    numbers = sum(map(math.prod, tensors.values()))
    if len(tensors) > MAX_TENSORS or 4 * numbers > wire.MAX_BODY_BYTES:
        raise NotANet(f"a network of {numbers:,} parameters in {len(tensors)} tensors: too large to be asked for")
    return tensors


def output_of(facts: Any) -> Any:
    """The output in what came from a student's network."""
    return facts.get("out") if type(facts) is dict else facts


def draw(tensors: Tensors, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random weights that keep numbers at their size from layer to layer."""
    weights = {}
    for name, shape in tensors.items():
        values = rng.standard_normal(shape) / math.sqrt(math.prod(shape[1:]) or 1)
        if name.rpartition(".")[2] == "running_var":
            values = 0.5 + np.abs(values)  # a variance
        weights[name] = np.asarray(values, dtype=np.float32)
    return weights


def made(build: Callable, args: tuple, kwargs: dict, tensors: Tensors, request: dict) -> Net:
    """The network of a reference or a wrong variant, with the weights that the student's network got."""
    net, weights = build(*args, **kwargs), request["weights"]
    own = wire.net_facts(net, **request | {"weights": None})
    pairs = matched(own["tensors"], tensors)
    if pairs is None:
        return Net(own["tensors"], own["out"])
    with_weights = {name: weights[theirs] for name, theirs in pairs.items()}
    return Net(own["tensors"], wire.net_facts(net, **request | {"weights": with_weights})["out"])


def matched(tensors: Tensors, others: Tensors) -> dict[str, str] | None:
    """{name: the other's name}, layer by layer; None when the two networks have other tensors.

    Layers whose tensors have the same shapes are matched in the order of use.

    >>> matched({"a.weight": (3, 2), "b.weight": (2, 2)}, {"x.weight": (2, 2), "y.weight": (3, 2)})
    {'b.weight': 'x.weight', 'a.weight': 'y.weight'}
    """
    for grouped in (_by_layer, _one_by_one):
        ours, theirs = grouped(tensors), grouped(others)
        if [key for key, _ in ours] == [key for key, _ in theirs]:
            pairs = zip(ours, theirs, strict=True)
            return {a: b for (_, ours), (_, theirs) in pairs for a, b in zip(ours, theirs, strict=True)}
    return None


def difference(answer: Net, expected: Net, compare: str = "values") -> str | None:
    """What came, in words, when two networks are not the same; None when they are."""
    came = f"a network of {answer.parameters:,} parameters"
    if type(answer.out) is not np.ndarray:
        return f"{came} that returns {describe(answer.out)}; a tensor is needed"
    came += f" with an output of shape {answer.out.shape}"
    if answer.out.shape != expected.out.shape:
        return f"{came}; that shape is not the one asked for"
    if compare == "shape":
        return None
    if matched(expected.tensors, answer.tensors) is None:
        return f"{came}; {_misfit(answer.tensors, expected.tensors)}"
    if compare == "parameters":
        return None
    return values_differ(answer.out, expected.out, tol=1e-4)


def _by_layer(tensors: Tensors) -> list[tuple[Any, list[str]]]:
    """(the shapes of a layer, its names), sorted by the shapes; layers that look alike stay in order."""
    layers: dict[str, list[str]] = {}
    for name in tensors:
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    members = [sorted(names, key=lambda name: name.rpartition(".")[2]) for names in layers.values()]
    keyed = [(tuple((n.rpartition(".")[2], tensors[n]) for n in names), names) for names in members]
    return sorted(keyed, key=lambda layer: layer[0])


def _one_by_one(tensors: Tensors) -> list[tuple[Any, list[str]]]:
    return sorted(((shape, [name]) for name, shape in tensors.items()), key=lambda item: item[0])


def _misfit(answer: Tensors, expected: Tensors) -> str:
    """What is not right about a network's tensors, without saying what would be."""
    spare = Counter(answer.values()) - Counter(expected.values())
    for name, shape in answer.items():
        if shape in spare:
            return f"{name} of shape {shape} is not one of the tensors asked for"
    return "something is missing: not all tensors that were asked for are there"
