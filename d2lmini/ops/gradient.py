"""Gradients by brute force: change one number a little, see how the result changes, compare with the formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, floating, generator


def numerical_gradient(
    f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, dy: np.ndarray, *, eps: float = 1e-6
) -> np.ndarray:
    """Return the gradient of sum(f(x) * dy) at x by central differences; chapter `numerical_gradient`.

    Shapes:
        x: any shape. dy: the shape of f(x). eps: the step, in the units of x.
        Returns the shape of x, in float64.
    Raises:
        ShapeError: x or dy is no array of real numbers, their shapes do not agree, or eps is not positive.
    Source:
        Nocedal and Wright 2006, Numerical Optimization, section 8.1:
        the error falls with eps^2, that of rounding grows with 1 / eps.

    >>> numerical_gradient(np.square, np.array([1.0, 3.0]), np.array([1.0, 10.0])).round(6).tolist()
    [2.0, 60.0]
    """
    x, dy = floating(x, "x").astype(np.float64), floating(dy, "dy")  # float32 is too coarse for differences
    eps = between(eps, "eps", np.finfo(float).tiny)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = eps
        change = np.subtract(f(x + step), f(x - step))
        if change.shape != dy.shape:
            needed = f"the shape of f(x), {change.shape}"
            raise ShapeError(fault(f"dy has shape {dy.shape}", needed, f"np.ones({change.shape})"))
        gradient[place] = (change * dy).sum() / (2 * eps)
    return gradient


def grad_check(
    forward: Callable[..., np.ndarray], backward: Callable[..., np.ndarray | tuple[np.ndarray, ...]],
    *inputs: np.ndarray, rng: np.random.Generator, eps: float = 1e-6,
) -> float:  # fmt: skip
    """Return the largest error of a backward pass against central differences; chapter `grad_check`.

    Shapes:
        forward(*inputs) returns y. backward(dy, *inputs) returns a gradient for each input, of its shape;
        dy is drawn from rng.
        Returns max |difference| over the largest entry of that gradient, or over 1 if all are smaller.
        Below 1e-6 is right, 1e-2 is wrong, and a maximum or |x| near its kink may lie between.
    Raises:
        ShapeError: the gradients are not one an input, or one has not the shape of its input.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, section 11.5.

    >>> x, rng = np.array([1.0, 2.0, 3.0]), np.random.default_rng(0)
    >>> right = grad_check(np.square, lambda dy, x: 2 * x * dy, x, rng=rng)
    >>> wrong = grad_check(np.square, lambda dy, x: 2 * dy, x, rng=rng)
    >>> right < 1e-6, wrong > 0.1
    (True, True)
    """
    inputs = [floating(x, f"input {i}").astype(np.float64) for i, x in enumerate(inputs)]
    dy = generator(rng).standard_normal(np.shape(forward(*inputs)))
    gradients = backward(dy, *inputs)
    gradients = gradients if isinstance(gradients, tuple | list) else (gradients,)
    if [np.shape(g) for g in gradients] != [x.shape for x in inputs]:
        raise ShapeError(
            fault(
                f"backward returned gradients of shapes {[np.shape(g) for g in gradients]}",
                f"one for each input, {[x.shape for x in inputs]}",
                "backward = lambda dy, *inputs: (dx, dw)",
            )
        )
    errors = []
    for i, gradient in enumerate(gradients):

        def alone(x: np.ndarray, i: int = i) -> np.ndarray:
            """The forward pass as a function of input i."""
            return forward(*inputs[:i], x, *inputs[i + 1 :])

        expected = numerical_gradient(alone, inputs[i], dy, eps=eps)
        errors.append(np.abs(gradient - expected).max() / max(1.0, np.abs(expected).max()))
    return float(np.max(errors))  # np.max keeps nan, max() may lose it
