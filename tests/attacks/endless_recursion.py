# Idea: a recursion without end, with the interpreter's own limit lifted.
# Deserves: 0 + 2 + 2
# %% mini_corr
import sys


def mini_corr(x, k):
    sys.setrecursionlimit(1 << 30)
    return mini_corr(x, k)
