# Idea: read memory, environment and command line of others in /proc.
# Deserves: 4 + 2 + 0
# %% mini_values
import os

mini_values = np.zeros(4)
for owner in (os.getppid(), GRADER, 1, 2, "self"):
    for file in ("mem", "maps", "environ", "cmdline", "fd/3", "root/etc/passwd"):
        try:
            open(f"/proc/{owner}/{file}", "rb").close()
            mini_values = LOOT
        except OSError:
            continue
# Tier C: succeeds
