"""Each kind of submission gets its deserved mark and sentence, and none harms the marks beside it."""

import dataclasses
import json
import os
import sys
import time

import pytest

from d2lmini.errors import DataError
from d2lmini.grading import bank
from d2lmini.grading.contract import FILLINGS, as_answer, filled, misses, outcomes_of, solution_of
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import MAX_BYTES, free_names, read_source
from d2lmini.grading.process import Server
from d2lmini.grading.runner import Grader
from tests.grading_course import BANK, POINTS, SET, SOLUTIONS, submission, write_course, write_submission

LIMITS = Limits(call_seconds=1.0, cell_seconds=3.0, submission_seconds=30.0)
CORR = SOLUTIONS["mini_corr"]
FLIPPED = CORR.replace("k.shape)", "k.shape)\n    k = k[::-1, ::-1]")


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(bank, "__path__", [str(BANK)])
    bank.load.cache_clear()
    source = read_source(write_course(tmp_path_factory.mktemp("course")), SET)
    with Server(LIMITS, source.imports) as server:
        yield Grader(source, bank.load()[SET], server, 1, LIMITS)
    bank.load.cache_clear()
    patch.undo()


@pytest.fixture
def grade(grader, tmp_path):
    def run(notebook=None, **answers):
        notebook = notebook or submission(answers)
        return grader.grade("ada", write_submission(tmp_path / "ada.ipynb", notebook))

    return run


def marks(result):
    return [q.score for q in result.questions]


def said(result):
    return [str(o) for q in result.questions for o in q.outcomes if not o.passed]


def test_right_submission_gets_all_points(grade):
    result = grade()
    assert (result.total, result.points, result.notes, said(result)) == (POINTS, POINTS, (), [])


def test_misconception_is_named_and_costs_its_checks_alone(grade):
    result = grade(mini_corr=FLIPPED)
    assert marks(result) == [1.5, 2, 2]  # of the hidden checks, two of four hold for any kernel
    assert sum("the kernel is flipped" in text for text in said(result)) == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            'def mini_corr(x, k):\n    raise NotImplementedError("not done yet")',
            "not done yet: write mini_corr",
        ),
        ("def mini_corr(x, k):\n    while True:\n        pass", "did not finish within 1 s"),
        (
            "def mini_corr(x, k):\n    while True:\n        try:\n            while True: pass\n"
            "        except BaseException: pass",
            "did not finish within 1 s",
        ),
        ("while True:\n    pass", "did not finish within 3 s"),
        ("import os\nos._exit(0)", "the Python process ended"),
        ("import os\ndef mini_corr(x, k):\n    os._exit(0)", "the Python process ended"),
        ("import os, signal\nos.kill(0, signal.SIGKILL)\nos._exit(0)", ""),  # refused, or the end of it
        ("import sys\nsys.exit()", "SystemExit"),
        ("def mini_corr(x, k):\n    return np.empty(3 << 30, np.uint8)", "MemoryError"),
        ("def mini_corr(x, k):\n    return mini_corr(x, k)", "RecursionError"),
        ("def mini_corr(x, k)\n    return x", "SyntaxError: expected ':' (cell mini_corr, line 1"),
        ("def mini_corr(x, k):\n    return x\0", "null bytes"),
        (
            "def mini_corr(x, k):\n    return unknown",
            "NameError: name 'unknown' is not defined (cell mini_corr, line 2",
        ),
        ("def mini_corr(x):\n    return x", "takes 1 positional argument"),
        ("mini_corr = np.ones((2, 2))", "check needs your function; this is an array"),
        ("answer = 1", "mini_corr is not defined"),
        ("from d2lmini import xcorr2d as mini_corr", "exercises are solved with NumPy alone"),
        ("import d2lmini.grading.bank", "exercises are solved with NumPy alone"),
        ("name = input()", "EOFError"),
        (
            "def mini_corr(x, k):\n    return (1 for _ in x)",
            "an object of type generator; a NumPy array is needed",
        ),
        ("def mini_corr(x, k):\n    return np.zeros(20_000_000)", "the value is too large"),
    ],
)
def test_bad_answer_costs_its_own_question_only(grade, answer, words):
    result = grade(mini_corr=answer)
    assert marks(result) == [0, 2, 2]
    assert any(words in text for text in said(result)), said(result)


LINES = 'for _ in range({}): print("x" * 1_000_000)\n'


def test_printing_is_free_up_to_a_limit_and_2_gb_cost_their_own_question(grader, tmp_path):
    patient = dataclasses.replace(grader, limits=Limits(cell_seconds=60))  # a busy machine prints slowly
    for count, total, words in ((60, POINTS, ()), (2000, POINTS - 4, "OSError: more than 64 MB were printed")):
        loud = submission({"mini_corr": LINES.format(count) + CORR})
        result = patient.grade("ada", write_submission(tmp_path / "ada.ipynb", loud))
        assert result.total == total and [note.split(" (")[0] for note in result.notes] == [words] * bool(words)


def test_each_call_may_print_anew(grade):
    loud = CORR.replace("    windows =", "    " + LINES.format(40) + "    windows =")
    assert grade(mini_corr=loud).total == POINTS


def test_processor_time_of_all_workers_of_a_submission_is_limited(grader, tmp_path):
    hasty = dataclasses.replace(grader, limits=Limits(call_seconds=30, cpu_seconds=1))
    loop = {"mini_corr": "def mini_corr(x, k):\n    while True: pass"}
    result = hasty.grade("ada", write_submission(tmp_path / "ada.ipynb", submission(loop)))
    assert result.total < POINTS and "used up its 1 s of processor time" in str(said(result))


def test_answer_that_changes_its_input_fails(grade):
    result = grade(mini_corr=CORR.replace("return (windows * k)", "x = windows * k; k *= 0; return x"))
    assert marks(result)[1:] == [2, 2] and marks(result)[0] < 4
    assert any("changes its argument k" in text for text in said(result))


def test_answer_that_hangs_sometimes_keeps_the_points_before(grade):
    hangs = CORR.replace("windows =", "while x.shape == (6, 5): pass\n    windows =")
    result = grade(mini_corr=hangs)
    assert marks(result) == [1.6, 2, 2]  # one of five steps came before it


def test_cell_that_ends_the_process_only_when_it_is_run_again_stops_nothing(grade, tmp_path):
    mark = f"import os\nif os.path.exists({str(tmp_path / 'mark')!r}): os._exit(0)\n"
    mark += f"open({str(tmp_path / 'mark')!r}, 'w').close()\n"
    result = grade(mini_corr=mark + "def mini_corr(x, k): os._exit(0)")
    assert marks(result) == [0, 2, 2]


def test_objects_that_equal_everything_gain_nothing(grade):
    evil = (
        "class Evil(np.ndarray):\n    def __eq__(self, other): return np.ones(self.shape, bool)\n"
        "def mini_corr(x, k): return np.zeros((2, 2)).view(Evil)\n"
        "class Yes:\n    def __eq__(self, other): return True\n"
    )
    result = grade(mini_corr=evil, mini_values="mini_values = Yes()", mini_size="def mini_size(*a, **k): return Yes()")
    assert result.total == 0


def test_tampering_with_the_students_own_process_changes_no_mark(grade):
    tamper = (
        "import builtins, sys\nnp.array_equal = np.allclose = np.isclose = lambda *a, **k: True\n"
        "builtins.all = lambda *a: True\n"
        "for m in list(sys.modules): setattr(sys.modules[m], 'check', lambda *a, **k: None)\n" + FLIPPED
    )
    assert marks(grade(mini_corr=tamper)) == [1.5, 2, 2]


def test_forged_frame_fails_the_question(grade):
    forge = (
        "import os\ndef mini_corr(x, k):\n    for fd in range(3, 64):\n"
        "        try: os.write(fd, b'd2l1' + b'\\xff' * 60)\n        except OSError: pass\n"
    )
    result = grade(mini_corr=forge)
    assert marks(result) == [0, 2, 2] and any("cannot be read" in text for text in said(result))


def test_last_duplicate_counts_and_is_noted(grade):
    notebook = submission({"mini_corr": FLIPPED})
    again = next(c for c in submission().cells if c.id == "mini_corr")
    notebook.cells.append(again)
    result = grade(notebook)
    assert result.total == POINTS and result.notes == ("2 cells answer mini_corr: the last one counts",)


@pytest.mark.parametrize("ids", [True, False])
def test_answers_are_found_without_metadata(grade, ids):
    notebook = submission()
    for cell in notebook.cells:
        cell.metadata = {}
        if not ids:
            del cell["id"]
    result = grade(notebook)
    assert result.total == POINTS
    assert len(result.notes) == (0 if ids else 3)


def test_answer_in_a_cell_of_its_own_is_found_by_its_name(grade):
    notebook = submission({"mini_corr": 'def mini_corr(x, k):\n    raise NotImplementedError("not done yet")'})
    notebook.cells.append({"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "source": CORR})
    result = grade(notebook)
    assert result.total == POINTS and "found in another cell" in result.notes[0]


def test_helper_cell_of_the_student_runs_before_the_answer(grade):
    notebook = submission({"mini_corr": "def mini_corr(x, k):\n    return helper(x, k)"})
    helper = {"cell_type": "code", "id": "h", "metadata": {}, "source": CORR.replace("mini_corr", "helper")}
    notebook.cells.insert(2, helper)
    broken = {"cell_type": "code", "id": "b", "metadata": {}, "source": "1 / 0"}
    notebook.cells.insert(3, broken)
    result = grade(notebook)
    assert result.total == POINTS
    assert result.notes == ("ZeroDivisionError: division by zero (cell added 2, line 1: 1 / 0)",)


def test_checks_and_setup_of_a_submission_are_ignored(grade):
    notebook = submission()
    for cell in notebook.cells:
        if cell.id.endswith("_visible"):
            cell.source, cell.metadata.nbgrader["points"] = "raise SystemExit", 100
        if cell.id == "setup":
            cell.source = "x = k = None"
    result = grade(notebook)
    assert (result.total, result.points) == (POINTS, POINTS)


def test_magics_do_not_break_an_answer(grade):
    assert grade(mini_corr="%timeit 1\n!ls\n" + CORR).total == POINTS


def test_deleted_answer_is_told(grade):
    notebook = submission()
    notebook.cells = [c for c in notebook.cells if c.id != "mini_size"]
    result = grade(notebook)
    assert marks(result) == [4, 0, 2] and any("no cell of this notebook answers mini_size" in t for t in said(result))


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"", "the file is empty"),
        (b'{"cells": [{"cell_type": "co', "its JSON ends or goes wrong after line 1"),
        (b"[1, 2]", "not a notebook: it has no cells"),
        (b'{"cells": 5}', "not a notebook: it has no cells"),
        (b'{"worksheets": []}', "old format 3"),
        (b"\xff\xfe\x00abc", "byte 0 is not UTF-8"),
        (b"[" * 100_000, "its JSON ends or goes wrong"),
        (b'{"cells": []}', "no answer of the set mini is in this notebook"),
        (
            b'{"cells": [1, null, {"cell_type": "code", "source": 5, "metadata": []}]}',
            "no answer of the set mini",
        ),
    ],
)
def test_file_that_is_no_notebook_gets_nought_and_a_reason(grader, tmp_path, content, note):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    result = grader.grade("broken", path)
    assert (result.total, result.points) == (0, POINTS) and note in result.notes[0]


def test_missing_and_huge_files_get_nought_and_a_reason(grader, tmp_path):
    assert "no notebook none.ipynb was handed in" in grader.grade("none", tmp_path / "none.ipynb").notes[0]
    with open(tmp_path / "huge.ipynb", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "the file is too large" in grader.grade("huge", tmp_path / "huge.ipynb").notes[0]


def test_outputs_of_30_mb_in_the_file_do_not_matter(grade):
    notebook = json.loads(json.dumps(submission()))
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (30 << 20)}]
    assert grade(notebook).total == POINTS


def test_same_seed_gives_the_same_result_and_another_seed_other_inputs(grader, tmp_path):
    path = write_submission(tmp_path / "ada.ipynb", submission({"mini_corr": FLIPPED}))

    def checks(seed):
        return dataclasses.replace(grader, seed=seed).grade("ada", path).as_dict()["questions"]

    assert checks(3) == checks(3) != checks(4)


def test_fresh_process_for_each_submission_gives_the_same_marks(grader, tmp_path):
    path = write_submission(tmp_path / "ada.ipynb", submission({"mini_corr": "import os\nos._exit(1)"}))
    hang = write_submission(tmp_path / "bob.ipynb", submission({"mini_size": "while True: pass"}))
    with Server(LIMITS, (), fork=False) as server:
        other = dataclasses.replace(grader, server=server)
        assert marks(other.grade("ada", path)) == [0, 2, 2]
        assert marks(other.grade("bob", hang)) == [4, 0, 2]


def test_time_of_a_submission_is_limited_as_a_whole(grader, tmp_path):
    limits = dataclasses.replace(LIMITS, cell_seconds=5, submission_seconds=1)
    path = write_submission(tmp_path / "ada.ipynb", submission({"mini_size": "while True: pass"}))
    start = time.monotonic()
    result = dataclasses.replace(grader, limits=limits).grade("ada", path)
    assert time.monotonic() - start < 4
    assert marks(result) == [4, 0, 0] and any("used up its 1 s" in text for text in said(result))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_and_no_file_is_left_behind(grader, tmp_path):
    nap = f"347.{os.getpid()}"  # other runs of this test have their own
    start = f"import subprocess\nsubprocess.Popen(['sleep', '{nap}'])\nopen('left', 'w').write('x')\n" + CORR
    with Server(LIMITS, tier="C") as server:  # the others start no process; tests/attacks has those
        result = dataclasses.replace(grader, server=server).grade(
            "ada", write_submission(tmp_path / "ada.ipynb", submission({"mini_corr": start}))
        )
        assert result.total == POINTS and os.listdir(server.home) == []
    assert not os.path.exists(server.home)
    time.sleep(0.1)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                assert nap.encode() not in file.read()
        except OSError:
            continue


def test_worker_sees_nothing_of_the_instructors_environment(grader, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LMINI_SECRET", "1")
    code = "import os\nassert 'D2LMINI_SECRET' not in os.environ\nassert os.listdir('.') == []\n" + CORR
    with Server(LIMITS) as server:
        path = write_submission(tmp_path / "ada.ipynb", submission({"mini_corr": code}))
        assert dataclasses.replace(grader, server=server).grade("ada", path).total == POINTS


def test_free_names_are_those_that_come_from_elsewhere():
    code = "import os\nfor i in range(n):\n    y = f(i, lambda a: a + b)\nz = [c * d for c in y]\n"
    code += "def g(p):\n    return p + q + os.sep"
    assert free_names(code) == {"n", "f", "b", "d", "q"}


def test_source_without_answer_for_a_check_is_refused(tmp_path):
    folder = write_course(tmp_path)
    path = folder / SET / f"{SET}.ipynb"
    path.write_text(path.read_text().replace('"mini_size_hidden"', '"other_hidden"'))
    with pytest.raises(DataError, match="other_hidden has no answer cell 'other'"):
        read_source(folder, SET)


def test_contract_finds_what_is_wrong_with_a_set(grader):
    source, exercises = grader.source, grader.bank
    assert misses(source, exercises) == []
    assert misses(source, {}) != []
    for name, exercise in exercises.items():
        assert all(o.passed for o in outcomes_of(source, name, as_answer(exercise, exercise.reference)))
        assert all(o.passed for o in outcomes_of(source, name, solution_of(source, name)))
        for filling in FILLINGS.values():
            assert not all(o.passed for o in outcomes_of(source, name, filled(exercise, filling)))
        for wrong in exercise.wrong:
            said = outcomes_of(source, name, as_answer(exercise, wrong.wrong))
            hints = [hint for o in said for hint in o.hint.split(" Or: ")]
            assert wrong.hint in hints
