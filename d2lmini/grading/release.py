"""Make the students' notebooks from the sources, with nbgrader's own steps and the course's configuration."""

from pathlib import Path

import nbformat
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from ..errors import DataError
from .notebook import read_source, sets_in
from .report import write_atomically

CONFIG_FILE = "nbgrader_config.py"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def release(course: Path, names: list[str], *, check: bool = False) -> list[tuple[str, bool]]:
    """Write course/release/<set>/<set>.ipynb for each set, all if none is named; (set, was it up to date).

    With `check` nothing is written.

    Raises:
        DataError: a source is missing or breaks the rules.
    """
    states = []
    for name in names or sets_in(course / "source"):
        read_source(course / "source", name)
        made = student_version(course / "source" / name / f"{name}.ipynb", course / CONFIG_FILE)
        path = course / "release" / name / f"{name}.ipynb"
        current = path.is_file() and path.read_text(encoding="utf-8") == made
        if not current and not check:
            write_atomically(path, made)
        states.append((name, current))
    return states


def student_version(path: Path, config_file: Path) -> str:
    """The text of the release notebook: no solutions, no hidden checks, no outputs; always the same.

    The steps are those of `nbgrader generate_assignment`, less the two that write its database.
    """
    from nbgrader import preprocessors as steps

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    order = (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ClearHiddenTests,
        steps.ClearMarkScheme,
        steps.ComputeChecksums,
        steps.CheckCellMetadata,
    )
    config = course_settings(config_file)
    resources = {"unique_key": path.stem}
    try:
        for step in order:
            notebook, resources = step(config=config).preprocess(notebook, resources)
    except Exception as error:
        raise DataError(f"{path}: nbgrader refuses it: {error}") from error
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return nbformat.writes(notebook) + "\n"


def course_settings(path: Path) -> Config:
    """The course's nbgrader_config.py, empty where there is none."""
    return PyFileConfigLoader(path.name, path=str(path.parent)).load_config() if path.is_file() else Config()
