"""Answers and misconceptions of the set `filtering`: borders, strides, sizes, cropped and unknown kernels."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import d2lmini

from ..exercise import Exercise, Misconception

# --- padded_and_strided

IMAGE = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [0.0, 2.0, 4.0]])
KERNEL = np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 1.0], [-1.0, 0.0, 2.0]])


def every_and_second(kernel=KERNEL, mode="zeros"):
    every = d2lmini.filter2d(IMAGE[None, None], kernel, mode=mode)[0, 0]
    return every, every[::2, ::2]


def upper_left_instead():
    every, _ = every_and_second()
    return every, every[:2, :2]


def windows_side_by_side():
    every, _ = every_and_second()
    return every, d2lmini.conv2d(IMAGE[None, None], KERNEL[None, None], stride=3, padding=2)[0, 0][:2, :2]


def strided_first():
    return every_and_second()[::-1]


# --- pad2d

NUMPY_MODES = {
    "zeros": "constant", "circular": "wrap", "replicate": "edge", "reflect": "reflect", "symmetric": "symmetric",
}  # fmt: skip


def pad2d(x, padding, mode):
    return np.pad(x, padding, mode=NUMPY_MODES[mode])


def mirrors_swapped(x, padding, mode):
    return pad2d(x, padding, {"reflect": "symmetric", "symmetric": "reflect"}.get(mode, mode))


def circular_mirrored(x, padding, mode):
    return pad2d(x, padding, "symmetric" if mode == "circular" else mode)


def corners_left_zero(x, padding, mode):
    padded = pad2d(x, padding, mode)
    inner = np.zeros(padded.shape, bool)
    inner[padding:-padding] = inner[:, padding:-padding] = True
    return np.where(inner, padded, padded.dtype.type(0))


def mode_ignored(x, padding, mode):
    return pad2d(x, padding, "zeros")


def padding_in_total(x, padding, mode):
    after = padding // 2
    return np.pad(x, (padding - after, after), mode=NUMPY_MODES[mode])


def columns_only(x, padding, mode):
    return np.pad(x, ((0, 0), (padding, padding)), mode=NUMPY_MODES[mode])


def mean_of_the_edge(x, padding, mode):
    if mode != "replicate":
        return pad2d(x, padding, mode)
    return np.pad(x.astype(float), padding, mode="mean").astype(x.dtype)


def decimals_returned(x, padding, mode):
    return pad2d(x, padding, mode).astype(float)


# --- out_size


def out_size(n, kernel, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    return room // stride + 1 if room >= 0 else 0


def one_missing(n, kernel, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    return room // stride if room >= 0 else 0


def rounded_up(n, kernel, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    return -(-room // stride) + 1 if room >= 0 else 0


def fraction_left(n, kernel, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    return room / stride + 1 if room >= 0 else 0


def padding_once(n, kernel, *, stride=1, padding=0, dilation=1):
    room = n + padding - dilation * (kernel - 1) - 1
    return room // stride + 1 if room >= 0 else 0


def dilation_forgotten(n, kernel, *, stride=1, padding=0, dilation=1):
    return out_size(n, kernel, stride=stride, padding=padding)


def span_too_long(n, kernel, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * kernel
    return room // stride + 1 if room >= 0 else 0


def kernel_ignored(n, kernel, *, stride=1, padding=0, dilation=1):
    return -(-n // stride)


def no_window_counted(n, kernel, *, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


# --- estimate_kernel


def estimate_kernel(x, y, size):
    return d2lmini.estimate_kernel(x[None, None], y[None, None], size)


def kernel_turned(x, y, size):
    return estimate_kernel(x, y, size)[::-1, ::-1].copy()


def kernel_transposed(x, y, size):
    return estimate_kernel(x, y, size).T.copy()


def left_as_a_list(x, y, size):
    return estimate_kernel(x, y, size).ravel()


def rows_of(x, size):
    return sliding_window_view(x, (size, size)).reshape(-1, size * size)  # (windows, size * size)


def results_from_the_corner(x, y, size):
    h, w = x.shape
    results = y[: h - size + 1, : w - size + 1].ravel()
    return np.linalg.lstsq(rows_of(x, size), results, rcond=None)[0].reshape(size, size)


def border_believed(x, y, size):
    return np.linalg.lstsq(rows_of(np.pad(x, size // 2), size), y.ravel(), rcond=None)[0].reshape(size, size)


def images_swapped(x, y, size):
    return estimate_kernel(y, x, size)


def correlation_only(x, y, size):
    margin = size // 2
    return (rows_of(x, size).T @ y[margin:-margin, margin:-margin].ravel()).reshape(size, size)


# --- normalised_filter


def normalised_filter(x, kernel):
    return d2lmini.normalised_filter(x[None, None], kernel)[0, 0]


def zeros_outside(x, kernel):
    return d2lmini.filter2d(x[None, None], kernel, mode="zeros")[0, 0] / kernel.sum()


def not_divided(x, kernel):
    return d2lmini.filter2d(x[None, None], kernel, mode="zeros")[0, 0]


def by_the_number_of_pixels(x, kernel):
    return not_divided(x, kernel) / not_divided(np.ones(x.shape), np.ones(kernel.shape))


def edge_replicated(x, kernel):
    return d2lmini.filter2d(x[None, None], kernel, mode="replicate")[0, 0] / kernel.sum()


def kernel_flipped(x, kernel):
    return normalised_filter(x, kernel[::-1, ::-1])


def border_dropped(x, kernel):
    return d2lmini.xcorr2d(x, kernel) / kernel.sum()


EXERCISES = (
    Exercise(
        "padded_and_strided",
        lambda: every_and_second(),
        wrong=(
            Misconception(
                lambda: every_and_second(KERNEL[::-1, ::-1]),
                "You turned the kernel by 180 degrees, which is true convolution. Here the kernel is laid "
                "down as it is.",
                name="kernel_turned",
            ),
            Misconception(
                lambda: every_and_second(KERNEL.T),
                "Rows and columns of the kernel have changed places. Its first row lies over the first row "
                "of the window.",
                name="kernel_transposed",
            ),
            Misconception(
                lambda: every_and_second(mode="replicate"),
                "Your border repeats the edge of the image. Here everything outside is zero.",
                name="edge_replicated",
            ),
            Misconception(
                upper_left_instead,
                "Your stride 1 result is right. Stride 2 keeps the first and the third row and column, not "
                "the first two.",
            ),
            Misconception(
                windows_side_by_side,
                "Your stride 1 result is right, but your second result does not start at the first place of "
                "the first. The first window is the same for every stride.",
            ),
            Misconception(
                strided_first,
                "The two results are right and stand in the wrong order: stride 1 first, then stride 2.",
            ),
        ),
        section="filtering.html#filt-stride-example-300",
        strict_dtype=False,
    ),
    Exercise(
        "pad2d",
        pad2d,
        wrong=(
            Misconception(
                mode_ignored,
                "Your border is zero in every mode. Look at `mode` and copy pixels of the image for the "
                "other four.",
            ),
            Misconception(
                mirrors_swapped,
                "Your two mirrors have changed places: `reflect` does not repeat the edge pixel, "
                "`symmetric` does.",
            ),
            Misconception(
                circular_mirrored,
                "Your `circular` is a mirror image. The pixel before the first is the last one, from the "
                "opposite side of the image.",
            ),
            Misconception(
                corners_left_zero,
                "The four sides are right and the four corners are empty. Pad the rows first, then the "
                "columns of the result.",
            ),
            Misconception(
                mean_of_the_edge,
                "Your `replicate` fills the border with a mean. Each new pixel should equal the image pixel "
                "nearest to it.",
            ),
            Misconception(
                padding_in_total,
                "You shared `padding` between the two sides. It counts the new pixels on each side, so the "
                "image grows by twice as many.",
            ),
            Misconception(
                columns_only,
                "You padded left and right only. Rows are added above and below as well.",
            ),
            Misconception(
                decimals_returned,
                "The values are right, but whole numbers have become decimals. Create the array with "
                "`dtype=x.dtype`.",
            ),
        ),
        section="filtering.html#pad2d",
    ),
    Exercise(
        "out_size",
        out_size,
        wrong=(
            Misconception(
                dilation_forgotten,
                "You left out the dilation: it makes the window longer than `kernel` pixels.",
            ),
            Misconception(
                span_too_long,
                "You took dilation times kernel for the length of the window. Between k taps there are only "
                "k - 1 gaps.",
            ),
            Misconception(
                padding_once,
                "You added the padding once. It stands on both sides, so the row has n + 2 padding pixels.",
            ),
            Misconception(
                kernel_ignored,
                "Your size is n / stride, rounded up, whatever the kernel. That is TensorFlow's `same`; "
                "here the padding is given.",
            ),
            Misconception(
                no_window_counted,
                "Where the window is longer than the padded row there is no place for it, and the answer is "
                "0.",
            ),
            Misconception(
                one_missing,
                "You counted the jumps, not the places. The window stands somewhere before its first jump: "
                "add one.",
            ),
            Misconception(
                rounded_up,
                "You rounded up, and so counted a last window that hangs over the end. Only windows that "
                "fit count.",
            ),
            Misconception(
                fraction_left,
                "A number of places is a whole number. Divide with `//`, which rounds down.",
            ),
        ),
        section="filtering.html#out-size",
    ),
    Exercise(
        "estimate_kernel",
        estimate_kernel,
        wrong=(
            Misconception(
                kernel_turned,
                "Your kernel is turned by 180 degrees. Correlation lays it down unflipped, so equation and "
                "weight have the same order.",
            ),
            Misconception(
                kernel_transposed,
                "Your kernel is transposed. Flatten the window and fold the weights in the same order.",
            ),
            Misconception(
                left_as_a_list,
                "These are the right weights in one long row. Fold them back into `size` rows and columns.",
            ),
            Misconception(
                results_from_the_corner,
                "You matched each window with the pixel at its upper left. A filter that keeps the size "
                "writes to the centre of the window.",
            ),
            Misconception(
                border_believed,
                "You assumed that zeros lie outside the image. Nobody told you how the border was padded: "
                "use only windows inside.",
            ),
            Misconception(
                images_swapped,
                "You asked for the kernel that turns y into x. The windows come from x, the results from y.",
            ),
            Misconception(
                correlation_only,
                "You multiplied windows and results, which is only the right-hand side of the normal "
                "equations. They still have to be solved.",
            ),
        ),
        section="filtering.html#estimate-kernel",
        tol=1e-5,
    ),
    Exercise(
        "normalised_filter",
        normalised_filter,
        wrong=(
            Misconception(
                zeros_outside,
                "You divide by the sum of all weights, so the border gets too dark. Divide by the sum of "
                "the weights inside the image.",
            ),
            Misconception(
                not_divided,
                "These are weighted sums, not averages. Divide each by the sum of the weights that it used.",
            ),
            Misconception(
                by_the_number_of_pixels,
                "You divide by the number of pixels inside. That is right for the box only: divide by the "
                "sum of their weights.",
            ),
            Misconception(
                edge_replicated,
                "You repeated the edge pixels outside. This filter invents no pixel: what lies outside is "
                "left out of both sums.",
            ),
            Misconception(
                kernel_flipped,
                "You turned the kernel by 180 degrees. Here it is laid down as it is.",
            ),
            Misconception(
                border_dropped,
                "You kept only the windows that lie wholly inside. The result should be as large as the "
                "image.",
            ),
        ),
        section="filtering.html#normalised-filter",
    ),
)
