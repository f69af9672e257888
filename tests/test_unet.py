"""U-Net and encoder-decoder: the paper's figure, images of any size, and what the skips carry."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from d2lmini import nn
from d2lmini.nn.unet import UNet, centre, encoder_decoder, unet, unet_mini

SIZES = [(1, 1), (2, 3), (5, 8), (16, 16), (31, 48), (47, 33)]


def hand_count(channels, classes, widths):
    """Weights and biases of figure 1: two convolutions a level down, three layers a level up."""
    total, c_in = 0, channels
    for c in widths:
        total += 9 * c_in * c + c + 9 * c * c + c
        c_in = c
    for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True):
        total += 4 * coarse * fine + fine + 9 * (2 * fine) * fine + fine + 9 * fine * fine + fine
    return total + widths[0] * classes + classes


def test_unet_has_the_layers_and_parameters_of_figure_1():
    with torch.device("meta"):
        net = unet()
    layers = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]
    assert len(layers) == 23  # "In total the network has 23 convolutional layers."
    assert sum(p.numel() for p in net.parameters()) == hand_count(1, 2, [64, 128, 256, 512, 1024]) == 31_030_658


def test_unet_has_the_shapes_of_figure_1():
    with torch.device("meta"):
        net, shapes = unet(), {}
        for name, module in net.named_modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d | torch.nn.MaxPool2d):
                keep = shapes.setdefault(name, [])
                module.register_forward_hook(lambda m, x, y, keep=keep: keep.append(tuple(y.shape[1:])))
        net(torch.zeros(1, 1, 572, 572))
    down = [(64, 570), (64, 568), (128, 282), (128, 280), (256, 138), (256, 136), (512, 66), (512, 64)]
    down += [(1024, 30), (1024, 28)]
    up = [(512, 56), (256, 104), (128, 200), (64, 392)]
    merge = [(512, 54), (512, 52), (256, 102), (256, 100), (128, 198), (128, 196), (64, 390), (64, 388)]
    found = {part: [s[:2] for name, all_ in shapes.items() if name.startswith(part) for s in all_] for part in
             ("down", "up", "merge", "pool", "head")}  # fmt: skip
    assert found == {"down": down, "up": up, "merge": merge, "pool": [(64, 284), (128, 140), (256, 68), (512, 32)],
                     "head": [(2, 388)]}  # fmt: skip


@pytest.mark.parametrize("size", [188, 204, 236])
def test_unet_loses_184_pixels(size):
    with torch.device("meta"):
        assert unet(width=2)(torch.zeros(1, 1, size, size)).shape == (1, 2, size - 184, size - 184)


def test_centre_is_the_crop_of_torchvision():
    from torchvision.transforms.functional import center_crop

    x = torch.arange(2 * 9 * 12.0).reshape(1, 2, 9, 12)
    torch.testing.assert_close(centre(x, torch.zeros(1, 5, 5, 4)), center_crop(x, [5, 4]), rtol=0, atol=0)
    torch.testing.assert_close(centre(x, torch.zeros(1, 1, 8, 11)), x[:, :, :8, :11], rtol=0, atol=0)


@pytest.mark.parametrize("make", [unet_mini, encoder_decoder, lambda: unet(width=2, padded=True)])
@pytest.mark.parametrize("size", SIZES)
def test_padded_networks_take_images_of_any_size(make, size):
    net = make().eval()
    assert net(torch.zeros(2, 1, *size)).shape == (2, 2, *size)


def test_without_skips_the_fine_maps_matter_through_the_coarse_alone():
    """Erase what comes up from below: a U-Net still sees the image, an encoder-decoder sees nothing."""
    with nn.seeded(0):
        nets = {"unet": unet_mini().eval(), "encoder_decoder": encoder_decoder().eval()}
    a, b = torch.rand(2, 1, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    changed = {}
    for name, net in nets.items():
        net.up[-1].weight.data.zero_()
        changed[name] = not torch.equal(net(a), net(b))
    assert changed == {"unet": True, "encoder_decoder": False}


def test_the_skip_comes_first_in_the_merged_map():
    net = UNet([1, 1], channels=1, classes=1).eval()
    seen = []
    net.merge[0].register_forward_pre_hook(lambda m, x: seen.append(x[0]))
    net.down[0].register_forward_hook(lambda m, x, y: seen.append(y))
    net(torch.rand(1, 1, 6, 6))
    assert torch.equal(seen[1][:, :1], seen[0])


def test_summary_counts_transposed_convolutions():
    layer = torch.nn.ConvTranspose2d(3, 5, 2, 2)
    row = nn.summary(torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.MaxPool2d(2), layer), (1, 10, 12))[-1]
    with FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, 3, 4, 5))
    assert 2 * row.macs == counter.get_total_flops() and row.params == 3 * 5 * 4 + 5
    assert row.shape == (5, 8, 10) and row.field == (4, 4)  # each sees one cell of the pooled map


def test_summary_shows_no_crop_that_takes_nothing_off():
    even, odd = (nn.summary(unet_mini(), (1, n, n)) for n in (16, 13))
    assert [row.kind for row in even].count("getitem") == 0
    assert [row.shape for row in odd if row.kind == "getitem"] == [(32, 4, 4), (16, 7, 7), (8, 13, 13)][1:]
    assert all(type(row.field[0]) is int for row in even)
