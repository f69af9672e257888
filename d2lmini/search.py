"""Searching for settings: draw some at random, stop the poor ones early, and keep what no other beats at its price.

An objective is any function `objective(settings, budget) -> score`: settings are a dict drawn from a space, the budget
is a whole number, of training steps for example, and the larger score is the better one. Each call is paid in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, log

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.shapes import numeric, whole

Draw = Callable[[np.random.Generator], object]
Space = Mapping[str, Sequence | Draw]
Objective = Callable[[dict, int], float]


@dataclass
class Trial:
    """One choice of settings, and what it scored at each budget that it was given."""

    number: int
    settings: dict
    scores: list[tuple[int, float]] = field(default_factory=list)  # (budget, score), in the order of the calls

    @property
    def score(self) -> float:
        """The score at the last budget."""
        return self.scores[-1][1]

    @property
    def budget(self) -> int:
        """The last budget, the one that the score belongs to."""
        return self.scores[-1][0]

    @property
    def spent(self) -> int:
        """What all calls of this trial cost together."""
        return sum(budget for budget, _ in self.scores)


class Trials(tuple):
    """All trials of a search in the order in which they were drawn; `best` is the one to use."""

    @property
    def best(self) -> Trial:
        """The best score among the trials with the largest budget; of equals the first."""
        most = max(trial.budget for trial in self)
        return max((trial for trial in self if trial.budget == most), key=lambda t: _rank(t.score))

    @property
    def spent(self) -> int:
        """What the whole search cost, in units of the budget."""
        return sum(trial.spent for trial in self)

    def __repr__(self) -> str:
        return f"Trials({len(self)}, spent {self.spent}, best is number {self.best.number})"


def log_uniform(low: float, high: float) -> Draw:
    """Return what draws a number between low and high, each factor of ten equally often; chapter `random_search`.

    Raises:
        ShapeError: low is not positive, or high is below it.

    >>> 0.01 <= log_uniform(0.01, 1)(np.random.default_rng(0)) <= 1
    True
    """
    if not 0 < low <= high < float("inf"):
        raise ShapeError(fault(f"low={low} and high={high}", "0 < low <= high", "log_uniform(1e-4, 1e-1)"))
    return lambda rng: float(np.exp(rng.uniform(log(low), log(high))))


def draw(space: Space, rng: np.random.Generator) -> dict:
    """Draw one value for each name of the space, in the order of the names; chapter `random_search`.

    >>> draw({"depth": [3], "width": (8,)}, np.random.default_rng(0))
    {'depth': 3, 'width': 8}
    """
    return {name: has(rng) if callable(has) else has[rng.integers(len(has))] for name, has in space.items()}


def random_search(objective: Objective, space: Space, trials: int, budget: int, *, seed: int) -> Trials:
    """Draw settings, give each the same budget, and return all trials; chapter `random_search`.

    Shapes:
        objective: called as objective(settings, budget), returns a number; what is not a number counts as the worst.
        space: name -> the values to choose from, or a function of a generator such as `log_uniform(1e-4, 1e-1)`.
        trials: how many. budget: of each; together they spend trials * budget.
        seed: of the draws; the same seed gives the same settings in the same order, however many trials follow.
    Raises:
        ShapeError: the space holds nothing to choose from, or a number is too small.
    Source:
        Bergstra and Bengio 2012, Journal of Machine Learning Research 13, 281-305.

    >>> random_search(lambda s, budget: -abs(s["x"] - 3), {"x": range(10)}, trials=20, budget=1, seed=0).best.settings
    {'x': 3}
    """
    budget, found = whole(budget, "budget", 1), _drawn(space, trials, seed)
    for trial in found:
        _ask(objective, trial, budget)
    return found


def halving_plan(trials: int, budget: int, *, keep: int = 2) -> list[tuple[int, int]]:
    """Return how many trials get which budget in each round of successive halving; chapter `successive_halving`.

    Shapes:
        trials: at the start. budget: of all rounds together. keep: 2 keeps a half each time, 3 a third.
        Returns (trials, budget of each) a round. All rounds may spend the same share, rounded down to whole numbers.
    Raises:
        ShapeError: a number is too small, or a round has less than 1 for each trial.
    Source:
        Jamieson and Talwalkar 2016, arXiv:1502.07943, successive halving.

    >>> halving_plan(8, 240)
    [(8, 10), (4, 20), (2, 40)]
    """
    trials, budget, keep = whole(trials, "trials", 2), whole(budget, "budget", 1), whole(keep, "keep", 2)
    rounds = 1
    while keep**rounds < trials:  # the smallest number of rounds that leaves one trial
        rounds += 1
    if budget < rounds * trials:
        came = f"a budget of {budget} for {trials} trials in {rounds} rounds"
        raise ShapeError(fault(came, f"at least {rounds} * {trials}", f"budget={rounds * trials}"))
    sizes = [trials // keep**k for k in range(rounds)]
    return [(size, budget // rounds // size) for size in sizes]


def successive_halving(
    objective: Objective, space: Space, trials: int, budget: int, *, keep: int = 2, seed: int
) -> Trials:
    """Give many settings a little, the better half more, until few get much; chapter `successive_halving`.

    Shapes:
        objective, space, seed: as in `random_search`; the first trials of the same seed have the same settings.
        trials, budget, keep: as in `halving_plan`, which says what is spent: never more than budget.
        Every round calls the objective anew and pays it in full. Of equal scores the earlier trial stays.
    Raises:
        ShapeError: as in `random_search` and `halving_plan`.
    Source:
        Jamieson and Talwalkar 2016, arXiv:1502.07943, successive halving.

    >>> found = successive_halving(lambda s, budget: s["x"], {"x": range(100)}, 8, 240, seed=0)
    >>> found.spent, sorted(trial.spent for trial in found)
    (240, [10, 10, 10, 10, 30, 30, 70, 70])
    """
    plan = halving_plan(trials, budget, keep=keep)
    found = alive = _drawn(space, trials, seed)
    for size, each in plan:
        alive = sorted(alive, key=lambda t: _rank(t.score) if t.scores else 0.0, reverse=True)[:size]  # stable
        for trial in sorted(alive, key=lambda t: t.number):
            _ask(objective, trial, each)
    return found


def pareto_front(costs: Sequence[float] | np.ndarray, scores: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return which points no other point beats, the cheapest first; chapter `pareto_front`.

    Shapes:
        costs: (n,), less is better. scores: (n,), more is better. Returns the numbers of the points, (m,) int64.
        A point is beaten by one that is at least as good in both and better in one; equal points all stay.
    Raises:
        ShapeError: costs and scores differ in length, or hold what is not a number.
    Source:
        Pareto optimality; Deb 2001, "Multi-Objective Optimization using Evolutionary Algorithms", chapter 2.

    >>> pareto_front([1, 2, 3, 4], [0.5, 0.9, 0.7, 0.95]).tolist()
    [0, 1, 3]
    """
    costs, scores = numeric(costs, "costs", ("n",)), numeric(scores, "scores", ("n",))
    if costs.shape != scores.shape or np.isnan(costs).any() or np.isnan(scores).any():
        came = f"{len(costs)} costs and {len(scores)} scores"
        raise ShapeError(fault(came, "as many of both, all of them numbers", "pareto_front([1, 2], [0.5, 0.9])"))
    cheaper, better = costs[None] < costs[:, None], scores[None] > scores[:, None]  # (n, n): by the other point
    no_dearer, no_worse = costs[None] <= costs[:, None], scores[None] >= scores[:, None]
    beaten = (no_dearer & no_worse & (cheaper | better)).any(axis=1)  # (n,)
    front = np.flatnonzero(~beaten)
    return front[np.argsort(costs[front], kind="stable")]


# --- parts ----------------------------------------------------------------------------------------------------


def _drawn(space: Space, trials: int, seed: int) -> Trials:
    """Draw all settings at once, so that no objective can disturb them."""
    if not isinstance(space, Mapping) or not space:
        came = f"space={space!r}"
        raise ShapeError(fault(came, "a dict of names and what they may be", 'space={"width": [8, 16, 32]}'))
    for name, has in space.items():
        if not callable(has) and (isinstance(has, str) or not hasattr(has, "__getitem__") or len(has) == 0):
            came, hint = f"space[{name!r}] is {has!r}", f'space={{"{name}": [1, 2, 3]}}'
            raise ShapeError(fault(came, "a list to choose from, or a function of a generator", hint))
    trials, rng = whole(trials, "trials", 1), np.random.default_rng(whole(seed, "seed", 0))
    return Trials(Trial(number, draw(space, rng)) for number in range(trials))


def _ask(objective: Objective, trial: Trial, budget: int) -> None:
    trial.scores.append((budget, float(objective(dict(trial.settings), budget))))


def _rank(score: float) -> float:
    """What is not a number ranks below everything."""
    return -float("inf") if isnan(score) else score
