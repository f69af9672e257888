"""The Gabor explorer: turn the five numbers of a Gabor pair, and see its parts and its spectrum."""

from __future__ import annotations

from math import atan2, degrees, hypot

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.figures.base import STATIC, Figure, module
from d2lmini.ops import gabor, gabor_ft
from d2lmini.ops.check import between, word

SIZE, CELLS = 31, 61  # pixels of the kernels, cells of the spectrum
FORMULAS = ("right", "deck")
LIMITS = {"sigma_x": (1.0, 8.0), "sigma_y": (1.0, 8.0), "degrees": (0.0, 180.0), "U": (-0.4, 0.4), "V": (-0.4, 0.4)}


class GaborExplorer(Figure):
    """Choose the bell and the wave of a Gabor pair and see both parts beside the spectrum; chapter `gabor_ft`.

    Shapes:
        sigma_x, sigma_y: 1 to 8 pixels. degrees: 0 to 180, the turn alpha of the bell. U, V: waves per pixel to the
        right and downwards, -0.4 to 0.4. formula: "right", or "deck" for the transform as a slide prints it.
    Raises:
        ShapeError: a number is outside its range, or the formula is unknown.
    Source:
        Daugman 1985, doi:10.1364/JOSAA.2.001160.

    >>> fig = GaborExplorer(3, 3, U=0.0, V=0.2)
    >>> fig.pair.shape, fig.spectrum.shape, fig.wave  # a wave of five pixels that runs downwards
    ((31, 31), (61, 61), (5.0, 90))
    """

    _esm = module("gabor_explorer.js")
    _css = Figure._css + (STATIC / "gabor_explorer.css").read_text(encoding="utf-8")
    sigma_x = t.Float(3.0).tag(sync=True)
    sigma_y = t.Float(5.0).tag(sync=True)
    degrees = t.Float(0.0).tag(sync=True)
    U = t.Float(0.15).tag(sync=True)
    V = t.Float(0.0).tag(sync=True)
    formula = t.Enum(FORMULAS, "right").tag(sync=True)

    def __init__(
        self, sigma_x: float = 3.0, sigma_y: float = 5.0, *,
        degrees: float = 0.0, U: float = 0.15, V: float = 0.0, formula: str = "right",
    ):  # fmt: skip
        given = {"sigma_x": sigma_x, "sigma_y": sigma_y, "degrees": degrees, "U": U, "V": V}
        given = {name: between(value, name, *LIMITS[name]) for name, value in given.items()}
        super().__init__(**given, formula=word(formula, "formula", FORMULAS))

    @property
    def pair(self) -> np.ndarray:
        """The kernels, (31, 31) complex: even part real, odd part imaginary."""
        return gabor(SIZE, self.sigma_x, self.sigma_y, alpha=np.deg2rad(self.degrees), U=self.U, V=self.V)

    @property
    def spectrum(self) -> np.ndarray:
        """The transform, (61, 61): v from -0.5 to 0.5 downwards, u to the right."""
        v, u = np.mgrid[:CELLS, :CELLS] / (CELLS - 1) - 0.5
        alpha, widths = np.deg2rad(self.degrees), (self.sigma_x, self.sigma_y)
        if self.formula == "right":
            return gabor_ft(u, v, *widths, alpha=alpha, U=self.U, V=self.V)
        c, s = np.cos(alpha), np.sin(alpha)
        return gabor_ft(c * u + s * v, c * v - s * u, *widths, U=self.U, V=self.V)  # the frequency turned, (U, V) not

    @property
    def wave(self) -> tuple[float, int]:
        """The length of the wave in pixels, infinite for U = V = 0, and the direction it runs in, whole degrees."""
        f = hypot(self.U, self.V)
        return (round(1 / f, 1) if f else np.inf), round(degrees(atan2(self.V, self.U))) % 360

    @property
    def alt(self) -> str:
        length, angle = self.wave
        wave = f"a wave of {length:g} pixels that runs at {angle} degrees" if np.isfinite(length) else "no wave"
        which = "" if self.formula == "right" else ", by the formula of a slide, which is not right"
        return (
            f"Gabor explorer: even part, odd part and spectrum of {wave} under a bell of widths {self.sigma_x:g} and "
            f"{self.sigma_y:g} pixels, turned by {self.degrees:g} degrees{which}."
        )

    def still(self) -> plot.Figure:
        fig, (even, odd, spectrum) = plot.panels(3, size=(7.2, 2.7))
        limit = float(np.abs(self.pair).max())
        for ax, part, title in ((even, self.pair.real, "even part"), (odd, self.pair.imag, "odd part")):
            ax.imshow(part, cmap=plot.DIVERGING, vmin=-limit, vmax=limit, interpolation="none")
            ax.set(xticks=[], yticks=[], title=title)
        plot.image(spectrum, self.spectrum, title="spectrum", vmin=0, vmax=1)
        spectrum.plot((self.U + 0.5) * (CELLS - 1), (self.V + 0.5) * (CELLS - 1), "+", color=plot.ORANGE, markersize=11)
        return fig
