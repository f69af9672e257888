"""The occlusion explorer: cover a part of an image by hand and watch what a trained network says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module, numbers
from d2lmini.shapes import out_size

HEAT = plot.LinearSegmentedColormap.from_list("d2lmini_heat", ["#b3440b", "#f0a878", "#f4f8fc"])  # 0 is what matters


class OcclusionExplorer(Figure):
    """Move a covering square over an image and follow what a network says; chapter `occlusion_map`.

    Shapes:
        cases: {name: (image, label, covered)}, such as one image and two networks. image: (h, w), uint8 or 0..1.
        label: the number of its class. covered: {size: (classes, h - size + 1, w - size + 1)}, the probabilities 0..1
        that `occlusion_map` finds with each size of the square, the same sizes in all cases, one after another.
        names: of the classes. fill: the grey of the square, 0..1. case, size, place: what is shown first.
        Probabilities travel with the page: they are rounded to whole 255ths.
    Raises:
        ShapeError: the arrays do not fit together.
    Source:
        Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53, section 4.2.

    >>> covered = {1: np.array([[[0.2, 0.4]], [[0.8, 0.6]]])}
    >>> fig = OcclusionExplorer({"one": (np.ones((1, 2)), 1, covered)}, "AB", place=(0, 1))
    >>> fig.said.tolist(), fig.image.tolist()
    ([0.4, 0.6], [[1.0, 0.0]])
    """

    _esm = module("occlusion_explorer.js")
    _css = Figure._css + (STATIC / "occlusion_explorer.css").read_text(encoding="utf-8")
    height = t.Int(1).tag(sync=True)
    width = t.Int(1).tag(sync=True)
    cases = t.List(t.Unicode()).tag(sync=True)
    names = t.List(t.Unicode()).tag(sync=True)
    labels = t.List(t.Int()).tag(sync=True)
    sizes = t.List(t.Int()).tag(sync=True)
    pixels = t.Bytes(b"\0").tag(sync=True)
    shares = t.Bytes(b"\0").tag(sync=True)  # case by case, size by size, (classes, h', w')
    fill = t.Float(0.0, min=0, max=1).tag(sync=True)
    case = t.Int(0, min=0).tag(sync=True)
    size = t.Int(1, min=1).tag(sync=True)
    place = t.List(t.Int(min=0), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(
        self,
        cases: Mapping[str, tuple],
        names: Sequence[str],
        *,
        fill: float = 0.0,
        case: int = 0,
        size=None,
        place=None,
    ):
        pictures, shares, labels, sizes = [], [], [], None
        for name, (given, label, covered) in cases.items():
            picture = numbers(given, "image", ("h", "w"))
            if picture.dtype != np.uint8:
                picture = np.rint(255 * picture).clip(0, 255).astype(np.uint8)
            sizes = sorted(covered) if sizes is None else sizes
            if sorted(covered) != sizes or sizes != list(range(sizes[0], sizes[-1] + 1)):
                came = f"case {name!r} has squares of {sorted(covered)} pixels"
                raise ShapeError(fault(came, "sizes one after another, the same in all cases", f"{sizes}"))
            for side in sizes:
                h, w = (out_size(n, side) for n in picture.shape)
                found = numbers(covered[side], f"covered[{side}]", ("classes", "h'", "w'"))
                if found.shape != (len(names), h, w):
                    needed = f"{(len(names), h, w)}: classes, and places of the square"
                    hint = f"occlusion_map(net, image, {side})[0]"
                    raise ShapeError(fault(f"covered[{side}] has shape {found.shape}", needed, hint))
                shares.append(np.rint(255 * found).clip(0, 255).astype(np.uint8))
            pictures.append(picture)
            labels.append(int(label))
        if not pictures or len({p.shape for p in pictures}) > 1 or not all(0 <= k < len(names) for k in labels):
            came = f"{len(pictures)} cases with images of {sorted({p.shape for p in pictures})} and labels {labels}"
            raise ShapeError(fault(came, "images of one size and labels of the classes", "{'a': (image, 0, covered)}"))
        size = sizes[len(sizes) // 2] if size is None else size
        if size not in sizes or not 0 <= case < len(pictures):
            raise ShapeError(fault(f"size={size}, case={case}", f"one of {sizes} and a case", f"size={sizes[0]}"))
        h, w = pictures[0].shape
        super().__init__(
            height=h, width=w, cases=list(cases), names=[str(n) for n in names], labels=labels, sizes=sizes,
            pixels=b"".join(p.tobytes() for p in pictures), shares=b"".join(s.tobytes() for s in shares),
            fill=float(fill), case=case, size=size,
            place=[(n - size) // 2 for n in (h, w)] if place is None else list(place),
        )  # fmt: skip

    @property
    def at(self) -> tuple[int, int]:
        """Row and column of the square's first pixel, moved to where it fits."""
        return min(self.place[0], self.height - self.size), min(self.place[1], self.width - self.size)

    @property
    def image(self) -> np.ndarray:
        """The covered image, (h, w), 0..1."""
        pixels = np.frombuffer(self.pixels, np.uint8).reshape(-1, self.height, self.width)
        image, (r, c) = pixels[self.case] / 255, self.at
        image[r : r + self.size, c : c + self.size] = self.fill
        return image

    @property
    def maps(self) -> np.ndarray:
        """The probability of each class for each place of the square, (classes, h', w')."""
        counts = [len(self.names) * (self.height - s + 1) * (self.width - s + 1) for s in self.sizes]
        number = self.sizes.index(self.size)
        start = self.case * sum(counts) + sum(counts[:number])
        flat = np.frombuffer(self.shares, np.uint8)[start : start + counts[number]] / 255
        return flat.reshape(len(self.names), self.height - self.size + 1, self.width - self.size + 1)

    @property
    def said(self) -> np.ndarray:
        """What the network says of the covered image, (classes,)."""
        return self.maps[:, self.at[0], self.at[1]]

    @property
    def alt(self) -> str:
        label, said, own = self.labels[self.case], self.said, self.maps[self.labels[self.case]]
        name, best = self.names[label], self.names[said.argmax()]
        return (
            f"Occlusion explorer, {self.cases[self.case]}: a square of {self.size} pixels at row {self.at[0]}, column "
            f"{self.at[1]}. The network says {best} with {said.max():.0%}, and {name} with {said[label]:.0%}. "
            f"Over all places {name} has between {own.min():.0%} and {own.max():.0%}."
        )

    def still(self) -> plot.Figure:
        label = self.labels[self.case]
        fig, (a, b, c) = plot.panels(3, size=(7.4, 2.7))
        plot.image(a, self.image, title=self.cases[self.case], vmin=0, vmax=1)
        half = (self.size - 1) / 2
        h, w = self.maps.shape[1:]
        edges = (half - 0.5, half - 0.5 + w, half - 0.5 + h, half - 0.5)
        b.imshow(self.maps[label], cmap=HEAT, vmin=0, vmax=1, extent=edges, interpolation="none")
        b.plot(self.at[1] + half, self.at[0] + half, "s", markerfacecolor="none", markeredgecolor="#111", markersize=6)
        title = f"probability of {self.names[label]}"
        b.set(xlim=(-0.5, self.width - 0.5), ylim=(self.height - 0.5, -0.5), xticks=[], yticks=[], title=title)
        share = {name: round(100 * float(p)) for name, p in zip(self.names, self.said, strict=True)}
        plot.bars(c, share, title="it says", xlabel="per cent", highlight=[self.names[self.said.argmax()]])
        return fig
