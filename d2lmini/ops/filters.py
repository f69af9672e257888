"""Classic kernels for images, and what is done with them: filtering, edges, pyramids, and finding an unknown kernel.

Kernels are (kh, kw) arrays that are applied as `xcorr2d` applies them, without a flip.
"""

from __future__ import annotations

from numbers import Real

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.conv import conv2d, im2col
from d2lmini.ops.padding import pad2d
from d2lmini.shapes import numeric, pair, same_padding, whole


def odd(size: int) -> int:
    """Return an odd kernel size, or say why it must be odd."""
    number = whole(size, "size", 1)
    if number % 2 == 0:
        raise ShapeError(
            fault(f"size={size} is even", "an odd size, so that the kernel has a centre", f"size={number + 1}")
        )
    return number


def positive(value: float, name: str) -> float:
    """Return a positive finite number, or say what is wrong with it."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < np.inf:
        raise ShapeError(fault(f"{name}={value!r}", "a positive number of pixels", f"{name}=1.0"))
    return float(value)


def identity_kernel(size: int = 3) -> np.ndarray:
    """Return the kernel that changes nothing: one in the centre, zeros around; chapter `identity_kernel`.

    Shapes:
        size: odd, pixels. Returns (size, size).
    Raises:
        ShapeError: size is even or not a positive whole number.
    Source:
        The unit impulse; Gonzalez and Woods 2018, Digital Image Processing, section 3.4.

    >>> identity_kernel().tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    size = odd(size)
    kernel = np.zeros((size, size))
    kernel[size // 2, size // 2] = 1
    return kernel


def box_kernel(size: int = 3) -> np.ndarray:
    """Return the kernel of the plain mean; chapter `box_kernel`.

    Shapes:
        size: odd, pixels. Returns (size, size), sum 1.
    Raises:
        ShapeError: size is even or not a positive whole number.
    Source:
        Gonzalez and Woods 2018, Digital Image Processing, section 3.5.

    >>> (9 * box_kernel()).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    size = odd(size)
    return np.full((size, size), 1 / size**2)


def gaussian_kernel(size: int = 3, sigma: float | None = None) -> np.ndarray:
    """Return a bell-shaped kernel: sampled with sigma, or the binomial one without; chapter `gaussian_kernel`.

    Shapes:
        size: odd, pixels. sigma: pixels; sigma=None takes Pascal's triangle, [1, 2, 1] / 4 for size 3.
        Returns (size, size), sum 1.
    Raises:
        ShapeError: size is even or not a positive whole number, or sigma is not positive.
    Source:
        Burt and Adelson 1983, doi:10.1109/TCOM.1983.1095851; Gonzalez and Woods 2018, section 3.5.

    >>> (16 * gaussian_kernel()).tolist()
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    row = np.ones(1)
    if sigma is None:
        for _ in range(odd(size) - 1):
            row = np.convolve(row, [0.5, 0.5])  # one more row of Pascal's triangle, halved
    else:
        t = np.arange(odd(size)) - size // 2
        row = np.exp(-((t / positive(sigma, "sigma")) ** 2) / 2)
        row /= row.sum()
    return np.outer(row, row)


def sobel_kernels() -> tuple[np.ndarray, np.ndarray]:
    """Return the kernels of the derivatives to the right (x) and downwards (y); chapter `sobel_kernels`.

    Shapes:
        Returns two arrays (3, 3) for cross-correlation; x finds vertical edges, y horizontal ones.
    Source:
        Duda and Hart 1973, Pattern Classification and Scene Analysis, page 271, who credit Sobel and Feldman.

    >>> sobel_kernels()[0].tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    x = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0])
    return x, x.T.copy()


def oriented_bank(n: int = 8, size: int = 7, sigma: float = 1.5) -> np.ndarray:
    """Return n edge kernels, turned by 180 / n degrees from one to the next; chapter `oriented_bank`.

    Shapes:
        n: kernels. size: odd, pixels. sigma: pixels. Returns (n, size, size); each sums to 0, its absolute values to 1.
        Kernel 0 is positive where it gets brighter to the right; the angle grows towards downwards.
    Raises:
        ShapeError: n is not a positive whole number, size is even or 1, or sigma is not positive or far too small.
    Source:
        First derivatives of a Gaussian, steered as in Freeman and Adelson 1991, doi:10.1109/34.93808.

    >>> oriented_bank(4).shape, bool((oriented_bank(4)[2] == oriented_bank(4)[0].T).all())
    ((4, 7, 7), True)
    """
    t = np.arange(odd(size)) - size // 2
    bell = np.exp(-((t / positive(sigma, "sigma")) ** 2) / 2)
    along_x = np.outer(bell, t * bell)  # (size, size), derivative to the right
    if not along_x.any():
        raise ShapeError(
            fault(f"size={size}, sigma={sigma} leave no weight beside the centre", "size >= 3, sigma >= 0.1", "size=7")
        )
    angles = np.pi * np.arange(whole(n, "n", 1)) / n
    cosines, sines = np.cos(angles).round(15), np.sin(angles).round(15)  # exact zeros at right angles
    bank = cosines[:, None, None] * along_x + sines[:, None, None] * along_x.T
    return bank / np.abs(bank).sum(axis=(1, 2), keepdims=True)


def filter2d(x: np.ndarray, kernel: np.ndarray, *, mode: str = "replicate", value: float = 0.0) -> np.ndarray:
    """Apply one kernel to every channel and keep the size; chapter `filter2d`.

    Shapes:
        x: (n, c, h, w). kernel: (kh, kw), odd sizes, not flipped. Returns (n, c, h, w).
        mode, value: the border, as in `pad2d`.
    Raises:
        ShapeError: x is not 4-d, the kernel is not 2-d or has an even size, or the mode is unknown.
    Source:
        Gonzalez and Woods 2018, Digital Image Processing, section 3.4.

    >>> filter2d(np.array([[[[1.0, 2.0, 4.0]]]]), np.array([[-1.0, 0.0, 1.0]]))[0, 0].tolist()
    [[1.0, 3.0, 2.0]]
    """
    x, kernel = numeric(x, "x", "nchw"), numeric(kernel, "kernel", ("kh", "kw"))
    n, c, h, w = x.shape
    padded = pad2d(x, same_padding(kernel.shape), mode=mode, value=value)
    kernel = kernel.astype(x.dtype if x.dtype.kind == "f" and kernel.dtype.kind != "c" else np.result_type(x, kernel))
    return conv2d(padded.reshape(n * c, 1, *padded.shape[2:]), kernel[None, None]).reshape(n, c, h, w)


def gradient_magnitude(x: np.ndarray, *, norm: int = 2, mode: str = "replicate") -> np.ndarray:
    """Return the strength of the edges, from both Sobel derivatives; chapter `gradient_magnitude`.

    Shapes:
        x: (n, c, h, w). norm: 1 for |gx| + |gy|, 2 for sqrt(gx^2 + gy^2). Returns (n, c, h, w).
    Raises:
        ShapeError: x is not 4-d, norm is neither 1 nor 2, or the mode is unknown.
    Source:
        Gonzalez and Woods 2018, Digital Image Processing, section 10.2.

    >>> gradient_magnitude(np.array([[[[0.0, 0.0, 1.0]] * 3]]))[0, 0, 1].tolist()
    [0.0, 4.0, 4.0]
    """
    if norm not in (1, 2):
        raise ShapeError(fault(f"norm={norm!r}", "1 for |gx| + |gy| or 2 for sqrt(gx^2 + gy^2)", "norm=2"))
    gx, gy = (filter2d(x, kernel, mode=mode) for kernel in sobel_kernels())
    return np.abs(gx) + np.abs(gy) if norm == 1 else np.hypot(gx, gy)


def pyramid(x: np.ndarray, levels: int, *, blur: np.ndarray | None = None) -> list[np.ndarray]:
    """Blur and keep every second pixel, again and again; chapter `pyramid`.

    Shapes:
        x: (n, c, h, w). blur: (kh, kw), odd sizes; None is the 5 x 5 binomial kernel, identity_kernel(1) no blur.
        Returns levels + 1 images, the first is a copy of x; each next one is (n, c, ceil(h / 2), ceil(w / 2)).
    Raises:
        ShapeError: x is not 4-d, levels is no whole number >= 0, or an image is too small to halve.
    Source:
        Burt and Adelson 1983, doi:10.1109/TCOM.1983.1095851.

    >>> [level.shape for level in pyramid(np.ones((1, 1, 8, 6)), 2)]
    [(1, 1, 8, 6), (1, 1, 4, 3), (1, 1, 2, 2)]
    """
    blur = gaussian_kernel(5) if blur is None else blur
    images = [np.array(numeric(x, "x", "nchw"))]
    for level in range(whole(levels, "levels", 0)):
        if max(images[-1].shape[2:]) == 1:
            raise ShapeError(fault(f"level {level} is a single pixel", "an image to halve", f"levels={level}"))
        images.append(filter2d(images[-1], blur)[:, :, ::2, ::2])  # (n, c, ceil(h/2), ceil(w/2))
    return images


def estimate_kernel(x: np.ndarray, y: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Find the kernel that turned x into y, by least squares over all whole windows; chapter `estimate_kernel`.

    Shapes:
        x: (n, c, h, w) before, y: (n, c, h, w) after a filter that keeps the size. size: odd, pixels, (kh, kw) or one.
        Returns (kh, kw); the border of y, which depends on the padding, is not used.
    Raises:
        ShapeError: the shapes differ, size is even or does not fit, or the images do not determine every weight.
    Source:
        The normal equations; Golub and Van Loan 2013, Matrix Computations, section 5.3.

    >>> x = np.random.default_rng(0).standard_normal((1, 1, 9, 9))
    >>> estimate_kernel(x, filter2d(x, sobel_kernels()[0]), 3).round(9).tolist()[1]
    [-2.0, 0.0, 2.0]
    """
    x, y = numeric(x, "x", "nchw"), numeric(y, "y", "nchw")
    kh, kw = pair(size, "size", 1)
    if x.shape != y.shape:
        raise ShapeError(
            fault(f"x has shape {x.shape} and y {y.shape}", "two images of one shape", "y of the size of x")
        )
    top, left = odd(kh) // 2, odd(kw) // 2
    n, c, h, w = x.shape
    columns = im2col(x.reshape(n * c, 1, h, w), (kh, kw))  # (n c, kh kw, h' w')
    equations = columns.transpose(0, 2, 1).reshape(-1, kh * kw)  # one row a window
    inner = y[:, :, top : h - top, left : w - left].reshape(-1)  # (n c h' w',)
    weights, _, rank, _ = np.linalg.lstsq(equations, inner, rcond=None)
    if rank < kh * kw:
        raise ShapeError(
            fault(
                f"the images give {rank} independent equations",
                f"{kh * kw}, one a weight",
                "an image with more texture",
            )
        )
    return weights.reshape(kh, kw)
