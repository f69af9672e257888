# Idea: what holes in kernels are made of: io_uring, bpf, userfaultfd, perf, keys, modules, by number.
# Deserves: 4 + 2 + 0
# %% mini_values
import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(256)
calls = {
    "x86_64": {"perf": 298, "bpf": 321, "userfaultfd": 323, "keyctl": 250, "memfd": 319, "splice": 275, "open_by": 304},
    "aarch64": {"perf": 241, "bpf": 280, "userfaultfd": 282, "keyctl": 219, "memfd": 279, "splice": 76, "open_by": 265},
}[platform.machine()] | {"io_uring": 425, "pidfd_open": 434, "openat2": 437, "mseal": 462, "far": 0x40000001}
mini_values = np.zeros(4)
for number in calls.values():
    ctypes.set_errno(0)
    if libc.syscall(number, buffer, buffer, 0, 0, 0) != -1 or ctypes.get_errno() not in (1, 38):
        mini_values = LOOT
# Tier C: not run
