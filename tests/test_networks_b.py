"""Networks that save parameters: what their papers print of sizes, costs and shapes, row by row."""

from functools import partial

import pytest
import torch
import torchvision

from d2lmini import nn
from d2lmini.errors import ShapeError
from d2lmini.nn.densenet import cifar_densenet
from d2lmini.nn.mobilenet_v1 import mobilenet_v1
from d2lmini.nn.mobilenet_v2 import eighths, inverted_residual
from d2lmini.nn.resnet import bottleneck, resnet
from d2lmini.nn.resnext import cifar_resnext
from d2lmini.nn.senet import gate
from d2lmini.nn.squeezenet import squeezenet
from d2lmini.nn.wide_resnet import wide_block, wide_resnet
from d2lmini.nn.xception import separable


def made(builder, *args, **options) -> torch.nn.Module:
    """A network without numbers: what is counted here does not depend on them."""
    with torch.device("meta"):
        return builder(*args, **options)


def parameters(builder, *args, **options) -> int:
    return sum(p.numel() for p in made(builder, *args, **options).parameters())


def table(name: str, size: int = 224, **settings) -> nn.Summary:
    return nn.summary(made(nn.build, name), (3, size, size), **settings)


def rows(name: str, size: int = 224) -> dict[str, tuple[int, ...]]:
    """The shapes of the parts of a network, `{part: (c, h, w)}`."""
    return {line.layer: line.shape for line in table(name, size, depth=1)}


# --- DenseNet ---------------------------------------------------------------------------------------------


def test_densenet_has_the_rows_of_table_1():
    expected = {
        "conv": (64, 112, 112), "pool": (64, 56, 56),
        "dense1": (256, 56, 56), "transition1": (128, 28, 28), "dense2": (512, 28, 28), "transition2": (256, 14, 14),
        "dense3": (1024, 14, 14), "transition3": (512, 7, 7), "dense4": (1024, 7, 7), "head": (1000,),
    }  # fmt: skip
    assert rows("densenet121") == expected


@pytest.mark.parametrize(
    ("depth", "growth", "narrow", "millions"),
    [(40, 12, False, 1.0), (100, 12, False, 7.0), (100, 24, False, 27.2),
     (100, 12, True, 0.8), (250, 24, True, 15.3), (190, 40, True, 25.6)],
)  # fmt: skip
def test_cifar_densenet_has_the_parameters_of_table_2(depth, growth, narrow, millions):
    assert round(parameters(cifar_densenet, depth, growth, narrow=narrow) / 1e6, 1) == millions


# --- ResNeXt and wide ResNet ------------------------------------------------------------------------------


def test_resnext_has_the_rows_and_the_cost_of_table_1():
    expected = {"conv1": (64, 56, 56), "conv2": (256, 56, 56), "conv3": (512, 28, 28), "conv4": (1024, 14, 14)}
    assert rows("resnext50") == expected | {"conv5": (2048, 7, 7), "head": (1000,)}
    assert round(table("resnext50").macs / 1e9, 1) == 4.2


def test_bottleneck_in_groups_is_a_sum_of_narrow_ways():
    """The forms (a) and (c) of figure 3 are the same function: 32 ways of 4 channels, each on its own, added up."""
    with nn.seeded(0):
        block = nn.build("resnext50").conv2[1].double().eval()
        x = torch.randn(1, 256, 6, 6, dtype=torch.float64)
    (
        first,
        norm1,
        _,
    ) = block.body[:3]
    second, norm2, _, third, norm3 = block.body[3:]
    conv, ways = torch.nn.functional.conv2d, 0
    narrow, scale = norm1(conv(x, first.weight)).relu(), (1 + norm2.eps) ** -0.5  # norms as they begin
    for way in range(32):
        own = slice(4 * way, 4 * way + 4)
        ways = ways + conv((scale * conv(narrow[:, own], second.weight[own], padding=1)).relu(), third.weight[:, own])
    torch.testing.assert_close(block(x), (x + norm3(ways)).relu())


@pytest.mark.parametrize(("groups", "width", "millions"), [(8, 64, 34.4), (16, 64, 68.1)])
def test_cifar_resnext_has_the_parameters_of_table_7(groups, width, millions):
    assert parameters(cifar_resnext, 29, groups, width) // 1e5 == 10 * millions  # the paper cuts off


@pytest.mark.parametrize(
    ("depth", "factor", "millions"),
    [(40, 1, 0.6), (40, 2, 2.2), (40, 4, 8.9), (40, 8, 35.7), (28, 10, 36.5), (28, 12, 52.5),
     (22, 8, 17.2), (22, 10, 26.8), (16, 8, 11.0), (16, 10, 17.1)],
)  # fmt: skip
def test_wide_resnet_has_the_published_parameters(depth, factor, millions):
    assert round(parameters(wide_resnet, depth, factor) / 1e6, 1) == millions


def test_wide_resnet_has_the_rows_of_table_1():
    expected = {
        "conv1": (16, 32, 32),
        "conv2": (160, 32, 32),
        "conv3": (320, 16, 16),
        "conv4": (640, 8, 8),
        "head": (10,),
    }
    assert rows("wide_resnet28_10", 32) == expected


def test_wide_block_normalises_before_it_convolves():
    """With weights of zero a block hands on what came in, not its ReLU: nothing stands behind the sum."""
    block = wide_block(4, 4)
    for conv in block.body[2::3]:
        torch.nn.init.zeros_(conv.weight)
    x = torch.randn(2, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(x), x)


def test_wide_block_drops_between_its_convolutions():
    kinds = [type(part).__name__ for part in wide_block(4, 4, dropout=0.3).body]
    assert kinds == ["BatchNorm2d", "ReLU", "Conv2d", "Dropout", "BatchNorm2d", "ReLU", "Conv2d"]


# --- Xception ---------------------------------------------------------------------------------------------


def test_xception_has_the_rows_of_figure_5():
    expected = {"entry": (728, 19, 19), "middle": (728, 19, 19), "exit": (2048, 10, 10), "head": (1000,)}
    assert rows("xception", 299) == expected


def test_xception_has_nothing_between_depthwise_and_pointwise():
    """So the two are one convolution, whose weight is the product of theirs."""
    with nn.seeded(0):
        depthwise, pointwise, _ = separable(3, 5)
        x = torch.randn(2, 3, 6, 6)
    both = torch.nn.functional.conv2d(x, pointwise.weight * depthwise.weight.transpose(0, 1), padding=1)
    torch.testing.assert_close(pointwise(depthwise(x)), both)


# --- MobileNet --------------------------------------------------------------------------------------------


def test_mobilenet_v1_has_the_rows_of_table_1():
    expected = {"conv": (32, 112, 112), "separable1": (64, 112, 112)}
    expected |= {f"separable{i}": (128, 56, 56) for i in (2, 3)} | {f"separable{i}": (256, 28, 28) for i in (4, 5)}
    expected |= {f"separable{i}": (512, 14, 14) for i in range(6, 12)} | {
        f"separable{i}": (1024, 7, 7) for i in (12, 13)
    }
    assert rows("mobilenet_v1") == expected | {"head": (1000,)}


@pytest.mark.parametrize(
    ("width", "millions", "macs"), [(1.0, 4.2, 569), (0.75, 2.6, 325), (0.5, 1.3, 149), (0.25, 0.5, 41)]
)
def test_mobilenet_v1_has_the_sizes_of_table_6(width, millions, macs):
    found = nn.summary(made(mobilenet_v1, width=width), (3, 224, 224))
    assert (round(found.params / 1e6, 1), round(found.macs / 1e6)) == (millions, macs)


@pytest.mark.parametrize(("size", "macs"), [(224, 569), (192, 418), (160, 290), (128, 186)])
def test_mobilenet_v1_has_the_costs_of_table_7(size, macs):
    assert abs(table("mobilenet_v1", size).macs / 1e6 - macs) < 1  # rounded or cut off


def test_mobilenet_v2_has_the_rows_and_the_cost_of_table_2():
    channels, size = (16, 24, 32, 64, 96, 160, 320), (112, 56, 28, 14, 14, 7, 7)
    expected = {f"bottleneck{i}": (c, h, h) for i, (c, h) in enumerate(zip(channels, size, strict=True), start=1)}
    expected = {"conv1": (32, 112, 112)} | expected | {"conv2": (1280, 7, 7), "head": (1000,)}
    assert rows("mobilenet_v2") == expected
    assert table("mobilenet_v2").macs // 10**6 == 300


@pytest.mark.parametrize("width", [0.5, 0.75, 1.4])
def test_mobilenet_v2_is_as_wide_as_torchvisions(width):
    theirs = parameters(torchvision.models.mobilenet_v2, width_mult=width)
    assert parameters(nn.card("mobilenet_v2").builder, width=width) == theirs


def test_eighths_keeps_nine_tenths():
    found = {c: eighths(c) for c in range(1, 500)}
    assert all(e % 8 == 0 and e >= max(8, 0.9 * c) and e - 8 < c for c, e in found.items())


def test_inverted_residual_is_wide_inside_and_linear_at_its_end():
    body = inverted_residual(8, 8, 1, 6).body
    assert [part.out_channels for part in body if isinstance(part, torch.nn.Conv2d)] == [48, 48, 8]
    assert isinstance(body[-1], torch.nn.BatchNorm2d)
    assert [type(inverted_residual(8, c, s, 1)).__name__ for c, s in ((8, 2), (9, 1))] == ["Sequential"] * 2


# --- SqueezeNet -------------------------------------------------------------------------------------------


def test_squeezenet_has_the_shapes_and_parameters_of_table_1():
    """Its maps of 111 pixels come from 227; the 224 of its first row give 109."""
    found = {line.layer: (line.shape, line.params) for line in table("squeezenet1_0", 227, depth=1)}
    assert found == {
        "conv1": ((96, 111, 111), 14_208), "pool1": ((96, 55, 55), 0),
        "fire2": ((128, 55, 55), 11_920), "fire3": ((128, 55, 55), 12_432), "fire4": ((256, 55, 55), 45_344),
        "pool4": ((256, 27, 27), 0), "fire5": ((256, 27, 27), 49_440), "fire6": ((384, 27, 27), 104_880),
        "fire7": ((384, 27, 27), 111_024), "fire8": ((512, 27, 27), 188_992), "pool8": ((512, 13, 13), 0),
        "fire9": ((512, 13, 13), 197_184), "head": ((1000,), 513_000),
    }  # fmt: skip


def test_squeezenet_bypass_passes_the_fires_of_figure_2():
    past = {}
    for bypass in ("none", "simple", "complex"):
        net = squeezenet(bypass=bypass)
        past[bypass] = {
            name: type(part.shortcut).__name__ for name, part in net.named_children() if hasattr(part, "shortcut")
        }
    even, odd = ({f"fire{i}": kind for i in range(first, 10, 2)} for first, kind in ((2, "Conv2d"), (3, "Identity")))
    assert past == {"none": {}, "simple": odd, "complex": even | odd}


def test_squeezenet_names_the_bypasses():
    with pytest.raises(ShapeError, match=r"bypass='both'.*none, simple, complex"):
        nn.build("squeezenet1_0", bypass="both")


# --- SENet ------------------------------------------------------------------------------------------------

STAGES = ((3, 256, 56), (4, 512, 28), (6, 1024, 14), (3, 2048, 7))  # blocks, channels, pixels of SE-ResNet-50


def test_se_resnet50_has_the_costs_of_table_2():
    """3.86 and 3.87 billion: squeezing adds up each value of a module once, scaling multiplies it once."""
    plain = nn.summary(made(resnet, partial(bottleneck, early=True), (3, 4, 6, 3), 4), (3, 224, 224))
    gated = table("se_resnet50")
    values = sum(n * c * h * h for n, c, h in STAGES)
    assert (round(plain.macs / 1e9, 2), round((gated.macs + 2 * values) / 1e9, 2)) == (3.86, 3.87)


def test_se_resnet50_adds_the_parameters_of_section_4():
    """2 / r times the squares of all channels, about 2.5 million; and the biases, which the formula leaves out."""
    added = nn.card("se_resnet50").parameters - nn.card("resnet50").parameters
    formula = sum(2 * n * c * c // 16 for n, c, _ in STAGES)
    assert added == formula + sum(n * (c + c // 16) for n, c, _ in STAGES)
    assert round(formula / 1e6, 1) == 2.5


@pytest.mark.parametrize(
    ("plain", "gated", "modules", "reduction"),
    [("inception_v2", "se_inception", 10, 16), ("googlenet_mini", "se_inception_mini", 4, 4)],
)
def test_se_inception_adds_a_gate_behind_each_module(plain, gated, modules, reduction):
    plain, gated = (table(name, depth=1) for name in (plain, gated))
    assert [(a.layer, a.shape) for a in gated] == [(a.layer, a.shape) for a in plain]
    added = {a.layer: a.params - b.params for a, b in zip(gated, plain, strict=True)}
    channels = {row.layer: row.shape[0] for row in plain if row.layer.startswith("inception")}
    assert len(channels) == modules
    expected = {name: 2 * c * (c // reduction) + c + c // reduction for name, c in channels.items()}
    assert {name: more for name, more in added.items() if more} == expected


def test_gate_weighs_each_channel_by_one_number_between_0_and_1():
    with nn.seeded(0):
        part, x = gate(32), torch.rand(2, 32, 4, 4) + 1
    weights = part(x) / x
    torch.testing.assert_close(weights, weights[:, :, :1, :1].expand_as(weights))
    assert bool(((weights > 0) & (weights < 1)).all())
    assert part.gate[1].out_channels == 2
