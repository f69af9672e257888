"""Grades the same submissions with nbgrader and with this grader: `python benchmarks/bench_grading.py [--quick]`.

Times are processor seconds of the whole command, all its processes included, for one submission; memory is that of
its largest process. What runs inside bubblewrap is no child in the system's accounts: the warm server, to which
each of its workers is added when it ends, is read in /proc ten times a second. The submissions are the honest
samples of the set `convolution`, each made a file of its own by a comment; in the cases called torch, source and
submissions import it too. Both write into a gradebook of nbgrader; this grader is timed without one too. nbgrader
starts a kernel for each submission, so that each costs the same: it gets the first `AT_MOST` of them only, and the
results say how many.
"""

from timing import result, significant  # isort: skip - first, for it sets the number of threads

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SET = "convolution"
HONEST = ("ada_right", "emmy_flipped_kernel", "joseph_first_row", "leonhard_one_too_few", "sofia_changes_input")
TORCH = "import torch\n"  # as the notebooks of most courses on networks begin; the answers are the same
AT_MOST = 8  # submissions for nbgrader
REFERENCE = "d2lmini grade"
WITH_GRADEBOOK = "d2lmini grade --gradebook"
NBGRADER = "nbgrader autograde"


def read(path: Path, extra: str) -> dict:
    """A notebook, with a line more in its first code cell."""
    notebook = json.loads(path.read_text("utf8"))
    setup = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    setup["source"] = extra + "".join(setup["source"])
    return notebook


def make_course(folder: Path, count: int, extra: str = "") -> Path:
    """A course with `count` submissions, in nbgrader's layout."""
    course = folder / f"course{count}{'x' * bool(extra)}"
    (course / "source" / SET).mkdir(parents=True)
    source = read(ROOT / "exercises" / "source" / SET / f"{SET}.ipynb", extra)
    (course / "source" / SET / f"{SET}.ipynb").write_text(json.dumps(source), encoding="utf-8")
    config = (ROOT / "exercises" / "nbgrader_config.py").read_text("utf8")
    (course / "nbgrader_config.py").write_text(config + 'c.pop("Autograde", None)  # nbgrader\'s own way\n')
    samples = [read(ROOT / "exercises" / "samples" / SET / f"{name}.ipynb", extra) for name in HONEST]
    for i in range(count):
        notebook = samples[i % len(samples)]
        for cell in notebook["cells"]:
            if cell.get("id") == "xcorr2d":
                cell["source"] = "".join(cell["source"]).split("\n# student")[0] + f"\n# student {i}"
        path = course / "submitted" / f"student{i:04}" / SET / f"{SET}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return course


def measure(command: list[str], course: Path) -> dict:
    """Run a command to its end: processor and wall seconds, and the memory of its largest process."""
    paths = {"PYTHONPATH": str(ROOT), "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    start = time.monotonic()
    inside: dict[int, float] = {}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=course, env=os.environ | paths, stdout=said, stderr=said
        )
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            inside |= inside_bubblewrap(process.pid)
            time.sleep(0.1)
        _, status, used = ended
        if status:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{said.read().decode()[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = used.ru_utime + used.ru_stime + sum(inside.values())
    return {"cpu": cpu, "wall": time.monotonic() - start, "peak_bytes": used.ru_maxrss * unit}


def inside_bubblewrap(command: int) -> dict[int, float]:
    """{process: processor seconds of it and of its children that ended} of the warm servers of a running command."""
    parents, names, seconds = {}, {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().partition("(")[2].rpartition(") ")
        except OSError:
            continue
        pid, fields = int(path.parent.name), rest.split()
        parents[pid], names[pid] = int(fields[1]), name
        seconds[pid] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_server(pid: int) -> bool:  # command > bwrap > bwrap > server
        inner = parents[pid]
        outer = parents.get(inner)
        return names.get(inner) == names.get(outer) == "bwrap" and parents[outer] == command and names[pid] != "bwrap"

    return {pid: seconds[pid] for pid in parents if is_server(pid)}


def grade(course: Path, *options: str) -> dict:
    """This grader, from nothing to all reports; it must give the full marks to who deserves them."""
    out = course / "out"
    command = ["d2lmini", "grade", "submitted", "--set", SET, "--source", "source", "--out", str(out), "--fresh"]
    measured = measure([*command, *options], course)
    totals = [line.split(",")[1] for line in (out / "grades.csv").read_text("utf8").splitlines()[1:]]
    assert totals[0 :: len(HONEST)] == ["20"] * len(totals[0 :: len(HONEST)]) and "20" not in totals[1:5]
    return measured


def autograde(course: Path) -> dict:
    """nbgrader; making the assignment is not counted."""
    measure(["nbgrader", "generate_assignment", SET], course)
    measured = measure(["nbgrader", "autograde", SET], course)
    assert len(list(course.glob(f"autograded/*/{SET}/{SET}.ipynb"))) == len(list(course.glob("submitted/*")))
    return measured


def case(folder: Path, count: int, names: tuple[str, ...], extra: str = "") -> dict:
    """The same `count` submissions, graded by each contender."""
    course = make_course(folder, count, extra)
    runs = {REFERENCE: grade(course)}
    if WITH_GRADEBOOK in names:
        runs[WITH_GRADEBOOK] = grade(course, "--gradebook", "gradebook.db")
        shutil.rmtree(course / "autograded")
        (course / "gradebook.db").unlink()
    if NBGRADER in names:
        for rest in sorted((course / "submitted").iterdir())[AT_MOST:]:
            shutil.rmtree(rest)
        runs[NBGRADER] = autograde(course)
    graded = {name: min(count, AT_MOST) if name == NBGRADER else count for name in runs}
    each = {name: run["cpu"] / graded[name] for name, run in runs.items()}
    times = {}
    for name in runs:
        ratio = significant(each[name] / each[REFERENCE])
        times[name] = {"seconds": significant(each[name]), "ratio": ratio, "low": ratio, "high": ratio}
    return {
        "case": f"{count} submissions{', torch' if extra else ''}",
        "submissions": graded,
        "reference": REFERENCE,
        "times": times,
        "wall_seconds": {name: significant(run["wall"]) for name, run in runs.items()},
        "peak_bytes": {name: run["peak_bytes"] for name, run in runs.items()},
    }


def run(quick: bool = False) -> dict:
    """All contenders on 10 and on 100 submissions, this grader alone on 1,000; a quick run grades 3 and 10."""
    both, alone = (REFERENCE, WITH_GRADEBOOK, NBGRADER), (REFERENCE,)
    runs = [(10, both, ""), (100, both, ""), (100, both, TORCH), (1000, alone, "")]
    with tempfile.TemporaryDirectory() as folder:
        cases = [case(Path(folder), *run) for run in ([(3, both, ""), (10, alone, "")] if quick else runs)]
    for measured in cases:
        peaks = ", ".join(f"{name} {peak / 1e6:.0f} MB" for name, peak in measured["peak_bytes"].items())
        print(f"largest process with {measured['case']}: {peaks}")
    return result("grading", ("nbgrader", "numpy"), 1, quick, cases)


if __name__ == "__main__":
    from run import main

    main(["grading"])
