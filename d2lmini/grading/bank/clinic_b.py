"""Answers and misconceptions of the set `clinic_b`."""

import numpy as np

from ..exercise import Exercise, Misconception, misread

# --- scores_of(weights, images, drop) -----------------------------------------------------------------------


def loaded(weights, drop, names=None):
    """The patient's network in training mode, with its weights."""
    import torch
    from torch import nn

    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(drop), nn.Linear(64, 10),
    )  # fmt: skip
    chosen = {name: torch.tensor(value) for name, value in weights.items() if names is None or names(name)}
    net.load_state_dict(chosen, strict=names is None)
    return net


def said(net, images):
    import torch

    with torch.no_grad():
        return net(torch.tensor(images)).numpy()


def scores_of(weights, images, drop):
    return said(loaded(weights, drop).eval(), images)


def as_it_came(weights, images, drop):
    return said(loaded(weights, drop), images)


def only_dropout_off(weights, images, drop):
    net = loaded(weights, drop)
    net[9].eval()
    return said(net, images)


def one_by_one_in_training_mode(weights, images, drop):
    net = loaded(weights, drop)
    return np.concatenate([said(net, images[i : i + 1]) for i in range(len(images))])


def rehearsed(weights, images, drop):
    net = loaded(weights, drop)
    said(net, images)
    return said(net.eval(), images)


def statistics_not_loaded(weights, images, drop):
    return said(loaded(weights, drop, lambda name: "running" not in name).eval(), images)


def scaled_again(weights, images, drop):
    return scores_of(weights, images, drop) * np.float32(1 - drop)


def probabilities(weights, images, drop):
    e = np.exp(scores_of(weights, images, drop))
    return e / e.sum(axis=1, keepdims=True)


def classes(weights, images, drop):
    return scores_of(weights, images, drop).argmax(axis=1)


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_b",
        "DG",
        wrong=(
            *misread("DG", {
                "A": "First letter: look at the loss again, it falls from 2.5 to below a half.",
                "B": "First letter: the loss is still falling when the training ends, and it is no higher than the training accuracy explains.",
                "C": "First letter: look at the first test curve again, it climbs far above one in ten, so something was learnt for new letters too.",
                "E": "Second letter: learning by heart would explain a low test curve, but not two test curves on the same letters.",
                "F": "Second letter: the rate is at work in training only, and the two test curves differ at the same step, with the same weights.",
                "H": "Second letter: with wrong labels the test curves could not climb above one in ten.",
            }),
            Misconception("GD", "The letters are in the other order: first what you see, then what you suspect.", name="GD"),
        ),
        section="normalisation.html#norm-running",
    ),
    Exercise(
        "scores_of",
        scores_of,
        wrong=(
            Misconception(as_it_came, "This is what the patient does: the network is still in training mode. Batch normalisation takes its statistics from the images that it is asked about."),
            Misconception(only_dropout_off, "Dropout is off, but batch normalisation still takes its statistics from these images. The whole network changes its mode with one call."),
            Misconception(one_by_one_in_training_mode, "You ask about one image at a time, in training mode, so each is normalised with its own statistics. Those of training are in the weights."),
            Misconception(rehearsed, "The images went through the network once in training mode, and that moved its running statistics. Change the mode before anything goes through."),
            Misconception(statistics_not_loaded, "You loaded the trained parameters and not the running means and variances. Those belong to the weights of batch normalisation too."),
            Misconception(scaled_again, "You multiplied the scores by the share that dropout keeps. PyTorch scales during training, so nothing is left to do."),
            Misconception(probabilities, "You returned probabilities. The scores are asked, without a softmax."),
            Misconception(classes, "You returned the class of each image. The scores are asked, ten an image."),
        ),
        section="normalisation.html#norm-running",
        tol=1e-4,
    ),
)  # fmt: skip
