"""The convolution layer: every form against PyTorch and against the others; images against SciPy."""

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import (
    ShapeError,
    conv2d,
    conv2d_fft,
    conv2d_im2col,
    conv2d_loops,
    conv2d_true,
    conv2d_windows,
    im2col,
    pad2d,
    xcorr2d,
)
from d2lmini.ops.signal import SIZES

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=50, deadline=None)
FORMS = [conv2d, conv2d_loops, conv2d_windows, conv2d_im2col, conv2d_fft]
IMAGE = np.arange(1, 10).reshape(3, 3)  # the worked example of the sources
KERNEL = np.array([[10, 20], [30, 40]])


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@st.composite
def layers(draw, dtypes=("float32", "float64")):
    """An image, weights, a bias or None, and options with which the window fits."""
    kernel, stride, dilation = (
        draw(st.tuples(st.integers(1, 3), st.integers(1, most))) for most in (4, 3, 3)
    )  # the axes differ
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 3)))
    h, w = (
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
        for d, k, p in zip(dilation, kernel, padding, strict=True)
    )
    n, groups, per_group, filters = draw(st.tuples(*(st.integers(1, 3) for _ in range(4))))
    dtype, seed = draw(st.sampled_from(dtypes)), draw(st.integers(0, 99))
    x = random(n, groups * per_group, h, w, seed=seed, dtype=dtype)
    weight = random(groups * filters, per_group, *kernel, seed=seed + 1, dtype=dtype)
    bias = random(groups * filters, seed=seed + 2, dtype=dtype) if draw(st.booleans()) else None
    return x, weight, bias, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def assert_equals_torch(form, layer):
    x, weight, bias, options = layer
    tensors = [None if a is None else torch.from_numpy(a) for a in (x, weight, bias)]
    expected = F.conv2d(*tensors, **options).numpy()
    atol = 2e-5 if x.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(form(x, weight, bias, **options), expected, rtol=0, atol=atol, strict=True)


@few
@given(layer=layers())
def test_conv2d_equals_torch(layer):
    assert_equals_torch(conv2d, layer)


@few
@given(layer=layers())
def test_conv2d_windows_equals_torch(layer):
    assert_equals_torch(conv2d_windows, layer)


@few
@given(layer=layers())
def test_conv2d_im2col_equals_torch(layer):
    assert_equals_torch(conv2d_im2col, layer)


@few
@given(layer=layers())
def test_conv2d_fft_equals_torch(layer):
    assert_equals_torch(conv2d_fft, layer)


@settings(max_examples=25, deadline=None)
@given(layer=layers())
def test_conv2d_loops_equals_torch(layer):
    x, weight, bias, options = layer
    assert_equals_torch(conv2d_loops, (x[:1], weight, bias, options))


@settings(max_examples=15, deadline=None)
@given(layer=layers(dtypes=("int64", "int32")))
def test_conv2d_forms_equal_each_other_on_integers(layer):
    x, weight, bias, options = layer
    x, weight = x * 9 // 1, weight * 9 // 1
    first = conv2d_loops(x[:1], weight, bias, **options)
    for form in FORMS:
        y = form(x[:1], weight, bias, **options)
        if form is conv2d_fft:  # floating point by nature
            np.testing.assert_allclose(y, first.astype(y.dtype), atol=1e-9, strict=True)
        else:
            np.testing.assert_array_equal(y, first, strict=True)


@pytest.mark.parametrize("form", FORMS)
def test_conv2d_forms_read_one_number_as_a_pair(form):
    x, weight = random(1, 2, 7, 6), random(3, 2, 3, 2, seed=1)
    one = form(x, weight, stride=2, padding=1, dilation=2)
    two = form(x, weight, stride=(2, 2), padding=[1, 1], dilation=np.array([2, 2]))
    np.testing.assert_array_equal(one, two, strict=True)


@pytest.mark.parametrize("form", FORMS)
def test_conv2d_forms_take_their_dtype_from_the_input(form):
    for a, b, c in (
        ("float32",) * 3,
        ("float64",) * 3,
        ("float32", "float64", "float32"),
        ("float32", "float32", "float64"),
    ):
        y = form(random(1, 1, 4, 4, dtype=a), random(2, 1, 3, 3, dtype=b), random(2, dtype=c))
        assert y.dtype == np.result_type(a, b, c)
    assert form(np.ones((1, 1, 3, 3), "float32"), np.ones((1, 1, 2, 2), "float32")).dtype == np.float32


@pytest.mark.parametrize("form", FORMS)
def test_conv2d_forms_read_photographs_in_bytes(form):
    """255 times a weight of 1000 fits no byte: the sum is made in the wider type."""
    x, weight = np.full((1, 1, 3, 3), 255, np.uint8), np.full((1, 1, 3, 3), 1000)
    assert form(x, weight).round().tolist() == [[[[2_295_000]]]]


@pytest.mark.parametrize("form", FORMS)
def test_conv2d_forms_give_the_published_numbers(form):
    y = form(IMAGE[None, None], KERNEL[None, None])
    assert y[0, 0].round(9).tolist() == [[370, 470], [670, 770]]  # n000.conv.crosscheck, n003.conv.o00 to o11


@pytest.mark.parametrize(
    ("kernel", "options", "expected"),
    [
        ((3, 3), {"stride": 2}, (33, 24, 49)),  # n003.torch.conv.a
        ((3, 5), {"stride": (2, 1), "padding": (4, 2)}, (33, 28, 100)),  # n003.torch.conv.b
        (
            (3, 5),
            {"stride": (2, 1), "padding": (4, 2), "dilation": (3, 1)},
            (33, 26, 100),
        ),  # n003.torch.conv.c
    ],
)
def test_conv2d_gives_the_published_shapes(kernel, options, expected):
    x, weight = np.zeros((2, 16, 50, 100), "float32"), np.zeros((33, 16, *kernel), "float32")
    assert conv2d(x, weight, **options).shape == (2, *expected)


@pytest.mark.parametrize(("mode", "theirs"), [(m, m) for m in ("zeros", "reflect", "replicate", "circular")])
def test_conv2d_pads_as_torch_does(mode, theirs):
    layer = torch.nn.Conv2d(4, 6, (3, 5), (2, 1), (2, 3), (2, 1), 2, padding_mode=theirs, dtype=torch.float64)
    x = random(2, 4, 7, 8)
    y = conv2d(x, layer.weight.detach().numpy(), layer.bias.detach().numpy(), stride=(2, 1), padding=(2, 3),
               dilation=(2, 1), groups=2, padding_mode=mode)  # fmt: skip
    np.testing.assert_allclose(y, layer(torch.from_numpy(x)).detach().numpy(), atol=1e-12, strict=True)


def test_conv2d_pads_symmetrically_too():
    x, weight = random(1, 1, 5, 5), random(1, 1, 3, 3, seed=1)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), "symmetric")
    np.testing.assert_array_equal(
        conv2d(x, weight, padding=1, padding_mode="symmetric"), conv2d(padded, weight), strict=True
    )


@few
@given(shift=st.tuples(st.integers(-5, 5), st.integers(-5, 5)))
def test_conv2d_moves_with_its_input(shift):
    """On a torus the layer commutes with every shift, to the last bit; with stride 2 only with even ones."""
    x, weight = random(2, 3, 8, 6), random(4, 3, 3, 3, seed=1)

    def torus(image, stride=1):
        return conv2d(image, weight, stride=stride, padding=1, padding_mode="circular")

    moved = np.roll(x, shift, (2, 3))
    np.testing.assert_allclose(torus(moved), np.roll(torus(x), shift, (2, 3)), atol=1e-13, strict=True)
    even = np.roll(x, (2 * shift[0], 2 * shift[1]), (2, 3))
    np.testing.assert_allclose(torus(even, 2), np.roll(torus(x, 2), shift, (2, 3)), atol=1e-13, strict=True)


def test_conv2d_with_a_stride_does_not_move_by_one_pixel():
    x, weight = random(1, 1, 8, 8), random(1, 1, 3, 3, seed=1)
    y, moved = (
        conv2d(a, weight, stride=2, padding=1, padding_mode="circular") for a in (x, np.roll(x, 1, 3))
    )
    assert all(np.abs(np.roll(y, s, 3) - moved).max() > 0.1 for s in range(4))


def test_conv2d_is_linear_in_its_input():
    a, b, weight = random(1, 2, 6, 6), random(1, 2, 6, 6, seed=1), random(3, 2, 3, 3, seed=2)
    np.testing.assert_allclose(
        conv2d(2 * a - 3 * b, weight), 2 * conv2d(a, weight) - 3 * conv2d(b, weight), atol=1e-12, strict=True
    )


def test_conv2d_reads_only_the_channels_of_its_group():
    x, weight = random(1, 4, 5, 5), random(4, 1, 3, 3, seed=1)
    y = conv2d(x, weight, groups=4)
    for c in range(4):
        alone = scipy.signal.correlate2d(x[0, c], weight[c, 0], "valid")
        np.testing.assert_allclose(y[0, c], alone, atol=1e-12, strict=True)


X, W, B = random(2, 4, 6, 5), random(6, 4, 3, 2, seed=1), random(6, seed=2)
REFUSED = {  # x, weight, bias, options, message
    "x of one image": (X[0], W, B, {}, r"x has shape \(4, 6, 5\), 3 axes; needed: 4 axes .*; try: x\[None\]"),
    "x without a batch and a channel": (X[0, 0], W, B, {}, r"try: x\[None, None\]"),
    "x of one channel": (X[:, :1], W, B, {}, r"x has 1 channels, .* reads 4 .* of shape \(6, 1, 3, 2\)"),
    "x of more channels": (random(2, 8, 6, 5), W, B, {}, "x has 8 channels"),
    "a batch as wide as the channels": (X.transpose(1, 0, 2, 3), W, B, {}, "x has 2 channels"),
    "weight of one filter": (X, W[0], B, {}, r"weight has shape \(4, 3, 2\), 3 axes; .* try: weight\[None\]"),
    "bias of one number": (X, W, B[:1], {}, r"bias has shape \(1,\); .* \(6,\); try: np\.zeros\(6\)"),
    "bias as a number": (X, W, 1.0, {}, r"bias has shape \(\), .* 1 axes \(c_out,\); try: bias\[None\]"),
    "bias of the images' width": (X, W, np.ones(4), {}, r"bias has shape \(4,\)"),
    "bias with axes": (X, W, B[:, None, None], {}, r"bias has shape \(6, 1, 1\)"),
    "groups that do not divide c_in": (X, W, B, {"groups": 3}, r"divide c_in=4; .* in \[1, 2\]"),
    "groups that do not divide c_out": (X, W[:5], B, {"groups": 2}, "groups=2 does not divide c_out=5"),
    "groups with full weights": (X, W, B, {"groups": 2}, r"reads 4 in each of 2 .* \(6, 2, 3, 2\)"),
    "no groups": (X, W, B, {"groups": 0}, "groups=0; needed: an integer >= 1"),
    "half a group": (X, W, B, {"groups": 0.5}, "groups=0.5 is not a whole number"),
    "a window too large": (X, random(6, 4, 7, 2), B, {}, "spans 7 .* the padded axis has 6; .* padding=1"),
    "a dilation too large": (X, W, B, {"dilation": (1, 5)}, "spans 6 pixels and the padded axis has 5"),
    "stride 0": (X, W, B, {"stride": 0}, "stride=0; needed: an integer >= 1; try: stride=1"),
    "stride NaN": (X, W, B, {"stride": float("nan")}, "stride=nan is not a whole number"),
    "negative padding": (X, W, B, {"padding": -1}, "padding=-1; needed: an integer >= 0; try: padding=0"),
    "padding in words": (X, W, B, {"padding": "same"}, "padding='same' is not a whole number"),
    "three strides": (X, W, B, {"stride": (1, 1, 1)}, "has 3 numbers; needed: one number or a pair"),
    "dilation 0": (X, W, B, {"dilation": (0, 1)}, "dilation=0; needed: an integer >= 1"),
    "no images": (X[:0], W, B, {}, "at least one value on each axis"),
    "no filters": (X, W[:0], B, {}, "at least one value on each axis"),
    "objects": (X.astype(object), W, B, {}, "x has dtype object; needed: an array of numbers"),
    "weights in words": (X, W.astype(str), B, {}, "weight has dtype"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", REFUSED)
def test_conv2d_forms_refuse(form, case):
    x, weight, bias, options, message = REFUSED[case]
    with pytest.raises(ShapeError, match=message):
        form(x, weight, bias, **options)


@pytest.mark.parametrize("mode", ["zeros", "reflect"])
def test_conv2d_refuses_the_same_whatever_the_border(mode):
    for x, weight, bias, options, message in REFUSED.values():
        with pytest.raises(ShapeError, match=message):
            conv2d(x, weight, bias, **options, padding_mode=mode)


def test_conv2d_lists_the_borders():
    for mode in ("edge", None, ["zeros"]):
        with pytest.raises(
            ShapeError,
            match="mode=.*; needed: one of zeros, constant, circular, replicate, reflect, symmetric",
        ):
            conv2d(X, W, padding=1, padding_mode=mode)
    with pytest.raises(
        ShapeError, match="6 pixels of reflect padding on h=6; needed: h >= 7; try: padding <= 5"
    ):
        conv2d(X, W, padding=(6, 0), padding_mode="reflect")


def test_conv2d_fft_refuses_complex_numbers():
    with pytest.raises(
        ShapeError, match="complex numbers; needed: a real image and real weights; try: conv2d_im2col"
    ):
        conv2d_fft(X * 1j, W)
    expected = F.conv2d(torch.from_numpy(X * 1j), torch.from_numpy(W * (1 + 1j))).numpy()
    np.testing.assert_allclose(conv2d_im2col(X * 1j, W * (1 + 1j)), expected, atol=1e-12, strict=True)


@few
@given(layer=layers())
def test_im2col_equals_torch_unfold(layer):
    x, weight, _, options = layer
    options = {name: options[name] for name in ("stride", "padding", "dilation")}
    expected = F.unfold(torch.from_numpy(x), weight.shape[2:], **options).numpy()
    np.testing.assert_array_equal(im2col(x, weight.shape[2:], **options), expected, strict=True)


def test_im2col_of_one_pixel_is_a_writeable_copy():
    x = random(1, 2, 3, 3)
    columns = im2col(x, 1)
    np.testing.assert_array_equal(columns, x.reshape(1, 2, 9), strict=True)
    assert columns.flags.writeable and not np.shares_memory(columns, x)


def test_im2col_refuses_a_window_that_does_not_fit():
    with pytest.raises(ShapeError, match="the window spans 6 pixels and the padded axis has 5"):
        im2col(X, (1, 6))
    with pytest.raises(ShapeError, match=r"kernel=\(1, 2, 3\) has 3 numbers"):
        im2col(X, (1, 2, 3))


sizes = st.tuples(*(st.integers(1, 6) for _ in range(4)))


@few
@given(size=sizes, mode=st.sampled_from(SIZES))
def test_xcorr2d_equals_scipy(size, mode):
    h, w, kh, kw = size
    x, k = random(h, w), random(kh, kw, seed=1)
    y = xcorr2d(x, k, mode)
    if mode != "valid" or (h - kh) * (w - kw) >= 0:  # scipy wants one array inside the other
        expected = scipy.signal.correlate(x, k, mode, method="direct")
        np.testing.assert_allclose(y, expected, atol=1e-12, strict=True)
    shape = {"full": (h + kh - 1, w + kw - 1), "same": (h, w), "valid": (abs(h - kh) + 1, abs(w - kw) + 1)}
    assert y.shape == shape[mode]


@few
@given(size=sizes, mode=st.sampled_from(SIZES))
def test_conv2d_true_equals_scipy(size, mode):
    h, w, kh, kw = size
    x, k = random(h, w), random(kh, kw, seed=1)
    y = conv2d_true(x, k, mode)
    if mode != "valid" or (h - kh) * (w - kw) >= 0:
        np.testing.assert_allclose(y, scipy.signal.convolve2d(x, k, mode), atol=1e-12, strict=True)
    np.testing.assert_allclose(y, xcorr2d(x, k[::-1, ::-1], mode), atol=1e-12, strict=True)


def test_xcorr2d_of_the_same_size_equals_torch_and_correlate2d_for_odd_kernels():
    """With an even kernel they keep the later of two middles, `signal.correlate` and NumPy the earlier."""
    x, odd, even = random(6, 7), random(3, 5, seed=1), random(2, 4, seed=2)
    theirs = F.conv2d(*(torch.from_numpy(a)[None, None] for a in (x, odd)), padding="same")[0, 0].numpy()
    np.testing.assert_allclose(xcorr2d(x, odd, "same"), theirs, atol=1e-12, strict=True)
    np.testing.assert_allclose(
        xcorr2d(x, odd, "same"), scipy.signal.correlate2d(x, odd, "same"), atol=1e-12, strict=True
    )
    later = scipy.signal.correlate2d(x, even, "same")
    np.testing.assert_allclose(xcorr2d(x, even, "same")[1:, 1:], later[:-1, :-1], atol=1e-12, strict=True)


def test_xcorr2d_and_conv2d_true_differ_on_the_published_example():
    """Erratum C1: what the documents call a convolution is a cross-correlation."""
    assert xcorr2d(IMAGE, KERNEL).tolist() == [[370, 470], [670, 770]]
    assert conv2d_true(IMAGE, KERNEL).tolist() == [[230, 330], [530, 630]]


def test_xcorr2d_is_the_layer_of_one_channel():
    x, k = random(7, 8), random(3, 4, seed=1)
    np.testing.assert_allclose(
        xcorr2d(x, k), conv2d(x[None, None], k[None, None])[0, 0], atol=1e-12, strict=True
    )


def test_xcorr2d_averages_as_the_published_box_filter_does():
    """n002.box.final: all 64 printed values, from the grid that the damaged listings share."""
    grid = np.zeros((10, 10))
    grid[2:7, 3:8], grid[5, 4], grid[8, 2] = 90, 0, 90
    assert xcorr2d(grid, np.full((3, 3), 1 / 9)).round(9).tolist() == [
        [0, 10, 20, 30, 30, 30, 20, 10],
        [0, 20, 40, 60, 60, 60, 40, 20],
        [0, 30, 60, 90, 90, 90, 60, 30],
        [0, 30, 50, 80, 80, 90, 60, 30],
        [0, 30, 50, 80, 80, 90, 60, 30],
        [0, 20, 30, 50, 50, 60, 40, 20],
        [10, 20, 30, 30, 30, 30, 20, 10],
        [10, 10, 10, 0, 0, 0, 0, 0],
    ]


def test_xcorr2d_moves_with_its_input():
    x, k = random(9, 9), random(3, 3, seed=1)
    np.testing.assert_allclose(xcorr2d(x[2:, 1:], k), xcorr2d(x, k)[2:, 1:], atol=1e-14, strict=True)


def test_xcorr2d_does_not_commute_and_conv2d_true_does():
    x, k = random(5, 4), random(3, 3, seed=1)
    np.testing.assert_allclose(
        xcorr2d(x, k, "full"), xcorr2d(k, x, "full")[::-1, ::-1], atol=1e-12, strict=True
    )
    np.testing.assert_allclose(conv2d_true(x, k, "full"), conv2d_true(k, x, "full"), atol=1e-12, strict=True)


def test_conv2d_true_multiplies_outer_products():
    """A kernel of rank 1 is two short convolutions, one after the other."""
    x, column, row = random(8, 8), random(3, 1, seed=1), random(1, 3, seed=2)
    np.testing.assert_allclose(
        conv2d_true(x, column * row), conv2d_true(conv2d_true(x, column), row), atol=1e-12, strict=True
    )
    assert conv2d_true([[1], [2], [3]], [[4, 5, 6]], "full").tolist() == [
        [4, 5, 6],
        [8, 10, 12],
        [12, 15, 18],
    ]  # n002.incv2.outer


@pytest.mark.parametrize("function", [xcorr2d, conv2d_true])
def test_xcorr2d_and_conv2d_true_refuse_batches(function):
    with pytest.raises(
        ShapeError, match=r"x has shape \(1, 1, 3, 3\), 4 axes; needed: 2 axes \(h, w\); try: x\[0, 0\]"
    ):
        function(IMAGE[None, None], KERNEL)
    with pytest.raises(
        ShapeError, match=r"k has shape \(2,\), 1 axes; needed: 2 axes \(kh, kw\); try: k\[None\]"
    ):
        function(IMAGE, KERNEL[0])
    with pytest.raises(ShapeError, match="mode='half'; needed: one of full, same, valid"):
        function(IMAGE, KERNEL, "half")


def test_pad2d_and_conv2d_agree_on_what_zeros_mean():
    np.testing.assert_array_equal(conv2d(X, W, padding=2), conv2d(pad2d(X, 2), W), strict=True)
