"""Is everything here? One line a check, with `ok` or with what to type: `python -m d2lmini doctor`.

Each check is a function that returns a `Check`; what it looks at is an argument: a test can hand it a fault.
"""

from __future__ import annotations

import argparse
import operator
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import d2lmini
from d2lmini.data.mnist import mnist_here

ROOT = Path(d2lmini.__file__).resolve().parents[1]  # the checkout, or site-packages
DISK = 2  # GB that the executed chapters, the built book and the caches need
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
PROBE = "import torch, torchvision; torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)"


class Check(NamedTuple):
    """One line of the report: what was looked at, what was found, and what to type if that is not enough."""

    name: str
    found: str
    advice: str = ""
    optional: bool = False

    @property
    def missing(self) -> bool:
        return bool(self.advice) and not self.optional


class Requirement(NamedTuple):
    """A package and the bounds of its version, as `numpy` and `>=1.26`."""

    name: str
    bounds: str


def requirement(text: str) -> Requirement:
    """Read one line of a package's metadata.

    >>> requirement('jupyter-book>=1.0.4,<2; extra == "book"'), requirement("torch (==2.4.1)")
    (Requirement(name='jupyter-book', bounds='>=1.0.4,<2'), Requirement(name='torch', bounds='==2.4.1'))
    """
    name, bounds = re.match(r"\s*([\w.-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)", text).groups()
    return Requirement(name, bounds.replace(" ", ""))


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without trailing zeros, so that versions compare as tuples.

    >>> release("2.14.1+cpu"), release("1.0.4.post1"), release("2.0")
    ((2, 14, 1), (1, 0, 4), (2,))
    """
    numbers = [int(n) for n in re.match(r"\d+(?:\.\d+)*", version)[0].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def satisfies(version: str, bounds: str) -> bool:
    """Tell whether a version lies within bounds.

    >>> satisfies("1.0.4.post1", ">=1.0.4,<2"), satisfies("2.1", ">=1.0.4,<2"), satisfies("1", "")
    (True, False, True)
    """
    clauses = re.findall(r"(>=|<=|==|!=|>|<)([^,]+)", bounds)
    return all(COMPARE[sign](release(version), release(bound)) for sign, bound in clauses)


def declared(root: Path = ROOT) -> tuple[str, list[Requirement]]:
    """Return the bounds of Python and of every package: as installed, else as in pyproject.toml."""
    try:
        about = metadata.metadata("d2lmini")
        python, lines = about["Requires-Python"], about.get_all("Requires-Dist") or []
    except metadata.PackageNotFoundError:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        python = project["requires-python"]
        lines = [
            *project["dependencies"],
            *(line for extra in project["optional-dependencies"].values() for line in extra),
        ]
    found = sorted({requirement(line) for line in lines})
    return python, [need for need in found if need.name != "d2lmini"]


def installed(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def requires(name: str) -> list[str]:
    """Return what an installed package requires; nothing if it is not installed."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def install(*names: str, root: Path = ROOT, bounds: str = "", force: bool = False) -> str:
    """Return the pip command that installs packages: the versions of requirements.txt if it is there."""
    pins = {}
    if (root / "requirements.txt").is_file():
        text = (root / "requirements.txt").read_text(encoding="utf-8")
        pins = {name.lower(): version for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;#]+)", text)}
    wanted = [
        f"{n}=={pins[n.lower()]}" if n.lower() in pins else f'"{n}{bounds}"' if bounds else n for n in names
    ]
    options = "--upgrade --force-reinstall " if force else "--upgrade "
    return f"python -m pip install {options}{' '.join(wanted)}"


def python(bounds: str, version: str = sys.version.split()[0]) -> Check:
    """Is this Python new enough?"""
    return Check(
        "Python", version, "" if satisfies(version, bounds) else f"install Python {bounds} and set up again"
    )


def package(need: Requirement, version: str | None, root: Path = ROOT) -> Check:
    """Is a package there, in a version that d2lmini works with?"""
    if version and satisfies(version, need.bounds):
        return Check(need.name, version)
    found = f"{version}, needed {need.bounds}" if version else "not installed"
    return Check(need.name, found, install(need.name, root=root, bounds=need.bounds))


def load_torch() -> tuple[int, str]:
    """Load torch and torchvision in another process; return its status and the last line of its complaint."""
    try:
        done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return 1, "no answer in 180 s"
    return done.returncode, (done.stderr.strip().splitlines() or [f"stopped with status {done.returncode}"])[
        -1
    ]


def torch_pair(
    torch: str | None, torchvision: str | None, needs: str = "",
    load: Callable[[], tuple[int, str]] = load_torch, root: Path = ROOT,
) -> Check:  # fmt: skip
    """Are torch and torchvision of one release, and do they load together?

    Of an unmatched pair each installs, and then nothing loads: `operator torchvision::nms does not exist`.
    needs: the bounds that torchvision's own metadata set for torch.
    """
    name, advice = "torch with torchvision", install("torch", "torchvision", root=root, force=True)
    if not torch or not torchvision:
        return Check(name, "not both installed", advice)
    if not satisfies(torch, needs):
        return Check(name, f"unmatched pair: torchvision {torchvision} needs torch {needs}", advice)
    status, complaint = load()
    if status == 0:
        return Check(name, "load together")
    why = "unmatched pair: " if "torchvision::nms" in complaint else ""
    return Check(name, f"{why}{complaint}", advice)


def fonts(folder: Path | None = None, root: Path = ROOT) -> Check:
    """Is DejaVu Sans, the font of every figure, in its place in Matplotlib?"""
    if folder is None:
        spec = find_spec("matplotlib")  # found, not imported
        folder = (
            Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
            if spec and spec.origin
            else Path("matplotlib")
        )
    if (folder / "DejaVuSans.ttf").is_file():
        return Check("fonts", "DejaVu Sans")
    return Check("fonts", "DejaVu Sans not found", install("matplotlib", root=root, force=True))


def data_sets(environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> Check:
    """Is there something to compute with: MNIST in D2LMINI_DATA, or the sets that scikit-learn carries?"""
    named = environ.get("D2LMINI_DATA")
    if named and not Path(named).expanduser().is_dir():
        return Check(
            "data",
            f"D2LMINI_DATA={named} is no folder",
            "unset D2LMINI_DATA, or name a folder with MNIST/raw",
        )
    if named and mnist_here(Path(named).expanduser()):
        return Check("data", f"MNIST in {named}")
    if find_spec("sklearn") is None:
        return Check("data", "no bundled digits", install("scikit-learn", root=root))
    return Check(
        "data", f"bundled digits; no MNIST in {named}" if named else "bundled digits; D2LMINI_DATA is not set"
    )


def disk(free: float | None = None, root: Path = ROOT) -> Check:
    """Is there room for the book? free: GB."""
    free = shutil.disk_usage(root).free / 1e9 if free is None else free
    advice = "" if free >= DISK else f"make room: {DISK} GB are needed in {root}"
    return Check("free disk", f"{free:.1f} GB", advice)


def browser(which: Callable[[str], str | None] = shutil.which) -> Check:
    """Is there a browser for the tests of the built pages?"""
    found = next((path for path in map(which, BROWSERS) if path), None)
    advice = "" if found else "optional, for the browser tests: apt install chromium"
    return Check("browser", found or "none", advice, optional=True)


def sandbox() -> Check:
    """Which tier of the grader's sandbox can this machine do?"""
    try:
        from d2lmini.grading.sandbox import best_tier, why_not  # here, for it needs packages that may be missing
    except ImportError as error:
        return Check("sandbox", f"not known without {error.name}")
    tier = best_tier()
    advice = {
        "A": "",
        "B": f"optional, for tier A ({why_not('A')}): apt install bubblewrap",
        "C": "optional, to grade strangers' notebooks: Linux, with apt install bubblewrap or a kernel with Landlock",
    }
    return Check("sandbox", f"tier {tier.name}: {tier.means}", advice[tier.name], optional=True)


def book(root: Path = ROOT) -> Check:
    """Where is the built book?"""
    page = root / "_build" / "html" / "index.html"
    if page.is_file():
        return Check("book", str(page))
    return Check("book", "not built yet", "to build it: make book", optional=True)


def checks() -> list[Check]:
    """Return every check, in the order of the report."""
    bounds, needs = declared()
    matched = [need.bounds for need in map(requirement, requires("torchvision")) if need.name == "torch"]
    return [
        python(bounds),
        Check("d2lmini", f"{d2lmini.__version__} in {Path(d2lmini.__file__).parent}"),
        *(package(need, installed(need.name)) for need in needs),
        torch_pair(installed("torch"), installed("torchvision"), ",".join(matched)),
        fonts(),
        data_sets(),
        disk(),
        browser(),
        sandbox(),
        book(),
    ]


def report(results: list[Check]) -> str:
    """Return one aligned line a check: its name, what was found, and `ok` or what to type."""
    name = max(len(check.name) for check in results)
    found = min(max(len(check.found) for check in results), 48)
    return "\n".join(f"{c.name:<{name}}  {c.found:<{found}}  {verdict(c)}" for c in results)


def verdict(check: Check) -> str:
    """Return `ok`, or what to type."""
    if not check.advice:
        return "ok"
    return f"ok ({check.advice})" if check.optional else f"MISSING; type: {check.advice}"


def main(argv: list[str] | None = None) -> int:
    """Print the report; return 1 if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m d2lmini doctor", description=__doc__.splitlines()[0])
    parser.parse_args(argv)
    results = checks()
    print(report(results))
    missing = sum(check.missing for check in results)
    print(f"\n{missing} of {len(results)} checks failed." if missing else "\nEverything is here.")
    return min(missing, 1)


if __name__ == "__main__":
    sys.exit(main())
