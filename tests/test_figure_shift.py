"""The shift explorer: its two networks against PyTorch, and the same numbers in a real browser."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from d2lmini import ShapeError, figures
from tests.test_figures import browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

RNG = np.random.default_rng(0)
DIGITS = np.zeros((3, 12, 10), np.uint8)
DIGITS[:, 4:8, 3:7] = RNG.integers(100, 256, (3, 4, 4))


def weights(*shape):
    return 0.5 * RNG.standard_normal(shape)


def bytes_of(*shape):
    """Weights that the figure can hold exactly: whole 127ths of the largest, which is 1.5."""
    whole = np.random.default_rng(np.prod(shape)).integers(-127, 128, shape)
    whole.flat[0] = 127
    return whole * (1.5 / 127)


DENSE = ((bytes_of(6, 120), bytes_of(6)), (bytes_of(4, 6), bytes_of(4)))
CONV = ((weights(3, 1, 3, 3), weights(3)), (weights(5, 3, 3, 3), weights(5)), (weights(4, 5), weights(4)))


def explorer(**state):
    return figures.ShiftExplorer(DIGITS, [7, 0, 2], DENSE, CONV, **state)


def by_torch(image):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(120, 6), nn.ReLU(), nn.Linear(6, 4), nn.Softmax(1))
    maps = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(5, 4), nn.Softmax(1),
    )  # fmt: skip
    answers = []
    for net, layers in ((flat, DENSE), (maps, CONV)):
        for parameter, given in zip(net.parameters(), (a for layer in layers for a in layer), strict=True):
            parameter.data = torch.from_numpy(given.astype(np.float32))
        answers.append(net(torch.from_numpy(image[None, None]).float())[0].detach().numpy().astype(float))
    return answers


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-4, 3), (10, -10)])
def test_the_two_networks_equal_torch(shift):
    fig = explorer(selected=1, shift=shift)
    for ours, expected in zip((fig.dense_scores, fig.conv_scores), by_torch(fig.image), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5, strict=True)


def test_a_shift_moves_the_pixels_and_loses_what_leaves():
    fig = explorer(shift=(2, -3))
    np.testing.assert_array_equal(fig.image[6:10, 0:4], DIGITS[0, 4:8, 3:7] / 255, strict=True)
    assert fig.image[:6].sum() == fig.image[:, 4:].sum() == 0
    fig.shift = [10, 0]
    assert fig.image.sum() == 0


def test_the_dense_weights_are_rounded_to_a_byte_each():
    dense = ((weights(6, 120), weights(6)), (weights(4, 6), np.zeros(4)))
    fig = figures.ShiftExplorer(DIGITS, [7, 0, 2], dense, CONV)
    assert len(fig.dense) == 6 * 120 + 6 + 4 * 6 + 4
    held = np.frombuffer(fig.dense, np.int8)[: 6 * 120].reshape(6, 120) * fig.units[0]
    assert 0 < np.abs(held - dense[0][0]).max() <= 0.5001 * np.abs(dense[0][0]).max() / 127


def test_images_from_zero_to_one_are_the_same_digits():
    fig = figures.ShiftExplorer(DIGITS / 255, [7, 0, 2], DENSE, CONV)
    assert fig.pixels == explorer().pixels


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: figures.ShiftExplorer(DIGITS[0], [7], DENSE, CONV), "digits has shape (12, 10); needed: 3 axes"),
        (lambda: figures.ShiftExplorer(DIGITS[:, :11], [7, 0, 2], DENSE, CONV), "needed: even sides"),
        (lambda: figures.ShiftExplorer(DIGITS, [7], DENSE, CONV), "with 1 labels"),
        (lambda: figures.ShiftExplorer(DIGITS, [7, 0, 2], DENSE[:1], CONV), "dense has arrays of shapes"),
        (lambda: figures.ShiftExplorer(DIGITS, [7, 0, 2], DENSE, CONV[1:]), "conv has arrays of shapes"),
    ],
)  # fmt: skip
def test_bad_input_is_named(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()


def test_the_figure_has_a_still_a_description_and_a_stable_text():
    one, other = explorer(shift=(1, 2)), explorer(shift=(1, 2))
    assert repr(one) == repr(other) and "0x" not in repr(one) and "pixels" not in repr(one)
    assert one.alt in one._repr_mimebundle_()[0]["image/svg+xml"]
    assert "the digit 7 moved down by 1 and right by 2" in one.alt


def shares(page, name):
    where = f'[data-name="{name}"] [data-share]'
    return np.array(page.eval_on_selector_all(where, "all => all.map(value => +value.dataset.share)"), float)


def agree(page, fig):
    np.testing.assert_allclose(shares(page, "dense"), fig.dense_scores, atol=2e-6, strict=True)
    np.testing.assert_allclose(shares(page, "conv"), fig.conv_scores, atol=2e-6, strict=True)


@in_browser
@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-4, 3)])
def test_the_page_shows_the_numbers_of_numpy(start, shift):  # noqa: F811
    fig = explorer(selected=2, shift=shift)
    agree(start(fig), fig)


@in_browser
def test_the_arrow_keys_move_the_digit_and_home_brings_it_back(start):  # noqa: F811
    page = start(explorer())
    page.locator('[data-name="image"]').focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    agree(page, explorer(shift=(2, -1)))
    assert text(page, "status").startswith("A 7, moved by 2 down and 1 to the left. The dense network says ")
    page.keyboard.press("Home")
    agree(page, explorer())
    assert text(page, "status").startswith("A 7, in the middle.")


@in_browser
def test_the_digit_is_dragged_with_the_mouse(start):  # noqa: F811
    page = start(explorer())
    box = page.locator('[data-name="image"]').bounding_box()
    pixel = box["width"] / 10
    page.mouse.move(box["x"] + 5 * pixel, box["y"] + 6 * pixel)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 * pixel, box["y"] + 4 * pixel, steps=5)
    page.mouse.up()
    page.mouse.move(box["x"], box["y"])  # let go: it stays
    agree(page, explorer(shift=(-2, 3)))


@in_browser
def test_another_digit_is_chosen(start):  # noqa: F811
    page = start(explorer())
    page.get_by_label("0", exact=True).check()
    agree(page, explorer(selected=1))
    assert text(page, "status").startswith("A 0,")


@in_browser
def test_the_figure_fits_on_a_telephone(start):  # noqa: F811
    page = start(explorer(), width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
