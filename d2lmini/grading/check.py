"""The checks: ordinary calls in a notebook, which the grader runs too, on answers in another process.

In a notebook a check prints one line or raises `CheckFailed`, whose text replaces the traceback. In the
grader a `Recorder` is set, so a failing check is written down and the next one runs. Either way the student
reads what
was asked, what came, which misconception matches and where to read again: never the expected value.
"""

import copy
import linecache
import zlib
from abc import ABC, abstractmethod
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import bank, net, wire
from .compare import describe, difference, misfit
from .exercise import Exercise, value_of
from .variant import NO_NAME, is_name, numbers_of

CHANGED = "Your function changes its argument {}. Work on a copy, x = x.copy(), or write into a new array."
NOT_DONE = "not done yet: write {} in the cell above"
SHOWN_CHARACTERS = 72


@dataclass(frozen=True)
class Outcome:
    """What one check found."""

    passed: bool
    call: str  # short: xcorr2d(x 3x3, k 2x2)
    asked: str = ""  # the call with its small arguments
    came: str = ""
    hint: str = ""
    misconception: str = ""
    read: str = ""
    kind: str = "wrong"  # passed, wrong, error, unfinished, limit, broken

    def __str__(self) -> str:
        if self.passed:
            return f"passed: {self.call}"
        lines = [("asked", self.asked), ("came", self.came), ("hint", self.hint), ("read again", self.read)]
        return "\n".join([f"not right yet: {self.call}", *(f"  {n}: {text}" for n, text in lines if text)])


class CheckFailed(AssertionError):
    """A check that did not pass; notebooks show its sentences alone."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class AnswerError(Exception):
    """The student's code gave no answer; the text says why."""

    def __init__(self, text: str, kind: str = "error") -> None:
        super().__init__(text)
        self.kind = kind


class RemoteAnswer(ABC):
    """An answer that lives elsewhere: `ask` calls it and also names the arguments that the call changed."""

    @abstractmethod
    def ask(self, args: tuple, kwargs: dict) -> tuple[Any, list[int]]: ...

    @abstractmethod
    def ask_net(self, args: tuple, kwargs: dict, request: dict) -> Any:
        """Call it for a network; `request` holds the further arguments of `wire.net_facts`."""


@dataclass
class Recorder:
    """Takes the outcomes of the grader's checks; holds the seed of its random draws."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)


recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


def check(function, /, *args, **kwargs) -> None:
    """Compare `function(*args, **kwargs)` with the reference of the exercise that has the function's name."""
    try:
        exercise = _exercise_of(function)
    except AnswerError as error:
        return _report(Outcome(False, "your answer", came=str(error), kind=error.kind))
    labels = exercise.labels(args, kwargs)
    call, asked = _call_texts(exercise.name, labels, [*args, *kwargs.values()], len(args))
    facts = {"call": call, "asked": asked, "read": exercise.section}

    def compute(variant):
        return variant(*copy.deepcopy(args), **copy.deepcopy(kwargs))

    try:
        answer, changed = ask(function, args, kwargs)
    except AnswerError as error:
        return _report(Outcome(False, **facts, came=str(error), kind=error.kind))
    facts |= _judge(exercise, answer, compute(exercise.reference), compute)
    if changed:
        hint = CHANGED.format(" and ".join(labels[i] for i in changed))
        facts |= {"passed": False, "came": facts.get("came") or "the right values, and a changed argument"}
        facts |= {"hint": " ".join(filter(None, (facts.get("hint"), hint)))}
        facts |= {"misconception": facts.get("misconception") or "changes_its_argument", "kind": "wrong"}
    _report(Outcome(**facts))


def check_module(build, x: np.ndarray, /, *args, compare: str = "values", train: bool = False, **kwargs) -> None:
    """Compare the PyTorch network `build(*args, **kwargs)` with the one that the reference builds.

    x: what both are given, as float32. compare: "shape" of the output; or also "parameters", their number and
    shapes; or also "values", outputs for weights that the check draws and sets in both. train: the mode of both
    networks; random numbers of dropout are the same in both.

    Parameters are matched by layer, in the order of use; their names do not matter.
    """
    try:
        exercise = _exercise_of(build)
    except AnswerError as error:
        return _report(Outcome(False, "your answer", came=str(error), kind=error.kind))
    x = np.asarray(x, dtype=np.float32)
    labels = exercise.labels(args, kwargs)
    call, asked = _call_texts(exercise.name, labels, [*args, *kwargs.values()], len(args))
    what = {"shape": "the shape of its output", "parameters": "its parameters", "values": "its output"}[compare]
    mode = " in training mode" if train else ""
    facts = {"call": f"{call}: {what}{mode}", "asked": f"{asked}; x {_shape_text(x)}{mode}", "read": exercise.section}
    rng = check_rng(f"{exercise.name} network")
    request = {"x": x, "weights": None, "train": train, "seed": int(rng.integers(1 << 31))}
    try:
        tensors = net.tensors_of(_ask_net(build, args, kwargs, request))
        request["weights"] = net.draw(tensors, rng)
        answer = net.Net(tensors, net.output_of(_ask_net(build, args, kwargs, request)))
    except AnswerError as error:
        return _report(Outcome(False, **facts, came=str(error), kind=error.kind))
    except net.NotANet as error:
        return _report(Outcome(False, **facts, came=str(error)))

    def compute(variant):
        return net.made(variant, args, kwargs, tensors, request)

    came = net.difference(answer, compute(exercise.reference), compare)
    named = {}
    for misconception in exercise.wrong if came else ():
        try:
            wrong = compute(misconception.wrong)
        except Exception:  # a wrong variant need not work everywhere
            continue
        if net.difference(answer, wrong) is None:
            named = {"hint": misconception.hint, "misconception": misconception.name}
            break
    _report(Outcome(came is None, **facts, came=came or "", **named, kind="wrong" if came else "passed"))


def check_value(name: str, value, student=None) -> None:
    """Compare a plain value with the reference of the exercise `name`.

    student: whose numbers the value was computed from, for an exercise that gives everyone their own.
    """
    exercise = bank.find(name)
    numbers = numbers_of(exercise, student if is_name(student) else "")
    asked = "; ".join([f"the value of {name}", *(f"{k} = {_text(v)}" for k, v in numbers.items())])
    facts = {"call": name, "asked": asked.replace(";", ", for", 1), "read": exercise.section}
    try:
        if isinstance(value, RemoteAnswer):
            value, _ = value.ask((), {})
        if value is None or value is ... or (type(value) is wire.Opaque and value.type_name == "ellipsis"):
            raise AnswerError(NOT_DONE.format(name), "unfinished")
        if numbers and not is_name(student):
            raise AnswerError(NO_NAME, "unfinished")
    except AnswerError as error:
        return _report(Outcome(False, **facts, came=str(error), kind=error.kind))

    def compute(given):
        return value_of(given, numbers)

    _report(Outcome(**facts | _judge(exercise, value, compute(exercise.reference), compute)))


def check_that(condition, sentence: str, *, about: str = "") -> None:
    """Pass when `condition` is true; `sentence` says what should hold, `about` names its exercise.

    A condition that calls the answer belongs in a function, `check_that(lambda: ...)`: then an error in the
    answer is a failed check and not the end of the cell.
    """
    facts = {"call": sentence, "read": bank.find(about).section if about else ""}
    try:
        holds = condition() if callable(condition) else condition
    except AnswerError as error:
        return _report(Outcome(False, **facts, came=str(error), kind=error.kind))
    except NotImplementedError:
        text = NOT_DONE.format(about or "the answer")
        return _report(Outcome(False, **facts, came=text, kind="unfinished"))
    except Exception as error:
        text = f"your answer does not let this be computed ({type(error).__name__})"
        return _report(Outcome(False, **facts, came=text, kind="error"))
    if type(holds) not in (bool, np.bool_):
        raise TypeError(f"check_that needs True or False, not {describe(holds)}; use .all() or np.allclose")
    if holds:
        return _report(Outcome(True, **facts, kind="passed"))
    _report(Outcome(False, **facts, came="this does not hold for your answer"))


def check_rng(name: str) -> np.random.Generator:
    """The generator of a check cell's random draws: fixed in a notebook, drawn for each run of the grader."""
    run = recorder.get()
    return np.random.default_rng([run.seed if run else 0, zlib.crc32(name.encode())])


def ask(function, args: tuple, kwargs: dict) -> tuple[Any, list[int]]:
    """The answer to one call and the positions of the arguments it changed; AnswerError if there is none."""
    if isinstance(function, RemoteAnswer):
        return function.ask(args, kwargs)
    args, kwargs = copy.deepcopy((args, kwargs))
    values = [*args, *kwargs.values()]
    before = [wire.dumps(v) for v in values]
    try:
        answer = function(*args, **kwargs)
    except NotImplementedError:
        raise AnswerError(NOT_DONE.format(_name_of(function)), "unfinished") from None
    except Exception as error:
        raise AnswerError(f"{type(error).__name__}: {error}{_line_of(error, function)}") from None
    return answer, [i for i, v in enumerate(values) if wire.dumps(v) != before[i]]


def _ask_net(build, args: tuple, kwargs: dict, request: dict) -> Any:
    """What is plain in the network that `build` gives; AnswerError if there is none."""
    if isinstance(build, RemoteAnswer):
        return build.ask_net(args, kwargs, request)
    try:
        return wire.net_facts(build(*copy.deepcopy(args), **copy.deepcopy(kwargs)), **request)
    except NotImplementedError:
        raise AnswerError(NOT_DONE.format(_name_of(build)), "unfinished") from None
    except Exception as error:
        raise AnswerError(f"{type(error).__name__}: {error}{_line_of(error, build)}") from None


def _judge(exercise: Exercise, answer, expected, compute) -> dict:
    """The fields of an outcome: right, or wrong with the misconceptions that equal the answer.

    Inputs that do not tell two mistakes apart get both hints and the name of neither; of three or more, none.
    """
    if exercise.accepts:
        return _judge_one_of_many(exercise, answer, expected)
    options = {"tol": exercise.tol, "strict_dtype": exercise.strict_dtype}
    came = difference(answer, expected, **options)
    if came is None:
        return {"passed": True, "kind": "passed"}
    equal = []
    for misconception in exercise.wrong:
        try:
            wrong = compute(misconception.wrong)
        except Exception:  # a wrong variant need not work everywhere
            continue
        if difference(answer, wrong, **options) is None:
            equal.append(misconception)
    hint = " Or: ".join(m.hint for m in equal) if len(equal) < 3 else ""
    name = equal[0].name if len(equal) == 1 else ""
    return {"passed": False, "came": came, "hint": hint, "misconception": name}


def _judge_one_of_many(exercise: Exercise, answer, example) -> dict:
    """The fields of an outcome where many answers are right: what is wrong with this one, or whether it is right."""
    if came := misfit(answer, example):
        return {"passed": False, "came": came}
    answer = {name: _of_kind(answer[name], value) for name, value in example.items()}
    came = "; ".join(f"{name} = {_text(value)}" for name, value in answer.items())
    for misconception in exercise.wrong:
        if misconception.when(**answer):
            named = {"hint": misconception.hint, "misconception": misconception.name}
            return {"passed": False, "came": came, **named}
    if exercise.accepts(**answer):
        return {"passed": True, "kind": "passed"}
    return {"passed": False, "came": came}


def _of_kind(given, example):
    """A number or array as the example has it, so that no narrow type overflows: 8-bit numbers become Python's."""
    return given.astype(example.dtype) if isinstance(example, np.ndarray) else type(example)(given)


def _report(outcome: Outcome) -> None:
    run = recorder.get()
    if run is not None:
        run.outcomes.append(outcome)
    elif outcome.passed:
        print(outcome)
    else:
        raise CheckFailed(outcome) from None


def _exercise_of(function) -> Exercise:
    name = _name_of(function)
    if not callable(function):
        raise AnswerError(f"check needs your function; this is {describe(function)}")
    if name == "<lambda>":
        raise AnswerError("a check goes by the name of your function: write it with `def`, not as a lambda")
    module = str(getattr(function, "__module__", ""))
    if module.startswith("d2lmini.") and not isinstance(function, RemoteAnswer):
        raise AnswerError(f"this {name} is the book's own: write yours with NumPy in the cell above")
    return bank.find(name)


def _name_of(function) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _call_texts(name: str, labels: list[str], values: list, positional: int) -> tuple[str, str]:
    """A call in short, with shapes, and in full, with its small arguments."""
    short = [
        f"{n} {_shape_text(v)}" if isinstance(v, np.ndarray) else f"{n}={_text(v)}"
        for n, v in zip(labels, values, strict=True)
    ]
    head = ", ".join(labels[:positional] + [f"{n}={n}" for n in labels[positional:]])
    full = [f"{n} = {_text(v)}" for n, v in zip(labels, values, strict=True)]
    return f"{name}({', '.join(short)})", f"{name}({head})" + (f" with {'; '.join(full)}" if full else "")


def _text(value) -> str:
    if isinstance(value, np.ndarray):
        if 2 * value.size > SHOWN_CHARACTERS:  # it cannot be short enough
            return describe(value)
        text = " ".join(np.array2string(value, separator=", ", precision=4).split()).replace("[ ", "[")
        return text if len(text) <= SHOWN_CHARACTERS else describe(value)
    if isinstance(value, tuple | list):
        begin, end = "()" if isinstance(value, tuple) else "[]"
        items = [_text(v) if isinstance(v, np.ndarray | tuple | list) else repr(v) for v in value]
        text = f"{begin}{', '.join(items)}{',' * (isinstance(value, tuple) and len(items) == 1)}{end}"
    else:
        text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def _shape_text(array: np.ndarray) -> str:
    return "x".join(map(str, array.shape)) or "()"


def _line_of(error: Exception, function) -> str:
    """Where in the student's own code the error arose: the last of its lines in the traceback."""
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    found, step = "", error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == file:
            code = linecache.getline(file, step.tb_lineno).strip()
            found = f" (line {step.tb_lineno} of your cell{': ' + code if code else ''})"
        step = step.tb_next
    return found
