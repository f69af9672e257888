"""The judge is strict on type, shape, dtype and values, and its words never hold the right answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from d2lmini.grading.compare import LARGEST, MOST_NUMBERS, difference, misfit
from d2lmini.grading.wire import Opaque

RIGHT = np.array([[1.5, -2.0, 3.25], [0.0, 5.0, 6.0]])


class AlwaysEqual:
    __array_priority__ = 1000
    shape, dtype, ndim, size = (2, 3), np.dtype(float), 2, 6

    def __eq__(self, other):
        return True

    def __array__(self, dtype=None, copy=None):
        return RIGHT

    def __len__(self):
        return 2


class EqualArray(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)


def nan_at_one():
    value = RIGHT.copy()
    value[0, 1] = np.nan
    return value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RIGHT.tolist(), "a list of 2 items; a NumPy array is needed"),
        (None, "None; is a `return` missing?"),
        (RIGHT[None], "shape (1, 2, 3), float64; its shape is not the one asked for"),
        (RIGHT.ravel(), "its shape is not"),
        (RIGHT[:, :1], "its shape is not"),
        (np.float64(1.5), "the number 1.5 (float64); a NumPy array is needed"),
        (RIGHT.astype(int), "int64; decimal numbers (float) are needed"),
        (RIGHT.astype(bool), "decimal numbers"),
        (RIGHT.astype(complex), "decimal numbers"),
        (nan_at_one(), "1 of its 6 values is not right, at [0, 1], where yours is nan"),
        (RIGHT * 2, "5 of its 6 values are not right, the first at [0, 0], where yours is 3.0"),
        (np.zeros_like(RIGHT), "5 of its 6 values are not right"),
        (AlwaysEqual(), "an object of type AlwaysEqual; a NumPy array is needed"),
        (RIGHT.view(EqualArray), "an object of type EqualArray; a NumPy array is needed"),
        (RIGHT.view(np.recarray), "an object of type recarray"),
        (np.ma.array(RIGHT), "an object of type MaskedArray"),
        (RIGHT.astype(object), "an object of type ndarray"),
        (Opaque("Tensor"), "an object of type Tensor"),
    ],
)
def test_wrong_answer_is_told_what_came(answer, words):
    assert words in difference(answer, RIGHT)


@pytest.mark.parametrize("answer", [RIGHT, RIGHT.astype(np.float32), RIGHT.astype(">f8"), np.asfortranarray(RIGHT)])
def test_right_answer_passes_in_any_precision_and_order(answer):
    assert difference(answer, RIGHT) is None


@pytest.mark.parametrize(
    ("answer", "expected", "equal"),
    [
        (3, 3, True),
        (np.int64(3), 3, True),
        (3, 3.0, True),
        (3.0, 3, False),
        (True, 1, False),
        (1, True, False),
        (np.array(3), 3, False),
        ((3, 4), (3, 4), True),
        ([3, 4], (3, 4), False),
        ((3, 4, 5), (3, 4), False),
        ((3, 5), (3, 4), False),
        ((3.0, 4.0), (3, 4), False),
        ({"a": RIGHT}, {"a": RIGHT.copy()}, True),
        ({"a": RIGHT, "b": 1}, {"a": RIGHT}, False),
        ("valid", "valid", True),
        ("same", "valid", False),
        (float("nan"), float("nan"), True),
        (float("inf"), 1e308, False),
        (Opaque("x"), Opaque("x"), False),
    ],
)
def test_plain_values_are_compared_by_type_and_value(answer, expected, equal):
    assert (difference(answer, expected) is None) == equal


def test_whole_numbers_may_stand_for_decimals_only_where_the_exercise_says_so():
    typed, expected = np.array([1, -2]), np.array([1.0, -2.0])
    assert difference(typed, expected) is not None
    assert difference(typed, expected, strict_dtype=False) is None
    assert difference(expected, typed, strict_dtype=False) is not None


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6)), st.integers(0, 5))
def test_one_changed_value_is_found_at_its_place(expected, flat):
    place = np.unravel_index(flat, expected.shape)
    answer = expected.copy()
    answer[place] += 1e-3 * max(1.0, np.abs(expected).max())
    assert f"at {[int(i) for i in place]}" in difference(answer, expected)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (4, 4), elements=st.floats(-1e6, 1e6).map(lambda v: round(v, 3))))
def test_rounding_of_float32_is_forgiven(expected):
    assert difference(expected.astype(np.float32), expected) is None


def test_words_never_hold_the_right_value():
    expected = np.array([123.456, 789.125])
    for answer in (np.zeros(2), np.zeros(3), [0.0, 0.0], None, np.zeros(2, int), 5.0):
        words = difference(answer, expected)
        assert "123" not in words and "789" not in words
    assert "34944" not in difference(5, 34944) and "55" not in difference((1, 2), (55, 55))


# What a sentence says may depend on the answer and on where it is wrong, never on what is right there.


@st.composite
def an_answer_and_two_truths(draw):
    """An answer, and two expected values that are unlike it in the same places."""
    dtype = draw(st.sampled_from([np.float64, np.float32, np.int64, np.bool_]))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, max_side=3))
    answer = draw(hnp.arrays(np.int64, shape, elements=st.integers(-50, 50)))
    wrong = draw(hnp.arrays(bool, shape))
    if dtype is np.bool_:
        answer = answer > 0
        return answer, answer ^ wrong, answer ^ wrong
    first, second = (
        np.where(wrong, answer + draw(hnp.arrays(np.int64, shape, elements=st.integers(1000, 9000))), answer)
        for _ in range(2)
    )
    return answer.astype(dtype), first.astype(dtype), second.astype(dtype)


@settings(max_examples=150, deadline=None)
@given(an_answer_and_two_truths(), st.sampled_from(["array", "list", "tuple", "dict", "number"]))
def test_words_are_the_same_whatever_the_right_values_are(values, packed):
    pack = {
        "array": lambda v: v,
        "list": lambda v: v.ravel().tolist(),
        "tuple": lambda v: (1, v),
        "dict": lambda v: {"first": "same", "second": [v]},
        "number": lambda v: v.ravel()[0].item(),
    }[packed]
    answer, first, second = map(pack, values)
    assert difference(answer, first) == difference(answer, second)


@settings(max_examples=150, deadline=None)
@given(*[hnp.array_shapes(min_dims=0, max_dims=4, max_side=5) for _ in range(3)])
def test_words_are_the_same_whatever_the_right_shape_is(shape, first, second):
    if shape not in (first, second):
        answer = np.zeros(shape)
        assert difference(answer, np.ones(first)) == difference(answer, np.ones(second)) is not None
        assert difference([0] * len(shape), [1] * 9) == difference([0] * len(shape), [2] * 7)


@pytest.mark.parametrize("answer", [None, 5, 5.5, "text", [1], (1,), {"a": 1}, Opaque("Tensor"), np.array(["a"])])
def test_words_on_another_type_name_the_type_that_is_needed_and_no_value(answer):
    first, second = (np.array(v) for v in ([123.456, 789.125], [[97.5]]))
    assert difference(answer, first) == difference(answer, second) is not None
    assert difference("other", "right") == difference("other", "true")
    assert difference({"b": 1}, {"right": 1}) == difference({"b": 1}, {"true": 2})


EXAMPLE = {"n": 3, "eps": 0.5, "x": np.zeros(4)}


@pytest.mark.parametrize(
    "answer",
    [
        {"n": 7, "eps": 1, "x": np.array([1, -2])},  # other values, other lengths, whole numbers for decimals
        {"x": np.ones(MOST_NUMBERS, np.float32), "n": np.int64(-LARGEST), "eps": np.float32(0.25)},
    ],
)
def test_misfit_finds_nothing_in_an_answer_of_the_same_form(answer):
    assert misfit(answer, EXAMPLE) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "None; a dict is needed"),
        ([3, 0.5], "a list of 2 items: [3, 0.5]; a dict is needed"),
        ({"n": 3}, "a dict of 1 item; its keys should be 'n', 'eps', 'x'"),
        ({**EXAMPLE, "y": 1}, "a dict of 4 items; its keys should be 'n', 'eps', 'x'"),
        ({**EXAMPLE, "n": 3.0}, "look at n: the number 3.0 (float); whole numbers (int) are needed"),
        ({**EXAMPLE, "n": True}, "look at n: the number True (bool); whole numbers (int) are needed"),
        ({**EXAMPLE, "eps": 1j}, "decimal numbers (float) are needed"),
        ({**EXAMPLE, "n": 10**30}, "whole numbers (int) are needed"),
        ({**EXAMPLE, "n": np.int64(-(2**63))}, "numbers from -10,000 to 10,000 are needed"),
        ({**EXAMPLE, "eps": float("nan")}, "numbers from -10,000 to 10,000 are needed"),
        ({**EXAMPLE, "eps": float("inf")}, "numbers from -10,000 to 10,000 are needed"),
        ({**EXAMPLE, "x": [1.0, 2.0]}, "look at x: a list of 2 items: [1.0, 2.0]; a NumPy array is needed"),
        ({**EXAMPLE, "x": np.zeros((2, 2))}, "an array with 1 axis and 1 to 100 numbers is needed"),
        ({**EXAMPLE, "x": np.zeros(0)}, "an array with 1 axis and 1 to 100 numbers is needed"),
        ({**EXAMPLE, "x": np.zeros(MOST_NUMBERS + 1)}, "an array with 1 axis and 1 to 100 numbers is needed"),
        ({**EXAMPLE, "x": Opaque("Tensor")}, "look at x: an object of type Tensor; a NumPy array is needed"),
    ],
)
def test_misfit_says_what_is_needed(answer, said):
    assert said in misfit(answer, EXAMPLE)
