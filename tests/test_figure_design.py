"""The design explorer: its table against PyTorch, its errors in words, and the same figure driven in a browser."""

# ruff: noqa: F811 - fixtures are imported and then named as arguments

import re

import pytest

from d2lmini import ShapeError, figures
from d2lmini.nn import flex_cnn, layer_rows, parse_pattern, pattern_net
from tests.test_figures import CONTRAST, browser, in_browser, start  # noqa: F401 - two of them are fixtures

LISTS = ([8, 16, 32, "pool"], [8, "pool", 16, "pool", 32, "pool"], ["pool", 5], [4, 4, 4, 4, "pool", "pool"], [])
PATTERNS = (
    "INPUT -> FC",
    "INPUT -> CONV -> RELU -> FC",
    "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
    "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC",
    "[(CONV-RELU)*2-POOL?]*2-(FC-RELU)*1-FC, SOFTMAX",
)
BROKEN = (
    [8, "pool", 16, "pool", 32, "pool", 64],
    '[8, "pol"]',
    "[8, 0]",
    "INPUT -> CONV -> RELU",
    "INPUT -> [CONV -> RELU -> FC",
    "INPUT -> FC -> CONV -> FC",
    "INPUT -> [CONV]*N -> FC",
    "CONV, CONF, FC",
    "[CONV -> RELU]*60 -> FC",
)


def of_torch(net, in_shape):
    """Side, channels and parameters of each layer, as PyTorch has them."""
    rows = layer_rows(net, in_shape)
    return [(r.size[0], r.channels, r.params) if r.channels else (0, r.size[0], r.params) for r in rows]


def of_figure(fig):
    return [(r.side, r.channels, r.params) for r in fig.rows]


# --- in Python


@pytest.mark.parametrize("spec", LISTS, ids=str)
@pytest.mark.parametrize(("kernel", "padding"), [(3, "valid"), (3, "same"), (5, "valid"), (1, "same")])
def test_design_explorer_equals_flex_cnn(spec, kernel, padding):
    fig = figures.DesignExplorer(spec, 43, kernel=kernel, padding=padding)
    net = flex_cnn(spec, (3, 43, 43), kernel=kernel, padding=kernel // 2 if padding == "same" else 0)
    assert fig.problem == "" and of_figure(fig) == of_torch(net, (3, 43, 43))
    assert fig.total[0] == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("pattern", PATTERNS)
def test_design_explorer_equals_pattern_net(pattern):
    fig = figures.DesignExplorer(pattern, size=32, classes=10, padding="same")
    layers = pattern_net(pattern.replace(", SOFTMAX", ""), (3, 32, 32), 10)
    assert fig.problem == "" and of_figure(fig) == of_torch(layers, (3, 32, 32))
    assert len(fig.rows) == 1 + sum(word not in ("INPUT", "SOFTMAX") for word in parse_pattern(pattern))


def test_design_explorer_has_the_nine_rows_of_the_homework():
    fig = figures.DesignExplorer()
    assert [row.layer for row in fig.rows] == [
        "Input", "Conv", "ReLU", "Conv", "ReLU", "Conv", "ReLU", "Max Pool", "Linear",
    ]  # fmt: skip
    assert fig.total == (29_077, 28 * 28 * 8 * 27 + 26 * 26 * 16 * 72 + 24 * 24 * 32 * 144 + 4608 * 5)
    assert [row.sees for row in fig.rows] == [1, 3, 3, 5, 5, 7, 7, 8, 0]
    assert "29,077 parameters" in fig.alt


@pytest.mark.parametrize("design", BROKEN, ids=str)
def test_design_explorer_says_what_cannot_be_built(design):
    fig = figures.DesignExplorer(design)
    assert len(fig.problem) > 15 and "cannot be built" in fig.alt
    assert "<svg" in fig._repr_mimebundle_()[0]["text/html"]


def test_design_explorer_names_the_step_that_does_not_fit():
    fig = figures.DesignExplorer(BROKEN[0])
    assert fig.problem == "step 7: the map has shrunk to 2 × 2, and a window of 3 × 3 does not fit"
    with pytest.raises(ShapeError, match="step 7 of"):
        flex_cnn(BROKEN[0])


def test_design_explorer_takes_a_list_or_text_only():
    with pytest.raises(ShapeError, match="design=3; needed: a list or a line of text"):
        figures.DesignExplorer(3)
    text = '[8, 16, "pool"]'
    assert figures.DesignExplorer([8, 16, "pool"]).design == text
    assert repr(figures.DesignExplorer(text)) == repr(figures.DesignExplorer([8, 16, "pool"]))


# --- in the browser


def table(page, figure=0):
    """The cells of a table, row by row, with its total."""
    rows = page.locator(".d2l-table").nth(figure).locator("tbody tr, tfoot tr")
    return rows.evaluate_all("all => all.map(row => [...row.children].map(cell => cell.textContent))")


def expected(fig):
    rows = [list(row.cells) for row in fig.rows]
    return rows if fig.problem else [*rows, ["Total", "", "", *(f"{v:,}" for v in fig.total), ""]]


@in_browser
def test_design_explorer_shows_the_rows_of_python(start):
    figs = [figures.DesignExplorer(spec, kernel=k, padding=p) for spec in LISTS for k, p in ((3, "valid"), (5, "same"))]
    figs += [figures.DesignExplorer(pattern, size=32) for pattern in PATTERNS]
    figs += [figures.DesignExplorer(design) for design in BROKEN]
    page = start(*figs, still=False)
    for i, fig in enumerate(figs):
        assert table(page, i) == expected(fig), fig.design
        complaint = page.locator(".d2l").nth(i).get_by_role("alert").text_content()
        assert bool(complaint) == bool(fig.problem), fig.design
        if "shrunk" in fig.problem or "neither" in fig.problem:
            assert complaint == f"It cannot be built. {fig.problem[0].upper()}{fig.problem[1:]}."


@in_browser
def test_design_explorer_follows_what_is_typed(start):
    page = start(figures.DesignExplorer())
    page.get_by_label("design", exact=True).last.fill("[4, pool, 6]")
    assert table(page) == expected(figures.DesignExplorer([4, "pool", 6]))
    page.get_by_label("design", exact=True).last.fill("[4, poo")
    assert "Step 2 is “poo”" in page.get_by_role("alert").inner_text()
    assert page.locator(".d2l-status").get_attribute("role") == "status"
    page.get_by_label("example", exact=True).last.select_option(PATTERNS[2])
    assert table(page) == expected(figures.DesignExplorer(PATTERNS[2]))
    page.focus('[data-name="size"]')
    page.keyboard.press("ArrowRight")
    page.get_by_label("keep the size").check()
    page.get_by_label("5", exact=True).check()
    assert table(page) == expected(figures.DesignExplorer(PATTERNS[2], size=31, kernel=5, padding="same"))


@in_browser
@pytest.mark.parametrize("width", [360, 768])
def test_design_explorer_fits_a_phone(start, width):
    page = start(figures.DesignExplorer(), figures.DesignExplorer(PATTERNS[3], size=96), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert page.eval_on_selector_all(".d2l *", inside)


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_design_explorer_can_be_read_and_reached(start, scheme):
    page = start(figures.DesignExplorer(), figures.DesignExplorer(BROKEN[0]), scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    controls = page.locator(".d2l input, .d2l select")
    bare = "all => all.filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).length"
    nameless = "all => all.filter(e => !(e.getAttribute('aria-label') || e.labels?.length)).length"
    assert controls.count() == 18 and controls.evaluate_all(bare) == controls.evaluate_all(nameless) == 0
    assert re.search("parameters", page.locator(".d2l-status").first.inner_text())
