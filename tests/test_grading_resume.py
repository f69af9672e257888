"""`grade` loses nothing and grades nothing twice: killed at any moment, in several processes, with more students."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from d2lmini.errors import DataError
from d2lmini.grading import bank
from d2lmini.grading.files import file_name, replacing
from d2lmini.grading.ledger import Ledger, digest_of, digest_of_set
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import read_source
from d2lmini.grading.pool import Hand, Work, graded
from d2lmini.grading.runner import Result
from tests.grading_course import BANK, POINTS, SET, SOLUTIONS, submission, write_course, write_submission

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "exercises" / "samples" / "convolution"
LIMITS = Limits(call_seconds=1, cell_seconds=1, submission_seconds=20)
FLIPPED = SOLUTIONS["mini_corr"].replace("k.shape)", "k.shape)\n    k = k[::-1, ::-1]")
posix = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "__path__", [str(BANK)])
    bank.load.cache_clear()
    yield read_source(write_course(tmp_path), SET)
    bank.load.cache_clear()


@pytest.fixture
def handed_in(tmp_path):
    """Seven submissions: (student, file)."""
    answers = [{}, {"mini_corr": FLIPPED}, {"mini_size": "def mini_size(n, k, stride=1):\n    return 0"}]
    names = ("ada", "bob", "eve", "fay", "gus", "hal", "ida")
    return [(n, write_submission(tmp_path / f"{n}.ipynb", submission(answers[i % 3]))) for i, n in enumerate(names)]


def ledger_of(tmp_path, source, **options):
    return Ledger(tmp_path / "out", SET, digest_of_set(source, LIMITS), **options)


def grade_all(ledger, source, handed_in, **options):
    """Grade what is missing; the students in the order in which they came."""
    done = []
    work = Work(source, ledger.seed, LIMITS)
    for result, digest in graded(work, list(ledger.missing(handed_in)), **options):
        ledger.record(result, digest)
        done.append(result["student"])
    return done


def marks(ledger, handed_in):
    return {student: ledger.result(student).total for student, _ in handed_in}


def content(out: Path) -> dict:
    """All that a run found, without what it took."""
    results = json.loads((out / "grades.json").read_text("utf8"))["results"]
    for r in results:
        for part in ("seconds", "cpu_seconds", "peak_bytes"):
            assert r.pop(part) >= 0
    return {r["student"]: r for r in results}


def command(out: Path, *options: str) -> list[str]:
    here = [sys.executable, "-m", "d2lmini", "grade", str(out.parent / "in"), "--set", "convolution"]
    return [*here, "--source", str(ROOT / "exercises" / "source"), "--out", str(out), *options]


@posix
@pytest.mark.parametrize("options", [(), ("--jobs", "2")], ids=["one process", "two processes"])
def test_command_that_is_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path, options):
    samples = [SAMPLES / f"{name}.ipynb" for name in ("ada_right", "emmy_flipped_kernel", "unfinished", "broken")]
    (tmp_path / "in").mkdir()
    for i in range(12):
        text = samples[i % 4].read_text("utf8")
        (tmp_path / "in" / f"s{i:02}.ipynb").write_text(text.replace('"cells"', f'"n": {i}, "cells"', 1))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL}
    out, results, killed, stamps = tmp_path / "out", tmp_path / "out" / "results", [], {}
    for enough in (0, 1, 5, 9):  # killed as soon as there are more results than that; at 0, somewhere in the first
        process = subprocess.Popen(command(out, *options), start_new_session=True, **quiet)
        while process.poll() is None and (len(list(results.glob("[!.]*.json"))) <= enough if enough else True):
            if not enough and (out / "run.json").exists():
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.3)  # whatever it started must end without it, and write nothing more
        found = {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in results.glob("[!.]*.json")}
        assert all(json.loads(text)["result"]["points"] == 20 for _, text in found.values())
        assert stamps.items() <= found.items()  # what was there stays as it was: nothing is graded twice
        killed.append(len(found))
        stamps = found
        with pytest.raises(ProcessLookupError):
            for _ in range(100):
                os.killpg(process.pid, 0)
                time.sleep(0.1)
    assert 0 < killed[-1] < 12, "the moments of the kills no longer lie inside the run"
    seed = json.loads((out / "run.json").read_text())["seed"]
    subprocess.run(command(out, *options), check=True, **quiet)
    after = {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in results.glob("*.json")}
    assert len(after) == 12 and stamps.items() <= after.items()
    assert not list(out.rglob(".*.part"))
    undisturbed = tmp_path / "undisturbed"
    subprocess.run(command(undisturbed, "--seed", str(seed)), check=True, **quiet)
    assert content(out) == content(undisturbed)


def test_same_submission_keeps_its_result_and_a_changed_one_is_graded(tmp_path, source, handed_in):
    ledger = ledger_of(tmp_path, source)
    assert grade_all(ledger, source, handed_in) == [student for student, _ in handed_in]
    ledger.lock.close()
    again = ledger_of(tmp_path, source)
    assert again.seed == ledger.seed and grade_all(again, source, handed_in) == []
    write_submission(handed_in[1][1], submission())
    assert grade_all(again, source, handed_in) == ["bob"]
    assert marks(again, handed_in)["bob"] == POINTS


@pytest.mark.parametrize("change", ["seed", "source", "fresh", "damage"])
def test_all_is_graded_anew_where_the_key_changed(tmp_path, source, handed_in, change):
    grade_all(ledger_of(tmp_path, source, seed=5), source, handed_in[:2])
    if change == "source":
        cells = [dataclasses.replace(c, points=c.points * 2) for c in source.cells]
        source = dataclasses.replace(source, cells=tuple(cells))
    if change == "damage":
        for path in (tmp_path / "out" / "results").glob("*.json"):
            path.write_text("{")
    ledger = ledger_of(tmp_path, source, seed=6 if change == "seed" else None, fresh=change == "fresh")
    assert grade_all(ledger, source, handed_in[:2]) == ["ada", "bob"]
    assert ledger.seed == 6 if change == "seed" else change == "fresh" or ledger.seed == 5
    assert ledger.result("ada").total == POINTS * (2 if change == "source" else 1)


def test_folder_has_one_run_at_a_time_and_is_free_when_that_one_is_killed(tmp_path, source):
    code = f"""
import time
from d2lmini.grading.ledger import Ledger
with Ledger({str(tmp_path / "out")!r}, {SET!r}, "", seed=1):
    print("has it", flush=True)
    time.sleep(60)
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    with other.stdout as said:
        assert said.readline() == b"has it\n"
        for fresh in (False, True):
            with pytest.raises(DataError, match=r"another run writes into .*out; needed: its end, or a folder"):
                ledger_of(tmp_path, source, fresh=fresh)
        other.kill()
        other.wait()
    with ledger_of(tmp_path, source) as ledger:
        assert ledger.seed == 1


def test_folder_of_another_set_is_not_overwritten(tmp_path, source):
    Ledger(tmp_path / "out", "other", "", seed=1)
    with pytest.raises(DataError, match=r"holds results of the set other; needed: a folder for mini; try: another"):
        ledger_of(tmp_path, source)
    (tmp_path / "out" / "run.json").write_text("[]")
    with pytest.raises(DataError, match=r"run.json cannot be read; needed: the record of a run; try: --fresh"):
        ledger_of(tmp_path, source)
    assert ledger_of(tmp_path, source, fresh=True).seed >= 0


def test_digest_of_a_set_knows_its_bank_and_its_limits(tmp_path, source, monkeypatch):
    first = digest_of_set(source, LIMITS)
    assert first != digest_of_set(source, dataclasses.replace(LIMITS, call_seconds=2))
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / f"{SET}.py").write_text((BANK / f"{SET}.py").read_text() + "# changed")
    monkeypatch.setattr(bank, "__path__", [str(tmp_path / "bank")])
    assert digest_of_set(source, LIMITS) != first


def test_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyError), replacing(path) as file:
        file.write("new")
        assert path.read_text() == "old"
        raise KeyError
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"] and path.read_text() == "old"


def test_long_names_of_students_become_files_of_their_own(tmp_path):
    names = ["ü" * 200 + end for end in ("a", "b")]
    assert len({file_name(n) for n in names}) == 2 and all(len(file_name(n).encode()) < 240 for n in names)


def test_result_survives_being_written_down(tmp_path, source, handed_in):
    work = Work(source, 3, LIMITS)
    with work.server() as server:
        result = work.grader(server).grade(*handed_in[1])
    assert Result.from_dict(json.loads(json.dumps(result.as_dict()))).as_dict() == result.as_dict()
    assert result.used.peak_bytes > 10 << 20 and 0 < result.used.cpu_seconds < 10
    fat = f"waste = np.ones({60 << 20}, np.uint8)\n" + SOLUTIONS["mini_corr"]
    path = write_submission(tmp_path / "fat.ipynb", submission({"mini_corr": fat}))
    with work.server() as server:
        more = work.grader(server).grade("fat", path)
    assert (50 << 20) < more.used.peak_bytes - result.used.peak_bytes < (100 << 20)


@posix
def test_use_is_counted_without_a_fork_too(source, handed_in):
    work = Work(source, 3, LIMITS, options=(("fork", False),))
    with work.server() as server:
        used = work.grader(server).grade(*handed_in[0]).used
    assert used.peak_bytes > 10 << 20 and 0 < used.cpu_seconds < 10


def test_result_that_was_removed_meanwhile_is_said(tmp_path, source):
    with pytest.raises(DataError, match=r"results.ada.json is gone; .* try: the same command"):
        ledger_of(tmp_path, source).result("ada")


def test_processes_give_the_marks_of_one(tmp_path, source, handed_in):
    one, two = ledger_of(tmp_path, source, seed=1), Ledger(tmp_path / "two", SET, "", seed=1)
    grade_all(one, source, handed_in)
    assert sorted(grade_all(two, source, handed_in, jobs=3)) == [student for student, _ in handed_in]
    assert marks(one, handed_in) == marks(two, handed_in)


@posix
def test_process_of_the_pool_that_is_killed_loses_nothing(tmp_path, source, handed_in, monkeypatch):
    started, original = [], Hand.__init__

    def remember(self, work):
        original(self, work)
        started.append(self.process.pid)

    monkeypatch.setattr(Hand, "__init__", remember)
    ledger, work, seen = ledger_of(tmp_path, source), Work(source, 1, LIMITS), []
    for result, _ in graded(work, list(ledger.missing(handed_in)), jobs=2):
        seen.append((result["student"], result["total"]))
        if len(seen) == 1:
            os.kill(started[0], signal.SIGKILL)
    assert len(started) == 3
    expected = {"ada": POINTS, "bob": 5.5, "eve": 6, "fay": POINTS, "gus": 5.5, "hal": 6, "ida": POINTS}
    assert len(seen) == 7 and dict(seen) == expected


@posix
def test_submission_that_ends_its_grader_each_time_gets_a_note_and_stops_nobody(source, handed_in, monkeypatch):
    original = Hand.__init__

    def mortal(self, work):
        original(self, work)
        os.kill(self.process.pid, signal.SIGKILL)

    monkeypatch.setattr(Hand, "__init__", mortal)
    (result, _), *others = graded(Work(source, 1, LIMITS), [(*handed_in[0], "")], jobs=2)
    assert others == [] and result["total"] == 0 and "ended 3 times" in result["notes"][0]


@posix
def test_memory_does_not_grow_with_the_class(tmp_path):
    """From 30 to 120 submissions of 100 kB the grader's own peak stays within 4 MB."""
    (tmp_path / "in").mkdir()
    text = (SAMPLES / "ada_right.ipynb").read_text("utf8")
    peaks = []
    for start, stop in ((0, 30), (30, 120)):
        for i in range(start, stop):
            padded = text.replace('"cells"', f'"pad": "{i}{"x" * 100_000}", "cells"', 1)
            (tmp_path / "in" / f"s{i:03}.ipynb").write_text(padded)
        process = subprocess.Popen(
            command(tmp_path / f"out{stop}"), env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        assert status == 0
        peaks.append(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
        assert len(list((tmp_path / f"out{stop}" / "results").iterdir())) == stop
    assert peaks[1] - peaks[0] < 4 << 20, peaks


def test_missing_file_has_a_digest_of_its_own(tmp_path, handed_in):
    assert digest_of(tmp_path / "none.ipynb") == "" != digest_of(handed_in[0][1])
    assert digest_of(handed_in[0][1]) == digest_of(handed_in[3][1])  # the same bytes
