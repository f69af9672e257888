"""Printed letters and digits: the fonts that matplotlib ships, drawn by Pillow, each turned, slanted and noisy."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from d2lmini.data.base import Images, listed, pictures
from d2lmini.errors import DataError, ShapeError, fault
from d2lmini.ops.check import between, generator
from d2lmini.ops.regularise import affine, random_affine_matrix
from d2lmini.shapes import whole

FONTS = (
    *(f"DejaVu{family}{cut}" for family in ("Sans", "SansMono") for cut in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{cut}" for cut in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{cut}" for cut in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmti10", "cmtt10", "cmmi10"),
)
CHUNK = 256  # images moved at once; more would not stay in the processor's cache


@listed("printed letters and digits, 28 x 28 grey, in 22 fonts of matplotlib, moved and noisy, generated")
def glyphs(
    n: int, *, classes: str = "ABCDEFGHIJ", size: int = 28, rng: np.random.Generator,
    degrees: float = 12.0, shift: float = 0.08, noise: float = 0.05,
) -> Images:  # fmt: skip
    """Draw n characters in fonts taken at random, white ink on black, moved and noisy.

    Shapes:
        classes: different ASCII letters and digits; the k-th is class k, and all are equally frequent.
        size: pixels, 10 or more. degrees, shift: how far a character turns and moves (shift in widths of the image);
        it is also zoomed and slanted by up to 0.15. noise: standard deviation, 0..1.
        Returns images (n, 1, size, size) float32 in 0..1 and labels (n,) int64 in random order.
    Raises:
        ShapeError: n or size is too small, a range is negative, classes are not as above, or rng is no generator.
        DataError: the fonts of matplotlib are not there.
    Source:
        22 fonts of matplotlib's font folder: DejaVu, STIX and Computer Modern.

    >>> letters = glyphs(8, classes="XYZ", rng=np.random.default_rng(0))
    >>> letters, sorted(letters.labels.tolist())
    (Images(8 of (1, 28, 28), 3 classes, glyphs), [0, 0, 0, 1, 1, 1, 2, 2])
    """
    n, size, rng, noise = whole(n, "n", 1), whole(size, "size", 10), generator(rng), between(noise, "noise", 0, 1)
    if not isinstance(classes, str) or not classes.isascii() or not classes.isalnum() or len({*classes}) < len(classes):
        raise ShapeError(fault(f"classes={classes!r}", "different ASCII letters and digits", 'classes="ABCDEFGHIJ"'))
    drawn = np.stack([[template(font, letter, size) for letter in classes] for font in FONTS])  # (fonts, k, h, w)
    labels = rng.permutation(np.arange(n) % len(classes))
    images = drawn[rng.integers(len(FONTS), size=n), labels][:, None]  # (n, 1, h, w)
    moves = random_affine_matrix(n, rng=rng, degrees=degrees, shift=shift, scale=0.15, shear=0.15)
    for start in range(0, n, CHUNK):
        chunk = slice(start, start + CHUNK)
        images[chunk] = affine(images[chunk], moves[chunk])
    images *= rng.uniform(0.6, 1, (n, 1, 1, 1)).astype(np.float32)  # ink of different strength
    images += noise * rng.standard_normal(images.shape, np.float32)
    return Images(pictures(images), labels, tuple(classes), "glyphs")


@cache
def template(font: str, letter: str, size: int) -> np.ndarray:
    """One upright character, its ink in the middle of a (size, size) image, capitals about 0.6 of it high."""
    from PIL import Image, ImageDraw, ImageFont

    large = 4 * size
    ink = ImageFont.truetype(fonts() / f"{font}.ttf", 0.85 * large, layout_engine=ImageFont.Layout.BASIC)
    picture = Image.new("L", (large, large))
    left, top, right, bottom = ink.getbbox(letter)
    ImageDraw.Draw(picture).text(((large - left - right) / 2, (large - top - bottom) / 2), letter, fill=255, font=ink)
    small = np.asarray(picture.reduce(4), np.float32) / 255  # (size, size)
    small.flags.writeable = False
    return small


def fonts() -> Path:
    """Return the folder of the fonts that come with matplotlib; matplotlib itself is not loaded."""
    spec = find_spec("matplotlib")
    folder = spec and Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    if not folder or not (folder / f"{FONTS[0]}.ttf").is_file():
        raise DataError(fault("the fonts of matplotlib are not there", "matplotlib", "python -m d2lmini doctor"))
    return folder
