"""How much a submission may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one worker process; units stand in the names.

    Printed text is thrown away, so it needs no limit. Where the system cannot enforce a limit the others
    still hold.
    """

    call_seconds: float = 5.0  # one call of an answer, wall time
    cell_seconds: float = 10.0  # one cell
    submission_seconds: float = 60.0  # everything that one submission asks for
    cpu_seconds: int = 60
    memory_bytes: int = 1 << 30  # on top of what the loaded libraries use
    file_bytes: int = 16 << 20
    processes: int = 64
    open_files: int = 64
