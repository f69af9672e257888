"""The sample submissions: each gets the marks that its README states, and feedback that names its mistake."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from d2lmini.__main__ import main

EXERCISES = Path(__file__).parents[1] / "exercises"
SAMPLES = EXERCISES / "samples"

HINTS = {  # (sample, question) -> words of the feedback that say what went wrong
    ("emmy_flipped_kernel", "xcorr1d"): "Your output equals the true convolution: the kernel is flipped",
    ("emmy_flipped_kernel", "xcorr2d"): "Your output equals the true convolution: the kernel is flipped",
    ("joseph_first_row", "y_circular"): "This is the circular cross-correlation",
    ("joseph_first_row", "circulant"): "You put the kernel into the first row",
    ("leonhard_one_too_few", "xcorr1d"): "The last window is missing",
    ("leonhard_one_too_few", "xcorr2d"): "The last row and the last column are missing",
    ("sofia_changes_input", "xcorr1d"): "Your function changes its argument x",
    ("unfinished", "circulant"): "not done yet",
    ("unfinished", "xcorr1d"): "not done yet",
    ("unfinished", "xcorr2d"): "not done yet",
    ("endless_loop", "xcorr1d"): "did not finish within",
}
EXPECTED = {  # what the visible checks expect; no feedback may give it away
    "y_linear": [[3, 5, -9, 10, -7, 2]],
    "y_circular": [[-4, 7, -9, 10]],
    "toeplitz": [[1, 0, 0, -1, 1, 0, 0, -1, 1, 0, 0, -1]],
    "circulant": [[1, 0, -1, -1, 1, 0, 0, -1, 1]],
    "xcorr1d": [[-1, 0, 2, 1], [-5, 11]],
    "xcorr2d": [[8, -3, 5], [370, 470, 670, 770]],
}


def stated_marks() -> dict[str, dict[str, float]]:
    """The table of exercises/samples/README.md: {sample: {column: mark}}."""
    rows = [
        line.strip("| \n").split("|")
        for line in (SAMPLES / "README.md").read_text().splitlines()
        if line[:1] == "|"
    ]
    head, _, *body = [[cell.strip(" `") for cell in row] for row in rows]
    return {name: dict(zip(head[1:-1], map(float, marks), strict=True)) for name, *marks, _ in body}


MARKS = stated_marks()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder that `python -m d2lmini grade` writes for the samples."""
    out = tmp_path_factory.mktemp("graded")
    arguments = [
        str(SAMPLES),
        "--set",
        "convolution",
        "--out",
        str(out),
        "--source",
        str(EXERCISES / "source"),
    ]
    assert main(["grade", *arguments, "--seed", "2", "--jobs", "2"]) == 0
    return out


@pytest.fixture(scope="module")
def results(graded):
    return {r["student"]: r for r in json.loads((graded / "grades.json").read_text())["results"]}


def feedback(graded, name) -> str:
    """The words of a student's page."""
    page = (graded / "feedback" / f"{name}.html").read_text()
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def failed_checks(result, question) -> list[dict]:
    cells = next(q["cells"] for q in result["questions"] if q["name"] == question)
    return [check for cell in cells for check in cell["checks"] if not check["passed"]]


def numbers_in(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?", text)]


def contains_run(numbers: list[float], run: list[float]) -> bool:
    return any(np.array_equal(numbers[i : i + len(run)], run) for i in range(len(numbers)))


def test_readme_of_the_samples_has_a_row_for_every_file():
    assert sorted(MARKS) == sorted(path.stem for path in (SAMPLES / "convolution").glob("*.ipynb"))


@pytest.mark.parametrize("name", MARKS)
def test_sample_gets_the_marks_that_the_readme_states(results, name):
    marks = {q["name"]: q["score"] for q in results[name]["questions"]} | {"total": results[name]["total"]}
    assert marks == MARKS[name]


def test_grades_csv_holds_the_same_totals(graded):
    rows = [line.split(",") for line in (graded / "grades.csv").read_text().splitlines()]
    assert rows[0][:3] == ["student", "total", "max"]
    assert {row[0]: (float(row[1]), float(row[2])) for row in rows[1:]} == {
        n: (m["total"], 20) for n, m in MARKS.items()
    }


@pytest.mark.parametrize(("name", "question"), HINTS)
def test_feedback_names_the_mistake(graded, results, name, question):
    words = HINTS[name, question]
    assert words in feedback(graded, name)
    said = [(check["hint"], check["came"]) for check in failed_checks(results[name], question)]
    assert any(words in hint + came for hint, came in said)
    assert not any(hint and words not in hint for hint, _ in said)


def test_every_lost_mark_of_a_readable_sample_has_its_words_here():
    lost = {
        (n, q)
        for n, marks in MARKS.items()
        for q, mark in marks.items()
        if q != "total" and mark < MARKS["ada_right"][q]
    }
    assert {pair for pair in lost if pair[0] != "broken"} == set(HINTS)


def test_broken_file_is_told_what_to_do(graded, results):
    (note,) = results["broken"]["notes"]
    assert "the file is broken" in note and "save the notebook again" in note
    assert note in feedback(graded, "broken")


def test_right_sample_is_told_nothing_but_that_it_is_right(results):
    checks = [c for q in results["ada_right"]["questions"] for cell in q["cells"] for c in cell["checks"]]
    assert len(checks) > 20 and all(c["passed"] and not c["hint"] for c in checks)
    assert results["ada_right"]["notes"] == []


@pytest.mark.parametrize("name", MARKS)
def test_feedback_never_gives_an_expected_answer_away(graded, results, name):
    pages = {"page": feedback(graded, name), "json": json.dumps(results[name])}
    for question, answers in EXPECTED.items():
        for answer in answers:
            assert not [place for place, text in pages.items() if contains_run(numbers_in(text), answer)], (
                question
            )


def test_search_for_given_away_answers_finds_them_in_any_print():
    for text in ("got [[370. 470.]\n [670. 770.]]", "[[370, 470], [670, 770]]", "370.0 470.0 670.0 7.7e+02"):
        assert contains_run(numbers_in(text), EXPECTED["xcorr2d"][1])
