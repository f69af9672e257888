"""Links to the glossary, entries of the index and the map of the decks, on a small book that Sphinx builds here."""

import re
from io import StringIO
from pathlib import Path

import apparatus
import pytest
from apparatus import Terms, documented, markdown, plural, sections
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parent.parent

GLOSSARY = """# Words

The stride is not linked here.

```{glossary}
stride
  The step of a window. See [](filt.stride).

receptive field
  What a unit sees, $r$ pixels. See [](filt.stride).

padding
  A border. See [](pads).

dropout
  Noise. See [a page](page.md).

epoch
  A round. See [a heading](other.md#rounds).

cross-correlation
correlation
  A sum of products.

frequency
  How often.

ReLU
  The larger of a number and nought.

max pooling
  The largest.

pooling
  One number for a window.

same padding
  As large as before.
```
"""

PAGE = """# The stride of a page

*A promise about a stride, which stays as it is.*

## What you will be able to do

1. **Say** what a stride is.

(pads)=
## A stride in a heading

`stride` in code, $stride$ in a formula, a [stride in a link](glossary.md), and a **stride**
that is bold, and another stride. The strides again.

| a table | with frequencies |
|---|---|
| of correlation | and max pooling |

Receptive
fields grow in an epoch. Padding and dropout are taught on this page. A rank correlation is none.
Correlation is cross-correlation. Frequencies differ. Max pooling is pooling, a relu is none, ReLUs are.

> A same-padding layer, quoted; a non-stride and a restride are other words.

(conv2d)=
## Not a function of this book

(label_smooth)=
### A function of it
"""


OTHER = """# The stride of another page

(filt.stride)=
## Steps

A padding, and a dropout.

## Rounds
"""


def build(folder: Path, **options) -> None:
    """Build the Markdown pages of a folder as the book does, without the theme."""
    settings = {
        "extensions": ["myst_parser", "apparatus"],
        "myst_enable_extensions": ["dollarmath"],
        "index_networks": False,
        "html_theme": "basic",
        "nitpicky": True,
        **options,
    }
    out, said = folder / "out", StringIO()
    with patch_docutils(), docutils_namespace():
        Sphinx(folder, None, out, out / ".doctrees", "html", settings, status=None, warning=said).build()
    assert said.getvalue() == ""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    (folder / "index.md").write_text("# Start\n\n```{toctree}\npage\nother\nfree\nglossary\n```\n", "utf8")
    (folder / "page.md").write_text(PAGE, "utf8")
    (folder / "other.md").write_text(OTHER, "utf8")
    (folder / "free.md").write_text("# Free\n\nA stride of no interest.\n", "utf8")
    (folder / "glossary.md").write_text(GLOSSARY, "utf8")
    build(folder, glossary_free_pages=["free"], glossary_other_senses=["rank correlation"], myst_heading_anchors=2)
    return folder


def links(book: Path, page: str) -> list[tuple[str, str]]:
    """The links to the glossary in a page: where they lead, and their text."""
    text = (book / "out" / f"{page}.html").read_text("utf8")
    found = re.findall(r'<a class="term[^"]*" href="([^"]+)"[^>]*>([^<]+)</a>', text)
    return [(re.sub(r"^glossary\.html#term-", "", where), " ".join(words.split())) for where, words in found]


def test_first_occurrence_of_each_term_is_linked_once(book):
    assert links(book, "page") == [
        ("stride", "stride"),
        ("receptive-field", "Receptive fields"),
        ("epoch", "epoch"),
        ("correlation", "Correlation"),  # its other name, later in the line, is the same term
        ("frequency", "Frequencies"),
        ("max-pooling", "Max pooling"),
        ("pooling", "pooling"),
        ("ReLU", "ReLUs"),
        ("same-padding", "same-padding"),
    ]


def test_linked_term_is_the_bold_one_in_prose(book):
    text = (book / "out" / "page.html").read_text("utf8")
    link = r'<strong><a class="term[^"]*" href="glossary.html#term-stride" title="The step of a window."'
    assert re.search(link, text)


def test_headings_code_formulas_links_tables_and_promise_stay_free(book):
    text = (book / "out" / "page.html").read_text("utf8")
    for pattern in (r"<h[1-3].*?</h[1-3]>", r"<code.*?</code>", r"<table.*?</table>", r"<em>.*?</em>"):
        assert re.findall(pattern, text, re.DOTALL) and 'class="term' not in "".join(
            re.findall(pattern, text, re.DOTALL)
        )
    assert "stride in a link" in text


def test_page_that_teaches_a_term_does_not_link_it(book):
    assert links(book, "other") == [("padding", "padding"), ("dropout", "dropout")]
    assert not {"padding", "dropout"} & {where for where, _ in links(book, "page")}


def test_phrase_of_another_sense_has_no_link(book):
    text = (book / "out" / "page.html").read_text("utf8")
    assert "A rank correlation is none.\n<a" in text


def test_objectives_have_no_link(book):
    text = (book / "out" / "page.html").read_text("utf8")
    assert "</strong> what a stride is." in text


def test_definition_with_a_formula_is_no_title(book):
    text = (book / "out" / "page.html").read_text("utf8")
    assert "title" not in re.search(r"<a [^>]*term-receptive-field[^>]*>", text)[0]


def test_glossary_and_free_pages_have_no_links_to_terms(book):
    assert links(book, "glossary") == links(book, "free") == []


def test_changed_glossary_rewrites_the_other_pages(tmp_path):
    (tmp_path / "index.md").write_text("# Start\n\n```{toctree}\npage\nglossary\n```\n", "utf8")
    (tmp_path / "page.md").write_text("# Page\n\nA kernel.\n", "utf8")
    (tmp_path / "glossary.md").write_text("# Words\n\n```{glossary}\nstride\n  A step.\n```\n", "utf8")
    build(tmp_path)
    assert links(tmp_path, "page") == []
    (tmp_path / "glossary.md").write_text("# Words\n\n```{glossary}\nkernel\n  Weights that slide.\n```\n", "utf8")
    build(tmp_path)
    assert links(tmp_path, "page") == [("kernel", "kernel")]


def test_term_and_label_of_one_name_do_not_quarrel(tmp_path):
    """`[](dropout)` means the section; Sphinx would warn that it may be the term, too."""
    words = "# Start\n\n```{glossary}\ndropout\n  Noise. See [](dropout).\n```\n\n(dropout)=\n## Dropping\n"
    (tmp_path / "index.md").write_text(words, "utf8")
    build(tmp_path)
    assert "Dropping</span></a>" in (tmp_path / "out" / "index.html").read_text("utf8")


# --- the index ----------------------------------------------------------------------------------------------


def test_index_has_terms_sections_and_functions(book):
    index = (book / "out" / "genindex.html").read_text("utf8")
    term = (
        r'<a href="glossary.html#term-stride"><strong>stride</strong></a>, <a href="other.html#filt-stride">([^<]+)</a>'
    )
    assert re.search(term, index)[1] == "The stride of another page"
    assert re.search(r'term-epoch"><strong>epoch</strong></a>, <a href="other.html#rounds">', index)
    assert '<a href="page.html#label-smooth">label_smooth (function)</a>' in index
    assert '<a href="page.html#conv2d">conv2d (function)</a>' in index


def test_every_public_function_has_an_entry_for_the_index():
    import d2lmini

    entries = set().union(*documented().values())
    functions = {name for name in d2lmini.__all__ if name[0].islower()}
    assert {f"{name} (function)" for name in functions} <= entries


def test_every_network_is_taught_under_a_label():
    labels = {label for path in (ROOT / "chapters").glob("*.ipynb") for label, _ in sections(markdown(path))}
    assert [name for name, candidates in apparatus.networks().items() if not labels & set(candidates)] == []


# --- words and labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "term, text, fits",
    [
        ("kernel", "kernels", True),
        ("kernel", "Kernel", True),
        ("bias", "biases", True),
        ("frequency", "frequencies", True),
        ("ReLU", "relu", False),
        ("ReLU", "ReLUs", True),
        ("receptive field", "receptive\nfields", True),
        ("max pooling", "max-pooling", True),
        ("1 × 1 convolution", "1 × 1 convolutions", True),
    ],
)
def test_plural_and_capital_are_found(term, text, fits):
    assert bool(re.fullmatch(plural(term), text)) is fits


def test_longest_term_wins():
    words = [{"terms": [("dense", "b")], "text": ""}, {"terms": [("dense layer", "a")], "text": ""}]
    pieces = Terms({"glossary": words}).pieces("dense layers are dense", set())
    assert [piece for piece, target in pieces if target] == ["dense layers", "dense"]


@pytest.mark.parametrize("text", ["restride", "a non-stride", "strided", "stride-like"])
def test_part_of_a_word_is_no_term(text):
    assert Terms({"glossary": [{"terms": [("stride", "a")], "text": ""}]}).pieces(text, set()) == []


def test_sections_give_each_label_its_heading():
    text = "# One\n\n(a)=\n(b)=\n## Two\n\n```\n# no heading\n(no)=\n```\n\n(c)=\nprose\n\n(d)=\n### Three"
    assert sections(text) == [("a", "Two"), ("b", "Two"), ("c", "Two"), ("d", "Three")]


# --- the pages of the book ----------------------------------------------------------------------------------


def test_each_definition_of_the_glossary_has_a_section_and_at_most_two_sentences():
    body = re.search(r"```\{glossary\}\n(.*?)```", markdown(ROOT / "chapters" / "glossary.md"), re.DOTALL)[1]
    definitions = [" ".join(item.split()) for item in re.findall(r"((?:^  .+\n)+)", body, re.MULTILINE)]
    assert len(definitions) >= 120
    for text in definitions:
        assert re.search(r"See \[[^]]*\]\([\w.#-]+\)\.$", text), text
        assert len(re.findall(r"[.?!](?=\s|$)", text)) <= 2, text


def test_terms_of_the_glossary_are_sorted_and_unique():
    body = re.search(r"```\{glossary\}\n(.*?)```", markdown(ROOT / "chapters" / "glossary.md"), re.DOTALL)[1]
    first = [item.splitlines()[0] for item in body.split("\n\n")]
    terms = [line for line in body.splitlines() if line and not line.startswith(" ")]
    keys = [re.sub(r"[^a-z0-9 ]", "", term.lower()) for term in first]
    assert keys == sorted(keys)
    assert len({term.lower() for term in terms}) == len(terms)


def test_each_convention_has_its_row_its_section_and_its_cell():
    path = ROOT / "chapters" / "conventions.ipynb"
    text = markdown(path)
    rows = re.findall(r"^\| \[[^]]+\]\((cv-[\w-]+)\)", text, re.MULTILINE)
    taught = [label for label, _ in sections(text)]
    assert rows == taught and len(rows) == len(set(rows)) > 30
    cells = re.findall(r'"id": "(cv-[\w-]+)-check"', path.read_text("utf8"))
    assert cells == rows
