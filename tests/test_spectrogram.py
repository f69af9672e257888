"""Time and frequency: the short-time Fourier transform against torch and SciPy, EMD against SciPy's splines."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from d2lmini import ShapeError, emd, stft
from d2lmini.ops.spectrogram import mean_envelope, natural_spline, peaks

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=40, deadline=None)


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def hann(k):
    return np.hanning(k + 1)[:-1]


@few
@given(
    st.integers(1, 17), st.one_of(st.none(), st.integers(1, 9)), st.booleans(), st.integers(0, 30),
    st.sampled_from(("float32", "float64")),
)  # fmt: skip
def test_stft_equals_torch(k, hop, center, more, dtype):
    if hop is None and k < 4:
        hop = 1  # torch would take 0
    x, window = random(2, k + more, dtype=dtype), (0.1 + hann(k)).astype(dtype)
    expected = torch.stft(
        torch.from_numpy(x), k, hop, window=torch.from_numpy(window), center=center, return_complex=True
    )  # fmt: skip
    tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(
        stft(x, window, hop=hop, center=center), expected.numpy(), atol=tolerance, strict=True
    )


def test_stft_equals_scipy():
    """SciPy's class holds to the middle of the window as time 0 and turns phases; magnitudes agree."""
    x, window = random(100), hann(16)
    theirs = scipy.signal.ShortTimeFFT(window, hop=4, fs=1.0)
    spectra = theirs.stft(x, p0=2, p1=24)  # windows that lie inside the signal: p is the middle over the hop
    ours = stft(x, window, hop=4, center=False)
    np.testing.assert_allclose(np.abs(ours), np.abs(spectra), atol=1e-12, strict=True)


def test_stft_finds_a_tone_in_its_row():
    k, rate = 32, 128
    times = np.arange(256) / rate
    for row in (3, 7, 12):
        spectrum = np.abs(stft(np.cos(2 * np.pi * row * rate / k * times), hann(k), hop=8))
        assert (spectrum.argmax(axis=0)[1:-2] == row).all()  # where a window meets its mirror, the tone breaks


def test_stft_keeps_the_energy_of_a_signal():
    """Parseval: side by side, with a window of ones, what a window holds is what its spectrum holds."""
    x = random(3, 64)
    power = np.abs(stft(x, np.ones(8), hop=8, center=False)) ** 2
    power[..., 1:-1, :] *= 2  # these frequencies stand for their mirror too
    np.testing.assert_allclose(power.sum(axis=1) / 8, (x.reshape(3, 8, 8) ** 2).sum(axis=2), atol=1e-12, strict=True)


def test_stft_names_a_signal_that_is_too_short():
    with pytest.raises(ShapeError, match=r"x has shape \(5,\); needed: 8 samples or more for a window of 8"):
        stft(random(5), hann(8), center=False)
    with pytest.raises(ShapeError, match="5 samples or more for a window of 8 and its mirror"):
        stft(random(4), hann(8))
    with pytest.raises(ShapeError, match="hop=0"):
        stft(random(20), hann(8), hop=0)


# --- empirical mode decomposition -------------------------------------------------------------------------


@few
@given(st.integers(3, 12), st.integers(0, 10**6))
def test_emd_splines_equal_those_of_scipy(m, seed):
    rng = np.random.default_rng(seed)
    knots, values = np.cumsum(rng.integers(1, 5, m)), rng.standard_normal(m)
    at = np.arange(knots[0], knots[-1] + 1)
    expected = CubicSpline(knots, values, bc_type="natural")(at)
    np.testing.assert_allclose(natural_spline(knots, values, at), expected, atol=1e-12, strict=True)


@few
@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_emd_peaks_equal_those_of_scipy(values):
    x = np.array(values, float)
    np.testing.assert_array_equal(peaks(x), scipy.signal.find_peaks(x)[0], strict=True)


@few
@given(st.integers(1, 60), st.integers(0, 10**6))
def test_emd_adds_up_to_the_signal(length, seed):
    x = random(length, seed=seed)
    parts = emd(x)
    assert parts.shape[1] == length and parts.dtype == np.float64
    np.testing.assert_allclose(parts.sum(axis=0), x, atol=1e-9, strict=True)


def test_emd_separates_two_tones_and_a_trend():
    t = np.linspace(0, 1, 512)
    parts = [np.sin(2 * np.pi * 40 * t), np.sin(2 * np.pi * 6 * t), 2 * t]
    modes = emd(sum(parts))
    middle = slice(40, -40)
    for mode, part in zip(modes[:2], parts, strict=False):
        assert np.abs(mode - part)[middle].max() < 0.1
    assert np.corrcoef(modes[2:].sum(axis=0)[middle], t[middle])[0, 1] > 0.99


def test_emd_leaves_what_has_no_oscillation():
    for x in (np.arange(10.0), np.ones(5), np.array([0.0, 1.0, 0.0]), np.zeros(1)):
        np.testing.assert_array_equal(emd(x), x[None], strict=True)
    assert mean_envelope(np.arange(9.0)) is None


def test_emd_takes_as_many_modes_as_asked_for():
    x = random(200)
    assert len(emd(x, modes=2)) == 3
    np.testing.assert_allclose(emd(x, modes=2)[0], emd(x, modes=1)[0], atol=1e-12, strict=True)
    with pytest.raises(ShapeError, match="modes=0"):
        emd(x, modes=0)
    with pytest.raises(ShapeError, match="not finite"):
        emd(np.array([0.0, np.nan, 1.0]))
