# Idea: leave files in every folder that may be written.
# Deserves: 4 + 2 + 0
# %% mini_values
import os
import sys

mini_values = np.zeros(4)
places = ["/", "/tmp", "/var/tmp", "/dev/shm", "/dev", "/etc", "/run", "/grader", "/proc", os.path.expanduser("~/..")]
for place in [*places, FOLDER, REPOSITORY, *sys.path, os.path.dirname(np.__file__), ".."]:
    try:
        open(os.path.join(place, "d2l-attack"), "x").close()
        mini_values = LOOT
        os.remove(os.path.join(place, "d2l-attack"))  # it did work, and need not stay
    except OSError:
        continue
# Tier C: not run
