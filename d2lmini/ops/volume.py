"""The convolution layer along one axis and along three: signals (n, c, l), and volumes or videos (n, c, d, h, w).

Both are made of `conv2d`. A signal is an image of height one. A volume is a stack of images, and a filter of depth kd
is a stack of kd plane filters whose results add up.
"""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.conv import check_channels, conv2d
from d2lmini.shapes import numeric, out_size, several, whole

Triple = int | tuple[int, int, int]


def triple(value: object, name: str, least: int) -> tuple[int, int, int]:
    """Return (d, h, w) from one number or from three.

    >>> triple(3, "kernel", 1), triple((1, 3, 3), "kernel", 1)
    ((3, 3, 3), (1, 3, 3))
    """
    values = (value,) * 3 if several(value) is None else several(value)
    if len(values) != 3:
        needed = "one number or three (d, h, w)"
        raise ShapeError(fault(f"{name}={value!r} has {len(values)} numbers", needed, f"{name}=({least},) * 3"))
    d, h, w = (whole(v, name, least) for v in values)
    return d, h, w


def conv1d_layer(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Slide filters along signals of several channels, the 1-D convolution layer; chapter `conv1d_layer`.

    Shapes:
        x: (n, c_in, l). weight: (c_out, c_in / groups, k). bias: (c_out,). Returns (n, c_out, l') with
        l' = out_size(l, k, ...). The filters are not flipped. For two plain signals there are `conv1d` and `xcorr1d`.
        Backwards, conv2d_backward with an axis of length one before the last.
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, or the window does not fit.
    Source:
        Waibel et al. 1989, doi:10.1109/29.21701 (time delays); arguments as in torch.nn.functional.conv1d.

    >>> x = np.array([[[1, 2, 4, 8], [0, 1, 0, 1]]])  # one signal of two channels
    >>> conv1d_layer(x, np.array([[[-1, 1], [10, 0]]]))[0].tolist()  # the step of one, 10 times the other
    [[1, 12, 4]]
    """
    x, weight = numeric(x, "x", "ncl"), numeric(weight, "weight", ("c_out", "c_in", "k"))
    bias, groups = check_channels(x, weight, bias, groups)
    stride, padding, dilation = whole(stride, "stride", 1), whole(padding, "padding", 0), whole(dilation, "dilation", 1)
    row, taps = x[:, :, None], weight[:, :, None]  # (n, c_in, 1, l), (c_out, c_in / groups, 1, k)
    along = {"stride": (1, stride), "padding": (0, padding), "dilation": (1, dilation)}
    return conv2d(row, taps, bias, groups=groups, **along)[:, :, 0]  # (n, c_out, l')


def conv3d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Triple = 1, padding: Triple = 0, dilation: Triple = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """Slide filters through volumes in three directions, the 3-D convolution layer; chapter `conv3d`.

    Shapes:
        x: (n, c_in, d, h, w), where d counts slices or frames. weight: (c_out, c_in / groups, kd, kh, kw).
        bias: (c_out,). Returns (n, c_out, d', h', w'). stride, padding, dilation: one number or three (d, h, w).
    Raises:
        ShapeError: a rank is wrong, channels and groups do not agree, or the window does not fit.
    Source:
        Ji, Xu, Yang and Yu 2013, doi:10.1109/TPAMI.2012.59; arguments as in torch.nn.functional.conv3d.

    >>> x = np.array([1, 2, 4]).reshape(1, 1, 3, 1, 1)  # a video of three frames of one pixel
    >>> conv3d(x, np.array([-1, 1]).reshape(1, 1, 2, 1, 1)).ravel().tolist()
    [1, 2]
    """
    x, weight = numeric(x, "x", "ncdhw"), numeric(weight, "weight", ("c_out", "c_in", "kd", "kh", "kw"))
    bias, groups = check_channels(x, weight, bias, groups)
    (sd, *stride), (pd, *padding) = triple(stride, "stride", 1), triple(padding, "padding", 0)
    dd, *dilation = triple(dilation, "dilation", 1)
    n, c_in, d, h, w = x.shape
    od = out_size(d, weight.shape[2], stride=sd, padding=pd, dilation=dd)
    slices = np.pad(x, ((0, 0), (0, 0), (pd, pd), (0, 0), (0, 0))).swapaxes(1, 2)  # (n, d + 2 pd, c_in, h, w)
    plane = {"stride": tuple(stride), "padding": tuple(padding), "dilation": tuple(dilation), "groups": groups}
    y = 0
    for a in range(weight.shape[2]):  # one plane of the filter after another
        met = slices[:, a * dd :][:, : (od - 1) * sd + 1 : sd]  # (n, d', c_in, h, w): the slices that plane a meets
        y = y + conv2d(met.reshape(n * od, c_in, h, w), weight[:, :, a], **plane)  # (n d', c_out, h', w')
    return y.reshape(n, od, *y.shape[1:]).swapaxes(1, 2) + bias[:, None, None, None]  # (n, c_out, d', h', w')


def pseudo3d_conv(
    x: np.ndarray, spatial: np.ndarray, temporal: np.ndarray, bias: np.ndarray | None = None, *,
    stride: Triple = 1, padding: Triple = 0,
) -> np.ndarray:  # fmt: skip
    """Filter each frame by itself, then along time, in place of one 3-D convolution; chapter `pseudo3d_conv`.

    Shapes:
        x: (n, c_in, d, h, w). spatial: (m, c_in, kh, kw). temporal: (c_out, m, kd). bias: (c_out,).
        Returns (n, c_out, d', h', w'). stride, padding: one number or three (d, h, w); each step takes its own part.
        Equals conv3d with weight[o, c, a] = sum over m of temporal[o, m, a] spatial[m, c].
        Networks put a norm and a ReLU between the steps.
    Raises:
        ShapeError: a rank is wrong, the filters do not fit each other or the channels, or a window does not fit.
    Source:
        Qiu, Yao and Mei 2017, arXiv:1711.10305, block P3D-A; Tran et al. 2018, arXiv:1711.11248, section 3.5.

    >>> x = np.array([1, 2, 4, 8]).reshape(1, 1, 2, 1, 2)  # two frames of two pixels
    >>> pseudo3d_conv(x, np.array([1, 1]).reshape(1, 1, 1, 2), np.array([[[-1, 1]]])).ravel().tolist()  # 12 - 3
    [9]
    """
    x, spatial = numeric(x, "x", "ncdhw"), numeric(spatial, "spatial", ("m", "c_in", "kh", "kw"))
    temporal = numeric(temporal, "temporal", ("c_out", "m", "kd"))
    if temporal.shape[1] != len(spatial):
        came = f"temporal has shape {temporal.shape} and spatial makes {len(spatial)} maps"
        hint = f"a temporal of shape {(len(temporal), len(spatial), temporal.shape[2])}"
        raise ShapeError(fault(came, "temporal.shape[1] == len(spatial)", hint))
    (sd, sh, sw), (pd, ph, pw) = triple(stride, "stride", 1), triple(padding, "padding", 0)
    maps = conv3d(x, spatial[:, :, None], stride=(1, sh, sw), padding=(0, ph, pw))  # (n, m, d, h', w')
    in_time = temporal[..., None, None]  # (c_out, m, kd, 1, 1)
    return conv3d(maps, in_time, bias, stride=(sd, 1, 1), padding=(pd, 0, 0))  # (n, c_out, d', h', w')
