# Idea: a frame that announces 4 GB, and an answer of 1 GB.
# Deserves: 0 + 2 + 0
# %% mini_corr
import os


def mini_corr(x, k):
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"d2l1" + b"\xff" * 8 + b"x" * 4096)
        except OSError:
            continue
# %% mini_values
mini_values = np.broadcast_to(np.zeros(1), (1 << 27,))
