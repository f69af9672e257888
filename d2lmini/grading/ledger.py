"""What a run has done so far: one result file a submission, so that a run that was killed goes on.

`out/run.json` is written before the first submission and holds what all share: the set and the seed of the
random inputs. `out/results/<student>.json` holds one result, and the key that it belongs to: the student, the
digests of the submission and of the set (its source, bank and limits), and the seed. A file is there or not,
never in part, so a submission is graded again only where its key changed: the same submission keeps its mark.
One run at a time has the folder: it holds the lock on `out/run.lock`.
"""

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from ..errors import DataError, fault
from . import bank
from .files import file_name, locked, sweep, write_atomically
from .limits import Limits
from .notebook import Source
from .runner import Result

RUN, RESULTS, LOCK = "run.json", "results", "run.lock"


class Ledger:
    """The results of one set in the folder `out`.

    seed: None keeps the recorded seed, or draws one. fresh: forget all earlier results.

    Raises:
        DataError: `out` holds the results of another set, or a record that cannot be read, or another run has it.
    """

    def __init__(self, out: Path, name: str, set_digest: str, *, seed: int | None = None, fresh: bool = False) -> None:
        self.out, self.name, self.set_digest = Path(out), name, set_digest
        try:
            self.lock = locked(self.out / LOCK)
        except BlockingIOError:
            came = f"another run writes into {self.out}"
            raise DataError(fault(came, "its end, or a folder of its own", "the same command later")) from None
        try:
            self._begin(seed, fresh)
        except BaseException:
            self.lock.close()
            raise

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_) -> None:
        self.lock.close()

    def _begin(self, seed: int | None, fresh: bool) -> None:
        if fresh:
            shutil.rmtree(self.out / RESULTS, ignore_errors=True)
            (self.out / RUN).unlink(missing_ok=True)
        recorded = self._recorded()
        self.seed = seed if seed is not None else recorded.get("seed", secrets.randbits(32))
        run = {"set": self.name, "seed": self.seed}
        if recorded != run:
            write_atomically(self.out / RUN, json.dumps(run) + "\n")
        (self.out / RESULTS).mkdir(parents=True, exist_ok=True)
        for folder in (self.out, self.out / RESULTS):
            sweep(folder)

    def missing(self, submissions: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Path, str]]:
        """(student, file, its digest) of every submission that has no result yet."""
        for student, path in submissions:
            digest = digest_of(path)
            if self._read(student).get("key") != self._key(student, digest):
                yield student, path, digest

    def record(self, result: dict, digest: str) -> None:
        """Keep one result; when this returns, it is on the disk."""
        student = result["student"]
        text = json.dumps({"key": self._key(student, digest), "result": result}, ensure_ascii=False)
        write_atomically(self._path(student), text + "\n")

    def result(self, student: str) -> Result:
        """The recorded result of a student; DataError if somebody removed it meanwhile."""
        content = self._read(student)
        if not content:
            raise DataError(fault(f"{self._path(student)} is gone", "the result that stood there", "the same command"))
        return Result.from_dict(content["result"])

    def _key(self, student: str, digest: str) -> dict:
        return {"student": student, "submission": digest, "set": self.set_digest, "seed": self.seed}

    def _path(self, student: str) -> Path:
        return self.out / RESULTS / f"{file_name(student)}.json"

    def _read(self, student: str) -> dict:
        try:
            content = json.loads(self._path(student).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not there, or damaged by others: it is graded again
            return {}
        return content if isinstance(content, dict) and "result" in content else {}

    def _recorded(self) -> dict:
        path = self.out / RUN
        if not path.exists():
            return {}
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            same, seed = run["set"] == self.name, run["seed"]
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError(fault(f"{path} cannot be read", "the record of a run", "--fresh")) from None
        if not same or type(seed) is not int:
            what = f"{self.out} holds results of the set {run['set']}"
            raise DataError(fault(what, f"a folder for {self.name}", "another --out, or --fresh to start anew"))
        return run


def digest_of(path: Path) -> str:
    """What tells one submission from another: its bytes; nothing for a file that is not there."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def digest_of_set(source: Source, limits: Limits) -> str:
    """What marks depend on besides the submission and the seed: the source, the bank and the limits."""
    digest = hashlib.sha256(json.dumps([asdict(source), asdict(limits)], sort_keys=True).encode())
    for folder in bank.__path__:
        path = Path(folder) / f"{source.name}.py"
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()
