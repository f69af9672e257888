"""Files that are not quite notebooks: each gets a sentence that says what is wrong, and marks for what is left."""

import copy
import json

import pytest

from d2lmini.grading import bank
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import MAX_BYTES, read_source
from d2lmini.grading.process import Server
from d2lmini.grading.runner import Grader
from tests.grading_course import BANK, SET, SOLUTIONS, submission, write_course

STUB = 'def mini_corr(x, k):\n    raise NotImplementedError("not done yet")'
NONE = "no answer of the set mini is in this notebook: is it the right file?"
BROKEN = "the file is broken: its JSON ends or goes wrong{}; save the notebook again"
NOT_A_NOTEBOOK = "the file is JSON, but not a notebook: it has no cells"
FULL, NOUGHT = [4, 2, 2], [0, 0, 0]


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(bank, "__path__", [str(BANK)])
    bank.load.cache_clear()
    source = read_source(write_course(tmp_path_factory.mktemp("course")), SET)
    with Server(Limits(), source.imports) as server:
        yield Grader(source, bank.load()[SET], server, 1)
    bank.load.cache_clear()
    patch.undo()


@pytest.fixture
def grade(grader, tmp_path):
    """Marks and notes of a file with this content: bytes, or anything that JSON can hold."""

    def run(content):
        path = tmp_path / "ada.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        result = grader.grade("ada", path)
        return [q.score for q in result.questions], list(result.notes)

    return run


def whole(**answers):
    """The right submission as plain data."""
    return json.loads(json.dumps(submission(answers)))


def cell(notebook, name):
    return next(c for c in notebook["cells"] if c["id"] == name)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t", "the file is empty"),
        (json.dumps(whole()).encode()[:700], BROKEN.format(" after line 1")),
        (b'{"cells": [\n{"cell_type": "code",\n', BROKEN.format(" after line 3")),
        (b"[" * 200_000, BROKEN.format("")),
        (b'{"cells": [], "nbformat": ' + b"9" * 5000 + b"}", BROKEN.format("")),
        (b"[1, 2]", NOT_A_NOTEBOOK),
        (b"null", NOT_A_NOTEBOOK),
        (b'"cells"', NOT_A_NOTEBOOK),
        (b"{}", NOT_A_NOTEBOOK),
        (b'{"cells": {"0": {}}}', NOT_A_NOTEBOOK),
        (b'{"worksheets": [{"cells": []}]}', "the notebook has the old format 3: open it in Jupyter and save it again"),
        (b'{"cells": [{"source": "\xff"}]}', "the file is not a notebook: byte 23 is not UTF-8 text"),
        ("{}".encode("utf-16"), "the file is not a notebook: byte 0 is not UTF-8 text"),
        (b"\x7fELF\x00\x00", BROKEN.format(" after line 1")),
        (b'{"cells": []}\x00', BROKEN.format(" after line 1")),
        (b"\x00" * 500, BROKEN.format(" after line 1")),
        (b'{"cells": []}', NONE),
        (b'{"cells": [1, null, [], {"cell_type": 5, "source": {}, "metadata": [], "id": []}]}', NONE),
        (b'{"cells": [{"cell_type": "code", "source": [1, {"a": 2}], "metadata": {"nbgrader": 3}}]}', NONE),
        (b'{"cells": [{"cell_type": "markdown", "source": "def mini_corr(x, k): return x"}]}', NONE),
    ],
)
def test_file_without_answers_says_why_and_gets_nought(grade, content, note):
    assert grade(content) == (NOUGHT, [note])


def test_byte_order_mark_and_unknown_parts_change_nothing(grade):
    notebook = whole() | {"nbformat": 99, "nbformat_minor": "x", "surprise": [None]}
    for each in notebook["cells"]:
        each["attachments"], each["execution_count"] = 7, "many"
    assert grade(b"\xef\xbb\xbf" + json.dumps(notebook).encode()) == (FULL, [])


def test_code_in_a_list_of_lines_is_read(grade):
    notebook = whole()
    for each in notebook["cells"]:
        each["source"] = each["source"].splitlines(keepends=True)
    assert grade(notebook) == (FULL, [])


def test_nul_byte_and_half_a_character_cost_their_own_answer(grade):
    notebook = whole(mini_corr=SOLUTIONS["mini_corr"] + "\0", mini_size="# \ud800\n" + SOLUTIONS["mini_size"])
    marks, (nul, half) = grade(notebook)
    assert marks == [0, 0, 2]
    assert nul.startswith("cell mini_corr: ") and nul.endswith("Error: source code string cannot contain null bytes")
    assert half.startswith("cell mini_size: UnicodeEncodeError: 'utf-8' codec can't encode character")


def test_two_cells_with_one_id_count_the_last(grade):
    notebook = whole()
    notebook["cells"].append(copy.deepcopy(cell(notebook, "mini_corr")) | {"source": STUB})
    notebook["cells"].append(copy.deepcopy(cell(notebook, "mini_corr")))
    assert grade(notebook) == (FULL, ["3 cells answer mini_corr: the last one counts"])


def test_all_ids_the_same_are_of_no_use_and_names_are_taken(grade):
    notebook = whole()
    for each in notebook["cells"]:
        each["id"], each["metadata"] = "same", {}
    found = [f"the answer {name} was found in another cell, by its name" for name in SOLUTIONS]
    assert grade(notebook) == (FULL, found)


def test_outputs_of_30_mb_do_not_matter(grade):
    notebook = whole()
    cell(notebook, "setup")["outputs"] = [{"output_type": "stream", "text": "x" * (30 << 20)}]
    assert grade(notebook) == (FULL, [])


def test_file_of_more_than_64_mb_is_not_read(grade):
    note = "the file is too large: 64 MB, and 64 MB are allowed; clear the outputs and save it again"
    assert grade(b" " * (MAX_BYTES + 1)) == (NOUGHT, [note])


def test_stripped_metadata_leaves_the_ids(grade):
    notebook = whole()
    for each in notebook["cells"]:
        each["metadata"] = {}
    assert grade(notebook) == (FULL, [])


def test_deleted_answer_costs_its_own_marks(grade, grader, tmp_path):
    notebook = whole()
    notebook["cells"].remove(cell(notebook, "mini_size"))
    assert grade(notebook) == ([4, 0, 2], [])
    (question,) = [q for q in grader.grade("ada", tmp_path / "ada.ipynb").questions if q.name == "mini_size"]
    assert question.outcomes[0].came == "no cell of this notebook answers mini_size"


def test_deleted_setup_and_checks_come_from_the_course(grade):
    notebook = whole()
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] in SOLUTIONS]
    assert grade(notebook) == (FULL, [])


def test_cells_in_any_order_are_run_in_that_of_the_course(grade):
    notebook = whole()
    notebook["cells"].reverse()
    assert grade(notebook) == (FULL, [])


def test_edited_checks_and_points_are_named_and_ignored(grade):
    notebook = whole()
    cell(notebook, "mini_corr_visible")["source"] = "print('passed')"
    cell(notebook, "mini_size_hidden")["metadata"]["nbgrader"]["points"] = 1000
    cell(notebook, "setup")["source"] = "x = k = None"
    names = "setup, mini_corr_visible, mini_size_hidden"
    note = f"cells of the course were changed ({names}): its own were run, for its own points"
    assert grade(notebook) == (FULL, [note])


@pytest.mark.parametrize("points", ["many", None, -5, [1], 1e308])
def test_points_that_are_no_points_are_ignored(grade, points):
    notebook = whole()
    cell(notebook, "mini_corr_hidden")["metadata"]["nbgrader"]["points"] = points
    note = "cells of the course were changed (mini_corr_hidden): its own were run, for its own points"
    assert grade(notebook) == (FULL, [note])


def test_another_language_is_named_and_an_unknown_kernel_is_not_needed(grade):
    notebook = whole()
    notebook["metadata"]["kernelspec"] = {"name": "my-own-environment", "display_name": "Mine"}
    assert grade(notebook) == (FULL, [])
    notebook["metadata"]["kernelspec"] = {"name": "ir", "language": "R"}
    assert grade(notebook) == (FULL, ["the notebook says that its language is 'R': its cells were run as Python"])


@pytest.mark.parametrize("metadata", [None, [], "python", {"kernelspec": 3}, {"language_info": {"name": []}}])
def test_metadata_of_any_kind_is_survived(grade, metadata):
    assert grade(whole() | {"metadata": metadata}) == (FULL, [])


def test_input_says_what_to_do_instead(grade):
    marks, notes = grade(whole(mini_size="n = int(input('n? '))\n" + SOLUTIONS["mini_size"]))
    assert marks == [4, 0, 2]
    assert notes == [
        "EOFError: nobody types while grading: write the value into the cell instead of input() "
        "(cell mini_size, line 1: n = int(input('n? ')))"
    ]


def test_endless_cell_is_left_out_and_too_much_code_is_not_read(grade):
    notebook = whole(mini_corr="x = 1;" * 20_000)
    note = "a cell with 120,000 characters of code was left out: 100,000 are allowed"
    assert grade(notebook) == ([0, 2, 2], [note])
    extra = {"cell_type": "code", "source": "y = 1", "metadata": {}}
    notebook["cells"] += [extra] * 1000
    note = "the notebook has too much code: 1,000 cells and 1,000,000 characters are allowed"
    assert grade(notebook) == (NOUGHT, [note])


@pytest.mark.parametrize(
    "code",
    ["(" * 90_000, "-" * 90_000 + "1", "a" + ".b" * 40_000, "1" + "+1" * 40_000, "lambda:" * 10_000 + "1"],
    ids=["brackets", "signs", "attributes", "sums", "lambdas"],
)
def test_code_that_overwhelms_a_parser_costs_its_own_answer(grade, code):
    marks, (note,) = grade(whole(mini_corr=code))
    assert marks == [0, 2, 2]
    assert note.startswith(("cell mini_corr: ", "SyntaxError: ", "RecursionError: ", "MemoryError: "))
