"""Marks in nbgrader's gradebook: entered whole, kept where a person changed them, and used by nbgrader itself."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from d2lmini.__main__ import main
from d2lmini.grading import bank, cli, gradebook, sandbox
from d2lmini.grading.gradebook import GradebookWriter, comment_on, handed_in_at, one_transaction
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import read_source
from tests.grading_course import BANK, POINTS, SET, SOLUTIONS, submission, write_course, write_submission

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "exercises" / "nbgrader_config.py"
FLIPPED = SOLUTIONS["mini_corr"].replace("k.shape)", "k.shape)\n    k = k[::-1, ::-1]")


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "__path__", [str(BANK)])
    monkeypatch.setattr(cli, "Limits", lambda: Limits(call_seconds=1, cell_seconds=1, submission_seconds=20))
    bank.load.cache_clear()
    write_course(tmp_path)
    (tmp_path / CONFIG.name).write_text(CONFIG.read_text())
    hand_in(tmp_path, "ada", submission())
    hand_in(tmp_path, "bob", submission({"mini_corr": FLIPPED}))
    yield tmp_path
    bank.load.cache_clear()


def hand_in(course, student, notebook):
    return write_submission(course / "submitted" / student / SET / f"{SET}.ipynb", notebook)


def grade(course, *options):
    place = ["--source", course / "source", "--out", course / "out", "--gradebook", course / "gradebook.db"]
    return main(["grade", str(course / "submitted"), "--set", SET, *map(str, place), *options])


def opened(course):
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}", "d2lmini")


def scores(course):
    with opened(course) as book:
        return {s.student.id: (s.score, s.max_score, s.needs_manual_grade) for s in book.assignment_submissions(SET)}


def test_marks_and_comments_are_in_the_gradebook(course):
    (course / "submitted" / "zed" / SET).mkdir(parents=True)
    assert grade(course) == 0
    assert scores(course) == {"ada": (POINTS, POINTS, False), "bob": (5.5, POINTS, False), "zed": (0, POINTS, False)}
    with opened(course) as book:
        assert book.find_comment("mini_corr", SET, SET, "ada").comment is None
        comment = book.find_comment("mini_corr", SET, SET, "bob").comment
        assert comment.startswith("Your output equals the true convolution") and "mini.html#mini_corr" in comment
        assert book.find_grade("mini_corr_hidden", SET, SET, "bob").auto_score == 1.5
        assert book.find_assignment(SET).course_id == "d2lmini"


def test_what_a_person_entered_stays(course):
    grade(course)
    with opened(course) as book:
        book.find_grade("mini_corr_hidden", SET, SET, "bob").manual_score = 2.5
        book.find_grade("mini_size_visible", SET, SET, "bob").extra_credit = 0.5
        book.find_comment("mini_corr", SET, SET, "bob").manual_comment = "nearly"
        book.db.commit()
    grade(course)
    assert scores(course)["bob"] == (7, POINTS, False)
    hand_in(course, "bob", submission({"mini_corr": "mini_corr = 1"}))
    grade(course)
    assert scores(course)["bob"] == (6 + 1, POINTS, True)  # the runner's mark changed below: to be looked at again
    with opened(course) as book:
        grades = book.find_grade("mini_corr_hidden", SET, SET, "bob")
        assert (grades.auto_score, grades.manual_score, grades.score) == (0, 2.5, 2.5)
        assert book.find_comment("mini_corr", SET, SET, "bob").comment == "nearly"


def test_penalty_is_nbgraders_own(course):
    (course / "late.csv").write_text("student,days\nada,2\n")
    grade(course, "--late", str(course / "late.csv"), "--penalty", "10% a day")
    with opened(course) as book:
        assert book.find_submission_notebook(SET, SET, "ada").late_submission_penalty == 1.6
        assert book.find_submission_notebook(SET, SET, "bob").late_submission_penalty is None
    grade(course)
    with opened(course) as book:
        assert book.find_submission_notebook(SET, SET, "ada").late_submission_penalty is None


def test_notebook_for_formgrader_shows_the_students_code_and_the_runners_words(course):
    markup = "raise ValueError('<script>alert(1)</script>')"
    notebook = submission({"mini_size": markup})
    notebook.cells.insert(2, nbformat.v4.new_code_cell("helper = 1"))
    hand_in(course, "eve", notebook)
    grade(course)
    shown = nbformat.read(course / "autograded" / "eve" / SET / f"{SET}.ipynb", 4)
    nbformat.validate(shown)
    cells = {c.metadata.get("nbgrader", {}).get("grade_id", c.id): c for c in shown.cells}
    assert cells["mini_size"].source == markup and "helper = 1" in [c.source for c in shown.cells]
    assert "ValueError" in cells["mini_size_visible"].outputs[0].text
    assert "1 of 1 checks passed, 1 of 1 points" in cells["mini_corr_visible"].outputs[0].text
    assert all(o.output_type == "stream" for c in shown.cells for o in c.get("outputs", ()))  # no HTML of a student
    assert "sliding" in cells["mini_corr"].source and "### BEGIN HIDDEN" not in str(shown)


def test_student_is_entered_whole_or_not_at_all(course, monkeypatch):
    grade(course)
    before = scores(course)
    with opened(course) as book:
        with pytest.raises(KeyError), one_transaction(book):
            book.update_or_create_student("new")
            book.update_or_create_submission(SET, "new")
            book.find_grade("mini_corr_hidden", SET, SET, "ada").auto_score = 0
            raise KeyError
    assert scores(course) == before
    with opened(course) as book, one_transaction(book):
        book.find_grade("mini_corr_hidden", SET, SET, "ada").auto_score = 0
    assert scores(course)["ada"][0] == POINTS - 3


def test_set_with_other_cells_is_refused(course, capsys):
    grade(course)
    path = course / "source" / SET / f"{SET}.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells = [c for c in notebook.cells if not c.id.startswith("mini_size")]
    nbformat.write(notebook, path)
    bank.load()[SET].pop("mini_size")
    assert grade(course) == 2
    said = capsys.readouterr().err
    assert "the gradebook's mini has other cells" in said and "nbgrader db assignment remove mini" in said


def test_busy_gradebook_is_said(course, capsys, monkeypatch):
    grade(course)
    original = gradebook.Gradebook

    def impatient(url, course_id):
        return original(f"{url}?timeout=0.1", course_id)

    monkeypatch.setattr(gradebook, "Gradebook", impatient)
    with sqlite3.connect(course / "gradebook.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        assert grade(course) == 2
    assert "database is locked" in capsys.readouterr().err


def test_comment_holds_no_text_of_the_student(course):
    source = read_source(course / "source", SET)
    with cli.Work(source, 1, Limits()).server() as server:
        path = hand_in(course, "eve", submission({"mini_size": "raise ValueError('<b>mine</b>')"}))
        result = cli.Work(source, 1, Limits()).grader(server).grade("eve", path)
    comments = [comment_on(q) for q in result.questions]
    assert comments[0] is None and comments[1] is not None and "mine" not in comments[1]


def test_time_of_handing_in_is_taken_and_a_broken_one_is_not(course):
    folder = course / "submitted" / "ada" / SET
    (folder / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC\n")
    (course / "submitted" / "bob" / SET / "timestamp.txt").write_text("yesterday, I think")
    assert grade(course) == 0
    with opened(course) as book:
        assert str(book.find_submission(SET, "ada").timestamp) == "2026-11-20 10:00:00"
        assert book.find_submission(SET, "bob").timestamp is None
    assert (course / "autograded" / "ada" / SET / "timestamp.txt").is_file()
    (folder / "timestamp.txt").write_bytes(b"\xff")
    assert handed_in_at(folder / "timestamp.txt") == handed_in_at(folder / "none") == ""


def nbgrader(course, *arguments):
    scripts = os.path.dirname(sys.executable)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": scripts + os.pathsep + os.environ["PATH"]}
    environment["PYTHONWARNINGS"] = "default"
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course, env=environment, capture_output=True, text=True
    )


def test_nbgraders_feedback_works_on_what_the_runner_entered(course):
    grade(course)
    done = nbgrader(course, "generate_feedback", SET)
    assert done.returncode == 0, done.stderr
    page = (course / "feedback" / "bob" / SET / f"{SET}.html").read_text("utf8")
    assert "5.5" in page and "the kernel is flipped" in page


def test_nbgraders_autograde_uses_the_runner_and_duplicates_stop_nobody(tmp_path):
    """The course's own configuration, a real set, nbgrader's own commands; a kernel would give other marks."""
    shutil.copytree(ROOT / "exercises" / "source" / "convolution", tmp_path / "source" / "convolution")
    (tmp_path / CONFIG.name).write_text(CONFIG.read_text())
    samples = ROOT / "exercises" / "samples" / "convolution"
    right = json.loads((samples / "ada_right.ipynb").read_text("utf8"))
    place = next(i for i, c in enumerate(right["cells"]) if c.get("id") == "xcorr1d")
    doubled = json.loads(json.dumps(right))
    doubled["cells"][place:place] = [right["cells"][place], right["cells"][place + 1]]
    old = json.loads(json.dumps(right))
    for cell in old["cells"]:
        cell["metadata"].get("nbgrader", {}).pop("schema_version", None)
    hung = json.loads((samples / "endless_loop.ipynb").read_text("utf8"))
    for student, notebook in {"a_doubled": doubled, "b_old": old, "c_hung": hung, "d_right": right}.items():
        write_submission(tmp_path / "submitted" / student / "convolution" / "convolution.ipynb", notebook)
    assert nbgrader(tmp_path, "generate_assignment", "convolution").returncode == 0
    done = nbgrader(tmp_path, "autograde", "convolution")
    assert done.returncode == 0, done.stderr[-3000:]
    with opened(tmp_path) as book:
        marks = {s.student.id: s.score for s in book.assignment_submissions("convolution")}
    assert marks == {"a_doubled": 20, "b_old": 20, "c_hung": 16, "d_right": 20}
    assert nbgrader(tmp_path, "generate_feedback", "convolution").returncode == 0
    assert len(list((tmp_path / "feedback").iterdir())) == 4
    recorded = json.loads((tmp_path / "marks" / "convolution" / "results" / "c_hung.json").read_text("utf8"))
    assert recorded["result"]["total"] == 16
    tier = sandbox.best_tier()
    assert recorded["result"]["tier"] == tier.name and tier.notice in done.stderr
    shown = json.loads((tmp_path / "autograded" / "c_hung" / "convolution" / "convolution.ipynb").read_text("utf8"))
    assert shown["metadata"]["d2lmini"] == {"tier": tier.name}
    strict = ("--force", "--GradeApart.tier=C", "--GradeApart.require_sandbox=True")
    again = nbgrader(tmp_path, "autograde", "convolution", *strict)
    assert again.returncode and "tier C is no sandbox, and one is required" in again.stderr


def test_writer_refuses_what_is_no_gradebook(course):
    (course / "gradebook.db").mkdir()
    source = read_source(course / "source", SET)
    with pytest.raises(gradebook.DataError, match="cannot be used"):
        GradebookWriter(course / "gradebook.db", course / "source", source)
