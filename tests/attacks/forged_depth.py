# Idea: a frame with a header of 100 000 brackets, made by hand.
# Deserves: 0 + 2 + 2
# %% mini_corr
import os


def mini_corr(x, k):
    header = b"[" * 100_000
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"d2l1" + len(header).to_bytes(4, "little") + bytes(4) + header)
        except OSError:
            continue
