"""What `python -m d2lmini grade` and `release` do; their options stand in `d2lmini/__main__.py`."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..errors import D2LError, DataError, fault
from .late import Penalty, penalise, read_lateness
from .ledger import Ledger, digest_of_set
from .limits import Limits
from .notebook import Source, read_cells, read_source, sets_in
from .pool import Work, graded
from .report import number, read_roster, write_reports
from .runner import Result
from .sandbox import TIERS, require

ROWS_SHOWN = 20


def run_grade(options: argparse.Namespace) -> int:
    """Grade what has no result yet, then write all reports.

    0 when every submission has its result, 2 when the arguments cannot be used, 130 when stopped.
    """
    console = Console()
    try:
        return _grade(options, console)
    except D2LError as error:
        return _refuse("grade", error)
    except KeyboardInterrupt:
        _say(console, "stopped; the same command goes on with the submissions that have no result yet")
        return 130


def _grade(options: argparse.Namespace, console: Console) -> int:
    name = options.set_name or infer_set(options.submissions, options.source)
    source = read_source(options.source, name)
    submissions = find_submissions(options.submissions, name)
    if options.jobs < 1 or (options.seed is not None and options.seed < 0):
        raise DataError("--jobs is at least 1 and --seed at least 0")
    adjust = penalties(options.late, options.penalty, [student for student, _ in submissions], console)
    if options.roster:
        read_roster(options.roster, options.column)
    limits, tier = Limits(), require(options.tier, weak=not options.require_sandbox)
    work = Work(source, 0, limits, (("tier", tier.name),))
    work.check()
    with Ledger(options.out, name, digest_of_set(source, limits), seed=options.seed, fresh=options.fresh) as ledger:
        todo = list(ledger.missing(submissions))
        results = graded(replace(work, seed=ledger.seed), todo, jobs=options.jobs, cluster=options.cluster)
        for result, digest in _shown(results, len(todo), console):
            ledger.record(result, digest)

        def read_results() -> Iterator[Result]:
            return (adjust(ledger.result(student)) for student, _ in submissions)

        isolation = "; ".join(TIERS[name].notice for name in sorted({r.tier for r in read_results()}))
        facts = {"seed": ledger.seed, "limits": asdict(limits), "isolation": isolation}
        facts |= {"penalty": options.penalty} if options.late else {}
        more = {"late": bool(options.late), "roster": options.roster, "column": options.column}
        files = write_reports(options.out, read_results, name, facts, book=options.book.rstrip("/"), **more)
        if options.gradebook:
            files.append(options.gradebook)
            enter_all(options, source, zip(read_results(), submissions, strict=True), len(submissions), console)
        console.print(summary(read_results(), len(submissions), name))
        for path in files:
            _say(console, str(path))
        if len(todo) < len(submissions):
            _say(console, f"graded {len(todo)}; {len(submissions) - len(todo)} had their results from before")
        _say(console, f"seed {ledger.seed}; {isolation}")
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


def penalties(late: Path | None, penalty: str, students: list[str], console: Console) -> Callable[[Result], Result]:
    """What lateness does to a result; names that no submission has are said, for they may be mistyped."""
    if late is None:
        return lambda result: result
    hours = read_lateness(late)
    if unknown := sorted(set(hours) - set(students)):
        _say(console, f"{late} names students who handed in nothing: {', '.join(unknown)}")
    return penalise(Penalty.parse(penalty), hours)


def enter_all(options: argparse.Namespace, source: Source, pairs: Iterable, count: int, console: Console) -> None:
    """Results into nbgrader's gradebook."""
    try:
        from .gradebook import GradebookWriter
    except ImportError as error:
        raise DataError(
            fault(f"{error.name} is not installed", "it, for --gradebook", 'pip install "d2lmini[gradebook]"')
        ) from None
    with GradebookWriter(options.gradebook, options.source, source) as book:
        for result, (_, path) in _shown(pairs, count, console, "gradebook"):
            book.enter(result, path)


def summary(results: Iterable[Result], count: int, name: str) -> Table:
    """One screen of marks."""
    table = Table(title=f"{name}: {count} submission{'s' * (count != 1)}", title_justify="left")
    table.add_column("student", overflow="fold")
    table.add_column("total", justify="right", no_wrap=True)
    table.add_column("points lost, and notes", overflow="fold")
    for r in islice(results, ROWS_SHOWN):
        lost = [f"{q.name} {number(q.points - q.score)}" for q in r.questions if q.score < q.points]
        lost += [f"{r.lateness} late {number(r.penalty)}"] if r.lateness else []
        remarks = "; ".join(filter(None, [", ".join(lost) if r.total else "", *r.notes]))
        table.add_row(Text(r.student), f"{number(r.total)} / {number(r.points)}", Text(remarks))
    if count > ROWS_SHOWN:
        table.caption = f"and {count - ROWS_SHOWN} more in grades.csv"
    return table


def _shown(results: Iterable, count: int, console: Console, what: str = "grading") -> Iterator:
    """The results as they come, with a bar of progress."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(results, total=count)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _refuse(command: str, error: Exception) -> int:
    _say(Console(stderr=True), f"d2lmini {command}: {error}")
    return 2
