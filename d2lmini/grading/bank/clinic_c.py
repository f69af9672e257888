"""Answers and misconceptions of the set `clinic_c`."""

import numpy as np

from ..exercise import Exercise, Misconception, misread

# --- standardised(training, images) -------------------------------------------------------------------------


def by(known, images, axes=(0, 2, 3)):
    return (images - known.mean(axes, keepdims=True)) / known.std(axes, keepdims=True)


def standardised(training, images):
    return by(training, images)


def as_it_came(training, images):
    return (images - 127.5) / 64.0


def statistics_of_these_images(training, images):
    return by(images, images)


def statistics_of_both(training, images):
    return by(np.concatenate([training, images]), images)


def one_for_all_channels(training, images):
    return by(training, images, (0, 1, 2, 3))


def each_image_its_own(training, images):
    return by(images, images, (2, 3))


def each_pixel_its_own(training, images):
    return by(training, images, (0,))


def divided_by_variance(training, images):
    return (images - training.mean((0, 2, 3), keepdims=True)) / training.var((0, 2, 3), keepdims=True)


def only_centred(training, images):
    return images - training.mean((0, 2, 3), keepdims=True)


def only_divided(training, images):
    return images / training.std((0, 2, 3), keepdims=True)


def divided_by_255_first(training, images):
    return by(training, images / 255)


def constants_scaled_down(training, images):
    return (images - 0.5) / 0.25


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_c",
        "AG",
        wrong=(
            *misread("AG", {
                "B": "First letter: look at the training accuracy again, it is as low as the other one, so nothing is known by heart.",
                "C": "First letter: look at the loss again, it ends where it began, and so it never began to fall.",
                "D": "First letter: look at the last steps of the loss again, it does not rise, it stays where it was.",
                "E": "Second letter: a leaking test set makes the test accuracy too good, and here it is one in five.",
                "F": "Second letter: too long a training shows as a training accuracy far above the other, and both are one in five.",
                "H": "Second letter: the mode of the network touches the test curve only, and the loss on the left is as flat.",
            }),
            Misconception("GA", "The letters are in the other order: first what you see, then what you suspect.", name="GA"),
        ),
        section="training.html#hw-q3-colour",
    ),
    Exercise(
        "standardised",
        standardised,
        wrong=(
            Misconception(as_it_came, "These are the constants of the patient, made for pixels from 0 to 255. These pixels run from 0 to 1: all of them come out at nearly the same number."),
            Misconception(statistics_of_these_images, "You took mean and spread from the images that you were asked about. Test images are treated with the statistics of the training images, or the two get two different maps."),
            Misconception(statistics_of_both, "Your statistics mix training images and the others. What is tested may have no part in them."),
            Misconception(one_for_all_channels, "You took one mean and one spread for all channels. Each channel has its own, over the axes 0, 2 and 3."),
            Misconception(each_image_its_own, "You standardised each image by itself. The constants are the same for all images, and come from the training images."),
            Misconception(each_pixel_its_own, "You took a mean for each pixel. Pixels of a channel share one: also average over the axes 2 and 3."),
            Misconception(divided_by_variance, "You divided by the variance. Its root, the standard deviation, gives a spread of 1."),
            Misconception(only_centred, "You subtracted the mean and did not divide by the standard deviation."),
            Misconception(only_divided, "You divided by the standard deviation and did not subtract the mean."),
            Misconception(divided_by_255_first, "You divided by 255 first. The pixels are in 0 to 1 already."),
            Misconception(constants_scaled_down, "You brought the old constants to the new scale. The task asks for those of the training images, which may be dark or pale."),
        ),
        section="training.html#hw-q3-colour",
    ),
)  # fmt: skip
