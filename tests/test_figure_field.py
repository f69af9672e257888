"""The field explorer: its numbers against PyTorch's gradient, and the same numbers in a real browser."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from d2lmini import ShapeError, figures
from tests.test_figures import CONTRAST, browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

STACKS = (
    [(3, 1, 1)] * 3,
    [(3, 1, 1), (3, 1, 2), (3, 1, 4)],
    [(3, 1, 2)] * 3,
    [(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1), (3, 1, 1)],
    [(5, 3, 2), (1, 1, 1), (2, 1, 3)],
)


def by_torch(fig):
    """The gradient of the chosen unit with all weights one, (size,)."""
    x = torch.zeros(1, 1, fig.size, dtype=torch.float64, requires_grad=True)
    y = x
    for k, s, d in fig.layers[: fig.at[0]]:
        y = F.conv1d(y, torch.ones(1, 1, k, dtype=torch.float64), stride=s, dilation=d)
    y[0, 0, fig.at[1]].backward()
    return x.grad[0, 0].numpy().astype(int)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("selected", [None, (1, 0), (2, 3), (3, 1), (0, 4)])
def test_field_explorer_equals_the_gradient(stack, selected):
    fig = figures.FieldExplorer(stack, selected=selected)
    ways = by_torch(fig)
    np.testing.assert_array_equal(fig.ways, ways, strict=True)
    assert fig.seen[0] == np.flatnonzero(ways).tolist()
    first = fig.field.start + fig.at[1] * fig.field.jump
    assert (first, first + fig.field.size - 1) == (fig.seen[0][0], fig.seen[0][-1])


def test_layers_that_do_not_fit_have_no_units():
    fig = figures.FieldExplorer([(3, 1, 1), (9, 1, 4), (3, 1, 1)], selected=(3, 0))
    assert fig.sizes == [31, 29, 0, 0] and fig.at == (1, 0)
    assert figures.FieldExplorer([(9, 1, 1)], 4).seen == [[2]]  # the input alone
    assert "<svg" in fig._repr_mimebundle_()[0]["text/html"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": []}, "0 layers; needed: one to six"),
        ({"layers": [(3, 1, 1), (3, 1)]}, "layer 2 is (3, 1); needed: three numbers (kernel, stride, dilation)"),
        ({"layers": [(3, 0, 1)]}, "stride=0; needed: an integer >= 1"),
        ({"layers": [(3, 5, 1)]}, "layer 1: stride=5; needed: 1 to 4"),
        ({"size": 65}, "size=65; needed: 1 to 64 pixels"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        figures.FieldExplorer(**options)


def test_the_figure_has_a_still_a_description_and_a_stable_text():
    one, other = figures.FieldExplorer(), figures.FieldExplorer()
    assert repr(one) == repr(other) == "FieldExplorer(layers=(3, 3), selected=[3, 12], size=31)"
    assert one.alt in one._repr_mimebundle_()[0]["image/svg+xml"]
    assert "a field of 7 pixels, from pixel 12 on, and reads 7 of them" in one.alt


def drawn(page):
    """The units that are marked as seen, level by level, and the ways to each pixel."""
    units = page.eval_on_selector_all(".d2l-pyramid .seen", "all => all.map(c => [+c.dataset.layer, +c.dataset.unit])")
    ways = page.eval_on_selector_all(".d2l-pyramid .ways", "all => all.map(b => [+b.dataset.pixel, +b.dataset.ways])")
    seen = [sorted(unit for level, unit in units if level == wanted) for wanted in range(max(units)[0] + 1)]
    return seen, dict(ways)


@in_browser
@pytest.mark.parametrize("stack", STACKS)
def test_the_page_shows_the_numbers_of_numpy(start, stack):  # noqa: F811
    fig = figures.FieldExplorer(stack)
    page = start(fig)
    seen, ways = drawn(page)
    assert seen == fig.seen
    assert ways == {pixel: count for pixel, count in enumerate(fig.ways.tolist()) if count}
    rows = page.locator(".d2l-stack tbody tr td:nth-last-child(1)").all_inner_texts()
    assert rows == [str(n) for n in fig.sizes[1:]]
    assert text(page, "sum").endswith(f"= {fig.field.size}")
    assert f"sees {fig.field.size} pixels" in text(page, "status")


@in_browser
def test_layers_are_edited_added_and_removed(start):  # noqa: F811
    page = start(figures.FieldExplorer())
    page.fill('[data-name="dilation-2"]', "4")
    page.locator('[data-name="dilation-2"]').press("Enter")
    assert text(page, "sum") == "r = 11 + (3 − 1)·1·1 = 13"
    page.get_by_role("button", name="add a layer").click()
    assert drawn(page)[0] == figures.FieldExplorer([(3, 1, 1), (3, 1, 4), (3, 1, 1), (3, 1, 1)]).seen
    page.get_by_role("button", name="remove a layer").press("Enter")
    page.fill('[data-name="kernel-3"]', "9")
    page.fill('[data-name="dilation-3"]', "99")
    page.locator('[data-name="dilation-3"]').press("Enter")
    assert page.locator('[data-name="dilation-3"]').input_value() == "16"
    assert "Layer 3 spans 129 units of the 21 below it: it does not fit." in text(page, "status")
    page.get_by_role("button", name="dilation 2, 2, 2").click()
    assert "sees 13 pixels, 9 to 21, but reads only 7 of them" in text(page, "status")


@in_browser
def test_a_unit_is_chosen_by_key_and_by_click(start):  # noqa: F811
    page = start(figures.FieldExplorer())
    page.focus('[data-name="unit"]')
    page.keyboard.press("ArrowRight")
    assert "Unit 13 of layer 3 sees 7 pixels, 13 to 19, and reads them all." in text(page, "status")
    page.focus('[data-name="layer"]')
    page.keyboard.press("ArrowLeft")
    assert "Unit 13 of layer 2 sees 5 pixels" in text(page, "status")
    page.locator('.d2l-pyramid [data-layer="1"][data-unit="4"]').click()
    assert "Unit 4 of layer 1 sees 3 pixels, 4 to 6" in text(page, "status")
    page.locator('.d2l-pyramid [data-layer="0"][data-unit="7"]').click()
    assert "Pixel 7 sees 1 pixel" in text(page, "status")


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_does_not_scroll_sideways(start, width):  # noqa: F811
    page = start(figures.FieldExplorer(STACKS[3]), width=width, height=700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_keeps_the_contrast_of_aa_and_every_control_has_a_name(start, scheme):  # noqa: F811
    page = start(figures.FieldExplorer(), scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    nameless = "e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent)"
    bare = "e => !e.hasAttribute('data-lm-suppress-shortcuts')"
    for fault in (nameless, bare):
        assert page.eval_on_selector_all(".d2l :is(input, button)", f"all => all.filter({fault}).length") == 0
    assert page.locator(".d2l-pyramid").get_attribute("aria-label").startswith("layer 1 has 29 units, ")
