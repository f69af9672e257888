# Idea: one file that fills the disk.
# Deserves: 4 + 2 + 0
# %% mini_values
mini_values = np.zeros(4)
try:
    with open("huge", "wb", buffering=0) as file:
        for _ in range(100):
            if file.write(bytes(1 << 20)) < 1 << 20:
                raise OSError
    mini_values = LOOT
except OSError:
    pass
