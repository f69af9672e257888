"""The training loop: the same bits for the same seed, schedules against torch, when it ends, what it refuses."""

import functools
import math

import numpy as np
import pytest
import torch
from torch import nn

from d2lmini import ShapeError, data, train
from d2lmini.augment import random_affine
from d2lmini.nn import flex_cnn, seeded
from d2lmini.train import SCHEDULES, accuracy, batches, binomial_ci, ensemble, fit, predict, scores, top_k_error

pytestmark = pytest.mark.filterwarnings("error")


def blobs(n=120, seed=0):
    """Two classes of points that a line separates."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    return rng.standard_normal((n, 2)).astype(np.float32) + 6 * labels[:, None].astype(np.float32) - 3, labels


def linear(seed=0):
    with seeded(seed):
        return nn.Linear(2, 2)


def dropping(seed=0):
    with seeded(seed):
        return nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2))


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_fit_learns_and_leaves_the_network_in_evaluation_mode():
    net = linear()
    before = accuracy(net, blobs(seed=1))
    history = fit(net, blobs(), epochs=30, batch=32, lr=0.1, seed=0, validation=blobs(seed=1))
    assert history.steps == 30 * (120 // 32) == len(history.loss) and history.loss[-1] < 0.2 * history.loss[0]
    assert accuracy(net, blobs(seed=1)) == history.accuracy[-1] > max(0.97, before)
    assert history.checks == list(range(3, 91, 3)) and len(history.accuracy) == 30
    assert not net.training and history.seconds > 0
    assert repr(history) == "History(90 steps, 30 checks, the steps are done)"


def test_fit_gives_the_same_bits_for_the_same_seed_and_others_for_another():
    def run(seed, **options):
        net = dropping()
        history = fit(net, blobs(), steps=25, batch=16, seed=seed, **options)
        return weights(net), history.loss

    (a, loss_a), (b, loss_b), (c, _) = run(1), run(1), run(2)
    assert torch.equal(a, b) and loss_a == loss_b and not torch.equal(a, c)
    torch.manual_seed(123)  # the generators of the caller do not matter, and are not touched
    np.random.seed(5)
    state = torch.get_rng_state()
    assert torch.equal(run(1)[0], a) and torch.equal(torch.get_rng_state(), state)
    watched, _ = run(1, validation=blobs(seed=3))  # looking does not change the training
    assert torch.equal(watched, a)


def test_fit_restores_the_number_of_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        seen = []
        loss = lambda scores, y: seen.append(torch.get_num_threads()) or nn.functional.cross_entropy(scores, y)  # noqa: E731
        fit(linear(), blobs(), steps=2, seed=0, loss=loss)
        assert seen == [1, 1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_fit_equals_the_loop_written_out():
    """Plain gradient descent on the same batches, by hand, in float64."""
    x, y = blobs(20)
    net, twin = linear().double(), linear().double()
    fit(net, (x, y), epochs=2, batch=6, lr=0.05, optimiser="sgd", schedule="constant", seed=7)
    weight, bias = (p.detach().numpy().copy() for p in twin.parameters())
    order = np.random.default_rng(7).spawn(2)[0]
    for _ in range(2):
        for chosen in order.permutation(20)[:18].reshape(3, 6):
            z = x[chosen].astype(float) @ weight.T + bias
            p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
            dz = (p - np.eye(2)[y[chosen]]) / 6
            weight, bias = weight - 0.05 * dz.T @ x[chosen], bias - 0.05 * dz.sum(0)
    np.testing.assert_allclose(net.weight.detach().numpy(), weight, rtol=1e-12, strict=True)
    np.testing.assert_allclose(net.bias.detach().numpy(), bias, rtol=1e-12, strict=True)


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam", "adamw"])
def test_fit_takes_each_optimiser_by_name_or_as_a_function(optimiser):
    by_name, by_function = linear(), linear()
    fit(by_name, blobs(), steps=5, optimiser=optimiser, lr=0.1, seed=0)
    fit(by_function, blobs(), steps=5, optimiser=train.OPTIMISERS[optimiser], lr=0.1, seed=0)
    assert torch.equal(weights(by_name), weights(by_function)) and not torch.equal(weights(by_name), weights(linear()))


def test_fit_trains_in_training_mode_whatever_the_mode_was():
    trained, evaluated = dropping().train(), dropping().eval()
    for net in (trained, evaluated):
        fit(net, blobs(), steps=5, seed=0, validation=blobs(seed=1))
    assert torch.equal(weights(trained), weights(evaluated))


def test_fit_leaves_frozen_parameters_alone():
    net = dropping()
    net[0].requires_grad_(False)
    frozen, free = weights(net[0]), weights(net[3])
    fit(net, blobs(), steps=5, seed=0)
    assert torch.equal(weights(net[0]), frozen) and not torch.equal(weights(net[3]), free)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 97])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedule_stays_between_zero_and_one(schedule, steps):
    shares = np.array([SCHEDULES[schedule](step, steps) for step in range(steps)])
    assert (shares > 0).all() and (shares <= 1 + 1e-12).all()
    peak = shares.argmax()
    assert (np.diff(shares[: peak + 1]) >= 0).all() and (np.diff(shares[peak:]) <= 0).all()


@pytest.mark.parametrize(("schedule", "oracle"), [
    ("one_cycle", lambda o, n: torch.optim.lr_scheduler.OneCycleLR(o, 0.5, total_steps=n)),
    ("cosine", lambda o, n: torch.optim.lr_scheduler.CosineAnnealingLR(o, n)),
])  # fmt: skip
@pytest.mark.parametrize("steps", [50, 47])
def test_schedule_equals_torch(schedule, oracle, steps):
    stepper = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    reference, expected = oracle(stepper, steps), []
    for _ in range(steps):
        expected.append(stepper.param_groups[0]["lr"])
        stepper.step()
        reference.step()
    ours = [0.5 * SCHEDULES[schedule](step, steps) for step in range(steps)]
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


def test_schedule_triangular_has_its_peak_at_three_tenths():
    shares = [SCHEDULES["triangular"](step, 100) for step in range(100)]
    assert shares[30] == 1 and shares[0] == pytest.approx(1 / 31) and shares[99] == pytest.approx(1 / 70)
    np.testing.assert_allclose(np.diff(shares[:31]), 1 / 31)
    np.testing.assert_allclose(np.diff(shares[31:]), -1 / 70)


def test_fit_follows_its_schedule():
    used = []

    class Spy(torch.optim.SGD):
        def step(self, closure=None):
            used.append(self.param_groups[0]["lr"])

    fit(linear(), blobs(), steps=9, optimiser=Spy, lr=0.2, schedule="triangular", seed=0)
    np.testing.assert_allclose(used, [0.2 * SCHEDULES["triangular"](step, 9) for step in range(9)])


def test_fit_ends_when_the_time_is_up(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(train.time, "monotonic", lambda: float(next(clock)))
    history = fit(linear(), blobs(), steps=500, seconds=7, seed=0, validation=blobs(seed=1))
    assert history.steps == 7 and history.seconds == 7 and history.checks[-1] == 7
    assert repr(history) == "History(7 steps, 1 checks, the time is up)"


def test_fit_ends_when_the_loss_is_not_finite():
    x, y = blobs()
    x[3] = np.nan
    history = fit(linear(), (x, y), steps=50, seed=0)
    assert history.steps < 5 and not math.isfinite(history.loss[-1])
    assert history.stopped == "the loss is not finite"


def test_fit_hands_batches_to_augment_with_a_generator_of_its_own():
    pictures = data.glyphs(40, classes="AB", rng=np.random.default_rng(0))
    seen = []

    def spy(images, *, rng):
        seen.append((type(images), images.shape, rng))
        return images

    plain, spied, moved = (flex_cnn([4, "pool"], (1, 28, 28), 2, seed=0) for _ in range(3))
    fit(plain, pictures, steps=3, batch=8, seed=0)
    fit(spied, pictures, steps=3, batch=8, seed=0, augment=spy)
    fit(moved, pictures, steps=3, batch=8, seed=0, augment=functools.partial(random_affine, degrees=40))
    assert torch.equal(weights(plain), weights(spied)) and not torch.equal(weights(plain), weights(moved))
    assert [entry[:2] for entry in seen] == [(np.ndarray, (8, 1, 28, 28))] * 3
    assert all(isinstance(entry[2], np.random.Generator) for entry in seen)


def test_batches_show_every_sample_once_an_epoch_in_a_new_order():
    stream = batches(10, 5, np.random.default_rng(0))
    first, second = (torch.cat([next(stream), next(stream)]) for _ in range(2))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(10)) and not torch.equal(first, second)
    stream = batches(10, 4, np.random.default_rng(0))
    assert {len(next(stream)) for _ in range(9)} == {4}


def test_scores_are_those_of_evaluation_mode_in_any_batch():
    net, x = dropping().train(), blobs(50)[0]
    expected = net.eval()(torch.from_numpy(x)).detach().numpy()
    net.train()
    for batch in (1, 7, 256):
        np.testing.assert_allclose(scores(net, x, batch=batch), expected, atol=1e-6, strict=True)
    assert net.training
    np.testing.assert_array_equal(predict(net, x), expected.argmax(1), strict=True)


def test_accuracy_counts_images_and_pixels():
    x, y = np.eye(4, dtype=np.float32)[[0, 1, 2, 3]], np.array([0, 1, 2, 0])
    assert accuracy(nn.Identity(), (x, y)) == 0.75
    maps = np.zeros((2, 3, 2, 2), np.float32)
    maps[:, 1] = 1
    labels = np.ones((2, 2, 2), np.int64)
    labels[0, 0, 0] = 2
    assert accuracy(nn.Identity(), (maps, labels)) == 7 / 8
    with pytest.raises(ShapeError, match=r"labels have shape \(2, 1, 2, 2\); needed: one for each .*, \(2, 2, 2\)"):
        accuracy(nn.Identity(), (maps, labels[:, None]))


def test_fit_trains_maps():
    x = np.random.default_rng(0).random((16, 1, 6, 6), np.float32)
    y = (x[:, 0] > 0.5).astype(np.int64)  # a class a pixel
    with seeded(0):
        net = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    fit(net, (x, y), steps=150, batch=8, lr=0.05, seed=0)
    assert accuracy(net, (x, y)) > 0.95


@pytest.mark.parametrize(("options", "message"), [
    ({}, "epochs=None and steps=None; needed: one of the two; try: epochs=5"),
    ({"epochs": 1, "steps": 1}, "epochs=1 and steps=1; needed: one of the two"),
    ({"steps": 0}, "steps=0; needed: an integer >= 1"),
    ({"epochs": 1.5}, "epochs=1.5 is not a whole number"),
    ({"steps": 1, "batch": 0}, "batch=0; needed: an integer >= 1"),
    ({"steps": 1, "lr": -1}, "lr=-1; needed: a number >= 0"),
    ({"steps": 1, "optimiser": "adamm"}, "optimiser='adamm'; needed: one of sgd, momentum, adam, adamw"),
    ({"steps": 1, "schedule": "step"}, "schedule='step'; needed: one of constant, triangular, one_cycle, cosine"),
    ({"steps": 1, "seed": None}, "seed=None is not a whole number"),
])  # fmt: skip
def test_fit_refuses_options(options, message):
    with pytest.raises(ShapeError) as caught:
        fit(linear(), blobs(), **{"seed": 0, **options})
    assert str(caught.value).startswith(message)


def test_fit_refuses_data_that_do_not_fit():
    x, y = blobs()
    with pytest.raises(ShapeError, match="120 inputs and 119 labels; needed: as many of both"):
        fit(linear(), (x, y[1:]), steps=1, seed=0)
    with pytest.raises(ShapeError, match="data is a ndarray; needed: Images or a pair"):
        fit(linear(), x, steps=1, seed=0)
    with pytest.raises(ShapeError, match=r"labels up to 5 and scores of shape \(1, 2\); .* try: a last layer of 6 "):
        fit(linear(), (x, y * 5), steps=1, seed=0)
    with pytest.raises(ShapeError, match=r"does not take inputs of \(1, 28, 28\) \(.*\); needed: inputs of the shape"):
        fit(flex_cnn([8]), (np.zeros((4, 1, 28, 28)), np.zeros(4, int)), steps=1, seed=0)


def test_history_plots_its_curves_without_numbers_in_the_text():
    history = fit(linear(), blobs(), steps=30, seed=0, validation=blobs(seed=1))
    shown = history.plot()
    assert repr(shown) == "<figure: Curves of training loss and validation accuracy over 30 steps.>"
    assert "validation accuracy" in shown.svg and "training loss" in shown.svg
    short = fit(linear(), blobs(), steps=1, seed=0).plot("a loss that is measured once", caption="one step")
    assert "validation" not in short.svg and short.caption == "one step"


def test_history_plots_the_running_mean(monkeypatch):
    from d2lmini import plot

    drawn = []
    monkeypatch.setattr(plot, "lines", lambda ax, at, series, **_: drawn.append((at, *series.values())))
    loss = np.random.default_rng(0).random(100).tolist()
    train.History(loss=loss).plot()
    at, smooth = drawn[0]
    np.testing.assert_allclose(smooth, np.convolve(loss, np.ones(4) / 4, mode="valid"), strict=True)
    np.testing.assert_array_equal(at, np.arange(4, 101), strict=True)


def test_progress_is_silent_unless_someone_watches(capsys):
    fit(linear(), blobs(), steps=2, seed=0)
    assert capsys.readouterr() == ("", "")
    fit(linear(), blobs(), steps=2, seed=0, progress=True)
    assert capsys.readouterr().out == ""


# --- how good it is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_top_k_error_equals_torch_topk(k):
    rng = np.random.default_rng(k)
    said, labels = rng.standard_normal((200, 7)), rng.integers(0, 7, 200)
    best = torch.from_numpy(said).topk(k).indices.numpy()
    expected = float(np.mean([label not in row for label, row in zip(labels, best, strict=True)]))
    found = top_k_error(said, labels, k)
    assert type(found) is float and found == expected


def test_top_k_error_counts_ties_and_what_is_no_number_as_wrong():
    labels = np.array([0, 1, 2])
    assert top_k_error(np.ones((3, 3)), labels, 2) == 1.0
    assert top_k_error(np.full((3, 3), np.nan), labels, 1) == 1.0
    assert top_k_error(np.ones((3, 3)), labels, 3) == 0.0


@pytest.mark.parametrize("shapes", [((3, 4), (2,)), ((3,), (3,)), ((0, 4), (0,)), ((3, 4), (3, 1))])
def test_top_k_error_says_what_shapes_it_needs(shapes):
    with pytest.raises(ShapeError, match=r"\(n, classes\) and \(n,\)"):
        top_k_error(np.zeros(shapes[0]), np.zeros(shapes[1], int))


@pytest.mark.parametrize("k", [0, 5])
def test_top_k_error_refuses_k_outside_the_classes(k):
    with pytest.raises(ShapeError, match="k"):
        top_k_error(np.zeros((3, 4)), np.zeros(3, int), k)


@pytest.mark.parametrize(("error", "n", "level"), [(0.0666, 100_000, 0.999), (0.5, 37, 0.9), (0.051, 1500, 0.95)])
def test_binomial_ci_equals_scipy(error, n, level):
    from scipy import stats

    expected = stats.norm.interval(level, loc=error, scale=np.sqrt(error * (1 - error) / n))
    np.testing.assert_allclose(binomial_ci(error, n, level), expected, rtol=1e-12)


def test_binomial_ci_stays_between_0_and_1():
    assert binomial_ci(0.01, 10)[0] == 0.0 and binomial_ci(0.99, 10)[1] == 1.0
    assert binomial_ci(0.0, 10) == (0.0, 0.0)


@pytest.mark.parametrize("wrong", [{"error": 1.1}, {"n": 0}, {"level": 1.0}, {"level": 0.0}])
def test_binomial_ci_refuses_numbers_outside_their_range(wrong):
    with pytest.raises(ShapeError, match=next(iter(wrong))):
        binomial_ci(**{"error": 0.1, "n": 10, **wrong})


def test_ensemble_is_the_mean_of_the_probabilities():
    nets, x = [linear(0), linear(1), linear(2)], blobs(50)[0]
    with torch.no_grad():
        each = [torch.softmax(net(torch.from_numpy(x)), dim=1).numpy() for net in nets]
    found = ensemble(nets, x, batch=7)
    np.testing.assert_allclose(found, (each[0] + each[1] + each[2]) / 3, atol=1e-6, strict=True)


def test_ensemble_needs_a_network():
    with pytest.raises(ShapeError, match="one or more"):
        ensemble([], np.zeros((1, 2)))
