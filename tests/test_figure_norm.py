"""The normalisation explorer: its numbers against PyTorch, and the same numbers in a real browser."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from d2lmini import ShapeError, figures
from tests.test_figures import browser, cells, in_browser, marked, start, text  # noqa: F401 - two of them are fixtures

X = np.array(figures.NormExplorer().values, float)
METHODS = (("batch", 2), ("layer", 2), ("instance", 2), ("group", 1), ("group", 2), ("group", 4))


def by_torch(x, method, groups):
    x = torch.from_numpy(x)[:, :, None]  # (n, c, 1, pixels)
    if method == "batch":
        return F.batch_norm(x, None, None, training=True)[:, :, 0].numpy()
    return F.group_norm(x, {"layer": 1, "instance": x.shape[1], "group": groups}[method])[:, :, 0].numpy()


@pytest.mark.parametrize(("method", "groups"), METHODS)
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_norm_explorer_equals_torch(method, groups, batch):
    fig = figures.NormExplorer(method=method, groups=groups, batch=batch)
    np.testing.assert_allclose(fig.output, by_torch(X[:batch], method, groups), atol=1e-12, strict=True)


@pytest.mark.parametrize(("method", "groups"), METHODS)
def test_the_shared_cells_have_the_statistics_that_make_the_output(method, groups):
    fig = figures.NormExplorer(method=method, groups=groups, selected=(1, 2, 3))
    assert (1, 2, 3) in fig.shared
    z = (X[1, 2, 3] - fig.mean) / np.sqrt(fig.variance + 1e-5)
    np.testing.assert_allclose(fig.output[1, 2, 3], z, atol=1e-12)


def test_the_number_of_shared_cells_is_that_of_the_method():
    n, c, pixels = X.shape
    expected = {"batch": n * pixels, "layer": c * pixels, "instance": pixels, "group": c // 2 * pixels}
    assert {method: len(figures.NormExplorer(method=method).shared) for method in expected} == expected


def test_a_cell_outside_the_batch_moves_into_it():
    assert figures.NormExplorer(batch=2, selected=(2, 1, 1)).at == (1, 1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": np.ones((2, 3))}, "values has shape (2, 3); needed: 3 axes (n, c, pixels)"),
        ({"values": np.ones((2, 3, 1))}, "needed: two or more pixels"),
        ({"batch": 4}, "batch=4 of 3 images; needed: at most 3"),
        ({"groups": 3}, "groups=3 with 4 channels; needed: a divisor of the channels"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        figures.NormExplorer(**options)


def test_the_figure_has_a_still_a_description_and_a_stable_text():
    one, other = figures.NormExplorer(), figures.NormExplorer()
    assert repr(one) == repr(other) and "0x" not in repr(one)
    assert one.alt in one._repr_mimebundle_()[0]["image/svg+xml"]
    assert "a set of 12 cells" in one.alt


@in_browser
@pytest.mark.parametrize(("method", "groups"), METHODS)
def test_the_page_shows_the_numbers_of_numpy(start, method, groups):  # noqa: F811
    fig = figures.NormExplorer(method=method, groups=groups, shown="z", selected=(1, 2, 3))
    page = start(fig)
    lit = [(n, *cell) for n in range(3) for cell in marked(page, f"image-{n}", "lit")]
    assert lit == fig.shared
    for n in range(3):
        np.testing.assert_allclose(cells(page, f"image-{n}"), fig.output[n], atol=0.0501, strict=True)
    assert text(page, "sum").replace("−", "-").endswith(f"= {fig.output[1, 2, 3]:.2f}")


@in_browser
def test_method_batch_and_cell_are_chosen_by_mouse_and_keys(start):  # noqa: F811
    page = start(figures.NormExplorer())
    assert page.locator(".d2l-choice", has_text="Groups").is_hidden()
    page.check('[data-name="method"][value="group"]')
    assert page.locator(".d2l-choice", has_text="Groups").is_visible()
    page.check('[data-name="groups"][value="4"]')
    page.focus('[data-name="batch"]')
    page.keyboard.press("ArrowLeft")
    assert page.locator('[data-name="image-2"]').is_hidden()
    page.focus('[data-name="image-0"] [tabindex="0"]')
    page.keyboard.press("ArrowDown")
    assert marked(page, "image-0", "lit") == [[1, p] for p in range(4)]
    assert "Image 0, channel 1, pixel 0 belongs to a set of 4 cells" in text(page, "status")


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_does_not_scroll_sideways(start, width):  # noqa: F811
    page = start(figures.NormExplorer(shown="z"), width=width, height=700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
