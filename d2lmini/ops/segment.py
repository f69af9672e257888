"""Maps made large again, and how well a map of classes fits the truth: unpooling, overlap, accuracy at the borders."""

from __future__ import annotations

import numpy as np

from d2lmini.errors import ShapeError, fault
from d2lmini.ops.pooling import regions
from d2lmini.shapes import Pair, numeric, whole

# --- the way up -----------------------------------------------------------------------------------------------


def max_unpool2d(
    y: np.ndarray, x: np.ndarray, kernel: Pair, *, stride: Pair | None = None, padding: Pair = 0
) -> np.ndarray:
    """Put each value where the maximum of its window was, and zeros elsewhere; chapter `max_unpool2d`.

    Shapes:
        x: (n, c, h, w), the map that was pooled. y: (n, c, h', w'), as `pool2d(x, kernel, mode="max")` has it.
        kernel, stride, padding: those of the pooling. Returns (n, c, h, w) in the dtype of y.
        Of equal maxima the first counts. Where windows overlap and share a maximum, the last window's value stays.
    Raises:
        ShapeError: x is refused by `pool2d`, or y has not the shape of its output.
    Source:
        Zeiler and Fergus 2014, arXiv:1311.2901, section 2.1; equals torch.nn.functional.max_unpool2d.

    >>> x = np.array([[[[1, 5, 2, 0], [3, 4, 0, 6]]]])
    >>> max_unpool2d(np.array([[[[10, 20]]]]), x, 2)[0, 0].tolist()
    [[0, 10, 0, 0], [0, 0, 0, 20]]
    """
    views, win = regions(x, kernel, stride, padding, "max")  # (n, c, h', w', kh, kw)
    n, c, h, w = np.shape(x)
    y = numeric(y, "y", "nchw")
    if y.shape != (n, c, *win.out):
        needed = f"the shape of the pooled map, {(n, c, *win.out)}"
        raise ShapeError(fault(f"y has shape {y.shape}", needed, "pool2d(x, kernel)"))
    place = views.reshape(*views.shape[:4], -1).argmax(axis=-1)  # (n, c, h', w'), counted in each window
    (ph, pw), (sh, sw) = win.padding, win.stride
    row = np.arange(win.out[0])[:, None] * sh + place // win.kernel[1]  # in the padded map
    column = np.arange(win.out[1]) * sw + place % win.kernel[1]
    large = np.zeros((n, c, h + 2 * ph, w + 2 * pw), y.dtype)
    image, channel = np.arange(n)[:, None, None, None], np.arange(c)[:, None, None]
    large[image, channel, row, column] = y
    return large[:, :, ph : ph + h, pw : pw + w].copy()  # (n, c, h, w)


# --- how well classes fit -------------------------------------------------------------------------------------


def class_maps(predicted: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    """Return two maps of class numbers of the same shape (n, h, w)."""
    maps = []
    for name, given in (("predicted", predicted), ("labels", labels)):
        given = numeric(given, name, ("n", "h", "w"))
        if given.dtype.kind not in "biu":
            came, hint = f"{name} has dtype {given.dtype}", f"scores.argmax(axis=1) for {name}"
            raise ShapeError(fault(came, "class numbers, one a pixel", hint))
        maps.append(given.astype(np.int64))
    if maps[0].shape != maps[1].shape:
        came = f"predicted has shape {maps[0].shape} and labels {maps[1].shape}"
        raise ShapeError(fault(came, "the same shape (n, h, w)", "a network whose map is as large as the image"))
    return maps[0], maps[1]


def confusion(predicted: object, labels: object, classes: int) -> np.ndarray:
    """Return how many pixels of class i were called j: (classes, classes), each counted once over all images.

    >>> confusion([[[0, 1, 1]]], [[[0, 0, 1]]], 2).tolist()
    [[1, 1], [0, 1]]
    """
    (predicted, labels), classes = class_maps(predicted, labels), whole(classes, "classes", 1)
    for name, given in (("predicted", predicted), ("labels", labels)):
        if given.min() < 0 or given.max() >= classes:
            came = f"{name} holds classes from {given.min()} to {given.max()}"
            raise ShapeError(fault(came, f"0 to {classes - 1}", f"classes={max(given.max() + 1, 1)}"))
    return np.bincount((classes * labels + predicted).ravel(), minlength=classes**2).reshape(classes, classes)


def mean_of(right: np.ndarray, possible: np.ndarray) -> tuple[np.ndarray, float]:
    """Return right / possible for each class, nan where the class is nowhere, and the mean of the others."""
    each = np.full(len(right), np.nan)
    np.divide(right, possible, out=each, where=possible > 0)
    return each, float(each[possible > 0].mean())


def iou(predicted: np.ndarray, labels: np.ndarray, *, classes: int) -> tuple[np.ndarray, float]:
    """Return intersection over union for each class, and their mean; chapter `iou`.

    Shapes:
        predicted, labels: (n, h, w), class numbers. Returns (classes,) in 0..1, and a number.
        Pixels of all images are counted together. A class that is in neither map is nan and left out of the mean; one
        that is only predicted, or only there, counts as 0. Ground is a class like any other.
    Raises:
        ShapeError: the shapes differ, or a map holds no class numbers or ones outside 0 .. classes - 1.
    Source:
        Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x; Everingham et al. 2010, doi:10.1007/s11263-009-0275-4.

    >>> each, mean = iou([[[0, 1, 1, 1]]], [[[0, 0, 1, 1]]], classes=3)
    >>> each.round(3).tolist(), round(mean, 3)
    ([0.5, 0.667, nan], 0.583)
    """
    table = confusion(predicted, labels, classes)
    both = table.diagonal()
    return mean_of(both, table.sum(axis=0) + table.sum(axis=1) - both)


def dice(predicted: np.ndarray, labels: np.ndarray, *, classes: int) -> tuple[np.ndarray, float]:
    """Return Dice's coefficient for each class, twice the intersection over the sum, and the mean; chapter `dice`.

    Shapes:
        predicted, labels: (n, h, w), class numbers. Returns (classes,) in 0..1, and a number, by the convention of
        `iou`: all images together, absent classes nan and not in the mean. It is 2 iou / (1 + iou) of each class.
    Raises:
        ShapeError: the shapes differ, or a map holds no class numbers or ones outside 0 .. classes - 1.
    Source:
        Dice 1945, doi:10.2307/1932409.

    >>> each, mean = dice([[[0, 1, 1, 1]]], [[[0, 0, 1, 1]]], classes=3)
    >>> each.round(3).tolist(), round(mean, 3)
    ([0.667, 0.8, nan], 0.733)
    """
    table = confusion(predicted, labels, classes)
    return mean_of(2 * table.diagonal(), table.sum(axis=0) + table.sum(axis=1))


def boundary_accuracy(predicted: np.ndarray, labels: np.ndarray, *, width: int = 1) -> float:
    """Return the share of right pixels among those near a border of the truth; chapter `boundary_accuracy`.

    Shapes:
        predicted, labels: (n, h, w), class numbers. Returns 0..1, or nan where no image has a border.
        width: pixels; a pixel is near a border if the square of 2 width + 1 pixels around it holds another class.
    Raises:
        ShapeError: the shapes differ, or a map holds no class numbers, or width is no whole number >= 1.
    Source:
        Csurka, Larlus and Perronnin 2013, doi:10.5244/C.27.32, section 3 (the trimap).

    >>> truth = np.array([[[0, 0, 0, 1, 1, 1]]])
    >>> boundary_accuracy([[[1, 0, 0, 0, 1, 1]]], truth), boundary_accuracy([[[1, 0, 0, 0, 1, 1]]], truth, width=2)
    (0.5, 0.75)
    """
    predicted, labels = class_maps(predicted, labels)
    right = predicted == labels
    near = boundary_band(labels, width)
    return float(right[near].mean()) if near.any() else float("nan")


def boundary_band(labels: np.ndarray, width: int = 1) -> np.ndarray:
    """Return which pixels have another class in the square of 2 width + 1 around them: (n, h, w) of bool.

    >>> boundary_band(np.array([[[0, 0, 0, 1]]])).tolist()
    [[[False, False, True, True]]]
    """
    width = whole(width, "width", 1)
    padded = np.pad(labels, ((0, 0), (width, width), (width, width)), mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, (2 * width + 1,) * 2, axis=(1, 2))  # (n, h, w, ., .)
    return views.min(axis=(3, 4)) != views.max(axis=(3, 4))
