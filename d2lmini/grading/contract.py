"""Is an exercise set fit to grade with? Run its checks here, on answers known to be right or wrong."""

import contextlib
import functools
import math
from typing import Any

import numpy as np

from .check import Outcome
from .compare import kind_of
from .exercise import Exercise, value_of
from .notebook import Cell, Source, defined_names
from .runner import run_checks
from .variant import STUDENT, numbers_of

EXAMPLE = "ada"  # a student whose numbers stand for everyone's
FILLINGS = {"all zeros": 0, "all ones": 1, "NaN": math.nan}


def outcomes_of(source: Source, name: str, answer: Any, seed: int = 0, student: str = EXAMPLE) -> list[Outcome]:
    """The outcomes of all checks of one exercise for a given answer, among the source's own solutions.

    The source is trusted and so is the answer: everything runs in this process.
    student: whose numbers are given, where each student has other ones.
    """
    outcomes: list[Outcome] = []
    for cell, namespace in _solved(source, student):
        if cell.exercise == name:
            values = dict(namespace)
            known = {**namespace, name: answer}.__getitem__
            outcomes += run_checks(cell, values, known, seed, frozenset({name}))
    return outcomes


def solution_of(source: Source, name: str, student: str = EXAMPLE) -> Any:
    """What the source's own solution defines."""
    for _, namespace in _solved(source, student):
        if name in namespace:
            return namespace[name]
    raise KeyError(name)


def as_answer(exercise: Exercise, given: Any, student: str = EXAMPLE) -> Any:
    """A reference or a wrong variant as if a student gave it: a function gets the exercise's name."""
    if not exercise.is_function:
        return value_of(given, numbers_of(exercise, student))

    def answer(*args, **kwargs):
        return given(*args, **kwargs)

    answer.__name__, answer.__module__ = exercise.name, "__main__"  # as if typed into a notebook
    return answer


def filled(exercise: Exercise, filling: float, student: str = EXAMPLE) -> Any:
    """An answer of the right type and shape that holds one number everywhere."""
    if not exercise.is_function:
        return _fill(as_answer(exercise, exercise.reference, student), filling)
    return as_answer(exercise, lambda *args, **kwargs: _fill(exercise.reference(*args, **kwargs), filling))


@functools.lru_cache(16)
def _solved(source: Source, student: str) -> list[tuple[Cell, dict[str, Any]]]:
    """Run the source with its own solutions as that student; each check cell with what is defined then.

    A demo that defines nothing is there to be looked at, and may train a network: it is left out.
    """
    found = []
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *args, **kwargs: None}
    for cell in source.cells:
        if cell.role == "check":
            found.append((cell, dict(namespace)))
        elif cell.role != "demo" or defined_names(cell.source):
            with contextlib.redirect_stdout(None):
                exec(compile(cell.source, f"<{cell.id}>", "exec"), namespace)
        if cell.id == STUDENT:
            namespace[STUDENT] = student
    return found


def misses(source: Source, exercises: dict[str, Exercise]) -> list[str]:
    """What source and bank do not agree on, one sentence each."""
    answers = set(source.answers) - {STUDENT}
    checked = {c.exercise for c in source.checks}
    found = [f"{n} is in the bank, but has no answer cell" for n in sorted(set(exercises) - answers)]
    found += [f"{n} has an answer cell, but is not in the bank" for n in sorted(answers - set(exercises))]
    found += [f"{n} has no check cell" for n in sorted(answers - checked)]
    for cell in source.checks:
        if cell.points <= 0:
            found.append(f"{cell.id} gives no points")
    return found


def _fill(value: Any, filling: float) -> Any:
    kind = kind_of(value)
    if kind == "array":
        real = np.isnan(filling) and value.dtype.kind in "biu"
        return np.full(value.shape, filling, dtype=float if real else value.dtype)
    if kind == "number":
        return filling if isinstance(filling, float) else type(value)(filling)
    if kind in ("tuple", "list"):
        return type(value)(_fill(v, filling) for v in value)
    if kind == "dict":
        return {k: _fill(v, filling) for k, v in value.items()}
    if hasattr(value, "register_forward_hook"):  # a network: the right tensors, one number as output
        value.register_forward_hook(lambda net, given, out: out.new_full(out.shape, filling))
        return value
    return filling
