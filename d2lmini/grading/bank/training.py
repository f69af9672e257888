"""Answers and misconceptions of the set `training`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- mlp_forward(x, w1, b1, w2, b2) -------------------------------------------------------------------------


def relu(z):
    return np.maximum(z, 0)


def mlp_forward(x, w1, b1, w2, b2):
    return relu(x.reshape(len(x), -1) @ w1.T + b1) @ w2.T + b2  # (n, classes)


def mlp_without_relu(x, w1, b1, w2, b2):
    return (x.reshape(len(x), -1) @ w1.T + b1) @ w2.T + b2


def mlp_relu_on_scores(x, w1, b1, w2, b2):
    return relu(mlp_forward(x, w1, b1, w2, b2))


def mlp_relu_before_bias(x, w1, b1, w2, b2):
    return (relu(x.reshape(len(x), -1) @ w1.T) + b1) @ w2.T + b2


def mlp_without_first_bias(x, w1, b1, w2, b2):
    return mlp_forward(x, w1, 0 * b1, w2, b2)


def mlp_without_second_bias(x, w1, b1, w2, b2):
    return mlp_forward(x, w1, b1, w2, 0 * b2)


def mlp_channels_last(x, w1, b1, w2, b2):
    return mlp_forward(x.transpose(0, 2, 3, 1), w1, b1, w2, b2)


def mlp_by_columns(x, w1, b1, w2, b2):
    return mlp_forward(x.transpose(0, 1, 3, 2), w1, b1, w2, b2)


def mlp_with_softmax(x, w1, b1, w2, b2):
    return softmax(mlp_forward(x, w1, b1, w2, b2))


def mlp_sigmoid(x, w1, b1, w2, b2):
    return 1 / (1 + np.exp(-(x.reshape(len(x), -1) @ w1.T + b1))) @ w2.T + b2


def mlp_absolute(x, w1, b1, w2, b2):
    return np.abs(x.reshape(len(x), -1) @ w1.T + b1) @ w2.T + b2


# --- cross_entropy(scores, labels) --------------------------------------------------------------------------


def log_softmax(scores, axis=1):
    shifted = scores - scores.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def softmax(scores):
    return np.exp(log_softmax(scores))


def of_right(values, labels):
    return values[np.arange(len(labels)), labels]  # (n,)


def cross_entropy(scores, labels):
    return -of_right(log_softmax(scores), labels).mean()


def entropy_overflows(scores, labels):
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        return -np.log(of_right(e / e.sum(axis=1, keepdims=True), labels)).mean()


def entropy_one_largest_score(scores, labels):
    with np.errstate(all="ignore"):
        shifted = scores - scores.max()
        return (np.log(np.exp(shifted).sum(axis=1)) - of_right(shifted, labels)).mean()


def entropy_padded_logarithm(scores, labels):
    return -np.log(of_right(softmax(scores), labels) + 1e-12).mean()


def entropy_added_up(scores, labels):
    return -of_right(log_softmax(scores), labels).sum()


def entropy_positive(scores, labels):
    return of_right(log_softmax(scores), labels).mean()


def entropy_base_two(scores, labels):
    return cross_entropy(scores, labels) / np.log(2)


def entropy_without_softmax(scores, labels):
    return -of_right(scores, labels).mean()


def entropy_without_logarithm(scores, labels):
    return 1 - of_right(softmax(scores), labels).mean()


def entropy_logarithm_of_mean(scores, labels):
    return -np.log(of_right(softmax(scores), labels).mean())


def entropy_over_the_batch(scores, labels):
    return -of_right(log_softmax(scores, axis=0), labels).mean()


def entropy_divided_by_classes(scores, labels):
    return cross_entropy(scores, labels) / scores.shape[1]


def entropy_softmax_twice(scores, labels):
    return cross_entropy(softmax(scores), labels)


# --- colour_normalise(x, method) ----------------------------------------------------------------------------


def colour_normalise(x, method):
    if method == "max_rgb":
        return x / x.max(axis=(2, 3), keepdims=True)
    means = x.mean(axis=(2, 3), keepdims=True)  # (n, 3, 1, 1)
    return x / means * means.mean(axis=1, keepdims=True)


def colour_of_the_batch(x, method):
    if method == "max_rgb":
        return x / x.max(axis=(0, 2, 3), keepdims=True)
    means = x.mean(axis=(0, 2, 3), keepdims=True)
    return x / means * means.mean(axis=1, keepdims=True)


def colour_to_half(x, method):
    if method == "max_rgb":
        return colour_normalise(x, method)
    return x / x.mean(axis=(2, 3), keepdims=True) / 2


def colour_one_factor(x, method):
    if method == "max_rgb":
        return x / x.max(axis=(1, 2, 3), keepdims=True)
    return x / x.mean(axis=(1, 2, 3), keepdims=True)


def colour_each_pixel(x, method):
    return x / (x.max(axis=1, keepdims=True) if method == "max_rgb" else x.mean(axis=1, keepdims=True))


def colour_brightness_lost(x, method):
    return colour_normalise(x, method) if method == "max_rgb" else x / x.mean(axis=(2, 3), keepdims=True)


def colour_green_as_grey(x, method):
    if method == "max_rgb":
        return colour_normalise(x, method)
    means = x.mean(axis=(2, 3), keepdims=True)
    return x / means * means[:, 1:2]


def colour_subtracted(x, method):
    if method == "max_rgb":
        return x - x.max(axis=(2, 3), keepdims=True) + 1
    means = x.mean(axis=(2, 3), keepdims=True)
    return x - means + means.mean(axis=1, keepdims=True)


def colour_factor_upside_down(x, method):
    if method == "max_rgb":
        return x * x.max(axis=(2, 3), keepdims=True)
    means = x.mean(axis=(2, 3), keepdims=True)
    return x * means / means.mean(axis=1, keepdims=True)


def colour_stretched(x, method):
    if method != "max_rgb":
        return colour_normalise(x, method)
    low, high = x.min(axis=(2, 3), keepdims=True), x.max(axis=(2, 3), keepdims=True)
    return (x - low) / (high - low)


def colour_brightest_pixel(x, method):
    if method != "max_rgb":
        return colour_normalise(x, method)
    brightest = x.sum(axis=1).reshape(len(x), -1).argmax(axis=1)  # (n,)
    return x / x.reshape(*x.shape[:2], -1)[np.arange(len(x)), :, brightest][:, :, None, None]


def colour_recipes_exchanged(x, method):
    return colour_normalise(x, "grey_world" if method == "max_rgb" else "max_rgb")


# --- layer_rows_of(spec, side, channels, classes) -----------------------------------------------------------


def rows_by(
    spec, side, channels, classes, *,
    conv_side=lambda n: n - 2, pool_side=lambda n: n // 2, params=lambda i, o: o * (9 * i + 1),
    inputs=lambda side, c: side * side * c, dense_bias=True, relu=True, pool_channels=lambda c: c,
    first=1, careful=True, steps=False,
):  # fmt: skip
    """Walk through a design; each keyword is a rule that a misconception breaks."""
    rows = [("Input", side, channels, 0)]
    for place, step in enumerate(spec, start=first):
        place = len(rows) if steps else place
        known = step == "pool" or (type(step) is int and step > 0)
        if not known or careful and side < (2 if step == "pool" else 3):
            return [*rows, ("Error", place, 0, 0)]
        if step == "pool":
            side, channels = pool_side(side), pool_channels(channels)
            rows.append(("Max Pool", side, channels, 0))
        else:
            count, side, channels = params(channels, step), conv_side(side), step
            rows.append(("Conv", side, channels, count))
            rows += [("ReLU", side, channels, 0)] * relu
    return [*rows, ("Linear", 1, classes, (inputs(side, channels) + dense_bias) * classes)]


def layer_rows_of(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes)


def rows_without_bias(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, params=lambda i, o: 9 * o * i)


def rows_without_dense_bias(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, dense_bias=False)


def rows_one_grid_a_filter(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, params=lambda i, o: 10 * o)


def rows_bias_a_grid(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, params=lambda i, o: 10 * i * o)


def rows_padded(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, conv_side=lambda n: n)


def rows_side_minus_kernel(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, conv_side=lambda n: n - 3)


def rows_pool_rounds_up(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, pool_side=lambda n: -(-n // 2))


def rows_pool_stride_one(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, pool_side=lambda n: n - 1)


def rows_pool_halves_channels(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, pool_channels=lambda c: c // 2)


def rows_without_relu(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, relu=False)


def rows_dense_reads_channels(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, inputs=lambda side, c: c)


def rows_dense_reads_one_axis(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, inputs=lambda side, c: side * c)


def rows_errors_from_zero(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, first=0)


def rows_errors_by_rows(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, steps=True)


def rows_careless(spec, side, channels, classes):
    return rows_by(spec, side, channels, classes, careful=False)


# --- affine_points(matrix, size) ----------------------------------------------------------------------------


def points_by(matrix, size, *, half=0.5, order=(1, 0), pixels=True, corners=False):
    h, w = size
    i, j = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    if corners:
        x, y = 2 * j / max(w - 1, 1) - 1, 2 * i / max(h - 1, 1) - 1
    else:
        x, y = 2 * (j + half) / w - 1, 2 * (i + half) / h - 1
    to = np.einsum("ab,bhw->ahw", matrix, np.stack([x, y, np.ones((h, w))]))  # (2, h, w): x, y
    if pixels and corners:
        to = (to + 1) / 2 * (np.array([w, h]) - 1)[:, None, None]
    elif pixels:
        to = (to + 1) / 2 * np.array([w, h])[:, None, None] - half
    return to[list(order)]  # rows, columns


def affine_points(matrix, size):
    return points_by(matrix, size)


def points_align_corners(matrix, size):
    return points_by(matrix, size, corners=True)


def points_without_half(matrix, size):
    return points_by(matrix, size, half=0.0)


def points_from_the_edge(matrix, size):
    return points_by(matrix, size) + 0.5


def points_columns_first(matrix, size):
    return points_by(matrix, size, order=(0, 1))


def points_not_in_pixels(matrix, size):
    return points_by(matrix, size, pixels=False)


def points_row_first_in_matrix(matrix, size):
    turned = matrix[::-1][:, [1, 0, 2]]  # the same map, written for (row, column) in place of (x, y)
    return points_by(turned, size)


def points_inverse(matrix, size):
    whole = np.vstack([matrix, [0.0, 0.0, 1.0]])
    return points_by(np.linalg.inv(whole)[:2], size)


def points_without_shift(matrix, size):
    return points_by(matrix * [1.0, 1.0, 0.0], size)


def points_transposed(matrix, size):
    return points_by(np.column_stack([matrix[:, :2].T, matrix[:, 2]]), size)


def points_shift_in_pixels(matrix, size):
    still = points_by(matrix * [1.0, 1.0, 0.0], size)
    return still + matrix[[1, 0], 2][:, None, None]


# --- keras_parameters: a value ------------------------------------------------------------------------------


def keras_counts(*, flat=5 * 5 * 32, bias=1, second_channels=32, extra=()):
    counts = [
        32 * (9 + bias), 32 * (9 * second_channels + bias),
        (flat + bias) * 256, (256 + bias) * 256, (256 + bias) * 10, *extra,
    ]  # fmt: skip
    return (*counts, sum(counts))


# --- build_cnn(classes, drop): a network; torch is imported when one is built -------------------------------


def build_cnn(classes, drop):
    return practice_net(classes, drop)


def practice_net(
    classes, drop, *, conv_relu=True, dense_relu=True, padding=0, bias=True, filters=32, mean=False, pools=2,
    by_pixel=False, hidden=2, drops=2, drops_in_use=False, end=(),
):  # fmt: skip
    """The network of the table, with any of its mistakes."""
    from torch import nn
    from torch.nn.functional import dropout

    class DropoutInUse(nn.Dropout):
        def forward(self, x):
            return dropout(x, self.p)  # in eval mode too

    class ByPixel(nn.Flatten):
        def forward(self, x):
            return super().forward(x.movedim(1, -1))

    layers, side, inputs = [], 28, 1
    for place, outputs in enumerate((32, filters)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=padding, bias=bias), *[nn.ReLU()] * conv_relu]
        side, inputs = side - 2 + 2 * padding, outputs
        if place < pools:
            layers.append(nn.AvgPool2d(2) if mean else nn.MaxPool2d(2))
            side //= 2
    layers.append(ByPixel() if by_pixel else nn.Flatten())
    inputs *= side * side
    for place in range(hidden):
        layers += [nn.Linear(inputs, 256), *[nn.ReLU()] * dense_relu]
        layers += [(DropoutInUse if drops_in_use else nn.Dropout)(drop)] * (place < drops)
        inputs = 256
    return nn.Sequential(*layers, nn.Linear(inputs, classes), *end)


def cnn_without_relu(classes, drop):
    return practice_net(classes, drop, conv_relu=False)


def cnn_without_dense_relu(classes, drop):
    return practice_net(classes, drop, dense_relu=False)


def cnn_with_softmax(classes, drop):
    from torch import nn

    return practice_net(classes, drop, end=[nn.Softmax(dim=1)])


def cnn_with_relu_on_scores(classes, drop):
    from torch import nn

    return practice_net(classes, drop, end=[nn.ReLU()])


def cnn_drops_the_output(classes, drop):
    from torch import nn

    return practice_net(classes, drop, drops=0, end=[nn.Dropout(drop)])


def cnn_drops_the_output_too(classes, drop):
    from torch import nn

    return practice_net(classes, drop, end=[nn.Dropout(drop)])


def cnn_without_dropout(classes, drop):
    return practice_net(classes, drop, drops=0)


def cnn_one_dropout(classes, drop):
    return practice_net(classes, drop, drops=1)


def cnn_keeps_what_it_should_drop(classes, drop):
    return practice_net(classes, 1 - drop)


def cnn_drops_in_use(classes, drop):
    return practice_net(classes, drop, drops_in_use=True)


def cnn_padded(classes, drop):
    return practice_net(classes, drop, padding=1)


def cnn_without_bias(classes, drop):
    return practice_net(classes, drop, bias=False)


def cnn_one_pooling(classes, drop):
    return practice_net(classes, drop, pools=1)


def cnn_mean_pooling(classes, drop):
    return practice_net(classes, drop, mean=True)


def cnn_twice_the_filters(classes, drop):
    return practice_net(classes, drop, filters=64)


def cnn_flattens_by_pixel(classes, drop):
    return practice_net(classes, drop, by_pixel=True)


def cnn_one_hidden_layer(classes, drop):
    return practice_net(classes, drop, hidden=1)


EXERCISES = (
    Exercise(
        "mlp_forward",
        mlp_forward,
        wrong=(
            Misconception(mlp_without_relu, "The RELU is missing, so your two layers are a single linear one."),
            Misconception(mlp_relu_on_scores, "You also sent the scores through RELU. Scores may be negative; the last layer has none."),
            Misconception(mlp_relu_before_bias, "Your RELU comes before the first bias. The bias belongs to the linear layer, so add it first."),
            Misconception(mlp_without_first_bias, "The bias b1 of the first layer is missing."),
            Misconception(mlp_without_second_bias, "The bias b2 of the second layer is missing."),
            Misconception(mlp_channels_last, "You flattened pixel by pixel, channels innermost, as Keras does. Here all of channel 0 comes first."),
            Misconception(mlp_by_columns, "You flattened each channel column by column. Rows come first: x.reshape(len(x), -1)."),
            Misconception(mlp_with_softmax, "You applied a softmax at the end. Scores are asked; the softmax is part of the loss."),
            Misconception(mlp_sigmoid, "Between the layers you used a sigmoid. RELU sets what is negative to zero and keeps the rest."),
            Misconception(mlp_absolute, "You took the absolute value. RELU sets what is negative to zero."),
        ),
        section="training.html#hw-q1-mlp",
    ),
    Exercise(
        "cross_entropy",
        cross_entropy,
        wrong=(
            Misconception(entropy_overflows, "With large scores your exponentials overflow or vanish. Subtract the largest score of each row first; no probability changes."),
            Misconception(entropy_one_largest_score, "You subtracted the largest score of the whole batch. In a row far below it all exponentials vanish; each row has a largest score of its own."),
            Misconception(entropy_padded_logarithm, "You added a small number inside the logarithm. It hides large losses; compute the logarithm of the softmax from the scores instead."),
            Misconception(entropy_added_up, "You added the losses of the batch. Their mean is asked."),
            Misconception(entropy_positive, "The sign is missing: the loss is minus the logarithm of the probability, and never negative."),
            Misconception(entropy_base_two, "Your logarithm has base 2. The natural logarithm is meant."),
            Misconception(entropy_without_softmax, "You took the scores for logarithms of probabilities. A softmax has to come first."),
            Misconception(entropy_without_logarithm, "You took one minus the probability of the right class. The loss is minus its logarithm."),
            Misconception(entropy_logarithm_of_mean, "You averaged the probabilities and then took the logarithm. Each image has its own logarithm; average those."),
            Misconception(entropy_over_the_batch, "Your softmax runs over the images of the batch. The probabilities of one image, over its classes, sum to 1."),
            Misconception(entropy_divided_by_classes, "You also divided by the number of classes. The mean is over the images alone."),
            Misconception(entropy_softmax_twice, "You applied the softmax twice. The loss takes scores and applies it once."),
        ),
        section="training.html#from-scores-to-a-loss",
    ),
    Exercise(
        "yellow_or_blue",
        "CBCB",
        wrong=(
            Misconception("ABCB", "The first answer trusts the pixel. Multiply both pairs out, channel by channel.", name="first_pair_only"),
            Misconception("DBCB", "Surface times light, channel by channel: multiply both pairs out.", name="neither_pair"),
            Misconception("CACB", "You took the colour of the paper for that of the patch. The paper shows the light; divide by it.", name="colour_of_the_light"),
            Misconception("CCCB", "The pixel is grey, the surface need not be. Divide the pixel by what the white paper shows.", name="pixel_is_surface"),
            Misconception("CBBB", "Grey world assumes a scene that is grey on average. The assumption that holds exactly here is another one.", name="grey_world"),
            Misconception("CBAB", "One map for the whole data set leaves equal pixels equal.", name="data_set"),
            Misconception("CBDB", "One of the recipes is exact here. Divide the patch by what the paper shows, channel by channel, and look at the two surfaces again.", name="no_recipe"),
            Misconception("CBCA", "Two cases with the same input and different answers cannot both be right, however deep the network.", name="depth_helps"),
            Misconception("cbcb", "Capital letters are asked.", name="small_letters"),
        ),
        section="training.html#hw-yellow-blue",
    ),
    Exercise(
        "colour_normalise",
        colour_normalise,
        wrong=(
            Misconception(colour_of_the_batch, "Your means or maxima are those of the whole batch. Every image has its own light, so take them image by image."),
            Misconception(colour_one_factor, "You divided all channels of an image by one number. That changes the brightness and leaves the cast."),
            Misconception(colour_each_pixel, "You divided each pixel by its own channels. The statistics of a channel run over the pixels of the image."),
            Misconception(colour_brightness_lost, "Your grey world makes every mean 1. The common mean of the three channels has to be multiplied back."),
            Misconception(colour_to_half, "Your grey world makes every mean one half. The mean of the three channel means of that image is asked, so that a dark image stays dark."),
            Misconception(colour_green_as_grey, "You scaled the channels to the mean of green. The mean of all three is asked."),
            Misconception(colour_subtracted, "You subtracted. Light multiplies, so it is taken out by dividing."),
            Misconception(colour_factor_upside_down, "Your factors are upside down: a channel with too large a mean has to become smaller."),
            Misconception(colour_stretched, "Your max-RGB also moves the darkest value to 0. Light multiplies, so black stays where it is."),
            Misconception(colour_brightest_pixel, "You divided by the colour of the brightest pixel. Max-RGB takes the largest value of each channel, wherever it is."),
            Misconception(colour_recipes_exchanged, "The two recipes have changed places."),
        ),
        section="training.html#hw-q3-colour",
    ),
    Exercise(
        "layer_rows_of",
        layer_rows_of,
        wrong=(
            Misconception(rows_without_bias, "The biases of the convolutions are missing: one for each filter."),
            Misconception(rows_without_dense_bias, "The biases of the linear layer are missing: one for each class."),
            Misconception(rows_one_grid_a_filter, "You gave each filter one grid of 3 x 3. It has one for each channel of its input."),
            Misconception(rows_bias_a_grid, "You counted a bias for each grid. A filter has one bias, however many channels it reads."),
            Misconception(rows_padded, "Your convolutions keep the size. Without padding a 3 x 3 window takes 2 off the side."),
            Misconception(rows_side_minus_kernel, "You took 3 off the side. A window of 3 fits at n - 3 + 1 places."),
            Misconception(rows_pool_rounds_up, "Your pooling rounds up. On an odd side the last row and column are left out."),
            Misconception(rows_pool_stride_one, "Your pooling slides by one pixel. Windows of 2 x 2 lie side by side, so the side is halved."),
            Misconception(rows_pool_halves_channels, "Your pooling halves the channels. It works on each channel by itself and keeps their number."),
            Misconception(rows_without_relu, "The rows of the RELUs are missing. One follows each convolution."),
            Misconception(rows_dense_reads_channels, "Your linear layer reads one number a channel, as after global average pooling. Here the whole map is flattened."),
            Misconception(rows_dense_reads_one_axis, "Your linear layer reads side times channels. The map has side times side numbers in each channel."),
            Misconception(rows_errors_from_zero, "Your steps are counted from 0. The first member of the list is step 1."),
            Misconception(rows_errors_by_rows, "In the error row you gave the number of the row. The step in the list is asked; a convolution has two rows and is one step."),
            Misconception(rows_careless, "You went on although no window fits on the map any more. Stop there, with an error row."),
        ),
        section="training.html#hw-q4-deep",
    ),
    Exercise(
        "affine_points",
        affine_points,
        wrong=(
            Misconception(points_align_corners, "You let -1 and 1 be the centres of the outer pixels. Here they are the edges of the image (align_corners=False)."),
            Misconception(points_without_half, "You took the left edge of a pixel for its centre. Pixel j has its centre at (2 j + 1) / w - 1."),
            Misconception(points_from_the_edge, "You count pixels from the edge of the image, so the centre of pixel 0 comes out as 0.5. It has to come out as 0: take the half off again."),
            Misconception(points_columns_first, "Rows and columns have changed places in what you return. The first part holds the rows."),
            Misconception(points_not_in_pixels, "Your result runs from -1 to 1. It is asked in pixels."),
            Misconception(points_row_first_in_matrix, "You gave the matrix (y, x, 1). It expects x, to the right, first."),
            Misconception(points_inverse, "You inverted the matrix. It already leads from the output pixel to the place that is read."),
            Misconception(points_without_shift, "The last column of the matrix, the shift, was not used."),
            Misconception(points_transposed, "The 2 x 2 part of the matrix is transposed in your sum: row 0 gives the new x."),
            Misconception(points_shift_in_pixels, "You added the shift in pixels. It is given in units in which the whole width is 2."),
        ),
        section="training.html#affine",
    ),
    Exercise(
        "keras_parameters",
        keras_counts(),
        wrong=(
            Misconception(keras_counts(flat=11 * 11 * 32), "You flattened 11 x 11 maps, so step 4, the second pooling, is missing.", name="without_second_pool"),
            Misconception(keras_counts(flat=6 * 6 * 32), "You flattened 6 x 6 maps. Half of 11 is rounded down.", name="pool_rounds_up"),
            Misconception(keras_counts(flat=7 * 7 * 32), "You flattened 7 x 7 maps, as if the convolutions were padded. They are valid.", name="same_padding"),
            Misconception(keras_counts(bias=0), "All biases are missing.", name="without_bias"),
            Misconception(keras_counts(second_channels=1), "A filter of the second convolution reads 32 channels, not one.", name="one_channel"),
            Misconception(keras_counts(flat=32), "You flattened one number a channel, as after global average pooling.", name="global_pooling"),
        ),
        section="training.html#hw-keras-table",
    ),
    Exercise(
        "build_cnn",
        build_cnn,
        wrong=(
            Misconception(cnn_without_relu, "There is no RELU behind your convolutions. Without it a convolution is a linear map, and so is the layer above it."),
            Misconception(cnn_without_dense_relu, "There is no RELU behind your hidden dense layers, so the three dense layers are a single linear one."),
            Misconception(cnn_with_softmax, "You applied a softmax at the end. In PyTorch it is part of the loss: the network gives scores."),
            Misconception(cnn_with_relu_on_scores, "You sent the scores through RELU. Scores may be negative; the last layer has none."),
            Misconception(cnn_drops_the_output, "Your dropout stands behind the output, where it switches classes off. It belongs between the dense layers."),
            Misconception(cnn_drops_the_output_too, "Both dropouts between the dense layers are there, and a third one behind the output, where it switches classes off."),
            Misconception(cnn_without_dropout, "In training mode your network drops nothing. Dropout stands in both gaps between the dense layers."),
            Misconception(cnn_one_dropout, "One of the two dropouts is missing. There are two gaps between three dense layers."),
            Misconception(cnn_keeps_what_it_should_drop, "You gave dropout the share that stays. In PyTorch, as in Keras, it is the share that is switched off."),
            Misconception(cnn_drops_in_use, "Your network also drops in eval mode. Use nn.Dropout, or tell F.dropout whether the network is training."),
            Misconception(cnn_padded, "Your convolutions are padded. They are valid: a window of three takes two off each axis."),
            Misconception(cnn_without_bias, "Your convolutions have no biases. Each filter has one."),
            Misconception(cnn_one_pooling, "The second pooling is missing, and so your first dense layer is far too large."),
            Misconception(cnn_mean_pooling, "You pool with the mean. The table says maximum."),
            Misconception(cnn_twice_the_filters, "Your second convolution has twice as many filters as the first. Both have 32."),
            Misconception(cnn_flattens_by_pixel, "You flattened pixel by pixel, channels innermost, as Keras does. In PyTorch all of channel 0 comes first: nn.Flatten()."),
            Misconception(cnn_one_hidden_layer, "There is one hidden dense layer. The table has two of 256 units before the output."),
        ),
        section="training.html#hw-keras-table",
    ),
)  # fmt: skip
