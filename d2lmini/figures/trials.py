"""The trial explorer: what a search found, as points of price and score, with the front of those that nobody beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module, numbers
from d2lmini.search import Trial, pareto_front


class TrialExplorer(Figure):
    """Choose a trial of a search: its settings, its curve, and who beats it; chapter `pareto_front`.

    Shapes:
        trials: what `random_search` or `successive_halving` returns, or a list of Trial. costs: one number a trial,
        positive, less is better. cost, score: what the numbers are called. selected: a trial's place in the list.
    Raises:
        ShapeError: there are not as many costs as trials, or a trial was never scored.
    Source:
        The front is that of `pareto_front`.

    >>> one, two = Trial(0, {"width": 4}, [(90, 0.5)]), Trial(1, {"width": 8}, [(30, 0.2), (90, 0.4)])
    >>> fig = TrialExplorer([one, two], [100, 200], selected=1)
    >>> fig.front, fig.beaten_by
    ([0], [0])
    """

    _esm = module("trial_explorer.js")
    _css = Figure._css + (STATIC / "trial_explorer.css").read_text(encoding="utf-8")
    points = t.List(t.Dict()).tag(sync=True)
    cost = t.Unicode("parameters").tag(sync=True)
    score = t.Unicode("validation accuracy").tag(sync=True)
    selected = t.Int(0, min=0).tag(sync=True)

    def __init__(self, trials: Sequence[Trial], costs: Sequence[float], selected: int = 0, **state: object):
        if len(trials) == 0 or len(trials) != len(costs) or not all(trial.scores for trial in trials):
            came = f"{len(trials)} trials and {len(costs)} costs"
            raise ShapeError(fault(came, "one cost a trial, and each trial scored", "TrialExplorer(found, costs)"))
        if numbers(costs, "costs", ("trials",)).min() <= 0:
            raise ShapeError(fault(f"costs from {min(costs)}", "positive costs", "TrialExplorer(found, costs)"))
        points = [
            {
                "settings": {name: str(value) for name, value in trial.settings.items()},
                "cost": float(cost), "score": float(trial.score),
                "curve": [[int(budget), float(score)] for budget, score in trial.scores],
            }
            for trial, cost in zip(trials, costs, strict=True)
        ]  # fmt: skip
        super().__init__(points=points, selected=min(selected, len(points) - 1), **state)

    @property
    def front(self) -> list[int]:
        """The trials that no other beats, the cheapest first."""
        return pareto_front([p["cost"] for p in self.points], [p["score"] for p in self.points]).tolist()

    @property
    def beaten_by(self) -> list[int]:
        """The trials that are at least as good in both as the selected one, and better in one."""
        own = self.points[self.selected]
        return [
            place
            for place, p in enumerate(self.points)
            if p["cost"] <= own["cost"] and p["score"] >= own["score"]
            and (p["cost"], p["score"]) != (own["cost"], own["score"])
        ]  # fmt: skip

    @property
    def alt(self) -> str:
        own = self.points[self.selected]
        settings = ", ".join(f"{name} {value}" for name, value in own["settings"].items())
        place = "on the front" if self.selected in self.front else f"beaten by {len(self.beaten_by)}"
        return (
            f"Trial explorer: {len(self.points)} trials as points of {self.cost} and {self.score}, "
            f"{len(self.front)} of them on the front. Trial {self.selected}: {settings}; "
            f"{own['cost']:,.0f} {self.cost}, {self.score} {own['score']:.2f}, {place}."
        )

    def still(self) -> plot.Figure:
        costs, scores = (np.array([p[name] for p in self.points]) for name in ("cost", "score"))
        fig, (left, right) = plot.panels(2, size=(7.4, 3.1))
        front = self.front
        left.plot(costs, scores, "o", color="C5", markersize=5)
        left.step(costs[front], scores[front], where="post", color="C0")
        left.plot(costs[front], scores[front], "o", color="C0", markersize=6)
        left.plot(costs[self.selected], scores[self.selected], "o", color="C1", markersize=10, fillstyle="none")
        left.set(xscale="log", xlabel=self.cost, ylabel=self.score)
        budgets, curve = zip(*self.points[self.selected]["curve"], strict=True)
        right.plot(budgets, curve, "o-", color="C1")
        right.set(xlabel="budget", title=f"trial {self.selected}", ylim=left.get_ylim(), xlim=(0, None))
        return fig
