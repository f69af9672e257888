# Idea: many files, each below the limit, that fill the disk together.
# Deserves: 4 + 2 + 0
# %% mini_values
mini_values = np.zeros(4)
try:
    for number in range(12):
        with open(f"part{number}", "wb") as file:
            file.write(bytes(8 << 20))
    mini_values = LOOT
except OSError:
    pass
# Tier B: succeeds
# Tier C: succeeds
