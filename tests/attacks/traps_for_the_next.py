# Idea: files that the next worker would import or run: numpy.py, sitecustomize.py, caches.
# Deserves: 4 + 2 + 2
# %% before
import os

for name in ("numpy.py", "sitecustomize.py", "usercustomize.py", "json.py", "wire.py"):
    open(name, "w").write("raise SystemExit('poisoned')")
try:
    os.makedirs(os.path.expanduser("~/.config"), exist_ok=True)
except OSError:
    pass
