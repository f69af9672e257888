"""What surrounds student code: three tiers, which of them this machine can do, and what each does not stop.

Threat model. A submission is a program written by somebody who wants a better mark, another's answers, or
the machine. It runs in a worker: a process that never holds a check, a reference or an expected value, and
that answers requests for plain values (`wire`). The grader believes none of them.

Defended, in tiers A and B: the grader's files (references, gradebook, other submissions), its memory, its
environment and its network; other processes, which no signal or tracing reaches; the marks of others, who
have a worker and a scratch folder of their own; the machine, through limits of time, memory, threads and
files. Nothing outlives a submission: a worker cannot start processes, and it is killed at its end.

Defended by construction, in every tier: marks. Replies are data of a known size and type, compared in the
grader, so that whatever the worker does to itself (patched functions, hooks, forged frames) can only change
its own answers. Inputs of hidden checks are drawn for each run.

Not defended: holes in the kernel; a student who reads the libraries that are visible (Python's own); time
and cache side channels between workers; answers that were right because someone else wrote them; whether a
function changed its arguments, for which the worker's word is taken; the grader's host when a limit is set too
high for it.
What a weaker tier adds to this list is its `does_not_stop`. A Linux with neither bubblewrap nor Landlock gets tier C as
other systems have it: the list of system calls alone would leave every file open, and be a fourth tier to trust.

One bubblewrap holds the warm server; each worker gives itself mounts and System V memory of its own (0.3 ms
more than a bare fork). A process namespace for each would take a second fork (1.1 ms more) and keep nothing out:
the list of system calls already refuses new processes, and signals to any but oneself.
"""

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import D2LError, fault
from . import landlock, seccomp
from .limits import Limits

HERE = Path(__file__).parent
PARTS = ("worker.py", "wire.py", "namespaces.py", "landlock.py", "seccomp.py")  # all that a worker sees of the book
INSIDE = "/grader"  # where they stand in tier A
SCRATCH = "/scratch"  # in tier A: each worker mounts its own there
NOBODY = 65534
SYSTEM = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
PROBE_SECONDS = 30.0


@dataclass(frozen=True)
class Tier:
    """A degree of isolation. stops, does_not_stop: what student code might try."""

    name: str
    means: str
    stops: tuple[str, ...]
    does_not_stop: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """One line for the console and the report.

        >>> Tier("A", "namespaces", ("loops",)).notice
        'sandbox tier A: namespaces'
        """
        rest = f"; it does not stop {', '.join(self.does_not_stop)}" if self.does_not_stop else ""
        return f"sandbox tier {self.name}: {self.means}{rest}"


LIMITED = ("forged marks", "endless loops", "floods of memory and output")
CLOSED = ("reading and writing the grader's files", "network", "signals to others", "processes left behind")
SMALL_FILES = "many small files filling the disk while a submission runs"
THREADS = "many threads, for root where others may not read the libraries"
TIERS = {
    tier.name: tier
    for tier in (
        Tier("A", "namespaces (bubblewrap), seccomp, Landlock where there is one, limits", (*LIMITED, *CLOSED)),
        Tier(
            "B",
            "seccomp, Landlock and limits",
            (*LIMITED, *CLOSED),
            (SMALL_FILES, "asking whether a file exists", THREADS),
        ),
        Tier("C", "a separate process with limits of time and memory", LIMITED, (*CLOSED, SMALL_FILES)),
    )
}


def best_tier() -> Tier:
    """The strongest tier that this machine can do, found by trying."""
    return next(tier for tier in TIERS.values() if not why_not(tier.name))


def require(tier: str, *, weak: bool = True) -> Tier:
    """The tier of this name, or for "auto" the best; weak=False refuses C.

    Raises:
        D2LError: there is no such tier, or this machine cannot do it; the message says what to type.
    """
    if tier != "auto" and tier not in TIERS:
        raise D2LError(fault(f"tier {tier!r}", f"auto, {', '.join(TIERS)}", "--tier auto"))
    found = best_tier() if tier == "auto" else TIERS[tier]
    if found.name == "C" and not weak:
        if tier == "C":
            raise D2LError(fault("tier C is no sandbox, and one is required", "tier A or B", "--tier auto"))
        found = TIERS["A"]  # and so say what stands in its way
    if reason := why_not(found.name):
        raise D2LError(fault(f"no sandbox of tier {found.name}: {reason}", *WAYS_OUT[found.name]))
    return found


WAYS_OUT = {
    "A": ("bubblewrap and user namespaces (or root)", "apt install bubblewrap; sysctl user.max_user_namespaces"),
    "B": ("Linux 5.13 with Landlock on x86_64 or aarch64", "add landlock to the kernel's lsm= list, or use Linux"),
}


@functools.cache
def why_not(tier: str) -> str:
    """Why this machine cannot do a tier: "" when a process could be confined so, else what it said."""
    if tier == "C":
        return ""
    if sys.platform != "linux" or platform.machine() not in seccomp.AUDIT_ARCH:
        return f"{platform.system()} on {platform.machine()}"
    if tier == "A" and not shutil.which("bwrap"):
        return "bwrap is not installed"
    if tier == "B" and not landlock.abi():
        return "the kernel has no Landlock"
    try:
        with tempfile.TemporaryDirectory() as folder:
            scratch = SCRATCH if tier == "A" else folder
            config = {"probe": True, "limits": asdict(Limits()), "scratch": scratch}
            run = {"env": environment(scratch), "capture_output": True, "text": True, "timeout": PROBE_SECONDS}
            done = subprocess.run(command(tier, config), **run, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it does not start"])[-1]


def command(tier: str, config: dict) -> list[str]:
    """How a student's process is started in a tier: Python, or bubblewrap around it."""
    place = INSIDE if tier == "A" else str(HERE)
    config = config | {"sandbox": measures(tier)}
    python = [sys.executable, "-s", "-P", f"{place}/worker.py", json.dumps(config)]
    return [*bubblewrap(), "--", *python] if tier == "A" else python


def measures(tier: str) -> dict:
    """What a worker does to itself in a tier, as plain values; see `worker.confine`."""
    if tier == "C":
        return {}
    root = os.geteuid() == 0
    readable = [*libraries(), *DEVICES]
    user = NOBODY if root and (tier == "A" or all(map(open_to_all, libraries()))) else None
    return {"mounts": tier == "A", "user": user, "readable": readable, "landlock": bool(landlock.abi())}


def bubblewrap() -> list[str]:
    """The command line up to `--`: the libraries read-only and nothing else, no network, no other process.

    The capabilities are for the workers, who give themselves mounts of their own, and then drop them. The
    server ends when its line to the grader closes; --die-with-parent would end it with the thread that
    started it.
    """
    root = os.geteuid() == 0
    mounts = [("--ro-bind", path, path) for path in libraries(whole=True)]
    mounts += [("--ro-bind", str(HERE / part), f"{INSIDE}/{part}") for part in PARTS]
    mounts += [("--dev-bind", device, device) for device in DEVICES]
    parents = sorted({str(p) for _, _, inside in mounts for p in Path(inside).parents if str(p) != "/"})
    capabilities = ["CAP_SYS_ADMIN", *(["CAP_SETUID", "CAP_SETGID", "CAP_KILL"] if root else [])]
    return [
        shutil.which("bwrap") or "bwrap",
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--new-session"),
        *(() if root else ("--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY))),
        *("--cap-drop", "ALL", *(word for name in capabilities for word in ("--cap-add", name))),
        *(word for folder in parents for word in ("--perms", "0755", "--dir", folder)),
        *(word for mount in mounts for word in mount),
        *(("--tmpfs", str(HERE.parent)) if any(HERE.is_relative_to(path) for _, path, _ in mounts) else ()),
        *("--proc", "/proc", "--dir", SCRATCH, "--remount-ro", "/", "--chdir", "/"),
    ]


@functools.cache
def libraries(*, whole: bool = False) -> tuple[str, ...]:
    """Folders and files that Python and its packages need to run, without this package.

    whole: name a folder even if this package is installed in it; the caller covers it.
    """
    paths = sysconfig.get_paths()
    found = [*SYSTEM, *(paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))]
    for prefix in (sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)):
        found += [f"{prefix}/{part}" for part in ("bin", "lib", "lib64", "pyvenv.cfg")]
    found = sorted({Path(path) for path in found if os.path.exists(path)})
    found = [p for p in found if not any(p != q and p.is_relative_to(q) for q in found)]
    return tuple(str(p) for path in found for p in ([path] if whole else _without_us(path)))


def _without_us(path: Path) -> list[Path]:
    package = HERE.parent
    if path == package:
        return []
    if not package.is_relative_to(path):
        return [path]
    return [p for child in sorted(path.iterdir()) for p in _without_us(child)]


def open_to_all(path: str) -> bool:
    """Whether every user may enter a path."""
    return all(place.stat().st_mode & 0o001 or place.is_file() for place in (Path(path), *Path(path).parents))


def environment(home: str) -> dict[str, str]:
    """Nothing of the instructor's environment but what the system needs to start Python."""
    variables = {"PATH": os.defpath, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "MPLBACKEND": "Agg"}
    variables |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    variables |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    return variables | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
