# Idea: print 2 GB.
# Deserves: 4 + 2 + 2
# %% before
import os
import sys

for stream in (sys.stdout, sys.stderr, sys.__stdout__):
    stream.write("x" * 100_000_000)
block = bytes(1 << 24)
for _ in range(120):
    os.write(1, block)
