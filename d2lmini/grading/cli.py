"""What `python -m d2lmini grade` and `release` do; their options stand in `d2lmini/__main__.py`."""

import argparse
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..errors import D2LError, DataError
from . import bank
from .limits import Limits
from .notebook import read_cells, read_source, sets_in
from .process import Server
from .report import number, write_feedback, write_grades
from .runner import Grader, Result

ROWS_SHOWN = 20
ISOLATION = "separate process with time and memory limits; files and network are not closed to it"


def run_grade(options: argparse.Namespace) -> int:
    """Grade; 0 when every submission was processed, 2 when the arguments cannot be used."""
    console = Console()
    try:
        name = options.set_name or infer_set(options.submissions, options.source)
        source = read_source(options.source, name)
        submissions = find_submissions(options.submissions, name)
        if options.jobs < 1 or (options.seed is not None and options.seed < 0):
            raise DataError("--jobs is at least 1 and --seed at least 0")
        limits, seed = Limits(), secrets.randbits(32) if options.seed is None else options.seed
        with Server(limits, source.imports) as server:
            grader = Grader(source, bank.load().get(name, {}), server, seed, limits)
            options.out.mkdir(parents=True, exist_ok=True)
            results = list(_graded(grader, submissions, options, console))
        facts = {"seed": seed, "limits": asdict(limits), "isolation": ISOLATION}
        files = write_grades(options.out, results, name, facts)
    except D2LError as error:
        return _refuse("grade", error)
    console.print(summary(results, name))
    for path in (*files, options.out / "feedback"):
        _say(console, str(path))
    _say(console, f"seed {seed}; student code ran in a {ISOLATION}")
    return 0


def run_release(options: argparse.Namespace) -> int:
    """Make releases; 1 when --check finds a stale one, 2 when a source cannot be used."""
    from .release import release

    console = Console()
    try:
        states = release(options.course, options.sets, check=options.check)
    except DataError as error:
        return _refuse("release", error)
    for name, current in states:
        changed = "stale: type python -m d2lmini release" if options.check else "written"
        _say(console, f"{name}: {'up to date' if current else changed}")
    return int(options.check and not all(current for _, current in states))


def find_submissions(place: Path, name: str) -> list[tuple[str, Path]]:
    """(student, file) of a notebook, a folder of them or nbgrader's submitted/<student>/<set>/<set>.ipynb."""
    if place.is_file():
        return [(place.stem, place)]
    if not place.is_dir():
        raise DataError(f"{place} is not there; give a notebook or a folder of notebooks")
    for folder in (place, place / name):
        if files := sorted(folder.glob("*.ipynb")):
            return [(path.stem, path) for path in files]
    folders = sorted(p for p in place.glob(f"*/{name}") if p.is_dir())
    if not folders:
        raise DataError(f"{place} holds no *.ipynb, and no <student>/{name}/{name}.ipynb either")
    return [(folder.parent.name, folder / f"{name}.ipynb") for folder in folders]


def infer_set(place: Path, sources: Path) -> str:
    """The one set whose answers stand in the notebooks."""
    answers = {name: set(read_source(sources, name).answers) for name in sets_in(sources)}
    found = set()
    for path in [place] if place.is_file() else sorted(place.rglob("*.ipynb")):
        try:
            ids = {c["nbgrader"].get("grade_id") or c["id"] for c in read_cells(path)}
        except (DataError, OSError):
            continue
        found |= {name for name, members in answers.items() if members & ids}
    if len(found) == 1:
        return found.pop()
    known = ", ".join(sorted(found or answers)) or f"none in {sources}"
    raise DataError(f"the set is not plain from the notebooks: add --set NAME, one of {known}")


def summary(results: list[Result], name: str) -> Table:
    """One screen of marks."""
    table = Table(title=f"{name}: {len(results)} submission{'s' * (len(results) != 1)}", title_justify="left")
    table.add_column("student", overflow="fold")
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("points lost, and notes", overflow="fold")
    for r in results[:ROWS_SHOWN]:
        lost = [f"{q.name} {number(q.points - q.score)}" for q in r.questions if q.score < q.points]
        remarks = "; ".join(filter(None, [", ".join(lost) if r.total else "", *r.notes]))
        table.add_row(Text(r.student), f"{number(r.total)} / {number(r.points)}", Text(remarks))
    if len(results) > ROWS_SHOWN:
        table.caption = f"and {len(results) - ROWS_SHOWN} more in grades.csv"
    return table


def _graded(
    grader: Grader, submissions: list[tuple[str, Path]], options: argparse.Namespace, console: Console
) -> Iterator[Result]:
    """Results in the order of the submissions; each student's page is written as soon as it is known."""
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    with progress, ThreadPoolExecutor(options.jobs) as pool:
        task = progress.add_task("grading", total=len(submissions))
        for result in pool.map(lambda item: grader.grade(*item), submissions):
            write_feedback(options.out, result, grader.source.name, book=options.book.rstrip("/"))
            progress.advance(task)
            yield result


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _refuse(command: str, error: Exception) -> int:
    _say(Console(stderr=True), f"d2lmini {command}: {error}")
    return 2
