# Idea: a reply that is a list, has no number, or names what it should not.
# Deserves: 0 + 2 + 2
# %% mini_corr
import sys

wire = sys.modules["wire"]
packed = wire.dumps


def mini_corr(x, k):
    wire.dumps = lambda reply: packed([1, {"id": True}, "value"])
