"""What an exercise is: a reference answer, the wrong answers that people give, and a sentence for each."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that people give, and the sentence that names the mistake.

    wrong: a small function with the answer's signature (for a value: the wrong value, or a function without
    arguments).
    hint: one or two sentences to the student: what their answer equals, and what was asked instead.
    name: for tables; a function's own name unless given.
    when: where many answers are wrong in the same way (see `Exercise.accepts`), whether one is; `wrong` is an example.
    """

    wrong: Any
    hint: str
    name: str = ""
    when: Callable[..., bool] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or getattr(self.when or self.wrong, "__name__", "wrong_value"))


@dataclass(frozen=True, eq=False)
class Exercise:
    """One answer that students write: a function, or a plain value.

    name: the name of the function or variable, of the answer cell and of its checks.
    reference: the right function; for a value, the value or a function without arguments that computes it.
    wrong: the known misconceptions, the most specific first.
    section: where to read again, as page#label of the book.
    tol: relative tolerance of float answers; whole numbers must be equal.
    strict_dtype: whether whole numbers may not stand for decimals inside arrays.
    draw: for a value that each student computes from numbers of their own: rng -> {argument: number or array}.
        The reference and every wrong variant then take these arguments.
    accepts: for a value with many right answers, a counter-example say: whether one is right. The answer is a dict
        like the reference, which is one of the right ones; `accepts` and each `Misconception.when` take its entries
        as arguments.
    """

    name: str
    reference: Any
    wrong: Sequence[Misconception] = ()
    section: str = ""
    tol: float = 1e-6
    strict_dtype: bool = True
    draw: Callable[[Any], dict[str, Any]] | None = None
    accepts: Callable[..., bool] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "wrong", tuple(self.wrong))
        if odd := [m.name for m in self.wrong if bool(m.when) != bool(self.accepts)]:
            raise ValueError(f"exercise {self.name}: {odd[0]} has no partner; `accepts` and every `when` go together")
        for part in ("name", "hint"):
            seen = [getattr(m, part) for m in self.wrong]
            if len(set(seen)) != len(seen):
                raise ValueError(f"exercise {self.name}: two misconceptions share one {part}; give each its own")

    @property
    def is_function(self) -> bool:
        """Whether the answer is a function (the reference takes arguments) and not a value."""
        if not callable(self.reference) or self.draw:
            return False
        try:
            return len(inspect.signature(self.reference).parameters) > 0
        except ValueError:  # a built-in that does not say
            return True

    def labels(self, args: tuple, kwargs: dict) -> list[str]:
        """The names of the arguments of a call, in order, as the reference calls them."""
        try:
            parameters = list(inspect.signature(self.reference).parameters)
        except (TypeError, ValueError):
            parameters = []
        names = parameters[: len(args)] + [f"argument {i + 1}" for i in range(len(parameters), len(args))]
        return names + list(kwargs)


def value_of(reference: Any, numbers: dict[str, Any] | None = None) -> Any:
    """The value of a value exercise, computed if it is a function, from the student's own numbers if it has any."""
    return reference(**(numbers or {})) if isinstance(reference, Callable) else reference


def misread(right: str, hints: dict[str, str]) -> tuple[Misconception, ...]:
    """The wrong answers to a question of several letters, one a place; each wrong letter has its own sentence.

    right: one letter for each place, such as "BF". hints: a sentence for every other letter; all letters in order,
    divided evenly, are the choices of the places.

    >>> [(m.wrong, m.hint) for m in misread("AD", {"B": "Not B.", "C": "Not C."})]
    [('AC', 'Not C.'), ('BC', 'Not B. Not C.'), ('BD', 'Not B.')]
    """
    letters = sorted({*right, *hints})
    share = len(letters) // len(right)
    places = [letters[i * share : (i + 1) * share] for i in range(len(right))]
    wrong = (w for w in map("".join, product(*places)) if w != right)
    return tuple(Misconception(w, " ".join(hints[c] for c in w if c not in right), name=w) for w in wrong)
