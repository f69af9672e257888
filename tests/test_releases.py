"""The notebooks that students get: run from top to bottom untouched, they say politely what is not done yet."""

from pathlib import Path

import nbclient
import nbformat
import pytest

from d2lmini.grading import bank

RELEASE = Path(__file__).parents[1] / "exercises" / "release"


@pytest.mark.parametrize("name", bank.load())
def test_untouched_release_says_what_is_not_done(name):
    notebook = nbformat.read(RELEASE / name / f"{name}.ipynb", 4)
    nbclient.NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3").execute()
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    assert bank.load()[name].keys() <= cells.keys()
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        errors = [o for o in cell.get("outputs", ()) if o.output_type == "error"]
        if mark.get("solution"):
            assert all(error.ename == "NotImplementedError" for error in errors)
        elif mark.get("grade") and "_hidden" in mark.grade_id:
            assert cell.outputs == []
        elif mark.get("grade"):
            (error,) = errors
            assert error.ename == "CheckFailed"
            assert error.traceback == [error.evalue]  # sentences, no way through the files
            assert "not done yet: write" in error.evalue
        else:
            assert errors == []
