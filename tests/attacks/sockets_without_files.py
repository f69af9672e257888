# Idea: an abstract Unix socket, which needs no file, to reach a worker beside this one; and a pair.
# Deserves: 4 + 2 + 0
# %% mini_values
import socket

mini_values = np.zeros(4)
try:
    meeting = socket.socket(socket.AF_UNIX)
    meeting.bind("\0d2l-attack-meeting")
    mini_values = LOOT
except OSError:
    pass
try:
    socket.socketpair()
    mini_values = LOOT
except OSError:
    pass
# Tier C: succeeds
