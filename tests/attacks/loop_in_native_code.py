# Idea: a loop without end inside one call of native code, which no Python signal handler interrupts.
# Deserves: 0 + 2 + 2
# %% mini_corr
import itertools


def mini_corr(x, k):
    return sum(itertools.repeat(0))
