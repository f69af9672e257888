"""`new-exercise`: a skeleton that adds and never overwrites, and that passes the contract once it is filled in."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from d2lmini.__main__ import main
from d2lmini.errors import DataError
from d2lmini.grading import bank
from d2lmini.grading.author import new_exercise, with_entry
from d2lmini.grading.contract import solution_of
from d2lmini.grading.notebook import read_source

ROOT = Path(__file__).parents[1]
FILLED = {
    'raise NotImplementedError("the right answer of tiny_sums")': "return np.cumsum(x)",
    'raise NotImplementedError("mistake 1 of tiny_sums")': "return x",
    'raise NotImplementedError("mistake 2 of tiny_sums")': "return np.cumsum(x[::-1])[::-1]",
    'raise NotImplementedError("mistake 3 of tiny_sums")': "return np.cumsum(x) - x",
    'raise NotImplementedError("mistake 4 of tiny_sums")': "return np.cumprod(x)",
    'raise NotImplementedError("mistake 5 of tiny_sums")': "return np.cumsum(abs(x))",
    "tiny.html#tiny-sums": "convolution.html#xcorr1d",
    "from ..exercise import": "import numpy as np\n\nfrom ..exercise import",
}
VALUE = {
    'raise NotImplementedError("the right answer of tiny_pair")': "return (2, 3)",
    **{f'raise NotImplementedError("mistake {i} of tiny_pair")': f"return ({i + 2}, {i})" for i in range(1, 6)},
    "tiny.html#tiny-pair": "convolution.html#xcorr1d",
}


@pytest.fixture
def course(tmp_path):
    """An empty course and an empty bank."""
    (tmp_path / "bank").mkdir()
    return {"course": tmp_path / "course", "bank_folder": tmp_path / "bank"}


def fill(path: Path, parts: dict[str, str]) -> None:
    text = path.read_text()
    for stub, code in parts.items():
        assert stub in text
        text = text.replace(stub, code)
    path.write_text(text)


def test_skeleton_has_the_cells_of_a_set_and_a_bank_that_loads(course):
    notebook, answers = new_exercise("tiny_sums", "tiny", **course)
    new_exercise("tiny_pair", "tiny", value=True, **course)
    source = read_source(course["course"] / "source", "tiny")
    assert list(source.answers) == ["tiny_sums", "tiny_pair"]
    assert [(c.id, c.points) for c in source.checks] == [
        ("tiny_sums_visible", 1), ("tiny_sums_hidden", 3), ("tiny_pair_visible", 2)
    ]  # fmt: skip
    assert [c.id for c in source.checks if c.hidden] == ["tiny_sums_hidden"]
    nbformat.validate(nbformat.read(notebook, 4))
    names = [node.name for node in ast.parse(answers.read_text()).body if isinstance(node, ast.FunctionDef)]
    assert len(names) == 12 and "tiny_pair_mistake_5" in names


def test_exercise_is_added_to_a_set_and_nothing_of_it_changes(course):
    for folder in ("source", "bank"):
        there = ROOT / ("d2lmini/grading/bank/pooling.py" if folder == "bank" else "exercises/source/pooling")
        copy = shutil.copy if folder == "bank" else shutil.copytree
        copy(there, course["bank_folder"] if folder == "bank" else course["course"] / "source" / "pooling")
    notebook, answers = course["course"] / "source/pooling/pooling.ipynb", course["bank_folder"] / "pooling.py"
    cells, text = nbformat.read(notebook, 4).cells, answers.read_text()
    new_exercise("tiny_sums", "pooling", **course)
    assert nbformat.read(notebook, 4).cells[: len(cells)] == cells
    tree, before = ast.parse(answers.read_text()), ast.parse(text)
    kept = {ast.unparse(node) for node in tree.body}
    assert all(ast.unparse(n) in kept for n in before.body[:-1])
    entries = [ast.unparse(item) for item in tree.body[-1].value.elts]
    assert entries[:-1] == [ast.unparse(item) for item in before.body[-1].value.elts] and "tiny_sums" in entries[-1]


def test_entry_is_added_behind_one_without_a_comma():
    text = "from ..exercise import Exercise, Misconception\n\nEXERCISES = [Exercise('a', 1)]  # one\n"
    made = with_entry(text, "tiny_pair", "tiny", True, "tiny.py")
    assert len(ast.parse(made).body[-1].value.elts) == 2 and made.endswith("]  # one\n")


@pytest.mark.parametrize(
    ("name", "set_name", "words"),
    [
        ("Tiny", "tiny", "cannot name an exercise"),
        ("lambda", "tiny", "cannot name an exercise"),
        ("a-b", "tiny", "cannot name an exercise"),
        ("../a", "tiny", "cannot name an exercise"),
        ("student", "tiny", "cannot name an exercise"),
        ("a_hidden", "tiny", "not ending in _visible or _hidden"),
        ("xcorr2d", "tiny", "the set convolution has an exercise xcorr2d already"),
        ("tiny_sums", "../tiny", "a set has the name of its chapter"),
    ],
)
def test_name_that_cannot_be_used_is_refused_and_nothing_is_written(course, name, set_name, words):
    with pytest.raises(DataError, match=words):
        new_exercise(name, set_name, **course)
    assert not course["course"].exists() and not list(course["bank_folder"].iterdir())


def test_second_skeleton_of_one_name_and_half_a_set_are_refused(course):
    notebook, answers = new_exercise("tiny_sums", "tiny", **course)
    before = notebook.read_bytes(), answers.read_bytes()
    with pytest.raises(DataError, match="the set tiny has a cell tiny_sums already"):
        new_exercise("tiny_sums", "other", **course)
    assert (notebook.read_bytes(), answers.read_bytes()) == before
    notebook.unlink()
    with pytest.raises(DataError, match="half a set"):
        new_exercise("tiny_sums", "tiny", **course)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X = 1\n", "EXERCISES = .* is needed once"),
        ("EXERCISES = tuple(made())\n", "with every exercise written out"),
        ("EXERCISES = ()\n", "does not import Exercise, Misconception"),
    ],
)
def test_bank_that_cannot_be_added_to_is_refused(text, words):
    with pytest.raises(DataError, match=words):
        with_entry(text, "tiny_sums", "tiny", False, "tiny.py")


def test_command_says_what_it_wrote_and_what_to_type_and_refuses_in_one_line(course, monkeypatch, capsys):
    monkeypatch.setattr(bank, "__path__", [str(course["bank_folder"])])
    bank.load.cache_clear()
    try:
        arguments = ["new-exercise", "tiny_sums", "--set", "tiny", "--course", str(course["course"])]
        assert main(arguments) == 0
        assert "python -m d2lmini release tiny" in capsys.readouterr().out
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
    finally:
        bank.load.cache_clear()


def test_skeleton_fails_the_contract_until_it_is_filled_in_and_passes_it_then(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb_checkpoints", "figures")
    for part in ("d2lmini", "exercises/nbgrader_config.py", "tests/test_bank.py", "chapters/convolution.ipynb"):
        target = tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree(ROOT / part, target, ignore=ignore) if "." not in part else shutil.copy(ROOT / part, target))
    for path in (tmp_path / "d2lmini/grading/bank").glob("*.py"):
        if path.stem != "__init__":
            path.unlink()
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n")

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    for arguments in (["tiny_sums"], ["tiny_pair", "--value"]):
        done = run("d2lmini", "new-exercise", *arguments, "--set", "tiny")
        assert done.returncode == 0, done.stderr
    contract = ("pytest", "-q", "tests/test_bank.py", "-k", "tiny")
    assert "the solution of tiny_pair" in run(*contract).stdout
    notebook, answers = (tmp_path / p for p in ("exercises/source/tiny/tiny.ipynb", "d2lmini/grading/bank/tiny.py"))
    fill(answers, FILLED | VALUE)
    fill(notebook, {
        'raise NotImplementedError(\\"the solution of tiny_sums\\")': "return np.cumsum(x)",
        'raise NotImplementedError(\\"the solution of tiny_pair\\")': "tiny_pair = 2, 3",
    })  # fmt: skip
    done = run(*contract)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout
    assert run("d2lmini", "release", "tiny").returncode == 0
    assert "np.cumsum" not in (tmp_path / "exercises/release/tiny/tiny.ipynb").read_text()
    done = run("d2lmini", "grade", str(notebook), "--set", "tiny", "--out", str(tmp_path / "out"))
    assert "6 / 6" in done.stdout, done.stdout + done.stderr


def test_cell_tagged_demo_is_not_run_when_a_source_is_loaded(course):
    notebook, _ = new_exercise("tiny_sums", "tiny", **course)
    content = nbformat.read(notebook, 4)
    show = nbformat.v4.new_code_cell("slow = sum(range(9))", id="tiny_show", metadata={"tags": ["demo"]})
    content.cells.insert(1, show)
    nbformat.write(content, notebook)
    roles = {c.id: c.role for c in read_source(course["course"] / "source", "tiny").cells}
    assert roles["tiny_show"] == "demo" and set(roles.values()) >= {"setup", "answer", "check"}


def test_demo_that_defines_nothing_is_left_out_of_the_contract(course):
    notebook, _ = new_exercise("tiny_sums", "tiny", **course)
    content = nbformat.read(notebook, 4)
    show = nbformat.v4.new_code_cell("hours_of_training()", id="tiny_show", metadata={"tags": ["demo"]})
    content.cells.insert(1, show)
    nbformat.write(content, notebook)
    solution = solution_of(read_source(course["course"] / "source", "tiny"), "tiny_sums")
    assert solution.__name__ == "tiny_sums"
