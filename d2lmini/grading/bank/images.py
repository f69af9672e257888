"""Answers and misconceptions of the set `images`."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

# --- flatten_index(rows, columns, size), unflatten_index(places, size) -----------------------------------------


def flatten_index(rows, columns, size):
    return rows * size[1] + columns


def flatten_by_columns(rows, columns, size):
    return columns * size[0] + rows


def flatten_by_height(rows, columns, size):
    return rows * size[0] + columns


def flatten_exchanged(rows, columns, size):
    return columns * size[1] + rows


def flatten_from_one(rows, columns, size):
    return rows * size[1] + columns + 1


def flatten_rows_from_one(rows, columns, size):
    return (rows - 1) * size[1] + columns


def flatten_added(rows, columns, size):
    return rows + columns


def unflatten_index(places, size):
    return places // size[1], places % size[1]


def unflatten_exchanged(places, size):
    return places % size[1], places // size[1]


def unflatten_by_height(places, size):
    return places // size[0], places % size[0]


def unflatten_by_columns(places, size):
    return places % size[0], places // size[0]


def unflatten_from_one(places, size):
    return places // size[1] + 1, places % size[1] + 1


def unflatten_place_from_one(places, size):
    return (places - 1) // size[1], (places - 1) % size[1]


def unflatten_rounded_up(places, size):
    return -(-places // size[1]), places % size[1]


# --- scan_with_network(image, w1, b1, w2, b2, stride) ----------------------------------------------------------


def relu(z):
    return np.maximum(z, 0)


def scan_with_network(image, w1, b1, w2, b2, stride=1, between=relu):
    def network(window):
        return w2 @ between(np.tensordot(w1, window, 3) + b1) + b2

    return d2lmini.scan(network, image, w1.shape[2:], stride=stride)


def scan_without_relu(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, w2, b2, stride, between=lambda z: z)


def scan_relu_at_the_end(image, w1, b1, w2, b2, stride=1):
    return relu(scan_with_network(image, w1, b1, w2, b2, stride))


def scan_without_hidden_bias(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, np.zeros_like(b1), w2, b2, stride)


def scan_without_output_bias(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, w2, np.zeros_like(b2), stride)


def scan_without_stride(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, w2, b2)


def scan_stride_not_moved(image, w1, b1, w2, b2, stride=1):
    """As many places as with the stride, but side by side."""
    _, rows, columns = scan_with_network(image, w1, b1, w2, b2, stride).shape
    return scan_with_network(image, w1, b1, w2, b2)[:, :rows, :columns]


def scan_last_place_lost(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, w2, b2, stride)[:, :-1, :-1]


def scan_classes_last(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, w2, b2, stride).transpose(1, 2, 0)


def scan_hidden_maps(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, np.eye(len(w1)), np.zeros(len(w1)), stride)


def scan_flipped(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1[..., ::-1, ::-1], b1, w2, b2, stride)


def scan_first_channel_only(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image[:1], w1[:, :1], b1, w2, b2, stride)


def scan_best_class(image, w1, b1, w2, b2, stride=1):
    return scan_with_network(image, w1, b1, w2, b2, stride).argmax(axis=0)


# --- dense_and_shared_parameters(size, c_in, c_out, kernel) ----------------------------------------------------


def dense_and_shared_parameters(size, c_in, c_out, kernel):
    h, w = (d2lmini.out_size(n, k) for n, k in zip(size, kernel, strict=True))
    window, pixels = c_in * kernel[0] * kernel[1], c_in * size[0] * size[1]
    return c_out * h * w * (pixels + 1), c_out * h * w * (window + 1), c_out * (window + 1)


def counted(size, c_in, c_out, kernel, biases=(1, 1, 1), places=None):
    """The three counts with other biases an output or a map, or at other places."""
    h, w = (d2lmini.out_size(n, k) for n, k in zip(size, kernel, strict=True)) if places is None else places
    window, pixels = c_in * kernel[0] * kernel[1], c_in * size[0] * size[1]
    return (
        c_out * h * w * (pixels + biases[0]),
        c_out * h * w * (window + biases[1]),
        c_out * (window + biases[2]),
    )


def count_without_biases(size, c_in, c_out, kernel):
    return counted(size, c_in, c_out, kernel, (0, 0, 0))


def count_one_bias_a_map(size, c_in, c_out, kernel):
    dense, sparse, shared = counted(size, c_in, c_out, kernel, (0, 0, 1))
    return dense + c_out, sparse + c_out, shared


def count_bias_for_each_place(size, c_in, c_out, kernel):
    h, w = (d2lmini.out_size(n, k) for n, k in zip(size, kernel, strict=True))
    return counted(size, c_in, c_out, kernel, (1, 1, h * w))


def count_bias_for_each_channel(size, c_in, c_out, kernel):
    return counted(size, c_in, c_out, kernel, (1, 1, c_in))


def count_places_of_the_image(size, c_in, c_out, kernel):
    return counted(size, c_in, c_out, kernel, places=size)


def count_places_less_kernel(size, c_in, c_out, kernel):
    return counted(size, c_in, c_out, kernel, places=(size[0] - kernel[0], size[1] - kernel[1]))


def count_one_channel(size, c_in, c_out, kernel):
    return dense_and_shared_parameters(size, 1, c_out, kernel)


def count_one_map(size, c_in, c_out, kernel):
    return dense_and_shared_parameters(size, c_in, 1, kernel)


def count_maps_share(size, c_in, c_out, kernel):
    dense, sparse, shared = dense_and_shared_parameters(size, c_in, c_out, kernel)
    return dense, sparse, shared // c_out


def count_smallest_first(size, c_in, c_out, kernel):
    return dense_and_shared_parameters(size, c_in, c_out, kernel)[::-1]


# --- permute_first_layer(weight, order) ------------------------------------------------------------------------


def permute_first_layer(weight, order):
    return weight[:, order]


def permute_back(weight, order):
    return weight[:, np.argsort(order)]


def permute_neurons(weight, order):
    return weight[np.argsort(order[: len(weight)])]


def permute_nothing(weight, order):
    return weight.copy()


def permute_reversed(weight, order):
    return weight[:, order[::-1]]


def permute_transposed(weight, order):
    return weight[:, order].T


def permute_twice(weight, order):
    return weight[:, order][:, order]


# --- images_vocabulary: a value --------------------------------------------------------------------------------

WORDS = {1: "c", 2: "a", 3: "b", 4: "e", 5: "f", 6: "d"}


EXERCISES = (
    Exercise(
        "flatten_index",
        flatten_index,
        wrong=(
            Misconception(
                flatten_by_columns,
                "You read the image column by column. Here, and in NumPy, it is read line by line.",
            ),
            Misconception(
                flatten_by_height,
                "You multiply the row by the number of rows. A full row has as many pixels as there are columns.",
            ),
            Misconception(
                flatten_exchanged,
                "Row and column have changed places. It is the rows that lie full before a pixel, so they are multiplied.",
            ),
            Misconception(
                flatten_from_one,
                "Your places count from 1. The pixel in row 0, column 0 has place 0.",
            ),
            Misconception(
                flatten_rows_from_one,
                "Your rows count from 1. In row r there are r full rows above the pixel, not r - 1.",
            ),
            Misconception(
                flatten_added,
                "You add row and column. Each row above the pixel puts a whole row of pixels before it, not one.",
            ),
        ),
        section="images.html#motiv-flatten25",
    ),
    Exercise(
        "unflatten_index",
        unflatten_index,
        wrong=(
            Misconception(
                unflatten_exchanged,
                "You return (columns, rows). Rows come first.",
            ),
            Misconception(
                unflatten_by_height,
                "You divide by the number of rows. A full row has as many pixels as there are columns.",
            ),
            Misconception(
                unflatten_by_columns,
                "This is right for an image that was read column by column. Ours is read line by line.",
            ),
            Misconception(
                unflatten_from_one,
                "Your rows and columns count from 1. Place 0 is row 0, column 0.",
            ),
            Misconception(
                unflatten_place_from_one,
                "You take 1 off the place first. The places count from 0 already.",
            ),
            Misconception(
                unflatten_rounded_up,
                "Your quotient is rounded up. The row is the number of full rows before the pixel, rounded down.",
            ),
        ),
        section="images.html#motiv-flatten25",
    ),
    Exercise(
        "scan_with_network",
        scan_with_network,
        wrong=(
            Misconception(
                scan_without_relu,
                "There is no ReLU behind your hidden layer. Without it the two layers are only one.",
            ),
            Misconception(
                scan_relu_at_the_end,
                "Your scores have gone through a ReLU, too. It belongs behind the hidden layer only.",
            ),
            Misconception(
                scan_without_hidden_bias,
                "The bias b1 is missing. It is added before the ReLU.",
            ),
            Misconception(
                scan_without_output_bias,
                "The bias b2 is missing. It is added to the scores of every window.",
            ),
            Misconception(
                scan_without_stride,
                "You look at every place. With a stride the next window begins that many pixels further on.",
            ),
            Misconception(
                scan_stride_not_moved,
                "The number of places is right, but your windows begin one pixel apart. Multiply each place by the stride.",
            ),
            Misconception(
                scan_last_place_lost,
                "The last row and the last column of places are missing. There is one place more than there are steps.",
            ),
            Misconception(
                scan_classes_last,
                "Your classes are the last axis. One map a class means (classes, h', w').",
            ),
            Misconception(
                scan_hidden_maps,
                "These are the maps of the hidden neurons. The output layer, w2 and b2, has not looked at them yet.",
            ),
            Misconception(
                scan_flipped,
                "You laid the weights on the window turned by 180 degrees. They are used as they stand.",
            ),
            Misconception(
                scan_first_channel_only,
                "You read the first channel only. A window has all channels of the image.",
            ),
            Misconception(
                scan_best_class,
                "You return the number of the best class at each place. Asked for are all the scores.",
            ),
        ),
        section="images.html#scan",
    ),
    Exercise(
        "dense_and_shared_parameters",
        dense_and_shared_parameters,
        wrong=(
            Misconception(
                count_without_biases,
                "These are the weights alone. Biases count too: one an output, and one a map in the shared layer.",
            ),
            Misconception(
                count_one_bias_a_map,
                "In the dense and the sparse layer every output has a bias of its own, not every map.",
            ),
            Misconception(
                count_bias_for_each_place,
                "Your shared layer has a bias for each place. It is shared as well: one a map.",
            ),
            Misconception(
                count_bias_for_each_channel,
                "Your shared layer has a bias for each channel that goes in. A map adds its channels up and then one bias.",
            ),
            Misconception(
                count_places_of_the_image,
                "You count an output for every pixel. Without padding a window fits at fewer places.",
            ),
            Misconception(
                count_places_less_kernel,
                "A window of k fits at n - k + 1 places on n pixels: there is one place more than there are steps.",
            ),
            Misconception(
                count_one_channel,
                "You count one channel. An output reads all channels of the image, or of its window.",
            ),
            Misconception(
                count_one_map,
                "You count one map. There are c_out of them.",
            ),
            Misconception(
                count_maps_share,
                "In your shared layer all maps have the same weights. They are shared between places; each map has its own.",
            ),
            Misconception(
                count_smallest_first,
                "The three numbers stand in the reverse order. Asked for are dense, sparse, shared.",
            ),
        ),
        section="images.html#motiv-dense-matrix",
    ),
    Exercise(
        "permute_first_layer",
        permute_first_layer,
        wrong=(
            Misconception(
                permute_back,
                "You used the inverse of the order. Entry i of the new vector is the old entry order[i], so it needs "
                "column order[i].",
            ),
            Misconception(
                permute_neurons,
                "You rearranged the rows, which are the hidden neurons. The pixels are the columns.",
            ),
            Misconception(
                permute_nothing,
                "This is the old matrix. On shuffled images it multiplies each pixel by another pixel's weight.",
            ),
            Misconception(
                permute_reversed,
                "You went through the order backwards. Column i of the new matrix belongs to order[i].",
            ),
            Misconception(
                permute_transposed,
                "Your matrix is transposed. It still has one row for each hidden neuron.",
            ),
            Misconception(
                permute_twice,
                "You rearranged the columns twice. The images were shuffled once.",
            ),
        ),
        section="images.html#motiv-vectorise",
    ),
    Exercise(
        "images_vocabulary",
        WORDS,
        wrong=(
            Misconception(
                {**WORDS, 1: "a", 2: "c"},
                "Filter and feature map have changed places. The filter slides; the map is what it leaves behind.",
                name="filter_and_map",
            ),
            Misconception(
                {**WORDS, 2: "b", 3: "a"},
                "Feature map and channel have changed places. In an image a channel is one of several layers of numbers; "
                "what one filter answers is a feature map.",
                name="map_and_channel",
            ),
            Misconception(
                {**WORDS, 4: "f", 5: "e"},
                "Sparse and shared have changed places. Sparse says which weights are there, shared that they are equal.",
                name="sparse_and_shared",
            ),
            Misconception(
                {**WORDS, 1: "d", 6: "c"},
                "Filter and pooling have changed places. A mean has no weights to learn.",
                name="filter_and_pooling",
            ),
        ),
        section="images.html#motiv-nutshell",
    ),
)
