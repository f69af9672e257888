"""Answers and misconceptions of the set `clinic_d`."""

import numpy as np

from ..exercise import Exercise, Misconception, misread

# --- shuffled(images, labels, order) ------------------------------------------------------------------------


def shuffled(images, labels, order):
    return images[order], labels[order]


def as_it_came(images, labels, order):
    return images[order], labels


def labels_only(images, labels, order):
    return images, labels[order]


def labels_put_back(images, labels, order):
    return images[order], labels[np.argsort(order)]


def both_put_back(images, labels, order):
    return shuffled(images, labels, np.argsort(order))


def labels_sorted(images, labels, order):
    return images[order], np.sort(labels)


def order_as_labels(images, labels, order):
    return images[order], order


def backwards(images, labels, order):
    return shuffled(images, labels, order[::-1])


def not_shuffled(images, labels, order):
    return images, labels


def exchanged(images, labels, order):
    return labels[order], images[order]


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_d",
        "CH",
        wrong=(
            *misread("CH", {
                "A": "First letter: look at the loss again, it falls almost to zero.",
                "B": "First letter: look at the dashed curve again, at no step does it rise above the line of pure chance.",
                "D": "First letter: look at the dashed curve again, it does not fall after a peak, it never climbed.",
                "E": "Second letter: a rate that is too large shows on the left, as a loss that jumps or rises.",
                "F": "Second letter: a network that learns too much by heart still knows something of new letters; look how close to one in ten the dashed curve stays.",
                "G": "Second letter: a network that cannot learn would show it in the training accuracy, and that reaches 1.",
            }),
            Misconception("HC", "The letters are in the other order: first what you see, then what you suspect.", name="HC"),
        ),
        section="training.html#the-loop",
    ),
    Exercise(
        "shuffled",
        shuffled,
        wrong=(
            Misconception(as_it_came, "This is what the patient does: the images move and the labels stay. Image and label travel together."),
            Misconception(labels_only, "Now the labels move and the images stay, which tears them apart just as well. Both follow the order."),
            Misconception(labels_put_back, "You moved the labels by the inverse of the order. Image i and label i go to the same place: use the same index for both."),
            Misconception(both_put_back, "Images and labels belong together, but you moved both by the inverse order. Place i of the result holds number order[i]."),
            Misconception(labels_sorted, "You sorted the labels. Each goes where its image goes."),
            Misconception(order_as_labels, "You returned the order in place of the labels in that order."),
            Misconception(backwards, "You went through the order from its end. Place 0 of the result holds number order[0]."),
            Misconception(not_shuffled, "Nothing is shuffled. That keeps image and label together, but the order was asked for."),
            Misconception(exchanged, "The two parts of the result are exchanged: images first, then labels."),
        ),
        section="training.html#the-loop",
    ),
)  # fmt: skip
