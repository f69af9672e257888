"""The zoo of convolutions: each against PyTorch, or against the convolution layer that it equals."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import (
    ShapeError,
    box_kernel,
    channel_shuffle,
    conv2d,
    conv2d_backward,
    conv2d_loops,
    conv_downsample,
    conv_macs,
    conv_params,
    conv_transpose2d,
    depthwise_conv2d,
    flattened_conv2d,
    gaussian_kernel,
    grad_check,
    im2col,
    local_conv2d,
    oriented_bank,
    pointwise_conv2d,
    separable_conv2d,
    separate_kernel,
    sobel_kernels,
    tied_conv2d,
    tiled_conv2d,
    upsample,
    volterra_conv2d,
)

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=40, deadline=None)
dtypes = st.sampled_from(("float32", "float64"))


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def maybe(draw, *shape, **options):
    """A random bias, or None."""
    return random(*shape, seed=9, **options) if draw(st.booleans()) else None


@st.composite
def windows(draw):
    """A size (h, w), a kernel, and options with which its window fits; the axes differ."""
    kernel, stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, m))) for m in (4, 3, 3))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 3)))
    size = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
            for d, k, p in zip(dilation, kernel, padding, strict=True)]  # fmt: skip
    return size, kernel, {"stride": stride, "padding": padding, "dilation": dilation}


def equal(actual, expected, scale=1.0):
    atol = scale * (2e-5 if expected.dtype == np.float32 else 1e-12)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=atol, strict=True)


def torch_conv2d(x, weight, bias, **options):
    tensors = [None if a is None else torch.from_numpy(a) for a in (x, weight, bias)]
    return F.conv2d(*tensors, **options).numpy()


# --- channels and places, apart ---------------------------------------------------------------------------


@few
@given(sizes=st.tuples(*[st.integers(1, 4)] * 5), dtype=dtypes, with_bias=st.booleans())
def test_pointwise_conv2d_equals_torch(sizes, dtype, with_bias):
    n, c_in, h, w, c_out = sizes
    x, weight = random(n, c_in, h, w, dtype=dtype), random(c_out, c_in, seed=1, dtype=dtype)
    bias = random(c_out, seed=2, dtype=dtype) if with_bias else None
    equal(pointwise_conv2d(x, weight, bias), torch_conv2d(x, weight[:, :, None, None], bias))


@few
@given(setting=windows(), c=st.integers(1, 3), m=st.integers(1, 3), dtype=dtypes, data=st.data())
def test_depthwise_conv2d_equals_torch(setting, c, m, dtype, data):
    size, kernel, options = setting
    x, weight = random(2, c, *size, dtype=dtype), random(c * m, 1, *kernel, seed=1, dtype=dtype)
    bias = maybe(data.draw, c * m, dtype=dtype)
    equal(depthwise_conv2d(x, weight, bias, **options), torch_conv2d(x, weight, bias, groups=c, **options))


@few
@given(setting=windows(), c=st.integers(1, 3), m=st.integers(1, 2), dtype=dtypes, data=st.data())
def test_separable_conv2d_equals_torch(setting, c, m, dtype, data):
    size, kernel, options = setting
    x, depthwise = random(2, c, *size, dtype=dtype), random(c * m, 1, *kernel, seed=1, dtype=dtype)
    pointwise, bias = random(4, c * m, seed=2, dtype=dtype), maybe(data.draw, 4, dtype=dtype)
    maps = torch_conv2d(x, depthwise, None, groups=c, **options)
    expected = torch_conv2d(maps, pointwise[:, :, None, None], bias)
    equal(separable_conv2d(x, depthwise, pointwise, bias, **options), expected)


def test_separable_conv2d_is_a_layer_with_products_as_weights():
    x, depthwise, pointwise = random(2, 3, 6, 5), random(3, 1, 3, 2, seed=1), random(4, 3, seed=2)
    expected = conv2d(x, pointwise[:, :, None, None] * depthwise[:, 0], stride=2, padding=1)
    equal(separable_conv2d(x, depthwise, pointwise, stride=2, padding=1), expected)


def test_separable_conv2d_has_the_stated_share_of_the_weights():
    whole = conv_params(64, 128, 3, bias=False)
    parts = conv_params(64, 64, 3, groups=64, bias=False) + conv_params(64, 128, 1, bias=False)
    assert parts / whole == pytest.approx(1 / 128 + 1 / 9, rel=1e-12)


def test_pointwise_conv2d_as_a_bottleneck_saves_a_factor_of_3_7():
    """Errata A7 and A8: multiply-adds, 3.2M and not 4.8M for the 1 x 1 layer, so 43.4M in all; weights beside them."""
    whole, reduce, conv = (128, 64, 5), (128, 32, 1), (32, 64, 5)
    macs = [conv_macs(28, *layer, padding=layer[2] // 2) for layer in (whole, reduce, conv)]
    assert macs == [160_563_200, 3_211_264, 40_140_800]
    assert [conv_params(*layer, bias=False) for layer in (whole, reduce, conv)] == [204_800, 4_096, 51_200]
    assert macs[0] / (macs[1] + macs[2]) == pytest.approx(3.70, abs=0.005)


# --- groups of channels -----------------------------------------------------------------------------------


@few
@given(setting=windows(), counts=st.tuples(*[st.integers(1, 3)] * 3), dtype=dtypes, data=st.data())
def test_tied_conv2d_equals_torch_with_the_filters_repeated(setting, counts, dtype, data):
    (size, kernel, options), (groups, f, c) = setting, counts
    x, weight = random(2, groups * c, *size, dtype=dtype), random(f, c, *kernel, seed=1, dtype=dtype)
    bias = maybe(data.draw, f, dtype=dtype)
    repeated = np.tile(weight, (groups, 1, 1, 1)), None if bias is None else np.tile(bias, groups)
    expected = torch_conv2d(x, *repeated, groups=groups, **options)
    equal(tied_conv2d(x, weight, bias, groups=groups, **options), expected)


@few
@given(groups=st.integers(1, 4), per_group=st.integers(1, 4))
def test_channel_shuffle_equals_torch(groups, per_group):
    x = random(2, groups * per_group, 2, 3)
    expected = torch.nn.ChannelShuffle(groups)(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(channel_shuffle(x, groups), expected, strict=True)
    np.testing.assert_array_equal(channel_shuffle(expected, per_group), x, strict=True)


def test_channel_shuffle_lets_every_output_see_every_input():
    """Two grouped 1 x 1 layers: without a shuffle an output sees its own group, with it all channels."""
    ones = np.ones((9, 3, 1, 1))
    for shuffled, sees in ((False, 3), (True, 9)):
        for c in range(9):
            x = np.eye(9)[c].reshape(1, 9, 1, 1)
            y = conv2d(x, ones, groups=3)
            y = conv2d(channel_shuffle(y, 3) if shuffled else y, ones, groups=3)
            assert np.count_nonzero(y) == sees


# --- one direction at a time ------------------------------------------------------------------------------


@few
@given(setting=windows(), c=st.integers(1, 3), f=st.integers(1, 3), dtype=dtypes, data=st.data())
def test_flattened_conv2d_equals_torch_with_filters_of_rank_one(setting, c, f, dtype, data):
    size, (kh, kw), options = setting
    size = [n + 2 * k for n, k in zip(size, (kh, kw), strict=True)]
    options.pop("dilation")
    x, lateral = random(2, c, *size, dtype=dtype), random(f, c, seed=1, dtype=dtype)
    vertical, horizontal = random(f, kh, seed=2, dtype=dtype), random(f, kw, seed=3, dtype=dtype)
    bias = maybe(data.draw, f, dtype=dtype)
    weight = np.einsum("oc,oa,ob->ocab", lateral, vertical, horizontal)
    y = flattened_conv2d(x, lateral, vertical, horizontal, bias, **options)
    equal(y, torch_conv2d(x, weight, bias, **options), scale=3)


vectors = st.lists(st.integers(-3, 3), min_size=1, max_size=4)


@few
@given(column=vectors, row=vectors)
def test_separate_kernel_finds_the_factors_of_an_outer_product(column, row):
    k = np.outer(column, row).astype(float)
    u, v, error = separate_kernel(k)
    assert u.shape == (len(column),) and v.shape == (len(row),) and 0 <= error < 1e-9
    np.testing.assert_allclose(np.outer(u, v), k, atol=1e-12, strict=True)
    assert np.linalg.norm(u) == pytest.approx(np.linalg.norm(v))
    assert not k.any() or u[np.argmax(np.abs(u) > 0.99 * np.abs(u).max())] > 0


@few
@given(kh=st.integers(1, 5), kw=st.integers(1, 5), seed=st.integers(0, 99), dtype=dtypes)
def test_separate_kernel_gives_the_nearest_product_and_its_error(kh, kw, seed, dtype):
    k = random(kh, kw, seed=seed, dtype=dtype)
    column, row, error = separate_kernel(k)
    assert column.dtype == row.dtype == error.dtype == dtype
    rest = k - np.outer(column, row)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    assert error == pytest.approx(np.linalg.norm(rest) / np.linalg.norm(k), abs=tolerance)
    np.testing.assert_allclose(rest.T @ column, 0, atol=40 * tolerance)  # a product nearer along column or row
    np.testing.assert_allclose(rest @ row, 0, atol=40 * tolerance)  # would leave a smaller rest
    s = np.linalg.svd(k.astype(float))[1]
    assert error**2 == pytest.approx((s[1:] ** 2).sum() / (s**2).sum(), abs=tolerance)


def test_separate_kernel_knows_the_classic_kernels():
    for kernel in (box_kernel(5), gaussian_kernel(5), gaussian_kernel(7, 1.3), *sobel_kernels()):
        assert separate_kernel(kernel)[2] < 1e-12
    laplace = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert separate_kernel(laplace)[2] > 0.1 and separate_kernel(oriented_bank(4)[1])[2] > 0.1
    assert separate_kernel(np.eye(4))[2] == pytest.approx(np.sqrt(3) / 2)
    assert [part.tolist() for part in separate_kernel(np.zeros((2, 3)))] == [[0, 0], [0, 0, 0], 0]


def test_separate_kernel_gives_two_passes_that_equal_one():
    x, k = random(1, 1, 7, 8), sobel_kernels()[0]
    column, row, _ = separate_kernel(k)
    np.testing.assert_allclose(
        conv2d(conv2d(x, column[None, None, :, None]), row[None, None, None]), conv2d(x, k[None, None]), atol=1e-12
    )


# --- other weights at other places ------------------------------------------------------------------------


@few
@given(setting=windows(), t=st.tuples(st.integers(1, 4), st.integers(1, 4)), dtype=dtypes, data=st.data())
def test_tiled_conv2d_equals_the_convolution_of_the_tile_at_each_place(setting, t, dtype, data):
    size, kernel, options = setting
    x, weight = random(2, 2, *size, dtype=dtype), random(*t, 3, 2, *kernel, seed=1, dtype=dtype)
    bias = maybe(data.draw, *t, 3, dtype=dtype)
    y = tiled_conv2d(x, weight, bias, **options)
    for p, q in np.ndindex(t):
        expected = torch_conv2d(x, weight[p, q], None if bias is None else bias[p, q], **options)
        assert y.shape == expected.shape
        equal(y[:, :, p :: t[0], q :: t[1]], expected[:, :, p :: t[0], q :: t[1]])


@few
@given(setting=windows(), dtype=dtypes, data=st.data())
def test_tiled_conv2d_lies_between_conv2d_and_local_conv2d(setting, dtype, data):
    """Erratum B20: one set of filters is sharing everywhere, as many sets as places is sharing nowhere."""
    size, kernel, options = setting
    x, weight, bias = random(2, 2, *size, dtype=dtype), random(3, 2, *kernel, seed=1, dtype=dtype), maybe(data.draw, 3)
    bias = None if bias is None else bias.astype(dtype)
    y = conv2d(x, weight, bias, **options)
    one = None if bias is None else bias[None, None]
    equal(tiled_conv2d(x, weight[None, None], one, **options), y)
    places = y.shape[2:]
    each, biases = random(*places, 3, 2, *kernel, seed=2, dtype=dtype), random(*places, 3, seed=3, dtype=dtype)
    equal(tiled_conv2d(x, each, biases, **options), local_conv2d(x, each, biases, **options))
    same = np.broadcast_to(weight, (*places, *weight.shape))
    equal(local_conv2d(x, same, None if bias is None else np.broadcast_to(bias, (*places, 3)), **options), y)


@few
@given(setting=windows(), dtype=dtypes, data=st.data())
def test_local_conv2d_equals_its_loops(setting, dtype, data):
    size, kernel, options = setting
    x = random(2, 2, *size, dtype=dtype)
    columns = F.unfold(torch.from_numpy(x), kernel, **options).numpy()  # (n, c kh kw, h' w')
    places = conv2d(x, np.ones((1, 2, *kernel), dtype), **options).shape[2:]
    weight, bias = random(*places, 3, 2, *kernel, seed=1, dtype=dtype), maybe(data.draw, *places, 3, dtype=dtype)
    expected = np.zeros((2, 3, *places), dtype)
    for number, (i, j) in enumerate(np.ndindex(places)):
        expected[:, :, i, j] = columns[:, :, number] @ weight[i, j].reshape(3, -1).T
        expected[:, :, i, j] += 0 if bias is None else bias[i, j]
    equal(local_conv2d(x, weight, bias, **options), expected)


# --- products of pixels -----------------------------------------------------------------------------------


@few
@given(setting=windows(), c=st.integers(1, 2), dtype=dtypes, data=st.data())
def test_volterra_conv2d_equals_quadratic_forms_of_the_windows(setting, c, dtype, data):
    size, kernel, options = setting
    x, weight = random(2, c, *size, dtype=dtype), random(2, c, *kernel, seed=1, dtype=dtype)
    k, bias = weight[0].size, maybe(data.draw, 2, dtype=dtype)
    matrix = random(2, k, k, seed=2, dtype=dtype)
    columns = F.unfold(torch.from_numpy(x), kernel, **options)
    products = torch.einsum("npl,opq,nql->nol", columns, torch.from_numpy(matrix), columns).numpy()
    linear = torch_conv2d(x, weight, bias, **options)
    expected = linear + products.reshape(linear.shape)
    equal(volterra_conv2d(x, weight, matrix.reshape(2, -1), bias, **options), expected, scale=50)
    folded = np.triu(matrix) + np.tril(matrix, -1).swapaxes(1, 2)  # pq and qp are one product
    p, q = np.triu_indices(k)
    equal(volterra_conv2d(x, weight, folded[:, p, q], bias, **options), expected, scale=50)


def test_volterra_conv2d_of_an_outer_product_is_a_square():
    x, weight, zero = random(2, 2, 5, 6), random(3, 2, 2, 2, seed=1), np.zeros((3, 2, 2, 2))
    rows = weight.reshape(3, -1)
    quadratic = (rows[:, :, None] * rows[:, None]).reshape(3, -1)
    equal(volterra_conv2d(x, zero, quadratic), conv2d(x, weight) ** 2)
    equal(volterra_conv2d(x, weight, 0 * quadratic, np.ones(3)), conv2d(x, weight, np.ones(3)))


def test_volterra_conv2d_sees_a_product_that_no_linear_layer_sees():
    """Two bright neighbours count, one alone does not: an AND of pixels."""
    x = np.array([[[[0, 1, 0, 1, 1, 0]]]])
    y = volterra_conv2d(x, np.zeros((1, 1, 1, 2), int), np.array([[0, 1, 0]]))
    assert y.ravel().tolist() == [0, 0, 0, 1, 0]


# --- more pixels, or fewer --------------------------------------------------------------------------------


@few
@given(setting=windows(), groups=st.integers(1, 2), dtype=dtypes, data=st.data())
def test_conv_downsample_equals_torch_with_a_stride(setting, groups, dtype, data):
    size, kernel, options = setting
    x, weight = random(2, 2, *size, dtype=dtype), random(4, 2 // groups, *kernel, seed=1, dtype=dtype)
    bias = maybe(data.draw, 4, dtype=dtype)
    expected = torch_conv2d(x, weight, bias, groups=groups, **options)
    stride = options.pop("stride")
    equal(conv_downsample(x, weight, bias, factor=stride, groups=groups, **options), expected)


@few
@given(size=st.tuples(*[st.integers(1, 5)] * 2), factor=st.tuples(*[st.integers(1, 4)] * 2), dtype=dtypes)
def test_upsample_equals_torch(size, factor, dtype):
    x = random(2, 3, *size, dtype=dtype)
    for mode, options in (("nearest", {}), ("bilinear", {"align_corners": False})):
        expected = F.interpolate(torch.from_numpy(x), scale_factor=factor, mode=mode, **options).numpy()
        np.testing.assert_allclose(upsample(x, factor, mode=mode), expected, rtol=0, atol=1e-5, strict=True)
    wide = upsample(x.astype("float64"), factor, mode="bilinear")
    theirs = F.interpolate(torch.from_numpy(x.astype("float64")), scale_factor=factor, mode="bilinear")
    np.testing.assert_allclose(wide, theirs.numpy(), rtol=0, atol=1e-12, strict=True)


@few
@given(size=st.tuples(*[st.integers(1, 5)] * 2), factor=st.integers(1, 4), kernel=st.integers(1, 4))
def test_upsample_with_zeros_then_conv2d_is_conv_transpose2d(size, factor, kernel):
    x, weight = random(2, 1, *size), random(1, 1, kernel, kernel, seed=1)
    wide = upsample(x, factor, mode="zeros")
    y = conv2d(wide, weight[:, :, ::-1, ::-1], padding=kernel - 1)
    expected = conv_transpose2d(x, weight, stride=factor, output_padding=factor - 1)
    equal(y, expected)
    np.testing.assert_array_equal(wide[:, :, ::factor, ::factor], x, strict=True)
    assert np.count_nonzero(wide) == x.size


def test_upsample_keeps_whole_numbers_unless_it_makes_means():
    x = np.array([[[[0, 4]]]], np.uint8)
    assert upsample(x, 2).dtype == upsample(x, 2, mode="zeros").dtype == np.uint8
    assert upsample(x, (1, 2), mode="bilinear").tolist() == [[[[0.0, 1.0, 3.0, 4.0]]]]


# --- what they share --------------------------------------------------------------------------------------

X = random(2, 4, 6, 5)
LAYERS = {  # each linear layer of the zoo, with the weights that make it conv2d(x, weight)
    "pointwise_conv2d": lambda x, w, b=None: pointwise_conv2d(x, w[:, :, 0, 0], b),
    "depthwise_conv2d": depthwise_conv2d,
    "tied_conv2d": lambda x, w, b=None: tied_conv2d(x, w, b, groups=1),
    "conv_downsample": lambda x, w, b=None: conv_downsample(x, w, b, factor=1),
    "tiled_conv2d": lambda x, w, b=None: tiled_conv2d(x, w[None, None], None if b is None else b[None, None]),
    "volterra_conv2d": lambda x, w, b=None: volterra_conv2d(x, w, np.zeros((len(w), w[0].size ** 2), w.dtype), b),
}


@pytest.mark.parametrize("name", LAYERS)
def test_zoo_layers_are_exact_on_whole_numbers(name):
    x, weight, bias = np.arange(12).reshape(2, 1, 3, 2), np.array([3, -7]).reshape(2, 1, 1, 1), np.array([1, 0])
    np.testing.assert_array_equal(LAYERS[name](x, weight, bias), conv2d_loops(x, weight, bias), strict=True)


@pytest.mark.parametrize("name", LAYERS)
def test_zoo_layers_read_bytes_in_the_type_of_the_weights(name):
    x, weight = np.full((1, 1, 2, 2), 255, np.uint8), np.full((1, 1, 1, 1), 1000)
    assert LAYERS[name](x, weight).ravel().tolist() == [255_000] * 4


@pytest.mark.parametrize("name", LAYERS)
def test_zoo_layers_take_the_widest_dtype(name):
    for a, b, c in (("float32",) * 3, ("float32", "float64", "float32"), ("float32", "float32", "float64")):
        y = LAYERS[name](random(1, 1, 3, 3, dtype=a), random(1, 1, 1, 1, dtype=b), random(1, dtype=c))
        assert y.dtype == np.result_type(a, b, c)


W = random(8, 1, 3, 2)
REFUSED = {  # call, message
    "a matrix of other channels": (
        lambda: pointwise_conv2d(X, random(5, 3)),
        r"weight has shape \(5, 3\) for 4 channels; .*\(5, 4\)",
    ),
    "a 1 x 1 kernel with its ones": (
        lambda: pointwise_conv2d(X, random(5, 4, 1, 1)),
        r"weight has shape .* try: weight\[0, 0\]",
    ),
    "a pointwise bias": (
        lambda: pointwise_conv2d(X, random(5, 4), random(4)),
        r"bias has shape \(4,\); needed: one number a filter, \(5,\)",
    ),
    "filters for no whole m": (
        lambda: depthwise_conv2d(X, W[:6]),
        r"weight has shape \(6, 1, 3, 2\) for 4 channels; needed: \(4 m, 1",
    ),
    "depthwise filters with channels": (
        lambda: depthwise_conv2d(X, random(4, 4, 3, 2)),
        r"weight has shape \(4, 4, 3, 2\) for 4 channels; needed: .*; try: a weight of shape \(4, 1, 3, 2\)",
    ),
    "a depthwise window too large": (
        lambda: depthwise_conv2d(X, W, dilation=3),
        "the window spans 7 pixels",
    ),
    "a depthwise of other channels": (
        lambda: separable_conv2d(X, W[:3], random(5, 3)),
        r"depthwise has shape \(3, 1, 3, 2\) for 4",
    ),
    "a pointwise without the m": (
        lambda: separable_conv2d(X, W, random(5, 4)),
        r"pointwise has shape \(5, 4\) for 8 channels",
    ),
    "ties that do not divide": (
        lambda: tied_conv2d(X, random(5, 2, 1, 1), groups=3),
        r"groups=3 does not divide c_in=4.* in \[1, 2, 4\]",
    ),
    "ties of other channels": (
        lambda: tied_conv2d(X, random(5, 4, 1, 1), groups=2),
        "x has 2 channels, weight .* reads 4",
    ),
    "a shuffle that does not divide": (
        lambda: channel_shuffle(X, 3),
        "groups=3 does not divide c_in=4",
    ),
    "no groups": (
        lambda: channel_shuffle(X, 0),
        "groups=0; needed: an integer >= 1",
    ),
    "a lateral of other channels": (
        lambda: flattened_conv2d(X, random(5, 3), random(5, 3), random(5, 2)),
        r"lateral has shape \(5, 3\) for 4",
    ),
    "kernels of other filters": (
        lambda: flattened_conv2d(X, random(5, 4), random(1, 3), random(5, 2)),
        r"vertical \(1, 3\), horizontal \(5, 2\); needed: as many rows",
    ),
    "a kernel with nan": (
        lambda: separate_kernel([[1.0, np.nan]]),
        "k holds a number that is not finite",
    ),
    "a complex kernel": (
        lambda: separate_kernel([[1j]]),
        "k holds complex numbers",
    ),
    "tiles of other channels": (
        lambda: tiled_conv2d(X, random(2, 2, 3, 3, 1, 1)),
        "x has 4 channels, weight .* reads 3",
    ),
    "a shared bias for tiles": (
        lambda: tiled_conv2d(X, random(2, 2, 3, 4, 1, 1), random(3)),
        r"bias has shape \(3,\), 1 axes; needed: 3 axes",
    ),
    "a bias of other tiles": (
        lambda: tiled_conv2d(X, random(2, 2, 3, 4, 1, 1), random(1, 2, 3)),
        r"a number a filter, \(2, 2, 3\); try: np\.zeros",
    ),
    "weights for other places": (
        lambda: local_conv2d(X, random(6, 4, 3, 4, 1, 1)),
        r"for \(6, 4\) places; needed: one set for each of \(6, 5\) .* \(6, 5, 3, 4, 1, 1\)",
    ),
    "a bias of one place": (
        lambda: local_conv2d(X, random(6, 5, 3, 4, 1, 1), random(6, 1, 3)),
        r"a number a filter, \(6, 5, 3\)",
    ),
    "pairs of another window": (
        lambda: volterra_conv2d(X, random(3, 4, 1, 2), random(3, 35)),
        r"quadratic has shape \(3, 35\) for windows of 8 pixels; .*\(3, 64\).*\(3, 36\)",
    ),
    "pairs of fewer filters": (
        lambda: volterra_conv2d(X, random(3, 4, 1, 2), random(1, 36)),
        r"quadratic has shape \(1, 36\)",
    ),
    "an unknown mode": (
        lambda: upsample(X, 2, mode="cubic"),
        "mode='cubic'; needed: one of nearest, zeros, bilinear; try: mode=",
    ),
    "half a factor": (
        lambda: upsample(X, 0.5),
        "factor=0.5 is not a whole number",
    ),
    "a factor of nothing": (
        lambda: conv_downsample(X, random(1, 4, 1, 1), factor=0),
        "factor=0; needed: an integer >= 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_zoo_refuses(case):
    call, message = REFUSED[case]
    with pytest.raises(ShapeError, match=message) as caught:
        call()
    assert "; needed: " in str(caught.value) and "; try: " in str(caught.value)


def test_local_conv2d_counts_the_weights_of_the_sources():
    """n003.param: 105,705,600 without sharing, 34,944 (34,848 and 96 biases) with it."""
    shared = conv_params(3, 96, 11, bias=False)
    assert (55 * 55 * (shared + 96), shared + 96) == (105_705_600, 34_944)


def test_volterra_conv2d_orders_pixels_as_im2col():
    x = random(1, 2, 3, 3)
    first, second = im2col(x, 2)[0, 1], im2col(x, 2)[0, 6]
    quadratic = np.zeros((1, 64))
    quadratic[0, 1 * 8 + 6] = 1
    y = volterra_conv2d(x, np.zeros((1, 2, 2, 2)), quadratic)
    np.testing.assert_allclose(y.ravel(), first * second, atol=1e-14, strict=True)


# --- backwards, as the docstrings say: by conv2d_backward -----------------------------------------------------


WINDOW = {"stride": (2, 1), "padding": (1, 0)}


def checked(forward, backward, *inputs):
    assert grad_check(forward, backward, *inputs, rng=np.random.default_rng(1)) < 1e-7


def test_pointwise_conv2d_goes_back_by_conv2d():
    def backward(dy, x, weight, bias):
        dx, dw, db = conv2d_backward(dy, x, weight[:, :, None, None])
        return dx, dw[:, :, 0, 0], db

    checked(pointwise_conv2d, backward, random(2, 3, 4, 5), random(4, 3), random(4))


def test_depthwise_conv2d_goes_back_by_conv2d_with_a_group_a_channel():
    checked(
        lambda x, w, b: depthwise_conv2d(x, w, b, **WINDOW),
        lambda dy, x, w, b: conv2d_backward(dy, x, w, groups=3, **WINDOW),
        random(2, 3, 5, 4), random(6, 1, 3, 2), random(6),
    )  # fmt: skip


def test_separable_conv2d_goes_back_in_two_steps():
    def backward(dy, x, depthwise, pointwise, bias):
        maps = depthwise_conv2d(x, depthwise, **WINDOW)
        dmaps, dpointwise, db = conv2d_backward(dy, maps, pointwise[:, :, None, None])
        dx, ddepthwise, _ = conv2d_backward(dmaps, x, depthwise, groups=x.shape[1], **WINDOW)
        return dx, ddepthwise, dpointwise[:, :, 0, 0], db

    checked(
        lambda x, d, p, b: separable_conv2d(x, d, p, b, **WINDOW), backward,
        random(2, 3, 5, 4), random(6, 1, 3, 2), random(4, 6), random(4),
    )  # fmt: skip


def test_tied_conv2d_goes_back_by_the_sum_over_its_groups():
    def backward(dy, x, weight, bias):
        dx, dw, db = conv2d_backward(dy, x, np.tile(weight, (2, 1, 1, 1)), groups=2, **WINDOW)
        return dx, dw.reshape(2, *weight.shape).sum(axis=0), db.reshape(2, -1).sum(axis=0)

    checked(
        lambda x, w, b: tied_conv2d(x, w, b, groups=2, **WINDOW), backward,
        random(2, 4, 5, 4), random(3, 2, 3, 2), random(3),
    )  # fmt: skip


def test_channel_shuffle_goes_back_by_the_other_number_of_groups():
    checked(lambda x: channel_shuffle(x, 2), lambda dy, x: channel_shuffle(dy, 3), random(2, 6, 2, 3))


def test_flattened_conv2d_goes_back_in_three_steps():
    def backward(dy, x, lateral, vertical, horizontal, bias):
        down, across = vertical[:, None, :, None], horizontal[:, None, None]
        (sh, sw), (ph, pw), c_out = WINDOW["stride"], WINDOW["padding"], len(lateral)
        mixed = pointwise_conv2d(x, lateral)
        filtered = depthwise_conv2d(mixed, down, stride=(sh, 1), padding=(ph, 0))
        dy, dhorizontal, db = conv2d_backward(dy, filtered, across, groups=c_out, stride=(1, sw), padding=(0, pw))
        dy, dvertical, _ = conv2d_backward(dy, mixed, down, groups=c_out, stride=(sh, 1), padding=(ph, 0))
        dx, dlateral, _ = conv2d_backward(dy, x, lateral[:, :, None, None])
        return dx, dlateral[:, :, 0, 0], dvertical[:, 0, :, 0], dhorizontal[:, 0, 0], db

    checked(
        lambda x, *kernels: flattened_conv2d(x, *kernels, **WINDOW), backward,
        random(2, 3, 5, 4), random(4, 3), random(4, 3), random(4, 2), random(4),
    )  # fmt: skip


@pytest.mark.parametrize(("forward", "tiles"), [(tiled_conv2d, (2, 3)), (tiled_conv2d, (1, 1)), (local_conv2d, (3, 3))])
def test_tiled_conv2d_and_local_conv2d_go_back_set_by_set(forward, tiles):
    def backward(dy, x, weight, bias):
        dx, dw, db = np.zeros_like(x), np.zeros_like(weight), np.zeros_like(bias)
        for p, q in np.ndindex(weight.shape[:2]):
            kept = np.zeros_like(dy)
            mine = np.s_[:, :, p :: weight.shape[0], q :: weight.shape[1]]
            kept[mine] = dy[mine]
            more, dw[p, q], db[p, q] = conv2d_backward(kept, x, weight[p, q], **WINDOW)
            dx += more
        return dx, dw, db

    checked(
        lambda x, w, b: forward(x, w, b, **WINDOW), backward,
        random(2, 3, 5, 4), random(*tiles, 2, 3, 3, 2), random(*tiles, 2),
    )  # fmt: skip
