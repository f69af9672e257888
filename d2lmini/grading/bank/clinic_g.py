"""Answers and misconceptions of the set `clinic_g`."""

import numpy as np

from ..exercise import Exercise, Misconception, misread

# --- first_weights(draws) -----------------------------------------------------------------------------------


def fans(draws):
    """The numbers that one output reads, and the outputs that read one number."""
    window = draws[0, 0].size
    return draws.shape[1] * window, draws.shape[0] * window


def zeros(draws):
    return np.zeros(len(draws))


def first_weights(draws):
    return draws * np.sqrt(2 / fans(draws)[0]), zeros(draws)


def as_it_came(draws):
    return 0.01 * draws, np.full(len(draws), -0.5)


def weights_still_small(draws):
    return 0.01 * draws, zeros(draws)


def biases_still_negative(draws):
    return first_weights(draws)[0], np.full(len(draws), -0.5)


def biases_a_little_positive(draws):
    return first_weights(draws)[0], np.full(len(draws), 0.01)


def without_the_two(draws):
    return draws * np.sqrt(1 / fans(draws)[0]), zeros(draws)


def by_outputs(draws):
    return draws * np.sqrt(2 / fans(draws)[1]), zeros(draws)


def by_inputs_and_outputs(draws):
    return draws * np.sqrt(2 / sum(fans(draws))), zeros(draws)


def variance_as_factor(draws):
    return draws * 2 / fans(draws)[0], zeros(draws)


def window_forgotten(draws):
    return draws * np.sqrt(2 / draws.shape[1]), zeros(draws)


def draws_as_they_are(draws):
    return draws.copy(), zeros(draws)


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_g",
        "AF",
        wrong=(
            *misread("AF", {
                "B": "First letter: look at the training accuracy again, it is as low as the test accuracy.",
                "C": "First letter: look at the left end of the loss again, it starts where it ends.",
                "D": "First letter: look at the loss again, it neither jumps nor rises.",
                "E": "Second letter: the curve of the silent units does not fit, for letters without order would still wake some of them.",
                "G": "Second letter: the mode of the network touches the test curve only, and the loss on the left is as flat.",
                "H": "Second letter: a small network learns a little, and this one, whose silent units are all there are, nothing.",
            }),
            Misconception("FA", "The letters are in the other order: first what you see, then what you suspect.", name="FA"),
        ),
        section="conv_layer.html#where-the-weights-start",
    ),
    Exercise(
        "first_weights",
        first_weights,
        wrong=(
            Misconception(as_it_came, "This is the start of the patient: tiny weights below a bias of minus a half. No sum comes above zero, RELU cuts it off, and no gradient comes back."),
            Misconception(weights_still_small, "The biases are right. With weights that small the signal still shrinks from layer to layer: use the spread of the task."),
            Misconception(biases_still_negative, "The weights are right. The biases are still negative and keep units below zero; the task asks for zeros."),
            Misconception(biases_a_little_positive, "The weights are right. A small positive bias is an old remedy; with the right spread it is not needed, and zeros are asked."),
            Misconception(without_the_two, "The factor 2 is missing under the root. RELU throws away half of the power, and He's rule gives it back."),
            Misconception(by_outputs, "You divided by the fan out. What keeps the signal at its size is the number of inputs that one unit adds up."),
            Misconception(by_inputs_and_outputs, "You divided by fan in plus fan out, which is Glorot's rule. He's rule, for RELU, has the fan in alone."),
            Misconception(variance_as_factor, "You multiplied by the variance. Draws of spread 1 are multiplied by the standard deviation, its root."),
            Misconception(window_forgotten, "You counted the channels and forgot the window. One unit adds up c_in times kh times kw inputs."),
            Misconception(draws_as_they_are, "The draws are as they came, with spread 1. Sums of many inputs grow from layer to layer; scale by the fan in."),
        ),
        section="conv_layer.html#where-the-weights-start",
    ),
)  # fmt: skip
