"""The contract of every exercise set: right answers pass, wrong ones are told their mistake."""

from pathlib import Path

import pytest

from d2lmini.grading import bank
from d2lmini.grading.contract import FILLINGS, as_answer, filled, misses, outcomes_of, solution_of
from d2lmini.grading.notebook import read_source, sets_in

SOURCES = Path(__file__).parents[1] / "exercises" / "source"
BANK = bank.load()
EXERCISES = [pytest.param(s, e, id=f"{s}-{e.name}") for s, members in BANK.items() for e in members.values()]
WRONG = [
    pytest.param(s, e, m, id=f"{s}-{e.name}-{m.name}")
    for s, members in BANK.items()
    for e in members.values()
    for m in e.wrong
]


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


@pytest.mark.parametrize(("name", "exercise", "misconception"), WRONG)
def test_wrong_variant_fails_with_its_own_hint(name, exercise, misconception):
    outcomes = outcomes_of(source_of(name), exercise.name, as_answer(exercise, misconception.wrong))
    hints = [o.hint for o in outcomes if o.hint]
    assert misconception.hint in hints, f"the checks said: {hints or [str(o) for o in outcomes]}"
    assert max(set(hints), key=hints.count) == misconception.hint, "another misconception is named more often"


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
@pytest.mark.parametrize("filling", FILLINGS)
def test_answer_of_the_right_shape_but_one_number_fails(name, exercise, filling):
    outcomes = outcomes_of(source_of(name), exercise.name, filled(exercise, FILLINGS[filling]))
    assert not all(o.passed for o in outcomes)


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_function_exercise_knows_five_misconceptions(name, exercise):
    if not exercise.is_function:
        pytest.skip("a value needs no misconceptions")
    assert len(exercise.wrong) >= 5


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_exercise_says_where_to_read_again(name, exercise):
    page, _, label = exercise.section.partition("#")
    assert page.endswith(".html") and label
