"""Answers and misconceptions of the set `clinic_f`."""

import numpy as np

from ..exercise import Exercise, Misconception, misread

# --- split_images(original, order, held) --------------------------------------------------------------------


def split_images(original, order, held):
    test = np.isin(original, held)
    return np.flatnonzero(~test), np.flatnonzero(test)


def as_it_came(original, order, held):
    count = len(original) * len(held) // len(np.unique(original))
    return np.sort(order[count:]), np.sort(order[:count])


def exchanged(original, order, held):
    return split_images(original, order, held)[::-1]


def training_keeps_all(original, order, held):
    return np.arange(len(original)), split_images(original, order, held)[1]


def one_copy_tested(original, order, held):
    test = np.sort([np.flatnonzero(original == number)[0] for number in held])
    return np.setdiff1d(np.arange(len(original)), test), test


def one_copy_kept(original, order, held):
    return split_images(original, order, held)[0], one_copy_tested(original, order, held)[1]


def held_as_places(original, order, held):
    return np.setdiff1d(np.arange(len(original)), held), np.sort(held)


def numbers_of_originals(original, order, held):
    return np.setdiff1d(original, held), np.sort(held)


def as_masks(original, order, held):
    test = np.isin(original, held)
    return ~test, test


def in_random_order(original, order, held):
    test = np.isin(original[order], held)
    return order[~test], order[test]


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_f",
        "DF",
        wrong=(
            *misread("DF", {
                "A": "First letter: look at the loss again, it falls to a tenth of what it was and below.",
                "B": "First letter: look at the dashed curve again, it keeps close to the training accuracy to the end.",
                "C": "First letter: look at the dotted curve again, it lies far below the other two.",
                "E": "Second letter: if it only knew its training images by heart, the dashed curve would be as low as the dotted one.",
                "G": "Second letter: with labels of other images the dotted curve could not climb above one in ten.",
                "H": "Second letter: the wrong mode would spoil both curves that are measured outside training, and the dashed one is excellent.",
            }),
            Misconception("FD", "The letters are in the other order: first what you see, then what you suspect.", name="FD"),
        ),
        section="training.html#hw-q5-augment",
    ),
    Exercise(
        "split_images",
        split_images,
        wrong=(
            Misconception(as_it_came, "This is what the patient does: images are drawn one by one, and copies of one letter fall on both sides. The originals in held decide."),
            Misconception(exchanged, "The two parts are exchanged: training first, then test."),
            Misconception(training_keeps_all, "The test images are also among those for training. What is set aside may not be trained with."),
            Misconception(one_copy_tested, "You test with one copy of each held original and train with its other copies. All copies go to the same side."),
            Misconception(one_copy_kept, "Nothing leaks any more, but you threw away all but one copy of each held original. All copies go into the test."),
            Misconception(held_as_places, "You took the numbers in held for places of images. They are numbers of originals; original says which image was made from which."),
            Misconception(numbers_of_originals, "You returned numbers of originals. The places of the images are asked."),
            Misconception(as_masks, "You returned booleans, one an image. The places where they are true are asked, such as np.flatnonzero gives."),
            Misconception(in_random_order, "The images are on the right sides, in random order. Give the places in increasing order."),
        ),
        section="training.html#hw-q5-augment",
    ),
)  # fmt: skip
