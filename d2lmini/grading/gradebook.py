"""Marks in nbgrader's gradebook: its formgrader, manual marks and `nbgrader generate_feedback` work on them.

`GradebookWriter` enters results, each student in one transaction, and writes the notebook that formgrader shows
to `autograded/<student>/<set>/<set>.ipynb`. What a person entered, a manual mark, extra credit or a comment, is
kept. `GradeApart` lets nbgrader's own autograde, the button of formgrader included, use the runner; the statement
that turns it on stands in `exercises/nbgrader_config.py`. It also takes away nbgrader's steps before grading, which
trip over what students do to their notebooks, and which the runner does not need. `c.GradeApart.tier` and
`c.GradeApart.require_sandbox` are the options `--tier` and `--require-sandbox` of `grade`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_output
from nbgrader import preprocessors as steps
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError
from traitlets import Bool, Unicode

from ..errors import DataError, fault
from .files import write_atomically
from .ledger import Ledger, digest_of_set
from .limits import Limits
from .notebook import Source, Submission, read_source, read_submission
from .pool import Work, warm_grader
from .release import CONFIG_FILE, course_settings, student_version
from .report import number
from .runner import Question, Result
from .sandbox import TIERS, require

TIMESTAMP = "timestamp.txt"


class GradebookWriter:
    """Enters results of one set into `database`, which lies in the course's folder.

    sources: the folder of the sources. The set is entered too where the gradebook does not have it.

    Raises:
        DataError: the gradebook cannot be used, or its set has other cells than the source.
    """

    def __init__(self, database: Path, sources: Path, source: Source) -> None:
        self.course, self.source, self.name = Path(database).resolve().parent, source, source.name
        self.url = f"sqlite:///{Path(database).resolve()}"
        notebook, config = Path(sources) / self.name / f"{self.name}.ipynb", self.course / CONFIG_FILE
        self.release = student_version(notebook, config)
        with _alembic_found(), _in_words(database):
            self.book = Gradebook(self.url, course_settings(config).CourseDirectory.get("course_id") or "")
            with self.book:
                self._enter_set(notebook, config)

    def __enter__(self) -> "GradebookWriter":
        return self

    def __exit__(self, *_) -> None:
        self.book.close()

    def enter(self, result: Result, path: Path) -> None:
        """One student's marks, comments and notebook; `path` is what was handed in."""
        try:
            submission = read_submission(path, self.source)
        except (DataError, OSError):
            submission = Submission()
        folder = self.course / "autograded" / result.student / self.name
        write_atomically(folder / f"{self.name}.ipynb", nbformat.writes(self.notebook(result, submission)) + "\n")
        if when := handed_in_at(path.parent / TIMESTAMP):
            write_atomically(folder / TIMESTAMP, when)
        with _in_words(self.url), one_transaction(self.book):
            self._enter(result, {"timestamp": when} if when else {})

    def notebook(self, result: Result, submission: Submission) -> nbformat.NotebookNode:
        """The released notebook with the student's code, and below each check what it found."""
        notebook = nbformat.reads(self.release, as_version=4)
        cells, found = [], {c.id: c for q in result.questions for c in q.cells}
        if result.notes:
            cells.append(_said("# About this notebook", "about", "\n".join(result.notes)))
        cells += _added(submission, "")
        for cell in notebook.cells:
            place = cell.metadata.get("nbgrader", {}).get("grade_id", cell.id)
            if place in submission.answers:
                cell.source = submission.answers[place]
            if place in found:
                checks = found[place]
                failed = [str(o) for o in checks.outcomes if not o.passed]
                head = f"{checks.passed} of {len(checks.outcomes)} checks passed"
                marks = f"{number(checks.score)} of {number(checks.points)} points"
                cell.outputs = [_text("\n".join([f"{head}, {marks}", *failed]))]
            cells += [cell, *_added(submission, place)]
        notebook.cells = cells
        notebook.metadata["d2lmini"] = {"tier": result.tier}
        return notebook

    def _enter(self, result: Result, more: dict) -> None:
        self.book.update_or_create_student(result.student)
        self.book.update_or_create_submission(self.name, result.student, **more)
        entry = self.book.find_submission_notebook(self.name, self.name, result.student)
        scores = {c.id: c.score for q in result.questions for c in q.cells}
        for grade in entry.grades:
            if grade.name in scores:
                changed = grade.auto_score != scores[grade.name]
                grade.auto_score = scores[grade.name]
                # a mark by hand stays, and is shown for review where the runner's mark changed below it
                grade.needs_manual_grade = grade.manual_score is not None and (changed or grade.needs_manual_grade)
        comments = {q.name: comment_on(q) for q in result.questions}
        for comment in entry.comments:
            if comment.name in comments:
                comment.auto_comment = comments[comment.name]
        entry.late_submission_penalty = result.penalty or None

    def _enter_set(self, notebook: Path, config: Path) -> None:
        """The set's cells as `nbgrader generate_assignment` enters them, unless the gradebook has them."""
        wanted = {c.id: c.points for c in self.source.checks}
        try:
            entered = self.book.find_notebook(self.name, self.name)
            if {c.name: c.max_score for c in entered.grade_cells} == wanted:
                return
        except MissingEntry:
            self.book.update_or_create_assignment(self.name)
        content = nbformat.read(notebook, as_version=4)
        resources = {"nbgrader": {"notebook": self.name, "assignment": self.name, "db_url": self.url}}
        order = (steps.LockCells, steps.ClearSolutions, steps.ClearOutput, steps.CheckCellMetadata)
        try:
            for step in (*order, steps.ComputeChecksums, steps.SaveCells):
                content, resources = step(config=course_settings(config)).preprocess(content, resources)
        except Exception as error:
            needed = "the cells of the source, as they were when the first submission was entered"
            hint = f"nbgrader db assignment remove {self.name}"
            raise DataError(fault(f"the gradebook's {self.name} has other cells ({error})", needed, hint)) from error


class GradeApart(NbGraderPreprocessor):
    """A step of `nbgrader autograde`: grade the notebook with the runner, and enter what it found."""

    tier = Unicode("auto", help="The sandbox around students' code: A, B, C or auto.").tag(config=True)
    require_sandbox = Bool(False, help="Refuse tier C, which closes neither files nor network.").tag(config=True)

    def preprocess(self, nb, resources):
        facts = resources["nbgrader"]
        student, name = facts["student"], facts["assignment"]
        course = Path(facts["db_url"].removeprefix("sqlite:///")).resolve().parent
        handed_in = course / "submitted" / student / name / f"{facts['notebook']}.ipynb"
        with tempfile.TemporaryDirectory() as folder:
            path = handed_in if handed_in.is_file() else Path(folder) / f"{name}.ipynb"
            if path != handed_in:
                path.write_text(json.dumps(nb), encoding="utf-8")
            source, limits = read_source(course / "source", name), Limits()
            options = (("tier", require(self.tier, weak=not self.require_sandbox).name),)
            with Ledger(course / "marks" / name, name, digest_of_set(source, limits)) as ledger:
                for item in ledger.missing([(student, path)]):
                    grader = warm_grader(Work(source, ledger.seed, limits, options))
                    ledger.record(grader.grade(*item[:2]).as_dict(), item[2])
                result = ledger.result(student)
            self.log.info("%s: %s", student, TIERS[result.tier].notice)
            with GradebookWriter(course / "gradebook.db", course / "source", source) as writer:
                writer.enter(result, path)
                return writer.notebook(result, read_submission(path, source)), resources


def handed_in_at(path: Path) -> str:
    """The time in nbgrader's timestamp file; nothing where there is none that can be read."""
    try:
        text = path.read_text(encoding="utf-8").strip()
        parse_utc(text)
    except (OSError, ValueError, OverflowError):
        return ""
    return text


def comment_on(question: Question) -> str | None:
    """What nbgrader shows as the comment on an answer: recorded hints, and where to read; no text of students."""
    if question.score == question.points:
        return None
    hints = list(dict.fromkeys(o.hint for o in question.outcomes if o.hint))
    section = [f"Read again: {question.section}"] if question.section else []
    return " ".join(hints + section) or None


@contextmanager
def one_transaction(book: Gradebook) -> Iterator[None]:
    """All that a block enters, or, if it fails or is killed, nothing; nbgrader itself would commit in steps."""
    book.db.commit = book.db.flush
    try:
        with book.db.no_autoflush:
            yield
    except BaseException:
        book.db.rollback()
        raise
    finally:
        del book.db.commit
    book.db.commit()
    book.db.expunge_all()


@contextmanager
def _alembic_found() -> Iterator[None]:
    """nbgrader starts alembic by its name: let it be found beside this Python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _in_words(database: Path | str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        came = f"the gradebook {database} cannot be used ({error.orig})"
        hint = "the same command when no other program writes to it, or nbgrader db upgrade"
        raise DataError(fault(came, "a gradebook of this nbgrader that can be written to", hint)) from None


def _added(submission: Submission, place: str) -> list[nbformat.NotebookNode]:
    return [new_code_cell(code, metadata={"deletable": False}) for code in submission.extras.get(place, ())]


def _said(source: str, name: str, text: str) -> nbformat.NotebookNode:
    return new_code_cell(source, id=name, outputs=[_text(text)])


def _text(text: str) -> nbformat.NotebookNode:
    return new_output("stream", name="stdout", text=text + "\n")
