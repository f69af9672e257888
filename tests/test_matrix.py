"""The matrices of convolutions: against SciPy, and as operators on random inputs."""

import numpy as np
import pytest
import scipy.linalg
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import ShapeError, circulant, circular_conv1d, conv1d, convolution_matrix2d, toeplitz, xcorr1d
from d2lmini.ops.signal import SIZES

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=60, deadline=None)
lengths = st.integers(1, 8)
X, H = np.array([1, 2, 2]), np.array([1, -1])  # the worked example of the sources


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@few
@given(n=lengths, k=lengths, mode=st.sampled_from(SIZES))
def test_toeplitz_times_x_is_conv1d(n, k, mode):
    x, h = random(n, seed=1), random(k, seed=2)
    np.testing.assert_allclose(toeplitz(h, n, mode) @ x, conv1d(x, h, mode), atol=1e-12, strict=True)


@few
@given(n=lengths, k=lengths, mode=st.sampled_from(SIZES))
def test_toeplitz_equals_scipy(n, k, mode):
    h = random(k)
    if n >= k or mode == "full":  # scipy's other sizes follow numpy where h is longer
        np.testing.assert_array_equal(
            toeplitz(h, n, mode), scipy.linalg.convolution_matrix(h, n, mode), strict=True
        )
    column, row = np.r_[h, np.zeros(n - 1)], np.r_[h[0], np.zeros(n - 1)]
    np.testing.assert_array_equal(toeplitz(h, n), scipy.linalg.toeplitz(column, row), strict=True)


def test_toeplitz_gives_the_published_numbers():
    assert toeplitz(np.arange(1, 5), 3).shape == (6, 3)  # n002.toeplitz
    assert (toeplitz(H, 3) @ X).tolist() == [1, 1, 0, -2]  # n002.lin.matrix


def test_toeplitz_transposed_correlates():
    x, h = random(9), random(4, seed=1)
    np.testing.assert_allclose(toeplitz(h, 6).T @ x, xcorr1d(x, h), atol=1e-12, strict=True)


def test_toeplitz_refuses_what_is_no_length():
    for n in (0, -1, 2.0, float("nan"), "3", None):
        with pytest.raises(ShapeError, match="n=.*; needed: an integer >= 1; try: n=1"):
            toeplitz(H, n)
    with pytest.raises(ShapeError, match="mode='wide'; needed: one of full, same, valid"):
        toeplitz(H, 3, "wide")


@few
@given(n=lengths)
def test_circulant_equals_scipy(n):
    h = random(n)
    np.testing.assert_array_equal(circulant(h), scipy.linalg.circulant(h), strict=True)


@few
@given(n=lengths, data=st.data())
def test_circulant_times_x_is_circular_conv1d(n, data):
    x, h = random(n, seed=1), random(data.draw(st.integers(1, n)), seed=2)
    np.testing.assert_allclose(circulant(h, n) @ x, circular_conv1d(x, h), atol=1e-12, strict=True)


def test_circulant_transposed_correlates():
    """Erratum A5: with c as the first row the matrix gives circular correlation, not convolution."""
    c, x = random(5), random(5, seed=1)
    convolution = np.fft.ifft(np.fft.fft(c) * np.fft.fft(x)).real
    correlation = np.fft.ifft(np.fft.fft(c).conj() * np.fft.fft(x)).real
    np.testing.assert_allclose(circulant(c) @ x, convolution, atol=1e-12, strict=True)
    np.testing.assert_allclose(circulant(c).T @ x, correlation, atol=1e-12, strict=True)
    assert np.abs(convolution - correlation).max() > 0.1


def test_circulant_has_the_spectrum_as_eigenvalues():
    c = random(6)
    waves = np.exp(2j * np.pi * np.outer(np.arange(6), np.arange(6)) / 6)  # (n, n), one wave a column
    np.testing.assert_allclose(circulant(c) @ waves, waves * np.fft.fft(c), atol=1e-12, strict=True)


def test_circulant_gives_the_published_numbers():
    assert (circulant(H, 3) @ X).tolist() == [-1, 1, 0]  # n002.circ.matrix
    assert circulant([1, 2, 3, 4])[2].tolist() == [3, 2, 1, 4]  # erratum A4: c_0 stands on the diagonal


def test_circulant_refuses_a_circle_that_is_too_small():
    with pytest.raises(ShapeError, match=r"n=1 and h has 2 values; needed: n >= k; try: circulant\(h, 2\)"):
        circulant(H, 1)
    with pytest.raises(ShapeError, match="n=2.5 is not a whole number"):
        circulant(H, 2.5)


small = st.integers(1, 3)
pairs, sides = st.tuples(small, small), st.tuples(st.integers(0, 3), st.integers(0, 3))


@few
@given(
    per_group=pairs, groups=small, kernel=pairs, stride=pairs, dilation=pairs, padding=sides, extra=sides
)  # fmt: skip
def test_convolution_matrix2d_times_x_is_the_layer(
    per_group, groups, kernel, stride, dilation, padding, extra
):
    h, w = (
        max(1, d * (k - 1) + 1 - 2 * p) + e
        for d, k, p, e in zip(dilation, kernel, padding, extra, strict=True)
    )
    x, weight = (
        random(1, per_group[0] * groups, h, w),
        random(per_group[1] * groups, per_group[0], *kernel, seed=1),
    )
    expected = F.conv2d(
        torch.from_numpy(x), torch.from_numpy(weight), None, stride, padding, dilation, groups
    ).numpy()
    matrix = convolution_matrix2d(
        weight, (h, w), stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    assert matrix.shape == (expected.size, x.size)
    np.testing.assert_allclose(matrix @ x.ravel(), expected.ravel(), atol=1e-12, strict=True)


def test_convolution_matrix2d_transposed_is_the_gradient():
    x = torch.from_numpy(random(1, 4, 6, 5)).requires_grad_()
    weight, options = random(6, 2, 3, 2, seed=1), {"stride": (2, 1), "padding": (1, 2), "groups": 2}
    y = F.conv2d(x, torch.from_numpy(weight), **options)
    g = random(*y.shape, seed=2)
    y.backward(torch.from_numpy(g))
    matrix = convolution_matrix2d(weight, (6, 5), **options)
    np.testing.assert_allclose(matrix.T @ g.ravel(), x.grad.numpy().ravel(), atol=1e-12, strict=True)


def test_convolution_matrix2d_of_one_row_is_the_toeplitz_matrix_of_the_flipped_kernel():
    h = random(4)
    matrix = convolution_matrix2d(h[None, None, None], (1, 9))
    np.testing.assert_array_equal(matrix, toeplitz(h[::-1], 9, "valid"), strict=True)


def test_convolution_matrix2d_is_sparse_and_shares_its_weights():
    weight = np.arange(1, 10).reshape(1, 1, 3, 3)
    matrix = convolution_matrix2d(weight, (8, 8))
    assert matrix.shape == (36, 64) and matrix.dtype == weight.dtype
    assert all(sorted(row[row != 0]) == list(range(1, 10)) for row in matrix)


def test_convolution_matrix2d_refuses_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"weight has shape \(3, 3\), 2 axes; .* try: weight\[None, None\]"):
        convolution_matrix2d(np.ones((3, 3)), 5)
    with pytest.raises(ShapeError, match="groups=2 does not divide c_out=3"):
        convolution_matrix2d(np.ones((3, 1, 1, 1)), 5, groups=2)
    with pytest.raises(ShapeError, match="the window spans 3 pixels and the padded axis has 2"):
        convolution_matrix2d(np.ones((1, 1, 3, 3)), (5, 2))
    with pytest.raises(ShapeError, match=r"size=\(1, 5, 5\) has 3 numbers"):
        convolution_matrix2d(np.ones((1, 1, 3, 3)), (1, 5, 5))
