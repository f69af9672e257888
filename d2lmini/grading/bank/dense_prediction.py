"""Answers and misconceptions of the set `dense_prediction`."""

import numpy as np

from ..exercise import Exercise, Misconception

# --- transpose1d(y, w, stride) ------------------------------------------------------------------------------


def transpose1d(y, w, stride):
    x = np.zeros((len(y) - 1) * stride + len(w))
    for i, value in enumerate(y):
        x[i * stride : i * stride + len(w)] += value * w
    return x


def transpose_overwrites(y, w, stride):
    x = np.zeros((len(y) - 1) * stride + len(w))
    for i, value in enumerate(y):
        x[i * stride : i * stride + len(w)] = value * w
    return x


def transpose_flips(y, w, stride):
    return transpose1d(y, w[::-1], stride)


def transpose_without_stride(y, w, stride):
    return transpose1d(y, w, 1)


def transpose_crops(y, w, stride):
    return transpose1d(y, w, stride)[: len(y) * stride]


def transpose_averages(y, w, stride):
    return transpose1d(y, w, stride) / transpose1d(np.ones(len(y)), np.ones(len(w)), stride).clip(1)


def transpose_convolves(y, w, stride):
    return np.correlate(y, w, "valid")[::stride]


def transpose_repeats(y, w, stride):
    return np.convolve(np.repeat(y, stride), w)


def transpose_zeros_at_the_end(y, w, stride):
    return np.append(transpose1d(y, w, stride), np.zeros(stride - 1))


# --- mean_iou(predicted, labels, classes) -------------------------------------------------------------------


def areas(predicted, labels, classes):
    """Intersection, union, and the two areas of each class."""
    both = np.array([((predicted == k) & (labels == k)).sum() for k in range(classes)])
    found, there = (np.array([(a == k).sum() for k in range(classes)]) for a in (predicted, labels))
    return both, found + there - both, found, there


def mean_iou(predicted, labels, classes):
    both, either, _, _ = areas(predicted, labels, classes)
    return float((both[either > 0] / either[either > 0]).mean())


def iou_is_accuracy(predicted, labels, classes):
    return float((predicted == labels).mean())


def iou_is_dice(predicted, labels, classes):
    both, either, _, _ = areas(predicted, labels, classes)
    there = either > 0
    return float((2 * both[there] / (both + either)[there]).mean())


def iou_absent_is_zero(predicted, labels, classes):
    both, either, _, _ = areas(predicted, labels, classes)
    return float((both / either.clip(1)).mean())


def iou_absent_is_one(predicted, labels, classes):
    both, either, _, _ = areas(predicted, labels, classes)
    return float(np.where(either > 0, both / either.clip(1), 1.0).mean())


def iou_of_the_true_classes(predicted, labels, classes):
    both, either, _, there = areas(predicted, labels, classes)
    return float((both[there > 0] / either[there > 0]).mean())


def iou_without_ground(predicted, labels, classes):
    both, either, _, _ = areas(predicted, labels, classes)
    there = either > 0
    there[0] = False
    return float((both[there] / either[there]).mean()) if there.any() else 0.0


def iou_is_recall(predicted, labels, classes):
    both, _, _, there = areas(predicted, labels, classes)
    return float((both[there > 0] / there[there > 0]).mean())


def iou_is_precision(predicted, labels, classes):
    both, _, found, _ = areas(predicted, labels, classes)
    return float((both[found > 0] / found[found > 0]).mean())


def iou_of_each_image(predicted, labels, classes):
    return float(np.mean([mean_iou(p[None], y[None], classes) for p, y in zip(predicted, labels, strict=True)]))


def iou_of_all_pixels(predicted, labels, classes):
    both, either, _, _ = areas(predicted, labels, classes)
    return float(both.sum() / either.sum())


# --- unet_sizes(n, levels, padded) --------------------------------------------------------------------------


def unet_sizes(n, levels, padded):
    return walk(n, levels, padded)


def walk(n, levels, padded, *, lost=4, lost_up=4, round_up=None, crop=True, poolings=-1, copy=False, pooled=False):
    """The sizes behind each unit, with any of the mistakes."""
    lost, lost_up = (0, 0) if padded else (lost, lost_up)
    round_up = padded if round_up is None else round_up
    down = []
    for level in range(levels):
        n -= lost
        down.append(n)
        if level < levels + poolings:
            n = -(-n // 2) if round_up else n // 2
            if pooled:
                down[-1] = n
    up = []
    for fine in down[-2::-1]:
        n = 2 * n
        if (padded and crop) or copy:
            n = fine
        n -= lost_up
        up.append(n)
    return (*down, *up)


def sizes_lose_one_pixel_a_layer(n, levels, padded):
    return walk(n, levels, padded, lost=2, lost_up=2)


def sizes_lose_nothing_on_the_way_up(n, levels, padded):
    return walk(n, levels, padded, lost_up=0)


def sizes_round_the_wrong_way(n, levels, padded):
    return walk(n, levels, padded, round_up=not padded)


def sizes_always_round_down(n, levels, padded):
    return walk(n, levels, padded, round_up=False, crop=False)


def sizes_not_cropped(n, levels, padded):
    return walk(n, levels, padded, crop=False)


def sizes_of_the_left_on_the_right(n, levels, padded):
    return walk(n, levels, padded, copy=True)


def sizes_behind_the_poolings(n, levels, padded):
    return walk(n, levels, padded, pooled=True)


def sizes_never_padded(n, levels, padded):
    return walk(n, levels, False)


def sizes_always_padded(n, levels, padded):
    return walk(n, levels, True)


# --- build_unet(channels, classes, width): a network; torch is imported when one is built -------------------


def build_unet(channels, classes, width):
    return small_unet(channels, classes, width)


def small_unet(
    channels, classes, width, *, order=("fine", "back"), add=False, skip=True, mean=False, ceil=True, relu=True,
    relu_up=False, last=(), early=False, resize=False,
):  # fmt: skip
    """The U-Net of two levels, with any of its mistakes."""
    import torch
    from torch import nn
    from torch.nn.functional import interpolate

    def unit(c_in, c_out, final=True):
        return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(), nn.Conv2d(c_out, c_out, 3, padding=1),
                             *[nn.ReLU()] * final)  # fmt: skip

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.bottom = unit(channels, width), unit(width, 2 * width)
            self.pool = (nn.AvgPool2d if mean else nn.MaxPool2d)(2, ceil_mode=ceil)
            self.up = nn.ConvTranspose2d(2 * width, width, 2, 2)
            self.right = unit(2 * width if skip and not add else width, width, relu)
            self.head = nn.Sequential(nn.Conv2d(width, classes, 1), *last)

        def forward(self, x):
            fine = self.left(x)
            back = self.up(self.bottom(self.pool(fine)))
            if early:
                fine = torch.relu(self.left[0](x))
            h, w = fine.shape[2:]
            back = interpolate(back, size=(h, w), mode="bilinear") if resize or not ceil else back[:, :, :h, :w]
            back = torch.relu(back) if relu_up else back
            maps = {"fine": fine, "back": back, "nothing": torch.zeros_like(fine)}
            if add:
                return self.head(self.right(fine + back))
            return self.head(self.right(torch.cat([maps[name] for name in order], dim=1) if skip else back))

    return Net()


def unet_below_first(channels, classes, width):
    return small_unet(channels, classes, width, order=("back", "fine"))


def unet_adds(channels, classes, width):
    return small_unet(channels, classes, width, add=True)


def unet_without_skip(channels, classes, width):
    return small_unet(channels, classes, width, skip=False)


def unet_hands_itself_across(channels, classes, width):
    return small_unet(channels, classes, width, order=("back", "back"))


def unet_hands_first_layer_across(channels, classes, width):
    return small_unet(channels, classes, width, early=True)


def unet_mean_pooling(channels, classes, width):
    return small_unet(channels, classes, width, mean=True)


def unet_rounds_down(channels, classes, width):
    return small_unet(channels, classes, width, ceil=False)


def unet_squeezes(channels, classes, width):
    return small_unet(channels, classes, width, resize=True)


def unet_last_unit_without_relu(channels, classes, width):
    return small_unet(channels, classes, width, relu=False)


def unet_rectifies_the_way_up(channels, classes, width):
    return small_unet(channels, classes, width, relu_up=True)


def unet_with_softmax(channels, classes, width):
    from torch import nn

    return small_unet(channels, classes, width, last=[nn.Softmax(dim=1)])


EXERCISES = (
    Exercise(
        "transpose1d",
        transpose1d,
        wrong=(
            Misconception(transpose_overwrites, "Where copies overlap, yours keeps the last one. They add up."),
            Misconception(transpose_flips, "Your copies of the kernel are mirrored. The transposed matrix lays the kernel down as it is."),
            Misconception(transpose_without_stride, "Your copies lie one place apart. They lie `stride` places apart."),
            Misconception(transpose_crops, "You have cut the result to stride times the length. The last copy sticks out beyond that."),
            Misconception(transpose_averages, "You have divided by the number of copies at each place. They add up, and that is where the checkerboard comes from."),
            Misconception(transpose_convolves, "This is the convolution with a stride, which makes the signal shorter. Its transpose makes it longer."),
            Misconception(transpose_repeats, "You have repeated each value and convolved. A transposed convolution puts one copy of the kernel for each value."),
            Misconception(transpose_zeros_at_the_end, "You have zeros behind the last value too. Between two values there are stride − 1 of them, behind the last none."),
        ),
        section="dense_prediction.html#transposed-convolution-learn-the-kernel",
    ),
    Exercise(
        "mean_iou",
        mean_iou,
        wrong=(
            Misconception(iou_is_accuracy, "This is the share of right pixels. IoU divides by the union of two areas, class by class."),
            Misconception(iou_is_dice, "This is Dice: twice the intersection over the sum of both areas. IoU divides by the union."),
            Misconception(iou_absent_is_zero, "A class that is in neither map counts as 0 in your mean. It is left out."),
            Misconception(iou_absent_is_one, "A class that is in neither map counts as 1 in your mean. It is left out."),
            Misconception(iou_of_the_true_classes, "You have left out classes that were predicted and are not there. They have a union, and an IoU of 0."),
            Misconception(iou_without_ground, "You have left out class 0. Ground is a class like any other."),
            Misconception(iou_is_recall, "You divide by the true area alone. Who calls everything class k would be perfect."),
            Misconception(iou_is_precision, "You divide by the predicted area alone. Who finds a single pixel would be perfect."),
            Misconception(iou_of_each_image, "You have taken the mean over images. Here the pixels of all images are counted together."),
            Misconception(iou_of_all_pixels, "You have added intersections and unions over the classes before dividing. Divide for each class, then take the mean."),
        ),
        section="dense_prediction.html#iou",
    ),
    Exercise(
        "unet_sizes",
        unet_sizes,
        wrong=(
            Misconception(sizes_lose_one_pixel_a_layer, "Your units lose two pixels in all. An unpadded 3 × 3 convolution takes one on each side, and a unit has two of them."),
            Misconception(sizes_lose_nothing_on_the_way_up, "The units on the way up have two unpadded convolutions as well."),
            Misconception(sizes_round_the_wrong_way, "Look at odd sizes: padded networks here round up when they pool, the unpadded one rounds down."),
            Misconception(sizes_always_round_down, "You round down when you pool. The padded network rounds up, so that no pixel is lost."),
            Misconception(sizes_not_cropped, "Twice the smaller size may be one pixel more than the map on the left. The padded network crops it."),
            Misconception(sizes_of_the_left_on_the_right, "You have given the maps on the right the sizes of those on the left. Without padding they are smaller."),
            Misconception(sizes_behind_the_poolings, "These are sizes behind the poolings. Asked is what leaves the units, before it is pooled."),
            Misconception(sizes_never_padded, "You have taken off pixels where convolutions are padded."),
            Misconception(sizes_always_padded, "Without padding a unit takes four pixels off, and poolings round down."),
        ),
        section="dense_prediction.html#the-network-of-the-paper-from-572-to-388",
    ),
    Exercise(
        "build_unet",
        build_unet,
        wrong=(
            Misconception(unet_below_first, "You have laid what comes from below in front. The maps from the left come first."),
            Misconception(unet_adds, "You have added the two maps, as a residual block does. A U-Net lays them one behind the other."),
            Misconception(unet_without_skip, "Nothing leads across: this is an encoder-decoder. The unit on the right reads the maps from the left as well."),
            Misconception(unet_hands_itself_across, "You have laid what comes from below beside itself. The other half comes from the left."),
            Misconception(unet_hands_first_layer_across, "You hand the output of the first convolution across. The bridge starts behind the whole unit."),
            Misconception(unet_mean_pooling, "You pool with the mean. The task says maximum."),
            Misconception(unet_rounds_down, "Your pooling rounds down and loses the last row of an odd image. It should round up: ceil_mode=True."),
            Misconception(unet_squeezes, "You have resized the map that comes up. It is cropped: the last row and column are dropped where they are too many."),
            Misconception(unet_last_unit_without_relu, "A RELU is missing behind the last 3 × 3 convolution. Only the 1 × 1 convolution has none."),
            Misconception(unet_rectifies_the_way_up, "There is a RELU behind your transposed convolution. Only the 3 × 3 convolutions have one."),
            Misconception(unet_with_softmax, "You applied a softmax at the end. In PyTorch it is part of the loss: the network gives scores."),
        ),
        section="dense_prediction.html#unet",
    ),
)  # fmt: skip
