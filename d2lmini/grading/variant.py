"""Numbers of one's own: the same task with other integers for each student, drawn from the student's name.

SHA-256 of the exercise and the name seeds a NumPy generator, so a name gives the same numbers on every
machine and no list of them is kept. Numbers for which two mistakes look alike are drawn again: whoever
errs, on whatever numbers, meets the hint that fits.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np

from . import bank
from .exercise import Exercise, value_of

STUDENT = "student"  # the cell in which students write their name, and its variable
NO_NAME = f"not done yet: write your name, between quotes, into the cell `{STUDENT}` at the top"
ANOTHER = "the numbers are those of {!r}, and the notebook is handed in by {!r}: compare the two by hand"
TRIES = 2000


def variant(name: str, student: str) -> dict[str, Any]:
    """The numbers that the exercise `name` gives to one student: {argument: whole number or array of them}.

    student: the name or number under which the notebook is handed in. Capitals and spaces around it do not
        matter. While it is not written yet, `...`, the numbers are nobody's, and a line says so.

    The same name always gives the same numbers, in a notebook and in the grader.
    """
    if not is_name(student):
        print(f"{NO_NAME}. These numbers are nobody's.")
        student = ""
    return numbers_of(bank.find(name), student)


def is_name(student: Any) -> bool:
    """Whether numbers can be drawn for it: text with a letter or a digit in it."""
    return type(student) is str and bool(_letters(student))


def numbers_of(exercise: Exercise, student: str) -> dict[str, Any]:
    """The numbers of one student; none for an exercise that gives everyone the same."""
    if exercise.draw is None:
        return {}
    numbers = _drawn(exercise, " ".join(unicodedata.normalize("NFKC", student).casefold().split()))
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in numbers.items()}


def of_another(submitter: str, student: Any) -> str:
    """A remark when a notebook's numbers are not those of the person who handed it in; else empty."""
    if not is_name(student) or _letters(submitter) == _letters(student):
        return ""
    return ANOTHER.format(student[:80], submitter)


@lru_cache(4096)
def _drawn(exercise: Exercise, student: str) -> dict[str, Any]:
    seed = hashlib.sha256(f"{exercise.name}\n{student}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed))
    for _ in range(TRIES):
        numbers = exercise.draw(rng)
        seen = [_key(value_of(a, numbers)) for a in (exercise.reference, *(m.wrong for m in exercise.wrong))]
        if len(set(seen)) == len(seen):
            return numbers
    raise ValueError(f"exercise {exercise.name}: in {TRIES} draws two answers always look alike; draw otherwise")


def _key(value: Any) -> tuple:
    """Equal for two answers that a check would not tell apart."""
    array = np.asarray(value)
    return array.shape, tuple(np.round(array.astype(float), 9).ravel().tolist())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())
