"""Answers and misconceptions of the set `clinic_e`."""

from ..exercise import Exercise, Misconception, misread

# --- channels_first(images) ---------------------------------------------------------------------------------


def channels_first(images):
    return images.transpose(0, 3, 1, 2)


def as_it_came(images):
    n, h, w, c = images.shape
    return images.reshape(n, c, h, w)


def rows_and_columns_swapped(images):
    return images.transpose(0, 3, 2, 1)


def reshaped_after_swap(images):
    n, h, w, c = images.shape
    return images.transpose(0, 2, 1, 3).reshape(n, c, h, w)


def the_way_back(images):
    return images.transpose(0, 2, 3, 1)


def all_axes_reversed(images):
    return images.T


def channels_before_images(images):
    return images.transpose(3, 0, 1, 2)


def colours_reversed(images):
    return channels_first(images)[:, ::-1]


def upside_down(images):
    return channels_first(images)[:, :, ::-1]


def one_grey_plane(images):
    return images.mean(axis=3)[:, None]


def unchanged(images):
    return images


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_e",
        "BE",
        wrong=(
            *misread("BE", {
                "A": "First letter: look at the loss again, it does fall, though slowly.",
                "C": "First letter: look at the training accuracy again, only half of what it trained with is known.",
                "D": "First letter: look at the two accuracies again, the test accuracy is the lower one.",
                "F": "Second letter: with labels of other images the test accuracy could not leave one in five, and it does.",
                "G": "Second letter: a leak makes the test accuracy good, and it is poor.",
                "H": "Second letter: units that are dead do not learn at all, and the loss on the left does fall.",
            }),
            Misconception("EB", "The letters are in the other order: first what you see, then what you suspect.", name="EB"),
        ),
        section="conv_layer.html#the-order-of-the-axes",
    ),
    Exercise(
        "channels_first",
        channels_first,
        wrong=(
            Misconception(as_it_came, "This is what the patient does: reshape keeps the numbers in their order in memory and deals them out anew. The axes have to change places."),
            Misconception(rows_and_columns_swapped, "The channels are in front, but rows and columns have changed places as well: the pictures lie on their side."),
            Misconception(reshaped_after_swap, "The last step is still a reshape, which deals the numbers out in their order in memory. A transposition alone does it."),
            Misconception(the_way_back, "This is the way back, from channels first to channels last."),
            Misconception(all_axes_reversed, "All four axes are reversed. The images stay the first axis."),
            Misconception(channels_before_images, "You put the channels before the images. The axes asked for are n, c, h, w."),
            Misconception(colours_reversed, "The shape is right, but red and blue have changed places: the channels are in reverse order."),
            Misconception(upside_down, "The shape is right, but the pictures stand on their heads."),
            Misconception(one_grey_plane, "You averaged the channels away. All of them are needed, in front of the rows."),
            Misconception(unchanged, "The axes are as they came. The channels move from the last place to the second."),
        ),
        section="conv_layer.html#the-order-of-the-axes",
    ),
)  # fmt: skip
