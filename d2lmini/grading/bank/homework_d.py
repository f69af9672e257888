"""Numbers, answers and misconceptions of homework D: pencil and paper, other numbers for each student.

For each task: how its numbers are drawn, the right answer from such numbers, and the wrong ones. Numbers that
make two answers agree are drawn again (`variant.py`), so a wrong answer names its mistake.
"""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception


def integers(rng, low, high, size):
    """Whole numbers from low to high, both included."""
    return rng.integers(low, high + 1, size=size)


def nonzero(rng, limit, size):
    return integers(rng, 1, limit, size) * rng.choice([-1, 1], size=size)


# --- paper_linear and paper_circular: a signal and a kernel --------------------------------------------------


def draw_signals(rng):
    return {"x": nonzero(rng, 3, 4), "h": nonzero(rng, 2, 3)}


def paper_linear(x, h):
    return np.convolve(x, h).astype(float)


def linear_correlated(x, h):
    return paper_linear(x, h[::-1])


def linear_valid(x, h):
    return paper_linear(x, h)[len(h) - 1 : len(x)]


def linear_tail_lost(x, h):
    return paper_linear(x, h)[: len(x)]


def linear_backwards(x, h):
    return paper_linear(x, h)[::-1]


def linear_sign_of_kernel_lost(x, h):
    return paper_linear(x, np.abs(h))


def linear_not_shifted(x, h):
    return 1.0 * x * h.sum()


def paper_circular(x, h):
    return d2lmini.circular_conv1d(1.0 * x, 1.0 * h)


def circular_correlated(x, h):
    return sum(h[j] * np.roll(1.0 * x, -j) for j in range(len(h)))


def circular_begins_late(x, h):
    return np.roll(paper_circular(x, h), -1)


def circular_backwards(x, h):
    return paper_circular(x, h)[::-1]


def circular_one_value_wound(x, h):
    line = paper_linear(x, h)
    return line[:4] + [line[4], 0, 0, 0]


# --- paper_toeplitz and paper_circulant: a kernel and the number of samples ---------------------------------


def draw_kernel(rng):
    return {"h": nonzero(rng, 5, 3), "n": 4}


def paper_toeplitz(h, n):
    return d2lmini.toeplitz(1.0 * h, n)


def toeplitz_transposed(h, n):
    return paper_toeplitz(h, n).T


def toeplitz_flipped(h, n):
    return paper_toeplitz(h[::-1], n)


def toeplitz_without_tail(h, n):
    return paper_toeplitz(h, n)[:n]


def toeplitz_hankel(h, n):
    return paper_toeplitz(h, n)[:, ::-1]


def paper_circulant(h, n):
    return d2lmini.circulant(1.0 * h, n)


def circulant_first_row(h, n):
    return paper_circulant(h, n).T


def circulant_flipped(h, n):
    return paper_circulant(h[::-1], n)


def circulant_turned_left(h, n):
    return np.stack([np.roll(np.append(1.0 * h, np.zeros(n - len(h))), -i) for i in range(n)])


# --- paper_xcorr: 3 x 3 pixels, a 2 x 2 kernel ---------------------------------------------------------------


def draw_xcorr(rng):
    return {"x": integers(rng, 0, 9, (3, 3)), "k": nonzero(rng, 4, (2, 2))}


def paper_xcorr(x, k):
    return d2lmini.xcorr2d(1.0 * x, 1.0 * k)


def xcorr_flipped(x, k):
    return paper_xcorr(x, k[::-1, ::-1])


def xcorr_kernel_transposed(x, k):
    return paper_xcorr(x, k.T)


def xcorr_map_transposed(x, k):
    return paper_xcorr(x, k).T


def xcorr_full(x, k):
    return d2lmini.xcorr2d(1.0 * x, 1.0 * k, "full")


def xcorr_mean(x, k):
    return paper_xcorr(x, k) / 4


# --- paper_strided: 4 x 4 pixels, a 3 x 3 kernel, padding 1, stride 2 ---------------------------------------


def draw_strided(rng):
    return {"x": integers(rng, 0, 9, (4, 4)), "k": nonzero(rng, 2, (3, 3))}


def paper_strided(x, k):
    return d2lmini.xcorr2d(np.pad(1.0 * x, 1), 1.0 * k)[::2, ::2]


def strided_without_padding(x, k):
    return d2lmini.xcorr2d(1.0 * x, 1.0 * k)


def strided_without_stride(x, k):
    return d2lmini.xcorr2d(np.pad(1.0 * x, 1), 1.0 * k)


def strided_flipped(x, k):
    return paper_strided(x, k[::-1, ::-1])


def strided_starts_one_late(x, k):
    return d2lmini.xcorr2d(np.pad(1.0 * x, 1), 1.0 * k)[1::2, 1::2]


def strided_border_repeated(x, k):
    return d2lmini.xcorr2d(np.pad(1.0 * x, 1, mode="edge"), 1.0 * k)[::2, ::2]


# --- paper_sizes: a table of window parameters --------------------------------------------------------------


def draw_sizes(rng):
    columns = [(20, 60), (2, 7), (0, 3), (2, 4), (1, 3)]  # n, kernel, padding, stride, dilation
    rows = np.stack([integers(rng, low, high, 4) for low, high in columns], axis=1)
    rows[0, 4], rows[-1, 4] = 1, 3
    return {"rows": rows}


def sizes(rows, span=lambda k, d: d * (k - 1) + 1, sides=2, up=0):
    n, k, p, s, d = rows.T
    return (n + sides * p - span(k, d) + up * (s - 1)) // s + 1


def paper_sizes(rows):
    return sizes(rows)


def sizes_rounded_up(rows):
    return sizes(rows, up=1)


def sizes_padding_once(rows):
    return sizes(rows, sides=1)


def sizes_without_padding(rows):
    return sizes(rows, sides=0)


def sizes_without_dilation(rows):
    return sizes(rows, span=lambda k, d: k)


def sizes_as_printed(rows):
    return sizes(rows, span=lambda k, d: d * k)


def sizes_one_place_lost(rows):
    return sizes(rows) - 1


# --- paper_layer and paper_counts: parameters and products ---------------------------------------------------


def draw_layer(rng):
    names = {"c_in": (2, 6), "side": (10, 20), "filters": (7, 20), "kernel": (3, 5), "padding": (1, 2), "stride": (2, 3)}
    return {name: int(integers(rng, low, high, ())) for name, (low, high) in names.items()}


def paper_layer(c_in, side, filters, kernel, padding, stride):
    out = (side + 2 * padding - kernel) // stride + 1
    weights = filters * c_in * kernel**2
    return filters, out, out, weights + filters, weights * out**2


def layer_bias_forgotten(c_in, side, filters, kernel, padding, stride):
    c, h, w, parameters, products = paper_layer(c_in, side, filters, kernel, padding, stride)
    return c, h, w, parameters - filters, products


def layer_one_bias(c_in, side, filters, kernel, padding, stride):
    c, h, w, parameters, products = paper_layer(c_in, side, filters, kernel, padding, stride)
    return c, h, w, parameters - filters + 1, products


def layer_flat_filters(c_in, side, filters, kernel, padding, stride):
    return paper_layer(1, side, filters, kernel, padding, stride)


def layer_keeps_channels(c_in, side, filters, kernel, padding, stride):
    return c_in, *paper_layer(c_in, side, filters, kernel, padding, stride)[1:]


def layer_padding_once(c_in, side, filters, kernel, padding, stride):
    return paper_layer(c_in, side + padding, filters, kernel, 0, stride)


def layer_without_stride(c_in, side, filters, kernel, padding, stride):
    return paper_layer(c_in, side, filters, kernel, padding, 1)


def layer_rounded_up(c_in, side, filters, kernel, padding, stride):
    return paper_layer(c_in, side + stride - 1, filters, kernel, padding, stride)


def layer_products_on_the_input(c_in, side, filters, kernel, padding, stride):
    shape = paper_layer(c_in, side, filters, kernel, padding, stride)
    return *shape[:4], filters * c_in * kernel**2 * side**2


def draw_counts(rng):
    names = {"c_in": (2, 4), "side": (4, 9), "filters": (5, 9), "kernel": (3, 3)}
    return {name: int(integers(rng, low, high, ())) for name, (low, high) in names.items()}


def paper_counts(c_in, side, filters, kernel):
    units, inputs, window = side**2 * filters, side**2 * c_in, kernel**2 * c_in
    return units * (inputs + 1), units * (window + 1), filters * (window + 1)


def counts_without_bias(c_in, side, filters, kernel):
    units, inputs, window = side**2 * filters, side**2 * c_in, kernel**2 * c_in
    return units * inputs, units * window, filters * window


def counts_bias_per_filter(c_in, side, filters, kernel):
    units, inputs, window = side**2 * filters, side**2 * c_in, kernel**2 * c_in
    return units * inputs + filters, units * window + filters, filters * (window + 1)


def counts_flat(c_in, side, filters, kernel):
    return paper_counts(1, side, filters, kernel)


def counts_one_map(c_in, side, filters, kernel):
    return paper_counts(c_in, side, 1, kernel)


def counts_backwards(c_in, side, filters, kernel):
    return paper_counts(c_in, side, filters, kernel)[::-1]


# --- paper_field: four layers --------------------------------------------------------------------------------


def draw_field(rng):
    layers = np.stack([integers(rng, 2, 5, 4), integers(rng, 1, 3, 4), integers(rng, 1, 3, 4)], axis=1)
    return {"layers": layers}  # kernel, stride, dilation


def paper_field(layers):
    k, s, d = layers.T
    before = np.cumprod(np.append(1, s[:-1]))
    return 1 + np.cumsum((k - 1) * d * before)


def field_own_stride(layers):
    k, s, d = layers.T
    return 1 + np.cumsum((k - 1) * d * np.cumprod(s))


def field_without_stride(layers):
    return paper_field(layers * [1, 0, 1] + [0, 1, 0])


def field_without_dilation(layers):
    return paper_field(layers * [1, 1, 0] + [0, 0, 1])


def field_whole_kernel(layers):
    return paper_field(layers + [1, 0, 0])


def field_stride_of_one_layer(layers):
    k, s, d = layers.T
    return 1 + np.cumsum((k - 1) * d * np.append(1, s[:-1]))


def field_from_the_top(layers):
    return paper_field(layers[::-1])


# --- paper_max: 4 x 4 pixels, 3 x 3 windows, padding 1, stride 2 --------------------------------------------


def draw_max(rng):
    x = integers(rng, -9, 9, (4, 4))
    x[:2, :2] = -integers(rng, 1, 9, (2, 2))
    return {"x": x}


def pooled(x, rule, border, stride=2):
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(1.0 * x, 1, constant_values=border), (3, 3))
    return rule(windows[::stride, ::stride], axis=(2, 3))


def paper_max(x):
    return pooled(x, np.max, -np.inf)


def max_zeros_around(x):
    return pooled(x, np.max, 0.0)


def max_min(x):
    return pooled(x, np.min, np.inf)


def max_side_by_side(x):
    return 1.0 * x.reshape(2, 2, 2, 2).max(axis=(1, 3))


def max_without_padding(x):
    return 1.0 * np.lib.stride_tricks.sliding_window_view(x, (3, 3)).max(axis=(2, 3))


def max_without_stride(x):
    return pooled(x, np.max, -np.inf, 1)


def max_of_sizes(x):
    return paper_max(np.abs(x))


# --- paper_region: one region, four summaries ----------------------------------------------------------------


def draw_region(rng):
    while True:
        region = integers(rng, 0, 9, (2, 2))
        if region.sum() in (4, 5, 8, 10, 16, 20) and (region == 0).sum() == 1:
            return {"region": region}


def paper_region(region):
    largest, mean = region.max(), region.mean()
    return np.array([largest, mean, (largest + mean) / 2, (region**2).sum() / region.sum()])


def region_mean_of_the_active(region):
    largest, mean = region.max(), region.sum() / (region > 0).sum()
    return np.array([largest, mean, (largest + mean) / 2, (region**2).sum() / region.sum()])


def region_mixed_is_a_sum(region):
    largest, mean, _, expected = paper_region(region)
    return np.array([largest, mean, largest + mean, expected])


def region_equal_chances(region):
    largest, mean, mixed, _ = paper_region(region)
    return np.array([largest, mean, mixed, mean])


def region_most_likely(region):
    largest, mean, mixed, _ = paper_region(region)
    return np.array([largest, mean, mixed, largest])


def region_sum_for_mean(region):
    largest, _, _, expected = paper_region(region)
    return np.array([largest, region.sum(), (largest + region.sum()) / 2, expected])


# --- paper_labels: a smoothed label --------------------------------------------------------------------------


def draw_labels(rng):
    return {"classes": int(rng.choice([4, 5])), "label": int(integers(rng, 1, 2, ())), "percent": int(rng.choice([8, 12, 16, 20]))}


def one_hot(classes, place):
    return (np.arange(classes) == place).astype(float)


def paper_labels(classes, label, percent):
    eps = percent / 100
    return (1 - eps) * one_hot(classes, label) + eps / classes


def labels_as_printed(classes, label, percent):
    return paper_labels(classes, label, percent) - percent / 100 / classes * one_hot(classes, label)


def labels_shared_by_the_others(classes, label, percent):
    others = 1 - one_hot(classes, label)
    return 1 - others + percent / 100 * (others / (classes - 1) - (1 - others))


def labels_all_of_it_each(classes, label, percent):
    eps = percent / 100
    return (1 - 2 * eps) * one_hot(classes, label) + eps


def labels_counted_from_one(classes, label, percent):
    return paper_labels(classes, label - 1, percent)


def labels_hard(classes, label, percent):
    return one_hot(classes, label)


# --- paper_statistics: what a batch normalisation subtracts and divides by ----------------------------------


def draw_statistics(rng):
    while True:
        x = integers(rng, 0, 9, (2, 2, 2))  # image, channel, pixel
        if (x.sum(axis=(0, 2)) % 4 == 0).all():
            return {"x": x}


def statistics(x, axes=(0, 2), ddof=0):
    return np.stack([x.mean(axis=axes), x.var(axis=axes, ddof=ddof)])


def paper_statistics(x):
    return statistics(x)


def statistics_unbiased(x):
    return statistics(x, ddof=1)


def statistics_of_images(x):
    return statistics(x, (1, 2))


def statistics_of_maps(x):
    return statistics(x, 2).reshape(2, 4)


def statistics_of_everything(x):
    return np.stack([statistics(x, None)] * 2, axis=1)


def statistics_deviation(x):
    mean, variance = statistics(x)
    return np.stack([mean, np.sqrt(variance)])


def statistics_mean_of_squares(x):
    return np.stack([x.mean(axis=(0, 2)), (1.0 * x**2).mean(axis=(0, 2))])


def statistics_not_divided(x):
    mean, variance = statistics(x)
    return np.stack([mean, 4 * variance])


def task(reference, draw, section, *wrong):
    """An exercise that is named after its reference; whole numbers may be typed for decimals."""
    wrong = tuple(Misconception(answer, hint) for answer, hint in wrong)
    return Exercise(reference.__name__, reference, wrong, section, strict_dtype=False, draw=draw)


EXERCISES = (
    task(
        paper_linear,
        draw_signals,
        "convolution.html#conv1d",
        (paper_circular, "This is the convolution on a circle: what hangs over the end came back at the start. On a line the result is longer than the signal."),
        (linear_correlated, "You slid the kernel without turning it round: this is the cross-correlation. In a convolution the offset is subtracted, x[i - j]."),
        (linear_valid, "These are the valid values only, where the kernel lies wholly on the signal. The full result has a value wherever the two touch."),
        (linear_tail_lost, "The echoes go on after the last sample, and you stopped there. Write down what the last samples still send past the end."),
        (linear_backwards, "The right numbers in the wrong order: your list begins at the end. The first value is the first sample times the first weight."),
        (linear_sign_of_kernel_lost, "The minus signs of the kernel got lost. A copy that a negative weight scales is subtracted."),
        (linear_not_shifted, "You added the copies without shifting them. The copy that sample m launches starts at step m."),
    ),
    task(
        paper_circular,
        draw_signals,
        "convolution.html#circulant",
        (paper_linear, "This is the convolution on a line. On a circle there are as many values as samples; what hangs over the end comes back at the start."),
        (linear_tail_lost, "You cut off what hangs over the end. On a circle it is not lost: add it to the first values."),
        (circular_correlated, "This is the circular cross-correlation: you looked ahead of each sample, x[i + j]. Convolution looks back, x[i - j]."),
        (circular_one_value_wound, "Only one of the two values that hang over came back. The second goes to the second place."),
        (circular_begins_late, "The right numbers, but your list begins one place too late on the circle. The first value holds the first sample times the first weight."),
        (circular_backwards, "The right numbers, but read against the direction of the circle. The first value holds the first sample times the first weight."),
    ),
    task(
        paper_toeplitz,
        draw_kernel,
        "convolution.html#toeplitz",
        (toeplitz_transposed, "This is the transpose: the kernel runs along the rows. The matrix multiplies a signal of n samples, so it has n columns, and each is a copy of the kernel."),
        (toeplitz_flipped, "The kernel stands upside down in your columns, so the matrix correlates. A column begins with the first weight."),
        (paper_circulant, "This is the circulant matrix: what leaves at the bottom re-enters at the top. On a line there are more rows instead, and zeros."),
        (toeplitz_without_tail, "Your matrix ends with the signal and cuts off the last echoes. The full result has more rows than the signal has samples."),
        (toeplitz_hankel, "Your columns come in reverse order. The kernel starts at the top left, and each column is one step lower than the one before."),
    ),
    task(
        paper_circulant,
        draw_kernel,
        "convolution.html#circulant",
        (circulant_first_row, "You put the kernel into the first row: this matrix correlates. For a convolution the kernel is the first column."),
        (circulant_flipped, "The kernel stands upside down in your columns. The first column is the kernel from its first weight on, then zeros."),
        (paper_toeplitz, "This is the Toeplitz matrix of the convolution on a line. On a circle the matrix is square, and what leaves at the bottom re-enters at the top."),
        (toeplitz_without_tail, "The matrix is square, but what leaves it at the bottom is lost. It re-enters at the top, in the right-hand columns."),
        (circulant_turned_left, "Your rows turn to the left, so every rising diagonal is constant. In a circulant matrix each column is the one before, moved down by one."),
    ),
    task(
        paper_xcorr,
        draw_xcorr,
        "convolution.html#xcorr2d",
        (xcorr_flipped, "This is the true convolution: the kernel is turned by half a turn. Cross-correlation lays it on as it is."),
        (xcorr_kernel_transposed, "You laid the transposed kernel on the image. Its first row lies on the upper row of the window."),
        (xcorr_map_transposed, "The right numbers, but rows and columns of the map are exchanged. Moving the window to the right moves to the right in the map."),
        (xcorr_full, "This is the full map, with zeros around the image. Without padding the window stays inside."),
        (xcorr_mean, "You divided by the number of weights. A cross-correlation is a sum of products, not a mean."),
    ),
    task(
        paper_strided,
        draw_strided,
        "filtering.html#filt-stride-example-300",
        (strided_without_padding, "You left the padding out. With one ring of zeros, the first window has its centre on the first pixel."),
        (strided_without_stride, "Padding is right, but your window moves by one. With stride 2 it skips every second place, along both axes."),
        (strided_flipped, "The kernel is turned by half a turn: a true convolution. A layer lays the kernel on as it is."),
        (strided_starts_one_late, "Your first window starts on the image. The first one starts in the corner of the padded image, then come the jumps."),
        (strided_border_repeated, "You continued the image with copies of its border. The padding of this task is zeros."),
    ),
    task(
        paper_sizes,
        draw_sizes,
        "receptive_fields.html#rf-dilated-outsize",
        (sizes_rounded_up, "You rounded up where the stride does not divide. A window that does not fit wholly is not computed: round down."),
        (sizes_padding_once, "You added the padding once. It stands on both sides: 2p."),
        (sizes_without_padding, "You left the padding out. The window moves over n + 2p places."),
        (sizes_without_dilation, "You left the dilation out. Taps that are d apart span d(k - 1) + 1 pixels."),
        (sizes_as_printed, "You took d times k for the span of the window. Between k taps lie k - 1 gaps: it spans d(k - 1) + 1 pixels."),
        (sizes_one_place_lost, "You counted the moves of the window and forgot the place where it starts: one more."),
    ),
    task(
        paper_layer,
        draw_layer,
        "conv_layer.html#conv-params",
        (layer_bias_forgotten, "The biases are missing from the parameters. Every filter has one."),
        (layer_one_bias, "You counted one bias for the whole layer. Every filter has one of its own."),
        (layer_flat_filters, "Your filters read one channel. Each filter has a slice for every channel of the input, and all of them are learnt and multiplied."),
        (layer_keeps_channels, "You gave the output as many channels as the input has. Every filter makes one map."),
        (layer_padding_once, "You added the padding on one side only. It stands on both: 2p."),
        (layer_without_stride, "You left the stride out of the size. With stride s every s-th place is computed."),
        (layer_rounded_up, "You rounded up where the stride does not divide. A window that does not fit wholly is not computed: round down."),
        (layer_products_on_the_input, "You counted products at every pixel of the input. The products are made at the places of the output."),
    ),
    task(
        paper_counts,
        draw_counts,
        "conv_layer.html#motiv-sharing-count",
        (counts_without_bias, "The biases are missing. A unit that has weights of its own has a bias of its own; units that share weights share the bias."),
        (counts_bias_per_filter, "You gave every map one bias throughout. Only where weights are shared is the bias shared; in the first two layers each unit has its own."),
        (counts_flat, "You read one channel of the input. Every unit is connected to all channels."),
        (counts_one_map, "You counted one map. The layer has as many as it has filters, each with weights of its own."),
        (counts_backwards, "The right numbers in the wrong order. First the fully connected layer, then the local one, then the shared one."),
    ),
    task(
        paper_field,
        draw_field,
        "receptive_fields.html#rf-definition",
        (field_own_stride, "You multiplied by the stride of a layer before its kernel was laid down. A stride spreads the windows of the layers above it, not its own."),
        (field_without_stride, "You left the strides out. Behind a stride s, neighbouring units lie s pixels apart, and every later gap counts s times."),
        (field_without_dilation, "You left the dilation out. The gaps between the taps are d units wide."),
        (field_whole_kernel, "You added the whole kernel. Its first tap lies on what is there already: k taps add k - 1 gaps."),
        (field_stride_of_one_layer, "You multiplied by the stride of the layer before alone. All strides below a layer multiply."),
        (field_from_the_top, "You began with the last layer. The first row of the table is the layer that reads the image."),
    ),
    task(
        paper_max,
        draw_max,
        "pooling.html#pool-torch",
        (max_zeros_around, "You padded with zeros, and a zero won over the negative pixels of a corner. Maximum pooling pads with minus infinity: the border never wins."),
        (max_min, "These are the smallest values of the windows. The largest were asked."),
        (max_side_by_side, "You used windows of 2 x 2, side by side. The windows are 3 x 3 and overlap."),
        (max_without_padding, "You left the padding out and moved by one. The first window hangs over the image by one pixel, and the next is two further."),
        (max_without_stride, "Padding is right, but your window moves by one. With stride 2 it skips every second place, along both axes."),
        (max_of_sizes, "You took the largest absolute value. Minus nine is smaller than one."),
    ),
    task(
        paper_region,
        draw_region,
        "pooling.html#pool-max-mean-mixed",
        (region_mean_of_the_active, "You divided by the number of values that are not zero. A zero counts: the mean of four values divides by four."),
        (region_mixed_is_a_sum, "Your mixture is the sum of maximum and mean. With weights of one half each it lies between them."),
        (region_equal_chances, "Your last number gives every value the same chance: that is the mean again. The chance of a value is its share of the sum."),
        (region_most_likely, "Your last number is the most likely value. At test time stochastic pooling adds up all values, each times its chance."),
        (region_sum_for_mean, "Your mean is a sum. Divide by four, and the mixture follows."),
    ),
    task(
        paper_labels,
        draw_labels,
        "normalisation.html#label-smooth",
        (labels_as_printed, "Your numbers do not add up to 1: this is the formula with a mistake that is in print. The share eps / K goes to every class, the right one included."),
        (labels_shared_by_the_others, "You shared eps among the other classes. It is shared among all K, the right one included."),
        (labels_all_of_it_each, "You gave every class the whole of eps. Together the classes get eps; each gets its K-th part."),
        (labels_counted_from_one, "The right numbers, one place too early. Classes are counted from 0."),
        (labels_hard, "This is the label before smoothing, without a doubt in it."),
    ),
    task(
        paper_statistics,
        draw_statistics,
        "normalisation.html#batch-norm",
        (statistics_unbiased, "You divided by one less than the number of values: the unbiased variance. A batch is normalised with the biased one, which divides by their number."),
        (statistics_of_images, "These are the numbers of the images: layer normalisation. Batch normalisation takes one channel of all images together."),
        (statistics_of_maps, "You took every map alone: instance normalisation. Batch normalisation takes one channel of all images together."),
        (statistics_of_everything, "You took all numbers together. Each channel has a mean and a variance of its own."),
        (statistics_deviation, "Your second row is the standard deviation. The variance is its square."),
        (statistics_mean_of_squares, "Your second row is the mean of the squares. Subtract the mean before you square."),
        (statistics_not_divided, "Your second row is the sum of the squared distances. Divide it by the number of values."),
    ),
)  # fmt: skip
