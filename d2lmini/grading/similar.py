"""Answers of nearly the same form: a hint to look, never a judgement.

The form of an answer is its syntax tree, read from the top, with the student's own names numbered in the
order in which they come, and without comments, layout, docstrings and type hints. A sketch keeps the smallest
hashes of the form's shingles (runs of `SHINGLE` nodes): of short answers all, of long ones a fair sample, so
that two sketches tell which share of their shingles two answers have in common. Answers are compared only
where their smallest hashes meet, so the time grows with the class, not with its square.
Source: Schleimer, Wilkerson and Aiken 2003, doi:10.1145/872757.872770; Broder 1997,
doi:10.1109/SEQUEN.1997.666900.
"""

import ast
import functools
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .notebook import Source, Submission

SHINGLE = 6  # nodes
SKETCH = 64  # hashes
MEETING = 8  # of the smallest hashes, by which candidates are found
SHORTEST = 24  # shingles of its own that an answer needs: fewer, and honest answers look alike
LONGEST = 100_000  # characters
ALIKE = 0.8  # share of the shingles that both have, of those that one has
BETWEEN = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
HINTS = {"annotation", "returns", "type_comment", "type_params", "ctx"}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Cluster:
    """Students whose answers to one exercise have nearly the same form; alike: the least share in common."""

    exercise: str
    students: tuple[str, ...]
    alike: float


def sketches(source: Source, submission: Submission) -> dict[str, list[int]]:
    """{exercise: sketch} of the answers that are long enough and not the stub that all began with."""
    found = {}
    for name, code in submission.answers.items():
        own = shingles(code) - _of_stub(source.answers[name].source)
        if len(own) >= SHORTEST:
            found[name] = sorted(own)[:SKETCH]
    return found


def shingles(code: str) -> set[int]:
    """Hashes of all runs of `SHINGLE` nodes; none where the code is not Python, or far longer than an answer."""
    if len(code) > LONGEST:
        return set()
    try:
        nodes = form(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {zlib.crc32(" ".join(nodes[i : i + SHINGLE]).encode()) for i in range(len(nodes) - SHINGLE + 1)}


def form(tree: ast.AST) -> list[str]:
    """The nodes of code in order, own names numbered.

    >>> form(ast.parse("y = f(x)  # y")) == form(ast.parse("z = f( x )"))
    True
    """
    own: set[str] = set()
    nodes: list[tuple[str, bool]] = []  # text, and whether it may be a name

    def visit(node: ast.AST) -> None:
        kind = type(node)
        nodes.append((kind.__name__, False))
        if kind is ast.Name and type(node.ctx) is ast.Store:
            own.add(node.id)
        elif kind is ast.arg:
            own.add(node.arg)
        elif kind in DEFINITIONS:
            own.add(node.name)
        for part in kind._fields:
            value = None if part in HINTS else getattr(node, part, None)
            if part == "body" and type(value) is list and value and _is_text(value[0]):
                value = value[1:]
            for child in value if type(value) is list else (value,):
                if isinstance(child, ast.AST):
                    visit(child)
                elif child is not None:
                    nodes.append((child, True) if type(child) is str else (repr(child), False))

    visit(tree)
    numbers: dict[str, str] = {}
    return [
        numbers.setdefault(text, f"name{len(numbers)}") if is_name and text in own else text for text, is_name in nodes
    ]


@functools.cache
def _of_stub(code: str) -> set[int]:
    """The shingles of what a source's answer cell begins as."""
    return shingles(BETWEEN.sub("pass", code))


def clusters(sketches: Mapping[str, Iterable[int]], exercise: str, *, common: int) -> list[Cluster]:
    """Groups of students whose sketches are alike; a form that more than `common` students have is no hint."""
    groups: list[tuple[str, float, list[str]]] = []  # its first student, its least share, its students
    meeting: dict[int, list[int]] = defaultdict(list)  # hash -> groups whose first student has it
    for student, sketch in sketches.items():
        lowest = list(sketch)[:MEETING]
        candidates = dict.fromkeys(g for value in lowest for g in meeting[value][-MEETING:])
        shares = {g: share(sketches[groups[g][0]], sketch) for g in candidates}
        best = max(shares, key=shares.__getitem__, default=-1)
        if best >= 0 and shares[best] >= ALIKE:
            first, least, members = groups[best]
            groups[best] = (first, min(least, shares[best]), [*members, student])
            continue
        for value in lowest:
            meeting[value].append(len(groups))
        groups.append((student, 1.0, [student]))
    hints = [Cluster(exercise, tuple(members), least) for _, least, members in groups if 1 < len(members) <= common]
    return sorted(hints, key=lambda c: (len(c.students), c.students))


def share(a: Iterable[int], b: Iterable[int]) -> float:
    """The share of shingles that two answers have in common, of those that one of them has.

    >>> share([1, 2, 3], [2, 3, 4])
    0.5
    """
    a, b = set(a), set(b)
    either = a | b
    if min(len(a), len(b)) >= SKETCH:  # both are samples: so is the smallest part of their union
        either = set(sorted(either)[:SKETCH])
    return len(a & b & either) / len(either)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
