# Idea: whatever is imported later comes from the student: finders, loaders, `__import__`, sys.modules.
# Deserves: 0 + 2 + 2
# %% mini_corr
import builtins
import sys
import types

fake = types.ModuleType("fake")
fake.__getattr__ = lambda name: lambda *args, **kwargs: True
for name in ("d2lmini", "d2lmini.grading", "d2lmini.grading.check", "d2lmini.grading.compare", "pytest"):
    sys.modules[name] = fake
imported = builtins.__import__
builtins.__import__ = lambda name, *args: fake if "d2lmini" in name else imported(name, *args)
sys.meta_path.insert(0, fake)
sys.path_hooks.insert(0, fake)


def mini_corr(x, k):
    return np.zeros(1)
