"""Overlapping figures on a textured ground, and for each pixel what it belongs to: segmentation with a known truth."""

from __future__ import annotations

import numpy as np

from d2lmini.data.base import Images, listed, pictures
from d2lmini.data.polygons import FIGURES, cover
from d2lmini.ops.check import between, generator
from d2lmini.shapes import whole


@listed("overlapping figures on texture and a class for each of their 48 x 48 pixels, generated")
def masks(
    n: int, *, size: int = 48, rng: np.random.Generator,
    figures: int = 3, apart: bool = False, contrast: float = 0.25, noise: float = 0.06,
) -> Images:  # fmt: skip
    """Draw n grey images of overlapping squares, triangles, stars, crosses and circles, with the truth for each pixel.

    Shapes:
        size: pixels, 12 or more. figures: in an image; later ones lie upon earlier ones. contrast: 0..0.5, by how much
        figures are brighter than the mean of the ground at least. noise: standard deviation, 0..1.
        Returns images (n, 1, size, size) float32 in 0..1 and labels (n, size, size) int64: 0 is ground, 1 a figure;
        with apart=True 1 to 5 are the kinds of figures. A pixel belongs to the figure that covers half of it or more.
    Raises:
        ShapeError: n or size is too small, another number is outside its range, or rng is no generator.
    Source:
        Written for this book.

    >>> drawn = masks(4, rng=np.random.default_rng(0))
    >>> drawn.images.shape, drawn.labels.shape, drawn.names
    ((4, 1, 48, 48), (4, 48, 48), ('ground', 'figure'))
    """
    n, size, rng, figures = whole(n, "n", 1), whole(size, "size", 12), generator(rng), whole(figures, "figures", 1)
    contrast, noise = between(contrast, "contrast", 0, 0.5), between(noise, "noise", 0, 1)
    level = rng.uniform(0.1, 0.5, n)[:, None, None]  # mean of the ground
    images = level + 0.25 * texture(n, size, rng)  # (n, h, w)
    labels = np.zeros((n, size, size), np.int64)
    for _ in range(figures):
        kind = rng.integers(len(FIGURES), size=n)
        centre = size * rng.uniform(0.15, 0.85, (2, n))  # row and column, in pixels
        radius = size * rng.uniform(0.1, 0.2, n)  # of the circle of the same area, in pixels
        inside = cover(kind, size, centre, radius, rng.uniform(-np.pi, np.pi, n))  # (n, h, w) in 0..1
        shade = level + contrast + rng.uniform(0, 0.2, n)[:, None, None] + 0.1 * texture(n, size, rng)
        images += inside * (shade - images)
        labels[inside >= 0.5] = np.broadcast_to(kind[:, None, None] + 1, labels.shape)[inside >= 0.5]
    images += noise * rng.standard_normal(images.shape)
    names = ("ground", *FIGURES) if apart else ("ground", "figure")
    return Images(pictures(images[:, None]), labels if apart else np.minimum(labels, 1), names, "masks")


def texture(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n sums of four waves of any direction, 3 to 24 pixels long: (n, size, size), about -1..1 around 0."""
    angle, phase = rng.uniform(0, 2 * np.pi, (2, 4, n, 1, 1))
    step = 2 * np.pi / rng.uniform(3, 24, (4, n, 1, 1))  # radians a pixel
    pixels = np.arange(size)
    waves = np.sin(step * (np.sin(angle) * pixels[:, None] + np.cos(angle) * pixels) + phase)  # (4, n, h, w)
    return waves.mean(axis=0)
