"""The wiring explorer: which input channels an output can hear of through two grouped layers, shuffled or not."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.figures.base import Figure, module
from d2lmini.ops import channel_shuffle
from d2lmini.shapes import check_groups, conv_macs, conv_params


class WiringExplorer(Figure):
    """Follow the channels through a grouped layer, a shuffle and a second grouped layer; chapter `channel_shuffle`.

    Shapes:
        channels: of the input and of both layers. groups: divides channels. shuffle: between the layers, or not.
        kernel: pixels, size: (h, w) = (size, size) of all maps, which padding keeps. selected: a channel of the output.
    Raises:
        ShapeError: groups does not divide channels.
    Source:
        Zhang, Zhou, Lin and Sun 2018, arXiv:1707.01083, figure 1.

    >>> fig = WiringExplorer(4, groups=2, selected=0)
    >>> fig.heard, fig.weights
    ([0, 1], 144)
    >>> fig.shuffle = True
    >>> fig.heard, fig.weights
    ([0, 1, 2, 3], 144)
    """

    _esm = module("wiring_explorer.js")
    channels = t.Int(8, min=2, max=12).tag(sync=True)
    groups = t.Int(2, min=1).tag(sync=True)
    shuffle = t.Bool(False).tag(sync=True)
    kernel = t.Int(3, min=1).tag(sync=True)
    size = t.Int(28, min=1).tag(sync=True)
    selected = t.Int(0, min=0).tag(sync=True)

    def __init__(self, channels: int = 8, groups: int = 2, **state: object):
        check_groups(channels, channels, groups)
        super().__init__(channels=channels, groups=groups, **state)

    @property
    def wires(self) -> np.ndarray:
        """Which channel feeds which in one grouped layer, (channels, channels) of booleans: output, input."""
        group = np.arange(self.channels) // (self.channels // self.groups)
        return group[:, None] == group

    @property
    def order(self) -> np.ndarray:
        """Where each channel that the second layer reads comes from, (channels,)."""
        numbers = np.arange(self.channels).reshape(1, -1, 1, 1)
        return (channel_shuffle(numbers, self.groups) if self.shuffle else numbers).ravel()

    @property
    def reach(self) -> np.ndarray:
        """Which input an output can hear of, (channels, channels) of booleans: output, input."""
        return self.wires @ self.wires[self.order]

    @property
    def heard(self) -> list[int]:
        """The input channels that the selected output can hear of."""
        return np.flatnonzero(self.reach[min(self.selected, self.channels - 1)]).tolist()

    @property
    def weights(self) -> int:
        """Weights of both layers, without biases."""
        return 2 * conv_params(self.channels, self.channels, self.kernel, groups=self.groups, bias=False)

    @property
    def macs(self) -> int:
        """Multiply-adds of both layers on maps that keep their size."""
        return 2 * conv_macs(self.size, self.channels, self.channels, 1, groups=self.groups) * self.kernel**2

    @property
    def alt(self) -> str:
        c, between = self.channels, "a shuffle" if self.shuffle else "nothing"
        return (
            f"Wiring explorer: {c} channels through two layers of {self.groups} groups with {between} between them; "
            f"output {min(self.selected, c - 1)} hears of {len(self.heard)} of {c} inputs."
        )

    def still(self) -> plot.Figure:
        c, picked = self.channels, min(self.selected, self.channels - 1)
        straight = np.eye(c, dtype=bool)[self.order]  # (to, from) of the shuffle
        read = self.wires[picked]  # by the selected output
        came = read @ straight
        live = [self.wires[came].any(axis=0), came, read, np.arange(c) == picked]  # what leads to it, row by row
        fig, (ax,) = plot.panels(size=(0.62 * c + 1.6, 4.2))
        for row, matrix in enumerate((self.wires, straight, self.wires)):
            for to, start in zip(*np.nonzero(matrix), strict=True):
                on = live[row][start] and live[row + 1][to]
                look = {"color": "C0", "linewidth": 2.2, "zorder": 2} if on else {"color": "C5", "linewidth": 0.6}
                ax.plot((start, to), (row, row + 1), **look)
        for row, name in enumerate(("input", "layer 1", "shuffled" if self.shuffle else "passed on", "layer 2")):
            ax.text(-0.7, row, name, ha="right", va="center")
            for i in range(c):
                fill = "#f6c453" if live[row][i] else "#ffffff"
                label = self.order[i] if row == 2 else i
                box = {"boxstyle": "square,pad=0.35", "facecolor": fill, "edgecolor": "#5f7f8c"}
                ax.text(i, row, str(label), ha="center", va="center", color="#111111", bbox=box, zorder=3)
        ax.set(xlim=(-2, c - 0.4), ylim=(3.4, -0.4))
        ax.set_axis_off()
        return fig
