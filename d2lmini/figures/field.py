"""The field explorer: a stack of sliding windows along one axis, and the pyramid that one unit of it sees."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module
from d2lmini.ops import gradient_footprint
from d2lmini.shapes import Field, Slide, out_size, receptive_field, span, whole

MOST = {"kernel": 9, "stride": 4, "dilation": 16}  # what the fields of the figure take


class FieldExplorer(Figure):
    """Choose a unit of a stack and see what it sees, layer by layer down to the input; chapter `receptive_field`.

    Shapes:
        layers: (kernel, stride, dilation) for each layer, from the input on, without padding.
        size: pixels of the input. selected: (layer, unit), the first layer being 1; None for the middle of the last.
    Raises:
        ShapeError: a layer is not three whole numbers in reach, there are none or more than six, or size is not 1..64.
    Source:
        Luo, Li, Urtasun and Zemel 2016, arXiv:1701.04128, section 2, for the ways.

    >>> fig = FieldExplorer([(3, 1, 1), (3, 1, 2)], 9)
    >>> fig.field, fig.at, fig.ways.tolist()
    (Field(size=7, jump=1, start=0), (2, 1), [0, 1, 1, 2, 1, 2, 1, 1, 0])
    """

    _esm = module("field_explorer.js")
    _css = Figure._css + (STATIC / "field_explorer.css").read_text(encoding="utf-8")
    layers = t.List().tag(sync=True)
    size = t.Int(31, min=1, max=64).tag(sync=True)
    selected = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, layers=((3, 1, 1),) * 3, size: int = 31, *, selected=None):
        if whole(size, "size", 1) > 64:
            raise ShapeError(fault(f"size={size}", "1 to 64 pixels", "size=31"))
        if not 1 <= len(layers) <= 6:
            raise ShapeError(fault(f"{len(layers)} layers", "one to six", "[(3, 1, 1), (3, 1, 2)]"))
        checked = []
        for number, layer in enumerate(layers, start=1):
            if len(layer) != 3:
                came, needed = f"layer {number} is {tuple(layer)}", "three numbers (kernel, stride, dilation)"
                raise ShapeError(fault(came, needed, "(3, 1, 1)"))
            checked.append([whole(value, name, 1) for value, name in zip(layer, MOST, strict=True)])
            for value, (name, most) in zip(layer, MOST.items(), strict=True):
                if value > most:
                    raise ShapeError(fault(f"layer {number}: {name}={value}", f"1 to {most}", f"{name}={most}"))
        super().__init__(layers=checked, size=int(size))
        top = max(np.flatnonzero(self.sizes))
        self.selected = list(selected or (top, self.sizes[top] // 2))

    @property
    def sizes(self) -> list[int]:
        """The units of the input and of each layer; 0 from the first layer on that does not fit."""
        sizes = [self.size]
        for kernel, stride, dilation in self.layers:
            fits = sizes[-1] >= span(kernel, dilation)
            sizes.append(out_size(sizes[-1], kernel, stride=stride, dilation=dilation) if fits else 0)
        return sizes

    @property
    def at(self) -> tuple[int, int]:
        """The chosen layer and unit, moved to where there are units."""
        layer = min(self.selected[0], max(np.flatnonzero(self.sizes).tolist()))
        return layer, min(self.selected[1], self.sizes[layer] - 1)

    @property
    def stack(self) -> list[Slide]:
        """The layers up to the chosen unit, along the columns."""
        return [Slide((1, k), (1, s), 0, (1, d)) for k, s, d in self.layers[: self.at[0]]]

    @property
    def field(self) -> Field:
        """What the layer of the chosen unit sees of the input."""
        return receptive_field(self.stack, axis=1)[-1] if self.stack else Field(1, 1, 0)

    @property
    def seen(self) -> list[list[int]]:
        """The units that the chosen one depends on, for the input and each layer up to its own."""
        layer, unit = self.at
        levels = [[unit]]
        for kernel, stride, dilation in reversed(self.layers[:layer]):
            levels.append(sorted({i * stride + a * dilation for i in levels[-1] for a in range(kernel)}))
        return levels[::-1]

    @property
    def ways(self) -> np.ndarray:
        """The number of ways from each pixel of the input to the chosen unit, (size,)."""
        return gradient_footprint(self.stack, (1, self.size), place=(0, self.at[1]))[0].astype(int)

    @property
    def alt(self) -> str:
        stack = ", ".join(f"kernel {k} stride {s} dilation {d}" for k, s, d in self.layers)
        (layer, unit), field, pixels = self.at, self.field, len(self.seen[0])
        return (
            f"Field explorer: layers with {stack} on {self.size} pixels. Unit {unit} of layer {layer} has a field of "
            f"{field.size} pixels, from pixel {field.start + unit * field.jump} on, and reads {pixels} of them."
        )

    def still(self) -> plot.Figure:
        sizes, seen, (layer, unit) = self.sizes, self.seen, self.at
        rows = [i for i, n in enumerate(sizes) if n]
        fig, axes = plot.panels(1, 2, size=(7.2, 0.55 * len(rows) + 1.4))
        fields = [Field(1, 1, 0), *receptive_field([Slide(k, s, 0, d) for k, s, d in self.layers])]
        places = [f.start + (f.size - 1) / 2 + f.jump * np.arange(n) for f, n in zip(fields, sizes, strict=True)]
        for level in range(1, layer + 1):
            kernel, stride, dilation = self.layers[level - 1]
            for i in seen[level]:
                for a in range(kernel):
                    line = places[level][i], places[level - 1][i * stride + a * dilation]
                    axes[0].plot(line, (level, level - 1), color="C5", linewidth=0.7, zorder=1)
        for level in rows:
            lit = np.isin(np.arange(sizes[level]), seen[level] if level <= layer else [])
            colours = np.where(lit, plot.AMBER, "none")
            axes[0].scatter(places[level], np.full(sizes[level], level), s=42, c=colours, edgecolors=plot.INK, zorder=2)
        axes[0].scatter(places[layer][unit], layer, s=80, c="C0", edgecolors=plot.INK, zorder=3)
        names = ["input", *(f"layer {i}" for i in rows[1:])]
        axes[0].set(xlim=(-1, self.size), yticks=rows, yticklabels=names, xticks=[])
        axes[1].bar(np.arange(self.size), self.ways, width=0.8, color="C1")
        axes[1].set(xlim=(-1, self.size), ylabel="ways", xlabel="pixel of the input")
        for side in ("left", "bottom"):
            axes[0].spines[side].set_visible(False)
        axes[0].tick_params(length=0)
        return fig
