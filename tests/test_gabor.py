"""Gabor filters against formulas written out, numerical transforms and SciPy, and what banks and gratings promise."""

import itertools
import re

import numpy as np
import pytest
import scipy.integrate
import scipy.signal
import torch
import torch.nn.functional as F

from d2lmini import ShapeError, data, gabor, gabor_bank, gabor_energy, gabor_ft

pytestmark = pytest.mark.filterwarnings("error")

CASES = [  # sigma_x, sigma_y, alpha, U, V
    (3.0, 5.0, 0.5, 0.1, 0.05),
    (2.0, 2.0, 0.0, 0.25, 0.0),
    (4.0, 1.5, 2.1, -0.2, 0.12),
    (2.5, 6.0, -0.7, 0.0, -0.3),
]
each_case = pytest.mark.parametrize(("sx", "sy", "alpha", "U", "V"), CASES)


def by_hand(x, y, sx, sy, alpha, U, V):
    """The formula of one pixel, with plain complex numbers."""
    a = x * np.cos(alpha) + y * np.sin(alpha)
    b = -x * np.sin(alpha) + y * np.cos(alpha)
    return np.exp(-0.5 * (a * a / sx**2 + b * b / sy**2)) / (2 * np.pi * sx * sy) * np.exp(2j * np.pi * (U * x + V * y))


def numerical(kernel, u, v):
    """The sum of h(x, y) exp(-2 pi j (u x + v y)) over the pixels of a kernel."""
    half = len(kernel) // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    return (kernel * np.exp(-2j * np.pi * (u * x + v * y))).sum()


@each_case
def test_gabor_equals_its_formula_pixel_by_pixel(sx, sy, alpha, U, V):
    expected = [[by_hand(x, y, sx, sy, alpha, U, V) for x in range(-4, 5)] for y in range(-4, 5)]
    np.testing.assert_allclose(
        gabor(9, sx, sy, alpha=alpha, U=U, V=V), np.array(expected), atol=1e-15, rtol=1e-12, strict=True
    )


@each_case
def test_gabor_has_an_even_real_and_an_odd_imaginary_part(sx, sy, alpha, U, V):
    pair = gabor(11, sx, sy, alpha=alpha, U=U, V=V)
    np.testing.assert_allclose(pair[::-1, ::-1], pair.conj(), atol=1e-15, strict=True)


@pytest.mark.parametrize(("sx", "sy", "alpha"), [(3, 5, 0.0), (3, 5, 0.5), (2, 2, 1.0), (1.5, 4, 2.5)])
def test_gabor_without_a_wave_integrates_to_one(sx, sy, alpha):
    assert abs(gabor(61, sx, sy, alpha=alpha).sum() - 1) < 1e-6
    whole, _ = scipy.integrate.dblquad(lambda y, x: by_hand(x, y, sx, sy, alpha, 0, 0).real, -40, 40, -40, 40)
    assert abs(whole - 1) < 1e-6
    with_the_roots = gabor(61, sx, sy, alpha=alpha).sum() * (2 * np.pi * sx * sy) / (2 * np.pi * np.sqrt(sx * sy))
    assert abs(with_the_roots - np.sqrt(sx * sy)) < 1e-5  # the printed constant


def test_gabor_runs_to_the_right_with_u_and_downwards_with_v():
    right, down = gabor(7, 2, 2, U=0.2), gabor(7, 2, 2, V=0.2)
    np.testing.assert_allclose(down, right.T, atol=1e-15, strict=True)
    assert right[3, 4].imag > 0 > right[3, 2].imag and down[4, 3].imag > 0 > down[2, 3].imag
    tall, turned = gabor(7, 1, 3), gabor(7, 1, 3, alpha=np.pi / 2)
    np.testing.assert_allclose(turned, tall.T, atol=1e-15, strict=True)
    assert tall[0, 3].real > tall[3, 0].real  # sigma_y is the width along y


def test_gabor_turns_from_rightwards_to_downwards():
    kernel = gabor(21, 5, 1, alpha=np.pi / 4).real  # a ridge along its own x axis
    assert kernel[14, 14] > 10 * kernel[14, 6]


@each_case
def test_gabor_ft_equals_the_numerical_transform(sx, sy, alpha, U, V):
    u, v = np.random.default_rng(1).uniform(-0.12, 0.12, (2, 4, 3)) + [[[U]], [[V]]]
    kernel = gabor(81, sx, sy, alpha=alpha, U=U, V=V)
    expected = np.array([[numerical(kernel, *at) for at in zip(*rows, strict=True)] for rows in zip(u, v, strict=True)])
    np.testing.assert_allclose(expected.imag, 0, atol=1e-9)
    actual = gabor_ft(u, v, sx, sy, alpha=alpha, U=U, V=V)
    np.testing.assert_allclose(actual, expected.real, atol=1e-6, strict=True)
    assert actual.max() > 0.1


def test_gabor_ft_keeps_the_numbers_of_the_errata():
    u, v = np.array([0.1, 0.12, 0.05]), np.array([0.05, 0.02, 0.08])
    right = gabor_ft(u, v, 3, 5, alpha=0.5, U=0.1, V=0.05)
    np.testing.assert_allclose(right, [1.0, 0.5282, 0.2458], atol=1e-4)
    c, s = np.cos(0.5), np.sin(0.5)
    printed = gabor_ft(c * u + s * v, c * v - s * u, 3, 5, U=0.1, V=0.05)
    np.testing.assert_allclose(printed, [0.2307, 0.0177, 0.9389], atol=1e-4)


def test_gabor_ft_wants_frequencies_of_one_shape():
    with pytest.raises(ShapeError, match=r"u has shape \(3,\) and v \(2,\); needed: one shape; try: np.meshgrid"):
        gabor_ft(np.zeros(3), np.zeros(2), 1, 1)


@pytest.mark.parametrize(("orientations", "sigmas", "frequencies"), [(4, (2.0,), (0.1, 0.2)), (3, (1.5, 3.0), (0.15,))])
def test_gabor_bank_has_a_kernel_for_each_orientation_scale_frequency_and_part(orientations, sigmas, frequencies):
    options = {"orientations": orientations, "sigmas": sigmas, "frequencies": frequencies, "elongation": 1.5}
    bank = gabor_bank(13, **options)
    m = orientations * len(sigmas) * len(frequencies)
    assert bank.shape == (2 * m, 1, 13, 13) and bank.dtype == np.float64
    for place, (s, f, k) in enumerate(itertools.product(sigmas, frequencies, range(orientations))):
        angle = np.pi * k / orientations
        width = {"sigma_x": s, "sigma_y": 1.5 * s, "alpha": angle}
        pair, bell = gabor(13, **width, U=f * np.cos(angle), V=f * np.sin(angle)), gabor(13, **width).real
        even, odd = pair.real - pair.real.sum() / bell.sum() * bell, pair.imag
        np.testing.assert_allclose(bank[place, 0], even / np.linalg.norm(even), atol=1e-12, strict=True)
        np.testing.assert_allclose(bank[m + place, 0], odd / np.linalg.norm(odd), atol=1e-12, strict=True)


def test_gabor_bank_ignores_brightness_and_weighs_noise_alike():
    bank = gabor_bank(11, orientations=6, sigmas=(1.0, 2.0, 4.0), frequencies=(0.06, 0.2))
    np.testing.assert_allclose(bank.sum(axis=(2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose((bank**2).sum(axis=(2, 3)), 1, atol=1e-12)


def test_gabor_bank_responds_to_its_own_frequency_most():
    bank = gabor_bank(31, orientations=4, sigmas=(4.0,), frequencies=(0.1, 0.2))
    for place, kernel in enumerate(bank[:8, 0]):
        spectrum = np.abs(np.fft.fft2(kernel, (256, 256)))
        row, column = np.unravel_index(spectrum[:, :129].argmax(), (256, 129))
        v, u = (row - 256 * (row > 128)) / 256, column / 256
        frequency, angle = (0.1, 0.2)[place // 4], np.pi * (place % 4) / 4
        u, v = (-u, -v) if u * np.cos(angle) + v * np.sin(angle) < 0 else (u, v)  # real kernels have two peaks
        np.testing.assert_allclose([u, v], [frequency * np.cos(angle), frequency * np.sin(angle)], atol=0.006)


@pytest.mark.parametrize("stride", [1, (2, 3)])
def test_gabor_energy_equals_torch(stride):
    x, bank = np.random.default_rng(0).standard_normal((2, 1, 17, 20)), gabor_bank(7, orientations=3, sigmas=(1.5,))
    maps = F.conv2d(torch.from_numpy(x), torch.from_numpy(bank), stride=stride, padding=2).numpy()
    expected = maps[:, :3] ** 2 + maps[:, 3:] ** 2
    np.testing.assert_allclose(gabor_energy(x, bank, stride=stride, padding=2), expected, atol=1e-12, strict=True)


def test_gabor_energy_hardly_hears_the_phase():
    x = np.arange(64)[None, :] * np.ones((64, 1))
    bank = gabor_bank(31, orientations=2, sigmas=(5.0,), frequencies=(0.125,))
    answers = []
    for phase in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        wave = np.cos(2 * np.pi * 0.125 * x + phase)[None, None]
        answers.append(gabor_energy(wave, bank)[0, :, 16, 16])
    along, across = np.array(answers).T
    assert np.ptp(along) < 0.01 * along.mean() and across.max() < 1e-6 * along.mean()


def test_gabor_energy_wants_pairs_and_one_channel():
    x, bank = np.ones((1, 1, 9, 9)), gabor_bank(5, orientations=2)
    for wrong in ({"x": np.ones((1, 3, 9, 9))}, {"bank": bank[:3]}, {"bank": np.ones((4, 2, 5, 5))}):
        with pytest.raises(ShapeError, match=re.escape("needed: (n, 1, h, w) and pairs, (2 m, 1, k, k)")):
            gabor_energy(**{"x": x, "bank": bank, **wrong})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gabor(4, 1, 1), "size=4 is even"),
        (lambda: gabor(5, 0, 1), "sigma_x=0; needed: a positive number of pixels"),
        (lambda: gabor(5, 1, -1), "sigma_y=-1; needed"),
        (lambda: gabor(5, 1, 1, U=0.7), "U=0.7; needed: a number from -0.5 to 0.5"),
        (lambda: gabor(5, 1, 1, V=np.nan), "V=nan; needed"),
        (lambda: gabor(5, 1, 1, alpha=45), "alpha=45; needed: a number from -6.28"),
        (lambda: gabor_bank(5, orientations=0), "orientations=0; needed: an integer >= 1"),
        (lambda: gabor_bank(5, sigmas=()), "sigmas=(); needed: a list of one or more numbers"),
        (lambda: gabor_bank(5, frequencies=0.1), "frequencies=0.1; needed: a list"),
        (lambda: gabor_bank(5, frequencies=(0,)), "frequency=0; needed: waves, 0 < frequency"),
        (lambda: gabor_bank(5, elongation=0), "elongation=0; needed"),
        (lambda: gabor_bank(1), "is empty; needed: a window with room for a wave"),
    ],
)
def test_gabor_refuses(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()


# --- gratings


def test_gratings_run_in_the_direction_of_their_class():
    drawn = data.gratings(48, classes=6, size=40, rng=np.random.default_rng(0), noise=0, frequency=(0.1, 0.1))
    assert drawn.names == ("0°", "30°", "60°", "90°", "120°", "150°")
    for image, label in zip(drawn.images[:, 0], drawn.labels, strict=True):
        spectrum = np.abs(np.fft.fft2(image - image.mean(), (400, 400)))
        row, column = np.unravel_index(spectrum[:, :201].argmax(), (400, 201))
        v, u = (row - 400 * (row > 200)) / 400, column / 400
        gap = (np.rad2deg(np.arctan2(v, u)) - 30 * label + 90) % 180 - 90
        assert abs(gap) < 3 and abs(np.hypot(u, v) - 0.1) < 0.006


def test_gratings_of_one_class_have_every_phase_and_so_a_flat_mean():
    drawn = data.gratings(800, classes=2, rng=np.random.default_rng(0), noise=0)
    for label in (0, 1):
        mean = drawn.images[drawn.labels == label].mean(axis=0)
        assert np.abs(mean - 0.5).max() < 0.06


def test_gratings_have_the_contrast_and_the_noise_that_were_asked_for():
    clean = data.gratings(20, size=64, rng=np.random.default_rng(0), noise=0, contrast=0.2).images
    np.testing.assert_allclose([clean.min(), clean.max()], [0.3, 0.7], atol=0.01)
    noise = data.gratings(20, size=64, rng=np.random.default_rng(0), noise=0.1, contrast=0).images
    assert abs(noise.std() - 0.1) < 0.003


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 1}, "classes=1; needed: an integer >= 2"),
        ({"classes": 19}, "classes=19; needed: 2 to 18"),
        ({"frequency": 0.1}, "frequency=0.1; needed: a pair"),
        ({"frequency": (0.2, 0.1)}, "frequency=0.1; needed: a number from 0.2 to 0.5"),
        ({"contrast": 0.6}, "contrast=0.6; needed: a number from 0 to 0.5"),
    ],
)
def test_gratings_refuse(options, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        data.gratings(4, rng=np.random.default_rng(0), **options)
