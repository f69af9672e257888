"""Answers and misconceptions of the set `conv_layer`."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

IMAGE = np.array([
    [[1, 0, 2, 1, 0], [0, 2, 1, 0, 1], [2, 1, 0, 1, 2], [0, 0, 1, 2, 1], [1, 2, 0, 0, 2]],
    [[0, 1, 1, 2, 0], [2, 0, 1, 1, 0], [1, 2, 2, 0, 1], [0, 1, 0, 2, 2], [2, 0, 1, 0, 1]],
    [[2, 1, 0, 0, 1], [1, 1, 2, 0, 2], [0, 2, 1, 1, 0], [2, 0, 0, 1, 1], [1, 0, 2, 2, 0]],
])  # fmt: skip - the notebook's image (c, h, w), filters (c_out, c, kh, kw) and biases
WEIGHT = np.array([
    [[[1, 0, -1], [0, 1, 0], [-1, 0, 1]], [[0, 1, 0], [0, -1, 1], [1, 0, 0]], [[-1, 1, 0], [1, 0, 0], [0, 0, 1]]],
    [[[0, 1, 1], [-1, 0, 0], [0, -1, 1]], [[1, 0, 0], [1, 1, -1], [0, 0, -1]], [[0, 0, 1], [0, 1, -1], [1, -1, 0]]],
])  # fmt: skip
BIAS = np.array([1, -2])


# --- animation_maps: a value --------------------------------------------------------------------------------


def animation_maps(image=IMAGE, weight=WEIGHT, bias=BIAS, padding=1):
    return d2lmini.conv2d(image[None], weight, bias, stride=2, padding=padding)[0]  # (2, 3, 3)


# the other arguments are bound, so that a misconception takes none
ANIMATION = {
    "flipped_filters": animation_maps(weight=WEIGHT[..., ::-1, ::-1]),
    "without_bias": animation_maps(bias=np.zeros(2, int)),
    "biases_exchanged": animation_maps(bias=BIAS[::-1]),
    "filters_exchanged": animation_maps(weight=WEIGHT[::-1], bias=BIAS[::-1]),
    "bias_for_each_channel": animation_maps(bias=3 * BIAS),
    "first_channel_only": animation_maps(IMAGE[:1], WEIGHT[:, :1]),
    "channels_last": animation_maps().transpose(1, 2, 0),
    "without_padding": animation_maps(padding=0),
    "stride_one": d2lmini.conv2d(IMAGE[None], WEIGHT, BIAS, padding=1)[0],
    "transposed_maps": animation_maps().transpose(0, 2, 1),
}


# --- im2col(x, kernel, stride, padding) ---------------------------------------------------------------------


def im2col(x, kernel, stride=(1, 1), padding=(0, 0)):
    return d2lmini.im2col(x, kernel, stride=stride, padding=padding)


def im2col_split(x, kernel, stride, padding):
    """Return the columns as (n, c, kh, kw, h', w')."""
    height, width = (
        d2lmini.out_size(n, k, stride=s, padding=p)
        for n, k, s, p in zip(x.shape[2:], kernel, stride, padding, strict=True)
    )
    return im2col(x, kernel, stride, padding).reshape(*x.shape[:2], *kernel, height, width)


def merged(columns, axes):
    """Reorder six axes and merge them to (n, ., .), three and two of them."""
    columns = columns.transpose(axes)
    return columns.reshape(len(columns), np.prod(columns.shape[1:4]), -1)


def im2col_windows_as_rows(x, kernel, stride=(1, 1), padding=(0, 0)):
    return im2col(x, kernel, stride, padding).transpose(0, 2, 1)


def im2col_channels_last(x, kernel, stride=(1, 1), padding=(0, 0)):
    return merged(im2col_split(x, kernel, stride, padding), (0, 2, 3, 1, 4, 5))


def im2col_window_by_columns(x, kernel, stride=(1, 1), padding=(0, 0)):
    return merged(im2col_split(x, kernel, stride, padding), (0, 1, 3, 2, 4, 5))


def im2col_places_by_columns(x, kernel, stride=(1, 1), padding=(0, 0)):
    return merged(im2col_split(x, kernel, stride, padding), (0, 1, 2, 3, 5, 4))


def im2col_flipped(x, kernel, stride=(1, 1), padding=(0, 0)):
    return merged(im2col_split(x, kernel, stride, padding)[:, :, ::-1, ::-1], (0, 1, 2, 3, 4, 5))


def im2col_without_stride(x, kernel, stride=(1, 1), padding=(0, 0)):
    return im2col(x, kernel, (1, 1), padding)


def im2col_without_padding(x, kernel, stride=(1, 1), padding=(0, 0)):
    return im2col(x, kernel, stride)


def im2col_stride_exchanged(x, kernel, stride=(1, 1), padding=(0, 0)):
    return im2col(x, kernel, stride[::-1], padding)


def im2col_last_place_lost(x, kernel, stride=(1, 1), padding=(0, 0)):
    return merged(im2col_split(x, kernel, stride, padding)[..., :-1, :-1], (0, 1, 2, 3, 4, 5))


def im2col_channels_added(x, kernel, stride=(1, 1), padding=(0, 0)):
    return im2col(x.sum(axis=1, keepdims=True), kernel, stride, padding)


# --- conv2d(x, weight, bias, stride, padding, dilation, groups) ---------------------------------------------


def conv2d(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return d2lmini.conv2d(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv2d_flipped(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight[..., ::-1, ::-1], bias, stride, padding, dilation, groups)


def conv2d_without_bias(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, np.zeros_like(bias), stride, padding, dilation, groups)


def conv2d_without_stride(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, bias, (1, 1), padding, dilation, groups)


def conv2d_without_padding(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, bias, stride, (0, 0), dilation, groups)


def conv2d_padding_on_one_side(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    above_left = d2lmini.pad2d(x, tuple((p, 0) for p in padding))
    return conv2d(above_left, weight, bias, stride, (0, 0), dilation, groups)


def conv2d_edge_repeated(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(d2lmini.pad2d(x, padding, mode="replicate"), weight, bias, stride, (0, 0), dilation, groups)


def conv2d_without_dilation(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, bias, stride, padding, (1, 1), groups)


def conv2d_dilation_counts_gaps(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, bias, stride, padding, tuple(d + 1 for d in dilation), groups)


def conv2d_pairs_exchanged(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, bias, stride[::-1], padding[::-1], dilation[::-1], groups)


def conv2d_groups_interleaved(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    order = [c for g in range(groups) for c in range(g, x.shape[1], groups)]  # channels g, g + groups, ...
    return conv2d(x[:, order], weight, bias, stride, padding, dilation, groups)


def conv2d_first_group_only(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    first = x[:, : x.shape[1] // groups]
    return conv2d(np.tile(first, (1, groups, 1, 1)), weight, bias, stride, padding, dilation, groups)


def conv2d_bias_for_each_channel(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    return conv2d(x, weight, weight.shape[1] * bias, stride, padding, dilation, groups)


# --- layer_shapes(layers, size, layout) ---------------------------------------------------------------------


def sides(layer, n, axis):
    """Return one axis' (padded size, span, stride), or the size itself where Keras keeps ceil(n / stride)."""
    stride, span = layer["stride"][axis], layer["dilation"][axis] * (layer["kernel"][axis] - 1) + 1
    if layer["padding"] == "same":
        return max((-(-n // stride) - 1) * stride + span, n), span, stride
    padding = 0 if layer["padding"] == "valid" else layer["padding"][axis]
    return n + 2 * padding, span, stride


def floored(layer, n, axis):
    room, span, stride = sides(layer, n, axis)
    return (room - span) // stride + 1


def walk(layers, size, layout, side=floored, chained=True, channels=None):
    """Note (c, h, w) or (h, w, c) after each layer, where `side` computes one axis."""
    c, h, w = size if layout == "torch" else (size[2], size[0], size[1])
    start, rows = (h, w), []
    for layer in layers:
        h, w = side(layer, h, 0), side(layer, w, 1)
        c = layer["filters"] if channels is None else channels(c, layer)
        rows.append((c, h, w) if layout == "torch" else (h, w, c))
        if not chained:
            h, w = start
    return rows


def layer_shapes(layers, size, layout):
    return walk(layers, size, layout)


def shapes_rounded_up(layers, size, layout):
    def side(layer, n, axis):
        room, span, stride = sides(layer, n, axis)
        return -(-(room - span) // stride) + 1

    return walk(layers, size, layout, side)


def shapes_without_one(layers, size, layout):
    def side(layer, n, axis):
        room, span, stride = sides(layer, n, axis)
        return (room - span) // stride

    return walk(layers, size, layout, side)


def shapes_padding_once(layers, size, layout):
    def side(layer, n, axis):
        pair = isinstance(layer["padding"], tuple)
        return floored(layer, n, axis) if not pair else floored(
            {**layer, "padding": "valid"}, n + layer["padding"][axis], axis
        )

    return walk(layers, size, layout, side)


def shapes_span_d_times_k(layers, size, layout):
    def side(layer, n, axis):
        _, _, stride = sides(layer, n, axis)
        padding = layer["padding"][axis] if isinstance(layer["padding"], tuple) else 0
        if layer["padding"] == "same":
            return floored(layer, n, axis)
        return (n + 2 * padding - layer["dilation"][axis] * layer["kernel"][axis]) // stride + 1

    return walk(layers, size, layout, side)


def shapes_without_dilation(layers, size, layout):
    return walk([{**layer, "dilation": (1, 1)} for layer in layers], size, layout)


def shapes_same_keeps_size(layers, size, layout):
    return walk(
        layers, size, layout, lambda layer, n, axis: n if layer["padding"] == "same" else floored(layer, n, axis)
    )


def shapes_same_rounded_down(layers, size, layout):
    def side(layer, n, axis):
        return n // layer["stride"][axis] if layer["padding"] == "same" else floored(layer, n, axis)

    return walk(layers, size, layout, side)


def shapes_not_chained(layers, size, layout):
    return walk(layers, size, layout, chained=False)


def shapes_channels_kept(layers, size, layout):
    return walk(layers, size, layout, channels=lambda c, layer: c)


def shapes_channels_multiplied(layers, size, layout):
    return walk(layers, size, layout, channels=lambda c, layer: c * layer["filters"])


def shapes_keras_channels_first(layers, size, layout):
    rows = walk(layers, size, layout)
    return rows if layout == "torch" else [(c, h, w) for h, w, c in rows]


def shapes_height_and_width_exchanged(layers, size, layout):
    return [(c, w, h) if layout == "torch" else (w, h, c) for c, h, w in (
        row if layout == "torch" else (row[2], row[0], row[1]) for row in walk(layers, size, layout)
    )]  # fmt: skip


# --- count_layer(size, c_in, c_out, kernel, stride, padding, groups, bias) -----------------------------------


def parts(size, c_in, c_out, kernel, stride, padding, groups):
    """Return the weights of the layer and its places."""
    weights = d2lmini.conv_params(c_in, c_out, kernel, groups=groups, bias=False)
    return weights, d2lmini.conv_macs(size, 1, 1, kernel, stride=stride, padding=padding) // (kernel[0] * kernel[1])


def count_layer(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights + c_out * bias, weights * places


def count_without_bias(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights, weights * places


def count_bias_always(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights + c_out, weights * places


def count_bias_as_product(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights + c_out * bias, (weights + c_out * bias) * places


def count_bias_for_each_channel(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights + c_out * c_in // groups * bias, weights * places


def count_one_grid_a_filter(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, 1, c_out, kernel, stride, padding, 1)
    return weights + c_out * bias, weights * places


def count_without_groups(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    return count_layer(size, c_in, c_out, kernel, stride, padding, 1, bias)


def count_groups_twice(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights // groups + c_out * bias, weights // groups * places


def count_on_input_size(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, _ = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights + c_out * bias, weights * size[0] * size[1]


def count_without_stride(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    return count_layer(size, c_in, c_out, kernel, (1, 1), padding, groups, bias)


def count_two_operations(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights + c_out * bias, 2 * weights * places


def count_exchanged(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    return count_layer(size, c_in, c_out, kernel, stride, padding, groups, bias)[::-1]


def count_places_as_parameters(size, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), groups=1, bias=True):
    weights, places = parts(size, c_in, c_out, kernel, stride, padding, groups)
    return weights * places + c_out * bias, weights * places


EXERCISES = (
    Exercise(
        "animation_maps",
        animation_maps(),
        wrong=(
            Misconception(
                ANIMATION["flipped_filters"],
                "You turned the filters by 180 degrees. A layer lays them on as they are: it correlates.",
                name="flipped_filters",
            ),
            Misconception(
                ANIMATION["without_bias"],
                "These are the sums of products alone. Each filter also adds its bias, once for each output.",
                name="without_bias",
            ),
            Misconception(
                ANIMATION["biases_exchanged"],
                "The two biases have changed places. The first belongs to the first filter.",
                name="biases_exchanged",
            ),
            Misconception(
                ANIMATION["filters_exchanged"],
                "The two maps have changed places. The map of the first filter comes first.",
                name="filters_exchanged",
            ),
            Misconception(
                ANIMATION["bias_for_each_channel"],
                "The bias was added in each of the three channels. It is added once, after the channels have been summed.",
                name="bias_for_each_channel",
            ),
            Misconception(
                ANIMATION["first_channel_only"],
                "Only the first channel was read. A filter multiplies in all three channels and adds everything up.",
                name="first_channel_only",
            ),
            Misconception(
                ANIMATION["channels_last"],
                "The numbers are right and their axes are not: this is (h, w, c_out). Asked for is (c_out, h, w).",
                name="channels_last",
            ),
            Misconception(
                ANIMATION["without_padding"],
                "The ring of zeros is missing. With padding 1 the image is 7 by 7 before the filters slide.",
                name="without_padding",
            ),
            Misconception(
                ANIMATION["stride_one"],
                "The window moved by one pixel. With stride 2 it stands on every second row and column.",
                name="stride_one",
            ),
            Misconception(
                ANIMATION["transposed_maps"],
                "Rows and columns of the maps have changed places. The first index says how far down the window stands.",
                name="transposed_maps",
            ),
        ),
        section="conv_layer.html#layer-anim",
        strict_dtype=False,
    ),
    Exercise(
        "im2col",
        im2col,
        wrong=(
            Misconception(
                im2col_windows_as_rows,
                "Your windows are the rows of the matrix. Asked for is one column for each window.",
            ),
            Misconception(
                im2col_channels_last,
                "Within a column you list the channels of a pixel side by side. A column lists the whole window of "
                "channel 0 first, then that of channel 1, and so on.",
            ),
            Misconception(
                im2col_window_by_columns,
                "You read each window column by column. Within a channel a window is read row by row.",
            ),
            Misconception(
                im2col_places_by_columns,
                "Your windows come in the wrong order: down first, then across. The places are read row by row.",
            ),
            Misconception(
                im2col_flipped,
                "Each window was read backwards, as if for a flipped kernel. Nothing is flipped here.",
            ),
            Misconception(im2col_without_stride, "Your windows stand at every place; the stride was not used."),
            Misconception(
                im2col_without_padding,
                "The padding is missing: surround the image with zeros before you cut out windows.",
            ),
            Misconception(
                im2col_stride_exchanged,
                "The two strides have changed places. A pair is (h, w): the first steps down, the second across.",
            ),
            Misconception(
                im2col_last_place_lost,
                "The last row and the last column of windows are missing. There are (room // stride) + 1 places, and "
                "`range` leaves its end out.",
            ),
            Misconception(
                im2col_channels_added,
                "You added the channels up. Here they are only laid out, one below the other; the product with the "
                "weights adds them.",
            ),
        ),
        section="conv_layer.html#im2col",
    ),
    Exercise(
        "conv2d",
        conv2d,
        wrong=(
            Misconception(
                conv2d_flipped,
                "Your output equals the true convolution: the kernels are flipped. A layer lays them on as they are.",
            ),
            Misconception(conv2d_without_bias, "The biases are missing. Filter o adds bias[o] to its whole map."),
            Misconception(
                conv2d_bias_for_each_channel,
                "The bias was added once for each input channel. It is added once for each output.",
            ),
            Misconception(conv2d_without_stride, "The stride was not used: your windows stand at every place."),
            Misconception(conv2d_without_padding, "The padding was not used: the image has no zeros around it."),
            Misconception(
                conv2d_padding_on_one_side,
                "You padded above and on the left only. Padding is per side, so below and on the right as well.",
            ),
            Misconception(
                conv2d_edge_repeated,
                "You filled the border with copies of the edge pixels. This layer pads with zeros.",
            ),
            Misconception(conv2d_without_dilation, "The dilation was not used: your taps are direct neighbours."),
            Misconception(
                conv2d_dilation_counts_gaps,
                "You left d pixels between neighbouring taps. Dilation d means that they are d apart, so that d = 1 is the "
                "ordinary kernel.",
            ),
            Misconception(
                conv2d_pairs_exchanged,
                "Height and width of stride, padding and dilation have changed places. A pair is (h, w).",
            ),
            Misconception(
                conv2d_groups_interleaved,
                "Your groups take every g-th channel. A group is a block of channels that follow each other.",
            ),
            Misconception(
                conv2d_first_group_only,
                "All your filters read the first block of channels. Filters of group g read block g.",
            ),
        ),
        section="conv_layer.html#conv2d",
        tol=1e-5,
    ),
    Exercise(
        "layer_shapes",
        layer_shapes,
        wrong=(
            Misconception(shapes_rounded_up, "You rounded up. A window that does not fit wholly is not counted."),
            Misconception(
                shapes_without_one,
                "One place is missing on each axis: the window stands at the start before it takes its first step.",
            ),
            Misconception(
                shapes_padding_once,
                "The padding was counted once. It is per side, so an axis grows by twice as much.",
            ),
            Misconception(
                shapes_span_d_times_k,
                "A dilated kernel does not span d k pixels. From the first to the last of k taps there are k - 1 steps.",
            ),
            Misconception(shapes_without_dilation, "The dilation was not used. It makes the kernel span more pixels."),
            Misconception(
                shapes_same_keeps_size,
                "You let 'same' keep the size. With a stride Keras divides the size by it.",
            ),
            Misconception(shapes_same_rounded_down, "With 'same' Keras divides by the stride and rounds up, not down."),
            Misconception(
                shapes_not_chained,
                "Every layer of yours reads the first image. A layer reads what the layer before it put out.",
            ),
            Misconception(
                shapes_channels_kept,
                "You kept the channels of the input. A layer puts out one channel for each of its filters.",
            ),
            Misconception(
                shapes_channels_multiplied,
                "You multiplied the channels. A filter adds its input channels up, so only the number of filters counts.",
            ),
            Misconception(
                shapes_keras_channels_first,
                "In Keras' layout the channels come last: (h, w, c).",
            ),
            Misconception(
                shapes_height_and_width_exchanged,
                "Height and width have changed places. Both layouts name the height first.",
            ),
        ),
        section="conv_layer.html#layer-tf-listings",
    ),
    Exercise(
        "count_layer",
        count_layer,
        wrong=(
            Misconception(
                count_without_bias, "The biases are missing among the parameters: one for each filter where bias is True."
            ),
            Misconception(count_bias_always, "You counted biases where bias is False."),
            Misconception(
                count_bias_as_product,
                "Your multiply-adds include the biases. Adding a bias is no product and counts as nothing here.",
            ),
            Misconception(
                count_bias_for_each_channel,
                "You counted a bias for each input channel of each filter. A filter has one.",
            ),
            Misconception(
                count_one_grid_a_filter,
                "You gave each filter a single grid of weights. It has one grid for each input channel that it reads.",
            ),
            Misconception(count_without_groups, "The groups were not used. A filter reads only the channels of its group."),
            Misconception(
                count_groups_twice,
                "You divided by the groups twice. Each filter reads fewer channels, but there are as many filters as before.",
            ),
            Misconception(
                count_on_input_size,
                "You counted a product for each pixel of the input. The places are those of the output.",
            ),
            Misconception(count_without_stride, "The stride was not used: it thins out the places, and so the work."),
            Misconception(
                count_two_operations,
                "You counted a multiplication and an addition as two. A multiply-add is one.",
            ),
            Misconception(count_exchanged, "The two counts have changed places: parameters first, then multiply-adds."),
            Misconception(
                count_places_as_parameters,
                "You counted the weights again at each place. They are shared: stored once, used everywhere.",
            ),
        ),
        section="conv_layer.html#conv-macs",
    ),
)
