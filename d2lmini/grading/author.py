"""Begin an exercise: its cells in the set's source, its entry in the bank, five mistakes to fill in.

What is written here is meant to be changed. Until solution, reference and mistakes are filled in, the contract
of the sets (`tests/test_bank.py`) fails and says which of them is missing.
"""

import argparse
import ast
import keyword
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console

from ..errors import DataError
from . import bank
from .notebook import CHECK_ID, plain, read_cells, sets_in
from .release import KERNEL
from .report import write_atomically
from .variant import STUDENT

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MISTAKES = 5

TASK = """## {title}

Write `{name}(x)`. Say here what it returns, with a formula, and which numbers the first check uses: those that
can be done by hand.

*Read again: the heading of the section* (`{section}`)."""
VALUE_TASK = """## {title}

Let `{name}` be the result. Say here of what, and what type and shape it has.

*Read again: the heading of the section* (`{section}`)."""
ANSWER = '''def {name}(x: np.ndarray) -> np.ndarray:
    """Return what the task asks for.

    Shapes:
        x: (n,). Returns (n,).
    """
    ### BEGIN SOLUTION
    raise NotImplementedError("the solution of {name}")
    ### END SOLUTION'''
VALUE_ANSWER = """{name} = ...
### BEGIN SOLUTION
raise NotImplementedError("the solution of {name}")
### END SOLUTION"""
VISIBLE = "check({name}, np.array([1.0, -2.0, 4.0]))"
VALUE_VISIBLE = 'check_value("{name}", {name})'
HIDDEN = """# Hidden checks: other sizes, random numbers.
### BEGIN HIDDEN TESTS
rng = check_rng("{name}")
for n in (4, 7):
    check({name}, rng.normal(size=n))
### END HIDDEN TESTS"""
SETUP = """import numpy as np

from d2lmini.grading import check, check_rng, check_that, check_value"""

BANK = '''"""Answers and misconceptions of the set `{set_name}`."""

from ..exercise import Exercise, Misconception

EXERCISES = (
)
'''
FUNCTION = '''def {name}{mistake}({arguments}):
    raise NotImplementedError("{what} of {name}")


'''
ENTRY = """    Exercise(
        "{name}",
        {name},
        wrong=(
{mistakes}        ),
        section="{section}",
    ),
"""
MISTAKE = """            Misconception({name}_mistake_{i}, "Hint {i}: what your answer equals, and what was asked."),
"""


def new_exercise(name: str, set_name: str, *, course: Path, bank_folder: Path, value: bool = False) -> list[Path]:
    """Write the skeleton of an exercise into its set, or into a new set; the two files that were written.

    value: the answer is a value, not a function. Nothing that is there is changed, only added to.

    Raises:
        DataError: the name cannot be used or is taken, or the files are not what they should be.
    """
    check_name(name, course / "source")
    if not NAME.fullmatch(set_name):
        raise DataError(f"--set {set_name}: a set has the name of its chapter, such as receptive_fields")
    notebook = course / "source" / set_name / f"{set_name}.ipynb"
    answers = bank_folder / f"{set_name}.py"
    if notebook.exists() != answers.exists():
        there, missing = (notebook, answers) if notebook.exists() else (answers, notebook)
        raise DataError(f"{there} is there and {missing} is not: half a set. Mend that first")
    text = with_entry(answers.read_text("utf8") if answers.exists() else "", name, set_name, value, str(answers))
    cells = with_cells(notebook if notebook.exists() else None, name, set_name, value)
    write_atomically(answers, text)
    write_atomically(notebook, nbformat.writes(cells) + "\n")
    return [notebook, answers]


def check_name(name: str, sources: Path) -> None:
    """Refuse a name that no exercise can have, or that one has already."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or name == STUDENT or CHECK_ID.fullmatch(name):
        raise DataError(
            f"{name!r} cannot name an exercise: it is the function or value that students write, in small letters, "
            "digits and single _, such as running_mean; not a word of Python, and not ending in _visible or _hidden"
        )
    for set_name, exercises in bank.load().items():
        if name in exercises:
            raise DataError(f"the set {set_name} has an exercise {name} already; a name belongs to one exercise")
    for set_name in sets_in(sources):
        if name in {cell["id"] for cell in read_cells(sources / set_name / f"{set_name}.ipynb")}:
            raise DataError(f"the notebook of the set {set_name} has a cell {name} already")


def with_cells(path: Path | None, name: str, set_name: str, value: bool) -> nbformat.NotebookNode:
    """The notebook of the set, with the cells of the exercise at its end."""
    title = name.replace("_", " ").capitalize()
    names = {"name": name, "title": title, "section": section(name, set_name)}
    if path:
        notebook = nbformat.read(path, as_version=4)
    else:
        heading = new_markdown_cell(f"# Exercises: {set_name.replace('_', ' ')}", id=f"{set_name}_title")
        setup = new_code_cell(SETUP, id=f"{set_name}_setup")
        notebook = new_notebook(cells=[heading, setup], metadata={"kernelspec": KERNEL})
    setup = [cell.source for cell in notebook.cells if cell.cell_type == "code" and "nbgrader" not in cell.metadata]
    needed = {"np": "import numpy as np", "check_value": "from d2lmini.grading import check_value"}
    if not value:
        needed = {"np": needed["np"], **{n: f"from d2lmini.grading import {n}" for n in ("check", "check_rng")}}
    if missing := [line for n, line in needed.items() if n not in imported("\n".join(setup))]:
        notebook.cells.append(new_code_cell("\n".join(missing), id=f"{name}_imports"))
    notebook.cells += [
        new_markdown_cell((VALUE_TASK if value else TASK).format(**names), id=f"{name}_task"),
        code((VALUE_ANSWER if value else ANSWER).format(**names), name),
        code((VALUE_VISIBLE if value else VISIBLE).format(**names), f"{name}_visible", points=2 if value else 1),
    ]
    if not value:
        notebook.cells.append(code(HIDDEN.format(**names), f"{name}_hidden", points=3))
    return notebook


def code(source: str, cell_id: str, *, points: int | None = None) -> nbformat.NotebookNode:
    """A cell with nbgrader's metadata: an answer, or with points a check."""
    graded = points is not None
    meta = {"schema_version": 3, "grade": graded, "grade_id": cell_id, "locked": graded}
    meta |= {"solution": not graded, "task": False} | ({"points": points} if graded else {})
    return new_code_cell(source, id=cell_id, metadata={"nbgrader": meta})


def with_entry(text: str, name: str, set_name: str, value: bool, where: str) -> str:
    """The text of the bank's module, with functions to fill in and an entry at the end of EXERCISES."""
    text = text or BANK.format(set_name=set_name)
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    found = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "EXERCISES"]
    if len(found) != 1 or not isinstance(found[0].value, (ast.Tuple, ast.List)):
        raise DataError(f"{where}: EXERCISES = ( ... ) is needed once, with every exercise written out in it")
    if absent := {"Exercise", "Misconception"} - imported(text):
        raise DataError(f"{where} does not import {', '.join(sorted(absent))} from ..exercise: add it")
    start, end, column = found[0].lineno - 1, found[0].value.end_lineno - 1, found[0].value.end_col_offset - 1
    head = "".join(lines[start:end]) + lines[end].encode()[:column].decode()
    tail = lines[end].encode()[column:].decode() + "".join(lines[end + 1 :])
    if not head.rstrip().endswith((",", "(", "[")):
        head = head.rstrip() + ","
    arguments = "" if value else "x"
    functions = FUNCTION.format(name=name, mistake="", arguments=arguments, what="the right answer")
    for i in range(1, MISTAKES + 1):
        functions += FUNCTION.format(name=name, mistake=f"_mistake_{i}", arguments=arguments, what=f"mistake {i}")
    mistakes = "".join(MISTAKE.format(name=name, i=i) for i in range(1, MISTAKES + 1))
    entry = ENTRY.format(name=name, mistakes=mistakes, section=section(name, set_name))
    before = "".join(lines[:start]).rstrip() + f"\n\n\n# --- {name} {'-' * (105 - len(name))}\n\n\n"
    return before + functions + head.rstrip() + "\n" + entry + tail


def imported(source: str) -> set[str]:
    """The names that code imports."""
    nodes = [n for n in ast.walk(ast.parse(plain(source))) if isinstance(n, (ast.Import, ast.ImportFrom))]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def section(name: str, set_name: str) -> str:
    """Where to read again, by the rule that one name links everything."""
    return f"{set_name}.html#{name.replace('_', '-')}"


def run_new_exercise(options: argparse.Namespace) -> int:
    """What `python -m d2lmini new-exercise` does; 2 when nothing could be written."""
    folder = Path(bank.__path__[0])
    try:
        files = new_exercise(
            options.name, options.set_name, course=options.course, bank_folder=folder, value=options.value
        )
    except (DataError, SyntaxError) as error:
        Console(stderr=True).print(f"d2lmini new-exercise: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    says = [
        *(f"written: {path}" for path in files),
        "fill in: task, solution, checks; reference, mistakes, hints, and the section to read again; then type",
        f"  python -m pytest tests/test_bank.py -k {options.name}",
        f"  python -m d2lmini release {options.set_name}",
    ]
    for line in says:
        Console().print(line, markup=False, highlight=False, soft_wrap=True)
    return 0
