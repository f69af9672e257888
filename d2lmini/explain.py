"""Looking into a trained network: what its layers answer, what they look for, and which pixels decide.

Arrays come in and arrays go out. The network is only borrowed: afterwards its mode, its gradients and its hooks are
what they were. Of a layer that runs more than once, the first time counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from math import ceil, floor
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from d2lmini.errors import D2LError, ShapeError, fault
from d2lmini.nn.summary import WHOLE, measured
from d2lmini.ops import gaussian_kernel
from d2lmini.ops.check import between, word
from d2lmini.shapes import Field, Pair, out_size, pair, whole
from d2lmini.train import inputs_of, one_thread

BLUR_EVERY = 4  # steps between two blurs in `maximise`


# --- what the layers answer -----------------------------------------------------------------------------------


def activations(net: nn.Module, images: np.ndarray, layers: str | Sequence[str]) -> dict[str, np.ndarray]:
    """Return what comes out of layers of a network for a batch of images; chapter `activations`.

    Shapes:
        images: (n, c, h, w). layers: a name or several, as `nn.summary` prints them.
        Returns {name: (n, c', h', w')}, or (n, units) for dense layers.
    Raises:
        ShapeError: there is no layer of that name, it gave no tensor, or images is not 4-d.

    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    >>> {name: maps.shape for name, maps in activations(net, np.zeros((5, 1, 6, 6)), ["0", "1"]).items()}
    {'0': (5, 2, 4, 4), '1': (5, 2, 4, 4)}
    """
    x = batch_of(images, net)
    names = [layers] if isinstance(layers, str) else list(layers)
    with borrowed(net), torch.no_grad(), watch(net, names) as caught:
        net(x)
    for name in names:
        if name not in caught:
            raise ShapeError(fault(f"layer {name!r} did not run", "one that the images pass", "nn.summary(net, shape)"))
    return {name: caught[name].cpu().numpy() for name in names}


def sparsity(maps: np.ndarray) -> np.ndarray:
    """Return for each channel the share of its values that are zero; chapter `sparsity`.

    Shapes:
        maps: (n, c, ...), such as the maps behind a rectifier. Returns (c,), 0..1.
    Raises:
        ShapeError: maps has fewer than two axes.

    >>> sparsity(np.array([[[0.0, 2.0], [0.0, 0.0]]])).tolist()  # one image, two channels, two places
    [0.5, 1.0]
    """
    maps = np.asarray(maps)
    if maps.ndim < 2:
        raise ShapeError(fault(f"maps has shape {maps.shape}", "(n, c, ...)", "maps[None]"))
    return (maps == 0).mean(axis=(0, *range(2, maps.ndim)))


# --- what a unit looks for ------------------------------------------------------------------------------------


class Patches(NamedTuple):
    """The pieces of images that excite a unit most, the strongest first.

    patches (k, c, r, r'), values (k,), sources (k,): the numbers of the images; corners (k, 2): row and column of the
    first pixel, negative where it lies in the padding.
    """

    patches: np.ndarray
    values: np.ndarray
    sources: np.ndarray
    corners: np.ndarray


def top_patches(
    net: nn.Module, images: np.ndarray, layer: str, unit: int, *, count: int = 9, fill: float = 0.0, batch: int = 256
) -> Patches:
    """Return the pieces of images that a unit answers most strongly, as large as what it sees; chapter `top_patches`.

    Shapes:
        images: (n, c, h, w). unit: the channel of the layer. count: how many, at most one from each image.
        The pieces are as large as the unit's field, or the whole image behind a dense layer. Where the field reaches
        beyond the image it holds fill.
    Raises:
        ShapeError: there is no such layer or unit, or images is not 4-d.
    Source:
        Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53, figure 2.

    >>> net = nn.Sequential(nn.Conv2d(1, 1, 2, bias=False))
    >>> _ = nn.init.ones_(net[0].weight)
    >>> found = top_patches(net, np.arange(9.0).reshape(1, 1, 3, 3), "0", 0)
    >>> found.patches[0, 0].tolist(), found.values.tolist(), found.corners.tolist()
    ([[4.0, 5.0], [7.0, 8.0]], [24.0], [[1, 1]])
    """
    x, count = batch_of(images, net), whole(count, "count", 1)
    part(net, layer)
    maps = []
    with borrowed(net), torch.no_grad():
        for start in range(0, len(x), whole(batch, "batch", 1)):
            maps.append(unit_of(until(net, x[start : start + batch], layer), layer, unit))  # (n,) or (n, h', w')
    maps = torch.cat(maps).cpu().numpy()
    flat = maps.reshape(len(maps), -1)
    best = flat.argmax(axis=1)  # (n,): the place, one an image
    sources = np.argsort(-flat[np.arange(len(flat)), best], kind="stable")[:count]
    places = np.stack(np.unravel_index(best[sources], maps.shape[1:] or (1,)), axis=1)  # (k, 2), or (k, 1)
    field, size = field_of(net, tuple(x.shape[1:]), layer), x.shape[2:]
    if field == WHOLE or places.shape[1] != 2:
        corners, reach = np.zeros((len(sources), 2), int), tuple(size)
    else:
        corners = np.array([[floor(f.start + i * f.jump) for f, i in zip(field, at, strict=True)] for at in places])
        reach = tuple(ceil(f.size) for f in field)
    given = np.asarray(images) if not isinstance(images, torch.Tensor) else images.cpu().numpy()
    patches = np.stack([cut(given[i], corner, reach, fill) for i, corner in zip(sources, corners, strict=True)])
    return Patches(patches, flat[sources, best[sources]], sources, corners)


class Maximised(NamedTuple):
    """An image (c, h, w) that a unit likes, and its activation: before each step, and for the image as it is now."""

    image: np.ndarray
    values: np.ndarray


def maximise(
    net: nn.Module, layer: str, unit: int, *,
    shape: Sequence[int] | None = None, start: np.ndarray | None = None, place: tuple[int, int] | None = None,
    steps: int = 100, lr: float = 0.05, l2: float = 0.0, tv: float = 0.0, jitter: int = 0, blur: float = 0.0,
    bounds: tuple[float, float] | None = (0.0, 1.0), seed: int = 0,
) -> Maximised:  # fmt: skip
    """Climb from noise to an image that excites a unit; chapter `maximise`.

    Shapes:
        unit: the channel. place: (row, column) in its map; None takes the mean of the map.
        shape: (c, h, w) of the image, which begins as noise drawn from seed; or start, an image to begin with.
        steps, lr: of Adam. From the activation are taken l2 times the sum of squares and tv times the sum of squared
        differences of neighbours. jitter: pixels by which the image is rolled at random before each step. blur: the
        deviation in pixels of a Gaussian that is applied at every fourth step. bounds: what pixels are clipped to.
        Returns the image and values (steps + 1,); with jitter all but the last are those of rolled images.
    Raises:
        ShapeError: there is no such layer, unit or place, or a number is outside its range.
    Source:
        Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034 (l2); Mahendran and Vedaldi 2015,
        doi:10.1109/CVPR.2015.7299155 (tv); Yosinski et al. 2015, arXiv:1506.06579 (blur); Olah, Mordvintsev and
        Schubert 2017, doi:10.23915/distill.00007 (jitter).

    >>> net = nn.Sequential(nn.Conv2d(1, 1, 2, bias=False))
    >>> net[0].weight.data = torch.tensor([[[[1.0, -1.0], [-1.0, 1.0]]]])
    >>> maximise(net, "0", 0, shape=(1, 2, 2)).image[0].round().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    part(net, layer)
    steps, jitter, lr = whole(steps, "steps", 1), whole(jitter, "jitter", 0), between(lr, "lr", 0)
    l2, tv, blur = between(l2, "l2", 0), between(tv, "tv", 0), between(blur, "blur", 0)
    dice = torch.Generator().manual_seed(whole(seed, "seed", 0))
    if (shape is None) == (start is None):
        came = "neither shape nor start" if shape is None else "shape and start"
        raise ShapeError(fault(came, "one of the two", "shape=(1, 28, 28)"))
    low, high = ends(bounds)
    if start is None:
        sizes = [whole(n, f"shape[{axis}]", 1) for axis, n in enumerate(shape)]
        middle, spread = (0.0, 1.0) if bounds is None else ((low + high) / 2, high - low)
        noise = middle + 0.1 * spread * torch.randn(sizes, generator=dice)
        x = batch_of(noise[None], net).clamp(low, high)
    else:
        x = batch_of(np.asarray(start)[None], net).clone()

    def value(image: torch.Tensor) -> torch.Tensor:
        maps = unit_of(until(net, image, layer), layer, unit)[0]
        return maps.mean() if place is None else at_place(maps, place)

    x.requires_grad_()
    climber, values = torch.optim.Adam([x], lr=lr, maximize=True), []
    with borrowed(net), torch.enable_grad():
        for step in range(steps):
            score = value(rolled(x, jitter, dice))
            goal = score - l2 * x.square().sum() - tv * rough(x)
            (x.grad,) = torch.autograd.grad(goal, x)
            values.append(score.item())
            climber.step()
            with torch.no_grad():
                if blur and step % BLUR_EVERY == BLUR_EVERY - 1:
                    x.copy_(blurred(x, blur))
                x.clamp_(low, high)
        with torch.no_grad():
            values.append(value(x).item())
    return Maximised(x.detach()[0].cpu().numpy(), np.array(values))


def deep_dream(
    net: nn.Module, image: np.ndarray, layer: str, *,
    unit: int | None = None, octaves: int = 3, ratio: float = 1.4, steps: int = 10, lr: float = 0.02, jitter: int = 4,
    bounds: tuple[float, float] = (0.0, 1.0), seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """Change a picture so that a layer sees more of what it sees in it already; chapter `deep_dream`.

    Shapes:
        image: (c, h, w) of any size that the layers up to this one take. Returns (c, h, w).
        Half the mean square of the layer's maps, or of one unit's, is climbed, by steps whose mean change of a pixel
        is lr. octaves: the first time on a copy that is smaller by ratio ** (octaves - 1), then on larger ones; what
        was added to a smaller one is enlarged and added to the next. jitter: pixels, as in `maximise`.
    Raises:
        ShapeError: there is no such layer or unit, image is not 3-d, or a number is outside its range.
    Source:
        Mordvintsev, Olah and Tyka 2015, "Inceptionism", in the blog of Google Research.

    >>> net = nn.Sequential(nn.Conv2d(1, 1, 1))
    >>> deep_dream(net, np.full((1, 8, 12), 0.5), "0", steps=1).shape
    (1, 8, 12)
    """
    part(net, layer)
    octaves, steps = whole(octaves, "octaves", 1), whole(steps, "steps", 1)
    ratio, lr, jitter = between(ratio, "ratio", 1), between(lr, "lr", 0), whole(jitter, "jitter", 0)
    low, high = ends(bounds)
    if np.ndim(image) != 3:
        raise ShapeError(fault(f"image has shape {np.shape(image)}", "3 axes (c, h, w)", "image[0]"))
    dice, whole_image = torch.Generator().manual_seed(whole(seed, "seed", 0)), batch_of(np.asarray(image)[None], net)
    full = np.array(whole_image.shape[2:])
    dreamt = torch.zeros_like(whole_image)
    with borrowed(net), torch.enable_grad():
        for octave in reversed(range(octaves)):
            size = tuple(np.maximum(1, np.rint(full / ratio**octave)).astype(int).tolist())
            base = resized(whole_image, size)
            x = (base + resized(dreamt, size)).clamp(low, high).detach().requires_grad_()
            for _ in range(steps):
                maps = until(net, rolled(x, jitter, dice), layer)
                maps = maps if unit is None else unit_of(maps, layer, unit)
                (slope,) = torch.autograd.grad(maps.square().mean() / 2, x)
                with torch.no_grad():
                    x += lr * slope / slope.abs().mean().clamp_min(1e-12)
                    x.clamp_(low, high)
            dreamt = x.detach() - base
    return (whole_image + dreamt).clamp(low, high)[0].cpu().numpy()


# --- which pixels decide --------------------------------------------------------------------------------------


def occlusion_map(
    net: nn.Module, images: np.ndarray, size: Pair, *,
    target: int | Sequence[int] | None = None, stride: Pair = 1, fill: float | Sequence[float] = 0.0,
    of: str = "probability", batch: int = 256,
) -> np.ndarray:  # fmt: skip
    """Cover a square of the image, here, then there, and note what the network says each time; chapter `occlusion_map`.

    Shapes:
        images: (n, c, h, w). size: pixels of the square, one number or (h, w). stride: pixels from place to place.
        fill: its colour, one number or one a channel. of: "probability" or "logit".
        target: the class, one or one an image. Returns (n, h', w') with h' = (h - size) // stride + 1: entry (i, j) is
        what is said when the square's first pixel is (i * stride, j * stride). target=None gives all classes,
        (n, classes, h', w').
    Raises:
        ShapeError: the square does not fit, there is no such class, or images is not 4-d.
    Source:
        Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53, section 4.2.

    >>> reader = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    >>> reader[1].weight.data = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    >>> occlusion_map(reader, np.ones((1, 1, 2, 2)), 1, target=1, of="logit").tolist()  # 10 less what is covered
    [[[9.0, 8.0], [7.0, 6.0]]]
    """
    x = batch_of(images, net)
    (n, c, h, w), (kh, kw), (down, right) = x.shape, pair(size, "size", 1), pair(stride, "stride", 1)
    rows, columns = out_size(h, kh, stride=down), out_size(w, kw, stride=right)
    word(of, "of", ("probability", "logit"))
    colour = torch.as_tensor(fill, dtype=x.dtype, device=x.device).reshape(-1, 1, 1)
    if len(colour) not in (1, c):
        raise ShapeError(fault(f"fill has {len(colour)} values", f"one, or one for each of {c} channels", "fill=0.5"))
    said = []
    with borrowed(net), torch.no_grad():
        places = [(i * down, j * right) for i in range(rows) for j in range(columns)]
        for image in x:
            for start in range(0, len(places), whole(batch, "batch", 1)):
                some = places[start : start + batch]
                covered = image.repeat(len(some), 1, 1, 1)
                for k, (i, j) in enumerate(some):
                    covered[k, :, i : i + kh, j : j + kw] = colour
                z = class_scores(net, covered)
                said.append(z.softmax(dim=1) if of == "probability" else z)
    maps = torch.cat(said).reshape(n, rows, columns, -1).permute(0, 3, 1, 2).cpu().numpy()  # (n, classes, h', w')
    return maps.copy() if target is None else maps[np.arange(n), chosen(target, n, maps.shape[1])]


def grad_cam(
    net: nn.Module, images: np.ndarray, layer: str, target: int | Sequence[int], *,
    average: bool = True, resize: bool = True,
) -> np.ndarray:  # fmt: skip
    """Weigh the maps of a layer by the gradient of a class and add them up; chapter `grad_cam`.

    Shapes:
        images: (n, c, h, w). layer: one with maps (n, k, h', w'). target: the class, one or one an image.
        Returns max(0, sum over k of a_k map_k), a_k the mean over h' w' of the gradient of the class's score, or with
        average=False the gradient at each place itself: (n, h, w), enlarged bilinearly, or (n, h', w') with
        resize=False.
    Raises:
        ShapeError: there is no such layer or class, the layer has no maps, or images is not 4-d.
    Source:
        Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2; Draelos and Carin 2020, arXiv:2011.08891, without
        the mean.

    >>> net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten(), nn.Linear(4, 2, bias=False))
    >>> _ = nn.init.ones_(net[0].weight), nn.init.ones_(net[2].weight)
    >>> grad_cam(net, np.arange(4.0).reshape(1, 1, 2, 2), "0", 1).tolist()  # the mean gradient is 1
    [[[0.0, 1.0], [2.0, 3.0]]]
    """
    x = batch_of(images, net).clone().requires_grad_()  # so that there is a gradient even where weights are frozen
    with borrowed(net), torch.enable_grad(), watch(net, [layer]) as caught:
        z = class_scores(net, x)
        if layer not in caught or caught[layer].ndim != 4:
            came = f"layer {layer!r} gives {tuple(caught[layer].shape) if layer in caught else 'nothing'}"
            raise ShapeError(fault(came, "maps (n, k, h, w)", "the last convolution of nn.summary(net, shape)"))
        own = z[range(len(z)), chosen(target, *z.shape)]
        (slope,) = torch.autograd.grad(own.sum(), caught[layer])
    weight = slope.mean(dim=(2, 3), keepdim=True) if average else slope  # (n, k, 1, 1) or (n, k, h', w')
    cam = (weight * caught[layer].detach()).sum(dim=1, keepdim=True).relu()  # (n, 1, h', w')
    return (resized(cam, tuple(x.shape[2:])) if resize else cam)[:, 0].cpu().numpy()


def integrated_gradients(
    net: nn.Module, images: np.ndarray, target: int | Sequence[int], *,
    baseline: float | np.ndarray = 0.0, steps: int = 64, tolerance: float = 0.05,
) -> np.ndarray:  # fmt: skip
    """Share the score of a class among the pixels, so that the shares add up to it; chapter `integrated_gradients`.

    Shapes:
        images: (n, c, h, w). target: the class, one or one an image. Returns (n, c, h, w): (x - b) times the mean of
        the gradient at steps points on the straight way from the baseline b to x. baseline: a number, or an image.
        The sum of the shares is checked: it must be score(x) - score(b) up to tolerance times the larger of that and 1.
    Raises:
        ShapeError: there is no such class, or images is not 4-d. D2LError: the shares do not add up.
    Source:
        Sundararajan, Taly and Yan 2017, arXiv:1703.01365, equation 1 and proposition 1.

    >>> reader = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    >>> reader[1].weight.data = torch.tensor([[0.0, 0.0], [3.0, -1.0]])
    >>> integrated_gradients(reader, np.array([2.0, 5.0]).reshape(1, 1, 1, 2), 1).ravel().tolist()  # 3 * 2, -1 * 5
    [6.0, -5.0]
    """
    x, steps, tolerance = batch_of(images, net), whole(steps, "steps", 1), between(tolerance, "tolerance", 0)
    base = torch.as_tensor(baseline, dtype=x.dtype, device=x.device).expand_as(x)
    middle = ((torch.arange(steps, dtype=x.dtype, device=x.device) + 0.5) / steps).reshape(-1, 1, 1, 1)
    shares = []
    with borrowed(net), torch.enable_grad():
        with torch.no_grad():
            ends_of = class_scores(net, torch.cat([x, base]))
        classes = chosen(target, len(x), ends_of.shape[1])
        for image, origin, k in zip(x, base, classes, strict=True):
            points = (origin + middle * (image - origin)).requires_grad_()  # (steps, c, h, w)
            (slope,) = torch.autograd.grad(class_scores(net, points)[:, k].sum(), points)
            shares.append((image - origin) * slope.mean(dim=0))
    shares = torch.stack(shares)
    rise = (ends_of[: len(x)] - ends_of[len(x) :])[range(len(x)), classes]
    gap = (shares.sum(dim=(1, 2, 3)) - rise).abs()
    if (gap > tolerance * rise.abs().clamp_min(1)).any():
        worst = int((gap / rise.abs().clamp_min(1)).argmax())
        came = f"the shares of image {worst} add up to {shares[worst].sum():.3g} with {steps} steps"
        raise D2LError(fault(came, f"the rise of its score, {rise[worst]:.3g}", f"steps={4 * steps}"))
    return shares.cpu().numpy()


# --- parts ----------------------------------------------------------------------------------------------------


class Reached(Exception):
    """The layer that was asked for has run; nothing behind it needs to."""


@contextmanager
def borrowed(net: nn.Module) -> Iterator[None]:
    """Hold a network in evaluation mode on one thread, then give each of its parts its own mode back."""
    modes = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        with one_thread():
            yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def watch(net: nn.Module, names: Sequence[str], *, stop: bool = False) -> Iterator[dict[str, torch.Tensor]]:
    """Catch what layers give out while the block runs; with stop, end the forward pass at the first of them."""
    caught: dict[str, torch.Tensor] = {}

    def keep(name: str):
        def hook(module: nn.Module, inputs: tuple, output: object) -> torch.Tensor:
            if not isinstance(output, torch.Tensor):
                came = f"layer {name!r} gives a {type(output).__name__}"
                raise ShapeError(fault(came, "a layer that gives one tensor", "one of its parts"))
            caught.setdefault(name, output)
            if stop:
                raise Reached
            return output.clone()  # a rectifier that works in place would overwrite what was caught

        return hook

    handles = []
    try:
        for name in names:
            handles.append(part(net, name).register_forward_hook(keep(name)))
        yield caught
    finally:
        for handle in handles:
            handle.remove()


def until(net: nn.Module, x: torch.Tensor, layer: str) -> torch.Tensor:
    """Return what a layer gives; what is behind it does not run, and need not take an image of this size."""
    with watch(net, [layer], stop=True) as caught:
        try:
            net(x)
        except Reached:
            pass
    if layer not in caught:
        raise ShapeError(fault(f"layer {layer!r} did not run", "one that the images pass", "nn.summary(net, shape)"))
    return caught[layer]


def part(net: nn.Module, name: str) -> nn.Module:
    """Return the layer of that name, or name the nearest ones."""
    known = dict(net.named_modules())
    if not isinstance(name, str) or not name or name not in known:
        names = [n for n in known if n]
        near = get_close_matches(str(name), names, n=3, cutoff=0.4) or names[-3:]
        needed = f"the name of one of the {len(names)} layers, perhaps {' or '.join(near)}"
        hint = f'"{near[0]}"' if near else "nn.Sequential(net), whose layer is called 0"
        raise ShapeError(fault(f"layer={name!r}", needed, hint))
    return known[name]


def batch_of(images: np.ndarray | torch.Tensor, net: nn.Module) -> torch.Tensor:
    """Return images as a batch for the network, detached from whatever they came from."""
    x = inputs_of(images, net).detach()
    if x.ndim != 4 or len(x) == 0:
        hint = "images[None]" if x.ndim == 3 else "images[:, None]"
        raise ShapeError(fault(f"images has shape {tuple(x.shape)}", "(n, c, h, w)", hint))
    return x


def unit_of(maps: torch.Tensor, layer: str, unit: int) -> torch.Tensor:
    """Return one channel of what a layer gives, (n,) or (n, h, w)."""
    if maps.ndim not in (2, 4):
        came = f"layer {layer!r} gives {tuple(maps.shape)}"
        raise ShapeError(fault(came, "(n, units) or (n, c, h, w)", "nn.summary(net, shape)"))
    if whole(unit, "unit", 0) >= maps.shape[1]:
        raise ShapeError(fault(f"unit={unit}", f"0 to {maps.shape[1] - 1}, the channels of {layer!r}", "unit=0"))
    return maps[:, unit]


def at_place(maps: torch.Tensor, place: tuple[int, int]) -> torch.Tensor:
    """Return the value of a map (h, w) at a place."""
    row, column = pair(place, "place", 0)
    if maps.ndim != 2 or row >= maps.shape[0] or column >= maps.shape[1]:
        came = f"place={place} in a map of {tuple(maps.shape)}"
        raise ShapeError(fault(came, "a row and a column of it", "place=None"))
    return maps[row, column]


def field_of(net: nn.Module, shape: tuple[int, ...], layer: str) -> tuple[Field, Field]:
    """Return what a unit of the layer sees of the image, along h and along w."""
    _, meter = measured(net, shape)
    own = [node for node in meter.fields if node.op == "call_module" and node.target == layer][:1]
    inside = [n for n in meter.fields if layer in [path for path, _ in n.meta.get("nn_module_stack", {}).values()]]
    return meter.fields[(own or inside)[-1]]


def cut(image: np.ndarray, corner: Sequence[int], size: Sequence[int], fill: float) -> np.ndarray:
    """Return a piece (c, *size) of an image (c, h, w); beyond the border lies fill."""
    piece = np.full((len(image), *size), fill, image.dtype)
    inside = [slice(max(0, at), max(0, at + n)) for at, n in zip(corner, size, strict=True)]
    found = image[:, inside[0], inside[1]]
    top, left = (max(0, -at) for at in corner)
    piece[:, top : top + found.shape[1], left : left + found.shape[2]] = found
    return piece


def class_scores(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the scores of classes, (n, classes)."""
    z = net(x)
    if not isinstance(z, torch.Tensor) or z.ndim != 2:
        came = f"the network gives {tuple(z.shape) if isinstance(z, torch.Tensor) else type(z).__name__}"
        raise ShapeError(fault(came, "scores of classes, (n, classes)", "a network that ends with a dense layer"))
    return z


def chosen(target: int | Sequence[int], n: int, classes: int) -> list[int]:
    """Return a class for each of n images."""
    each = [target] * n if np.ndim(target) == 0 else list(np.asarray(target))
    if len(each) != n:
        raise ShapeError(fault(f"{len(each)} targets for {n} images", "one, or one an image", f"target={each[:1]}"))
    each = [whole(k, "target", 0) for k in each]
    if max(each) >= classes:
        raise ShapeError(fault(f"target={max(each)}", f"0 to {classes - 1}, the classes", "target=0"))
    return each


def ends(bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Return the least and the largest value of a pixel."""
    low, high = (-np.inf, np.inf) if bounds is None else bounds
    if not low < high:
        raise ShapeError(fault(f"bounds={bounds}", "the smaller one first, or None", "bounds=(0, 1)"))
    return low, high


def rolled(x: torch.Tensor, jitter: int, dice: torch.Generator) -> torch.Tensor:
    """Return images moved by up to `jitter` pixels; what leaves on one side comes in on the other."""
    if not jitter:
        return x
    down, right = torch.randint(-jitter, jitter + 1, (2,), generator=dice).tolist()
    return x.roll((down, right), dims=(2, 3))


def rough(x: torch.Tensor) -> torch.Tensor:
    """Return the sum of squared differences of neighbours."""
    return (x[..., 1:, :] - x[..., :-1, :]).square().sum() + (x[..., 1:] - x[..., :-1]).square().sum()


def blurred(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """Return images under a Gaussian; beyond the border the last pixel goes on."""
    half = ceil(2 * sigma)
    kernel = torch.as_tensor(gaussian_kernel(2 * half + 1, sigma), dtype=x.dtype, device=x.device)
    kernel = kernel.expand(x.shape[1], 1, *kernel.shape)
    return F.conv2d(F.pad(x, (half,) * 4, mode="replicate"), kernel, groups=x.shape[1])


def resized(x: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    """Return maps enlarged or shrunk bilinearly."""
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=x.shape[2] > size[0])
