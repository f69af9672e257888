"""The transfer map: small or large, similar or different, and what each way of using a network gave in each case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets as t

from d2lmini import plot
from d2lmini.errors import ShapeError, fault
from d2lmini.figures.base import STATIC, Figure, module, numbers

ROWS, COLUMNS = ("similar", "different"), ("few", "many")
ADVICE = (  # row by row, as the notes of CS231n have it
    ("a linear classifier on the last features", "fine-tune the whole network"),
    ("a linear classifier on earlier features", "train from scratch, or fine-tune"),
)
Target = tuple[str, Sequence[int], Mapping[str, Sequence[float]]]


class TransferMap(Figure):
    """Choose one of the four cases of transfer, and see what each method reached there; chapter `tl.when-how`.

    Shapes:
        similar, different: the two targets, each (name, sizes, {method: accuracies}) with as many accuracies, 0..1, as
        sizes; sizes are images a class, increasing. The methods are the same for both, at most four.
        few, many: the sizes that stand for a small and a large target; both targets have been measured there.
        selected: (row, column), 0 or 1 each: similar or different, few or many.
    Raises:
        ShapeError: the measurements do not fit together, or a target lacks a size.
    Source:
        Stanford CS231n notes on transfer learning, github.com/cs231n/cs231n.github.io.

    >>> digits = "digits", [5, 100], {"frozen": [0.6, 0.8], "scratch": [0.5, 0.9]}
    >>> shapes = "shapes", [5, 100], {"frozen": [0.3, 0.6], "scratch": [0.4, 0.9]}
    >>> fig = TransferMap(digits, shapes, few=5, many=100, selected=(0, 0))
    >>> fig.measured, fig.best
    ({'frozen': 0.6, 'scratch': 0.5}, 'frozen')
    """

    _esm = module("transfer_map.js")
    _css = Figure._css + (STATIC / "transfer_map.css").read_text(encoding="utf-8")
    _methods = t.List(t.Unicode()).tag(sync=True)
    _targets = t.List().tag(sync=True)  # measured numbers, which the recorded text does not show
    _advice = t.List([list(row) for row in ADVICE]).tag(sync=True)
    few = t.Int(5, min=1).tag(sync=True)
    many = t.Int(100, min=1).tag(sync=True)
    selected = t.List(t.Int(min=0, max=1), [0, 0], minlen=2, maxlen=2).tag(sync=True)

    def __init__(
        self, similar: Target, different: Target, *, few: int = 5, many: int = 100, selected: Sequence[int] = (0, 0)
    ):
        targets = [_target(given, name, (few, many)) for given, name in ((similar, ROWS[0]), (different, ROWS[1]))]
        methods = [list(target.pop("methods")) for target in targets]
        if methods[0] != methods[1] or not 1 <= len(methods[0]) <= 4:
            came = f"the methods are {methods[0]} and {methods[1]}"
            raise ShapeError(fault(came, "the same for both targets, one to four", "{'frozen': [...]}"))
        super().__init__(_targets=targets, _methods=methods[0], few=few, many=many, selected=list(selected))

    @property
    def methods(self) -> list[str]:
        """The ways that are compared."""
        return list(self._methods)

    def at(self, row: int, column: int) -> dict[str, float]:
        """Return what each method reached in one case."""
        target = self._targets[row]
        place = target["sizes"].index((self.few, self.many)[column])
        return {name: values[place] for name, values in zip(self.methods, target["accuracy"], strict=True)}

    @property
    def measured(self) -> dict[str, float]:
        """What each method reached in the chosen case."""
        return self.at(*self.selected)

    @property
    def best(self) -> str:
        """The method with the largest accuracy in the chosen case."""
        return max(self.measured, key=self.measured.get)

    @property
    def alt(self) -> str:
        row, column = self.selected
        target, size = self._targets[row], (self.few, self.many)[column]
        found = ", ".join(f"{name} {value:.2f}" for name, value in self.measured.items())
        return (
            f"Transfer map of four cases, similar or different targets with few or many images. Chosen: {ROWS[row]}, "
            f"{COLUMNS[column]}; {target['name']}, {size} images a class. Advice: {ADVICE[row][column]}. "
            f"Measured accuracy: {found}. Beside it the curves of {target['name']} over all sizes."
        )

    def still(self) -> plot.Figure:
        fig, axes = plot.panels(2, size=(8.2, 3.2))
        size = (self.few, self.many)[self.selected[1]]
        for row, (ax, target) in enumerate(zip(axes, self._targets, strict=True)):
            title = f"{ROWS[row]}: {target['name']}"
            series = dict(zip(self.methods, target["accuracy"], strict=True))
            plot.lines(
                ax,
                target["sizes"],
                series,
                xlabel="images a class",
                ylabel="accuracy",
                title=title,
                log="x",
            )
            ax.set_ylim(0, 1)
            ax.set_xticks(target["sizes"], [str(n) for n in target["sizes"]])
            ax.minorticks_off()
            if row == self.selected[0]:
                ax.axvline(size, color="0.5", linewidth=1, linestyle=":")
        return fig


def _target(given: Target, row: str, needed: tuple[int, int]) -> dict:
    """Return one target as plain data."""
    if not isinstance(given, tuple | list) or len(given) != 3 or not isinstance(given[2], Mapping):
        came, hint = f"{row} is a {type(given).__name__}", 'similar=("digits", [5, 100], {"frozen": [0.6, 0.8]})'
        raise ShapeError(fault(came, "(name, sizes, {method: accuracies})", hint))
    name, sizes, accuracy = given
    sizes = [int(n) for n in sizes]
    if sizes != sorted(set(sizes)) or not set(needed) <= set(sizes):
        came = f"{row}: the sizes are {sizes}"
        raise ShapeError(fault(came, f"increasing ones with {needed[0]} and {needed[1]}", "few=5, many=100"))
    found = {method: numbers(values, method, ("sizes",)) for method, values in accuracy.items()}
    for method, values in found.items():
        if len(values) != len(sizes) or values.min() < 0 or values.max() > 1:
            came = f"{row}: {method} has {len(values)} accuracies from {values.min():g} to {values.max():g}"
            raise ShapeError(fault(came, f"{len(sizes)} between 0 and 1", f"{method}.mean(axis=0)"))
    values = [np.asarray(v, float).tolist() for v in found.values()]  # (methods, sizes): JSON would sort a dict
    return {"name": str(name), "sizes": sizes, "methods": [str(m) for m in found], "accuracy": values}
