"""The convolution layer four ways, each equal to the others: loops, windows, columns of patches, and the FFT.

Deep learning calls `conv2d` a convolution, but it slides the kernel without flipping it: a cross-correlation. The true
convolution of signal processing is `conv2d_true`.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.padding import pad2d
from d2lmini.ops.signal import crop
from d2lmini.shapes import Pair, Window, check_groups, numeric, window


def xcorr2d(x: np.ndarray, k: np.ndarray, mode: str = "valid") -> np.ndarray:
    """Slide k over one image without flipping it, y[i, j] = sum of x[i + a, j + b] k[a, b]; chapter `xcorr2d`.

    Shapes:
        x: (h, w), k: (kh, kw). Returns, for each axis, h + kh - 1 (full), h (same) or |h - kh| + 1 (valid).
    Raises:
        ShapeError: x or k is not 2-d or is empty, or the mode is unknown.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, equation 9.6.

    >>> xcorr2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[10, 20], [30, 40]]).tolist()
    [[370, 470], [670, 770]]
    """
    return conv2d_true(x, numeric(k, "k", ("kh", "kw")).conj()[::-1, ::-1], mode)


def conv2d_true(x: np.ndarray, k: np.ndarray, mode: str = "valid") -> np.ndarray:
    """Convolve one image with a kernel that is flipped on both axes; chapter `conv2d_true`.

    Shapes:
        x: (h, w), k: (kh, kw). Returns, for each axis, h + kh - 1 (full), h (same) or |h - kh| + 1 (valid).
    Raises:
        ShapeError: x or k is not 2-d or is empty, or the mode is unknown.
    Source:
        Goodfellow, Bengio and Courville 2016, Deep Learning, equation 9.5.

    >>> conv2d_true([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[10, 20], [30, 40]]).tolist()
    [[230, 330], [530, 630]]
    """
    x, k = numeric(x, "x", "hw"), numeric(k, "k", ("kh", "kw"))
    (h, w), (kh, kw) = x.shape, k.shape
    kept = crop(h, kh, mode), crop(w, kw, mode)
    y = np.zeros((h + kh - 1, w + kw - 1), np.result_type(x, k))
    for (a, b), weight in np.ndenumerate(k):
        y[a : a + h, b : b + w] += weight * x  # the copy of the image that starts at (a, b)
    return y[kept]


def check_channels(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, groups: int
) -> tuple[np.ndarray, int]:  # fmt: skip
    """Check that x (n, c_in, ...) and weight (c_out, c_in / groups, ...) fit; return bias (c_out,) and groups."""
    c_in, (c_out, per_group) = x.shape[1], weight.shape[:2]
    groups = check_groups(c_in, c_out, groups)
    if per_group * groups != c_in:
        raise ShapeError(
            fault(
                f"x has {c_in} channels, weight {weight.shape} reads {per_group} in each of {groups} groups",
                "c_in == weight.shape[1] * groups",
                f"a weight of shape {(c_out, c_in // groups, *weight.shape[2:])}",
            )
        )
    bias = np.zeros(c_out, np.result_type(x, weight)) if bias is None else numeric(bias, "bias", ("c_out",))
    if len(bias) != c_out:
        raise ShapeError(
            fault(f"bias has shape {bias.shape}", f"one number a filter, ({c_out},)", f"np.zeros({c_out})")
        )
    return bias, groups


def check_conv(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None,
    stride: Pair, padding: Pair, dilation: Pair, groups: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Window, int]:  # fmt: skip
    """Check a layer's arguments; return the padded image, weight, bias (c_out, 1, 1), window and groups."""
    x = numeric(x, "x", "nchw")
    weight = numeric(weight, "weight", ("c_out", "c_in", "kh", "kw"))
    bias, groups = check_channels(x, weight, bias, groups)
    win = window(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    return pad2d(x, win.padding), weight, bias[:, None, None], win, groups


def windows2d(padded: np.ndarray, win: Window, *, writeable: bool = False) -> np.ndarray:
    """Return a view (n, c, h', w', kh, kw) of every window of a padded image; nothing is copied."""
    (dh, dw), (sh, sw) = win.dilation, win.stride
    span = tuple(d * (k - 1) + 1 for d, k in zip(win.dilation, win.kernel, strict=True))
    views = sliding_window_view(padded, span, axis=(2, 3), writeable=writeable)  # (n, c, ., ., span_h, span_w)
    return views[:, :, ::sh, ::sw, ::dh, ::dw]  # (n, c, h', w', kh, kw)


def conv2d_loops(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Compute a convolution layer one product at a time, as its definition reads; chapter `conv2d_loops`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, or the window does not fit.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II.A; arguments as in torch.nn.functional.conv2d.

    >>> conv2d_loops(np.arange(4).reshape(1, 1, 2, 2), np.ones((1, 1, 1, 2), int))[0, 0].tolist()
    [[1], [5]]
    """
    padded, weight, bias, win, groups = check_conv(x, weight, bias, stride, padding, dilation, groups)
    c_out, per_group, kh, kw = weight.shape
    (oh, ow), (sh, sw), (dh, dw) = win.out, win.stride, win.dilation
    y = np.zeros((len(padded), c_out, oh, ow), np.result_type(padded, weight, bias))
    for n in range(len(padded)):
        for o in range(c_out):
            first = o // (c_out // groups) * per_group  # the group's first input channel
            for i in range(oh):
                for j in range(ow):
                    total = bias[o, 0, 0]
                    for c in range(per_group):
                        for a in range(kh):
                            for b in range(kw):
                                pixel = padded[n, first + c, i * sh + a * dh, j * sw + b * dw]
                                total = total + pixel * weight[o, c, a, b]
                    y[n, o, i, j] = total
    return y


def conv2d_windows(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Compute a convolution layer as one sum over a view of all windows; chapter `conv2d_windows`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, or the window does not fit.
    Source:
        The definition of `conv2d_loops`, with numpy.lib.stride_tricks.sliding_window_view.

    >>> conv2d_windows(np.arange(4).reshape(1, 1, 2, 2), np.ones((1, 1, 1, 2), int))[0, 0].tolist()
    [[1], [5]]
    """
    padded, weight, bias, win, groups = check_conv(x, weight, bias, stride, padding, dilation, groups)
    views = windows2d(padded, win)  # (n, c_in, h', w', kh, kw)
    n, c_in, oh, ow, kh, kw = views.shape
    views = views.reshape(n, groups, c_in // groups, oh, ow, kh, kw) if groups > 1 else views[:, None]
    grouped = weight.reshape(groups, -1, *weight.shape[1:])  # (g, c_out/g, c_in/g, kh, kw)
    y = np.einsum("ngchwab,gocab->ngohw", views, grouped, optimize=True)  # (n, g, c_out/g, h', w')
    return y.reshape(n, -1, oh, ow) + bias  # (n, c_out, h', w')


def im2col(x: np.ndarray, kernel: Pair, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> np.ndarray:
    """Lay every window out as one column; chapter `im2col`.

    Shapes:
        x: (n, c, h, w). Returns (n, c kh kw, h' w'); a column lists channel, then row, then column of its window.
    Raises:
        ShapeError: x is not 4-d, or the window does not fit.
    Source:
        Chellapilla, Puri and Simard 2006, hal:inria-00112631; the order of torch.nn.functional.unfold.

    >>> im2col(np.arange(6).reshape(1, 1, 2, 3), 2)[0].tolist()
    [[0, 1], [1, 2], [3, 4], [4, 5]]
    """
    x = numeric(x, "x", "nchw")
    win = window(x.shape[2:], kernel, stride, padding, dilation)
    views = windows2d(pad2d(x, win.padding), win)  # (n, c, h', w', kh, kw)
    columns = views.transpose(0, 1, 4, 5, 2, 3).copy()  # (n, c, kh, kw, h', w'); a view would be read-only
    return columns.reshape(len(x), -1, win.out[0] * win.out[1])  # (n, c kh kw, h' w')


def conv2d_im2col(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Compute a convolution layer as one matrix product per group; chapter `conv2d_im2col`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, or the window does not fit.
    Source:
        Chellapilla, Puri and Simard 2006, hal:inria-00112631.

    >>> conv2d_im2col(np.arange(4).reshape(1, 1, 2, 2), np.ones((1, 1, 1, 2), int))[0, 0].tolist()
    [[1], [5]]
    """
    padded, weight, bias, win, groups = check_conv(x, weight, bias, stride, padding, dilation, groups)
    columns = im2col(padded, win.kernel, stride=win.stride, dilation=win.dilation)  # (n, c_in kh kw, h' w')
    columns = columns.reshape(len(padded), groups, -1, columns.shape[-1])  # (n, g, c_in/g kh kw, h' w')
    rows = weight.reshape(groups, len(weight) // groups, -1)  # (g, c_out/g, c_in/g kh kw)
    return (rows @ columns).reshape(len(padded), len(weight), *win.out) + bias  # (n, c_out, h', w')


def conv2d_fft(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Compute a convolution layer as products of spectra; chapter `conv2d_fft`.

    Shapes:
        x: (n, c_in, h, w), real. weight: (c_out, c_in / groups, kh, kw), real. bias: (c_out,).
        Returns (n, c_out, h', w') in floating point.
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, the window does not fit, or numbers are complex.
    Source:
        Mathieu, Henaff and LeCun 2014, arXiv:1312.5851.

    >>> conv2d_fft(np.arange(4.0).reshape(1, 1, 2, 2), np.ones((1, 1, 1, 2)))[0, 0].round(12).tolist()
    [[1.0], [5.0]]
    """
    padded, weight, bias, win, groups = check_conv(x, weight, bias, stride, padding, dilation, groups)
    if "c" in (padded.dtype.kind, weight.dtype.kind):
        raise ShapeError(fault("complex numbers", "a real image and real weights", "conv2d_im2col"))
    size = padded.shape[2:]  # the kernel lies inside, so the circle never wraps at the places we keep
    spread = np.zeros((*weight.shape[:2], *size), weight.dtype)
    (kh, kw), (dh, dw) = win.kernel, win.dilation
    spread[:, :, : dh * (kh - 1) + 1 : dh, : dw * (kw - 1) + 1 : dw] = weight
    image = np.fft.rfft2(padded).reshape(len(padded), groups, -1, size[0], size[1] // 2 + 1)  # (n, g, c_in/g, ., .)
    filters = np.fft.rfft2(spread).conj().reshape(groups, -1, *spread.shape[1:3], size[1] // 2 + 1)
    spectrum = np.einsum("ngcuv,gocuv->ngouv", image, filters, optimize=True)  # conj(): correlation, not convolution
    y = np.fft.irfft2(spectrum, size).reshape(len(padded), len(weight), *size)  # (n, c_out, h+2p, w+2p)
    (oh, ow), (sh, sw) = win.out, win.stride
    y = y[:, :, : (oh - 1) * sh + 1 : sh, : (ow - 1) * sw + 1 : sw] + bias  # (n, c_out, h', w')
    return y.astype(np.result_type(padded, weight, bias, np.float32))


def conv2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1, padding_mode: str = "zeros",
) -> np.ndarray:  # fmt: skip
    """Apply a convolution layer (a cross-correlation with a bias) to a batch of images; chapter `conv2d`.

    Shapes:
        x: (n, c_in, h, w). weight: (c_out, c_in / groups, kh, kw). bias: (c_out,). Returns (n, c_out, h', w').
        stride, padding, dilation: pixels, one number or a pair (h, w); h' as in `out_size`.
        padding_mode: a mode of `pad2d`.
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, the window does not fit, or a mode is unknown.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II.A; arguments as in torch.nn.Conv2d.

    >>> conv2d(np.ones((1, 3, 5, 5)), np.ones((2, 3, 3, 3)), np.array([0, 1]), stride=2, padding=1)[0, :, 1, 1].tolist()
    [27.0, 28.0]
    """
    if padding_mode != "zeros":
        win = window(numeric(x, "x", "nchw").shape[2:], numeric(weight, "weight", ("o", "c", "a", "b")).shape[2:],
                     stride, padding, dilation)  # fmt: skip
        x, padding = pad2d(x, win.padding, mode=padding_mode), 0
    return conv2d_im2col(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)
