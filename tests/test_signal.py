"""Convolution and correlation along one axis against NumPy, SciPy, the FFT and sums written out."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import ShapeError, circular_conv1d, conv1d, xcorr1d
from d2lmini.ops.signal import SIZES, crop

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=60, deadline=None)
lengths = st.integers(1, 9)
X, H = [1, 2, 2], [1, -1]  # the worked example of the sources


def signal(n, seed=0, dtype="float64"):
    x = np.random.default_rng(seed).standard_normal(n)
    return (x + 1j * x[::-1] if dtype == "complex128" else 9 * x).astype(dtype)


@few
@given(
    n=lengths,
    k=lengths,
    mode=st.sampled_from(SIZES),
    dtype=st.sampled_from(["float64", "int64", "complex128"]),
)
def test_conv1d_equals_scipy(n, k, mode, dtype):
    x, h = signal(n, 1, dtype), signal(k, 2, dtype)
    expected = scipy.signal.convolve(x, h, mode, method="direct")
    np.testing.assert_allclose(conv1d(x, h, mode), expected, atol=1e-12, strict=True)


@few
@given(n=lengths, k=lengths, mode=st.sampled_from(SIZES))
def test_conv1d_equals_numpy(n, k, mode):
    x, h = signal(n, 1), signal(k, 2)
    if n >= k or mode != "same":  # erratum C11: numpy's "same" is as long as the longer one, ours as x
        np.testing.assert_allclose(conv1d(x, h, mode), np.convolve(x, h, mode), atol=1e-12, strict=True)
    assert len(conv1d(x, h, mode)) == {"full": n + k - 1, "same": n, "valid": abs(n - k) + 1}[mode]


@few
@given(n=lengths, k=lengths)
def test_conv1d_is_the_sum_that_defines_it(n, k):
    x, h = signal(n, 1), signal(k, 2)
    expected = [sum(h[j] * x[i - j] for j in range(k) if 0 <= i - j < n) for i in range(n + k - 1)]
    np.testing.assert_allclose(conv1d(x, h), np.array(expected), atol=1e-12, strict=True)


@few
@given(n=lengths, k=lengths, m=lengths)
def test_conv1d_commutes_and_associates(n, k, m):
    x, h, g = signal(n, 1), signal(k, 2), signal(m, 3)
    np.testing.assert_allclose(conv1d(x, h), conv1d(h, x), atol=1e-12, strict=True)  # n002.conv.identity
    np.testing.assert_allclose(conv1d(conv1d(x, h), g), conv1d(x, conv1d(h, g)), atol=1e-10, strict=True)


def test_conv1d_gives_the_published_numbers():
    assert conv1d(X, H).tolist() == [1, 1, 0, -2]  # n002.lin.matrix, n002.lin.signal


def test_conv1d_moves_with_its_input():
    x, h = signal(9), signal(4, 1)
    shifted = np.concatenate([np.zeros(3), x])
    np.testing.assert_allclose(conv1d(shifted, h)[3:], conv1d(x, h), atol=1e-14, strict=True)


def test_conv1d_promotes_as_numpy_does():
    for a, b in (("float32", "float32"), ("float32", "float64"), ("int64", "float32"), ("uint8", "int16")):
        assert conv1d(np.ones(3, a), np.ones(2, b)).dtype == np.result_type(a, b)
    wide = conv1d(np.array([255, 255], np.uint8), np.array([1000, 1000]))
    assert wide.tolist() == [255_000, 510_000, 255_000]  # not computed in uint8


@few
@given(
    n=lengths,
    k=lengths,
    mode=st.sampled_from(SIZES),
    dtype=st.sampled_from(["float64", "int64", "complex128"]),
)
def test_xcorr1d_equals_scipy_and_numpy(n, k, mode, dtype):
    x, h = signal(n, 1, dtype), signal(k, 2, dtype)
    expected = scipy.signal.correlate(x, h, mode, method="direct")
    np.testing.assert_allclose(xcorr1d(x, h, mode), expected, atol=1e-12, strict=True)
    if n >= k or mode != "same":
        np.testing.assert_allclose(xcorr1d(x, h, mode), np.correlate(x, h, mode), atol=1e-12, strict=True)


@few
@given(n=lengths, k=lengths)
def test_xcorr1d_is_the_sum_that_defines_it(n, k):
    x, h = signal(n, 1), signal(k, 2)
    expected = [sum(h[j] * x[i + j] for j in range(k) if 0 <= i + j < n) for i in range(1 - k, n)]
    np.testing.assert_allclose(xcorr1d(x, h, "full"), np.array(expected), atol=1e-12, strict=True)


def test_xcorr1d_does_not_commute():
    """Erratum A6: y1[n] = sum of x[m] h[n + m] is y2[n] = sum of h[k] x[n + k] reversed, no more."""
    y1, y2 = xcorr1d(H, X, "full"), xcorr1d(X, H, "full")
    assert y2.tolist() == [-1, -1, 0, 2] and y1.tolist() == [2, 0, -1, -1]
    for n, k in ((5, 3), (3, 5), (4, 4)):
        x, h = signal(n, 1), signal(k, 2)
        np.testing.assert_allclose(
            xcorr1d(x, h, "full"), xcorr1d(h, x, "full")[::-1], atol=1e-12, strict=True
        )


def test_xcorr1d_is_a_convolution_with_the_kernel_flipped():
    x, h = signal(7), signal(3, 1)
    for mode in SIZES:
        np.testing.assert_allclose(
            xcorr1d(x, h, mode), np.convolve(x, h[::-1], mode), atol=1e-12, strict=True
        )


@few
@given(n=lengths, data=st.data())
def test_circular_conv1d_is_a_product_of_spectra(n, data):
    k = data.draw(st.integers(1, n))
    x, h = signal(n, 1), signal(k, 2)
    expected = np.fft.ifft(np.fft.fft(h, n) * np.fft.fft(x)).real
    np.testing.assert_allclose(circular_conv1d(x, h), expected, atol=1e-12, strict=True)


def test_circular_conv1d_gives_the_corrected_numbers():
    """Erratum A3: one form of the document has {1, 1, 0}; its own matrix form and the FFT have {-1, 1, 0}."""
    assert circular_conv1d(X, H).tolist() == [-1, 1, 0]


def test_circular_conv1d_is_the_full_convolution_wrapped():
    x, h = signal(6), signal(4, 1)
    full = np.convolve(x, h)
    full[:3] += full[6:]
    np.testing.assert_allclose(circular_conv1d(x, h), full[:6], atol=1e-12, strict=True)


def test_circular_conv1d_turns_with_its_input():
    x, h = signal(6), signal(4, 1)
    np.testing.assert_allclose(
        circular_conv1d(np.roll(x, 2), h), np.roll(circular_conv1d(x, h), 2), atol=1e-14, strict=True
    )


def test_circular_conv1d_refuses_a_kernel_longer_than_the_circle():
    with pytest.raises(
        ShapeError, match=r"h has 3 values and x has 2; needed: k <= n; try: circular_conv1d\(h, x\)"
    ):
        circular_conv1d([1, 2], [1, 2, 3])


@pytest.mark.parametrize("function", [conv1d, xcorr1d])
@pytest.mark.parametrize("mode", ["Full", None, 1, ["full"]], ids=repr)
def test_conv1d_and_xcorr1d_list_the_sizes(function, mode):
    with pytest.raises(ShapeError) as caught:
        function(X, H, mode)
    assert str(caught.value) == f'mode={mode!r}; needed: one of full, same, valid; try: mode="full"'


def test_crop_keeps_the_middle():
    for n, k in np.ndindex(8, 8):
        full = np.arange(n + k + 1)
        for mode in SIZES:
            kept = full[crop(n + 1, k + 1, mode)]
            assert len(kept) == {"full": n + k + 1, "same": n + 1, "valid": abs(n - k) + 1}[mode]
            assert mode == "same" or kept[0] + kept[-1] == n + k
