"""The one Sphinx extension of the book: pages show tested runs, need no other host, and are accessible."""

import re
import shutil
import sys
from importlib.metadata import files
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import execute  # noqa: E402

FIGURES = ROOT / "d2lmini" / "figures" / "book_static"
MATHJAX = ("tex-chtml.js", "a11y", "sre", "ui", "input/tex/extensions", "output/chtml/fonts")
WORDS_PER_MINUTE = 150  # prose between formulas and code


# --- what the pages show ------------------------------------------------------------------------------------


def run_stale_chapters(app: Sphinx) -> None:
    if execute.refresh():
        raise ExtensionError("a chapter does not run: the failed cell stands above")


def show_kept_run(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give a notebook the outputs of its kept run before it is parsed."""
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return
    run = execute.load(path)
    if run is None:
        raise ExtensionError(f"{docname} or the package changed during the build: build again")
    app.env.note_dependency(str(execute.kept(path)))
    nb = execute.with_outputs(nbformat.reads(source[0], 4), run)
    for cell in execute.code_cells(nb):
        cell.metadata["tags"] = [*cell.metadata.get("tags", ()), *folded(cell)]
    source[0] = nbformat.writes(nb)


def folded(cell: nbformat.NotebookNode) -> list[str]:
    """The tag that takes the code of a question off the page, and that folds the code of a picture."""
    if execute.is_quiz(cell):
        return ["remove-input"]  # it holds the answer
    if re.search(r"^plot\.show\(", cell.source, re.MULTILINE) and "show-input" not in cell.metadata.get("tags", ()):
        return ["hide-input"]
    return []


def say_effort(app: Sphinx, doctree: nodes.document) -> None:
    """Below a chapter's promise: minutes to read and seconds to run, both measured."""
    path = Path(app.env.doc2path(app.env.docname))
    title = next(doctree.findall(nodes.title), None)
    if path.suffix != ".ipynb" or title is None:
        return
    nb = nbformat.read(path, 4)
    words = sum(len(re.findall(r"\w+", cell.source)) for cell in nb.cells if cell.cell_type == "markdown")
    minutes = max(5, 5 * round(words / WORDS_PER_MINUTE / 5))
    seconds = max(1, round(execute.load(path).metadata[execute.NOTE]["cpu_seconds"]))
    cells = len(execute.code_cells(nb))
    text = f"About {minutes} minutes to read. The {cells} code cells take {seconds} s of processor time."
    title.parent.insert(title.parent.index(title) + 2, nodes.paragraph("", text, classes=["effort"]))


# --- no other host ------------------------------------------------------------------------------------------


def serve_figures(app: Sphinx) -> None:
    if app.builder.format == "html" and FIGURES.is_dir():
        app.config.html_static_path.append(str(FIGURES))


def mathjax() -> Path:
    """The folder of MathJax in the package sphinx-mathjax-offline, whose own code is not used."""
    start = next((f for f in files("sphinx-mathjax-offline") or () if f.name == "tex-chtml.js"), None)
    if start is None:
        raise ExtensionError("MathJax is missing. Type: pip install -r requirements.txt")
    return Path(start.locate()).resolve().parent


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Put MathJax beside the pages: from `_static/` of the sources every script starts on every page."""
    if error or app.builder.format != "html":
        return
    source, target = mathjax(), Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX:
        if (target / name).exists():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy2
        copy(source / name, target / name)


# --- accessible to everyone ---------------------------------------------------------------------------------

REPAIRS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # a name that differs from the visible text: speech control cannot press the button
        (r'<summary aria-label="[^"]*">', "<summary>"),
        (r'(<button[^>]*search-button-field[^>]*?) aria-label="[^"]*"', r"\1"),
        (r'(<button[^>]*theme-switch-button[^>]*?) aria-label="[^"]*"', r"\1"),
        # the empty corner of a table heads nothing
        (r'<th class="([^"]*)">(?:<p></p>)?</th>', r'<td class="\1"></td>'),
        # the logo lies outside every landmark
        (r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand logo")',
         '<div class="sidebar-primary-item" role="navigation" aria-label="Home">'),
        # docutils gives bibliographies roles that ARIA 1.2 took away
        (r' role="list"(?= class="citation-list")', ""),
        (r'(?<=class="citation-list") role="list"', ""),
        (r' role="doc-biblioentry"', ""),
    )
)  # fmt: skip


def repair_pages(app: Sphinx, error: Exception | None) -> None:
    """Mend in the written pages what axe-core finds in those of the theme, of myst-nb and of docutils."""
    if error or app.builder.name != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        if "_static" in path.parts:
            continue
        old = new = path.read_text("utf8")
        for pattern, replacement in REPAIRS:
            new = pattern.sub(replacement, new)
        if new != old:
            path.write_text(new, "utf8")


def setup(app: Sphinx) -> dict:
    app.add_config_value("comments_config", {}, "env")  # set by Jupyter Book for what we leave out
    app.connect("builder-inited", run_stale_chapters)
    app.connect("builder-inited", serve_figures)
    app.connect("source-read", show_kept_run)
    app.connect("doctree-read", say_effort)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", repair_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
