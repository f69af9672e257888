"""Write marks and feedback: grades.csv, grades.json, a page for each student, an overview; all atomically."""

import csv
import io
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import jinja2
import numpy as np

from .check import Outcome
from .runner import Question, Result

TEMPLATES = Path(__file__).parent / "templates"
SIGNS = {  # how a question went; the word stands beside its sign and colour
    "right": {"sign": "✓", "colour": "good"},
    "partly right": {"sign": "◐", "colour": "open"},
    "not done yet": {"sign": "○", "colour": "open"},
    "not right yet": {"sign": "✗", "colour": "bad"},
}


def write_feedback(out: Path, result: Result, set_name: str, *, book: str = "") -> Path:
    """The student's page, out/feedback/<student>.html. book: address of the built book, for links."""
    path = out / "feedback" / f"{result.student}.html"
    write_atomically(path, _template("feedback.html").render(result=result, set_name=set_name, book=book))
    return path


def write_grades(out: Path, results: list[Result], set_name: str, facts: dict) -> list[Path]:
    """grades.csv, grades.json and index.html for the class; `facts` (seed, limits, ...) go into the JSON."""
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    content = {"set": set_name, **facts, "versions": versions, "results": [r.as_dict() for r in results]}
    common = common_misconceptions(results)
    files = {
        "grades.csv": grades_csv(results),
        "grades.json": json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        "index.html": _template("index.html").render(results=results, set_name=set_name, common=common),
    }
    for name, text in files.items():
        write_atomically(out / name, text)
    return [out / name for name in files]


def grades_csv(results: list[Result]) -> str:
    """One line a student: student, total, max, each question, note."""
    names = [q.name for q in results[0].questions] if results else []
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "total", "max", *names, "note"])
    for r in results:
        marks = [number(score) for score in (r.total, r.points, *(q.score for q in r.questions))]
        table.writerow([_cell(r.student), *marks, _cell("; ".join(r.notes))])
    return text.getvalue()


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


def common_misconceptions(results: list[Result]) -> list[tuple[str, str, int]]:
    """(exercise, hint, students) of every misconception in the class, the most frequent first."""
    count: Counter = Counter()
    for r in results:
        count.update({(q.name, o.hint) for q in r.questions for o in q.outcomes if o.misconception})
    return [(name, hint, n) for (name, hint), n in count.most_common()]


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


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader, or a run that is killed, never sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _cell(text: str) -> str:
    """Text for a spreadsheet, which must not take it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "address": quote}
    environment.globals |= {"state": state, "signs": SIGNS, "grouped": grouped}
    return environment.get_template(name)
