"""Weights that were trained elsewhere: from torchvision's files into the same network in this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.error import URLError

import torch
from torch import nn

from d2lmini.errors import DataError, ShapeError, fault

if TYPE_CHECKING:
    from d2lmini.nn.registry import Card


SHARED = ("transform_input", "aux_logits")  # options that are called the same in torchvision


def pair_weights(theirs: Mapping[str, torch.Tensor], ours: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """Pair the names of two state dicts of one network, `{our name: their name}`; chapter `pair_weights`.

    Shapes:
        theirs, ours: `net.state_dict()`, tensors in the order in which the layers were written down, which is that of
        the paper's table. The first tensor of one meets the first of the other, and each pair has one shape.
    Raises:
        ShapeError: a pair has two shapes, or one network has more tensors.

    >>> pair_weights({"fc.weight": torch.zeros(2, 3)}, {"head.weight": torch.ones(2, 3)})
    {'head.weight': 'fc.weight'}
    """
    counted = "num_batches_tracked"  # files from before it was counted lack it
    left, right = ([name for name in state if not name.endswith(counted)] for state in (ours, theirs))
    for a, b in zip(left, right, strict=False):
        if ours[a].shape != theirs[b].shape:
            came = f"{b} has shape {tuple(theirs[b].shape)}"
            needed = f"that of {a}, {tuple(ours[a].shape)}"
            raise ShapeError(fault(came, needed, "the weights of the same network, with as many classes"))
    if len(left) != len(right):
        came = f"{len(right)} tensors of weights"
        raise ShapeError(fault(came, f"{len(left)}", "the weights of the same network"))
    return dict(zip(left, right, strict=True))


def copy_weights(theirs: Mapping[str, torch.Tensor], net: nn.Module) -> nn.Module:
    """Copy the weights of the same network, written elsewhere, into `net` and return it; chapter `copy_weights`.

    Raises:
        ShapeError: as in `pair_weights`; then `net` is as it was.

    >>> copy_weights(nn.Linear(3, 2).state_dict(), nn.Sequential(nn.Linear(3, 2)))[0].out_features
    2
    """
    ours = net.state_dict()
    with torch.no_grad():
        for name, other in pair_weights(theirs, ours).items():
            ours[name].copy_(theirs[other])
    return net


def load_weights(card: Card, weights: str, channels: int, classes: int, options: Mapping[str, object]) -> nn.Module:
    """Build the network of a card with weights that torchvision's own weight API brings.

    Raises:
        DataError: torchvision has no such weights, or their file is not there and cannot be loaded.
        ShapeError: the weights belong to another number of channels or classes.
    """
    from torchvision import models

    library, _, name = card.oracle.partition(":")
    known = list(models.get_model_weights(name).__members__) if library == "torchvision" else []  # DEFAULT comes last
    if weights not in known:
        needed = f"one of {', '.join(known)}" if known else f"nothing, since torchvision has no weights for {card.name}"
        hint = f'build("{card.name}", weights="{known[-1]}")' if known else f'build("{card.name}", seed=0)'
        raise DataError(fault(f"weights={weights!r}", needed, hint))
    if (channels, classes) != (card.channels, card.classes):
        came = f"channels={channels} and classes={classes}"
        needed = f"{card.channels} and {card.classes}, for which these weights were trained"
        raise ShapeError(fault(came, needed, "to build it so, then put a layer of your own in the place of its last"))
    choice = models.get_model_weights(name)[weights]
    shared = {key: options[key] for key in SHARED if key in options}
    try:
        trained = models.get_model(name, weights=choice, **shared)
    except (URLError, OSError, RuntimeError) as error:  # no network, no room, a file that was cut off
        file = choice.url.rpartition("/")[2]
        came = f"the weights {weights} of {name} could not be loaded ({error})"
        needed = f"their file {file} in {torch.hub.get_dir()}/checkpoints"
        code = f"from torchvision import models; models.{name}(weights='{weights}')"
        hint = f'where there is a network: python -c "{code}", then copy the file'
        raise DataError(fault(came, needed, hint)) from None
    takes = {key: getattr(trained, key) for key in SHARED if hasattr(trained, key)}
    return copy_weights(trained.state_dict(), card.builder(channels=channels, classes=classes, **{**options, **takes}))
