"""Receptive fields: the recursion against gradients of PyTorch, against our own footprint, and published numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from d2lmini import Conv, ShapeError, Slide, gradient_footprint, out_size, receptive_field
from d2lmini.shapes import window

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=40, deadline=None)
pool = Slide(2, stride=2)
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
VGG16 = [layer for n, c in BLOCKS for layer in [Conv(c, 3, padding=1)] * n + [pool]]

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
slide = st.builds(Slide, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)), pairs)
stacks = st.lists(slide, min_size=1, max_size=4)


def smallest(stack, out=2):
    """The smallest (h, w) from which the stack makes `out` rows and columns without padding."""
    size = [out, out]
    for layer in reversed(stack):
        k, s, _, d = layer
        size = [(n - 1) * s[i] + d[i] * (k[i] - 1) + 1 for i, n in enumerate(size)]
    return tuple(size)


def gradient(stack, size, place):
    """The gradient of one output with respect to the input by PyTorch's autograd, all weights one."""
    x = torch.zeros(1, 1, *size, dtype=torch.float64, requires_grad=True)
    y = x
    for k, s, p, d in stack:
        y = F.conv2d(y, torch.ones(1, 1, *k, dtype=torch.float64), None, s, p, d)
    y[0, 0, place[0], place[1]].backward()
    return x.grad[0, 0].numpy()


@few
@given(stack=stacks, data=st.data())
def test_gradient_footprint_equals_autograd(stack, data):
    size = smallest(stack)
    h, w = size
    for layer in stack:
        h, w = window((h, w), *layer).out
    place = data.draw(st.tuples(st.integers(0, h - 1), st.integers(0, w - 1)))
    expected = gradient(stack, size, place)
    np.testing.assert_array_equal(gradient_footprint(stack, size, place=place), expected, strict=True)
    np.testing.assert_array_equal(
        gradient_footprint(stack, size), gradient(stack, size, (h // 2, w // 2)), strict=True
    )  # the middle, if no place is given


@few
@given(stack=stacks, later=pairs, more=pairs)
def test_receptive_field_is_where_the_gradient_is_not_zero(stack, later, more):
    """For a unit that sees no padding: from start + i jump on, `size` pixels."""
    fields = [receptive_field(stack, axis=axis)[-1] for axis in (0, 1)]
    place = [-(field.start // field.jump) + n for field, n in zip(fields, later, strict=True)]
    first = [field.start + i * field.jump for field, i in zip(fields, place, strict=True)]
    last = [i + field.size - 1 for field, i in zip(fields, first, strict=True)]
    seen = np.nonzero(gradient(stack, [i + n for i, n in zip(last, more, strict=True)], place))
    assert [axis.min() for axis in seen] == first and [axis.max() for axis in seen] == last


@few
@given(stack=stacks)
def test_receptive_field_along_an_axis_sees_that_axis_only(stack):
    turned = [Slide(*(v[::-1] for v in layer)) for layer in stack]
    assert receptive_field(stack, axis=0) == receptive_field(turned, axis=1)
    assert receptive_field(stack, axis=1) == receptive_field(turned, axis=0)


def test_receptive_field_of_vgg16_is_212_at_pool5():
    fields = receptive_field(VGG16)
    sizes = [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]
    assert [field.size for field in fields] == sizes
    assert fields[-1] == (212, 32, -90)
    seen = gradient_footprint(VGG16, 224).any(axis=0)
    assert np.flatnonzero(seen).tolist() == list(range(6, 218))  # unit 3 starts at -90 + 3 * 32


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([Conv(1, 3)] * 2, 5),  # two 3 x 3 see what one 5 x 5 sees
        ([Conv(1, 3)] * 3, 7),  # and three what one 7 x 7 sees: n002.vgg.rf
        ([Conv(1, 1)] * 9, 1),
        ([Conv(1, 3, dilation=2)], 5),  # n003.dil.d
        ([Conv(1, 3, dilation=d) for d in (1, 2, 4, 8)], 31),
        ([Conv(1, 3, stride=2)] * 3, 15),
    ],
)
def test_receptive_field_gives_the_published_sizes(layers, expected):
    assert receptive_field(layers)[-1].size == expected


def test_receptive_field_notes_one_field_a_layer():
    fields = receptive_field([Conv(8, 3, padding=1, dilation=2), Slide(3, 2, 1), Conv(4, 5, 3)])
    assert fields == [(5, 1, -1), (7, 2, -2), (15, 6, -2)]
    assert fields[0].size == 5 and fields[0].jump == 1 and fields[0].start == -1
    assert receptive_field([]) == []


def test_receptive_field_of_equal_axes_needs_no_axis():
    layers = [Slide((3, 3), (2, 2)), Conv(4, (5, 5))]
    assert receptive_field(layers) == receptive_field(layers, axis=0) == receptive_field(layers, axis=np.int64(1))
    with pytest.raises(ShapeError, match="h and w see different pixels; needed: 0 for h .*; try: .*axis=0"):
        receptive_field([Slide((3, 3), (1, 2))])


def test_gradient_footprint_counts_ways():
    """Three rows of Pascal's triangle for 1 x 3 boxes: the middle pixels are reached most often."""
    counts = gradient_footprint([Slide((1, 3))] * 3, (1, 7))
    np.testing.assert_array_equal(counts, np.array([[1.0, 3, 6, 7, 6, 3, 1]]), strict=True)
    dilated = gradient_footprint([Slide(3, dilation=2)], 5)
    assert np.count_nonzero(dilated) == 9 and dilated[::2, ::2].all()  # nine taps with holes between them


def test_gradient_footprint_is_cut_at_the_border():
    assert gradient_footprint([Conv(1, 3, padding=1)], 5, place=0).tolist()[:2] == [[1, 1, 0, 0, 0]] * 2
    assert gradient_footprint([], 2, place=(1, 0)).tolist() == [[0, 0], [1, 0]]


LAYERS = {
    "a number": ([3], "layer 1 is 3; needed: a Conv or a Slide; try: Slide"),
    "a Conv instead of a list": (Conv(4, 3), "layer 1 is 4; needed: a Conv or a Slide"),
    "a tuple": ([Conv(4, 3), (3, 1)], r"layer 2 is \(3, 1\); needed"),
    "stride 0": ([Conv(4, 3), Slide(2, 0)], r"layer 2, Slide\(kernel=2, stride=0.*: stride=0; needed: an integer >= 1"),
    "kernel 0": ([Slide(0)], "layer 1, .*kernel=0"),
    "negative padding": ([Slide(2, padding=-1)], "layer 1, .*padding=-1"),
    "half a pixel": ([Slide(2, dilation=1.5)], "layer 1, .*dilation=1.5 is not a whole number"),
}


@pytest.mark.parametrize("case", LAYERS)
def test_receptive_field_and_gradient_footprint_name_the_wrong_layer(case):
    layers, message = LAYERS[case]
    with pytest.raises(ShapeError, match=message):
        receptive_field(layers)
    with pytest.raises(ShapeError, match=message):
        gradient_footprint(layers, 32)


def test_receptive_field_refuses_other_axes():
    for axis in (2, -1, 0.5, "h", True):
        with pytest.raises(ShapeError, match=f"axis={axis!r}.*needed: .*; try: axis="):
            receptive_field([Conv(4, 3)], axis=axis)


def test_gradient_footprint_refuses_stacks_that_do_not_fit_and_places_outside():
    with pytest.raises(ShapeError, match=r"layer 2, on an input of \(h, w\) = \(3, 5\): the window spans 4 pixels"):
        gradient_footprint([Slide(3), Slide(4)], (5, 7))
    for place in ((3, 0), (0, 5), 3):
        with pytest.raises(ShapeError, match=r"needed: a place of an output of \(3, 5\); try: place=\(1, 2\)"):
            gradient_footprint([Slide(3)], (5, 7), place=place)
    with pytest.raises(ShapeError, match="place=-1; needed: an integer >= 0"):
        gradient_footprint([Slide(3)], (5, 7), place=-1)


@few
@given(layer=slide, n=st.integers(1, 40))
def test_receptive_field_of_the_last_unit_ends_inside_the_padded_image(layer, n):
    """The two recursions agree: `out_size` units fit, one more would not."""
    kernel, stride, padding, dilation = (value[0] for value in layer)
    assume(n + 2 * padding > dilation * (kernel - 1))
    units = out_size(n, kernel, stride=stride, padding=padding, dilation=dilation)
    field = receptive_field([layer], axis=0)[0]
    end = field.start + (units - 1) * field.jump + field.size
    assert end <= n + padding < end + field.jump
