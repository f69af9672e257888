"""What an instructor reads: tables for other programs, late marks, the hint of answers alike, the overview."""

import csv
import dataclasses
import random
import re

import pytest

from d2lmini.errors import DataError
from d2lmini.grading import similar
from d2lmini.grading.check import Outcome
from d2lmini.grading.late import Penalty, in_words, penalise, read_lateness
from d2lmini.grading.limits import Use
from d2lmini.grading.notebook import Cell, Source, Submission
from d2lmini.grading.report import Overview, cell, write_reports
from d2lmini.grading.runner import CellResult, Question, Result
from d2lmini.grading.similar import ALIKE, SHORTEST, clusters, share, shingles, sketches
from tests.grading_course import SOLUTIONS

FACTS = {"seed": 3, "isolation": "separate process"}
CODE = '''def smooth(image, kernel, stride=1):
    """Slide the kernel over the image."""
    rows, columns = kernel.shape
    height = (image.shape[0] - rows) // stride + 1
    width = (image.shape[1] - columns) // stride + 1
    result = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            window = image[i * stride : i * stride + rows, j * stride : j * stride + columns]
            result[i, j] = (window * kernel).sum()
    return result
'''
RENAMED = """def smooth(b,  a, s=1):
    # my own work
    m, n = a.shape
    h = (b.shape[0]-m) // s + 1
    w = (b.shape[1]-n)//s + 1
    out = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            patch = b[y * s : y * s + m,   x * s : x * s + n]
            out[y, x] = (patch * a).sum()
    return out
"""
OTHER = """def smooth(image, kernel, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    flat = windows.reshape(*windows.shape[:2], kernel.size)
    return np.einsum("hwk,k->hw", flat, kernel.ravel()) if kernel.size else flat.sum(axis=-1)
"""
HEAD = 'def smooth(image, kernel, stride=1):\n    """Slide the kernel."""\n    '
STUB = HEAD + "### BEGIN SOLUTION\n    a\n    ### END SOLUTION"


def result(student, score, *, hint="", notes=(), sketches=None, peak=30_000_000):
    wrong = Outcome(False, "f(x)", "f(x)", "3", hint, "name" if hint else "", "page", "wrong")
    right = (Outcome(True, "f(x)", kind="passed"),)
    cells = [CellResult("f_visible", False, 4.0, right if score == 6 else (wrong,))]
    cells += [CellResult("f_hidden", True, 2.0, right if score else (wrong,))]
    return Result(student, (Question("f", tuple(cells), "page"),), notes, 0.25, Use(0.5, peak), sketches or {})


def written(tmp_path, results, **options):
    write_reports(tmp_path, lambda: iter(results), "mini", FACTS, **options)
    return {p.name: p.read_text("utf8") for p in tmp_path.iterdir() if p.is_file()}


def rows(text):
    return list(csv.reader(text.splitlines()))


# --- tables -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@SUM(A1)", " =1", "\t=1", "\r=1", "\tx", "＝1", "-1+1", "\n=1"])
def test_cell_is_never_a_formula(text):
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["ada", "-5", "+3.25", "", "a=1", "12,5", "O'Hara"])
def test_cell_leaves_other_text_alone(text):
    assert cell(text) == text


def test_csv_shows_marks_with_and_without_the_penalty(tmp_path):
    late = penalise(Penalty(10, 24), {"ada": 30})
    table = rows(written(tmp_path, [late(result("ada", 6)), late(result("=bob", 2))], late=True)["grades.csv"])
    assert table[0] == ["student", "total", "max", "without penalty", "late", "penalty", "f", "note"]
    assert table[1:] == [
        ["ada", "4.8", "6", "6", "1.2 days", "1.2", "6", ""],
        ["'=bob", "2", "6", "2", "", "0", "2", ""],
    ]


def test_roster_comes_back_with_marks_in_its_own_order(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text('Name,Login,Group\n=HYPERLINK(1),ada,"2"\nZed,zed\nBob,bob,-1\n', encoding="utf-8-sig")
    table = rows(written(tmp_path, [result("ada", 6), result("bob", 2)], roster=roster, column="Login")["lms.csv"])
    assert table == [
        ["Name", "Login", "Group", "mark", "maximum", "f"],
        ["'=HYPERLINK(1)", "ada", "2", "6", "6", "6"],
        ["Zed", "zed", "", "", "", ""],
        ["Bob", "bob", "-1", "2", "6", "2"],
    ]


@pytest.mark.parametrize(
    ("text", "words"), [("", "no line"), ("Name,Mail\na,b\n", "Name, Mail; needed: the column Login")]
)
def test_roster_without_the_column_is_refused(tmp_path, text, words):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        written(tmp_path, [result("ada", 6)], roster=tmp_path / "roster.csv", column="Login")


# --- lateness -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "penalty"),
    [
        ("10% a day, at most 50%", Penalty(10, 24, 50)),
        ("2.5 % per hour", Penalty(2.5, 1)),
        ("20% each week at most 40% after 2 days", Penalty(20, 168, 40, 48)),
        ("1%/minute, after 15 minutes", Penalty(1, 1 / 60, 100, 0.25)),
        ("300% a Day, at most 200%", Penalty(300, 24, 100)),
    ],
)
def test_penalty_is_read_from_a_sentence(sentence, penalty):
    assert Penalty.parse(sentence) == penalty


@pytest.mark.parametrize("sentence", ["", "10 a day", "10% a month", "-5% a day", "10% a day, at most"])
def test_penalty_that_is_not_understood_is_refused(sentence):
    with pytest.raises(DataError, match="is not understood; needed: a sentence like"):
        Penalty.parse(sentence)


def test_penalty_counts_each_unit_begun_up_to_its_limit_and_takes_no_more_than_the_mark():
    assert [Penalty(10, 24, 25).share(h) for h in (0, 0.01, 24, 24.01, 48.5, 500)] == [0, 0.1, 0.1, 0.2, 0.25, 0.25]
    assert [Penalty(50, 1, 100, 0.5).share(h) for h in (0.5, 0.6, 9)] == [0, 0.5, 1]
    assert Penalty(10, 1 / 60).share(3 / 60) == pytest.approx(0.3)  # three minutes are three, not four
    late = penalise(Penalty(80, 24), {"ada": 48})(result("ada", 6))
    assert (late.earned, late.penalty, late.total) == (6, 6, 0)
    late = penalise(Penalty(25, 24), {"bob": 1})(result("bob", 2))
    assert (late.earned, late.penalty, late.total) == (2, 0.5, 1.5)  # of the mark, not of the maximum


def test_lateness_is_read_in_all_units(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("student,days,minutes\nada,1,30\nbob,,15\n", encoding="utf-8-sig")
    assert read_lateness(path) == {"ada": 24.5, "bob": 0.25}
    assert [in_words(h) for h in (24.5, 1, 0.25)] == ["1 day", "1 hour", "15 minutes"]


@pytest.mark.parametrize(
    "text", ["student,late\nada,1\n", "name,days\nada,1\n", "student,days\nada,-1\n", "student,days\nada,x\n"]
)
def test_lateness_that_cannot_be_used_is_refused_with_its_line(tmp_path, text):
    (tmp_path / "late.csv").write_text(text)
    with pytest.raises(DataError, match=r"line 2 of .*late.csv cannot be used"):
        read_lateness(tmp_path / "late.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_lateness(tmp_path / "none.csv")


def test_lateness_is_told_to_the_student(tmp_path):
    late = penalise(Penalty(10, 24), {"ada": 24})
    written(tmp_path, [late(result("ada", 6))], late=True)
    page = (tmp_path / "feedback" / "ada.html").read_text("utf8")
    assert "1 day late: 0.6 points less. Without that it would be 6 points." in page and "5.4 of 6" in page


# --- answers alike ------------------------------------------------------------------------------------------


def source(code=STUB):
    return Source("mini", (Cell("smooth", "answer", code),))


def sketch(code):
    return sketches(source(), Submission({"smooth": code})).get("smooth", [])


def test_renaming_comments_and_layout_change_nothing():
    assert sketch(CODE) == sketch(RENAMED) != []
    typed = CODE.replace("(image, kernel, stride=1)", "(image: np.ndarray, kernel, stride: int = 1) -> np.ndarray")
    assert sketch(typed) == sketch(CODE)


def test_share_tells_a_small_change_from_another_way():
    changed = CODE.replace("// stride + 1", "// stride", 1)
    assert ALIKE < share(sketch(CODE), sketch(changed)) < 1
    assert share(sketch(CODE), sketch(OTHER)) < 0.3
    exact = shingles(CODE), shingles(changed)
    assert abs(share(sketch(CODE), sketch(changed)) - len(exact[0] & exact[1]) / len(exact[0] | exact[1])) < 0.1


@pytest.mark.parametrize(
    "code",
    [
        STUB,
        HEAD + 'raise NotImplementedError("not done yet")',
        "def smooth(image, kernel, stride=1):\n    return image * kernel",
        "def smooth(:",
        "(" * 5000,
        "x = 1\n" * 100_000,
        "smooth = 1\0",
    ],
)
def test_stub_short_broken_and_endless_answers_give_no_sketch(code):
    assert sketch(code) == []


def test_clusters_name_who_is_alike_and_leave_out_what_many_have():
    sketched = {"ada": sketch(CODE), "bob": sketch(OTHER), "eve": sketch(RENAMED)}
    sketched["fay"] = sketch(CODE.replace("// stride + 1", "// stride", 1))
    (found,) = clusters(sketched, "smooth", common=10)
    assert found.students == ("ada", "eve", "fay") and ALIKE <= found.alike < 1
    assert clusters(sketched, "smooth", common=2) == []
    assert len(sketch(CODE)) >= SHORTEST


def test_clusters_compare_a_few_pairs_of_the_class_only(monkeypatch):
    draw, compared = random.Random(1), []

    def counting(a, b):
        compared.append(1)
        return share(a, b)

    monkeypatch.setattr(similar, "share", counting)
    strangers = {f"s{i}": sorted(draw.sample(range(1 << 32), 64)) for i in range(2000)}
    copies = {f"copy{i}": strangers[f"s{i}"] for i in range(0, 2000, 10)}
    assert len(clusters(strangers | copies, "f", common=10)) == len(copies)
    assert len(compared) < 2 * len(copies)
    compared.clear()
    assert clusters({f"s{i}": sketch(CODE) for i in range(500)}, "smooth", common=10) == []
    assert len(compared) == 499


# --- overview -----------------------------------------------------------------------------------------------


def test_overview_counts_what_the_class_did():
    results = [result("ada", 6), result("bob", 2, hint="flipped"), result("eve", 0, hint="flipped", notes=("a note",))]
    view = Overview.of(results)
    assert (view.count, view.points, view.median, view.noted, view.late) == (3, 6, 2, 1, 0)
    assert view.misconceptions == {("f", "flipped"): 2}
    assert view.tallies["f"].states == {"right": 1, "partly right": 1, "not right yet": 1}
    assert [count for _, count in view.bins] == [1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert view.bins[9][0] == "5.4 to 6"


def test_overview_page_is_escaped_without_script_and_says_all_there_is(tmp_path):
    alike = {"f": sketch(CODE)}
    evil = "<script>alert(1)"
    results = [
        result("ada", 6, sketches=alike),
        result(evil, 2, hint="<b>flipped", notes=(evil,), sketches=alike, peak=64_000_000),
    ]
    page = written(tmp_path, [dataclasses.replace(r, lateness="1 day", penalty=0.5) for r in results])["index.html"]
    assert "<script" not in page and "<b>flipped" not in page and "&lt;b&gt;flipped" in page
    for words in (
        "3.5 of 6",
        "at most 64 MB",
        "of 6</b> points, the median",
        "0.5 s",
        "the same form",
        "separate process",
    ):
        assert words in re.sub(r"\s+", " ", page), words
    assert "1 day late: 0.5 less than 6" in page and "Seed of the random inputs: 3" in page
    assert not re.search(r"(?:src|url)\s*[=(]|https?://", page)


def test_reports_of_an_empty_class_are_whole(tmp_path):
    assert "0</b> submissions" in written(tmp_path, [])["index.html"]


def test_solution_of_the_test_course_is_too_short_for_a_hint():
    code = SOLUTIONS["mini_size"].replace("### BEGIN SOLUTION", "")
    assert sketches(Source("mini", (Cell("mini_size", "answer", STUB),)), Submission({"mini_size": code})) == {}
