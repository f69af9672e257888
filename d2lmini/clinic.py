"""The broken network clinic: eight small trainings with one fault each, trained live with the fault or with a cure.

A patient is a training with one step left open, its `part`: a loss, a split, a first weight. `sick` shows the part
that came with the patient, `chart` trains with it and draws the curves, and, given a cure, both courses in one picture.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from d2lmini import plot
from d2lmini.augment import random_affine
from d2lmini.data import glyphs, shapes
from d2lmini.errors import ShapeError, fault
from d2lmini.nn import flex_cnn, seeded
from d2lmini.train import accuracy, fit, one_thread, predict

Curves = dict[str, tuple[list[int], list[float]]]  # name -> (steps, values)
LETTERS = "ABCDEFGHIJ"  # ten classes: a network that knows nothing has the loss log 10 = 2.30
SIDE = 14  # pixels


@dataclass(frozen=True)
class Patient:
    """A training with one step left open, and the faulty step that came with it."""

    letter: str
    name: str
    complaint: str
    part: Callable  # the faulty step; a cure has the same arguments
    course: Callable[[Callable, int], Curves]  # (part, seed) -> what was measured
    seen: str  # the curves in words, for readers who cannot see them


# --- a training that is watched -------------------------------------------------------------------------------


def watched(
    net: nn.Module, data: tuple, looks: dict[str, Callable[[nn.Module], float]], *,
    seed: int, steps: int, loss: Callable = F.cross_entropy, **options,
) -> Curves:  # fmt: skip
    """Train with `fit` and note loss and accuracy of each batch, and what each look finds, eleven times in all."""
    curves: Curves = {name: ([], []) for name in ("training loss", "training accuracy", *looks)}

    def note(name: str, step: int, value: float) -> None:
        curves[name][0].append(step)
        curves[name][1].append(float(value))

    def look(step: int) -> None:
        for name, measure in looks.items():
            note(name, step, measure(net))

    def noted(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        step, value = len(curves["training loss"][0]), loss(scores, labels)
        note("training loss", step, value.item())
        note("training accuracy", step, (scores.argmax(dim=1) == labels).float().mean())
        if step % (steps // 10) == 0:
            look(step)
        return value

    fit(net, data, steps=steps, seed=seed, loss=noted, progress=False, **options)
    look(steps)
    return curves


def on(data: tuple) -> dict[str, Callable[[nn.Module], float]]:
    """The usual look: the accuracy on test data, in evaluation mode."""
    return {"test accuracy": lambda net: accuracy(net, data[:2])}


@cache
def letters(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n letters of ten classes: images (n, 1, 14, 14) in 0..1 and labels (n,)."""
    drawn = glyphs(n, classes=LETTERS, size=SIDE, rng=np.random.default_rng([seed, 1]))
    return drawn.images, drawn.labels


@cache
def figures(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n coloured figures of five classes: images (n, 3, 18, 18) in 0..1 and labels (n,)."""
    drawn = shapes(n, size=18, rng=np.random.default_rng([seed, 2]))
    return drawn.images, drawn.labels


def reader(seed: int) -> nn.Module:
    """A small convolutional network for letters: (n, 1, 14, 14) -> (n, 10)."""
    return flex_cnn([8, "pool", 16, "pool"], (1, SIDE, SIDE), len(LETTERS), seed=seed)


def dense(seed: int) -> nn.Module:
    """A dense network for letters, which learns by heart more easily: (n, 1, 14, 14) -> (n, 10)."""
    with seeded(seed):
        return nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 128), nn.ReLU(), nn.Linear(128, len(LETTERS)))


# --- a --------------------------------------------------------------------------------------------------------


def loss_of_scores(scores, labels):
    """scores (n, k), labels (n,): the loss of each image, (n,)."""
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)  # (n, k)
    e = np.exp(p - p.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)  # (n, k)
    return -np.log(q[np.arange(len(labels)), labels])  # (n,)


class Differentiated(torch.autograd.Function):
    """The mean of a NumPy loss, with its gradient from differences: one class a time, all images at once."""

    @staticmethod
    def forward(ctx, scores, labels, part):
        values, y, step = scores.detach().double().numpy(), labels.numpy(), 1e-4
        losses = np.asarray(part(values.copy(), y.copy()))
        if losses.shape != y.shape:
            raise ShapeError(fault(f"the loss has shape {losses.shape}", f"one loss an image, {y.shape}", "no mean"))
        slopes = np.empty_like(values)
        for k, shift in enumerate(step * np.eye(values.shape[1])):
            slopes[:, k] = (part(values + shift, y.copy()) - part(values - shift, y.copy())) / (2 * step)
        ctx.save_for_backward(torch.from_numpy(slopes / len(y)).to(scores.dtype))
        return scores.new_tensor(losses.mean())

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.saved_tensors[0], None, None


def course_a(part: Callable, seed: int) -> Curves:
    def loss(scores, labels):
        return Differentiated.apply(scores, labels, part)

    looks = on(letters(300, 100 + seed))
    return watched(reader(seed), letters(600, seed), looks, seed=seed, steps=300, lr=5e-3, loss=loss)


# --- b --------------------------------------------------------------------------------------------------------


def small_net(drop):
    """(n, 1, 14, 14) -> (n, 10), with batch normalisation and dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),  # (n, 8, 6, 6)
        nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),  # (n, 16, 2, 2)
        nn.Flatten(), nn.Dropout(drop), nn.Linear(64, 10),
    )  # fmt: skip


def scores_of(weights, images, drop):
    """weights {name: array}, images (n, 1, 14, 14): the scores of a trained network, (n, 10)."""
    net = small_net(drop)
    net.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    with torch.no_grad():
        return net(torch.tensor(images)).numpy()


def course_b(part: Callable, seed: int) -> Curves:
    x, y = letters(60, 100 + seed)

    def asked(net: nn.Module) -> float:
        """One image at a time, as the visitors of a page ask."""
        weights = {name: value.numpy().copy() for name, value in net.state_dict().items()}
        said = [part(weights, x[i : i + 1].copy(), 0.4) for i in range(len(x))]
        return np.mean(np.concatenate(said).argmax(axis=1) == y)

    with seeded(seed):
        net = small_net(0.4)
    looks = {"test accuracy, asked once": asked, "test accuracy, asked again": asked}
    return watched(net, letters(600, seed), looks, seed=seed, steps=300, lr=5e-3)


# --- c --------------------------------------------------------------------------------------------------------


def standardised(training, images):
    """training (m, c, h, w), images (n, c, h, w), both in 0..1: the images as the network gets them."""
    mean, spread = 127.5, 64.0
    return (images - mean) / spread


def course_c(part: Callable, seed: int) -> Curves:
    (x, y), (x_test, y_test) = figures(500, seed), figures(250, 100 + seed)
    x, x_test = (np.asarray(part(x.copy(), images.copy()), np.float32) for images in (x, x_test))
    net = flex_cnn([8, "pool", 16, "pool"], (3, 18, 18), 5, seed=seed)
    return watched(net, (x, y), on((x_test, y_test)), seed=seed, steps=300, lr=4e-3)


# --- d --------------------------------------------------------------------------------------------------------


def shuffled(images, labels, order):
    """images (n, c, h, w), labels (n,), order (n,): the data in that order, images and labels."""
    images = images[order]
    return images, labels


def course_d(part: Callable, seed: int) -> Curves:
    x, y = letters(200, seed)
    x, y = part(x.copy(), y.copy(), np.random.default_rng(seed).permutation(len(x)))
    return watched(dense(seed), (x, y), on(letters(300, 100 + seed)), seed=seed, steps=400, batch=50, lr=5e-3)


# --- e --------------------------------------------------------------------------------------------------------


def channels_first(images):
    """images (n, h, w, c) as a camera stores them: the same as (n, c, h, w), as PyTorch reads them."""
    n, h, w, c = images.shape
    return images.reshape(n, c, h, w)


def course_e(part: Callable, seed: int) -> Curves:
    (x, y), (x_test, y_test) = figures(500, seed), figures(250, 100 + seed)
    x, x_test = (np.ascontiguousarray(part(images.transpose(0, 2, 3, 1).copy())) for images in (x, x_test))
    net = flex_cnn([8, "pool", 16, "pool"], x.shape[1:], 5, seed=seed)
    return watched(net, (x, y), on((x_test, y_test)), seed=seed, steps=300, lr=4e-3)


# --- f --------------------------------------------------------------------------------------------------------


def split_images(original, order, held):
    """Where training images and test images stand.

    original (n,): the number of the original that each image was made from. order (n,): the images in a random order.
    held: the originals that were set aside for the test.
    """
    count = len(original) * len(held) // len(np.unique(original))
    return np.sort(order[count:]), np.sort(order[:count])


def course_f(part: Callable, seed: int) -> Curves:
    rng, originals, copies = np.random.default_rng(seed), 80, 8
    x, y = letters(originals, seed)
    original = np.repeat(np.arange(originals), copies)
    x_new, y_new = letters(300, 100 + seed)
    moves = {"degrees": 6, "shift": 0.04, "scale": 0.05, "shear": 0.05}
    x, y, x_new = random_affine(x[original], rng=rng, **moves), y[original], random_affine(x_new, rng=rng, **moves)
    train, test = part(original.copy(), rng.permutation(len(x)), np.sort(rng.permutation(originals)[:20]))
    looks = on((x[test], y[test])) | {"accuracy on new letters": lambda net: accuracy(net, (x_new, y_new))}
    return watched(dense(seed), (x[train], y[train]), looks, seed=seed, steps=300, lr=5e-3)


# --- g --------------------------------------------------------------------------------------------------------


def first_weights(draws):
    """draws, from N(0, 1), (c_out, c_in, kh, kw) or (c_out, c_in): the first weights and biases of a layer."""
    return 0.01 * draws, np.full(len(draws), -0.5)


def course_g(part: Callable, seed: int) -> Curves:
    rng, net = np.random.default_rng(seed), flex_cnn([8, 8, "pool", 16, 16], (1, SIDE, SIDE), len(LETTERS), seed=seed)
    test = letters(300, 100 + seed)
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            weight, bias = part(rng.standard_normal(layer.weight.shape))
            with torch.no_grad():
                layer.weight.copy_(torch.as_tensor(weight))
                layer.bias.copy_(torch.as_tensor(bias))

    def silent(net: nn.Module) -> float:
        """The share of units of the last map that are zero for every test image."""
        with torch.no_grad():
            return (net[:-2](torch.from_numpy(test[0])) == 0).all(dim=0).float().mean()

    looks = on(test) | {"silent units": silent}
    return watched(net, letters(600, seed), looks, seed=seed, steps=250, lr=3e-3)


# --- h --------------------------------------------------------------------------------------------------------


def build_small_net(classes, groups):
    """(n, 1, 14, 14) -> (n, classes)."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),  # (n, 8, 6, 6)
        nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU(),  # (n, 16, 4, 4)
        nn.Conv2d(16, 32, 3), nn.BatchNorm2d(32), nn.ReLU(),  # (n, 32, 2, 2)
        nn.Flatten(), nn.Linear(128, classes),
    )  # fmt: skip


def lit(data: tuple[np.ndarray, np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same letters, each in a light of its own."""
    rng = np.random.default_rng([seed, 3])
    gain, ground = rng.uniform(0.15, 0.7, (len(data[0]), 1, 1, 1)), rng.uniform(0, 0.3, (len(data[0]), 1, 1, 1))
    return (data[0] * gain + ground).astype(np.float32), data[1]


def course_h(part: Callable, seed: int) -> Curves:
    test = lit(letters(200, 100 + seed), 100 + seed)
    with seeded(seed):
        net = part(len(LETTERS), 4)

    def in_training_mode(net: nn.Module) -> float:
        """One image at a time, as in training; a copy, because the averages of the network move."""
        twin = copy.deepcopy(net).train()
        with torch.no_grad():
            said = [twin(torch.from_numpy(image[None])).argmax().item() for image in test[0]]
        return np.mean(np.array(said) == test[1])

    looks = {"test accuracy, training mode": in_training_mode} | {
        "test accuracy, evaluation mode": lambda net: np.mean(predict(net, test[0]) == test[1])
    }
    return watched(net, lit(letters(600, seed), seed), looks, seed=seed, steps=1000, batch=1, lr=2e-3)


# --- the ward -------------------------------------------------------------------------------------------------

PATIENTS = {
    patient.letter: patient
    for patient in (
        Patient(
            "a", "The reader that is never sure",
            "It reads nearly every letter, but its loss will not go down. Training it for a week changed nothing.",
            loss_of_scores, course_a,
            "Training loss starts at 2.3, falls fast and stays above 1.5. Both accuracies climb above 0.8.",
        ),
        Patient(
            "b", "The reader with two minds",
            "On our page visitors show it one letter at a time. The same letter, sent again, gets another answer.",
            scores_of, course_b,
            "Training loss falls to 0.4, training accuracy reaches almost 0.9. Test accuracy stays near 0.6; the two "
            "test curves, measured on the same images, do not lie on each other.",
        ),
        Patient(
            "c", "The student who never begins",
            "We gave it coloured figures, the constants that everyone uses, and 300 steps. It has learnt nothing.",
            standardised, course_c,
            "Training loss stays at 1.6 from the first step to the last. Both accuracies stay at 0.2, one in five.",
        ),
        Patient(
            "d", "The student who learnt by heart",
            "It knows every training letter, and not one other. We were told to get more data.",
            shuffled, course_d,
            "Training loss falls to almost 0 and training accuracy reaches 1. Test accuracy stays at 0.1, one in ten.",
        ),
        Patient(
            "e", "The camera with bad eyes",
            "The same network is good on the figures of a colleague. On those of our camera it is little but a guess.",
            channels_first, course_e,
            "Training loss falls slowly from 1.6 and stays above 1. Training accuracy climbs to about a half, test "
            "accuracy to about a third.",
        ),
        Patient(
            "f", "The champion",
            "It won our competition: nothing was better on the test set. In use, it earns us letters of complaint.",
            split_images, course_f,
            "Training loss falls almost to 0. Training accuracy and test accuracy both come close to 1; accuracy on "
            "new letters stays far below, at 0.8 or less.",
        ),
        Patient(
            "g", "The quiet one",
            "We wanted the network to start gently. It has not said a word since.",
            first_weights, course_g,
            "Training loss stays at 2.3. Both accuracies stay at 0.1, one in ten. All units are silent all the time.",
        ),
        Patient(
            "h", "The one who works only in class",
            "The images are large, so it was trained with one at a time. It looked good until the day of the test.",
            build_small_net, course_h,
            "Training loss falls unsteadily. Of two curves on the same test images, the one in training mode reaches "
            "almost 0.8, the one in evaluation mode stays near 0.55.",
        ),
    )
}  # fmt: skip


def patient(letter: str) -> Patient:
    """Return the patient of this letter.

    Raises:
        ShapeError: there is none.

    >>> patient("g").name
    'The quiet one'
    """
    if letter not in PATIENTS:
        raise ShapeError(fault(f"patient {letter!r}", f"one of {', '.join(PATIENTS)}", 'chart("a")'))
    return PATIENTS[letter]


def sick(letter: str) -> None:
    """Print the faulty step of a patient, as it stands in this file."""
    print(inspect.getsource(patient(letter).part).rstrip())


def treated(letter: str, cure: Callable | None = None, seed: int = 0) -> Curves:
    """Train a patient and return its curves; with a cure, in place of the faulty step.

    Shapes:
        cure: takes and returns what the faulty step does. Returns {name of a curve: (steps, values)}.
    Raises:
        ShapeError: there is no such patient, or the cure gives another shape than the training needs.
    """
    one = patient(letter)
    if cure is None:
        return as_it_came(letter, seed)
    with one_thread(), seeded(seed):
        return one.course(cure, seed)


@cache
def as_it_came(letter: str, seed: int) -> Curves:
    """The course of a patient without a cure: the same each time, so it is trained once."""
    with one_thread(), seeded(seed):
        return PATIENTS[letter].course(PATIENTS[letter].part, seed)


def chart(letter: str, cure: Callable | None = None, *, seeds: Sequence[int] = (0,)) -> plot.Shown:
    """Train a patient, draw its curves, and with a cure those of both: faint as it came, bold with the cure.

    Shapes:
        cure: the student's function in place of the faulty step; one that is not written yet is left out, and said.
        seeds: one course each. Returns the figure: the loss on the left, shares between 0 and 1 on the right.
    Raises:
        ShapeError: there is no such patient, or the cure gives another shape than the training needs.
    """
    one, before, after = patient(letter), [treated(letter, seed=seed) for seed in seeds], []
    try:
        after = [treated(letter, cure, seed) for seed in seeds] if cure else []
    except NotImplementedError:
        print("The cure is not written yet: these are the curves as the patient came.")
    fig = picture(after or before, behind=before if after else ())
    said = f"Patient {letter}. {one.seen}"
    return plot.show(fig, f"{said} With the cure, bold: {ends(after[0])}." if after else said, one.complaint)


def picture(courses: Sequence[Curves], *, behind: Sequence[Curves] = ()) -> plot.Figure:
    """Draw the loss of each course on the left and its shares on the right; those behind are faint."""
    fig, (left, right) = plot.panels(2, size=(7.0, 3.2))
    for course in behind:
        draw(left, right, course, {"alpha": 0.35, "linewidth": 1.2}, named=False)
    for course in courses:
        draw(left, right, course, {"linewidth": 2.4} if behind else {}, named=course is courses[0])
    left.set(xlabel="step", ylabel="training loss")
    left.set_ylim(0, 1.05 * left.dataLim.ymax)
    right.set(xlabel="step", ylabel="share", ylim=(-0.03, 1.03))
    for ax in (left, right):
        ax.grid(True)
    fig.legend(loc="outside lower center", ncols=3)
    return fig


def draw(left, right, course: Curves, style: dict, *, named: bool) -> None:
    """Draw the curves of one course: what was noted at each step as a mean over the last twentieth of the steps."""
    dashes = iter(("-", (0, (5, 1.6)), (0, (1.4, 1.4))))
    for i, (name, (steps, values)) in enumerate(course.items()):
        at, smooth = running(steps, values)
        if i == 0:
            left.plot(at, smooth, color=plot.CYCLE[0], **style)
        else:
            label = name if named else None
            right.plot(at, smooth, color=plot.CYCLE[i - 1], linestyle=next(dashes), label=label, **style)


def running(steps: Sequence[int], values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the values of the last twentieth of the steps, from where there are so many.

    >>> running(range(40), [1.0] * 40)[1].tolist() == [1.0] * 39
    True
    """
    width, total = max(1, len(values) // 20), np.cumsum([0.0, *values])
    return np.array(steps[width - 1 :]), (total[width:] - total[:-width]) / width


def last(course: Curves, name: str) -> float:
    """Where a curve ends."""
    return float(running(*course[name])[1][-1])


def ends(course: Curves) -> str:
    """Where the curves of a course end, in words."""
    return "; ".join(f"{name} ends at {last(course, name):.1f}" for name in course)
