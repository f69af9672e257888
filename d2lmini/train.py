"""Training a network, once: batches in an order drawn from a seed, a schedule of learning rates, a history that plots.

Everything random takes a seed, the data stay in memory, and one thread computes: on one machine, the same call gives
the same bits.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import cos, isfinite, pi, sqrt
from statistics import NormalDist

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from d2lmini.data import Images
from d2lmini.errors import ShapeError, fault
from d2lmini.nn import seeded
from d2lmini.ops.check import between, word
from d2lmini.shapes import whole

Data = Images | tuple[np.ndarray | torch.Tensor, np.ndarray | torch.Tensor]

OPTIMISERS = {
    "sgd": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def glide(start: float, end: float, share: float) -> float:
    """Go from start to end along half a cosine as share goes from 0 to 1."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


def one_cycle(step: int, steps: int, *, up: float = 0.3) -> float:
    """Rise from 1/25 to 1 in the share `up` of the steps, then fall to almost nothing, as torch's OneCycleLR."""
    peak, last = up * steps - 1, steps - 1
    if step < peak:
        return glide(1 / 25, 1, step / peak)
    return glide(1, 1 / 25e4, (step - peak) / (last - peak))


SCHEDULES = {  # (step, steps) -> share of the learning rate, step = 0 .. steps - 1
    "constant": lambda step, steps: 1.0,
    "triangular": lambda step, steps: min((step + 1) / (0.3 * steps + 1), (steps - step) / (0.7 * steps)),
    "one_cycle": one_cycle,
    "cosine": lambda step, steps: glide(1, 0, step / steps),
}


@dataclass(repr=False)
class History:
    """What happened in a training: the loss of each step, accuracies in between, the time, and why it ended."""

    loss: list[float] = field(default_factory=list)  # on the batch of each step
    accuracy: list[float] = field(default_factory=list)  # on the validation data
    checks: list[int] = field(default_factory=list)  # the steps after which accuracy was measured
    seconds: float = 0.0  # by the clock
    stopped: str = "the steps are done"

    @property
    def steps(self) -> int:
        return len(self.loss)

    def __repr__(self) -> str:
        return f"History({self.steps} steps, {len(self.checks)} checks, {self.stopped})"

    def plot(self, alt: str = "", *, caption: str = ""):
        """Draw the training loss as a running mean, and the accuracies beside it; returns what `plot.show` returns.

        alt: what a reader who cannot see the figure needs; without it, a sentence that names the curves only.
        """
        from d2lmini import plot  # here, so that training loads no matplotlib

        width = max(1, self.steps // 25)
        total = np.cumsum([0.0, *self.loss])
        smooth = (total[width:] - total[:-width]) / width  # the mean of the last `width` steps
        curves = [("training loss", np.arange(width, self.steps + 1), smooth)]
        if self.checks:
            curves.append(("validation accuracy", np.asarray(self.checks), np.asarray(self.accuracy)))
        fig, axes = plot.panels(len(curves), size=(3.6 * len(curves), 2.6))
        for ax, (name, at, values) in zip(axes, curves, strict=True):
            plot.lines(ax, at, {name: values}, xlabel="step", ylabel=name, markers=len(at) <= 12)
            ax.set_ylim(0, 1.03 if name == "validation accuracy" else None)
        named = " and ".join(name for name, _, _ in curves)
        return plot.show(fig, alt or f"Curves of {named} over {self.steps} steps.", caption)


def fit(
    net: nn.Module, data: Data, *,
    epochs: int | None = None, steps: int | None = None, batch: int = 64, lr: float = 2e-3,
    optimiser: str | Callable = "adam", schedule: str = "one_cycle", seed: int, seconds: float | None = None,
    validation: Data | None = None, loss: Callable = F.cross_entropy, augment: Callable | None = None,
    groups: Sequence[dict] | None = None, progress: bool | None = None,
) -> History:  # fmt: skip
    """Train a network in place and return the history; afterwards it is in evaluation mode.

    Shapes:
        data, validation: Images, or a pair of inputs (n, ...) and labels (n,) or (n, h, w).
        epochs or steps: how long; an epoch is n // batch steps, and what is left over changes with each shuffle.
        lr: the largest learning rate. schedule: "constant", "triangular", "one_cycle", "cosine".
        optimiser: "sgd", "momentum", "adam", "adamw", or a function such as functools.partial(SGD, momentum=0.9).
        seed: of the order of the batches, of dropout and of augment; the first weights are those that net has.
        seconds: by the clock; the training ends after the step in which they are over.
        loss: a function of scores and labels. augment: called as augment(images, rng=rng) with arrays.
        groups: what learns, as torch's optimisers take it, [{"params": [...], "lr": 0.01}, ...]; a group without a
        rate takes lr, and the schedule scales them all. None for every parameter that requires a gradient.
        validation is looked at once an epoch, or ten times in `steps`.
        progress: show a bar; None shows it on a terminal only, so that a notebook keeps no trace of it.
    Raises:
        ShapeError: the data do not fit together or not to the network, nothing may learn, or an option is unknown.
    Source:
        Smith and Topin 2018, arXiv:1708.07120 (one cycle).

    >>> fit(nn.Linear(1, 2), (np.array([[-1.0], [1.0]]), np.array([0, 1])), steps=3, seed=0)
    History(3 steps, 0 checks, the steps are done)
    """
    x, y = tensors(data, net)
    held_out = None if validation is None else tensors(validation, net)
    batch = min(whole(batch, "batch", 1), len(x))
    if (epochs is None) == (steps is None):
        raise ShapeError(fault(f"epochs={epochs} and steps={steps}", "one of the two", "epochs=5"))
    every = len(x) // batch if steps is None else max(1, whole(steps, "steps", 1) // 10)
    total = whole(epochs, "epochs", 1) * every if steps is None else steps
    lr, share = between(lr, "lr", 0), SCHEDULES[word(schedule, "schedule", SCHEDULES)]
    make = optimiser if callable(optimiser) else OPTIMISERS[word(optimiser, "optimiser", OPTIMISERS)]
    order, chance = np.random.default_rng(whole(seed, "seed", 0)).spawn(2)
    begin, history = time.monotonic(), History()
    with one_thread(), seeded(seed), bar(total, progress) as advance:
        check_scores(net, x, y, loss)
        learning = [p for p in net.parameters() if p.requires_grad] if groups is None else list(groups)
        if not learning:
            raise ShapeError(fault("all parameters are frozen", "one that may learn", "transfer.unfreeze(net)"))
        stepper = make(learning, lr=lr)
        peaks = [group["lr"] for group in stepper.param_groups]
        for step, chosen in zip(range(1, total + 1), batches(len(x), batch, order), strict=False):
            net.train()
            for group, peak in zip(stepper.param_groups, peaks, strict=True):
                group["lr"] = peak * share(step - 1, total)
            inputs = x[chosen]
            if augment is not None:
                inputs = tensors((augment(inputs.cpu().numpy(), rng=chance), y[chosen]), net)[0]
            value = loss(net(inputs), y[chosen])
            stepper.zero_grad()
            value.backward()
            stepper.step()
            history.loss.append(value.item())
            history.seconds = time.monotonic() - begin
            over = seconds is not None and history.seconds >= seconds
            broken = not isfinite(history.loss[-1])
            if held_out and (step % every == 0 or step == total or over or broken):
                history.accuracy.append(accuracy(net, held_out))
                history.checks.append(step)
            advance(history.loss[-1])
            if over or broken:
                history.stopped = "the loss is not finite" if broken else "the time is up"
                break
    net.eval()
    return history


def scores(net: nn.Module, images: np.ndarray | torch.Tensor, *, batch: int = 256) -> np.ndarray:
    """Return what the network, in evaluation mode, says of each image: (n, classes), or (n, classes, h, w) of maps."""
    x, was_training = inputs_of(images, net), net.training
    net.eval()
    with one_thread(), torch.inference_mode():
        parts = [net(x[start : start + batch]).cpu() for start in range(0, len(x), whole(batch, "batch", 1))]
    net.train(was_training)
    return torch.cat(parts).numpy()


def predict(net: nn.Module, images: np.ndarray | torch.Tensor, *, batch: int = 256) -> np.ndarray:
    """Return the class with the largest score, (n,) int64, or one a pixel, (n, h, w).

    >>> predict(nn.Identity(), np.array([[0.1, 0.9], [0.8, 0.2]])).tolist()
    [1, 0]
    """
    return scores(net, images, batch=batch).argmax(axis=1)


def accuracy(net: nn.Module, data: Data, *, batch: int = 256) -> float:
    """Return the share of images, or of pixels, whose class the network names.

    Shapes:
        data: Images, or a pair of inputs (n, ...) and labels (n,) or (n, h, w). Returns 0..1.
    Raises:
        ShapeError: inputs and labels do not fit together.

    >>> pick = nn.Flatten()  # two numbers a sample are the scores of two classes
    >>> accuracy(pick, (np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 0])))
    0.5
    """
    x, y = tensors(data, net)
    named, labels = predict(net, x, batch=batch), y.cpu().numpy()
    if named.shape != labels.shape:
        needed = f"one for each prediction, {named.shape}"
        raise ShapeError(fault(f"labels have shape {labels.shape}", needed, f"y.reshape{named.shape}"))
    return float((named == labels).mean())


def top_k_error(scores: np.ndarray, labels: np.ndarray, k: int = 1) -> float:
    """Return the share of images whose label is not among the k largest scores; chapter `top_k_error`.

    Shapes:
        scores: (n, classes). labels: (n,) int. k: 1 .. classes. Returns 0..1.
        A tie counts against the network, and so does a score that is not a number: equal scores name nothing.
    Raises:
        ShapeError: scores and labels do not fit together, or k is outside its range.
    Source:
        Russakovsky et al. 2015, arXiv:1409.0575, section 4.1.

    >>> two = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    >>> top_k_error(two, np.array([0, 1])), top_k_error(two, np.array([0, 1]), k=2)
    (0.5, 0.0)
    """
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or len(labels) == 0:
        came = f"scores have shape {scores.shape} and labels {labels.shape}"
        raise ShapeError(fault(came, "(n, classes) and (n,)", "top_k_error(scores(net, x), y, k=5)"))
    if not 1 <= whole(k, "k", 1) <= scores.shape[1]:
        raise ShapeError(fault(f"k={k}", f"1 to {scores.shape[1]}, the number of classes", "k=1"))
    own = scores[np.arange(len(labels)), labels][:, None]  # (n, 1)
    rank = (~(scores < own)).sum(axis=1)  # (n,): 1 where nothing else is as large
    return float((rank > k).mean())


def binomial_ci(error: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the normal interval around an error that was measured on n images; chapter `binomial_ci`.

    Shapes:
        error: 0..1, a share. n: images. level: between 0 and 1, how often such intervals hold the true error.
        Returns the two ends, kept in 0..1. For a handful of mistakes it is too narrow, and without any it is empty.
    Raises:
        ShapeError: a number is outside its range.
    Source:
        Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286, which also says when not to use it.

    >>> [round(end, 3) for end in binomial_ci(0.1, 900)]  # 1.96 times sqrt(0.1 * 0.9 / 900) = 0.01
    [0.08, 0.12]
    """
    error, n = between(error, "error", 0, 1), whole(n, "n", 1)
    if not 0 < level < 1:
        raise ShapeError(fault(f"level={level}", "a number between 0 and 1", "level=0.95"))
    reach = NormalDist().inv_cdf((1 + level) / 2) * sqrt(error * (1 - error) / n)
    return max(0.0, error - reach), min(1.0, error + reach)


def ensemble(nets: Sequence[nn.Module], images: np.ndarray | torch.Tensor, *, batch: int = 256) -> np.ndarray:
    """Return the mean of what several networks say, as probabilities; chapter `ensemble`.

    Shapes:
        nets: one or more, each (n, ...) -> (n, classes). Returns (n, classes), each row with the sum 1.
    Raises:
        ShapeError: there is no network.
    Source:
        Hansen and Salamon 1990, doi:10.1109/34.58871; averaged as in Krizhevsky et al. 2012, doi:10.1145/3065386.

    >>> ensemble([nn.Identity(), nn.Identity()], np.zeros((1, 4))).tolist()  # equal scores, equal probabilities
    [[0.25, 0.25, 0.25, 0.25]]
    """
    if len(nets) == 0:
        raise ShapeError(fault("no network", "one or more", "ensemble([net, other], images)"))
    each = [torch.from_numpy(scores(net, images, batch=batch)).softmax(dim=1) for net in nets]
    return torch.stack(each).mean(dim=0).numpy()  # (n, classes)


# --- parts ----------------------------------------------------------------------------------------------------


def inputs_of(images: np.ndarray | torch.Tensor, net: nn.Module) -> torch.Tensor:
    """Return images as a tensor where the network is and of its dtype; channels lie last in memory, which is faster."""
    weight = next(net.parameters(), torch.zeros(0))
    x = torch.as_tensor(images).to(weight.device, weight.dtype)
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


def tensors(data: Data, net: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs and labels as tensors for the network."""
    if not isinstance(data, tuple | list) or len(data) < 2:
        raise ShapeError(fault(f"data is a {type(data).__name__}", "Images or a pair (inputs, labels)", "(x, y)"))
    x, y = inputs_of(data[0], net), torch.as_tensor(data[1])
    if len(x) != len(y) or len(x) == 0:
        raise ShapeError(fault(f"{len(x)} inputs and {len(y)} labels", "as many of both, at least one", "(x, y)"))
    return x, y.to(x.device, torch.float32 if y.is_floating_point() else torch.int64)


def check_scores(net: nn.Module, x: torch.Tensor, y: torch.Tensor, loss: Callable) -> None:
    """Try the network on one input, so that a wrong shape is named before the training begins."""
    try:
        out = scores(net, x[:1])
    except RuntimeError as error:
        shape = tuple(x.shape[1:])
        came = f"the network does not take inputs of {shape} ({str(error).splitlines()[0]})"
        raise ShapeError(fault(came, "inputs of the shape it was built for", f"flex_cnn(spec, {shape})")) from None
    if loss is F.cross_entropy and not y.is_floating_point() and (out.ndim < 2 or int(y.max()) >= out.shape[1]):
        came = f"labels up to {int(y.max())} and scores of shape {out.shape}"
        raise ShapeError(fault(came, "one score a class, (n, classes)", f"a last layer of {int(y.max()) + 1} outputs"))


def batches(n: int, batch: int, rng: np.random.Generator) -> Iterator[torch.Tensor]:
    """Give the numbers of the samples of one batch after another, for ever; each epoch has its own order."""
    while True:
        order = torch.from_numpy(rng.permutation(n))
        yield from order[: n - n % batch].split(batch)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread inside the block: on small networks it is faster, and the sums are always the same."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def bar(total: int, progress: bool | None) -> Iterator[Callable[[float], None]]:
    """Show a progress bar with the last loss; what it gives is called after each step."""
    if not (sys.stderr.isatty() if progress is None else progress):
        yield lambda loss: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("training", total=total)
        yield lambda loss: shown.update(task, advance=1, description=f"loss {loss:.3f}")
