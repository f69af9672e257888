"""The normalisation explorer: which numbers share a mean and a deviation, method by method."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, module, numbers
from d2lmini.ops import group_norm
from d2lmini.ops.norm import BATCH, standardise

METHODS = ("batch", "layer", "instance", "group")
VALUES = (  # (n, c, pixels): three images of four channels; image 2 is bright, channel 3 is strong
    ((1, 3, 2, 2), (0, 4, 2, 6), (5, 1, 3, 3), (9, 15, 12, 12)),
    ((2, 2, 4, 0), (3, 1, 5, 3), (2, 0, 2, 4), (8, 12, 10, 14)),
    ((7, 9, 8, 8), (9, 7, 6, 10), (6, 8, 10, 8), (18, 14, 16, 20)),
)


class NormExplorer(Figure):
    """Choose a normalisation and a cell, and see the cells that share its mean and variance; chapter `batch_norm`.

    Shapes:
        values: (n, c, pixels), of which the first `batch` images are looked at; None for three small ones.
        method: batch, layer, instance or group; groups divides c and matters to the last alone.
        shown: what the cells hold, x or z. selected: (image, channel, pixel).
    Raises:
        ShapeError: values is not 3-d or has a single pixel, batch exceeds n, or groups does not divide c.
    Source:
        Wu and He 2018, arXiv:1803.08494, figure 2.

    >>> fig = NormExplorer(method="instance", selected=(0, 1, 2))
    >>> fig.shared, fig.mean, fig.variance
    ([(0, 1, 0), (0, 1, 1), (0, 1, 2), (0, 1, 3)], 3.0, 5.0)
    """

    _esm = module("norm_explorer.js")
    values = t.List().tag(sync=True)
    method = t.Enum(METHODS, "batch").tag(sync=True)
    batch = t.Int(1, min=1).tag(sync=True)
    groups = t.Int(2, min=1).tag(sync=True)
    shown = t.Enum(("x", "z"), "x").tag(sync=True)
    selected = t.List([0, 0, 0]).tag(sync=True)

    def __init__(
        self, values=None, method: str = "batch", *, batch: int | None = None, groups: int = 2, **state: object
    ):
        values = numbers(VALUES if values is None else values, "values", ("n", "c", "pixels"))
        n, c, pixels = values.shape
        if pixels < 2:
            came, hint = f"values has shape {values.shape}", "values.reshape(n, c, -1)"
            raise ShapeError(fault(came, "two or more pixels", hint))
        if batch is not None and batch > n:
            raise ShapeError(fault(f"batch={batch} of {n} images", f"at most {n}", f"batch={n}"))
        if c % groups:
            raise ShapeError(fault(f"groups={groups} with {c} channels", "a divisor of the channels", f"groups={c}"))
        state["selected"] = list(state.get("selected", (0, 0, 0)))
        super().__init__(values=values.tolist(), method=method, batch=batch or n, groups=groups, **state)

    @property
    def x(self) -> np.ndarray:
        """The numbers that are looked at, (batch, c, pixels)."""
        return np.array(self.values, float)[: self.batch]

    @property
    def labels(self) -> np.ndarray:
        """The number of the set that each value belongs to, (batch, c, pixels)."""
        n, c, pixels = self.x.shape
        image, channel = np.arange(n)[:, None], np.arange(c)
        split = {"layer": 1, "instance": c, "group": self.groups}.get(self.method)
        label = channel + 0 * image if split is None else split * image + channel // (c // split)
        return np.broadcast_to(label[..., None], (n, c, pixels))

    @property
    def at(self) -> tuple[int, int, int]:
        """The chosen cell, moved into the batch if it lies outside."""
        n, c, pixel = self.selected
        return min(n, len(self.x) - 1), c, pixel

    @property
    def shared(self) -> list[tuple[int, int, int]]:
        """The cells that share their statistics with the chosen one."""
        return [tuple(map(int, cell)) for cell in np.argwhere(self.labels == self.labels[self.at])]

    @property
    def mean(self) -> float:
        """The mean of the shared cells."""
        return float(np.mean([self.x[cell] for cell in self.shared]))

    @property
    def variance(self) -> float:
        """Their variance, divided by their number."""
        return float(np.var([self.x[cell] for cell in self.shared]))

    @property
    def output(self) -> np.ndarray:
        """The normalised numbers, (batch, c, pixels), without scale and shift."""
        x = self.x[:, :, None]  # (n, c, 1, pixels): one row of pixels
        if self.method == "batch":
            return standardise(x, BATCH, 1e-5)[0][:, :, 0]
        split = {"layer": 1, "instance": x.shape[1], "group": self.groups}[self.method]
        return group_norm(x, split)[:, :, 0]

    @property
    def alt(self) -> str:
        n, c, pixels = self.x.shape
        name = f"{self.method} normalisation" + (f" in {self.groups} groups" if self.method == "group" else "")
        image, channel, pixel = self.at
        return (
            f"Normalisation explorer: {n} images of {c} channels and {pixels} pixels under {name}. Image {image}, "
            f"channel {channel}, pixel {pixel} belongs to a set of {len(self.shared)} cells. Their mean is "
            f"{self.mean:.3g}, their variance {self.variance:.3g}, and the cell becomes {self.output[self.at]:.2f}."
        )

    def still(self) -> plot.Figure:
        shown = self.x if self.shown == "x" else self.output
        fig, axes = plot.panels(cells=[shown.shape[1:]] * len(shown))
        lit = self.labels == self.labels[self.at]
        for image, ax in enumerate(axes):
            frame = (*self.at[1:], 1, 1) if image == self.at[0] else None
            fmt = "g" if self.shown == "x" else ".1f"
            plot.matrix(ax, shown[image], title=f"image {image}", highlight=lit[image], outline=frame, fmt=fmt)
        return fig
