"""Stripes of several orientations in noise: the stimulus of the physiologists, and a task that pixels cannot solve."""

from __future__ import annotations

import numpy as np

from d2lmini.data.base import Images, listed, pictures
from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, generator
from d2lmini.shapes import several, whole


@listed("stripes of up to 18 orientations in noise, 32 x 32 grey, generated")
def gratings(
    n: int, *, classes: int = 8, size: int = 32, rng: np.random.Generator,
    frequency: tuple[float, float] = (0.08, 0.18), contrast: float = 0.3, noise: float = 0.2,
) -> Images:  # fmt: skip
    """Draw n gratings, sine waves that run in one of several directions, with any phase, in noise.

    Shapes:
        classes: 2 to 18; the wave of class k runs k * 180 / classes degrees from rightwards to downwards.
        size: pixels, 10 or more. frequency: the least and the largest, in waves per pixel, 0..0.5; each image draws
        its own. contrast: 0..0.5, the amplitude of the wave. noise: standard deviation, 0..1.
        Returns images (n, 1, size, size) float32 in 0..1 and labels (n,) int64, all classes equally frequent.
    Raises:
        ShapeError: a number is outside its range, or rng is no generator.
    Source:
        Written for this book; the stimulus of Campbell and Robson 1968, doi:10.1113/jphysiol.1968.sp008574.

    >>> stripes = gratings(4, classes=2, rng=np.random.default_rng(0), noise=0)
    >>> stripes, bool((stripes.images[stripes.labels == 0].std(axis=2) < 1e-6).all())  # class 0: upright stripes
    (Images(4 of (1, 32, 32), 2 classes, gratings), True)
    """
    n, classes, size, rng = whole(n, "n", 1), whole(classes, "classes", 2), whole(size, "size", 10), generator(rng)
    if classes > 18:
        raise ShapeError(fault(f"classes={classes}", "2 to 18, so that neighbours differ by 10 degrees", "classes=8"))
    ends = several(frequency)
    if ends is None or len(ends) != 2:
        raise ShapeError(fault(f"frequency={frequency!r}", "a pair, the least and the largest", "frequency=(0.1, 0.1)"))
    low = between(ends[0], "frequency", 0, 0.5)
    high = between(ends[1], "frequency", low, 0.5)
    contrast, noise = between(contrast, "contrast", 0, 0.5), between(noise, "noise", 0, 1)
    labels = rng.permutation(np.arange(n) % classes)
    angle, waves = np.pi * labels / classes, rng.uniform(low, high, n)
    phase = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    y, x = np.mgrid[:size, :size]
    u, v = (waves * side(angle) for side in (np.cos, np.sin))  # waves per pixel, to the right and downwards
    images = 0.5 + contrast * np.sin(2 * np.pi * (u[:, None, None] * x + v[:, None, None] * y) + phase)  # (n, h, w)
    images = images[:, None] + noise * rng.standard_normal((n, 1, size, size))  # (n, 1, h, w)
    return Images(pictures(images), labels, tuple(f"{180 * k / classes:g}°" for k in range(classes)), "gratings")
