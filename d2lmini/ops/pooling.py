"""Pooling in windows, by rule or by chance, and the way back.

Every kind answers one question for its gradient: how much does the result of a window grow with each of its pixels?
These are its shares. A maximum gives 1 to the winner, a mean equal parts to all, a lottery 1 to the pixel that was
drawn; `spread` multiplies them by the gradient from above and adds up where windows overlap.
"""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.backward import add_windows
from d2lmini.ops.check import between, floating, generator, real, upstream, word
from d2lmini.ops.conv import windows2d
from d2lmini.ops.padding import pad2d
from d2lmini.shapes import Pair, Window, window

MODES = ("max", "min", "avg", "median", "lp", "weighted")


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


def mean_weights(weights: np.ndarray | None, size: tuple[int, int], win: Window, count_include_pad: bool) -> np.ndarray:
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
        return (np.max if mode == "max" else np.min)(views, axis=(4, 5))  # (n, c, h', w')
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


def shares_of(places: np.ndarray, k: int) -> np.ndarray:
    """Return zeros (..., k) with 1 at the places (..., p), divided equally if p of them share it.

    >>> shares_of(np.array([1, 2]), 4).tolist()
    [0.0, 0.5, 0.5, 0.0]
    """
    share = np.zeros((*places.shape[:-1], k))
    np.put_along_axis(share, places, 1 / places.shape[-1], axis=-1)
    return share


def spread(dy: np.ndarray, share: np.ndarray, shape: tuple[int, ...], win: Window) -> np.ndarray:
    """Send dy (n, c, h', w') to the pixels of each window by their shares (n, c, h', w', kh kw): (n, c, h, w)."""
    dy = floating(upstream(dy, (*shape[:2], *win.out)), "dy")
    share = share.reshape(*share.shape[:4], *win.kernel).astype(dy.dtype)
    return add_windows(dy[..., None, None] * share, shape[2:], win)  # (n, c, h, w)


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
    views, win = regions(x, kernel, stride, padding, mode)  # (n, c, h', w', kh, kw)
    if mode == "lp":
        y = y[..., None, None]
        ratio = np.divide(np.abs(views), y, out=np.zeros(views.shape, y.dtype), where=y > 0)  # 0..1
        share = np.sign(views) * np.where(y > 0, ratio ** (p - 1), 0)
    elif mode in ("avg", "weighted"):
        share = mean_weights(weights if mode == "weighted" else None, np.shape(x)[2:], win, count_include_pad)
    else:
        flat = views.reshape(*views.shape[:4], -1)  # (n, c, h', w', kh kw)
        share = shares_of(winners(flat, mode), flat.shape[-1])
    return spread(dy, share, np.shape(x), win)  # (n, c, h, w)


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


def mixed_pool2d_backward(
    dy: np.ndarray, x: np.ndarray, kernel: Pair, *, lam: float, stride: Pair | None = None, padding: Pair = 0
) -> tuple[np.ndarray, np.floating]:
    """Return the gradients (dx, dlam) of a loss whose gradient at the output of `mixed_pool2d` is dy;
    chapter `mixed_pool2d_backward`.

    Shapes:
        dy: (n, c, h', w'). x: (n, c, h, w). Returns dx like x, mixed as the output was, and dlam, one number:
        the sum of dy times maximum minus mean, for a layer that learns its lam.
    Raises:
        ShapeError: `mixed_pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        Lee, Gallagher and Tu 2016, arXiv:1509.08985, section 3.1.

    >>> x, dy = np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), np.full((1, 1, 1, 1), 8.0)
    >>> dx, dlam = mixed_pool2d_backward(dy, x, 2, lam=0.5)
    >>> dx.ravel().tolist(), dlam.item()  # 8 (6 - 3)
    ([1.0, 1.0, 1.0, 5.0], 24.0)
    """
    lam, at = between(lam, "lam", 0, 1), {"stride": stride, "padding": padding}
    largest, mean = (pool2d_backward(dy, x, kernel, mode=mode, **at) for mode in ("max", "avg"))
    gain = pool2d(x, kernel, **at) - pool2d(x, kernel, mode="avg", **at)  # (n, c, h', w')
    return lam * largest + (1 - lam) * mean, (floating(dy, "dy") * gain).sum()


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


def global_pool2d_backward(dy: np.ndarray, x: np.ndarray, *, mode: str = "avg", p: float = 2.0) -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `global_pool2d` is dy;
    chapter `global_pool2d_backward`.

    Shapes:
        dy: (n, c, 1, 1). x: (n, c, h, w). Returns dx like x; for the mean, dy / (h w) everywhere.
    Raises:
        ShapeError: `global_pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        `pool2d_backward` with one window.

    >>> global_pool2d_backward(np.full((1, 1, 1, 1), 8.0), np.arange(4.0).reshape(1, 1, 2, 2)).ravel().tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    return pool2d_backward(dy, x, real(x, "x", "nchw").shape[2:], mode=mode, p=p)


# --- by chance --------------------------------------------------------------------------------------------


def contenders(x: np.ndarray, kernel: Pair, stride: Pair | None) -> tuple[np.ndarray, Window]:
    """Return the pixels (n, c, h', w', kh kw) of each window, none of them negative; and the Window."""
    views, win = regions(floating(x, "x", "nchw"), kernel, stride, 0)
    if not (views >= 0).all():
        hint = "np.maximum(x, 0) before"
        raise ShapeError(fault(f"x has the value {views.min()}", "activations >= 0, as chances", hint))
    return views.reshape(*views.shape[:4], -1), win


def chosen(a: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (n, c, h', w') at the places (n, c, h', w', 1) of each window, and its shares (.., kh kw).

    A value of 0 was no choice: its whole window is dark, and its shares are 0.
    """
    values = np.take_along_axis(a, places, axis=-1)  # (n, c, h', w', 1)
    return values[..., 0], shares_of(places, a.shape[-1]) * (values > 0)


def roulette(a: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the place (n, c, h', w', 1) of one pixel of each window, drawn in proportion to its value."""
    wheel = a.cumsum(axis=-1, dtype=np.float64)  # pixel i owns the part from wheel[i-1] to wheel[i]
    ball = generator(rng).random(a.shape[:-1]) * wheel[..., -1]  # (n, c, h', w')
    places = (wheel <= ball[..., None]).sum(axis=-1, keepdims=True)
    return np.minimum(places, a.shape[-1] - 1)  # on a wheel of zeros no pixel owns a part


def expected(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return S = sum of a^2 / sum of a (n, c, h', w') of each window, and its shares dS/da = (2 a - S) / sum of a."""
    total = a.sum(axis=-1, keepdims=True)
    lit = total > 0
    s = np.divide((a * a).sum(axis=-1, keepdims=True), total, out=np.zeros_like(total), where=lit)
    return s[..., 0], np.divide(2 * a - s, total, out=np.zeros_like(a), where=lit)


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
    a, _ = contenders(x, kernel, stride)  # (n, c, h', w', kh kw)
    return (expected(a) if rng is None else chosen(a, roulette(a, rng)))[0]


def stochastic_pool2d_backward(
    dy: np.ndarray, x: np.ndarray, kernel: Pair, *, stride: Pair | None = None, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `stochastic_pool2d` is dy;
    chapter `stochastic_pool2d_backward`.

    Shapes:
        dy: (n, c, h', w'). x: (n, c, h, w). Returns dx like x. kernel, stride as in `pool2d`.
        rng: a generator with the seed of the forward pass, to draw the same pixels again; each gets the dy of its
        window. rng=None: pixel i gets dy (2 a_i - S) / sum of a, where S is the expected value. A window of zeros
        gets nothing.
    Raises:
        ShapeError: `stochastic_pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        Zeiler and Fergus 2013, arXiv:1301.3557, section 3.1; the chain rule for the expected value.

    >>> x, dy = np.array([[[[1.0, 0.0], [0.0, 3.0]]]]), np.full((1, 1, 1, 1), 8.0)
    >>> stochastic_pool2d_backward(dy, x, 2).ravel().tolist()  # 8 (2 - 2.5) / 4, and so on
    [-1.0, -5.0, -5.0, 7.0]
    >>> sorted(stochastic_pool2d_backward(dy, x, 2, rng=np.random.default_rng(0)).ravel().tolist())
    [0.0, 0.0, 0.0, 8.0]
    """
    a, win = contenders(x, kernel, stride)
    share = (expected(a) if rng is None else chosen(a, roulette(a, rng)))[1]
    return spread(dy, share, np.shape(x), win)  # (n, c, h, w)


def knock_out(a: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the place (n, c, h', w', 1) of the pixel of each window that wins its tournament."""
    places = np.broadcast_to(np.arange(a.shape[-1]), a.shape)
    left = generator(rng).permuted(places, axis=-1)  # (n, c, h', w', fighters)
    while (fighters := left.shape[-1]) > 1:
        odd = fighters % 2
        waiting, one, two = left[..., :odd], left[..., odd::2], left[..., odd + 1 :: 2]
        strength, other = (np.take_along_axis(a, side, axis=-1) for side in (one, two))
        one_wins = rng.random(one.shape) * (strength + other) < strength
        left = np.concatenate([np.where(one_wins, one, two), waiting], axis=-1)  # who waited fights next
    return left


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
    a, _ = contenders(x, kernel, stride)
    return chosen(a, knock_out(a, rng))[0]


def tournament_pool2d_backward(
    dy: np.ndarray, x: np.ndarray, kernel: Pair, *, stride: Pair | None = None, rng: np.random.Generator
) -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `tournament_pool2d` is dy;
    chapter `tournament_pool2d_backward`.

    Shapes:
        dy: (n, c, h', w'). x: (n, c, h, w). Returns dx like x. kernel, stride as in `pool2d`.
        rng: a generator with the seed of the forward pass, to hold the same tournaments again; each winner gets
        the dy of its window. A window of zeros gets nothing.
    Raises:
        ShapeError: `tournament_pool2d` refuses the arguments, or dy has not the shape of its output.
    Source:
        As for the maximum: the chain rule through the pixel that was passed on.

    >>> x, dy = np.array([[[[0.0, 0.0], [0.0, 3.0]]]]), np.full((1, 1, 1, 1), 8.0)
    >>> tournament_pool2d_backward(dy, x, 2, rng=np.random.default_rng(0)).ravel().tolist()
    [0.0, 0.0, 0.0, 8.0]
    """
    a, win = contenders(x, kernel, stride)
    return spread(dy, chosen(a, knock_out(a, rng))[1], np.shape(x), win)  # (n, c, h, w)
