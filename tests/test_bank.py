"""The contract of every exercise set: right answers pass, wrong ones are told their mistake."""

import importlib
import inspect
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from docutils.nodes import make_id

import d2lmini
from d2lmini.grading import bank
from d2lmini.grading.contract import FILLINGS, as_answer, filled, misses, outcomes_of, solution_of
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import read_source, sets_in
from d2lmini.grading.process import Server
from d2lmini.grading.runner import Grader

SEEDS = (1, 2, 3, 4)
STUDENTS = ("bob", "Grace Hopper", "s1234567", "李", "x")
SOURCES = Path(__file__).parents[1] / "exercises" / "source"
CHAPTERS = SOURCES.parents[1] / "chapters"
BANK = bank.load()
EXERCISES = [pytest.param(s, e, id=f"{s}-{e.name}") for s, members in BANK.items() for e in members.values()]
WRONG = [
    pytest.param(s, e, m, id=f"{s}-{e.name}-{m.name}")
    for s, members in BANK.items()
    for e in members.values()
    for m in e.wrong
]


OWN_NUMBERS = [p for p in EXERCISES if p.values[1].draw]
COUNTER_EXAMPLES = [p for p in EXERCISES if p.values[1].accepts]


def source_of(name):
    if name not in sets_in(SOURCES):
        pytest.fail(f"the bank has the set {name}, but exercises/source/{name}/{name}.ipynb is not there")
    return read_source(SOURCES, name)


def test_every_source_has_a_bank_and_every_bank_a_source():
    assert sets_in(SOURCES) == sorted(BANK)


@pytest.mark.parametrize("name", BANK)
def test_notebook_and_bank_name_the_same_exercises(name):
    assert misses(source_of(name), BANK[name]) == []


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
@pytest.mark.parametrize("seed", [0, 7])
def test_reference_and_solution_pass(name, exercise, seed):
    source = source_of(name)
    for answer in (as_answer(exercise, exercise.reference), solution_of(source, exercise.name)):
        outcomes = outcomes_of(source, exercise.name, answer, seed)
        assert outcomes and [str(o) for o in outcomes if not o.passed] == []


@pytest.fixture
def judged(monkeypatch):
    """What each check of a test expected and what it then said."""
    module, found = importlib.import_module("d2lmini.grading.check"), []
    judge = module._judge

    def remembered(exercise, answer, right, compute):
        said = judge(exercise, answer, right, compute)
        found.append((right, f"{said.get('came')} {said.get('hint')}"))
        return said

    monkeypatch.setattr(module, "_judge", remembered)
    return found


@pytest.mark.parametrize(("name", "exercise", "misconception"), WRONG)
def test_wrong_variant_fails_with_its_own_hint_and_is_not_told_the_answer(name, exercise, misconception, judged):
    outcomes = outcomes_of(source_of(name), exercise.name, as_answer(exercise, misconception.wrong))
    hints = [hint for o in outcomes if o.hint for hint in o.hint.split(" Or: ")]
    assert misconception.hint in hints, f"the checks said: {hints or [str(o) for o in outcomes]}"
    most = max(map(hints.count, hints))
    assert hints.count(misconception.hint) == most, "another misconception is named more often"
    for right, said in judged:
        numbers = numbers_of_value(right)
        assert len(set(numbers)) < 3 or not contains_run(numbers_in(said), numbers)


def numbers_of_value(value) -> list[float]:
    """All numbers in a plain value, in order."""
    if isinstance(value, (list, tuple)):
        return [n for item in value for n in numbers_of_value(item)]
    return np.asarray(value, dtype=float).ravel().tolist() if isinstance(value, (np.ndarray, int, float)) else []


def numbers_in(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e[+-]?\d+)?", text)]


def contains_run(numbers: list[float], run: list[float]) -> bool:
    return any(np.allclose(numbers[i : i + len(run)], run, rtol=1e-4) for i in range(len(numbers) - len(run) + 1))


@pytest.mark.parametrize(("name", "exercise"), [p for p in EXERCISES if not p.values[1].draw])
def test_mark_of_a_wrong_variant_does_not_depend_on_the_seed(name, exercise):
    def marks(wrong, seed):
        outcomes = outcomes_of(source_of(name), exercise.name, as_answer(exercise, wrong), seed)
        return [o.passed for o in outcomes]

    for misconception in exercise.wrong:
        found = [marks(misconception.wrong, seed) for seed in SEEDS]
        assert found[1:] == found[:-1], misconception.name


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
@pytest.mark.parametrize("filling", FILLINGS)
def test_answer_of_the_right_shape_but_one_number_fails(name, exercise, filling):
    if exercise.accepts and filling == "all ones":
        pytest.skip("ones may well be a counter-example")
    outcomes = outcomes_of(source_of(name), exercise.name, filled(exercise, FILLINGS[filling]))
    assert outcomes and sum(o.passed for o in outcomes) <= len(outcomes) / 2


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_function_exercise_knows_five_misconceptions(name, exercise):
    if not exercise.is_function:
        pytest.skip("a value needs no misconceptions")
    assert len(exercise.wrong) >= 5


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_exercise_leads_to_a_place_in_a_chapter(name, exercise):
    page, _, place = exercise.section.partition(".html#")
    assert place in places_of(page)


@cache
def places_of(page: str) -> set[str]:
    """The addresses within a page of the book: its labels and its headings."""
    if not (CHAPTERS / f"{page}.ipynb").is_file():
        return set()
    cells = json.loads((CHAPTERS / f"{page}.ipynb").read_text("utf8"))["cells"]
    prose = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return {make_id(name) for name in re.findall(r"^(?:#+ (?=.*\n)|\((?=.*\)=$))(.+?)(?:\)=)?$", prose, re.M)}


@pytest.mark.parametrize(("name", "exercise"), OWN_NUMBERS)
@pytest.mark.parametrize("student", STUDENTS)
def test_every_student_has_numbers_that_tell_all_mistakes_apart(name, exercise, student):
    source = source_of(name)

    def said(answer):
        return [(o.passed, o.hint) for o in outcomes_of(source, exercise.name, answer, student=student)]

    for answer in (as_answer(exercise, exercise.reference, student), solution_of(source, exercise.name, student)):
        assert said(answer) == [(True, "")]
    for wrong in exercise.wrong:
        assert said(as_answer(exercise, wrong.wrong, student)) == [(False, wrong.hint)]
    for filling in FILLINGS.values():
        assert said(filled(exercise, filling, student)) == [(False, "")]


@pytest.mark.parametrize(("name", "exercise"), COUNTER_EXAMPLES)
def test_counter_example_is_told_from_its_mistakes_by_what_it_does(name, exercise):
    assert len(exercise.wrong) >= 2 and exercise.accepts(**exercise.reference)
    assert not any(m.when(**exercise.reference) for m in exercise.wrong)
    for misconception in exercise.wrong:
        assert next(m for m in exercise.wrong if m.when(**misconception.wrong)) is misconception
    assert not exercise.accepts(**exercise.wrong[-1].wrong)  # on the last both sides agree


@pytest.mark.parametrize(("name", "exercise"), COUNTER_EXAMPLES)
def test_counter_example_of_another_form_is_told_what_is_needed(name, exercise):
    source = source_of(name)
    first = next(iter(exercise.reference))
    forms = [
        list(exercise.reference.values()),
        {k: v for k, v in exercise.reference.items() if k != first},
        {**exercise.reference, first: "many"},
        {**exercise.reference, first: np.full((2, 2, 2), 1.0)},
        {**exercise.reference, first: exercise.reference[first] * 10**7},
        {**exercise.reference, first: exercise.reference[first] * np.nan},
    ]
    for answer in forms:
        (outcome,) = outcomes_of(source, exercise.name, answer)
        assert not outcome.passed and outcome.hint == ""
        assert re.search(r"(is|are) needed$|its keys should be ", outcome.came)


def test_homework_of_own_numbers_knows_five_misconceptions_a_task():
    assert OWN_NUMBERS and all(len(p.values[1].wrong) >= 5 for p in OWN_NUMBERS)


WAYS = {  # to hand in the book's own function; {name} of the answer, {module} where the book has it
    "from": "from d2lmini import {name}",
    "attribute": "import d2lmini\n{name} = d2lmini.{name}",
    "module": "from {module} import {name}",
    "importlib": "import importlib\n{name} = importlib.import_module({module!r}).{name}",
    "__import__": "{name} = __import__({module!r}, fromlist=[{name!r}]).{name}",
    "sys.modules": "import sys\n{name} = sys.modules['d2lmini'].{name}",
    "bank": "from d2lmini.grading import bank\n{name} = bank.find({name!r}).reference",
    "bank module": "import d2lmini.grading.bank.{set} as answers\n{name} = answers.EXERCISES[0].reference",
    "called": "def {name}(*args, **kwargs):\n    import d2lmini\n    return d2lmini.{name}(*args, **kwargs)",
    "path": "import sys\nsys.path.insert(0, {root!r})\nfrom {module} import {name}",
}


@pytest.mark.parametrize("name", BANK)
def test_functions_of_the_book_are_out_of_a_workers_reach(name, tmp_path):
    source = source_of(name)
    asked = [n for n in source.answers if inspect.isfunction(getattr(d2lmini, n, None))] or list(source.answers)[-1:]
    with Server(Limits(), source.imports) as server:
        grader = Grader(source, BANK[name], server, 1)
        for way, code in WAYS.items():
            cells = []
            for answer in asked:
                module = getattr(getattr(d2lmini, answer, None), "__module__", "d2lmini.ops")
                names = {"name": answer, "module": module, "set": name, "root": str(SOURCES.parents[1])}
                cells.append({"cell_type": "code", "id": answer, "source": code.format(**names), "metadata": {}})
            path = tmp_path / "ada.ipynb"
            path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
            result = grader.grade("ada", path)
            assert result.total == 0, way
            said = " ".join(str(o) for q in result.questions if q.name in asked for o in q.outcomes)
            assert "exercises are solved with NumPy alone" in said or "ImportError" in said or way == "sys.modules"
