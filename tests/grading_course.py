"""A course of three exercises for the tests of the grader: its source and students' notebooks."""

import json
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from d2lmini.grading.notebook import HIDDEN

SET = "mini"
BANK = Path(__file__).parent / "data" / "bank"
SETUP = """import numpy as np
from d2lmini.grading import check, check_rng, check_that, check_value
x = np.arange(12.0).reshape(3, 4)
k = np.array([[0.0, 1.0, -1.0], [2.0, 3.0, 1.0]])"""
SOLUTIONS = {
    "mini_corr": '''def mini_corr(x, k):
    """The valid cross-correlation of x and k."""
    ### BEGIN SOLUTION
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape)
    return (windows * k).sum(axis=(2, 3))
    ### END SOLUTION''',
    "mini_size": '''def mini_size(n, k, stride=1):
    """How many windows of k pixels fit into n."""
    ### BEGIN SOLUTION
    return (n - k) // stride + 1
    ### END SOLUTION''',
    "mini_values": """mini_values = ...
### BEGIN SOLUTION
mini_values = np.array([1.0, 1.0, 0.0, -2.0])
### END SOLUTION""",
}
CHECKS = {  # id: (points, code)
    "mini_corr_visible": (1, "check(mini_corr, x, k)"),
    "mini_corr_hidden": (
        3,
        """# Hidden checks: random inputs of other shapes.
### BEGIN HIDDEN TESTS
rng = check_rng("mini_corr")
for h, w, kh, kw in [(5, 7, 3, 2), (6, 5, 2, 3)]:
    check(mini_corr, rng.normal(size=(h, w)), rng.normal(size=(kh, kw)))
check_that(lambda: (mini_corr(np.ones((3, 3)), np.ones((2, 2))) == 4).all(), "ones give 4", about="mini_corr")
y = mini_corr(x, k)
check_that(y.shape == (2, 2), "the output has the valid size")
### END HIDDEN TESTS""",
    ),
    "mini_size_visible": (1, "check(mini_size, 7, 3)\ncheck(mini_size, 8, 3, stride=2)"),
    "mini_size_hidden": (
        1,
        """# Hidden check: one more size.
### BEGIN HIDDEN TESTS
check(mini_size, 20, 5, stride=4)
### END HIDDEN TESTS""",
    ),
    "mini_values_visible": (2, 'check_value("mini_values", mini_values)'),
}
POINTS = 8


def grader_metadata(name: str, *, points: float | None = None) -> dict:
    meta = {"schema_version": 3, "grade_id": name, "task": False, "locked": points is not None}
    meta |= {"grade": points is not None, "solution": points is None}
    return {"nbgrader": meta | ({} if points is None else {"points": points})}


def source_notebook() -> nbformat.NotebookNode:
    cells = [new_markdown_cell("# A course for tests", id="title"), new_code_cell(SETUP, id="setup")]
    for name, solution in SOLUTIONS.items():
        cells.append(new_code_cell(solution, id=name, metadata=grader_metadata(name)))
        for check, (points, code) in CHECKS.items():
            if check.rpartition("_")[0] == name:
                cells.append(new_code_cell(code, id=check, metadata=grader_metadata(check, points=points)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def write_course(course: Path) -> Path:
    """course/source/mini/mini.ipynb; returns course/source."""
    path = course / "source" / SET / f"{SET}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(source_notebook(), path)
    return course / "source"


def submission(answers: dict[str, str] | None = None) -> nbformat.NotebookNode:
    """A student's notebook: no hidden checks, the given answers, the right ones elsewhere."""
    notebook = source_notebook()
    for cell in notebook.cells:
        if cell.id in SOLUTIONS:
            cell.source = (answers or {}).get(cell.id, SOLUTIONS[cell.id].replace("### BEGIN SOLUTION", ""))
        cell.source = HIDDEN.sub("", cell.source)
    return notebook


def write_submission(path: Path, notebook=None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook or submission()), encoding="utf-8")
    return path
