"""The generated electrocardiograms: seeded, balanced, in mV, and with the signs by which physicians tell them."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from d2lmini import ShapeError, data
from d2lmini.data.ecg import NAMES, strip

pytestmark = pytest.mark.filterwarnings("error")
RATE = 250.0


def rng(seed=0):
    return np.random.default_rng(seed)


def clean(name, seconds=10.0, seed=0):
    return strip(name, np.arange(int(seconds * RATE)) / RATE, rng(seed))


def beats(signal):
    """Where the R peaks are, in s."""
    return find_peaks(signal, height=0.55, distance=int(0.2 * RATE))[0] / RATE


def test_ecg_is_balanced_and_in_millivolts():
    drawn = data.ecg(100, rng=rng())
    assert drawn.signals.shape == (100, 1, 256) and drawn.signals.dtype == np.float32
    assert drawn.labels.dtype == np.int64 and np.bincount(drawn.labels).tolist() == [20] * 5
    assert (drawn.rate, drawn.unit, drawn.names, drawn.source) == (128.0, "mV", NAMES, "ecg")
    assert (drawn.signals.max(axis=(1, 2)) > 0.5).all() and 1.2 < drawn.signals.max() < 3  # an R peak in each
    assert repr(drawn) == "Signals(100 of (1, 256), 5 classes, 128 Hz, mV, ecg)"


def test_ecg_follows_its_generator_and_moves_it_on():
    draw = rng(3)
    first, second, again = data.ecg(6, rng=draw), data.ecg(6, rng=draw), data.ecg(6, rng=rng(3))
    np.testing.assert_array_equal(first.signals, again.signals, strict=True)
    np.testing.assert_array_equal(first.labels, again.labels, strict=True)
    assert (first.signals != second.signals).any()


def test_ecg_takes_other_lengths_and_rates():
    drawn = data.ecg(5, length=1000, rate=500, rng=rng())
    assert drawn.signals.shape == (5, 1, 1000) and drawn.rate == 500


@pytest.mark.parametrize("seed", range(5))
def test_ecg_beats_as_fast_as_its_name_says(seed):
    for name, low, high in (("normal", 55, 105), ("ST elevation", 55, 105), ("tachycardia", 115, 185)):
        per_minute = 60 / np.diff(beats(clean(name, seed=seed)))
        assert low < per_minute.min() and per_minute.max() < high, name


def test_ecg_of_fibrillation_has_irregular_intervals_and_no_p_wave():
    def spread(name):
        intervals = [np.diff(beats(clean(name, seed=seed))) for seed in range(8)]
        return np.mean([i.std() / i.mean() for i in intervals])

    assert spread("atrial fibrillation") > 0.12 > 0.06 > spread("normal")

    def before_r(name):
        """The mean course of the 0.25 s before R: what comes at random in time averages out."""
        signal = clean(name, 60)
        starts = [int(t * RATE) for t in beats(signal)[1:]]
        return np.mean([signal[i - int(0.25 * RATE) : i - int(0.08 * RATE)] for i in starts], axis=0)

    assert np.ptp(before_r("normal")) > 0.08 and before_r("normal").argmax() not in (0, 41)
    assert np.ptp(before_r("atrial fibrillation")) < 0.5 * np.ptp(before_r("normal"))


def test_ecg_of_st_elevation_is_raised_behind_the_beat():
    def level(name):
        signal = clean(name, 20)
        rise = [np.median(signal[i + 25 : i + 32]) - np.median(signal[i - 25 : i - 18]) for i in
                (beats(signal)[1:-1] * RATE).astype(int)]  # 0.1 s behind R, and 0.1 s before  # fmt: skip
        return np.mean(rise)

    assert level("ST elevation") - level("normal") > 0.15


@pytest.mark.parametrize("seed", range(5))
def test_ecg_of_a_premature_beat_is_early_wide_and_followed_by_a_pause(seed):
    signal = clean("premature beat", 2.0, seed)
    wide = find_peaks(signal, height=0.5, width=0.06 * RATE)[0] / RATE
    assert len(wide) == 1 and 0.4 < wide[0] < 1.6
    assert len(find_peaks(clean("normal", 2.0, seed), height=0.5, width=0.06 * RATE)[0]) == 0
    long = strip("premature beat", np.arange(int(6 * RATE)) / RATE, rng(seed))
    times = beats(long)
    at = np.abs(times - find_peaks(long, height=0.5, width=0.06 * RATE)[0][0] / RATE).argmin()
    before, behind = times[at] - times[at - 1], times[at + 1] - times[at]
    usual = np.median(np.diff(times))
    assert before < 0.75 * usual and behind > 1.2 * usual


def test_ecg_has_the_hum_of_the_mains_and_a_slow_drift():
    loud = data.ecg(20, length=1000, rate=500, rng=rng(), hum=0.5, noise=0, wander=0).signals[:, 0]
    quiet = data.ecg(20, length=1000, rate=500, rng=rng(), hum=0, noise=0, wander=0).signals[:, 0]
    spectrum = np.abs(np.fft.rfft(loud - quiet)).mean(axis=0)
    assert spectrum.argmax() == 100  # 50 Hz in 2 s
    drift = data.ecg(20, length=1000, rate=500, rng=rng(), hum=0, noise=0, wander=1).signals[:, 0] - quiet
    slope = np.abs(np.diff(drift)).max() * 500  # mV/s; at most that of a sine of 1 mV and 0.5 Hz
    assert 0.3 < slope < 2 * np.pi * 0.5 * 1.01 and (np.ptp(drift, axis=1) > 0.1).all()


def test_ecg_refuses():
    with pytest.raises(ShapeError, match="n=0"):
        data.ecg(0, rng=rng())
    with pytest.raises(ShapeError, match="length=63"):
        data.ecg(1, length=63, rng=rng())
    with pytest.raises(ShapeError, match="rate=50; needed: a number from 100 to 1000"):
        data.ecg(1, rate=50, rng=rng())
    with pytest.raises(ShapeError, match="rng=7"):
        data.ecg(1, rng=7)
    with pytest.raises(ShapeError, match="noise=2"):
        data.ecg(1, noise=2, rng=rng())
