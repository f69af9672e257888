"""Colour normalisation against its definitions, random maps against grid_sample, crops and colours against loops."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from d2lmini import ShapeError, data
from d2lmini.augment import METHODS, colour_normalise, pca_colour, random_affine, random_crop_flip
from d2lmini.ops.regularise import random_affine_matrix

pytestmark = pytest.mark.filterwarnings("error")


def rng(seed=0):
    return np.random.default_rng(seed)


def images(n=4, c=3, dtype="float64", seed=0):
    return rng(seed).uniform(0.1, 1, (n, c, 6, 7)).astype(dtype)


LIGHT = rng(9).uniform(0.2, 1, (4, 3))


@pytest.mark.parametrize("method", METHODS)
def test_colour_normalise_keeps_shape_dtype_and_input(method):
    for dtype in ("float32", "float64"):
        x = images(dtype=dtype)
        kept = x.copy()
        y = colour_normalise(x, method)
        assert y.shape == x.shape and y.dtype == dtype and not np.shares_memory(x, y)
        np.testing.assert_array_equal(x, kept, strict=True)


@pytest.mark.parametrize(("method", "takes_out"), [
    ("image", True), ("max_rgb", True), ("grey_world", False), ("dataset", False), ("chromaticity", False),
])  # fmt: skip
def test_colour_normalise_takes_out_a_light_for_each_image(method, takes_out):
    x = images()
    before, after = colour_normalise(x, method), colour_normalise(data.colour_cast(x, LIGHT), method)
    assert np.allclose(before, after) is takes_out
    if method == "grey_world":  # all but the brightness of the light
        ratio = after / before
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :1, :1, :1], ratio.shape), rtol=1e-12)
        np.testing.assert_allclose(after.mean((2, 3))[:, 0], after.mean((2, 3))[:, 2], rtol=1e-12)


def test_colour_normalise_gives_the_means_it_promises():
    x = images()
    tensor = torch.from_numpy(x)
    expected = F.instance_norm(tensor, eps=1e-30).numpy()
    np.testing.assert_allclose(colour_normalise(x, "image"), expected, atol=1e-12, strict=True)
    expected = F.batch_norm(tensor, None, None, training=True, eps=1e-30).numpy()
    np.testing.assert_allclose(colour_normalise(x, "dataset"), expected, atol=1e-12, strict=True)
    np.testing.assert_allclose(colour_normalise(x, "max_rgb").max((2, 3)), np.ones((4, 3)), strict=True)
    np.testing.assert_allclose(colour_normalise(x, "chromaticity").sum(1), np.ones((4, 6, 7)), strict=True)
    np.testing.assert_allclose(colour_normalise(x, "grey_world").mean((1, 2, 3)), x.mean((1, 2, 3)), strict=True)
    by_loop = np.stack([[p * i.mean() / p.mean() for p in i] for i in x])
    np.testing.assert_allclose(colour_normalise(x), by_loop, strict=True)  # grey world is the default


def test_colour_normalise_uses_the_statistics_of_the_reference():
    x, known = images(), 3 * images(9, seed=1) + 1
    mean, spread = known.mean((0, 2, 3)).reshape(3, 1, 1), known.std((0, 2, 3)).reshape(3, 1, 1)
    np.testing.assert_allclose(colour_normalise(x, "dataset", reference=known), (x - mean) / spread, strict=True)


@pytest.mark.parametrize("method", METHODS)
def test_colour_normalise_of_a_black_image_is_finite(method):
    assert np.isfinite(colour_normalise(np.zeros((2, 3, 4, 4), np.float32), method)).all()
    assert np.isfinite(colour_normalise(np.full((2, 3, 4, 4), 0.7, np.float32), method)).all()


def test_colour_normalise_refuses():
    with pytest.raises(ShapeError, match="method='white'; needed: one of dataset, image, grey_world, max_rgb, chroma"):
        colour_normalise(images(), "white")
    with pytest.raises(ShapeError, match=r"x has shape \(3, 6, 7\), 3 axes; .* try: x\[None\]"):
        colour_normalise(images()[0])
    with pytest.raises(ShapeError, match='reference with method="image"; .* try: method="dataset"'):
        colour_normalise(images(), "image", reference=images())
    with pytest.raises(ShapeError, match="x has 3 channels and reference 1; needed: the same channels"):
        colour_normalise(images(), "dataset", reference=images(c=1))


def test_colour_normalise_finds_the_red_of_the_strawberry():
    white, cyan = data.strawberry().images
    berry = (white[0] > 0.85) & (white[1] < 0.35)
    for method in ("grey_world", "max_rgb"):
        r, g, b = colour_normalise(cyan[None], method)[0][:, berry]
        assert (r > 1.5 * g).all() and (r > 1.5 * b).all()


def test_random_affine_equals_grid_sample_on_a_black_ground():
    x = np.zeros((5, 2, 9, 11))
    x[:, :, 1:-1, 1:-1] = rng().random((5, 2, 7, 9))
    options = dict(degrees=30, shift=0.2, scale=0.3, shear=0.2)
    theta = torch.from_numpy(random_affine_matrix(5, rng=rng(4), **options))
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    expected = F.grid_sample(torch.from_numpy(x), grid, align_corners=False).numpy()
    np.testing.assert_allclose(random_affine(x, rng=rng(4), **options), expected, atol=1e-12, strict=True)


def test_random_affine_brings_in_the_colour_of_the_border():
    x = np.broadcast_to(rng().random((3, 2, 1, 1)), (3, 2, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(random_affine(x, rng=rng(), shift=0.5, degrees=90), x, atol=1e-6, strict=True)


def test_random_affine_moves_each_image_of_a_batch_by_itself():
    x = np.repeat(rng().random((1, 1, 8, 8), np.float32), 6, axis=0)
    kept, y = x.copy(), random_affine(x, rng=rng())
    assert len({image.tobytes() for image in y}) == 6 and y.dtype == np.float32
    np.testing.assert_array_equal(x, kept, strict=True)
    np.testing.assert_array_equal(y, random_affine(x, rng=rng()), strict=True)
    still = random_affine(x, rng=rng(), degrees=0, shift=0, scale=0, shear=0)
    np.testing.assert_allclose(still, x, atol=1e-6, strict=True)


def test_random_affine_refuses():
    with pytest.raises(ShapeError, match="rng=0; needed: a NumPy generator"):
        random_affine(images(), rng=0)
    with pytest.raises(ShapeError, match="degrees=-1; needed: a number >= 0"):
        random_affine(images(), rng=rng(), degrees=-1)
    with pytest.raises(ShapeError, match="4 axes"):
        random_affine(images()[0], rng=rng())


def places(h, w, kh, kw):
    """Every window of an image whose pixels are numbered, and its mirror image, as bytes -> (row, column, mirrored)."""
    x = np.arange(2 * h * w, dtype=np.float32).reshape(2, h, w)
    crops = {(i, j): x[:, i : i + kh, j : j + kw] for i in range(h - kh + 1) for j in range(w - kw + 1)}
    return x, {
        np.ascontiguousarray(c[..., :: 1 - 2 * m]).tobytes(): (*at, m) for at, c in crops.items() for m in (0, 1)
    }


def test_random_crop_flip_cuts_every_window_and_its_mirror_equally_often():
    x, known = places(5, 6, 3, 4)
    assert len(known) == 3 * 3 * 2
    crops = random_crop_flip(np.stack([x] * 9000), (3, 4), rng=rng())
    assert crops.shape == (9000, 2, 3, 4) and crops.dtype == np.float32
    counts = Counter(known[crop.tobytes()] for crop in crops)  # another window would raise KeyError
    assert len(counts) == 18 and min(counts.values()) > 400 and max(counts.values()) < 600


def test_random_crop_flip_mirrors_as_often_as_it_is_told():
    x, known = places(4, 4, 2, 2)
    for flip, low, high in ((0, 0, 0), (1, 1000, 1000), (0.25, 200, 300)):
        crops = random_crop_flip(np.stack([x] * 1000), 2, rng=rng(), flip=flip)
        assert low <= sum(known[crop.tobytes()][2] for crop in crops) <= high


def test_random_crop_flip_draws_from_its_generator_and_leaves_its_input():
    x = rng().random((6, 3, 8, 9))
    kept, y = x.copy(), random_crop_flip(x, 5, rng=rng(3))
    np.testing.assert_array_equal(y, random_crop_flip(x, 5, rng=rng(3)), strict=True)
    assert not np.array_equal(y, random_crop_flip(x, 5, rng=rng(4)))
    np.testing.assert_array_equal(x, kept, strict=True)
    whole = random_crop_flip(x, (8, 9), rng=rng(), flip=0)
    np.testing.assert_array_equal(whole, x, strict=True)
    assert not np.shares_memory(whole, x) and y.flags.c_contiguous


def test_random_crop_flip_refuses():
    with pytest.raises(ShapeError, match="a window of 7 x 7 in images of 6 x 7; needed: a window no larger .* size=6"):
        random_crop_flip(images(), 7, rng=rng())
    with pytest.raises(ShapeError, match="flip=1.5; needed: a number from 0 to 1"):
        random_crop_flip(images(), 5, rng=rng(), flip=1.5)
    with pytest.raises(ShapeError, match="rng=0; needed: a NumPy generator"):
        random_crop_flip(images(), 5, rng=0)
    with pytest.raises(ShapeError, match="4 axes"):
        random_crop_flip(images()[0], 5, rng=rng())


def test_pca_colour_adds_one_vector_to_an_image():
    x = images().astype(np.float32)
    kept, y = x.copy(), pca_colour(x, rng=rng())
    shift = (y - x)[:, :, :1, :1]
    np.testing.assert_allclose(y, x + shift, atol=1e-6, strict=True)
    assert len({s.tobytes() for s in shift}) == len(x) and (np.abs(shift) > 0).all()
    np.testing.assert_array_equal(x, kept, strict=True)
    np.testing.assert_array_equal(y, pca_colour(x, rng=rng()), strict=True)
    np.testing.assert_array_equal(pca_colour(x, rng=rng(), spread=0), x, strict=True)


def test_pca_colour_draws_with_the_covariance_that_the_paper_says():
    mix = np.array([[0.5, 0.2, 0.0], [0.1, 0.4, 0.1], [0.0, 0.3, 0.6]])
    known = np.einsum("cd,ndhw->nchw", mix, rng(1).random((30, 3, 9, 8)))  # colours that depend on each other
    covariance = np.cov(known.transpose(1, 0, 2, 3).reshape(3, -1), bias=True)
    many = np.zeros((20_000, 3, 1, 1))
    shifts = pca_colour(many, rng=rng(2), spread=0.3, reference=known)[:, :, 0, 0]  # (n, 3)
    expected = 0.3**2 * covariance @ covariance  # sum of (spread l v)(spread l v)^T
    np.testing.assert_allclose(np.cov(shifts.T), expected, atol=0.03 * expected.max(), strict=True)
    assert np.abs(shifts.mean(0)).max() < 0.03 * np.sqrt(expected.max())


def test_pca_colour_depends_on_the_unit_of_the_pixels():
    x = images()
    small, large = pca_colour(x, rng=rng()) - x, pca_colour(255 * x, rng=rng()) - 255 * x
    np.testing.assert_allclose(large, 255**2 * small, rtol=1e-6, strict=True)


def test_pca_colour_refuses():
    with pytest.raises(ShapeError, match="x has 3 channels and reference 1; needed: the same channels"):
        pca_colour(images(), rng=rng(), reference=images(c=1))
    with pytest.raises(ShapeError, match="spread=-1; needed: a number >= 0"):
        pca_colour(images(), rng=rng(), spread=-1)
    with pytest.raises(ShapeError, match="rng=7; needed: a NumPy generator"):
        pca_colour(images(), rng=7)
    with pytest.raises(ShapeError, match="4 axes"):
        pca_colour(images()[0], rng=rng())


def test_augment_loads_no_torch():
    code = "import sys, d2lmini.augment; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
