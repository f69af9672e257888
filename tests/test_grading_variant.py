"""Numbers of one's own: the same for a name everywhere, others for another name, and never silently somebody else's."""

import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from d2lmini.grading import CheckFailed, bank, check_value, variant
from d2lmini.grading.exercise import Exercise, Misconception
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import read_source
from d2lmini.grading.process import Server
from d2lmini.grading.runner import Grader
from d2lmini.grading.variant import numbers_of, of_another

SOURCES = Path(__file__).parents[1] / "exercises" / "source"
SET = "homework_d"
BANK = bank.load()[SET]
PINNED = {  # printed once; a change of the drawing changes every handed-in notebook
    "paper_linear": {"x": [1, 2, 2, -3], "h": [-1, 1, -2]},
    "paper_counts": {"c_in": 4, "side": 4, "filters": 7, "kernel": 3},
}


def lists(numbers):
    return {name: np.asarray(value).tolist() for name, value in numbers.items()}


def test_numbers_of_a_name_are_those_of_every_other_machine():
    assert lists(variant("paper_linear", "ada")) == PINNED["paper_linear"]
    assert lists(variant("paper_counts", "ada")) == PINNED["paper_counts"]


def test_numbers_do_not_depend_on_the_process():
    code = "from d2lmini.grading import variant; print(variant('paper_linear', 'bob'))"
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)}
    assert told == {f"{variant('paper_linear', 'bob')}\n"}


def test_capitals_and_spaces_around_a_name_do_not_matter_and_other_names_have_other_numbers():
    of_ada = lists(variant("paper_strided", "ada"))
    assert lists(variant("paper_strided", " Ada ")) == of_ada
    others = [lists(variant("paper_strided", f"s{i}")) for i in range(30)]
    assert all(other != of_ada for other in others)
    assert len({str(other) for other in others}) == 30


def test_numbers_may_be_changed_without_harm():
    x, _ = variant("paper_linear", "ada").values()
    x[:] = 9
    assert lists(variant("paper_linear", "ada")) == PINNED["paper_linear"]


def test_before_the_name_is_written_the_numbers_are_nobodys_and_the_check_says_so(capsys):
    numbers = variant("paper_linear", ...)
    assert "write your name" in capsys.readouterr().out
    with pytest.raises(CheckFailed, match="not done yet: write your name, between quotes"):
        check_value("paper_linear", BANK["paper_linear"].reference(**numbers), ...)


def test_check_says_which_numbers_it_asked_about_and_names_the_mistake_on_them():
    wrong = next(m for m in BANK["paper_linear"].wrong if m.name == "linear_correlated")
    answer = wrong.wrong(**variant("paper_linear", "ada"))
    with pytest.raises(CheckFailed) as caught:
        check_value("paper_linear", answer, "ada")
    lines = str(caught.value).splitlines()
    x, h = (str(v).replace(" ", ", ") for v in PINNED["paper_linear"].values())
    assert lines[1].replace(",", "") == f"  asked: the value of paper_linear for x = {x}; h = {h}".replace(",", "")
    assert wrong.hint in lines[3]


def test_draw_for_which_two_mistakes_always_agree_is_refused():
    wrong = (Misconception(lambda n: n + 1, "one more"), Misconception(lambda n: 1 + n, "again", name="again"))
    exercise = Exercise("same", lambda n: n, wrong, draw=lambda rng: {"n": int(rng.integers(9))})
    with pytest.raises(ValueError, match="two answers always look alike"):
        numbers_of(exercise, "ada")


@pytest.mark.parametrize(
    ("submitter", "student", "noted"),
    [("ada", "Ada", False), ("ada_lovelace", "Ada Lovelace", False), ("bob", "ada", True), ("ada", "ada2", True)],
)
def test_name_that_is_not_the_submitters_is_noted(submitter, student, noted):
    assert bool(of_another(submitter, student)) == noted


@pytest.fixture(scope="module")
def grader():
    source = read_source(SOURCES, SET)
    with Server(Limits(), source.imports) as server:
        yield Grader(source, BANK, server, 1)


def solved(name):
    """The source as a student called `name` would hand it in."""
    notebook = nbformat.read(SOURCES / SET / f"{SET}.ipynb", 4)
    for cell in notebook.cells:
        cell.source = cell.source.replace('student = "ada"', f"student = {name!r}")
    return notebook


def graded(grader, tmp_path, notebook, submitter):
    path = tmp_path / f"{submitter}.ipynb"
    nbformat.write(notebook, path)
    return grader.grade(submitter, path)


@pytest.mark.parametrize("name", ["bob", "Grace Hopper"])
def test_right_notebook_of_any_student_gets_all_points(grader, tmp_path, name):
    result = graded(grader, tmp_path, solved(name), name)
    assert (result.total, result.points, result.notes) == (28, 28, ())


def test_copied_notebook_is_noted_with_both_names(grader, tmp_path):
    result = graded(grader, tmp_path, solved("ada"), "bob")
    assert result.notes == (
        "the numbers are those of 'ada', and the notebook is handed in by 'bob': compare the two by hand",
    )


def test_answers_of_another_student_fail_under_ones_own_name(grader, tmp_path):
    notebook = solved("bob")
    right = {name: BANK[name].reference(**variant(name, "ada")) for name in BANK}
    for cell in notebook.cells:
        if cell.id in right:
            cell.source = f"{cell.id} = {right[cell.id]!r}".replace("array", "np.array")
    assert graded(grader, tmp_path, notebook, "bob").total == 0


def test_name_is_read_once_and_cannot_be_changed_for_a_task(grader, tmp_path):
    notebook = solved("bob")
    for cell in notebook.cells:
        if cell.id == "paper_linear":
            right = BANK["paper_linear"].reference(**variant("paper_linear", "ada")).tolist()
            cell.source = f'student = "ada"\npaper_linear = np.array({right})'
    result = graded(grader, tmp_path, notebook, "bob")
    assert result.total == 26 and result.notes == ()


@pytest.mark.parametrize("name", ["...", "5", "''", "type('S', (str,), {'casefold': lambda s: 'bob'})('ada')"])
def test_without_a_name_nothing_can_be_marked_and_the_reason_is_told(grader, tmp_path, name):
    notebook = solved("ada")
    for cell in notebook.cells:
        if cell.id == "student":
            cell.source = f"student = {name}"
    result = graded(grader, tmp_path, notebook, "ada")
    said = {o.came for q in result.questions for o in q.outcomes}
    assert result.total == 0 and all("write your name" in text for text in said)
