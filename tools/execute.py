"""Run a notebook once, with nbval, and keep what it showed: tests, records and book all come from that run.

    python tools/execute.py                          run every chapter whose kept run is out of date
    python tools/execute.py chapters/filtering.ipynb --strict --always

A kept run lies in `_build/executed/` and carries the digest of everything that it depends on: the code cells,
the package, the quoted benchmark results, the bibliography where the code names it, and the versions of Python
and of the numerical libraries. One
changed byte makes it stale, and nothing stale is ever shown. A change in the prose alone runs nothing.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "_build" / "executed"
SOURCES = ("d2lmini", "benchmarks/results")
BIBLIOGRAPHY = "references.bib"
LIBRARIES = ("numpy", "scipy", "matplotlib", "scikit-learn", "anywidget", "torch", "torchvision")
NOTE = "d2lmini"  # the key under which a kept run carries its digest and its cost


def notebooks(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def chapters() -> list[Path]:
    return notebooks(ROOT / "chapters")


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def is_quiz(cell: NotebookNode) -> bool:
    """Whether a code cell does nothing but ask a question."""
    return re.match(r"(figures\.)?Quiz\(", cell.source) is not None


@cache
def surroundings() -> bytes:
    """Digest of all that a notebook can import or quote, and of the versions that compute it."""
    h = hashlib.sha256(sys.version.encode())
    for library in LIBRARIES:
        try:
            h.update(f"{library}=={version(library)}\n".encode())
        except PackageNotFoundError:
            pass
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                h.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return h.digest()


def digest(nb: NotebookNode) -> str:
    h = hashlib.sha256(surroundings())
    for cell in code_cells(nb):
        h.update(cell.source.encode() + b"\0")
    if any(BIBLIOGRAPHY in cell.source for cell in code_cells(nb)):
        h.update((ROOT / BIBLIOGRAPHY).read_bytes())
    return h.hexdigest()


def kept(path: Path) -> Path:
    return KEPT / path.resolve().relative_to(ROOT)


def load(path: Path) -> NotebookNode | None:
    """The kept run of a notebook, or None where there is none or it is stale."""
    try:
        run = nbformat.read(kept(path), 4)
    except FileNotFoundError:
        return None
    return run if run.metadata.get(NOTE, {}).get("digest") == digest(nbformat.read(path, 4)) else None


def with_outputs(nb: NotebookNode, run: NotebookNode) -> NotebookNode:
    """The notebook as it is now, prose and tags included, showing the outputs of its kept run."""
    for cell, ran in zip(code_cells(nb), code_cells(run), strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    nb.metadata.update({k: v for k, v in run.metadata.items() if k in ("widgets", NOTE)})
    return nb


def run(paths: list[Path], *, strict: bool = False) -> int:
    """Execute notebooks side by side, one file a worker; 0 if no cell failed.

    strict also compares every text output with the stored one, as `make test` does.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    command += ["-p", "xdist.plugin", "-p", "nbval.plugin", "--nbval" if strict else "--nbval-lax"]
    command += ["--nbval-current-env"]
    if len(paths) > 1:
        command += ["-n", "2", "--dist", "loadfile"]  # the default distribution tears notebooks apart
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([*command, *map(str, paths)], cwd=ROOT, env=environment).returncode


def refresh() -> int:
    """Execute the chapters without a valid kept run."""
    stale = [path for path in chapters() if load(path) is None]
    if not stale:
        return 0
    print(f"running {len(stale)} chapter(s): {', '.join(path.stem for path in stale)}", flush=True)
    return run(stale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks or folders; default: every chapter")
    parser.add_argument("--strict", action="store_true", help="compare text outputs with the stored ones")
    parser.add_argument("--always", action="store_true", help="run also what has a valid kept run")
    args = parser.parse_args()
    paths = [found for p in args.paths for found in (notebooks(p.resolve()) if p.is_dir() else [p.resolve()])]
    paths = paths or chapters()
    if not args.always:
        paths = [path for path in paths if load(path) is None]
    if not paths:
        print("every kept run is up to date")
        return 0
    return run(paths, strict=args.strict)


if __name__ == "__main__":
    sys.exit(main())
