"""Normalisation: subtract a mean, divide by a deviation; the methods differ in where they take them from.

Batch norm looks at one channel of all images, (n, h, w); the others look at one image, and split its channels
into groups: layer norm makes one group, instance norm a group a channel, group norm anything between. All of
them end with a learned scale gamma and shift beta a channel. Variances are those of the pixels at hand,
divided by their number; only the running variance of batch norm, an estimate for other images, is divided by
one less.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, floating, upstream
from d2lmini.shapes import check_groups, whole

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]
Statistics = tuple[np.ndarray, np.ndarray]

BATCH = (0, 2, 3)  # the axes n, h, w
IMAGE = (2, 3, 4)  # the axes c / groups, h, w of an image in groups


# --- the machine ------------------------------------------------------------------------------------------


def per_channel(value: np.ndarray | None, name: str, x: np.ndarray, default: float) -> np.ndarray:
    """Return one number a channel as (c, 1, 1), the default if there is none."""
    value = np.full(x.shape[1], default, x.dtype) if value is None else floating(value, name, "c")
    if len(value) != x.shape[1]:
        needed, hint = f"one number a channel, ({x.shape[1]},)", f"np.full({x.shape[1]}, {default})"
        raise ShapeError(fault(f"{name} has shape {value.shape}", needed, hint))
    return value[:, None, None]


def standardise(x: np.ndarray, axes: tuple[int, ...], eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Return z, with mean 0 and variance 1 (nearly: eps) over these axes, and the scale that did it."""
    eps = between(eps, "eps", 0)
    scale = 1 / np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    return (x - x.mean(axis=axes, keepdims=True)) * scale, scale


def standardise_backward(
    dz: np.ndarray, z: np.ndarray, scale: np.ndarray, axes: tuple[int, ...]
) -> np.ndarray:
    """Return dx of `standardise`: what would move the mean of z, or its variance, is taken out of dz."""
    along_mean = dz.mean(axis=axes, keepdims=True)
    along_deviation = z * (dz * z).mean(axis=axes, keepdims=True)
    return scale * (dz - along_mean - along_deviation)


def affine_backward(dy: np.ndarray, z: np.ndarray, gamma: np.ndarray) -> Gradients:
    """Return (dz, dgamma, dbeta) of y = gamma z + beta."""
    return dy * gamma, (dy * z).sum(axis=BATCH), dy.sum(axis=BATCH)


# --- over the batch ---------------------------------------------------------------------------------------


def fixed_scale(x: np.ndarray, running: Statistics | None, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Return z and 1 / deviation from the running mean and variance, as at test time."""
    if running is None:
        came = "train=False without running statistics"
        raise ShapeError(fault(came, "running=(mean, var)", "the pair that training returned"))
    mean, var = per_channel(running[0], "mean", x, 0.0), per_channel(running[1], "var", x, 1.0)
    scale = 1 / np.sqrt(var + between(eps, "eps", 0))
    return (x - mean) * scale, scale


def check_batch(x: np.ndarray) -> None:
    """Refuse a batch with a single value a channel: its variance is zero, whatever it is."""
    if x.size == x.shape[1]:
        came = f"x has shape {x.shape}, one value a channel"
        raise ShapeError(fault(came, "n h w >= 2 to train", "train=False or a larger batch"))


def batch_norm(
    x: np.ndarray, gamma: np.ndarray | None = None, beta: np.ndarray | None = None, *,
    eps: float = 1e-5, running: Statistics | None = None, momentum: float = 0.1, train: bool = True,
) -> tuple[np.ndarray, Statistics]:  # fmt: skip
    """Standardise each channel over all images of the batch, then scale and shift it; chapter `batch_norm`.

    Shapes:
        x: (n, c, h, w). gamma, beta: (c,), None for 1 and 0.
        running: (mean, var), each (c,), None for 0 and 1. momentum: 0..1.
        Returns y: (n, c, h, w), and the running pair for the next call. In training y uses the batch's own
        mean and variance, and the pair moves towards them by momentum, with n h w - 1 in the denominator
        of the variance. With train=False y uses the pair, which stays as it is.
    Raises:
        ShapeError: x is not 4-d, gamma, beta or running are not one number a channel, one value a channel is
            all there is to train on, or train=False without running.
    Source:
        Ioffe and Szegedy 2015, arXiv:1502.03167, algorithms 1 and 2; momentum as in torch.nn.BatchNorm2d.

    >>> x = np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
    >>> y, (mean, var) = batch_norm(x, eps=0.0)
    >>> y.ravel().tolist(), mean.round(9).tolist(), var.round(9).tolist()
    ([-1.0, 1.0], [0.2], [1.1])
    """
    x = floating(x, "x", "nchw")
    gamma, beta = per_channel(gamma, "gamma", x, 1.0), per_channel(beta, "beta", x, 0.0)
    if not train:
        return gamma * fixed_scale(x, running, eps)[0] + beta, running
    check_batch(x)
    old = (None, None) if running is None else running
    mean, var = per_channel(old[0], "mean", x, 0.0), per_channel(old[1], "var", x, 1.0)  # (c, 1, 1)
    momentum = between(momentum, "momentum", 0, 1)
    mean = (1 - momentum) * mean[:, 0, 0] + momentum * x.mean(axis=BATCH)  # (c,)
    var = (1 - momentum) * var[:, 0, 0] + momentum * x.var(axis=BATCH, ddof=1)
    return gamma * standardise(x, BATCH, eps)[0] + beta, (mean, var)


def batch_norm_backward(
    dy: np.ndarray, x: np.ndarray, gamma: np.ndarray | None = None, *,
    eps: float = 1e-5, running: Statistics | None = None, train: bool = True,
) -> Gradients:  # fmt: skip
    """Return the gradients (dx, dgamma, dbeta) of a loss whose gradient at the y of `batch_norm` is dy;
    chapter `batch_norm_backward`.

    Shapes:
        dy, x: (n, c, h, w). gamma: (c,), None for 1. Returns dx like x, dgamma and dbeta: (c,).
        In training the mean and variance depend on x too, and sum(dx) = 0 in each channel;
        with train=False they are constants.
    Raises:
        ShapeError: `batch_norm` refuses the arguments, or dy has not the shape of x.
    Source:
        Ioffe and Szegedy 2015, arXiv:1502.03167, section 3.

    >>> x, dy = np.array([1.0, 3.0]).reshape(2, 1, 1, 1), np.array([5.0, 9.0]).reshape(2, 1, 1, 1)
    >>> [g.ravel().tolist() for g in batch_norm_backward(dy, x, eps=0.0)]
    [[0.0, 0.0], [4.0], [14.0]]
    """
    x = floating(x, "x", "nchw")
    dy, gamma = upstream(dy, x.shape), per_channel(gamma, "gamma", x, 1.0)
    if train:
        check_batch(x)
    z, scale = standardise(x, BATCH, eps) if train else fixed_scale(x, running, eps)
    dz, dgamma, dbeta = affine_backward(dy, z, gamma)
    return standardise_backward(dz, z, scale, BATCH) if train else dz * scale, dgamma, dbeta


# --- over the image ---------------------------------------------------------------------------------------


def in_groups(x: np.ndarray, groups: int) -> np.ndarray:
    """Return x as (n, groups, c / groups, h, w)."""
    n, c, h, w = x.shape
    return x.reshape(n, check_groups(c, c, groups), -1, h, w)


def group_norm(
    x: np.ndarray, groups: int, gamma: np.ndarray | None = None, beta: np.ndarray | None = None, *,
    eps: float = 1e-5,
) -> np.ndarray:  # fmt: skip
    """Standardise each group of channels of each image, then scale and shift channels; chapter `group_norm`.

    Shapes:
        x: (n, c, h, w). groups: divides c. gamma, beta: (c,), None for 1 and 0. Returns (n, c, h, w).
    Raises:
        ShapeError: x is not 4-d, groups does not divide c, or gamma or beta are not one number a channel.
    Source:
        Wu and He 2018, arXiv:1803.08494, section 3.

    >>> group_norm(np.array([1.0, 3.0, 10.0, 30.0]).reshape(1, 4, 1, 1), 2, eps=0.0).ravel().round(9).tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    x = floating(x, "x", "nchw")
    gamma, beta = per_channel(gamma, "gamma", x, 1.0), per_channel(beta, "beta", x, 0.0)
    z, _ = standardise(in_groups(x, groups), IMAGE, eps)  # (n, g, c/g, h, w)
    return gamma * z.reshape(x.shape) + beta


def group_norm_backward(
    dy: np.ndarray, x: np.ndarray, groups: int, gamma: np.ndarray | None = None, *, eps: float = 1e-5
) -> Gradients:
    """Return the gradients (dx, dgamma, dbeta) of a loss whose gradient at the output of `group_norm` is dy;
    chapter `group_norm_backward`.

    Shapes:
        dy, x: (n, c, h, w). groups: divides c. gamma: (c,), None for 1.
        Returns dx like x, dgamma and dbeta: (c,).
    Raises:
        ShapeError: `group_norm` refuses the arguments, or dy has not the shape of x.
    Source:
        Wu and He 2018, arXiv:1803.08494, section 3, and the chain rule.

    >>> x, dy = np.array([1.0, 3.0]).reshape(1, 2, 1, 1), np.array([5.0, 9.0]).reshape(1, 2, 1, 1)
    >>> [g.ravel().tolist() for g in group_norm_backward(dy, x, 1, eps=0.0)]
    [[0.0, 0.0], [-5.0, 9.0], [5.0, 9.0]]
    """
    x = floating(x, "x", "nchw")
    dy, gamma = upstream(dy, x.shape), per_channel(gamma, "gamma", x, 1.0)
    z, scale = standardise(in_groups(x, groups), IMAGE, eps)  # (n, g, c/g, h, w)
    dz, dgamma, dbeta = affine_backward(dy, z.reshape(x.shape), gamma)
    return standardise_backward(in_groups(dz, groups), z, scale, IMAGE).reshape(x.shape), dgamma, dbeta


def layer_norm(
    x: np.ndarray, gamma: np.ndarray | None = None, beta: np.ndarray | None = None, *, eps: float = 1e-5
) -> np.ndarray:
    """Standardise each image over all channels and pixels, then scale and shift channels; chapter `layer_norm`.

    Shapes:
        x: (n, c, h, w). gamma, beta: (c,), None for 1 and 0. Returns (n, c, h, w).
        This is `group_norm` with one group. Transformers and ConvNeXt give the name to another thing,
        statistics over c alone at each pixel; torch.nn.LayerNorm((c, h, w)) has a gamma for each pixel.
    Raises:
        ShapeError: x is not 4-d, or gamma or beta are not one number a channel.
    Source:
        Ba, Kiros and Hinton 2016, arXiv:1607.06450; for images as in Wu and He 2018, arXiv:1803.08494.

    >>> layer_norm(np.array([1.0, 3.0]).reshape(1, 2, 1, 1), eps=0.0).ravel().tolist()
    [-1.0, 1.0]
    """
    return group_norm(x, 1, gamma, beta, eps=eps)


def layer_norm_backward(
    dy: np.ndarray, x: np.ndarray, gamma: np.ndarray | None = None, *, eps: float = 1e-5
) -> Gradients:
    """Return the gradients (dx, dgamma, dbeta) of a loss whose gradient at the output of `layer_norm` is dy;
    chapter `layer_norm_backward`.

    Shapes:
        dy, x: (n, c, h, w). gamma: (c,), None for 1. Returns dx like x, dgamma and dbeta: (c,).
    Raises:
        ShapeError: `layer_norm` refuses the arguments, or dy has not the shape of x.
    Source:
        `group_norm_backward` with one group.

    >>> x = np.array([1.0, 3.0]).reshape(1, 2, 1, 1)
    >>> layer_norm_backward(np.ones((1, 2, 1, 1)), x)[0].ravel().tolist()
    [0.0, 0.0]
    """
    return group_norm_backward(dy, x, 1, gamma, eps=eps)


def instance_norm(
    x: np.ndarray, gamma: np.ndarray | None = None, beta: np.ndarray | None = None, *, eps: float = 1e-5
) -> np.ndarray:
    """Standardise each channel of each image by itself, then scale and shift it; chapter `instance_norm`.

    Shapes:
        x: (n, c, h, w). gamma, beta: (c,), None for 1 and 0. Returns (n, c, h, w).
        This is `group_norm` with c groups.
    Raises:
        ShapeError: x is not 4-d, or gamma or beta are not one number a channel.
    Source:
        Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022.

    >>> instance_norm(np.array([[[[1.0, 3.0]], [[10.0, 30.0]]]]), eps=0.0).ravel().round(9).tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    x = floating(x, "x", "nchw")
    return group_norm(x, x.shape[1], gamma, beta, eps=eps)


def instance_norm_backward(
    dy: np.ndarray, x: np.ndarray, gamma: np.ndarray | None = None, *, eps: float = 1e-5
) -> Gradients:
    """Return the gradients (dx, dgamma, dbeta) of a loss whose gradient at the output of `instance_norm` is dy;
    chapter `instance_norm_backward`.

    Shapes:
        dy, x: (n, c, h, w). gamma: (c,), None for 1. Returns dx like x, dgamma and dbeta: (c,).
    Raises:
        ShapeError: `instance_norm` refuses the arguments, or dy has not the shape of x.
    Source:
        `group_norm_backward` with a group a channel.

    >>> instance_norm_backward(np.ones((1, 1, 1, 2)), np.array([[[[1.0, 3.0]]]]))[0].ravel().tolist()
    [0.0, 0.0]
    """
    x = floating(x, "x", "nchw")
    return group_norm_backward(dy, x, x.shape[1], gamma, eps=eps)


# --- across channels --------------------------------------------------------------------------------------


def channel_sums(x: np.ndarray, before: int, after: int) -> np.ndarray:
    """Add to each channel the `before` ones that precede it and the `after` ones that follow it."""
    padded = np.pad(x, ((0, 0), (before, after), (0, 0), (0, 0)))
    return sliding_window_view(padded, before + after + 1, axis=1).sum(axis=-1)  # (n, c, h, w)


def neighbourhood(
    x: np.ndarray, size: int, alpha: float, beta: float, k: float
) -> tuple[np.ndarray, np.ndarray, int, float, float]:
    """Return x, k + alpha / size * (sum of squares), the channels before, alpha / size and beta, all checked."""
    x, size = floating(x, "x", "nchw"), whole(size, "size", 1)
    alpha, beta, k = between(alpha, "alpha", 0) / size, between(beta, "beta", 0), between(k, "k", 0)
    return x, k + alpha * channel_sums(x * x, size // 2, (size - 1) // 2), size // 2, alpha, beta


def local_response_norm(
    x: np.ndarray, *, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> np.ndarray:
    """Divide each value by the strength of its channel and the next ones; chapter `local_response_norm`.

    Shapes:
        x: (n, c, h, w). size: channels. Returns (n, c, h, w), x / (k + alpha / size * sum of squares)^beta.
        As in PyTorch alpha is divided by size. AlexNet does not divide: its 1e-4 over 5 channels with k = 2
        is alpha=5e-4, k=2 here.
    Raises:
        ShapeError: x is not 4-d, size is not a positive whole number, or a constant is negative.
    Source:
        Krizhevsky, Sutskever and Hinton 2012, section 3.3; arguments as in torch.nn.LocalResponseNorm.

    >>> x = np.array([2.0, 4.0]).reshape(1, 2, 1, 1)
    >>> local_response_norm(x, size=2, alpha=2.0, beta=1.0, k=0.0).ravel().tolist()  # 2 / 4, 4 / (4 + 16)
    [0.5, 0.2]
    """
    x, strength, _, _, beta = neighbourhood(x, size, alpha, beta, k)
    return x * strength**-beta


def local_response_norm_backward(
    dy: np.ndarray, x: np.ndarray, *, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> np.ndarray:
    """Return the gradient dx of a loss whose gradient at the output of `local_response_norm` is dy;
    chapter `local_response_norm_backward`.

    Shapes:
        dy, x: (n, c, h, w). Returns dx like x. All options as in `local_response_norm`.
    Raises:
        ShapeError: `local_response_norm` refuses the arguments, or dy has not the shape of x.
    Source:
        Krizhevsky, Sutskever and Hinton 2012, section 3.3, and the chain rule.

    >>> x = np.array([[[[2.0]]]])  # y = 1 / x
    >>> local_response_norm_backward(np.ones_like(x), x, size=1, alpha=1.0, beta=1.0, k=0.0).item()
    -0.25
    """
    x, strength, before, alpha, beta = neighbourhood(x, size, alpha, beta, k)
    dy = upstream(dy, x.shape)
    back = channel_sums(dy * x * strength ** (-beta - 1), (size - 1) // 2, before)  # all that x helped to divide
    return dy * strength**-beta - 2 * alpha * beta * x * back
