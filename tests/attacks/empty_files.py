# Idea: so many empty files that the disk has no names left.
# Deserves: 4 + 2 + 0
# %% mini_values
mini_values = np.zeros(4)
try:
    for number in range(10_000):
        open(f"empty{number}", "wb").close()
    mini_values = LOOT
except OSError:
    pass
# Tier B: not run
# Tier C: not run
