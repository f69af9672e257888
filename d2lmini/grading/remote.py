"""A student's names as the checks see them: each lives in a worker and is reached by plain values alone.

`Session` is the student's namespace. Every cell that ran is remembered, so that after a hang or a crash a
fresh worker replays them, without the cell that ended the last one, and the remaining questions are still
marked.
"""

import time
from dataclasses import dataclass
from typing import Any

from .check import NOT_DONE, AnswerError, RemoteAnswer
from .limits import Limits, Use
from .process import Server, Worker, WorkerEnded
from .wire import Opaque


@dataclass(frozen=True)
class Step:
    """A cell to run: `do` is run (the student's), setup (the exercise's own) or give (values)."""

    cell: str
    do: str
    request: dict


class Session:
    """One submission in its worker."""

    def __init__(self, server: Server, limits: Limits) -> None:
        self.server, self.limits = server, limits
        self.deadline = time.monotonic() + limits.submission_seconds
        self.worker: Worker | None = None
        self.done: list[Step] = []
        self.failures: dict[str, AnswerError] = {}  # cell -> why it did not run to its end
        self.ended: dict[str, str] = {}  # exercise -> why it is not asked again
        self.exercise = ""  # the one whose checks run now
        self.workers = 0
        self.used = Use()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self._drop()

    def run(self, cell: str, source: str) -> None:
        """Run a cell of the student; what goes wrong is kept in `failures`."""
        self._step(Step(cell, "run", {"cell": cell, "source": source}))

    def setup(self, cell: str, source: str, given: dict) -> None:
        """Run a cell of the exercise; where it fails, as without the book, hand over its plain values."""
        reply = self._step(Step(cell, "setup", {"cell": cell, "source": source}))
        if reply and not reply.get("whole") and given:
            self._step(Step(cell, "give", {"values": given}))

    def net(self, name: str, args: tuple, kwargs: dict, request: dict) -> Any:
        """What is plain in the network that a function of the student builds."""
        reply = self._ask(self.limits.call_seconds, "net", name=name, args=args, kwargs=kwargs, **request)
        if "error" in reply:
            raise _failure(reply["error"], name)
        return reply.get("value")

    def numbers(self, cell: str, values: dict) -> None:
        """Hand over the student's own numbers, {exercise: {name: number or array}}."""
        self._step(Step(cell, "numbers", {"values": values}))

    def resolve(self, name: str) -> Any:
        """What a check gets for a name: a plain value, a function to call, or `Missing`."""
        try:
            reply = self._ask(self.limits.call_seconds, "get", name=name)
        except AnswerError as error:
            return Missing(name, error)
        value = reply.get("value")
        if reply.get("is") == "function":
            return Remote(self, name)
        if reply.get("is") == "value" and not (type(value) is Opaque and name in self.failures):
            return value
        return Missing(name, self.failures.get(name) or AnswerError(f"{name} is not defined", "unfinished"))

    def call(self, name: str, args: tuple, kwargs: dict) -> tuple[Any, list[int]]:
        """Call a function of the student; also the positions of the arguments that it changed."""
        reply = self._ask(self.limits.call_seconds, "call", name=name, args=args, kwargs=kwargs)
        if "error" in reply:
            raise _failure(reply["error"], name)
        changed = reply.get("changed")
        count = len(args) + len(kwargs)
        good = type(changed) is list and all(type(i) is int and 0 <= i < count for i in changed)
        return reply.get("value"), changed if good else []

    def _step(self, step: Step) -> dict | None:
        seconds = self.limits.cell_seconds
        try:
            reply = self._ask(seconds, step.do, **step.request)
        except AnswerError as error:
            self.failures[step.cell] = error
            return None
        self.done.append(step)
        if "error" in reply:
            self.failures[step.cell] = _failure(reply["error"], step.cell)
        return reply

    def _ask(self, seconds: float, do: str, **request) -> dict:
        if self.exercise in self.ended:
            raise AnswerError(self.ended[self.exercise], "limit")
        try:
            return self._connected().ask(self._seconds(seconds), do, **request)
        except WorkerEnded as error:
            self._drop()
            if self.exercise:
                self.ended[self.exercise] = str(error)
            raise AnswerError(str(error), "limit") from None

    def _connected(self) -> Worker:
        """The worker; a fresh one runs again what has run."""
        while self.worker is None:
            self._seconds(0)  # or there is nothing left to begin with
            self.worker = self.server.start_worker()
            self.workers += 1
            for step in list(self.done):
                try:
                    self.worker.ask(self._seconds(self.limits.cell_seconds), step.do, **step.request)
                except WorkerEnded as error:
                    self._drop()
                    self.done.remove(step)
                    self.failures[step.cell] = AnswerError(str(error), "limit")
                    break
        return self.worker

    def _seconds(self, wanted: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise AnswerError(f"the submission used up its {self.limits.submission_seconds:g} s", "limit")
        if self.used.cpu_seconds >= self.limits.cpu_seconds:
            raise AnswerError(f"the submission used up its {self.limits.cpu_seconds} s of processor time", "limit")
        return min(wanted, left)

    def _drop(self) -> None:
        if self.worker is not None:
            self.used += self.worker.close()
            self.worker = None


class Remote(RemoteAnswer):
    """A function of the student."""

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.__name__ = session, name

    def ask(self, args: tuple, kwargs: dict) -> tuple[Any, list[int]]:
        return self.session.call(self.__name__, args, kwargs)

    def ask_net(self, args: tuple, kwargs: dict, request: dict) -> Any:
        return self.session.net(self.__name__, args, kwargs, request)

    def __call__(self, *args, **kwargs):
        return self.ask(args, kwargs)[0]


class Missing(RemoteAnswer):
    """A name that the student's notebook does not define."""

    def __init__(self, name: str, why: AnswerError) -> None:
        self.__name__, self.why = name, why

    def ask(self, args: tuple, kwargs: dict) -> tuple[Any, list[int]]:
        raise self.why

    def ask_net(self, args: tuple, kwargs: dict, request: dict) -> Any:
        raise self.why

    def __call__(self, *args, **kwargs):
        raise self.why


def _failure(error, name: str) -> AnswerError:
    """An exception that a worker reports, as far as its report can be read."""
    if type(error) is not dict:
        return AnswerError("the code failed without saying why")
    kind, text, where = (clean(error.get(part, ""))[:400] for part in ("type", "text", "where"))
    if kind == "NotImplementedError":
        return AnswerError(NOT_DONE.format(name), "unfinished")
    return AnswerError(f"{kind}: {text}" + (f" ({where})" if where else ""))


def clean(text) -> str:
    """Text of a student without control characters."""
    return "".join(c if c.isprintable() else " " for c in text) if type(text) is str else ""
