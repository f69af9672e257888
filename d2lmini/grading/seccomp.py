"""Tell the kernel which system calls this process may still make: an allow-list in classic BPF, seccomp(2).

Loaded in the student's process, where it stands alone. What is not listed is refused with EPERM, so that
Python raises PermissionError and the notebook goes on: processes, programs, sockets, signals to others,
tracing, mounts, namespaces, keys, links, owners and modes of files. Calls that are newer than this list "do
not exist" (ENOSYS), which lets libraries fall back to older ones.
"""

import ctypes
import os
import platform
import sys

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEWEST = 450  # the last number that was weighed for ALLOWED; from 424 on all machines share their numbers

# name, number on x86_64, number on aarch64 ("-": not there)
ALLOWED = """
read 0 63, write 1 64, open 2 -, close 3 57, stat 4 -, fstat 5 80, lstat 6 -, poll 7 -, lseek 8 62, mmap 9 222,
mprotect 10 226, munmap 11 215, brk 12 214, rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139,
pread64 17 67, pwrite64 18 68, readv 19 65, writev 20 66, access 21 -, pipe 22 -, select 23 -, sched_yield 24 124,
mremap 25 216, msync 26 227, mincore 27 232, madvise 28 233, dup 32 23, dup2 33 -, pause 34 -, nanosleep 35 101,
getitimer 36 102, alarm 37 -, setitimer 38 103, getpid 39 172, sendfile 40 71, sendto 44 206, recvfrom 45 207,
exit 60 93, wait4 61 260, uname 63 160, flock 73 32, fsync 74 82, fdatasync 75 83, ftruncate 77 46,
getdents 78 -, getcwd 79 17, chdir 80 49, fchdir 81 50, rename 82 -, mkdir 83 -, rmdir 84 -, unlink 87 -,
readlink 89 -, umask 95 166, gettimeofday 96 169, getrlimit 97 163, getrusage 98 165, sysinfo 99 179, times 100 153,
getuid 102 174, getgid 104 176, geteuid 107 175, getegid 108 177, getppid 110 173, getpgrp 111 -, getgroups 115 158,
getresuid 118 148, getresgid 120 150, getpgid 121 155, getsid 124 156, capget 125 90, rt_sigpending 127 136,
rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, statfs 137 43, fstatfs 138 44,
getpriority 140 141, sched_getparam 143 121, sched_getscheduler 145 120, sched_get_priority_max 146 125,
sched_get_priority_min 147 126, mlock 149 228, munlock 150 229, arch_prctl 158 -, gettid 186 178, time 201 -,
futex 202 98, sched_getaffinity 204 123, getdents64 217 61, set_tid_address 218 96, fadvise64 221 223,
clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115, exit_group 231 94, epoll_wait 232 -,
epoll_ctl 233 21, mbind 237 235, set_mempolicy 238 237, get_mempolicy 239 236, waitid 247 95, openat 257 56,
mkdirat 258 34, newfstatat 262 79, unlinkat 263 35, renameat 264 38, readlinkat 267 78, faccessat 269 48,
pselect6 270 72, ppoll 271 73, set_robust_list 273 99, epoll_pwait 281 22, fallocate 285 47, eventfd2 290 19,
epoll_create1 291 20, dup3 292 24, pipe2 293 59, preadv 295 69, pwritev 296 70, getcpu 309 168, renameat2 316 276,
getrandom 318 278, membarrier 324 283, mlock2 325 284, preadv2 327 286, pwritev2 328 287, statx 332 291,
rseq 334 293, faccessat2 439 439, futex_waitv 449 449
"""
NUMBERS = {  # of the calls that are allowed for some arguments alone, and of clone3, which hides its flags
    "clone": (56, 220),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "setrlimit": (160, 164),
    "sched_setaffinity": (203, 122),
    "clone3": (435, 435),
}
CLONE_THREAD = 0x10000
TERMINAL = (0x5401, 0x5450, 0x5451, 0x5421, 0x541B)  # TCGETS (is it a terminal?), FIONCLEX, FIOCLEX, FIONBIO, FIONREAD
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)  # copies, flags, locks; not F_SETOWN, which signals others
PRCTL = (15, 16, 0x53564D41)  # PR_SET_NAME and PR_GET_NAME of a thread, PR_SET_VMA

LOAD, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06  # BPF: word at k, then jumps, then the end
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # bytes into struct seccomp_data
ALLOW, REFUSE, MISSING, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM is 1, ENOSYS 38

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, k


def numbers(machine: str) -> dict[str, int]:
    """The calls of `ALLOWED` on a machine."""
    column = list(AUDIT_ARCH).index(machine) + 1
    rows = (row.split() for row in ALLOWED.replace("\n", " ").split(","))
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def program(machine: str, pid: int) -> list[Instruction]:
    """The filter for the process `pid`, which may signal and limit nobody but itself."""
    special = {name: pair[list(AUDIT_ARCH).index(machine)] for name, pair in NUMBERS.items()}
    filter_ = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, AUDIT_ARCH[machine]), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    for number in numbers(machine).values():
        filter_ += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    filter_ += when(special["clone"], [(ANY_BIT, 0, 1, CLONE_THREAD), (RETURN, 0, 0, ALLOW)])
    filter_ += when(special["ioctl"], one_of(TERMINAL), argument=1)
    filter_ += when(special["fcntl"], one_of(FCNTL), argument=1)
    filter_ += when(special["kill"], one_of([pid]))
    filter_ += when(special["tgkill"], one_of([pid]))
    filter_ += when(special["prctl"], one_of(PRCTL))
    filter_ += when(special["prlimit64"], one_of([0, pid]))
    filter_ += when(special["setrlimit"], [(RETURN, 0, 0, ALLOW)])
    filter_ += when(special["sched_setaffinity"], one_of([0, pid]))
    filter_ += [(EQUAL, 0, 1, special["clone3"]), (RETURN, 0, 0, MISSING)]
    return [*filter_, (GREATER, 0, 1, NEWEST), (RETURN, 0, 0, MISSING), (RETURN, 0, 0, REFUSE)]


def when(number: int, then: list[Instruction], argument: int = 0) -> list[Instruction]:
    """For one call: load an argument (its low 32 bits), run `then`, refuse what it lets through."""
    body = [(LOAD, 0, 0, ARGUMENTS + 8 * argument), *then, (RETURN, 0, 0, REFUSE)]
    return [(EQUAL, 0, len(body), number), *body]


def one_of(values) -> list[Instruction]:
    """Allow when the loaded argument is one of these."""
    return [step for value in values for step in ((EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW))]


class _Step(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("t", ctypes.c_uint8), ("f", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step))]


def apply() -> None:
    """Filter this process for good. Call it while it has one thread.

    Raises:
        OSError: the kernel has no seccomp, or this is another machine than those above.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in AUDIT_ARCH:
        raise OSError(f"no seccomp filter is written for {sys.platform} on {machine}")
    steps = program(machine, os.getpid())
    array = (_Step * len(steps))(*steps)
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_filter = (38, 1, 0, 0, 0), (22, 2, ctypes.byref(_Program(len(steps), array)), 0, 0)
    for option in (no_new_privileges, set_filter):
        if libc.prctl(*option):
            raise OSError(ctypes.get_errno(), "prctl: no seccomp here")
