"""Two seconds of an electrocardiogram as a sum of Gaussian bells: five rhythms that differ as they do in patients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from d2lmini.data.base import listed
from d2lmini.ops.check import between, generator
from d2lmini.shapes import whole

NAMES = ("normal", "premature beat", "atrial fibrillation", "tachycardia", "ST elevation")


class Signals(NamedTuple):
    """Signals (n, c, l) float32, labels (n,) int64, names of the classes, source, rate in Hz, unit of the values."""

    signals: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    source: str
    rate: float
    unit: str

    def __repr__(self) -> str:
        n, *shape = self.signals.shape
        about = f"{len(self.names)} classes, {self.rate:g} Hz, {self.unit}, {self.source}"
        return f"Signals({n} of {tuple(shape)}, {about})"


class Wave(NamedTuple):
    """One bell of a beat: its middle in seconds after the R peak, its height in mV, its standard deviation in s."""

    middle: float
    height: float
    width: float


BEAT = (  # as lead II shows it
    Wave(-0.17, 0.12, 0.022),
    Wave(-0.032, -0.12, 0.010),
    Wave(0.0, 1.1, 0.012),
    Wave(0.032, -0.22, 0.011),
    Wave(0.27, 0.28, 0.045),
)  # P, Q, R, S, T
PREMATURE = (Wave(-0.02, 1.3, 0.040), Wave(0.10, -0.45, 0.035), Wave(0.30, -0.40, 0.060))  # wide, no P, T turned over
RAISED = tuple(Wave(middle, 0.16, 0.035) for middle in (0.06, 0.11, 0.16, 0.21))  # of 0.25 mV from S to T


@listed("two seconds of an electrocardiogram, 1 channel of 256 samples in mV, five rhythms, generated")
def ecg(
    n: int, *, length: int = 256, rate: float = 128.0, rng: np.random.Generator,
    wander: float = 0.15, hum: float = 0.04, noise: float = 0.03,
) -> Signals:  # fmt: skip
    """Draw n strips of five rhythms, each beginning anywhere in a beat.

    Shapes:
        length: samples, 64 or more. rate: Hz, 100 to 1000. wander, hum, noise: mV, 0..1: the amplitude of the slow
        drift that breathing causes, of the 50 Hz of the mains, and the standard deviation of the noise.
        Returns signals (n, 1, length) float32 in mV and labels (n,) int64, all classes equally frequent:
        normal: 60 to 95 beats/min, P, QRS and T in each.
        premature beat: one comes early, without P wave, wide, with its T turned over; a pause follows it.
        atrial fibrillation: no P waves, a flicker of 5 to 8 Hz instead, and no two intervals alike.
        tachycardia: 125 to 170 beats/min, each beat as a normal one, its T wave nearer.
        ST elevation: the line between S and T lies 0.15 to 0.35 mV too high.
    Raises:
        ShapeError: n or length is too small, another number is outside its range, or rng is no generator.
    Source:
        Written for this book, after McSharry et al. 2003, doi:10.1109/TBME.2003.808805, who also add bells.
        A textbook's idea of these rhythms, not patients: nothing that learns from it may judge a heart.

    >>> ecg(10, rng=np.random.default_rng(0))
    Signals(10 of (1, 256), 5 classes, 128 Hz, mV, ecg)
    """
    n, length, rng = whole(n, "n", 1), whole(length, "length", 64), generator(rng)
    rate = between(rate, "rate", 100, 1000)
    wander, hum, noise = (between(v, k, 0, 1) for k, v in (("wander", wander), ("hum", hum), ("noise", noise)))
    labels = rng.permutation(np.arange(n) % len(NAMES))
    time = np.arange(length) / rate  # s
    signals = np.stack([strip(NAMES[label], time, rng) for label in labels])  # (n, l)
    phase = rng.uniform(0, 2 * np.pi, (2, n, 1))
    breath = rng.uniform(0.15, 0.5, (n, 1))  # Hz
    signals += wander * rng.uniform(0.3, 1, (n, 1)) * np.sin(2 * np.pi * breath * time + phase[0])
    signals += hum * rng.uniform(0, 1, (n, 1)) * np.sin(2 * np.pi * 50 * time + phase[1])
    signals += noise * rng.standard_normal(signals.shape)
    return Signals(signals[:, None].astype(np.float32), labels, NAMES, "ecg", rate, "mV")


def strip(name: str, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one strip of a rhythm without wander, hum and noise, (l,) in mV."""
    gain = rng.uniform(0.8, 1.2)
    beats = rhythm(name, time[-1], rng)
    signal = np.zeros(len(time))
    for at, early, interval in beats:
        waves = PREMATURE if early else BEAT
        if name == "atrial fibrillation":
            waves = waves[1:]  # no P
        elif name == "ST elevation":
            waves = waves + RAISED
        for wave in waves:
            height = wave.height * rng.uniform(0.85, 1.15)
            shift = wave.middle * (min(1.0, np.sqrt(interval / 0.8)) if abs(wave.middle) > 0.05 else 1)  # Bazett
            signal += gain * height * np.exp(-0.5 * ((time - at - shift) / wave.width) ** 2)
    if name == "atrial fibrillation":
        turns = 2 * np.pi * rng.uniform(5, 8) * time + rng.uniform(0, 2 * np.pi)
        signal += gain * rng.uniform(0.05, 0.09) * np.sin(turns + 0.8 * np.sin(turns / 3.7))
    return signal


def rhythm(name: str, end: float, rng: np.random.Generator) -> list[tuple[float, bool, float]]:
    """Return each beat as its R peak in s, whether it is a premature one, and the interval before it in s."""
    typical = 60 / rng.uniform(*{"tachycardia": (125, 170), "atrial fibrillation": (80, 130)}.get(name, (60, 95)))
    spread = 0.25 if name == "atrial fibrillation" else 0.03
    lead = 2 + int(end / (0.55 * typical))  # beats that fill a strip
    intervals = typical * np.clip(rng.normal(1, spread, 2 * lead + 4), 0.55, 1.6)
    early = -1
    if name == "premature beat":
        early = lead
        intervals[early], intervals[early + 1] = 0.6 * typical, 1.4 * typical  # early, then the pause
    times = np.cumsum(intervals)
    # the strip begins anywhere in a beat; a premature one comes where both sides of it can be seen
    start = times[lead] - rng.uniform(0.25, 0.75) * end if early > 0 else times[2] + rng.uniform(0, 1) * intervals[3]
    near = (times > start - 0.6) & (times < start + end + 0.4)
    return [(float(times[i] - start), i == early, float(intervals[i])) for i in np.flatnonzero(near)]
