"""The Gabor explorer: its numbers in Python, and the same pictures in a real browser."""

import re

import numpy as np
import pytest

from d2lmini import ShapeError, figures, gabor, plot
from tests.test_figures import browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

CASES = [
    {"sigma_x": 3.0, "sigma_y": 5.0, "degrees": 30.0, "U": 0.12, "V": 0.07},
    {"sigma_x": 6.0, "sigma_y": 2.0, "degrees": 145.0, "U": -0.2, "V": 0.1, "formula": "deck"},
    {"sigma_x": 1.5, "sigma_y": 1.5, "U": 0.0, "V": 0.0},
]


def pixels(page, name):
    """The colours of a canvas, (h, w, 3)."""
    values = page.eval_on_selector(
        f'canvas[data-name="{name}"]',
        "c => [c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]",
    )
    return np.array(values[1:]).reshape(values[0], values[0], 4)[:, :, :3]


@pytest.mark.parametrize("options", CASES)
def test_gabor_explorer_shows_the_pair_of_its_numbers(options):
    fig = figures.GaborExplorer(**options)
    sx, sy, U, V = (options[name] for name in ("sigma_x", "sigma_y", "U", "V"))
    expected = gabor(31, sx, sy, alpha=options.get("degrees", 0) * np.pi / 180, U=U, V=V)
    np.testing.assert_allclose(fig.pair, expected, atol=1e-15, strict=True)


def test_gabor_explorer_puts_the_right_spectrum_on_the_wave_and_that_of_the_slide_elsewhere():
    options = {"sigma_x": 3, "sigma_y": 5, "degrees": 30, "U": 0.1, "V": 0.05}
    right = figures.GaborExplorer(**options).spectrum
    assert np.unravel_index(right.argmax(), right.shape) == (33, 36) and right.max() == 1
    deck = figures.GaborExplorer(**options, formula="deck").spectrum
    assert deck[33, 36] < 0.7 * deck.max()
    level = {**options, "degrees": 0}
    np.testing.assert_allclose(
        figures.GaborExplorer(**level, formula="deck").spectrum, figures.GaborExplorer(**level).spectrum, atol=1e-12
    )


def test_gabor_explorer_names_wave_and_direction():
    assert figures.GaborExplorer(U=0.1, V=0.1).wave == (7.1, 45)
    assert figures.GaborExplorer(U=0, V=-0.25).wave == (4.0, 270)
    assert figures.GaborExplorer(U=0, V=0).wave == (np.inf, 0)
    assert "no wave" in figures.GaborExplorer(U=0, V=0).alt


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma_x": 0.5}, "sigma_x=0.5; needed: a number from 1 to 8"),
        ({"degrees": 190}, "degrees=190; needed: a number from 0 to 180"),
        ({"V": 0.5}, "V=0.5; needed: a number from -0.4 to 0.4"),
        ({"formula": "other"}, "formula='other'; needed: one of right, deck"),
    ],
)
def test_gabor_explorer_refuses(options, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        figures.GaborExplorer(**options)


def test_the_figure_has_a_still_a_description_and_a_stable_text():
    one, other = figures.GaborExplorer(), figures.GaborExplorer()
    assert repr(one) == repr(other) and "0x" not in repr(one)
    assert one.alt in one._repr_mimebundle_()[0]["image/svg+xml"]


@in_browser
@pytest.mark.parametrize("options", CASES)
def test_the_page_paints_the_pictures_of_numpy(start, options):  # noqa: F811
    fig = figures.GaborExplorer(**options)
    page = start(fig)
    bell = np.abs(fig.pair).max()
    for name, part in (("even", fig.pair.real), ("odd", fig.pair.imag)):
        expected = 255 * plot.DIVERGING((part / bell + 1) / 2, alpha=None)[:, :, :3]
        np.testing.assert_allclose(pixels(page, name), expected, atol=2.5)  # the map of matplotlib has 256 steps
    spectrum = np.repeat(255 * fig.spectrum[:, :, None], 3, axis=2)
    np.testing.assert_allclose(pixels(page, "spectrum"), spectrum, atol=0.51)


@in_browser
def test_keys_and_clicks_move_the_wave(start):  # noqa: F811
    page = start(figures.GaborExplorer(U=0.1, V=0.0))
    page.focus('[data-name="U"]')
    page.keyboard.press("ArrowRight")
    assert "A wave of 9.1 pixels runs at 0°" in text(page, "status")
    page.focus('[data-name="degrees"]')
    page.keyboard.press("ArrowRight")
    assert "turned by 5°" in text(page, "status")
    page.check('[data-name="formula"][value="deck"]')
    assert "does not lie on the cross" in text(page, "status")
    box = page.locator('canvas[data-name="spectrum"]').bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75)
    assert "A wave of 4 pixels runs at 90°" in text(page, "status")


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_does_not_scroll_sideways(start, width):  # noqa: F811
    page = start(figures.GaborExplorer(), width=width, height=700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
