"""Circle, square, triangle, star and cross in colour, brighter than their ground: a task with known answers."""

from __future__ import annotations

from math import atan2, cos, pi, sin, sqrt, tan

import numpy as np

from d2lmini.data.base import Images, listed, pictures
from d2lmini.data.photos import grey
from d2lmini.ops.check import between, generator
from d2lmini.shapes import whole


def regular(sides: int) -> tuple[int, list[tuple[float, float, float]]]:
    """Return the sectors of a regular polygon and its edge in one of them, as `FIGURES` keeps them."""
    return sides, [(1.0, 0.0, sqrt(pi / sides / tan(pi / sides)))]


def star(pit: float = 0.45) -> tuple[int, list[tuple[float, float, float]]]:
    """Return a star of five tips; its inner corners lie at `pit` of the radius of its tips."""
    tip = sqrt(pi / (5 * pit * sin(pi / 5)))
    normal = atan2(1 - pit * cos(pi / 5), pit * sin(pi / 5))  # of an edge, as an angle to the ray through its tip
    return 5, [(cos(pi / 5 - normal), sin(pi / 5 - normal), tip * cos(normal))]


def cross(arm: float = 0.33) -> tuple[int, list[tuple[float, float, float]]]:
    """Return a cross whose arms are `arm` as wide as it is long."""
    long = sqrt(pi / (8 * arm - 4 * arm**2))
    return 4, [(1.0, 0.0, long), (0.0, 1.0, arm * long)]


# Turned by one of its equal sectors, a figure looks the same. Fold all sectors onto one, and onto its upper half:
# there the figure is all points (along, across) with a along + b across <= c for each of its edges (a, b, c).
# Every figure has the area of a circle of radius 1, and the circle is a polygon of 48 sides.
FIGURES = {"circle": regular(48), "square": regular(4), "triangle": regular(3), "star": star(), "cross": cross()}


@listed("circles, squares, triangles, stars and crosses in colour, 30 x 30, generated")
def shapes(
    n: int, *, size: int = 30, rng: np.random.Generator,
    contrast: float = 0.2, degrees: float = 20.0, shift: float = 0.09, noise: float = 0.03,
) -> Images:  # fmt: skip
    """Draw n figures of five classes, turned, moved and of any size, in two colours that differ in brightness.

    Shapes:
        size: pixels, 12 or more. contrast: 0..0.6, by how much the luma of the figure at least exceeds that of the
        ground. degrees: 0..180, shift: 0..0.3 of the width, how far a figure turns and moves at most. noise: standard
        deviation, 0..1. The area of a figure says nothing about its class.
        Returns images (n, 3, size, size) float32 in 0..1 and labels (n,) int64, all classes equally frequent.
    Raises:
        ShapeError: n or size is too small, another number is outside its range, or rng is no generator.
    Source:
        Written for this book; the five classes and the 30 x 30 pixels of homework A.

    >>> drawn = shapes(10, rng=np.random.default_rng(0))
    >>> drawn, np.bincount(drawn.labels).tolist()
    (Images(10 of (3, 30, 30), 5 classes, shapes), [2, 2, 2, 2, 2])
    """
    n, size, rng = whole(n, "n", 1), whole(size, "size", 12), generator(rng)
    contrast, noise = between(contrast, "contrast", 0, 0.6), between(noise, "noise", 0, 1)
    turn, shift = np.deg2rad(between(degrees, "degrees", 0, 180)), between(shift, "shift", 0, 0.3)
    labels = rng.permutation(np.arange(n) % len(FIGURES))
    radius = size * rng.uniform(0.16, 0.26, n)  # of the circle of the same area, in pixels
    centre = size * (0.5 + rng.uniform(-shift, shift, (2, n)))  # row and column, in pixels
    inside = cover(labels, size, centre, radius, pi / 2 + rng.uniform(-turn, turn, n))[:, None]  # (n, 1, h, w)
    ground, figure = two_colours(n, contrast, rng)  # (n, 3, 1, 1) each
    images = ground + inside * (figure - ground)  # (n, 3, h, w)
    images += noise * rng.standard_normal(images.shape, np.float32)
    return Images(pictures(images), labels, tuple(FIGURES), "shapes")


def cover(labels: np.ndarray, size: int, centre: np.ndarray, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return which share of each pixel its figure covers, from the distance to the border: (n, size, size) in 0..1."""
    pixels = np.arange(size) + 0.5
    inside = np.empty((len(labels), size, size), np.float32)
    for label, (sectors, edges) in enumerate(FIGURES.values()):
        chosen = labels == label
        middle, reach, turn = centre[:, chosen, None, None], radius[chosen, None, None], angle[chosen, None, None]
        y, x = pixels[:, None] - middle[0], pixels - middle[1]  # (m, h, 1), (m, 1, w)
        sector = 2 * pi / sectors
        folded = np.abs((np.arctan2(y, x) - turn + sector / 2) % sector - sector / 2)  # (m, h, w), 0 .. sector / 2
        along, across = np.hypot(y, x) * np.cos(folded), np.hypot(y, x) * np.sin(folded)
        distance = np.max([a * along + b * across - c * reach for a, b, c in edges], axis=0)  # in pixels, < 0 inside
        inside[chosen] = (0.5 - distance).clip(0, 1)
    return inside


def two_colours(n: int, contrast: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n pairs of colours (n, 3, 1, 1), the darker first; pairs that differ too little in luma are drawn again."""
    pairs = np.empty((2, n, 3, 1, 1), np.float32)
    missing = np.arange(n)
    while missing.size:
        pairs[:, missing] = rng.random((2, missing.size, 3, 1, 1), np.float32)
        luma = np.stack([grey(colours).ravel() for colours in pairs])  # (2, n)
        missing = np.flatnonzero(np.abs(luma[1] - luma[0]) < contrast)
    return np.where((luma[0] < luma[1])[:, None, None, None], pairs, pairs[::-1])
