"""The apparatus of the book: links to the glossary, entries of the index, the map from slides to sections.

Nothing of it is typed: the links follow from the terms of the glossary, the index from the terms, the docstrings
and the registry of networks, the map from tests/syllabus.csv and the labels in the chapters.
"""

import ast
import csv
import json
import re
from collections.abc import Iterable
from functools import cache, partial
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "d2lmini"
SYLLABUS = ROOT / "tests" / "syllabus.csv"

# --- where a label is taught --------------------------------------------------------------------------------


def markdown(path: Path) -> str:
    """The prose of a chapter, of a notebook or of a Markdown file."""
    text = path.read_text("utf8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def sections(text: str) -> list[tuple[str, str]]:
    """Each label of a page with the heading of its section, in their order.

    >>> sections("# Pooling\\n\\n(a)=\\n(b)=\\n## Maximum\\n\\n(c)=\\nA window ...")
    [('a', 'Maximum'), ('b', 'Maximum'), ('c', 'Maximum')]
    """
    found, waiting, heading, fence = [], [], "", ""
    for line in text.splitlines():
        if mark := re.match(r"(`{3,})", line):
            fence = "" if fence and line.strip() == fence else fence or mark[1]
        elif not fence and (label := re.fullmatch(r"\((\S+)\)=\s*", line)):
            waiting.append(label[1])
        elif not fence and line.strip():
            if title := re.match(r"#+ (.+)", line):
                heading = title[1].strip()
            found += [(label, heading) for label in waiting]
            waiting = []
    return found


def syllabus() -> list[dict[str, str]]:
    """The rows of tests/syllabus.csv: id, chapter, decks, subject."""
    with SYLLABUS.open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


class MapOfTheDecks(SphinxDirective):
    """Every subject of the slides with the section that teaches it, a table for each chapter."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(SYLLABUS))
        folder = Path(self.env.doc2path(self.env.docname)).parent
        lines, rows = [], syllabus()
        toc = Path(self.env.srcdir, "_toc.yml")  # the only place where chapters have an order
        self.env.note_dependency(str(toc))
        listed = re.findall(r"file: chapters/(\w+)", toc.read_text("utf8"))
        for slug in (slug for slug in listed if any(row["chapter"] == slug for row in rows)):
            chapter = folder / f"{slug}.ipynb"
            self.env.note_dependency(str(chapter))
            taught = dict(sections(markdown(chapter)))
            title = re.search(r"^# (.+)$", markdown(chapter), re.MULTILINE)[1]
            lines += ["", f"## {title}", "", "| subject | decks | section | id |", "|---|---|---|---|"]
            for row in rows:
                if row["chapter"] == slug and row["id"] in taught:
                    where = f"[{taught[row['id']]}](<{row['id']}>)"
                    decks = row["decks"].replace(" ", ", ")
                    lines.append(f"| {row['subject']} | {decks} | {where} | `{row['id']}` |")
        host = nodes.section()
        host.document = self.state.document
        self.state.nested_parse(StringList(lines, str(SYLLABUS)), self.content_offset, host, match_titles=True)
        for section in host.children:
            section["classes"].append("map-of-the-decks")
        return host.children


# --- the index ----------------------------------------------------------------------------------------------


@cache
def documented() -> dict[str, set[str]]:
    """Label, in small letters -> entries of the functions and classes whose docstring names it as their chapter."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf8")).body:
            network = any("register(" in ast.unparse(d) for d in getattr(node, "decorator_list", ()))
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not (network or node.name.startswith("_")):
                first = (ast.get_docstring(node) or "").split("\n\n")[0]
                if label := re.search(r"chapter\s+`([\w.]+)`", first):
                    kind = "class" if isinstance(node, ast.ClassDef) else "function"
                    found.setdefault(label[1].lower(), set()).add(f"{node.name} ({kind})")
    return found


@cache
def networks() -> dict[str, tuple[str, ...]]:
    """Name of a network -> the labels under which it may be taught, the nearest first."""
    from d2lmini import nn

    found, modules = {}, {}
    for name in nn.names():
        builder = nn.card(name).builder
        while isinstance(builder, partial):
            builder = builder.func
        said = re.search(r"chapter `([\w.]+)`", (builder.__doc__ or "").split("\n\n")[0])
        module = builder.__module__.rpartition(".")[2]
        family = re.sub(r"_?(mini|cifar).*|\d.*", "", name)
        found[name] = tuple(filter(None, (name, said and said[1], builder.__name__, module, family)))
        modules.setdefault(module, []).append(name)
    return {name: (*near, *modules[near[-2]]) for name, near in found.items()}


class IndexLabels(SphinxTransform):
    """Enter what a label stands for into the index, before Sphinx collects the entries of a page."""

    default_priority = 700  # behind the transform that hands labels to their headings, before the domains look

    def apply(self) -> None:
        for name, place in list(self.document.nameids.items()):
            for entry in sorted(documented().get(name, ())) if place else ():
                index = addnodes.index(entries=[("single", entry, place, "", None)])
                self.document.append(index)


def complete_index(app: Sphinx, env: BuildEnvironment) -> None:
    """Networks, and for each term of the glossary the section to which its definition leads."""
    std = env.domains["std"]
    labels = std.anonlabels
    wanted = []
    for items in env.book_terms.values():
        for item in items:
            for term, _ in item["terms"]:
                wanted.append((term, taught_at(env, item["taught"])))
                if term.lower() in labels:  # `[](dropout)` means the label: one name, one place
                    std.objects.pop(("term", term.lower()), None)
    if app.config.index_networks:
        for name, candidates in networks().items():
            label = next((c for c in candidates if c.lower() in labels), "")
            wanted.append((f"{name} (network)", taught_at(env, label)))
    entries = env.domains["index"].entries
    for text, (docname, place) in wanted:
        entry = ("single", text, place, "", None)
        if docname and entry not in entries.setdefault(docname, []):
            entries[docname].append(entry)


def name_pages(app: Sphinx, error: Exception | None) -> None:
    """In the index, call a further place of an entry by its page; Sphinx numbers them."""
    index = Path(app.outdir) / "genindex.html"
    if error or app.builder.name != "html" or not index.is_file():
        return
    names = {app.builder.get_target_uri(doc): title.astext().split(":")[0] for doc, title in app.env.titles.items()}

    def named(link: re.Match) -> str:
        return f'<a href="{link[1]}#{link[2]}">{escape(names.get(link[1], link[3]))}</a>'

    text = index.read_text("utf8")
    index.write_text(re.sub(r'<a href="([^"#]+)#([^"]*)">(\[\d+\])</a>', named, text), "utf8")


# --- links to the glossary ----------------------------------------------------------------------------------


def collect_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the terms of a page with a glossary: synonyms together, and where their definition leads."""
    items = []
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            terms = [(term.astext(), term["ids"][0]) for term in item.findall(nodes.term)]
            links = list(item.findall(addnodes.pending_xref))
            said = next(item.findall(nodes.paragraph))
            text = re.sub(r"\s+See [^.]*\.$", "", said.astext().replace("\n", " "))  # without the link behind it
            text = "" if list(said.findall(nodes.math)) else text
            taught = "#".join(filter(None, (links[0]["reftarget"], links[0].get("reftargetid")))) if links else ""
            items.append({"terms": terms, "taught": taught, "text": text})
    env = app.env
    if items != env.book_terms.get(env.docname, []):
        env.book_terms[env.docname] = items
        env.book_terms_changed = True


def taught_at(env: BuildEnvironment, target: str) -> tuple[str, str]:
    """Page and place of a label, or of a page's heading `page#heading`; both empty where there is none."""
    docname, _, slug = target.partition("#")
    if docname in env.found_docs:
        return docname, env.metadata[docname].get("myst_slugs", {}).get(slug, ("", "", ""))[1]
    return env.domains["std"].anonlabels.get(target.lower(), ("", ""))


def start(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    env.book_terms = getattr(env, "book_terms", {})
    env.book_terms_changed = False


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """A page is read again: its terms too, and the others' links stay as they are until it was."""
    if docname not in env.found_docs:
        getattr(env, "book_terms", {}).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    for docname in docnames:
        if docname in getattr(other, "book_terms", {}):
            env.book_terms[docname] = other.book_terms[docname]
            env.book_terms_changed = True


def rewrite_all(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """With other terms every page has other links."""
    return sorted(env.found_docs) if env.book_terms_changed else []


def plural(term: str) -> str:
    """A pattern for a term and its plural, over the end of a line or a hyphen; a capital may begin a sentence.

    >>> bool(re.fullmatch(plural("receptive field"), "Receptive\\nfields"))
    True
    >>> bool(re.fullmatch(plural("frequency"), "frequencies")), bool(re.fullmatch(plural("ReLU"), "relu"))
    (True, False)
    """
    first = term[0] if any(c.isupper() for c in term) else f"[{term[0].upper()}{term[0]}]"
    words = re.sub(r"(?:\\ |\\-)", r"[\\s-]", re.escape(term[1:]))
    if words.endswith("y") and words[-2] not in "aeiou":
        return rf"{first}(?:{words}|{words[:-1]}ies)"
    return rf"{first}{words}(?:s|es)?"


class Terms:
    """Finds the terms of the glossary in a text, the longest first, and no term in a phrase of another sense."""

    def __init__(self, glossaries: dict[str, list[dict]], other_senses: Iterable[str] = ()):
        self.found = {}  # pattern's group -> (docname, id, number of the definition, its text); None: another sense
        patterns = [(phrase, None) for phrase in other_senses]
        for docname, items in sorted(glossaries.items()):
            for number, item in enumerate(items):
                for term, place in item["terms"]:
                    patterns.append((term, (docname, place, (docname, number), item["text"])))
        patterns.sort(key=lambda pair: -len(pair[0]))
        for group, (_, target) in enumerate(patterns):
            self.found[f"t{group}"] = target
        either = "|".join(f"(?P<t{group}>{plural(term)})" for group, (term, _) in enumerate(patterns))
        self.pattern = re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")

    def pieces(self, text: str, seen: set) -> list[tuple[str, tuple | None]]:
        """The text in pieces, each with the target of its link, or None; `seen` holds definitions with a link."""
        pieces, done = [], 0
        for match in self.pattern.finditer(text):
            target = self.found[match.lastgroup]
            if target and target[2] not in seen:
                seen.add(target[2])
                pieces += [(text[done : match.start()], None), (match[0], target)]
                done = match.end()
        return [*pieces, (text[done:], None)] if done else []


NO_PROSE = (nodes.reference, nodes.literal, nodes.math, nodes.raw, nodes.table, nodes.citation, nodes.figure,
            nodes.footnote_reference, addnodes.glossary, addnodes.download_reference, nodes.title)  # fmt: skip
OBJECTIVES = "What you will be able to do"  # a promise in many sentences: what the words mean comes afterwards


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the first occurrence of each term in the prose of a page a quiet link, unless the page itself teaches it."""
    glossaries = app.env.book_terms
    if not any(glossaries.values()) or docname in glossaries or docname in app.config.glossary_free_pages:
        return
    terms, seen = Terms(glossaries, app.config.glossary_other_senses), set()
    for page, items in glossaries.items():
        taught_here = (taught_at(app.env, item["taught"])[0] == docname for item in items)
        seen |= {(page, number) for number, here in enumerate(taught_here) if here}
    for paragraph in list(doctree.findall(nodes.paragraph)):
        promise = len(paragraph) == 1 and isinstance(paragraph[0], nodes.emphasis) or objective(paragraph)
        if promise or "effort" in paragraph["classes"] or inside(paragraph, doctree):
            continue
        join_lines(paragraph)
        for text in list(paragraph.findall(nodes.Text)):
            if inside(text, paragraph):
                continue
            new = []
            for piece, target in terms.pieces(text.astext(), seen):
                if target:
                    where = f"{app.builder.get_relative_uri(docname, target[0])}#{target[1]}"
                    note = {"reftitle": target[3]} if target[3] else {}
                    new.append(nodes.reference("", piece, internal=True, refuri=where, classes=["term"], **note))
                elif piece:
                    new.append(nodes.Text(piece))
            if new:
                text.parent.replace(text, new)


def join_lines(paragraph: nodes.paragraph) -> None:
    """Make one text of neighbouring ones: each line of Markdown is a node of its own, and a term may be in two."""
    for parent in {text.parent for text in paragraph.findall(nodes.Text)}:
        joined = []
        for child in parent.children:
            if isinstance(child, nodes.Text) and joined and isinstance(joined[-1], nodes.Text):
                joined[-1] = nodes.Text(joined[-1].astext() + child.astext())
            else:
                joined.append(child)
        parent.children = []
        parent.extend(joined)


def inside(node: nodes.Node, end: nodes.Node) -> bool:
    """Whether something that is no prose holds a node, looked for upwards to `end`."""
    while (node := node.parent) is not None and node is not end:
        if isinstance(node, NO_PROSE):
            return True
    return False


def objective(node: nodes.Node) -> bool:
    """Whether a node belongs to the objectives of a chapter."""
    while (node := node.parent) is not None:
        if isinstance(node, nodes.section) and next(node.findall(nodes.title)).astext() == OBJECTIVES:
            return True
    return False


def setup(app: Sphinx) -> dict:
    app.add_config_value("glossary_free_pages", [], "env")
    app.add_config_value("glossary_other_senses", [], "env")
    app.add_config_value("index_networks", True, "env")
    app.add_directive("map-of-the-decks", MapOfTheDecks)
    app.add_transform(IndexLabels)
    app.connect("env-before-read-docs", start)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-read", collect_terms)
    app.connect("env-updated", rewrite_all)
    app.connect("env-check-consistency", complete_index)
    app.connect("doctree-resolved", link_terms)
    app.connect("build-finished", name_pages)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
