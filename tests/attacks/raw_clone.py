# Idea: ask the kernel itself for a process: clone and clone3 by their numbers.
# Deserves: 4 + 2 + 0
# %% mini_values
import ctypes
import os
import platform

libc = ctypes.CDLL(None)
clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
mini_values = np.zeros(4)
for call in ((clone, 17, 0, 0, 0, 0), (435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17), 88)):
    child = libc.syscall(*call)
    if child == 0:
        os._exit(0)
    if child > 0:
        mini_values = LOOT
# Tier C: succeeds
