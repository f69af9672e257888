"""Searching for settings: the draws against NumPy's generator, the budgets by hand, the front against brute force."""

import itertools
from math import ceil, log

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2lmini import ShapeError
from d2lmini.search import (
    Trial,
    Trials,
    draw,
    halving_plan,
    log_uniform,
    pareto_front,
    random_search,
    successive_halving,
)

SPACE = {"depth": [1, 2, 3], "width": (4, 8), "lr": log_uniform(1e-4, 1e-1)}


def loud(settings, budget):
    """A score that depends on everything."""
    return settings["depth"] + settings["width"] / 10 - settings["lr"] - 1 / budget


# --- drawing


def test_draw_takes_one_value_a_name_in_their_order():
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    expected = {"depth": [1, 2, 3][again.integers(3)], "width": (4, 8)[again.integers(2)]}
    assert draw({"depth": [1, 2, 3], "width": (4, 8)}, rng) == expected


def test_draw_reaches_every_value():
    rng = np.random.default_rng(0)
    seen = {tuple(draw({"a": range(3), "b": "xy"}, rng).values()) for _ in range(200)}
    assert seen == set(itertools.product(range(3), "xy"))


def test_log_uniform_gives_each_decade_its_share():
    rng, one = np.random.default_rng(0), log_uniform(1e-4, 1e-1)
    values = np.array([one(rng) for _ in range(3000)])
    assert values.min() >= 1e-4 and values.max() <= 1e-1
    shares = np.histogram(np.log10(values), bins=[-4, -3, -2, -1])[0] / 3000
    np.testing.assert_allclose(shares, 1 / 3, atol=0.04)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 1), (1, np.inf), (1, np.nan)])
def test_log_uniform_says_what_it_takes(low, high):
    with pytest.raises(ShapeError, match="needed: 0 < low <= high"):
        log_uniform(low, high)


# --- random search


def test_random_search_is_the_same_for_the_same_seed():
    one, two = (random_search(loud, SPACE, 5, 10, seed=7) for _ in range(2))
    assert [t.settings for t in one] == [t.settings for t in two] and one == two
    other = random_search(loud, SPACE, 5, 10, seed=8)
    assert [t.settings for t in one] != [t.settings for t in other]


def test_random_search_draws_what_the_generator_says():
    rng = np.random.default_rng(5)
    expected = [{"a": [1, 2, 3][rng.integers(3)], "b": "xyz"[rng.integers(3)]} for _ in range(4)]
    found = random_search(lambda s, b: 0.0, {"a": [1, 2, 3], "b": list("xyz")}, 4, 1, seed=5)
    assert [t.settings for t in found] == expected


def test_random_search_with_more_trials_begins_with_the_same():
    few, many = (random_search(loud, SPACE, n, 10, seed=0) for n in (3, 9))
    assert [t.settings for t in few] == [t.settings for t in many[:3]]


def test_random_search_ignores_what_the_objective_does_to_the_random_state_and_the_settings():
    def rude(settings, budget):
        np.random.seed(0)
        settings.clear()
        return 0.0

    calm, disturbed = (random_search(f, SPACE, 5, 10, seed=0) for f in (loud, rude))
    assert [t.settings for t in calm] == [t.settings for t in disturbed]


def test_random_search_finds_the_best_and_counts_what_it_spends():
    calls = []
    found = random_search(lambda s, b: calls.append((s["x"], b)) or s["x"], {"x": range(50)}, 12, 7, seed=0)
    assert found.best.score == max(x for x, _ in calls) == found.best.settings["x"]
    assert found.spent == sum(b for _, b in calls) == 84 and [b for _, b in calls] == [7] * 12


def test_random_search_ranks_what_is_not_a_number_last():
    scores = iter([float("nan"), 0.1, float("nan"), -5.0])
    assert random_search(lambda s, b: next(scores), {"x": [0]}, 4, 1, seed=0).best.number == 1


# --- successive halving


@pytest.mark.parametrize(
    ("trials", "budget", "keep", "plan"),
    [
        (8, 240, 2, [(8, 10), (4, 20), (2, 40)]),
        (6, 240, 2, [(6, 13), (3, 26), (1, 80)]),  # 78 + 78 + 80 = 236
        (9, 540, 3, [(9, 30), (3, 90)]),
        (2, 2, 2, [(2, 1)]),
        (10, 1000, 4, [(10, 50), (2, 250)]),
    ],
)
def test_halving_plan_by_hand(trials, budget, keep, plan):
    assert halving_plan(trials, budget, keep=keep) == plan


@given(trials=st.integers(2, 200), keep=st.integers(2, 5), extra=st.integers(0, 5000))
def test_halving_plan_never_spends_too_much_and_follows_the_formula(trials, keep, extra):
    rounds = ceil(log(trials, keep) - 1e-9)
    budget = rounds * trials + extra
    plan = halving_plan(trials, budget, keep=keep)
    assert len(plan) == rounds and plan[0][0] == trials
    for k, (size, each) in enumerate(plan):
        assert size == trials // keep**k >= 1
        assert each == int(budget / rounds) // size and each * size <= budget / rounds < (each + 1) * size + 1
    assert sum(size * each for size, each in plan) <= budget


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: halving_plan(1, 10), "trials=1; needed: an integer >= 2"),
        (lambda: halving_plan(8, 23), r"a budget of 23 for 8 trials in 3 rounds; needed: at least 3 \* 8"),
        (lambda: halving_plan(8, 24, keep=1), "keep=1; needed: an integer >= 2"),
        (lambda: random_search(loud, {}, 3, 1, seed=0), r"space=\{\}; needed: a dict of names"),
        (lambda: random_search(loud, {"x": []}, 3, 1, seed=0), r"space\['x'\] is \[\]; needed: a list to choose from"),
        (lambda: random_search(loud, {"x": 3}, 3, 1, seed=0), r"space\['x'\] is 3; needed: a list"),
        (lambda: random_search(loud, {"x": "CONV"}, 3, 1, seed=0), r"space\['x'\] is 'CONV'; needed: a list"),
        (lambda: random_search(loud, SPACE, 0, 1, seed=0), "trials=0; needed: an integer >= 1"),
        (lambda: random_search(loud, SPACE, 3, 0, seed=0), "budget=0; needed: an integer >= 1"),
        (lambda: random_search(loud, SPACE, 3, 1, seed=0.5), "seed=0.5 is not a whole number"),
    ],
)
def test_search_says_what_it_takes(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_successive_halving_spends_exactly_its_plan():
    calls = []
    found = successive_halving(lambda s, b: calls.append(b) or s["x"], {"x": range(1000)}, 9, 560, keep=3, seed=1)
    assert calls == [31] * 9 + [93] * 3 and found.spent == sum(calls) == 9 * 31 + 3 * 93 == 558


def test_successive_halving_keeps_the_best_of_each_round():
    found = successive_halving(lambda s, b: s["x"], {"x": range(1000)}, 8, 240, seed=2)
    xs = [t.settings["x"] for t in found]
    order = sorted(range(8), key=lambda i: -xs[i])
    assert {t.number for t in found if len(t.scores) >= 2} == set(order[:4])
    assert {t.number for t in found if len(t.scores) == 3} == set(order[:2]) and found.best.number == order[0]


def test_successive_halving_can_be_fooled_by_a_slow_starter():
    def tortoise(settings, budget):
        return budget if settings["x"] == 0 else 25  # the slow one passes all others after 25

    found = successive_halving(tortoise, {"x": range(8)}, 8, 240, seed=0)
    full = random_search(tortoise, {"x": range(8)}, 8, 40, seed=0)
    assert any(t.settings["x"] == 0 for t in found)
    assert found.best.score == 25 and full.best.score == 40


def test_successive_halving_keeps_the_earlier_of_equals_and_drops_what_is_not_a_number():
    found = successive_halving(lambda s, b: 1.0, {"x": [0]}, 4, 80, seed=0)
    assert [len(t.scores) for t in found] == [2, 2, 1, 1]
    scores = iter([float("nan"), float("nan"), 0.1, 0.2, 0.1, 0.2])
    found = successive_halving(lambda s, b: next(scores), {"x": [0]}, 4, 80, seed=0)
    assert [len(t.scores) for t in found] == [1, 1, 2, 2] and found.best.number == 3


def test_successive_halving_and_random_search_draw_the_same_settings():
    one, two = random_search(loud, SPACE, 8, 1, seed=4), successive_halving(loud, SPACE, 8, 240, seed=4)
    assert [t.settings for t in one] == [t.settings for t in two]


def test_best_is_sought_among_the_largest_budgets_only():
    found = Trials([Trial(0, {}, [(10, 0.9)]), Trial(1, {}, [(10, 0.8), (20, 0.5)])])
    assert found.best.number == 1 and found.spent == 40 and repr(found) == "Trials(2, spent 40, best is number 1)"


# --- the front


def on_the_front(costs, scores):
    """By the definition: nobody is at least as good in both and better in one."""
    return {
        i
        for i in range(len(costs))
        if not any(
            costs[j] <= costs[i] and scores[j] >= scores[i] and (costs[j], scores[j]) != (costs[i], scores[i])
            for j in range(len(costs))
        )
    }


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_pareto_front_is_the_definition(points):
    costs, scores = (np.array(v, float) for v in zip(*points, strict=True))
    front = pareto_front(costs, scores)
    assert front.dtype == np.int64 and set(front.tolist()) == on_the_front(costs, scores)
    assert (np.diff(costs[front]) >= 0).all() and (np.diff(scores[front]) >= 0).all()


def test_pareto_front_keeps_equal_points_and_leaves_its_input_alone():
    costs, scores = np.array([2.0, 1.0, 1.0, 2.0]), np.array([0.5, 0.5, 0.5, 0.9])
    before = costs.copy(), scores.copy()
    assert pareto_front(costs, scores).tolist() == [1, 2, 3]
    np.testing.assert_array_equal((costs, scores), before, strict=True)


def test_pareto_front_equals_optuna():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rng = np.random.default_rng(0)
    costs, scores = rng.integers(1, 50, 30).astype(float), rng.random(30).round(1)
    study = optuna.create_study(directions=["minimize", "maximize"])
    for values in zip(costs, scores, strict=True):
        study.add_trial(optuna.trial.create_trial(values=list(values)))
    assert {t.number for t in study.best_trials} == set(pareto_front(costs, scores).tolist())


@pytest.mark.parametrize(
    ("costs", "scores", "message"),
    [
        ([1, 2], [1], "2 costs and 1 scores; needed: as many of both"),
        ([1, np.nan], [1, 2], "all of them numbers"),
        ([[1]], [1], r"costs has shape \(1, 1\)"),
        (["a"], [1], "costs has dtype"),
    ],
)
def test_pareto_front_says_what_it_takes(costs, scores, message):
    with pytest.raises(ShapeError, match=message):
        pareto_front(costs, scores)
