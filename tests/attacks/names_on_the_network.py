# Idea: look a name up, bind a port, open a raw socket: anything that reaches the network.
# Deserves: 4 + 2 + 0
# %% mini_values
import socket

mini_values = np.zeros(4)
for family, kind in ((2, 1), (2, 2), (2, 3), (10, 1), (16, 3), (17, 3), (40, 1)):
    try:
        socket.socket(family, kind).close()
        mini_values = LOOT
    except OSError:
        continue
try:
    socket.getaddrinfo("example.org", 80)
    mini_values = LOOT
except OSError:
    pass
# Tier C: succeeds
