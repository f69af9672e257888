"""The backward explorer: gradients typed at the outputs of a small filter flow back to its weights and pixels."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, counting, module, numbers
from d2lmini.ops import conv2d, conv2d_backward


class BackwardExplorer(Figure):
    """Follow the gradient of each output to the weights and pixels that made it; chapter `conv2d_backward`.

    Shapes:
        image: (h, w), weights: (kh, kw), gradient: (h - kh + 1, w - kw + 1) at the outputs; None is a small example.
        part, selected: which grid, y, dw or dx, and which (row, column) of it is taken apart.
    Raises:
        ShapeError: an array is not 2-d, the filter does not fit, or gradient has not the shape of the output.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II.

    >>> fig = BackwardExplorer()
    >>> fig.dw.tolist(), fig.dx[0].tolist()
    ([[7, 9], [13, 15]], [10, 20, 0])
    """

    _esm = module("backward_explorer.js")
    image = t.List().tag(sync=True)
    weights = t.List().tag(sync=True)
    gradient = t.List().tag(sync=True)
    part = t.Enum(("y", "dw", "dx"), "y").tag(sync=True)
    selected = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, image=None, weights=None, gradient=None, **state: object):
        image = counting(3) if image is None else numbers(image, "image", ("h", "w"))
        weights = 10 * counting(2) if weights is None else numbers(weights, "weights", ("h", "w"))
        y = conv2d(image[None, None], weights[None, None])[0, 0]  # raises where the filter does not fit
        if gradient is None:
            gradient = [[1, 0], [-1, 2]] if y.shape == (2, 2) else np.ones(y.shape, int)
        gradient = numbers(gradient, "gradient", ("h", "w"))
        if gradient.shape != y.shape:
            came = f"gradient has shape {gradient.shape}"
            raise ShapeError(fault(came, f"that of the output, {y.shape}", f"np.ones({y.shape})"))
        if "selected" in state:
            state["selected"] = list(state["selected"])
        arrays = {"image": image.tolist(), "weights": weights.tolist(), "gradient": gradient.tolist()}
        super().__init__(**arrays, **state)

    @property
    def output(self) -> np.ndarray:
        """The output y, (h', w')."""
        return conv2d(np.array(self.image)[None, None], np.array(self.weights)[None, None])[0, 0]

    def _backward(self) -> list[np.ndarray]:
        arrays = (np.array(a)[None, None] for a in (self.gradient, self.image, self.weights))
        return [g[0, 0] for g in conv2d_backward(*arrays)[:2]]

    @property
    def dx(self) -> np.ndarray:
        """The gradient at the pixels, (h, w)."""
        return self._backward()[0]

    @property
    def dw(self) -> np.ndarray:
        """The gradient at the weights, (kh, kw)."""
        return self._backward()[1]

    @property
    def alt(self) -> str:
        rows = {"x": self.image, "w": self.weights, "dy": self.gradient, "dw": self.dw, "dx": self.dx}
        text = ("; ".join(" ".join(f"{v:g}" for v in row) for row in array) for array in rows.values())
        return "Backward explorer, row by row: " + ", ".join(
            f"{name} = {v}" for name, v in zip(rows, text, strict=True)
        )

    def still(self) -> plot.Figure:
        top = {"input x": self.image, "filter w": self.weights, "output y": self.output}
        below = {"dx": self.dx, "dw": self.dw, "dy": self.gradient}
        r, c = (min(i, n - 1) for i, n in zip(self.selected, self.output.shape, strict=True))
        kh, kw = np.shape(self.weights)
        window = [(r + a, c + b) for a in range(kh) for b in range(kw)]
        lit = {"input x": window, "dx": window, "output y": [(r, c)], "dy": [(r, c)]} if self.part == "y" else {}
        lit |= {} if self.part == "y" else {self.part: [tuple(self.selected)]}
        fig, axes = plot.panels(3, 2, size=(6.6, 4.6))
        for ax, (title, array) in zip(axes, {**top, **below}.items(), strict=True):
            plot.matrix(ax, array, title=title, highlight=lit.get(title))
        return fig
