"""The mask explorer: what a network says of each pixel, with skips and without, against the truth."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module, numbers
from d2lmini.ops import boundary_accuracy, iou

LAYERS = ("image", "truth", "prediction", "errors")
BLUE, ORANGE = (31, 127, 192), (230, 110, 20)  # as in mask_explorer.js
REACH = 5  # pixels to each side that the enlargement shows


class MaskExplorer(Figure):
    """Compare two predicted masks with the truth, and enlarge their borders; chapter `boundary_accuracy`.

    Shapes:
        images: (n, h, w), uint8 or 0..1. truth, without, with_skips: (n, h, w), 0 is ground and 1 is figure.
        selected: the image's number. skips: which of the two predictions is shown. layer: image, truth, prediction or
        errors. place: (row, column) in the middle of the enlargement.
    Raises:
        ShapeError: the arrays have different shapes, or a mask holds other numbers than 0 and 1.
    Source:
        Csurka, Larlus and Perronnin 2013, doi:10.5244/C.27.32.

    >>> truth = np.array([[[0, 0, 1, 1]]])
    >>> fig = MaskExplorer(truth / 2, truth, [[[0, 1, 1, 1]]], truth, skips=False)
    >>> fig.wrong, fig.near
    (1, 0.5)
    """

    _esm = module("mask_explorer.js")
    _css = Figure._css + (STATIC / "mask_explorer.css").read_text(encoding="utf-8")
    height = t.Int(1).tag(sync=True)
    width = t.Int(1).tag(sync=True)
    pixels = t.Bytes(b"\0").tag(sync=True)  # the images, one behind the other
    masks = t.Bytes(b"\0").tag(sync=True)  # a byte a pixel: truth + 2 without + 4 with skips
    selected = t.Int(0, min=0).tag(sync=True)
    skips = t.Bool(True).tag(sync=True)
    layer = t.Enum(LAYERS, "errors").tag(sync=True)
    place = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, images, truth, without, with_skips, *, selected: int = 0, **state: object):
        images = numbers(images, "images", ("n", "h", "w"))
        given = {"truth": truth, "without": without, "with_skips": with_skips}
        given = {name: numbers(mask, name, ("n", "h", "w")) for name, mask in given.items()}
        for name, mask in given.items():
            if mask.shape != images.shape or not np.isin(mask, (0, 1)).all():
                came = f"{name} has shape {mask.shape} and numbers from {mask.min()} to {mask.max()}"
                raise ShapeError(fault(came, f"0 and 1 in {images.shape}", f"predict(net, x) for {name}"))
        n, h, w = images.shape
        if not 0 <= selected < n:
            raise ShapeError(fault(f"selected={selected} of {n} images", f"0 to {n - 1}", "selected=0"))
        if images.dtype != np.uint8:
            images = np.rint(255 * images).clip(0, 255).astype(np.uint8)
        bits = sum(mask.astype(np.uint8) << bit for bit, mask in enumerate(given.values()))
        state["place"] = list(state.get("place", (h // 2, w // 2)))
        super().__init__(
            height=h, width=w, pixels=images.tobytes(), masks=bits.tobytes(), selected=selected, **state
        )  # fmt: skip

    def _mask(self, bit: int) -> np.ndarray:
        """One of the three masks of the selected image, (h, w)."""
        size = self.height * self.width
        row = np.frombuffer(self.masks, np.uint8)[self.selected * size : (self.selected + 1) * size]
        return (row.reshape(self.height, self.width) >> bit & 1).astype(int)

    @property
    def truth(self) -> np.ndarray:
        """The true mask of the selected image, (h, w)."""
        return self._mask(0)

    @property
    def prediction(self) -> np.ndarray:
        """The predicted mask that is shown, (h, w)."""
        return self._mask(2 if self.skips else 1)

    @property
    def wrong(self) -> int:
        """The number of wrong pixels."""
        return int((self.truth != self.prediction).sum())

    @property
    def overlap(self) -> float:
        """Intersection over union of the figure in this image."""
        return float(iou(self.prediction[None], self.truth[None], classes=2)[0][1])

    @property
    def near(self) -> float:
        """Accuracy next to the borders of this image."""
        return boundary_accuracy(self.prediction[None], self.truth[None])

    @property
    def alt(self) -> str:
        by = "with" if self.skips else "without"
        row, column = self.place
        return (
            f"Mask explorer: image {self.selected}, {self.layer}, network {by} skips. {self.wrong} of "
            f"{self.height * self.width} pixels are wrong; the IoU of the figure is {self.overlap:.2f}, and next to "
            f"its border {self.near:.0%} of the pixels are right. Enlarged around row {row}, column {column}."
        )

    def coloured(self) -> np.ndarray:
        """The image with what is shown of it in colour, (h, w, 3), 0..1."""
        size = self.height * self.width
        grey = np.frombuffer(self.pixels, np.uint8)[self.selected * size : (self.selected + 1) * size]
        picture = np.repeat(grey.reshape(self.height, self.width, 1), 3, axis=2).astype(float)
        truth, found = self.truth == 1, self.prediction == 1
        tints = {"image": [], "truth": [(truth, BLUE)], "prediction": [(found, BLUE)]}
        for where, colour in tints.get(self.layer, [(truth & ~found, ORANGE), (found & ~truth, BLUE)]):
            share = 0.8 if self.layer == "errors" else 0.5
            picture[where] = (1 - share) * picture[where] + share * np.array(colour)
        return picture / 255

    def still(self) -> plot.Figure:
        fig, (whole, part) = plot.panels(2, size=(6.6, 3.3))
        by = "" if self.layer in ("image", "truth") else " with skips" if self.skips else " without skips"
        plot.image(whole, self.coloured(), title=self.layer + by)
        row, column = self.place
        top, left = (min(max(p - REACH, 0), max(n - 2 * REACH - 1, 0)) for p, n in
                     ((row, self.height), (column, self.width)))  # fmt: skip
        plot.image(part, self.coloured()[top : top + 2 * REACH + 1, left : left + 2 * REACH + 1], title="enlarged")
        return fig
