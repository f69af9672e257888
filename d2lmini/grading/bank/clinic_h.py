"""Answers and misconceptions of the set `clinic_h`."""

from ..exercise import Exercise, Misconception, misread

# --- build_small_net(classes, groups) -----------------------------------------------------------------------


def net_by(classes, norm, *, between=None, last=()):
    """The patient's network; norm(channels) gives its layers of normalisation, between(norm, relu) their order."""
    from torch import nn

    def block(c_in, c_out):
        layers = [norm(c_out), nn.ReLU()] if between is None else between(norm(c_out), nn.ReLU())
        return [nn.Conv2d(c_in, c_out, 3), *layers]

    body = [*block(1, 8), nn.MaxPool2d(2), *block(8, 16), *block(16, 32)]
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(128, classes), *last)


def group_norm(groups, **options):
    from torch import nn

    return lambda channels: nn.GroupNorm(groups, channels, **options)


def build_small_net(classes, groups):
    return net_by(classes, group_norm(groups))


def as_it_came(classes, groups):
    from torch import nn

    return net_by(classes, nn.BatchNorm2d)


def batch_norm_without_averages(classes, groups):
    from torch import nn

    return net_by(classes, lambda channels: nn.BatchNorm2d(channels, track_running_stats=False))


def each_map_alone(classes, groups):
    return net_by(classes, lambda channels: group_norm(channels)(channels))


def all_maps_together(classes, groups):
    return net_by(classes, group_norm(1))


def groups_as_their_size(classes, groups):
    return net_by(classes, lambda channels: group_norm(channels // groups)(channels))


def without_scale_and_shift(classes, groups):
    return net_by(classes, group_norm(groups, affine=False))


def without_normalisation(classes, groups):
    return net_by(classes, group_norm(groups), between=lambda norm, relu: [relu])


def after_relu(classes, groups):
    return net_by(classes, group_norm(groups), between=lambda norm, relu: [relu, norm])


def without_relu(classes, groups):
    return net_by(classes, group_norm(groups), between=lambda norm, relu: [norm])


def one_batch_norm_left(classes, groups):
    from torch import nn

    return net_by(classes, lambda channels: nn.BatchNorm2d(32) if channels == 32 else group_norm(groups)(channels))


def with_softmax(classes, groups):
    from torch import nn

    return net_by(classes, group_norm(groups), last=[nn.Softmax(dim=1)])


# --- the exercises ------------------------------------------------------------------------------------------

EXERCISES = (
    Exercise(
        "reading_h",
        "CE",
        wrong=(
            *misread("CE", {
                "A": "First letter: look at the loss again, it jumps, but it falls.",
                "B": "First letter: look at the curves of the test again, the training accuracy is hardly above the better of them.",
                "D": "First letter: look at the right end of the curves again, no test curve leaves the training accuracy behind it.",
                "F": "Second letter: both test curves come from the same network at the same step, and a rate cannot tell them apart.",
                "G": "Second letter: both test curves are measured on the same images, so more of them would move both.",
                "H": "Second letter: the better of the two test curves shows that the features are good, and the loss does fall.",
            }),
            Misconception("EC", "The letters are in the other order: first what you see, then what you suspect.", name="EC"),
        ),
        section="normalisation.html#batches-of-two",
    ),
    Exercise(
        "build_small_net",
        build_small_net,
        wrong=(
            Misconception(as_it_came, "This is the network of the patient, with batch normalisation. Replace each of its three layers by nn.GroupNorm(groups, channels)."),
            Misconception(one_batch_norm_left, "One batch normalisation is left, the one over 32 channels. All three are replaced."),
            Misconception(batch_norm_without_averages, "Batch normalisation without running averages now depends on the images that it is asked about together. Each image has to be normalised by itself, in groups."),
            Misconception(each_map_alone, "Each map is a group of its own, which is instance normalisation. Use as many groups as the argument says."),
            Misconception(all_maps_together, "All maps are one group, which is layer normalisation. Use as many groups as the argument says."),
            Misconception(groups_as_their_size, "You made groups of so many channels. The argument is the number of groups, and comes first in nn.GroupNorm."),
            Misconception(without_scale_and_shift, "Your normalisations have no scale and shift. Leave affine as it is."),
            Misconception(without_normalisation, "There is no normalisation left. It is to be replaced, not removed."),
            Misconception(after_relu, "The normalisation stands behind the RELU. It stands between convolution and RELU, as before."),
            Misconception(without_relu, "The three RELU are gone. Without them the convolutions are linear maps with a rescaling between."),
            Misconception(with_softmax, "You added a softmax at the end. The network gives scores."),
        ),
        section="normalisation.html#batches-of-two",
    ),
)  # fmt: skip
