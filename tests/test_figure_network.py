"""The network explorer: its numbers against `nn.summary`, and the same figure driven in a browser."""

# ruff: noqa: F811 - fixtures are imported and then named as arguments

import pytest

from d2lmini import ShapeError, figures, nn
from tests.test_figures import CONTRAST, browser, in_browser, start  # noqa: F401 - two of them are fixtures

TWO = ("resnet20", "plain20")


def explorer(**state):
    return figures.NetworkExplorer(TWO, left="resnet20", right="plain20", **state)


# --- in Python


def test_network_explorer_shows_the_table_of_summary():
    fig = explorer()
    for name in TWO:
        table = nn.summary(nn.build(name), (3, 32, 32), depth=1)
        assert fig.total(name, "params") == table.params and fig.total(name, "macs") == table.macs
        assert [(r["layer"], tuple(r["shape"])) for r in fig.tables[name]] == [(r.layer, r.shape) for r in table]


def test_network_explorer_takes_tables_and_another_size():
    table = nn.summary(nn.build("resnet20"), (3, 64, 64), depth=1)
    one, other = figures.NetworkExplorer({"resnet20": table}), figures.NetworkExplorer(["resnet20"], size=64)
    assert one.tables == other.tables


def test_network_explorer_describes_the_part_in_words():
    fig = explorer(selected=(0, 3))
    assert fig.part["shape"] == [64, 8, 8]
    assert "conv4 gives 64 × 8 × 8, has 203,520 parameters" in fig.alt
    assert "sees the whole image" in explorer(selected=(1, 99)).alt


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"networks": []}, r"networks=\[\]; needed: a list of names"),
        ({"networks": "resnet20"}, "needed: a list of names"),
        ({"networks": ["resnet20"], "right": "plain20"}, "'plain20' is not shown; needed: one of resnet20"),
        ({"networks": ["resnet21"]}, "needed: one of the .* names"),
    ],
)
def test_network_explorer_says_what_it_takes(given, message):
    with pytest.raises(ShapeError, match=message):
        figures.NetworkExplorer(**given)


# --- in the browser

@in_browser
def test_network_explorer_describes_what_is_clicked(start):
    fig = explorer()
    page = start(fig, still=False)
    page.locator('[data-column="1"][data-row="2"]').click()
    part = fig.tables["plain20"][2]
    said = page.locator(".d2l-status").inner_text()
    assert said.startswith(f"conv3 of plain20: 32 × 16 × 16 out, {part['params']:,} parameters (")
    assert said.endswith(f"each value sees {part['field'][0]} × {part['field'][1]} pixels.")
    page.keyboard.press("ArrowDown")
    assert page.locator(".d2l-status").inner_text().startswith("conv4 of plain20")
    assert page.locator('[aria-pressed="true"]').count() == 1


@in_browser
def test_network_explorer_compares_what_is_chosen(start):
    page = start(explorer(), still=False)
    assert page.locator(".d2l-parts").count() == 2
    page.get_by_label("beside it").select_option("")
    assert page.locator(".d2l-parts").count() == 1
    page.get_by_label("multiply-adds").check()
    widths = page.locator(".d2l-bar").evaluate_all("all => all.map(e => parseFloat(e.style.width))")
    macs = [row["macs"] for row in explorer().tables["resnet20"]]
    assert widths == pytest.approx([100 * m / max(macs) for m in macs], abs=0.01)


@in_browser
@pytest.mark.parametrize("width", [360, 768])
def test_network_explorer_fits_a_phone(start, width):
    page = start(explorer(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert page.eval_on_selector_all(".d2l *", inside)


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_network_explorer_can_be_read_and_reached(start, scheme):
    page = start(explorer(selected=(1, 1)), scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    controls = page.locator(".d2l input, .d2l select, .d2l button")
    bare = "all => all.filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).length"
    assert controls.count() == 15 and controls.evaluate_all(bare) == 0
