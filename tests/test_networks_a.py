"""LeNet to Inception: the tables of the papers row by row, and what the contract over all networks does not see."""

import pytest
import torch
import torchvision

from d2lmini import nn
from d2lmini.nn import inception_v2, lenet
from d2lmini.nn.blocks import Aided, FromImageNet, conv_chain, response_norm
from tests.test_networks import spread

TABLES = {  # network: pixels, and for each part its name and the shape that the paper prints
    "lenet5_1998": (32, {"C1": (6, 28, 28), "S2": (6, 14, 14), "C3": (16, 10, 10), "S4": (16, 5, 5), "F6": (84,)}),
    "alexnet_2012": (
        227,
        {"conv1": (96, 55, 55), "conv2": (256, 27, 27), "conv3": (384, 13, 13), "conv5": (256, 13, 13), "fc6": (4096,)},
    ),
    "vgg16": (
        224,
        {"conv1": (64, 112, 112), "conv2": (128, 56, 56), "conv3": (256, 28, 28), "conv5": (512, 7, 7), "fc2": (4096,)},
    ),
    "nin": (224, {"mlpconv1": (96, 54, 54), "mlpconv2": (256, 27, 27), "mlpconv4": (1000, 6, 6), "mean": (1000,)}),
    "nin_cifar": (32, {"mlpconv1": (96, 32, 32), "mlpconv2": (192, 16, 16), "mlpconv3": (10, 8, 8), "mean": (10,)}),
    "googlenet_2014": (
        224,
        {
            **{"conv1": (64, 112, 112), "pool1": (64, 56, 56), "conv2": (192, 56, 56), "pool2": (192, 28, 28)},
            **{"inception3a": (256, 28, 28), "inception3b": (480, 28, 28), "pool3": (480, 14, 14)},
            **{"inception4a": (512, 14, 14), "inception4b": (512, 14, 14), "inception4c": (512, 14, 14)},
            **{"inception4d": (528, 14, 14), "inception4e": (832, 14, 14), "pool4": (832, 7, 7)},
            **{"inception5a": (832, 7, 7), "inception5b": (1024, 7, 7), "head": (1000,)},
        },
    ),
    "inception_v2": (
        224,
        {
            **{"conv1": (64, 112, 112), "pool1": (64, 56, 56), "conv2": (192, 56, 56), "pool2": (192, 28, 28)},
            **{"inception3a": (256, 28, 28), "inception3b": (320, 28, 28), "inception3c": (576, 14, 14)},
            **{f"inception4{letter}": (576, 14, 14) for letter in "abcd"},
            **{"inception4e": (1024, 7, 7), "inception5a": (1024, 7, 7), "inception5b": (1024, 7, 7)},
        },
    ),
    "inception_v3": (
        299,
        {
            **{"conv1": (64, 147, 147), "pool1": (64, 73, 73), "inception_a": (288, 35, 35)},
            **{"inception_b": (768, 17, 17), "reduction_b": (1280, 8, 8), "inception_c": (2048, 8, 8)},
        },
    ),
    "inception_v4": (
        299,
        {
            **{"stem": (384, 35, 35), "inception_a": (384, 35, 35), "reduction_a": (1024, 17, 17)},
            **{"inception_b": (1024, 17, 17), "reduction_b": (1536, 8, 8), "inception_c": (1536, 8, 8)},
        },
    ),
    "inception_resnet_v1": (
        299,
        {
            **{"stem": (256, 35, 35), "inception_a": (256, 35, 35), "reduction_a": (896, 17, 17)},
            **{"inception_b": (896, 17, 17), "reduction_b": (1792, 8, 8), "inception_c": (1792, 8, 8)},
        },
    ),
}


def parameters(net: torch.nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def empty(name: str, **options) -> torch.nn.Module:
    with torch.device("meta"):
        return nn.build(name, **options)


@pytest.mark.parametrize("name", TABLES)
def test_network_has_the_shapes_of_the_paper(name):
    size, rows = TABLES[name]
    shapes = {line.layer: line.shape for line in nn.summary(empty(name), (nn.card(name).channels, size, size), depth=1)}
    assert {part: shapes[part] for part in rows} == rows


# --- LeNet ------------------------------------------------------------------------------------------------


def test_lenet5_1998_has_the_parameters_that_the_paper_prints_for_each_layer():
    rows = nn.summary(nn.build("lenet5_1998"), (1, 32, 32), depth=1)
    assert [line.params for line in rows] == [156, 12, 1516, 32, 48_120, 10_164, 0]


def test_lenet5_1998_connects_c3_by_table_1():
    """Each map of S2 reaches ten maps of C3, and a map of C3 sees those of its row alone."""
    assert [sum(i in row for row in lenet.TABLE) for i in range(6)] == [10] * 6
    assert len(set(lenet.TABLE)) == 16
    layer, x = lenet.TableConv(lenet.TABLE, 5), torch.randn(1, 6, 5, 5)
    for i in range(6):
        other = x.clone()
        other[:, i] += 1
        changed = (layer(x) != layer(other))[0, :, 0, 0]
        assert changed.tolist() == [i in row for row in lenet.TABLE]


def test_lenet5_1998_scores_are_minus_the_squared_distances_to_fixed_codes():
    rbf, x = lenet.RBF(12), torch.randn(3, 84)
    expected = torch.stack([-(x - code).pow(2).sum(1) for code in rbf.codes], dim=1)
    torch.testing.assert_close(rbf(x), expected)
    assert rbf.codes.shape == (12, 84) and not list(rbf.parameters())
    assert set(rbf.codes.unique().tolist()) == {-1.0, 1.0}
    assert len({tuple(code) for code in rbf.codes.tolist()}) == 12
    torch.testing.assert_close(rbf(rbf.codes).argmax(1), torch.arange(12))


def test_lenet5_1998_squashes_with_a_tanh_that_maps_1_to_1():
    ends = lenet.ScaledTanh()(torch.tensor([-1.0, 0.0, 1.0, 1e3]))
    torch.testing.assert_close(ends, torch.tensor([-1.0, 0.0, 1.0, 1.7159]), rtol=0, atol=1e-4)


def test_lenet5_takes_activation_and_pooling():
    net = nn.build("lenet5", activation=torch.nn.ReLU, pooling=torch.nn.MaxPool2d)
    kinds = [line.kind for line in nn.summary(net, (1, 28, 28))]
    assert (kinds.count("ReLU"), kinds.count("MaxPool2d"), kinds.count("Sigmoid")) == (4, 2, 0)


# --- AlexNet and GoogLeNet --------------------------------------------------------------------------------


def test_response_norm_is_the_formula_of_the_paper():
    """b_i = a_i / (2 + 1e-4 * sum of a_j^2 over i-2 .. i+2)^0.75."""
    a = 30 * torch.randn(1, 7, 1, 1, dtype=torch.float64)
    row = a.flatten().tolist()
    expected = [v / (2 + 1e-4 * sum(w * w for w in row[max(0, i - 2) : i + 3])) ** 0.75 for i, v in enumerate(row)]
    torch.testing.assert_close(response_norm()(a).flatten(), torch.tensor(expected, dtype=torch.float64))


def test_alexnet_2012_normalises_before_it_pools():
    kinds = [line.kind for line in nn.summary(empty("alexnet_2012"), (3, 227, 227))]
    assert kinds[:4] == ["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d"]
    assert kinds.count("ReLU") == 7  # none behind fc8


def test_googlenet_2014_has_the_parameters_of_the_published_caffe_model():
    assert parameters(empty("googlenet_2014", aux_logits=False)) == 6_998_552


@pytest.mark.parametrize(("name", "size"), [("googlenet", 64), ("inception_v3", 299)])
def test_auxiliary_heads_equal_those_of_torchvision(name, size):
    """In training, with dropout at rest; torchvision returns the heads of GoogLeNet the other way round."""
    with nn.seeded(0):
        theirs = torchvision.models.get_model(name, weights=None, init_weights=False, transform_input=True)
        spread(theirs)
    ours = nn.copy_weights(theirs.state_dict(), nn.build(name, transform_input=True))
    for net in (theirs, ours):
        net.train()
        for module in net.modules():
            if isinstance(module, torch.nn.Dropout | torch.nn.BatchNorm2d):
                module.eval()
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, came = theirs(x), ours(x)
    for a, b in zip(came, (expected[0], *expected[:0:-1]), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5 * float(b.abs().max()))


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_aux_logits_can_be_left_out(name):
    net = empty(name, aux_logits=False).train()
    size = nn.card(name).size
    assert net(torch.zeros(2, 3, size, size, device="meta")).shape == (2, 1000)
    assert parameters(net) == {"googlenet": 6_624_904, "inception_v3": 23_834_568}[name]


def test_build_loads_the_weights_of_googlenet(tmp_path, monkeypatch):
    """Their file asks for another input, and torchvision drops the heads, which were never trained."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    trained = torchvision.models.googlenet(init_weights=False, transform_input=True, aux_logits=True).eval()
    torch.save(trained.state_dict(), folder / torchvision.models.GoogLeNet_Weights.DEFAULT.url.rpartition("/")[2])
    net = nn.build("googlenet", weights="DEFAULT").eval()
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(net(x), trained(x))
    assert parameters(net) == 6_624_904


def test_from_imagenet_standardises_anew():
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = torch.rand(2, 3, 4, 5)
    standard = (pixels - mean[:, None, None]) / deviation[:, None, None]
    torch.testing.assert_close(FromImageNet()(standard), 2 * pixels - 1)
    assert not FromImageNet().state_dict()  # files of weights have no place for it


def test_aided_returns_the_heads_in_training_only():
    net = Aided({"a": torch.nn.Flatten(), "b": torch.nn.Linear(4, 3), "aux": torch.nn.Linear(4, 2)}, {"aux": "a"})
    x = torch.randn(5, 4)
    assert [y.shape for y in net.train()(x)] == [(5, 3), (5, 2)]
    torch.testing.assert_close(net.eval()(x), net.b(x))


def test_summary_lists_what_rests_in_evaluation():
    table = nn.summary(empty("googlenet"), (3, 224, 224), depth=1)
    assert [(line.layer, line.shape, line.params, line.macs) for line in table[-2:]] == [
        ("aux1", (), 3_188_840 + 128, 0),  # batch norm has one number a map more than a bias
        ("aux2", (), 3_190_888 + 128, 0),
    ]
    assert repr(table).splitlines()[-2].split() == ["aux2", "Sequential", "3,191,016", "0"]


# --- Inception --------------------------------------------------------------------------------------------


def test_conv_chain_pads_at_stride_1_only():
    net = conv_chain(3, (4, (1, 7)), (5, 3, 2), (6, 3, 1, 0))
    assert [unit[0].padding for unit in net] == [(0, 3), (0, 0), (0, 0)]
    assert [unit[0].stride for unit in net] == [(1, 1), (2, 2), (1, 1)]
    assert net(torch.zeros(2, 3, 9, 11)).shape == (2, 6, 2, 3)


def test_inception_v2_with_the_printed_projections_has_the_parameters_of_the_published_caffe_model():
    """11,295,240 with 608 maps behind 4c and 4d and a bias before each batch norm."""
    printed = {
        k: (*row[:6], 128) if k in ("inception4c", "inception4d") else row for k, row in inception_v2.TABLE.items()
    }
    net = empty("inception_v2", table=printed)
    biases = sum(m.out_channels for m in net.modules() if isinstance(m, torch.nn.Conv2d))
    assert parameters(net) + biases == 11_295_240


def test_inception_resnet_v1_has_the_modules_of_the_published_facenet():
    """It has a sixth module C and, in the place of the classifier, 512 outputs without bias and a batch norm."""
    net = empty("inception_resnet_v1")
    sixth = parameters(net.inception_c[0])
    assert parameters(net) - parameters(net.head) + sixth + 1792 * 512 + 2 * 512 == 23_482_624


def test_inception_resnet_v2_does_not_scale_its_last_module():
    factors = [block.body[2].factor for block in empty("inception_resnet_v2").inception_c]
    assert factors == [0.2] * 9 + [1.0]
