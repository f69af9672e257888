"""Runs benchmarks, prints tables, writes `results/`: `python benchmarks/run.py [--quick] [conv ...]`."""

import timing  # isort: skip - first, for it sets the number of threads

import argparse
import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def table(measured: dict) -> Table:
    """Lay one module's results out: a row a case, a column a contender, ratios and their spread."""
    names = list(dict.fromkeys(name for case in measured["cases"] for name in case["times"]))
    reference = measured["cases"][0]["reference"]
    others = [name for name in names if name != reference]
    rows = Table(title=f"{measured['module']}: times {reference}, with half the distance of the quartiles")
    rows.add_column("case", no_wrap=True)
    for header in ("reference, ms", *others):
        rows.add_column(header, justify="right")
    for case in measured["cases"]:
        times = case["times"]
        cells = [f"{1e3 * times[reference]['seconds']:.3g}"]
        for t in map(times.get, others):
            cells.append(f"{t['ratio']:g} ±{50 * (t['high'] - t['low']) / t['ratio']:.0f} %" if t else "")
        rows.add_row(case["case"], *cells)
    return rows


def main(modules: list[str] | None = None) -> int:
    """Run the named benchmarks, or all of them."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--quick", action="store_true", help="a few seconds; prints, but keeps no results")
    if modules is None:
        parser.add_argument("modules", nargs="*", choices=[*known, []], default=[], help=", ".join(known))
    args = parser.parse_args()
    console = Console()
    console.width = max(console.width, 110)
    for name in modules or args.modules or known:
        with console.status(f"bench_{name}"):
            measured = importlib.import_module(f"bench_{name}").run(quick=args.quick)
        path = timing.write(measured)
        machine, versions = measured["machine"], measured["versions"]
        console.print(table(measured))
        console.print(
            f"{machine['processor']}, one thread of {machine['cores']} cores; "
            + ", ".join(f"{package} {number}" for package, number in versions.items())
            + f"; medians of {measured['rounds']} rounds"
        )
        console.print(
            "quick: no results kept\n" if args.quick else f"results: {path}\n",
            highlight=False,
            soft_wrap=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
