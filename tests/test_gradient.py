"""Gradients by brute force: exact on polynomials, and a judge that can say no."""

import numpy as np
import pytest

from d2lmini import ShapeError, conv2d, conv2d_backward, grad_check, numerical_gradient

pytestmark = pytest.mark.filterwarnings("error")


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_numerical_gradient_of_a_matrix_product_is_the_transpose():
    matrix, x, dy = random(4, 3), random(3, 2, seed=1), random(4, 2, seed=2)
    gradient = numerical_gradient(lambda x: matrix @ x, x, dy)
    np.testing.assert_allclose(gradient, matrix.T @ dy, rtol=0, atol=1e-8, strict=True)


def test_numerical_gradient_is_exact_on_squares_with_any_step():
    """Central differences have no error on a parabola; a one-sided difference would be off by eps."""
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(
        numerical_gradient(np.square, x, np.ones((2, 3)), eps=0.5), 2 * x, rtol=0, atol=1e-12, strict=True
    )


def test_numerical_gradient_falls_with_the_square_of_the_step():
    x, dy = np.array([1.0]), np.array([1.0])
    errors = [abs(numerical_gradient(np.exp, x, dy, eps=eps) - np.e).item() for eps in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


def test_numerical_gradient_works_in_float64_and_keeps_its_input():
    x = np.ones((2, 2), "float32")
    gradient = numerical_gradient(lambda x: x * x, x, np.ones((2, 2), "float32"))
    assert gradient.dtype == np.float64 and (x == 1).all()
    np.testing.assert_allclose(gradient, np.full((2, 2), 2.0), atol=1e-8, strict=True)


def test_numerical_gradient_reads_a_function_that_returns_its_argument():
    np.testing.assert_allclose(numerical_gradient(lambda x: x, np.ones(2), np.array([3.0, 4.0])), [3, 4], atol=1e-9)
    assert numerical_gradient(np.square, np.array(3.0), np.array(1.0)) == pytest.approx(6)


def test_numerical_gradient_refuses():
    with pytest.raises(
        ShapeError, match=r"dy has shape \(2,\); needed: the shape of f\(x\), \(3,\); try: np.ones\(\(3,\)\)"
    ):
        numerical_gradient(np.square, np.ones(3), np.ones(2))
    with pytest.raises(ShapeError, match="dy has shape"):
        numerical_gradient(np.square, np.ones((3, 1)), np.ones(3))  # would broadcast
    with pytest.raises(ShapeError, match="x holds complex numbers; needed: real numbers; try: x.real"):
        numerical_gradient(np.square, np.ones(3) * 1j, np.ones(3))
    for eps in (0, -1, np.nan, "1"):
        with pytest.raises(ShapeError, match="eps="):
            numerical_gradient(np.square, np.ones(3), np.ones(3), eps=eps)


def test_grad_check_is_small_for_the_right_gradient():
    error = grad_check(np.sin, lambda dy, x: dy * np.cos(x), random(3, 4), rng=rng())
    assert 0 < error < 1e-8


@pytest.mark.parametrize(
    "backward",
    [
        lambda dy, x, w, b: (0 * x, 0 * w, 0 * b),
        lambda dy, x, w, b: tuple(-g for g in conv2d_backward(dy, x, w)),
        lambda dy, x, w, b: tuple(g[:, :, ::-1] if i == 1 else g for i, g in enumerate(conv2d_backward(dy, x, w))),
        lambda dy, x, w, b: (*conv2d_backward(dy, x, w)[:2], np.nan * b),
    ],
    ids=["zeros", "the wrong sign", "a flipped dw", "no number"],
)  # fmt: skip
def test_grad_check_is_large_for_a_wrong_gradient(backward):
    inputs = random(2, 2, 4, 4), random(3, 2, 3, 3, seed=1), random(3, seed=2)
    assert grad_check(conv2d, lambda dy, x, w, b: conv2d_backward(dy, x, w), *inputs, rng=rng()) < 1e-7
    assert not grad_check(conv2d, backward, *inputs, rng=rng()) < 0.1


def test_grad_check_sees_an_error_in_one_entry():
    def almost(dy, x):
        dx = 2 * x * dy
        dx[1, 2] += 0.01
        return dx

    assert grad_check(np.square, almost, random(3, 4), rng=rng()) > 1e-3


def test_grad_check_compares_small_gradients_with_one():
    assert grad_check(lambda x: 0 * x, lambda dy, x: 0 * x, random(3), rng=rng()) == 0
    assert grad_check(lambda x: 0 * x, lambda dy, x: 0 * x + 1e-7, random(3), rng=rng()) == pytest.approx(1e-7)


def test_grad_check_draws_from_its_generator():
    def wrong(dy, x):
        return dy

    first, again, other = (grad_check(np.square, wrong, random(3), rng=rng(s)) for s in (0, 0, 1))
    assert first == again != other


def test_grad_check_refuses():
    with pytest.raises(
        ShapeError, match=r"gradients of shapes \[\(3,\)\]; needed: one for each input, \[\(3,\), \(3,\)\]"
    ):
        grad_check(np.add, lambda dy, a, b: dy, np.ones(3), np.ones(3), rng=rng())
    with pytest.raises(ShapeError, match=r"gradients of shapes \[\(1,\)\]"):
        grad_check(np.square, lambda dy, x: dy[:1], np.ones(3), rng=rng())
    with pytest.raises(ShapeError, match=r"rng=7; needed: a NumPy generator; try: rng=np.random.default_rng\(7\)"):
        grad_check(np.square, lambda dy, x: dy, np.ones(3), rng=7)
