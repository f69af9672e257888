"""Grade many submissions: here, in several processes, or on a Dask cluster. Results come as they are ready.

Every process has a warm server of its own. Work goes out one submission at a time and comes back as a plain
dictionary, so nothing piles up in memory. A process, or a worker of the cluster, that ends while it grades
loses nothing: its submission is given out again.
"""

import atexit
import contextlib
import functools
import multiprocessing
import signal
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ..errors import D2LError, DataError, fault
from . import bank
from .ledger import digest_of_set
from .limits import Limits
from .notebook import MAX_BYTES, Source
from .process import Server
from .runner import Grader

TRIES = 3  # of a submission whose process ends
CONNECTING_SECONDS = 20
AHEAD = 2  # submissions at the cluster for each of its threads
NO_DASK = fault("dask.distributed is not installed", "it, for --cluster", 'pip install "d2lmini[cluster]"')
LOST = "the process that graded this submission ended {} times: grade it alone to see why"

Item = tuple[str, Path, str]  # student, file, digest


@dataclass(frozen=True)
class Work:
    """What a process needs to grade for a run; options: of `Server`, as (name, value)."""

    source: Source
    seed: int
    limits: Limits
    options: tuple[tuple[str, Any], ...] = ()
    bank: tuple[str, ...] = field(default_factory=lambda: tuple(bank.__path__))

    def grader(self, server: Server) -> Grader:
        return Grader(self.source, bank.load().get(self.source.name, {}), server, self.seed, self.limits)

    def check(self) -> None:
        """DataError where the set cannot be used."""
        with self.server() as server:
            self.grader(server)

    def server(self) -> Server:
        return Server(self.limits, self.source.imports, **dict(self.options))


def graded(work: Work, items: Iterable[Item], *, jobs: int = 1, cluster: str = "") -> Iterator[tuple[dict, str]]:
    """(result, digest) of every submission, in the order in which they are ready."""
    if cluster:
        return _on_cluster(work, items, cluster)
    return _by_processes(work, items, jobs) if jobs > 1 else _here(work, items)


def _here(work: Work, items: Iterable[Item]) -> Iterator[tuple[dict, str]]:
    with work.server() as server:
        grader = work.grader(server)
        for student, path, digest in items:
            yield grader.grade(student, path).as_dict(), digest


# --- processes ----------------------------------------------------------------------------------------------


def _by_processes(work: Work, items: Iterable[Item], jobs: int) -> Iterator[tuple[dict, str]]:
    todo = iter(items)
    busy: dict[Connection, tuple[Hand, Item, int]] = {}
    with contextlib.ExitStack() as hands:

        def give(hand: Hand, item: Item, tries: int = 1) -> None:
            with contextlib.suppress(OSError):  # its end shows when we wait for it
                hand.line.send(item[:2])
            busy[hand.line] = (hand, item, tries)

        for item in islice(todo, jobs):
            give(hands.enter_context(Hand(work)), item)
        while busy:
            for line in wait(list(busy)):
                hand, item, tries = busy.pop(line)
                try:
                    answer = line.recv()
                except (EOFError, OSError):  # the process ended
                    hand = hands.enter_context(Hand(work))
                    if tries < TRIES:
                        give(hand, item, tries + 1)
                        continue
                    answer = _lost(work, item)
                if isinstance(answer, Exception):
                    raise answer
                if (following := next(todo, None)) is not None:
                    give(hand, following)
                yield answer, item[2]


class Hand:
    """A process that grades what comes over its line, until the line is closed or the process before it ends."""

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_grade_for, args=(theirs, work), daemon=False)
        self.process.start()
        theirs.close()

    def __enter__(self) -> "Hand":
        return self

    def __exit__(self, *_) -> None:
        self.line.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _grade_for(line: Connection, work: Work) -> None:
    """The life of a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked for the work decides
    bank.__path__ = list(work.bank)
    with contextlib.suppress(EOFError, OSError):
        with work.server() as server:
            try:
                grader = work.grader(server)
                while True:
                    line.send(grader.grade(*line.recv()).as_dict())
            except D2LError as error:
                line.send(error)


def _lost(work: Work, item: Item) -> dict:
    with work.server() as server:
        return work.grader(server).nothing(item[0], LOST.format(TRIES)).as_dict()


# --- cluster ------------------------------------------------------------------------------------------------


def _on_cluster(work: Work, items: Iterable[Item], address: str) -> Iterator[tuple[dict, str]]:
    try:
        from distributed import Client, KilledWorker, as_completed
    except ImportError:
        raise DataError(NO_DASK) from None
    try:
        client = Client(address, timeout=CONNECTING_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        needed = "the address of a running Dask scheduler"
        raise DataError(fault(f"--cluster {address} does not answer ({error})", needed, "dask scheduler")) from None
    expected = digest_of_set(work.source, work.limits)
    todo = iter(items)

    def send(item: Item):
        student, path, _ = item
        place = {"key": f"grade-{uuid.uuid4().hex}", "pure": False, "retries": TRIES - 1}
        future = client.submit(grade_there, work, expected, student, read(path), **place)
        asked[future.key] = item
        return future

    asked: dict[str, Item] = {}
    with client:
        threads = sum(client.nthreads().values())
        first = [send(item) for item in islice(todo, AHEAD * max(1, threads))]
        running = as_completed(first, loop=client.loop)
        for future in running:
            item = asked.pop(future.key)
            try:
                result = future.result()
            except KilledWorker:
                result = _lost(work, item)
            except CancelledError:
                came, needed = f"the scheduler {address} is gone", "a running one; nothing is lost"
                raise DataError(fault(came, needed, "the same command again")) from None
            if (following := next(todo, None)) is not None:
                running.add(send(following))
            yield result, item[2]


def read(path: Path) -> bytes | None:
    """The bytes of a submission; none if there is no file, and no more than are looked at."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return None


def grade_there(work: Work, expected: str, student: str, content: bytes | None) -> dict:
    """Grade the bytes of a submission in this process, as a task of a cluster.

    Raises:
        DataError: the worker's bank is not the one that the run began with.
    """
    if digest_of_set(work.source, work.limits) != expected:
        came = f"a worker's answers and misconceptions of {work.source.name} are not this machine's"
        raise DataError(fault(came, "one version of d2lmini on all", "install it anew on the workers"))
    with tempfile.TemporaryDirectory(prefix="d2lmini-submission-") as folder:
        path = Path(folder) / f"{work.source.name}.ipynb"
        if content is not None:
            path.write_bytes(content)
        return warm_grader(work).grade(student, path).as_dict()


def warm_grader(work: Work) -> Grader:
    """The grader of this process for this work, with a server that lives as long as the process."""
    with STARTING:
        return _warm_grader(work)


@functools.lru_cache(4)
def _warm_grader(work: Work) -> Grader:
    server = work.server()
    atexit.register(server.__exit__)
    return work.grader(server)


STARTING = threading.Lock()
