"""Transfer: what may learn and what stays put, heads and features of every network, the probe against scikit-learn."""

import copy
import io
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torchvision import models

from d2lmini import ShapeError, nn, train
from d2lmini.transfer import (
    features,
    freeze,
    head_name,
    linear_probe,
    rate_groups,
    replace_head,
    trainable,
    unfreeze,
)

pytestmark = pytest.mark.filterwarnings("error")

MINIS = nn.names("*_mini")
THEIRS = {  # torchvision's networks, and a size that they take
    "resnet18": 32, "squeezenet1_1": 32, "densenet121": 32, "mobilenet_v2": 32, "efficientnet_b0": 32, "vit_b_16": 224,
}  # fmt: skip
each_mini = pytest.mark.parametrize("name", MINIS)


def mini(name, classes=10, seed=0):
    return nn.build(name, classes=classes, seed=seed)


def picture(name, n=3, seed=0):
    card = nn.card(name)
    return torch.rand(n, card.channels, card.size, card.size, generator=torch.Generator().manual_seed(seed))


def learning(net):
    return {name for name, p in net.named_parameters() if p.requires_grad}


def state(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


def same(before, after):
    return {name for name in before if torch.equal(before[name], after[name])}


# --- freezing


@each_mini
def test_freeze_leaves_exactly_the_head_trainable(name):
    net = mini(name)
    head = head_name(net)
    assert freeze(net, but=head) is net
    assert learning(net) == {f"{head}.{leaf}" for leaf, _ in net.get_submodule(head).named_parameters()}
    assert trainable(net) == sum(p.numel() for p in net.get_submodule(head).parameters())


@each_mini
def test_a_step_on_a_frozen_network_moves_the_head_and_nothing_else(name):
    """Neither weights nor running statistics: the features are the same to the last bit."""
    net, x = mini(name, seed=1), picture(name, 8)
    y = np.arange(8) % 3 if nn.card(name).stride is None else np.zeros((8, *x.shape[2:]), int)  # a class a pixel
    replace_head(net, 3, seed=0)
    before, seen = state(net), features(net, x)
    freeze(net, but=head_name(net))
    train.fit(net, (x, y), steps=2, batch=4, lr=0.1, seed=0)
    moved = set(before) - same(before, net.state_dict())
    assert moved and all(key.startswith(f"{head_name(net)}.") for key in moved)
    np.testing.assert_array_equal(features(net, x), seen, strict=True)


def test_without_freeze_the_statistics_move_although_no_weight_does():
    net, x = mini("resnet_mini"), picture("resnet_mini", 8)
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    before = state(net)
    net.train()(x)
    moved = set(before) - same(before, net.state_dict())
    assert moved and all(key.endswith(("running_mean", "running_var", "num_batches_tracked")) for key in moved)
    before = state(freeze(net))
    net.train()(x)
    assert same(before, net.state_dict()) == set(before)


def test_freeze_normalises_with_running_statistics_in_training_mode():
    net, x = mini("resnet_mini"), picture("resnet_mini", 4)
    expected = net.eval()(x)
    torch.testing.assert_close(freeze(net).train()(x), expected, rtol=0, atol=0)
    assert not torch.allclose(unfreeze(net).train()(x), expected)


def test_freeze_chooses_parts_and_forgets_the_last_choice():
    net = mini("resnet_mini")
    freeze(net, but="conv1")
    freeze(net, but=["conv4.0", "head"])
    expected = {name for name, _ in net.named_parameters() if name.startswith(("conv4.0.", "head."))}
    assert learning(net) == expected
    before = state(net)
    net.train()(picture("resnet_mini", 4))
    moved = set(before) - same(before, net.state_dict())
    assert moved and all(name.startswith("conv4.0.") for name in moved)


def test_freeze_names_mean_whole_names():
    net = torch.nn.Sequential(*[torch.nn.Linear(2, 2) for _ in range(11)])
    assert learning(freeze(net, but="1")) == {"1.weight", "1.bias"}
    assert learning(freeze(net, but="10.bias")) == {"10.bias"}


@each_mini
def test_unfreeze_undoes_freeze(name):
    net = mini(name)
    was, x = copy.deepcopy(net), picture(name, 4)
    unfreeze(freeze(net))
    assert learning(net) == learning(was)
    for each in (net, was):
        with nn.seeded(0), torch.no_grad():
            each.train()(x)
    assert same(state(net), was.state_dict()) == set(was.state_dict())
    assert not any(module._forward_pre_hooks for module in list(net.modules())[1:])


def test_unfreeze_adds_parts():
    net = freeze(mini("resnet_mini"))
    unfreeze(unfreeze(net, "head"), "conv4")
    assert {name.split(".")[0] for name in learning(net)} == {"head", "conv4"}
    assert net.conv4[0].body[1].training is net.training and not net.conv1[1].training


def test_a_frozen_network_can_be_copied_saved_and_let_go():
    net, x = freeze(mini("resnet_mini"), but="head"), picture("resnet_mini", 4)
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    for other in (copy.deepcopy(net), torch.load(file, weights_only=False)):
        before = state(other)
        other.train()(x)
        assert same(before, other.state_dict()) == set(before) and learning(other) == learning(net)
        unfreeze(other).train()(x)
        assert same(before, other.state_dict()) != set(before)
    before = state(net)
    net.train()(x)
    assert same(before, net.state_dict()) == set(before)


# --- heads


@pytest.mark.parametrize("name", [name for name in nn.names() if name != "lenet5_1998"])
def test_replace_head_gives_every_network_other_classes(name):
    card = nn.card(name)
    with torch.device("meta"):
        net = nn.build(name).eval()
        old = net.get_submodule(head_name(net))
        assert (old.out_features if isinstance(old, torch.nn.Linear) else old.out_channels) == card.classes
        assert replace_head(net, 7) is net
        y = net(torch.zeros(2, card.channels, card.size, card.size))
    assert y.shape[:2] == (2, 7) and y.ndim == (2 if card.stride is None else 4)
    assert type(net.get_submodule(head_name(net))) is type(old)


def test_replace_head_refuses_scores_that_are_not_those_of_a_layer():
    with pytest.raises(ShapeError, match="output follows the last layer with weights and holds numbers of its own"):
        replace_head(nn.build("lenet5_1998"), 3)


@pytest.mark.parametrize("name", THEIRS)
def test_replace_head_finds_the_head_of_torchvision(name):
    with torch.device("meta"):
        net = replace_head(models.get_model(name).eval(), 7)
        assert net(torch.zeros(2, 3, THEIRS[name], THEIRS[name])).shape == (2, 7)


def test_replace_head_draws_from_the_seed_and_keeps_the_body():
    net = mini("resnet_mini")
    before, other = state(net), replace_head(mini("resnet_mini"), 4, seed=5)
    state_of_torch = torch.get_rng_state()
    replace_head(net, 4, seed=5)
    assert torch.equal(torch.get_rng_state(), state_of_torch)
    assert torch.equal(net.head[-1].weight, other.head[-1].weight) and net.head[-1].weight.requires_grad
    head = head_name(net)
    assert {name for name in before if not name.startswith(head)} <= same(before, net.state_dict() | {
        f"{head}.weight": before[f"{head}.weight"] + 1, f"{head}.bias": before[f"{head}.bias"] + 1})  # fmt: skip


def test_replace_head_keeps_dtype_and_bias():
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 2, bias=False)).double()
    new = replace_head(net, 5)[1]
    assert new.weight.dtype == torch.float64 and new.bias is None


# --- features


@each_mini
def test_features_are_what_the_head_turns_into_scores(name):
    net, x = mini(name).train(), picture(name, 5)
    found = features(net, x, batch=2)
    assert found.dtype == np.float32 and found.shape[0] == 5 and found.ndim == 2 and net.training
    head, scores = net.get_submodule(head_name(net)), train.scores(net, x)
    if isinstance(head, torch.nn.Linear):
        with torch.no_grad():
            np.testing.assert_allclose(head(torch.from_numpy(found)).numpy(), scores, atol=1e-5, strict=True)
    else:
        assert found.shape[1] == head.in_channels


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v2"])
def test_features_of_torchvision_equal_a_walk_through_its_parts(name):
    torch.manual_seed(0)
    net, x = models.get_model(name).eval(), torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        if name == "resnet18":
            expected = torch.nn.Sequential(*list(net.children())[:-1])(x).flatten(1)
        else:
            expected = F.adaptive_avg_pool2d(net.features(x), 1).flatten(1)
    np.testing.assert_allclose(features(net, x), expected.numpy(), atol=1e-5, strict=True)


def test_features_of_a_part_are_its_output():
    net, x = mini("resnet_mini"), picture("resnet_mini", 4)
    with torch.no_grad():
        expected = net.eval().conv2(net.conv1(x)).numpy()
    np.testing.assert_allclose(features(net, x, part="conv2", batch=3), expected, atol=1e-6, strict=True)
    assert not net.conv2._forward_hooks


def test_features_keep_every_mode():
    net = mini("resnet_mini").train()
    net.conv1.eval()
    modes = [m.training for m in net.modules()]
    features(net, picture("resnet_mini"))
    assert [m.training for m in net.modules()] == modes
    with pytest.raises(ShapeError):
        features(net, torch.zeros(1, 9, 28, 28))
    assert [m.training for m in net.modules()] == modes and not net.head[-1]._forward_pre_hooks


# --- the probe


@pytest.mark.parametrize("penalty", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("classes", [2, 5])
def test_linear_probe_equals_scikit_learn(penalty, classes):
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, 90)
    x = rng.standard_normal((90, 6)) * [1, 10, 0.1, 3, 1, 1] + 5 + y[:, None] * [1, 0, 0.05, 0, -1, 0]
    x[:, 5] = 4.0  # always the same
    fresh = rng.standard_normal((40, 6)) * [1, 10, 0.1, 3, 1, 0] + [5, 5, 5, 5, 5, 4]
    if classes == 2:  # scikit-learn has one row of weights for two classes, w1 - w0; its penalty is half as large
        penalty_there = penalty / 2
    else:
        penalty_there = penalty
    oracle = make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty_there, tol=1e-10, max_iter=10_000))
    expected = oracle.fit(x, y).predict_log_proba(fresh)
    with torch.no_grad():
        found = linear_probe(x, y, penalty=penalty)(torch.from_numpy(fresh).float()).log_softmax(1).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-3)  # the solver stops where the slope is 1e-4


def test_linear_probe_makes_a_head_of_the_network():
    net, x, y = mini("resnet_mini"), picture("resnet_mini", 40), np.arange(40) % 4
    probe = linear_probe(features(net, x), y)
    named = probe(torch.from_numpy(features(net, x))).argmax(1).numpy()
    net.head[-1] = probe
    np.testing.assert_array_equal(train.predict(net, x), named, strict=True)


def test_linear_probe_knows_classes_that_it_has_not_seen():
    assert linear_probe(np.eye(3), np.array([0, 1, 1]), classes=6).out_features == 6


@pytest.mark.parametrize(("x", "y", "options", "message"), [
    (np.ones(3), np.ones(3, int), {}, "x has shape (3,) and y (3,) of int64; needed: features (n, d)"),
    (np.ones((3, 2)), np.ones(2, int), {}, "labels (n,) from 0"),
    (np.ones((3, 2)), np.ones(3), {}, "y (3,) of float64"),
    (np.ones((3, 2)), -np.ones(3, int), {}, "labels (n,) from 0"),
    (np.ones((3, 2)), np.ones(3, int), {"penalty": 0}, "penalty=0; needed: a number above 0"),
    (np.ones((3, 2)), np.ones(3, int), {"classes": 1}, "classes=1; needed: an integer >= 2"),
])  # fmt: skip
def test_linear_probe_says_what_it_needs(x, y, options, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        linear_probe(x, y, **options)


# --- learning rates


@pytest.mark.parametrize("name", [*MINIS, "resnet18", "vit_b_16"])
def test_rate_groups_hold_every_trainable_parameter_once(name):
    with torch.device("meta"):
        net = models.get_model(name) if name in THEIRS else mini(name)
    held = [p for group in rate_groups(net, 1.0) for p in group["params"]]
    assert len(held) == len(set(held)) == len(list(net.parameters())) and set(held) == set(net.parameters())
    rates = [group["lr"] for group in rate_groups(net, 1.0, decay=0.5)]
    assert rates == [0.5**k for k in reversed(range(len(rates)))]


def test_rate_groups_follow_the_parts_and_leave_out_what_is_frozen():
    net = mini("resnet_mini")
    groups = rate_groups(freeze(net, but=["conv3", "head"]), 0.1, decay=0.1, parts=["conv3", "conv4", "head"])
    assert [round(group["lr"], 9) for group in groups] == [0.001, 0.1]
    assert groups[0]["params"] == list(net.conv3.parameters()) and groups[1]["params"] == list(net.head.parameters())
    outside = rate_groups(unfreeze(net), 0.1, parts=["conv4", "head"])[0]["params"]
    assert {*net.conv1.parameters(), *net.conv4.parameters()} <= set(outside)


def test_fit_steps_each_group_at_its_own_rate():
    """Against a loop of torch's own, with a schedule that is constant."""
    x, y = np.random.default_rng(0).standard_normal((16, 4)).astype(np.float32), np.arange(16) % 2
    net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    twin = copy.deepcopy(net)
    groups = [{"params": net[0].parameters(), "lr": 0.01}, {"params": net[2].parameters()}]
    train.fit(net, (x, y), steps=4, batch=16, lr=0.1, optimiser="sgd", schedule="constant", groups=groups, seed=0)
    for _ in range(4):
        F.cross_entropy(twin(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        with torch.no_grad():
            for name, p in twin.named_parameters():
                p -= (0.01 if name.startswith("0.") else 0.1) * p.grad
                p.grad = None
    for mine, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_fit_schedules_all_groups():
    seen = []

    class Spy(torch.optim.SGD):
        def step(self, closure=None):
            seen.append([group["lr"] for group in self.param_groups])

    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    x, y = np.eye(2, dtype=np.float32), np.array([0, 1])
    train.fit(net, (x, y), steps=6, optimiser=Spy, schedule="cosine", groups=rate_groups(net, 0.1, decay=0.5), seed=0)
    shares = [train.SCHEDULES["cosine"](step, 6) for step in range(6)]
    np.testing.assert_allclose(seen, [[0.05 * share, 0.1 * share] for share in shares])


def test_fit_says_that_everything_is_frozen():
    net = freeze(torch.nn.Sequential(torch.nn.Linear(2, 2)))
    with pytest.raises(ShapeError, match=r"all parameters are frozen; needed: .* try: transfer.unfreeze\(net\)"):
        train.fit(net, (np.eye(2), np.array([0, 1])), steps=1, seed=0)


# --- what is wrong


@pytest.mark.parametrize(("call", "message"), [
    (lambda net: freeze(net, but="hed"), "no part is called 'hed'; needed: a name of net.named_modules()"),
    (lambda net: unfreeze(net, "conv9"), "no part is called 'conv9'"),
    (lambda net: features(net, torch.zeros(1, 3, 28, 28), part="conv9"), "no part is called 'conv9'"),
    (lambda net: rate_groups(net, 0.1, parts=["conv9"]), "no part is called 'conv9'"),
    (lambda net: rate_groups(net, -1), "lr=-1; needed: a number >= 0"),
    (lambda net: rate_groups(net, 0.1, decay=2), "decay=2; needed:"),
    (lambda net: rate_groups(freeze(net), 0.1), "all parameters are frozen; needed: one that may learn"),
    (lambda net: replace_head(net, 0), "classes=0; needed: an integer >= 1"),
    (lambda net: replace_head(torch.nn.Linear(2, 2), 3), "Linear contains no layer with weights"),
])  # fmt: skip
def test_faults_are_named(call, message):
    with pytest.raises(ShapeError) as caught:
        call(mini("resnet_mini"))
    assert message in str(caught.value)
