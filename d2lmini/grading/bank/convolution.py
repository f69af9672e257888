"""Answers and misconceptions of the set `convolution`."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import d2lmini

from ..exercise import Exercise, Misconception

X, H = np.array([1.0, 2.0, -3.0, 1.0]), np.array([3.0, -1.0, 2.0])  # the notebook's signal and kernel
LINE, CIRCLE = d2lmini.conv1d(X, H), d2lmini.circular_conv1d(X, H)  # (6,) and (4,)
OVERHANG = LINE[len(X) :]  # (2,)


def on_the_circle(head: tuple[float, float], tail: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Return the part of LINE that fits the circle, with its first two and its last two values changed."""
    return LINE[: len(X)] + [*head, *tail]


# --- toeplitz(h, n) -----------------------------------------------------------------------------------------


def toeplitz_transposed(h, n):
    return d2lmini.toeplitz(h, n).T


def toeplitz_of_flipped_kernel(h, n):
    return d2lmini.toeplitz(h[::-1], n)


def toeplitz_valid(h, n):
    return d2lmini.toeplitz(h, n, "valid")


def toeplitz_same(h, n):
    return d2lmini.toeplitz(h, n, "same")


def toeplitz_without_tail(h, n):
    return d2lmini.toeplitz(h, n)[:n]


def toeplitz_wound_round(h, n):
    return d2lmini.circulant(h, n)


def toeplitz_not_shifted(h, n):
    return np.tile(np.append(h, np.zeros(n - 1))[:, None], n)


def toeplitz_hankel(h, n):
    return d2lmini.toeplitz(h, n)[:, ::-1]


def toeplitz_one_row_too_many(h, n):
    return np.pad(d2lmini.toeplitz(h, n), [(0, 1), (0, 0)])


def toeplitz_negative_index(h, n):
    rows, columns = np.indices((n + len(h) - 1, n))
    late = rows - columns >= len(h)
    return np.where(late, 0.0, h[np.where(late, 0, rows - columns)])  # IndexError where the signal is long


def toeplitz_mirrored(h, n):
    distance = np.abs(np.subtract.outer(np.arange(n + len(h) - 1), np.arange(n)))
    return np.append(h, np.zeros(n))[np.minimum(distance, len(h))]


def toeplitz_truncated(h, n):
    return d2lmini.toeplitz(h, n).astype(int)


# --- circulant(h, n) ----------------------------------------------------------------------------------------


def circulant_first_row(h, n):
    return d2lmini.circulant(h, n).T


def circulant_turned_left(h, n):
    return np.stack([np.roll(np.append(h, np.zeros(n - len(h))), -i) for i in range(n)])


def circulant_of_flipped_kernel(h, n):
    return d2lmini.circulant(h[::-1], n)


def circulant_zeros_in_front(h, n):
    return d2lmini.circulant(np.append(np.zeros(n - len(h)), h))


def circulant_repeats_kernel(h, n):
    return d2lmini.circulant(np.resize(h, n))


def circulant_modulo_k(h, n):
    return h[np.subtract.outer(np.arange(n), np.arange(n)) % len(h)]


def circulant_not_wound(h, n):
    return d2lmini.toeplitz(h, n)[:n]


def circulant_full_toeplitz(h, n):
    return d2lmini.toeplitz(h, n)


def circulant_ignores_n(h, n):
    return d2lmini.circulant(h)


# --- xcorr1d(x, h) ------------------------------------------------------------------------------------------


def xcorr1d_flipped(x, h):
    return d2lmini.conv1d(x, h, "valid")


def xcorr1d_full(x, h):
    return d2lmini.xcorr1d(x, h, "full")


def xcorr1d_same(x, h):
    return d2lmini.xcorr1d(x, h, "same")


def xcorr1d_convolves_full(x, h):
    return d2lmini.conv1d(x, h)


def xcorr1d_one_too_few(x, h):
    return d2lmini.xcorr1d(x, h)[:-1]


def xcorr1d_on_a_circle(x, h):
    return d2lmini.xcorr1d(np.append(x, x[: len(h) - 1]), h)


def xcorr1d_mean(x, h):
    return d2lmini.xcorr1d(x, h) / len(h)


def xcorr1d_not_summed(x, h):
    return sliding_window_view(x, len(h)) * h


def xcorr1d_jumps(x, h):
    return d2lmini.xcorr1d(x, h)[:: len(h)]


def xcorr1d_truncated(x, h):
    y = np.zeros(len(x) - len(h) + 1, dtype=int)
    y[:] = d2lmini.xcorr1d(x, h)
    return y


# --- xcorr2d(x, k) ------------------------------------------------------------------------------------------


def xcorr2d_flipped(x, k):
    return d2lmini.conv2d_true(x, k)


def xcorr2d_rows_flipped(x, k):
    return d2lmini.xcorr2d(x, k[::-1])


def xcorr2d_columns_flipped(x, k):
    return d2lmini.xcorr2d(x, k[:, ::-1])


def xcorr2d_kernel_transposed(x, k):
    return d2lmini.xcorr2d(x, k.T)


def xcorr2d_map_transposed(x, k):
    return d2lmini.xcorr2d(x, k).T


def xcorr2d_full(x, k):
    return d2lmini.xcorr2d(x, k, "full")


def xcorr2d_same(x, k):
    return d2lmini.xcorr2d(x, k, "same")


def xcorr2d_one_too_few(x, k):
    return d2lmini.xcorr2d(x, k)[:-1, :-1]


def xcorr2d_square_kernel(x, k):
    return d2lmini.xcorr2d(x, k[:, : len(k)])


def xcorr2d_square_map(x, k):
    return d2lmini.xcorr2d(x, k)[:, : len(x) - len(k) + 1]


def xcorr2d_mean(x, k):
    return d2lmini.xcorr2d(x, k) / k.size


def xcorr2d_one_axis_summed(x, k):
    return (sliding_window_view(x, k.shape) * k).sum(axis=-1)


def xcorr2d_jumps(x, k):
    return d2lmini.xcorr2d(x, k)[:: k.shape[0], :: k.shape[1]]


def xcorr2d_truncated(x, k):
    return np.trunc(d2lmini.xcorr2d(x, k)).astype(int)


EXERCISES = (
    Exercise(
        "y_linear",
        LINE,
        wrong=(
            Misconception(
                CIRCLE,
                "This is the convolution on a circle: what hangs over the end came back at the start. On a "
                "line nothing comes back, and the result is longer than the signal.",
                name="circular_for_linear",
            ),
            Misconception(
                d2lmini.xcorr1d(X, H, "full"),
                "You slid the kernel without turning it round: this is the cross-correlation. In a "
                "convolution the offset is subtracted, x[i - j].",
                name="correlation",
            ),
            Misconception(
                d2lmini.xcorr1d(H, X, "full"),
                "This is the cross-correlation with the two lists exchanged. For a convolution, let every "
                "sample launch a copy of the kernel and add the copies.",
                name="correlation_exchanged",
            ),
            Misconception(
                d2lmini.xcorr1d(X, H),
                "These are the windows of the signal times the kernel as it is: a cross-correlation, valid. "
                "The convolution turns the kernel round, and the full one has a value wherever the lists "
                "touch.",
                name="correlation_valid",
            ),
            Misconception(
                d2lmini.conv1d(X, H, "valid"),
                "These are the valid values only, where the kernel lies wholly on the signal. The full "
                "result has a value wherever the two touch.",
                name="valid",
            ),
            Misconception(
                d2lmini.conv1d(X, H, "same"),
                "This is the middle part, as long as the signal. The full result also has the values at both "
                "ends, where the kernel hangs over.",
                name="same",
            ),
            Misconception(
                LINE[: len(X)],
                "The echoes go on after the last sample, and you stopped there. Write down what the last "
                "samples still send past the end.",
                name="tail_missing",
            ),
            Misconception(
                LINE[::-1],
                "The right numbers in the wrong order: your list begins at the end. The first value is the "
                "first sample times the first weight.",
                name="backwards",
            ),
            Misconception(
                d2lmini.conv1d(X, np.abs(H)),
                "The minus sign of the kernel got lost. One of its weights is negative: the copy that it "
                "scales is subtracted, not added.",
                name="sign_of_kernel_lost",
            ),
            Misconception(
                d2lmini.conv1d(np.abs(X), H),
                "The minus sign of the signal got lost. One of the samples is negative, and so its whole "
                "copy of the kernel changes sign.",
                name="sign_of_signal_lost",
            ),
            Misconception(
                d2lmini.conv1d(np.abs(X), np.abs(H)),
                "All the minus signs got lost, in the signal and in the kernel. Carry them through every "
                "product.",
                name="signs_lost",
            ),
            Misconception(
                X * H.sum(),
                "You added the copies without shifting them. The copy that sample m launches starts at step "
                "m.",
                name="not_shifted",
            ),
            Misconception(
                X[: len(H)] * H,
                "You multiplied the lists entry by entry. In a convolution every sample meets every weight, "
                "and the products that arrive at the same step are added.",
                name="product",
            ),
        ),
        section="convolution.html#conv1d",
        strict_dtype=False,
    ),
    Exercise(
        "y_circular",
        CIRCLE,
        wrong=(
            Misconception(
                LINE,
                "This is the convolution on a line. On a circle there is room for as many values as the "
                "signal has; what hangs over the end comes back at the start.",
                name="linear_for_circular",
            ),
            Misconception(
                LINE[: len(X)],
                "You cut off what hangs over the end. On a circle it is not lost: add it to the first "
                "values.",
                name="cut_off",
            ),
            Misconception(
                d2lmini.xcorr1d(np.append(X, X[: len(H) - 1]), H),
                "This is the circular cross-correlation: you looked ahead of each sample, x[i + j]. "
                "Convolution looks back, x[i - j].",
                name="circular_correlation",
            ),
            Misconception(
                on_the_circle((OVERHANG[0], 0.0)),
                "Only one of the two values that hang over came back. The second goes to the second place.",
                name="one_value_wound",
            ),
            Misconception(
                on_the_circle(OVERHANG[::-1]),
                "You wound the overhang back in the wrong order. Going on round the circle, the first value "
                "after the end lands on the first place, the next one on the second.",
                name="wound_backwards",
            ),
            Misconception(
                on_the_circle((0.0, 0.0), OVERHANG),
                "You added the overhang to the last values. After the last place of a circle comes the first "
                "one again.",
                name="wound_to_the_end",
            ),
            Misconception(
                np.roll(CIRCLE, -1),
                "The right numbers, but your list begins one place too late on the circle. The first value "
                "is the one that holds the first sample times the first weight.",
                name="begins_late",
            ),
            Misconception(
                np.roll(CIRCLE, 1),
                "The right numbers, but your list begins one place too early on the circle. The first value "
                "is the one that holds the first sample times the first weight.",
                name="begins_early",
            ),
            Misconception(
                d2lmini.circular_conv1d(X, np.abs(H)),
                "The minus sign of the kernel got lost. The weight at offset 1 is negative: the sample one "
                "step back is subtracted.",
                name="sign_of_kernel_lost",
            ),
            Misconception(
                d2lmini.circular_conv1d(np.abs(X), H),
                "The minus sign of the signal got lost. One of the samples is negative, wherever the circle "
                "takes it.",
                name="sign_of_signal_lost",
            ),
            Misconception(
                CIRCLE[::-1],
                "The right numbers, but read against the direction of the circle. The first value is the one "
                "that holds the first sample times the first weight.",
                name="backwards",
            ),
        ),
        section="convolution.html#circulant",
        strict_dtype=False,
    ),
    Exercise(
        "toeplitz",
        d2lmini.toeplitz,
        wrong=(
            Misconception(
                toeplitz_transposed,
                "This is the transpose: the kernel runs along the rows. The matrix multiplies a signal of n "
                "samples, so it has n columns, and each column is a copy of the kernel.",
            ),
            Misconception(
                toeplitz_of_flipped_kernel,
                "The kernel stands upside down in your columns, so the matrix correlates. Column j is the "
                "answer to a single clap at time j: the kernel from its first weight on.",
            ),
            Misconception(
                toeplitz_wound_round,
                "This is the circulant matrix: what leaves at the bottom re-enters at the top. On a line "
                "there are more rows instead, and zeros at the top.",
            ),
            Misconception(
                toeplitz_valid,
                "You kept the rows where the kernel lies wholly on the signal: the valid matrix. The full "
                "one has a row for every place where the two touch.",
            ),
            Misconception(
                toeplitz_without_tail,
                "Your matrix ends with the signal and cuts off the tail of the last echoes. The full result "
                "goes on for k - 1 more rows.",
            ),
            Misconception(
                toeplitz_same,
                "You kept the middle rows, as many as there are samples: the matrix of the same mode. The "
                "full one has k - 1 rows more.",
            ),
            Misconception(
                toeplitz_not_shifted,
                "Every column starts at the top. Column j is the answer to a clap at time j, so it starts j "
                "rows down.",
            ),
            Misconception(
                toeplitz_hankel,
                "Your columns come in reverse order: the kernel starts at the bottom on the left and climbs. "
                "It starts at the top left, and each column is one step lower than the one before.",
            ),
            Misconception(
                toeplitz_one_row_too_many,
                "One row too many: your last row is all zeros. The last clap is at time n - 1, and its "
                "answer is k long.",
            ),
            Misconception(
                toeplitz_negative_index,
                "Above the diagonal i - j is negative, and Python then counts from the end of h. Those "
                "entries are zero.",
            ),
            Misconception(
                toeplitz_mirrored,
                "Your matrix has the kernel above the diagonal too. An entry above the diagonal would let a "
                "sample act before its time: it is zero.",
            ),
            Misconception(
                toeplitz_truncated,
                "Your matrix holds whole numbers, so the decimals of the kernel are cut off. np.zeros makes "
                "decimal numbers when you leave out dtype=int.",
            ),
        ),
        section="convolution.html#toeplitz",
    ),
    Exercise(
        "circulant",
        d2lmini.circulant,
        wrong=(
            Misconception(
                circulant_first_row,
                "You put the kernel into the first row: this is the transpose, and it computes circular "
                "correlation. For convolution the padded kernel is the first column.",
            ),
            Misconception(
                circulant_turned_left,
                "Each of your rows is the row above turned to the left, so the matrix is constant along the "
                "wrong diagonals. Every row is the one above turned one place to the right.",
            ),
            Misconception(
                circulant_full_toeplitz,
                "This is the Toeplitz matrix of the line. On a circle the matrix is square: what hangs over "
                "at the bottom re-enters at the top.",
            ),
            Misconception(
                circulant_not_wound,
                "What leaves your matrix at the bottom is lost. On a circle it re-enters at the top of the "
                "same column.",
            ),
            Misconception(
                circulant_of_flipped_kernel,
                "The kernel stands upside down in your columns. The first column is the kernel from its "
                "first weight on, then zeros.",
            ),
            Misconception(
                circulant_zeros_in_front,
                "You padded the kernel in front. The zeros belong behind it, so that its first weight stands "
                "on the diagonal.",
            ),
            Misconception(
                circulant_ignores_n,
                "Your matrix is as large as the kernel. The circle has n samples: pad the kernel with zeros "
                "first.",
            ),
            Misconception(
                circulant_modulo_k,
                "You count modulo the length of the kernel, so its weights fill the whole matrix. Pad the "
                "kernel with zeros to n and count modulo n.",
            ),
            Misconception(
                circulant_repeats_kernel,
                "You filled the first column by repeating the kernel; np.resize does that. Fill it up with "
                "zeros.",
            ),
        ),
        section="convolution.html#circulant",
    ),
    Exercise(
        "xcorr1d",
        d2lmini.xcorr1d,
        wrong=(
            Misconception(
                xcorr1d_flipped,
                "Your output equals the true convolution: the kernel is flipped. Cross-correlation slides "
                "the kernel as it is, x[i + j].",
            ),
            Misconception(
                xcorr1d_full,
                "You kept every place where kernel and signal touch: this is the full result. Valid keeps "
                "the places where the kernel lies wholly on the signal.",
            ),
            Misconception(
                xcorr1d_same,
                "Your result is as long as the signal: this is the same mode, with zeros outside. Valid uses "
                "no sample from outside.",
            ),
            Misconception(
                xcorr1d_convolves_full,
                "This is the full convolution, as np.convolve computes it. Slide the kernel unflipped, and "
                "only where it lies wholly on the signal.",
            ),
            Misconception(
                xcorr1d_one_too_few,
                "The last window is missing. From the first place to the last there are n - k steps, and so "
                "one place more than steps.",
            ),
            Misconception(
                xcorr1d_on_a_circle,
                "Your last windows run over the end and start again at the front: this is the correlation on "
                "a circle. Valid stops where the kernel reaches the end.",
            ),
            Misconception(
                xcorr1d_mean,
                "You took the mean of the products. Cross-correlation is their sum; the weights may do the "
                "averaging.",
            ),
            Misconception(
                xcorr1d_not_summed,
                "You return the products of every window, one row a window. Add up each row.",
            ),
            Misconception(
                xcorr1d_jumps,
                "Your kernel jumps by its own length, so windows that overlap are left out. Move it one "
                "sample at a time.",
            ),
            Misconception(
                xcorr1d_truncated,
                "Your array holds whole numbers, so the decimals of every sum are cut off. np.zeros makes "
                "decimal numbers when you leave out dtype=int.",
            ),
        ),
        section="convolution.html#xcorr1d",
    ),
    Exercise(
        "xcorr2d",
        d2lmini.xcorr2d,
        wrong=(
            Misconception(
                xcorr2d_flipped,
                "Your output equals the true convolution: the kernel is flipped. Cross-correlation slides "
                "the kernel as it is.",
            ),
            Misconception(
                xcorr2d_rows_flipped,
                "The rows of your kernel are in reverse order: it is flipped upside down. Cross-correlation "
                "flips neither axis.",
            ),
            Misconception(
                xcorr2d_kernel_transposed,
                "Your kernel is transposed: the row offset of the image meets the column of the kernel. "
                "Multiply x[i + a, j + b] by k[a, b].",
            ),
            Misconception(
                xcorr2d_columns_flipped,
                "The columns of your kernel are in reverse order: it is flipped left to right. "
                "Cross-correlation flips neither axis.",
            ),
            Misconception(
                xcorr2d_map_transposed,
                "Your feature map is transposed. Its first index is the row, as in the image.",
            ),
            Misconception(
                xcorr2d_full,
                "You kept every place where kernel and image touch: this is the full result. Valid keeps the "
                "places where the kernel lies wholly on the image.",
            ),
            Misconception(
                xcorr2d_same,
                "Your map is as large as the image: this is the same mode, with zeros outside. Valid uses no "
                "pixel from outside.",
            ),
            Misconception(
                xcorr2d_one_too_few,
                "The last row and the last column are missing. A kernel of kh rows has h - kh + 1 places, "
                "one more than the steps between the first and the last.",
            ),
            Misconception(
                xcorr2d_square_kernel,
                "Your function takes the kernel for square and leaves out some of its columns. Height and "
                "width are two numbers: kh, kw = k.shape.",
            ),
            Misconception(
                xcorr2d_square_map,
                "Your map is as wide as it is high, so columns are missing. Count the places of each axis by "
                "itself: h - kh + 1 rows and w - kw + 1 columns.",
            ),
            Misconception(
                xcorr2d_mean,
                "You took the mean of the products under the kernel. Cross-correlation is their sum.",
            ),
            Misconception(
                xcorr2d_one_axis_summed,
                "You added the products along the rows of the kernel and no further. Add over both axes of "
                "each window.",
            ),
            Misconception(
                xcorr2d_jumps,
                "Your kernel jumps by its own size, so windows that overlap are left out. Move it one pixel "
                "at a time.",
            ),
            Misconception(
                xcorr2d_truncated,
                "Your array holds whole numbers, so the decimals of every sum are cut off. np.zeros makes "
                "decimal numbers when you leave out dtype=int.",
            ),
        ),
        section="convolution.html#xcorr2d",
    ),
)
