"""The sliding explorer: a kernel moves over a signal, and one row of the convolution's matrix lights up."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.figures.base import Figure, module, numbers
from d2lmini.ops import circulant, toeplitz


class SlideExplorer(Figure):
    """Slide h over x, turned round or not, beside the Toeplitz or circulant matrix of it; chapter `conv1d`.

    Shapes:
        x: (n,), h: (k,); mode full, same or valid as in `conv1d`, or circular, which needs k <= n.
        flip=True is convolution, flip=False correlation. selected: index of the output.
    Raises:
        ShapeError: x or h is not 1-d or is empty, or h is longer than x in mode circular.
    Source:
        Oppenheim and Schafer 2010, Discrete-Time Signal Processing, sections 2.3 and 8.6.5.

    >>> fig = SlideExplorer(x=(1, 2, 2), h=(1, -1))
    >>> fig.output.tolist(), fig.matrix[1].tolist()
    ([1, 1, 0, -2], [-1, 1, 0])
    """

    _esm = module("slide_explorer.js")
    x = t.List().tag(sync=True)
    h = t.List().tag(sync=True)
    mode = t.Enum(("full", "same", "valid", "circular"), "full").tag(sync=True)
    flip = t.Bool(True).tag(sync=True)
    selected = t.Int(0, min=0).tag(sync=True)

    def __init__(self, x=(1, 2, 2), h=(1, -1), mode: str = "full", **state: object):
        signals = {name: numbers(v, name, ("n",)).tolist() for name, v in (("x", x), ("h", h))}
        super().__init__(**signals, mode=mode, **state)
        _ = self.matrix  # a kernel longer than its circle raises here, not when it is drawn

    @property
    def matrix(self) -> np.ndarray:
        """The matrix whose product with x is the output, (n', n)."""
        x, h = np.array(self.x), np.array(self.h)
        if self.mode != "circular":
            return toeplitz(h if self.flip else h[::-1], len(x), self.mode)
        return circulant(h, len(x)) if self.flip else circulant(h, len(x)).T  # sum over j of h[j] x[i + j]

    @property
    def output(self) -> np.ndarray:
        """The output, (n',)."""
        return self.matrix @ np.array(self.x)

    @property
    def alt(self) -> str:
        what = "convolution" if self.flip else "correlation"
        x, h, y = (", ".join(f"{v:g}" for v in values) for values in (self.x, self.h, self.output))
        return f"Sliding explorer: the {what} ({self.mode}) of x = {x} with h = {h} is y = {y}."

    def still(self) -> plot.Figure:
        matrix, row = self.matrix, min(self.selected, len(self.output) - 1)
        n_out, n = matrix.shape
        fig, (a, b, c) = plot.panels(cells=[(n_out, n), (n, 1), (n_out, 1)], signs="·=")
        plot.matrix(a, matrix, title=f"matrix of h, {self.mode}", highlight=[(row, j) for j in range(n)])
        plot.matrix(b, np.array(self.x)[:, None], title="x")
        plot.matrix(c, self.output[:, None], title="y", highlight=[(row, 0)])
        return fig
