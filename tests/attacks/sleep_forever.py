# Idea: sleep, which costs no processor time.
# Deserves: 0 + 2 + 2
# %% mini_corr
import time


def mini_corr(x, k):
    time.sleep(1e9)
