"""The convolution explorer of one channel, and the layer explorer with channels, filters and a bias."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, counting, module, numbers
from d2lmini.ops import conv2d
from d2lmini.shapes import out_size


def size_or_zero(n: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return the output size, and 0 where the window does not fit: the sliders may go there."""
    try:
        return out_size(n, kernel, stride=stride, padding=padding, dilation=dilation)
    except ShapeError:
        return 0


class ConvExplorer(Figure):
    """Walk over an input, a kernel and an output: each cell shows what it reads or feeds; chapter `conv2d`.

    Shapes:
        image: (n, n) and weights: (k, k) set input_size and kernel; without them the cells count 1, 2, 3, ...
        stride, padding, dilation: pixels. flip=True turns the kernel by 180 degrees first: true convolution.
        selected: (row, column) of the output.
    Raises:
        ShapeError: image or weights is not square.
    Source:
        The arithmetic of Dumoulin and Visin 2016, arXiv:1603.07285.

    >>> fig = ConvExplorer(image=[[1, 2, 3], [4, 5, 6], [7, 8, 9]], weights=[[10, 20], [30, 40]])
    >>> fig.output_size, fig.output.tolist()
    (2, [[370, 470], [670, 770]])
    """

    _esm = module("conv_explorer.js")
    input_size = t.Int(5, min=1).tag(sync=True)
    kernel = t.Int(3, min=1).tag(sync=True)
    stride = t.Int(1, min=1).tag(sync=True)
    padding = t.Int(0, min=0).tag(sync=True)
    dilation = t.Int(1, min=1).tag(sync=True)
    flip = t.Bool(False).tag(sync=True)
    image = t.List().tag(sync=True)
    weights = t.List().tag(sync=True)
    selected = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, input_size: int = 5, kernel: int = 3, *, image=None, weights=None, **state: object):
        given = {"input_size": input_size, "kernel": kernel}
        for name, size, array in (("image", "input_size", image), ("weights", "kernel", weights)):
            if array is not None:
                array = numbers(array, name, ("h", "w"))
                if array.shape[0] != array.shape[1]:
                    raise ShapeError(
                        fault(f"{name} has shape {array.shape}", "as many rows as columns", f"{name}[:2, :2]")
                    )
                given |= {name: array.tolist(), size: len(array)}
        if "selected" in state:
            state["selected"] = list(state["selected"])
        super().__init__(**given, **state)

    @property
    def input(self) -> np.ndarray:
        """The numbers of the input, (n, n)."""
        return np.array(self.image) if len(self.image) == self.input_size else counting(self.input_size)

    @property
    def laid_kernel(self) -> np.ndarray:
        """The weights as they lie on the input, (k, k): turned by 180 degrees if flip."""
        weights = np.array(self.weights) if len(self.weights) == self.kernel else counting(self.kernel)
        return weights[::-1, ::-1] if self.flip else weights

    @property
    def output_size(self) -> int:
        """Rows of the output; 0 where the window does not fit."""
        return size_or_zero(self.input_size, self.kernel, self.stride, self.padding, self.dilation)

    @property
    def output(self) -> np.ndarray:
        """The output, (h', w'); without cells where the window does not fit."""
        if not self.output_size:
            return np.zeros((0, 0), self.input.dtype)
        options = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return conv2d(self.input[None, None], self.laid_kernel[None, None], **options)[0, 0]

    @property
    def receptive_cells(self) -> list[tuple[int, int]]:
        """The (row, column) of the input that the selected output reads; outside 0..n-1 lies padding."""
        if not self.output_size:
            return []
        first = [min(i, self.output_size - 1) * self.stride - self.padding for i in self.selected]
        rows, columns = ([start + i * self.dilation for i in range(self.kernel)] for start in first)
        return [(r, c) for r in rows for c in columns]

    @property
    def alt(self) -> str:
        n, k, o = self.input_size, self.kernel, self.output_size
        settings = f"stride {self.stride}, padding {self.padding}, dilation {self.dilation}"
        result = f"output {o} by {o}" if o else "the kernel does not fit"
        return f"Convolution explorer: input {n} by {n}, kernel {k} by {k}, {settings}, {result}."

    def still(self) -> plot.Figure:
        x, w, y = np.pad(self.input, self.padding), self.laid_kernel, self.output
        faint = np.pad(np.zeros(self.input.shape, bool), self.padding, constant_values=True)
        lit = [(r + self.padding, c + self.padding) for r, c in self.receptive_cells]
        fits = self.output_size > 0
        shapes = [x.shape, w.shape, y.shape][: 3 if fits else 2]
        fig, axes = plot.panels(cells=shapes, signs="∗=" if self.flip else "⋆=")
        plot.matrix(axes[0], x, title="input", highlight=lit, faint=faint)
        plot.matrix(axes[1], w, title="kernel as laid on")
        if fits:
            chosen = tuple(min(i, self.output_size - 1) for i in self.selected)
            plot.matrix(axes[2], y, title="output", highlight=[chosen])
        return fig


class LayerExplorer(Figure):
    """Walk over a convolution layer: channel sums, the bias, one output a filter; chapter `conv2d`.

    Shapes:
        image: (c, h, w). weights: (c_out, c, k, k). bias: (c_out,), None is zero. stride, padding: pixels.
        selected: (filter, row, column) of the output.
    Raises:
        ShapeError: a rank is wrong, the channels differ, or the window does not fit.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II.A.

    >>> fig = LayerExplorer(np.ones((3, 5, 5)), np.ones((2, 3, 3, 3)), bias=[0, 1], stride=2, padding=1)
    >>> fig.output.shape, fig.output[1, 1, 1].item()
    ((2, 3, 3), 28.0)
    """

    _esm = module("layer_explorer.js")
    image = t.List().tag(sync=True)
    weights = t.List().tag(sync=True)
    bias = t.List().tag(sync=True)
    stride = t.Int(1, min=1).tag(sync=True)
    padding = t.Int(0, min=0).tag(sync=True)
    selected = t.List(t.Int(min=0), [0, 0, 0], minlen=3, maxlen=3).tag(sync=True)

    def __init__(self, image, weights, *, bias=None, stride: int = 1, padding: int = 0, **state: object):
        image, weights = (
            numbers(image, "image", ("c", "h", "w")),
            numbers(weights, "weights", ("c_out", "c", "k", "k")),
        )
        bias = numbers([0] * len(weights) if bias is None else bias, "bias", ("c_out",))
        conv2d(image[None], weights, bias, stride=stride, padding=padding)  # checks that all shapes agree
        if weights.shape[2] != weights.shape[3]:
            raise ShapeError(
                fault(
                    f"weights has shape {weights.shape}",
                    "a square window (c_out, c, k, k)",
                    "weights[..., :3, :3]",
                )
            )
        if "selected" in state:
            state["selected"] = list(state["selected"])
        arrays = {"image": image.tolist(), "weights": weights.tolist(), "bias": bias.tolist()}
        super().__init__(**arrays, stride=stride, padding=padding, **state)

    @property
    def output(self) -> np.ndarray:
        """The output, (c_out, h', w'); without cells where the window does not fit."""
        x, w = np.array(self.image), np.array(self.weights)
        if not all(size_or_zero(n, w.shape[2], self.stride, self.padding) for n in x.shape[1:]):
            return np.zeros((len(w), 0, 0))
        return conv2d(x[None], w, np.array(self.bias), stride=self.stride, padding=self.padding)[0]

    @property
    def partial_sums(self) -> np.ndarray:
        """What each channel adds to the selected output, (c,); their sum and the bias make the output."""
        x, w = np.array(self.image), np.array(self.weights)
        f, r, c = (min(i, n - 1) for i, n in zip(self.selected, self.output.shape, strict=True))
        each = conv2d(x[:, None], w[f][:, None], stride=self.stride, padding=self.padding)  # (c, c, h', w')
        return each[range(len(x)), range(len(x)), r, c]

    @property
    def alt(self) -> str:
        (c, h, w), (c_out, _, k, _) = np.shape(self.image), np.shape(self.weights)
        size = " by ".join(map(str, self.output.shape))
        layer = f"{c_out} filters of {c} by {k} by {k}, stride {self.stride}, padding {self.padding}"
        return f"Layer explorer: an input of {c} by {h} by {w}, {layer}, output {size}."

    def still(self) -> plot.Figure:
        x, w, y = np.array(self.image), np.array(self.weights), self.output
        p, (f, r, c) = self.padding, self.selected
        padded = np.pad(x, ((0, 0), (p, p), (p, p)))
        faint = np.pad(np.zeros(x.shape[1:], bool), p, constant_values=True)
        top, left, k = r * self.stride, c * self.stride, w.shape[2]
        lit = [(top + a, left + b) for a in range(k) for b in range(k) if y.size]
        rows = max(len(x), len(w))
        fig, axes = plot.panels(3, rows, size=(7.2, 2.4 * rows))
        for ax in axes:
            ax.set_axis_off()
        for i, (left_ax, mid_ax) in enumerate(axes.reshape(rows, 3)[: len(x), :2]):
            plot.matrix(left_ax, padded[i], title=f"input, channel {i}", highlight=lit, faint=faint)
            plot.matrix(mid_ax, w[f, i], title=f"filter {f}, channel {i}")
        for i, ax in enumerate(axes[2::3][: len(w) if y.size else 0]):
            plot.matrix(ax, y[i], title=f"output {i}", highlight=[(r, c)] if i == f else None)
        return fig
