"""Looking into networks: against layers run one by one, loops, closed forms, finite differences; and no traces left."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models

from d2lmini import D2LError, Slide, explain, receptive_field
from d2lmini import nn as networks
from d2lmini.errors import ShapeError
from d2lmini.nn import seeded

pytestmark = pytest.mark.filterwarnings("error")
RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 2, 9, 8))


def small(seed=0, **parts):
    """A network with padding, stride, pooling and a dense head, in float64."""
    with seeded(seed):
        net = nn.Sequential(
            nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(3, 5, 2), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(5, 3),
        )  # fmt: skip
    return net.double().eval()


def linear(weight):
    """A network whose score of class k is the sum of weight[k] times the image."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(weight[0].size, len(weight), bias=False)).double()
    net[1].weight.data = torch.from_numpy(weight.reshape(len(weight), -1))
    return net


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# --- activations


def test_activations_equals_the_layers_run_one_by_one():
    net, x = small(), torch.from_numpy(X)
    found = explain.activations(net, X, [str(i) for i in range(7)])
    assert list(found) == [str(i) for i in range(7)]
    net[4] = nn.ReLU()  # not in place, so that what layer 3 gives stays what it was
    for i, layer in enumerate(net):
        x = layer(x)
        np.testing.assert_allclose(found[str(i)], x.detach().numpy(), atol=1e-12, strict=True)


def test_activations_of_a_layer_that_runs_twice_are_those_of_the_first_time():
    net = models.resnet18(num_classes=4).eval()  # its blocks have one rectifier for two places
    x = torch.rand(1, 3, 32, 32)
    found = explain.activations(net, x, ["layer1.0.bn1", "layer1.0.relu", "layer1"])
    np.testing.assert_array_equal(found["layer1.0.relu"], np.maximum(found["layer1.0.bn1"], 0), strict=True)
    stem = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    np.testing.assert_allclose(found["layer1"], net.layer1(stem).detach().numpy(), atol=1e-4, strict=True)


def test_sparsity_equals_a_count():
    maps = np.maximum(RNG.standard_normal((3, 2, 4, 5)), 0)
    by_loops = [sum(maps[n, c, i, j] == 0 for n in range(3) for i in range(4) for j in range(5)) / 60 for c in range(2)]
    np.testing.assert_allclose(explain.sparsity(maps), by_loops, atol=1e-15, strict=True)
    assert explain.sparsity(np.array([[0.0, 1.0], [0.0, 0.0]])).tolist() == [1.0, 0.5]


# --- top_patches


def test_top_patches_of_a_filter_are_the_windows_with_the_largest_sums():
    net = nn.Sequential(nn.Conv2d(2, 3, 3, stride=2, padding=1)).double()
    found = explain.top_patches(net, X, "0", 1, count=3, fill=0.0)
    weight, bias = net[0].weight[1].detach().numpy(), net[0].bias[1].item()
    best = []
    for n, image in enumerate(np.pad(X, ((0, 0), (0, 0), (1, 1), (1, 1)))):
        windows = {(i, j): image[:, i : i + 3, j : j + 3] for i in range(0, 9, 2) for j in range(0, 8, 2)}
        place = max(windows, key=lambda at: (windows[at] * weight).sum())
        best.append(((windows[place] * weight).sum() + bias, n, place, windows[place]))
    best.sort(key=lambda row: -row[0])
    assert found.sources.tolist() == [n for _, n, _, _ in best[:3]]
    assert found.corners.tolist() == [[i - 1, j - 1] for _, _, (i, j), _ in best[:3]]
    np.testing.assert_allclose(found.values, [value for value, *_ in best[:3]], atol=1e-12, strict=True)
    np.testing.assert_array_equal(found.patches, np.stack([window for *_, window in best[:3]]), strict=True)


def test_top_patches_of_a_deep_unit_hold_every_pixel_that_it_depends_on():
    net = small()[:5]
    found = explain.top_patches(net, X, "3", 4, count=4)
    field = receptive_field([Slide(3, 2, 1), Slide(2, 2), Slide(2)])[-1]
    assert found.patches.shape == (4, 2, field.size, field.size)
    x = torch.from_numpy(X).requires_grad_()
    maps = net[:4](x)
    for source, corner, patch in zip(found.sources, found.corners, found.patches, strict=True):
        place = [(at - field.start) // field.jump for at in corner]
        (slope,) = torch.autograd.grad(maps[source, 4, place[0], place[1]], x, retain_graph=True)
        moves = np.argwhere(slope[source].abs().sum(0).numpy() > 0)
        assert (moves >= corner).all() and (moves < corner + field.size).all()
        for i, j in moves:
            np.testing.assert_array_equal(patch[:, i - corner[0], j - corner[1]], X[source, :, i, j])


def test_top_patches_of_a_dense_unit_are_whole_images():
    net = small()
    found = explain.top_patches(net, X, "6", 2, count=2)
    order = np.argsort(-net(torch.from_numpy(X))[:, 2].detach().numpy())
    assert found.sources.tolist() == order[:2].tolist()
    np.testing.assert_array_equal(found.patches, X[order[:2]], strict=True)


def test_top_patches_is_the_same_for_any_batch():
    one, other = (explain.top_patches(small(), X, "3", 0, batch=n) for n in (1, 3))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12, strict=True)


# --- maximise


@pytest.mark.parametrize("l2", [0.5, 2.0])
def test_maximise_ends_where_the_closed_form_does(l2):
    weight = RNG.standard_normal((2, 1, 3, 4))
    found = explain.maximise(linear(weight), "1", 1, shape=(1, 3, 4), l2=l2, steps=1500, lr=0.01, bounds=None)
    np.testing.assert_allclose(found.image, weight[1] / (2 * l2), atol=1e-3, strict=True)
    assert found.values.shape == (1501,)
    np.testing.assert_allclose(found.values[-1], (weight[1] ** 2).sum() / (2 * l2), rtol=1e-2)


def test_maximise_with_total_variation_ends_where_the_closed_form_does():
    weight = RNG.standard_normal((1, 1, 1, 6))
    found = explain.maximise(linear(weight), "1", 0, shape=(1, 1, 6), l2=0.3, tv=0.7, steps=2500, lr=0.01, bounds=None)
    difference = np.diff(np.eye(6), axis=0)  # of neighbours
    best = np.linalg.solve(2 * 0.3 * np.eye(6) + 2 * 0.7 * difference.T @ difference, weight.ravel())
    np.testing.assert_allclose(found.image.ravel(), best, atol=2e-3, strict=True)


def test_maximise_raises_the_activation_within_its_bounds():
    for options in ({}, {"jitter": 2}, {"blur": 0.5}, {"place": (0, 1)}):
        found = explain.maximise(small()[:5], "3", 2, shape=(2, 9, 8 + 4), steps=40, **options)
        assert found.values[-1] > found.values[0] and found.image.min() >= 0 and found.image.max() <= 1


def test_maximise_begins_with_the_given_image_and_the_same_seed_gives_the_same_bits():
    net = small()
    found = explain.maximise(net, "6", 0, start=X[0], steps=1, bounds=None)
    np.testing.assert_allclose(found.values[0], net(torch.from_numpy(X[:1]))[0, 0].item(), atol=1e-12)
    one, same, other = (explain.maximise(net, "6", 0, shape=(2, 9, 8), jitter=1, steps=5, seed=s) for s in (3, 3, 4))
    np.testing.assert_array_equal(one.image, same.image, strict=True)
    assert not np.array_equal(one.image, other.image)


def test_maximise_by_blur_equals_scipy():
    from scipy.ndimage import correlate

    from d2lmini import gaussian_kernel

    x = RNG.standard_normal((1, 2, 7, 9))
    found = explain.blurred(torch.from_numpy(x), 0.8).numpy()
    expected = np.stack([correlate(c, gaussian_kernel(5, 0.8), mode="nearest") for c in x[0]])[None]
    np.testing.assert_allclose(found, expected, atol=1e-12, strict=True)


# --- deep_dream


def test_deep_dream_with_one_octave_equals_the_loop_written_out():
    net, image = small()[:2], RNG.random((2, 9, 8))
    found = explain.deep_dream(net, image, "0", octaves=1, steps=3, lr=0.05, jitter=0)
    x = torch.from_numpy(image[None])
    for _ in range(3):
        x = x.detach().requires_grad_()
        (0.5 * net[0](x).pow(2).mean()).backward()
        x = (x + 0.05 * x.grad / x.grad.abs().mean()).clamp(0, 1)
    np.testing.assert_allclose(found, x.detach().numpy()[0], atol=1e-12, strict=True)


@pytest.mark.parametrize("unit", [None, 1])
def test_deep_dream_excites_the_layer_at_any_size(unit):
    net, image = small(), RNG.random((2, 30, 41))  # the dense head takes no such image and does not run
    found = explain.deep_dream(net, image, "3", unit=unit, octaves=2, steps=4)
    assert found.shape == image.shape and found.min() >= 0 and found.max() <= 1
    body = net[:4]
    before, after = (body(torch.from_numpy(i[None])).detach().numpy() for i in (image, found))
    chosen = slice(None) if unit is None else slice(unit, unit + 1)
    assert (after[:, chosen] ** 2).mean() > (before[:, chosen] ** 2).mean()


# --- occlusion_map


@pytest.mark.parametrize(("size", "stride", "fill"), [(3, 1, 0.0), ((2, 4), (2, 1), 0.5), (1, 3, (0.2, -1.0))])
def test_occlusion_map_equals_the_loops(size, stride, fill):
    net = small()
    found = explain.occlusion_map(net, X, size, target=[0, 1, 2, 1], stride=stride, fill=fill, batch=7)
    (kh, kw), (sh, sw) = (np.broadcast_to(v, 2) for v in (size, stride))
    rows, columns = range(0, 9 - kh + 1, sh), range(0, 8 - kw + 1, sw)
    expected = np.zeros((4, len(rows), len(columns)))
    for n, target in enumerate([0, 1, 2, 1]):
        for a, i in enumerate(rows):
            for b, j in enumerate(columns):
                x = X[n].copy()
                for c in range(2):
                    x[c, i : i + kh, j : j + kw] = np.broadcast_to(fill, 2)[c]
                z = net(torch.from_numpy(x[None])).detach().numpy()
                expected[n, a, b] = softmax(z)[0, target]
    np.testing.assert_allclose(found, expected, atol=1e-12, strict=True)


def test_occlusion_map_of_a_linear_net_is_the_score_less_what_is_covered():
    weight = RNG.standard_normal((2, 2, 9, 8))
    found = explain.occlusion_map(linear(weight), X[:1], (3, 2), target=1, of="logit")[0]
    products = weight[1] * X[0]
    for i, j in np.ndindex(7, 7):
        covered = products[:, i : i + 3, j : j + 2].sum()
        np.testing.assert_allclose(found[i, j], products.sum() - covered, atol=1e-12)


def test_occlusion_map_of_all_classes_holds_each_of_them_and_adds_up_to_one():
    every = explain.occlusion_map(small(), X, 3)
    assert every.shape == (4, 3, 7, 6)
    np.testing.assert_allclose(every.sum(axis=1), np.ones((4, 7, 6)), atol=1e-12, strict=True)
    np.testing.assert_array_equal(every[:, 2], explain.occlusion_map(small(), X, 3, target=2), strict=True)


# --- grad_cam


def averaging(seed=0):
    with seeded(seed):
        body = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1, stride=2), nn.ReLU())
        head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    return nn.Sequential(body, head).double()


@pytest.mark.parametrize("frozen", [False, True])
def test_grad_cam_before_an_average_is_the_class_activation_map(frozen):
    """Zhou et al. 2016: with a mean and a linear layer behind, the gradient is the weight over the number of places."""
    net = averaging()
    net.requires_grad_(not frozen)
    maps = net[0](torch.from_numpy(X)).detach().numpy()
    weight = net[1][2].weight[1].detach().numpy()
    expected = np.maximum(np.einsum("k,nkhw->nhw", weight, maps), 0) / maps[0, 0].size
    for average in (True, False):
        found = explain.grad_cam(net, X, "0", 1, average=average, resize=False)
        np.testing.assert_allclose(found, expected, atol=1e-12, strict=True)


def test_grad_cam_equals_finite_differences_on_a_dense_head():
    net = small()
    body, head = net[:4], net[4:]
    maps = body(torch.from_numpy(X[:1])).detach()
    slope = np.zeros(maps.shape)
    for at in np.ndindex(*maps.shape):
        up, down = maps.clone(), maps.clone()
        up[at] += 1e-5
        down[at] -= 1e-5
        slope[at] = (head(up)[0, 2] - head(down)[0, 2]).item() / 2e-5
    mean = np.maximum((slope.mean(axis=(2, 3), keepdims=True) * maps.numpy()).sum(axis=1), 0)
    each = np.maximum((slope * maps.numpy()).sum(axis=1), 0)
    found = [explain.grad_cam(net, X[:1], "3", 2, average=a, resize=False) for a in (True, False)]
    np.testing.assert_allclose(found[0], mean, atol=1e-8, strict=True)
    np.testing.assert_allclose(found[1], each, atol=1e-8, strict=True)


def test_grad_cam_is_enlarged_to_the_size_of_the_image():
    small_map = torch.from_numpy(explain.grad_cam(averaging(), X, "0", 0, resize=False))
    expected = F.interpolate(small_map[:, None], size=(9, 8), mode="bilinear")[:, 0].numpy()
    np.testing.assert_allclose(explain.grad_cam(averaging(), X, "0", 0), expected, atol=1e-12, strict=True)


# --- integrated_gradients


def test_integrated_gradients_of_a_linear_net_is_weight_times_difference():
    weight, base = RNG.standard_normal((3, 2, 9, 8)), RNG.standard_normal((2, 9, 8))
    found = explain.integrated_gradients(linear(weight), X, [0, 1, 2, 1], baseline=base, steps=1)
    np.testing.assert_allclose(found, weight[[0, 1, 2, 1]] * (X - base), atol=1e-12, strict=True)


def test_integrated_gradients_equals_the_integral_by_hand():
    class Bend(nn.Module):  # the example of the paper: 1 - max(0, 1 - x), flat from x = 1 on
        def forward(self, x):
            return (1 - F.relu(1 - x)).flatten(1)

    x = np.array([[[[2.0]]]])
    found = explain.integrated_gradients(Bend(), x, 0, steps=1000)
    assert explain.batch_of(x, Bend()).dtype == torch.float32
    np.testing.assert_allclose(found, np.array([[[[1.0]]]], np.float32), atol=2e-3, strict=True)


def test_integrated_gradients_add_up_to_the_rise_of_the_score():
    net = small()
    found = explain.integrated_gradients(net, X, 1, baseline=0.3, steps=400, tolerance=0.01)
    ends = [net(torch.from_numpy(x)).detach().numpy()[:, 1] for x in (X, np.full_like(X, 0.3))]
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), ends[0] - ends[1], atol=0.01, strict=True)


def test_integrated_gradients_say_so_when_they_do_not_add_up():
    class Step(nn.Module):
        def forward(self, x):
            return (50 * (x - 0.37)).sigmoid().flatten(1) * 5

    x = np.ones((1, 1, 1, 1))
    with pytest.raises(D2LError, match=re.escape("the shares of image 0 add up to")) as caught:
        explain.integrated_gradients(Step(), x, 0, steps=4)
    assert "try: steps=16" in str(caught.value)
    assert explain.integrated_gradients(Step(), x, 0, steps=256).sum() > 4.9


# --- nothing is left behind

SHAPE = (2, 9, 8)
CALLS = {
    "activations": lambda net, x: explain.activations(net, x, ["0", "3"]),
    "top_patches": lambda net, x: explain.top_patches(net, x, "3", 0),
    "maximise": lambda net, x: explain.maximise(net, "6", 0, start=x[0], steps=3, jitter=1, blur=0.5, tv=0.1),
    "deep_dream": lambda net, x: explain.deep_dream(net, x[0], "0", steps=2, octaves=2),
    "occlusion_map": lambda net, x: explain.occlusion_map(net, x, 3, target=0),
    "grad_cam": lambda net, x: explain.grad_cam(net, x, "3", 0),
    "integrated_gradients": lambda net, x: explain.integrated_gradients(net, x, 0),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_network_is_given_back_as_it_was(name):
    net = nn.Sequential(*small(), nn.BatchNorm1d(3).double(), nn.Dropout(0.5)).train()
    net[0].eval()  # a part that the owner has frozen
    for p in net.parameters():
        p.grad = torch.full_like(p, 7.0)
    net[3].weight.requires_grad_(False)
    state = {key: value.clone() for key, value in net.state_dict().items()}
    hooks, x, dice = [len(m._forward_hooks) for m in net.modules()], X.copy(), torch.get_rng_state()
    CALLS[name](net, x)
    assert [m.training for m in net] == [False] + [True] * 8 and net.training
    assert all((p.grad == 7).all() for p in net.parameters()) and not net[3].weight.requires_grad
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    assert [len(m._forward_hooks) for m in net.modules()] == hooks
    np.testing.assert_array_equal(x, X, strict=True)
    assert torch.equal(torch.get_rng_state(), dice)


@pytest.mark.parametrize("name", CALLS)
def test_a_network_that_fails_is_given_back_as_it_was(name):
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError("broken")

    net = nn.Sequential(Broken(), *small()).train()
    with pytest.raises(RuntimeError):
        CALLS[name](net, X)
    assert all(m.training for m in net.modules())
    assert not any(m._forward_hooks for m in net.modules())


def test_the_caller_may_have_switched_gradients_off():
    with torch.no_grad():
        cam = explain.grad_cam(small(), X, "3", 0)
        shares = explain.integrated_gradients(small(), X, 0)
        climbed = explain.maximise(small(), "6", 0, shape=SHAPE, steps=2)
        assert not torch.is_grad_enabled()
    np.testing.assert_array_equal(cam, explain.grad_cam(small(), X, "3", 0), strict=True)
    assert np.abs(shares).sum() > 0 and climbed.image.shape == SHAPE


def test_registered_networks_are_looked_into_by_the_names_of_their_summary():
    net = networks.build("googlenet", seed=0)
    names = [line.layer for line in networks.summary(net, (3, 64, 64), depth=1)]
    assert "inception4a" in names
    found = explain.top_patches(net, RNG.random((2, 3, 64, 64)).astype(np.float32), "inception4a", 511, count=1)
    assert found.patches.shape[0] == 1
    with pytest.raises(ShapeError, match="perhaps inception4a"):
        explain.activations(net, np.zeros((1, 3, 64, 64)), "mixed4a")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explain.activations(small(), X, "conv"), "layer='conv'; needed: the name of one of the 7 layers"),
        (lambda: explain.activations(small(), X[0], "0"), "shape (2, 9, 8); needed: (n, c, h, w); try: images[None]"),
        (lambda: explain.activations(nn.ReLU(), X, ""), "try: nn.Sequential(net)"),
        (lambda: explain.sparsity(np.zeros(3)), "maps has shape (3,)"),
        (lambda: explain.top_patches(small(), X, "3", 5), "unit=5; needed: 0 to 4, the channels of '3'"),
        (lambda: explain.top_patches(small(), X, "3", 0, count=0), "count=0"),
        (lambda: explain.maximise(small(), "6", 0), "neither shape nor start"),
        (lambda: explain.maximise(small(), "6", 0, shape=SHAPE, start=X[0]), "shape and start; needed: one of the two"),
        (lambda: explain.maximise(small(), "3", 0, shape=SHAPE, place=(9, 0)), "place=(9, 0) in a map of (1, 1)"),
        (lambda: explain.maximise(small(), "6", 0, shape=SHAPE, bounds=(1, 0)), "bounds=(1, 0)"),
        (lambda: explain.maximise(small(), "6", 0, shape=SHAPE, tv=-1), "tv=-1"),
        (lambda: explain.deep_dream(small(), X, "0"), "image has shape (4, 2, 9, 8); needed: 3 axes"),
        (lambda: explain.occlusion_map(small(), X, 10), "the window spans 10 pixels"),
        (lambda: explain.occlusion_map(small(), X, 3, target=3), "target=3; needed: 0 to 2, the classes"),
        (lambda: explain.occlusion_map(small(), X, 3, target=[0, 1]), "2 targets for 4 images"),
        (lambda: explain.occlusion_map(small(), X, 3, fill=(1, 2, 3)), "fill has 3 values"),
        (lambda: explain.occlusion_map(small(), X, 3, of="odds"), "of='odds'; needed: one of probability, logit"),
        (lambda: explain.occlusion_map(small()[:3], X, 3), "the network gives (42, 3, 2, 2)"),
        (lambda: explain.grad_cam(small(), X, "6", 0), "layer '6' gives (4, 3); needed: maps (n, k, h, w)"),
        (lambda: explain.integrated_gradients(small(), X, 0, steps=0), "steps=0"),
    ],
)  # fmt: skip
def test_bad_input_is_named(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()
