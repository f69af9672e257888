# Idea: wait for somebody to type: input(), stdin, the terminal, getpass.
# Deserves: 0 + 2 + 0
# %% mini_corr
def mini_corr(x, k):
    return np.array(eval(input("the answer, please: ")))
# %% mini_values
import sys

mini_values = np.zeros(4)
if sys.stdin.readline() or sys.stdin.buffer.read():
    mini_values = LOOT
try:
    open("/dev/tty").readline()
    mini_values = LOOT
except OSError:
    pass
