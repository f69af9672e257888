"""Read the two notebooks of grading: the source, which is trusted, and a submission, of which nothing is.

From the source come the setup and the check cells and their points; from a submission the answers, found by
grade_id, else by cell id, else by the name that a cell defines. Checks in a submission are ignored.
"""

import ast
import builtins
import json
import re
import symtable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..errors import DataError

MAX_BYTES = 64 << 20
MAX_CELL, MAX_CODE, MAX_CELLS = 100_000, 1_000_000, 1_000  # characters of one code cell, of all, code cells
CHECK_ID = re.compile(r"(?P<exercise>.+)_(visible|hidden)(_\d+)?")
HIDDEN = re.compile(r"[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL)
DEFINES = re.compile(r"^(?:(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*(?::[^=\n]+)?=(?!=))", re.MULTILINE)
STUB = "raise NotImplementedError"


@dataclass(frozen=True)
class Cell:
    """A code cell of the source. role: setup, demo (it uses answers, or is tagged `demo`), answer or check."""

    id: str
    role: str
    source: str
    points: float = 0.0

    @property
    def exercise(self) -> str:
        """The exercise that an answer or a check belongs to."""
        match = CHECK_ID.fullmatch(self.id)
        return match["exercise"] if self.role == "check" and match else self.id

    @property
    def hidden(self) -> bool:
        return "### BEGIN HIDDEN TESTS" in self.source


@dataclass(frozen=True)
class Source:
    """An exercise set as its author wrote it."""

    name: str
    cells: tuple[Cell, ...]

    @cached_property
    def answers(self) -> dict[str, Cell]:
        return {c.id: c for c in self.cells if c.role == "answer"}

    @cached_property
    def checks(self) -> tuple[Cell, ...]:
        return tuple(c for c in self.cells if c.role == "check")

    @cached_property
    def names_of_students(self) -> frozenset[str]:
        """What answers and the cells that use them define: never taken from the source."""
        return frozenset(n for c in self.cells if c.role in ("answer", "demo") for n in defined_names(c.source))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The modules that setup cells and solutions import, without the book's own."""
        found = set()
        for cell in self.cells:
            for node in ast.walk(ast.parse(plain(cell.source))) if cell.role != "check" else ():
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    found.add(node.module)
        return tuple(sorted(name for name in found if name.split(".")[0] != "d2lmini"))


@dataclass(frozen=True)
class Submission:
    """Answers {exercise: code}, cells that the student added {source cell before them: [code]}, remarks."""

    answers: dict[str, str] = field(default_factory=dict)
    extras: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_source(folder: Path, name: str) -> Source:
    """The set `name` of the folder of sources.

    Raises:
        DataError: there is no such set, or its notebook breaks the rules of a source.
    """
    path = Path(folder) / name / f"{name}.ipynb"
    if not path.is_file():
        known = ", ".join(sets_in(folder)) or "none"
        raise DataError(f"{path} is not there; the sets of {folder} are: {known}")
    cells: list[Cell] = []
    used: set[str] = set()
    students: set[str] = set()
    for raw in read_cells(path):
        meta, source = raw["nbgrader"], plain(raw["source"])
        cell_id = str(meta.get("grade_id") or raw["id"])
        if meta.get("grade") and meta.get("solution"):
            raise DataError(f"{path}: cell {cell_id} is marked by hand; use an answer cell and a check cell")
        if raw["type"] != "code":
            continue
        role = "answer" if meta.get("solution") else "check" if meta.get("grade") else "setup"
        if role == "setup" and ("demo" in raw["tags"] or free_names(source) & students):
            role = "demo"
        if role in ("answer", "demo"):
            students |= defined_names(source)
        if not cell_id or cell_id in used:
            raise DataError(f"{path}: two cells have the id {cell_id!r}; ids are unique")
        used.add(cell_id)
        cells.append(Cell(cell_id, role, source, float(meta.get("points", 0)) if role == "check" else 0.0))
    source = Source(name, tuple(cells))
    for check in source.checks:
        if check.exercise not in source.answers:
            raise DataError(
                f"{path}: check cell {check.id} has no answer cell {check.exercise!r}; "
                "a check is called <answer>_visible or <answer>_hidden"
            )
    if not source.checks:
        raise DataError(f"{path} has no check cell: nbgrader metadata with grade true is needed")
    return source


def sets_in(folder: Path) -> list[str]:
    """The names of the sets in a folder of sources."""
    return sorted(p.stem for p in Path(folder).glob("*/*.ipynb") if p.stem == p.parent.name)


def read_submission(path: Path, source: Source) -> Submission:
    """The answers in a student's notebook; DataError, in words for the student, when it is none."""
    content = read_notebook(path)
    cells, notes = _code_of(content)
    notes += _language_of(content)
    known = {c.id: c for c in source.cells}
    by_text = {released(c): c for c in source.cells if c.role != "answer"}
    place, extras, changed, found = "", {}, [], {name: [] for name in source.answers}
    for cell in cells:
        match = (
            known.get(cell["nbgrader"].get("grade_id") or "")
            or known.get(cell["id"])
            or by_text.get(_tidy(cell["source"]))
        )
        if match is None:
            extras.setdefault(place, []).append(cell)
        else:
            place = match.id
            if match.role == "answer":
                found[match.id].append(cell)
            elif _changed(cell, match):
                changed.append(match.id)
    if changed:
        names = ", ".join(dict.fromkeys(changed))
        notes.append(f"cells of the course were changed ({names}): its own were run, for its own points")
    for name, candidates in found.items():
        stubs_only = all(STUB in c["source"] for c in candidates)
        strays = [(at, c) for at, group in extras.items() for c in group if name in defined_names(c["source"])]
        if stubs_only and strays:
            at, cell = strays[-1]
            extras[at].remove(cell)
            found[name] = [*candidates, cell]
            notes.append(f"the answer {name} was found in another cell, by its name")
        elif len(candidates) > 1:
            notes.append(f"{len(candidates)} cells answer {name}: the last one counts")
    answers = {name: plain(group[-1]["source"]) for name, group in found.items() if group}
    if not answers:
        notes.append(f"no answer of the set {source.name} is in this notebook: is it the right file?")
    return Submission(
        answers, {at: [plain(c["source"]) for c in group] for at, group in extras.items() if group}, notes
    )


def read_cells(path: Path) -> list[dict]:
    """The cells of a notebook file as {type, id, source, nbgrader}, whatever else the file holds.

    Raises:
        DataError: with the reason in a sentence for the student.
    """
    return [_cell(c) for c in read_notebook(path)["cells"] if isinstance(c, dict)]


def read_notebook(path: Path) -> dict:
    """What a notebook file holds: a dict with a list of `cells`; nothing more is known of it.

    Raises:
        DataError: with the reason in a sentence for the student.
    """
    path = Path(path)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DataError(
            f"the file is too large: {size >> 20} MB, and {MAX_BYTES >> 20} MB are allowed; "
            "clear the outputs and save it again"
        )
    raw = path.read_bytes()
    if not raw.strip():
        raise DataError("the file is empty")
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"the file is not a notebook: byte {error.start} is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        where = f" after line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(f"the file is broken: its JSON ends or goes wrong{where}; save the notebook again") from None
    if isinstance(content, dict) and "worksheets" in content:
        raise DataError("the notebook has the old format 3: open it in Jupyter and save it again")
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise DataError("the file is JSON, but not a notebook: it has no cells")
    return content


def plain(source: str) -> str:
    """Code without IPython's magics; code that is Python already stays as it is."""
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.sub(r"^([ \t]*)[%!?].*$", r"\1pass", source, flags=re.MULTILINE)


def released(cell: Cell) -> str:
    """The text of a source cell as students get it, without hidden checks."""
    return _tidy(HIDDEN.sub("", cell.source))


def defined_names(source: str) -> set[str]:
    """Names that code defines at its top level, imports aside; it may not even be Python."""
    names = {a or b for a, b in DEFINES.findall(source)}
    try:
        table = symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return names
    return names | {s.get_name() for s in table.get_symbols() if s.is_assigned() and not s.is_imported()}


def free_names(source: str) -> set[str]:
    """Names that code uses but does not define, built-in ones aside.

    >>> sorted(free_names("y = [conv(a, k) for a in xs]"))
    ['conv', 'k', 'xs']
    """
    top = symtable.symtable(source, "cell", "exec")
    used: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        used |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (table is top or s.is_global())}
    own = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    return used - own - set(dir(builtins))


def _code_of(content: dict) -> tuple[list[dict], list[str]]:
    """The code cells that are short enough to read, and what there is to say about the others."""
    cells = [_cell(c) for c in content["cells"] if isinstance(c, dict)]
    cells = [c for c in cells if c["type"] == "code" and c["source"].strip()]
    characters = [len(c["source"]) for c in cells]
    notes = [
        f"a cell with {n:,} characters of code was left out: {MAX_CELL:,} are allowed"
        for n in characters
        if n > MAX_CELL
    ]
    cells = [c for c, n in zip(cells, characters, strict=True) if n <= MAX_CELL]
    if len(cells) > MAX_CELLS or sum(len(c["source"]) for c in cells) > MAX_CODE:
        raise DataError(f"the notebook has too much code: {MAX_CELLS:,} cells and {MAX_CODE:,} characters are allowed")
    return cells, notes


def _language_of(content: dict) -> list[str]:
    """A remark where the notebook says that it is not written in Python."""
    metadata = content.get("metadata")
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        about = metadata.get(part) if isinstance(metadata, dict) else None
        language = about.get(key) if isinstance(about, dict) else None
        if isinstance(language, str) and language.lower() not in ("python", "ipython", ""):
            return [f"the notebook says that its language is {language[:40]!r}: its cells were run as Python"]
    return []


def _cell(raw: dict) -> dict:
    source = raw.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = raw.get("metadata")
    nbgrader, tags = (metadata.get(k) if isinstance(metadata, dict) else None for k in ("nbgrader", "tags"))
    return {
        "type": raw.get("cell_type") if isinstance(raw.get("cell_type"), str) else "",
        "id": raw.get("id") if isinstance(raw.get("id"), str) else "",
        "source": source if isinstance(source, str) else "",
        "nbgrader": {k: v for k, v in nbgrader.items() if k != "grade_id" or isinstance(v, str)}
        if isinstance(nbgrader, dict)
        else {},
        "tags": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
    }


def _changed(cell: dict, original: Cell) -> bool:
    points = cell["nbgrader"].get("points", original.points)
    return _tidy(cell["source"]) != released(original) or points != original.points


def _tidy(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
