"""Operators in NumPy, for float32 and float64 arrays with axes (n, c, h, w): the definitions of the book."""

from d2lmini.ops.conv import (
    conv2d,
    conv2d_fft,
    conv2d_im2col,
    conv2d_loops,
    conv2d_true,
    conv2d_windows,
    im2col,
    xcorr2d,
)
from d2lmini.ops.filters import (
    box_kernel,
    estimate_kernel,
    filter2d,
    gaussian_kernel,
    gradient_magnitude,
    identity_kernel,
    oriented_bank,
    pyramid,
    sobel_kernels,
)
from d2lmini.ops.matrix import circulant, convolution_matrix2d, toeplitz
from d2lmini.ops.padding import normalised_filter, pad2d
from d2lmini.ops.signal import circular_conv1d, conv1d, xcorr1d

__all__ = [
    "box_kernel",
    "circulant",
    "circular_conv1d",
    "conv1d",
    "conv2d",
    "conv2d_fft",
    "conv2d_im2col",
    "conv2d_loops",
    "conv2d_true",
    "conv2d_windows",
    "convolution_matrix2d",
    "estimate_kernel",
    "filter2d",
    "gaussian_kernel",
    "gradient_magnitude",
    "identity_kernel",
    "im2col",
    "normalised_filter",
    "oriented_bank",
    "pad2d",
    "pyramid",
    "sobel_kernels",
    "toeplitz",
    "xcorr1d",
    "xcorr2d",
]
