"""The transfer map: its numbers in Python, and the same figure driven in a browser."""

# ruff: noqa: F811 - fixtures are imported and then named as arguments

import re

import numpy as np
import pytest

from d2lmini import ShapeError, figures
from tests.test_figures import CONTRAST, browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

METHODS = ("frozen", "fine-tuned", "scratch", "random features")
DIGITS = "digits", [1, 5, 100], {m: [0.1 + 0.01 * k, 0.4 + 0.1 * k, 0.9 - 0.1 * k] for k, m in enumerate(METHODS)}
SHAPES = "shapes", [5, 20, 100], {m: [0.2 + 0.05 * k, 0.3, 0.5 + 0.1 * k] for k, m in enumerate(METHODS)}


def transfer_map(**state):
    return figures.TransferMap(DIGITS, SHAPES, **state)


@pytest.mark.parametrize(("case", "best", "column"), [
    ((0, 0), "random features", 1), ((0, 1), "frozen", 2), ((1, 0), "random features", 0),
    ((1, 1), "random features", 2),
])  # fmt: skip
def test_transfer_map_finds_the_numbers_of_each_case(case, best, column):
    fig = transfer_map(selected=case)
    target = (DIGITS, SHAPES)[case[0]]
    assert fig.measured == {m: values[column] for m, values in target[2].items()}
    assert fig.best == best and fig.methods == list(METHODS)


def test_transfer_map_describes_the_case_in_words():
    alt = transfer_map(selected=(1, 1)).alt
    assert "Chosen: different, many; shapes, 100 images a class. Advice: train from scratch, or fine-tune." in alt
    assert "frozen 0.50, fine-tuned 0.60, scratch 0.70, random features 0.80" in alt


def test_transfer_map_keeps_measured_numbers_out_of_the_recorded_text():
    assert repr(transfer_map()) == "TransferMap(few=5, many=100, selected=[0, 0])"
    assert transfer_map().alt in transfer_map()._repr_mimebundle_()[0]["image/svg+xml"]


@pytest.mark.parametrize(("change", "message"), [
    ({"similar": [0.1]}, "similar is a list; needed: (name, sizes, {method: accuracies})"),
    ({"different": ("shapes", [5, 20], SHAPES[2])}, "the sizes are [5, 20]; needed: increasing ones with 5 and 100"),
    ({"similar": ("digits", [5, 1, 100], DIGITS[2])}, "needed: increasing ones"),
    ({"similar": ("digits", [5, 100], DIGITS[2])}, "frozen has 3 accuracies from 0.1 to 0.9; needed: 2 between"),
    ({"similar": ("digits", [5, 100], {m: [50, 90] for m in METHODS})}, "needed: 2 between 0 and 1"),
    ({"similar": ("digits", [5, 100], {"frozen": [0.1, 0.2]})}, "needed: the same for both targets, one to four"),
    ({"few": 2}, "needed: increasing ones with 2 and 100"),
])  # fmt: skip
def test_transfer_map_says_what_it_takes(change, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        figures.TransferMap(**{"similar": DIGITS, "different": SHAPES, **change})


# --- in the browser


@in_browser
def test_transfer_map_shows_the_numbers_of_python(start):
    fig = transfer_map(selected=(0, 1))
    page = start(fig, still=False)
    for r in range(2):
        for c in range(2):
            shown = page.locator(f'[data-r="{r}"][data-c="{c}"] .d2l-value').all_inner_texts()
            assert shown == [f"{value:.2f}" for value in fig.at(r, c).values()]
    names = page.locator('[data-r="0"][data-c="0"] .d2l-name').all_inner_texts()
    assert names == page.locator(".d2l-legend > span").all_inner_texts() == list(METHODS)  # in the order that was given
    assert "similar, many images: the usual advice is “fine-tune the whole network”." in text(page, "status")
    places = "all => all.map(e => [+e.getAttribute('cx'), +e.getAttribute('cy')])"
    found = page.locator(".d2l-curves circle").evaluate_all(places)
    x, y = np.array(found).T  # the circles are those of the first method
    share = np.log(DIGITS[1]) / np.log(100)
    np.testing.assert_allclose((x - x[0]) / (x[-1] - x[0]), share, atol=1e-6)
    np.testing.assert_allclose((y - y[0]) / (y[-1] - y[0]), [0, 0.3 / 0.8, 1], atol=1e-6)


@in_browser
def test_transfer_map_works_by_mouse_and_keys(start):
    page = start(transfer_map())
    assert page.locator('[aria-pressed="true"]').inner_text().startswith("similar, few")
    page.locator('[data-r="1"][data-c="0"]').click()
    assert text(page, "status").startswith("different, few images: the usual advice is “a linear classifier on earlier")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "Measured on shapes with 100 images a class: frozen 0.50, fine-tuned 0.60" in text(page, "status")
    page.keyboard.press("ArrowUp")
    assert page.locator('[aria-pressed="true"]').count() == 1
    assert page.evaluate("document.activeElement.dataset.r + document.activeElement.dataset.c") == "01"
    assert "digits" in page.locator(".d2l-curves").get_attribute("aria-label")


@in_browser
@pytest.mark.parametrize("width", [360, 768])
def test_transfer_map_fits_a_phone(start, width):
    page = start(transfer_map(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert page.eval_on_selector_all(".d2l *", inside)


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_transfer_map_can_be_read_and_reached(start, scheme):
    page = start(transfer_map(selected=(1, 1)), scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    controls = page.locator(".d2l input, .d2l select, .d2l button")
    bare = "all => all.filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).length"
    assert controls.count() == 4 and controls.evaluate_all(bare) == 0
