"""The wire carries plain values exactly and believes nothing else."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from d2lmini.grading import wire

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), ARRAYS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(0, 9)), inner, max_size=3),
    ),
    max_leaves=6,
)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return a == b or (a != a and b != b)


def frame(value, sizes=(), body=b""):
    header = json.dumps({"value": value, "sizes": list(sizes)}).encode()
    return wire.PREFIX.pack(wire.MAGIC, len(header), len(body)) + header + body


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_plain_values_cross_unchanged(value):
    try:
        packed = wire.dumps(value)
    except wire.WireError as error:
        assert "too deeply" in str(error)
        return
    assert same(wire.loads(packed), value)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_noise_is_refused_with_one_error(noise, with_prefix):
    data = wire.PREFIX.pack(wire.MAGIC, len(noise), 0) + noise if with_prefix else noise
    with pytest.raises(wire.WireError):
        wire.loads(data)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["list", "dict", "array", "scalar", "int", "complex", "opaque"]),
                inner,
                max_size=2,
            ),
        ),
    )
)
def test_forged_header_gives_a_value_or_the_one_error(value):
    try:
        wire.loads(frame(value))
    except wire.WireError:
        pass


@pytest.mark.parametrize(
    ("value", "sizes", "body"),
    [
        pytest.param({"array": [0, "|O8", [1]]}, [8], bytes(8), id="objects"),
        pytest.param({"array": [0, "<U2", [1]]}, [8], bytes(8), id="text"),
        pytest.param({"array": [0, "<f8", [2]]}, [8], bytes(8), id="too few bytes"),
        pytest.param({"array": [0, "<f8", [-1, -1]]}, [8], bytes(8), id="negative shape"),
        pytest.param({"array": [1, "<f8", [1]]}, [8], bytes(8), id="no such array"),
        pytest.param({"array": [-1, "<f8", [1]]}, [8], bytes(8), id="counted from the end"),
        pytest.param({"array": [0, "<f8", [1]]}, [9], bytes(8), id="sizes do not add up"),
        pytest.param({"dict": [[[1], 2]]}, [], b"", id="a list as key"),
        pytest.param({"pickle": "x"}, [], b"", id="unknown tag"),
        pytest.param({"list": [], "dict": []}, [], b"", id="two tags"),
        pytest.param({"int": "0x" + "f" * 5000}, [], b"", id="endless number"),
    ],
)
def test_forged_frame_is_refused(value, sizes, body):
    with pytest.raises(wire.WireError):
        wire.loads(frame(value, sizes, body))


def test_deep_nesting_is_refused_on_both_sides():
    deep, node = [], None
    for _ in range(wire.MAX_DEPTH + 1):
        deep, node = [deep], {"list": [node]}
    with pytest.raises(wire.WireError, match="too deeply"):
        wire.dumps(deep)
    with pytest.raises(wire.WireError, match="too deeply"):
        wire.loads(frame(node))


def test_frame_that_announces_too_much_is_refused_before_it_is_read():
    prefix = struct.pack("<4sII", wire.MAGIC, 10, wire.MAX_BODY_BYTES + 1)
    with pytest.raises(wire.WireError, match="too large"):
        wire.prefix_sizes(prefix)


def test_what_is_not_plain_crosses_as_the_name_of_its_type():
    class Evil(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    strange = [
        Evil(1),
        np.ma.array([1]),
        np.zeros(1).view(np.recarray),
        np.array(["a"]),
        {1, 2},
        len,
        {(1,): 2},
        ...,
    ]
    crossed = wire.loads(wire.dumps(strange))
    assert all(type(value) is wire.Opaque for value in crossed)
    assert crossed[0].type_name == "Evil" and crossed[7].type_name == "ellipsis"


def test_arrays_that_crossed_can_be_written_to():
    array = wire.loads(wire.dumps(np.zeros(3)))
    array[0] = 1
    assert array.tolist() == [1, 0, 0]


def test_strided_array_crosses_in_its_own_order():
    array = np.arange(12.0).reshape(3, 4)[::-1, ::2]
    np.testing.assert_array_equal(wire.loads(wire.dumps(array)), array, strict=True)
