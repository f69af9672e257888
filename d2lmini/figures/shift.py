"""The shift explorer: move a digit by hand and watch what a dense and a convolutional network say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, module, numbers
from d2lmini.ops import conv2d, global_pool2d, pool2d

FARTHEST = 10  # pixels that a digit can be moved in each direction


class ShiftExplorer(Figure):
    """Move a digit over its image and follow its vector and two trained networks; chapter `motiv.vectorise`.

    Shapes:
        digits: (n, h, w), uint8 or 0..1, h and w even. labels: (n,).
        dense: weights and biases of two layers, ((k, h * w), (k,)), ((classes, k), (classes,)), ReLU between them.
        conv: of two or more 3 x 3 layers with padding 1, ((c_out, c_in, 3, 3), (c_out,)), each with a ReLU, the
        first followed by the averages of 2 x 2; then the maximum of each map and a layer ((classes, c), (classes,)).
        selected: the digit's number. shift: pixels (down, right).
        The dense weights travel with the page: they are rounded to whole 127ths of the largest of their array.
    Raises:
        ShapeError: the arrays do not fit together.
    Source:
        Rumelhart, Hinton and Williams 1986, doi:10.1038/323533a0; LeCun et al. 1989, doi:10.1162/neco.1989.1.4.541.

    >>> bright = np.zeros((1, 2, 2))
    >>> bright[0, 0, 0] = 1
    >>> reader = (np.eye(4), np.zeros(4)), (np.eye(4), np.zeros(4))  # the class is the place of the bright pixel
    >>> blind = (np.ones((1, 1, 3, 3)), np.zeros(1)), (np.ones((4, 1)), np.zeros(4))
    >>> fig = ShiftExplorer(bright, [0], reader, blind, shift=(1, 1))
    >>> fig.image.tolist(), int(fig.dense_scores.argmax())
    ([[0.0, 0.0], [0.0, 1.0]], 3)
    """

    _esm = module("shift_explorer.js")
    height = t.Int(2).tag(sync=True)
    width = t.Int(2).tag(sync=True)
    classes = t.Int(2).tag(sync=True)
    hidden = t.Int(1).tag(sync=True)
    channels = t.List(t.Int()).tag(sync=True)
    labels = t.List(t.Int()).tag(sync=True)
    pixels = t.Bytes(b"\0").tag(sync=True)
    dense = t.Bytes(b"\0").tag(sync=True)  # int8: a byte a weight
    units = t.List(t.Float()).tag(sync=True)  # what a 1 stands for in each of its four arrays
    conv = t.Bytes(b"\0").tag(sync=True)
    selected = t.Int(0, min=0).tag(sync=True)
    shift = t.List(t.Int(min=-FARTHEST, max=FARTHEST), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, digits, labels, dense: Sequence, conv: Sequence, selected: int = 0, shift=(0, 0)):
        digits = numbers(digits, "digits", ("n", "h", "w"))
        n, h, w = digits.shape
        labels = numbers(labels, "labels", ("n",)).astype(int).tolist()
        if h % 2 or w % 2 or len(labels) != n or not 0 <= selected < n:
            came = f"digits has shape {digits.shape}, with {len(labels)} labels and selected={selected}"
            needed = "even sides, a label for each, and selected among them"
            raise ShapeError(fault(came, needed, "digits[:, :28, :28]"))
        if digits.dtype != np.uint8:
            digits = np.rint(255 * digits).clip(0, 255).astype(np.uint8)
        flat = [np.asarray(a, np.float32) for layer in dense for a in layer]
        maps = [np.asarray(a, np.float32) for layer in conv for a in layer]
        k, classes = (len(flat[1]), len(flat[3])) if len(flat) == 4 else (0, 0)
        channels = [1, *(len(b) for b in maps[1:-1:2])]
        for name, arrays, needed in (
            ("dense", flat, [(k, h * w), (k,), (classes, k), (classes,)]),
            ("conv", maps, conv_shapes(channels, classes)),
        ):
            shapes = [a.shape for a in arrays]
            if shapes != needed:
                hint = "weights and biases, layer by layer"
                raise ShapeError(fault(f"{name} has arrays of shapes {shapes}", f"{needed}", hint))
        units = [float(np.abs(a).max()) / 127 or 1.0 for a in flat]
        rounded = [np.rint(a / unit).astype(np.int8) for a, unit in zip(flat, units, strict=True)]
        super().__init__(
            height=h, width=w, classes=classes, hidden=k, channels=channels, labels=labels, pixels=digits.tobytes(),
            dense=b"".join(a.tobytes() for a in rounded), units=units, conv=b"".join(a.tobytes() for a in maps),
            selected=selected, shift=list(shift),
        )  # fmt: skip

    @property
    def image(self) -> np.ndarray:
        """The digit at its present place, (h, w), 0..1; what leaves the image is lost."""
        (h, w), (down, right) = (self.height, self.width), self.shift
        digit = np.frombuffer(self.pixels, np.uint8).reshape(-1, h, w)[self.selected] / 255
        room = np.pad(digit, FARTHEST)
        top, left = FARTHEST - down, FARTHEST - right
        return room[top : top + h, left : left + w]

    @property
    def dense_scores(self) -> np.ndarray:
        """What the dense network makes of the vector, (classes,), adding up to one."""
        k, n, classes = self.hidden, self.height * self.width, self.classes
        whole = unpack(self.dense, [(k, n), (k,), (classes, k), (classes,)], np.int8)
        w1, b1, w2, b2 = (a * unit for a, unit in zip(whole, self.units, strict=True))
        return softmax(w2 @ np.maximum(w1 @ self.image.ravel() + b1, 0) + b2)

    @property
    def conv_scores(self) -> np.ndarray:
        """What the convolutional network makes of the image, (classes,), adding up to one."""
        *layers, w, b = unpack(self.conv, conv_shapes(self.channels, self.classes))
        x = self.image[None, None]
        for number, (weight, bias) in enumerate(zip(layers[::2], layers[1::2], strict=True)):
            x = np.maximum(conv2d(x, weight, bias, padding=1), 0)
            if number == 0:
                x = pool2d(x, 2, mode="avg")
        return softmax(w @ global_pool2d(x, mode="max").ravel() + b)

    @property
    def alt(self) -> str:
        (down, right), label = self.shift, self.labels[self.selected]
        dense, conv = self.dense_scores, self.conv_scores
        return (
            f"Shift explorer: the digit {label} moved down by {down} and right by {right} pixels. The dense "
            f"network says {dense.argmax()} with {dense.max():.0%}, "
            f"the convolutional one {conv.argmax()} with {conv.max():.0%}."
        )

    def still(self) -> plot.Figure:
        fig, (a, b, c) = plot.panels(3, size=(7.4, 2.9))
        plot.image(a, self.image, title=f"moved by ({self.shift[0]}, {self.shift[1]})", vmin=0, vmax=1)
        for ax, scores, title in ((b, self.dense_scores, "dense"), (c, self.conv_scores, "convolutional")):
            share = {str(k): round(100 * float(p)) for k, p in enumerate(scores)}
            plot.bars(ax, share, title=title, xlabel="per cent", highlight=[str(scores.argmax())])
        return fig


def conv_shapes(channels: Sequence[int], classes: int) -> list[tuple[int, ...]]:
    """Return the shapes of weights and biases, layer by layer, and of the dense layer at the end."""
    layers = [shape for c, d in zip(channels, channels[1:], strict=False) for shape in ((d, c, 3, 3), (d,))]
    return [*layers, (classes, channels[-1]), (classes,)]


def unpack(packed: bytes, shapes: Sequence[tuple[int, ...]], dtype: type = np.float32) -> list[np.ndarray]:
    """Cut the arrays of these shapes out of a row of numbers, one after another."""
    row = np.frombuffer(packed, dtype).astype(float)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(row, ends[:-1]), shapes, strict=True)]


def softmax(z: np.ndarray) -> np.ndarray:
    """Turn scores into shares that add up to one.

    >>> softmax(np.array([5.0, 5.0])).tolist()
    [0.5, 0.5]
    """
    e = np.exp(z - z.max())
    return e / e.sum()
