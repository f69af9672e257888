"""Deformable convolution against torchvision, bilinear sampling against SciPy and PyTorch."""

import numpy as np
import pytest
import scipy.ndimage
import torch
import torch.nn.functional as F
import torchvision.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import ShapeError, bilinear_sample, conv2d, deform_conv2d
from d2lmini.shapes import window

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=50, deadline=None)


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@st.composite
def layers(draw):
    """An image, offsets, weights, a bias or None, a mask or None, and options with which the window fits."""
    kernel, stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, m))) for m in (4, 3, 3))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 3)))
    size = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
            for d, k, p in zip(dilation, kernel, padding, strict=True)]  # fmt: skip
    n, groups, filters, offset_groups = draw(st.tuples(*(st.integers(1, 3) for _ in range(4))))
    c_in = groups * offset_groups * draw(st.integers(1, 2))
    dtype, seed = draw(st.sampled_from(("float32", "float64"))), draw(st.integers(0, 99))
    reach = draw(st.sampled_from((0.3, 1.0, 9.0)))  # pixels
    out, taps = window(size, kernel, stride, padding, dilation).out, kernel[0] * kernel[1]
    x = random(n, c_in, *size, seed=seed, dtype=dtype)
    offset = (reach * random(n, offset_groups * 2 * taps, *out, seed=seed + 1)).astype(dtype)
    weight = random(groups * filters, c_in // groups, *kernel, seed=seed + 2, dtype=dtype)
    bias = random(groups * filters, seed=seed + 3, dtype=dtype) if draw(st.booleans()) else None
    mask = random(n, offset_groups * taps, *out, seed=seed + 4, dtype=dtype) if draw(st.booleans()) else None
    return x, offset, weight, bias, mask, groups, {"stride": stride, "padding": padding, "dilation": dilation}


@few
@given(layer=layers())
def test_deform_conv2d_equals_torchvision(layer):
    x, offset, weight, bias, mask, groups, options = layer
    tensors = [None if a is None else torch.from_numpy(a) for a in (x, offset, weight, bias)]
    factors = None if mask is None else torch.from_numpy(mask)
    theirs = torchvision.ops.deform_conv2d(*tensors, **options, mask=factors)
    atol = 2e-4 if x.dtype == np.float32 else 1e-11
    y = deform_conv2d(x, offset, weight, bias, **options, groups=groups, mask=mask)
    np.testing.assert_allclose(y, theirs.numpy(), rtol=0, atol=atol, strict=True)


@few
@given(layer=layers())
def test_deform_conv2d_with_zero_offsets_is_conv2d(layer):
    x, offset, weight, bias, _, groups, options = layer
    y = deform_conv2d(x, 0 * offset, weight, bias, **options, groups=groups)
    expected = conv2d(x, weight, bias, **options, groups=groups)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-5 if x.dtype == np.float32 else 1e-12, strict=True)


def test_deform_conv2d_with_the_place_in_the_kernel_as_offset_is_dilation_2():
    x, weight = random(2, 3, 9, 8), random(4, 3, 3, 2, seed=1)
    a, b = np.mgrid[:3, :2]
    offset = np.stack([a, b], axis=-1).reshape(1, 12, 1, 1) * np.ones((2, 1, 7, 7))
    y = deform_conv2d(x, offset, weight)[:, :, :5, :6]  # the last rows and columns look outside the image
    np.testing.assert_allclose(y, conv2d(x, weight, dilation=2), atol=1e-12, strict=True)


def test_deform_conv2d_takes_the_mask_as_a_factor_of_each_tap():
    x, weight = random(1, 2, 5, 5), random(3, 2, 3, 3, seed=1)
    offset, mask = random(1, 18, 3, 3, seed=2), np.zeros((1, 9, 3, 3))
    mask[:, 4] = 2  # the middle tap alone, twice
    only = np.zeros_like(weight)
    only[:, :, 1, 1] = 2 * weight[:, :, 1, 1]
    y = deform_conv2d(x, offset, weight, mask=mask)
    np.testing.assert_allclose(y, deform_conv2d(x, offset, only), atol=1e-12, strict=True)


def test_deform_conv2d_may_group_mask_and_offsets_differently():
    x, weight, offset, mask = random(2, 4, 5, 5), random(3, 4, 2, 2, seed=1), random(2, 16, 4, 4), random(2, 4, 4, 4)
    y, expected = (deform_conv2d(x, offset, weight, mask=np.tile(mask, (1, g, 1, 1))) for g in (1, 2))
    np.testing.assert_allclose(y, expected, atol=1e-12, strict=True)


def test_deform_conv2d_reads_whole_numbers_too():
    x, weight = np.arange(9).reshape(1, 1, 3, 3), np.ones((1, 1, 1, 1), int)
    offset = np.zeros((1, 2, 3, 3), int)
    offset[:, 0] = 1  # one pixel down
    assert deform_conv2d(x, offset, weight)[0, 0].tolist() == [[3, 4, 5], [6, 7, 8], [0, 0, 0]]
    assert deform_conv2d(x, offset + 0.5, weight).dtype == np.float64


def test_deform_conv2d_takes_its_dtype_from_image_and_weight():
    x, weight = random(1, 2, 4, 4, dtype="float32"), random(1, 2, 3, 3, dtype="float32")
    assert deform_conv2d(x, random(1, 18, 2, 2), weight).dtype == np.float32
    assert deform_conv2d(x, random(1, 18, 2, 2), weight.astype(float)).dtype == np.float64


X, W, OFF, M = random(2, 4, 6, 5), random(6, 4, 3, 2, seed=1), random(2, 12, 4, 4, seed=2), random(2, 6, 4, 4, seed=3)
REFUSED = {  # x, offset, weight, options, message
    "offsets of five": (X, OFF[:, :5], W, {}, r"offset has shape \(2, 5, 4, 4\); .*\(2, g \* 12, 4, 4\)"),
    "offsets of half a group": (X, OFF[:, :6], W, {}, r"offset has shape \(2, 6, 4, 4\)"),
    "offsets of another size": (X, OFF[..., :3], W, {}, r"offset has shape \(2, 12, 4, 3\)"),
    "offsets of one image": (X, OFF[:1], W, {}, r"offset has shape \(1, 12, 4, 4\)"),
    "offsets for three groups": (X, np.tile(OFF, (1, 3, 1, 1)), W, {}, "with a g that divides c_in=4"),
    "offsets before the stride": (X, OFF, W, {"stride": 2}, r"\(2, g \* 12, 2, 2\)"),
    "an infinite offset": (X, OFF * np.inf, W, {}, "a row or a column is not finite; needed: places in pixels"),
    "a mask of nine": (X, OFF, W, {"mask": OFF[:, :9]}, r"mask has shape \(2, 9, 4, 4\); .*\(2, g \* 6, 4, 4\)"),
    "a mask of one image": (X, OFF, W, {"mask": M[0]}, r"mask has shape \(6, 4, 4\), 3 axes"),
    "complex offsets": (X, OFF * 1j, W, {}, "offset holds complex numbers"),
    "a complex image": (X * 1j, OFF, W, {}, "x holds complex numbers"),
    "weights of other channels": (X, OFF, W[:, :3], {}, "x has 4 channels, weight .* reads 3"),
    "a window too large": (X, OFF, W, {"dilation": 3}, "the window spans 7 pixels"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_deform_conv2d_refuses(case):
    x, offset, weight, options, message = REFUSED[case]
    with np.errstate(invalid="ignore"), pytest.raises(ShapeError, match=message):
        deform_conv2d(x, offset, weight, **options)


@few
@given(size=st.tuples(st.integers(1, 6), st.integers(1, 6)), dtype=st.sampled_from(("float32", "float64")))
def test_bilinear_sample_equals_scipy(size, dtype):
    x, (rows, columns) = random(2, 3, *size, dtype=dtype), 4 * random(2, 2, 3, 5, seed=1)
    expected = [
        [scipy.ndimage.map_coordinates(channel, places, order=1, mode="grid-constant") for channel in image]
        for image, *places in zip(x, rows, columns, strict=True)
    ]
    y = bilinear_sample(x, rows, columns)
    atol = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(y, np.array(expected, dtype), rtol=0, atol=atol, strict=True)


def test_bilinear_sample_equals_torch_grid_sample():
    x, rows, columns = random(2, 3, 5, 7), 8 * random(2, 4, 4, seed=1), 8 * random(2, 4, 4, seed=2)
    grid = np.stack([(2 * columns + 1) / 7 - 1, (2 * rows + 1) / 5 - 1], axis=-1)  # edge to edge from -1 to 1
    theirs = F.grid_sample(torch.from_numpy(x), torch.from_numpy(grid), align_corners=False).numpy()
    np.testing.assert_allclose(bilinear_sample(x, rows, columns), theirs, atol=1e-12, strict=True)


def test_bilinear_sample_at_the_pixels_is_the_image():
    x = random(2, 3, 4, 5)
    rows, columns = (np.broadcast_to(v, (2, 4, 5)) for v in np.mgrid[:4, :5])
    np.testing.assert_array_equal(bilinear_sample(x, rows, columns), x, strict=True)


def test_bilinear_sample_fades_to_zero_outside():
    places = np.array([[[-1.0, -0.75, 0.0, 1.25, 2.0, 99.0, -1e300]]])
    ones = np.ones((1, 1, 2, 1))
    assert bilinear_sample(ones, places, 0 * places).ravel().tolist() == [0, 0.25, 1, 0.75, 0, 0, 0]


def test_bilinear_sample_refuses_other_shapes():
    x, places = random(2, 3, 4, 5), random(2, 3, 3)
    for rows, columns in ((places, places[:, :2]), (places[:1], places[:1]), (places[:, :1], places)):
        with pytest.raises(ShapeError, match=r"rows has shape .*, columns .*, x \(2, 3, 4, 5\); needed: .*; try: "):
            bilinear_sample(x, rows, columns)
    for value in (np.nan, np.inf):
        with pytest.raises(ShapeError, match="a row or a column is not finite"):
            bilinear_sample(x, places, np.full_like(places, value))
