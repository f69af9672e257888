"""`--cluster` grades on a Dask cluster; a worker that is killed meanwhile loses nothing and repeats nothing."""

import builtins
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import distributed
import pytest

from d2lmini.__main__ import main
from d2lmini.errors import DataError
from d2lmini.grading import bank
from d2lmini.grading.limits import Limits
from d2lmini.grading.notebook import read_source
from d2lmini.grading.pool import Work, grade_there, graded

ROOT = Path(__file__).parents[1]
SET = "convolution"
SAMPLES = ROOT / "exercises" / "samples" / SET
MARKS = {"ada_right": 20, "emmy_flipped_kernel": 12, "joseph_first_row": 14, "unfinished": 8, "broken": 0}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two worker processes of one thread each; (address, processes of the workers)."""
    folder = tmp_path_factory.mktemp("dask")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    quiet = {"env": environment, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    place = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place)]
    started = [subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_scheduler", *options], **quiet)]
    while not place.exists():
        assert started[0].poll() is None
        time.sleep(0.05)
    address = json.loads(place.read_text())["address"]
    options = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    for i in range(2):
        own = ["--local-directory", str(folder / f"w{i}")]
        started.append(subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_worker", *options, *own], **quiet))
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, started[1:]
    for process in reversed(started):
        process.kill()
        process.wait()


@pytest.fixture
def handed_in(tmp_path):
    """Fifteen submissions, three of each kind."""
    for i in range(15):
        name = list(MARKS)[i % 5]
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy(SAMPLES / f"{name}.ipynb", tmp_path / "in" / f"{name}-{i}.ipynb")
    return tmp_path / "in"


def items(folder):
    return [(p.stem, p, "") for p in sorted(folder.iterdir())]


def work(**options):
    return Work(read_source(ROOT / "exercises" / "source", SET), 7, Limits(), **options)


def test_cluster_gives_the_marks_of_one_process(cluster, handed_in, tmp_path, capsys):
    arguments = ["grade", str(handed_in), "--set", SET, "--seed", "7", "--source", str(ROOT / "exercises" / "source")]
    assert main([*arguments, "--out", str(tmp_path / "there"), "--cluster", cluster[0]]) == 0
    assert main([*arguments, "--out", str(tmp_path / "here")]) == 0
    there, here = ((tmp_path / place / "grades.csv").read_text() for place in ("there", "here"))
    assert there == here and there.count("\n") == 16
    assert len(list((tmp_path / "there" / "results").iterdir())) == 15


def test_missing_file_and_a_bank_of_another_version_are_said(tmp_path, monkeypatch):
    assert "was handed in" in grade_there(work(), digest(), "ada", None)["notes"][0]
    with pytest.raises(DataError, match="a worker's answers and misconceptions of convolution are not this machine's"):
        grade_there(work(), "another digest", "ada", None)


def digest():
    from d2lmini.grading.ledger import digest_of_set

    return digest_of_set(work().source, Limits())


def test_killed_worker_loses_nothing_and_repeats_nothing(cluster, handed_in):
    address, workers = cluster
    seen = []
    for result, _ in graded(work(), items(handed_in), cluster=address):
        seen.append((result["student"], result["total"]))
        if len(seen) == 3:
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()
    assert len(seen) == 15
    assert dict(seen) == {p.stem: MARKS[p.stem.rsplit("-", 1)[0]] for p in handed_in.iterdir()}


def test_cluster_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("d2lmini.grading.pool.CONNECTING_SECONDS", 0.3)
    with pytest.raises(DataError, match=r"--cluster tcp://127.0.0.1:9 does not answer .* try: dask scheduler"):
        list(graded(work(), [], cluster="tcp://127.0.0.1:9"))


def test_missing_dask_is_said_with_what_to_type(monkeypatch):
    original = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("distributed"):
            raise ImportError(name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        DataError, match=r'not installed; needed: it, for --cluster; try: pip install "d2lmini\[cluster\]"'
    ):
        list(graded(work(), [], cluster="tcp://127.0.0.1:9"))


def test_bank_of_the_work_is_the_one_that_is_loaded():
    assert work().bank == tuple(bank.__path__)
