"""Run every test of the repository: what `make test` does, and the plain command for systems without make.

Each chapter is executed once, by nbval; the book is then built from that very run and opened in a browser.
"""

import os
import shutil
import subprocess
import sys
import time

import execute

PYTEST = (sys.executable, "-m", "pytest", "-q", "--no-header")
WORKERS = ("-n", "2", "--dist", "loadfile")  # a file stays with its worker, and so do its fixtures
NOTEBOOKS = ("chapters", "exercises/source")
STAGES = (
    ("style", (sys.executable, "-m", "ruff", "check", ".")),
    ("package", (*PYTEST, *WORKERS, "-m", "not book", "--doctest-modules", "tests", "d2lmini")),
    ("releases follow their sources", (sys.executable, "-m", "d2lmini", "release", "--check")),
    ("notebooks", (sys.executable, "tools/execute.py", "--strict", "--always", *NOTEBOOKS)),
    ("notebooks are recorded", (sys.executable, "tools/record.py", "--check")),
    ("book", (sys.executable, "tools/book.py", "--cold", "--strict")),
    ("pages", (*PYTEST, "-m", "book", "tests/test_book.py")),
)


def main() -> int:
    shutil.rmtree(execute.KEPT, ignore_errors=True)  # nothing from an earlier run can pass for this one
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    times = []
    for number, (name, command) in enumerate(STAGES, start=1):
        print(f"\n[{number}/{len(STAGES)}] {name}", flush=True)
        begin = time.monotonic()
        code = subprocess.run(command, cwd=execute.ROOT, env=environment).returncode
        times.append(f"{name} {time.monotonic() - begin:.0f} s")
        if code:
            print(f"\nFAILED: {name}. Run it alone with: {' '.join(command)}", file=sys.stderr)
            return 1
    print(f"\nAll tests passed: {', '.join(times)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
