# Idea: code that runs when the process ends: atexit, __del__, a thread that waits.
# Deserves: 4 + 2 + 2
# %% before
import atexit
import threading
import time


def at_the_end(*args):
    with open(FOLDER + "/d2l-attack", "w") as file:
        file.write("here")


class Last:
    __del__ = at_the_end


last = Last()
atexit.register(at_the_end)
threading.Thread(target=lambda: (time.sleep(1), at_the_end()), daemon=False).start()
# Tier C: not run
