"""The convolution layer backwards: against autograd, against central differences, and as the transpose that it is."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import (
    ShapeError,
    col2im,
    conv2d,
    conv2d_backward,
    conv2d_true,
    conv_transpose2d,
    convolution_matrix2d,
    grad_check,
    im2col,
    numerical_gradient,
)

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=40, deadline=None)


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@st.composite
def layers(draw, dtypes=("float32", "float64")):
    """An image, weights, and options with which the window fits."""
    kernel, stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, most))) for most in (4, 3, 3))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 3)))
    h, w = (
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
        for d, k, p in zip(dilation, kernel, padding, strict=True)
    )
    n, groups, per_group, filters = draw(st.tuples(*(st.integers(1, 3) for _ in range(4))))
    dtype, seed = draw(st.sampled_from(dtypes)), draw(st.integers(0, 99))
    x = random(n, groups * per_group, h, w, seed=seed, dtype=dtype)
    weight = random(groups * filters, per_group, *kernel, seed=seed + 1, dtype=dtype)
    return x, weight, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def close(ours, theirs):
    atol = 5e-5 if theirs.dtype == torch.float32 else 1e-11
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=atol, strict=True)


# --- conv2d_backward ------------------------------------------------------------------------------------------


@few
@given(layer=layers())
def test_conv2d_backward_equals_torch(layer):
    x, weight, options = layer
    tensors = [torch.from_numpy(a).requires_grad_() for a in (x, weight, np.zeros(len(weight), x.dtype))]
    y = F.conv2d(*tensors, **options)
    dy = random(*y.shape, seed=5, dtype=x.dtype)
    y.backward(torch.from_numpy(dy))
    kept = [a.copy() for a in (dy, x, weight)]
    for ours, tensor in zip(conv2d_backward(dy, x, weight, **options), tensors, strict=True):
        close(ours, tensor.grad)
    for before, after in zip(kept, (dy, x, weight), strict=True):
        np.testing.assert_array_equal(after, before, strict=True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2, "padding": 1},
        {"stride": (1, 2), "dilation": (2, 1), "padding": (0, 2)},
        {"groups": 2, "stride": (2, 1), "padding": 1},
    ],
)
def test_conv2d_backward_equals_central_differences(options):
    x, weight, bias = random(2, 4, 6, 5), random(4, 4 // options.get("groups", 1), 3, 2, seed=1), random(4, seed=2)

    def forward(x, weight, bias):
        return conv2d(x, weight, bias, **options)

    def backward(dy, x, weight, bias):
        return conv2d_backward(dy, x, weight, **options)

    assert grad_check(forward, backward, x, weight, bias, rng=np.random.default_rng(3)) < 1e-8


def test_conv2d_backward_of_the_book_example_by_hand():
    """3 x 3 image, 2 x 2 filter: dw correlates the image with dy, dx convolves dy with the filter, in full."""
    x, k, dy = random(3, 3), random(2, 2, seed=1), random(2, 2, seed=2)
    dx, dw, db = conv2d_backward(dy[None, None], x[None, None], k[None, None])
    by_hand = [[(x[a : a + 2, b : b + 2] * dy).sum() for b in range(2)] for a in range(2)]
    np.testing.assert_allclose(dw[0, 0], by_hand, atol=1e-14, strict=True)
    np.testing.assert_allclose(dx[0, 0], conv2d_true(dy, k, "full"), atol=1e-14, strict=True)
    np.testing.assert_allclose(db, [dy.sum()], atol=1e-14, strict=True)


@few
@given(layer=layers(dtypes=("float64",)))
def test_conv2d_backward_multiplies_by_the_transposed_matrix(layer):
    x, weight, options = layer
    matrix = convolution_matrix2d(weight, x.shape[2:], **options)
    dy = random(*conv2d(x, weight, **options).shape, seed=5)
    dx, _, _ = conv2d_backward(dy, x, weight, **options)
    np.testing.assert_allclose(dx.reshape(len(x), -1), dy.reshape(len(x), -1) @ matrix, atol=1e-11, strict=True)


def test_conv2d_backward_refuses():
    x, weight = random(2, 4, 6, 5), random(6, 4, 3, 2)
    message = (
        r"dy has shape \(2, 6, 4, 1\); needed: the shape of the output, \(2, 6, 4, 4\); try: np.ones\(\(2, 6, 4, 4\)\)"
    )
    with pytest.raises(ShapeError, match=message):
        conv2d_backward(np.ones((2, 6, 4, 1)), x, weight)  # would broadcast
    with pytest.raises(ShapeError, match=r"dy has shape \(6, 2, 4, 4\)"):
        conv2d_backward(np.ones((6, 2, 4, 4)), x, weight)  # has as many numbers
    with pytest.raises(ShapeError, match="dy has shape .* 3 axes"):
        conv2d_backward(np.ones((6, 4, 4)), x, weight)
    with pytest.raises(ShapeError, match="x has 2 channels"):
        conv2d_backward(np.ones((2, 6, 4, 4)), x[:, :2], weight)
    with pytest.raises(ShapeError, match="the window spans 9 pixels"):
        conv2d_backward(np.ones((2, 6, 4, 4)), x, weight, dilation=4)


# --- col2im ---------------------------------------------------------------------------------------------------


@few
@given(layer=layers())
def test_col2im_equals_torch_fold(layer):
    x, weight, options = layer
    options = {name: options[name] for name in ("stride", "padding", "dilation")}
    columns = random(*im2col(x, weight.shape[2:], **options).shape, seed=5, dtype=x.dtype)
    theirs = F.fold(torch.from_numpy(columns), x.shape[2:], weight.shape[2:], **options)
    close(col2im(columns, x.shape[2:], weight.shape[2:], **options), theirs)


@few
@given(layer=layers(dtypes=("float64",)))
def test_col2im_is_the_transpose_of_im2col(layer):
    x, weight, options = layer
    options = {name: options[name] for name in ("stride", "padding", "dilation")}
    columns = im2col(x, weight.shape[2:], **options)
    other = random(*columns.shape, seed=5)
    back = col2im(other, x.shape[2:], weight.shape[2:], **options)
    assert (columns * other).sum() == pytest.approx((x * back).sum(), abs=1e-10)


def test_col2im_counts_the_windows_of_each_pixel():
    counts = col2im(np.ones((1, 4, 9), int), (4, 4), 2)
    assert counts[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    assert counts.dtype == int


def test_col2im_refuses():
    with pytest.raises(
        ShapeError, match=r"columns has shape \(1, 4, 8\); needed: \(n, c \* 4, 9\): windows of \(2, 2\) at \(3, 3\)"
    ):
        col2im(np.ones((1, 4, 8)), (4, 4), 2)
    with pytest.raises(ShapeError, match=r"columns has shape \(1, 6, 9\)"):
        col2im(np.ones((1, 6, 9)), 4, 2)
    with pytest.raises(ShapeError, match=r"columns has shape \(4, 9\), 2 axes; .* try: columns\[None\]"):
        col2im(np.ones((4, 9)), 4, 2)


# --- conv_transpose2d -----------------------------------------------------------------------------------------


@few
@given(
    layer=layers(),
    extra=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    biased=st.booleans(),
)
def test_conv_transpose2d_equals_torch(layer, extra, size, biased):
    x, weight, options = layer
    x = random(len(x), len(weight), *size, dtype=x.dtype)
    extra = tuple(min(e, s - 1) for e, s in zip(extra, options["stride"], strict=True))
    sides = [
        (n - 1) * s + d * (k - 1) + 1 + e - 2 * p
        for n, s, d, k, e, p in zip(
            size, options["stride"], options["dilation"], weight.shape[2:], extra, options["padding"], strict=True
        )
    ]
    bias = random(weight.shape[1] * options["groups"], seed=7, dtype=x.dtype) if biased else None
    if min(sides) < 1:
        with pytest.raises(ShapeError, match="padding=.* leaves .* pixels; needed: at least one"):
            conv_transpose2d(x, weight, bias, output_padding=extra, **options)
        return
    tensors = [None if a is None else torch.from_numpy(a) for a in (x, weight, bias)]
    theirs = F.conv_transpose2d(*tensors, output_padding=extra, **options)
    close(conv_transpose2d(x, weight, bias, output_padding=extra, **options), theirs)


@few
@given(layer=layers(dtypes=("float64",)))
def test_conv_transpose2d_is_the_dx_of_conv2d_backward(layer):
    x, weight, options = layer
    dy = random(*conv2d(x, weight, **options).shape, seed=5)
    short = conv_transpose2d(dy, weight, **{**options, "padding": 0}).shape[2:]
    forgotten = tuple(n + 2 * p - m for n, p, m in zip(x.shape[2:], options["padding"], short, strict=True))
    dx, _, _ = conv2d_backward(dy, x, weight, **options)
    np.testing.assert_array_equal(conv_transpose2d(dy, weight, output_padding=forgotten, **options), dx, strict=True)


def test_conv_transpose2d_is_no_inverse():
    x, weight = random(1, 1, 5, 5), random(1, 1, 3, 3, seed=1)
    assert np.abs(conv_transpose2d(conv2d(x, weight), weight) - x).max() > 0.1


def test_conv_transpose2d_has_conv2d_as_its_gradient():
    x, weight = random(1, 2, 3, 3), random(2, 3, 2, 2, seed=1)
    dy = random(1, 3, 6, 6, seed=2)
    expected = numerical_gradient(lambda x: conv_transpose2d(x, weight, stride=2), x, dy)
    np.testing.assert_allclose(conv2d(dy, weight, stride=2), expected, atol=1e-8, strict=True)


def test_conv_transpose2d_refuses():
    x, weight = random(1, 4, 3, 3), random(4, 2, 3, 3)
    with pytest.raises(ShapeError, match="output_padding=2 with stride=2; needed: .* < stride; try: output_padding=1"):
        conv_transpose2d(x, weight, stride=2, output_padding=2)
    with pytest.raises(
        ShapeError, match=r"x has 3 channels, weight \(4, 2, 3, 3\) reads 4; .* a weight of shape \(3, "
    ):
        conv_transpose2d(x[:, :3], weight)
    with pytest.raises(ShapeError, match="groups=3 does not divide c_in=4"):
        conv_transpose2d(x, weight, groups=3)
    with pytest.raises(ShapeError, match="padding=3 leaves -1 pixels; needed: at least one; try: padding=2"):
        conv_transpose2d(x, weight, padding=3)
    with pytest.raises(ShapeError, match=r"bias has shape \(4,\); needed: one number a filter, \(2,\)"):
        conv_transpose2d(x, weight, np.zeros(4))
