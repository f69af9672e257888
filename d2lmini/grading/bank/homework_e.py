"""Answers and misconceptions of homework E, the errata hunt: refute ten printed formulas, then write the right ones.

A counter-example has no single right value. Each `counter_...` is judged by what it does: both formulas are computed
on it, and it is right where they differ. The mistakes are inputs that the formulas do not speak of, and inputs on
which they agree, for a reason that the hint names. Each `fixed_...` is a function with misconceptions as anywhere.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import d2lmini

from ..exercise import Exercise, Misconception


def same(a, b):
    return np.allclose(a, b, rtol=1e-6, atol=1e-6)


def refutes(printed, right):
    """The test of a counter-example: whether two formulas differ on given inputs."""

    def accepts(**inputs):
        return not same(printed(**inputs), right(**inputs))

    return accepts


# --- A1: the output size of a dilated layer ------------------------------------------------------------------


def size(n, k, p, s, d, span=lambda k, d: d * (k - 1) + 1, sides=2, up=0):
    return int((n + sides * p - span(k, d) + up * (s - 1)) // s + 1)


def fixed_size(n, k, p, s, d):
    return size(n, k, p, s, d)


def size_as_printed(n, k, p, s, d):
    return size(n, k, p, s, d, span=lambda k, d: d * k)


def size_without_dilation(n, k, p, s, d):
    return size(n, k, p, s, 1)


def size_of_the_gaps(n, k, p, s, d):
    return size(n, k, p, s, d, span=lambda k, d: d * (k - 1))


def size_padding_once(n, k, p, s, d):
    return size(n, k, p, s, d, sides=1)


def size_rounded_up(n, k, p, s, d):
    return size(n, k, p, s, d, up=1)


def size_without_stride(n, k, p, s, d):
    return size(n, k, p, 1, d)


def no_such_layer(n, k, p, s, d):
    return min(n, k, s, d) < 1 or p < 0


def kernel_hangs_out(n, k, p, s, d):
    return size(n, k, p, s, d) < 1


def not_dilated(n, k, p, s, d):
    return d == 1


def hidden_by_rounding(n, k, p, s, d):
    return same(size_as_printed(n, k, p, s, d), fixed_size(n, k, p, s, d))


# --- A3: the circular convolution ----------------------------------------------------------------------------


def fixed_circular(x, h):
    return d2lmini.circular_conv1d(1.0 * x, 1.0 * h)


def circular_as_printed(x, h):
    return np.convolve(1.0 * x, h)[: len(x)]


def circular_whole_line(x, h):
    return np.convolve(1.0 * x, h)


def circular_correlated(x, h):
    return sum(h[j] * np.roll(1.0 * x, -j) for j in range(len(h)))


def circular_taken_away(x, h):
    return 2 * circular_as_printed(x, h) - fixed_circular(x, h)


def circular_begins_late(x, h):
    return np.roll(fixed_circular(x, h), -1)


def circular_backwards(x, h):
    return fixed_circular(x, h)[::-1]


def kernel_longer(x, h):
    return len(h) > len(x)


def kernel_of_one(x, h):
    return len(h) == 1


def all_zeros(x, h):
    return not (x.any() and h.any())


def nothing_hangs_over(x, h):
    return same(circular_as_printed(x, h), fixed_circular(x, h))


# --- A4 and A5: the circulant matrix -------------------------------------------------------------------------


def fixed_circulant(c):
    return d2lmini.circulant(1.0 * c)


def circulant_first_row(c):
    return fixed_circulant(c).T


def circulant_with_a_hole(c):
    matrix = fixed_circulant(c)
    matrix[2] = np.append(np.delete(matrix[2], 2), 0.0)
    return matrix


def circulant_turned_left(c):
    return np.stack([np.roll(1.0 * c, -i) for i in range(len(c))])


def circulant_of_the_mirror(c):
    return fixed_circulant(c[::-1])


def circulant_without_the_circle(c):
    return np.tril(fixed_circulant(c))


def product_as_printed(c, x):
    return circulant_first_row(c) @ x


def product(c, x):
    return fixed_circulant(c) @ x


def lengths_differ(c, x):
    return len(c) != len(x)


def too_short(c, x):
    return len(c) < 3


def looks_the_same_from_behind(c, x):
    return np.array_equal(c[1:], c[1:][::-1])


def products_agree(c, x):
    return same(product_as_printed(c, x), product(c, x))


# --- A6: correlation does not commute ------------------------------------------------------------------------


def sum_with(x, h, n):
    """The sum of x[m] h[n + m] over all m for which both exist."""
    return float(sum(x[m] * h[n + m] for m in range(len(x)) if 0 <= n + m < len(h)))


def lags(x, h):
    return range(1 - len(x), len(h))


def fixed_correlation(x, h):
    return np.array([sum_with(x, h, n) for n in lags(x, h)])


def correlation_as_printed(x, h):
    return np.array([sum_with(h, x, n) for n in lags(x, h)])


def correlation_backwards(x, h):
    return fixed_correlation(x, h)[::-1]


def correlation_is_convolution(x, h):
    return np.convolve(1.0 * x, h)


def correlation_that_fits(x, h):
    return np.correlate(1.0 * h, x, "valid")


def correlation_from_zero(x, h):
    return np.array([sum_with(x, h, n) for n in range(len(h))])


def correlation_round_a_circle(x, h):
    return np.array([sum(x[m] * h[(n + m) % len(h)] for m in range(len(x))) for n in lags(x, h)]).astype(float)


def one_side(x, h, n):
    return sum_with(x, h, n)


def other_side(x, h, n):
    return sum_with(h, x, n)


def no_shift(x, h, n):
    return n == 0


def one_signal_twice(x, h, n):
    return np.array_equal(x, h)


def out_of_reach(x, h, n):
    return abs(n) >= max(len(x), len(h))


def sides_agree(x, h, n):
    return same(one_side(x, h, n), other_side(x, h, n))


# --- A7 and A8: parameters and multiply-adds ------------------------------------------------------------------


def fixed_costs(h, w, c_in, c_mid, k, c_out):
    parameters = c_in * c_mid + c_mid * k**2 * c_out
    return h * w * parameters, parameters


def costs_as_printed(h, w, c_in, c_mid, k, c_out):
    products, _ = fixed_costs(h, w, c_in, c_mid, k, c_out)
    return products, products


def costs_of_one_place(h, w, c_in, c_mid, k, c_out):
    _, parameters = fixed_costs(h, w, c_in, c_mid, k, c_out)
    return parameters, parameters


def costs_without_the_squeeze(h, w, c_in, c_mid, k, c_out):
    return fixed_costs(h, w, 0, c_mid, k, c_out)


def costs_of_the_direct_layer(h, w, c_in, c_mid, k, c_out):
    return h * w * c_in * k**2 * c_out, c_in * k**2 * c_out


def costs_with_biases(h, w, c_in, c_mid, k, c_out):
    products, parameters = fixed_costs(h, w, c_in, c_mid, k, c_out)
    return products, parameters + c_mid + c_out


def costs_kernel_not_squared(h, w, c_in, c_mid, k, c_out):
    parameters = c_in * c_mid + c_mid * k * c_out
    return h * w * parameters, parameters


def costs_swapped(h, w, c_in, c_mid, k, c_out):
    return fixed_costs(h, w, c_in, c_mid, k, c_out)[::-1]


def parameters_as_printed(h, w, c_in, k, c_out):
    return float(h * w * c_in * k * k * c_out)


def parameters(h, w, c_in, k, c_out):
    return float(c_in * k * k * c_out)


def no_such_map(h, w, c_in, k, c_out):
    return min(h, w, c_in, k, c_out) < 1


def one_place(h, w, c_in, k, c_out):
    return h == w == 1


# --- A10: the envelope of a Gabor filter ---------------------------------------------------------------------


def bell(x, y, sigma_x, sigma_y, half=0.5):
    return np.exp(-half * ((x / sigma_x) ** 2 + (y / sigma_y) ** 2))


def fixed_envelope(x, y, sigma_x, sigma_y):
    return bell(x, y, sigma_x, sigma_y) / (2 * np.pi * sigma_x * sigma_y)


def envelope_as_printed(x, y, sigma_x, sigma_y):
    return bell(x, y, sigma_x, sigma_y) / (2 * np.pi * np.sqrt(sigma_x * sigma_y))


def envelope_all_under_the_root(x, y, sigma_x, sigma_y):
    return bell(x, y, sigma_x, sigma_y) / np.sqrt(2 * np.pi * sigma_x * sigma_y)


def envelope_of_height_one(x, y, sigma_x, sigma_y):
    return bell(x, y, sigma_x, sigma_y)


def envelope_without_a_half(x, y, sigma_x, sigma_y):
    return bell(x, y, sigma_x, sigma_y, half=1.0) / (2 * np.pi * sigma_x * sigma_y)


def envelope_swapped(x, y, sigma_x, sigma_y):
    return fixed_envelope(x, y, sigma_y, sigma_x)


def envelope_not_squared(x, y, sigma_x, sigma_y):
    return np.exp(-0.5 * (x**2 / sigma_x + y**2 / sigma_y)) / (2 * np.pi * sigma_x * sigma_y)


def volume_as_printed(sigma_x, sigma_y):
    return math.sqrt(sigma_x * sigma_y)


def volume_claimed(sigma_x, sigma_y):
    return 1.0


def no_width(sigma_x, sigma_y):
    return min(sigma_x, sigma_y) <= 0


def both_one(sigma_x, sigma_y):
    return same([sigma_x, sigma_y], 1)


def product_is_one(sigma_x, sigma_y):
    return same(volume_as_printed(sigma_x, sigma_y), 1)


# --- A11: the spectrum of a Gabor filter ---------------------------------------------------------------------


def turned(u, v, alpha):
    return u * np.cos(alpha) + v * np.sin(alpha), -u * np.sin(alpha) + v * np.cos(alpha)


def bump(a, b, sigma_x, sigma_y, factor=2):
    return np.exp(-factor * np.pi**2 * ((sigma_x * a) ** 2 + (sigma_y * b) ** 2))


def fixed_spectrum(u, v, sigma_x, sigma_y, alpha, U, V):
    return bump(*turned(u - U, v - V, alpha), sigma_x, sigma_y)


def spectrum_as_printed(u, v, sigma_x, sigma_y, alpha, U, V):
    a, b = turned(u, v, alpha)
    return bump(a - U, b - V, sigma_x, sigma_y)


def spectrum_not_turned(u, v, sigma_x, sigma_y, alpha, U, V):
    return bump(u - U, v - V, sigma_x, sigma_y)


def spectrum_turned_back(u, v, sigma_x, sigma_y, alpha, U, V):
    return fixed_spectrum(u, v, sigma_x, sigma_y, -alpha, U, V)


def spectrum_without_carrier(u, v, sigma_x, sigma_y, alpha, U, V):
    return fixed_spectrum(u, v, sigma_x, sigma_y, alpha, 0.0, 0.0)


def spectrum_too_wide(u, v, sigma_x, sigma_y, alpha, U, V):
    return bump(*turned(u - U, v - V, alpha), sigma_x, sigma_y, factor=0.5)


def spectrum_swapped(u, v, sigma_x, sigma_y, alpha, U, V):
    return fixed_spectrum(u, v, sigma_y, sigma_x, alpha, U, V)


def no_filter(u, v, sigma_x, sigma_y, alpha, U, V):
    return min(sigma_x, sigma_y) <= 0


def too_fast(u, v, sigma_x, sigma_y, alpha, U, V):
    return max(map(abs, (u, v, U, V))) > 0.5


def no_turn(u, v, sigma_x, sigma_y, alpha, U, V):
    return math.isclose(math.cos(alpha), 1, rel_tol=1e-12)


def no_carrier(u, v, sigma_x, sigma_y, alpha, U, V):
    return U == V == 0


def both_vanish(u, v, sigma_x, sigma_y, alpha, U, V):
    inputs = u, v, sigma_x, sigma_y, alpha, U, V
    return max(fixed_spectrum(*inputs), spectrum_as_printed(*inputs)) < 1e-6


def spectra_agree(u, v, sigma_x, sigma_y, alpha, U, V):
    inputs = u, v, sigma_x, sigma_y, alpha, U, V
    return same(spectrum_as_printed(*inputs), fixed_spectrum(*inputs))


# --- A12: what a split kernel saves --------------------------------------------------------------------------


def fixed_saving(h, w):
    return (h * w - h - w) / (h * w)


def saving_as_printed(h, w):
    return (h * w - h - w) / (h + w)


def saving_what_is_kept(h, w):
    return (h + w) / (h * w)


def saving_in_percent(h, w):
    return 100 * fixed_saving(h, w)


def saving_in_weights(h, w):
    return float(h * w - h - w)


def saving_square(h, w):
    return fixed_saving(h, h)


def saving_factor(h, w):
    return h * w / (h + w)


def nothing_to_split(h, w):
    return min(h, w) < 2


def nothing_saved(h, w):
    return h == w == 2


# --- A13: smoothed labels ------------------------------------------------------------------------------------


def one_hot(classes, label):
    return (np.arange(classes) == label).astype(float)


def fixed_labels(eps, classes, label):
    return (1 - eps) * one_hot(classes, label) + eps / classes


def labels_as_printed(eps, classes, label):
    return np.where(np.arange(classes) == label, 1 - eps, eps / classes)


def labels_shared_by_the_others(eps, classes, label):
    return np.where(np.arange(classes) == label, 1 - eps, eps / (classes - 1))


def labels_all_of_it_each(eps, classes, label):
    return (1 - eps) * one_hot(classes, label) + eps


def labels_counted_from_one(eps, classes, label):
    return fixed_labels(eps, classes, label - 1)


def labels_hard(eps, classes, label):
    return one_hot(classes, label)


def labels_swapped(eps, classes, label):
    return eps * one_hot(classes, label) + (1 - eps) / classes


def labels_sum_as_printed(eps, classes, label):
    return 1 - eps / classes


def labels_sum_claimed(eps, classes, label):
    return 1.0


def no_such_label(eps, classes, label):
    return classes < 2 or not 0 <= label < classes


def no_share(eps, classes, label):
    return not 0 <= eps <= 1


def not_smoothed(eps, classes, label):
    return same(labels_sum_as_printed(eps, classes, label), 1)


# --- A18: what max pooling pads with -------------------------------------------------------------------------


def pooled(x, kernel, stride, padding, rule=np.max, border=-np.inf):
    windows = sliding_window_view(np.pad(1.0 * x, padding, constant_values=border), (kernel, kernel))
    return rule(windows[::stride, ::stride], axis=(2, 3))


def fixed_pool(x, kernel, stride, padding):
    return pooled(x, kernel, stride, padding)


def pool_as_printed(x, kernel, stride, padding):
    return pooled(x, kernel, stride, padding, border=0.0)


def pool_min(x, kernel, stride, padding):
    return pooled(x, kernel, stride, padding, np.min, np.inf)


def pool_mean(x, kernel, stride, padding):
    return pooled(x, kernel, stride, padding, np.mean, 0.0)


def pool_without_padding(x, kernel, stride, padding):
    return pooled(x, kernel, stride, 0)


def pool_without_stride(x, kernel, stride, padding):
    return pooled(x, kernel, 1, padding)


def pool_of_sizes(x, kernel, stride, padding):
    return pooled(np.abs(x), kernel, stride, padding)


def map_as_printed(x):
    return pool_as_printed(x, 3, 1, 1)


def map_right(x):
    return fixed_pool(x, 3, 1, 1)


def no_negative(x):
    return not (x < 0).any()


def border_wins_nowhere(x):
    return same(map_as_printed(x), map_right(x))


# -------------------------------------------------------------------------------------------------------------


def hunt(name, example, section, accepts, *mistakes):
    """A counter-example; each mistake is an example of it, the test that knows it, and its hint."""
    wrong = [Misconception({**example, **change}, hint, when=when) for change, when, hint in mistakes]
    return Exercise(name, example, wrong, section, accepts=accepts)


def mend(reference, section, *mistakes):
    """A corrected formula, which goes by the name of its reference."""
    return Exercise(reference.__name__, reference, [Misconception(f, hint) for f, hint in mistakes], section)


def signal(*numbers):
    return np.array(numbers, dtype=float)


DILATED = "receptive_fields.html#rf-dilated-outsize"
CIRCLE = "convolution.html#circular-conv1d"
CIRCULANT = "convolution.html#circulant"
CORRELATION = "convolution.html#xcorr1d"
COSTS = "zoo.html#layer-1x1"
GABOR, SPECTRUM = "cortex.html#gabor", "cortex.html#gabor-ft"
SPLIT = "inception_family.html#arch-inception-asymmetric"
LABELS = "normalisation.html#label-smooth"
POOLING = "pooling.html#pool2d"

EXERCISES = (
    hunt(
        "counter_size",
        {"n": 11, "k": 3, "p": 1, "s": 2, "d": 2},
        DILATED,
        refutes(size_as_printed, fixed_size),
        ({"n": 0}, no_such_layer, "There is no such layer: image, kernel, stride and dilation are at least 1, the padding at least 0."),
        ({"n": 2}, kernel_hangs_out, "The spread kernel does not fit into your padded image: nothing is computed there, and neither formula speaks of it."),
        ({"d": 1}, not_dilated, "With d = 1 nothing is spread, and the formulas are the same. The slip shows only in a dilated layer."),
        ({"n": 12}, hidden_by_rounding, "The printed span is one pixel off or more, but your stride rounds the difference away. Take a smaller stride, or another n."),
    ),
    mend(
        fixed_size,
        DILATED,
        (size_as_printed, "This is the printed formula again: d k pixels. Count the pixels from the first tap of a spread kernel to its last."),
        (size_without_dilation, "You left the dilation out. It spreads the kernel over more pixels."),
        (size_of_the_gaps, "Your span counts the steps from the first tap to the last. The pixels are one more."),
        (size_padding_once, "You added the padding on one side only. It stands on both: 2p."),
        (size_rounded_up, "You rounded up where the stride does not divide. A window that does not fit wholly is not computed: round down."),
        (size_without_stride, "You left the stride out. With stride s every s-th place is computed."),
    ),
    hunt(
        "counter_circular",
        {"x": signal(1, 2, 2), "h": signal(1, -1)},
        CIRCLE,
        refutes(circular_as_printed, fixed_circular),
        ({"h": signal(1, 2, 3, 4)}, kernel_longer, "Your kernel is longer than the circle. The claim is about kernels that fit on it."),
        ({"h": signal(3)}, kernel_of_one, "A kernel of one number only scales: its echo reaches no neighbour, and nothing comes round."),
        ({"x": signal(0, 0, 0)}, all_zeros, "With nothing but zeros all convolutions agree."),
        ({"x": signal(1, 2, 0)}, nothing_hangs_over, "What would come round on your circle is zero. Let the signal end with a number whose echo hangs over the end."),
    ),
    mend(
        fixed_circular,
        CIRCLE,
        (circular_as_printed, "This is the beginning of the linear convolution, as printed. What hangs over the end was cut off; on a circle it comes back at the start."),
        (circular_whole_line, "This is the linear convolution in full. A circle has len(x) places."),
        (circular_correlated, "You turned the signal the other way: this is a circular correlation. In y[n] = sum of h[k] x[n - k] the index of x runs backwards."),
        (circular_taken_away, "What hangs over was subtracted at the start. It is added there."),
        (circular_begins_late, "The right numbers, one place too early: your first one belongs to n = 1."),
        (circular_backwards, "The right numbers in the wrong order: you went round the circle backwards."),
    ),
    hunt(
        "counter_circulant",
        {"c": signal(1, 2, 4), "x": signal(1, 0, 0)},
        CIRCULANT,
        refutes(product_as_printed, product),
        ({"x": signal(1, 0)}, lengths_differ, "c and x have to be of the same length: the matrix has as many columns as x has numbers."),
        ({"c": signal(1, 2), "x": signal(3, 4)}, too_short, "With one or two numbers on the circle, turning to the right and to the left is the same. Take three or more."),
        ({"c": signal(1, 2, 2)}, looks_the_same_from_behind, "Your c reads the same both ways round the circle, so its matrix is its own transpose."),
        ({"x": signal(3, 3, 3)}, products_agree, "The two matrices differ, but their products with your x do not. Change x; a single 1 among zeros picks out one column."),
    ),
    mend(
        fixed_circulant,
        CIRCULANT,
        (circulant_first_row, "This is the printed matrix: c stands in its first row, and it correlates. Multiply it with a single 1 among zeros and look for c."),
        (circulant_with_a_hole, "Your third row has lost c_0, like the printed one. Every row holds all of c."),
        (circulant_turned_left, "Your rows turn to the left, so the matrix is symmetric. Each row is the one above, turned to the right by one."),
        (circulant_of_the_mirror, "Right for the reversed c. Its first column is c as it is."),
        (circulant_without_the_circle, "Above the diagonal you have zeros: that is a line. On a circle what leaves at the end comes back at the start."),
    ),
    hunt(
        "counter_correlation",
        {"x": signal(1, 2, 2), "h": signal(1, -1, 3), "n": 1},
        CORRELATION,
        refutes(one_side, other_side),
        ({"n": 0}, no_shift, "At n = 0 both sums multiply numbers of the same index. They differ in where a shift leads."),
        ({"h": signal(1, 2, 2)}, one_signal_twice, "Your x and h are the same, so that swapping them changes nothing."),
        ({"n": 3}, out_of_reach, "Your shift is so large that the signals no longer meet: both sums are empty."),
        ({"x": signal(1, 0, 0), "h": signal(2, 0, 5)}, sides_agree, "Both sums give the same number here, by chance. Compute the two at other shifts, or change one number."),
    ),
    mend(
        fixed_correlation,
        CORRELATION,
        (correlation_as_printed, "This is the printed right-hand side, x[n + k]. Substitute k = n + m on the left and see which index x gets."),
        (correlation_backwards, "The right numbers in the wrong order. The first belongs to the smallest n."),
        (correlation_is_convolution, "Your indices add up to n: this is the convolution. In a correlation their difference is n."),
        (correlation_that_fits, "You kept the shifts at which one signal lies wholly within the other. All shifts at which they meet were asked."),
        (correlation_from_zero, "Your shifts begin at 0. Negative ones, down to 1 - len(x), belong to it."),
        (correlation_round_a_circle, "You went round a circle: a negative index counts from the end in Python. What is outside a signal is zero."),
    ),
    hunt(
        "counter_parameters",
        {"h": 28, "w": 28, "c_in": 128, "k": 5, "c_out": 64},
        COSTS,
        refutes(parameters_as_printed, parameters),
        ({"c_in": 0}, no_such_map, "There is no such layer: all five numbers are at least 1."),
        ({"h": 1, "w": 1}, one_place, "Your map has one place, and there every weight is used once. Give it more places."),
    ),
    mend(
        fixed_costs,
        COSTS,
        (costs_as_printed, "You gave the multiply-adds twice, as printed. The factor h w counts places, and all places share the same weights."),
        (costs_of_one_place, "You gave the parameters twice. Each of them is multiplied at every place of the map."),
        (costs_without_the_squeeze, "The 1 x 1 layer is missing. It has weights of its own, from c_in to c_mid."),
        (costs_of_the_direct_layer, "This is the layer without the bottleneck, from c_in straight to c_out."),
        (costs_with_biases, "You counted biases. Weights alone were asked."),
        (costs_kernel_not_squared, "Your kernel has k weights for each channel. It is k wide and k high."),
        (costs_swapped, "The right numbers in the wrong order. First the multiply-adds, then the parameters."),
    ),
    hunt(
        "counter_envelope",
        {"sigma_x": 3.0, "sigma_y": 5.0},
        GABOR,
        refutes(volume_as_printed, volume_claimed),
        ({"sigma_x": 0.0}, no_width, "A width is larger than zero."),
        ({"sigma_x": 1.0, "sigma_y": 1.0}, both_one, "With both widths 1 a root makes no difference: the root of 1 is 1."),
        ({"sigma_x": 0.5, "sigma_y": 2.0}, product_is_one, "The product of your widths is 1, and so is its root. The volume is 1 here by chance."),
    ),
    mend(
        fixed_envelope,
        GABOR,
        (envelope_as_printed, "This is the printed factor, with a root. Sum the envelope over a large grid and see what has to be divided by."),
        (envelope_all_under_the_root, "You took the root of everything. That is right for one axis with the variance inside; here two axes are multiplied."),
        (envelope_of_height_one, "Your envelope has the height 1. It should have the sum 1: the factor in front is missing."),
        (envelope_without_a_half, "In your exponent the factor one half is missing, so the bell is too narrow for its factor."),
        (envelope_swapped, "You swapped the two widths. sigma_x belongs to x."),
        (envelope_not_squared, "In your exponent the widths are not squared: x / sigma_x is squared as a whole."),
    ),
    hunt(
        "counter_spectrum",
        {"u": 0.1, "v": 0.05, "sigma_x": 3.0, "sigma_y": 5.0, "alpha": 0.5, "U": 0.1, "V": 0.05},
        SPECTRUM,
        refutes(spectrum_as_printed, fixed_spectrum),
        ({"sigma_y": -1.0}, no_filter, "There is no such filter: the widths are larger than zero."),
        ({"U": 0.75}, too_fast, "On pixels there is no frequency beyond half a cycle per pixel: keep u, v, U and V between -0.5 and 0.5."),
        ({"alpha": 0.0}, no_turn, "Your filter is not turned, and there the printed formula is right."),
        ({"U": 0.0, "V": 0.0}, no_carrier, "Without a carrier the bump lies at the origin, and turning about the origin leaves it there."),
        ({"u": -0.5, "v": 0.5}, both_vanish, "At your frequency both formulas give next to nothing. Look near the peak, at (U, V)."),
        ({"alpha": 1.0, "u": 0.0, "v": 0.0, "sigma_x": 3.0, "sigma_y": 3.0}, spectra_agree, "Your frequency lies so that both formulas give the same. Try the peak, u = U and v = V."),
    ),
    mend(
        fixed_spectrum,
        SPECTRUM,
        (spectrum_as_printed, "This is the printed formula: the frequency is turned, and the carrier subtracted as it is. Both have to be in the same axes."),
        (spectrum_not_turned, "You did not turn at all. An envelope that is turned by alpha has a spectrum that is turned by alpha."),
        (spectrum_turned_back, "You turned the other way. The spectrum turns along with the filter, by alpha and not by minus alpha."),
        (spectrum_without_carrier, "Your bump lies at the origin. The carrier moves it to (U, V)."),
        (spectrum_too_wide, "Your exponent is that of the envelope. A bell of width sigma has a spectrum of width 1 / (2 pi sigma)."),
        (spectrum_swapped, "You swapped the two widths. sigma_x belongs to the first of the turned axes."),
    ),
    hunt(
        "counter_saving",
        {"h": 3, "w": 3},
        SPLIT,
        refutes(saving_as_printed, fixed_saving),
        ({"h": 1}, nothing_to_split, "A kernel one pixel high or wide cannot be split further: take 2 or more for both."),
        ({"h": 2, "w": 2}, nothing_saved, "Four weights become two and two: nothing is saved, and nought over anything is nought."),
    ),
    mend(
        fixed_saving,
        SPLIT,
        (saving_as_printed, "This is the printed quotient: you divided by what is left. A share of the whole has the whole below the line."),
        (saving_what_is_kept, "This is the share that is kept. The share that is saved was asked."),
        (saving_in_percent, "You gave percent. A share between 0 and 1 was asked."),
        (saving_in_weights, "You gave a number of weights. Divide it by the number there was."),
        (saving_factor, "This is how many times fewer weights there are. The share that is saved was asked."),
        (saving_square, "You took the kernel for a square one. It is h high and w wide."),
    ),
    hunt(
        "counter_labels",
        {"eps": 0.1, "classes": 4, "label": 1},
        LABELS,
        refutes(labels_sum_as_printed, labels_sum_claimed),
        ({"label": 4}, no_such_label, "There is no such label: two classes or more, counted from 0."),
        ({"eps": 1.5}, no_share, "eps is a share of the whole: between 0 and 1."),
        ({"eps": 0.0}, not_smoothed, "With eps = 0, or next to it, the label is not smoothed, and there is nothing to share out."),
    ),
    mend(
        fixed_labels,
        LABELS,
        (labels_as_printed, "Your numbers do not add up to 1: this is the printed formula. The share eps / K goes to every class, the right one included."),
        (labels_shared_by_the_others, "You shared eps among the other classes. That adds up to 1, too, but the definition shares it among all K."),
        (labels_all_of_it_each, "You gave every class the whole of eps. Together the classes get eps; each gets its K-th part."),
        (labels_counted_from_one, "Right, one place too early. Classes are counted from 0."),
        (labels_hard, "This is the label before smoothing."),
        (labels_swapped, "You swapped eps and 1 - eps: the right class should keep most."),
    ),
    hunt(
        "counter_pool",
        {"x": np.array([[-5.0, 2.0], [-3.0, -4.0]]) - 6},
        POOLING,
        refutes(map_as_printed, map_right),
        ({"x": np.array([[1.0, 0.0], [3.0, 2.0]])}, no_negative, "No number of yours is below zero, so that a zero at the border never wins."),
        ({"x": np.array([[-5.0, 2.0], [-3.0, -4.0]])}, border_wins_nowhere, "There are negative numbers, but each window that hangs over the border also holds one that is not, and a zero does not win against it. The windows are 3 x 3."),
    ),
    mend(
        fixed_pool,
        POOLING,
        (pool_as_printed, "You padded with zeros, and a zero wins over the negative numbers of a corner. A border that never wins is needed."),
        (pool_min, "These are the smallest numbers of the windows. The largest were asked."),
        (pool_mean, "These are means. The largest number of each window was asked."),
        (pool_without_padding, "You left the padding out: the first window hangs over the image."),
        (pool_without_stride, "Your window moves by one. It moves by the stride, along both axes."),
        (pool_of_sizes, "You took the largest absolute value. Minus nine is smaller than one."),
    ),
)  # fmt: skip
