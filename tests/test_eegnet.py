"""EEGNet: its count by the formula of its layers, its shapes, its limits, and that it learns where a rhythm is."""

import numpy as np
import pytest
import torch

from d2lmini import ShapeError, nn
from d2lmini.nn.eegnet import eegnet


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("f1", "d", "electrodes", "samples", "classes", "kernel", "published"),
    [
        (8, 2, 64, 128, 2, 64, 2258), (4, 2, 64, 128, 2, 64, 1066), (8, 2, 22, 256, 4, 32, 1716),
        (4, 2, 22, 256, 4, 32, 796), (3, 5, 7, 100, 3, 9, None),
    ],
)  # fmt: skip
def test_eegnet_has_the_parameters_of_its_layers(f1, d, electrodes, samples, classes, kernel, published):
    net = eegnet(electrodes, samples, classes, f1=f1, d=d, kernel=kernel)
    f2 = f1 * d
    layers = (
        f1 * kernel + 2 * f1,  # filters in time, batch norm
        f2 * electrodes + 2 * f2,  # depthwise over the electrodes, batch norm
        16 * f2 + f2 * f2 + 2 * f2,  # separable, batch norm
        classes * f2 * (samples // 32) + classes,
    )
    assert count(net) == sum(layers) and published in (None, sum(layers))
    assert [count(part) for part in net] == list(layers)


@pytest.mark.parametrize(("electrodes", "samples", "classes"), [(64, 128, 4), (1, 32, 2), (5, 100, 3)])
def test_eegnet_gives_scores(electrodes, samples, classes):
    net = eegnet(electrodes, samples, classes).eval()
    assert net(torch.zeros(2, 1, electrodes, samples)).shape == (2, classes)
    table = nn.summary(net, (1, electrodes, samples), depth=1)
    assert [line.layer for line in table] == ["temporal", "spatial", "separable", "head"]
    assert [line.shape for line in table] == [
        (8, electrodes, samples), (16, 1, samples // 4), (16, 1, samples // 32), (classes,)
    ]  # fmt: skip
    assert table.params == count(net)


def test_eegnet_filters_in_time_equal_same_padding():
    """An even kernel: one sample more behind than before, as Keras pads."""
    from scipy.ndimage import correlate1d

    net = eegnet(3, 64, 2, kernel=6).eval()
    x = torch.randn(1, 1, 3, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    conv = net.temporal[:2].double()
    weight = conv[1].weight.detach()[5, 0, 0].numpy()
    expected = correlate1d(x[0, 0].numpy(), weight, mode="constant", origin=-1)  # the third of six in the middle
    np.testing.assert_allclose(conv(x)[0, 5].detach().numpy(), expected, atol=1e-12, strict=True)


def test_eegnet_limits_the_length_of_its_filters():
    net = eegnet(4, 64, 3)
    with torch.no_grad():
        net.spatial[0].weight.mul_(100)
        net.head[1].weight[0].mul_(100)
        net.head[1].weight[1] = 0.001
    small = net.head[1].weight[1].clone()
    net(torch.zeros(2, 1, 4, 64))
    torch.testing.assert_close(net.spatial[0].weight.flatten(1).norm(dim=1), torch.ones(16))
    torch.testing.assert_close(net.head[1].weight[0].norm(), torch.tensor(0.25))
    assert torch.equal(net.head[1].weight[1], small)


def test_gradient_reaches_every_parameter_of_eegnet():
    net = eegnet(4, 64, 3).train()
    net(torch.randn(4, 1, 4, 64)).square().sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_eegnet_refuses():
    with pytest.raises(ShapeError, match="samples=31; needed: 32 or more"):
        eegnet(samples=31)
    with pytest.raises(ShapeError, match="electrodes=0"):
        eegnet(electrodes=0)
