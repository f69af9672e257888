"""Convolution and correlation along one axis: the sums of the textbook, in the sizes full, same and valid."""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.shapes import numeric

SIZES = ("full", "same", "valid")


def crop(n: int, k: int, mode: str) -> slice:
    """Return the part of the full result (length n + k - 1) that a mode keeps.

    full keeps every place where signal and kernel touch, same the n places in the middle, valid those where the shorter
    one lies inside the longer one.

    >>> [(c.start, c.stop) for c in (crop(5, 3, "full"), crop(5, 3, "same"), crop(5, 3, "valid"))]
    [(0, 7), (1, 6), (2, 5)]
    """
    if mode not in SIZES:
        raise ShapeError(fault(f"mode={mode!r}", f"one of {', '.join(SIZES)}", 'mode="full"'))
    start, length = {"full": (0, n + k - 1), "same": ((k - 1) // 2, n), "valid": (min(n, k) - 1, abs(n - k) + 1)}[mode]
    return slice(start, start + length)


def conv1d(x: np.ndarray, h: np.ndarray, mode: str = "full") -> np.ndarray:
    """Convolve two signals, y[i] = sum over j of h[j] x[i - j]; chapter `conv1d`.

    Shapes:
        x: (n,), h: (k,). Returns (n + k - 1,) for full, (n,) for same, (|n - k| + 1,) for valid.
    Raises:
        ShapeError: a signal is not 1-d or is empty, or the mode is unknown.
    Source:
        Oppenheim and Schafer 2010, Discrete-Time Signal Processing, section 2.3.

    >>> conv1d([1, 2, 2], [1, -1]).tolist()
    [1, 1, 0, -2]
    """
    x, h = numeric(x, "x", "n"), numeric(h, "h", "k")
    kept = crop(len(x), len(h), mode)
    y = np.zeros(len(x) + len(h) - 1, np.result_type(x, h))  # (n+k-1,)
    for j, weight in enumerate(h):
        y[j : j + len(x)] += weight * x  # the copy of x that starts at j
    return y[kept]


def xcorr1d(x: np.ndarray, h: np.ndarray, mode: str = "valid") -> np.ndarray:
    """Slide h over x without flipping it, y[i] = sum over j of h[j] x[i + j]; chapter `xcorr1d`.

    Shapes:
        x: (n,), h: (k,). Returns (n + k - 1,) for full, (n,) for same, (|n - k| + 1,) for valid.
        In mode full the first value belongs to the shift i = -(k - 1).
    Raises:
        ShapeError: a signal is not 1-d or is empty, or the mode is unknown.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, equation 9.6, along one axis.

    >>> xcorr1d([1, 2, 2], [1, -1]).tolist(), xcorr1d([1, 2, 2], [1, -1], "full").tolist()
    ([-1, 0], [-1, -1, 0, 2])
    """
    return conv1d(x, numeric(h, "h", "k").conj()[::-1], mode)


def circular_conv1d(x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Convolve on a circle, y[i] = sum over j of h[j] x[(i - j) mod n]; chapter `circular_conv1d`.

    Shapes:
        x: (n,), h: (k,) with k <= n. Returns (n,).
    Raises:
        ShapeError: a signal is not 1-d or is empty, or h is longer than x.
    Source:
        Oppenheim and Schafer 2010, Discrete-Time Signal Processing, section 8.6.5.

    >>> circular_conv1d([1, 2, 2], [1, -1]).tolist()
    [-1, 1, 0]
    """
    x, h = numeric(x, "x", "n"), numeric(h, "h", "k")
    if len(h) > len(x):
        raise ShapeError(fault(f"h has {len(h)} values and x has {len(x)}", "k <= n", "circular_conv1d(h, x)"))
    y = np.zeros(len(x), np.result_type(x, h))  # (n,)
    for j, weight in enumerate(h):
        y += weight * np.roll(x, j)
    return y
