"""Answers and misconceptions of the set `efficient`."""

from math import ceil, floor

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

# --- unit_kinds: a value --------------------------------------------------------------------------------------

KINDS = {1: "b", 2: "i", 3: "e", 4: "b", 5: "i", 6: "e"}


# --- separable_counts(c_in, c_out, k, size) -------------------------------------------------------------------


def four(ordinary, separable, places):
    return (ordinary, separable, ordinary * places, separable * places)


def separable_counts(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, k * k * c_in + c_in * c_out, size * size)


def pointwise_first(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, c_in * c_out + k * k * c_out, size * size)


def depthwise_only(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, k * k * c_in, size * size)


def pointwise_only(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, c_in * c_out, size * size)


def biases_counted(c_in, c_out, k, size):
    ordinary, separable = k * k * c_in * c_out + c_out, k * k * c_in + c_in + c_in * c_out + c_out
    return (ordinary, separable, ordinary * size * size, separable * size * size)


def without_padding(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, k * k * c_in + c_in * c_out, (size - k + 1) ** 2)


def one_side_only(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, k * k * c_in + c_in * c_out, size)


def rows_and_columns(c_in, c_out, k, size):
    return four(k * k * c_in * c_out, 2 * k * c_in + c_in * c_out, size * size)


def counts_interleaved(c_in, c_out, k, size):
    a, b, c, d = separable_counts(c_in, c_out, k, size)
    return (a, c, b, d)


# --- fire_parameters(c_in, squeeze, expand) -------------------------------------------------------------------


def fire_parameters(c_in, squeeze, expand):
    return (c_in + 1) * squeeze + (squeeze + 1) * expand + (9 * squeeze + 1) * expand


def fire_without_biases(c_in, squeeze, expand):
    return c_in * squeeze + 10 * squeeze * expand


def fire_not_squeezed(c_in, squeeze, expand):
    return (c_in + 1) * squeeze + (c_in + 1) * expand + (9 * c_in + 1) * expand


def fire_only_wide(c_in, squeeze, expand):
    return (c_in + 1) * squeeze + (9 * squeeze + 1) * expand


def fire_squeeze_forgotten(c_in, squeeze, expand):
    return (squeeze + 1) * expand + (9 * squeeze + 1) * expand


def fire_shared(c_in, squeeze, expand):
    """The expanding filters are divided among 1 x 1 and 3 x 3."""
    half = expand // 2
    return (c_in + 1) * squeeze + (squeeze + 1) * half + (9 * squeeze + 1) * half


def fire_one_after_the_other(c_in, squeeze, expand):
    return (c_in + 1) * squeeze + (squeeze + 1) * expand + (9 * expand + 1) * expand


def fire_three_weights(c_in, squeeze, expand):
    return (c_in + 1) * squeeze + (squeeze + 1) * expand + (3 * squeeze + 1) * expand


# --- inverted_residual(x, widen, depthwise, narrow) -----------------------------------------------------------


def relu6(x):
    return np.minimum(np.maximum(x, 0.0), 6.0)


def mix(x, weight):
    return np.einsum("oc,nchw->nohw", weight, x)


def places(x, weight):
    return d2lmini.conv2d(x, weight[:, None], padding=1, groups=len(weight))


def block(x, widen, depthwise, narrow, *, act=relu6, middle=None, last=None, past=True):
    y = act(mix(x, widen))
    y = (middle or act)(places(y, depthwise))
    y = mix(y, narrow)
    y = last(y) if last else y
    return x + y if past and x.shape == y.shape else y


def identity(x):
    return x


def inverted_residual(x, widen, depthwise, narrow):
    return block(x, widen, depthwise, narrow)


def unbounded(x, widen, depthwise, narrow):
    return block(x, widen, depthwise, narrow, act=lambda y: np.maximum(y, 0.0))


def nonlinear_end(x, widen, depthwise, narrow):
    return block(x, widen, depthwise, narrow, last=relu6)


def no_way_past(x, widen, depthwise, narrow):
    return block(x, widen, depthwise, narrow, past=False)


def relu6_after_the_sum(x, widen, depthwise, narrow):
    return relu6(inverted_residual(x, widen, depthwise, narrow))


def nothing_after_depthwise(x, widen, depthwise, narrow):
    return block(x, widen, depthwise, narrow, middle=identity)


def nothing_after_widening(x, widen, depthwise, narrow):
    return block(x, widen, depthwise, narrow, act=identity, middle=relu6)


def depthwise_flipped(x, widen, depthwise, narrow):
    return block(x, widen, depthwise[:, ::-1, ::-1], narrow)


def one_kernel_for_all(x, widen, depthwise, narrow):
    return block(x, widen, np.repeat(depthwise[:1], len(depthwise), axis=0), narrow)


# --- efficientnet_count(width, depth) -------------------------------------------------------------------------

STAGES = (
    (1, 3, 16, 1),
    (6, 3, 24, 2),
    (6, 5, 40, 2),
    (6, 3, 80, 3),
    (6, 5, 112, 3),
    (6, 5, 192, 4),
    (6, 3, 320, 1),
)


def eighths(c):
    near = max(8, int(c + 4) // 8 * 8)
    return near if near >= 0.9 * c else near + 8


def total(
    width, depth, *, channels=eighths, layers=ceil, norm=2, squeeze=None, gate_biases=1, head=None, stages=STAGES,
    always_widen=False,
):  # fmt: skip
    c = channels(32 * width)
    count = 27 * c + norm * c
    for t, k, base, repeats in stages:
        c_out = channels(base * width)
        for _ in range(layers(depth * repeats)):
            m = t * c
            r = squeeze(m) if squeeze else c // 4
            count += c * m + norm * m if t > 1 or always_widen else 0
            count += k * k * m + norm * m + 2 * m * r + gate_biases * (r + m) + m * c_out + norm * c_out
            c = c_out
    last = head if head else 4 * c
    return count + c * last + norm * last + (last + 1) * 1000


def efficientnet_count(width, depth):
    return total(width, depth)


def channels_not_rounded(width, depth):
    return total(width, depth, channels=int)


def layers_rounded_down(width, depth):
    return total(width, depth, layers=floor)


def norms_forgotten(width, depth):
    return total(width, depth, norm=0)


def running_numbers_counted(width, depth):
    return total(width, depth, norm=4)


def squeezed_from_wide(width, depth):
    return total(width, depth, squeeze=lambda m: m // 4)


def gates_without_biases(width, depth):
    return total(width, depth, gate_biases=0)


def first_blocks_widened(width, depth):
    return total(width, depth, always_widen=True)


def head_not_scaled(width, depth):
    return total(width, depth, head=1280)


def depth_forgotten(width, depth):
    return total(width, 1.0)


def width_forgotten(width, depth):
    return total(1.0, depth)


EXERCISES = (
    Exercise(
        "unit_kinds",
        KINDS,
        wrong=(
            Misconception(
                {**KINDS, 1: "i", 2: "b", 4: "i", 5: "b"},
                "Bottleneck and inverted bottleneck have changed places. A bottleneck is narrow in the middle.",
                name="inverted",
            ),
            Misconception(
                {**KINDS, 3: "b", 6: "b"},
                "You call ShuffleNet V2 a bottleneck, as one of our sources does. Compare the channels at its ends with "
                "those in its middle.",
                name="shufflenet_v2_a_bottleneck",
            ),
            Misconception(
                {**KINDS, 4: "e"},
                "Groups make the 1 × 1 layers of ShuffleNet V1 cheaper; they do not change how many channels come out.",
                name="groups_make_equal",
            ),
            Misconception(
                {**KINDS, 5: "b"},
                "EfficientNet's block is that of MobileNetV2 with a gate. Where is it widest?",
                name="mbconv_a_bottleneck",
            ),
            Misconception(
                {**KINDS, 6: "i"},
                "The separable layer of MobileNet, the first version, keeps its channels. The expansion came with the "
                "second.",
                name="mobilenet_inverted",
            ),
        ),
        section="efficient.html#arch-resnet-influence",
    ),
    Exercise(
        "separable_counts",
        separable_counts,
        wrong=(
            Misconception(
                pointwise_first,
                "Your depthwise step has a kernel for each output channel. Here it comes first and filters the input "
                "channels.",
            ),
            Misconception(depthwise_only, "You count the depthwise step alone. Something must mix the channels."),
            Misconception(
                pointwise_only, "You count the pointwise step alone. One small kernel a channel looks at the places."
            ),
            Misconception(biases_counted, "You count biases. These layers have none; a batch norm behind them shifts."),
            Misconception(
                without_padding, "Your map shrinks. With padding there are as many places as the image has pixels."
            ),
            Misconception(one_side_only, "The map has size × size places, not size."),
            Misconception(
                rows_and_columns,
                "You split the kernel into a row and a column. Depthwise separable means places and channels apart; the "
                "kernel stays whole.",
            ),
            Misconception(
                counts_interleaved,
                "The order is: weights, weights, multiply-adds, multiply-adds; ordinary before separable.",
            ),
        ),
        section="efficient.html#arch-xception-separable",
    ),
    Exercise(
        "fire_parameters",
        fire_parameters,
        wrong=(
            Misconception(
                fire_without_biases, "The biases are missing. SqueezeNet has no batch norm, so its layers have biases."
            ),
            Misconception(
                fire_not_squeezed,
                "Your expanding filters read the input of the module. They read what the squeeze layer gives.",
            ),
            Misconception(fire_only_wide, "The expanding 1 × 1 filters are missing; they stand beside the 3 × 3."),
            Misconception(fire_squeeze_forgotten, "The squeeze layer itself is missing."),
            Misconception(
                fire_shared, "You divide `expand` between 1 × 1 and 3 × 3. There are `expand` filters of each kind."
            ),
            Misconception(
                fire_one_after_the_other,
                "Your 3 × 3 filters read what the 1 × 1 filters give. Both read the squeezed maps, side by side.",
            ),
            Misconception(fire_three_weights, "A 3 × 3 kernel has nine weights a channel."),
        ),
        section="efficient.html#squeezenet",
    ),
    Exercise(
        "inverted_residual",
        inverted_residual,
        wrong=(
            Misconception(unbounded, "Your nonlinearity is ReLU. ReLU6 also cuts off what exceeds 6."),
            Misconception(nonlinear_end, "There is a ReLU6 behind the last 1 × 1. The narrow end is linear."),
            Misconception(no_way_past, "The input is not added. Where the shape stays, the block has a way past it."),
            Misconception(
                relu6_after_the_sum, "There is a ReLU6 behind the sum. That was ResNet's habit; here nothing follows."
            ),
            Misconception(
                nothing_after_depthwise,
                "Nothing follows your depthwise layer. Its output is wide, and ReLU6 stands there.",
            ),
            Misconception(
                nothing_after_widening, "Nothing follows your first 1 × 1. Its output is wide, and ReLU6 stands there."
            ),
            Misconception(
                depthwise_flipped, "Your depthwise kernels are flipped. As everywhere in this book, they are not."
            ),
            Misconception(one_kernel_for_all, "All channels get the first kernel. Each wide channel has its own."),
        ),
        section="efficient.html#mobilenet-v2",
    ),
    Exercise(
        "efficientnet_count",
        efficientnet_count,
        wrong=(
            Misconception(
                channels_not_rounded, "Your channels are cut to whole numbers. `eighths` rounds them to multiples of 8."
            ),
            Misconception(layers_rounded_down, "Your layers are rounded down. depth × layers is rounded up."),
            Misconception(norms_forgotten, "The batch norms are missing: each has a scale and a shift a channel."),
            Misconception(
                running_numbers_counted,
                "You count four numbers a channel for a batch norm. Its running mean and variance are not trained.",
            ),
            Misconception(
                squeezed_from_wide,
                "Your gate squeezes to a quarter of the wide maps. It is a quarter of the block's input, c_in // 4.",
            ),
            Misconception(gates_without_biases, "The two layers of the gate have biases, and yours have none."),
            Misconception(first_blocks_widened, "At t = 1 there is no first 1 × 1, and no batch norm behind it."),
            Misconception(
                head_not_scaled,
                "Your last 1 × 1 always gives 1280 maps. It gives four times the channels that it gets.",
            ),
            Misconception(depth_forgotten, "The depth has no effect in your count."),
            Misconception(width_forgotten, "The width has no effect in your count."),
        ),
        section="efficient.html#arch-efficientnet",
    ),
)
