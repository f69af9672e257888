"""Answers and misconceptions of the set `inception_family`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- factor_savings: a value --------------------------------------------------------------------------------

WHOLE = np.array([25, 9, 9, 49, 49])
SPLIT = np.array([2 * 9, 2 * 4, 3 + 3, 7 + 7, 3 * 9])
SAVINGS = (WHOLE - SPLIT) / WHOLE


# --- reduction_shape(shape, widths, kernel) -----------------------------------------------------------------


def reduced(n, kernel):
    return (n - kernel) // 2 + 1


def reduction_shape(shape, widths, kernel):
    c, h, w = shape
    return (c + sum(widths), reduced(h, kernel), reduced(w, kernel))


def reduction_without_pool(shape, widths, kernel):
    return (sum(widths), *reduction_shape(shape, widths, kernel)[1:])


def reduction_padded(shape, widths, kernel):
    c, h, w = shape
    return (c + sum(widths), (h + 1) // 2, (w + 1) // 2)


def reduction_halved(shape, widths, kernel):
    c, h, w = shape
    return (c + sum(widths), h // 2, w // 2)


def reduction_at_stride_one(shape, widths, kernel):
    c, h, w = shape
    return (c + sum(widths), h - kernel + 1, w - kernel + 1)


def reduction_channels_last(shape, widths, kernel):
    c, h, w = reduction_shape(shape, widths, kernel)
    return (h, w, c)


def reduction_last_branch(shape, widths, kernel):
    return (shape[0] + widths[-1], *reduction_shape(shape, widths, kernel)[1:])


def reduction_pool_for_each(shape, widths, kernel):
    return (sum(shape[0] + width for width in widths), *reduction_shape(shape, widths, kernel)[1:])


# --- merged_kernel(column, row) -----------------------------------------------------------------------------


def merged_kernel(column, row):
    return np.einsum("okb,kia->oiab", row, column)


def merged_transposed(column, row):
    return merged_kernel(column, row).swapaxes(2, 3).copy()


def merged_in_before_out(column, row):
    return merged_kernel(column, row).swapaxes(0, 1).copy()


def merged_first_map(column, row):
    return merged_kernel(column[:1], row[:, :1])


def merged_mean(column, row):
    return merged_kernel(column, row) / len(column)


def merged_sums(column, row):
    return np.einsum("ob,ia->oiab", row.sum(axis=1), column.sum(axis=0))


def merged_flipped(column, row):
    return merged_kernel(column, row)[:, :, ::-1, ::-1].copy()


def merged_added(column, row):
    return column.sum(axis=0)[None, :, :, None] + row.sum(axis=1)[:, None, None, :]


# --- smooth_cross_entropy(scores, labels, eps) --------------------------------------------------------------


def log_softmax(scores, axis=1):
    scores = scores - scores.max(axis=axis, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=axis, keepdims=True))


def smoothed(scores, labels, at_class, elsewhere):
    """Return the loss of each row for targets with one value at the class and another elsewhere."""
    targets = np.where(np.eye(scores.shape[1])[labels] > 0, at_class, elsewhere)
    return -(targets * log_softmax(scores)).sum(axis=1)


def smooth_cross_entropy(scores, labels, eps):
    k = scores.shape[1]
    return float(smoothed(scores, labels, 1 - eps + eps / k, eps / k).mean())


def loss_as_on_the_slide(scores, labels, eps):
    return float(smoothed(scores, labels, 1 - eps, eps / scores.shape[1]).mean())


def loss_over_the_others(scores, labels, eps):
    return float(smoothed(scores, labels, 1 - eps, eps / (scores.shape[1] - 1)).mean())


def loss_without_smoothing(scores, labels, eps):
    return float(smoothed(scores, labels, 1.0, 0.0).mean())


def loss_summed(scores, labels, eps):
    return smooth_cross_entropy(scores, labels, eps) * len(scores)


def loss_of_each(scores, labels, eps):
    k = scores.shape[1]
    return smoothed(scores, labels, 1 - eps + eps / k, eps / k)


def loss_negative(scores, labels, eps):
    return -smooth_cross_entropy(scores, labels, eps)


def loss_over_all_entries(scores, labels, eps):
    return smooth_cross_entropy(scores, labels, eps) / scores.shape[1]


def loss_in_bits(scores, labels, eps):
    return smooth_cross_entropy(scores, labels, eps) / float(np.log(2))


EXERCISES = (
    Exercise(
        "factor_savings",
        lambda: SAVINGS,
        wrong=(
            Misconception(
                (WHOLE - SPLIT) / SPLIT,
                "You divide by what is left. A saving is a share of what one had: the large window goes below.",
                name="share_of_the_rest",
            ),
            Misconception(
                SPLIT / WHOLE, "These are the shares that are left. What is saved is the rest.", name="what_is_left"
            ),
            Misconception(WHOLE / SPLIT, "These are factors. A saving is a share between 0 and 1.", name="factors"),
            Misconception(100 * SAVINGS, "These are percents. Give shares, such as 0.5 for a half.", name="percents"),
            Misconception(
                1 - np.array([9, 4, 3, 7, 9]) / WHOLE,
                "You count one of the small windows only. It takes two or three of them.",
                name="one_window",
            ),
            Misconception(
                WHOLE - SPLIT, "These are numbers of weights. Divide them by those of the large window.", name="weights"
            ),
        ),
        section="inception_family.html#arch-inception-asymmetric",
        strict_dtype=False,
    ),
    Exercise(
        "reduction_shape",
        reduction_shape,
        wrong=(
            Misconception(
                reduction_without_pool,
                "You forget the pooled maps. They are concatenated with those of the branches.",
            ),
            Misconception(
                reduction_pool_for_each, "You count the pooled maps once for each branch. There is one pooling only."
            ),
            Misconception(reduction_padded, "Your sizes are those with padding, rounded up. Nothing is padded here."),
            Misconception(
                reduction_halved,
                "You halve the sizes. Without padding the window must fit: take it off first, then step in twos.",
            ),
            Misconception(reduction_at_stride_one, "Your sizes are those of stride 1. A reduction moves by 2."),
            Misconception(reduction_channels_last, "You put the channels last. The order is (c, h, w)."),
            Misconception(
                reduction_last_branch,
                "You add the maps of the last branch alone. All branches are concatenated.",
            ),
        ),
        section="inception_family.html#arch-inception-grid-reduction",
    ),
    Exercise(
        "merged_kernel",
        merged_kernel,
        wrong=(
            Misconception(
                merged_transposed,
                "Your windows lie on their side: the columns run down, axis 2, and the rows across, axis 3.",
            ),
            Misconception(
                merged_in_before_out,
                "Your first two axes are exchanged. A weight has the shape (c_out, c_in, kh, kw).",
            ),
            Misconception(
                merged_first_map, "You use the first map in the middle alone. Add up what comes through all of them."
            ),
            Misconception(merged_mean, "You take the mean over the maps in the middle. The second layer adds them up."),
            Misconception(
                merged_sums,
                "You add up columns and rows before you multiply. Each map in the middle has its own product.",
            ),
            Misconception(
                merged_flipped, "Your windows are turned by 180 degrees. Layers slide their windows as they are."
            ),
            Misconception(merged_added, "You add columns and rows. One behind the other, they are multiplied."),
        ),
        section="inception_family.html#arch-inception-asymmetric",
    ),
    Exercise(
        "smooth_cross_entropy",
        smooth_cross_entropy,
        wrong=(
            Misconception(
                loss_as_on_the_slide,
                "Your targets sum to less than 1. The class gets its part of the evenly spread eps too.",
            ),
            Misconception(
                loss_over_the_others,
                "You spread eps over the other classes alone. It is spread over all of them, the right one included.",
            ),
            Misconception(loss_without_smoothing, "This is the loss with hard labels. Let eps into the targets."),
            Misconception(loss_summed, "You add up the losses of the images. Take their mean."),
            Misconception(loss_of_each, "These are the losses of the single images. Return their mean, one number."),
            Misconception(loss_negative, "The sign is wrong: a loss is minus the mean logarithm."),
            Misconception(
                loss_over_all_entries,
                "You take the mean over images and classes. Over the classes it is a sum, over the images a mean.",
            ),
            Misconception(loss_in_bits, "Your logarithm has the base 2. Take the natural one."),
        ),
        section="inception_family.html#reg-label-smoothing",
    ),
)
