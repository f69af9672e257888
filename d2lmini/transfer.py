"""Transfer learning: what a network has learnt on one data set, used on another.

A network is a body that turns images into features, and a head, its last layer with weights, that turns features into
scores. Here the head is exchanged, parts are frozen, features are read out, and parts get learning rates of their own.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from d2lmini.errors import ShapeError, fault
from d2lmini.nn import seeded
from d2lmini.ops.check import between
from d2lmini.shapes import whole
from d2lmini.train import inputs_of, one_thread

HEADS = (nn.Linear, nn.Conv2d)


# --- freezing -------------------------------------------------------------------------------------------------


def freeze(net: nn.Module, *, but: str | Collection[str] = ()) -> nn.Module:
    """Leave exactly the named parts trainable, in place, and return the network; chapter `freeze`.

    Shapes:
        but: names of modules or parameters, "head" or ["conv4", "head"]; without it nothing is left trainable.
        What is frozen has requires_grad=False. Its batch norms stay in evaluation mode, whatever net.train() says, so
        that their running statistics are neither used up by new images nor replaced by those of a batch.
    Raises:
        ShapeError: the network has no part of such a name.

    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> [name for name, p in freeze(net, but="2").named_parameters() if p.requires_grad]
    ['2.weight', '2.bias']
    """
    chosen = part_names(net, but)
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(inside(name, chosen))
    for name, module in net.named_modules():
        if has_statistics(module):
            release(module, net.training) if inside(name, chosen) else hold(module)
    return net


def unfreeze(net: nn.Module, *parts: str) -> nn.Module:
    """Make the named parts trainable again, or all without a name, in place, and return it; chapter `unfreeze`.

    Raises:
        ShapeError: the network has no part of such a name.

    >>> net = freeze(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
    >>> [name for name, p in unfreeze(net, "0").named_parameters() if p.requires_grad]
    ['0.weight', '0.bias']
    """
    chosen = part_names(net, parts) if parts else [""]
    for name, parameter in net.named_parameters():
        if inside(name, chosen):
            parameter.requires_grad_(True)
    for name, module in net.named_modules():
        if has_statistics(module) and inside(name, chosen):
            release(module, net.training)
    return net


def trainable(net: nn.Module) -> int:
    """Return how many numbers a training may change.

    >>> trainable(freeze(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), but="1"))
    8
    """
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


# --- the head -------------------------------------------------------------------------------------------------


def head_name(net: nn.Module) -> str:
    """Return the name of the last layer with weights, which gives the scores.

    Raises:
        ShapeError: the network has no linear or convolution layer inside.

    >>> head_name(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
    '2'
    """
    names = [name for name, module in net.named_modules() if name and isinstance(module, HEADS)]
    if not names:
        came = f"{type(net).__name__} contains no layer with weights"
        raise ShapeError(fault(came, "a network whose last one is linear or a convolution", "nn.Sequential(layer)"))
    return names[-1]


def replace_head(net: nn.Module, classes: int, *, seed: int | None = None) -> nn.Module:
    """Put a new last layer with random weights in the place of the old one, and return it; chapter `replace_head`.

    Shapes:
        (n, ...) -> (n, classes) afterwards. A convolution that gives the scores, as in SqueezeNet, becomes another,
        and so does a batch norm behind it.
        seed: of the new weights; None takes torch's generator as it is.
        Auxiliary heads stay as they are: build such networks with aux_logits=False.
    Raises:
        ShapeError: there is no layer with weights, the scores come from something else behind it, such as the codes of
        LeNet-5, or classes is no positive number.

    >>> replace_head(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), 5, seed=0)[2]
    Linear(in_features=3, out_features=5, bias=True)
    """
    name, classes = head_name(net), whole(classes, "classes", 1)
    old, behind = net.get_submodule(name), layers_behind(net, name)
    like = {"bias": old.bias is not None, "device": old.weight.device, "dtype": old.weight.dtype}
    with seeded(seed):
        if isinstance(old, nn.Linear):
            new = nn.Linear(old.in_features, classes, **like)
        else:
            new = nn.Conv2d(old.in_channels, classes, old.kernel_size, old.stride, old.padding, **like)
    for place, layer in [(name, new), *((place, type(norm)(classes, eps=norm.eps)) for place, norm in behind.items())]:
        parent, _, child = place.rpartition(".")
        setattr(net.get_submodule(parent), child, layer.to(old.weight).train(old.training))
    return net


def layers_behind(net: nn.Module, head: str) -> dict[str, nn.Module]:
    """Return the batch norms behind the head by their names, after a look that nothing else there holds numbers."""
    names = [name for name, _ in net.named_modules()]
    rest = {name: net.get_submodule(name) for name in names[names.index(head) + 1 :]}
    found = {n: m for n, m in rest.items() if [*m.parameters(recurse=False), *m.buffers(recurse=False)]}
    for name, module in found.items():
        if not has_statistics(module):
            came = f"{name} follows the last layer with weights and holds numbers of its own"
            raise ShapeError(fault(came, "a network that ends in such a layer", 'build("lenet5")'))
    return found


# --- features -------------------------------------------------------------------------------------------------


def features(net: nn.Module, x: np.ndarray | torch.Tensor, *, part: str | None = None, batch: int = 256) -> np.ndarray:
    """Return what the network, in evaluation mode, hands to its head, or what a part of it gives; chapter `features`.

    Shapes:
        x: (n, ...) images. Returns (n, d), the input of the last layer with weights; maps are averaged over h and w.
        part: the name of a module, whose output is returned as it is, (n, c, h, w) or (n, d).
    Raises:
        ShapeError: the network has no such part.
    Source:
        Razavian et al. 2014, arXiv:1403.6382.

    >>> net = nn.Sequential(nn.Linear(2, 3, bias=False), nn.ReLU(), nn.Linear(3, 2))
    >>> with torch.no_grad():
    ...     _ = net[0].weight.copy_(torch.tensor([[1.0, 0], [0, 1], [1, 1]]))
    >>> features(net, np.array([[1.0, -1.0]])).tolist(), features(net, np.array([[1.0, -1.0]]), part="0").tolist()
    ([[1.0, 0.0, 0.0]], [[1.0, -1.0, 0.0]])
    """
    module = net.get_submodule(head_name(net) if part is None else part_names(net, part)[0])
    found: list[torch.Tensor] = []
    if part is None:
        hook = module.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    else:
        hook = module.register_forward_hook(lambda _, inputs, output: found.append(output))
    x, modes = inputs_of(x, net), [(m, m.training) for m in net.modules()]
    net.eval()
    try:
        with one_thread(), torch.inference_mode():
            for start in range(0, len(x), whole(batch, "batch", 1)):
                net(x[start : start + batch])
    finally:
        hook.remove()
        for m, training in modes:
            m.training = training
    out = torch.cat(found).cpu()
    return (out.mean(dim=(2, 3)) if part is None and out.ndim == 4 else out).contiguous().numpy()


def linear_probe(x: np.ndarray, y: np.ndarray, *, penalty: float = 1.0, classes: int | None = None) -> nn.Linear:
    """Fit the best linear layer on given features, and return it; chapter `linear_probe`.

    Shapes:
        x: (n, d) features. y: (n,) labels. classes: None for the largest label + 1. Returns Linear(d, classes).
        penalty: of the weights on standardised features. What is minimised is the sum of the cross entropies plus
        penalty / 2 times the sum of the squared weights; it has one minimum, so there is nothing random here.
    Raises:
        ShapeError: x is not (n, d), y does not fit, or the penalty is not positive.
    Source:
        Alain and Bengio 2016, arXiv:1610.01644.

    >>> probe = linear_probe(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    >>> probe, probe(torch.tensor([[-2.0], [3.0]])).argmax(1).tolist()
    (Linear(in_features=1, out_features=2, bias=True), [0, 1])
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or len(y) == 0 or y.dtype.kind not in "iu" or y.min() < 0:
        came = f"x has shape {x.shape} and y {y.shape} of {y.dtype}"
        raise ShapeError(fault(came, "features (n, d) and labels (n,) from 0", "linear_probe(features(net, x), y)"))
    if not between(penalty, "penalty", 0) > 0:
        raise ShapeError(fault(f"penalty={penalty}", "a number above 0", "penalty=1.0"))
    classes = int(y.max()) + 1 if classes is None else whole(classes, "classes", int(y.max()) + 1)
    given, labels = torch.from_numpy(x.astype(np.float64)), torch.from_numpy(y.astype(np.int64))
    mean, deviation = given.mean(dim=0), given.std(dim=0, correction=0)
    deviation[deviation < 1e-12] = 1.0  # a feature that is always the same says nothing
    z = (given - mean) / deviation  # (n, d)
    weight = torch.zeros(classes, x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=500, tolerance_grad=1e-4, tolerance_change=1e-12, line_search_fn="strong_wolfe"
    )

    def objective() -> torch.Tensor:
        solver.zero_grad()
        value = F.cross_entropy(z @ weight.T + bias, labels, reduction="sum") + penalty / 2 * (weight**2).sum()
        value.backward()
        return value

    with one_thread():
        solver.step(objective)
    probe = nn.Linear(x.shape[1], classes)
    with torch.no_grad():
        probe.weight.copy_(weight / deviation)  # so that it takes the features as they are
        probe.bias.copy_(bias - (weight / deviation) @ mean)
    return probe.eval()


# --- learning rates -------------------------------------------------------------------------------------------


def rate_groups(
    net: nn.Module, lr: float, *, decay: float = 1 / 2.6, parts: Collection[str] | None = None
) -> list[dict]:
    """Give the last part the rate lr and each part before it `decay` times that of the next; chapter `rate_groups`.

    Shapes:
        parts: names of modules from the input to the output; None for the children of the network. What belongs to
        none of them counts to the first. Returns groups for `fit(..., groups=...)` or any optimiser of torch, without
        what is frozen.
    Raises:
        ShapeError: there is no such part, nothing is trainable, or a number is outside its range.
    Source:
        Howard and Ruder 2018, arXiv:1801.06146, section 3.2, whose factor is 2.6.

    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> [group["lr"] for group in rate_groups(net, 0.1, decay=0.5)]
    [0.05, 0.1]
    """
    lr, decay = between(lr, "lr", 0), between(decay, "decay", 0, 1)
    names = [name for name, _ in net.named_children()] if parts is None else part_names(net, parts)
    members: dict[str, list[nn.Parameter]] = {name: [] for name in names or [""]}
    weighty = set()  # parts that have parameters at all, frozen ones too: the rate depends on the place alone
    for name, parameter in net.named_parameters():
        home = next((part for part in reversed(members) if inside(name, [part])), next(iter(members)))
        weighty.add(home)
        if parameter.requires_grad:
            members[home].append(parameter)
    places = [name for name in members if name in weighty]
    if not any(members.values()):
        raise ShapeError(fault("all parameters are frozen", "one that may learn", "unfreeze(net)"))
    rates = {name: lr * decay ** (len(places) - 1 - place) for place, name in enumerate(places)}
    return [{"params": members[name], "lr": rates[name]} for name in places if members[name]]


# --- parts ----------------------------------------------------------------------------------------------------


def part_names(net: nn.Module, parts: str | Collection[str]) -> list[str]:
    """Return the names as a list, after a look whether the network has them."""
    names = [parts] if isinstance(parts, str) else list(parts)
    known = {name for name, _ in [*net.named_modules(), *net.named_parameters()]} - {""}
    for name in names:
        if name not in known:
            children = [child for child, _ in net.named_children()]
            raise ShapeError(fault(f"no part is called {name!r}", "a name of net.named_modules()", f"{children[-1:]}"))
    return names


def inside(name: str, parts: Collection[str]) -> bool:
    """Tell whether a name is that of one of the parts or of something in it.

    >>> inside("conv1.0.weight", ["conv1"]), inside("conv10.weight", ["conv1"]), inside("anything", [""])
    (True, False, True)
    """
    return any(part in ("", name) or name.startswith(f"{part}.") for part in parts)


def has_statistics(module: nn.Module) -> bool:
    """Tell whether a layer keeps running statistics, as batch norm does."""
    return getattr(module, "running_mean", None) is not None


def hold(module: nn.Module) -> None:
    """Keep a batch norm in evaluation mode: before each use it goes back to it, whatever net.train() has said."""
    if not hasattr(module, "held"):
        module.held = module.register_forward_pre_hook(rest)
    module.eval()


def release(module: nn.Module, training: bool) -> None:
    """Let a batch norm follow net.train() again."""
    if hasattr(module, "held"):
        module.held.remove()
        del module.held
        module.train(training)


def rest(module: nn.Module, inputs: tuple) -> None:
    """Go into evaluation mode."""
    module.eval()
