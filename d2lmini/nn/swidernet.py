"""SWideRNet: Chen, Wang and Qiao 2020, arXiv:2011.11675; a wide residual network with three factors to scale it."""

from __future__ import annotations

from functools import partial

from torch import nn

from d2lmini.nn.blocks import Residual, classifier, conv_norm_relu, named
from d2lmini.nn.registry import register
from d2lmini.nn.resnet import projection

STAGES = (  # Wide-ResNet-41: kernels and channels of the layers in a block, blocks
    ((3, 128), (3, 128), 3),
    ((3, 256), (3, 256), 3),
    ((3, 512), (3, 512), 6),
    ((3, 1024), (3, 1024), 3),
    ((1, 512), (3, 1024), (1, 2048), 3),
)


def wide_block(c_in: int, layers: tuple[tuple[int, int], ...], stride: int) -> Residual:
    """Return two 3 x 3 convolutions, or 1 x 1, 3 x 3, 1 x 1, and the way past them; the first 3 x 3 has the stride."""
    body, c = [], c_in
    for kernel, width in layers:
        step, stride_left = (stride, 1) if kernel == 3 else (1, stride)
        body.append(conv_norm_relu(c, width, kernel, step))
        c, stride = width, stride_left
    body[-1] = nn.Sequential(*list(body[-1])[:2])  # the ReLU of the last comes after the sum
    total = 2 if sum(layer[0].stride[0] == 2 for layer in body) else 1
    return Residual(nn.Sequential(*body), projection(c_in, c, total), nn.ReLU())


def swidernet(
    w1: float = 1.0, w2: float = 1.0, depth: float = 1.0, *, channels: int = 3, classes: int = 1000,
    table: tuple[tuple, ...] = STAGES, stride: int = 2,
) -> nn.Sequential:  # fmt: skip
    """Return SWideRNet-(w1, w2, depth) without its switchable atrous convolutions; chapter `swidernet`.

    Shapes:
        (n, channels, h, w) -> (n, classes). h and w halve five times, rounding up.
        w1: factor for the channels of the stem and the first stage. w2: of the others. depth: of the number of blocks
        after the first stage. table: a row a stage. stride: of the first convolution. The body at (1, 1, 1) has
        109,014,080 parameters.
    Source:
        Chen, Wang and Qiao 2020, arXiv:2011.11675; stages, strides and the count as in the authors' DeepLab2 library,
        github.com/google-research/deeplab2, model/encoder.
    """
    c = int(64 * w1)
    parts = {"stem": conv_norm_relu(channels, c, 3, stride)}  # (n, 64, h/2, w/2)
    for number, (*layers, count) in enumerate(table, start=1):
        factor, count = (w1, count) if number == 1 else (w2, int(count * depth))
        layers = tuple((kernel, int(width * factor)) for kernel, width in layers)
        blocks = []
        for i in range(count):
            blocks.append(wide_block(c, layers, 2 if i == 0 and number > 1 else 1))
            c = layers[-1][1]
        parts[f"stage{number}"] = nn.Sequential(*blocks)  # (n, c, h/2^number, w/2^number)
    return named(**parts, head=classifier(c, classes))


HEAD = 2048 * 1000 + 1000
for depth, parameters in ((1, 109_014_080 + HEAD), (3, 333_245_504 + HEAD)):
    entry = register(f"swidernet_1_1_{depth}", paper="chen2020", parameters=parameters)
    entry(partial(swidernet, 1, 1, depth))

small = {"table": (*STAGES[:3], STAGES[-1]), "stride": 1}  # one halving in the stem and one stage fewer
entry = register("swidernet_mini", paper="chen2020", parameters=290_450, size=28, classes=10)
entry(partial(swidernet, 1 / 8, 1 / 8, 1 / 3, **small))
