"""The layout of the repository, read from the tree: imports, names, chapters, what no file may hold."""

import ast
import inspect
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

import d2lmini

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "d2lmini"

# imports point to the left only; `root` is `import d2lmini` itself
LAYERS = (
    *("errors", "shapes", "ops", "root", "data", "augment", "plot", "nn", "train", "explain", "transfer", "search"),
    *("clinic", "figures", "grading", "doctor", "__main__"),
)
WITH_TORCH = {"data", "grading", "nn", "train", "explain", "transfer", "search", "clinic", "doctor"}
WITH_MATPLOTLIB = {"plot", "doctor"}

# the second-level headings of a chapter in this order, with others between them
HEADINGS = (
    "What you will be able to do",
    "Before you start",
    "In five lines",
    "Exercises",
    "Further reading",
)
FORBIDDEN_TAGS = {"nbval-skip", "nbval-ignore-output", "nbval-raises-exception"}

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))

modules = sorted(p for p in PACKAGE.rglob("*.py"))
notebooks = sorted((ROOT / "chapters").glob("*.ipynb"))
numbered = [entry["file"] for part in TOC["parts"] if part.get("numbered") for entry in part["chapters"]]
chapters = [path for path in notebooks if f"chapters/{path.stem}" in numbered]  # the others are appendices
functions = sorted(name for name in d2lmini.__all__ if inspect.isfunction(getattr(d2lmini, name)))
each_module = pytest.mark.parametrize("path", modules, ids=lambda p: p.relative_to(PACKAGE).as_posix())
each_notebook = pytest.mark.parametrize("path", notebooks, ids=lambda p: p.stem)
each_chapter = pytest.mark.parametrize("path", chapters, ids=lambda p: p.stem)
each_function = pytest.mark.parametrize("name", functions)


def layer(path: Path) -> str:
    """The part of the package that a file belongs to: `ops` for d2lmini/ops/conv.py."""
    first = path.relative_to(PACKAGE).with_suffix("").parts[0]
    return "root" if first == "__init__" else first


def imports(path: Path) -> set[str]:
    """The full names of all modules that a file imports, anywhere in it, relative ones resolved."""
    package = ("d2lmini", *path.relative_to(PACKAGE).parent.parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            submodules = {f"{base}.{a.name}" for a in node.names} if base == "d2lmini" else set()
            found |= {s for s in submodules if s.split(".")[1] in LAYERS} or {base}
    return found


@cache
def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text("utf8"))["cells"]


def text(cell: dict) -> str:
    return "".join(cell["source"])


def prose(path: Path) -> str:
    return "\n\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "markdown")


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


# --- imports ----------------------------------------------------------------------------------------------


@each_module
def test_imports_point_down_only(path):
    here = layer(path)
    assert here in LAYERS, f"say in LAYERS what d2lmini/{here} may import"
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "d2lmini":
            target = rest.split(".")[0] or "root"
            assert target == here or LAYERS.index(target) < LAYERS.index(here), f"imports {name}"
        assert top not in {"chapters", "exercises", "tests", "benchmarks"}, f"imports {name}"


@each_module
def test_numpy_modules_never_import_torch(path):
    names = {name.split(".")[0] for name in imports(path)}
    assert layer(path) in WITH_TORCH or not names & {"torch", "torchvision"}


@each_module
def test_only_plot_imports_matplotlib(path):
    names = {name.split(".")[0] for name in imports(path)}
    assert layer(path) in WITH_MATPLOTLIB or "matplotlib" not in names


def test_import_is_light():
    code = "import sys, d2lmini, d2lmini.data; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"torch", "matplotlib", "sklearn", "scipy", "anywidget", "IPython"}


# --- one name links everything ----------------------------------------------------------------------------


def summary(name: str) -> str:
    """The first paragraph of the docstring of a public name."""
    return inspect.getdoc(getattr(d2lmini, name)).split("\n\n")[0].replace("\n", " ")


def test_public_names_exist_once():
    assert len(d2lmini.__all__) == len(set(d2lmini.__all__))
    assert all(hasattr(d2lmini, name) for name in d2lmini.__all__)


@pytest.mark.parametrize("name", sorted(d2lmini.__all__))
def test_public_name_says_what_it_is_in_one_sentence(name):
    sentence = summary(name)
    assert sentence[0].isupper() and sentence.endswith(".") and ". " not in sentence


@each_function
def test_public_function_documents_shapes_source_and_example(name):
    doc = inspect.getdoc(getattr(d2lmini, name))
    for part in ("Shapes:", "Source:", ">>> "):
        assert part in doc
    if "raise " in inspect.getsource(getattr(d2lmini, name)):
        assert "Raises:" in doc


@each_function
def test_public_function_has_types_in_its_signature(name):
    signature = inspect.signature(getattr(d2lmini, name))
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())


@each_function
def test_public_function_is_tested_by_name(name):
    tests = "".join(path.read_text("utf8") for path in (ROOT / "tests").glob("test_*.py"))
    assert re.search(rf"def test_{name}_\w+\(", tests)


@each_function
def test_public_function_is_taught_in_exactly_one_chapter(name):
    taught = [path.stem for path in chapters for _ in re.findall(rf"^\({name}\)=$", prose(path), re.M)]
    assert len(taught) == 1, taught


@each_function
def test_docstring_names_the_label_of_the_chapter(name):
    assert f"chapter `{name}`" in summary(name)


@each_module
def test_docstrings_name_places_that_the_book_has_once(path):
    """Networks, training and figures too: what a docstring calls its chapter is one label, or a whole chapter."""
    labels = Counter(re.findall(r"^\((\S+)\)=$", "\n".join(prose(p) for p in chapters), re.MULTILINE))
    for name in re.findall(r"; chapter `([\w.]+)`", path.read_text("utf8")):
        assert labels[name] == 1 or name in {p.stem for p in chapters}, name


def test_benchmark_cases_are_public_names():
    for path in (ROOT / "benchmarks").glob("bench_*.py"):
        cases = re.findall(r'@case\("(\w+)"', path.read_text("utf8"))
        assert set(cases) <= set(d2lmini.__all__), path.name


# --- chapters ---------------------------------------------------------------------------------------------


def test_toc_lists_every_chapter_and_nothing_else():
    listed = [entry["file"] for part in TOC["parts"] for entry in part["chapters"]]
    there = [f"chapters/{path.stem}" for path in (ROOT / "chapters").iterdir() if path.is_file()]
    assert sorted(listed) == sorted([*there, "genindex"])  # Sphinx writes the index


def test_cell_ids_are_unique_over_the_book():
    ids = Counter(cell.get("id") for path in notebooks for cell in cells(path))
    assert [cell_id for cell_id, times in ids.items() if times > 1 or cell_id is None] == []


@each_chapter
def test_chapter_opens_with_title_and_promise(path):
    lines = [line for line in prose(path).splitlines() if line.strip()]
    assert lines[0].startswith("# ") or lines[1].startswith("# ")
    titles = [line for cell in cells(path) if cell["cell_type"] == "markdown" for line in headings(cell, 1)]
    assert len(titles) == 1
    promise = next(line for line in lines if not line.startswith(("#", "(")))
    assert promise[0].isupper() and re.search(r"\.$", promise.strip("*_")) or len(promise) > 40


def headings(cell: dict, level: int) -> list[str]:
    """The headings of a Markdown cell, without those that look so inside a fence."""
    unfenced = re.sub(r"^(`{3,}|:{3,}).*?^\1\s*$", "", text(cell), flags=re.M | re.S)
    return re.findall(rf"^#{{{level}}} (.+)$", unfenced, re.M)


@each_chapter
def test_chapter_keeps_the_order_of_its_sections(path):
    found = [line for cell in cells(path) if cell["cell_type"] == "markdown" for line in headings(cell, 2)]
    places = []
    for heading in HEADINGS:
        matching = [number for number, line in enumerate(found) if line.startswith(heading)]
        assert len(matching) == 1, f"'## {heading}' stands {len(matching)} times among {found}"
        places += matching
    assert places == sorted(places)
    assert found[-1].startswith(HEADINGS[-1])


@each_notebook
def test_notebook_stores_a_run_from_top_to_bottom(path):
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in code]
    assert counts == list(range(1, len(code) + 1)), "type: python tools/record.py"
    assert any(cell["outputs"] for cell in code)


@each_notebook
def test_notebook_stores_text_only(path):
    for cell in cells(path):
        assert "attachments" not in cell
        for output in cell.get("outputs", ()):
            assert set(output.get("data", {})) <= {"text/plain"}
            assert output.get("name", "stdout") == "stdout"
            assert not output.get("traceback")


@each_notebook
def test_notebook_hides_no_cell_from_the_comparison(path):
    for cell in cells(path):
        assert not FORBIDDEN_TAGS & set(cell["metadata"].get("tags", ()))
        assert cell["cell_type"] != "code" or "NBVAL_" not in text(cell)


@each_notebook
def test_notebook_shows_pictures_through_plot_and_describes_them(path):
    code = "\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "code")
    assert not re.search(r"^\s*(from|import) matplotlib", code, re.M)
    assert not re.search(r"!\[\s*\]\(", prose(path)), "an image without alt text"
    for directive in re.findall(r"^[`:]{3,}\{(?:figure|image)\}.*?^[`:]{3,}", prose(path), re.M | re.S):
        assert re.search(r"^:alt: .{15,}", directive, re.M), directive.splitlines()[0]


@each_chapter
def test_chapter_links_its_graded_notebook(path):
    assert f"exercises/release/{path.stem}/{path.stem}.ipynb" in prose(path)


def test_exercise_sets_have_the_names_of_chapters_or_of_homework_or_of_patients():
    sets = [path for path in (ROOT / "exercises" / "source").glob("*/*.ipynb")]
    assert all(path.parent.name == path.stem for path in sets)
    assert {path.stem for path in sets if not homework(path) and not patient(path)} == {path.stem for path in chapters}


def homework(path: Path) -> bool:
    """Whether a set belongs to several chapters: `homework_d`."""
    return path.stem.startswith("homework_")


def patient(path: Path) -> bool:
    """Whether a set is a patient of the clinic: `clinic_a`; chapters teach its cure."""
    return path.stem.startswith("clinic_")


def test_homework_sets_lead_to_chapters_and_are_listed():
    from d2lmini.grading import bank

    for path in filter(homework, (ROOT / "exercises" / "source").glob("*/*.ipynb")):
        pages = {exercise.section.split(".html")[0] for exercise in bank.load()[path.stem].values()}
        assert len(pages) > 1 and pages <= {chapter.stem for chapter in chapters}
        assert f"`{path.stem}`" in read(ROOT / "exercises" / "README.md")


def test_patients_of_the_clinic_lead_to_chapters_and_are_listed_and_admitted():
    from d2lmini.grading import bank

    sets = [path.stem for path in filter(patient, (ROOT / "exercises" / "source").glob("*/*.ipynb"))]
    for name in sets:
        pages = {exercise.section.split(".html")[0] for exercise in bank.load()[name].values()}
        assert pages <= {chapter.stem for chapter in chapters}
        assert f"`{name}`" in read(ROOT / "exercises" / "README.md")
        assert f"exercises/release/{name}/{name}.ipynb" in prose(ROOT / "chapters" / "clinic.ipynb")
    assert len(sets) == 8


def test_bibliography_is_sorted_by_key():
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text("utf8"), re.M)
    assert keys == sorted(set(keys))


def test_every_source_can_be_found():
    """By a DOI, an arXiv number or an address; a book by its ISBN, whose check digit is right."""
    entries = re.split(r"^(?=@)", (ROOT / "references.bib").read_text("utf8"), flags=re.M)[1:]
    for entry in entries:
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", entry, re.M))
        assert fields.keys() & {"doi", "eprint", "url", "isbn"}, entry
        assert re.fullmatch(r"10\.\d{4,9}/\S+", fields.get("doi", "10.1000/x")), entry
        assert re.fullmatch(r"(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})", fields.get("eprint", "1512.03385")), entry
        assert re.match(r"https?://\S+$", fields.get("url", "https://example.org")), entry
        digits = [int(digit) for digit in fields.get("isbn", "0" * 13) if digit.isdigit()]
        assert len(digits) == 13 and sum(digits[::2]) + 3 * sum(digits[1::2]) in range(0, 400, 10), entry


# --- what no file may hold --------------------------------------------------------------------------------


def test_no_file_names_a_path_of_the_machine_it_was_written_on():
    here = re.compile(rf"{re.escape(str(ROOT))}(?![\w-])|/(home|Users)/[a-z]\w+/|[A-Z]:\\Users\\")
    assert [p.relative_to(ROOT).as_posix() for p in files() if here.search(read(p))] == []


def test_no_file_names_a_package_registry():
    hosts = re.compile(r"(pypi|pythonhosted|npmjs|anaconda)\.org")
    assert [p.relative_to(ROOT).as_posix() for p in files() if hosts.search(read(p))] == []


def read(path: Path) -> str:
    return path.read_text("utf8", errors="ignore")


# --- commands ---------------------------------------------------------------------------------------------


def test_every_make_command_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):.*## ", read(ROOT / "Makefile"), re.M))
    named = set()
    for name in ("README.md", "CONTRIBUTING.md", "intro.md"):
        named |= set(re.findall(r"(?:^|`|\$ )make ([a-z]+)", read(ROOT / name), re.M))
    assert named <= targets
    assert {"help", "book", "test", "lab", "grade", "bench", "lint"} <= targets


def test_every_file_that_the_readme_runs_exists():
    for name in ("README.md", "CONTRIBUTING.md"):
        for script in re.findall(r"python (tools/\w+\.py)", read(ROOT / name)):
            assert (ROOT / script).is_file(), f"{name}: {script}"


def test_requirements_pin_exactly_and_constraints_add_nothing_twice():
    wanted = [line.split("#")[0].strip() for line in read(ROOT / "requirements.txt").splitlines()]
    wanted = [line for line in wanted if line and not line.startswith("-")]
    assert [line for line in wanted if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    further = [line for line in read(ROOT / "constraints.txt").splitlines() if not line.startswith("#")]
    names = Counter(re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in wanted + further)
    assert [name for name, times in names.items() if times > 1] == []
