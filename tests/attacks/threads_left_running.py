# Idea: forty threads go on after the answer.
# Deserves: 4 + 2 + 2
# %% before
import threading
import time


def work():
    while True:
        time.sleep(0.05)


for _ in range(40):
    threading.Thread(target=work, daemon=False).start()
