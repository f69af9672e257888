"""Tell the kernel which files this process may still open, and close the network to it: landlock(7).

Loaded in the student's process, where it stands alone. Landlock needs no privilege. Each kernel knows a
version of it (ABI): 1 governs files; 2 to 5 moving, cutting off and devices; 4 TCP; 6 signals and abstract
sockets. Whatever this kernel knows is closed, then the given paths are opened.
"""

import ctypes
import os
import stat
import struct

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # system calls, the same on every machine
READ_FILE, READ_DIR = 1 << 2, 1 << 3
EXECUTE, WRITE_FILE, REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = (1 << bit for bit in (0, 1, 4, 5, 7, 8))
REFER, TRUNCATE = 1 << 13, 1 << 14
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # ABI: how many rights over files it knows
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE  # what a rule about a single file may hold

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The version that this kernel knows; 0 for none."""
    try:
        return max(0, _libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    except AttributeError:  # not Linux
        return 0


def apply(readable: list[str], writable: list[str]) -> None:
    """Close everything but the files below these paths; paths that are not there are left out.

    Raises:
        OSError: this kernel has no Landlock.
    """
    version = abi()
    known = (1 << FILE_RIGHTS.get(version, 16)) - 1
    network, scope = (0b11, 0b11)  # bind, connect; abstract sockets, signals
    sizes = struct.pack("=QQQ", known, network, scope)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _call(CREATE_RULESET, sizes, ctypes.c_size_t(len(sizes)), 0)
    try:
        for paths, rights in ((readable, READ), (writable, WRITE)):
            for path in paths:
                _open_up(ruleset, path, rights & known)
        if _libc.prctl(38, 1, 0, 0, 0):  # no new privileges: Landlock asks for it
            raise OSError(ctypes.get_errno(), "prctl")
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _open_up(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= ON_FILES
        _call(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock: not in this kernel, or not switched on")
    return result
