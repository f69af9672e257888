"""Regularisation: chance against its probabilities, labels and moved images against PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import ShapeError, dropout, label_smooth, random_pad
from d2lmini.ops.regularise import affine, random_affine_matrix

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=30, deadline=None)


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def rng(seed=0):
    return np.random.default_rng(seed)


def tensor(x):
    return torch.from_numpy(np.ascontiguousarray(x))


# --- dropout --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_switches_off_with_its_probability_and_keeps_the_mean(p):
    x = np.full((100, 300), 2.0)
    y = dropout(x, p, rng=rng())
    assert set(y.ravel().round(9)) == {0, round(2 / (1 - p), 9)}
    sigma = np.sqrt(p * (1 - p) / x.size)
    assert abs((y == 0).mean() - p) < 4 * sigma and abs(y.mean() - 2) < 8 * sigma / (1 - p)


def test_dropout_has_a_gradient_with_the_same_holes():
    x, dy = random(2, 3, 4, 4), random(2, 3, 4, 4, seed=1)
    y, dx = dropout(x, 0.3, rng=rng(5)), dropout(dy, 0.3, rng=rng(5))
    np.testing.assert_allclose(dx, np.where(y == 0, 0, dy / 0.7), atol=1e-15, strict=True)


def test_dropout_keeps_dtype_and_input_and_rests_at_test_time():
    for dtype in ("float32", "float64"):
        x = random(3, 7, dtype=dtype)
        kept = x.copy()
        for p, draw in ((0.5, rng()), (0.0, rng()), (1.0, rng()), (0.5, None)):
            y = dropout(x, p, rng=draw)
            assert y.dtype == dtype and y.shape == x.shape and not np.shares_memory(x, y)
            if p == 1:
                assert (y == 0).all()
            if p == 0 or draw is None:
                np.testing.assert_array_equal(y, x, strict=True)
        np.testing.assert_array_equal(x, kept, strict=True)


def test_dropout_refuses():
    for p in (-0.1, 1.1, np.nan, "0.5", None, True):
        with pytest.raises(ShapeError, match="p=.*; needed: a number from 0 to 1; try: p=0.5"):
            dropout(np.ones(3), p, rng=rng())
    with pytest.raises(ShapeError, match=r"rng=42; needed: a NumPy generator; try: rng=np.random.default_rng\(42\)"):
        dropout(np.ones(3), 0.5, rng=42)


# --- random_pad -----------------------------------------------------------------------------------------------


def test_random_pad_pads_exactly_half_of_the_borders():
    """Erratum B28: one of top and bottom, one of left and right, each as often as the other."""
    x, seen = np.ones((2, 3, 4, 5), "float32"), []
    draw = rng()
    for _ in range(200):
        y = random_pad(x, 2, rng=draw)
        assert y.shape == (2, 3, 6, 7) and y.dtype == np.float32 and y.sum() == x.sum()
        top, left = int((y[0, 0, :2] == 0).all()), int((y[0, 0, :, :2] == 0).all())
        np.testing.assert_array_equal(y[:, :, 2 * top : 2 * top + 4, 2 * left : 2 * left + 5], x, strict=True)
        seen.append((top, left))
    counts = [seen.count(corner) for corner in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert sum(counts) == 200 and min(counts) > 50 - 4 * (200 * 0.25 * 0.75) ** 0.5


def test_random_pad_of_nothing_and_what_it_refuses():
    np.testing.assert_array_equal(random_pad(np.ones((1, 1, 2, 2)), 0, rng=rng()), np.ones((1, 1, 2, 2)), strict=True)
    with pytest.raises(ShapeError, match="pad=-1; needed: an integer >= 0"):
        random_pad(np.ones((1, 1, 2, 2)), -1, rng=rng())
    with pytest.raises(ShapeError, match="rng=0; needed: a NumPy generator"):
        random_pad(np.ones((1, 1, 2, 2)), 1, rng=0)
    with pytest.raises(ShapeError, match="2 axes"):
        random_pad(np.ones((2, 2)), 1, rng=rng())


# --- label_smooth ---------------------------------------------------------------------------------------------


def test_label_smooth_gives_the_corrected_numbers():
    """Errata A13 and A14: the documents' formula would sum to 0.975."""
    np.testing.assert_allclose(label_smooth([1], 4, eps=0.1), [[0.025, 0.925, 0.025, 0.025]], atol=1e-15, strict=True)
    np.testing.assert_allclose(label_smooth([1], 4, eps=0.08), [[0.02, 0.94, 0.02, 0.02]], atol=1e-15, strict=True)
    np.testing.assert_allclose(label_smooth([3], 4, eps=0.04), [[0.01, 0.01, 0.01, 0.97]], atol=1e-15, strict=True)


@few
@given(classes=st.integers(1, 9), eps=st.floats(0, 1), seed=st.integers(0, 99))
def test_label_smooth_gives_the_loss_of_torch(classes, eps, seed):
    labels, logits = rng(seed).integers(classes, size=6), random(6, classes, seed=seed)
    smooth = label_smooth(labels, classes, eps=eps)
    assert smooth.shape == (6, classes) and smooth.dtype == np.float64
    np.testing.assert_allclose(smooth.sum(axis=1), np.ones(6), rtol=1e-14, strict=True)
    ours = -(smooth * tensor(logits).log_softmax(1).numpy()).sum(axis=1).mean()
    theirs = F.cross_entropy(tensor(logits), tensor(labels), label_smoothing=eps).item()
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_label_smooth_refuses():
    for labels in ([0, 4], [-1, 0], [0.0, 1.0], [True, False]):
        with pytest.raises(ShapeError, match="labels of .*; needed: whole numbers from 0 to 3"):
            label_smooth(labels, 4)
    with pytest.raises(ShapeError, match=r"labels has shape \(2, 4\), 2 axes"):
        label_smooth(np.eye(2, 4, dtype=int), 4)
    with pytest.raises(ShapeError, match="eps=1.5; needed: a number from 0 to 1"):
        label_smooth([0], 4, eps=1.5)


# --- affine ---------------------------------------------------------------------------------------------------


@few
@given(
    size=st.tuples(*(st.integers(1, 7) for _ in range(2))),
    seed=st.integers(0, 99),
    spread=st.sampled_from([0.2, 1.0, 5.0]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_affine_equals_torch_grid_sample(size, seed, spread, dtype):
    x = random(3, 2, *size, seed=seed, dtype=dtype)
    matrix = (np.eye(2, 3) + spread * random(3, 2, 3, seed=seed + 1)).astype(dtype)
    grid = F.affine_grid(tensor(matrix), x.shape, align_corners=False)
    theirs = F.grid_sample(tensor(x), grid, mode="bilinear", padding_mode="zeros", align_corners=False).numpy()
    kept = x.copy(), matrix.copy()
    atol = 1e-4 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(affine(x, matrix), theirs, rtol=0, atol=atol, strict=True)
    np.testing.assert_allclose(affine(x, matrix[0])[0], theirs[0], rtol=0, atol=atol, strict=True)
    np.testing.assert_array_equal(x, kept[0], strict=True)
    np.testing.assert_array_equal(matrix, kept[1], strict=True)


def test_affine_turns_flips_and_moves_whole_pixels():
    x = random(2, 3, 5, 5)
    for matrix, expected in (
        ([[1, 0, 0], [0, 1, 0]], x),
        ([[-1, 0, 0], [0, 1, 0]], x[..., ::-1]),
        ([[0, 1, 0], [1, 0, 0]], x.swapaxes(2, 3)),
        ([[0, -1, 0], [1, 0, 0]], np.rot90(x, 1, (2, 3))),  # a quarter turn anticlockwise
        ([[1, 0, 0], [0, 1, -0.8]], np.pad(x[:, :, :3], ((0, 0), (0, 0), (2, 0), (0, 0)))),
    ):
        np.testing.assert_allclose(affine(x, np.array(matrix, float)), expected, atol=1e-14, strict=True)
    assert (affine(x, np.array([[1, 0, 1e300], [0, 1, 0]])) == 0).all()


def test_affine_refuses():
    x = random(2, 1, 4, 4)
    for matrix in (np.eye(3), np.eye(2), np.ones((3, 2, 3)), np.ones((1, 2, 3)), np.full((2, 3), np.nan)):
        with pytest.raises(ShapeError, match=r"matrix has shape .*; needed: \(2, 2, 3\) or \(2, 3\), all finite"):
            affine(x, matrix)
    with pytest.raises(ShapeError, match=r"x has shape \(1, 4, 4\), 3 axes"):
        affine(x[0], np.eye(2, 3))


def test_random_affine_matrix_stays_within_its_ranges():
    matrices = random_affine_matrix(2000, rng=rng(), degrees=30, shift=0.25, scale=0.2, shear=0.0)
    assert matrices.shape == (2000, 2, 3) and matrices.dtype == np.float64
    linear, move = matrices[:, :, :2], matrices[:, :, 2]
    zoom = np.linalg.det(linear) ** -0.5
    angle = np.rad2deg(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    for values, most in ((zoom - 1, 0.2), (angle, 30), (move[:, 0], 0.5), (move[:, 1], 0.5)):
        assert np.abs(values).max() <= most * (1 + 1e-12) and np.abs(values).max() > 0.98 * most
        assert abs(values.mean()) < 4 * most / 3**0.5 / 2000**0.5
    np.testing.assert_allclose(
        linear @ linear.swapaxes(1, 2), np.eye(2) / zoom[:, None, None] ** 2, atol=1e-12
    )  # no slant


def test_random_affine_matrix_slants_by_its_shear():
    matrices = random_affine_matrix(500, rng=rng(), degrees=0, shift=0, scale=0, shear=0.3)
    assert (matrices[:, 1] == [0, 1, 0]).all() and (matrices[:, 0, 0] == 1).all()
    assert 0.29 < np.abs(matrices[:, 0, 1]).max() <= 0.3 and matrices[:, 0, 1].min() < 0 < matrices[:, 0, 1].max()


def test_random_affine_matrix_draws_from_its_generator_and_refuses():
    first, again, other = (random_affine_matrix(3, rng=rng(s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again, strict=True)
    assert (first != other).any() and (first[0] != first[1]).any()
    for options in ({"degrees": -1}, {"shift": np.nan}, {"scale": 1.0}, {"shear": "0"}, {"n": 0}):
        with pytest.raises(ShapeError, match=f"{next(iter(options))}="):
            random_affine_matrix(**{"n": 2, "rng": rng(), **options})
    with pytest.raises(ShapeError, match="rng=0; needed: a NumPy generator"):
        random_affine_matrix(2, rng=0)
