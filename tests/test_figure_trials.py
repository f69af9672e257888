"""The trial explorer: its front against `pareto_front`, and the same figure driven in a browser."""

# ruff: noqa: F811 - fixtures are imported and then named as arguments

import pytest

from d2lmini import ShapeError, figures
from d2lmini.search import Trial, pareto_front
from tests.test_figures import CONTRAST, browser, in_browser, start  # noqa: F401 - two of them are fixtures

COSTS = [1000, 4000, 2000, 3000, 8000]
SCORES = [0.4, 0.8, 0.7, 0.5, 0.75]


def explorer(**state):
    trials = [
        Trial(i, {"design": "CONV -> RELU -> FC", "lr": lr}, [(30, s / 2), (90, s)])
        for i, (lr, s) in enumerate(zip((0.1, 0.2, 0.3, 0.4, 0.5), SCORES, strict=True))
    ]
    return figures.TrialExplorer(trials, COSTS, **state)


# --- in Python


def test_trial_explorer_front_is_that_of_pareto_front():
    assert explorer().front == pareto_front(COSTS, SCORES).tolist() == [0, 2, 1]


def test_trial_explorer_names_who_beats_a_trial():
    assert explorer(selected=4).beaten_by == [1] and explorer(selected=3).beaten_by == [2]
    assert all(explorer(selected=i).beaten_by == [] for i in (0, 1, 2))


def test_trial_explorer_describes_the_trial_in_words():
    said = explorer(selected=3).alt
    assert "Trial 3: design CONV -> RELU -> FC, lr 0.4; 3,000 parameters" in said and said.endswith("beaten by 1.")
    assert explorer(selected=2).alt.endswith("on the front.") and explorer(selected=99).selected == 4


@pytest.mark.parametrize(
    ("trials", "costs", "message"),
    [
        ([], [], "0 trials and 0 costs; needed: one cost a trial"),
        ([Trial(0, {}, [(1, 0.5)])], [1, 2], "1 trials and 2 costs"),
        ([Trial(0, {})], [1], "each trial scored"),
        ([Trial(0, {}, [(1, 0.5)])], [0], "needed: positive costs"),
    ],
)
def test_trial_explorer_says_what_it_takes(trials, costs, message):
    with pytest.raises(ShapeError, match=message):
        figures.TrialExplorer(trials, costs)


# --- in the browser


@in_browser
def test_trial_explorer_describes_what_is_clicked(start):
    page = start(explorer(), still=False)
    page.locator('[data-trial="3"]').click()
    said = page.locator(".d2l-status").inner_text()
    assert said == (
        "Trial 3: 3,000 parameters, validation accuracy 0.50. Beaten by 1 trial: at least as good, and not dearer."
    )
    assert page.locator(".d2l-settings span").all_inner_texts() == ["CONV -> RELU -> FC", "0.4"]
    assert page.locator('[data-name="curve"]').get_attribute("aria-label") == "score by budget: 30: 0.25, 90: 0.50"


@in_browser
def test_trial_explorer_walks_by_key_and_along_the_front(start):
    page = start(explorer(), still=False)
    page.locator('[data-name="place"]').focus()
    page.keyboard.press("ArrowRight")  # from the cheapest to the next
    assert page.locator(".d2l-status").inner_text().startswith("Trial 2: 2,000 parameters")
    page.get_by_role("button", name="dearer on the front").click()
    assert page.locator(".d2l-status").inner_text().startswith("Trial 1: 4,000 parameters")
    page.get_by_role("button", name="dearer on the front").click()  # there is none
    assert page.locator(".d2l-status").inner_text().startswith("Trial 1: 4,000 parameters")
    page.get_by_role("button", name="cheaper on the front").click()
    assert page.locator(".d2l-status").inner_text().startswith("Trial 2: 2,000 parameters")


@in_browser
@pytest.mark.parametrize("width", [360, 768])
def test_trial_explorer_fits_a_phone(start, width):
    page = start(explorer(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert page.eval_on_selector_all(".d2l *", inside)


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_trial_explorer_can_be_read_and_reached(start, scheme):
    page = start(explorer(selected=1), scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    controls = page.locator(".d2l input, .d2l button")
    bare = "all => all.filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).length"
    assert controls.count() == 3 and controls.evaluate_all(bare) == 0
