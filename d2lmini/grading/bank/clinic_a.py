"""Answers and misconceptions of the set `clinic_a`."""

import numpy as np

from ..exercise import Exercise, Misconception, misread

# --- loss_of_scores(scores, labels) -------------------------------------------------------------------------


def log_softmax(scores, axis=1):
    shifted = scores - scores.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def of_right(values, labels):
    return values[np.arange(len(labels)), labels]  # (n,)


def loss_of_scores(scores, labels):
    return -of_right(log_softmax(scores), labels)


def as_it_came(scores, labels):
    return loss_of_scores(np.exp(log_softmax(scores)), labels)


def overflows(scores, labels):
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        return -np.log(of_right(e / e.sum(axis=1, keepdims=True), labels))


def padded_logarithm(scores, labels):
    return -np.log(of_right(np.exp(log_softmax(scores)), labels) + 1e-12)


def mean_of_the_batch(scores, labels):
    return loss_of_scores(scores, labels).mean()


def of_every_class(scores, labels):
    return -log_softmax(scores)


def over_the_batch(scores, labels):
    return -of_right(log_softmax(scores, axis=0), labels)


def positive(scores, labels):
    return -loss_of_scores(scores, labels)


def without_softmax(scores, labels):
    return -of_right(scores, labels)


def without_logarithm(scores, labels):
    return 1 - np.exp(-loss_of_scores(scores, labels))


def base_two(scores, labels):
    return loss_of_scores(scores, labels) / np.log(2)


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_a",
        "BF",
        wrong=(
            *misread("BF", {
                "A": "First letter: look at the first hundred steps of the loss again, it falls.",
                "C": "First letter: look at the two accuracies again, they climb together and end close to each other.",
                "D": "First letter: look at the loss between the last hundred steps again, it is as flat as a floor.",
                "E": "Second letter: with a small rate everything is slow, and the accuracies need only a hundred steps.",
                "G": "Second letter: with wrong labels the dashed curve, on test letters, could not leave one in ten.",
                "H": "Second letter: look at the training accuracy, a network that is too small would not get there.",
            }),
            Misconception("FB", "The letters are in the other order: first what you see, then what you suspect.", name="FB"),
        ),
        section="training.html#from-scores-to-a-loss",
    ),
    Exercise(
        "loss_of_scores",
        loss_of_scores,
        wrong=(
            Misconception(as_it_came, "This is the loss of the patient: a softmax of a softmax. Scores go through one softmax only."),
            Misconception(overflows, "Right for small scores, but exp overflows for large ones. Subtract the largest score of each row first."),
            Misconception(padded_logarithm, "You added a small number inside the logarithm, which puts a ceiling on the loss. Take the logarithm of the softmax on paper, then nothing can become zero."),
            Misconception(mean_of_the_batch, "You returned the mean of the batch. Here the training loop takes the mean; return one loss an image."),
            Misconception(of_every_class, "You returned minus log p of every class. Only that of the label counts, one number an image."),
            Misconception(over_the_batch, "Your softmax runs over the images of the batch. It runs over the classes, axis 1."),
            Misconception(positive, "The sign is missing: the logarithm of a probability is negative, and a loss is not."),
            Misconception(without_softmax, "You took the score itself for a log-probability. A softmax is needed, once."),
            Misconception(without_logarithm, "You returned one minus the probability. The loss is minus its logarithm."),
            Misconception(base_two, "Your logarithm has base 2. The loss uses the natural one."),
        ),
        section="training.html#from-scores-to-a-loss",
    ),
)  # fmt: skip
