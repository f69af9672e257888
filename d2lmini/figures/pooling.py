"""The pooling explorer: an input that moves by a pixel, its pooled map, and the roulette wheel of one window."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, module, numbers
from d2lmini.ops import pool2d, stochastic_pool2d

SPECKS = [  # six of the nine windows of two have their largest number on the left, so that a step leaves it there
    [6, 1, 5, 2, 0, 7],
    [2, 3, 1, 0, 3, 1],
    [1, 0, 8, 3, 4, 1],
    [5, 2, 2, 1, 0, 2],
    [0, 4, 2, 0, 9, 2],
    [1, 1, 3, 1, 5, 0],
]


class PoolExplorer(Figure):
    """Move an image under its pooling windows and see which outputs change; chapter `pool2d`.

    Shapes:
        image: (n, n), no negative values; without it, 36 small numbers. kernel, stride: pixels.
        shift: pixels that the image moves to the right; zeros come in from the left.
        mode: max | avg | stochastic, the expected value beside the wheel that draws it | first, no pooling
        but only every stride-th pixel. selected: (row, column) of the output.
    Raises:
        ShapeError: image is not square, has a negative value, or is smaller than the kernel.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, section 9.3; Zeiler and Fergus 2013, arXiv:1301.3557.

    >>> fig = PoolExplorer([[0, 0, 0, 0], [0, 6, 1, 0], [0, 3, 2, 0], [0, 0, 0, 0]], shift=1)
    >>> fig.before.tolist(), fig.output.tolist()
    ([[6.0, 1.0], [3.0, 2.0]], [[0.0, 6.0], [0.0, 3.0]])
    """

    _esm = module("pool_explorer.js")
    image = t.List().tag(sync=True)
    kernel = t.Int(2, min=1).tag(sync=True)
    stride = t.Int(2, min=1).tag(sync=True)
    shift = t.Int(0, min=0).tag(sync=True)
    mode = t.Enum(("max", "avg", "stochastic", "first"), "max").tag(sync=True)
    selected = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, image=None, kernel: int = 2, **state: object):
        image = numbers(SPECKS if image is None else image, "image", ("h", "w"))
        if image.shape[0] != image.shape[1] or kernel > len(image):
            came, needed = f"image has shape {image.shape}, kernel {kernel}", "a square no smaller than the kernel"
            raise ShapeError(fault(came, needed, "image[:6, :6]"))
        if image.min() < 0:
            raise ShapeError(fault(f"image has the value {image.min()}", "values >= 0, as chances", "np.abs(image)"))
        if "selected" in state:
            state["selected"] = list(state["selected"])
        super().__init__(image=image.tolist(), kernel=kernel, **state)

    @property
    def input(self) -> np.ndarray:
        """The image after its shift, (n, n)."""
        image = np.array(self.image, float)
        step = min(self.shift, len(image))
        return np.pad(image, ((0, 0), (step, 0)))[:, : len(image)]

    def pooled(self, x: np.ndarray) -> np.ndarray:
        x, options = x[None, None], {"stride": self.stride}
        if self.mode == "stochastic":
            return stochastic_pool2d(x, self.kernel, **options)[0, 0]
        if self.mode == "first":  # the first pixel of each window
            weights = np.zeros((self.kernel, self.kernel))
            weights[0, 0] = 1
            return pool2d(x, self.kernel, mode="weighted", weights=weights, **options)[0, 0]
        return pool2d(x, self.kernel, mode=self.mode, **options)[0, 0]

    @property
    def before(self) -> np.ndarray:
        """The pooled image without the shift, (h', w')."""
        return self.pooled(np.array(self.image, float))

    @property
    def output(self) -> np.ndarray:
        """The pooled image, (h', w')."""
        return self.pooled(self.input)

    @property
    def changed(self) -> np.ndarray:
        """Which outputs the shift has changed, (h', w') of booleans."""
        return ~np.isclose(self.before, self.output, rtol=0, atol=1e-9)

    @property
    def corner(self) -> tuple[int, int]:
        """Row and column where the selected window begins."""
        return tuple(min(i, n - 1) * self.stride for i, n in zip(self.selected, self.output.shape, strict=True))

    @property
    def chances(self) -> np.ndarray:
        """The chance of each pixel of the selected window on its wheel, (kernel, kernel); all zero for no wheel."""
        (r, c), k = self.corner, self.kernel
        window = self.input[r : r + k, c : c + k]
        return window / (window.sum() or 1)

    @property
    def alt(self) -> str:
        n, count, total = len(self.image), int(self.changed.sum()), self.changed.size
        how = f"{self.mode} pooling, window {self.kernel} by {self.kernel}, stride {self.stride}"
        moved = f"{count} of {total} outputs change" if self.shift else f"{total} outputs"
        return f"Pooling explorer: an image of {n} by {n} moved by {self.shift}, {how}, {moved}."

    def still(self) -> plot.Figure:
        x, y, old, p = self.input, self.output, self.before, self.chances
        fig, axes = plot.panels(cells=[x.shape, old.shape, y.shape, p.shape])
        plot.matrix(axes[0], x, title=f"input, moved by {self.shift}", outline=(*self.corner, *p.shape), fmt=".3g")
        plot.matrix(axes[1], old, title="before", fmt=".3g")
        plot.matrix(axes[2], y, title="after", highlight=self.changed, fmt=".3g")
        plot.matrix(axes[3], p, title="chances", fmt=".2g")
        return fig
