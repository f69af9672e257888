"""Window arithmetic: sizes, parameters and multiply-adds of sliding windows, and every check of them, once.

A window of `kernel` taps that lie `dilation` pixels apart spans dilation * (kernel - 1) + 1 pixels. Everything here
follows from that span. Pairs are (h, w); a single number means the same for both axes, as in PyTorch.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from d2lmini.errors import ShapeError, fault

Pair = int | tuple[int, int]


def whole(value: object, name: str, least: int) -> int:
    """Return value as an int of at least `least`, or say what is wrong with it."""
    try:
        number = operator.index(value)  # refuses 2.5, nan, "3" and None, accepts NumPy integers
    except TypeError:
        raise ShapeError(
            fault(f"{name}={value!r} is not a whole number", f"an integer >= {least}", f"{name}={least}")
        ) from None
    if number < least or isinstance(value, bool):
        raise ShapeError(fault(f"{name}={value!r}", f"an integer >= {least}", f"{name}={least}"))
    return number


def several(value: object) -> tuple | None:
    """Return the members of a tuple, list or array, or None for anything else.

    >>> several([3, 5]), several(3), several("35")
    ((3, 5), None, None)
    """
    many = isinstance(value, tuple | list) or isinstance(value, np.ndarray) and value.ndim > 0
    return tuple(value) if many else None


def pair(value: object, name: str, least: int) -> tuple[int, int]:
    """Return (h, w) from one number or from two.

    >>> pair(3, "kernel", 1), pair((3, 5), "kernel", 1)
    ((3, 3), (3, 5))
    """
    values = several(value)
    if values is None:
        return (whole(value, name, least),) * 2
    if len(values) != 2:
        raise ShapeError(
            fault(
                f"{name}={value!r} has {len(values)} numbers",
                "one number or a pair (h, w)",
                f"{name}=({least}, {least})",
            )
        )
    return whole(values[0], name, least), whole(values[1], name, least)


def numeric(x: object, name: str, axes: Sequence[str]) -> np.ndarray:
    """Return x as an array of numbers with exactly the named axes; nothing is copied, nothing broadcasts."""
    layout = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
    try:
        array = np.asarray(x)
    except ValueError:  # a nested list with rows of different lengths
        raise ShapeError(
            fault(f"the rows of {name} differ in length", f"an array {layout}", f"np.shape(row) for each row of {name}")
        ) from None
    if array.dtype.kind not in "biufc":
        raise ShapeError(fault(f"{name} has dtype {array.dtype}", "an array of numbers", f"np.asarray({name}, float)"))
    if array.ndim != len(axes):
        missing = len(axes) - array.ndim
        hint = f"{name}[{', '.join(['None'] * missing if missing > 0 else ['0'] * -missing)}]"
        raise ShapeError(
            fault(f"{name} has shape {array.shape}, {array.ndim} axes", f"{len(axes)} axes {layout}", hint)
        )
    if array.size == 0:
        raise ShapeError(
            fault(f"{name} has shape {array.shape}", "at least one value on each axis", "a non-empty array")
        )
    return array


def span(kernel: int, dilation: int = 1) -> int:
    """Return the pixels from the first to the last tap of a dilated kernel.

    >>> span(3), span(3, 2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


def out_size(n: int, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Count the places where a window fits along one axis; chapter `out_size`.

    Shapes:
        n, kernel, stride, padding, dilation: pixels; padding is added on both sides.
        Returns floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
    Raises:
        ShapeError: a size is not a whole number, is too small, or the window does not fit once.
    Source:
        Dumoulin and Visin 2016, arXiv:1603.07285, relationship 6, with the dilation of section 5.1.

    >>> out_size(7, 3), out_size(7, 3, stride=2), out_size(50, 3, stride=2, padding=4, dilation=3)
    (5, 3, 26)
    """
    n, kernel = whole(n, "n", 1), whole(kernel, "kernel", 1)
    stride, padding = whole(stride, "stride", 1), whole(padding, "padding", 0)
    dilation = whole(dilation, "dilation", 1)
    room = n + 2 * padding - span(kernel, dilation)  # steps of one pixel that the window can take
    if room < 0:
        raise ShapeError(
            fault(
                f"the window spans {span(kernel, dilation)} pixels and the padded axis has {n + 2 * padding}",
                "a window that fits at least once",
                f"padding={-(-(span(kernel, dilation) - n) // 2)} or a smaller kernel",
            )
        )
    return room // stride + 1


def same_padding(kernel: Pair, *, dilation: Pair = 1) -> tuple[int, int]:
    """Return the padding (h, w) per side that keeps the size at stride 1; chapter `same_padding`.

    Shapes:
        kernel, dilation: pixels, one number or a pair (h, w). Returns dilation (kernel - 1) / 2 for each axis.
    Raises:
        ShapeError: a span is even, so that no equal padding of both sides keeps the size.
    Source:
        Dumoulin and Visin 2016, arXiv:1603.07285, section 2.3 (half padding).

    >>> same_padding(3), same_padding((5, 3), dilation=2)
    ((1, 1), (4, 2))
    """
    sides = []
    for k, d in zip(pair(kernel, "kernel", 1), pair(dilation, "dilation", 1), strict=True):
        if span(k, d) % 2 == 0:
            raise ShapeError(
                fault(
                    f"a kernel of {k} with dilation {d} spans {span(k, d)} pixels, an even number",
                    "an odd span, to pad both sides alike",
                    f"pad2d(x, (({span(k, d) // 2 - 1}, {span(k, d) // 2}), ...)) by hand or kernel={k + 1}",
                )
            )
        sides.append(span(k, d) // 2)
    return sides[0], sides[1]


class Window(NamedTuple):
    """Everything that a sliding window over (h, w) needs, checked: all pairs, and the output size."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    out: tuple[int, int]


def window(size: Sequence[int], kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> Window:
    """Check a window over an image of size (h, w) and return it with its output size.

    >>> window((5, 7), 3, stride=2).out
    (2, 3)
    """
    k, s = pair(kernel, "kernel", 1), pair(stride, "stride", 1)
    p, d = pair(padding, "padding", 0), pair(dilation, "dilation", 1)
    out = tuple(out_size(size[i], k[i], stride=s[i], padding=p[i], dilation=d[i]) for i in (0, 1))
    return Window(k, s, p, d, out)


def check_groups(c_in: int, c_out: int, groups: int) -> int:
    """Return groups if it divides both channel counts, or say what is wrong."""
    groups = whole(groups, "groups", 1)
    for name, channels in (("c_in", c_in), ("c_out", c_out)):
        if channels % groups:
            divisors = [g for g in range(1, c_in + 1) if c_in % g == 0 and c_out % g == 0]
            raise ShapeError(
                fault(
                    f"groups={groups} does not divide {name}={channels}",
                    "groups that divides c_in and c_out",
                    f"groups in {divisors}",
                )
            )
    return groups


def conv_params(c_in: int, c_out: int, kernel: Pair, *, groups: int = 1, bias: bool = True) -> int:
    """Count the learnable numbers of a convolution layer; chapter `conv_params`.

    Shapes:
        c_in, c_out, groups: channels. kernel: pixels, one number or a pair (h, w).
        Returns c_out (c_in / groups) kh kw, and c_out more with bias.
    Raises:
        ShapeError: groups does not divide the channels, or a count is not a positive whole number.
    Source:
        LeCun et al. 1998, doi:10.1109/5.726791, section II.A.

    >>> conv_params(3, 96, 11), conv_params(3, 96, 11, bias=False)
    (34944, 34848)
    """
    c_in, c_out, (kh, kw) = whole(c_in, "c_in", 1), whole(c_out, "c_out", 1), pair(kernel, "kernel", 1)
    groups = check_groups(c_in, c_out, groups)
    return c_out * (c_in // groups) * kh * kw + (c_out if bias else 0)


def conv_macs(
    size: Pair, c_in: int, c_out: int, kernel: Pair, *,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
) -> int:  # fmt: skip
    """Count the multiply-adds of a convolution layer on one image; chapter `conv_macs`.

    Shapes:
        size: (h, w) of the input in pixels. Returns h' w' c_out (c_in / groups) kh kw.
        Products with padding count too, and adding the bias counts as nothing.
    Raises:
        ShapeError: the window does not fit, or groups does not divide the channels.
    Source:
        He and Sun 2015, arXiv:1412.1710, equation 1.

    >>> conv_macs((28, 28), 64, 128, 5, padding=2)
    160563200
    """
    h, w = window(pair(size, "size", 1), kernel, stride, padding, dilation).out
    return h * w * conv_params(c_in, c_out, kernel, groups=groups, bias=False)


class Conv(NamedTuple):
    """One convolution layer of a `shape_table`; the fields mean what they mean in torch.nn.Conv2d."""

    c_out: int
    kernel: Pair
    stride: Pair = 1
    padding: Pair = 0
    dilation: Pair = 1
    groups: int = 1
    bias: bool = True


class Row(NamedTuple):
    """One row of a `shape_table`: the layer's output (c, h, w), its parameters and its multiply-adds."""

    out: tuple[int, int, int]
    params: int
    macs: int


def shape_table(layers: Sequence[Conv], size: tuple[int, int, int]) -> list[Row]:
    """Walk an image through convolution layers and note each output, parameters and cost; chapter `shape_table`.

    Shapes:
        size: (c, h, w) of one input image. Returns one Row(out=(c, h, w), params, macs) a layer.
    Raises:
        ShapeError: size is not three whole numbers, or a layer does not fit; the message names the layer.
    Source:
        The layer arithmetic of `out_size`, `conv_params` and `conv_macs`.

    >>> shape_table([Conv(6, 5), Conv(16, 5, stride=2)], (3, 32, 32))[1]
    Row(out=(16, 12, 12), params=2416, macs=345600)
    """
    if several(size) is None or len(size) != 3:
        raise ShapeError(fault(f"size={size!r}", "three numbers (c, h, w)", "size=(3, 32, 32)"))
    c, h, w = (whole(v, name, 1) for v, name in zip(size, "chw", strict=True))
    rows = []
    for number, layer in enumerate(layers, start=1):
        if not isinstance(layer, Conv):
            raise ShapeError(fault(f"layer {number} is {layer!r}", "a Conv", "Conv(c_out, kernel)"))
        try:
            win = window((h, w), layer.kernel, layer.stride, layer.padding, layer.dilation)
            params = conv_params(c, layer.c_out, layer.kernel, groups=layer.groups, bias=layer.bias)
            macs = win.out[0] * win.out[1] * (params - (layer.c_out if layer.bias else 0))
        except ShapeError as error:
            raise ShapeError(f"layer {number}, {layer}, on an input of (c, h, w) = {(c, h, w)}: {error}") from None
        c, (h, w) = layer.c_out, win.out
        rows.append(Row((c, h, w), params, macs))
    return rows


class Slide(NamedTuple):
    """How a layer of any kind, such as a pooling, slides its window; the fields mean what they mean in `Conv`."""

    kernel: Pair
    stride: Pair = 1
    padding: Pair = 0
    dilation: Pair = 1


class Field(NamedTuple):
    """What a layer sees along one axis, in pixels of the input: unit i looks at `size` of them from start + i jump."""

    size: int
    jump: int
    start: int

    def behind(self, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Field:
        """What a window over these units sees.

        >>> Field(1, 1, 0).behind(3, padding=1).behind(2, stride=2)
        Field(size=4, jump=2, start=-1)
        """
        size = self.size + (span(kernel, dilation) - 1) * self.jump
        return Field(size, self.jump * stride, self.start - padding * self.jump)


def slides(layers: Sequence[Conv | Slide]) -> list[Slide]:
    """Return how each layer slides, all in pairs (h, w), or say which layer is wrong.

    >>> slides([Conv(64, 3, padding=1)])
    [Slide(kernel=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1))]
    """
    found = []
    for number, layer in enumerate(layers, start=1):
        if not isinstance(layer, Conv | Slide):
            raise ShapeError(fault(f"layer {number} is {layer!r}", "a Conv or a Slide", "Slide(kernel, stride)"))
        try:
            kernel, stride = pair(layer.kernel, "kernel", 1), pair(layer.stride, "stride", 1)
            padding, dilation = pair(layer.padding, "padding", 0), pair(layer.dilation, "dilation", 1)
        except ShapeError as error:
            raise ShapeError(f"layer {number}, {layer}: {error}") from None
        found.append(Slide(kernel, stride, padding, dilation))
    return found


def receptive_field(layers: Sequence[Conv | Slide], *, axis: int | None = None) -> list[Field]:
    """Follow through a stack of layers which pixels of the input a unit can see; chapter `receptive_field`.

    Shapes:
        layers: Conv or Slide, from the input on. axis: 0 for h, 1 for w, None where both are alike.
        Returns one Field(size, jump, start) a layer, in pixels of the input: unit i sees `size` of them, the first at
        start + i jump, which lies in the padding where it is negative. With holes between the taps of a dilated kernel
        size still counts from the first to the last.
    Raises:
        ShapeError: a layer is no Conv or Slide, or its numbers are none; h and w differ and no axis is given.
    Source:
        Araujo, Norris and Sim 2019, doi:10.23915/distill.00021, with dilation.

    >>> receptive_field([Conv(8, 3, padding=1), Slide(2, stride=2), Conv(16, 3)])
    [Field(size=3, jump=1, start=-1), Field(size=4, jump=2, start=-1), Field(size=8, jump=2, start=-1)]
    """
    stack, along = slides(layers), []
    for i in (0, 1):
        fields = [Field(1, 1, 0)]  # a pixel sees itself
        for slide in stack:
            fields.append(fields[-1].behind(*(setting[i] for setting in slide)))
        along.append(fields[1:])
    if axis is None and along[0] != along[1]:
        raise ShapeError(fault("h and w see different pixels", "0 for h or 1 for w", "receptive_field(layers, axis=0)"))
    if axis is not None and whole(axis, "axis", 0) > 1:
        raise ShapeError(fault(f"axis={axis}", "0 for h or 1 for w", "axis=1"))
    return along[axis or 0]
