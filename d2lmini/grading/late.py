"""Late penalties: who was how late stands in a CSV file, what it costs in a sentence.

A penalty is a part of the mark that was reached, and is applied when reports are made: the results keep the
mark without it, and both are shown.
"""

import csv
import dataclasses
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, fault
from .runner import Result

HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0}
UNIT = "|".join(HOURS)
AMOUNT = r"(\d+(?:\.\d+)?)"
PENALTY = re.compile(
    rf"{AMOUNT}\s*%\s*(?:an?|each|every|per|/)\s*({UNIT})"
    rf"(?:\s*,?\s*at most\s+{AMOUNT}\s*%)?(?:\s*,?\s*after\s+{AMOUNT}\s+({UNIT})s?)?",
    re.IGNORECASE,
)
EXAMPLE = '"10% a day, at most 50%, after 30 minutes"'


@dataclass(frozen=True)
class Penalty:
    """percent of the mark for each `hours` begun, at most `most` percent; nothing up to `free` hours."""

    percent: float
    hours: float
    most: float = 100.0
    free: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Penalty":
        """Read a sentence.

        Raises:
            DataError: it is not such a sentence.

        >>> Penalty.parse("10% a day, at most 50%, after 30 minutes")
        Penalty(percent=10.0, hours=24.0, most=50.0, free=0.5)
        """
        match = PENALTY.fullmatch(text.strip())
        if match is None:
            raise DataError(fault(f"--penalty {text!r} is not understood", f"a sentence like {EXAMPLE}", EXAMPLE))
        percent, unit, most, free, free_unit = match.groups()
        most, free = min(float(most or 100), 100.0), float(free or 0) * HOURS[(free_unit or "hour").lower()]
        return cls(float(percent), HOURS[unit.lower()], most, free)

    def share(self, hours: float) -> float:
        """The part of the mark, 0..1, that this lateness costs.

        >>> [Penalty(10, 24, 50).share(h) for h in (0, 1, 24, 25, 1000)]
        [0.0, 0.1, 0.1, 0.2, 0.5]
        """
        begun = math.ceil(round(hours / self.hours, 9)) if hours > self.free else 0
        return min(self.percent * begun, self.most) / 100


def read_lateness(path: Path) -> dict[str, float]:
    """{student: hours late} of a CSV file with the columns student and minutes, hours, days or weeks.

    Raises:
        DataError: the file is not there, or a line cannot be used.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(fault(f"--late {path} cannot be read ({error})", "a CSV file", "student,days")) from None
    hours: dict[str, float] = {}
    units = [unit for unit in HOURS if rows and f"{unit}s" in rows[0]]
    for line, row in enumerate(rows, 2):
        try:
            late = sum(float(row[f"{unit}s"] or 0) * HOURS[unit] for unit in units)
            if not (units and math.isfinite(late) and late >= 0 and row["student"]):
                raise ValueError
            hours[row["student"]] = late
        except (KeyError, TypeError, ValueError):
            needed = "the columns student and minutes, hours, days or weeks, and numbers from 0"
            raise DataError(fault(f"line {line} of {path} cannot be used", needed, "ada,1.5")) from None
    return hours


def penalise(penalty: Penalty, hours: dict[str, float]) -> Callable[[Result], Result]:
    """A function that puts lateness and its cost on a result; others stay as they are."""

    def apply(result: Result) -> Result:
        late = hours.get(result.student, 0.0)
        if not late:
            return result
        cost = round(result.earned * penalty.share(late), 2)
        return dataclasses.replace(result, lateness=in_words(late), penalty=cost)

    return apply


def in_words(hours: float) -> str:
    """A time in its largest unit.

    >>> in_words(36), in_words(24), in_words(0.5)
    ('1.5 days', '1 day', '30 minutes')
    """
    unit = "day" if hours >= 24 else "hour" if hours >= 1 else "minute"
    count = round(hours / HOURS[unit], 1)
    return f"{count:g} {unit}{'s' * (count != 1)}"
