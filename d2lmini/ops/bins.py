"""Pooling to a size that is given: in regions cut at random, in a pyramid of grids, or in frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import floating, generator, real, upstream, word
from d2lmini.ops.pooling import shares_of, winners
from d2lmini.shapes import Pair, pair, several, whole

BINS = {"max": np.max, "min": np.min, "avg": np.mean}


# --- in bins ----------------------------------------------------------------------------------------------


def pool_bins(
    x: np.ndarray, rows: Sequence[tuple[int, int]], columns: Sequence[tuple[int, int]], mode: str
) -> np.ndarray:
    """Summarise rectangles, given as (start, stop) for each row and column of the output, axis by axis."""
    pool = BINS[word(mode, "mode", BINS)]
    strips = np.stack([pool(x[:, :, a:b], axis=2) for a, b in rows], axis=2)  # (n, c, h', w)
    return np.stack([pool(strips[..., a:b], axis=3) for a, b in columns], axis=3)  # (n, c, h', w')


def pool_bins_backward(
    dy: np.ndarray, x: np.ndarray, rows: Sequence[tuple[int, int]], columns: Sequence[tuple[int, int]], mode: str
) -> np.ndarray:
    """Send dy (n, c, h', w') back to the rectangles: to the first winner of each, or in equal parts to all."""
    dx = np.zeros(x.shape, dy.dtype)
    for (i, (a, b)), (j, (c, d)) in product(enumerate(rows), enumerate(columns)):
        part = x[:, :, a:b, c:d]
        flat = part.reshape(*part.shape[:2], -1)  # (n, c, pixels)
        k = flat.shape[-1]
        share = np.full(k, 1 / k) if mode == "avg" else shares_of(winners(flat, mode), k)
        dx[:, :, a:b, c:d] += (dy[:, :, i, j, None] * share).reshape(part.shape)  # bins may overlap
    return dx


def check_shrinks(size: tuple[int, int], out: tuple[int, int]) -> None:
    """Refuse to make more pixels than there are."""
    if out[0] > size[0] or out[1] > size[1]:
        came = f"an image of {size} pixels pooled to {out}"
        raise ShapeError(fault(came, "no more than there are", f"{size} or less"))


def two_sizes(
    size: tuple[int, int], out: Pair, rng: np.random.Generator, overlapping: bool
) -> list[list[tuple[int, int]]]:
    """Return random bins of floor(n / m) and ceil(n / m) pixels for the rows, and for the columns."""
    out, bins = pair(out, "size", 1), []
    check_shrinks(size, out)
    for n, m in zip(size, out, strict=True):
        u = generator(rng).integers(m)  # the m sequences that exist, in whole numbers
        borders = (n * np.arange(m + 1) + u) // m  # (m+1,), from 0 to n
        bins.append([(a, b + overlapping) for a, b in pairwise(borders)])
    return bins


def fractional_max_pool2d(
    x: np.ndarray, size: Pair, *, rng: np.random.Generator, overlapping: bool = True
) -> np.ndarray:
    """Take the maximum in regions of two sizes, mixed at random, to shrink by any factor;
    chapter `fractional_max_pool2d`.

    Shapes:
        x: (n, c, h, w). size: (h', w') of the output in pixels. Returns (n, c, h', w').
        The borders are a_i = ceil(q (i + u)) - ceil(q u) with q = h / h', from a_0 = 0 to h in steps of q
        rounded down or up; rng draws u once for all rows and once for all columns. Region i goes from a_i to
        a_(i+1), with that pixel if overlapping. torch.nn.FractionalMaxPool2d has regions of one size instead.
    Raises:
        ShapeError: x is not 4-d, size is larger than the image, or rng is no generator.
    Source:
        Graham 2014, arXiv:1412.6071, the pseudo-random sequences.

    >>> x = np.arange(1.0, 6.0).reshape(1, 1, 1, 5)
    >>> fractional_max_pool2d(x, (1, 5), rng=np.random.default_rng(0), overlapping=False).ravel().tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    x = real(x, "x", "nchw")
    return pool_bins(x, *two_sizes(x.shape[2:], size, rng, overlapping), mode="max")  # (n, c, h', w')


def fractional_max_pool2d_backward(
    dy: np.ndarray, x: np.ndarray, size: Pair, *, rng: np.random.Generator, overlapping: bool = True
) -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `fractional_max_pool2d` is dy;
    chapter `fractional_max_pool2d_backward`.

    Shapes:
        dy: (n, c, h', w'). x: (n, c, h, w). Returns dx like x. size, overlapping as in the forward pass.
        rng: a generator with the seed of the forward pass, to cut the same regions again; the first winner of each
        gets its dy.
    Raises:
        ShapeError: `fractional_max_pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        Graham 2014, arXiv:1412.6071; the chain rule as for any maximum.

    >>> x, dy = np.array([[[[1.0, 5.0, 2.0]]]]), np.full((1, 1, 1, 1), 8.0)
    >>> fractional_max_pool2d_backward(dy, x, 1, rng=np.random.default_rng(0)).ravel().tolist()
    [0.0, 8.0, 0.0]
    """
    x = real(x, "x", "nchw")
    bins = two_sizes(x.shape[2:], size, rng, overlapping)
    dy = upstream(dy, (*x.shape[:2], *map(len, bins)))
    return pool_bins_backward(floating(dy, "dy"), x, *bins, mode="max")  # (n, c, h, w)


def grids(size: tuple[int, int], levels: Sequence[int]) -> list[list[list[tuple[int, int]]]]:
    """Return for each level the bins of the rows and of the columns."""
    if not several(levels):
        raise ShapeError(fault(f"levels={levels!r}", "bins a side, one number a level", "levels=(1, 2, 4)"))
    levels = [whole(level, "level", 1) for level in levels]
    for level in levels:
        check_shrinks(size, (level, level))
    return [[[(i * n // k, -(-(i + 1) * n // k)) for i in range(k)] for n in size] for k in levels]


def spatial_pyramid_pool(x: np.ndarray, levels: Sequence[int] = (1, 2, 4), *, mode: str = "max") -> np.ndarray:
    """Pool over grids of 1 x 1, 2 x 2, 4 x 4 bins, so that images of all sizes give as many numbers;
    chapter `spatial_pyramid_pool`.

    Shapes:
        x: (n, c, h, w). levels: bins a side. mode: max | min | avg.
        Returns (n, c * sum of level^2), level after level, and in each of them channel after channel.
        Bin i of l reads from floor(i h / l) to ceil((i + 1) h / l), as adaptive pools do.
    Raises:
        ShapeError: x is not 4-d or smaller than a level, levels is no list of whole numbers,
            or the mode is unknown.
    Source:
        He et al. 2015, arXiv:1406.4729, section 2.2.

    >>> spatial_pyramid_pool(np.arange(9.0).reshape(1, 1, 3, 3), (1, 2)).tolist()
    [[8.0, 4.0, 5.0, 7.0, 8.0]]
    """
    x = real(x, "x", "nchw")
    parts = [pool_bins(x, *grid, mode) for grid in grids(x.shape[2:], levels)]  # (n, c, l, l) each
    return np.concatenate([part.reshape(len(x), -1) for part in parts], axis=1)  # (n, c * sum of l^2)


def spatial_pyramid_pool_backward(
    dy: np.ndarray, x: np.ndarray, levels: Sequence[int] = (1, 2, 4), *, mode: str = "max"
) -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `spatial_pyramid_pool` is dy;
    chapter `spatial_pyramid_pool_backward`.

    Shapes:
        dy: (n, c * sum of level^2). x: (n, c, h, w). Returns dx like x: what each level sends back, added up.
    Raises:
        ShapeError: `spatial_pyramid_pool` refuses the arguments, or dy has not the shape of its output.
    Source:
        He et al. 2015, arXiv:1406.4729, section 2.3; the chain rule as for any maximum or mean.

    >>> x, dy = np.arange(4.0).reshape(1, 1, 2, 2), np.array([[10.0, 1.0, 2.0, 3.0, 4.0]])
    >>> spatial_pyramid_pool_backward(dy, x, (1, 2)).ravel().tolist()  # the 3 is the largest on both levels
    [1.0, 2.0, 3.0, 14.0]
    """
    x, mode = real(x, "x", "nchw"), word(mode, "mode", BINS)
    n, c, h, w = x.shape
    pyramid = grids((h, w), levels)
    ends = np.cumsum([c * len(rows) ** 2 for rows, _ in pyramid])  # where each level ends in dy
    dy = floating(upstream(dy, (n, int(ends[-1])), ("n", "features")), "dy")
    dx = np.zeros(x.shape, dy.dtype)
    for (rows, columns), part in zip(pyramid, np.split(dy, ends[:-1], axis=1), strict=True):
        part = part.reshape(n, c, len(rows), len(rows))
        dx += pool_bins_backward(part, x, rows, columns, mode)
    return dx


# --- in frequencies ---------------------------------------------------------------------------------------


def spectral_pool2d(x: np.ndarray, size: Pair, *, transform: str = "dft") -> np.ndarray:
    """Keep the lowest frequencies of each channel and come back to fewer pixels; chapter `spectral_pool2d`.

    Shapes:
        x: (n, c, h, w), real. size: (h', w') of the output in pixels. Returns (n, c, h', w'), real, with the
        mean of x.
        transform: dft (the image goes round a torus) | dct (it is mirrored at its edges).
    Raises:
        ShapeError: x is not 4-d or not real, size is larger than the image, or the transform is unknown.
    Source:
        Rippel, Snoek and Adams 2015, arXiv:1506.03767, section 4, for the DFT;
        Smith and Wilamowski 2018, doi:10.1007/978-3-319-91253-0_23, for the DCT.

    >>> wave = np.cos(2 * np.pi * np.arange(8) / 8)[None, None, None]
    >>> spectral_pool2d(wave, (1, 4)).round(9).ravel().tolist() == [1.0, 0.0, -1.0, 0.0]
    True
    """
    x = floating(x, "x", "nchw")
    rows, columns = shrinkers(x.shape[2:], size, transform)
    return rows.astype(x.dtype) @ x @ columns.T.astype(x.dtype)  # (n, c, h', w'): all of it is linear


def spectral_pool2d_backward(dy: np.ndarray, x: np.ndarray, size: Pair, *, transform: str = "dft") -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `spectral_pool2d` is dy;
    chapter `spectral_pool2d_backward`.

    Shapes:
        dy: (n, c, h', w'). x: (n, c, h, w), of which only the shape matters. Returns dx like x, by the transposed
        matrices: dy with zeros for the frequencies that were cut, times h' w' / (h w).
    Raises:
        ShapeError: `spectral_pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        Rippel, Snoek and Adams 2015, arXiv:1506.03767, section 4 and algorithm 2.

    >>> x, dy = np.zeros((1, 1, 1, 4)), np.array([[[[8.0]]]])  # one number is the mean of all
    >>> spectral_pool2d_backward(dy, x, 1).ravel().tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    x = floating(x, "x", "nchw")
    rows, columns = shrinkers(x.shape[2:], size, transform)
    dy = floating(upstream(dy, (*x.shape[:2], len(rows), len(columns))), "dy")
    return rows.T.astype(dy.dtype) @ dy @ columns.astype(dy.dtype)  # (n, c, h, w)


def shrinkers(size: tuple[int, int], out: Pair, transform: str) -> list[np.ndarray]:
    """Return the matrices (h', h) and (w', w) that shrink each column and each row of an image."""
    out = pair(out, "size", 1)
    check_shrinks(size, out)
    shrink = {"dft": shrink_dft, "dct": shrink_dct}[word(transform, "transform", ("dft", "dct"))]
    return [shrink(n, m) for n, m in zip(size, out, strict=True)]


def shrink_dft(n: int, m: int) -> np.ndarray:
    """Return the matrix (m, n) that keeps the Fourier coefficients from -m/2 to m/2 of n samples, and their
    mean.

    For even m the frequencies m/2 and -m/2 cannot be told apart in m samples: they are added, so that the
    result is real.
    """
    spectra = np.fft.rfft(np.eye(n), axis=0)[: m // 2 + 1]  # (m//2+1, n); the negative half mirrors it
    if m % 2 == 0 and m < n:
        spectra[-1] *= 2  # irfft takes the real part: X[m/2] + X[-m/2]
    return np.fft.irfft(spectra, m, axis=0) * (m / n)


def shrink_dct(n: int, m: int) -> np.ndarray:
    """Return the matrix (m, n) that keeps the first m cosine coefficients of n samples, and their mean."""

    def cosines(k: int) -> np.ndarray:
        """The orthonormal DCT-II of k samples, one frequency a row."""
        matrix = np.cos(np.pi / k * np.outer(np.arange(k), np.arange(k) + 0.5))  # (k, k)
        return matrix * np.sqrt(np.where(np.arange(k) == 0, 1, 2) / k)[:, None]

    return np.sqrt(m / n) * cosines(m).T @ cosines(n)[:m]
