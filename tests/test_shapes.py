"""Window arithmetic against PyTorch's layers and the published numbers of the book's sources."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import d2lmini
from d2lmini import Conv, ShapeError, conv_macs, conv_params, out_size, same_padding, shape_table
from d2lmini.shapes import numeric, pair, span, window

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=60, deadline=None)
small = st.integers(1, 4)


@few
@given(n=st.integers(1, 20), kernel=small, stride=small, padding=st.integers(0, 4), dilation=small)
def test_out_size_equals_torch(n, kernel, stride, padding, dilation):
    x, weight = torch.zeros(1, 1, n), torch.zeros(1, 1, kernel)
    try:
        expected = F.conv1d(x, weight, None, stride, padding, dilation).shape[-1]
    except RuntimeError:  # the window does not fit
        with pytest.raises(ShapeError, match="a window that fits at least once"):
            out_size(n, kernel, stride=stride, padding=padding, dilation=dilation)
    else:
        assert out_size(n, kernel, stride=stride, padding=padding, dilation=dilation) == expected


@few
@given(n=st.integers(1, 20), kernel=small, stride=small, padding=st.integers(0, 4), dilation=small)
def test_out_size_counts_the_starts_that_fit(n, kernel, stride, padding, dilation):
    starts = [i for i in range(-padding, n + padding, stride) if i + dilation * (kernel - 1) < n + padding]
    assume(starts)
    assert out_size(n, kernel, stride=stride, padding=padding, dilation=dilation) == len(starts)


@pytest.mark.parametrize(
    ("n", "kernel", "options", "expected"),
    [
        (3, 2, {}, 2),  # n000.conv.outsize
        (5, 3, {"stride": 2, "padding": 1}, 3),  # n001.anim.shape, n003.out.ex2
        (5, 4, {"padding": 2}, 6),  # n002.pad.2px
        (55, 11, {"padding": 5}, 55),  # n003.param.size
        (11, 3, {"stride": 2, "padding": 1, "dilation": 2}, 5),  # erratum A2: the document has 4
        (
            50,
            3,
            {"stride": 2, "padding": 4, "dilation": 3},
            26,
        ),  # erratum A1: the document's formula gives 25
        (50, 3, {"stride": 2}, 24),  # n003.torch.conv.a
        (100, 3, {"stride": 2}, 49),  # erratum C3: floor, not 49.5
    ],
)
def test_out_size_gives_the_published_numbers(n, kernel, options, expected):
    assert out_size(n, kernel, **options) == expected


def test_out_size_refuses_the_documents_dilated_formula():
    """Erratum A1: floor((n + 2p - (d k - 1) - 1) / s + 1) is right where d = 1, hardly elsewhere."""
    wrong = 0
    for k, d, s, p in np.ndindex(3, 3, 2, 2):
        k, d, s = k + 2, d + 1, s + 1
        claimed = (30 + 2 * p - (d * k - 1) - 1) // s + 1
        wrong += claimed != out_size(30, k, stride=s, padding=p, dilation=d)
        assert d > 1 or claimed == out_size(30, k, stride=s, padding=p, dilation=d)
    assert wrong > 12


@pytest.mark.parametrize("name", ["n", "kernel", "stride", "padding", "dilation"])
@pytest.mark.parametrize("value", [float("nan"), 2.0, "3", None, True, -1, [1]], ids=repr)
def test_out_size_refuses_what_is_no_size(name, value):
    sizes = {"n": 9, "kernel": 3, "stride": 1, "padding": 1, "dilation": 1, name: value}
    with pytest.raises(ShapeError) as caught:
        out_size(sizes.pop("n"), sizes.pop("kernel"), **sizes)
    least = 0 if name == "padding" else 1
    assert str(caught.value).startswith(f"{name}={value!r}")
    assert str(caught.value).endswith(f"; needed: an integer >= {least}; try: {name}={least}")


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint8, np.array])
def test_out_size_takes_whole_numbers_of_numpy(kind):
    size = out_size(kind(100), kind(3), stride=kind(2), padding=kind(100))
    assert size == 149 and type(size) is int  # no overflow of int8 either


@few
@given(n=st.integers(1, 8), kernel=st.integers(1, 12), dilation=small)
def test_out_size_advises_a_padding_that_works_and_no_larger_one(n, kernel, dilation):
    assume(span(kernel, dilation) > n)
    with pytest.raises(ShapeError) as caught:
        out_size(n, kernel, dilation=dilation)
    advised = int(str(caught.value).split("padding=")[1].split()[0])
    assert out_size(n, kernel, dilation=dilation, padding=advised) in (1, 2)
    with pytest.raises(ShapeError):
        out_size(n, kernel, dilation=dilation, padding=advised - 1)


@given(kernel=st.tuples(st.integers(0, 4), st.integers(0, 4)), dilation=st.tuples(small, small))
def test_same_padding_keeps_the_size(kernel, dilation):
    kernel = tuple(2 * k + 1 for k in kernel)
    padding = same_padding(kernel, dilation=dilation)
    assert window((50, 60), kernel, 1, padding, dilation).out == (50, 60)
    layer = torch.nn.Conv2d(1, 1, kernel, padding="same", dilation=dilation)
    assert layer(torch.zeros(1, 1, 50, 60)).shape[2:] == (50, 60)
    assert list(reversed(layer._reversed_padding_repeated_twice)) == [p for p in padding for _ in "ab"]


def test_same_padding_refuses_an_even_span():
    with pytest.raises(
        ShapeError, match="a kernel of 4 with dilation 1 spans 4 pixels, an even number; needed: an odd span"
    ):
        same_padding((3, 4))
    assert same_padding(4, dilation=2) == (3, 3)  # spans 7: even kernels are welcome where they have a centre


@pytest.mark.parametrize(
    "value", [(1, 2, 3), (), [1], "33", b"33", {3, 5}, None, 1.5, (3, None), ((3, 3), 3)], ids=repr
)
def test_same_padding_refuses_what_is_no_pair(value):
    with pytest.raises(ShapeError, match=r"kernel=.*; needed: .*; try: kernel=") as caught:
        same_padding(value)
    assert "needed" in str(caught.value)


@pytest.mark.parametrize(
    "value", [3, np.int64(3), (3, 3), [3, 3], np.array([3, 3]), np.array(3), torch.Size([3, 3])], ids=repr
)
def test_pair_takes_one_number_or_two(value):
    assert pair(value, "kernel", 1) == (3, 3)
    assert all(type(v) is int for v in pair(value, "kernel", 1))


@few
@given(per_group=st.tuples(small, small), groups=small, kernel=st.tuples(small, small), bias=st.booleans())
def test_conv_params_counts_the_weights_of_torch(per_group, groups, kernel, bias):
    c_in, c_out = per_group[0] * groups, per_group[1] * groups
    layer = torch.nn.Conv2d(c_in, c_out, kernel, groups=groups, bias=bias)
    expected = sum(p.numel() for p in layer.parameters())
    assert conv_params(c_in, c_out, kernel, groups=groups, bias=bias) == expected


def test_conv_params_gives_the_published_numbers():
    assert conv_params(3, 96, 11) == 34_944  # n003.param.shared
    assert conv_params(7, 11, (3, 5), bias=False) == 1_155  # n001.numweights
    assert conv_params(64, 128, 5, bias=False) == 204_800  # n001.1x1.params, erratum A8
    assert conv_params(64, 32, 1, bias=False) == 2_048
    assert conv_params(128, 32, 1, bias=False) + conv_params(32, 64, 5, bias=False) == 4_096 + 51_200


def test_conv_params_names_the_groups_that_work():
    with pytest.raises(
        ShapeError, match=r"groups=4 does not divide c_in=6; needed: .*; try: groups in \[1, 3\]"
    ):
        conv_params(6, 9, 3, groups=4)
    with pytest.raises(ShapeError, match=r"groups=2 does not divide c_out=9"):
        conv_params(6, 9, 3, groups=2)
    with pytest.raises(ShapeError, match="c_in=0; needed: an integer >= 1"):
        conv_params(0, 9, 3)


@few
@given(
    size=st.tuples(st.integers(5, 12), st.integers(5, 12)), per_group=st.tuples(small, small), groups=small,
    kernel=st.tuples(small, small), stride=st.tuples(small, small), padding=st.tuples(small, small),
)  # fmt: skip
def test_conv_macs_counts_the_products(size, per_group, groups, kernel, stride, padding):
    """With ones everywhere, the padding too, each product adds one to the sum of all outputs."""
    c_in, c_out = per_group[0] * groups, per_group[1] * groups
    x = torch.ones(1, c_in, size[0] + 2 * padding[0], size[1] + 2 * padding[1])
    products = (
        F.conv2d(x, torch.ones(c_out, per_group[0], *kernel), None, stride, 0, 1, groups).double().sum()
    )
    assert conv_macs(size, c_in, c_out, kernel, stride=stride, padding=padding, groups=groups) == int(
        products
    )


def test_conv_macs_gives_the_corrected_numbers_of_the_bottleneck():
    """Erratum A7: the document has 4.8M and 44.8M where 3.2M and 43.4M are right."""
    direct = conv_macs(28, 64, 128, 5, padding=2)
    thin, wide = conv_macs(28, 128, 32, 1), conv_macs(28, 32, 64, 5, padding=2)
    assert (direct, thin, wide) == (160_563_200, 3_211_264, 40_140_800)
    assert thin + wide == 43_352_064
    assert round(direct / (thin + wide), 2) == 3.70


def test_conv_macs_refuses_a_window_that_does_not_fit():
    with pytest.raises(ShapeError, match="the window spans 7 pixels and the padded axis has 5"):
        conv_macs((9, 5), 1, 1, 7)
    with pytest.raises(ShapeError, match=r"size=\(28, 28, 3\) has 3 numbers; needed: one number or a pair"):
        conv_macs((28, 28, 3), 3, 8, 3)


def test_shape_table_equals_a_torch_network():
    layers = [Conv(8, 5, 2, 1), Conv(12, (3, 1), (1, 2), (2, 0), (2, 1), 4, False), Conv(6, 1, groups=6)]
    c, image = 3, torch.zeros(1, 3, 33, 41)
    for layer, row in zip(layers, shape_table(layers, (3, 33, 41)), strict=True):
        module = torch.nn.Conv2d(c, *layer)
        image, c = module(image), layer.c_out
        assert row.out == tuple(image.shape[1:])
        assert row.params == sum(p.numel() for p in module.parameters())
        assert row.macs == image[0].numel() * module.weight[0].numel()


def test_shape_table_gives_the_published_numbers():
    rows = shape_table([Conv(5, 3, 2, 1)], (3, 5, 5))  # n003.out.ex2
    assert rows[0].out == (5, 3, 3)
    sizes = [row.out for row in shape_table([Conv(8, 3), Conv(16, 3), Conv(32, 3)], (1, 30, 30))]
    assert sizes == [(8, 28, 28), (16, 26, 26), (32, 24, 24)]  # n000.hw.row1, row3, row5
    assert shape_table([], (1, 8, 8)) == []


def test_shape_table_names_the_layer_that_does_not_fit():
    with pytest.raises(ShapeError) as caught:
        shape_table([Conv(4, 3), Conv(4, 9)], (1, 8, 8))
    assert "layer 2, Conv(c_out=4, kernel=9" in str(caught.value)
    assert "(c, h, w) = (4, 6, 6)" in str(caught.value) and "padding=2" in str(caught.value)


@pytest.mark.parametrize("size", [5, None, (3, 8), "abc", (3, 8, 0), (3, 8.0, 8), (3, 8, -8)], ids=repr)
def test_shape_table_refuses_what_is_no_size(size):
    with pytest.raises(ShapeError, match="needed: "):
        shape_table([Conv(4, 3)], size)


def test_shape_table_refuses_what_is_no_layer():
    with pytest.raises(ShapeError, match=r"layer 1 is \(4, 3\); needed: a Conv; try: Conv\(c_out, kernel\)"):
        shape_table([(4, 3)], (3, 8, 8))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            np.ones((3, 3)),
            r"x has shape \(3, 3\), 2 axes; needed: 4 axes \(n, c, h, w\); try: x\[None, None\]",
        ),
        (np.ones((1, 1, 1, 3, 3)), r"x has shape .*; needed: 4 axes \(n, c, h, w\); try: x\[0\]"),
        (np.float64(1), r"x has shape \(\), 0 axes; .* try: x\[None, None, None, None\]"),
        (np.ones((1, 1, 0, 3)), r"x has shape \(1, 1, 0, 3\); needed: at least one value on each axis"),
        (np.ones((0, 1, 3, 3)), r"x has shape \(0, 1, 3, 3\); needed: at least one value on each axis"),
        (
            np.ones((1, 1, 3, 3), object),
            r"x has dtype object; needed: an array of numbers; try: np\.asarray\(x, float\)",
        ),
        (np.full((1, 1, 3, 3), "a"), r"x has dtype <U1; needed: an array of numbers"),
        ([[1, 2], [3]], r"the rows of x differ in length; needed: an array \(n, c, h, w\)"),
        (None, r"x has dtype object"),
    ],
)
def test_numeric_says_what_came_what_is_needed_and_what_to_type(x, message):
    with pytest.raises(ShapeError, match=message):
        numeric(x, "x", "nchw")


@pytest.mark.parametrize("shape", [(3,), (3, 3), (3, 3, 3), (1, 2, 1, 3, 3), (1, 1, 1, 1, 3, 3)])
def test_numeric_advises_an_index_that_works(shape):
    x = np.ones(shape)
    with pytest.raises(ShapeError) as caught:
        numeric(x, "x", "nchw")
    assert numeric(eval(str(caught.value).split("try: ")[1]), "x", "nchw").ndim == 4


def test_numeric_copies_nothing():
    x = np.ones((1, 1, 2, 2))
    assert numeric(x, "x", "nchw") is x


def test_every_public_name_exists_once():
    assert len(set(d2lmini.__all__)) == len(d2lmini.__all__)
    assert all(hasattr(d2lmini, name) for name in d2lmini.__all__)
