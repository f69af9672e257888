"""The design explorer: a network typed as a list or as a pattern, and what each of its layers makes of an image."""

from __future__ import annotations

import re
from math import prod
from textwrap import wrap
from typing import NamedTuple

import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, module
from d2lmini.shapes import Slide, conv_macs, conv_params, out_size, receptive_field

WIDTH, HIDDEN, MOST = 16, 64, 40  # channels of a pattern's first CONV, outputs of its first FC layers, rows of a table
KERNELS = (1, 3, 5, 7)
HEAD = ("Layer", "Size", "Channels", "Parameters", "Multiply-adds", "Sees")


class Step(NamedTuple):
    """A row: side (0: a vector) and channels of a map, parameters, multiply-adds, side of what is seen (0: all)."""

    layer: str
    side: int
    channels: int
    params: int
    macs: int
    sees: int

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as it is printed."""
        size = f"{self.side} × {self.side}" if self.side else ""
        sees = f"{self.sees} × {self.sees}" if self.sees else "all"
        return (self.layer, size, *(f"{v:,}" if v else "" for v in self[2:5]), sees)


class DesignExplorer(Figure):
    """Type a network and read its table: sizes, parameters, multiply-adds, receptive field; chapter `training`.

    Shapes:
        design: a list such as [8, 16, 32, "pool"], as `flex_cnn` takes it, or text; the text may also be a pattern such
        as INPUT -> [CONV -> RELU -> POOL]*2 -> FC, with 16 channels, twice as many after each POOL, and 64 outputs of
        all FC but the last.
        size: height and width of the image; channels: of the image; classes: outputs of the last layer.
        kernel: 1, 3, 5 or 7, of every convolution; padding: valid or same.
    Raises:
        ShapeError: design is neither text nor a list. A design that cannot be built has a `problem` and raises nothing.
    Source:
        The homework of the chapter; its table is that of [8, 16, 32, "pool"].

    >>> fig = DesignExplorer([8, "pool"], size=6)
    >>> fig.rows[-1].params, fig.problem
    (165, '')
    >>> DesignExplorer([8, "pool", 16], size=6).problem
    'step 3: the map has shrunk to 2 × 2, and a window of 3 × 3 does not fit'
    """

    _esm = module("design_explorer.js")
    design = t.Unicode('[8, 16, 32, "pool"]').tag(sync=True)
    size = t.Int(30, min=1, max=256).tag(sync=True)
    channels = t.Int(3, min=1).tag(sync=True)
    classes = t.Int(5, min=1).tag(sync=True)
    kernel = t.Enum(KERNELS, 3).tag(sync=True)
    padding = t.Enum(("valid", "same"), "valid").tag(sync=True)

    def __init__(self, design='[8, 16, 32, "pool"]', size: int = 30, **state: object):
        if isinstance(design, list | tuple):
            design = "[" + ", ".join(f'"{step}"' if isinstance(step, str) else f"{step}" for step in design) + "]"
        if not isinstance(design, str):
            raise ShapeError(fault(f"design={design!r}", "a list or a line of text", '[8, 16, 32, "pool"]'))
        super().__init__(design=design, size=size, **state)

    @property
    def plan(self) -> list[tuple[str, int, int]]:
        """The layers in order, as (word, channels or outputs, number of the step in what was typed)."""
        if re.search("conv|fc", self.design, re.I):
            return self._pattern()
        layers = []
        for place, word in enumerate(re.findall(r"[^\s,;\[\]\"']+", self.design), start=1):
            if word.lower() == "pool":
                layers.append(("POOL", 0, place))
            elif word.isdecimal() and int(word):
                layers += [("CONV", int(word), place), ("RELU", 0, place)]
            else:
                raise ShapeError(f"step {place} is “{word}”, which is neither a number of channels nor “pool”")
        return [*layers, ("FC", self.classes, len(layers) + 1)]

    def _pattern(self) -> list[tuple[str, int, int]]:
        from d2lmini.nn import parse_pattern  # here, since it loads torch

        words = [word for word in parse_pattern(self.design) if word not in ("INPUT", "SOFTMAX")]
        weighty = [place for place, word in enumerate(words) if word in ("CONV", "FC")]
        if words[weighty[-1]] != "FC":
            raise ShapeError("the last layer with weights is no FC, so nothing gives one score a class")
        layers, width = [], WIDTH
        for place, word in enumerate(words):
            outputs = {"CONV": width, "FC": self.classes if place == weighty[-1] else HIDDEN}.get(word, 0)
            layers.append((word, outputs, place + 1))
            width *= 2 if word == "POOL" else 1
        return layers

    @property
    def table(self) -> tuple[list[Step], str]:
        """The rows as far as the network can be built, and what is wrong with it."""
        rows, slides, shape = [Step("Input", self.size, self.channels, 0, 0, 1)], [], (self.channels, self.size)
        try:
            plan = self.plan
        except ShapeError as error:
            return rows, str(error)
        if len(plan) >= MOST:
            return rows, f"that are {len(plan)} layers; the table takes fewer than {MOST}"
        for word, width, place in plan:
            c, side = shape
            if word in ("CONV", "POOL"):
                k, s, p = (self.kernel, 1, self.kernel // 2 * (self.padding == "same")) if word == "CONV" else (2, 2, 0)
                if side + 2 * p < k:
                    came = f"step {place}: the map has shrunk to {side} × {side}"
                    return rows, f"{came}, and a window of {k} × {k} does not fit"
                slides.append(Slide(k, s, p))
                params = macs = 0
                if word == "CONV":
                    params = conv_params(c, width, k)
                    macs = conv_macs((side, side), c, width, k, padding=p)
                shape = (width or c, out_size(side, k, stride=s, padding=p))
                name = {"CONV": "Conv", "POOL": "Max Pool"}[word]
                rows.append(Step(name, shape[1], shape[0], params, macs, receptive_field(slides)[-1].size))
            elif word == "FC":
                inputs = prod((c, side or 1, side or 1))
                shape = (width, 0)
                rows.append(Step("Linear", 0, width, (inputs + 1) * width, inputs * width, 0))
            else:
                rows.append(rows[-1]._replace(layer="ReLU", params=0, macs=0))
        return rows, ""

    @property
    def rows(self) -> list[Step]:
        """One row for the input and one a layer, as far as the network can be built."""
        return self.table[0]

    @property
    def problem(self) -> str:
        """Why the network cannot be built, or nothing."""
        return self.table[1]

    @property
    def total(self) -> tuple[int, int]:
        """All parameters, and all multiply-adds for one image."""
        return sum(row.params for row in self.rows), sum(row.macs for row in self.rows)

    @property
    def alt(self) -> str:
        rows, problem = self.table
        params, macs = self.total
        what = f"Design explorer: {self.design} on an image of {self.size} by {self.size} and {self.channels} channels"
        if problem:
            return f"{what} cannot be built: {problem}."
        walk = ", ".join(f"{row.layer} {row.side} by {row.side} by {row.channels}" for row in rows if row.side)
        return f"{what}: {walk}, then {rows[-1].channels} scores; {params:,} parameters, {macs:,} multiply-adds."

    def still(self) -> plot.Figure:
        rows, problem = self.table
        lines = [HEAD, *(row.cells for row in rows)]
        if not problem:
            lines.append(("Total", "", "", *(f"{v:,}" for v in self.total), ""))
        words = wrap(f"It cannot be built: {problem}.", 90) if problem else []
        fig, (ax,) = plot.panels(size=(7.2, 0.28 * (len(lines) + len(words)) + 0.1))
        for r, line in enumerate(lines):
            weight = "bold" if r == 0 or line[0] == "Total" else "normal"
            for text, at in zip(line, (0, 3.1, 4.6, 6.4, 8.6, 10), strict=True):
                ax.text(at, r, text, ha="left" if at == 0 else "right", va="center", size=9.5, weight=weight)
        for r, text in enumerate(words, start=len(lines)):
            ax.text(0, r, text, va="center", size=9.5, weight="bold", parse_math=False)
        for y in (0.5, len(rows) + 0.5):
            ax.axhline(y, color="C5", linewidth=0.8)
        ax.set(xlim=(0, 10), ylim=(len(lines) + len(words) - 0.5, -0.5))
        ax.set_axis_off()
        return fig
