# Idea: exceptions that end an interpreter: SystemExit, KeyboardInterrupt, GeneratorExit.
# Deserves: 0 + 0 + 0
# %% mini_corr
def mini_corr(x, k):
    raise SystemExit(0)
# %% mini_size
def mini_size(*args, **kwargs):
    raise KeyboardInterrupt
# %% mini_values
raise GeneratorExit
