"""Normalisation: every method and its gradient against PyTorch, and the relations between the methods."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import (
    ShapeError,
    batch_norm,
    batch_norm_backward,
    grad_check,
    group_norm,
    group_norm_backward,
    instance_norm,
    instance_norm_backward,
    layer_norm,
    layer_norm_backward,
    local_response_norm,
    local_response_norm_backward,
)

pytestmark = pytest.mark.filterwarnings("error")
few = settings(max_examples=30, deadline=None)


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


X, GAMMA, BETA = random(3, 4, 3, 2), random(4, seed=1), random(4, seed=2)
RUNNING = (random(4, seed=3), np.abs(random(4, seed=4)) + 0.1)


def rng():
    return np.random.default_rng(9)


def tensor(x):
    return torch.from_numpy(np.ascontiguousarray(x))


def close(ours, theirs, atol=1e-11):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    atol = 2e-4 if theirs.dtype == np.float32 else atol
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol, strict=True)


@st.composite
def batches(draw):
    """Images, gamma and beta, groups that divide the channels, and eps."""
    n, h, w, groups, per_group = draw(st.tuples(*(st.integers(1, 4) for _ in range(5))))
    dtype, seed, h = draw(st.sampled_from(["float32", "float64"])), draw(st.integers(0, 99)), h + 1
    x = (3 * random(n, groups * per_group, h, w, seed=seed) + 2).astype(dtype)
    gamma, beta = (random(groups * per_group, seed=seed + i, dtype=dtype) for i in (1, 2))
    return x, gamma, beta, groups, draw(st.sampled_from([1e-5, 1e-2, 1.0]))


def assert_equals_autograd(ours, theirs, dy, x, gamma, beta):
    """ours: the output and gradients (dx, dgamma, dbeta); theirs: PyTorch's function of three tensors."""
    tensors = [tensor(a).requires_grad_() for a in (x, gamma, beta)]
    y = theirs(*tensors)
    y.backward(tensor(dy))
    close(ours[0], y)
    for gradient, source in zip(ours[1], tensors, strict=True):
        close(gradient, source.grad)


# --- batch norm -----------------------------------------------------------------------------------------------


@few
@given(batch=batches(), momentum=st.sampled_from([0.0, 0.1, 1.0]))
def test_batch_norm_and_its_running_statistics_equal_torch(batch, momentum):
    x, gamma, beta, _, eps = batch
    running = (random(len(gamma), seed=7, dtype=x.dtype), np.abs(random(len(gamma), seed=8, dtype=x.dtype)))
    theirs = [tensor(a.copy()) for a in running]
    kept = [a.copy() for a in (x, gamma, beta, *running)]
    y = F.batch_norm(tensor(x), *theirs, tensor(gamma), tensor(beta), True, momentum, eps)
    ours, new = batch_norm(x, gamma, beta, eps=eps, running=running, momentum=momentum)
    close(ours, y)
    for a, b in zip(new, theirs, strict=True):
        close(a, b)
    test, same = batch_norm(x, gamma, beta, eps=eps, running=new, train=False)
    close(test, F.batch_norm(tensor(x), *theirs, tensor(gamma), tensor(beta), False, momentum, eps), atol=1e-9)
    assert same is new
    for before, after in zip(kept, (x, gamma, beta, *running), strict=True):
        np.testing.assert_array_equal(before, after, strict=True)


def test_batch_norm_starts_its_running_statistics_where_torch_does():
    layer = torch.nn.BatchNorm2d(4, dtype=torch.float64)
    running = None
    for seed in range(3):
        x = random(2, 4, 3, 3, seed=seed)
        y, running = batch_norm(x, running=running)
        close(y, layer(tensor(x)))
    close(running[0], layer.running_mean)
    close(running[1], layer.running_var)
    close(batch_norm(X, running=running, train=False)[0], layer.eval()(tensor(X)))


def test_batch_norm_runs_an_unbiased_variance_and_uses_a_biased_one():
    """Erratum B29."""
    x = np.array([0.0, 2.0]).reshape(2, 1, 1, 1)
    y, (mean, var) = batch_norm(x, eps=0.0, momentum=1.0)
    assert y.ravel().tolist() == [-1, 1] and mean.tolist() == [1] and var.tolist() == [2]


def test_batch_norm_is_exact_far_from_zero():
    """A variance as E[x^2] - E[x]^2 would be negative or nonsense at a mean of 3000 in float32."""
    x = (3000 + 0.1 * random(8, 2, 4, 4)).astype("float32")
    y, _ = batch_norm(x)
    assert y.dtype == np.float32 and np.abs(y.std(axis=(0, 2, 3)) - 1).max() < 0.02


@few
@given(batch=batches())
def test_batch_norm_backward_equals_torch(batch):
    x, gamma, beta, _, eps = batch
    dy = random(*x.shape, seed=5, dtype=x.dtype)
    ours = batch_norm(x, gamma, beta, eps=eps)[0], batch_norm_backward(dy, x, gamma, eps=eps)
    assert_equals_autograd(ours, lambda x, g, b: F.batch_norm(x, None, None, g, b, True, 0.1, eps), dy, x, gamma, beta)
    running = (random(len(gamma), seed=7, dtype=x.dtype), np.abs(random(len(gamma), seed=8, dtype=x.dtype)) + 1)
    options = {"running": running, "train": False, "eps": eps}
    ours = batch_norm(x, gamma, beta, **options)[0], batch_norm_backward(dy, x, gamma, **options)
    fixed = [tensor(a) for a in running]
    assert_equals_autograd(ours, lambda x, g, b: F.batch_norm(x, *fixed, g, b, False, 0.1, eps), dy, x, gamma, beta)


@pytest.mark.parametrize("options", [{}, {"train": False, "running": RUNNING}])
def test_batch_norm_backward_equals_central_differences(options):
    error = grad_check(
        lambda x, g, b: batch_norm(x, g, b, **options)[0],
        lambda dy, x, g, b: batch_norm_backward(dy, x, g, **options),
        X, GAMMA, BETA, rng=rng(),
    )  # fmt: skip
    assert error < 1e-7


def test_batch_norm_backward_moves_neither_mean_nor_deviation():
    dx, _, _ = batch_norm_backward(random(*X.shape, seed=5), X, eps=0.0)
    np.testing.assert_allclose(dx.sum(axis=(0, 2, 3)), np.zeros(4), atol=1e-13)
    np.testing.assert_allclose((dx * X).sum(axis=(0, 2, 3)), np.zeros(4), atol=1e-12)


def test_batch_norm_refuses():
    with pytest.raises(
        ShapeError, match=r"x has shape \(1, 4, 1, 1\), one value a channel; needed: n h w >= 2 to train"
    ):
        batch_norm(np.ones((1, 4, 1, 1)))
    with pytest.raises(ShapeError, match="one value a channel"):
        batch_norm_backward(np.ones((1, 4, 1, 1)), np.ones((1, 4, 1, 1)))
    for function in (batch_norm, lambda x, **options: batch_norm_backward(x, x, **options)):
        with pytest.raises(ShapeError, match=r"train=False without running statistics; needed: running=\(mean, var\)"):
            function(X, train=False)
        with pytest.raises(
            ShapeError, match=r"var has shape \(3,\); needed: one number a channel, \(4,\); try: np.full\(4, 1.0\)"
        ):
            function(X, train=False, running=(np.zeros(4), np.ones(3)))
        with pytest.raises(ShapeError, match="eps=-1"):
            function(X, eps=-1)
    with pytest.raises(ShapeError, match="momentum=2; needed: a number from 0 to 1"):
        batch_norm(X, momentum=2)


# --- group, layer, instance norm ------------------------------------------------------------------------------


@few
@given(batch=batches())
def test_group_norm_and_group_norm_backward_equal_torch(batch):
    x, gamma, beta, groups, eps = batch
    dy = random(*x.shape, seed=5, dtype=x.dtype)
    ours = group_norm(x, groups, gamma, beta, eps=eps), group_norm_backward(dy, x, groups, gamma, eps=eps)
    assert_equals_autograd(ours, lambda x, g, b: F.group_norm(x, groups, g, b, eps), dy, x, gamma, beta)


@few
@given(batch=batches())
def test_layer_norm_and_layer_norm_backward_equal_torch(batch):
    """torch.nn.LayerNorm((c, h, w)) with the same gamma and beta at all pixels of a channel."""
    x, gamma, beta, _, eps = batch
    dy, shape = random(*x.shape, seed=5, dtype=x.dtype), x.shape[1:]
    ours = layer_norm(x, gamma, beta, eps=eps), layer_norm_backward(dy, x, gamma, eps=eps)
    assert_equals_autograd(
        ours, lambda x, g, b: F.layer_norm(x, shape, eps=eps) * g[:, None, None] + b[:, None, None], dy, x, gamma, beta
    )


@few
@given(batch=batches())
def test_instance_norm_and_instance_norm_backward_equal_torch(batch):
    x, gamma, beta, _, eps = batch
    dy = random(*x.shape, seed=5, dtype=x.dtype)
    ours = instance_norm(x, gamma, beta, eps=eps), instance_norm_backward(dy, x, gamma, eps=eps)
    assert_equals_autograd(ours, lambda x, g, b: F.instance_norm(x, weight=g, bias=b, eps=eps), dy, x, gamma, beta)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_group_norm_backward_equals_central_differences(groups):
    error = grad_check(
        lambda x, g, b: group_norm(x, groups, g, b), lambda dy, x, g, b: group_norm_backward(dy, x, groups, g),
        X, GAMMA, BETA, rng=rng(),
    )  # fmt: skip
    assert error < 1e-7


def test_layer_norm_backward_equals_central_differences():
    error = grad_check(layer_norm, lambda dy, x, g, b: layer_norm_backward(dy, x, g), X, GAMMA, BETA, rng=rng())
    assert error < 1e-7


def test_instance_norm_backward_equals_central_differences():
    error = grad_check(instance_norm, lambda dy, x, g, b: instance_norm_backward(dy, x, g), X, GAMMA, BETA, rng=rng())
    assert error < 1e-7


def test_group_norm_contains_layer_norm_and_instance_norm():
    np.testing.assert_array_equal(group_norm(X, 1, GAMMA, BETA), layer_norm(X, GAMMA, BETA), strict=True)
    np.testing.assert_array_equal(group_norm(X, 4, GAMMA, BETA), instance_norm(X, GAMMA, BETA), strict=True)
    one = X[:1]  # of a single image, batch norm is instance norm
    np.testing.assert_allclose(
        batch_norm(one, GAMMA, BETA)[0], instance_norm(one, GAMMA, BETA), atol=1e-14, strict=True
    )


def test_layer_norm_is_not_the_layer_norm_of_transformers():
    """Theirs standardises the channels of each pixel by themselves."""
    theirs = F.layer_norm(tensor(X).permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2).numpy()
    assert np.abs(layer_norm(X) - theirs).max() > 0.5
    pixel = X[:, :, :1, :1]  # on images of one pixel they agree
    np.testing.assert_allclose(layer_norm(pixel), theirs[:, :, :1, :1], atol=1e-12, strict=True)


@pytest.mark.parametrize(
    ("norm", "axes"),
    [
        (lambda x: batch_norm(x, eps=0.0)[0], (0, 2, 3)),
        (lambda x: layer_norm(x, eps=0.0), (1, 2, 3)),
        (lambda x: instance_norm(x, eps=0.0), (2, 3)),
    ],
)
def test_batch_norm_layer_norm_and_instance_norm_differ_in_their_axes(norm, axes):
    y = norm(X)
    np.testing.assert_allclose(y.mean(axis=axes), np.zeros_like(y.mean(axis=axes)), atol=1e-14)
    np.testing.assert_allclose(y.var(axis=axes), np.ones_like(y.var(axis=axes)), rtol=1e-12)
    np.testing.assert_allclose(norm(2 * X + 5), y, atol=1e-12, strict=True)  # contrast and brightness are gone


NORMS = {
    "batch": (batch_norm, batch_norm_backward),
    "layer": (layer_norm, layer_norm_backward),
    "instance": (instance_norm, instance_norm_backward),
    "group": (
        lambda x, *rest, **options: group_norm(x, 2, *rest, **options),
        lambda dy, x, *rest, **options: group_norm_backward(dy, x, 2, *rest, **options),
    ),
}


@pytest.mark.parametrize("name", NORMS)
def test_batch_norm_and_the_others_refuse(name):
    forward, backward = NORMS[name]
    with pytest.raises(ShapeError, match=r"x has shape \(4, 3, 2\), 3 axes"):
        forward(X[0])
    with pytest.raises(
        ShapeError, match=r"gamma has shape \(3,\); needed: one number a channel, \(4,\); try: np.full\(4, 1.0\)"
    ):
        forward(X, np.ones(3), BETA)
    with pytest.raises(ShapeError, match=r"gamma has shape \(1,\)"):
        backward(X, X, np.ones(1))  # would broadcast
    with pytest.raises(ShapeError, match=r"beta has shape \(2,\); .* try: np.full\(4, 0.0\)"):
        forward(X, GAMMA, np.ones(2))
    with pytest.raises(ShapeError, match=r"gamma has shape \(4, 1, 1\), 3 axes"):
        forward(X, GAMMA[:, None, None], BETA)
    with pytest.raises(
        ShapeError, match=r"dy has shape \(1, 4, 3, 2\); needed: the shape of the output, \(3, 4, 3, 2\)"
    ):
        backward(X[:1], X)
    with pytest.raises(ShapeError, match="eps=nan; needed: a number >= 0"):
        forward(X, eps=np.nan)


def test_group_norm_refuses_groups_that_do_not_divide_the_channels():
    for function in (group_norm, lambda x, groups: group_norm_backward(x, x, groups)):
        with pytest.raises(ShapeError, match=r"groups=3 does not divide c_in=4; .* try: groups in \[1, 2, 4\]"):
            function(X, 3)


# --- local response norm --------------------------------------------------------------------------------------


@few
@given(batch=batches(), size=st.integers(1, 7), k=st.sampled_from([1.0, 2.0]), beta=st.sampled_from([0.5, 0.75, 1.0]))
def test_local_response_norm_and_its_backward_equal_torch(batch, size, k, beta):
    x, dy = batch[0], random(*batch[0].shape, seed=5, dtype=batch[0].dtype)
    options = {"size": size, "alpha": 0.3, "beta": beta, "k": k}
    source = tensor(x).requires_grad_()
    y = F.local_response_norm(source, **options)
    y.backward(tensor(dy))
    close(local_response_norm(x, **options), y)
    close(local_response_norm_backward(dy, x, **options), source.grad)


def test_local_response_norm_has_the_defaults_of_torch():
    x = 100 * X
    close(local_response_norm(x), torch.nn.LocalResponseNorm(5)(tensor(x)))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
def test_local_response_norm_backward_equals_central_differences(size):
    options = {"size": size, "alpha": 0.7, "beta": 0.75, "k": 1.5}
    error = grad_check(
        lambda x: local_response_norm(x, **options), lambda dy, x: local_response_norm_backward(dy, x, **options),
        X, rng=rng(),
    )  # fmt: skip
    assert error < 1e-8


def test_local_response_norm_of_alexnet_does_not_divide_alpha():
    """Erratum B4: b = a / (2 + 1e-4 * sum of a^2 over 5 channels)^0.75."""
    x = 100 * random(1, 7, 2, 2)
    expected = [x[:, c] / (2 + 1e-4 * (x[:, max(0, c - 2) : c + 3] ** 2).sum(axis=1)) ** 0.75 for c in range(7)]
    close(local_response_norm(x, size=5, alpha=5e-4, beta=0.75, k=2.0), np.stack(expected, axis=1))


def test_local_response_norm_refuses():
    for options in ({"size": 0}, {"size": 2.5}, {"alpha": -1}, {"beta": np.nan}, {"k": "2"}):
        name = next(iter(options))
        for function in (local_response_norm, lambda x, **options: local_response_norm_backward(x, x, **options)):
            with pytest.raises(ShapeError, match=f"{name}="):
                function(X, **options)
    with pytest.raises(ShapeError, match=r"dy has shape \(1, 4, 3, 2\)"):
        local_response_norm_backward(X[:1], X)
