"""The command line: `python -m d2lmini doctor | grade | release`."""

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path


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
    option("--seed", type=int, metavar="N", help="of the checks' random inputs (default: drawn, and recorded)")
    option("--jobs", type=int, default=1, metavar="N", help="submissions at a time (default: 1)")
    option("--source", type=Path, default="exercises/source", metavar="DIR", help="default: %(default)s")
    option("--book", default="", metavar="URL", help="where the built book is, for links in the feedback")
    grade.set_defaults(run=lambda options: later("d2lmini.grading.cli", "run_grade")(options))

    release = commands.add_parser("release", help="make the students' notebooks from the sources")
    option = release.add_argument
    option("sets", nargs="*", metavar="SET", help="sets to make (default: all)")
    option("--check", action="store_true", help="write nothing; exit with 1 if a release is not up to date")
    option("--course", type=Path, default="exercises", metavar="DIR", help="default: %(default)s")
    release.set_defaults(run=lambda options: later("d2lmini.grading.cli", "run_release")(options))
    return top


def later(module: str, name: str) -> Callable[..., int]:
    """A function, imported when its command runs: `doctor` works where a package is missing."""
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    sys.exit(main())
