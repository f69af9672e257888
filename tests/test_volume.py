"""Convolution layers along one and three axes: each against PyTorch, and against what it is made of."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from d2lmini import ShapeError, conv1d_layer, conv2d, conv3d, pseudo3d_conv, toeplitz
from d2lmini.ops.volume import triple

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=40, deadline=None)


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@st.composite
def windows(draw, axes):
    """A size, a kernel, and options with which its window fits; the axes differ."""
    kernel, stride, dilation = (draw(st.tuples(*[st.integers(1, m)] * axes)) for m in (3, 3, 2))
    padding = draw(st.tuples(*[st.integers(0, 2)] * axes))
    size = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 3))
            for d, k, p in zip(dilation, kernel, padding, strict=True)]  # fmt: skip
    return size, kernel, {"stride": stride, "padding": padding, "dilation": dilation}


@few
@given(windows(1), st.sampled_from((1, 2)), st.booleans(), st.sampled_from(("float32", "float64")))
def test_conv1d_layer_equals_torch(case, groups, with_bias, dtype):
    (length,), (k,), options = case
    x, weight = random(3, 4, length, dtype=dtype), random(6, 4 // groups, k, seed=1, dtype=dtype)
    bias = random(6, seed=2, dtype=dtype) if with_bias else None
    options = {name: value for name, (value,) in options.items()} | {"groups": groups}
    x_torch, w_torch = torch.from_numpy(x), torch.from_numpy(weight)
    expected = F.conv1d(x_torch, w_torch, None if bias is None else torch.from_numpy(bias), **options).numpy()
    tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(conv1d_layer(x, weight, bias, **options), expected, atol=tolerance, strict=True)


def test_conv1d_layer_is_a_dense_layer_with_a_toeplitz_matrix():
    x, k = random(9), random(3, seed=1)
    matrix = toeplitz(k[::-1], 9, "valid")  # (7, 9), turned round: the layer correlates
    y = conv1d_layer(x[None, None], k[None, None])[0, 0]
    np.testing.assert_allclose(y, matrix @ x, atol=1e-14, strict=True)


@few
@given(windows(3), st.sampled_from((1, 2)), st.booleans())
def test_conv3d_equals_torch(case, groups, with_bias):
    size, kernel, options = case
    x, weight = random(2, 4, *size), random(6, 4 // groups, *kernel, seed=1)
    bias = random(6, seed=2) if with_bias else None
    torch_bias = None if bias is None else torch.from_numpy(bias)
    expected = F.conv3d(torch.from_numpy(x), torch.from_numpy(weight), torch_bias, groups=groups, **options).numpy()
    np.testing.assert_allclose(conv3d(x, weight, bias, groups=groups, **options), expected, atol=1e-12, strict=True)


def test_conv3d_of_one_channel_equals_scipy():
    x, k = random(4, 5, 6), random(2, 3, 2, seed=1)
    expected = correlate(x, k, "valid", method="direct")
    np.testing.assert_allclose(conv3d(x[None, None], k[None, None])[0, 0], expected, atol=1e-13, strict=True)


def test_conv3d_of_whole_depth_is_a_2d_layer_of_many_channels():
    """What some call 3-D: a filter as deep as its input slides in two directions."""
    x, weight = random(2, 5, 6, 7), random(3, 5, 3, 2, seed=1)
    np.testing.assert_allclose(
        conv3d(x[:, None], weight[:, None])[:, :, 0], conv2d(x, weight), atol=1e-13, strict=True
    )


@few
@given(windows(3))
def test_pseudo3d_conv_equals_two_layers_of_torch(case):
    (d, h, w), (kd, kh, kw), options = case
    (sd, sh, sw), (pd, ph, pw) = options["stride"], options["padding"]
    d, h, w = d + 3, h + 3, w + 3  # without dilation more windows fit
    x, spatial, temporal, bias = random(2, 3, d, h, w), random(5, 3, kh, kw), random(4, 5, kd), random(4)
    tensors = map(torch.from_numpy, (x, spatial[:, :, None], temporal[..., None, None], bias))
    video, plane, line, shift = tensors
    maps = F.conv3d(video, plane, stride=(1, sh, sw), padding=(0, ph, pw))
    expected = F.conv3d(maps, line, shift, stride=(sd, 1, 1), padding=(pd, 0, 0)).numpy()
    y = pseudo3d_conv(x, spatial, temporal, bias, stride=options["stride"], padding=options["padding"])
    np.testing.assert_allclose(y, expected, atol=1e-12, strict=True)


def test_pseudo3d_conv_is_a_3d_layer_of_a_product():
    x, spatial, temporal = random(2, 3, 5, 6, 7), random(4, 3, 3, 2, seed=1), random(6, 4, 2, seed=2)
    weight = np.einsum("oma,mchw->ocahw", temporal, spatial)
    options = {"stride": (2, 1, 3), "padding": (1, 0, 2)}
    expected = conv3d(x, weight, **options)
    np.testing.assert_allclose(pseudo3d_conv(x, spatial, temporal, **options), expected, atol=1e-12, strict=True)


def test_conv3d_names_what_does_not_fit():
    x, weight = random(1, 2, 3, 4, 5), random(3, 2, 2, 2, 2)
    with pytest.raises(ShapeError, match=r"stride=\(2, 2\) has 2 numbers; needed: one number or three \(d, h, w\)"):
        conv3d(x, weight, stride=(2, 2))
    with pytest.raises(ShapeError, match=r"try: a weight of shape \(3, 2, 2, 2, 2\)"):
        conv3d(x, weight[:, :1])
    with pytest.raises(ShapeError, match="the window spans 4 pixels and the padded axis has 3"):
        conv3d(x, random(3, 2, 4, 2, 2))
    with pytest.raises(ShapeError, match="temporal.shape.1. == len.spatial.; try: a temporal of shape .3, 5, 2."):
        pseudo3d_conv(x, random(5, 2, 2, 2), random(3, 4, 2))
    with pytest.raises(ShapeError, match="padding=-1"):
        conv1d_layer(random(1, 2, 5), random(3, 2, 2), padding=-1)


def test_triple_takes_one_number_or_three():
    assert triple(2, "stride", 1) == (2, 2, 2) and triple([0, 1, 2], "padding", 0) == (0, 1, 2)
