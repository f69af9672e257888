"""The commands `grade` and `release`, end to end, and the notebooks that students get."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from d2lmini.__main__ import main
from d2lmini.grading import bank, cli, sandbox
from d2lmini.grading.limits import Limits
from d2lmini.grading.release import release, student_version
from tests.grading_course import BANK, POINTS, SET, SOLUTIONS, submission, write_course, write_submission

CONFIG = Path(__file__).parents[1] / "exercises" / "nbgrader_config.py"
FLIPPED = SOLUTIONS["mini_corr"].replace("k.shape)", "k.shape)\n    k = k[::-1, ::-1]")


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "__path__", [str(BANK)])
    monkeypatch.setattr(cli, "Limits", lambda: Limits(call_seconds=1, cell_seconds=1, submission_seconds=20))
    bank.load.cache_clear()
    write_course(tmp_path)
    (tmp_path / CONFIG.name).write_text(CONFIG.read_text())
    yield tmp_path
    bank.load.cache_clear()


def grade(course, *arguments):
    return main(["grade", *map(str, arguments), "--source", str(course / "source"), "--out", str(course / "out")])


def rows(course):
    with open(course / "out" / "grades.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def class_folder(course):
    folder = course / "handed in"
    write_submission(folder / "ada.ipynb")
    write_submission(folder / "bob.ipynb", submission({"mini_corr": FLIPPED}))
    write_submission(folder / "eve.ipynb", submission({"mini_size": "while True:\n    pass"}))
    markup = "raise ValueError('<script>alert(1)</script>\\x1b[31m')"
    write_submission(folder / "=mallory.ipynb", submission({"mini_values": markup}))
    (folder / "zed.ipynb").write_text("")
    return folder


def test_class_is_graded_into_csv_json_and_pages(course, class_folder, capsys):
    assert grade(course, class_folder, "--set", SET, "--seed", "7", "--jobs", "2") == 0
    table = {row["student"]: row for row in rows(course)}
    assert {name: float(row["total"]) for name, row in table.items()} == {
        "ada": POINTS, "bob": 5.5, "eve": 6, "'=mallory": 6, "zed": 0
    }  # fmt: skip
    assert table["zed"]["note"] == "the file is empty" and table["bob"]["max"] == str(POINTS)
    content = json.loads((course / "out" / "grades.json").read_text())
    assert content["seed"] == 7 and len(content["results"]) == 5 and "numpy" in content["versions"]
    for student in ("ada", "bob", "eve", "=mallory", "zed"):
        assert (course / "out" / "feedback" / f"{student}.html").is_file()
    assert "the kernel is flipped" in (course / "out" / "index.html").read_text()
    shown = capsys.readouterr().out
    assert "grades.csv" in shown and "seed 7" in shown and "bob" in shown
    assert [p.name for p in (course / "out").rglob(".*")] == []


def test_feedback_says_what_is_wrong_and_never_the_answer(course, class_folder):
    grade(course, class_folder, "--set", SET, "--seed", "7", "--book", "https://example.org/book/")
    page = (course / "out" / "feedback" / "bob.html").read_text()
    assert "Your output equals the true convolution: the kernel is flipped." in page
    assert 'href="https://example.org/book/mini.html#mini_corr"' in page
    right = ("28.0", "34.0", "52.0", "58.0")  # of the visible check; 1 - 2 + 2*4 + 3*5 + 6 is the first
    assert not any(value in page for value in right)
    assert re.findall(r"(?:src|url)\s*[=(]", page) == []
    hostile = (course / "out" / "feedback" / "=mallory.html").read_text()
    assert "<script" not in hostile and "\x1b" not in hostile and "&lt;script&gt;" in hostile


def test_same_seed_gives_the_same_files(course, class_folder):
    def questions():
        grade(course, class_folder / "bob.ipynb", "--set", SET, "--seed", "3")
        return [r["questions"] for r in json.loads((course / "out" / "grades.json").read_text())["results"]]

    assert questions() == questions()


def test_set_is_found_from_the_notebooks(course, class_folder):
    assert grade(course, class_folder) == 0
    assert len(rows(course)) == 5


def test_nbgraders_own_tree_is_read(course):
    for student in ("ada", "bob"):
        write_submission(course / "submitted" / student / SET / f"{SET}.ipynb")
    (course / "submitted" / "late" / SET).mkdir(parents=True)
    assert grade(course, course / "submitted", "--set", SET) == 0
    assert [(r["student"], r["total"]) for r in rows(course)] == [("ada", "8"), ("bob", "8"), ("late", "0")]
    assert rows(course)[2]["note"] == "no notebook mini.ipynb was handed in"


def test_folder_of_samples_by_set_is_read(course):
    write_submission(course / "samples" / SET / "right.ipynb")
    assert grade(course, course / "samples", "--set", SET) == 0
    assert [r["student"] for r in rows(course)] == ["right"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--set", SET], "nowhere is not there; give a notebook or a folder of notebooks"),
        (["source", "--set", "other"], "the sets of {course}/source are: mini"),
        (["empty", "--set", SET], "holds no *.ipynb"),
        (["empty"], "add --set NAME, one of mini"),
        (["source/mini", "--set", SET, "--jobs", "0"], "--jobs is at least 1"),
    ],
)
def test_unusable_arguments_are_answered_with_what_to_type(course, monkeypatch, capsys, arguments, sentence):
    (course / "empty").mkdir()
    monkeypatch.chdir(course)
    assert grade(course, *arguments) == 2
    assert sentence.format(course=course) in capsys.readouterr().err
    assert not (course / "out").exists()


def test_second_run_goes_on_where_the_first_ended(course, class_folder, capsys):
    assert grade(course, class_folder, "--set", SET) == 0
    first = (course / "out" / "grades.csv").read_bytes()
    capsys.readouterr()
    write_submission(class_folder / "fay.ipynb")
    assert grade(course, class_folder, "--set", SET) == 0
    assert "graded 1; 5 had their results from before" in capsys.readouterr().out
    assert set(first.splitlines()) < set((course / "out" / "grades.csv").read_bytes().splitlines())
    seed = json.loads((course / "out" / "run.json").read_text())["seed"]
    assert grade(course, class_folder, "--set", SET, "--fresh") == 0
    assert "had their results" not in capsys.readouterr().out
    assert json.loads((course / "out" / "run.json").read_text())["seed"] != seed


def test_tier_is_that_in_which_each_submission_was_graded(course, class_folder, capsys):
    assert grade(course, class_folder, "--set", SET, "--tier", "C") == 0
    write_submission(class_folder / "fay.ipynb")
    assert grade(course, class_folder, "--set", SET) == 0
    facts = json.loads((course / "out" / "grades.json").read_text("utf8"))
    best, tiers = sandbox.best_tier().name, {r["student"]: r["tier"] for r in facts["results"]}
    assert tiers == dict.fromkeys(tiers, "C") | {"fay": best}
    assert facts["isolation"] == "; ".join(sandbox.TIERS[name].notice for name in sorted({best, "C"}))
    assert facts["isolation"] in capsys.readouterr().out


def test_run_that_is_interrupted_says_how_to_go_on(course, class_folder, capsys, monkeypatch):
    original, count = cli.Ledger.record, []

    def interrupted(self, result, digest):
        original(self, result, digest)
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(cli.Ledger, "record", interrupted)
    assert grade(course, class_folder, "--set", SET) == 130
    assert "stopped; the same command goes on" in capsys.readouterr().out
    assert grade(course, class_folder, "--set", SET) == 0 and len(count) == 5


def test_late_marks_and_roster_end_to_end(course, class_folder, capsys):
    late, roster = course / "late.csv", course / "roster.csv"
    late.write_text("student,hours\nbob,30\nnobody,1\n")
    roster.write_text("Name,Login\nBob,bob\n")
    options = ["--late", late, "--penalty", "5% a day", "--roster", roster, "--id", "Login"]
    assert grade(course, class_folder, "--set", SET, *options) == 0
    assert "names students who handed in nothing: nobody" in capsys.readouterr().out
    assert (course / "out" / "lms.csv").read_text().splitlines()[1].startswith("Bob,bob,4.95,8,")
    bob = next(r for r in rows(course) if r["student"] == "bob")
    assert (bob["total"], bob["without penalty"], bob["late"], bob["penalty"]) == ("4.95", "5.5", "1.2 days", "0.55")
    recorded = json.loads((course / "out" / "results" / "bob.json").read_text())["result"]
    assert recorded["total"] == 5.5 and "late" not in recorded  # the penalty is a report's, not a result's
    assert grade(course, class_folder, "--set", SET, "--roster", roster) == 2
    assert "needed: the column student; try: --id COLUMN" in capsys.readouterr().err
    assert grade(course, class_folder, "--set", SET, "--late", late, "--penalty", "much") == 2


def test_command_line_says_its_commands():
    done = subprocess.run([sys.executable, "-m", "d2lmini", "--help"], capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in ("doctor", "grade", "release"))
    assert subprocess.run([sys.executable, "-m", "d2lmini", "grade"], capture_output=True).returncode == 2


def test_release_is_made_and_known_to_be_stale(course):
    options = ["--course", str(course)]
    assert main(["release", "--check", *options]) == 1
    assert not (course / "release").exists()
    assert main(["release", *options]) == 0
    assert main(["release", "--check", *options]) == 0
    path = course / "source" / SET / f"{SET}.ipynb"
    path.write_text(path.read_text().replace("valid cross-correlation", "cross-correlation"))
    assert main(["release", "--check", SET, *options]) == 1
    assert main(["release", "other", *options]) == 2


def test_release_holds_no_solution_no_hidden_check_and_no_output(course):
    notebook = nbformat.reads(student_version(course / "source" / SET / f"{SET}.ipynb", CONFIG), 4)
    nbformat.validate(notebook)
    cells = {c.id: c for c in notebook.cells}
    assert list(cells) == [c.id for c in submission().cells]
    assert cells["mini_corr"].source.endswith('next line.\n    raise NotImplementedError("not done yet")')
    assert cells["mini_corr_hidden"].source.strip() == "# Hidden checks: random inputs of other shapes."
    assert "SOLUTION" not in str(notebook) and "HIDDEN" not in str(notebook) and "sliding" not in str(notebook)
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in notebook.cells)
    assert cells["mini_corr_visible"].metadata.editable is False and cells["mini_corr"].metadata.deletable is False


def test_release_equals_what_nbgrader_generates(course, monkeypatch):
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    scripts = os.path.dirname(sys.executable)  # nbgrader starts alembic by its name
    monkeypatch.setenv("PATH", scripts + os.pathsep + os.environ["PATH"])
    config = PyFileConfigLoader(CONFIG.name, path=str(course)).load_config()
    config.CourseDirectory.root, config.CourseDirectory.assignment_id = str(course), SET
    config.CourseDirectory.release_directory = "theirs"
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    release(course, [SET])
    theirs = nbformat.read(course / "theirs" / SET / f"{SET}.ipynb", 4)
    ours = nbformat.read(course / "release" / SET / f"{SET}.ipynb", 4)
    assert ours.cells == theirs.cells


def run(notebook):
    """Every cell in a real kernel, whatever fails; the notebook with its outputs."""
    code = f"from d2lmini.grading import bank\nbank.__path__[:] = [{str(BANK)!r}]"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(code))
    nbclient.NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3").execute()
    return {c.id: c.outputs for c in notebook.cells[1:] if c.cell_type == "code"}


def test_stubs_fail_politely_in_a_kernel(course):
    outputs = run(nbformat.reads(student_version(course / "source" / SET / f"{SET}.ipynb", CONFIG), 4))
    for name in ("mini_corr", "mini_size", "mini_values"):
        (error,) = outputs[f"{name}_visible"]
        assert error.ename == "CheckFailed"
        assert error.traceback == [error.evalue]  # the sentences alone
        assert f"not done yet: write {name} in the cell above" in error.evalue
    assert outputs["mini_corr_hidden"] == []


def test_solutions_pass_in_a_kernel_and_a_wrong_answer_reads_its_hint(course):
    outputs = run(nbformat.read(course / "source" / SET / f"{SET}.ipynb", 4))
    assert all(o.output_type == "stream" for group in outputs.values() for o in group)
    assert outputs["mini_corr_visible"][0].text == "passed: mini_corr(x 3x4, k 2x3)\n"
    (error,) = run(nbformat.from_dict(submission({"mini_corr": FLIPPED})))["mini_corr_visible"]
    assert "the kernel is flipped" in error.evalue and "Traceback" not in "".join(error.traceback)
