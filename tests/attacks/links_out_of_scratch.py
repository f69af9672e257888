# Idea: a link in the own folder that leads to the gradebook, and a path that climbs out of it.
# Deserves: 4 + 2 + 0
# %% mini_values
import os

mini_values = np.zeros(4)
for link in (os.symlink, os.link):
    try:
        link(FOLDER + "/gradebook.db", "mine.db")
    except OSError:
        continue
for path in ("mine.db", "../" * 20 + FOLDER + "/gradebook.db", "/proc/self/cwd/.." * 9 + FOLDER + "/gradebook.db"):
    try:
        open(path, "r+").write("30")
        mini_values = LOOT
    except OSError:
        continue
# Tier C: not run
