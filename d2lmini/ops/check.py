"""The checks that operators share beyond the window arithmetic: numbers, words, generators, gradients."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from numbers import Real

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.shapes import numeric


def real(x: object, name: str, axes: Sequence[str] | None = None) -> np.ndarray:
    """Return x as an array of real numbers with the named axes; axes=None accepts any number of them."""
    if axes is None:
        try:
            axes = "n" * np.ndim(x)
        except ValueError:  # lists of different lengths, which `numeric` names
            axes = "n"
    array = numeric(x, name, axes)
    if array.dtype.kind == "c":
        raise ShapeError(fault(f"{name} holds complex numbers", "real numbers", f"{name}.real"))
    return array


def floating(x: object, name: str, axes: Sequence[str] | None = None) -> np.ndarray:
    """Return x as an array of float32 or float64; whole numbers become float64."""
    array = real(x, name, axes)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def between(value: object, name: str, low: float, high: float = np.inf) -> float:
    """Return value as a finite number with low <= value <= high, or say what is wrong with it."""
    if not isinstance(value, Real) or isinstance(value, bool) or not low <= value <= high or value == np.inf:
        needed, hint = f"a number from {low:g} to {high:g}", (low + high) / 2
        if high == np.inf:
            needed, hint = f"a number >= {low:g}", low
        raise ShapeError(fault(f"{name}={value!r}", needed, f"{name}={hint:g}"))
    return float(value)


def word(value: object, name: str, known: Collection[str]) -> str:
    """Return value if it is one of the known words."""
    if not isinstance(value, str) or value not in known:
        hint = f'{name}="{next(iter(known))}"'
        raise ShapeError(fault(f"{name}={value!r}", f"one of {', '.join(known)}", hint))
    return value


def generator(rng: object) -> np.random.Generator:
    """Return rng if it is a NumPy generator; a bare seed would draw the same numbers at every call."""
    if not isinstance(rng, np.random.Generator):
        seed = rng if isinstance(rng, int) else 0
        raise ShapeError(fault(f"rng={rng!r}", "a NumPy generator", f"rng=np.random.default_rng({seed})"))
    return rng


def upstream(dy: object, shape: tuple[int, ...], axes: Sequence[str] = "nchw") -> np.ndarray:
    """Return dy, the gradient with respect to an output, if it has the shape of that output."""
    dy = numeric(dy, "dy", axes)
    if dy.shape != shape:
        needed = f"the shape of the output, {shape}"
        raise ShapeError(fault(f"dy has shape {dy.shape}", needed, f"np.ones({shape})"))
    return dy
