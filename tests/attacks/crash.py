# Idea: native code reads address 0: the interpreter crashes.
# Deserves: 0 + 2 + 2
# %% mini_corr
import ctypes


def mini_corr(x, k):
    ctypes.string_at(0)
