"""Padding against numpy.pad, torch and index arithmetic; normalised borders against average pooling."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import ShapeError, gaussian_kernel, normalised_filter, pad2d
from d2lmini.ops.padding import MODES

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=60, deadline=None)
DTYPES = ["float32", "float64", "int64", "uint8"]
TORCH = {mode: mode for mode in ("circular", "replicate", "reflect")} | {
    "zeros": "constant",
    "constant": "constant",
}
NUMPY = TORCH | {"circular": "wrap", "replicate": "edge", "symmetric": "symmetric"}


def image(shape, dtype="float64", seed=0):
    return (100 * np.random.default_rng(seed).random(shape)).astype(dtype)


def source(i: int, n: int, mode: str) -> int | None:
    """The pixel of an axis of length n that stands at place i, by arithmetic; None for a constant."""
    if 0 <= i < n:
        return i
    return {
        "zeros": None,
        "constant": None,
        "circular": i % n,
        "replicate": min(max(i, 0), n - 1),
        "reflect": abs(i) if i < 0 else 2 * (n - 1) - i,
        "symmetric": -i - 1 if i < 0 else 2 * n - 1 - i,
    }[mode]


widths = st.tuples(st.integers(0, 3), st.integers(0, 3))


@few
@given(mode=st.sampled_from(list(MODES)), h=widths, w=widths, dtype=st.sampled_from(DTYPES))
def test_pad2d_equals_numpy_and_index_arithmetic(mode, h, w, dtype):
    x, value = image((2, 3, 4, 5), dtype), 7 if mode == "constant" else 0
    y = pad2d(x, (h, w), mode=mode, value=value)
    options = {"constant_values": value} if mode in ("zeros", "constant") else {}
    np.testing.assert_array_equal(y, np.pad(x, ((0, 0), (0, 0), h, w), NUMPY[mode], **options), strict=True)
    for i, j in np.ndindex(y.shape[2:]):
        a, b = source(i - h[0], 4, mode), source(j - w[0], 5, mode)
        expected = np.full((2, 3), value, dtype) if a is None or b is None else x[:, :, a, b]
        np.testing.assert_array_equal(y[:, :, i, j], expected, strict=True)


@few
@given(mode=st.sampled_from(list(TORCH)), h=widths, w=widths, dtype=st.sampled_from(["float32", "float64"]))
def test_pad2d_equals_torch(mode, h, w, dtype):
    x = image((2, 3, 4, 5), dtype)
    value = 2.5 if mode == "constant" else 0.0
    options = {"value": value} if TORCH[mode] == "constant" else {}
    expected = F.pad(torch.from_numpy(x), (*w, *h), TORCH[mode], **options).numpy()
    np.testing.assert_array_equal(pad2d(x, (h, w), mode=mode, value=value), expected, strict=True)


def test_pad2d_reads_one_number_a_pair_or_four():
    x = image((1, 1, 3, 3))
    for short, long in (
        (1, ((1, 1), (1, 1))),
        ((1, 2), ((1, 1), (2, 2))),
        ([1, [0, 2]][0], ((1, 1), (1, 1))),
    ):
        np.testing.assert_array_equal(pad2d(x, short), pad2d(x, long), strict=True)
    np.testing.assert_array_equal(
        pad2d(x, np.array([[0, 1], [2, 3]])), pad2d(x, ((0, 1), (2, 3))), strict=True
    )


def test_pad2d_tells_reflect_from_symmetric():
    """Erratum C11: symmetric repeats the edge pixel, reflect does not."""
    x = np.array([[[[1, 2, 3, 4]]]])
    assert pad2d(x, (0, 2), mode="reflect")[0, 0, 0].tolist() == [3, 2, 1, 2, 3, 4, 3, 2]
    assert pad2d(x, (0, 2), mode="symmetric")[0, 0, 0].tolist() == [2, 1, 1, 2, 3, 4, 4, 3]


@pytest.mark.parametrize("mode", MODES)
def test_pad2d_of_nothing_is_a_copy(mode):
    x = image((1, 2, 1, 1))
    y = pad2d(x, 0, mode=mode)
    np.testing.assert_array_equal(y, x, strict=True)
    assert not np.shares_memory(x, y) and y.flags.writeable


@pytest.mark.parametrize(("mode", "most"), [("circular", 4), ("symmetric", 4), ("reflect", 3)])
def test_pad2d_refuses_more_than_one_period_or_mirror_image(mode, most):
    x = image((1, 1, 9, 4))
    assert pad2d(x, (0, most), mode=mode).shape == (1, 1, 9, 4 + 2 * most)
    with pytest.raises(ShapeError) as caught:
        pad2d(x, ((0, 0), (0, most + 1)), mode=mode)
    assert str(caught.value) == (
        f"{most + 1} pixels of {mode} padding on w=4; needed: w >= 5; "
        f'try: padding <= {most} or mode="replicate"'
    )
    assert pad2d(x, 50, mode="replicate").shape == (1, 1, 109, 104)


@pytest.mark.parametrize(
    "padding",
    [
        *(-1, 1.0, float("nan"), "same", None, True, (1, -1), (1, 2, 3)),
        *(((0, 1), (2, -3)), ((1, 2, 3), (1, 2)), ((1, 1), 1), (("1", "1"), (1, 1))),
    ],
    ids=repr,
)
def test_pad2d_refuses_what_is_no_padding(padding):
    with pytest.raises(ShapeError, match=r"padding(\[.\])?=.*; needed: .*; try: padding"):
        pad2d(image((1, 1, 3, 3)), padding)


@pytest.mark.parametrize("mode", ["edge", "", None, 3, ["zeros"], "Zeros"], ids=repr)
def test_pad2d_lists_the_modes(mode):
    with pytest.raises(ShapeError) as caught:
        pad2d(image((1, 1, 3, 3)), 1, mode=mode)
    assert str(caught.value) == f'mode={mode!r}; needed: one of {", ".join(MODES)}; try: mode="zeros"'


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        *(("int64", 0.5), ("uint8", 300), ("uint8", -1), ("int64", float("nan")), ("bool", 2)),
        *(("float64", "a"), ("float64", [1, 2]), ("float64", 1j), ("float64", None)),
    ],
)
def test_pad2d_refuses_a_value_that_the_image_cannot_hold(dtype, value):
    with pytest.raises(ShapeError, match=f"for an image of {dtype}; needed: one number that {dtype} holds"):
        pad2d(image((1, 1, 3, 3), dtype), 1, mode="constant", value=value)


@pytest.mark.parametrize("value", [0.1, -np.inf, np.nan, 3, np.float32(0.1)])
def test_pad2d_rounds_a_value_to_the_dtype_of_the_image(value):
    y = pad2d(image((1, 1, 3, 3), "float32"), 1, mode="constant", value=value)
    np.testing.assert_array_equal(y[0, 0, 0, 0], np.float32(value), strict=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 5), (5, 3), (1, 1)])
def test_normalised_filter_equals_average_pooling_without_the_padding(kernel, dtype):
    x = image((2, 3, 6, 7), dtype)
    padding = kernel[0] // 2, kernel[1] // 2
    expected = F.avg_pool2d(torch.from_numpy(x), kernel, 1, padding, count_include_pad=False).numpy()
    y = normalised_filter(x, np.ones(kernel))
    np.testing.assert_allclose(y, expected, rtol=1e-6 if dtype == "float32" else 1e-14, strict=True)


@few
@given(kh=st.sampled_from([1, 3, 5]), kw=st.sampled_from([1, 3, 5]), seed=st.integers(0, 99))
def test_normalised_filter_is_a_zero_padded_layer_over_the_weight_inside(kh, kw, seed):
    x, kernel = image((2, 3, 4, 4), seed=seed), image((kh, kw), seed=seed + 1) + 1e-3
    weight = torch.from_numpy(kernel)[None, None].expand(3, 1, kh, kw)
    padding = (kh // 2, kw // 2)
    above = F.conv2d(torch.from_numpy(x), weight, padding=padding, groups=3)
    below = F.conv2d(torch.ones(2, 3, 4, 4, dtype=torch.float64), weight, padding=padding, groups=3)
    np.testing.assert_allclose(normalised_filter(x, kernel), (above / below).numpy(), rtol=1e-12, strict=True)


def test_normalised_filter_keeps_a_constant_image_and_zeros_do_not():
    x = np.full((1, 2, 7, 8), 5.0)
    np.testing.assert_allclose(normalised_filter(x, gaussian_kernel(5)), x, rtol=1e-14, strict=True)
    np.testing.assert_allclose(normalised_filter(x, 17 * gaussian_kernel(5)), x, rtol=1e-14, strict=True)
    darker = F.avg_pool2d(torch.from_numpy(x), 3, 1, 1).numpy()
    assert darker[0, 0, 0, 0] < 5 * 4 / 9 + 1e-12


def test_normalised_filter_takes_its_dtype_from_the_image():
    for dtype, expected in (
        ("float32", "float32"),
        ("float64", "float64"),
        ("int64", "float64"),
        ("uint8", "float64"),
    ):
        assert normalised_filter(image((1, 1, 3, 3), dtype), np.ones((3, 3))).dtype == expected


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.ones((2, 3)), "a kernel of 2 with dilation 1 spans 2 pixels, an even number"),
        (np.ones(3), r"kernel has shape \(3,\), 1 axes; needed: 2 axes \(kh, kw\); try: kernel\[None\]"),
        (
            np.array([[1.0, -1.0, 1.0]]),
            "the kernel has a weight that is not >= 0 .*; needed: weights of an average; try: np.abs",
        ),
        (np.array([[1.0, 0.0, 1.0]]), "no weight at its centre"),
        (np.array([[1.0, np.nan, 1.0]]), "no weight at its centre"),
    ],
)
def test_normalised_filter_refuses_what_is_no_average(kernel, message):
    with pytest.raises(ShapeError, match=message):
        normalised_filter(image((1, 1, 3, 3)), kernel)
