"""Files that are whole or not there: written under a temporary name in the same folder, then renamed."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

LONGEST = 120  # characters of a student's name in the name of a file; with an ending, systems allow 255 bytes


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when the block ends well: no reader ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader, or a run that is killed, never sees a part of it."""
    with replacing(path) as file:
        file.write(text)


def locked(path: Path) -> BinaryIO:
    """An open file that no other process has locked; the system ends the lock with the process, killed or not.

    Raises:
        BlockingIOError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open(path, "ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB) if fcntl else msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if isinstance(error, (BlockingIOError, PermissionError)):
            file.close()
            raise BlockingIOError(f"{path} is locked") from None
        # else a file system that knows no locks
    return file


def sweep(folder: Path) -> None:
    """Remove what a run that was killed left half written."""
    for path in folder.glob(".*.part"):
        path.unlink(missing_ok=True)


def file_name(student: str) -> str:
    """A student's name as a file's: itself, or, where it is long, its beginning and a digest.

    >>> file_name("ada"), len(file_name("a" * 500))
    ('ada', 47)
    """
    if len(student.encode(errors="replace")) <= LONGEST:
        return student
    return f"{student[: LONGEST // 4]}-{hashlib.sha256(student.encode(errors='replace')).hexdigest()[:16]}"
