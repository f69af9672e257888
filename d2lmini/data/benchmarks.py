"""The measured times of `benchmarks/`, from which chapters read every speed that they quote."""

from __future__ import annotations

import json
from pathlib import Path

from d2lmini.errors import DataError, fault

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"  # beside the package, in a checkout of the repository


def benchmark(name: str) -> dict:
    """Return what `benchmarks/bench_<name>.py` measured: machine, versions, date and one entry a case.

    Raises:
        DataError: there are no such results, or their file is damaged.

    >>> sorted(benchmark("conv"))
    ['cases', 'date', 'machine', 'module', 'quick', 'rounds', 'versions']
    """
    path = RESULTS / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in RESULTS.glob("*.json"))) or "none yet"
        raise DataError(
            fault(
                f"{path} does not exist",
                f"the results of a benchmark ({known})",
                "make bench, in a checkout of the book",
            )
        ) from None
    except ValueError as error:
        raise DataError(
            fault(f"{path} is damaged ({error})", "the JSON that make bench writes", "make bench")
        ) from None
