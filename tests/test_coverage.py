"""Every subject of the five decks is taught in exactly one place of the book, in the chapter that the list names."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from apparatus import markdown, sections, syllabus

ROOT = Path(__file__).resolve().parent.parent
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
ROWS = syllabus()
DECKS = {"basics", "D2L", "architecture", "deep-learning", "review"}
APPENDICES = {"conventions", "coverage", "glossary", "symbols", "timeline"}  # they refer, and teach nothing

PLACES = {}  # label -> [(chapter, heading of its section)], over all pages
for page in sorted((ROOT / "chapters").glob("*.*")):
    if page.is_file():
        for label, heading in sections(markdown(page)):
            PLACES.setdefault(label, []).append((page.stem, heading))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_subject_is_taught_once_and_in_its_chapter(row):
    places = PLACES.get(row["id"], [])
    assert [chapter for chapter, _ in places] == [row["chapter"]]
    assert places[0][1], "the label stands below no heading"


def test_list_of_subjects_is_whole():
    ids = [row["id"] for row in ROWS]
    assert len(ids) == 225 and [i for i, times in Counter(ids).items() if times > 1] == []
    assert all(row["subject"].strip() and row["decks"] and set(row["decks"].split()) <= DECKS for row in ROWS)
    assert set().union(*(row["decks"].split() for row in ROWS)) == DECKS


def test_every_chapter_teaches_a_subject_of_the_decks():
    chapters = [e["file"].split("/")[1] for part in TOC["parts"] if part.get("numbered") for e in part["chapters"]]
    assert set(chapters) == {row["chapter"] for row in ROWS} - {"preface"}


def test_no_label_stands_twice_in_the_book():
    """A label is an address: two pages with one would take the links from each other."""
    assert {label: places for label, places in PLACES.items() if len(places) > 1} == {}


def test_appendices_hold_no_subject_of_the_decks():
    ids = {row["id"] for row in ROWS}
    assert {label for label, places in PLACES.items() if places[0][0] in APPENDICES} & ids == set()
