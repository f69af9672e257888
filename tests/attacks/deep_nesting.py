# Idea: lists in lists, 64 deep and 100 000 deep, to overflow the reader's stack.
# Deserves: 0 + 2 + 0
# %% mini_corr
def mini_corr(x, k):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
# %% mini_values
mini_values = 0.0
for _ in range(64):
    mini_values = [mini_values]
