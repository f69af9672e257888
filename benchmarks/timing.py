"""How every benchmark measures: one process, one thread, contenders in turn, medians of ratios.

Import this module before NumPy: it sets the number of threads. Times are processor times, which stand still while
other programs run. In each round every contender runs once, so what slows the machine slows all of them; a ratio
compares two runs of one round, and the median of all rounds is what the book quotes, with its quartiles as `low`
and `high`.
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

RESULTS = Path(__file__).parent / "results"
SHORTEST = 0.02  # seconds: shorter calls are repeated, so that the clock's grain does not count


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the processor seconds of one call, from `repeats` calls in a row."""
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def race(
    contenders: dict[str, Callable[[], object]], reference: str, rounds: int
) -> dict[str, dict[str, float]]:
    """Run contenders in turn; return for each the median seconds and ratio, with quartiles."""
    repeats = {}
    for name, call in contenders.items():
        call()  # the first call pays for plans and pages
        repeats[name] = max(1, round(SHORTEST / max(seconds(call, 1), 1e-7)))
    taken = [{name: seconds(call, repeats[name]) for name, call in contenders.items()} for _ in range(rounds)]
    times = {}
    for name in contenders:
        ratios = [one[name] / one[reference] for one in taken]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        times[name] = {
            "seconds": significant(statistics.median(one[name] for one in taken)),
            "ratio": significant(middle),
            "low": significant(low),
            "high": significant(high),
        }
    return times


def significant(number: float, digits: int = 3) -> float:
    """Round to three significant digits; more are noise."""
    return float(f"{number:.{digits}g}")


def processor() -> str:
    """Return the processor's model."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def result(module: str, packages: tuple[str, ...], rounds: int, quick: bool, cases: list[dict]) -> dict:
    """Return what a results file holds: the cases, and everything that a speed depends on."""
    return {
        "module": module,
        "date": date.today().isoformat(),
        "quick": quick,
        "rounds": rounds,
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "threads": 1,
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "cases": cases,
    }


def write(measured: dict) -> Path:
    """Write a results file, unless the run was a quick one: the book quotes no quick run."""
    path = RESULTS / f"{measured['module']}.json"
    if not measured["quick"]:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return path
