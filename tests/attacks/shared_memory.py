# Idea: memory that another worker can see: POSIX, System V, a file without a name, a folder for it.
# Deserves: 4 + 2 + 0
# %% mini_values
import ctypes
import mmap
import os
from multiprocessing import shared_memory

mini_values = np.zeros(4)
try:
    shared_memory.SharedMemory("d2l-attack", create=True, size=64).unlink()
    mini_values = LOOT
except OSError:
    pass
if ctypes.CDLL(None).shmget(347, 64, 0o1600) != -1:
    mini_values = LOOT
try:
    mmap.mmap(os.memfd_create("d2l-attack"), 64)
    mini_values = LOOT
except (OSError, ValueError):
    pass
# Tier C: not run
