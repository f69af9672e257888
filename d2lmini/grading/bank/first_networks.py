"""Answers and misconceptions of the set `first_networks`."""

from math import ceil

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

# --- lenet_counts: a value ----------------------------------------------------------------------------------


def with_sum(*layers):
    return np.array([*layers, sum(layers)])


LENET = with_sum(156, 2416, 48_120, 10_164, 850)

# --- window_fit(n, kernel, stride, padding) -----------------------------------------------------------------


def fit(n, kernel, stride, padding, places=None):
    exact = (n + 2 * padding - kernel) / stride + 1
    places = int(exact) if places is None else places
    return exact, places, max(0, n + padding - (places - 1) * stride - kernel)


def window_fit(n, kernel, stride, padding):
    return fit(n, kernel, stride, padding)


def without_plus_one(n, kernel, stride, padding):
    exact, places, unread = fit(n, kernel, stride, padding)
    return exact - 1, places - 1, unread


def padding_once(n, kernel, stride, padding):
    exact = (n + padding - kernel) / stride + 1
    return exact, int(exact), fit(n, kernel, stride, padding, int(exact))[2]


def padding_forgotten(n, kernel, stride, padding):
    return fit(n, kernel, stride, 0)


def rounded_up(n, kernel, stride, padding):
    return fit(n, kernel, stride, padding, ceil(fit(n, kernel, stride, padding)[0]))


def exact_cut_off(n, kernel, stride, padding):
    exact, places, unread = fit(n, kernel, stride, padding)
    return float(int(exact)), places, unread


def padding_counts_as_image(n, kernel, stride, padding):
    exact, places, _ = fit(n, kernel, stride, padding)
    return exact, places, (n + 2 * padding - kernel) % stride


# --- response_norm(x, n, k, alpha, beta) --------------------------------------------------------------------


def response_norm(x, n, k, alpha, beta):
    return d2lmini.local_response_norm(x, size=n, alpha=n * alpha, beta=beta, k=k)


def around(x, n):
    """The channel and its neighbours along a new last axis, zeros where there are none."""
    padded = np.pad(x, ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, n, axis=1)  # (images, c, h, w, n)


def alpha_of_torch(x, n, k, alpha, beta):
    return response_norm(x, n, k, alpha / n, beta)


def not_squared(x, n, k, alpha, beta):
    return x / (k + alpha * np.abs(around(x, n)).sum(axis=-1)) ** beta


def alone(x, n, k, alpha, beta):
    return x / (k + alpha * x**2) ** beta


def without_itself(x, n, k, alpha, beta):
    return x / (k + alpha * ((around(x, n) ** 2).sum(axis=-1) - x**2)) ** beta


def all_channels(x, n, k, alpha, beta):
    return x / (k + alpha * (x**2).sum(axis=1, keepdims=True)) ** beta


def only_before(x, n, k, alpha, beta):
    padded = np.pad(x, ((0, 0), (n - 1, 0), (0, 0), (0, 0)))
    near = np.lib.stride_tricks.sliding_window_view(padded, n, axis=1)
    return x / (k + alpha * (near**2).sum(axis=-1)) ** beta


def in_a_ring(x, n, k, alpha, beta):
    near = [np.roll(x, shift, axis=1) for shift in range(-(n // 2), n // 2 + 1)]
    return x / (k + alpha * np.square(near).sum(axis=0)) ** beta


def whole_window_each_side(x, n, k, alpha, beta):
    return x / (k + alpha * (around(x, 2 * n + 1) ** 2).sum(axis=-1)) ** beta


def power_on_alpha_only(x, n, k, alpha, beta):
    return x / (k + (alpha * (around(x, n) ** 2).sum(axis=-1)) ** beta)


# --- colour_shift(x, values, vectors, draws) ----------------------------------------------------------------


def shifted(x, colour):
    return x + colour[:, :, None, None]


def colour_shift(x, values, vectors, draws):
    return shifted(x, (draws * values) @ vectors.T)


def rows_for_axes(x, values, vectors, draws):
    return shifted(x, (draws * values) @ vectors)


def root_of_variance(x, values, vectors, draws):
    return shifted(x, (draws * np.sqrt(np.abs(values))) @ vectors.T)


def without_variance(x, values, vectors, draws):
    return shifted(x, draws @ vectors.T)


def variance_twice(x, values, vectors, draws):
    return shifted(x, (draws * values**2) @ vectors.T)


def one_colour_for_all(x, values, vectors, draws):
    return shifted(x, np.repeat((draws[:1] * values) @ vectors.T, len(x), axis=0))


def first_axis_only(x, values, vectors, draws):
    return shifted(x, np.outer(draws[:, 0] * values[0], vectors[:, 0]))


def axes_forgotten(x, values, vectors, draws):
    return shifted(x, draws * values)


def multiplied(x, values, vectors, draws):
    return x * (1 + (draws * values) @ vectors.T)[:, :, None, None]


def clipped(x, values, vectors, draws):
    return colour_shift(x, values, vectors, draws).clip(0, 1)


# --- alexnet_counts: a value --------------------------------------------------------------------------------

WIDE, NARROW, TOWERS, ONE = (96, 256, 384, 384, 256), (64, 192, 384, 256, 256), (1, 2, 1, 2, 2), (1, 1, 1, 1, 1)


def chain(widths, groups, bias=1, flat=9216):
    total, c_in = 0, 3
    for c_out, kernel, g in zip(widths, (11, 5, 3, 3, 3), groups, strict=True):
        total, c_in = total + c_out * (c_in // g * kernel**2 + bias), c_out
    return total + sum(o * (i + bias) for i, o in ((flat, 4096), (4096, 4096), (4096, 1000)))


def counts(towers=TOWERS, last=NARROW, **settings):
    return np.array([chain(WIDE, towers, **settings), chain(WIDE, ONE, **settings), chain(last, ONE, **settings)])


EXERCISES = (
    Exercise(
        "lenet_counts",
        lambda: LENET,
        wrong=(
            Misconception(with_sum(150, 2400, 48_000, 10_080, 840), "Your layers have no biases. Each map and each unit "
                          "has one.", name="without_biases"),
            Misconception(with_sum(156, 1516, 48_120, 10_164, 850), "Your C3 has the table of connections of 1998. Here "
                          "each of its maps reads all 6.", name="table_of_1998"),
            Misconception(with_sum(156, 416, 48_120, 10_164, 850), "Your C3 reads a single map. A kernel reaches through "
                          "all 6 maps that come in.", name="one_map_in"),
            Misconception(with_sum(156, 2416, 30_840, 10_164, 850), "Your C5 reads maps of 4 x 4: you have left out the "
                          "padding of C1. The sizes are 28, 14, 10, 5.", name="padding_forgotten"),
            Misconception(with_sum(156, 2416, 192_120, 10_164, 850), "Your C5 reads maps of 10 x 10. S4 halves them "
                          "first.", name="s4_forgotten"),
            Misconception(with_sum(156, 2496, 49_920, 10_164, 850), "You have counted a bias for each kernel slice. "
                          "There is one for each map that comes out.", name="bias_for_each_slice"),
            Misconception(with_sum(117_600, 240_000, 48_000, 10_080, 840), "These are multiply-adds. A weight is one "
                          "parameter, at however many places it is used.", name="multiply_adds"),
        ),
        section="first_networks.html#lenet5",
        strict_dtype=False,
    ),
    Exercise(
        "window_fit",
        window_fit,
        wrong=(
            Misconception(without_plus_one, "You have counted the steps. There is one window more than there are steps."),
            Misconception(padding_once, "You have added the padding once. It is there on each side."),
            Misconception(padding_forgotten, "You have left out the padding."),
            Misconception(rounded_up, "You have rounded up. A window that does not fit is not there."),
            Misconception(exact_cut_off, "Your first number is rounded. It should keep its fraction."),
            Misconception(padding_counts_as_image, "Your last number counts pixels of the padding. Only those of the "
                          "image are asked for, and there are never fewer than none."),
        ),
        section="first_networks.html#arch-alexnet-first-layer",
    ),
    Exercise(
        "response_norm",
        response_norm,
        wrong=(
            Misconception(alpha_of_torch, "Your alpha is divided by n, as PyTorch does it. The paper's is not."),
            Misconception(not_squared, "Your sum has absolute values in it. It should have squares."),
            Misconception(alone, "Each of your channels sees itself alone. Its neighbours on either side belong to the "
                          "sum."),
            Misconception(without_itself, "Your sum leaves out the channel itself. It belongs to it."),
            Misconception(all_channels, "Your sum runs over all channels. It is local: n of them at most."),
            Misconception(only_before, "Your sum looks at the channels before. Half of the neighbours come after."),
            Misconception(in_a_ring, "Your first channels have the last ones as neighbours. At the ends the sum is "
                          "shorter."),
            Misconception(whole_window_each_side, "You take n channels on each side. It is n in all: (n - 1) / 2 on "
                          "each side, and the channel itself."),
            Misconception(power_on_alpha_only, "Your power leaves out k. It belongs into the bracket."),
        ),
        section="first_networks.html#alexnet-2012",
    ),
    Exercise(
        "colour_shift",
        colour_shift,
        wrong=(
            Misconception(rows_for_axes, "You take the rows of `vectors` as axes. NumPy returns them as columns."),
            Misconception(root_of_variance, "You multiply by the root of the variance. The paper multiplies by the "
                          "variance itself."),
            Misconception(without_variance, "Your axes all count the same. Each is multiplied by its variance."),
            Misconception(variance_twice, "You have multiplied by the variance twice."),
            Misconception(one_colour_for_all, "All your images get the colour of the first one. Each has three numbers "
                          "of its own."),
            Misconception(first_axis_only, "You use the first axis alone. The colour is a sum over all three."),
            Misconception(axes_forgotten, "You add the numbers to red, green and blue. They belong to the axes, which "
                          "mix the three."),
            Misconception(multiplied, "You multiply the pixels. The colour is added."),
            Misconception(clipped, "You have clipped to 0..1. Nothing is clipped here."),
        ),
        section="first_networks.html#pca-colour",
    ),
    Exercise(
        "alexnet_counts",
        lambda: counts(),
        wrong=(
            Misconception(counts(bias=0), "Your layers have no biases. Each map and each unit has one.",
                          name="without_biases"),
            Misconception(counts()[[1, 0, 2]], "The network with groups comes first. Groups make it smaller.",
                          name="groups_exchanged"),
            Misconception(counts(towers=(1, 2, 2, 2, 2)), "You have grouped conv3. It reads the maps of both towers.",
                          name="conv3_grouped"),
            Misconception(counts(towers=(1, 2, 1, 1, 1)), "You have grouped conv2 only. conv4 and conv5 have groups too.",
                          name="conv2_only"),
            Misconception(counts(last=WIDE), "Your third network has the maps of 2012. It has 64, 192, 384, 256, 256.",
                          name="maps_of_2012"),
            Misconception(counts(flat=256 * 13 * 13), "Your fc6 reads maps of 13 x 13. The last pooling makes them "
                          "6 x 6, 9216 numbers in all.", name="pool5_forgotten"),
            Misconception(np.array([724_406_816, 1_135_256_096, 714_188_480]), "These are multiply-adds. A weight is "
                          "one parameter, at however many places it is used.", name="multiply_adds"),
            Misconception(np.array([60_000_000] * 3), "About 60 million is right for all three. Count to the last one.",
                          name="about"),
        ),
        section="first_networks.html#alexnet",
        strict_dtype=False,
    ),
)  # fmt: skip
