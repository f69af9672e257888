"""Answers and misconceptions of the set `scoreboard`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- squeeze_excite(u, w1, b1, w2, b2) ----------------------------------------------------------------------


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def excite(z, w1, b1, w2, b2, act=relu, gate=sigmoid):
    return gate(act(z @ w1.T + b1) @ w2.T + b2)  # (n, c)


def squeeze_excite(u, w1, b1, w2, b2):
    return excite(u.mean(axis=(2, 3)), w1, b1, w2, b2)[:, :, None, None] * u


def se_gates_only(u, w1, b1, w2, b2):
    return excite(u.mean(axis=(2, 3)), w1, b1, w2, b2)


def se_of_the_maximum(u, w1, b1, w2, b2):
    return excite(u.max(axis=(2, 3)), w1, b1, w2, b2)[:, :, None, None] * u


def se_of_the_sum(u, w1, b1, w2, b2):
    return excite(u.sum(axis=(2, 3)), w1, b1, w2, b2)[:, :, None, None] * u


def se_of_the_batch(u, w1, b1, w2, b2):
    z = np.broadcast_to(u.mean(axis=(0, 2, 3)), u.shape[:2])
    return excite(z, w1, b1, w2, b2)[:, :, None, None] * u


def se_without_relu(u, w1, b1, w2, b2):
    s = excite(u.mean(axis=(2, 3)), w1, b1, w2, b2, act=lambda x: x)
    return s[:, :, None, None] * u


def se_without_sigmoid(u, w1, b1, w2, b2):
    s = excite(u.mean(axis=(2, 3)), w1, b1, w2, b2, gate=lambda x: x)
    return s[:, :, None, None] * u


def se_softmax(u, w1, b1, w2, b2):
    return excite(u.mean(axis=(2, 3)), w1, b1, w2, b2, gate=softmax)[:, :, None, None] * u


def se_exchanged(u, w1, b1, w2, b2):
    return excite(u.mean(axis=(2, 3)), w1, b1, w2, b2, act=sigmoid, gate=relu)[:, :, None, None] * u


def se_without_biases(u, w1, b1, w2, b2):
    return squeeze_excite(u, w1, 0, w2, 0)


def se_added(u, w1, b1, w2, b2):
    return excite(u.mean(axis=(2, 3)), w1, b1, w2, b2)[:, :, None, None] + u


def se_and_shortcut(u, w1, b1, w2, b2):
    return u + squeeze_excite(u, w1, b1, w2, b2)


# --- se_parameters(channels, r) -----------------------------------------------------------------------------


def se_parameters(channels, r):
    return sum(2 * c * (c // r) + c + c // r for c in channels)


def se_no_biases(channels, r):
    return sum(2 * c * (c // r) for c in channels)


def se_one_matrix(channels, r):
    return sum(c * (c // r) + c // r for c in channels)


def se_no_reduction(channels, r):
    return sum(2 * c * c + 2 * c for c in channels)


def se_middle_is_r(channels, r):
    return sum(2 * c * r + c + r for c in channels)


def se_no_outer_bias(channels, r):
    return sum(2 * c * (c // r) + c // r for c in channels)


def se_no_inner_bias(channels, r):
    return sum(2 * c * (c // r) + c for c in channels)


def se_last_module_only(channels, r):
    return se_parameters(channels[-1:], r)


def se_each_width_once(channels, r):
    return se_parameters(sorted(set(channels)), r)


def se_of_all_channels(channels, r):
    return se_parameters([sum(channels)], r)


# --- top_k_error(scores, labels, k) -------------------------------------------------------------------------


def ranks(scores, labels):
    """Return 1 where no other class has as large a score as the label."""
    own = scores[np.arange(len(labels)), labels][:, None]
    return (scores >= own).sum(axis=1)


def top_k_error(scores, labels, k):
    return float((ranks(scores, labels) > k).mean())


def top_k_accuracy(scores, labels, k):
    return 1 - top_k_error(scores, labels, k)


def top_k_count(scores, labels, k):
    return float((ranks(scores, labels) > k).sum())


def top_k_always_one(scores, labels, k):
    return top_k_error(scores, labels, 1)


def top_k_one_more(scores, labels, k):
    return top_k_error(scores, labels, k + 1)


def top_k_one_less(scores, labels, k):
    return top_k_error(scores, labels, k - 1)


def top_k_smallest(scores, labels, k):
    return top_k_error(-scores, labels, k)


def top_k_ties_are_right(scores, labels, k):
    own = scores[np.arange(len(labels)), labels][:, None]
    return float(((scores > own).sum(axis=1) >= k).mean())


def top_k_percent(scores, labels, k):
    return 100 * top_k_error(scores, labels, k)


def top_k_exactly_kth(scores, labels, k):
    return float((ranks(scores, labels) != k).mean())


# --- binomial_ci(error, n, z) -------------------------------------------------------------------------------


def interval(error, reach):
    return max(0.0, error - reach), min(1.0, error + reach)


def binomial_ci(error, n, z):
    return interval(error, z * np.sqrt(error * (1 - error) / n))


def ci_without_root(error, n, z):
    return interval(error, z * error * (1 - error) / n)


def ci_without_z(error, n, z):
    return binomial_ci(error, n, 1.0)


def ci_without_n(error, n, z):
    return interval(error, z * np.sqrt(error * (1 - error)))


def ci_divided_by_n(error, n, z):
    return interval(error, z * np.sqrt(error * (1 - error)) / n)


def ci_half_as_wide(error, n, z):
    return binomial_ci(error, n, z / 2)


def ci_poisson(error, n, z):
    return interval(error, z * np.sqrt(error / n))


def ci_unclipped(error, n, z):
    reach = z * np.sqrt(error * (1 - error) / n)
    return error - reach, error + reach


def ci_of_the_count(error, n, z):
    reach = z * np.sqrt(n * error * (1 - error))
    return n * error - reach, n * error + reach


EXERCISES = (
    Exercise(
        "squeeze_excite",
        squeeze_excite,
        wrong=(
            Misconception(se_gates_only, "You returned the gates. They are one number a channel; multiply the maps by them."),
            Misconception(se_of_the_maximum, "You squeezed each map to its maximum. The mean is asked."),
            Misconception(se_of_the_sum, "You squeezed each map to its sum. The mean is asked, which does not depend on the size of the map."),
            Misconception(se_of_the_batch, "You averaged over the images of the batch too. Each image has its own gates."),
            Misconception(se_without_relu, "The ReLU between the two matrices is missing, so they are one matrix in disguise."),
            Misconception(se_without_sigmoid, "The sigmoid is missing: your gates are not between 0 and 1."),
            Misconception(se_softmax, "You used a softmax, which makes the channels compete for a sum of 1. Each gate has a sigmoid of its own."),
            Misconception(se_exchanged, "You have the sigmoid in the middle and the ReLU at the end. It is the other way round."),
            Misconception(se_without_biases, "The biases b1 and b2 are missing."),
            Misconception(se_added, "You added the gates to the maps. They are factors."),
            Misconception(se_and_shortcut, "You added the input once more. A shortcut belongs to the module around the block, not to the block."),
        ),
        section="scoreboard.html#arch-se-excite-scale",
    ),
    Exercise(
        "se_parameters",
        se_parameters,
        wrong=(
            Misconception(se_no_biases, "You counted the weights only. Both layers have biases, c // r of them and c."),
            Misconception(se_one_matrix, "You counted the first layer only. The second leads back from c // r to c."),
            Misconception(se_no_reduction, "There is no reduction in your count: the layer in the middle has c // r channels."),
            Misconception(se_middle_is_r, "You gave the middle r channels. It has c // r of them."),
            Misconception(se_no_outer_bias, "The c biases of the second layer are missing."),
            Misconception(se_no_inner_bias, "The c // r biases of the first layer are missing."),
            Misconception(se_last_module_only, "You counted one module, the last. Add up all of them."),
            Misconception(se_each_width_once, "You counted each width once. Modules of the same width have weights of their own."),
            Misconception(se_of_all_channels, "You added the channels first and squared the sum. Each module is squeezed by itself."),
        ),
        section="scoreboard.html#arch-se-excite-scale",
    ),
    Exercise(
        "eight_images",
        (0.5, 0.25),
        wrong=(
            Misconception((0.5, 0.75), "Your second number is the share that is right. Errors are asked.", name="top_5_accuracy"),
            Misconception((4, 2), "You counted mistakes. Shares of the eight images are asked.", name="counts"),
            Misconception((0.25, 0.5), "You exchanged the two: top-1 is the stricter one and comes first.", name="exchanged"),
            Misconception((0.375, 0.25), "Look at the first word of every list again: one of the images was called by a close relative's name.", name="one_first_missed"),
            Misconception((0.5, 0.125), "One of the lists does not hold the name, although another animal with the same home does.", name="one_list_missed"),
        ),
        section="scoreboard.html#app-top5",
    ),
    Exercise(
        "top_k_error",
        top_k_error,
        wrong=(
            Misconception(top_k_accuracy, "You returned the share that is right. The error is asked."),
            Misconception(top_k_count, "You counted the mistakes. Their share is asked."),
            Misconception(top_k_percent, "You returned per cent. A share between 0 and 1 is asked."),
            Misconception(top_k_always_one, "Your answer is the top-1 error, whatever k is."),
            Misconception(top_k_one_more, "You allow one guess too many: k of them, not k + 1."),
            Misconception(top_k_one_less, "You allow one guess too few: the k-th place still counts as found."),
            Misconception(top_k_smallest, "You took the k smallest scores. The largest are the guesses."),
            Misconception(top_k_exactly_kth, "You ask for the label at place k exactly. Any of the first k places will do."),
            Misconception(top_k_ties_are_right, "With equal scores you let the network off: a network that gives all classes the same score would be perfect. A tie counts as wrong."),
        ),
        section="scoreboard.html#top-k-error",
    ),
    Exercise(
        "binomial_ci",
        binomial_ci,
        wrong=(
            Misconception(ci_without_root, "The root is missing: p(1 - p)/n is a variance."),
            Misconception(ci_without_z, "You went one standard deviation to each side. Go z of them."),
            Misconception(ci_without_n, "You did not divide by n. With more images the interval shrinks."),
            Misconception(ci_divided_by_n, "You divided by n outside the root. The deviation shrinks with the root of n."),
            Misconception(ci_half_as_wide, "You went z/2 deviations to each side. z already is the distance to one side."),
            Misconception(ci_poisson, "The factor 1 - p is missing under the root."),
            Misconception(ci_of_the_count, "That is the interval of the number of mistakes. The interval of their share is asked."),
            Misconception(ci_unclipped, "Your interval leaves 0..1. No error lies outside; cut it off there."),
        ),
        section="scoreboard.html#binomial-ci",
    ),
)
