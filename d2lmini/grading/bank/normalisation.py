"""Answers and misconceptions of the set `normalisation`."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception


def channels(value):
    """Return one number a channel as (c, 1, 1)."""
    return value[:, None, None]


def standardised(x, axes, eps, ddof=0):
    """Return x less its mean over axes, divided by the deviation."""
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True, ddof=ddof) + eps)


# --- batch_norm(x, gamma, beta, eps) ------------------------------------------------------------------------


def batch_norm(x, gamma, beta, eps=1e-5):
    return d2lmini.batch_norm(x, gamma, beta, eps=eps)[0]


def batch_eps_outside_root(x, gamma, beta, eps=1e-5):
    axes = (0, 2, 3)
    z = (x - x.mean(axis=axes, keepdims=True)) / (x.std(axis=axes, keepdims=True) + eps)
    return channels(gamma) * z + channels(beta)


def batch_without_eps(x, gamma, beta, eps=1e-5):
    return channels(gamma) * standardised(x, (0, 2, 3), 0) + channels(beta)


def batch_unbiased(x, gamma, beta, eps=1e-5):
    return channels(gamma) * standardised(x, (0, 2, 3), eps, ddof=1) + channels(beta)


def batch_divided_by_variance(x, gamma, beta, eps=1e-5):
    axes = (0, 2, 3)
    z = (x - x.mean(axis=axes, keepdims=True)) / (x.var(axis=axes, keepdims=True) + eps)
    return channels(gamma) * z + channels(beta)


def batch_each_image_alone(x, gamma, beta, eps=1e-5):
    return d2lmini.instance_norm(x, gamma, beta, eps=eps)


def batch_over_channels(x, gamma, beta, eps=1e-5):
    return d2lmini.layer_norm(x, gamma, beta, eps=eps)


def batch_over_everything(x, gamma, beta, eps=1e-5):
    return channels(gamma) * standardised(x, None, eps) + channels(beta)


def batch_each_pixel(x, gamma, beta, eps=1e-5):
    return channels(gamma) * standardised(x, 0, eps) + channels(beta)


def batch_without_gamma_and_beta(x, gamma, beta, eps=1e-5):
    return standardised(x, (0, 2, 3), eps)


def batch_shift_before_scale(x, gamma, beta, eps=1e-5):
    return channels(gamma) * (standardised(x, (0, 2, 3), eps) + channels(beta))


# --- group_norm(x, groups, gamma, beta, eps) ----------------------------------------------------------------


def in_blocks(x, groups, axes, eps, ddof=0):
    """Standardise x over these axes of (n, groups, c / groups, h, w)."""
    n, c, h, w = x.shape
    return standardised(x.reshape(n, groups, c // groups, h, w), axes, eps, ddof).reshape(x.shape)


def group_norm(x, groups, gamma, beta, eps=1e-5):
    return d2lmini.group_norm(x, groups, gamma, beta, eps=eps)


def group_interleaved(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    z = standardised(x.reshape(n, c // groups, groups, h, w), (1, 3, 4), eps).reshape(x.shape)
    return channels(gamma) * z + channels(beta)


def group_size_for_number(x, groups, gamma, beta, eps=1e-5):
    return group_norm(x, max(1, x.shape[1] // groups), gamma, beta, eps)


def group_over_the_batch(x, groups, gamma, beta, eps=1e-5):
    return channels(gamma) * in_blocks(x, groups, (0, 2, 3, 4), eps) + channels(beta)


def group_always_one(x, groups, gamma, beta, eps=1e-5):
    return group_norm(x, 1, gamma, beta, eps)


def group_always_channels(x, groups, gamma, beta, eps=1e-5):
    return group_norm(x, x.shape[1], gamma, beta, eps)


def group_each_pixel(x, groups, gamma, beta, eps=1e-5):
    return channels(gamma) * in_blocks(x, groups, (2,), eps) + channels(beta)


def group_unbiased(x, groups, gamma, beta, eps=1e-5):
    return channels(gamma) * in_blocks(x, groups, (2, 3, 4), eps, ddof=1) + channels(beta)


def group_one_gamma_a_group(x, groups, gamma, beta, eps=1e-5):
    first = np.arange(x.shape[1]) // (x.shape[1] // groups) * (x.shape[1] // groups)
    return group_norm(x, groups, gamma[first], beta[first], eps)


def group_without_gamma_and_beta(x, groups, gamma, beta, eps=1e-5):
    return in_blocks(x, groups, (2, 3, 4), eps)


# --- running_variance(x, old, momentum) ---------------------------------------------------------------------


def running_variance(x, old, momentum=0.1):
    return (1 - momentum) * old + momentum * x.var(axis=(0, 2, 3), ddof=1)


def running_biased(x, old, momentum=0.1):
    return (1 - momentum) * old + momentum * x.var(axis=(0, 2, 3))


def running_momentum_exchanged(x, old, momentum=0.1):
    return momentum * old + (1 - momentum) * x.var(axis=(0, 2, 3), ddof=1)


def running_deviation(x, old, momentum=0.1):
    return (1 - momentum) * old + momentum * x.std(axis=(0, 2, 3), ddof=1)


def running_forgets(x, old, momentum=0.1):
    return x.var(axis=(0, 2, 3), ddof=1)


def running_image_by_image(x, old, momentum=0.1):
    each = x.var(axis=(2, 3), ddof=1) if x[0, 0].size > 1 else np.zeros(x.shape[:2])
    return (1 - momentum) * old + momentum * each.mean(axis=0)


def running_counts_images(x, old, momentum=0.1):
    return (1 - momentum) * old + momentum * x.var(axis=(0, 2, 3)) * len(x) / (len(x) - 1)


def running_without_mean(x, old, momentum=0.1):
    return (1 - momentum) * old + momentum * (x**2).mean(axis=(0, 2, 3))


def running_adds(x, old, momentum=0.1):
    return old + momentum * x.var(axis=(0, 2, 3), ddof=1)


# --- random_pad(x, pad, coins) ------------------------------------------------------------------------------


def padded(x, rows, columns, mode="constant"):
    """Pad (above, below) and (left, right)."""
    return np.pad(x, ((0, 0), (0, 0), rows, columns), mode=mode)


def sides(pad, coins):
    """Return the borders ((above, below), (left, right)) of these coins."""
    return tuple((pad * coin, pad * (1 - coin)) for coin in coins)


def random_pad(x, pad, coins):
    return padded(x, *sides(pad, coins))


def pad_all_borders(x, pad, coins):
    return padded(x, (pad, pad), (pad, pad))


def pad_opposite_borders(x, pad, coins):
    return padded(x, (pad, pad), (0, 0)) if coins[0] else padded(x, (0, 0), (pad, pad))


def pad_coins_exchanged(x, pad, coins):
    return random_pad(x, pad, coins[::-1])


def pad_coins_inverted(x, pad, coins):
    return random_pad(x, pad, tuple(1 - coin for coin in coins))


def pad_right_way_up_only(x, pad, coins):
    return random_pad(x, pad, (coins[0], 1))


def pad_edge_repeated(x, pad, coins):
    return padded(x, *sides(pad, coins), mode="edge")


def pad_half_as_much(x, pad, coins):
    return random_pad(x, (pad + 1) // 2 if pad > 1 else 2, coins)


def pad_cropped(x, pad, coins):
    h, w = x.shape[2:]
    top, left = (0 if coin else pad for coin in coins)
    return random_pad(x, pad, coins)[:, :, top : top + h, left : left + w]


def pad_nothing_for_tails(x, pad, coins):
    return padded(x, (pad * coins[0], 0), (pad * coins[1], 0))


# --- label_smooth(labels, num_classes, eps) -----------------------------------------------------------------


def label_smooth(labels, num_classes, eps):
    return d2lmini.label_smooth(labels, num_classes, eps=eps)


def rows(labels, num_classes, at_class, elsewhere):
    """Return one value at the class and another elsewhere."""
    return np.where(np.eye(num_classes)[labels] > 0, at_class, elsewhere)


def smooth_as_on_the_slide(labels, num_classes, eps):
    return rows(labels, num_classes, 1 - eps, eps / num_classes)


def smooth_over_the_others(labels, num_classes, eps):
    return rows(labels, num_classes, 1 - eps, eps / (num_classes - 1))


def smooth_eps_for_each(labels, num_classes, eps):
    return rows(labels, num_classes, 1 - eps * (num_classes - 1), eps)


def smooth_uniform_added(labels, num_classes, eps):
    return np.eye(num_classes)[labels] + eps / num_classes


def smooth_not_at_all(labels, num_classes, eps):
    return np.eye(num_classes)[labels]


def smooth_exchanged(labels, num_classes, eps):
    return label_smooth(labels, num_classes, 1 - eps)


def smooth_classes_from_one(labels, num_classes, eps):
    return label_smooth((labels - 1) % num_classes, num_classes, eps)


def smooth_columns(labels, num_classes, eps):
    return label_smooth(labels, num_classes, eps).T.copy()


EXERCISES = (
    Exercise(
        "batch_norm",
        batch_norm,
        wrong=(
            Misconception(
                batch_eps_outside_root,
                "You added eps to the deviation. It belongs inside the root, beside the variance.",
            ),
            Misconception(batch_without_eps, "The eps is missing: divide by the root of variance plus eps."),
            Misconception(
                batch_unbiased,
                "You divided the variance by one less than the number of values. In the forward pass it is divided by their "
                "number.",
            ),
            Misconception(
                batch_divided_by_variance, "You divided by the variance. Divide by its square root, the deviation."
            ),
            Misconception(
                batch_each_image_alone,
                "Each image has a mean of its own here; that is instance normalisation. Batch normalisation pools all images.",
            ),
            Misconception(
                batch_over_channels,
                "You averaged over the channels of each image; that is layer normalisation. Keep the channel axis and "
                "average over the three others.",
            ),
            Misconception(
                batch_over_everything, "There is a single mean for the whole array. Each channel needs its own."
            ),
            Misconception(
                batch_each_pixel,
                "You averaged over the images alone, pixel by pixel. All pixels of a channel share one mean.",
            ),
            Misconception(batch_without_gamma_and_beta, "The scale gamma and the shift beta are missing."),
            Misconception(
                batch_shift_before_scale, "You added beta before you multiplied by gamma. Scale first, then shift."
            ),
        ),
        section="normalisation.html#batch-norm",
        tol=1e-6,
    ),
    Exercise(
        "group_norm",
        group_norm,
        wrong=(
            Misconception(
                group_interleaved,
                "Your groups take every g-th channel. A group is a block of channels that follow each other.",
            ),
            Misconception(
                group_size_for_number,
                "You made blocks of `groups` channels. The argument is the number of blocks, not their size.",
            ),
            Misconception(
                group_over_the_batch,
                "You averaged over the images too. Every image is normalised by itself.",
            ),
            Misconception(group_always_one, "You took one group, whatever was asked; that is layer normalisation."),
            Misconception(
                group_always_channels,
                "Each channel is a group of its own here, whatever was asked; that is instance normalisation.",
            ),
            Misconception(
                group_each_pixel,
                "You averaged over the channels of a group at each pixel alone. The pixels belong to the average too.",
            ),
            Misconception(
                group_unbiased,
                "You divided the variance by one less than the number of values. Here it is divided by their number.",
            ),
            Misconception(
                group_one_gamma_a_group,
                "You used one gamma and beta a group. They stay one for each channel.",
            ),
            Misconception(group_without_gamma_and_beta, "The scale gamma and the shift beta are missing."),
        ),
        section="normalisation.html#group-norm",
        tol=1e-6,
    ),
    Exercise(
        "running_variance",
        running_variance,
        wrong=(
            Misconception(
                running_biased,
                "You divided by the number of values. An estimate for other images is divided by one less.",
            ),
            Misconception(
                running_momentum_exchanged,
                "The two shares have changed places. Here momentum is the share of the new batch.",
            ),
            Misconception(running_deviation, "You collected the deviation. What is collected is its square."),
            Misconception(running_forgets, "You kept the new batch alone. A share of 1 - momentum stays with the old."),
            Misconception(
                running_image_by_image,
                "You averaged the variances of single images. The variance is that of all values of the channel together.",
            ),
            Misconception(
                running_counts_images,
                "You corrected by the number of images. The values of a channel are images times rows times columns.",
            ),
            Misconception(
                running_without_mean, "This is the mean of the squares. The mean must be subtracted before squaring."
            ),
            Misconception(
                running_adds, "The old variance must shrink, by 1 - momentum, before the new share is added."
            ),
        ),
        section="normalisation.html#norm-running",
    ),
    Exercise(
        "random_pad",
        random_pad,
        wrong=(
            Misconception(
                pad_all_borders,
                "You padded all four borders; that is traditional padding. Random padding adds to half.",
            ),
            Misconception(
                pad_opposite_borders,
                "You padded two opposite borders. One coin decides between above and below, the other between left and right.",
            ),
            Misconception(pad_coins_exchanged, "The coins have changed places. The first decides about rows."),
            Misconception(pad_coins_inverted, "Your coins mean the opposite. A 1 says above, and a 1 says left."),
            Misconception(
                pad_right_way_up_only, "Your columns always go to the left. The second coin decides where they go."
            ),
            Misconception(pad_edge_repeated, "You repeated the edge pixels. The new border consists of zeros."),
            Misconception(
                pad_half_as_much, "The border has the wrong width. It is `pad` pixels wide on the side chosen."
            ),
            Misconception(
                pad_cropped,
                "You cut the image back to its old size. Nothing is cut off: both sides grow by `pad`.",
            ),
            Misconception(
                pad_nothing_for_tails,
                "A coin of 0 padded nothing. It chooses the other border, below or on the right.",
            ),
        ),
        section="normalisation.html#random-pad",
    ),
    Exercise(
        "label_smooth",
        label_smooth,
        wrong=(
            Misconception(
                smooth_as_on_the_slide,
                "Your rows sum to less than 1. The class gets its part of the evenly spread eps too.",
            ),
            Misconception(
                smooth_over_the_others,
                "You spread eps over the other classes alone. It is spread over all of them, the right one included.",
            ),
            Misconception(
                smooth_eps_for_each, "You gave each other class the whole eps. They share it, eps / K for each."
            ),
            Misconception(
                smooth_uniform_added, "Your rows sum to more than 1. The class must give up eps before it is spread."
            ),
            Misconception(smooth_not_at_all, "These are hard labels: eps was not used."),
            Misconception(smooth_exchanged, "The shares have changed places: 1 - eps stays with the class."),
            Misconception(smooth_classes_from_one, "You counted classes from one. They are counted from zero."),
            Misconception(
                smooth_columns, "The numbers are right and the axes are not. Each label has a row, not a column."
            ),
        ),
        section="normalisation.html#label-smooth",
    ),
)
