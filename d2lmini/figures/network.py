"""The network explorer: the parts of one or two networks, what each costs, and how far it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module

if TYPE_CHECKING:
    from d2lmini.nn import Summary

MEASURES = {"params": "parameters", "macs": "multiply-adds", "values": "values of the output"}


class NetworkExplorer(Figure):
    """Click a part of a network: shape, parameters, cost, receptive field; compare two networks; chapter `summary`.

    Shapes:
        networks: names that `nn.names()` lists, or a dict of tables that `nn.summary(net, shape, depth=1)` returns.
        size: height and width of the images, in pixels; None takes the size for which each network was made.
        left, right: the two that are shown, right may be "" for none. measure: params, macs or values, what bars show.
        selected: (column, row) of the part that is described.
    Raises:
        ShapeError: there is no network, no such name, or the network does not take images of this size.
    Source:
        The tables are those of `nn.summary`.

    >>> fig = NetworkExplorer(["resnet20", "plain20"], left="resnet20", right="plain20", selected=(0, 2))
    >>> fig.part["layer"], fig.part["shape"], fig.part["params"]
    ('conv3', [32, 16, 16], 51072)
    >>> fig.total("resnet20", "params") == fig.total("plain20", "params")
    True
    """

    _esm = module("network_explorer.js")
    _css = Figure._css + (STATIC / "network_explorer.css").read_text(encoding="utf-8")
    tables = t.Dict().tag(sync=True)
    left = t.Unicode().tag(sync=True)
    right = t.Unicode("").tag(sync=True)
    measure = t.Enum(list(MEASURES), default_value="params").tag(sync=True)
    selected = t.List(t.Int(min=0), default_value=[0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(
        self, networks: Sequence[str] | Mapping[str, Summary], *,
        size: int | None = None, left: str | None = None, right: str = "", selected: Sequence[int] = (0, 0),
        **state: object,
    ):  # fmt: skip
        if not networks or isinstance(networks, str):
            raise ShapeError(fault(f"networks={networks!r}", "a list of names", 'NetworkExplorer(["resnet18"])'))
        given = networks if isinstance(networks, Mapping) else _tables(networks, size)
        tables = {name: _rows(table) for name, table in given.items()}
        left = left or next(iter(tables))
        for name in (left, right or left):
            if name not in tables:
                raise ShapeError(fault(f"{name!r} is not shown", f"one of {', '.join(tables)}", f"left={left!r}"))
        super().__init__(tables=tables, left=left, right=right, selected=list(selected), **state)

    @property
    def shown(self) -> list[str]:
        """The one or two networks side by side."""
        return [self.left, *[self.right] * bool(self.right)]

    @property
    def part(self) -> dict:
        """The row of the selected part."""
        column, row = self.selected
        rows = self.tables[self.shown[min(column, len(self.shown) - 1)]]
        return rows[min(row, len(rows) - 1)]

    def total(self, name: str, measure: str) -> int:
        """Return what all parts of a network have or cost together."""
        return sum(row[measure] for row in self.tables[name])

    @property
    def alt(self) -> str:
        part = self.part
        networks = " beside ".join(f"{name} with {self.total(name, 'params'):,} parameters" for name in self.shown)
        sees = "the whole image" if part["field"] is None else f"{part['field'][0]} × {part['field'][1]} pixels"
        return (
            f"Network explorer: {networks}. Part {part['layer']} gives {_by(part['shape'])}, "
            f"has {part['params']:,} parameters, {part['macs']:,} multiply-adds and sees {sees}."
        )

    def still(self) -> plot.Figure:
        rows = max(len(self.tables[name]) for name in self.shown)
        fig, axes = plot.panels(len(self.shown), size=(7.2, 0.34 * rows + 1.2))
        for ax, name in zip(axes, self.shown, strict=True):
            bars = {f"{r['layer']}  {_by(r['shape'])}": r[self.measure] for r in self.tables[name]}
            plot.bars(ax, bars, xlabel=MEASURES[self.measure], title=name, fmt=",.0f")
        return fig


def _tables(names: Sequence[str], size: int | None) -> dict[str, Summary]:
    from d2lmini import nn  # loads torch, which no other figure needs
    from d2lmini.nn.registry import weightless

    tables = {}
    for name in names:
        card, side = nn.card(name), size or nn.card(name).size
        tables[name] = nn.summary(weightless(name), (card.channels, side, side), depth=1)
    return tables


def _rows(table: Summary) -> list[dict]:
    """Return the table as plain data; parts that neither weigh nor change the shape are left out."""
    rows, before = [], None
    for line in table:
        if line.params or line.shape != before:
            field = None if line.field is None else list(line.field)
            costs = {"params": line.params, "macs": line.macs, "values": prod(line.shape)}
            rows.append({"layer": line.layer, "kind": line.kind, "shape": list(line.shape), "field": field, **costs})
        before = line.shape
    return rows


def _by(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
