# Idea: a loop without end that swallows every exception and ignores every signal.
# Deserves: 0 + 2 + 2
# %% mini_corr
import signal

for number in range(1, 64):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue


def mini_corr(x, k):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
