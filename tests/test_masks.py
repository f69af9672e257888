"""Generated masks: the truth is where the figures are, and each pixel has one class."""

import numpy as np
import pytest

from d2lmini import ShapeError, data
from d2lmini.data.polygons import FIGURES

pytestmark = pytest.mark.filterwarnings("error")


def rng(seed=0):
    return np.random.default_rng(seed)


def test_masks_have_a_label_for_each_pixel():
    drawn = data.masks(20, rng=rng())
    assert drawn.images.shape == (20, 1, 48, 48) and drawn.images.dtype == np.float32
    assert drawn.labels.shape == (20, 48, 48) and drawn.labels.dtype == np.int64
    assert set(np.unique(drawn.labels)) == {0, 1} and drawn.names == ("ground", "figure") and drawn.source == "masks"
    assert 0 <= drawn.images.min() and drawn.images.max() <= 1
    assert all(0.02 < share < 0.6 for share in drawn.labels.mean(axis=(1, 2)))
    assert data.masks(3, size=31, rng=rng()).labels.shape == (3, 31, 31)


def test_masks_tell_the_kinds_apart_on_the_same_images():
    two, six = data.masks(30, rng=rng()), data.masks(30, rng=rng(), apart=True)
    np.testing.assert_array_equal(two.images, six.images, strict=True)
    np.testing.assert_array_equal(two.labels, np.minimum(six.labels, 1), strict=True)
    assert six.names == ("ground", *FIGURES) and set(np.unique(six.labels)) == set(range(6))


def test_masks_are_where_the_image_is_brighter():
    drawn = data.masks(40, rng=rng(), noise=0)
    for image, labels in zip(drawn.images[:, 0], drawn.labels, strict=True):
        assert image[labels == 1].mean() - image[labels == 0].mean() > 0.2


def test_masks_follow_their_generator_and_move_it_on():
    draw = rng(3)
    first, second, again = data.masks(4, rng=draw), data.masks(4, rng=draw), data.masks(4, rng=rng(3))
    np.testing.assert_array_equal(first.images, again.images, strict=True)
    np.testing.assert_array_equal(first.labels, again.labels, strict=True)
    assert (first.labels != second.labels).any()


def test_a_threshold_does_not_find_the_masks():
    """Ground and figures share their grey levels; the best threshold for all images leaves much to learn."""
    drawn = data.masks(100, rng=rng())
    best = max(((drawn.images[:, 0] > t) == drawn.labels).mean() for t in np.linspace(0, 1, 51))
    assert 0.85 < best < 0.92


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n=0; needed: an integer >= 1"),
        ({"size": 11}, "size=11; needed: an integer >= 12"),
        ({"figures": 0}, "figures=0"),
        ({"contrast": 0.6}, "contrast=0.6; needed: a number from 0 to 0.5"),
        ({"rng": 7}, "rng=7; needed: a NumPy generator"),
    ],
)
def test_masks_refuse(options, message):
    with pytest.raises(ShapeError, match=message):
        data.masks(**({"n": 2, "rng": rng()} | options))
