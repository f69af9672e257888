"""The page for instructors says what the commands can do, and nothing that they cannot."""

import argparse
import re
from pathlib import Path

from d2lmini.__main__ import parser
from d2lmini.grading.limits import Limits

PAGE = (Path(__file__).parents[1] / "chapters" / "instructors.md").read_text("utf8")


def commands() -> dict[str, argparse.ArgumentParser]:
    (chosen,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return chosen.choices


def test_every_option_of_grading_and_authoring_is_explained():
    for name in ("grade", "new-exercise"):
        for action in commands()[name]._actions:
            for option in set(action.option_strings) - {"-h", "--help", "--source"}:
                assert re.search(rf"{option}\b", PAGE), f"{name} {option}"


def test_every_command_of_the_package_that_is_shown_exists():
    shown = set(re.findall(r"python -m d2lmini ([a-z-]+)", PAGE))
    assert {"grade", "release", "new-exercise"} <= shown <= set(commands())


def test_limits_are_those_of_the_runner():
    limits = Limits()
    said = f"may take {limits.call_seconds:g} s, a cell {limits.cell_seconds:g} s"
    said += f", a submission {limits.submission_seconds:g} s altogether"
    assert said in PAGE
    assert f"limited to {limits.memory_bytes >> 30} GB more" in PAGE
    assert f"a file to {limits.file_bytes >> 20} MB" in PAGE
    assert f"prints to {limits.output_bytes >> 20} MB" in PAGE
    assert limits.cpu_seconds == limits.submission_seconds and f"threads\nto {limits.processes}" in PAGE


def test_label_of_every_link_is_on_the_page():
    labels = set(re.findall(r"^\((instructors[\w-]*)\)=$", PAGE, re.M))
    assert set(re.findall(r"\]\((instructors[\w-]*)\)", PAGE)) <= labels
