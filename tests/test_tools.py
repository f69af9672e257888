"""The engine between tests and book: what is run, kept, shown, recorded, and when it counts as stale."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import cnnbook
import nbformat
import pytest
import record
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import execute

ROOT = Path(__file__).resolve().parent.parent


def notebook(*sources: str, prose: str = "# Title") -> nbformat.NotebookNode:
    cells = [new_code_cell(source, id=f"code-{n}") for n, source in enumerate(sources)]
    return new_notebook(cells=[new_markdown_cell(prose, id="title"), *cells])


def run_of(nb: nbformat.NotebookNode, *outputs: list) -> nbformat.NotebookNode:
    for number, (cell, shown) in enumerate(zip(execute.code_cells(nb), outputs, strict=True), start=1):
        cell.outputs, cell.execution_count = shown, number
    return nb


# --- what depends on what ---------------------------------------------------------------------------------


def test_digest_depends_on_code_and_not_on_prose():
    assert execute.digest(notebook("1 + 1")) == execute.digest(notebook("1 + 1", prose="# Another title"))
    assert execute.digest(notebook("1 + 1")) != execute.digest(notebook("1 + 2"))


def test_digest_tells_one_cell_from_two():
    assert execute.digest(notebook("a", "b")) != execute.digest(notebook("ab"))
    assert execute.digest(notebook("a", "b")) != execute.digest(notebook("b", "a"))


def test_digest_depends_on_the_bibliography_where_the_code_names_it(tmp_path, monkeypatch):
    execute.surroundings()  # kept: only the bibliography is another one
    reading, other = notebook("open('../references.bib')"), notebook("1 + 1")
    before = execute.digest(reading), execute.digest(other)
    (tmp_path / "references.bib").write_text("@book{new,}", "utf8")
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    assert execute.digest(reading) != before[0]
    assert execute.digest(other) == before[1]


def test_with_outputs_takes_prose_from_now_and_outputs_from_the_run():
    run = run_of(notebook("1 + 1", prose="# Old"), [new_output("stream", text="2\n")])
    run.metadata["widgets"] = {"state": 1}
    page = execute.with_outputs(notebook("1 + 1", prose="# New"), run)
    assert page.cells[0].source == "# New"
    assert page.cells[1].outputs[0].text == "2\n"
    assert page.metadata["widgets"] == {"state": 1}


def test_with_outputs_refuses_a_run_of_other_cells():
    with pytest.raises(ValueError, match="zip"):
        execute.with_outputs(notebook("1", "2"), notebook("1"))


# --- what is recorded -------------------------------------------------------------------------------------


def recorded(output) -> list:
    return execute.code_cells(record.normalise(notebook("x"), run_of(notebook("x"), [output])))[0].outputs


def test_record_keeps_stdout_and_plain_text():
    assert recorded(new_output("stream", name="stdout", text="2\n"))[0].text == "2\n"
    data = {"text/plain": "<figure: a>", "text/html": "<svg/>"}
    (output,) = recorded(new_output("execute_result", data=data, execution_count=7))
    assert output.data == {"text/plain": "<figure: a>"}
    assert output.execution_count == 1


def test_record_drops_warnings_and_pictures_without_text():
    assert recorded(new_output("stream", name="stderr", text="warning")) == []
    assert recorded(new_output("display_data", data={"image/png": "AAAA"})) == []


def test_record_keeps_the_message_of_an_expected_error_and_not_its_traceback():
    error = new_output("error", ename="ShapeError", evalue="x has 3 axes", traceback=["File /somewhere"])
    (output,) = recorded(error)
    assert (output.ename, output.evalue, output.traceback) == ("ShapeError", "x has 3 axes", [])


def test_record_drops_the_metadata_of_editors_and_keeps_ours():
    nb = notebook("x")
    nb.cells[1].metadata = nbformat.from_dict({"tags": ["hide-input"], "collapsed": True, "scrolled": False})
    nb.metadata = nbformat.from_dict({"toc": {"a": 1}})
    out = record.normalise(nb, run_of(notebook("x"), []))
    assert out.cells[1].metadata == {"tags": ["hide-input"]}
    assert set(out.metadata) == {"kernelspec", "language_info"}


def test_question_hides_its_code_in_jupyterlab_and_on_the_page():
    question, other = "Quiz('?', options={'a': 'b', 'c': 'd'}, answer='a')", "print('Quiz(')"
    nb = record.normalise(notebook(question, other), run_of(notebook(question, other), [], []))
    assert [cell.metadata.get("jupyter") for cell in nb.cells[1:]] == [{"source_hidden": True}, None]
    assert [cnnbook.folded(cell) for cell in nb.cells[1:]] == [["remove-input"], []]


def test_page_folds_the_code_of_a_picture_unless_it_is_the_lesson():
    picture = new_code_cell("fig, ax = plot.panels()\nplot.show(fig, 'a line')")
    assert cnnbook.folded(picture) == ["hide-input"]
    picture.metadata["tags"] = ["show-input"]
    assert cnnbook.folded(picture) == []


def test_record_twice_changes_nothing():
    run = run_of(notebook("x"), [new_output("stream", name="stdout", text="2\n")])
    once = nbformat.writes(record.normalise(notebook("x"), run))
    assert nbformat.writes(record.normalise(nbformat.reads(once, 4), run)) == once


# --- the whole engine on a small book ---------------------------------------------------------------------


def tool(book: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=book, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> dict[str, subprocess.CompletedProcess]:
    """What our tools say while a small book is written, run, recorded, tested, and its package changed."""
    book = tmp_path_factory.mktemp("book")
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, book)
    shutil.copytree(ROOT / "tools", book / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("d2lmini", "chapters"):
        (book / folder).mkdir()
    package, good = book / "d2lmini" / "__init__.py", "chapters/good.ipynb"
    package.write_text("ANSWER = 42\n", "utf8")
    nb = notebook("import d2lmini\n\nd2lmini.ANSWER", "raise ValueError('asked for')")
    nb.cells[2].metadata["tags"] = ["raises-exception"]
    nbformat.write(nb, book / good)
    loud = run_of(notebook("import sys; print('careful', file=sys.stderr)"), [])
    nbformat.write(loud, book / "chapters" / "loud.ipynb")
    nbformat.write(notebook("1 / 0", "2"), book / "chapters" / "bad.ipynb")
    two = new_output("execute_result", data={"text/plain": "2"}, execution_count=1)
    nbformat.write(run_of(notebook("1 + 2"), [two]), book / "chapters" / "wrong.ipynb")

    told = {"book": book, "run": tool(book, "tools/execute.py")}
    told["record"] = tool(book, "tools/record.py", good)
    told["check"] = tool(book, "tools/record.py", "--check", good)
    told["run again"] = tool(book, "tools/execute.py", good)
    (book / "chapters" / "bad.ipynb").unlink()
    told["strict"] = tool(book, "tools/execute.py", "--strict", "--always", "chapters")
    package.write_text("ANSWER = 43\n", "utf8")
    told["check after"] = tool(book, "tools/record.py", "--check", good)
    return told


def test_engine_records_text_and_fails_on_other_text_or_a_warning(story):
    stored = nbformat.read(story["book"] / "chapters" / "good.ipynb", 4)
    assert stored.cells[1].outputs[0].data == {"text/plain": "42"}
    assert (story["record"].returncode, story["check"].returncode) == (0, 0)
    assert sorted(re.findall(r"^FAILED chapters/(\w+)", story["strict"].stdout, re.M)) == ["loud", "wrong"]
    assert "mismatch 'text/plain'" in story["strict"].stdout


def test_engine_shows_of_an_expected_error_the_message_alone(story):
    stored = nbformat.read(story["book"] / "chapters" / "good.ipynb", 4)
    assert (stored.cells[2].outputs[0].evalue, stored.cells[2].outputs[0].traceback) == ("asked for", [])
    kept = nbformat.read(story["book"] / "_build" / "executed" / "chapters" / "good.ipynb", 4)
    (line,) = kept.cells[2].outputs[0].traceback
    assert re.sub(r"\x1b\[\d+m", "", line) == "ValueError: asked for"
    assert kept.metadata["d2lmini"]["cpu_seconds"] > 0


def test_engine_runs_nothing_twice(story):
    assert (story["run again"].returncode, story["run again"].stdout) == (0, "every kept run is up to date\n")


def test_engine_keeps_no_run_with_a_failed_cell(story):
    assert story["run"].returncode == 1
    assert "ZeroDivisionError" in story["run"].stdout
    assert not (story["book"] / "_build" / "executed" / "chapters" / "bad.ipynb").exists()


def test_engine_sees_that_the_package_changed(story):
    assert story["check after"].returncode == 1
    assert "no run to record" in story["check after"].stdout


# --- pages ------------------------------------------------------------------------------------------------


def repaired(html: str) -> str:
    for pattern, replacement in cnnbook.REPAIRS:
        html = pattern.sub(replacement, html)
    return html


def test_repairs_leave_the_visible_text_as_the_name():
    assert repaired('<summary aria-label="Toggle hidden content">Show</summary>') == "<summary>Show</summary>"
    button = '<button class="btn search-button-field" title="a" aria-label="Search">Search</button>'
    assert repaired(button) == '<button class="btn search-button-field" title="a">Search</button>'


def test_repairs_make_an_empty_corner_of_a_table_an_ordinary_cell():
    assert repaired('<th class="head"><p></p></th>') == '<td class="head"></td>'
    assert repaired('<th class="head"><p>n</p></th>') == '<th class="head"><p>n</p></th>'


def test_repairs_change_no_other_label():
    html = '<button class="btn other" aria-label="Close">x</button>'
    assert repaired(html) == html


def test_mathjax_is_there_to_be_copied():
    source = cnnbook.mathjax()
    assert [name for name in cnnbook.MATHJAX if not (source / name).exists()] == []


def test_every_stage_of_the_test_command_exists():
    stages = runpy.run_path(str(ROOT / "tools" / "test.py"))["STAGES"]
    for name, line in stages:
        for part in line:
            if re.fullmatch(r"(tools|tests)/\w+\.py", part):
                assert (ROOT / part).is_file(), name
