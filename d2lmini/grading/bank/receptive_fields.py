"""Answers and misconceptions of the set `receptive_fields`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- dilated_size(size, c_out, kernel, stride, padding, dilation) -------------------------------------------

ONE, NONE = (1, 1), (0, 0)


def sides(size, kernel, stride, padding, dilation, span=lambda k, d: d * (k - 1) + 1):
    """The places along both axes, with any idea of what a window spans."""
    axes = zip(size[1:], kernel, stride, padding, dilation, strict=True)
    return [(n + 2 * p - span(k, d)) // s + 1 for n, k, s, p, d in axes]


def dilated_size(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *sides(size, kernel, stride, padding, dilation))


def dilated_size_as_printed(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *sides(size, kernel, stride, padding, dilation, lambda k, d: d * k))


def dilated_size_without_dilation(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *sides(size, kernel, stride, padding, ONE))


def dilated_size_dilation_counts_gaps(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *sides(size, kernel, stride, padding, [d + 1 for d in dilation]))


def dilated_size_span_one_short(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *sides(size, kernel, stride, padding, dilation, lambda k, d: d * (k - 1)))


def dilated_size_padding_once(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *[(n + p - d * (k - 1) - 1) // s + 1
                     for n, k, s, p, d in zip(size[1:], kernel, stride, padding, dilation, strict=True)])  # fmt: skip


def dilated_size_rounded_up(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *[-(-(n + 2 * p - d * (k - 1) - 1) // s) + 1
                     for n, k, s, p, d in zip(size[1:], kernel, stride, padding, dilation, strict=True)])  # fmt: skip


def dilated_size_one_place_lost(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *[n - 1 for n in sides(size, kernel, stride, padding, dilation)])


def dilated_size_channels_in(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (size[0], *sides(size, kernel, stride, padding, dilation))


def dilated_size_channels_last(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (*sides(size, kernel, stride, padding, dilation), c_out)


def dilated_size_without_stride(size, c_out, kernel, stride=ONE, padding=NONE, dilation=ONE):
    return (c_out, *sides(size, kernel, ONE, padding, dilation))


# --- eleven_rows: a value -----------------------------------------------------------------------------------


def eleven_rows(places=5, stride=2, dilation=2, first=-1):
    return first + stride * np.arange(places)[:, None] + dilation * np.arange(3)  # (places, taps)


# --- receptive_field(layers) --------------------------------------------------------------------------------


def receptive_field(layers):
    size, jump, start, fields = 1, 1, 0, []
    for kernel, stride, padding, dilation in layers:
        size, start, jump = size + (kernel - 1) * dilation * jump, start - padding * jump, jump * stride
        fields.append((size, jump, start))
    return fields


def receptive_field_jump_first(layers):
    size, jump, start, fields = 1, 1, 0, []
    for kernel, stride, padding, dilation in layers:
        jump *= stride
        size, start = size + (kernel - 1) * dilation * jump, start - padding * jump
        fields.append((size, jump, start))
    return fields


def receptive_field_whole_kernel(layers):
    size, jump, start, fields = 1, 1, 0, []
    for kernel, stride, padding, dilation in layers:
        size, start, jump = size + kernel * dilation * jump, start - padding * jump, jump * stride
        fields.append((size, jump, start))
    return fields


def receptive_field_without_dilation(layers):
    return receptive_field([(kernel, stride, padding, 1) for kernel, stride, padding, _ in layers])


def receptive_field_without_jump(layers):
    sizes = np.cumsum([(kernel - 1) * dilation for kernel, _, _, dilation in layers]) + 1
    return [(int(size), jump, start) for size, (_, jump, start) in zip(sizes, receptive_field(layers), strict=True)]


def receptive_field_stride_not_kept(layers):
    size, before, start, fields = 1, 1, 0, []
    for kernel, stride, padding, dilation in layers:
        size, start, before = size + (kernel - 1) * dilation * before, start - padding * before, stride
        fields.append((size, stride, start))
    return fields


def receptive_field_padding_in_pixels(layers):
    starts = -np.cumsum([padding for _, _, padding, _ in layers])
    return [(size, jump, int(start)) for start, (size, jump, _) in zip(starts, receptive_field(layers), strict=True)]


def receptive_field_without_padding(layers):
    return [(size, jump, 0) for size, jump, _ in receptive_field(layers)]


def receptive_field_start_positive(layers):
    return [(size, jump, -start) for size, jump, start in receptive_field(layers)]


def receptive_field_from_the_top(layers):
    return receptive_field(layers[::-1])


def receptive_field_last_only(layers):
    return receptive_field(layers)[-1:]


def receptive_field_with_the_pixel(layers):
    return [(1, 1, 0), *receptive_field(layers)]


# --- stack_cost(channels, kernel, depth, size) --------------------------------------------------------------


def cost(weights, size, field, bias=0):
    return weights + bias, weights * size[0] * size[1], field


def stack_cost(channels, kernel, depth, size):
    return cost(depth * channels**2 * kernel**2, size, depth * (kernel - 1) + 1)


def stack_cost_filters_of_one_channel(channels, kernel, depth, size):
    return cost(depth * channels * kernel**2, size, depth * (kernel - 1) + 1)


def stack_cost_of_one_filter_row(channels, kernel, depth, size):
    return cost(depth * channels**2 * kernel, size, depth * (kernel - 1) + 1)


def stack_cost_of_one_layer(channels, kernel, depth, size):
    return cost(channels**2 * kernel**2, size, depth * (kernel - 1) + 1)


def stack_cost_with_biases(channels, kernel, depth, size):
    return cost(depth * channels**2 * kernel**2, size, depth * (kernel - 1) + 1, depth * channels)


def stack_cost_work_is_weights(channels, kernel, depth, size):
    return cost(depth * channels**2 * kernel**2, (1, 1), depth * (kernel - 1) + 1)


def stack_cost_fields_added(channels, kernel, depth, size):
    return cost(depth * channels**2 * kernel**2, size, depth * kernel)


def stack_cost_fields_multiplied(channels, kernel, depth, size):
    return cost(depth * channels**2 * kernel**2, size, kernel**depth)


def stack_cost_of_the_large_kernel(channels, kernel, depth, size):
    field = depth * (kernel - 1) + 1
    return cost(channels**2 * field**2, size, field)


def stack_cost_flops(channels, kernel, depth, size):
    weights, work, field = stack_cost(channels, kernel, depth, size)
    return weights, 2 * work, field


# --- bilinear_sample(x, rows, columns) ----------------------------------------------------------------------


def pixel(x, rows, columns):
    """The pixels at whole places, with zeros outside."""
    rows, columns = rows.astype(int), columns.astype(int)
    inside = (rows >= 0) & (rows < x.shape[0]) & (columns >= 0) & (columns < x.shape[1])
    return np.where(inside, x[rows.clip(0, x.shape[0] - 1), columns.clip(0, x.shape[1] - 1)], 0.0)


def blend(x, rows, columns, u, v, read=pixel):
    """Mix the four pixels from (rows, columns) on, with the shares u and v of the later ones."""
    upper = (1 - v) * read(x, rows, columns) + v * read(x, rows, columns + 1)
    lower = (1 - v) * read(x, rows + 1, columns) + v * read(x, rows + 1, columns + 1)
    return (1 - u) * upper + u * lower


def bilinear_sample(x, rows, columns):
    i, j = np.floor(rows), np.floor(columns)
    return blend(x, i, j, rows - i, columns - j)


def bilinear_sample_nearest(x, rows, columns):
    return pixel(x, np.floor(rows + 0.5), np.floor(columns + 0.5))


def bilinear_sample_rounded_down(x, rows, columns):
    return pixel(x, np.floor(rows), np.floor(columns))


def bilinear_sample_exchanged(x, rows, columns):
    return bilinear_sample(x, columns, rows)


def bilinear_sample_shares_turned(x, rows, columns):
    i, j = np.floor(rows), np.floor(columns)
    return blend(x, i, j, 1 - (rows - i), 1 - (columns - j))


def bilinear_sample_towards_zero(x, rows, columns):
    i, j = np.trunc(rows), np.trunc(columns)
    return blend(x, i, j, rows - i, columns - j)


def bilinear_sample_edge_repeated(x, rows, columns):
    return bilinear_sample(x, rows.clip(0, x.shape[0] - 1), columns.clip(0, x.shape[1] - 1))


def bilinear_sample_nothing_outside(x, rows, columns):
    inside = (rows >= 0) & (rows <= x.shape[0] - 1) & (columns >= 0) & (columns <= x.shape[1] - 1)
    return np.where(inside, bilinear_sample(x, rows, columns), 0.0)


def bilinear_sample_from_the_end(x, rows, columns):
    def read(x, rows, columns):
        rows, columns = rows.astype(int), columns.astype(int)
        known = (rows < x.shape[0]) & (columns < x.shape[1]) & (rows >= -x.shape[0]) & (columns >= -x.shape[1])
        return np.where(known, x[np.where(known, rows, 0), np.where(known, columns, 0)], 0.0)

    i, j = np.floor(rows), np.floor(columns)
    return blend(x, i, j, rows - i, columns - j, read)


def bilinear_sample_from_the_corner(x, rows, columns):
    return bilinear_sample(x, rows - 0.5, columns - 0.5)


def bilinear_sample_along_columns_only(x, rows, columns):
    i, j = np.floor(rows), np.floor(columns)
    return blend(x, i, j, np.zeros_like(rows), columns - j)


EXERCISES = (
    Exercise(
        "dilated_size",
        dilated_size,
        wrong=(
            Misconception(
                dilated_size_as_printed,
                "Your window spans d · k pixels. Between k taps there are k - 1 gaps, so the misprint takes d - 1 "
                "pixels too many.",
            ),
            Misconception(
                dilated_size_without_dilation,
                "Your windows span k pixels whatever the dilation. The taps lie d pixels apart: lay them on a row.",
            ),
            Misconception(
                dilated_size_dilation_counts_gaps,
                "You take the dilation as the number of pixels left out between taps. In this book and in PyTorch "
                "dilation 1 means that the taps touch.",
            ),
            Misconception(
                dilated_size_span_one_short,
                "You measure from the first tap to the last and forget that the last one is a pixel too.",
            ),
            Misconception(
                dilated_size_padding_once,
                "You add the padding once. It is given per side, and there are two sides.",
            ),
            Misconception(
                dilated_size_rounded_up,
                "You round the division up. A window that does not fit entirely is left out.",
            ),
            Misconception(
                dilated_size_one_place_lost,
                "You count the steps of the window. There is one place more than there are steps.",
            ),
            Misconception(
                dilated_size_channels_in,
                "Your first number is the number of channels that go in. Each filter adds them up and makes one map.",
            ),
            Misconception(
                dilated_size_channels_last,
                "The sizes are right and stand in another order: the channels come first here.",
            ),
            Misconception(
                dilated_size_without_stride,
                "You leave out the stride. It divides the number of steps that the window can take.",
            ),
        ),
        section="receptive_fields.html#rf-dilated-outsize",
    ),
    Exercise(
        "eleven_rows",
        lambda: eleven_rows(),
        wrong=(
            Misconception(
                eleven_rows(places=4),
                "One place is missing: this is the misprinted size. The window spans 5 of the 13 padded rows and "
                "moves by 2; try whether it fits once more.",
                name="as_printed",
            ),
            Misconception(
                eleven_rows(first=0),
                "These are rows of the padded image, or rows counted from 1. In the image itself, counted from 0, the first row "
                "of padding is row -1.",
                name="padded_rows",
            ),
            Misconception(
                eleven_rows(places=4, first=0),
                "These windows begin at row 0, as though there were no padding at all.",
                name="without_padding",
            ),
            Misconception(
                eleven_rows(places=6, dilation=1),
                "Here the three taps touch each other. With dilation 2 they lie two rows apart.",
                name="without_dilation",
            ),
            Misconception(
                eleven_rows(places=9, stride=1),
                "Here the window moves by one row. With stride 2 it moves by two.",
                name="without_stride",
            ),
            Misconception(
                eleven_rows(places=4, dilation=3),
                "Here two rows are left out between taps. Dilation 2 means that neighbouring taps are two rows apart.",
                name="dilation_counts_gaps",
            ),
            Misconception(
                eleven_rows().T,
                "Rows and columns are exchanged: one row for each row of the output, one column for each tap.",
                name="transposed",
            ),
        ),
        section="receptive_fields.html#rf-dilated-outsize",
        strict_dtype=False,
    ),
    Exercise(
        "receptive_field",
        receptive_field,
        wrong=(
            Misconception(
                receptive_field_jump_first,
                "You multiply the jump by the stride before you use it. A layer's stride moves its own units apart, "
                "so only later layers take the larger steps.",
            ),
            Misconception(
                receptive_field_whole_kernel,
                "You add k steps for each layer. Between k taps there are k - 1 steps.",
            ),
            Misconception(
                receptive_field_without_dilation,
                "You leave out the dilation. Neighbouring taps are d units of the layer below apart.",
            ),
            Misconception(
                receptive_field_without_jump,
                "You add each kernel as though its taps were one pixel apart. After a stride they are a whole jump "
                "apart.",
            ),
            Misconception(
                receptive_field_stride_not_kept,
                "Your jump is the stride of the last layer. The strides of all layers multiply.",
            ),
            Misconception(
                receptive_field_padding_in_pixels,
                "You subtract the padding as though it were pixels of the input. It is units of the layer below, each "
                "a jump wide.",
            ),
            Misconception(
                receptive_field_without_padding,
                "Your fields all begin at pixel 0. Padding moves the first unit back, out of the image.",
            ),
            Misconception(
                receptive_field_start_positive,
                "The start has the wrong sign: with padding the first unit looks at pixels before 0.",
            ),
            Misconception(
                receptive_field_from_the_top,
                "You walk from the last layer to the first. The list begins at the input, and the jump grows from "
                "there.",
            ),
            Misconception(
                receptive_field_last_only,
                "Only the last layer is there. One tuple for each layer is asked for.",
            ),
            Misconception(
                receptive_field_with_the_pixel,
                "Your list begins with the input itself. One tuple for each layer is asked for, and no more.",
            ),
        ),
        section="receptive_fields.html#receptive-field",
    ),
    Exercise(
        "stack_cost",
        stack_cost,
        wrong=(
            Misconception(
                stack_cost_filters_of_one_channel,
                "You count filters of one channel. Each of the C filters has a grid of weights for each of the C "
                "input channels.",
            ),
            Misconception(
                stack_cost_of_one_filter_row,
                "You count k weights a grid. The kernel is square and has k times k.",
            ),
            Misconception(
                stack_cost_of_one_layer,
                "Weights and work are those of a single layer. The stack has several.",
            ),
            Misconception(
                stack_cost_with_biases,
                "You count one bias a filter. These layers have none.",
            ),
            Misconception(
                stack_cost_work_is_weights,
                "Your work equals the number of weights. Each weight is used once at every place of the map.",
            ),
            Misconception(
                stack_cost_fields_added,
                "You add up the kernels to get the field. Each layer adds k - 1 pixels to the one that is there.",
            ),
            Misconception(
                stack_cost_fields_multiplied,
                "You multiply the kernels to get the field. At stride 1 it grows by the same amount in each layer.",
            ),
            Misconception(
                stack_cost_of_the_large_kernel,
                "This is the cost of one layer with a kernel as large as the field. The stack is cheaper, and that "
                "is its point.",
            ),
            Misconception(
                stack_cost_flops,
                "Your work is twice as large: you count multiplications and additions apart. One multiply-add is "
                "one product with its addition.",
            ),
        ),
        section="receptive_fields.html#rf-small-filters",
    ),
    Exercise(
        "bilinear_sample",
        bilinear_sample,
        wrong=(
            Misconception(
                bilinear_sample_nearest,
                "You read the nearest pixel. Here the nearest four are averaged by nearness.",
            ),
            Misconception(
                bilinear_sample_rounded_down,
                "You cut off the fractions and read a single pixel. They say how much of the next one to take.",
            ),
            Misconception(
                bilinear_sample_exchanged,
                "Rows and columns are exchanged: the first list counts downwards.",
            ),
            Misconception(
                bilinear_sample_shares_turned,
                "Your shares are turned round: the pixel that is further away gets the larger one.",
            ),
            Misconception(
                bilinear_sample_towards_zero,
                "Right inside the image, wrong before row or column 0: int(-0.5) is 0, and its floor is -1.",
            ),
            Misconception(
                bilinear_sample_edge_repeated,
                "You repeat the edge outside the image. Zeros lie there, so values fade within one pixel.",
            ),
            Misconception(
                bilinear_sample_nothing_outside,
                "You give 0 as soon as a place is beyond the outermost centres. Up to one pixel further the edge "
                "still counts with its share.",
            ),
            Misconception(
                bilinear_sample_from_the_end,
                "A negative index reads from the other end of the array in NumPy. Before pixel 0 there are zeros.",
            ),
            Misconception(
                bilinear_sample_from_the_corner,
                "Your places are half a pixel off: the centre of pixel (0, 0) lies at row 0, column 0.",
            ),
            Misconception(
                bilinear_sample_along_columns_only,
                "You average along the row only. The two rows above and below share the weight too.",
            ),
        ),
        section="receptive_fields.html#bilinear-sample",
    ),
)
