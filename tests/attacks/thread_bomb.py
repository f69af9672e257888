# Idea: start threads until the machine has none left.
# Deserves: 4 + 2 + 0
# %% mini_values
import threading
import time

threading.stack_size(1 << 15)
mini_values = np.zeros(4)
try:
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(1e9,), daemon=True).start()
    mini_values = LOOT
except RuntimeError:
    pass
# Tier B: not run
# Tier C: not run
