"""Pooling: windows, bins and frequencies against PyTorch and SciPy, chance against its probabilities."""

import itertools

import numpy as np
import pytest
import scipy.fft
import scipy.signal
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import (
    ShapeError,
    box_kernel,
    conv2d,
    fractional_max_pool2d,
    fractional_max_pool2d_backward,
    gaussian_kernel,
    global_pool2d,
    global_pool2d_backward,
    grad_check,
    mixed_pool2d,
    mixed_pool2d_backward,
    normalised_filter,
    pool2d,
    pool2d_backward,
    spatial_pyramid_pool,
    spatial_pyramid_pool_backward,
    spectral_pool2d,
    spectral_pool2d_backward,
    stochastic_pool2d,
    stochastic_pool2d_backward,
    tournament_pool2d,
    tournament_pool2d_backward,
)
from d2lmini.ops.pooling import MODES

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=30, deadline=None)
X = np.random.default_rng(0).standard_normal((2, 3, 6, 5))
WHEEL = np.array([[[[1.6, 0, 0], [0, 0, 2.4], [0, 0, 0]]]])  # n002.pool.stoch


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def rng(seed=0):
    return np.random.default_rng(seed)


def tensor(x):
    return torch.from_numpy(np.ascontiguousarray(x))


def close(ours, theirs):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    atol = 1e-5 if theirs.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol, strict=True)


@st.composite
def pools(draw, dtypes=("float32", "float64"), padded=True):
    """An image, a kernel that fits, and a stride and padding or none."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 3)))
    padding = tuple(draw(st.integers(0, k // 2 if padded else 0)) for k in kernel)
    stride = draw(st.none() | st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 4)))
    h, w = (max(1, k - 2 * p) + draw(st.integers(0, 5)) for k, p in zip(kernel, padding, strict=True))
    dtype, seed = draw(st.sampled_from(dtypes)), draw(st.integers(0, 99))
    return random(2, 3, h, w, seed=seed, dtype=dtype), kernel, {"stride": stride, "padding": padding}


# --- pool2d ---------------------------------------------------------------------------------------------------


@few
@given(pool=pools())
def test_pool2d_max_and_min_equal_torch(pool):
    x, kernel, options = pool
    np.testing.assert_array_equal(
        pool2d(x, kernel, **options), F.max_pool2d(tensor(x), kernel, **options).numpy(), strict=True
    )
    np.testing.assert_array_equal(
        pool2d(x, kernel, mode="min", **options), -F.max_pool2d(-tensor(x), kernel, **options).numpy(), strict=True
    )


@few
@given(pool=pools(), count=st.booleans())
def test_pool2d_avg_equals_torch(pool, count):
    x, kernel, options = pool
    theirs = F.avg_pool2d(tensor(x), kernel, **options, count_include_pad=count)
    close(pool2d(x, kernel, mode="avg", **options, count_include_pad=count), theirs)
    close(pool2d(x, kernel, mode="weighted", weights=np.full(kernel, 3.0), **options, count_include_pad=count), theirs)


@few
@given(pool=pools(padded=False), p=st.sampled_from([1, 1.5, 2, 3, 7]))
def test_pool2d_lp_equals_torch_on_what_is_not_negative(pool, p):
    x, kernel, options = pool
    theirs = F.lp_pool2d(tensor(np.abs(x)), p, kernel, stride=options["stride"])
    close(pool2d(x, kernel, mode="lp", p=p, stride=options["stride"]), theirs)


def test_pool2d_lp_is_a_sum_of_absolute_values():
    """Erratum B35: p = 1 is the sum, not the mean; PyTorch takes x^p as it is, and meets -4 and nan."""
    x = np.array([[[[-1.0, -2.0], [3.0, -4.0]]]])
    assert pool2d(x, 2, mode="lp", p=1).item() == 10
    assert F.lp_pool2d(tensor(x), 1, 2).item() == -4 and F.lp_pool2d(tensor(x), 3, 2).isnan().all()
    assert pool2d(x, 2, mode="lp", p=64).item() == pytest.approx(4)  # towards the largest absolute value


@pytest.mark.parametrize("size", [3, 5])
def test_pool2d_median_equals_scipy(size):
    y = pool2d(X, size, mode="median", stride=1, padding=size // 2)
    expected = [[scipy.signal.medfilt2d(channel, size) for channel in image] for image in X]
    np.testing.assert_array_equal(y, np.array(expected), strict=True)


def test_pool2d_median_of_an_even_window_lies_between_the_two_in_the_middle():
    x = np.array([[[[5.0, 1.0], [2.0, 9.0]]]])
    assert pool2d(x, 2, mode="median").item() == 3.5  # torch.median takes the lower one, 2
    np.testing.assert_array_equal(
        pool2d(X, (3, 5), mode="median"), np.median(X.reshape(2, 3, 2, 15), axis=-1)[..., None], strict=True
    )


def test_pool2d_weighted_is_a_convolution_with_weights_of_sum_one():
    weights = gaussian_kernel(3)
    expected = conv2d(X, np.stack([weights[None]] * 3), groups=3, stride=2, padding=1)
    close(pool2d(X, 3, mode="weighted", weights=5 * weights, stride=2, padding=1), expected)


def test_pool2d_without_the_padding_in_its_mean_is_the_normalised_filter():
    for weights in (box_kernel(3), gaussian_kernel(3)):
        y = pool2d(X, 3, mode="weighted", weights=weights, stride=1, padding=1, count_include_pad=False)
        close(y, normalised_filter(X, weights))


def test_pool2d_max_pads_with_minus_infinity():
    """Erratum A18, n003.torch.poolpad: zeros would win in an image of -5."""
    x = np.full((1, 1, 4, 4), -5.0)
    assert (pool2d(x, 2, stride=1, padding=1) == -5).all() and (
        pool2d(-x, 2, mode="min", stride=1, padding=1) == 5
    ).all()
    assert pool2d(x, 2, mode="avg", stride=1, padding=1)[0, 0, 0, 0] == -1.25
    assert (pool2d(x, 2, mode="avg", stride=1, padding=1, count_include_pad=False) == -5).all()
    integers = pool2d(np.full((1, 1, 4, 4), -5, np.int8), 2, stride=1, padding=1)
    assert integers.dtype == np.int8 and (integers == -5).all()


def test_pool2d_gives_the_published_numbers():
    x = np.array([[[[1.0, 2.0], [3.0, 6.0]]]])
    assert pool2d(x, 2).item() == 6 and pool2d(x, 2, mode="avg").item() == 3  # n002.pool.max.mean.mixed
    x = np.zeros((20, 16, 50, 100), "float32")
    assert pool2d(x, 3, stride=2).shape == (20, 16, 24, 49)  # n003.torch.pool.a
    assert pool2d(x, (3, 2), stride=(2, 1)).shape == (20, 16, 24, 99)  # n003.torch.pool.b
    assert pool2d(np.zeros((1, 1, 27, 27)), 2).size / 27**2 == pytest.approx(1 - 0.768, abs=1e-3)  # erratum C8


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pool2d_keeps_its_dtype_and_its_input(mode, dtype):
    x = random(1, 2, 5, 5, dtype=dtype)
    kept, weights = x.copy(), np.ones((2, 2))
    y = pool2d(x, 2, mode=mode, padding=1, weights=weights)
    assert y.dtype == dtype and not np.shares_memory(x, y)
    assert pool2d_backward(y, x, 2, mode=mode, padding=1, weights=weights).dtype == dtype
    np.testing.assert_array_equal(x, kept, strict=True)


@few
@given(pool=pools(dtypes=("float64",)), mode=st.sampled_from(MODES), factor=st.floats(0.1, 9))
def test_pool2d_grows_with_its_input(pool, mode, factor):
    """All modes are homogeneous: twice the brightness, twice the output."""
    x, kernel, options = pool
    options |= {"mode": mode, "weights": np.ones(kernel), "p": 3}
    np.testing.assert_allclose(pool2d(factor * x, kernel, **options), factor * pool2d(x, kernel, **options), rtol=1e-12)


REFUSED = {
    "x of one image": (X[0], 2, {}, r"x has shape \(3, 6, 5\), 3 axes; needed: 4 axes"),
    "a kernel too large": (X, 7, {}, "the window spans 7 pixels and the padded axis has 6"),
    "kernel 0": (X, 0, {}, "kernel=0; needed: an integer >= 1"),
    "a window beside the image": (X, 3, {"padding": 2}, "padding=2 with kernel=3; .* sees the image; try: padding=1"),
    "a mode of NumPy": (X, 2, {"mode": "mean"}, "mode='mean'; needed: one of max, min, avg, median, lp, weighted; try"),
    "p below 1": (X, 2, {"mode": "lp", "p": 0.5}, "p=0.5; needed: a number >= 1; try: p=1"),
    "p NaN": (X, 2, {"mode": "lp", "p": np.nan}, "p=nan"),
    "p infinite": (X, 2, {"mode": "lp", "p": np.inf}, "p=inf"),
    "no weights": (X, 2, {"mode": "weighted"}, r'mode="weighted" without weights; needed: weights of shape \(2, 2\)'),
    "weights of another size": (X, 2, {"mode": "weighted", "weights": np.ones((3, 3))}, r"weights of shape \(3, 3\)"),
    "weights to broadcast": (X, 2, {"mode": "weighted", "weights": np.ones((1, 2))}, r"weights of shape \(1, 2\)"),
    "negative weights": (X, 2, {"mode": "weighted", "weights": -np.ones((2, 2))}, "least -1.0; .* none negative"),
    "no weight": (X, 2, {"mode": "weighted", "weights": np.zeros((2, 2))}, "a window whose weights sum to 0"),
    "complex numbers": (X * 1j, 2, {}, "x holds complex numbers; needed: real numbers; try: x.real"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_pool2d_refuses(case):
    x, kernel, options, message = REFUSED[case]
    with pytest.raises(ShapeError, match=message):
        pool2d(x, kernel, **options)
    with pytest.raises(ShapeError, match=message):
        pool2d_backward(np.ones((2, 3, 3, 2)), x, kernel, **options)


# --- pool2d_backward ------------------------------------------------------------------------------------------


@few
@given(pool=pools(), mode=st.sampled_from(["max", "min", "avg"]), tied=st.booleans(), count=st.booleans())
def test_pool2d_backward_equals_torch(pool, mode, tied, count):
    """With ties too: the first winner of a window takes all, row by row."""
    x, kernel, options = pool
    x = x.round() if tied else x
    source = tensor(x).requires_grad_()
    y = {
        "max": lambda: F.max_pool2d(source, kernel, **options),
        "min": lambda: -F.max_pool2d(-source, kernel, **options),
        "avg": lambda: F.avg_pool2d(source, kernel, **options, count_include_pad=count),
    }[mode]()
    dy = random(*y.shape, seed=5, dtype=x.dtype)
    y.backward(tensor(dy))
    close(pool2d_backward(dy, x, kernel, mode=mode, **options, count_include_pad=count), source.grad)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [{}, {"stride": (1, 2)}, {"stride": 2, "padding": 1, "count_include_pad": False}])
def test_pool2d_backward_equals_central_differences(mode, options):
    options = {"mode": mode, "p": 3, "weights": gaussian_kernel(3)[:2] + 0.1, **options}
    kernel = (2, 3)
    error = grad_check(
        lambda x: pool2d(x, kernel, **options), lambda dy, x: pool2d_backward(dy, x, kernel, **options), X, rng=rng()
    )
    assert error < 1e-7


@few
@given(pool=pools(dtypes=("float64",)), mode=st.sampled_from(MODES))
def test_pool2d_backward_sums_back_to_the_output(pool, mode):
    """Euler: a homogeneous function is the sum of its inputs times its gradient."""
    x, kernel, options = pool
    options |= {"mode": mode, "weights": 1 + np.arange(np.prod(kernel)).reshape(kernel)}
    y = pool2d(x, kernel, **options)
    dx = pool2d_backward(np.ones_like(y), x, kernel, **options)
    assert (x * dx).sum() == pytest.approx(y.sum(), abs=1e-10)


def test_pool2d_backward_of_equal_values_goes_to_the_first_or_to_the_middle():
    x, dy = np.tile([1.0, 0.0], 18).reshape(1, 1, 6, 6), np.ones((1, 1, 1, 1))
    for mode, expected in (("max", {0: 1}), ("min", {1: 1}), ("median", {0: 0.5, 35: 0.5})):  # the last 0, the first 1
        dx = pool2d_backward(dy, x, 6, mode=mode).ravel()
        assert {i: dx[i] for i in np.flatnonzero(dx)} == expected


def test_pool2d_backward_of_a_dark_window_is_zero():
    x = np.zeros((1, 1, 2, 2))
    for p in (1, 1.5, 2):
        assert (pool2d_backward(np.ones((1, 1, 1, 1)), x, 2, mode="lp", p=p) == 0).all()


def test_pool2d_backward_refuses_a_gradient_that_would_broadcast():
    with pytest.raises(
        ShapeError, match=r"dy has shape \(2, 3, 1, 1\); needed: the shape of the output, \(2, 3, 3, 2\)"
    ):
        pool2d_backward(np.ones((2, 3, 1, 1)), X, 2)


# --- mixed, global --------------------------------------------------------------------------------------------


@few
@given(pool=pools(), lam=st.floats(0, 1))
def test_mixed_pool2d_lies_between_max_and_mean(pool, lam):
    x, kernel, options = pool
    largest, mean = F.max_pool2d(tensor(x), kernel, **options), F.avg_pool2d(tensor(x), kernel, **options)
    close(mixed_pool2d(x, kernel, lam=lam, **options), lam * largest + (1 - lam) * mean)


def test_mixed_pool2d_gives_the_published_number_and_refuses():
    assert mixed_pool2d(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), 2, lam=0.5).item() == 4.5  # n002.pool.max.mean.mixed
    for lam in (-0.1, 1.1, np.nan, "0.5", True):
        with pytest.raises(ShapeError, match="lam=.*; needed: a number from 0 to 1; try: lam=0.5"):
            mixed_pool2d(X, 2, lam=lam)


def test_global_pool2d_equals_torch():
    close(global_pool2d(X), F.adaptive_avg_pool2d(tensor(X), 1))
    close(global_pool2d(X, mode="max"), F.adaptive_max_pool2d(tensor(X), 1))
    close(global_pool2d(X, mode="lp", p=3), np.linalg.norm(X.reshape(2, 3, -1), 3, axis=-1)[..., None, None])
    with pytest.raises(ShapeError, match="mode='mean'; needed: one of max"):
        global_pool2d(X, mode="mean")
    with pytest.raises(ShapeError, match="3 axes"):
        global_pool2d(X[0])


# --- by chance ------------------------------------------------------------------------------------------------


def frequencies(pool, region, draws=20_000, seed=0):
    """How often each value of one 2 x 2 or 3 x 3 region is drawn."""
    k = int(len(region) ** 0.5)
    x = np.broadcast_to(np.reshape(region, (k, k)), (draws, 1, k, k))
    y = pool(x, k, rng=rng(seed)).ravel()
    assert set(y.tolist()) <= set(np.asarray(region).tolist())
    return np.array([(y == value).mean() for value in region])


def test_stochastic_pool2d_draws_in_proportion():
    region = np.array([1.0, 2.0, 3.0, 4.0])
    share = region / region.sum()
    sigma = np.sqrt(share * (1 - share) / 20_000)
    assert (np.abs(frequencies(stochastic_pool2d, region) - share) < 4 * sigma).all()
    assert np.abs(frequencies(stochastic_pool2d, region, seed=1) - share).max() > 0  # and is no table


def test_stochastic_pool2d_tests_with_the_expected_value():
    assert stochastic_pool2d(WHEEL, 3).item() == pytest.approx(2.08)  # n002.pool.stoch: 0.4 * 1.6 + 0.6 * 2.4
    drawn = stochastic_pool2d(np.repeat(WHEEL, 20_000, axis=0), 3, rng=rng())
    assert drawn.mean() == pytest.approx(2.08, abs=4 * 0.4 / 20_000**0.5)
    assert (drawn == 2.4).mean() == pytest.approx(0.6, abs=0.015)


def test_stochastic_pool2d_of_zeros_is_zero():
    """Erratum B19: P_i is 0 / 0 there."""
    x = np.zeros((1, 2, 4, 4), "float32")
    x[0, 1, 3, 3] = 5
    for draw in (None, rng()):
        y = stochastic_pool2d(x, 2, rng=draw)
        assert y.dtype == np.float32 and y.sum() == 5 and y[0, 1, 1, 1] == 5


@few
@given(pool=pools(padded=False), seed=st.integers(0, 99))
def test_stochastic_pool2d_never_draws_a_zero_beside_a_value(pool, seed):
    x, kernel, options = pool
    x = np.maximum(x, 0)
    y = stochastic_pool2d(x, kernel, stride=options["stride"], rng=rng(seed))
    largest = F.max_pool2d(tensor(x), kernel, options["stride"]).numpy()
    assert y.shape == largest.shape and y.dtype == x.dtype
    assert ((y > 0) == (largest > 0)).all() and (y <= largest).all()


def test_stochastic_pool2d_lands_on_a_value_even_at_the_edge_of_the_wheel():
    class Least(np.random.Generator):
        def random(self, size):
            return np.zeros(size)

    assert stochastic_pool2d(np.array([[[[0.0, 0.0], [3.0, 4.0]]]]), 2, rng=Least(np.random.PCG64())).item() == 3


def tournament_chances(region):
    """The chance of each of four to win, over the three draws of two semi-finals."""
    chances = np.zeros(4)
    for a, b, c, d in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2)):
        for first, second in itertools.product((a, b), (c, d)):
            reach = region[first] / (region[a] + region[b]) * region[second] / (region[c] + region[d]) / 3
            for winner in (first, second):
                chances[winner] += reach * region[winner] / (region[first] + region[second])
    return chances


def test_tournament_pool2d_wins_with_the_chances_of_the_bracket():
    region = np.array([1.0, 2.0, 3.0, 4.0])
    share = tournament_chances(region)
    assert share.sum() == pytest.approx(1)
    found = frequencies(tournament_pool2d, region)
    assert (np.abs(found - share) < 4 * np.sqrt(share * (1 - share) / 20_000)).all()
    assert share[3] > 0.43 > region[3] / region.sum()  # the strongest wins more often than on the wheel


def test_tournament_pool2d_of_two_is_stochastic_pooling():
    x = np.broadcast_to([1.0, 3.0], (20_000, 1, 1, 2))
    assert (tournament_pool2d(x, (1, 2), rng=rng()) == 3).mean() == pytest.approx(0.75, abs=0.0125)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 6, 7, 9])
def test_tournament_pool2d_is_fair_between_equals(k):
    """Wherever a fighter stands, and whether it waits or fights, its chance is 1 / k."""
    strengths = 1 + 1e-9 * np.arange(k)
    x = np.broadcast_to(strengths, (6_000, 1, 1, k))
    y = tournament_pool2d(x, (1, k), rng=rng(k)).ravel()
    counts = np.array([(y == s).sum() for s in strengths])
    assert counts.sum() == 6_000 and np.abs(counts / 6_000 - 1 / k).max() < 4 * np.sqrt(0.25 / 6_000)


def test_tournament_pool2d_lets_nobody_wait_twice_in_a_row():
    """Of five, three need two victories and two need three; whoever waited always would need one, the others three."""
    x, p = np.broadcast_to([3.0, 1, 1, 1, 1], (40_000, 1, 1, 5)), 0.75
    share = (3 * p**2 + 2 * p**3) / 5
    found = (tournament_pool2d(x, (1, 5), rng=rng()) == 3).mean()
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 40_000) < share - (p + 4 * p**3) / 5


def test_tournament_pool2d_lets_the_only_value_win():
    x = np.zeros((50, 2, 3, 3), "float32")
    x[:, 0, 1, 2] = 7
    y = tournament_pool2d(x, 3, rng=rng())
    assert y.dtype == np.float32 and (y[:, 0] == 7).all() and (y[:, 1] == 0).all()


@pytest.mark.parametrize("pool", [stochastic_pool2d, tournament_pool2d])
def test_stochastic_pool2d_and_tournament_pool2d_refuse(pool):
    with pytest.raises(
        ShapeError, match=r"x has the value -.*; needed: activations >= 0, as chances; try: np.maximum\(x, 0\)"
    ):
        pool(X, 2, rng=rng())
    with pytest.raises(ShapeError, match="x has the value nan"):
        pool(np.full((1, 1, 2, 2), np.nan), 2, rng=rng())
    with pytest.raises(ShapeError, match="rng=3; needed: a NumPy generator"):
        pool(np.abs(X), 2, rng=3)
    x = np.abs(X)
    kept = x.copy()
    first, again, other = (pool(x, 2, rng=rng(s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again, strict=True)
    np.testing.assert_array_equal(x, kept, strict=True)
    assert (first != other).any()


# --- in bins --------------------------------------------------------------------------------------------------


@few
@given(size=st.tuples(st.integers(4, 11), st.integers(4, 11)), levels=st.sampled_from([(1,), (1, 2, 4), (3, 2), [4]]))
def test_spatial_pyramid_pool_equals_torch(size, levels):
    x = random(2, 3, *size)
    for mode, theirs in (("max", F.adaptive_max_pool2d), ("avg", F.adaptive_avg_pool2d)):
        expected = torch.cat([theirs(tensor(x), level).flatten(1) for level in levels], dim=1)
        close(spatial_pyramid_pool(x, levels, mode=mode), expected)
    np.testing.assert_array_equal(
        spatial_pyramid_pool(x, levels, mode="min"), -spatial_pyramid_pool(-x, levels), strict=True
    )


def test_spatial_pyramid_pool_gives_one_length_for_all_sizes():
    for h, w in ((13, 13), (10, 17), (4, 4)):
        assert spatial_pyramid_pool(np.zeros((1, 256, h, w))).shape == (1, 256 * 21)  # pool.spp


def test_spatial_pyramid_pool_refuses():
    with pytest.raises(
        ShapeError, match=r"an image of \(3, 9\) pixels pooled to \(4, 4\); needed: no more than there are"
    ):
        spatial_pyramid_pool(np.zeros((1, 1, 3, 9)))
    for levels in (4, (), "124"):
        with pytest.raises(
            ShapeError, match=r"levels=.*; needed: bins a side, one number a level; try: levels=\(1, 2, 4\)"
        ):
            spatial_pyramid_pool(X, levels)
    with pytest.raises(ShapeError, match="level=0; needed: an integer >= 1"):
        spatial_pyramid_pool(X, (1, 0))
    with pytest.raises(ShapeError, match="mode='lp'; needed: one of max, min, avg"):
        spatial_pyramid_pool(X, mode="lp")


def fractional_regions(n, m, seed, overlapping):
    """The regions of one axis, read off an image of ones and zeros."""
    marks = np.eye(n).reshape(n, 1, 1, n)  # image i lights pixel i
    lit = fractional_max_pool2d(marks, (1, m), rng=rng(seed), overlapping=overlapping)[:, 0, 0]  # (n, m)
    return [np.flatnonzero(lit[:, region]).tolist() for region in range(m)]


@few
@given(m=st.integers(1, 9), more=st.integers(0, 9), seed=st.integers(0, 50))
def test_fractional_max_pool2d_covers_the_image_in_steps_of_two_sizes(m, more, seed):
    n = m + more
    regions = fractional_regions(n, m, seed, overlapping=False)
    assert sum(regions, []) == list(range(n))  # in order, without gaps, each pixel once
    assert {len(region) for region in regions} <= {n // m, -(-n // m)}
    for plain, wide in zip(regions, fractional_regions(n, m, seed, overlapping=True), strict=True):
        assert wide == [*plain, plain[-1] + 1][: n - plain[0]]


def test_fractional_max_pool2d_takes_every_sequence_of_graham():
    n, m = 7, 4
    ours = {tuple(len(r) for r in fractional_regions(n, m, seed, overlapping=False)) for seed in range(40)}
    u = (np.arange(400) + 0.5) / 400
    borders = np.ceil(n / m * (np.arange(m + 1)[:, None] + u)).astype(int)  # (m+1, 400)
    assert ours == {tuple(steps) for steps in np.diff(borders, axis=0).T.tolist()} and len(ours) == m


def test_fractional_max_pool2d_of_a_whole_factor_is_max_pooling():
    x = random(2, 3, 6, 9, dtype="float32")
    y = fractional_max_pool2d(x, (2, 3), rng=rng(), overlapping=False)
    np.testing.assert_array_equal(y, F.max_pool2d(tensor(x), 3).numpy(), strict=True)
    wide = fractional_max_pool2d(x, (2, 3), rng=rng())
    np.testing.assert_array_equal(
        wide, F.max_pool2d(F.pad(tensor(x), (0, 1, 0, 1), value=-np.inf), 4, 3).numpy(), strict=True
    )


def test_fractional_max_pool2d_draws_rows_and_columns_apart():
    x = random(1, 1, 7, 7)
    results = [fractional_max_pool2d(x, 4, rng=rng(seed)) for seed in range(30)]
    assert len({y.tobytes() for y in results}) > 4  # rows alone have four sequences
    np.testing.assert_array_equal(fractional_max_pool2d(x, 4, rng=rng(0)), results[0], strict=True)


def test_fractional_max_pool2d_refuses():
    with pytest.raises(ShapeError, match=r"an image of \(6, 5\) pixels pooled to \(6, 6\)"):
        fractional_max_pool2d(X, 6, rng=rng())
    with pytest.raises(ShapeError, match="rng=None; needed: a NumPy generator; try: rng=np.random.default_rng"):
        fractional_max_pool2d(X, 4, rng=None)


# --- in frequencies -------------------------------------------------------------------------------------------


sizes = st.tuples(*(st.integers(1, 9) for _ in range(4)))


@few
@given(size=sizes, dtype=st.sampled_from(["float32", "float64"]))
def test_spectral_pool2d_equals_scipy_resample(size, dtype):
    h, w, m, n = max(size[0], size[2]), max(size[1], size[3]), min(size[0], size[2]), min(size[1], size[3])
    x = random(2, 2, h, w, dtype=dtype)
    expected = scipy.signal.resample(scipy.signal.resample(x.astype(float), m, axis=2), n, axis=3)
    close(spectral_pool2d(x, (m, n)), expected.astype(dtype))


@few
@given(size=sizes)
def test_spectral_pool2d_by_cosines_equals_scipy_dct(size):
    h, w, m, n = max(size[0], size[2]), max(size[1], size[3]), min(size[0], size[2]), min(size[1], size[3])
    x = random(2, 2, h, w)
    low = scipy.fft.dctn(x, axes=(2, 3), norm="ortho")[:, :, :m, :n]
    expected = scipy.fft.idctn(low, axes=(2, 3), norm="ortho") * np.sqrt(m * n / (h * w))
    close(spectral_pool2d(x, (m, n), transform="dct"), expected)


@pytest.mark.parametrize("transform", ["dft", "dct"])
@pytest.mark.parametrize("size", [(4, 4), (3, 5), (8, 8), (1, 1)])
def test_spectral_pool2d_keeps_the_mean_and_is_real(transform, size):
    """Erratum A19: a naive crop of 8 x 8 to 4 x 4 leaves imaginary parts, and grows or shrinks without the scale."""
    x = random(2, 2, 8, 8)
    y = spectral_pool2d(x, size, transform=transform)
    assert y.dtype == np.float64 and y.shape == (2, 2, *size)
    np.testing.assert_allclose(y.mean(axis=(2, 3)), x.mean(axis=(2, 3)), atol=1e-14, strict=True)
    if size == (8, 8):
        close(y, x)


def test_spectral_pool2d_samples_a_wave_that_is_slow_enough():
    t = np.arange(32) / 32
    for turns in range(5):
        wave = np.cos(2 * np.pi * turns * t + 0.3 * (turns < 4))[
            None, None, None
        ]  # of the fastest only the cosine is seen
        close(spectral_pool2d(wave, (1, 8)), wave[..., ::4])
    fast = np.cos(2 * np.pi * 6 * t)[None, None, None]
    np.testing.assert_allclose(spectral_pool2d(fast, (1, 8)), np.zeros((1, 1, 1, 8)), atol=1e-14)  # removed, not folded


def test_spectral_pool2d_refuses():
    with pytest.raises(
        ShapeError, match=r"an image of \(6, 5\) pixels pooled to \(6, 6\); needed: no more than there are"
    ):
        spectral_pool2d(X, 6)
    with pytest.raises(ShapeError, match="transform='fft'; needed: one of dft, dct"):
        spectral_pool2d(X, 2, transform="fft")
    with pytest.raises(ShapeError, match="x holds complex numbers"):
        spectral_pool2d(X * 1j, 2)


# --- backwards ------------------------------------------------------------------------------------------------


def routed(dy, y, x):
    """Send each dy to the one pixel of its channel that has the value y; x has no value twice."""
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(y.shape):
        dx[n, c][x[n, c] == y[n, c, i, j]] += dy[n, c, i, j]
    return dx


def gradient(f, x, dy):
    """The gradient of sum(f(x) * dy) by PyTorch."""
    leaf = tensor(x).requires_grad_()
    (dx,) = torch.autograd.grad(f(leaf), leaf, tensor(dy))
    return dx


CHOOSING = {  # those that pass on one pixel: name -> forward, backward, what shapes the output
    "stochastic": (stochastic_pool2d, stochastic_pool2d_backward, {"kernel": (2, 3), "stride": (2, 1)}),
    "tournament": (tournament_pool2d, tournament_pool2d_backward, {"kernel": (3, 2), "stride": (1, 2)}),
    "fractional": (fractional_max_pool2d, fractional_max_pool2d_backward, {"size": (4, 3)}),
    "fractional apart": (
        fractional_max_pool2d,
        fractional_max_pool2d_backward,
        {"size": (4, 3), "overlapping": False},
    ),
}


@pytest.mark.parametrize("case", CHOOSING)
@pytest.mark.parametrize("seed", range(5))
def test_tournament_pool2d_backward_and_all_of_chance_reach_the_pixels_that_the_same_seed_passed_on(case, seed):
    forward, backward, options = CHOOSING[case]
    x = np.abs(random(2, 3, 6, 5, seed=seed)) + 0.01
    y = forward(x, **options, rng=rng(seed))
    dy = random(*y.shape, seed=seed + 1)
    close(backward(dy, x, **options, rng=rng(seed)), routed(dy, y, x))
    error = grad_check(
        lambda x: forward(x, **options, rng=rng(seed)), lambda dy, x: backward(dy, x, **options, rng=rng(seed)), x,
        rng=rng(1),
    )  # fmt: skip
    assert error < 1e-7


def test_fractional_max_pool2d_backward_of_equal_values_goes_to_the_first():
    dx = fractional_max_pool2d_backward(np.ones((1, 1, 1, 1)), np.ones((1, 1, 3, 3)), 1, rng=rng())
    assert dx.ravel().tolist() == [1] + [0] * 8


@pytest.mark.parametrize(
    ("forward", "backward"),
    [(stochastic_pool2d, stochastic_pool2d_backward), (tournament_pool2d, tournament_pool2d_backward)],
)
def test_tournament_pool2d_backward_and_that_of_the_wheel_send_nothing_into_a_window_of_zeros(forward, backward):
    x = np.zeros((2, 1, 4, 4), "float32")
    x[0, 0, 3, 3] = 5
    dx = backward(np.ones((2, 1, 2, 2), "float32"), x, 2, rng=rng())
    expected = np.zeros_like(x)
    expected[0, 0, 3, 3] = 1
    np.testing.assert_array_equal(dx, expected, strict=True)


def test_stochastic_pool2d_backward_reaches_each_pixel_with_its_chance():
    x = np.broadcast_to(np.array([[1.0, 2.0], [3.0, 4.0]]), (20_000, 1, 2, 2))
    dx = stochastic_pool2d_backward(np.ones((20_000, 1, 1, 1)), x, 2, rng=rng())
    assert set(dx.ravel().tolist()) == {0, 1} and (dx.sum(axis=(2, 3)) == 1).all()
    np.testing.assert_allclose(dx.mean(axis=0)[0], [[0.1, 0.2], [0.3, 0.4]], atol=4 * 0.5 / 20_000**0.5)


@few
@given(pool=pools(padded=False))
def test_stochastic_pool2d_backward_of_the_expected_value_equals_torch(pool):
    x, kernel, options = pool
    x, stride = np.abs(x) + 0.01, options["stride"] or kernel

    def by_torch(leaf):
        sums = [F.lp_pool2d(leaf.double() ** p, 1, kernel, stride) for p in (1, 2)]  # p = 1: the plain sum
        return sums[1] / sums[0]

    y = stochastic_pool2d(x, kernel, stride=stride)
    dy = random(*y.shape, seed=7, dtype=x.dtype)
    expected = gradient(lambda leaf: by_torch(leaf).to(leaf.dtype), x, dy)
    ours = stochastic_pool2d_backward(dy, x, kernel, stride=stride)
    np.testing.assert_allclose(
        ours, expected.numpy(), rtol=0, atol=1e-4 if x.dtype == "float32" else 1e-12, strict=True
    )


def test_stochastic_pool2d_backward_of_the_expected_value_is_zero_in_the_dark_and_may_be_negative():
    x = np.zeros((1, 2, 2, 2))
    x[0, 1] = [[1, 2], [3, 6]]
    dx = stochastic_pool2d_backward(np.full((1, 2, 1, 1), 12.0), x, 2)
    np.testing.assert_allclose(dx[0], [[[0, 0], [0, 0]], [[-13 / 6, -1 / 6], [11 / 6, 47 / 6]]], atol=1e-14)
    lit = np.abs(X) + 0.01
    error = grad_check(
        lambda x: stochastic_pool2d(x, 2), lambda dy, x: stochastic_pool2d_backward(dy, x, 2), lit, rng=rng()
    )
    assert error < 1e-7


@few
@given(pool=pools(), lam=st.floats(0, 1))
def test_mixed_pool2d_backward_equals_torch(pool, lam):
    x, kernel, options = pool
    leaf, share = tensor(x).requires_grad_(), torch.tensor(lam, dtype=tensor(x).dtype, requires_grad=True)
    y = share * F.max_pool2d(leaf, kernel, **options) + (1 - share) * F.avg_pool2d(leaf, kernel, **options)
    dy = random(*y.shape, seed=5, dtype=x.dtype)
    y.backward(tensor(dy))
    dx, dlam = mixed_pool2d_backward(dy, x, kernel, lam=lam, **options)
    close(dx, leaf.grad)
    assert dlam.dtype == x.dtype and dlam.shape == ()
    assert dlam == pytest.approx(share.grad.item(), abs=1e-4 if x.dtype == "float32" else 1e-10)


def test_mixed_pool2d_backward_equals_central_differences():
    error = grad_check(
        lambda x, lam: mixed_pool2d(x, 3, lam=float(lam), stride=2, padding=1),
        lambda dy, x, lam: mixed_pool2d_backward(dy, x, 3, lam=float(lam), stride=2, padding=1),
        X, np.array(0.3), rng=rng(),
    )  # fmt: skip
    assert error < 1e-7


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "weighted"])
def test_global_pool2d_backward_equals_central_differences(mode):
    error = grad_check(
        lambda x: global_pool2d(x, mode=mode, p=3), lambda dy, x: global_pool2d_backward(dy, x, mode=mode, p=3), X,
        rng=rng(),
    )  # fmt: skip
    assert error < 1e-7
    close(global_pool2d_backward(np.ones((2, 3, 1, 1)), X), np.full(X.shape, 1 / 30))


@few
@given(
    size=st.tuples(st.integers(4, 11), st.integers(4, 11)),
    levels=st.sampled_from([(1,), (1, 2, 4), (3, 2), [4]]),
    tied=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_spatial_pyramid_pool_backward_equals_torch(size, levels, tied, dtype):
    x = random(2, 3, *size, dtype=dtype)
    x = x.round() if tied else x
    dy = random(2, 3 * sum(k * k for k in levels), seed=1, dtype=dtype)
    for mode, sign, theirs in (
        ("max", 1, F.adaptive_max_pool2d),
        ("avg", 1, F.adaptive_avg_pool2d),
        ("min", -1, F.adaptive_max_pool2d),
    ):

        def pyramid(leaf, sign=sign, theirs=theirs):
            return torch.cat([sign * theirs(sign * leaf, k).flatten(1) for k in levels], dim=1)

        close(spatial_pyramid_pool_backward(dy, x, levels, mode=mode), gradient(pyramid, x, dy))


@pytest.mark.parametrize("mode", ["max", "min", "avg"])
def test_spatial_pyramid_pool_backward_equals_central_differences(mode):
    error = grad_check(
        lambda x: spatial_pyramid_pool(x, mode=mode), lambda dy, x: spatial_pyramid_pool_backward(dy, x, mode=mode), X,
        rng=rng(),
    )  # fmt: skip
    assert error < 1e-7


def fourier_rows(x, m, dim):
    """Shorten one axis to m samples by its real spectrum, in PyTorch."""
    n, low = x.shape[dim], torch.fft.rfft(x, dim=dim).narrow(dim, 0, m // 2 + 1)
    if m % 2 == 0 and m < n:
        low = torch.cat([low.narrow(dim, 0, m // 2), 2 * low.narrow(dim, m // 2, 1).real + 0j], dim=dim)
    return torch.fft.irfft(low, m, dim=dim) * (m / n)


@few
@given(size=sizes, dtype=st.sampled_from(["float32", "float64"]))
def test_spectral_pool2d_backward_equals_torch(size, dtype):
    h, w, m, n = max(size[0], size[2]), max(size[1], size[3]), min(size[0], size[2]), min(size[1], size[3])
    x, dy = random(2, 2, h, w, dtype=dtype), random(2, 2, m, n, seed=1, dtype=dtype)
    expected = gradient(lambda leaf: fourier_rows(fourier_rows(leaf, m, 2), n, 3), x, dy)
    close(spectral_pool2d_backward(dy, x, (m, n)), expected)


@few
@given(size=sizes)
def test_spectral_pool2d_backward_by_cosines_equals_scipy_dct(size):
    h, w, m, n = max(size[0], size[2]), max(size[1], size[3]), min(size[0], size[2]), min(size[1], size[3])
    dy, spectrum = random(2, 2, m, n), np.zeros((2, 2, h, w))
    spectrum[:, :, :m, :n] = scipy.fft.dctn(dy, axes=(2, 3), norm="ortho")
    expected = scipy.fft.idctn(spectrum, axes=(2, 3), norm="ortho") * np.sqrt(m * n / (h * w))
    close(spectral_pool2d_backward(dy, np.ones((2, 2, h, w)), (m, n), transform="dct"), expected)


@pytest.mark.parametrize("transform", ["dft", "dct"])
@pytest.mark.parametrize("size", [(4, 4), (3, 2), (6, 5), (1, 1)])
def test_spectral_pool2d_backward_equals_central_differences(transform, size):
    error = grad_check(
        lambda x: spectral_pool2d(x, size, transform=transform),
        lambda dy, x: spectral_pool2d_backward(dy, x, size, transform=transform), X, rng=rng(),
    )  # fmt: skip
    assert error < 1e-7


@pytest.mark.parametrize(("transform", "size"), [("dft", (3, 5)), ("dct", (4, 5)), ("dct", (3, 2))])
def test_spectral_pool2d_backward_enlarges_without_loss(transform, size):
    """It fills the missing frequencies with zeros, so that pooling again loses nothing but the factor."""
    small = random(1, 2, *size)
    wide = spectral_pool2d_backward(small, np.zeros((1, 2, 9, 10)), size, transform=transform)
    close(spectral_pool2d(wide, size, transform=transform) * (90 / np.prod(size)), small)


WAYS_BACK = {  # backward -> a dy that would broadcast, the arguments, the shape that is needed
    mixed_pool2d_backward: ((2, 3, 1, 1), {"kernel": 2, "lam": 0.5}, r"\(2, 3, 3, 2\)"),
    global_pool2d_backward: ((1, 3, 1, 1), {}, r"\(2, 3, 1, 1\)"),
    stochastic_pool2d_backward: ((2, 3, 1, 1), {"kernel": 2}, r"\(2, 3, 3, 2\)"),
    tournament_pool2d_backward: ((2, 3, 1, 1), {"kernel": 2, "rng": rng()}, r"\(2, 3, 3, 2\)"),
    fractional_max_pool2d_backward: ((2, 3, 1, 1), {"size": 4, "rng": rng()}, r"\(2, 3, 4, 4\)"),
    spatial_pyramid_pool_backward: ((2, 21), {}, r"\(2, 63\)"),
    spectral_pool2d_backward: ((2, 3, 1, 4), {"size": 4}, r"\(2, 3, 4, 4\)"),
}


@pytest.mark.parametrize("backward", WAYS_BACK, ids=lambda f: f.__name__)
def test_backward_refuses_a_gradient_that_would_broadcast(backward):
    shape, options, needed = WAYS_BACK[backward]
    with pytest.raises(ShapeError, match=f"dy has shape .*; needed: the shape of the output, {needed}; try: np.ones"):
        backward(np.ones(shape), np.abs(X), **options)


@pytest.mark.parametrize("case", ["stochastic", "tournament", "fractional"])
def test_backward_of_chance_refuses_a_bare_seed(case):
    forward, backward, options = CHOOSING[case]
    y = forward(np.abs(X), **options, rng=rng())
    with pytest.raises(ShapeError, match="rng=3; needed: a NumPy generator; try: rng=np.random.default_rng\\(3\\)"):
        backward(y, np.abs(X), **options, rng=3)
