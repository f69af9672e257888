"""Each notebook of tests/attacks gets the mark that it deserves and harms nothing, in each tier of the sandbox.

A file there begins with its idea and the marks of the three questions of `grading_course`. Cells begin with `# %%`
and the name of an answer, or `before`; a hostile file, as against hostile code, is a whole notebook. `Tier C:
succeeds` (all points, for LOOT is the right answer) says what that tier does not stop, and shows that the attack is
real; `not run` that it would do harm.
"""

import json
import os
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from d2lmini.grading import bank, sandbox
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import read_source
from d2lmini.grading.process import Server
from d2lmini.grading.runner import Grader
from tests.grading_course import BANK, POINTS, SET, submission, write_course, write_submission

ATTACKS = sorted(p for p in (Path(__file__).parent / "attacks").iterdir() if p.suffix in (".py", ".ipynb"))
LIMITS = Limits(call_seconds=2, cell_seconds=4, submission_seconds=25)
FULL = [4, 2, 2]
TRACE = "d2l-attack"  # in the name of every file that an attack tries to leave
PUBLIC = [Path(p) for p in ("/tmp", "/var/tmp", "/dev/shm", "/", "/etc", Path.home(), Path(__file__).parents[1])]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tiers A and B need Linux, and C is tested elsewhere")


def cases():
    for tier in sandbox.TIERS:
        for path in ATTACKS:
            marks = deserved(about(path), tier)
            if marks is not None:
                yield pytest.param(tier, path, marks, id=f"{tier}-{path.stem}")


def about(path):
    """The text that begins with the idea: the file, or the first cell of a notebook."""
    text = path.read_text("utf8")
    return json.loads(text)["cells"][0]["source"] if path.suffix == ".ipynb" else text


def deserved(text, tier):
    """The three marks that a file states for a tier; None where it is not run."""
    marks = [float(n) for n in re.search(r"^# Deserves: (.+)$", text, re.MULTILINE)[1].split("+")]
    said = re.search(rf"^# Tier {tier}: (.+)$", text, re.MULTILINE)
    return marks if said is None else {"succeeds": FULL, "not run": None}[said[1]]


def notebook_of(path, names):
    """The honest submission with the cells of an attack; `names` are given to it in a cell before."""
    if path.suffix == ".ipynb":
        return nbformat.from_dict(json.loads(path.read_text("utf8")))
    _, *parts = re.split(r"^# %% (\w+)\n", path.read_text(), flags=re.MULTILINE)
    cells = dict(zip(parts[::2], parts[1::2], strict=True))
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    given += "LOOT = np.array([1.0, 1.0, 0.0, -2.0])  # what a successful attack brings in\n"
    before = cells.pop("before", "")
    notebook = submission(cells)
    setup = next(i for i, c in enumerate(notebook.cells) if c.id == "setup") + 1
    notebook.cells[setup:setup] = [new_code_cell(given, id="given"), new_code_cell(before or "pass", id="before")]
    return notebook


@pytest.fixture(scope="module")
def graders(tmp_path_factory):
    """tier -> its grader, made when it is first asked for."""
    patch = pytest.MonkeyPatch()
    patch.setattr(bank, "__path__", [str(BANK)])
    patch.setenv("D2L_ATTACK_SECRET", "1")
    patch.setenv("USER", "professor")
    bank.load.cache_clear()
    source = read_source(write_course(tmp_path_factory.mktemp("course")), SET)
    made = {}

    def grader(tier):
        if reason := sandbox.why_not(tier):
            pytest.skip(f"no tier {tier} here: {reason}")
        if tier not in made:
            made[tier] = Grader(source, bank.load()[SET], Server(LIMITS, source.imports, tier=tier), 1, LIMITS)
            made[tier].server.start_worker().close()
        return made[tier]

    yield grader
    for one in made.values():
        one.server.__exit__()
    bank.load.cache_clear()
    patch.undo()


@pytest.fixture
def folder(tmp_path):
    """What an attack is after: the reference, a gradebook, a fellow student's notebook."""
    place = tmp_path / "course"
    write_submission(place / "bob.ipynb")
    (place / "gradebook.db").write_bytes(b"")
    (place / "reference.py").write_text((BANK / "mini.py").read_text())
    (place / "empty").mkdir()
    return place


@pytest.fixture(scope="module")
def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def state_of(folder):
    """Every file with its content, mode, owner and time."""
    files = {}
    for path in sorted(folder.rglob("*")):
        about = path.stat()
        content = path.read_bytes() if path.is_file() else None
        files[path.name] = (content, about.st_mode, about.st_uid, about.st_mtime_ns)
    return files


def traces():
    return [p for place in PUBLIC if place.is_dir() for p in place.iterdir() if TRACE in p.name]


def processes_of(home):
    """Processes that were started for a server: its folder stands in their environment."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if str(home).encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes()[:60]
        except OSError:
            continue
    return found


def test_there_are_at_least_forty_attacks_of_one_idea_each():
    ideas = [about(path).splitlines()[0] for path in ATTACKS]
    assert len(ideas) == len(set(ideas)) >= 40
    assert all(idea.startswith("# Idea: ") for idea in ideas)


@pytest.mark.parametrize(("tier", "path", "marks"), list(cases()))
def test_attack_gets_its_mark_and_harms_nothing(graders, folder, port, tmp_path, tier, path, marks):
    grader = graders(tier)
    names = {"FOLDER": str(folder), "REPOSITORY": str(Path(__file__).parents[1]), "GRADER": os.getpid(), "PORT": port}
    hostile = write_submission(tmp_path / "mallory.ipynb", notebook_of(path, names))
    witness = write_submission(tmp_path / "witness.ipynb")
    files, running = state_of(folder), processes_of(grader.server.home)
    with ThreadPoolExecutor(2) as pool:  # side by side, on the same server
        result = pool.submit(grader.grade, "mallory", hostile)
        honest = [pool.submit(grader.grade, "ada", witness) for _ in range(2)]
        result, honest = result.result(), [future.result() for future in honest]
    said = [*result.notes, *(str(o) for q in result.questions for o in q.outcomes if not o.passed)]
    assert [q.score for q in result.questions] == marks, said
    assert [(h.total, h.notes) for h in honest] == [(POINTS, ())] * 2
    assert state_of(folder) == files
    assert traces() == []
    assert os.listdir(grader.server.home) == []
    for _ in range(20):
        if processes_of(grader.server.home).keys() == running.keys():
            break
        time.sleep(0.05)  # the kernel takes a process away a moment after it was waited for
    assert processes_of(grader.server.home) == running
