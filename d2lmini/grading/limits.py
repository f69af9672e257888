"""How much a submission may use, and how much it used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one worker process; units stand in the names.

    A worker that ended is followed by a fresh one with the same limits; what bounds all of them together are
    `submission_seconds` and `cpu_seconds`. Where the system cannot enforce a limit the others still hold.
    """

    call_seconds: float = 5.0  # one call of an answer, wall time
    cell_seconds: float = 10.0  # one cell
    submission_seconds: float = 60.0  # everything that one submission asks for
    cpu_seconds: int = 60  # of one worker; when all workers of a submission used as much, no other follows
    memory_bytes: int = 1 << 30  # on top of what the loaded libraries use
    output_bytes: int = 64 << 20  # text that one cell or call prints; nothing of it is kept
    file_bytes: int = 16 << 20
    scratch_bytes: int = 64 << 20  # all files together, where the worker mounts its folder itself (tier A)
    processes: int = 256  # threads, and processes where they can be started, beside those that the user has
    open_files: int = 64


@dataclass(frozen=True)
class Use:
    """What the processes of one submission used; nought where the system does not tell.

    peak_bytes: the most resident memory of one process; what it shares with the warm server counts too.

    >>> Use(1.0, 300) + Use(0.5, 200)
    Use(cpu_seconds=1.5, peak_bytes=300)
    """

    cpu_seconds: float = 0.0
    peak_bytes: int = 0

    def __add__(self, other: "Use") -> "Use":
        return Use(self.cpu_seconds + other.cpu_seconds, max(self.peak_bytes, other.peak_bytes))
