"""The command line: `python -m d2lmini doctor | grade | release | new-exercise`."""

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

PENALTY = "10% a day, at most 50%"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = parser().parse_args(arguments)
    return options.run(options)


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    top = argparse.ArgumentParser(prog="python -m d2lmini", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    doctor = commands.add_parser("doctor", help="say what is missing on this machine and what to type")
    doctor.set_defaults(run=lambda options: later("d2lmini.doctor", "main")([]))

    grade = commands.add_parser("grade", help="mark a folder of notebooks and write feedback")
    option = grade.add_argument
    option("submissions", type=Path, help="a notebook, a folder of notebooks, or nbgrader's submitted/ folder")
    option("--set", dest="set_name", metavar="NAME", help="the exercise set (default: found in the notebooks)")
    option("--out", type=Path, required=True, metavar="DIR", help="where marks and feedback are written")
    option("--seed", type=int, metavar="N", help="of the checks' random inputs (default: drawn once, recorded, kept)")
    option("--fresh", action="store_true", help="grade all anew (default: go on where an earlier run ended)")
    option("--jobs", type=int, default=1, metavar="N", help="processes that grade (default: 1)")
    option("--cluster", default="", metavar="tcp://HOST:PORT", help="grade on an existing Dask cluster instead")
    option("--tier", default="auto", metavar="A|B|C", help="the sandbox around students' code (default: the best here)")
    option("--require-sandbox", action="store_true", help="refuse tier C, which closes neither files nor network")
    option("--source", type=Path, default="exercises/source", metavar="DIR", help="default: %(default)s")
    option("--book", default="", metavar="URL", help="where the built book is, for links in the feedback")
    option("--late", type=Path, metavar="CSV", help="who was late: columns student and minutes, hours, days or weeks")
    option("--penalty", default=PENALTY, metavar="TEXT", help="what lateness costs (default: %(default)s)")
    option("--roster", type=Path, metavar="CSV", help="a list of the learning-management system, returned with marks")
    option("--id", dest="column", default="student", metavar="COLUMN", help="the roster's column of submission names")
    option("--gradebook", type=Path, metavar="DB", help="enter the marks into nbgrader's exercises/gradebook.db too")
    grade.set_defaults(run=lambda options: later("d2lmini.grading.cli", "run_grade")(options))

    release = commands.add_parser("release", help="make the students' notebooks from the sources")
    option = release.add_argument
    option("sets", nargs="*", metavar="SET", help="sets to make (default: all)")
    option("--check", action="store_true", help="write nothing; exit with 1 if a release is not up to date")
    option("--course", type=Path, default="exercises", metavar="DIR", help="default: %(default)s")
    release.set_defaults(run=lambda options: later("d2lmini.grading.cli", "run_release")(options))

    new = commands.add_parser("new-exercise", help="write the skeleton of an exercise")
    option = new.add_argument
    option("name", metavar="NAME", help="the function or value that students write")
    option("--set", dest="set_name", required=True, metavar="SET", help="its set; a new one is begun if need be")
    option("--value", action="store_true", help="the answer is a value (default: a function)")
    option("--course", type=Path, default="exercises", metavar="DIR", help="default: %(default)s")
    new.set_defaults(run=lambda options: later("d2lmini.grading.author", "run_new_exercise")(options))
    return top


def later(module: str, name: str) -> Callable[..., int]:
    """A function, imported when its command runs: `doctor` works where a package is missing."""
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    sys.exit(main())
