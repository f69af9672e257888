"""Checks in a notebook: one line when they pass, a few sentences and no traceback when they do not."""

from dataclasses import replace

import numpy as np
import pytest

from d2lmini.grading import CheckFailed, bank, check, check_rng, check_that, check_value
from d2lmini.grading.check import Recorder, _judge, _text, recorder
from d2lmini.grading.exercise import Exercise, Misconception
from tests.grading_course import BANK

X = np.arange(12.0).reshape(3, 4)
K = np.array([[0.0, 1.0, -1.0], [2.0, 3.0, 1.0]])


@pytest.fixture(autouse=True)
def mini_bank(monkeypatch):
    monkeypatch.setattr(bank, "__path__", [str(BANK)])
    bank.load.cache_clear()
    yield bank.load()["mini"]
    bank.load.cache_clear()


def answer(name, function):
    function.__name__ = name
    return function


def written_by_a_student(exercise):
    return answer(exercise.name, lambda *args, **kwargs: exercise.reference(*args, **kwargs))


def failure(call, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_right_answer_prints_one_line(mini_bank, capsys):
    check(written_by_a_student(mini_bank["mini_corr"]), X, K)
    check(written_by_a_student(mini_bank["mini_size"]), 8, 3, stride=2)
    assert capsys.readouterr().out == ("passed: mini_corr(x 3x4, k 2x3)\npassed: mini_size(n=8, k=3, stride=2)\n")


def test_wrong_variant_is_named_with_its_hint_and_section(mini_bank):
    exercise = mini_bank["mini_corr"]
    text = failure(check, answer("mini_corr", lambda x, k: exercise.wrong[0].wrong(x, k)), X, K)
    assert text.splitlines() == [
        "not right yet: mini_corr(x 3x4, k 2x3)",
        "  asked: mini_corr(x, k) with x = "
        "[[0., 1., 2., 3.], [4., 5., 6., 7.], [8., 9., 10., 11.]]; k = [[0., 1., -1.], [2., 3., 1.]]",
        "  came: an array of shape (2, 2), float64; 4 of its 4 values are not right, the first at [0, 0], "
        "where yours is 8.0",
        "  hint: Your output equals the true convolution: the kernel is flipped.",
        "  read again: mini.html#mini_corr",
    ]


def test_every_wrong_variant_gets_its_own_hint(mini_bank):
    for exercise in (mini_bank["mini_corr"], mini_bank["mini_size"]):
        args = (X, -K) if exercise.name == "mini_corr" else (20, 9, 2)
        for wrong in exercise.wrong:
            assert wrong.hint in failure(check, answer(exercise.name, lambda *a, f=wrong.wrong: f(*a)), *args)


def test_inputs_that_do_not_tell_two_mistakes_apart_get_both_hints_and_name_neither(mini_bank):
    exercise, (first, second, *_) = mini_bank["mini_corr"], mini_bank["mini_corr"].wrong
    twin = Misconception(first.wrong, second.hint, name="twin")
    third = Misconception(first.wrong, "A third one.", name="third")
    asked = (written_by_a_student(exercise)(X, K), lambda wrong: wrong(X, K))
    both = f"{first.hint} Or: {twin.hint}"
    for wrong, hint in (((first,), first.hint), ((first, twin), both), ((first, twin, third), "")):
        said = _judge(replace(exercise, wrong=wrong), first.wrong(X, K), *asked)
        assert (said["hint"], said["misconception"]) == (hint, first.name if len(wrong) == 1 else "")


def test_arrays_inside_tuples_are_told_in_one_line():
    layers = ((np.ones((1, 2, 1, 1)), np.zeros(30)), [np.array([1.0])])
    assert _text(layers) == "(([[[[1.]], [[1.]]]], an array of shape (30,), float64), [[1.]])"
    assert _text((3,)) == "(3,)" and _text("a") == "'a'"


def test_stub_is_not_done_yet():
    def mini_corr(x, k):
        raise NotImplementedError("not done yet")

    assert "not done yet: write mini_corr in the cell above" in failure(check, mini_corr, X, K)
    assert "not done yet" in failure(check_that, lambda: mini_corr(X, K) > 0, "it is positive", about="mini_corr")
    assert "not done yet" in failure(check_value, "mini_values", ...)


def test_error_of_the_student_is_shown_with_its_line():
    def mini_corr(x, k):
        return x[0, 99] * k

    text = failure(check, mini_corr, X, K)
    assert "IndexError: index 99 is out of bounds" in text and "return x[0, 99] * k" in text


def test_changed_argument_is_told_even_when_the_values_are_right(mini_bank):
    def mini_corr(x, k):
        result = mini_bank["mini_corr"].reference(x, k)
        x *= 2
        return result

    before = X.copy()
    text = failure(check, mini_corr, X, K)
    assert "changes its argument x." in text
    np.testing.assert_array_equal(X, before, strict=True)


def test_changed_nan_argument_is_no_false_alarm(mini_bank, capsys):
    check(written_by_a_student(mini_bank["mini_corr"]), np.full((3, 3), np.nan), K)
    assert "passed" in capsys.readouterr().out


def test_function_that_is_none_is_refused_in_words():
    assert "check needs your function; this is an array" in failure(check, X, X, K)
    assert "write it with `def`" in failure(check, lambda x, k: x, X, K)


def test_the_books_own_function_is_no_answer():
    def mini_corr(x, k):
        return x

    mini_corr.__module__ = "d2lmini.ops.conv"
    assert "this mini_corr is the book's own" in failure(check, mini_corr, X, K)


def test_value_may_be_typed_by_hand_and_its_mistake_is_named(capsys):
    check_value("mini_values", np.array([1, 1, 0, -2]))
    assert capsys.readouterr().out == "passed: mini_values\n"
    assert "circular convolution" in failure(check_value, "mini_values", np.array([-1, 1, 0]))
    assert "a NumPy array is needed" in failure(check_value, "mini_values", [1, 1, 0, -2])


def test_property_must_be_true_and_not_merely_truthy():
    assert "this does not hold" in failure(check_that, False, "sizes agree")
    with pytest.raises(TypeError, match="True or False"):
        check_that(np.ones(3), "all ones")


def test_failure_is_rendered_without_a_traceback():
    with pytest.raises(CheckFailed) as caught:
        check_value("mini_values", None)
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_draws_are_fixed_in_a_notebook_and_seeded_in_the_grader():
    fixed = check_rng("a").integers(1 << 30)
    assert fixed == check_rng("a").integers(1 << 30) != check_rng("b").integers(1 << 30)
    token = recorder.set(Recorder(seed=5))
    try:
        assert check_rng("a").integers(1 << 30) == check_rng("a").integers(1 << 30) != fixed
    finally:
        recorder.reset(token)


@pytest.fixture
def square_of_a_sum(monkeypatch):
    """Refute (a + b)^2 = a^2 + b^2 with two whole numbers."""
    mistakes = [
        Misconception({"a": -1, "b": 2}, "Below zero.", when=lambda a, b: min(a, b) < 0, name="negative"),
        Misconception({"a": 0, "b": 2}, "One is zero.", when=lambda a, b: a * b == 0, name="zero"),
    ]
    exercise = Exercise("counter_square", {"a": 1, "b": 1}, mistakes, accepts=lambda a, b: (a + b) ** 2 != a**2 + b**2)
    monkeypatch.setattr(bank, "find", {"counter_square": exercise}.__getitem__)
    return exercise


def test_counter_example_is_right_if_it_refutes_whatever_its_numbers(square_of_a_sum, capsys):
    check_value("counter_square", {"a": 3, "b": 4})
    check_value("counter_square", {"b": np.int64(5), "a": 2})
    assert capsys.readouterr().out == "passed: counter_square\n" * 2


def test_counter_example_that_refutes_nothing_is_told_why(square_of_a_sum):
    text = failure(check_value, "counter_square", {"a": 3, "b": 0})
    assert "came: a = 3; b = 0\n  hint: One is zero." in text
    text = failure(check_value, "counter_square", {"a": -3, "b": 0})  # the first mistake that fits
    assert "hint: Below zero." in text and "One is zero." not in text
    text = failure(check_value, "counter_square", {"a": 3})
    assert "came: a dict of 1 item; its keys should be 'a', 'b'" in text and "hint" not in text
    assert "not done yet" in failure(check_value, "counter_square", ...)


def test_counter_example_does_not_refute_by_overflow(square_of_a_sum):
    object.__setattr__(square_of_a_sum, "accepts", lambda a, b: a + b < 0)
    assert "came: a = 100; b = 100" in failure(check_value, "counter_square", {"a": np.int8(100), "b": np.int8(100)})


def test_counter_example_without_a_hint_still_fails(square_of_a_sum):
    object.__setattr__(square_of_a_sum, "wrong", ())
    assert failure(check_value, "counter_square", {"a": 0, "b": 7}).endswith("came: a = 0; b = 7")


def test_counter_example_and_its_mistakes_are_declared_together():
    plain = Misconception({"a": 0}, "Zero.", name="zero")
    with pytest.raises(ValueError, match="zero has no partner"):
        Exercise("counter", {"a": 1}, [plain], accepts=lambda a: a == 1)
    with pytest.raises(ValueError, match="zero has no partner"):
        Exercise("counter", {"a": 1}, [Misconception({"a": 0}, "Zero.", name="zero", when=lambda a: a == 0)])


def test_two_exercises_of_one_name_are_refused(monkeypatch, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(
            "from d2lmini.grading.exercise import Exercise\nEXERCISES = [Exercise('same', 1)]\n"
        )
    monkeypatch.setattr(bank, "__path__", [str(tmp_path)])
    bank.load.cache_clear()
    with pytest.raises(ValueError, match="same is in the bank of one and of two"):
        bank.load()
