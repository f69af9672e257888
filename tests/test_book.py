"""The built pages as a reader meets them: opened from a file, in a Chromium that can reach no other host.

    .venv/bin/python -m pytest -m book               after the book was built
"""

import os
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import pytest
import yaml
from apparatus import syllabus

import execute
from tests.browser import NO_BROWSER, find_browser, open_browser

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
PHONE = 360  # pixels
CPU_SECONDS = 45  # of one chapter where the book is written; twice that is allowed elsewhere

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
DOCUMENTS = [TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])]
NOTEBOOKS = [name for name in DOCUMENTS if (ROOT / f"{name}.ipynb").is_file()]
CHAPTERS = [entry["file"] for part in TOC["parts"] if part.get("numbered") for entry in part["chapters"]]
each_page = pytest.mark.parametrize("name", DOCUMENTS)
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)
each_chapter = pytest.mark.parametrize("name", CHAPTERS)
pytestmark = pytest.mark.book

DRAWN = """() => document.documentElement.dataset.d2lminiFigures === "ready"
    || document.querySelector('script[type*="widget-view"]') === null"""
TYPESET = "document.querySelectorAll('.math').length === 0 || window.MathJax?.startup?.promise !== undefined"


def page_file(name: str) -> Path:
    path = HTML / f"{name}.html"
    assert path.is_file(), "the book is not built: python tools/book.py"
    return path


# --- read without a browser -------------------------------------------------------------------------------


class Reader(HTMLParser):
    """The ids, links and pictures of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids, self.links, self.pictures = Counter(), [], []
        self.feed(path.read_text("utf8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.update(value for key, value in attributes.items() if key == "id")
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "img" or (tag == "svg" and attributes.get("role") == "img"):
            self.pictures.append((tag, attributes))


@cache
def read(path: Path) -> Reader:
    return Reader(path)


@each_page
def test_links_inside_the_book_lead_somewhere(name):
    path = page_file(name)
    for link in read(path).links:
        address, anchor = urldefrag(link)
        if "://" in address or address.startswith("mailto:"):
            continue
        target = (path.parent / unquote(address)).resolve() if address else path
        assert target.is_file(), link
        assert not anchor or target.suffix != ".html" or read(target).ids[unquote(anchor)], link


@each_page
def test_no_id_stands_twice_on_a_page(name):
    assert [i for i, times in read(page_file(name)).ids.items() if times > 1] == []


@each_page
def test_every_picture_has_a_text_alternative(name):
    for tag, attributes in read(page_file(name)).pictures:
        text = attributes.get("alt") if tag == "img" else attributes.get("aria-label", "")
        assert text is not None, attributes
        assert not re.search(r"\.(png|svg|jpe?g)$", text), "a file name is no description"


@each_page
def test_page_names_no_folder_of_this_machine(name):
    assert str(ROOT) not in page_file(name).read_text("utf8")


@each_notebook
def test_page_says_how_long_it_takes(name):
    said = r'<p class="effort">About \d+ minutes to read. The \d+ code cells take \d+ s'
    assert re.search(said, page_file(name).read_text("utf8"))


@each_notebook
def test_notebook_stays_within_its_seconds(name):
    run = execute.load(ROOT / f"{name}.ipynb")
    assert run.metadata[execute.NOTE]["cpu_seconds"] <= 2 * CPU_SECONDS


@each_page
def test_no_term_of_the_glossary_is_linked_twice_on_a_page(name):
    links = re.findall(r'<a class="term [^>]*href="([^"]+)"', page_file(name).read_text("utf8"))
    assert [link for link, times in Counter(links).items() if times > 1] == []
    assert len(links) >= 5 or name not in CHAPTERS


def test_index_leads_to_terms_functions_and_networks():
    index = page_file("genindex").read_text("utf8")
    for entry in ("<strong>pooling</strong>", "pool2d (function)", "resnet50 (network)"):
        assert entry in index
    assert not re.search(r">\[\d+\]</a>", index), "a number says nothing of the place"


def test_map_of_the_decks_shows_every_subject():
    shown = set(re.findall(r'<span class="pre">([\w.-]+)</span>', page_file("chapters/coverage").read_text("utf8")))
    assert {row["id"] for row in syllabus()} <= shown


# --- opened in a browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    if find_browser() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_BROWSER)
    with open_browser() as browser:
        yield browser


def visit(browser, name: str, **size):
    """Open a page and wait until formulas and figures stand."""
    page = browser.page(page_file(name).as_uri(), **size)
    page.wait_for_function(TYPESET)
    page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
    page.wait_for_function(DRAWN)
    return page


@pytest.fixture(scope="module")
def opened(browser):
    """Pages that stay open for the tests that only look: name -> (page, foreign requests, complaints)."""

    @cache
    def page_and_traffic(name: str):
        browser.foreign.clear()
        browser.errors.clear()
        page = visit(browser, name)
        page.mouse.wheel(0, 100_000)
        page.wait_for_load_state("networkidle")
        return page, tuple(browser.foreign), tuple(browser.errors)

    return page_and_traffic


@pytest.fixture
def layer(browser):
    page = visit(browser, "chapters/conv_layer")
    yield page
    page.close()


@each_page
def test_page_asks_no_other_host_and_complains_about_nothing(opened, name):
    _, foreign, errors = opened(name)
    assert (foreign, errors) == ((), ())


@each_page
def test_formulas_are_typeset(opened, name):
    page, *_ = opened(name)
    assert page.locator(".math:not(:has(mjx-container))").count() == 0
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    prose = page.evaluate("""() => {
        const copy = document.querySelector("article").cloneNode(true);
        copy.querySelectorAll("pre, code, script, style, svg, mjx-container").forEach((e) => e.remove());
        return copy.textContent;
    }""")
    assert not re.search(r"\$\$|\\frac|\\sum|\\begin\{|\{(ref|cite|eq)[:}]", prose)


@each_notebook
def test_figures_start_and_take_the_place_of_their_stills(opened, name):
    page, *_ = opened(name)
    asked = page.locator('script[type*="widget-view"]').count()
    assert page.locator(".d2lmini-live .d2l").count() == asked
    assert page.locator(".d2lmini-still").count() == 0


@each_notebook
def test_page_shows_the_text_of_the_tested_run(opened, name):
    page, *_ = opened(name)
    nb = nbformat.read(ROOT / f"{name}.ipynb", 4)
    hidden = {"remove-output", "remove-cell"}
    visible = [c for c in execute.code_cells(nb) if not hidden & set(c.metadata.get("tags", ()))]
    stored = [o.text.strip() for c in visible for o in c.outputs if o.output_type == "stream"]
    assert stored
    streams = "[...document.querySelectorAll('.output.stream pre')].map((e) => e.textContent.trim())"
    assert page.evaluate(streams) == stored


@each_chapter
def test_quiz_replies_to_each_answer_and_only_one_is_right(opened, name):
    page, *_ = opened(name)
    quizzes = page.evaluate("""() => [...document.querySelectorAll(".d2l-quiz")].map((quiz) =>
        [...quiz.querySelectorAll("input[type=radio]")].map((answer) => {
            document.querySelector(`label[for="${answer.id}"]`).click();
            const visible = [...quiz.querySelectorAll("[role=status] > *")].filter((e) => e.checkVisibility());
            return visible.map((e) => e.innerText);
        }))""")
    assert len(quizzes) >= 2
    for replies in quizzes:
        assert all(len(reply) == 1 and len(reply[0]) > 20 for reply in replies)
        assert sum(reply[0].startswith("Right.") for reply in replies) == 1


@each_chapter
def test_page_does_not_print_the_answer_of_a_question(opened, name):
    page, *_ = opened(name)
    assert not [code for code in page.locator(".cell_input pre").all_inner_texts() if "Quiz(\n" in code]


@each_page
def test_nothing_is_wider_than_a_phone_in_light_or_dark(browser, name):
    page = visit(browser, name, width=PHONE, height=740)
    brightness = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, scheme
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness[scheme] = sum(map(int, re.findall(r"\d+", colour)[:3])) / 3 / 255
    assert brightness["light"] > 0.9 and brightness["dark"] < 0.2
    page.close()


def test_dragging_a_slider_changes_the_figure(layer, browser):
    figure = layer.locator(".d2lmini-live:has(input[type=range])").first
    slider = figure.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    before, value = figure.inner_text(), slider.input_value()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    start, end = (0.98, 0.02) if int(value) > int(slider.get_attribute("min")) else (0.02, 0.98)
    layer.mouse.move(box["x"] + box["width"] * start, middle)
    layer.mouse.down()
    layer.mouse.move(box["x"] + box["width"] * end, middle, steps=8)
    layer.mouse.up()
    assert slider.input_value() != value
    assert figure.inner_text() != before
    assert browser.foreign == []


def test_arrow_keys_move_a_slider(layer):
    figure = layer.locator(".d2lmini-live:has(input[type=range])").first
    slider = figure.locator("input[type=range]").nth(1)
    before = figure.inner_text()
    slider.focus()
    layer.keyboard.press("ArrowLeft" if slider.input_value() == slider.get_attribute("max") else "ArrowRight")
    assert figure.inner_text() != before


def test_search_finds_a_word_from_a_file(browser):
    page = visit(browser, DOCUMENTS[0])
    browser.errors.clear()
    page.keyboard.press("Control+k")
    page.keyboard.type("kernel")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li a[href*='chapters/']").count() >= 1
    assert browser.errors == []
    page.close()
