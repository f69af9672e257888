"""Kernels and what is done with them, against scipy.ndimage, scipy.signal and the published kernels."""

import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import (
    ShapeError,
    box_kernel,
    estimate_kernel,
    filter2d,
    gaussian_kernel,
    gradient_magnitude,
    identity_kernel,
    oriented_bank,
    pyramid,
    sobel_kernels,
)

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=40, deadline=None)
odd_sizes = st.integers(0, 4).map(lambda i: 2 * i + 1)
SCIPY = {
    "zeros": "constant",
    "constant": "constant",
    "circular": "wrap",
    "replicate": "nearest",
    "reflect": "mirror",
    "symmetric": "reflect",
}
KERNELS = [identity_kernel, box_kernel, gaussian_kernel]


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@given(size=odd_sizes)
def test_identity_kernel_changes_nothing(size):
    x = random(1, 2, 6, 7)
    np.testing.assert_array_equal(filter2d(x, identity_kernel(size)), x, strict=True)  # n002.kern.id
    np.testing.assert_array_equal(
        identity_kernel(size), scipy.signal.unit_impulse((size, size), "mid"), strict=True
    )


@given(size=odd_sizes)
def test_box_kernel_equals_scipy_uniform_filter(size):
    x = random(1, 1, 9, 10)
    expected = scipy.ndimage.uniform_filter(x[0, 0], size, mode="nearest")
    np.testing.assert_allclose(filter2d(x, box_kernel(size))[0, 0], expected, atol=1e-13, strict=True)
    np.testing.assert_allclose(box_kernel(size).sum(), 1.0, strict=True)  # n002.box.kernel


def test_box_kernel_takes_small_integers_of_numpy():
    np.testing.assert_array_equal(box_kernel(np.int8(13)), box_kernel(13), strict=True)  # 13 * 13 is no int8


@given(size=odd_sizes, sigma=st.floats(0.05, 50))
def test_gaussian_kernel_equals_scipy(size, sigma):
    row = scipy.signal.windows.gaussian(size, sigma)
    expected = np.outer(row, row) / row.sum() ** 2
    np.testing.assert_allclose(gaussian_kernel(size, sigma), expected, rtol=1e-12, strict=True)


def test_gaussian_kernel_without_sigma_is_the_triangle_of_pascal():
    assert (16 * gaussian_kernel(3)).tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]  # n002.kern.gauss
    for size in (1, 3, 5, 7, 9):
        row = np.array([math.comb(size - 1, i) for i in range(size)]) / 2.0 ** (size - 1)
        np.testing.assert_array_equal(gaussian_kernel(size), np.outer(row, row), strict=True)
        assert np.linalg.matrix_rank(gaussian_kernel(size)) == 1


@pytest.mark.parametrize(
    "sigma", [0, -1.0, float("nan"), float("inf"), "1", True, 1j, [1.0], np.ones(1)], ids=repr
)
def test_gaussian_kernel_refuses_what_is_no_width(sigma):
    with pytest.raises(ShapeError) as caught:
        gaussian_kernel(3, sigma)
    assert str(caught.value) == f"sigma={sigma!r}; needed: a positive number of pixels; try: sigma=1.0"


@pytest.mark.parametrize("kernel", [*KERNELS, lambda size: oriented_bank(2, size)])
def test_identity_box_gaussian_kernels_and_the_bank_want_an_odd_size(kernel):
    with pytest.raises(ShapeError) as caught:
        kernel(4)
    assert (
        str(caught.value)
        == "size=4 is even; needed: an odd size, so that the kernel has a centre; try: size=5"
    )
    for size in (0, -3, 3.0, float("nan"), "3", None, True, (3, 3)):
        with pytest.raises(ShapeError, match="size=.*; needed: an integer >= 1; try: size=1"):
            kernel(size)


@pytest.mark.parametrize("axis", [0, 1])
def test_sobel_kernels_equal_scipy(axis):
    x = random(1, 1, 7, 8)
    expected = scipy.ndimage.sobel(x[0, 0], axis=1 - axis, mode="nearest")  # scipy's axis 1 is x
    np.testing.assert_allclose(filter2d(x, sobel_kernels()[axis])[0, 0], expected, atol=1e-13, strict=True)


def test_sobel_kernels_are_the_published_ones():
    x, y = sobel_kernels()
    assert x.tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]  # n002.kern.sobelx
    assert y.tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]  # n002.kern.sobely
    assert np.linalg.matrix_rank(x) == np.linalg.matrix_rank(y) == 1


def test_sobel_kernels_are_positive_to_the_right_and_downwards():
    """Erratum C2: the sign follows from cross-correlation; flipped kernels give the negative."""
    right = np.broadcast_to(np.arange(5.0), (1, 1, 5, 5))
    x, y = sobel_kernels()
    assert filter2d(right, x)[0, 0, 2, 2] == 8 and filter2d(right, y)[0, 0, 2, 2] == 0
    assert filter2d(right.transpose(0, 1, 3, 2), y)[0, 0, 2, 2] == 8
    np.testing.assert_array_equal(x[::-1, ::-1], -x, strict=True)


@few
@given(
    mode=st.sampled_from(list(SCIPY)),
    kh=odd_sizes,
    kw=odd_sizes,
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_filter2d_equals_scipy(mode, kh, kw, dtype):
    x, kernel = random(2, 2, 6, 5, dtype=dtype), random(kh, kw, seed=1)
    value = 0.5 if mode == "constant" else 0.0
    y = filter2d(x, kernel, mode=mode, value=value)
    for i, j in np.ndindex(2, 2):
        expected = scipy.ndimage.correlate(x[i, j], kernel, mode=SCIPY[mode], cval=value)
        atol = 3e-5 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(y[i, j], expected, rtol=0, atol=atol, strict=True)


def test_filter2d_takes_its_dtype_from_the_image():
    kernel = box_kernel()
    for dtype, expected in (
        ("float32", "float32"),
        ("float64", "float64"),
        ("uint8", "float64"),
        ("int64", "float64"),
    ):
        assert filter2d(np.ones((1, 1, 3, 3), dtype), kernel).dtype == expected
    assert filter2d(np.ones((1, 1, 3, 3), "int64"), np.ones((3, 3), "int64")).dtype == np.int64


def test_filter2d_keeps_the_imaginary_part_of_a_kernel():
    x, kernel = random(1, 1, 5, 5), random(3, 3, seed=1) + 1j * random(3, 3, seed=2)
    expected = filter2d(x, kernel.real) + 1j * filter2d(x, kernel.imag)
    np.testing.assert_allclose(filter2d(x, kernel), expected, atol=1e-13, strict=True)


def test_filter2d_refuses_kernels_without_a_centre():
    with pytest.raises(ShapeError, match="a kernel of 2 with dilation 1 spans 2 pixels, an even number"):
        filter2d(np.ones((1, 1, 4, 4)), np.ones((3, 2)))
    with pytest.raises(ShapeError, match=r"kernel has shape \(1, 1, 3, 3\), 4 axes; .* try: kernel\[0, 0\]"):
        filter2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)))
    with pytest.raises(ShapeError, match="mode='edge'; needed: one of zeros"):
        filter2d(np.ones((1, 1, 4, 4)), np.ones((3, 3)), mode="edge")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradient_magnitude_equals_scipy(dtype):
    x = random(1, 2, 6, 7, dtype=dtype)
    for c in range(2):
        gx, gy = (scipy.ndimage.sobel(x[0, c], axis, mode="mirror") for axis in (1, 0))
        for norm, expected in ((1, np.abs(gx) + np.abs(gy)), (2, np.sqrt(gx**2 + gy**2))):
            y = gradient_magnitude(x, norm=norm, mode="reflect")[0, c]
            np.testing.assert_allclose(y, expected, atol=1e-5 if dtype == "float32" else 1e-12, strict=True)


def test_gradient_magnitude_does_not_depend_on_the_sign_of_the_kernels():
    """Erratum C2: both sign conventions of the documents give the same strength."""
    x = random(1, 1, 6, 6)
    np.testing.assert_allclose(gradient_magnitude(-x, norm=1), gradient_magnitude(x, norm=1), strict=True)


def test_gradient_magnitude_turns_with_the_image():
    x = random(1, 1, 7, 7)
    turned = np.rot90(x, axes=(2, 3))
    np.testing.assert_allclose(
        gradient_magnitude(turned), np.rot90(gradient_magnitude(x), axes=(2, 3)), atol=1e-13, strict=True
    )


@pytest.mark.parametrize("norm", [0, 3, "L1", None, float("nan")], ids=repr)
def test_gradient_magnitude_lists_the_norms(norm):
    with pytest.raises(
        ShapeError, match=r"norm=.*; needed: 1 for \|gx\| \+ \|gy\| or 2 for sqrt.*; try: norm=2"
    ):
        gradient_magnitude(np.ones((1, 1, 3, 3)), norm=norm)


@given(n=st.integers(1, 9), size=st.integers(1, 5).map(lambda i: 2 * i + 1), sigma=st.floats(0.1, 5))
def test_oriented_bank_sums_to_zero_and_its_absolute_values_to_one(n, size, sigma):
    bank = oriented_bank(n, size, sigma)
    assert bank.shape == (n, size, size)
    np.testing.assert_allclose(bank.sum(axis=(1, 2)), np.zeros(n), atol=1e-14, strict=True)
    np.testing.assert_allclose(np.abs(bank).sum(axis=(1, 2)), np.ones(n), rtol=1e-12, strict=True)


def test_oriented_bank_starts_with_the_derivative_of_scipys_gaussian():
    centre = scipy.signal.unit_impulse((13, 13), "mid")
    expected = -scipy.ndimage.gaussian_filter(centre, 1.5, order=(0, 1), radius=6)  # correlation: a sign
    kernel = oriented_bank(1, 13, 1.5)[0]
    np.testing.assert_allclose(kernel, expected / np.abs(expected).sum(), atol=1e-12, strict=True)


def test_oriented_bank_turns_by_equal_angles_from_right_to_downwards():
    for n in (4, 8):  # n002.filterbank8: 22.5 degrees from one to the next
        bank = oriented_bank(n)
        np.testing.assert_allclose(bank[n // 2], bank[0].T, atol=1e-16, strict=True)
        i, j = np.mgrid[-20:21, -20:21]
        for number in range(n):
            angle = np.pi * number / n
            ramp = np.cos(angle) * j + np.sin(angle) * i  # brightens in this direction
            strength = np.abs(
                [(kernel / np.linalg.norm(kernel) * ramp[17:24, 17:24]).sum() for kernel in bank]
            )
            assert strength.argmax() == number


def test_oriented_bank_refuses_kernels_that_would_be_nothing():
    with pytest.raises(
        ShapeError, match="size=1, sigma=1.5 leave no weight beside the centre; needed: size >= 3"
    ):
        oriented_bank(8, 1)
    with pytest.raises(
        ShapeError, match="size=7, sigma=0.02 leave no weight beside the centre; .* sigma >= 0.1"
    ):
        oriented_bank(8, 7, 0.02)
    with pytest.raises(ShapeError, match="n=0; needed: an integer >= 1"):
        oriented_bank(0)
    with pytest.raises(ShapeError, match="sigma=-1; needed: a positive number of pixels"):
        oriented_bank(8, 7, -1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pyramid_equals_scipy(dtype):
    x = random(2, 1, 13, 10, dtype=dtype)
    levels = pyramid(x, 3)
    assert [level.shape for level in levels] == [(2, 1, 13, 10), (2, 1, 7, 5), (2, 1, 4, 3), (2, 1, 2, 2)]
    expected = x
    for level in levels:
        np.testing.assert_allclose(level, expected, atol=1e-6 if dtype == "float32" else 1e-14, strict=True)
        blurred = [scipy.ndimage.correlate(im[0], gaussian_kernel(5), mode="nearest") for im in expected]
        expected = np.array(blurred)[:, None, ::2, ::2]


def test_pyramid_without_blur_is_every_second_pixel():
    x = random(1, 1, 8, 8)
    for level, image in enumerate(pyramid(x, 3, blur=identity_kernel(1))):
        np.testing.assert_array_equal(image, x[:, :, :: 2**level, :: 2**level], strict=True)


def test_pyramid_starts_with_a_copy():
    x = random(1, 1, 4, 4)
    (copy,) = pyramid(x, 0)
    np.testing.assert_array_equal(copy, x, strict=True)
    assert not np.shares_memory(copy, x)


def test_pyramid_blurs_away_what_would_alias():
    """Stripes of one pixel: every second pixel sees one colour only; the blurred pyramid sees the mean."""
    stripes = np.broadcast_to(np.arange(16) % 2.0, (1, 1, 16, 16))
    assert pyramid(stripes, 1, blur=identity_kernel(1))[1].max() == 0
    np.testing.assert_allclose(pyramid(stripes, 1)[1][:, :, :, 1:-1], np.full((1, 1, 8, 6), 0.5), strict=True)


def test_pyramid_refuses_more_levels_than_halvings():
    with pytest.raises(
        ShapeError, match="level 3 is a single pixel; needed: an image to halve; try: levels=3"
    ):
        pyramid(np.ones((1, 1, 8, 8)), 4)
    for levels in (-1, 1.0, float("nan"), "2", None):
        with pytest.raises(ShapeError, match="levels=.*; needed: an integer >= 0; try: levels=0"):
            pyramid(np.ones((1, 1, 8, 8)), levels)


@few
@given(
    kh=st.sampled_from([1, 3, 5]),
    kw=st.sampled_from([1, 3, 5]),
    seed=st.integers(0, 50),
    mode=st.sampled_from(list(SCIPY)),
)
def test_estimate_kernel_finds_the_kernel_whatever_the_border(kh, kw, seed, mode):
    x, kernel = random(2, 1, 12, 11, seed=seed), random(kh, kw, seed=seed + 1)
    y = np.stack([scipy.ndimage.correlate(im[0], kernel, mode=SCIPY[mode]) for im in x])[:, None]
    np.testing.assert_allclose(estimate_kernel(x, y, (kh, kw)), kernel, atol=1e-10, strict=True)


def test_estimate_kernel_averages_noise_away():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 1, 64, 64))
    y = filter2d(x, sobel_kernels()[0]) + 0.1 * rng.standard_normal(x.shape)
    found = estimate_kernel(x, y, 3)
    error = np.abs(found - sobel_kernels()[0]).max()
    assert 0 < error < 5 * 0.1 / 62  # five standard deviations of a weight


def test_estimate_kernel_works_in_single_precision():
    x = random(1, 3, 40, 40, dtype="float32")
    found = estimate_kernel(x, filter2d(x, gaussian_kernel(3)), 3)
    np.testing.assert_allclose(found, gaussian_kernel(3).astype("float32"), atol=1e-6, strict=True)


def test_estimate_kernel_refuses_images_that_do_not_tell():
    flat = np.ones((1, 1, 9, 9))
    with pytest.raises(
        ShapeError, match="the images give 1 independent equations; needed: 9, one a weight; try: an image"
    ):
        estimate_kernel(flat, flat, 3)
    with pytest.raises(
        ShapeError, match=r"x has shape \(1, 1, 9, 9\) and y \(1, 1, 7, 7\); needed: two images of one shape"
    ):
        estimate_kernel(flat, flat[:, :, 1:-1, 1:-1], 3)
    with pytest.raises(ShapeError, match="size=4 is even"):
        estimate_kernel(flat, flat, (3, 4))
    with pytest.raises(ShapeError, match="the window spans 11 pixels and the padded axis has 9"):
        estimate_kernel(flat, flat, 11)
