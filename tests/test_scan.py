"""Scanning: every window in its place, and nothing assumed about the function that looks at it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from d2lmini import ShapeError, out_size, scan

RNG = np.random.default_rng(0)
IMAGE = RNG.standard_normal((2, 7, 9))


def test_scan_hands_over_every_window_once_in_reading_order():
    seen = []
    scan(lambda window: seen.append(window) or 0, IMAGE, (2, 3), stride=(2, 3))
    expected = [IMAGE[:, i : i + 2, j : j + 3] for i in (0, 2, 4) for j in (0, 3, 6)]
    np.testing.assert_array_equal(np.stack(seen), np.stack(expected), strict=True)


@pytest.mark.parametrize(("size", "stride"), [(3, 1), ((2, 4), (2, 1)), ((7, 9), 5), (1, (3, 2))])
def test_scan_of_a_weighted_sum_is_the_layer_of_torch(size, stride):
    kh, kw = np.broadcast_to(size, 2)
    weight, bias = RNG.standard_normal((5, 2, kh, kw)), RNG.standard_normal(5)
    shown = scan(lambda w: (weight * w).sum(axis=(1, 2, 3)) + bias, IMAGE, size, stride=stride)
    expected = F.conv2d(*map(torch.from_numpy, (IMAGE[None], weight, bias)), stride=stride)[0].numpy()
    np.testing.assert_allclose(shown, expected, atol=1e-12, strict=True)


@pytest.mark.parametrize(("answer", "shape"), [(1.0, ()), (np.ones(4), (4,)), (np.ones((2, 3)), (2, 3)), (7, ())])
def test_scan_puts_the_places_behind_the_axes_of_the_answer(answer, shape):
    result = scan(lambda window: answer, IMAGE, 3, stride=2)
    places = tuple(out_size(n, 3, stride=2) for n in IMAGE.shape[1:])
    assert result.shape == (*shape, *places)
    assert result.dtype == np.asarray(answer).dtype


def test_scan_of_a_scan_sees_a_larger_window():
    once = scan(lambda w: w.sum(axis=(1, 2)), IMAGE, 3)  # (2, 5, 7)
    np.testing.assert_allclose(scan(np.sum, once[:1], 2), scan(np.sum, scan(np.sum, IMAGE[:1], 3)[None], 2), atol=1e-12)
    assert scan(np.sum, once, 2).shape == (4, 6)


def test_scan_protects_the_image_from_its_function():
    before = IMAGE.copy()

    def vandal(window):
        window[:] = 0
        return 0

    scan(vandal, IMAGE, 3)
    np.testing.assert_array_equal(IMAGE, before, strict=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: scan(3, IMAGE, 2), "window_fn=3; needed: a function of a window"),
        (lambda: scan(np.sum, IMAGE[0], 2), r"image has shape \(7, 9\).*\(c, h, w\)"),
        (lambda: scan(np.sum, IMAGE, 8), "the window spans 8 pixels and the padded axis has 7"),
        (lambda: scan(np.sum, IMAGE, 2, stride=0), "stride=0"),
        (lambda: scan(lambda w: w[w > 0], IMAGE, 2), "needed: one shape for every window"),
    ],
)
def test_scan_names_what_is_wrong(make, message):
    with pytest.raises(ShapeError, match=message):
        make()
