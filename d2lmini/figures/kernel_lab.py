"""The kernel laboratory: change the weights of a small kernel and see a photograph change."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import Figure, module, numbers
from d2lmini.ops import conv2d, identity_kernel

LARGEST = 128  # pixels: the image travels with the page


class KernelLab(Figure):
    """Edit a kernel over a grey photograph and see the correlation of the two; chapter `filter2d`.

    Shapes:
        image: (h, w), uint8 or 0..1, at most 128 pixels a side.
        weights: (3, 3) or (5, 5), None is the identity.
        border: zeros, replicate, reflect or circular, as in `pad2d`. stride: pixels.
        selected: (row, column) of the output whose window is shown.
    Raises:
        ShapeError: image is not 2-d or too large, or weights is neither (3, 3) nor (5, 5).
    Source:
        Gonzalez and Woods 2018, Digital Image Processing, chapter 3.

    >>> KernelLab(np.eye(4), weights=np.full((3, 3), 1 / 9)).output.round().astype(int)[0].tolist()
    [57, 57, 28, 0]
    """

    _esm = module("kernel_lab.js")
    width = t.Int(1).tag(sync=True)
    height = t.Int(1).tag(sync=True)
    pixels = t.Bytes(b"\0").tag(sync=True)
    weights = t.List().tag(sync=True)
    border = t.Enum(("zeros", "replicate", "reflect", "circular"), "zeros").tag(sync=True)
    stride = t.Int(1, min=1, max=4).tag(sync=True)
    selected = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, image, weights=None, border: str = "zeros", stride: int = 1, **state: object):
        image = numbers(image, "image", ("h", "w"))
        h, w = image.shape
        if not 3 <= min(h, w) <= max(h, w) <= LARGEST:
            step = -(-max(h, w) // LARGEST)
            raise ShapeError(
                fault(
                    f"image has shape {image.shape}",
                    f"sides of 3 to {LARGEST} pixels",
                    f"image[::{step}, ::{step}]",
                )
            )
        if image.dtype != np.uint8:
            image = np.rint(image * (255 if image.max() <= 1 else 1)).clip(0, 255).astype(np.uint8)
        weights = numbers(identity_kernel() if weights is None else weights, "weights", ("k", "k"))
        if weights.shape not in ((3, 3), (5, 5)):
            raise ShapeError(fault(f"weights has shape {weights.shape}", "(3, 3) or (5, 5)", "identity_kernel(3)"))
        if "selected" in state:
            state["selected"] = list(state["selected"])
        data = {"height": h, "width": w, "pixels": image.tobytes(), "weights": weights.astype(float).tolist()}
        super().__init__(**data, border=border, stride=stride, **state)

    @property
    def input(self) -> np.ndarray:
        """The photograph, (h, w), uint8."""
        return np.frombuffer(self.pixels, np.uint8).reshape(self.height, self.width)

    @property
    def output(self) -> np.ndarray:
        """The filtered photograph, (h', w'), as the sums come out: neither clipped nor rounded."""
        kernel = np.array(self.weights, float)
        x = self.input[None, None].astype(float)
        options = {"stride": self.stride, "padding": len(kernel) // 2, "padding_mode": self.border}
        return conv2d(x, kernel[None, None], **options)[0, 0]

    @property
    def signed(self) -> bool:
        """Whether the weights sum to zero, so that zero is drawn mid-grey."""
        return abs(np.sum(self.weights)) < 1e-6

    @property
    def alt(self) -> str:
        k = len(self.weights)
        photograph = f"a grey photograph of {self.height} by {self.width} pixels"
        return f"Kernel laboratory: {photograph} before and after a {k} by {k} kernel, border {self.border}."

    def still(self) -> plot.Figure:
        limit = max(float(np.abs(self.output).max()), 1e-9)
        low, high = (-limit, limit) if self.signed else (0, 255)
        fig, (a, b, c) = plot.panels(3, size=(7.2, 2.6))
        plot.image(a, self.input, title="before")
        plot.kernel(b, np.array(self.weights), title="kernel")
        plot.image(c, self.output, title="after", vmin=low, vmax=high)
        return fig
