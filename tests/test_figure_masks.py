"""The mask explorer: its numbers against counting and scikit-learn, and the same numbers in a real browser."""

import re

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from d2lmini import ShapeError, data, figures
from tests.test_figures import browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

DRAWN = data.masks(3, size=20, rng=np.random.default_rng(0))
TRUTH = DRAWN.labels
WITHOUT = np.roll(TRUTH, 2, axis=1)
WITH = TRUTH ^ (np.random.default_rng(1).random(TRUTH.shape) < 0.02)


def explorer(**state):
    return figures.MaskExplorer(DRAWN.images[:, 0], TRUTH, WITHOUT, WITH, **state)


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("selected", [0, 2])
def test_mask_explorer_measures_what_is_shown(skips, selected):
    fig, found = explorer(skips=skips, selected=selected), (WITH if skips else WITHOUT)[selected]
    np.testing.assert_array_equal(fig.truth, TRUTH[selected], strict=True)
    np.testing.assert_array_equal(fig.prediction, found, strict=True)
    assert fig.wrong == (found != TRUTH[selected]).sum()
    assert fig.overlap == pytest.approx(jaccard_score(TRUTH[selected].ravel(), found.ravel()))


def test_colours_show_what_is_wrong_alone():
    fig = explorer(skips=False, layer="errors")
    grey = np.repeat(np.rint(255 * DRAWN.images[0, 0].astype(float))[..., None], 3, axis=2) / 255
    changed = (np.abs(fig.coloured() - grey) > 1e-6).any(axis=2)
    np.testing.assert_array_equal(changed, TRUTH[0] != WITHOUT[0], strict=True)
    missed = fig.coloured()[(TRUTH[0] == 1) & (WITHOUT[0] == 0)]
    assert (missed[:, 0] > missed[:, 2]).all()  # orange
    fig.layer = "image"
    np.testing.assert_allclose(fig.coloured(), grey, atol=1e-12, strict=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: figures.MaskExplorer(DRAWN.images, TRUTH, TRUTH, TRUTH), "images has shape (3, 1, 20, 20); needed: 3"),
        (lambda: figures.MaskExplorer(TRUTH, TRUTH[:1], TRUTH, TRUTH), "truth has shape (1, 20, 20)"),
        (lambda: figures.MaskExplorer(TRUTH, TRUTH, 2 * TRUTH, TRUTH), "without has shape (3, 20, 20)"),
        (lambda: explorer(selected=3), "selected=3 of 3 images; needed: 0 to 2"),
    ],
)  # fmt: skip
def test_bad_input_is_named(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()


def test_the_figure_has_a_still_a_description_and_a_stable_text():
    one, other = explorer(place=(3, 4)), explorer(place=(3, 4))
    assert repr(one) == repr(other) and "0x" not in repr(one) and "pixels" not in repr(one)
    assert one.alt in one._repr_mimebundle_()[0]["image/svg+xml"]
    assert "network with skips" in one.alt and "around row 3, column 4" in one.alt


def agree(page, fig):
    held = page.locator(".d2l-status").evaluate("s => [+s.dataset.wrong, +s.dataset.overlap, +s.dataset.near]")
    np.testing.assert_allclose(held, [fig.wrong, fig.overlap, fig.near], atol=1e-6)
    picture = page.locator('[data-name="picture"]').evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    shown = np.reshape(picture, (20, 20, 4))[..., :3]
    np.testing.assert_allclose(shown, 255 * fig.coloured(), atol=1.01)


@in_browser
@pytest.mark.parametrize("layer", ["image", "truth", "prediction", "errors"])
@pytest.mark.parametrize("skips", [False, True])
def test_the_page_shows_the_numbers_and_colours_of_numpy(start, layer, skips):  # noqa: F811
    fig = explorer(layer=layer, skips=skips, selected=1)
    agree(start(fig), fig)


@in_browser
def test_image_network_and_place_are_chosen_by_mouse_and_keys(start):  # noqa: F811
    page = start(explorer())
    page.check('[data-name="skips"][value="false"]')
    page.check('[data-name="selected"][value="2"]')
    page.check('[data-name="layer"][value="prediction"]')
    agree(page, explorer(selected=2, skips=False, layer="prediction"))
    assert text(page, "status").startswith("Without skips ")
    page.locator('[data-name="picture"]').focus()
    for key in ("ArrowUp", "Shift+ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert "Row 9, column 6 is " in text(page, "status")
    box = page.locator('[data-name="picture"]').bounding_box()
    page.mouse.move(box["x"] + 2.5 * box["width"] / 20, box["y"] + 17.5 * box["height"] / 20)
    assert "Row 17, column 2 is " in text(page, "status")
    label = page.locator('[data-name="part"]').get_attribute("aria-label")
    assert label == "rows 9 to 19, columns 0 to 10 of prediction"


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_does_not_scroll_sideways(start, width):  # noqa: F811
    page = start(explorer(), width=width, height=700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
