"""The table of any network: what comes out of each layer, what it costs, how far it sees."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import groupby
from math import prod
from operator import getitem
from typing import NamedTuple

import torch
from torch import fx, nn

from d2lmini.errors import ShapeError, fault
from d2lmini.nn.table import text_table
from d2lmini.shapes import Field, pair

UPSAMPLING = (nn.Upsample, nn.UpsamplingBilinear2d, nn.UpsamplingNearest2d)
WINDOWS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d)
WHOLE = (Field(0, 0, 0), Field(0, 0, 0))  # the whole image, however large it is


class Line(NamedTuple):
    """One row of `summary`: shape without the batch axis, numbers for one image, field in pixels or None for all."""

    layer: str
    kind: str
    shape: tuple[int, ...]
    params: int
    macs: int
    field: tuple[int, int] | None


class Summary(tuple):
    """The rows of a network, which print as a table."""

    @property
    def params(self) -> int:
        """Trained numbers, each counted once."""
        return sum(line.params for line in self)

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers, for one image."""
        return sum(line.macs for line in self)

    def __repr__(self) -> str:
        head = ("layer", "kind", "output", "parameters", "multiply-adds", "field")
        rows = [
            (r.layer, r.kind, " x ".join(map(str, r.shape)), f"{r.params:,}", f"{r.macs:,}", _field_text(r))
            for r in self
        ]
        rows.append(("total", "", "", f"{self.params:,}", f"{self.macs:,}", ""))
        return text_table(head, rows, left=2)


def summary(net: nn.Module, shape: Sequence[int], *, depth: int | None = None) -> Summary:
    """Return what comes out of each layer, what it costs and how far it sees; chapter `summary`.

    Shapes:
        shape: of one image, (c, h, w). depth: None for a row a layer, 1 for a row a part of the outermost level, 2 for
        a row a part of these, and so on. Nothing is computed, so that even the largest network takes a second.
        Multiply-adds are those of convolutions and linear layers in evaluation, biases not counted; what rests then,
        such as auxiliary heads, stands at the end with its parameters and without an output. A field spans the
        pixels of the input that can change one output, padding not counted off; "all" is the whole image.
    Raises:
        ShapeError: the network does not take such images, or its way depends on what it sees.
    Source:
        Field: Araujo, Norris and Sim 2019, doi:10.23915/distill.00021.

    >>> summary(nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 4, 3)), (1, 9, 9))
    layer  kind       output  parameters  multiply-adds  field
    0      Conv2d  8 x 4 x 4          80          1,152  3 x 3
    1      ReLU    8 x 4 x 4           0              0  3 x 3
    2      Conv2d  4 x 2 x 2         292          1,152  7 x 7
    total                            372          2,304
    """
    model, meter = measured(net, shape)
    lines = meter.lines + meter.resting(model)
    if depth is not None:
        groups = groupby(lines, key=lambda line: ".".join(line.layer.split(".")[:depth]))
        lines = [_together(name, list(group), model) for name, group in groups]
    return Summary(lines)


def measured(net: nn.Module, shape: Sequence[int]) -> tuple[nn.Module, Meter]:
    """Return a copy of the network without numbers, and the meter that an image (c, h, w) went through it with.

    Raises:
        ShapeError: as in `summary`.
    """
    model = copy.deepcopy(net).eval().to("meta").float()  # shapes without numbers; a double network has the same
    if Leaves().is_leaf_module(model, ""):
        model = nn.Sequential(model)  # a layer alone is a network of one layer
    image = torch.zeros(1, *shape, device="meta")
    try:
        for hook in model._forward_pre_hooks.values():  # tracing passes them by
            hook(model, (image,))
        traced = fx.GraphModule(model, Leaves().trace(model))
        meter = Meter(traced)
        meter.run(image)
    except ShapeError:
        raise
    except (RuntimeError, ValueError, TypeError, fx.proxy.TraceError) as error:
        came = f"the network does not take an input of {tuple(shape)} ({str(error).splitlines()[0]})"
        needed = "the shape (c, h, w) that it was built for"
        raise ShapeError(fault(came, needed, "summary(net, (3, 224, 224))")) from None
    return model, meter


class Leaves(fx.Tracer):
    """Follows a network down to the layers of torch.nn."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return module.__module__.startswith("torch.nn") and not isinstance(module, nn.Sequential | nn.ModuleList)


class Meter(fx.Interpreter):
    """Runs a traced network step by step and notes a row for each."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__(traced)
        self.lines: list[Line] = []
        self.fields: dict[fx.Node, tuple[Field, Field]] = {}
        self.sizes: dict[fx.Node, tuple[int, ...]] = {}
        self.seen: set[int] = set()

    def run_node(self, node: fx.Node) -> object:
        y = super().run_node(node)
        if node.op == "get_attr":  # a number that belongs to the network, not to a layer; fixed ones are not shown
            if isinstance(y, nn.Parameter) and id(y) not in self.seen:
                self.lines.append(Line(str(node.target), "Parameter", tuple(y.shape), y.numel(), 0, None))
            self.seen.add(id(y))
        elif isinstance(y, torch.Tensor) and node.op != "output":
            layer = self.fetch_attr(node.target) if node.op == "call_module" else None
            fields = [self.fields[i] for i in node.all_input_nodes if i in self.fields]
            sizes = [self.sizes[i] for i in node.all_input_nodes if i in self.sizes]
            self.fields[node] = _sees(layer or node, fields, sizes, y)
            self.sizes[node] = tuple(y.shape)
            uncut = node.target is getitem and tuple(y.shape) in sizes  # a crop that takes nothing off
            if node.op != "placeholder" and not uncut:
                self._note(node, layer, y)
        elif isinstance(y, tuple | list) and node.args and node.args[0] in self.fields:  # parts of one map
            self.fields[node], self.sizes[node] = self.fields[node.args[0]], self.sizes[node.args[0]]
        return y

    def resting(self, model: nn.Module) -> list[Line]:
        """Return rows for the layers that did not run."""
        layers = [(n, m) for n, m in model.named_modules() if m._parameters and id(m) not in self.seen]
        counts = [sum(p.numel() for p in m._parameters.values() if p is not None) for _, m in layers]
        return [Line(n, type(m).__name__, (), c, 0, None) for (n, m), c in zip(layers, counts, strict=True) if c]

    def _note(self, node: fx.Node, layer: nn.Module | None, y: torch.Tensor) -> None:
        own = () if layer is None or id(layer) in self.seen else tuple(layer.parameters())
        self.seen.add(id(layer))
        stack = [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
        kind = type(layer).__name__ if layer is not None else str(getattr(node.target, "__name__", node.target))
        name = node.target if layer is not None else ".".join(filter(None, [stack[-1] if stack else "", kind]))
        field = self.fields[node]
        seen = None if field == WHOLE else (field[0].size, field[1].size)
        params = sum(p.numel() for p in own)
        places = self.sizes[node.all_input_nodes[0]] if isinstance(layer, nn.ConvTranspose2d) else tuple(y.shape)
        self.lines.append(Line(str(name), kind, tuple(y.shape[1:]), params, _macs(layer, places), seen))


def _sees(
    layer: nn.Module | fx.Node, fields: list[tuple[Field, Field]], sizes: list[tuple[int, ...]], y: torch.Tensor
) -> tuple[Field, Field]:
    """Return what one unit of `y` sees of the image along h and w, `WHOLE` when it is everything."""
    if not fields:
        return (Field(1, 1, 0), Field(1, 1, 0))  # the image itself: a pixel sees itself
    if WHOLE in fields or y.ndim != 4:
        return WHOLE
    before = tuple(_union([field[axis] for field in fields]) for axis in (0, 1))
    if isinstance(layer, WINDOWS):
        kernel, padding = pair(layer.kernel_size, "kernel", 1), pair(getattr(layer, "padding", 0), "padding", 0)
        stride, dilation = pair(layer.stride, "stride", 1), pair(getattr(layer, "dilation", 1), "dilation", 1)
        windows = zip(kernel, stride, padding, dilation, strict=True)
        return tuple(f.behind(*window) for f, window in zip(before, windows, strict=True))
    if isinstance(layer, UPSAMPLING) or getattr(layer, "target", None) is nn.functional.interpolate:
        mode = layer.kwargs.get("mode", "nearest") if isinstance(layer, fx.Node) else layer.mode
        reach = mode != "nearest"  # a new pixel lies between two old ones
        scale = [new // old for new, old in zip(y.shape[2:], sizes[0][2:], strict=True)]
        return tuple(
            Field(f.size + reach * f.jump, _part(f.jump, s), f.start) for f, s in zip(before, scale, strict=True)
        )
    if isinstance(layer, nn.ConvTranspose2d) and layer.kernel_size == layer.stride and not any(layer.padding):
        return tuple(Field(f.size, _part(f.jump, s), f.start) for f, s in zip(before, layer.stride, strict=True))
    if getattr(layer, "target", None) is getitem:  # a part of the map, such as its middle
        return before
    return before if y.shape[2:] in [size[2:] for size in sizes] else WHOLE


def _part(jump: float, scale: int) -> float:
    """Return jump / scale, whole where it is whole, so that sizes print without a point."""
    return jump // scale if jump % scale == 0 else jump / scale


def _union(fields: list[Field]) -> Field:
    """Return what branches see together, which meet at one place."""
    start = min(f.start for f in fields)
    return Field(max(f.start + f.size for f in fields) - start, max(f.jump for f in fields), start)


def _macs(layer: nn.Module | None, shape: tuple[int, ...]) -> int:
    """Return how often a weight is used: once for each place of the output, or of the input if it is transposed."""
    if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
        return layer.weight.numel() * prod(shape[2:])
    if isinstance(layer, nn.Linear):
        return layer.weight.numel() * prod(shape[1:-1])
    return 0


def _together(name: str, lines: list[Line], model: nn.Module) -> Line:
    """Return one row for the rows of a part."""
    last = lines[-1]
    kind = last.kind if len(lines) == 1 and lines[0].layer == name else type(model.get_submodule(name)).__name__
    return Line(name, kind, last.shape, sum(r.params for r in lines), sum(r.macs for r in lines), last.field)


def _field_text(line: Line) -> str:
    if not line.shape:
        return ""
    return "all" if line.field is None else f"{line.field[0]} x {line.field[1]}"
