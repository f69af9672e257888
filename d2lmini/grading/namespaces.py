"""Give this process mounts of its own, another user, and no capability: what a worker does to itself.

Loaded in the student's process, where it stands alone.
"""

import ctypes
import os

NEW_MOUNTS, NEW_IPC = 0x20000, 0x08000000
NOSUID, NODEV, NOEXEC, READ_ONLY, RECURSIVE_PRIVATE = 2, 4, 8, 1, 0x4000 | 0x40000
CAPABILITIES_V3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def own_mounts(scratch: str, size_bytes: int, user: int) -> None:
    """An empty scratch folder in memory, which ends with this process, and nothing to read in /proc."""
    _check(_libc.unshare(NEW_MOUNTS | NEW_IPC), "unshare")
    _check(_libc.mount(None, b"/", None, RECURSIVE_PRIVATE, None), "mount /")
    options = f"size={size_bytes},nr_inodes=4096,mode=0700,uid={user},gid={user}".encode()
    _mount(scratch, NOSUID | NODEV | NOEXEC, options)
    _mount("/proc", READ_ONLY, b"size=0,mode=0555")


def become(user: int) -> None:
    """Root becomes somebody who owns nothing."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def drop_capabilities() -> None:
    """Keep no capability, whoever this is."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def _mount(place: str, flags: int, options: bytes) -> None:
    _check(_libc.mount(b"tmpfs", place.encode(), b"tmpfs", flags, options), f"mount {place}")


def _check(result: int, what: str) -> None:
    if result:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
