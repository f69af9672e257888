"""The sandbox: each layer refuses by itself what it is there for, and the tiers say what they cannot do."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from d2lmini.__main__ import main
from d2lmini.errors import D2LError
from d2lmini.grading import landlock, namespaces, sandbox, seccomp
from d2lmini.grading.limits import Limits
from d2lmini.grading.process import Server, WorkerEnded
from tests.grading_course import SET, write_course, write_submission

ROOT = Path(__file__).parents[1]
ORDINARY = 1234  # a user id that owns nothing
HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def needs(tier):
    return pytest.mark.skipif(bool(sandbox.why_not(tier)), reason=f"no tier {tier} here: {sandbox.why_not(tier)}")


TIERS = [pytest.param(tier, marks=needs(tier)) for tier in sandbox.TIERS]


def python(code, *modules):
    """Run code in a process of its own that has the layers; its standard output."""
    head = f"import errno, os, sys\nsys.path.insert(0, {str(sandbox.HERE)!r})\n"
    head += "".join(f"import {module}\n" for module in modules)
    done = subprocess.run([sys.executable, "-c", head + textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# system calls


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_of_system_calls_are_those_of_the_kernel(machine):
    if not os.path.exists(HEADERS[machine]):
        pytest.skip("no kernel headers: apt install linux-libc-dev")
    text = Path(HEADERS[machine]).read_text()
    said = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    said |= {"newfstatat": said.get("newfstatat", said.get("fstatat"))}
    column = list(HEADERS).index(machine)
    ours = seccomp.numbers(machine) | {name: pair[column] for name, pair in seccomp.NUMBERS.items()}
    assert {name: said.get(name) for name in ours} == ours
    assert len(set(ours.values())) == len(ours)


def decision(program, number, arguments=(), machine="x86_64"):
    """What a filter says: its instructions done one by one, as bpf(4) tells them."""
    data = {0: number, 4: seccomp.AUDIT_ARCH[machine]}
    data |= {16 + 8 * i: a & 0xFFFFFFFF for i, a in enumerate([*arguments, 0, 0, 0, 0, 0, 0][:6])}
    at = word = 0
    for _ in range(5000):
        code, yes, no, k = program[at]
        if code == 0x06:
            return k
        if code == 0x20:
            word, at = data[k], at + 1
        else:
            at += 1 + (yes if {0x15: word == k, 0x25: word > k, 0x45: word & k}[code] else no)


@pytest.mark.parametrize("machine", seccomp.AUDIT_ARCH)
def test_filter_allows_its_list_and_refuses_the_rest(machine):
    program = seccomp.program(machine, pid=77)
    allowed = seccomp.numbers(machine)
    special = {name: pair[list(seccomp.AUDIT_ARCH).index(machine)] for name, pair in seccomp.NUMBERS.items()}
    assert len(program) < 4096  # the kernel takes no longer ones

    def says(number, *arguments):
        return decision(program, number, arguments, machine)

    for number in range(600):
        if number in allowed.values():
            assert says(number) == seccomp.ALLOW
        elif number not in special.values():
            assert says(number) == (seccomp.MISSING if number > seccomp.NEWEST else seccomp.REFUSE)
    thread, process = 0x3D0F00, 0x1200011
    assert (says(special["clone"], thread), says(special["clone"], process)) == (seccomp.ALLOW, seccomp.REFUSE)
    assert (says(special["kill"], 77), says(special["kill"], 78)) == (seccomp.ALLOW, seccomp.REFUSE)
    assert says(special["kill"], -1) == says(special["kill"], 0) == seccomp.REFUSE
    assert (says(special["fcntl"], 3, 4), says(special["fcntl"], 3, 8)) == (seccomp.ALLOW, seccomp.REFUSE)
    assert (says(special["prctl"], 15), says(special["prctl"], 4)) == (seccomp.ALLOW, seccomp.REFUSE)
    assert (says(special["prlimit64"], 0), says(special["prlimit64"], 1)) == (seccomp.ALLOW, seccomp.REFUSE)
    assert says(special["clone3"]) == seccomp.MISSING
    assert says(0x40000000 + allowed["read"]) == seccomp.MISSING  # x32 numbers
    other = next(m for m in seccomp.AUDIT_ARCH if m != machine)
    assert decision(program, allowed["read"], machine=other) == seccomp.KILL


@needs("B")
def test_seccomp_alone_refuses_processes_sockets_and_owners():
    code = """
    import socket, threading
    seccomp.apply()
    def refused(act, *args):
        try:
            act(*args)
        except PermissionError as error:
            return error.errno == errno.EPERM
    print(refused(os.fork), refused(socket.socket), refused(os.chmod, "/tmp", 0o777), refused(os.kill, os.getppid(), 0))
    thread = threading.Thread(target=print, args=("a thread runs",))
    thread.start(); thread.join()
    os.kill(os.getpid(), 0)
    """
    assert python(code, "seccomp") == "True True True True\na thread runs"


# files


@needs("B")
@pytest.mark.parametrize("version", range(1, 8))
def test_landlock_of_each_version_leaves_the_given_paths_alone(tmp_path, version):
    if version > landlock.abi():
        pytest.skip(f"this kernel knows version {landlock.abi()}")
    for name in ("read", "write", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    code = f"""
    landlock.abi = lambda: {version}
    os.chdir({str(tmp_path)!r})
    landlock.apply(["read", "not there", "read/file"], ["write"])
    def opens(path, mode):
        try:
            open(path, mode).close()
            return 1
        except PermissionError:
            return 0
    print([opens(f"{{place}}/file", mode) for place in ("read", "write", "closed") for mode in ("r", "w")])
    os.rename("write/file", "write/other"); os.mkdir("write/deep"); os.unlink("write/other"); os.rmdir("write/deep")
    """
    assert python(code, "landlock") == "[1, 0, 1, 1, 0, 0]"


@linux
def test_what_stays_readable_holds_nothing_of_the_book(monkeypatch):
    package = sandbox.HERE.parent
    assert not any(package.is_relative_to(path) for path in sandbox.libraries())
    installed = Path(np.__file__).parent  # as if the book were installed where NumPy is
    monkeypatch.setattr(sandbox, "HERE", installed / "testing")
    paths = [Path(p) for p in sandbox.libraries.__wrapped__()]
    assert not any(installed.is_relative_to(path) for path in paths)
    assert any(path.name.startswith("scipy") for path in paths)
    sandbox.libraries.cache_clear()
    try:
        words = sandbox.bubblewrap()
    finally:
        sandbox.libraries.cache_clear()
    assert words[words.index("--tmpfs") + 1] == str(installed)


@linux
def test_bubblewrap_shows_the_libraries_and_five_files():
    words = sandbox.bubblewrap()
    shown = [words[i + 1] for i, word in enumerate(words) if word in ("--ro-bind", "--bind", "--dev-bind")]
    assert sorted(Path(p).name for p in shown if p.startswith(str(sandbox.HERE))) == sorted(sandbox.PARTS)
    assert not any(str(ROOT).startswith(p) or p.startswith(str(ROOT / "exercises")) for p in shown)
    assert "--bind" not in words and words[words.index("--cap-drop") + 1] == "ALL"


# workers


def ask(worker, code, name="x"):
    worker.ask(20, "run", cell="a", source=textwrap.dedent(code))
    return worker.ask(20, "get", name=name).get("value")


@pytest.fixture(params=TIERS)
def worker(request):
    with Server(Limits(), tier=request.param) as server:
        worker = server.start_worker()
        worker.tier = request.param
        yield worker
        worker.close()


def test_worker_has_an_empty_folder_of_its_own_to_write_in(worker):
    code = """
    import os, tempfile
    before = os.listdir(".")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("x")
    x = [before, os.path.dirname(tempfile.mkdtemp()) == os.getcwd(), os.environ["HOME"] == os.getcwd()]
    """
    assert ask(worker, code) == [[], True, True]


def test_worker_sees_no_process(worker):
    seen = ask(worker, "import os\ntry:\n    x = os.listdir('/proc')\nexcept OSError:\n    x = []")
    assert (seen == []) == (worker.tier != "C")


@needs("A")
def test_namespaces_alone_show_nothing_but_libraries(monkeypatch):
    measures = sandbox.measures
    monkeypatch.setattr(sandbox, "measures", lambda tier: measures(tier) | {"landlock": False})
    with Server(Limits(), tier="A") as server:
        worker = server.start_worker()
        inside = ask(worker, "import os\nx = sorted(os.listdir('/'))")
        assert {"dev", "grader", "proc", "scratch"} <= set(inside)
        libraries = {Path(path).resolve().parts for path in (sys.prefix, sys.base_prefix)}
        private = {"boot", "home", "mnt", "opt", "run", "sys", "tmp", "var"} & set(inside)
        assert private <= {parts[1] for parts in libraries}  # where Python itself lies, in somebody's home perhaps
        for name in private:
            assert set(ask(worker, f"x = os.listdir('/{name}')")) <= {p[2] for p in libraries if p[1] == name}
        assert ask(worker, "x = os.listdir('/proc'), sorted(os.listdir('/grader'))") == ([], sorted(sandbox.PARTS))
        assert ask(worker, f"x = os.path.exists({str(ROOT / 'd2lmini')!r})") is False
        refused = "try:\n    open('/grader/x', 'w')\nexcept OSError as error:\n    x = error.strerror"
        assert ask(worker, refused) == "Read-only file system"
        worker.close()


@pytest.mark.parametrize("tier", TIERS)
def test_folders_of_two_workers_are_their_own(tier):
    with Server(Limits(), tier=tier) as server:
        one, two = server.start_worker(), server.start_worker()
        ask(one, "open('mine', 'w').write('x')\nx = 1")
        assert ask(one, "import os\nx = os.listdir('.')") == ["mine"]
        assert ask(two, "import os\nx = os.listdir('.')") == []
        one.close()
        assert ask(two, "x = os.listdir('.')") == []
        two.close()


def test_backward_pass_of_torch_works_in_a_worker():
    code = """
    import torch
    w = torch.ones(3, requires_grad=True)
    layer = torch.nn.Conv2d(1, 2, 3)
    (layer(torch.ones(1, 1, 8, 8)).sum() + (w * w).sum()).backward()
    x = [w.grad.tolist(), list(layer.weight.grad.shape), torch.get_num_threads()]
    """
    with Server(Limits(), ("torch",)) as server:
        for _ in range(2):
            worker = server.start_worker()
            assert ask(worker, code) == [[2, 2, 2], [2, 1, 3, 3], 1]
            worker.close()


@pytest.mark.parametrize("tier", TIERS)
def test_everything_ends_when_the_grader_is_killed(tier):
    code = f"""
    import time
    from d2lmini.grading.limits import Limits
    from d2lmini.grading.process import Server
    server = Server(Limits(), tier={tier!r})
    worker = server.start_worker()
    print(server.home, flush=True)
    worker.ask(60, "run", cell="a", source="while True: pass")
    """
    grader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    home = grader.stdout.readline().strip()
    try:
        assert len(users_of(home)) >= 2
        grader.send_signal(signal.SIGKILL)
        grader.wait()
        for _ in range(100):
            if not users_of(home):
                break
            time.sleep(0.05)
        assert users_of(home) == []
    finally:
        grader.kill()
        grader.stdout.close()
        shutil.rmtree(home)


def users_of(home):
    """Processes in whose environment a folder stands."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            if home.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


@needs("B")
def test_worker_that_cannot_be_confined_is_never_used(monkeypatch):
    monkeypatch.setattr(sandbox, "measures", lambda tier: {"mounts": False, "landlock": True, "readable": None})
    with Server(Limits(), tier="B") as server, pytest.raises(D2LError, match="a worker cannot be confined"):
        server.start_worker()


def test_worker_of_the_weakest_tier_still_ends_in_time():
    with Server(Limits(), tier="C") as server:
        worker = server.start_worker()
        with pytest.raises(WorkerEnded, match="did not finish within 0.5 s"):
            worker.ask(0.5, "run", cell="a", source="while True: pass")
        worker.close()


# ordinary users


def ordinary(*command):
    """A command as a user who owns nothing, who may yet enter the folders that the tests need."""
    if os.geteuid():
        return list(command)
    wanted = [ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(sys.prefix).resolve()]
    chains = [[*reversed(p.parents), p] for p in wanted]
    closed = {next((p for p in chain if not p.stat().st_mode & 0o001), None) for chain in chains} - {None}
    words = ["--dev-bind", "/", "/"]
    for folder in sorted(closed):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for path in wanted:
        if above := [p for p in closed if path.is_relative_to(p)]:
            between = [p for p in reversed(path.parents) if p != above[0] and p.is_relative_to(above[0])]
            words += itertools.chain(*(("--perms", "0755", "--dir", str(p)) for p in between))
            words += ["--ro-bind", str(path), str(path)]
    drop = ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"]
    return ["bwrap", *words, "--", *drop, *command]


@needs("A")
@needs("B")
def test_ordinary_user_has_the_same_sandbox():
    if subprocess.run(ordinary(sys.executable, "-c", "pass"), capture_output=True).returncode:
        pytest.skip("the tests run as root here and cannot become an ordinary user")
    place = Path("/tmp") / f"d2l-ordinary-{os.getpid()}"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    some = (
        "proc or kill_the or gradebook or fork_bomb or thread_bomb or loopback or many_files or debugger or raw_clone"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", f"--basetemp={place}/t"]
    select = ["-k", f"(A- or B-) and ({some})", "tests/test_attacks.py"]
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(place), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            ordinary(*command, *select), cwd=ROOT, capture_output=True, text=True, env=variables, timeout=300
        )
    finally:
        shutil.rmtree(place)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"\d\d passed", done.stdout) and "skipped" not in done.stdout


# what is said


def test_tiers_say_what_they_do_and_what_they_do_not_stop():
    a, b, c = sandbox.TIERS.values()
    assert a.notice.startswith("sandbox tier A: namespaces (bubblewrap), seccomp") and "not stop" not in a.notice
    assert "it does not stop many small files filling the disk" in b.notice
    assert c.notice.endswith(
        "it does not stop reading and writing the grader's files, network, signals to others, processes left behind, "
        "many small files filling the disk while a submission runs"
    )
    assert set(c.does_not_stop) <= set(a.stops) | set(b.does_not_stop) and set(c.stops) <= set(b.stops)


@pytest.fixture
def machine(monkeypatch):
    """Change what the machine can do, and have it probed anew."""
    sandbox.why_not.cache_clear()

    def can(*, bwrap=True, landlock_version=7, platform="linux"):
        monkeypatch.setattr(sandbox.shutil, "which", lambda name: "/usr/bin/bwrap" if bwrap else None)
        monkeypatch.setattr(landlock, "abi", lambda: landlock_version)
        monkeypatch.setattr(sandbox.sys, "platform", platform)
        sandbox.why_not.cache_clear()

    yield can
    sandbox.why_not.cache_clear()


@needs("B")
def test_best_tier_is_what_the_machine_can_do(machine):
    machine(bwrap=False)
    assert sandbox.best_tier().name == "B"
    machine(bwrap=False, landlock_version=0)
    assert sandbox.best_tier().name == "C"
    machine(platform="darwin")
    assert sandbox.best_tier().name == "C"


@pytest.mark.parametrize(
    ("tier", "weak", "sentence"),
    [
        ("A", True, "no sandbox of tier A: bwrap is not installed; needed: bubblewrap .*; try: apt install bubblewrap"),
        ("B", True, "no sandbox of tier B: the kernel has no Landlock; needed: Linux 5.13"),
        ("auto", False, "no sandbox of tier A: bwrap is not installed; .* try: apt install bubblewrap"),
        ("C", False, "tier C is no sandbox, and one is required; needed: tier A or B; try: --tier auto"),
        ("D", True, "tier 'D'; needed: auto, A, B, C; try: --tier auto"),
    ],
)
@linux
def test_missing_sandbox_says_what_to_type(machine, tier, weak, sentence):
    machine(bwrap=False, landlock_version=0)
    with pytest.raises(D2LError, match=sentence):
        sandbox.require(tier, weak=weak)


def test_command_line_names_the_tier_and_refuses_the_weakest(tmp_path, monkeypatch, capsys):
    from d2lmini.grading import bank
    from tests.grading_course import BANK

    monkeypatch.setattr(bank, "__path__", [str(BANK)])
    bank.load.cache_clear()
    course, out = write_course(tmp_path / "course"), tmp_path / "out"
    paper = write_submission(tmp_path / "ada.ipynb")
    words = ["grade", str(paper), "--set", SET, "--source", str(course), "--out", str(out), "--tier", "C"]
    assert main(words) == 0
    assert sandbox.TIERS["C"].notice in capsys.readouterr().out
    assert sandbox.TIERS["C"].notice in (out / "grades.json").read_text()
    page = (out / "index.html").read_text()
    assert "it does not stop reading and writing the grader&#39;s files" in page
    assert main([*words, "--require-sandbox"]) == 2
    assert "tier C is no sandbox, and one is required" in capsys.readouterr().err
    bank.load.cache_clear()


@linux
def test_capabilities_are_gone_after_they_are_dropped():
    assert namespaces.CAPABILITIES_V3 == 0x20080522
    code = """
    namespaces.drop_capabilities()
    print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "CapInh"))))
    """
    assert python(code, "namespaces") == " ".join(["0" * 16] * 3)
