"""The occlusion explorer: its numbers against the given maps, and the same numbers in a real browser."""

import re

import numpy as np
import pytest

from d2lmini import ShapeError, figures
from tests.test_figures import CONTRAST, browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (8, 10)).astype(np.uint8)


def covered(seed=0):
    """Probabilities of three classes in whole 255ths, for squares of 2, 3 and 4 pixels."""
    rng = np.random.default_rng(seed)
    return {s: rng.integers(0, 256, (3, 8 - s + 1, 10 - s + 1)) / 255 for s in (2, 3, 4)}


CASES = {"first": (IMAGE, 1, covered(0)), "second": (IMAGE[::-1].copy(), 2, covered(1))}


def explorer(**state):
    return figures.OcclusionExplorer(CASES, "ABC", **state)


@pytest.mark.parametrize(("case", "size", "place"), [(0, 2, (0, 0)), (0, 3, (5, 7)), (1, 4, (2, 6)), (1, 2, (6, 8))])
def test_what_is_said_is_the_entry_of_the_given_map(case, size, place):
    fig = explorer(case=case, size=size, place=place)
    given = list(CASES.values())[case][2][size]
    np.testing.assert_allclose(fig.maps, given, atol=1e-12, strict=True)
    np.testing.assert_allclose(fig.said, given[:, place[0], place[1]], atol=1e-12, strict=True)


def test_the_square_covers_its_pixels_and_no_others():
    fig = explorer(size=3, place=(5, 2), fill=0.5)
    expected = IMAGE / 255
    for r in range(5, 8):
        for c in range(2, 5):
            expected[r, c] = 0.5
    np.testing.assert_array_equal(fig.image, expected, strict=True)


def test_a_square_that_would_leave_the_image_stays_inside():
    fig = explorer(size=4, place=(7, 9))
    assert fig.at == (4, 6)
    np.testing.assert_allclose(fig.said, covered()[4][:, 4, 6], atol=1e-12, strict=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: figures.OcclusionExplorer({"a": (IMAGE[None], 0, covered())}, "ABC"), "image has shape (1, 8, 10)"),
        (lambda: figures.OcclusionExplorer(CASES, "ABCD"), "covered[2] has shape (3, 7, 9); needed: (4, 7, 9)"),
        (lambda: figures.OcclusionExplorer({"a": (IMAGE, 3, covered())}, "ABC"), "labels [3]"),
        (lambda: figures.OcclusionExplorer({}, "ABC"), "0 cases"),
        (lambda: explorer(size=5), "size=5, case=0; needed: one of [2, 3, 4]"),
        (
            lambda: figures.OcclusionExplorer({"a": (IMAGE, 0, {2: covered()[2], 4: covered()[4]})}, "ABC"),
            "squares of [2, 4] pixels; needed: sizes one after another",
        ),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()


def test_the_figure_has_a_still_a_description_and_a_stable_text():
    one, other = explorer(), explorer()
    assert repr(one) == repr(other) and "0x" not in repr(one) and "pixels" not in repr(one)
    assert one.alt in one._repr_mimebundle_()[0]["image/svg+xml"]
    assert "first: a square of 3 pixels at row 2, column 3. The network says" in one.alt


def agree(page, fig):
    where = '[data-name="said"] [data-share]'
    shares = np.array(page.eval_on_selector_all(where, "all => all.map(value => +value.dataset.share)"), float)
    np.testing.assert_allclose(shares, fig.said, atol=1e-6, strict=True)


@in_browser
@pytest.mark.parametrize("state", [{}, {"case": 1, "size": 4, "place": (4, 1)}, {"size": 2, "place": (6, 8)}])
def test_the_page_shows_the_numbers_of_python(start, state):  # noqa: F811
    fig = explorer(**state)
    page = start(fig)
    agree(page, fig)
    own = fig.maps[fig.labels[fig.case]]
    label = page.locator('[data-name="map"]').get_attribute("aria-label")
    assert label.startswith(f"map of {own.shape[0]} by {own.shape[1]} places")


@in_browser
def test_keys_move_the_square_and_stop_at_the_border(start):  # noqa: F811
    page = start(explorer(size=3, place=(2, 3)))
    page.locator('[data-name="image"]').focus()
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    agree(page, explorer(size=3, place=(3, 1)))
    assert text(page, "status").startswith("first: rows 3 to 5 and columns 1 to 3 are covered. The network says ")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    agree(page, explorer(size=3, place=(3, 7)))


@in_browser
def test_the_mouse_brings_the_square_under_it(start):  # noqa: F811
    page = start(explorer(size=3, place=(0, 0)))
    for name, place in (("image", (4, 2)), ("map", (1, 6))):
        box = page.locator(f'[data-name="{name}"]').bounding_box()
        page.mouse.click(
            box["x"] + (place[1] + 1.5) * box["width"] / 10, box["y"] + (place[0] + 1.5) * box["height"] / 8
        )
        agree(page, explorer(size=3, place=place))


@in_browser
def test_another_size_another_case_and_the_deepest_place(start):  # noqa: F811
    page = start(explorer(size=3, place=(2, 3)))
    page.focus('[data-name="size"]')
    page.keyboard.press("ArrowRight")
    agree(page, explorer(size=4, place=(2, 3)))
    page.get_by_label("second").check()
    agree(page, explorer(case=1, size=4, place=(2, 3)))
    page.get_by_role("button", name="to the deepest place").press("Enter")
    own = covered(1)[4][2]
    agree(page, explorer(case=1, size=4, place=np.unravel_index(own.argmin(), own.shape)))


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_does_not_scroll_sideways(start, width):  # noqa: F811
    page = start(explorer(), width=width, height=700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_keeps_the_contrast_of_aa_and_every_control_has_a_name(start, scheme):  # noqa: F811
    page = start(explorer(), scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    nameless = "e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent)"
    assert page.eval_on_selector_all(".d2l :is(input, button)", f"all => all.filter({nameless}).length") == 0
