"""Pooling: fewer numbers for each channel, by rule or by chance, in windows, in bins, or in frequencies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.backward import add_windows
from d2lmini.ops.check import between, floating, generator, real, upstream, word
from d2lmini.ops.conv import windows2d
from d2lmini.ops.padding import pad2d
from d2lmini.shapes import Pair, Window, pair, several, whole, window

MODES = ("max", "min", "avg", "median", "lp", "weighted")
BINS = {"max": np.max, "min": np.min, "avg": np.mean}


# --- by rule ----------------------------------------------------------------------------------------------


def regions(
    x: np.ndarray, kernel: Pair, stride: Pair | None, padding: Pair, mode: str = "avg"
) -> tuple[np.ndarray, Window]:
    """Return the windows (n, c, h', w', kh, kw) of an image whose padding wins no max or min; and the Window."""
    x = real(x, "x", "nchw")
    win = window(x.shape[2:], kernel, kernel if stride is None else stride, padding)
    for k, p in zip(win.kernel, win.padding, strict=True):
        if p > k // 2:
            needed = "padding <= kernel / 2, so that each window sees the image"
            raise ShapeError(fault(f"padding={p} with kernel={k}", needed, f"padding={k // 2}"))
    lowest, highest = limits(x.dtype)
    outside = {"max": lowest, "min": highest}.get(mode, 0)
    return windows2d(pad2d(x, win.padding, mode="constant", value=outside), win), win


def limits(dtype: np.dtype) -> tuple[float, float]:
    """Return the numbers that nothing of this dtype goes below and above.

    >>> limits(np.dtype("uint8")), limits(np.dtype("float32"))
    ((0, 255), (-inf, inf))
    """
    if dtype.kind == "f":
        return -np.inf, np.inf
    return (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def mean_weights(
    weights: np.ndarray | None, size: tuple[int, int], win: Window, count_include_pad: bool
) -> np.ndarray:
    """Return the weight (1, 1, h', w', kh, kw) of each pixel in its window's mean; None is the plain mean."""
    weights = np.ones(win.kernel) if weights is None else real(weights, "weights", ("kh", "kw"))
    if weights.shape != win.kernel or not (weights >= 0).all():
        came, needed = f"weights of shape {weights.shape}, least {weights.min()}", f"shape {win.kernel}, none negative"
        raise ShapeError(fault(came, needed, f"weights=np.ones({win.kernel})"))
    outside = 1.0 if count_include_pad else 0.0
    counted = pad2d(np.ones((1, 1, *size)), win.padding, mode="constant", value=outside)  # (1, 1, h+2p, w+2p)
    used = weights * windows2d(counted, win)  # (1, 1, h', w', kh, kw): zero where nothing counts
    total = used.sum(axis=(4, 5), keepdims=True)
    if not (total > 0).all():
        needed = "a positive weight in each window"
        raise ShapeError(fault("a window whose weights sum to 0", needed, f"weights=np.ones({win.kernel})"))
    return used / total


def pool2d(
    x: np.ndarray, kernel: Pair, *, mode: str = "max", stride: Pair | None = None, padding: Pair = 0,
    p: float = 2.0, weights: np.ndarray | None = None, count_include_pad: bool = True,
) -> np.ndarray:  # fmt: skip
    """Summarise each window of each channel by one number; chapter `pool2d`.

    Shapes:
        x: (n, c, h, w). Returns (n, c, h', w') with h' as in `out_size`.
        kernel, stride, padding: pixels, one number or a pair (h, w). stride=None: windows side by side.
        mode: max | min | avg | median | lp, (sum of |x|^p)^(1/p) | weighted, the mean by weights (kh, kw).
        Outside the image: minus infinity for max, plus infinity for min, zeros for all others, which avg and
        weighted leave out of their mean when count_include_pad is False.
    Raises:
        ShapeError: x is not 4-d or not real, no window fits, padding > kernel / 2, the mode is unknown,
            p < 1, or weights are missing, of another shape than the kernel, negative or all zero.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, section 9.3; arguments as in PyTorch,
        whose lp_pool2d takes x^p without the absolute value.

    >>> x = np.array([[[[1.0, 2.0], [3.0, 6.0]]]])
    >>> [pool2d(x, 2, mode=mode).item() for mode in ("max", "min", "avg", "median", "lp")]
    [6.0, 1.0, 3.0, 2.5, 7.0710678118654755]
    """
    views, win = regions(x, kernel, stride, padding, word(mode, "mode", MODES))  # (n, c, h', w', kh, kw)
    if mode in ("max", "min"):
        return BINS[mode](views, axis=(4, 5))  # (n, c, h', w')
    views = floating(views, "x")
    if mode == "median":
        return np.median(views, axis=(4, 5))
    if mode == "lp":
        p = between(p, "p", 1)
        return (np.abs(views) ** p).sum(axis=(4, 5)) ** (1 / p)
    if mode == "weighted" and weights is None:
        needed = f"weights of shape {win.kernel}"
        raise ShapeError(fault('mode="weighted" without weights', needed, 'mode="avg"'))
    share = mean_weights(weights if mode == "weighted" else None, np.shape(x)[2:], win, count_include_pad)
    return (views * share.astype(views.dtype)).sum(axis=(4, 5))


def winners(flat: np.ndarray, mode: str) -> np.ndarray:
    """Return the place of the first largest or smallest value in the last axis, or of the one or two in the middle."""
    if mode != "median":
        return (np.argmax if mode == "max" else np.argmin)(flat, axis=-1, keepdims=True)
    k = flat.shape[-1]
    return np.argsort(flat, axis=-1, kind="stable")[..., (k - 1) // 2 : k // 2 + 1]


def pool2d_backward(
    dy: np.ndarray, x: np.ndarray, kernel: Pair, *,
    mode: str = "max", stride: Pair | None = None, padding: Pair = 0,
    p: float = 2.0, weights: np.ndarray | None = None, count_include_pad: bool = True,
) -> np.ndarray:  # fmt: skip
    """Return the gradient dx of a loss whose gradient at the output of `pool2d` is dy;
    chapter `pool2d_backward`.

    Shapes:
        dy: (n, c, h', w'). x: (n, c, h, w). Returns dx like x. All options as in `pool2d`.
        max and min send dy to the first winner of the window, row by row, median to the one or two in the
        middle, avg and weighted to all by weight, lp by sign(x) (|x| / y)^(p - 1), nothing where y = 0.
    Raises:
        ShapeError: `pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II, for the mean; the chain rule for the others.

    >>> x, dy = np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), np.full((1, 1, 1, 1), 8.0)
    >>> [pool2d_backward(dy, x, 2, mode=mode).ravel().tolist() for mode in ("max", "avg", "median")]
    [[0.0, 0.0, 0.0, 8.0], [2.0, 2.0, 2.0, 2.0], [0.0, 4.0, 4.0, 0.0]]
    """
    y = pool2d(
        x, kernel, mode=mode, stride=stride, padding=padding, p=p, weights=weights, count_include_pad=count_include_pad
    )  # (n, c, h', w'); it checks everything
    dy = floating(upstream(dy, y.shape), "dy")[..., None, None]  # (n, c, h', w', 1, 1)
    views, win = regions(x, kernel, stride, padding, mode)  # (n, c, h', w', kh, kw)
    if mode == "lp":
        y = y[..., None, None]
        ratio = np.divide(np.abs(views), y, out=np.zeros(views.shape, y.dtype), where=y > 0)  # 0..1
        share = np.sign(views) * np.where(y > 0, ratio ** (p - 1), 0)
    elif mode in ("avg", "weighted"):
        share = mean_weights(weights if mode == "weighted" else None, np.shape(x)[2:], win, count_include_pad)
    else:
        flat = views.reshape(*views.shape[:4], -1)  # (n, c, h', w', kh kw)
        places, share = winners(flat, mode), np.zeros(flat.shape)
        np.put_along_axis(share, places, 1 / places.shape[-1], axis=-1)
        share = share.reshape(views.shape)
    return add_windows(dy * share.astype(dy.dtype), np.shape(x)[2:], win)  # (n, c, h, w)


def mixed_pool2d(
    x: np.ndarray, kernel: Pair, *, lam: float, stride: Pair | None = None, padding: Pair = 0
) -> np.ndarray:
    """Mix the maximum and the mean of each window, lam max + (1 - lam) mean; chapter `mixed_pool2d`.

    Shapes:
        x: (n, c, h, w). lam: 0..1. Returns (n, c, h', w'). kernel, stride, padding as in `pool2d`.
        Yu et al. throw a coin for lam, 0 or 1, at each training step; Lee et al. learn one lam for a layer.
    Raises:
        ShapeError: `pool2d` refuses the arguments, or lam is outside 0..1.
    Source:
        Yu, Wang, Chen and Wei 2014, doi:10.1007/978-3-319-11740-9_34;
        Lee, Gallagher and Tu 2016, arXiv:1509.08985, section 3.1.

    >>> mixed_pool2d(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), 2, lam=0.5).item()
    4.5
    """
    lam = between(lam, "lam", 0, 1)
    largest, mean = (pool2d(x, kernel, mode=mode, stride=stride, padding=padding) for mode in ("max", "avg"))
    return lam * largest + (1 - lam) * mean


def global_pool2d(x: np.ndarray, *, mode: str = "avg", p: float = 2.0) -> np.ndarray:
    """Summarise each channel by one number; chapter `global_pool2d`.

    Shapes:
        x: (n, c, h, w). mode, p: as in `pool2d`. Returns (n, c, 1, 1).
    Raises:
        ShapeError: x is not 4-d, or the mode is unknown.
    Source:
        Lin, Chen and Yan 2014, arXiv:1312.4400, section 3.2.

    >>> global_pool2d(np.arange(8.0).reshape(1, 2, 2, 2)).ravel().tolist()
    [1.5, 5.5]
    """
    return pool2d(x, real(x, "x", "nchw").shape[2:], mode=mode, p=p)  # one window


# --- by chance --------------------------------------------------------------------------------------------


def contenders(x: np.ndarray, kernel: Pair, stride: Pair | None) -> np.ndarray:
    """Return the pixels (n, c, h', w', kh kw) of each window, none of them negative."""
    views, _ = regions(floating(x, "x", "nchw"), kernel, stride, 0)
    if not (views >= 0).all():
        hint = "np.maximum(x, 0) before"
        raise ShapeError(fault(f"x has the value {views.min()}", "activations >= 0, as chances", hint))
    return views.reshape(*views.shape[:4], -1)


def stochastic_pool2d(
    x: np.ndarray, kernel: Pair, *, stride: Pair | None = None, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Draw one pixel of each window with a chance in proportion to its value, or take the expected value;
    chapter `stochastic_pool2d`.

    Shapes:
        x: (n, c, h, w), no negative values. Returns (n, c, h', w'). kernel, stride as in `pool2d`.
        rng: the rule of training, pixel i with probability P_i = a_i / sum of a. rng=None: the rule of
        testing, the sum of P_i a_i. A window of zeros gives 0.
    Raises:
        ShapeError: x is not 4-d or has a negative value, no window fits, or rng is no generator.
    Source:
        Zeiler and Fergus 2013, arXiv:1301.3557, section 3.

    >>> x = np.array([[[[1.0, 0.0], [0.0, 3.0]]]])
    >>> drawn = stochastic_pool2d(x, 2, rng=np.random.default_rng(0))
    >>> drawn.item() in (1.0, 3.0), stochastic_pool2d(x, 2).item()  # 1/4 of 1 and 3/4 of 3
    (True, 2.5)
    """
    a = contenders(x, kernel, stride)  # (n, c, h', w', kh kw)
    if rng is None:
        total = a.sum(axis=-1)
        return np.divide((a * a).sum(axis=-1), total, out=np.zeros_like(total), where=total > 0)
    wheel = a.cumsum(axis=-1, dtype=np.float64)  # pixel i owns the part from wheel[i-1] to wheel[i]
    ball = generator(rng).random(a.shape[:-1]) * wheel[..., -1]  # (n, c, h', w')
    drawn = (wheel <= ball[..., None]).sum(axis=-1, keepdims=True)
    drawn = np.minimum(drawn, a.shape[-1] - 1)  # on a wheel of zeros no pixel owns a part
    return np.take_along_axis(a, drawn, axis=-1)[..., 0]  # (n, c, h', w')


def tournament_pool2d(
    x: np.ndarray, kernel: Pair, *, stride: Pair | None = None, rng: np.random.Generator
) -> np.ndarray:
    """Let the pixels of each window fight in random pairs until one is left; chapter `tournament_pool2d`.

    Shapes:
        x: (n, c, h, w), no negative values. Returns (n, c, h', w'). kernel, stride as in `pool2d`.
        Pairs are drawn by lot; a beats b with probability a / (a + b), the losers leave, and who has no
        opponent waits for the next round. With two pixels this is `stochastic_pool2d`; of more, the strongest
        wins more often than there. If the stronger one always won, it would be the maximum.
    Raises:
        ShapeError: x is not 4-d or has a negative value, no window fits, or rng is no generator.
    Source:
        A definition of this book: the tournament of genetic algorithms (Goldberg and Deb 1991,
        doi:10.1016/B978-0-08-050684-5.50008-2) with the odds of Bradley and Terry 1952, doi:10.2307/2334029.
        A simpler rule takes two nonzero pixels by lot and keeps the larger; the chapter has both.

    >>> x = np.array([[[[0.0, 0.0], [0.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]]])
    >>> tournament_pool2d(x, 2, rng=np.random.default_rng(0)).ravel().tolist()
    [3.0, 0.0]
    """
    left = generator(rng).permuted(contenders(x, kernel, stride), axis=-1)  # (n, c, h', w', fighters)
    while (fighters := left.shape[-1]) > 1:
        odd = fighters % 2
        waiting, a, b = left[..., :odd], left[..., odd::2], left[..., odd + 1 :: 2]
        a_wins = rng.random(a.shape) * (a + b) < a
        left = np.concatenate([np.where(a_wins, a, b), waiting], axis=-1)  # who waited fights next
    return left[..., 0]


# --- in bins ----------------------------------------------------------------------------------------------


def pool_bins(
    x: np.ndarray, rows: Sequence[tuple[int, int]], columns: Sequence[tuple[int, int]], mode: str
) -> np.ndarray:
    """Summarise rectangles, given as (start, stop) for each row and column of the output, axis by axis."""
    pool = BINS[word(mode, "mode", BINS)]
    strips = np.stack([pool(x[:, :, a:b], axis=2) for a, b in rows], axis=2)  # (n, c, h', w)
    return np.stack([pool(strips[..., a:b], axis=3) for a, b in columns], axis=3)  # (n, c, h', w')


def check_shrinks(size: tuple[int, int], out: tuple[int, int]) -> None:
    """Refuse to make more pixels than there are."""
    if out[0] > size[0] or out[1] > size[1]:
        came = f"an image of {size} pixels pooled to {out}"
        raise ShapeError(fault(came, "no more than there are", f"{size} or less"))


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
    x, out, bins = real(x, "x", "nchw"), pair(size, "size", 1), []
    check_shrinks(x.shape[2:], out)
    for n, m in zip(x.shape[2:], out, strict=True):
        u = generator(rng).integers(m)  # the m sequences that exist, in whole numbers
        borders = (n * np.arange(m + 1) + u) // m  # (m+1,), from 0 to n
        bins.append([(a, b + overlapping) for a, b in zip(borders[:-1], borders[1:], strict=True)])
    return pool_bins(x, *bins, mode="max")  # (n, c, h', w')


def spatial_pyramid_pool(
    x: np.ndarray, levels: Sequence[int] = (1, 2, 4), *, mode: str = "max"
) -> np.ndarray:
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
    x, parts = real(x, "x", "nchw"), []
    if not several(levels):
        raise ShapeError(fault(f"levels={levels!r}", "bins a side, one number a level", "levels=(1, 2, 4)"))
    for level in (whole(v, "level", 1) for v in levels):
        check_shrinks(x.shape[2:], (level, level))
        bins = ([(i * n // level, -(-(i + 1) * n // level)) for i in range(level)] for n in x.shape[2:])
        parts.append(pool_bins(x, *bins, mode).reshape(len(x), -1))  # (n, c l^2)
    return np.concatenate(parts, axis=1)  # (n, c * sum of l^2)


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
    x, out = floating(x, "x", "nchw"), pair(size, "size", 1)
    check_shrinks(x.shape[2:], out)
    shrink = {"dft": shrink_dft, "dct": shrink_dct}[word(transform, "transform", ("dft", "dct"))]
    rows, columns = (shrink(n, m).astype(x.dtype) for n, m in zip(x.shape[2:], out, strict=True))
    return rows @ x @ columns.T  # (n, c, h', w'): one matrix an axis, since nothing here is more than linear


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
