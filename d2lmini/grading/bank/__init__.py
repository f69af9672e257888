"""The bank: one module per set with its `EXERCISES`, found by being in this folder.

A name belongs to one exercise only, for a check finds its exercise by the name of the answer.
"""

import functools
import importlib
import pkgutil

from ..exercise import Exercise


@functools.cache
def load() -> dict[str, dict[str, Exercise]]:
    """Every set of the bank: {set: {exercise name: exercise}}."""
    sets: dict[str, dict[str, Exercise]] = {}
    owner: dict[str, str] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        sets[info.name] = {}
        for exercise in module.EXERCISES:
            if exercise.name in owner:
                raise ValueError(
                    f"{exercise.name} is in the bank of {owner[exercise.name]} and of {info.name}"
                )
            owner[exercise.name] = info.name
            sets[info.name][exercise.name] = exercise
    return sets


def find(name: str) -> Exercise:
    """The exercise of this name; LookupError says which names there are."""
    exercises = {n: e for members in load().values() for n, e in members.items()}
    if name not in exercises:
        known = ", ".join(sorted(exercises)) or "none yet"
        raise LookupError(f"no exercise is called {name}; the bank has: {known}")
    return exercises[name]
