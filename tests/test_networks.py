"""Every network of the registry is the network of its paper: one contract over all names."""

import copy
import re
from functools import cache
from math import ceil
from pathlib import Path

import pytest
import torch
import torchinfo
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from d2lmini import nn
from d2lmini.errors import DataError, ShapeError
from d2lmini.nn.registry import register

ROOT = Path(__file__).resolve().parent.parent
BIBLIOGRAPHY = (ROOT / "references.bib").read_text("utf8")
each_name = pytest.mark.parametrize("name", nn.names())
each_oracle = pytest.mark.parametrize("name", [name for name in nn.names() if nn.card(name).oracle])


def device(name: str) -> str:
    """Where a network is tested: large images and networks pass without numbers, small ones faster with them."""
    return "meta" if nn.card(name).size > 64 or nn.card(name).parameters > 20e6 else "cpu"


def made(name: str, **options) -> torch.nn.Module:
    with torch.device(device(name)):
        return nn.build(name, **options)


@cache
def shared(name: str) -> torch.nn.Module:
    """The same one for all tests that leave it as it is."""
    return made(name)


def image(name: str, size: int, n: int = 2) -> torch.Tensor:
    return torch.zeros(n, nn.card(name).channels, size, size, device=device(name))


def sizes(name: str) -> set[int]:
    card = nn.card(name)
    return {card.size} if card.fixed else {card.size, card.size + 32, max(card.smallest, card.size // 2 + 5)}


def scores(name: str, size: int, n: int = 2) -> tuple[int, ...]:
    """The shape of what comes out: scores for each image, or for each place of a map."""
    card = nn.card(name)
    return (n, card.classes) if card.stride is None else (n, card.classes, *[ceil(size / card.stride)] * 2)


def last(y: torch.Tensor | tuple) -> torch.Tensor:
    """The scores of the network itself; in training some have auxiliary heads, whose scores come behind."""
    return y if isinstance(y, torch.Tensor) else y[0]


@each_name
def test_network_has_the_published_parameters(name):
    assert sum(p.numel() for p in shared(name).parameters()) == nn.card(name).parameters


@each_name
def test_network_cites_a_paper_of_the_bibliography(name):
    assert re.search(rf"@\w+{{{re.escape(nn.card(name).paper)},", BIBLIOGRAPHY)


@each_name
def test_network_gives_scores_for_images_of_several_sizes(name):
    net = shared(name).eval()
    for size in sizes(name):
        assert net(image(name, size)).shape == scores(name, size), size


@each_name
def test_network_takes_other_channels_and_classes(name):
    card = nn.card(name)
    net = made(name, channels=card.channels + 1, classes=7).eval()
    y = net(torch.zeros(1, card.channels + 1, card.size, card.size, device=device(name)))
    assert y.shape[:2] == (1, 7)


@each_name
def test_network_takes_the_smallest_image_and_none_smaller(name):
    card, net = nn.card(name), shared(name).eval()
    assert net(image(name, card.smallest)).shape == scores(name, card.smallest)
    if card.smallest > 1:
        with pytest.raises(ShapeError, match=f"{card.smallest} x {card.smallest} pixels"):
            net(image(name, card.smallest - 1))
        with pytest.raises(RuntimeError):  # the layers would refuse it too, in words of their own
            net.forward(image(name, card.smallest - 1))


@each_name
def test_network_says_which_channels_it_was_built_for(name):
    card = nn.card(name)
    with pytest.raises(ShapeError, match=f"{name} was built for {card.channels} channels"):
        shared(name)(torch.zeros(1, card.channels + 2, card.size, card.size, device=device(name)))


@each_name
def test_gradient_reaches_every_parameter(name):
    net = shared(name).train()
    y = net(image(name, nn.card(name).size))
    sum(part.sum() for part in (y if isinstance(y, tuple) else (y,))).backward()
    assert [n for n, p in net.named_parameters() if p.requires_grad and p.grad is None] == []


@pytest.mark.parametrize("name", [name for name in nn.names() if nn.card(name).parameters < 12e6])
def test_training_differs_from_evaluation_by_statistics_and_chance_alone(name):
    """Batch norms, dropout and auxiliary heads are all that tells the two apart."""
    with torch.no_grad():
        net, size = nn.build(name, seed=0), max(nn.card(name).smallest, 28)
        x = torch.randn(2, nn.card(name).channels, size, size, generator=torch.Generator().manual_seed(1))
        expected = net.eval()(x)
        net.train()
        for module in net.modules():
            if type(module).__name__.startswith(("BatchNorm", "Dropout", "StochasticDepth")):
                module.eval()
        torch.testing.assert_close(last(net(x)), expected)


@each_name
def test_summary_counts_what_independent_counters_count(name):
    card, net = nn.card(name), shared(name).eval()
    size = card.size
    table = nn.summary(net, (card.channels, size, size))
    assert table.params == sum(p.numel() for p in net.parameters())
    with FlopCounterMode(display=False) as counter:
        net(image(name, size, n=1))
    assert 2 * table.macs == counter.get_total_flops()


@each_oracle
def test_network_equals_its_oracle(name):
    """The same weights in an independent implementation give the same scores, and the files of its weights fit."""
    card = nn.card(name)
    library, _, key = card.oracle.partition(":")
    with nn.seeded(0):
        other = oracle(library, key).eval()
        spread(other)
    with torch.device("meta"):  # weights of its own would take long and be overwritten
        ours = nn.build(name)
    ours = nn.copy_weights(other.state_dict(), ours.to_empty(device="cpu")).eval()
    assert sum(p.numel() for p in other.parameters()) == card.parameters
    size = card.size if card.fixed else max(card.smallest, 64)
    with nn.seeded(1):
        x = torch.randn(2, card.channels, size, size)
    with torch.no_grad():
        expected, came = other(x), ours(x)
    assert (expected[0] - expected[1]).std() > 0.001 * expected.std() > 0  # scores that depend on the image
    torch.testing.assert_close(came, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))


def oracle(library: str, key: str) -> torch.nn.Module:
    if library == "torchvision":
        own = {"init_weights": False} if key in ("googlenet", "inception_v3") else {}  # theirs take long
        return torchvision.models.get_model(key, weights=None, **own)
    import timm  # slow to import

    return timm.create_model(key, pretrained=False)


def spread(net: torch.nn.Module) -> None:
    """Give layers weights and batch norms statistics that matter, as after training, so that no image vanishes."""
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.1)


# --- building ---------------------------------------------------------------------------------------------


def test_build_takes_a_seed():
    first, second, other = (nn.build("resnet20", seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["conv1.0.weight"], other["conv1.0.weight"])


def test_build_suggests_the_nearest_names():
    with pytest.raises(ShapeError, match=r"perhaps .*resnet18.*build\("):
        nn.build("resnet-18")


def test_register_refuses_a_name_twice():
    with pytest.raises(ValueError, match="'resnet18' is registered twice"):
        register("resnet18", paper="he2016", parameters=0)(torch.nn.Linear)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(3, 32, 32), r"x has shape \(3, 32, 32\).*net\(x\[None\]\)"),
        (None, "x is NoneType"),
        (torch.zeros(1, 1, 32, 32), 'x has 1 channels; .* build\\("resnet20", channels=1\\)'),
    ],
)
def test_network_says_what_it_takes(x, message):
    with pytest.raises(ShapeError, match=message):
        nn.build("resnet20")(x)


# --- weights ----------------------------------------------------------------------------------------------


def test_build_loads_the_weights_of_torchvision(tmp_path, monkeypatch):
    """From the file where torchvision keeps what it has downloaded once."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    trained = torchvision.models.resnet18().eval()
    name = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    torch.save(trained.state_dict(), folder / name)
    net = nn.build("resnet18", weights="IMAGENET1K_V1").eval()
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(net(x), trained(x))


def test_build_says_where_it_looked_for_weights(tmp_path, monkeypatch):
    def no_network(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", no_network)
    with pytest.raises(DataError, match=rf"resnet18-.*\.pth in {re.escape(str(tmp_path))}.*then copy the file"):
        nn.build("resnet18", weights="IMAGENET1K_V1")


def test_build_names_the_weights_that_exist():
    with pytest.raises(DataError, match='needed: one of IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT; .*weights="DEFAULT"'):
        nn.build("resnet50", weights="imagenet")
    with pytest.raises(DataError, match="torchvision has no weights for resnet20"):
        nn.build("resnet20", weights="DEFAULT")
    with pytest.raises(ShapeError, match="3 and 1000, for which these weights were trained"):
        nn.build("resnet18", weights="DEFAULT", classes=10)


def test_pair_weights_refuses_another_network():
    a, b, c = (torch.nn.Linear(3, n).state_dict() for n in (2, 2, 4))
    assert nn.pair_weights(a, b) == {"weight": "weight", "bias": "bias"}
    with pytest.raises(ShapeError, match=r"weight has shape \(2, 3\).*\(4, 3\)"):
        nn.pair_weights(a, c)
    with pytest.raises(ShapeError, match="2 tensors of weights; needed: 0"):
        nn.pair_weights(a, {})


def test_copy_weights_leaves_a_network_as_it_was_when_they_do_not_fit():
    net = torch.nn.Linear(3, 2)
    before = copy.deepcopy(net.state_dict())
    with pytest.raises(ShapeError):
        nn.copy_weights({"weight": torch.zeros(2, 3), "bias": torch.zeros(5)}, net)
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


# --- the table --------------------------------------------------------------------------------------------


def test_summary_shows_what_torchinfo_shows():
    net = nn.build("resnet18")
    rows = [r for r in nn.summary(net, (3, 64, 64)) if r.kind == "Conv2d"]
    info = torchinfo.summary(net, (1, 3, 64, 64), verbose=0).summary_list
    theirs = [layer for layer in info if layer.class_name == "Conv2d"]
    assert [r.shape for r in rows] == [tuple(layer.output_size[1:]) for layer in theirs]
    assert [(r.params, r.macs) for r in rows] == [(layer.num_params, layer.macs) for layer in theirs]


@pytest.mark.parametrize("size", [64, 97])
def test_summary_field_is_what_the_gradient_reaches(size):
    """One unit in the middle of each stage of a network of positive weights depends on just these pixels."""
    net = nn.build("resnet20", seed=0).eval()
    for p in net.parameters():
        p.data = p.data.abs() + 0.01
    stages = torch.nn.Sequential(net.conv1, net.conv2)
    x = torch.rand(1, 3, size, size, requires_grad=True)
    y = stages(x)
    y[0, 0, size // 2, size // 2].backward()
    seen = x.grad[0].abs().sum(0) > 0
    h, w = (int(seen.any(axis).sum()) for axis in (1, 0))
    assert (h, w) == nn.summary(stages, (3, size, size))[-1].field


def test_summary_groups_the_parts_of_a_network():
    net = nn.build("resnet50")
    whole, parts = nn.summary(net, (3, 224, 224)), nn.summary(net, (3, 224, 224), depth=1)
    assert [part.layer for part in parts] == ["conv1", "conv2", "conv3", "conv4", "conv5", "head"]
    assert [part.shape[-1] for part in parts[:5]] == [56, 56, 28, 14, 7]  # table 1 of the paper
    assert (whole.params, whole.macs) == (parts.params, parts.macs) == (25_557_032, 4_089_184_256)


def test_summary_takes_a_layer_alone():
    table = nn.summary(torch.nn.Conv2d(3, 8, 3), (3, 10, 10))
    assert (table.params, table.macs, table[0].shape, table[0].field) == (224, 216 * 64, (8, 8, 8), (3, 3))


def test_summary_counts_shared_weights_once():
    layer = torch.nn.Conv2d(4, 4, 3, padding=1)
    table = nn.summary(torch.nn.Sequential(layer, layer), (4, 8, 8))
    assert (table.params, table.macs) == (148, 2 * 144 * 64)


def test_summary_refuses_images_that_the_network_does_not_take():
    with pytest.raises(ShapeError, match="x has 1 channels"):
        nn.summary(nn.build("resnet20"), (1, 32, 32))
    with pytest.raises(ShapeError, match=r"does not take an input of \(3, 9\)"):
        nn.summary(torch.nn.Linear(4, 2), (3, 9))
