"""Answers and misconceptions of the set `zoo`."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

# --- bottleneck_counts: a value -----------------------------------------------------------------------------

PLACES, DIRECT, SQUEEZE, EXPAND = 28 * 28, 5 * 5 * 128 * 64, 128 * 32, 5 * 5 * 32 * 64
COUNTS = np.array([PLACES * DIRECT, PLACES * (SQUEEZE + EXPAND), DIRECT, SQUEEZE + EXPAND])
SLIDE = np.array([160_000_000, 44_800_000, 160_000_000, 44_800_000])

# the other way to count, each as the four numbers it leads to
BOTTLENECK = {
    "multiply_adds_twice": COUNTS[[0, 1, 0, 1]],
    "weights_twice": COUNTS[[2, 3, 2, 3]],
    "pairs_exchanged": COUNTS[[2, 3, 0, 1]],
    "bottleneck_first": COUNTS[[1, 0, 3, 2]],
    "squeeze_forgotten": np.array([PLACES * DIRECT, PLACES * EXPAND, DIRECT, EXPAND]),
    "with_biases": COUNTS + np.array([PLACES * 64, PLACES * 96, 64, 96]),
    "no_padding": np.array([24 * 24 * DIRECT, PLACES * SQUEEZE + 24 * 24 * EXPAND, DIRECT, SQUEEZE + EXPAND]),
    "forty_eight": COUNTS + np.array([0, PLACES * 128 * 16, 0, 128 * 16]),
    "squeeze_after": np.array([PLACES * DIRECT, PLACES * (25 * 128 * 32 + 32 * 64), DIRECT, 25 * 128 * 32 + 32 * 64]),
}


# --- depthwise_conv2d(x, weight, stride, padding) -----------------------------------------------------------


def depthwise_conv2d(x, weight, stride=1, padding=0):
    return d2lmini.depthwise_conv2d(x, weight, stride=stride, padding=padding)


def depthwise_added_up(x, weight, stride=1, padding=0):
    n, c, m = len(x), x.shape[1], len(weight) // x.shape[1]
    y = depthwise_conv2d(x, weight, stride, padding)
    return y.reshape(n, c, m, *y.shape[2:]).sum(axis=1)


def depthwise_flipped(x, weight, stride=1, padding=0):
    return depthwise_conv2d(x, weight[..., ::-1, ::-1], stride, padding)


def depthwise_without_stride(x, weight, stride=1, padding=0):
    return depthwise_conv2d(x, weight, 1, padding)


def depthwise_without_padding(x, weight, stride=1, padding=0):
    return depthwise_conv2d(x, weight, stride)


def depthwise_channels_in_turn(x, weight, stride=1, padding=0):
    """Kernel f reads channel f mod c instead of f // m."""
    turn = np.arange(len(weight)) % x.shape[1]
    return d2lmini.conv2d(x[:, turn], weight, stride=stride, padding=padding, groups=len(weight))


def depthwise_first_kernels_only(x, weight, stride=1, padding=0):
    return depthwise_conv2d(x, weight[:: len(weight) // x.shape[1]], stride, padding)


def depthwise_one_kernel(x, weight, stride=1, padding=0):
    return depthwise_conv2d(x, np.repeat(weight[:1], len(weight), axis=0), stride, padding)


def depthwise_edge_repeated(x, weight, stride=1, padding=0):
    return depthwise_conv2d(d2lmini.pad2d(x, padding, mode="replicate"), weight, stride)


def depthwise_first_channel(x, weight, stride=1, padding=0):
    return depthwise_conv2d(np.repeat(x[:, :1], x.shape[1], axis=1), weight, stride, padding)


# --- channel_shuffle(x, groups) -----------------------------------------------------------------------------


def unchanged(x, groups):
    return x.copy()


def dealt_back(x, groups):
    return d2lmini.channel_shuffle(x, x.shape[1] // groups)


def groups_exchanged(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w)[:, ::-1].reshape(n, c, h, w)


def last_group_first(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w)[:, ::-1].swapaxes(1, 2).reshape(n, c, h, w)


def reversed_channels(x, groups):
    return x[:, ::-1].copy()


def not_merged(x, groups):
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).swapaxes(1, 2).copy()


def rolled(x, groups):
    return np.roll(x, x.shape[1] // groups, axis=1)


# --- separate_kernel(k) -------------------------------------------------------------------------------------


def relative(k, product):
    return float(np.linalg.norm(k - product) / np.linalg.norm(k))


def separate_kernel(k):
    column, row, _ = d2lmini.separate_kernel(k)
    return np.outer(column, row), relative(k, np.outer(column, row))


def middle_row_and_column(k):
    """The row and the column through the largest entry: right where k is separable, not the nearest elsewhere."""
    i, j = np.unravel_index(np.abs(k).argmax(), k.shape)
    product = np.outer(k[:, j], k[i]) / k[i, j]
    return product, relative(k, product)


def margins(k):
    """Sums of rows times sums of columns, as for a table of probabilities."""
    product = np.outer(k.sum(axis=1), k.sum(axis=0)) / (k.sum() or 1.0)
    return product, relative(k, product)


def without_singular_value(k):
    u, _, vt = np.linalg.svd(k, full_matrices=False)
    product = np.outer(u[:, 0], vt[0])
    return product, relative(k, product)


def root_of_singular_value(k):
    u, s, vt = np.linalg.svd(k, full_matrices=False)
    product = np.sqrt(s[0]) * np.outer(u[:, 0], vt[0])
    return product, relative(k, product)


def last_term(k):
    u, s, vt = np.linalg.svd(k, full_matrices=False)
    product = s[-1] * np.outer(u[:, -1], vt[-1])
    return product, relative(k, product)


def columns_for_rows_of_vt(k):
    """s[0] u[:, 0] vt[:, 0]: numpy returns the transpose, so this takes the wrong vector."""
    u, s, vt = np.linalg.svd(k, full_matrices=False)
    product = s[0] * np.outer(u[:, 0], np.resize(vt[:, 0], k.shape[1]))
    return product, relative(k, product)


def absolute_error(k):
    product, _ = separate_kernel(k)
    return product, float(np.linalg.norm(k - product))


def squared_error(k):
    product, error = separate_kernel(k)
    return product, error**2


def second_over_first(k):
    product, _ = separate_kernel(k)
    s = np.linalg.svd(k, compute_uv=False)
    return product, float(s[1] / s[0])


# --- tiled_conv2d(x, weight) --------------------------------------------------------------------------------


def tiled_conv2d(x, weight):
    return d2lmini.tiled_conv2d(x[None, None], weight[:, :, None, None])[0, 0]


def tiled_first_kernel(x, weight):
    return tiled_conv2d(x, weight[:1, :1])


def tiled_in_blocks(x, weight):
    """Kernels change from block to block of places, i // t, instead of from place to place."""
    th, tw, kh, kw = weight.shape
    y = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1))
    for i, j in np.ndindex(y.shape):
        p, q = i * th // y.shape[0], j * tw // y.shape[1]
        y[i, j] = (weight[p, q] * x[i : i + kh, j : j + kw]).sum()
    return y


def tiled_rows_and_columns_exchanged(x, weight):
    th, tw, kh, kw = weight.shape
    y = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (weight[j % th, i % tw] * x[i : i + kh, j : j + kw]).sum()
    return y


def tiled_sum_of_all(x, weight):
    return tiled_conv2d(x, weight.sum(axis=(0, 1), keepdims=True))


def tiled_mean_of_all(x, weight):
    return tiled_conv2d(x, weight.mean(axis=(0, 1), keepdims=True))


def tiled_flipped(x, weight):
    return tiled_conv2d(x, weight[..., ::-1, ::-1])


def tiled_by_pixel(x, weight):
    """The kernel changes with the pixel that is read, not with the place that is written."""
    th, tw, kh, kw = weight.shape
    y = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1))
    for i, j, a, b in np.ndindex(*y.shape, kh, kw):
        y[i, j] += weight[(i + a) % th, (j + b) % tw, a, b] * x[i + a, j + b]
    return y


def tiled_off_by_one(x, weight):
    return tiled_conv2d(x, np.roll(weight, (-1, -1), axis=(0, 1)))


def tiled_with_stride(x, weight):
    return tiled_conv2d(x, weight)[:: weight.shape[0], :: weight.shape[1]]


EXERCISES = (
    Exercise(
        "bottleneck_counts",
        lambda: COUNTS,
        wrong=(
            Misconception(BOTTLENECK["multiply_adds_twice"], "All four of your numbers are multiply-adds. The last two "
                          "are weights: the factor 28 · 28 counts positions, and a position is not a weight.",
                          name="multiply_adds_twice"),
            Misconception(BOTTLENECK["weights_twice"], "All four of your numbers are weights. The first two count work: "
                          "each weight is used once at every place of the output.", name="weights_twice"),
            Misconception(BOTTLENECK["pairs_exchanged"], "The weights come last and the multiply-adds first; you have "
                          "them the other way round.", name="pairs_exchanged"),
            Misconception(BOTTLENECK["bottleneck_first"], "In each pair the direct layer comes first, then the "
                          "bottleneck.", name="bottleneck_first"),
            Misconception(BOTTLENECK["squeeze_forgotten"], "You have counted the 5 x 5 layer on 32 channels alone. The "
                          "1 x 1 layer in front of it belongs to the bottleneck.", name="squeeze_forgotten"),
            Misconception(BOTTLENECK["with_biases"], "You have counted biases. The task has none.", name="with_biases"),
            Misconception(BOTTLENECK["no_padding"], "You have let the map shrink to 24 x 24. Padding keeps it at "
                          "28 x 28.", name="no_padding"),
            Misconception(BOTTLENECK["forty_eight"], "This is a squeeze to 48 channels in front of a layer that reads "
                          "32, as the slide has it. Squeeze to 32.", name="forty_eight"),
            Misconception(BOTTLENECK["squeeze_after"], "You have put the 5 x 5 layer first and the 1 x 1 layer behind. "
                          "The squeeze comes first, so that the large kernel reads few channels.", name="squeeze_after"),
            Misconception(SLIDE, "These are the numbers of the slide. Its total is wrong, and it calls multiply-adds "
                          "parameters: count again.", name="slide"),
        ),
        section="zoo.html#layer-1x1",
        strict_dtype=False,
    ),
    Exercise(
        "depthwise_conv2d",
        depthwise_conv2d,
        wrong=(
            Misconception(depthwise_added_up, "Your maps are added up over the channels. That is an ordinary layer; a "
                          "depthwise one keeps every channel apart."),
            Misconception(depthwise_flipped, "Your kernels are turned by 180 degrees. The layers of this book slide them "
                          "as they are."),
            Misconception(depthwise_without_stride, "Your result has stride 1. Keep every stride-th place, down and "
                          "across."),
            Misconception(depthwise_without_padding, "You have left the padding out. Put that many zeros on each side "
                          "first."),
            Misconception(depthwise_channels_in_turn, "Your kernel f reads channel f mod c. The m kernels of one channel "
                          "lie side by side, so it is channel f // m."),
            Misconception(depthwise_first_kernels_only, "You use one kernel a channel. There are m of them, and c m maps "
                          "come out."),
            Misconception(depthwise_one_kernel, "All your channels are filtered with the first kernel. Each map has a "
                          "kernel of its own."),
            Misconception(depthwise_edge_repeated, "Your border repeats the pixels at the edge. The padding consists of "
                          "zeros."),
            Misconception(depthwise_first_channel, "All your kernels read channel 0. Each has a channel of its own."),
        ),
        section="zoo.html#depthwise-conv2d",
    ),
    Exercise(
        "channel_shuffle",
        d2lmini.channel_shuffle,
        wrong=(
            Misconception(unchanged, "Your channels lie where they lay. If you reshape and reshape back, something has "
                          "to happen in between."),
            Misconception(dealt_back, "This undoes a shuffle: you have written the channels in rows of `groups`. Write a "
                          "row for each group, and read in columns."),
            Misconception(groups_exchanged, "You have exchanged whole groups. Take one channel of each group in turn."),
            Misconception(last_group_first, "You deal from the last group first. The first channel of the first group "
                          "stays in front."),
            Misconception(reversed_channels, "Your channels are in reversed order. Take one channel of each group in "
                          "turn."),
            Misconception(not_merged, "Your result still has five axes. Merge groups and members again, to (n, c, h, w)."),
            Misconception(rolled, "You have moved all channels on by one group. That only changes which group comes "
                          "first; nothing is dealt out."),
        ),
        section="zoo.html#channel-shuffle",
    ),
    Exercise(
        "separate_kernel",
        separate_kernel,
        wrong=(
            Misconception(middle_row_and_column, "You take the row and the column through the largest entry. That is "
                          "right for a separable kernel, and not the nearest one for others."),
            Misconception(margins, "You multiply the sums of the rows by the sums of the columns, as for probabilities. "
                          "That is not the nearest product, and it fails where the sums vanish."),
            Misconception(without_singular_value, "Your product lacks the factor s[0]: it always has the length one."),
            Misconception(root_of_singular_value, "Your product carries the root of s[0]. A column and a row may have a root "
                          "each; their product then has s[0] itself."),
            Misconception(last_term, "You have taken the last term of the sum, the least important one. The largest "
                          "singular value comes first."),
            Misconception(columns_for_rows_of_vt, "You have taken a column of vt. NumPy returns the transpose: the row "
                          "that belongs to s[0] is vt[0]."),
            Misconception(absolute_error, "The product is the nearest one, but your error is not relative: divide it by "
                          "the length of the kernel."),
            Misconception(squared_error, "The product is the nearest one, but your error is a ratio of squares. Take "
                          "the root."),
            Misconception(second_over_first, "The product is the nearest one, but your error is s[1] / s[0]. It is the "
                          "length of all that is left over, divided by the length of the kernel."),
        ),
        section="zoo.html#separate-kernel",
    ),
    Exercise(
        "tiled_conv2d",
        tiled_conv2d,
        wrong=(
            Misconception(tiled_first_kernel, "You use the first kernel everywhere. That is an ordinary convolution; here "
                          "the kernels take turns."),
            Misconception(tiled_in_blocks, "Your kernels change from block to block of the output. They take turns from "
                          "one place to the next: i % th, not i // something."),
            Misconception(tiled_rows_and_columns_exchanged, "You have exchanged rows and columns: the first axis of the "
                          "table turns with the row i."),
            Misconception(tiled_sum_of_all, "You add up all kernels at every place, as several channels would be. At each "
                          "place only one kernel works."),
            Misconception(tiled_mean_of_all, "You use the mean of all kernels at every place. At each place only one "
                          "kernel works."),
            Misconception(tiled_flipped, "Your kernels are turned by 180 degrees. Slide them as they are."),
            Misconception(tiled_by_pixel, "You choose the kernel by the pixel that is read. It is chosen once for each "
                          "output, by the place (i, j) that is written."),
            Misconception(tiled_off_by_one, "You begin with the second kernel. The output at (0, 0) is made with "
                          "weight[0, 0]."),
            Misconception(tiled_with_stride, "You keep only every t-th place. All places of the output are computed; only "
                          "the kernel changes."),
        ),
        section="zoo.html#tiled-conv2d",
    ),
)  # fmt: skip
