"""Scanning: one function, whatever it computes, applied to every window of an image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import real
from d2lmini.shapes import Pair, window


def scan(window_fn: Callable[[np.ndarray], object], image: np.ndarray, size: Pair, *, stride: Pair = 1) -> np.ndarray:
    """Apply one function to every window of an image and lay its answers out as maps; chapter `scan`.

    Shapes:
        window_fn: takes a window (c, kh, kw) and returns a number or an array, always of the same shape (k, ...).
        image: (c, h, w). size: the window, pixels, one number or a pair (kh, kw). stride: pixels.
        Returns (k, ..., h', w'), or (h', w') where window_fn returns a number.
    Raises:
        ShapeError: image is not 3-d, no window fits, window_fn is no function, or its answers differ in shape.
    Source:
        Rowley, Baluja and Kanade 1998, doi:10.1109/34.655647, section 2.1.

    >>> scan(np.max, np.arange(12.0).reshape(1, 3, 4), 2).tolist()
    [[5.0, 6.0, 7.0], [9.0, 10.0, 11.0]]
    """
    if not callable(window_fn):
        raise ShapeError(fault(f"window_fn={window_fn!r}", "a function of a window (c, kh, kw)", "window_fn=np.sum"))
    x = real(image, "image", "chw")
    (kh, kw), (sh, sw), _, _, (rows, columns) = window(x.shape[1:], size, stride)
    answers = []
    for i, j in np.ndindex(rows, columns):
        answer = np.asarray(window_fn(x[:, i * sh : i * sh + kh, j * sw : j * sw + kw].copy()))
        if answers and answer.shape != answers[0].shape:
            came = f"window_fn returned shape {answer.shape} at place ({i}, {j}) and {answers[0].shape} before"
            raise ShapeError(fault(came, "one shape for every window", "window_fn=np.sum"))
        answers.append(answer)
    y = np.stack(answers, axis=-1)  # (k, ..., h' * w')
    return y.reshape(*y.shape[:-1], rows, columns)  # (k, ..., h', w')
