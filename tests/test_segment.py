"""Unpooling, IoU, Dice and accuracy at borders, against PyTorch, scikit-learn, SciPy and counting by hand."""

import numpy as np
import pytest
import scipy.ndimage
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score

from d2lmini import ShapeError, boundary_accuracy, dice, iou, max_unpool2d, pool2d, pool2d_backward
from d2lmini.ops.segment import boundary_band, confusion

pytestmark = pytest.mark.filterwarnings("error")


def rng(seed=0):
    return np.random.default_rng(seed)


def maps(seed=0, classes=3, shape=(4, 6, 7)):
    draw = rng(seed)
    return draw.integers(0, classes, shape), draw.integers(0, classes, shape)


# --- unpooling ------------------------------------------------------------------------------------------------


@settings(deadline=None)  # the first call of torch is slow
@given(kernel=st.integers(1, 3), stride=st.integers(1, 3), h=st.integers(3, 8), w=st.integers(3, 8), pad=st.booleans())
def test_max_unpool2d_equals_torch(kernel, stride, h, w, pad):
    x = rng(10 * h + w).standard_normal((2, 3, h, w))
    padding = kernel // 2 if pad else 0
    pooled, places = F.max_pool2d(torch.from_numpy(x), kernel, stride, padding, return_indices=True)
    y = rng(1).standard_normal(pooled.shape)
    expected = np.zeros((2, 3, h * w))  # torch leaves open which value stays where windows share a maximum: the last
    for n, c, i, j in np.ndindex(*pooled.shape):
        expected[n, c, places[n, c, i, j]] = y[n, c, i, j]
    ours = max_unpool2d(y, x, kernel, stride=stride, padding=padding)
    np.testing.assert_array_equal(ours, expected.reshape(x.shape), strict=True)
    if stride >= kernel:
        theirs = F.max_unpool2d(torch.from_numpy(y), places, kernel, stride, padding, output_size=(h, w)).numpy()
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_max_unpool2d_is_the_gradient_of_max_pooling_side_by_side():
    x = rng().standard_normal((2, 3, 7, 9))
    y = pool2d(x, 2)
    np.testing.assert_array_equal(max_unpool2d(y, x, 2), pool2d_backward(y, x, 2), strict=True)


def test_max_unpool2d_refuses_another_shape():
    with pytest.raises(ShapeError, match=r"y has shape \(1, 1, 2, 3\); needed: .* pooled map, \(1, 1, 2, 2\)"):
        max_unpool2d(np.ones((1, 1, 2, 3)), np.ones((1, 1, 4, 4)), 2)


# --- overlap --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("measure", "oracle"), [(iou, jaccard_score), (dice, f1_score)])
@pytest.mark.parametrize("classes", [2, 3, 6])
def test_overlap_equals_scikit_learn(measure, oracle, classes):
    predicted, labels = maps(classes, classes)
    each, mean = measure(predicted, labels, classes=classes)
    expected = oracle(labels.ravel(), predicted.ravel(), average=None)
    np.testing.assert_allclose(each, expected, atol=1e-14, strict=True)
    assert type(mean) is float and mean == pytest.approx(expected.mean(), abs=1e-14)


def test_iou_counts_by_hand():
    each, mean = iou([[[0, 1, 1, 1]]], [[[0, 0, 1, 1]]], classes=2)
    assert each.tolist() == [1 / 2, 2 / 3] and mean == pytest.approx(7 / 12)


@pytest.mark.parametrize("measure", [iou, dice])
def test_iou_and_dice_leave_out_absent_classes_alone(measure):
    predicted, labels = [[[0, 0, 2, 2]]], [[[0, 0, 1, 1]]]
    each, mean = measure(predicted, labels, classes=5)
    np.testing.assert_array_equal(each, [1.0, 0.0, 0.0, np.nan, np.nan])  # missed and invented classes count as 0
    assert mean == pytest.approx(1 / 3)


def test_dice_follows_from_iou():
    predicted, labels = maps(3, 4)
    u = iou(predicted, labels, classes=4)[0]
    np.testing.assert_allclose(dice(predicted, labels, classes=4)[0], 2 * u / (1 + u), atol=1e-14, strict=True)


def test_iou_counts_all_images_together():
    """One image that is right with many pixels outweighs one that is wrong with few."""
    labels = np.ones((2, 4, 4), int)
    labels[1] = 0
    labels[1, 0, 0] = 1
    predicted = labels.copy()
    predicted[1] = 0
    assert iou(predicted, labels, classes=2)[0].tolist() == [15 / 16, 16 / 17]


def test_confusion_has_truth_in_rows():
    predicted, labels = maps(1, 3)
    expected = [[int(((labels == i) & (predicted == j)).sum()) for j in range(3)] for i in range(3)]
    assert confusion(predicted, labels, 3).tolist() == expected


@pytest.mark.parametrize("measure", [iou, dice])
@pytest.mark.parametrize(
    ("predicted", "labels", "message"),
    [
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 2), int), "predicted has dtype float64; needed: class numbers"),
        (np.zeros((1, 2, 2), int), np.zeros((1, 2, 3), int), r"\(1, 2, 2\) and labels \(1, 2, 3\); needed: the same"),
        (np.zeros((2, 2), int), np.zeros((2, 2), int), r"predicted has shape \(2, 2\)"),
        (np.full((1, 2, 2), 2), np.zeros((1, 2, 2), int), "predicted holds classes from 2 to 2; needed: 0 to 1"),
        (np.zeros((1, 2, 2), int), np.full((1, 2, 2), -1), "labels holds classes from -1 to -1"),
    ],
)
def test_overlap_says_what_is_wrong(measure, predicted, labels, message):
    with pytest.raises(ShapeError, match=message):
        measure(predicted, labels, classes=2)


# --- borders --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3])
def test_boundary_accuracy_looks_where_the_neighbours_differ(width):
    labels = rng().integers(0, 2, (3, 12, 11)).repeat(3, axis=1).repeat(3, axis=2)
    predicted = rng(1).integers(0, 2, labels.shape)
    square = (1, 2 * width + 1, 2 * width + 1)
    near = scipy.ndimage.maximum_filter(labels, square) != scipy.ndimage.minimum_filter(labels, square)
    np.testing.assert_array_equal(boundary_band(labels, width), near, strict=True)
    assert boundary_accuracy(predicted, labels, width=width) == (predicted == labels)[near].mean()


def test_boundary_accuracy_sees_nothing_else():
    labels = np.zeros((1, 9, 9), int)
    labels[:, :, 5:] = 1
    far = labels.copy()
    far[:, :, [0, 8]] = 1 - far[:, :, [0, 8]]
    assert boundary_accuracy(far, labels) == 1.0
    near = labels.copy()
    near[:, :, 4] = 1
    assert boundary_accuracy(near, labels) == 0.5
    assert np.isnan(boundary_accuracy(labels[:, :, :4], labels[:, :, :4]))
    with pytest.raises(ShapeError, match="width=0"):
        boundary_accuracy(labels, labels, width=0)
