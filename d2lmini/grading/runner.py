"""Grade one submission: its cells run in a worker, in the order of the source, and the checks run here."""

import ast
import contextlib
import copy
import functools
import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ..errors import DataError
from .check import AnswerError, Outcome, Recorder, recorder
from .compare import kind_of
from .exercise import Exercise
from .limits import Limits, Use
from .notebook import Cell, Source, Submission, defined_names, free_names, read_submission
from .process import Server, ServerFailed
from .remote import Missing, Session
from .similar import sketches
from .variant import STUDENT, is_name, numbers_of, of_another

A_STEP = "a step of this check"
EARLIER = "an earlier step gave no result, so this one could not be checked"


@dataclass(frozen=True)
class CellResult:
    """The mark of one check cell: its points times the share of checks that passed."""

    id: str
    hidden: bool
    points: float
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        return sum(o.passed for o in self.outcomes)

    @property
    def score(self) -> float:
        return round(self.points * self.passed / len(self.outcomes), 2) if self.outcomes else 0.0


@dataclass(frozen=True)
class Question:
    """The check cells of one exercise."""

    name: str
    cells: tuple[CellResult, ...]
    section: str = ""

    @property
    def score(self) -> float:
        return round(sum(c.score for c in self.cells), 2)

    @property
    def points(self) -> float:
        return sum(c.points for c in self.cells)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(o for c in self.cells for o in c.outcomes)

    def as_dict(self) -> dict:
        cells = [
            {"id": c.id, "hidden": c.hidden, "score": c.score, "points": c.points}
            | {"checks": [dict(vars(o)) for o in c.outcomes]}
            for c in self.cells
        ]
        marks = {"score": self.score, "points": self.points}
        return {"name": self.name, **marks, "section": self.section, "cells": cells}

    @classmethod
    def from_dict(cls, values: dict) -> "Question":
        cells = tuple(
            CellResult(c["id"], c["hidden"], c["points"], tuple(Outcome(**o) for o in c["checks"]))
            for c in values["cells"]
        )
        return cls(values["name"], cells, values["section"])


@dataclass(frozen=True)
class Result:
    """A graded submission."""

    student: str
    questions: tuple[Question, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    used: Use = Use()
    sketches: dict[str, list[int]] = field(default_factory=dict)  # of the answers' form; see similar.py
    tier: str = ""  # of the sandbox in which it was graded
    lateness: str = ""  # in words; set when reports are made, as is the penalty
    penalty: float = 0.0

    @property
    def earned(self) -> float:
        """The mark before a penalty for lateness."""
        return round(sum(q.score for q in self.questions), 2)

    @property
    def total(self) -> float:
        return round(self.earned - self.penalty, 2)

    @property
    def points(self) -> float:
        return sum(q.points for q in self.questions)

    def as_dict(self) -> dict:
        """Plain values for JSON."""
        return {
            "student": self.student,
            "total": self.total,
            "points": self.points,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            **asdict(self.used),
            "tier": self.tier,
            **({"earned": self.earned, "late": self.lateness, "penalty": self.penalty} if self.lateness else {}),
            "questions": [q.as_dict() for q in self.questions],
            "sketches": self.sketches,
        }

    @classmethod
    def from_dict(cls, values: dict) -> "Result":
        """The result that `as_dict` wrote down before lateness counted."""
        used = Use(values["cpu_seconds"], values["peak_bytes"])
        questions = tuple(Question.from_dict(q) for q in values["questions"])
        notes = tuple(values["notes"])
        more = (values["seconds"], used, values["sketches"], values["tier"])
        return cls(values["student"], questions, notes, *more)


@dataclass
class Grader:
    """A set that is ready to grade: its source, what its setup cells define, and a server for its workers."""

    source: Source
    bank: dict[str, Exercise]
    server: Server
    seed: int
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if unknown := set(self.source.answers) - set(self.bank) - {STUDENT}:
            names = ", ".join(sorted(unknown))
            raise DataError(f"the bank of {self.source.name} has no exercise {names}; add it to EXERCISES")
        self.given = setup_namespace(self.source)

    def grade(self, student: str, path: Path) -> Result:
        """Grade a file; whatever is wrong with it, a result comes back."""
        try:
            return self._graded(student, path)
        except FileNotFoundError:
            return self.nothing(student, f"no notebook {path.name} was handed in")
        except (DataError, OSError) as error:
            return self.nothing(student, str(error))
        except ServerFailed:
            raise
        except Exception as error:  # a fault of ours stops one mark, not the class
            text = f"{type(error).__name__}: {error}"
            return self.nothing(student, f"the grader itself failed here ({text}): please report it")

    def _graded(self, student: str, path: Path) -> Result:
        start = time.monotonic()
        submission = read_submission(path, self.source)
        with Session(self.server, self.limits) as session:
            results, name = self._run(submission, session)
            notes = [*submission.notes, *self._remarks(submission, session), of_another(student, name)]
        seconds, forms = time.monotonic() - start, sketches(self.source, submission)
        told = (tuple(filter(None, notes)), seconds, session.used, forms, self.server.tier.name)
        return Result(student, self._questions(results), *told)

    def _run(self, submission: Submission, session: Session) -> tuple[dict[str, CellResult], Any]:
        """Run every cell in the order of the source; the marks of the check cells, and whose numbers they are for."""
        namespace = {k: copy.deepcopy(v) if kind_of(v) != "other" else v for k, v in self.given.items()}
        extras = iter(range(1, 1 << 30))
        results = {}
        whose: dict[str, Any] = {}  # the student's name, read once: one notebook, one set of numbers

        def added_after(place: str) -> None:
            for code in submission.extras.get(place, ()):
                session.run(f"added {next(extras)}", code)

        def resolve(name: str) -> Any:
            value = whose[name] if name in whose else session.resolve(name)
            if isinstance(value, Missing) and name in self.source.answers and name not in submission.answers:
                return Missing(name, AnswerError(f"no cell of this notebook answers {name}", "unfinished"))
            return value

        added_after("")
        for cell in self.source.cells:
            if cell.role == "check":
                session.exercise = cell.exercise
                outcomes = run_checks(cell, namespace, resolve, self.seed, self.source.names_of_students)
                session.exercise = ""
                results[cell.id] = CellResult(cell.id, cell.hidden, cell.points, tuple(outcomes))
            elif cell.role == "answer":
                if cell.id in submission.answers:
                    session.run(cell.id, submission.answers[cell.id])
                if cell.id == STUDENT:
                    name = session.resolve(STUDENT)
                    whose[STUDENT] = name if is_name(name) else None
                    numbers = {e.name: numbers_of(e, whose[STUDENT] or "") for e in self.bank.values() if e.draw}
                    session.numbers(f"{STUDENT} numbers", numbers)
            else:
                names = defined_names(cell.source) if cell.role == "setup" else ()
                given = {n: namespace[n] for n in names if kind_of(namespace.get(n)) not in ("other", "nothing")}
                session.setup(cell.id, cell.source, given)
            added_after(cell.id)
        return results, whose.get(STUDENT)

    def _remarks(self, submission: Submission, session: Session) -> list[str]:
        """What went wrong in cells, for the student to see once."""
        roles = {c.id: c.role for c in self.source.cells}
        return [
            str(error) if f"cell {cell}," in str(error) else f"cell {cell}: {error}"
            for cell, error in session.failures.items()
            if roles.get(cell, "answer") == "answer" and error.kind != "unfinished"
        ]

    def _questions(self, results: dict[str, CellResult]) -> tuple[Question, ...]:
        """The results of the check cells, put together by exercise."""
        cells: dict[str, list[CellResult]] = {}
        for check in self.source.checks:
            cells.setdefault(check.exercise, []).append(results[check.id])
        return tuple(Question(name, tuple(group), self.bank[name].section) for name, group in cells.items())

    def nothing(self, student: str, note: str) -> Result:
        """The result of a file that cannot be read."""
        unread = Outcome(False, "not checked", came="the notebook could not be read", kind="broken")
        results = {c.id: CellResult(c.id, c.hidden, c.points, (unread,)) for c in self.source.checks}
        return Result(student, self._questions(results), (note,), tier=self.server.tier.name)


def setup_namespace(source: Source) -> dict[str, Any]:
    """Run the setup cells of the source here: what checks know besides the answers.

    Raises:
        DataError: a setup cell fails.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *args, **kwargs: None}
    if "torch" in source.imports:
        sys.modules.setdefault("torch", Later("torch"))
    for cell in source.cells:
        if cell.role == "setup":
            try:
                with contextlib.redirect_stdout(None):
                    exec(compile(cell.source, f"<{cell.id}>", "exec"), namespace)
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                raise DataError(f"{source.name}: setup cell {cell.id} fails: {text}") from error
    return namespace


class Later(ModuleType):
    """Stands for a module until something in it is used: many setup cells import torch, and few checks need it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def run_checks(
    cell: Cell,
    namespace: dict[str, Any],
    resolve: Callable[[str], Any],
    seed: int,
    remote_names: frozenset[str],
) -> list[Outcome]:
    """Run a check cell statement by statement; a statement that ends early is one failed check.

    resolve: gives the student's object for a name that the namespace does not know, or that is in
    `remote_names`.
    """
    run = Recorder(seed)
    token = recorder.set(run)
    missing: list[Missing] = []
    stopped = False
    try:
        statements, names = _compiled(cell)
        for name in names:
            if name in remote_names or name not in namespace:
                namespace[name] = resolve(name)
                if isinstance(namespace[name], Missing):
                    missing.append(namespace[name])
        for statement in statements:
            try:
                exec(statement, namespace)
            except AnswerError as error:
                run.outcomes.append(Outcome(False, A_STEP, came=str(error), kind=error.kind))
                stopped = True
            except Exception as error:
                text, kind = f"your answer does not let it be computed ({type(error).__name__})", "error"
                if missing:
                    text, kind = str(missing[0].why), missing[0].why.kind
                elif stopped and isinstance(error, NameError):
                    text = EARLIER
                run.outcomes.append(Outcome(False, A_STEP, came=text, kind=kind))
                stopped = True
    finally:
        recorder.reset(token)
    return run.outcomes


@functools.cache
def _compiled(cell: Cell) -> tuple[list[CodeType], list[str]]:
    """The statements of a check cell, and the names that it needs; the same for all submissions."""
    modules = [ast.Module([statement], []) for statement in ast.parse(cell.source).body]
    return [compile(m, f"<{cell.id}>", "exec") for m in modules], sorted(free_names(cell.source))
