"""Two ways to take a signal apart: into frequencies, window by window, and into oscillations of its own."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import floating
from d2lmini.shapes import whole

# --- the short-time Fourier transform -------------------------------------------------------------------------


def stft(x: np.ndarray, window: np.ndarray, *, hop: int | None = None, center: bool = True) -> np.ndarray:
    """Transform one window of a signal after another, the short-time Fourier transform; chapter `stft`.

    Shapes:
        x: (..., l), real. window: (k,). hop: samples from one window to the next; None means k // 4, at least 1.
        center=True pads k // 2 samples on both sides, mirrored without repeating the last one, so that window t has
        its middle at sample t hop; center=False pads nothing, and window t begins there.
        Returns Y (..., k // 2 + 1, t), complex, Y[f, t] = sum over j of window[j] x[t hop + j] exp(-2 pi i f j / k);
        row f is the frequency f / k of the sampling rate.
    Raises:
        ShapeError: window is not 1-d or x has no axis, hop is none, or the signal is too short for one window or for
        its mirror.
    Source:
        Allen 1977, doi:10.1109/TASSP.1977.1162950; values as of torch.stft with n_fft = len(window).

    >>> x = np.array([0.0, 0.0, 1.0, 2.0, 1.0, 2.0])
    >>> abs(stft(x, np.ones(2), hop=2, center=False)).tolist()  # sum and difference of each pair
    [[0.0, 3.0, 3.0], [0.0, 1.0, 1.0]]
    """
    window, x = floating(window, "window", ("k",)), floating(x, "x")
    k, dtype = len(window), np.result_type(x, window)
    hop = max(1, k // 4) if hop is None else whole(hop, "hop", 1)
    side, least = (k // 2, k // 2 + 1) if center else (0, k)
    if x.ndim == 0 or x.shape[-1] < least or not x.size:
        needed = f"{least} samples or more for a window of {k}" + (" and its mirror" if center else "")
        raise ShapeError(fault(f"x has shape {x.shape}", needed, "a shorter window or a longer signal"))
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(side, side)], mode="reflect")  # (..., l + 2 side)
    windows = sliding_window_view(padded, k, axis=-1)[..., ::hop, :]  # (..., t, k)
    spectra = np.fft.rfft(windows * window)  # (..., t, k // 2 + 1)
    return np.ascontiguousarray(spectra.swapaxes(-1, -2), np.result_type(dtype, np.complex64))  # (..., k // 2 + 1, t)


# --- empirical mode decomposition -----------------------------------------------------------------------------


def emd(x: np.ndarray, *, modes: int | None = None, sifts: int = 10) -> np.ndarray:
    """Peel oscillations off a signal, the fastest first, the empirical mode decomposition; chapter `emd`.

    Shapes:
        x: (l,), real. modes: how many at most; None means log2(l). sifts: how often the mean of the two envelopes is
        taken away from a mode. Returns (m + 1, l): m modes and, last, what remains; the rows add up to x.
        It ends early when what remains has no maximum or no minimum inside. An envelope is the natural cubic spline
        through the maxima, or minima, mirrored at both ends of the signal.
    Raises:
        ShapeError: x is not 1-d, holds a number that is not finite, or modes or sifts is none.
    Source:
        Huang et al. 1998, doi:10.1098/rspa.1998.0193; ten sifts as in Wu and Huang 2009,
        doi:10.1142/S1793536909000047.

    >>> emd(np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])).tolist()  # envelopes 1 and 0, their mean 0.5
    [[-0.5, 0.5, -0.5, 0.5, -0.5, 0.5, -0.5], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]
    """
    x = floating(x, "x", "l")
    if not np.isfinite(x).all():
        raise ShapeError(fault("x holds a number that is not finite", "a finite signal", "np.nan_to_num(x)"))
    modes = len(x).bit_length() - 1 if modes is None else whole(modes, "modes", 1)
    found, rest = [], x.astype(np.float64)
    while len(found) < modes and (mean := mean_envelope(rest)) is not None:
        mode = rest - mean
        for _ in range(whole(sifts, "sifts", 1) - 1):
            if (mean := mean_envelope(mode)) is None:
                break
            mode = mode - mean
        found.append(mode)
        rest = rest - mode
    return np.array([*found, rest], x.dtype)  # (m + 1, l)


def mean_envelope(x: np.ndarray) -> np.ndarray | None:
    """Return the mean of the upper and the lower envelope of x (l,), or None where x has no maximum or no minimum."""
    sides = []
    for sign in (1, -1):
        at = peaks(sign * x)
        if len(at) == 0:
            return None
        last = 2 * (len(x) - 1)
        knots = np.concatenate([-at[::-1], at, last - at[::-1]])  # mirrored at both ends
        sides.append(natural_spline(knots, x[abs(np.minimum(knots, last - knots))], np.arange(len(x))))
    return (sides[0] + sides[1]) / 2


def peaks(x: np.ndarray) -> np.ndarray:
    """Return where x (l,) is larger than on both sides; of several equal values the middle one.

    >>> peaks(np.array([0, 2, 1, 3, 3, 3, 0, 5])).tolist()
    [1, 4]
    """
    steps = np.flatnonzero(np.diff(x))
    begin, end = np.append(0, steps + 1), np.append(steps, len(x) - 1)  # of each run of equal values
    rises = np.diff(x[begin]) > 0
    top = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
    return (begin[top] + end[top]) // 2


def natural_spline(knots: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Lay cubics through the values at the knots, smooth to the second derivative, which is 0 at both ends.

    >>> natural_spline(np.array([0, 2, 4]), np.array([0.0, 1.0, 0.0]), np.array([1, 2, 3])).tolist()
    [0.6875, 1.0, 0.6875]
    """
    step = np.diff(knots).astype(np.float64)  # (m - 1,)
    slope = np.diff(values) / step
    system, right = np.eye(len(knots)), np.zeros(len(knots))
    inner = np.arange(1, len(knots) - 1)
    system[inner, inner - 1], system[inner, inner + 1] = step[:-1], step[1:]
    system[inner, inner] = 2 * (step[:-1] + step[1:])
    right[inner] = 6 * np.diff(slope)
    bend = np.linalg.solve(system, right)  # second derivatives at the knots, (m,)
    j = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(step) - 1)
    a, b = (knots[j + 1] - at) / step[j], (at - knots[j]) / step[j]  # distances to both knots, adding up to 1
    curved = (a**3 - a) * bend[j] + (b**3 - b) * bend[j + 1]
    return a * values[j] + b * values[j + 1] + curved * step[j] ** 2 / 6
