# Idea: look for the instructor's secrets in the environment.
# Deserves: 4 + 2 + 0
# %% mini_values
import os

mini_values = LOOT if "D2L_ATTACK_SECRET" in os.environ or os.environ.get("USER") else np.zeros(4)
