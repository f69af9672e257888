"""Answers and misconceptions of the set `learning`."""

import numpy as np

import d2lmini

from ..exercise import Exercise, Misconception

IMAGE = np.array([[2, 0, 1], [1, 3, -1], [0, 2, 4]])  # the notebook's image, filter and gradient at the output
FILTER = np.array([[1, 2], [-1, 3]])
GRADIENT = np.array([[1, -2], [0, 3]])


# --- backward_by_hand: a pair of arrays (dx, dw) -------------------------------------------------------------


def gradients(dy=GRADIENT, x=IMAGE, w=FILTER):
    return d2lmini.conv2d_true(dy, w, "full"), d2lmini.xcorr2d(x, dy)


DX, DW = gradients()


# --- relu_backward(dy, z) -----------------------------------------------------------------------------------


def relu_backward(dy, z):
    return dy * (z > 0)


def relu_gate_by_dy(dy, z):
    return dy * (dy > 0)


def relu_gate_alone(dy, z):
    return (z > 0).astype(float)


def relu_times_value(dy, z):
    return dy * np.maximum(z, 0)


def relu_open_at_zero(dy, z):
    return dy * (z >= 0)


def relu_both_positive(dy, z):
    return dy * (z > 0) * (dy > 0)


def relu_sign(dy, z):
    return dy * np.sign(z)


def relu_turned_round(dy, z):
    return dy * (z < 0)


def relu_not_at_all(dy, z):
    return dy.copy()


# --- input_gradient(dy, w) ----------------------------------------------------------------------------------


def input_gradient(dy, w):
    return d2lmini.conv2d_true(dy, w, "full")


def padded_around(dy, w):
    return np.pad(dy, [(n - 1, n - 1) for n in w.shape])


def input_gradient_correlated(dy, w):
    return d2lmini.xcorr2d(padded_around(dy, w), w)


def input_gradient_turned_once(dy, w):
    return d2lmini.xcorr2d(padded_around(dy, w), w[::-1])


def input_gradient_mirrored_once(dy, w):
    return d2lmini.xcorr2d(padded_around(dy, w), w[:, ::-1])


def input_gradient_turned_result(dy, w):
    return input_gradient(dy, w)[::-1, ::-1]


def input_gradient_only_one_output(dy, w):
    """Each pixel keeps the last share that it was sent, instead of adding all shares."""
    dx = np.zeros([n + k - 1 for n, k in zip(dy.shape, w.shape, strict=True)])
    for i, j in np.ndindex(dy.shape):
        dx[i : i + w.shape[0], j : j + w.shape[1]] = dy[i, j] * w
    return dx


def input_gradient_mean(dy, w):
    ones = input_gradient(np.ones_like(dy), np.ones_like(w))
    return input_gradient(dy, w) / ones


def input_gradient_same(dy, w):
    (h, width), (kh, kw) = dy.shape, w.shape
    return input_gradient(dy, w)[(kh - 1) // 2 :, (kw - 1) // 2 :][:h, :width]


# --- conv2d_backward(dy, x, weight, stride, padding) --------------------------------------------------------


def conv2d_backward(dy, x, weight, stride=1, padding=0):
    return d2lmini.conv2d_backward(dy, x, weight, stride=stride, padding=padding)


def backward_turned_in_dx(dy, x, weight, stride=1, padding=0):
    _, dw, db = conv2d_backward(dy, x, weight, stride, padding)
    return conv2d_backward(dy, x, weight[:, :, ::-1, ::-1], stride, padding)[0], dw, db


def backward_turned_dw(dy, x, weight, stride=1, padding=0):
    dx, dw, db = conv2d_backward(dy, x, weight, stride, padding)
    return dx, dw[:, :, ::-1, ::-1], db


def backward_mean_over_images(dy, x, weight, stride=1, padding=0):
    dx, dw, db = conv2d_backward(dy, x, weight, stride, padding)
    return dx, dw / len(x), db / len(x)


def backward_last_image_only(dy, x, weight, stride=1, padding=0):
    dx, _, _ = conv2d_backward(dy, x, weight, stride, padding)
    return dx, *conv2d_backward(dy[-1:], x[-1:], weight, stride, padding)[1:]


def backward_bias_is_mean(dy, x, weight, stride=1, padding=0):
    dx, dw, _ = conv2d_backward(dy, x, weight, stride, padding)
    return dx, dw, dy.mean(axis=(0, 2, 3))


def backward_bias_for_each_image(dy, x, weight, stride=1, padding=0):
    dx, dw, _ = conv2d_backward(dy, x, weight, stride, padding)
    return dx, dw, dy.sum(axis=(2, 3))


def backward_weights_first(dy, x, weight, stride=1, padding=0):
    dx, dw, db = conv2d_backward(dy, x, weight, stride, padding)
    return dw, dx, db


def backward_frame_kept(dy, x, weight, stride=1, padding=0):
    _, dw, db = conv2d_backward(dy, x, weight, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return conv2d_backward(dy, padded, weight, stride, 0)[0], dw, db


def backward_stride_ignored(dy, x, weight, stride=1, padding=0):
    """Windows are taken side by side from the upper left, whatever the stride."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    h, w = (n + k - 1 for n, k in zip(dy.shape[2:], weight.shape[2:], strict=True))
    corner, dw, db = conv2d_backward(dy, padded[:, :, :h, :w], weight)
    dx = np.zeros_like(padded)
    dx[:, :, :h, :w] = corner
    return dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


def backward_shares_overwritten(dy, x, weight, stride=1, padding=0):
    """Each pixel keeps the last share instead of the sum of all."""
    _, dw, db = conv2d_backward(dy, x, weight, stride, padding)
    dx = np.zeros((*x.shape[:2], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
    kh, kw = weight.shape[2:]
    for i, j in np.ndindex(dy.shape[2:]):
        share = np.einsum("no,ocab->ncab", dy[:, :, i, j], weight)
        dx[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] = share
    return dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


# --- learn_kernel(x, t, size, rate, steps) ------------------------------------------------------------------


def descend(x, t, size, rate, steps, *, factor=1.0, mean=True, seen=lambda dw: dw, move=lambda w, dw: w - dw):
    w = np.zeros(size)
    for _ in range(steps):
        error = d2lmini.xcorr2d(x, w) - t
        dw = factor * d2lmini.xcorr2d(x, error) / (error.size if mean else 1)
        w = move(w, rate * seen(dw))
    return w


def learn_kernel(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps)


def learn_uphill(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps, move=lambda w, dw: w + dw)


def learn_by_sum(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps, mean=False)


def learn_without_half(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps, factor=2.0)


def learn_one_step_short(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps - 1)


def learn_one_step_only(x, t, size, rate, steps):
    return descend(x, t, size, rate, 1)


def learn_turned(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps, seen=lambda dw: dw[::-1, ::-1])


def learn_signs_only(x, t, size, rate, steps):
    return descend(x, t, size, rate, steps, seen=np.sign)


def learn_nothing_kept(x, t, size, rate, steps):
    """Each step starts again from the old weights: the last gradient is all that remains."""
    w = learn_one_step_short(x, t, size, rate, steps)
    return learn_kernel(x, t, size, rate, steps) - w


def learn_turned_kernel(x, t, size, rate, steps):
    return learn_kernel(x, t, size, rate, steps)[::-1, ::-1]


EXERCISES = (
    Exercise(
        "backward_by_hand",
        (DX, DW),
        wrong=(
            Misconception((DW, DX), "The two gradients have changed places: first dx, then dw.", name="exchanged"),
            Misconception(
                (d2lmini.xcorr2d(np.pad(GRADIENT, 1), FILTER), DW),
                "In dx the filter runs the wrong way. A pixel at the lower right of a window was read through the lower "
                "right weight, so along the outputs the weights run backwards.",
                name="filter_not_turned",
            ),
            Misconception(
                (DX, d2lmini.xcorr2d(IMAGE, GRADIENT[::-1, ::-1])),
                "In dw the gradients run the wrong way. Weight, pixel and output keep their order: nothing is turned here.",
                name="gradient_turned",
            ),
            Misconception(
                (DX, d2lmini.xcorr2d(IMAGE, FILTER)),
                "Your dw is the output of the forward pass. The pixels are multiplied by dy, not by the weights.",
                name="forward_output",
            ),
            Misconception(
                (DX, DW / 4),
                "Your dw is a mean over the four outputs. The gradients of a shared weight are added.",
                name="mean_over_outputs",
            ),
            Misconception(
                (
                    d2lmini.conv2d_true(np.ones((2, 2), int), FILTER, "full"),
                    d2lmini.xcorr2d(IMAGE, np.ones((2, 2), int)),
                ),
                "You took every gradient at the output to be 1. Each share is multiplied by its dy.",
                name="without_dy",
            ),
            Misconception(
                (DX.T, DW.T),
                "Rows and columns have changed places in both gradients. A gradient has the shape and the order of its array.",
                name="transposed",
            ),
        ),
        section="learning.html#conv-backprop",
        strict_dtype=False,
    ),
    Exercise(
        "relu_backward",
        relu_backward,
        wrong=(
            Misconception(
                relu_gate_by_dy,
                "You let positive gradients pass. It is the sign of z that opens the gate, not that of dy.",
            ),
            Misconception(
                relu_gate_alone, "These are the open gates, zeros and ones. Multiply them by the gradient that arrives."
            ),
            Misconception(
                relu_times_value,
                "You multiplied by the value that passed the gate. Its derivative is 1 where it is open, however large z is.",
            ),
            Misconception(
                relu_open_at_zero, "Your gate is open at z = 0. By convention, and in PyTorch, it is shut there."
            ),
            Misconception(
                relu_both_positive, "Negative gradients got lost. Where z is positive, every dy passes, of either sign."
            ),
            Misconception(
                relu_sign,
                "Where z is negative you passed the gradient with its sign changed. That is the derivative of |z|.",
            ),
            Misconception(relu_turned_round, "Your gate is open where z is negative. It is open where z is positive."),
            Misconception(
                relu_not_at_all, "The gradient passes everywhere. Where z is not positive it must be stopped."
            ),
        ),
        section="learning.html#the-gate-and-its-gradient",
    ),
    Exercise(
        "input_gradient",
        input_gradient,
        wrong=(
            Misconception(
                input_gradient_correlated,
                "This is the full correlation of dy with w as it is. Turn the kernel by 180 degrees first, or add w up where "
                "each output reads.",
            ),
            Misconception(
                input_gradient_turned_once,
                "You turned the kernel upside down only. It must be reversed along both axes.",
            ),
            Misconception(
                input_gradient_mirrored_once,
                "You mirrored the kernel from left to right only. It must be reversed along both axes.",
            ),
            Misconception(
                input_gradient_turned_result,
                "Your result is turned by 180 degrees. Turn the kernel, not dy and not the result.",
            ),
            Misconception(
                input_gradient_only_one_output,
                "Each pixel keeps the last share that it was sent. A pixel that several outputs read gets the sum: use +=.",
            ),
            Misconception(
                input_gradient_mean,
                "You divided by the number of outputs that read a pixel. The shares are added, not averaged.",
            ),
            Misconception(
                input_gradient_same,
                "This has the size of the output. dx has the size of the image, so the convolution must be a full one.",
            ),
        ),
        section="learning.html#conv-backprop",
    ),
    Exercise(
        "conv2d_backward",
        conv2d_backward,
        wrong=(
            Misconception(
                backward_turned_in_dx,
                "In dx the kernels are turned the wrong way. Each output sends its gradient through the weights as they lie.",
            ),
            Misconception(
                backward_turned_dw,
                "Your dw is turned by 180 degrees. It is the correlation of x with dy, without a flip.",
            ),
            Misconception(
                backward_mean_over_images,
                "You divided dw and db by the number of images. They are sums; a mean belongs to the loss, and dy has it already.",
            ),
            Misconception(
                backward_last_image_only,
                "Only the last image of the batch is in dw and db. The weights met every image: add them all up.",
            ),
            Misconception(
                backward_bias_is_mean, "Your db is a mean over images and places. The bias was added at each: sum."
            ),
            Misconception(
                backward_bias_for_each_image,
                "Your db still has an axis for the images. All of them share one bias a filter, so sum over them too.",
            ),
            Misconception(backward_weights_first, "dx and dw have changed places. Return (dx, dw, db)."),
            Misconception(
                backward_frame_kept,
                "Your dx still has the frame of padding around it. Cut it off: dx has the shape of x.",
            ),
            Misconception(
                backward_stride_ignored,
                "You placed the windows one pixel apart. With stride s, output (i, j) read the window that starts at (i s, j s).",
            ),
            Misconception(
                backward_shares_overwritten,
                "In dx each pixel keeps the last share that it was sent. Where windows overlap the shares are added: use +=.",
            ),
        ),
        section="learning.html#conv2d-backward",
        tol=1e-5,
    ),
    Exercise(
        "learn_kernel",
        learn_kernel,
        wrong=(
            Misconception(
                learn_uphill, "Your weights go uphill. The step is taken against the gradient: w - rate * dw."
            ),
            Misconception(
                learn_by_sum,
                "Your gradient is that of the sum of the squares. The loss is half their mean: divide by their number.",
            ),
            Misconception(
                learn_without_half,
                "Your steps are twice as long as asked. The loss is half the mean of the squares, so the 2 cancels.",
            ),
            Misconception(
                learn_one_step_only, "You took a single step. Compute error and gradient again in each of the steps."
            ),
            Misconception(learn_one_step_short, "One step is missing: take exactly `steps` of them."),
            Misconception(
                learn_turned,
                "Your gradient is turned by 180 degrees. For a correlation, dw is the correlation of x with the error, no flip.",
            ),
            Misconception(
                learn_signs_only,
                "You stepped by the sign of the gradient alone. The step is the rate times the gradient.",
            ),
            Misconception(
                learn_nothing_kept,
                "You returned the last step and not the kernel. Each step is added to the weights so far.",
            ),
            Misconception(
                learn_turned_kernel,
                "Your kernel is turned by 180 degrees: it is the one of the true convolution. The data were made by correlation.",
            ),
        ),
        section="learning.html#conv-learned-kernels",
        tol=1e-5,
    ),
)
