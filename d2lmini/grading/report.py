"""Write marks and feedback from recorded results: tables, a page for each student, an overview of the class.

Everything is read from the results one at a time and written one at a time, so that a class of a thousand takes
no more memory than a class of ten; and everything is written anew at the end of each run, so that a changed
penalty or a new address of the book needs no grading.
"""

import csv
import json
import platform
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median
from urllib.parse import quote

import jinja2
import numpy as np

from ..errors import DataError, fault
from .check import Outcome
from .files import file_name, replacing, write_atomically
from .runner import Question, Result
from .similar import Cluster, clusters

TEMPLATES = Path(__file__).parent / "templates"
SIGNS = {  # how a question went; the word stands beside its sign and colour
    "right": {"sign": "✓", "colour": "good"},
    "partly right": {"sign": "◐", "colour": "open"},
    "not done yet": {"sign": "○", "colour": "open"},
    "not right yet": {"sign": "✗", "colour": "bad"},
}
FILLS = {"right": "fill-good", "partly right": "fill-open", "not done yet": "hatch", "not right yet": "fill-bad"}
BINS = 10  # of the distribution of marks
COMMON = 10  # students; half of a small class, a tenth of a large one: a form that more of them have is no hint
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")

Results = Callable[[], Iterator[Result]]  # read again each time, never held


@dataclass
class Tally:
    """How the class did on one question."""

    name: str
    points: float
    score: float = 0.0
    states: Counter = field(default_factory=Counter)


@dataclass
class Overview:
    """What the overview says about the class: sums and counts, gathered one result at a time."""

    count: int = 0
    points: float = 0.0
    late: int = 0
    noted: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    misconceptions: Counter = field(default_factory=Counter)
    totals: array = field(default_factory=lambda: array("d"))
    seconds: array = field(default_factory=lambda: array("d"))
    cpu_seconds: array = field(default_factory=lambda: array("d"))
    peak_bytes: array = field(default_factory=lambda: array("d"))
    sketches: dict[str, dict[str, array]] = field(default_factory=dict)  # exercise -> student -> sketch

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Overview":
        overview = cls()
        for result in results:
            overview.add(result)
        return overview

    def add(self, result: Result) -> None:
        self.count += 1
        self.points = result.points
        self.late += bool(result.lateness)
        self.noted += bool(result.notes)
        self.totals.append(result.total)
        self.seconds.append(result.seconds)
        self.cpu_seconds.append(result.used.cpu_seconds)
        self.peak_bytes.append(result.used.peak_bytes)
        self.misconceptions.update({(q.name, o.hint) for q in result.questions for o in q.outcomes if o.misconception})
        for question in result.questions:
            tally = self.tallies.setdefault(question.name, Tally(question.name, question.points))
            tally.score += question.score
            tally.states[state(question)] += 1
        for exercise, sketch in result.sketches.items():
            self.sketches.setdefault(exercise, {})[result.student] = array("L", sketch)

    @property
    def median(self) -> float:
        return median(self.totals) if self.count else 0.0

    @property
    def bins(self) -> list[tuple[str, int]]:
        """(range in points, students) from the lowest marks to the highest."""
        counts = Counter(min(int(BINS * total / self.points), BINS - 1) for total in self.totals if self.points)
        edges = [number(self.points * i / BINS) for i in range(BINS + 1)]
        return [(f"{edges[i]} to {edges[i + 1]}", counts[i]) for i in range(BINS)]

    @property
    def alike(self) -> list[Cluster]:
        """Answers of nearly the same form, exercise by exercise."""
        common = max(2, min(self.count // 2, max(COMMON, self.count // 10)))
        return [c for name, sketches in self.sketches.items() for c in clusters(sketches, name, common=common)]


def write_reports(
    out: Path,
    results: Results,
    set_name: str,
    facts: dict,
    *,
    book: str = "",
    late: bool = False,
    roster: Path | None = None,
    column: str = "student",
) -> list[Path]:
    """grades.csv, grades.json, index.html, feedback/ and, with a roster, lms.csv; the paths of them.

    facts: seed, limits, isolation, ... for the JSON. book: address of the built book. late: show lateness.
    roster, column: a CSV file of the learning-management system, and its column that names the submissions.
    """
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    facts = {"set": set_name, **facts, "versions": versions}
    files = [out / "grades.csv", out / "grades.json", out / "index.html", out / "feedback"]
    write_csv(files[0], results, late=late)
    write_json(files[1], results, facts)
    write_overview(files[2], results, facts)
    for result in results():
        write_feedback(out, result, set_name, book=book)
    if roster is not None:
        files.insert(1, out / "lms.csv")
        write_lms(files[1], results, roster, column)
    return files


def write_csv(path: Path, results: Results, *, late: bool = False) -> None:
    """One line a student: student, total, max, each question, note; lateness and its cost where it counts."""
    with replacing(path) as file:
        table = csv.writer(file, lineterminator="\n")
        for i, r in enumerate(results()):
            if i == 0:
                lateness = ["without penalty", "late", "penalty"] if late else []
                table.writerow(["student", "total", "max", *lateness, *(q.name for q in r.questions), "note"])
            lateness = [number(r.earned), r.lateness, number(r.penalty)] if late else []
            scores = [number(q.score) for q in r.questions]
            total = [number(r.total), number(r.points)]
            table.writerow([cell(r.student), *total, *lateness, *scores, cell("; ".join(r.notes))])


def write_lms(path: Path, results: Results, roster: Path, column: str) -> None:
    """The roster of a learning-management system with a mark, the maximum and each question behind each line.

    Who handed in nothing keeps empty marks.

    Raises:
        DataError: the roster cannot be read, or has no such column.
    """
    people, names = read_roster(roster, column), []
    marks: dict[str, list[str]] = {}
    for r in results():
        names = names or [q.name for q in r.questions]
        marks[r.student] = [number(r.total), number(r.points), *(number(q.score) for q in r.questions)]
    with replacing(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*map(cell, people[0]), "mark", "maximum", *names])
        for person in people:
            found = marks.get(person[column], [""] * (2 + len(names)))
            table.writerow([*map(cell, person.values()), *found])


def read_roster(path: Path, column: str) -> list[dict[str, str]]:
    """The lines of a roster; DataError when it has none, or no such column."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            people = list(csv.DictReader(file, restkey="", restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(fault(f"--roster {path} cannot be read ({error})", "a CSV file", "--roster FILE")) from None
    for person in people:
        person.pop("", None)  # values without a heading
    if not people or column not in people[0]:
        known = ", ".join(people[0]) if people else "no line"
        raise DataError(fault(f"--roster {path} has {known}", f"the column {column}", "--id COLUMN"))
    return people


def write_json(path: Path, results: Results, facts: dict) -> None:
    """Every result with every check, and the facts of the run."""
    with replacing(path) as file:
        file.write(json.dumps(facts, indent=1, ensure_ascii=False).removesuffix("\n}") + ',\n "results": [')
        for i, result in enumerate(results()):
            values = result.as_dict()
            values.pop("sketches")
            file.write(("," if i else "") + "\n" + json.dumps(values, ensure_ascii=False))
        file.write("\n ]\n}\n")


def write_overview(path: Path, results: Results, facts: dict) -> None:
    """The page of the class."""
    page = _template("index.html").stream(overview=Overview.of(results()), results=results(), facts=facts)
    page.enable_buffering(64)
    with replacing(path) as file:
        for part in page:
            file.write(part)


def write_feedback(out: Path, result: Result, set_name: str, *, book: str = "") -> Path:
    """The student's page, out/feedback/<student>.html. book: address of the built book, for links."""
    path = out / "feedback" / f"{file_name(result.student)}.html"
    write_atomically(path, _template("feedback.html").render(result=result, set_name=set_name, book=book))
    return path


def grouped(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, int]]:
    """Failed checks, those that say the same shown once with their count."""
    first: dict[str, Outcome] = {}
    count: Counter = Counter()
    for outcome in outcomes:
        if not outcome.passed:
            same = outcome.hint or (outcome.asked if outcome.kind == "wrong" else outcome.came)
            first.setdefault(same, outcome)
            count[same] += 1
    return [(outcome, count[same]) for same, outcome in first.items()]


def state(question: Question) -> str:
    """In a word how a question went: a key of `SIGNS`."""
    if question.score == question.points:
        return "right"
    if all(o.kind == "unfinished" for o in question.outcomes):
        return "not done yet"
    return "partly right" if question.score else "not right yet"


def number(value: float) -> str:
    """Marks without needless zeros: 2, 1.5, 0.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def cell(text: str) -> str:
    """Text for a spreadsheet, which must not take it for a formula; plain numbers stay.

    >>> [cell(text) for text in ("ada", "=1+1", " @now", "-5", "-5+x")]
    ['ada', "'=1+1", "' @now", '-5', "'-5+x"]
    """
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "address": lambda student: quote(file_name(student))}
    environment.filters |= {
        "seconds": lambda value: f"{value:.2g} s" if value < 10 else f"{value:.0f} s",
        "megabytes": lambda value: f"{value / 1e6:.0f} MB" if value else "unknown",
        "middle": lambda values: median(values) if values else 0.0,
        "largest": lambda values: max(values, default=0.0),
    }
    environment.globals |= {"state": state, "signs": SIGNS, "fills": FILLS, "grouped": grouped}
    return environment.get_template(name)
