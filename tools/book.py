"""Build the book in `_build/html`, running only the chapters whose kept run is out of date.

    python tools/book.py                             what `make book` does
    python tools/book.py --cold --strict             from nothing, warnings are errors: what `make test` does
"""

import argparse
import os
import shutil
import subprocess
import sys

import execute

PAGES = execute.ROOT / "_build" / "html"


def build(*, cold: bool = False, strict: bool = False) -> int:
    if cold:
        for folder in (PAGES, PAGES.parent / ".doctrees"):
            shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "-q", "."]
    if strict:
        command += ["-W", "-n", "--keep-going"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    if not sys.stdout.isatty():
        environment["NO_COLOR"] = "1"
    return subprocess.run(command, cwd=execute.ROOT, env=environment).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cold", action="store_true", help="remove the old pages first")
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    args = parser.parse_args()
    if code := build(cold=args.cold, strict=args.strict):
        print("The book was not built: the reason stands above.", file=sys.stderr)
        return code
    print(f"The book: {PAGES / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
