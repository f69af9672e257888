"""Gabor filters: a wave under a bell, its Fourier transform, a bank of pairs, and the energy of a pair.

x runs to the right and y downwards, in pixels from the centre; u, v, U and V are in waves per pixel along x and y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, real
from d2lmini.ops.conv import conv2d
from d2lmini.ops.filters import odd, positive
from d2lmini.shapes import Pair, numeric, several, whole


def turned(x: np.ndarray, y: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates along axes that are turned by alpha, from x towards y.

    >>> [float(c.round(9)) for c in turned(np.array(0.0), np.array(2.0), np.pi / 2)]
    [2.0, 0.0]
    """
    c, s = float(np.cos(alpha)), float(np.sin(alpha))  # plain numbers leave float32 as it is
    return c * x + s * y, c * y - s * x


def gabor(
    size: int, sigma_x: float, sigma_y: float, *, alpha: float = 0.0, U: float = 0.0, V: float = 0.0
) -> np.ndarray:
    """Return a Gabor pair as one complex kernel, its even part real, its odd part imaginary; chapter `gabor`.

    Shapes:
        size: odd, pixels. sigma_x, sigma_y: pixels, the widths of the bell along its own axes, which are turned by
        alpha, radians, from x towards y. U, V: waves per pixel to the right and downwards, -0.5..0.5; alpha does not
        turn them. Returns (size, size) complex; a bell that fits the window has the sum 1 for U = V = 0.
    Raises:
        ShapeError: size is even, a width is not positive, or a number is outside its range.
    Source:
        Daugman 1985, doi:10.1364/JOSAA.2.001160; the normalisation 1 / (2 pi sigma_x sigma_y) of a density.

    >>> pair = 2 * np.pi * gabor(3, 1, 1, U=0.25)  # a wave of four pixels under a bell of width 1
    >>> pair[1].real.round(3).tolist(), pair[1].imag.round(3).tolist()
    ([0.0, 1.0, 0.0], [-0.607, 0.0, 0.607])
    """
    y, x = np.mgrid[: odd(size), : odd(size)] - size // 2  # (size, size) each
    sigma_x, sigma_y = positive(sigma_x, "sigma_x"), positive(sigma_y, "sigma_y")
    along, across = turned(x, y, between(alpha, "alpha", -2 * np.pi, 2 * np.pi))
    bell = np.exp(-((along / sigma_x) ** 2 + (across / sigma_y) ** 2) / 2) / (2 * np.pi * sigma_x * sigma_y)
    return bell * np.exp(2j * np.pi * (between(U, "U", -0.5, 0.5) * x + between(V, "V", -0.5, 0.5) * y))


def gabor_ft(
    u: np.ndarray, v: np.ndarray, sigma_x: float, sigma_y: float, *, alpha: float = 0.0, U: float = 0.0, V: float = 0.0
) -> np.ndarray:
    """Return the Fourier transform of a Gabor pair, a bell around the frequency (U, V); chapter `gabor_ft`.

    Shapes:
        u, v: one shape, the frequencies that are asked for, in waves per pixel. sigma_x, sigma_y, alpha, U, V: as in
        `gabor`. Returns the shape of u and v, 0..1, real, for the filter on the whole plane, before it is sampled.
    Raises:
        ShapeError: u and v differ in shape, a width is not positive, or a number is outside its range.
    Source:
        Daugman 1985, doi:10.1364/JOSAA.2.001160, with the distance to (U, V) turned, not the frequency alone.

    >>> gabor_ft(np.array([0.25, 0.0]), np.array([0.0, 0.0]), 1, 1, U=0.25).round(3).tolist()
    [1.0, 0.291]
    """
    u, v = real(u, "u"), real(v, "v")
    if u.shape != v.shape:
        raise ShapeError(fault(f"u has shape {u.shape} and v {v.shape}", "one shape", "np.meshgrid(u, v)"))
    to_u, to_v = u - between(U, "U", -0.5, 0.5), v - between(V, "V", -0.5, 0.5)
    along, across = turned(to_u, to_v, between(alpha, "alpha", -2 * np.pi, 2 * np.pi))
    far = (positive(sigma_x, "sigma_x") * along) ** 2 + (positive(sigma_y, "sigma_y") * across) ** 2
    return np.exp(-2 * np.pi**2 * far)


def gabor_bank(
    size: int = 15, *, orientations: int = 8, sigmas: Sequence[float] = (3.0,), frequencies: Sequence[float] = (0.125,),
    elongation: float = 1.0,
) -> np.ndarray:  # fmt: skip
    """Return Gabor pairs of all orientations, scales and frequencies as weights of a layer; chapter `gabor_bank`.

    Shapes:
        size: odd, pixels. orientations: 180 / orientations degrees from one to the next, the first wave runs to the
        right. sigmas: pixels, along the wave; across it the bell is `elongation` times as wide. frequencies: waves per
        pixel, above 0, at most 0.5. Returns (2 m, 1, size, size) for m = sigmas x frequencies x orientations, in this
        order, the last the fastest: m even kernels, then their m odd partners. Each has the sum 0 and the length 1.
    Raises:
        ShapeError: a number is outside its range, a list is empty, or the kernels have no room for a wave.
    Source:
        Jain and Farrokhnia 1991, doi:10.1016/0031-3203(91)90143-S; the mean of the even parts is removed with a bell.

    >>> bank = gabor_bank(9, orientations=4)
    >>> bank.shape, bool(np.allclose(bank[2, 0], bank[0, 0].T)), float(abs(bank.sum(axis=(2, 3))).max().round(9))
    ((8, 1, 9, 9), True, 0.0)
    """
    pairs = []
    angles = np.pi * np.arange(whole(orientations, "orientations", 1)) / orientations
    elongation = positive(elongation, "elongation")
    for sigma in listed(sigmas, "sigmas"):
        for frequency in listed(frequencies, "frequencies"):
            if not 0 < between(frequency, "frequency", 0, 0.5):
                raise ShapeError(fault("frequency=0", "waves, 0 < frequency <= 0.5", "frequencies=(0.125,)"))
            for angle in angles:
                width = {"sigma_x": sigma, "sigma_y": elongation * positive(sigma, "sigma"), "alpha": angle}
                wave = {"U": frequency * np.cos(angle), "V": frequency * np.sin(angle)}
                bell, pair = gabor(size, **width).real, gabor(size, **width, **wave)
                pairs.append(pair - bell * (pair.real.sum() / bell.sum()))
    bank = np.stack(pairs)[:, None]  # (m, 1, size, size)
    bank = np.concatenate([bank.real, bank.imag])  # (2 m, 1, size, size)
    length = np.sqrt((bank**2).sum(axis=(2, 3), keepdims=True))
    if length.min() < 1e-9:
        came = f"a kernel of size={size}, sigmas={sigmas}, frequencies={frequencies} is empty"
        raise ShapeError(fault(came, "a window with room for a wave", "size=15"))
    return bank / length


def listed(values: Sequence[float], name: str) -> tuple:
    """Return the members of a list of one or more numbers."""
    found = several(values)
    if not found:
        raise ShapeError(fault(f"{name}={values!r}", "a list of one or more numbers", f"{name}=(3.0,)"))
    return found


def gabor_energy(x: np.ndarray, bank: np.ndarray, *, stride: Pair = 1, padding: Pair = 0) -> np.ndarray:
    """Return the squares of even and odd answers, added pair by pair; chapter `gabor_energy`.

    Shapes:
        x: (n, 1, h, w). bank: (2 m, 1, k, k), as `gabor_bank` orders it. stride, padding: pixels.
        Returns (n, m, h', w'), nothing below 0.
    Raises:
        ShapeError: x is not 4-d or has several channels, bank holds no pairs, or the window does not fit.
    Source:
        Adelson and Bergen 1985, doi:10.1364/JOSAA.2.000284.

    >>> wave = np.cos(np.pi / 4 * np.arange(64))[None, None, None] * np.ones((64, 1))  # eight pixels long
    >>> energy = gabor_energy(wave, gabor_bank(15, orientations=4))  # a wave that runs to the right
    >>> energy.shape, bool((energy.argmax(axis=1) == 0).all())
    ((1, 4, 50, 50), True)
    """
    x, bank = numeric(x, "x", "nchw"), numeric(bank, "bank", ("2m", "1", "k", "k"))
    if bank.shape[0] % 2 or bank.shape[1] != 1 or x.shape[1] != 1:
        came = f"x has shape {x.shape} and bank {bank.shape}"
        raise ShapeError(fault(came, "(n, 1, h, w) and pairs, (2 m, 1, k, k)", "gabor_bank(15), x[:, :1]"))
    bank = bank.astype(x.dtype if x.dtype.kind == "f" else np.float64)
    even, odd_ = np.split(conv2d(x, bank, stride=stride, padding=padding), 2, axis=1)  # (n, m, h', w') each
    return even**2 + odd_**2
