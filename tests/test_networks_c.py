"""What the papers print of ShuffleNet, EfficientNet, Darknet-19, HRNet and SWideRNet."""

import pytest
import torch

from d2lmini import nn
from d2lmini.nn.efficientnet import StochasticDepth
from d2lmini.nn.shufflenet import shufflenet_v1


@pytest.mark.parametrize(("groups", "millions"), [(1, 143), (2, 140), (3, 137), (4, 133), (8, 137)])
def test_shufflenet_v1_costs_what_table_1_says(groups, millions):
    assert nn.summary(shufflenet_v1(groups), (3, 224, 224)).macs / 1e6 == pytest.approx(millions, abs=1.5)


def test_shufflenet_v1_has_the_shapes_of_table_1():
    shapes = [row.shape for row in nn.summary(nn.build("shufflenet_v1"), (3, 224, 224), depth=1)]
    assert shapes == [(24, 56, 56), (240, 28, 28), (480, 14, 14), (960, 7, 7), (1000,)]


def test_darknet19_has_nineteen_convolutions_and_the_published_cost():
    table = nn.summary(nn.build("darknet19"), (3, 224, 224))
    assert sum(row.kind == "Conv2d" for row in table) == 19
    assert 2 * table.macs / 1e9 == pytest.approx(5.58, abs=0.005)  # "5.58 billion operations"
    sides = [row.shape[-1] for row in table if row.kind == "MaxPool2d"]
    assert sides == [112, 56, 28, 14, 7]


@pytest.mark.parametrize(("name", "millions"), [("b0", 390), ("b1", 700), ("b2", 1000), ("b3", 1800), ("b4", 4200)])
def test_efficientnet_costs_what_table_2_says(name, millions):
    card = nn.card(f"efficientnet_{name}")
    macs = nn.summary(nn.build(card.name), (3, card.size, card.size)).macs / 1e6
    assert macs == pytest.approx(millions, rel=0.05)


def test_efficientnet_b0_has_the_shapes_of_table_1():
    shapes = [row.shape for row in nn.summary(nn.build("efficientnet_b0"), (3, 224, 224), depth=1)]
    sides = [(32, 112), (16, 112), (24, 56), (40, 28), (80, 14), (112, 14), (192, 7), (320, 7), (1280, 7)]
    assert shapes == [(c, n, n) for c, n in sides] + [(1000,)]


def test_stochastic_depth_keeps_the_mean_and_leaves_out_whole_images():
    layer, x = StochasticDepth(0.25), torch.ones(4000, 2, 3, 3)
    with nn.seeded(0):
        y = layer.train()(x)
    assert y.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert torch.equal(y, y[:, :1, :1, :1].expand_as(y))
    assert float(y.mean()) == pytest.approx(1, abs=0.04)
    assert layer.eval()(x) is x


@pytest.mark.parametrize(("name", "millions"), [("hrnet_v1", 28.5), ("hrnet_v2", 65.9)])
def test_hrnet_has_the_parameters_that_the_papers_print(name, millions):
    assert round(nn.card(name).parameters / 1e6, 1) == millions


def test_hrnet_gives_maps_at_a_quarter_of_the_size():
    with torch.device("meta"):
        assert nn.build("hrnet_v2")(torch.zeros(1, 3, 256, 512)).shape == (1, 19, 64, 128)


def test_swidernet_halves_five_times():
    table = nn.summary(nn.build("swidernet_1_1_1"), (3, 224, 224), depth=1)
    assert [row.shape for row in table[:6]] == [
        *[(64, 112, 112), (128, 112, 112), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    ]
    assert sum(row.params for row in table[:6]) == 109_014_080  # the authors' count, without the head


def test_swidernet_mini_is_a_configuration_of_the_paper_with_one_stage_fewer():
    table = nn.summary(nn.build("swidernet_mini"), (3, 28, 28), depth=1)
    assert [row.shape for row in table[:5]] == [(8, 28, 28), (16, 28, 28), (32, 14, 14), (64, 7, 7), (256, 4, 4)]
