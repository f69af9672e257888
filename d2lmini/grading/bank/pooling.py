"""Answers and misconceptions of the set `pooling`: borders, windows, roulette wheels, spectra, pyramids."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import d2lmini

from ..exercise import Exercise, Misconception

# --- padded_max

NEGATIVE = -np.array([[3.0, 7, 2, 9], [5, 1, 8, 6], [4, 9, 7, 5], [8, 6, 9, 4]])


def library(x, kernel, **options):
    return d2lmini.pool2d(x[None, None], kernel, **options)[0, 0]


def max_with_zeros():
    return library(np.pad(NEGATIVE, 1), 2)


def mean_of_negative():
    return library(NEGATIVE, 2, mode="avg", padding=1)


# --- pool2d


def pool2d(x, kernel, stride, padding, mode):
    return library(x, kernel, stride=stride, padding=padding, mode=mode)


def zeros_outside(x, kernel, stride, padding, mode):
    return library(np.pad(x, padding), kernel, stride=stride, mode=mode)


def outside_not_counted(x, kernel, stride, padding, mode):
    return library(x, kernel, stride=stride, padding=padding, mode=mode, count_include_pad=False)


def stride_ignored(x, kernel, stride, padding, mode):
    return pool2d(x, kernel, 1, padding, mode)


def stride_of_the_window(x, kernel, stride, padding, mode):
    return pool2d(x, kernel, kernel, padding, mode)


def rounded_up(x, kernel, stride, padding, mode):
    outside = -np.inf if mode == "max" else 0.0
    more = [-(n + 2 * padding - kernel) % stride for n in x.shape]
    padded = np.pad(x, [(padding, padding + m) for m in more], constant_values=outside)
    return library(padded, kernel, stride=stride, mode=mode)


def modes_swapped(x, kernel, stride, padding, mode):
    return pool2d(x, kernel, stride, padding, {"max": "avg", "avg": "max"}[mode])


def minimum(x, kernel, stride, padding, mode):
    return pool2d(x, kernel, stride, padding, "min" if mode == "max" else mode)


def sum_returned(x, kernel, stride, padding, mode):
    return pool2d(x, kernel, stride, padding, mode) * (kernel**2 if mode == "avg" else 1)


def padding_ignored(x, kernel, stride, padding, mode):
    return pool2d(x, kernel, stride, 0, mode)


# --- stochastic_pool2d


def regions(x, kernel):
    h, w = (n // kernel for n in x.shape)
    return x.reshape(h, kernel, w, kernel).swapaxes(1, 2).reshape(h, w, -1)  # (h', w', kernel^2)


def draw(a, balls, wheel):
    """The pixel of each window into whose sector the ball falls; sectors end at wheel, (h', w', k)."""
    ball = balls[..., None] * wheel[..., -1:]
    place = np.minimum((wheel <= ball).sum(axis=-1, keepdims=True), a.shape[-1] - 1)
    return np.take_along_axis(a, place, axis=-1)[..., 0]


def expected(a):
    total = a.sum(axis=-1)
    return np.divide((a * a).sum(axis=-1), total, out=np.zeros_like(total), where=total > 0)


def stochastic_pool2d(x, kernel, balls):
    a = regions(x, kernel)
    return expected(a) if balls is None else draw(a, balls, a.cumsum(axis=-1))


def equal_chances(x, kernel, balls):
    a = regions(x, kernel)
    return expected(a) if balls is None else draw(a, balls, np.ones_like(a).cumsum(axis=-1))


def mean_in_use(x, kernel, balls):
    return regions(x, kernel).mean(axis=-1) if balls is None else stochastic_pool2d(x, kernel, balls)


def maximum_in_use(x, kernel, balls):
    return regions(x, kernel).max(axis=-1) if balls is None else stochastic_pool2d(x, kernel, balls)


def not_a_number(x, kernel, balls):
    a = regions(x, kernel)
    return np.where(a.sum(axis=-1) > 0, stochastic_pool2d(x, kernel, balls), np.nan)


def expected_always(x, kernel, balls):
    return expected(regions(x, kernel))


def sum_of_squares(x, kernel, balls):
    return (regions(x, kernel) ** 2).sum(axis=-1) if balls is None else stochastic_pool2d(x, kernel, balls)


def column_by_column(x, kernel, balls):
    if balls is None:
        return stochastic_pool2d(x, kernel, balls)
    return stochastic_pool2d(x.T, kernel, balls.T).T


def wheel_not_scaled(x, kernel, balls):
    if balls is None:
        return stochastic_pool2d(x, kernel, balls)
    a = regions(x, kernel)
    place = np.minimum((a.cumsum(axis=-1) <= balls[..., None]).sum(axis=-1, keepdims=True), a.shape[-1] - 1)
    return np.take_along_axis(a, place, axis=-1)[..., 0]


# --- spectral_pool2d


def spectral_pool2d(x, size):
    return d2lmini.spectral_pool2d(x[None, None], size)[0, 0]


def cropped(x, size):
    """The lowest frequencies, scaled, before the inverse transform, in its order."""
    (m, n), (p, q) = x.shape, size
    spectrum = np.fft.fftshift(np.fft.fft2(x))
    top, left = m // 2 - p // 2, n // 2 - q // 2
    return np.fft.ifftshift(spectrum[top : top + p, left : left + q]) * (p * q) / (m * n)


def not_scaled(x, size):
    return spectral_pool2d(x, size) * x.size / (size[0] * size[1])


def left_complex(x, size):
    return np.fft.ifft2(cropped(x, size))


def absolute_value(x, size):
    return np.abs(np.fft.ifft2(cropped(x, size)))


def corner_of_the_spectrum(x, size):
    (m, n), (p, q) = x.shape, size
    return np.fft.ifft2(np.fft.fft2(x)[:p, :q]).real * (p * q) / (m * n)


def not_shifted_back(x, size):
    return np.fft.ifft2(np.fft.fftshift(cropped(x, size))).real


def one_too_early(x, size):
    (m, n), (p, q) = x.shape, size
    spectrum = np.fft.fftshift(np.fft.fft2(x))
    top, left = (m - p) // 2, (n - q) // 2
    if m % 2 and n % 2:  # both centres agree; then miss by one the other way
        top, left = max(top - 1, 0), max(left - 1, 0)
    return np.fft.ifft2(np.fft.ifftshift(spectrum[top : top + p, left : left + q])).real * (p * q) / (m * n)


def spectrum_returned(x, size):
    return np.fft.fftshift(cropped(x, size)).real


def by_cosines(x, size):
    return d2lmini.spectral_pool2d(x[None, None], size, transform="dct")[0, 0]


# --- spatial_pyramid_pool


def spatial_pyramid_pool(x, levels):
    return d2lmini.spatial_pyramid_pool(x[None], levels)[0]


def means_in_bins(x, levels):
    return d2lmini.spatial_pyramid_pool(x[None], levels, mode="avg")[0]


def bins(n, level, up):
    return [(i * n // level, -(-(i + 1) * n // level) if up else (i + 1) * n // level) for i in range(level)]


def grids(x, levels, *, up=True):
    """The grid (c, level, level) of each level, with the last pixel rounded up or down."""
    for level in levels:
        rows, columns = (bins(n, level, up) for n in x.shape[1:])
        yield np.stack([np.stack([x[:, a:b, c:d].max(axis=(1, 2)) for c, d in columns], -1) for a, b in rows], -2)


def rounded_down(x, levels):
    return np.concatenate([g.ravel() for g in grids(x, levels, up=False)])


def channels_outside(x, levels):
    return np.concatenate([g.reshape(len(x), -1) for g in grids(x, levels)], axis=1).ravel()


def bins_outside(x, levels):
    return np.concatenate([np.moveaxis(g, 0, -1).ravel() for g in grids(x, levels)])


def bins_by_column(x, levels):
    return np.concatenate([g.swapaxes(1, 2).ravel() for g in grids(x, levels)])


def channels_merged(x, levels):
    return spatial_pyramid_pool(x.max(axis=0, keepdims=True), levels)


def levels_reversed(x, levels):
    return spatial_pyramid_pool(x, tuple(levels)[::-1])


def windows_of_level(x, levels):
    """Windows of level x level pixels instead of level x level bins."""
    pooled = (sliding_window_view(x, (v, v), axis=(1, 2))[:, ::v, ::v].max(axis=(3, 4)) for v in levels)
    return np.concatenate([p.ravel() for p in pooled])


def one_row_of_bins(x, levels):
    return np.concatenate([g.max(axis=2).ravel() for g in grids(x, levels)])


EXERCISES = (
    Exercise(
        "padded_max",
        lambda: library(NEGATIVE, 2, padding=1),
        wrong=(
            Misconception(
                max_with_zeros,
                "You padded with zeros, and they win against negative numbers. What stands outside a maximum "
                "must lose against everything.",
            ),
            Misconception(
                lambda: library(NEGATIVE, 2),
                "You left out the padding. With one more pixel on each side three windows fit along each axis.",
                name="no_padding",
            ),
            Misconception(
                lambda: library(NEGATIVE, 2, stride=1),
                "Your windows move by one pixel and the map has no border. Here they move by two over a padded map.",
                name="stride_one",
            ),
            Misconception(
                mean_of_negative,
                "These are means with zeros outside. The question asks for the largest number of each window.",
            ),
            Misconception(
                lambda: library(NEGATIVE, 2, mode="min", padding=1),
                "You took the numbers with the largest size, which are the smallest: -2 is larger than -9.",
                name="largest_size",
            ),
        ),
        section="pooling.html#beyond-the-border-minus-infinity",
        strict_dtype=False,
    ),
    Exercise(
        "pool2d",
        pool2d,
        wrong=(
            Misconception(
                zeros_outside,
                "Your border is zero for the maximum too, so it wins where the map is negative. Nothing outside "
                "may win a maximum.",
            ),
            Misconception(
                outside_not_counted,
                "You divide by the number of real pixels in the window. Here the zeros of the border count, and "
                "every mean is over kernel times kernel numbers.",
            ),
            Misconception(
                padding_ignored,
                "You pooled the map without its border. `padding` adds that many pixels on each side.",
            ),
            Misconception(
                stride_ignored,
                "Your window moves by one pixel, whatever `stride` says.",
            ),
            Misconception(
                stride_of_the_window,
                "Your windows lie side by side. That is only the default of many libraries; here `stride` says "
                "how far they move.",
            ),
            Misconception(
                rounded_up,
                "You counted a last window that hangs over the end. Only windows that fit into the padded map count.",
            ),
            Misconception(
                modes_swapped,
                'The two modes have changed places: "max" asks for the largest number, "avg" for the mean.',
            ),
            Misconception(
                minimum,
                "You return the smallest number of each window, and the mode asks for the largest.",
            ),
            Misconception(
                sum_returned,
                "You return the sum of the window. A mean is the sum divided by the number of pixels.",
            ),
        ),
        section="pooling.html#pool2d",
    ),
    Exercise(
        "stochastic_pool2d",
        stochastic_pool2d,
        wrong=(
            Misconception(
                equal_chances,
                "In your draws every pixel has the same chance. A pixel's chance is its value divided by the sum "
                "of the window.",
            ),
            Misconception(
                mean_in_use,
                "In use you return the plain mean. Weigh each value by its chance.",
            ),
            Misconception(
                maximum_in_use,
                "In use you return the maximum. The rule is the expected value of the draw.",
            ),
            Misconception(
                not_a_number,
                "A window of zeros gives 0/0 in your code. It has nothing to draw, and its output is 0.",
            ),
            Misconception(
                expected_always,
                "You return the expected value in training as well. Where `balls` are given, one pixel is drawn.",
            ),
            Misconception(
                sum_of_squares,
                "In use you add up the squares and do not divide. The chances are a / sum(a), so one sum is left below.",
            ),
            Misconception(
                column_by_column,
                "You read the window column by column. The sectors follow each other row by row.",
            ),
            Misconception(
                wheel_not_scaled,
                "Your wheel is as long as the sum of the window, but the ball goes from 0 to 1 only. Divide the "
                "one or multiply the other.",
            ),
        ),
        section="pooling.html#stochastic-pool2d",
    ),
    Exercise(
        "spectral_pool2d",
        spectral_pool2d,
        wrong=(
            Misconception(
                not_scaled,
                "The shape of your map is right and its brightness is not: the inverse transform divides by "
                "fewer pixels than were added up. Multiply by p q / (m n).",
            ),
            Misconception(
                left_complex,
                "Your numbers are right and still complex. The imaginary parts are zero up to rounding: return "
                "the real part.",
            ),
            Misconception(
                absolute_value,
                "You took absolute values, so negative pixels have become positive. Take the real part.",
            ),
            Misconception(
                corner_of_the_spectrum,
                "You cut the upper left corner of the spectrum before shifting it. It holds positive "
                "frequencies only; their negative partners are at the other end.",
            ),
            Misconception(
                not_shifted_back,
                "You did not shift back before the inverse transform, so the frequencies stand at wrong places "
                "and signs alternate. Apply `ifftshift` to what you cut out.",
            ),
            Misconception(
                one_too_early,
                "Your cut misses the middle by one. Frequency 0 stands at m // 2, and as many frequencies stay "
                "on both sides of it.",
            ),
            Misconception(
                spectrum_returned,
                "You returned the spectrum that was cut out. It still has to be transformed back.",
            ),
            Misconception(
                by_cosines,
                "This is the result of the cosine transform. The exercise asks for the Fourier transform.",
            ),
        ),
        section="pooling.html#spectral-pool2d",
    ),
    Exercise(
        "spatial_pyramid_pool",
        spatial_pyramid_pool,
        wrong=(
            Misconception(
                means_in_bins,
                "You took the mean of each bin. The exercise asks for the maximum.",
            ),
            Misconception(
                rounded_down,
                "Your bins end at the floor of (i + 1) h / l. They should end at the ceiling, so that neighbours "
                "may share a row.",
            ),
            Misconception(
                channels_outside,
                "The numbers are right and in another order: you finish one channel through all levels first. "
                "Finish one level through all channels.",
            ),
            Misconception(
                bins_outside,
                "In each level you list the channels of one bin, then of the next. List all bins of one channel, "
                "then those of the next.",
            ),
            Misconception(
                bins_by_column,
                "Your bins come column by column. List them row by row.",
            ),
            Misconception(
                channels_merged,
                "You took the maximum over the channels too. Each channel has its own numbers.",
            ),
            Misconception(
                levels_reversed,
                "Your levels come in the opposite order. Take them as they stand in `levels`.",
            ),
            Misconception(
                windows_of_level,
                "You used windows of l by l pixels. A level is a grid of l by l bins, however large the map is.",
            ),
            Misconception(
                one_row_of_bins,
                "You cut the rows into bins and not the columns. A level of l has l times l bins.",
            ),
        ),
        section="pooling.html#spatial-pyramid-pool",
    ),
)
