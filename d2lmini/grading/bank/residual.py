"""Answers and misconceptions of the set `residual`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- basic_block(x, w1, w2, w_short, stride) ----------------------------------------------------------------


def conv(x, weight, stride=1):
    """Correlate x (n, c_in, h, w) with weight (c_out, c_in, k, k), padded so that stride 1 keeps the size."""
    side = weight.shape[-1] // 2
    x = np.pad(x, ((0, 0), (0, 0), (side, side), (side, side)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,ocij->nohw", windows, weight)


def relu(z):
    return np.maximum(z, 0)


def body(x, w1, w2, stride):
    return conv(relu(conv(x, w1, stride)), w2)  # (n, c_out, h/stride, w/stride)


def shortcut(x, w_short, stride):
    return x if w_short is None else conv(x, w_short, stride)


def basic_block(x, w1, w2, w_short=None, stride=1):
    return relu(body(x, w1, w2, stride) + shortcut(x, w_short, stride))


def block_without_shortcut(x, w1, w2, w_short=None, stride=1):
    return relu(body(x, w1, w2, stride))


def block_without_last_relu(x, w1, w2, w_short=None, stride=1):
    return body(x, w1, w2, stride) + shortcut(x, w_short, stride)


def block_without_middle_relu(x, w1, w2, w_short=None, stride=1):
    return relu(conv(conv(x, w1, stride), w2) + shortcut(x, w_short, stride))


def block_relu_before_sum(x, w1, w2, w_short=None, stride=1):
    return relu(body(x, w1, w2, stride)) + shortcut(x, w_short, stride)


def block_relu_twice(x, w1, w2, w_short=None, stride=1):
    return relu(relu(body(x, w1, w2, stride)) + shortcut(x, w_short, stride))


def block_rectified_shortcut(x, w1, w2, w_short=None, stride=1):
    return relu(body(x, w1, w2, stride) + relu(shortcut(x, w_short, stride)))


def block_subtracts(x, w1, w2, w_short=None, stride=1):
    return relu(body(x, w1, w2, stride) - shortcut(x, w_short, stride))


def block_stride_in_second(x, w1, w2, w_short=None, stride=1):
    return relu(conv(relu(conv(x, w1)), w2, stride) + shortcut(x, w_short, stride))


def block_only_shortcut(x, w1, w2, w_short=None, stride=1):
    return relu(shortcut(x, w_short, stride))


def block_exchanged_where_possible(x, w1, w2, w_short=None, stride=1):
    return basic_block(x, *((w2, w1) if w1.shape == w2.shape else (w1, w2)), w_short, stride)


def block_shortcut_from_odd_pixels(x, w1, w2, w_short=None, stride=1):
    if w_short is None:
        return basic_block(x, w1, w2)
    away = conv(np.roll(x, (-1, -1), (2, 3)), w_short, stride) if stride > 1 else conv(x, w_short)
    return relu(body(x, w1, w2, stride) + away)


# --- dense_growth(c0, growth, layers) -----------------------------------------------------------------------


def dense_growth(c0, growth, layers):
    weights = sum(9 * (c0 + growth * i) * growth for i in range(layers))
    return c0 + growth * layers, weights, layers * (layers + 1) // 2


def growth_previous_layer_only(c0, growth, layers):
    return c0 + growth * layers, 9 * c0 * growth + (layers - 1) * 9 * growth**2, layers * (layers + 1) // 2


def growth_reads_itself(c0, growth, layers):
    weights = sum(9 * (c0 + growth * (i + 1)) * growth for i in range(layers))
    return c0 + growth * layers, weights, layers * (layers + 1) // 2


def growth_reads_the_input_alone(c0, growth, layers):
    return c0 + growth * layers, 9 * c0 * growth * layers, layers * (layers + 1) // 2


def growth_one_by_one(c0, growth, layers):
    channels, weights, connections = dense_growth(c0, growth, layers)
    return channels, weights // 9, connections


def growth_counts_biases(c0, growth, layers):
    channels, weights, connections = dense_growth(c0, growth, layers)
    return channels, weights + growth * layers, connections


def growth_without_input(c0, growth, layers):
    return growth * layers, *dense_growth(c0, growth, layers)[1:]


def growth_of_the_last_layer(c0, growth, layers):
    return c0 + growth * (layers - 1), *dense_growth(c0, growth, layers)[1:]


def growth_doubles(c0, growth, layers):
    return c0 * 2**layers, *dense_growth(c0, growth, layers)[1:]


def growth_pairs_of_layers(c0, growth, layers):
    return *dense_growth(c0, growth, layers)[:2], layers * (layers - 1) // 2


def growth_a_connection_a_layer(c0, growth, layers):
    return *dense_growth(c0, growth, layers)[:2], layers


def growth_connections_both_ways(c0, growth, layers):
    return *dense_growth(c0, growth, layers)[:2], layers * (layers + 1)


# --- the practice, homework C -------------------------------------------------------------------------------

ROWS = ((16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1))  # c_in, c_out, stride


def practice_table(
    project=lambda c_in, c_out, stride: stride > 1, norms=True, bias=False, shortcut_norm=True, head_bias=True
):
    """Parameters of the stem, six blocks and the head, with the switches that students turn by mistake."""
    per_channel = (2 if norms else 0) + (1 if bias else 0)
    counts = [9 * 16 + per_channel * 16]
    for c_in, c_out, stride in ROWS:
        total = 9 * c_in * c_out + 9 * c_out * c_out + 2 * per_channel * c_out
        if project(c_in, c_out, stride):
            total += c_in * c_out + (per_channel * c_out if shortcut_norm else 0)
        counts.append(total)
    return np.array([*counts, 64 * 10 + (10 if head_bias else 0)])


EXERCISES = (
    Exercise(
        "practice_sizes",
        np.array([28, 28, 28, 14, 14, 7, 7, 1]),
        wrong=(
            Misconception(np.array([28, 28, 28, 14, 14, 7, 7, 7]), "The maps of the blocks are right, but the average takes "
                          "each whole map and leaves one number of it.", name="average_keeps_the_map"),
            Misconception(np.array([28, 28, 28, 14, 7, 3, 1, 1]), "You halve in every block from the third on. Only the first "
                          "block of a group has stride 2.", name="stride_in_every_block"),
            Misconception(np.array([28, 14, 14, 7, 7, 3, 3, 1]), "You halve in the first group as well. Its blocks have "
                          "stride 1.", name="first_group_halves"),
            Misconception(np.array([28, 28, 28, 28, 14, 14, 7, 1]), "You halve in the second block of each group. The stride "
                          "stands in the first.", name="second_block_halves"),
            Misconception(np.array([26, 26, 26, 13, 13, 7, 7, 1]), "Your stem has no padding. A padding of 1 keeps 28 "
                          "pixels.", name="stem_without_padding"),
            Misconception(np.array([28, 28, 28, 13, 13, 6, 6, 1]), "With stride 2 you have left out the padding: "
                          "(28 + 2 - 3) // 2 + 1 is what the window of 3 gives with a padding of 1.", name="stride_without_padding"),
        ),
        section="residual.html#hw-resnet-practice",
        strict_dtype=False,
    ),
    Exercise(
        "practice_params",
        practice_table(),
        wrong=(
            Misconception(practice_table(lambda *_: False), "Your rows are those of the plain twin: the two blocks with "
                          "stride 2 lack their projection.", name="no_projection"),
            Misconception(practice_table(lambda *_: True), "You gave every block a projection. Where the shape stays, x "
                          "itself is added.", name="projection_everywhere"),
            Misconception(practice_table(norms=False, shortcut_norm=False), "You count the weights of the convolutions but not the two "
                          "numbers for each channel of every batch normalisation.", name="no_norms"),
            Misconception(practice_table(bias=True), "You gave the convolutions biases. Batch normalisation brings its own "
                          "shift, so they have none here.", name="with_biases"),
            Misconception(practice_table(shortcut_norm=False), "Your projections lack their batch normalisation.",
                          name="projection_without_norm"),
            Misconception(practice_table(head_bias=False), "The linear layer has a bias for each of the ten classes.",
                          name="head_without_bias"),
        ),
        section="residual.html#hw-resnet-practice",
        strict_dtype=False,
    ),
    Exercise(
        "basic_block",
        basic_block,
        wrong=(
            Misconception(block_without_shortcut, "Your output is that of the plain twin: x is not added."),
            Misconception(block_without_last_relu, "The last rectifier is missing. It stands behind the sum."),
            Misconception(block_without_middle_relu, "The rectifier between the two convolutions is missing. Without it they "
                          "are one linear map."),
            Misconception(block_relu_before_sum, "Your second rectifier stands before the sum. It belongs behind it, so that "
                          "the layers can also take something away."),
            Misconception(block_relu_twice, "You rectify before the sum and behind it. Only the second one belongs there."),
            Misconception(block_rectified_shortcut, "You rectify the shortcut. It passes x, or its projection, as it is."),
            Misconception(block_subtracts, "You subtract the shortcut. It is added."),
            Misconception(block_stride_in_second, "The stride stands in your second convolution. It belongs into the first."),
            Misconception(block_only_shortcut, "Your output is the rectified shortcut alone: what the two convolutions find is "
                          "not in it."),
            Misconception(block_exchanged_where_possible, "You apply w2 before w1."),
            Misconception(block_shortcut_from_odd_pixels, "Your projection reads pixels 1, 3, 5 and so on. With stride 2 it "
                          "reads pixels 0, 2, 4, as slicing with ::2 does."),
        ),
        section="residual.html#arch-resnet-basic",
    ),
    Exercise(
        "dense_growth",
        dense_growth,
        wrong=(
            Misconception(growth_previous_layer_only, "Your layers read only the maps of the one before. They read those of "
                          "all before."),
            Misconception(growth_reads_itself, "Your layers read one portion too many: layer 1 reads c0 channels, not "
                          "c0 + growth."),
            Misconception(growth_reads_the_input_alone, "All of your layers read c0 channels. Each finds more than the one "
                          "before."),
            Misconception(growth_one_by_one, "Your weights are those of 1 x 1 layers. A 3 x 3 filter has nine for each "
                          "channel."),
            Misconception(growth_counts_biases, "You have counted biases. The question is about weights alone."),
            Misconception(growth_without_input, "Your channels lack the c0 that came in. They are kept as well."),
            Misconception(growth_of_the_last_layer, "That is how many channels the last layer reads. The block gives out its "
                          "maps too."),
            Misconception(growth_doubles, "Your channels double from layer to layer. Each layer adds the same number."),
            Misconception(growth_pairs_of_layers, "You have left out the connections from the input of the block."),
            Misconception(growth_a_connection_a_layer, "You have counted one connection a layer, as in a plain network."),
            Misconception(growth_connections_both_ways, "You have counted each connection twice."),
        ),
        section="residual.html#arch-densenet-formulas",
    ),
    Exercise(
        "twin_report",
        "BCBA",
        wrong=(
            Misconception("ACBA", "Look at question 1 again: does the difference point the same way in all three "
                          "seeds?", name="claims_accuracy"),
            Misconception("BABA", "Look at question 2 again: a network that overfits has a low training loss.",
                          name="calls_it_overfitting"),
            Misconception("BBBA", "Look at question 2 again: the gradient of a network with batch normalisation was measured in "
                          "the chapter.", name="calls_it_vanishing"),
            Misconception("BCAA", "Look at question 3 again: which comparison leaves both networks with the same number of parameters, and changes nothing else?",
                          name="blames_parameters"),
            Misconception("BCBB", "Look at question 4 again: what remains of a block whose residual is zero?",
                          name="expects_ruin"),
        ),
        section="residual.html#hw-resnet-practice",
    ),
)  # fmt: skip
