"""The bank of a course that exists in tests only."""

import numpy as np

from d2lmini.grading.exercise import Exercise, Misconception


def mini_corr(x, k):
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape)
    return (windows * k).sum(axis=(2, 3))


def flipped(x, k):
    return mini_corr(x, k[::-1, ::-1])


def transposed(x, k):
    return mini_corr(x, k.T)


def full(x, k):
    return mini_corr(np.pad(x, [(n - 1, n - 1) for n in k.shape]), k)


def mean(x, k):
    return mini_corr(x, k) / k.size


def absolute(x, k):
    return np.abs(mini_corr(x, k))


def mini_size(n, k, stride=1):
    return (n - k) // stride + 1


def ceil(n, k, stride=1):
    return -(-(n - k) // stride) + 1


def no_one(n, k, stride=1):
    return (n - k) // stride


def no_kernel(n, k, stride=1):
    return n // stride


def stride_first(n, k, stride=1):
    return n // stride - k + 1


def as_float(n, k, stride=1):
    return (n - k) / stride + 1


EXERCISES = (
    Exercise(
        "mini_corr",
        mini_corr,
        wrong=(
            Misconception(flipped, "Your output equals the true convolution: the kernel is flipped."),
            Misconception(transposed, "Your kernel is transposed: rows are swapped with columns."),
            Misconception(full, "Your output is the full one: the input was padded first."),
            Misconception(mean, "Your output is the mean over the window, not the sum."),
            Misconception(absolute, "Your output has lost its signs."),
        ),
        section="mini.html#mini_corr",
    ),
    Exercise(
        "mini_size",
        mini_size,
        wrong=(
            Misconception(ceil, "You round up: a window that does not fit is dropped."),
            Misconception(no_one, "The first window counts too: one is missing."),
            Misconception(no_kernel, "The kernel's size plays no part in yours."),
            Misconception(stride_first, "Take the kernel off before you divide by the stride."),
            Misconception(as_float, "A size is a whole number: divide with //."),
        ),
        section="mini.html#mini_size",
    ),
    Exercise(
        "mini_values",
        lambda: np.convolve([1.0, 2.0, 2.0], [1.0, -1.0]),
        wrong=(
            Misconception(np.array([-1.0, 1.0, 0.0]), "This is the circular convolution.", name="circular"),
        ),
        section="mini.html#mini_values",
        strict_dtype=False,
    ),
)
