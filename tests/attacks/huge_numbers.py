# Idea: an integer of a million digits and a text of 200 MB.
# Deserves: 0 + 0 + 0
# %% mini_corr
def mini_corr(x, k):
    return "x" * 200_000_000
# %% mini_size
def mini_size(*args, **kwargs):
    return 1 << 4_000_000
# %% mini_values
mini_values = {"shape": (10**12, 10**12), "values": -(1 << 4_000_000)}
