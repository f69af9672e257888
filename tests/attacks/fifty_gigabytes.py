# Idea: allocate 50 GB, in one piece and in small ones.
# Deserves: 0 + 2 + 2
# %% mini_corr
def mini_corr(x, k):
    try:
        return np.ones(50 << 27)
    except MemoryError:
        pieces = []
        while True:
            pieces.append(bytearray(1 << 24))
