"""The spectrogram explorer: a window slides over a signal, and each place is a column of the picture below it."""

from __future__ import annotations

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module, numbers
from d2lmini.ops import stft

WINDOWS = (16, 32, 64, 128)
HOPS = (2, 4, 8, 16, 32)
DECIBELS = 40  # from the brightest to the darkest colour


class SpectrogramExplorer(Figure):
    """Slide a Hann window over a signal and a 3 x 3 kernel over its spectrogram; chapter `signals`.

    Shapes:
        signal: (l,) with 128 to 1024 samples. rate: Hz. window: 16, 32, 64 or 128 samples. hop: 2, 4, 8, 16 or 32.
        frame, row: where the kernel lies, in columns and rows of the spectrogram.
        fig.magnitudes: |stft|, (window // 2 + 1, frames), centred as in `stft`.
        fig.seen: the first and the last sample that the three columns under the kernel come from.
    Raises:
        ShapeError: signal is not 1-d, too short or too long.
    Source:
        Allen 1977, doi:10.1109/TASSP.1977.1162950.

    >>> fig = SpectrogramExplorer(np.cos(np.pi / 4 * np.arange(256)), rate=128, window=32, hop=8, frame=10, row=4)
    >>> int(fig.magnitudes[:, 10].argmax()), fig.seen  # 16 Hz is row 4 of 4 Hz each; 80 - 8 - 16 and 80 + 8 + 15
    (4, (56, 103))
    """

    _esm = module("spectrogram_explorer.js")
    _css = Figure._css + (STATIC / "spectrogram_explorer.css").read_text(encoding="utf-8")
    packed = t.Bytes(b"\0").tag(sync=True)  # the signal as float32
    rate = t.Float(128.0).tag(sync=True)
    window = t.Enum(WINDOWS, 32).tag(sync=True)
    hop = t.Enum(HOPS, 8).tag(sync=True)
    frame = t.Int(0, min=0).tag(sync=True)
    row = t.Int(0, min=0).tag(sync=True)

    def __init__(self, signal, rate: float = 128.0, **state: object):
        signal = numbers(signal, "signal", ("l",))
        if not 128 <= len(signal) <= 1024:
            came, needed = f"signal has {len(signal)} samples", "128 to 1024, so that each window fits"
            raise ShapeError(fault(came, needed, "signal[:256]"))
        super().__init__(packed=signal.astype("<f4").tobytes(), rate=float(rate), **state)

    @property
    def signal(self) -> np.ndarray:
        """The signal, (l,), rounded to float32."""
        return np.frombuffer(self.packed, "<f4").astype(float)

    @property
    def magnitudes(self) -> np.ndarray:
        """The spectrogram, (window // 2 + 1, frames)."""
        return np.abs(stft(self.signal, np.hanning(self.window + 1)[:-1], hop=self.hop))

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the kernel's middle, inside the spectrogram."""
        rows, frames = self.magnitudes.shape
        return min(self.row, rows - 1), min(self.frame, frames - 1)

    @property
    def seen(self) -> tuple[int, int]:
        """The first and the last sample that the kernel sees."""
        column, frames = self.place[1], self.magnitudes.shape[1]
        first = max(column - 1, 0) * self.hop - self.window // 2
        last = min(column + 1, frames - 1) * self.hop + self.window // 2 - 1
        return max(first, 0), min(last, len(self.signal) - 1)

    @property
    def alt(self) -> str:
        row, column = self.place
        rows, frames = self.magnitudes.shape
        return (
            f"Spectrogram explorer: a signal of {len(self.signal)} samples at {self.rate:g} Hz, and its spectrogram of "
            f"{rows} rows, {self.rate / self.window:g} Hz apart, and {frames} columns, {self.hop} samples apart. "
            f"A 3 by 3 kernel at row {row}, column {column} sees samples {self.seen[0]} to {self.seen[1]}."
        )

    def still(self) -> plot.Figure:
        (row, column), magnitudes = self.place, self.magnitudes
        edges = np.array([-0.5, magnitudes.shape[1] - 0.5]) * self.hop / self.rate  # s
        bin_width = self.rate / self.window
        fig, (a, b) = plot.panels(1, 2, size=(7.2, 4.2))
        a.axvspan(self.seen[0] / self.rate, self.seen[1] / self.rate, color="C1", alpha=0.25)
        a.plot(np.arange(len(self.signal)) / self.rate, self.signal, color="C0", linewidth=1.2)
        start = (column * self.hop - self.window // 2 + np.arange(self.window)) / self.rate
        low, high = self.signal.min(), self.signal.max()
        a.plot(start, low + (high - low) * np.hanning(self.window + 1)[:-1], color="C1", linewidth=1.6)
        a.set(xlim=edges, ylabel="signal")
        decibels = 20 * np.log10(np.maximum(magnitudes / (magnitudes.max() or 1), 10 ** (-DECIBELS / 20)))
        extent = (*edges, -bin_width / 2, (len(magnitudes) - 0.5) * bin_width)
        b.imshow(decibels, origin="lower", aspect="auto", extent=extent, cmap="viridis", interpolation="none")
        left, bottom = (column - 1.5) * self.hop / self.rate, (row - 1.5) * bin_width
        right, top = left + 3 * self.hop / self.rate, bottom + 3 * bin_width
        b.plot([left, right, right, left, left], [bottom, bottom, top, top, bottom], color="C1", linewidth=2)
        b.set(xlim=edges, ylim=extent[2:], xlabel="seconds", ylabel="Hz")
        return fig
