"""The receptive field as it is felt: the pixels that an output depends on, found by sending a gradient back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.backward import conv2d_backward
from d2lmini.shapes import Conv, Pair, Slide, pair, slides, window


def gradient_footprint(layers: Sequence[Conv | Slide], size: Pair, *, place: Pair | None = None) -> np.ndarray:
    """Count the ways from each input pixel to one output of a stack of layers; chapter `gradient_footprint`.

    Shapes:
        size: (h, w) of the input in pixels. place: (i, j) of the output, None for the middle one. Returns (h, w).
        It is the gradient of that output where every layer has one channel and weights of one; a pooling counts as a
        sum. Where it is not zero lies the field of `receptive_field`, holes apart; its bell shape is the effective one.
        In float64, so exact up to 2^53 ways.
    Raises:
        ShapeError: a layer is no Conv or Slide or does not fit (the message names it), or there is no such place.
    Source:
        Luo, Li, Urtasun and Zemel 2016, arXiv:1701.04128, section 2.

    >>> gradient_footprint([Slide((1, 3)), Slide((1, 3))], (1, 7)).tolist()
    [[0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0]]
    """
    stack, sizes = slides(layers), [pair(size, "size", 1)]
    for number, slide in enumerate(stack, start=1):
        try:
            sizes.append(window(sizes[-1], *slide).out)
        except ShapeError as error:
            raise ShapeError(f"layer {number}, on an input of (h, w) = {sizes[-1]}: {error}") from None
    h, w = sizes[-1]
    i, j = (h // 2, w // 2) if place is None else pair(place, "place", 0)
    if i >= h or j >= w:
        raise ShapeError(fault(f"place={(i, j)}", f"a place of an output of {(h, w)}", f"place={(h // 2, w // 2)}"))
    flow = np.zeros((1, 1, h, w))
    flow[0, 0, i, j] = 1
    for slide, before in zip(reversed(stack), reversed(sizes[:-1]), strict=True):
        options = {"stride": slide.stride, "padding": slide.padding, "dilation": slide.dilation}
        flow, _, _ = conv2d_backward(flow, np.zeros((1, 1, *before)), np.ones((1, 1, *slide.kernel)), **options)
    return flow[0, 0]  # (h, w)
