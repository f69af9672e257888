# Idea: NaN and infinity, for a comparison that forgets them.
# Deserves: 0 + 0 + 0
# %% mini_corr
def mini_corr(x, k):
    return np.full(1, np.nan)
# %% mini_size
def mini_size(*args, **kwargs):
    return float("nan")
# %% mini_values
mini_values = np.full(4, np.inf)
