"""Answers and misconceptions of the set `going_deeper`."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

# --- vgg_counts: a value ------------------------------------------------------------------------------------

DENSE = ((25_088, 4096), (4096, 4096), (4096, 1000))
WIDTHS = (64, 128, 256, 512, 512)
D, E = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)


def vgg_parameters(counts, *, bias=1, dense=DENSE, kernel=9):
    total, c = 0, 3
    for count, c_out in zip(counts, WIDTHS, strict=True):
        for _ in range(count):
            total, c = total + (kernel * c + bias) * c_out, c_out
    return total + sum((n + bias) * m for n, m in dense)


def both(convs=(13, 16), **settings):
    return np.array([*convs, vgg_parameters(D, **settings), vgg_parameters(E, **settings)])


VGG_COUNTS = both()


# --- head_weights: a value ----------------------------------------------------------------------------------

HEAD_WEIGHTS = np.array([50_176_000, 1_024_000, 1_024_000])


# --- mlpconv(x, layers) -------------------------------------------------------------------------------------


def mlpconv(x, layers):
    return mlp(x, layers)


def relu(x):
    return np.maximum(x, 0)


def mlp(x, layers, *, inner=relu, last=relu, flip=1, bias=1.0):
    (weight, first), *rest = layers
    y = d2lmini.conv2d(x, weight[..., ::flip, ::flip], bias * first)
    for mix, add in rest:
        y = d2lmini.pointwise_conv2d(inner(y), mix, bias * add)
    return last(y)


def mlpconv_linear_end(x, layers):
    return mlp(x, layers, last=lambda y: y)


def mlpconv_one_rectifier(x, layers):
    return mlp(x, layers, inner=lambda y: y)


def mlpconv_no_bias(x, layers):
    return mlp(x, layers, bias=0.0)


def mlpconv_flipped(x, layers):
    return mlp(x, layers, flip=-1)


def mlpconv_first_layer(x, layers):
    return mlp(x, layers[:1])


def mlpconv_padded(x, layers):
    kh, kw = layers[0][0].shape[2:]
    return mlp(np.pad(x, ((0, 0), (0, 0), (kh // 2, (kh - 1) // 2), (kw // 2, (kw - 1) // 2))), layers)


def mlpconv_sigmoid(x, layers):
    def squash(y):
        return 1 / (1 + np.exp(-y))

    return mlp(x, layers, inner=squash, last=squash)


def mlpconv_mean_at_the_end(x, layers):
    return mlp(x, layers).mean(axis=(2, 3))


# --- inception_costs(c, size, widths) -----------------------------------------------------------------------


def inception_costs(c, size, widths):
    n1, r3, n3, r5, n5, p = widths
    places = size[0] * size[1]
    naive = places * c * (n1 + 9 * n3 + 25 * n5)
    reduced = places * (c * (n1 + r3 + r5 + p) + 9 * r3 * n3 + 25 * r5 * n5)
    return n1 + n3 + n5 + c, naive, n1 + n3 + n5 + p, reduced


def costs_pooling_forgotten(c, size, widths):
    channels, naive, reduced_channels, reduced = inception_costs(c, size, widths)
    return channels - c, naive, reduced_channels, reduced


def costs_squeezes_free(c, size, widths):
    *head, reduced = inception_costs(c, size, widths)
    return (*head, reduced - size[0] * size[1] * c * (widths[1] + widths[3]))


def costs_projection_free(c, size, widths):
    *head, reduced = inception_costs(c, size, widths)
    return (*head, reduced - size[0] * size[1] * c * widths[5])


def costs_channels_added_up(c, size, widths):
    channels, naive, _, reduced = inception_costs(c, size, widths)
    return channels, naive, sum(widths), reduced


def costs_weights(c, size, widths):
    return inception_costs(c, (1, 1), widths)


def costs_kernel_sides(c, size, widths):
    """3 and 5 where 9 and 25 weights are."""
    n1, r3, n3, r5, n5, p = widths
    places = size[0] * size[1]
    reduced = places * (c * (n1 + r3 + r5 + p) + 3 * r3 * n3 + 5 * r5 * n5)
    return n1 + n3 + n5 + c, places * c * (n1 + 3 * n3 + 5 * n5), n1 + n3 + n5 + p, reduced


def costs_large_kernels_read_all(c, size, widths):
    n1, r3, n3, r5, n5, p = widths
    reduced = size[0] * size[1] * c * (n1 + r3 + r5 + p + 9 * n3 + 25 * n5)
    return (*inception_costs(c, size, widths)[:3], reduced)


def costs_square(c, size, widths):
    return inception_costs(c, (size[0], size[0]), widths)


def costs_exchanged(c, size, widths):
    costs = inception_costs(c, size, widths)
    return costs[2:] + costs[:2]


# --- aux_loss(main, aside, labels, weight, train) -----------------------------------------------------------


def losses(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]


def aux_loss(main, aside, labels, weight=0.3, train=True):
    helpers = weight * sum(losses(scores, labels).mean() for scores in aside) if train else 0.0
    return float(losses(main, labels).mean() + helpers)


def aux_always(main, aside, labels, weight=0.3, train=True):
    return aux_loss(main, aside, labels, weight, True)


def aux_never(main, aside, labels, weight=0.3, train=True):
    return aux_loss(main, (), labels, weight, train)


def aux_unweighted(main, aside, labels, weight=0.3, train=True):
    return aux_loss(main, aside, labels, 1.0, train)


def aux_three_tenths(main, aside, labels, weight=0.3, train=True):
    return aux_loss(main, aside, labels, 0.3, train)


def aux_mean_of_heads(main, aside, labels, weight=0.3, train=True):
    return aux_loss(main, aside, labels, weight / max(len(aside), 1), train)


def aux_convex(main, aside, labels, weight=0.3, train=True):
    helped = bool(train and aside)
    return aux_loss(main, aside, labels, weight, train) - helped * weight * aux_loss(main, (), labels)


def aux_summed_over_images(main, aside, labels, weight=0.3, train=True):
    return len(labels) * aux_loss(main, aside, labels, weight, train)


def aux_scores_mixed(main, aside, labels, weight=0.3, train=True):
    return aux_loss(main + weight * sum(aside) if train and aside else main, (), labels)


def aux_two_logs(main, aside, labels, weight=0.3, train=True):
    return float(aux_loss(main, aside, labels, weight, train) / np.log(2))


def aux_without_log(main, aside, labels, weight=0.3, train=True):
    """The mean of 1 - p instead of -log p."""
    parts = [1 - np.exp(-losses(scores, labels)) for scores in (main, *aside)]
    return float(parts[0].mean() + (weight * sum(part.mean() for part in parts[1:]) if train else 0.0))


EXERCISES = (
    Exercise(
        "vgg_counts",
        lambda: VGG_COUNTS,
        wrong=(
            Misconception(both((16, 19)), "The 16 and the 19 count all layers with weights, the three dense ones too. Asked "
                          "for are the convolutions.", name="dense_counted"),
            Misconception(both((18, 21)), "You have counted the five poolings. They have no weights and are not "
                          "convolutions.", name="poolings_counted"),
            Misconception(np.array([13, 16, VGG_COUNTS[2], VGG_COUNTS[2]]), "You give VGG-19 the parameters of VGG-16, as a "
                          "slide does. Its three further convolutions have weights too.", name="slide"),
            Misconception(both(bias=0), "Your parameters lack the biases: one for each output channel, and one for each "
                          "number that a dense layer makes.", name="no_biases"),
            Misconception(both(dense=()), "Your parameters are those of the convolutions alone. The three dense layers have "
                          "most of them.", name="convolutions_only"),
            Misconception(both(dense=((512, 4096), *DENSE[1:])), "Your first dense layer reads 512 numbers. There is no mean "
                          "in VGG: all 7 · 7 · 512 values of the last maps go in.", name="mean_first"),
            Misconception(both(dense=((14 * 14 * 512, 4096), *DENSE[1:])), "Your last maps have 14 x 14 pixels. There are five "
                          "poolings, and the last one comes before the dense layers.", name="four_poolings"),
            Misconception(both(kernel=3), "You have counted 3 weights in a 3 x 3 kernel. It has 9 for each channel that it "
                          "reads.", name="kernel_of_three"),
        ),
        section="going_deeper.html#arch-vgg-structures",
        strict_dtype=False,
    ),
    Exercise(
        "head_weights",
        lambda: HEAD_WEIGHTS,
        wrong=(
            Misconception(HEAD_WEIGHTS * [1, 1, 0], "The mean has no weights, but the 1 x 1 layer that makes a map for each "
                          "class has.", name="nin_free"),
            Misconception(HEAD_WEIGHTS + 1000, "You have counted the biases. The task leaves them out.", name="with_biases"),
            Misconception(HEAD_WEIGHTS * [1, 49, 1], "You have counted the second layer as if it read all values. It reads one "
                          "mean a map, 1024 numbers.", name="mean_ignored"),
            Misconception(HEAD_WEIGHTS * [1, 1, 49], "A 1 x 1 layer has one weight for each pair of channels. It uses them at "
                          "49 places, and that makes work, not weights.", name="work_not_weights"),
            Misconception(np.array([7 * 1024 * 1000, 1_024_000, 1_024_000]), "A map of 7 x 7 has 49 values, not 7.",
                          name="seven_values"),
            Misconception(HEAD_WEIGHTS[[1, 0, 2]], "You have exchanged the first two.", name="exchanged"),
        ),
        section="going_deeper.html#arch-googlenet-gap",
        strict_dtype=False,
    ),
    Exercise(
        "mlpconv",
        mlpconv,
        wrong=(
            Misconception(mlpconv_linear_end, "Your last layer has no rectifier, so that values below zero come out. Here each "
                          "layer has one, the last too."),
            Misconception(mlpconv_one_rectifier, "There is no rectifier between your layers. Without it, they are one linear "
                          "layer in several steps."),
            Misconception(mlpconv_no_bias, "You have left the biases out. Each layer adds one number to each of its channels, "
                          "before the rectifier."),
            Misconception(mlpconv_flipped, "Your kernels are turned by 180 degrees. The layers of this book slide them as they "
                          "are."),
            Misconception(mlpconv_first_layer, "You stop behind the convolution. The other layers are applied to its channels, "
                          "at each place."),
            Misconception(mlpconv_padded, "You have padded the image. The task has no padding: the map gets smaller."),
            Misconception(mlpconv_sigmoid, "You have used a sigmoid. The layers here end in max(0, v)."),
            Misconception(mlpconv_mean_at_the_end, "You have taken the mean of each map. That comes at the end of the network, "
                          "not of each mlpconv layer."),
        ),
        section="going_deeper.html#nin",
    ),
    Exercise(
        "inception_costs",
        inception_costs,
        wrong=(
            Misconception(costs_pooling_forgotten, "Your naive module does not pass on the pooled channels. All c of them lie "
                          "in its output."),
            Misconception(costs_squeezes_free, "Your reduced module lacks the price of the two squeezes. Each is a 1 x 1 layer "
                          "that reads c channels."),
            Misconception(costs_projection_free, "Your reduced module lacks the price of the projection behind the pooling, a "
                          "1 x 1 layer from c to p channels."),
            Misconception(costs_channels_added_up, "You have added up all six widths. r3 and r5 stay inside; only the last "
                          "layer of each branch is laid into the output."),
            Misconception(costs_weights, "You have counted weights. Each is used once at every one of the h w places."),
            Misconception(costs_kernel_sides, "You have counted 3 and 5 weights for a pair of channels. A 3 x 3 kernel has 9, "
                          "a 5 x 5 kernel 25."),
            Misconception(costs_large_kernels_read_all, "In your reduced module the large kernels still read all c channels. "
                          "They read r3 and r5; that is the point of the squeeze."),
            Misconception(costs_square, "Your map is h x h. It has h rows and w columns."),
            Misconception(costs_exchanged, "The naive module comes first, then the reduced one."),
        ),
        section="going_deeper.html#arch-googlenet-reduction",
    ),
    Exercise(
        "aux_loss",
        aux_loss,
        wrong=(
            Misconception(aux_always, "Your heads count even when the network is used. With train=False only the main scores "
                          "do."),
            Misconception(aux_never, "You leave the auxiliary heads out. In training each adds its loss, times the weight."),
            Misconception(aux_unweighted, "Your heads count fully. Multiply their losses by the weight."),
            Misconception(aux_three_tenths, "Your weight is always 0.3. Use the argument."),
            Misconception(aux_mean_of_heads, "You have taken the mean of the heads' losses. The task adds them up."),
            Misconception(aux_convex, "You give the main loss the weight 1 - weight. It keeps the weight 1."),
            Misconception(aux_summed_over_images, "You have added up over the images. Take the mean of each loss."),
            Misconception(aux_scores_mixed, "You have mixed the scores and taken one loss. Take a loss of each array of scores, "
                          "then add."),
            Misconception(aux_two_logs, "Your logarithm has base 2. The cross-entropy here takes the natural one."),
            Misconception(aux_without_log, "You have averaged 1 - p of the right class. The cross-entropy is -log p."),
        ),
        section="going_deeper.html#arch-googlenet-aux",
    ),
)  # fmt: skip
