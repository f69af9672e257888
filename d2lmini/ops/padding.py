"""What lies outside the image: six ways to invent the missing pixels, and one way to do without them."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from d2lmini.errors import ShapeError, fault
from d2lmini.shapes import Pair, numeric, pair, same_padding, several

Sides = Pair | tuple[tuple[int, int], tuple[int, int]]

# mode -> what numpy.pad calls it, and the fewest pixels of the axis that `p` new ones need
MODES = {
    "zeros": ("constant", lambda p: 0),
    "constant": ("constant", lambda p: 0),
    "circular": ("wrap", lambda p: p),
    "replicate": ("edge", lambda p: 1),
    "reflect": ("reflect", lambda p: p + 1),
    "symmetric": ("symmetric", lambda p: p),
}


def sides(padding: Sides) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return ((top, bottom), (left, right)) from one number, a pair (h, w), or all four.

    >>> sides(1), sides((1, 2)), sides(((0, 1), (2, 3)))
    (((1, 1), (1, 1)), ((1, 1), (2, 2)), ((0, 1), (2, 3)))
    """
    values = several(padding) or ()
    if len(values) == 2 and all(several(v) is not None for v in values):
        return pair(values[0], "padding[0]", 0), pair(values[1], "padding[1]", 0)
    ph, pw = pair(padding, "padding", 0)
    return (ph, ph), (pw, pw)


def held(value: object, dtype: np.dtype) -> np.generic:
    """Return value as a number of this dtype, or say that it is none; 0.5 is no pixel of an integer image."""
    number = np.asarray(value)
    fits = number.ndim == 0 and number.dtype.kind in ("biufc" if dtype.kind == "c" else "biuf")
    if fits and dtype.kind in "biu":
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        fits = low <= number <= high and number == np.trunc(number)
    if not fits:
        raise ShapeError(
            fault(f"value={value!r} for an image of {dtype}", f"one number that {dtype} holds", "x.astype(float)")
        )
    return number.astype(dtype)[()]


def pad2d(x: np.ndarray, padding: Sides, *, mode: str = "zeros", value: float = 0.0) -> np.ndarray:
    """Surround each image with invented pixels; chapter `pad2d`.

    Shapes:
        x: (n, c, h, w). Returns (n, c, h + top + bottom, w + left + right), always a new array.
        padding: pixels per side, one number, a pair (h, w), or ((top, bottom), (left, right)).
        mode: zeros, constant (`value`), circular, replicate, reflect (without the edge pixel), symmetric (with it).
    Raises:
        ShapeError: x is not 4-d, padding is negative or no number, the mode is unknown, the image is too small
            for one period or one mirror image, or the dtype of x cannot hold the value.
    Source:
        The modes of torch.nn.Conv2d, and numpy.pad for `symmetric`, which PyTorch lacks.

    >>> pad2d(np.array([[[[1, 2, 3]]]]), (0, 2), mode="reflect")[0, 0].tolist()
    [[3, 2, 1, 2, 3, 2, 1]]
    """
    x = numeric(x, "x", "nchw")
    if not isinstance(mode, str) or mode not in MODES:
        raise ShapeError(fault(f"mode={mode!r}", f"one of {', '.join(MODES)}", 'mode="zeros"'))
    numpy_mode, least = MODES[mode]
    widths = sides(padding)
    for axis, new in zip("hw", widths, strict=True):
        n = x.shape["nchw".index(axis)]
        if n < least(max(new)):
            raise ShapeError(
                fault(
                    f"{max(new)} pixels of {mode} padding on {axis}={n}",
                    f"{axis} >= {least(max(new))}",
                    f'padding <= {n - (mode == "reflect")} or mode="replicate"',
                )
            )
    fill = {"constant_values": held(value, x.dtype) if mode == "constant" else 0} if numpy_mode == "constant" else {}
    return np.pad(x, ((0, 0), (0, 0), *widths), mode=numpy_mode, **fill)  # (n, c, h+top+bottom, w+left+right)


def normalised_filter(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Average with the part of the kernel that lies inside the image ("kernel-crop"); chapter `normalised_filter`.

    Shapes:
        x: (n, c, h, w). kernel: (kh, kw), odd sizes, no negative weight. Returns (n, c, h, w).
        Each output is divided by the sum of the weights that were used, so a constant image stays constant.
        The dtype is that of x if it is floating point.
    Raises:
        ShapeError: x is not 4-d, the kernel is not 2-d or has an even size, a negative weight or no positive centre.
    Source:
        Knutsson and Westin 1993, doi:10.1109/CVPR.1993.341081, with certainty 1 inside the image and 0 outside.

    >>> normalised_filter(np.array([[[[2.0, 4.0, 9.0]]]]), np.ones((1, 3)))[0, 0].tolist()
    [[3.0, 5.0, 6.5]]
    """
    x, kernel = numeric(x, "x", "nchw"), numeric(kernel, "kernel", ("kh", "kw"))
    if not (kernel >= 0).all() or not kernel[kernel.shape[0] // 2, kernel.shape[1] // 2] > 0:
        raise ShapeError(
            fault(
                "the kernel has a weight that is not >= 0 or no weight at its centre",
                "weights of an average",
                "np.abs(kernel)",
            )
        )
    border = same_padding(kernel.shape)
    weight = kernel.astype(x.dtype if x.dtype.kind == "f" else np.result_type(x, kernel, np.float32))
    inside = np.ones((1, 1, *x.shape[2:]), weight.dtype)

    def total(image: np.ndarray) -> np.ndarray:
        windows = sliding_window_view(pad2d(image, border), kernel.shape, axis=(2, 3))  # (n, c, h, w, kh, kw)
        return np.einsum("nchwij,ij->nchw", windows, weight)  # (n, c, h, w)

    return total(x) / total(inside)
