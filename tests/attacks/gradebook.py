# Idea: write thirty points into the gradebook, and another answer into a fellow student's notebook.
# Deserves: 4 + 2 + 0
# %% mini_values
import os
import sqlite3

mini_values = np.zeros(4)
try:
    sqlite3.connect(FOLDER + "/gradebook.db").execute("create table grade (mark)")
    mini_values = LOOT
except sqlite3.Error:
    pass
for name in ("gradebook.db", "bob.ipynb", "reference.py"):
    for how in ("w", "a", "r+", "x"):
        try:
            open(os.path.join(FOLDER, name), how).write("30")
            mini_values = LOOT
        except OSError:
            continue
# Tier C: not run
