"""Generated data: seeded, balanced, in range, and with the property that each set was made for."""

import subprocess
import sys

import numpy as np
import pytest

from d2lmini import DataError, ShapeError, data
from d2lmini.data import glyphs as glyphs_function
from d2lmini.data.base import listed, pictures
from d2lmini.data.fruit import FRUIT
from d2lmini.data.polygons import FIGURES, cover, two_colours

pytestmark = pytest.mark.filterwarnings("error")

SETS = {
    "glyphs": (data.glyphs, 1, 28, 10, "glyphs"),
    "shapes": (data.shapes, 3, 30, 5, "shapes"),
    "gratings": (data.gratings, 1, 32, 8, "gratings"),
    "fruit": (data.fruit, 3, 30, 5, "fruit under white light"),
}
each_set = pytest.mark.parametrize("name", SETS)


def rng(seed=0):
    return np.random.default_rng(seed)


@each_set
def test_set_is_balanced_and_in_range(name):
    make, channels, size, classes, source = SETS[name]
    drawn = make(20 * classes, rng=rng())
    assert drawn.images.shape == (20 * classes, channels, size, size) and drawn.images.dtype == np.float32
    assert drawn.labels.dtype == np.int64 and len(drawn.names) == classes and drawn.source == source
    np.testing.assert_array_equal(np.bincount(drawn.labels), np.full(classes, 20))
    assert (drawn.labels[:classes] != np.arange(classes)).any()  # in random order
    assert 0 <= drawn.images.min() < 0.1 and 0.9 < drawn.images.max() <= 1
    levels = drawn.images * 255
    np.testing.assert_allclose(levels, levels.round(), atol=1e-4)


@each_set
def test_set_follows_its_generator_and_moves_it_on(name):
    make = SETS[name][0]
    draw = rng(3)
    first, second = make(6, rng=draw), make(6, rng=draw)
    again = make(6, rng=rng(3))
    np.testing.assert_array_equal(first.images, again.images, strict=True)
    np.testing.assert_array_equal(first.labels, again.labels, strict=True)
    assert (first.images != second.images).any()
    first.images[...] = 0  # a new array each time
    assert make(6, rng=rng(3)).images.any()


@each_set
def test_set_is_drawn_at_the_size_that_was_asked_for(name):
    make, channels = SETS[name][:2]
    assert make(3, size=17, rng=rng()).images.shape == (3, channels, 17, 17)


@each_set
def test_set_refuses(name):
    make = SETS[name][0]
    with pytest.raises(ShapeError, match="n=0; needed: an integer >= 1"):
        make(0, rng=rng())
    with pytest.raises(ShapeError, match="size=3; needed: an integer >= 1[02]"):
        make(1, size=3, rng=rng())
    with pytest.raises(ShapeError, match=r"rng=7; needed: a NumPy generator; try: rng=np.random.default_rng\(7\)"):
        make(1, rng=7)
    with pytest.raises(ShapeError, match="noise=2; needed: a number from 0 to 1"):
        make(1, noise=2, rng=rng())


def test_generators_load_neither_torch_nor_matplotlib():
    code = (
        "import sys, numpy as np; from d2lmini import augment, data; rng = np.random.default_rng(0);"
        "data.glyphs(1, rng=rng), data.shapes(1, rng=rng), data.fruit(1, rng=rng), data.strawberry();"
        "print({'torch', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_pictures_have_256_levels():
    np.testing.assert_array_equal(pictures(np.array([-0.5, 0.0, 0.4999, 1.0, 7.0])) * 255, [0, 0, 127, 255, 255])
    assert pictures(np.zeros(2)).dtype == np.float32


def test_catalogue_lists_what_is_public_and_refuses_a_second_name():
    assert set(data.catalogue()) == {
        "digits", "ecg", "fruit", "glyphs", "gratings", "masks", "mnist", "photo", "shapes", "strawberry",
    }  # fmt: skip
    assert set(data.catalogue()) <= set(data.__all__)
    data.catalogue().clear()
    assert data.catalogue()
    with pytest.raises(ValueError, match="there is a data set 'shapes'; needed: another name"):
        listed("a second one")(data.shapes)


# --- glyphs ---------------------------------------------------------------------------------------------------


def test_glyphs_look_like_their_letters():
    """Not turned and clean, but zoomed and slanted, most are nearest to one of the 22 prints of their class."""
    from d2lmini.data.glyphs import FONTS, template

    drawn = data.glyphs(60, classes="AXg7", rng=rng(), degrees=0, shift=0, noise=0)
    prints = np.array([[template(font, letter, 28) for font in FONTS] for letter in "AXg7"])  # (4, 22, 28, 28)
    assert len(FONTS) == 22 and (prints.sum((2, 3)) > 20).all()
    assert not prints[:, :, [0, -1]].any() and not prints[..., [0, -1]].any()  # whole, with a border
    a, b = drawn.images.reshape(60, -1), prints.reshape(88, -1)
    alike = (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)  # (60, 88)
    assert (alike.argmax(1) // 22 == drawn.labels).mean() > 0.9 and alike.max(1).min() > 0.6


def test_glyphs_are_centred_and_white_on_black():
    places = np.arange(28) - 13.5
    drawn = data.glyphs(200, rng=rng(), shift=0, noise=0).images[:, 0]
    middle = [(drawn.sum(axis) * places).sum(1) / drawn.sum((1, 2)) for axis in (1, 2)]
    assert np.abs(np.mean(middle, axis=1)).max() < 0.7 and drawn.mean() < 0.25
    moved = data.glyphs(200, rng=rng(), shift=0.2, noise=0).images[:, 0]
    assert ((moved.sum(2) * places).sum(1) / moved.sum((1, 2))).std() > 2


def test_glyphs_draw_a_template_once():
    from d2lmini.data.glyphs import template

    data.glyphs(5, classes="QZ", size=21, rng=rng())
    before = template.cache_info()
    data.glyphs(5, classes="QZ", size=21, rng=rng())
    after = template.cache_info()
    assert after.misses == before.misses and after.hits == before.hits + 44
    with pytest.raises(ValueError, match="read-only"):
        template("cmr10", "Q", 21)[0, 0] = 1


@pytest.mark.parametrize("classes", ["", "AA", "A B", "Ä", ["A"], 3])
def test_glyphs_refuse_other_classes(classes):
    with pytest.raises(ShapeError, match="classes=.*; needed: different ASCII letters and digits; try: classes=\"ABC"):
        data.glyphs(2, classes=classes, rng=rng())


def test_glyphs_say_that_the_fonts_are_missing(monkeypatch):
    module = sys.modules[glyphs_function.__module__]
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="the fonts of matplotlib are not there; .* try: python -m d2lmini doctor"):
        data.glyphs(1, classes="A", size=31, rng=rng())


# --- shapes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contrast", [0.2, 0.5])
def test_shapes_colours_differ_in_luma(contrast):
    ground, figure = two_colours(300, contrast, rng())
    gain = (np.array([0.299, 0.587, 0.114]).reshape(3, 1, 1) * (figure - ground)).sum((1, 2, 3))
    assert contrast - 1e-6 <= gain.min() < contrast + 0.05 and (figure < ground).any()  # brighter, not in every channel


@pytest.mark.parametrize("name", FIGURES)
def test_shapes_have_the_area_of_their_circle(name):
    label = np.array([list(FIGURES).index(name)])
    for angle in (0.0, 0.3, 2.0):
        inside = cover(label, 200, np.full((2, 1), 100.0), np.array([50.0]), np.array([angle]))
        assert inside.dtype == np.float32 and inside.sum() == pytest.approx(np.pi * 50**2, rel=0.01)


def corners(name: str) -> np.ndarray:
    """The outline of each figure as points (row, column) around 0, flat side down, from geometry alone."""
    if name == "star":
        radius, step = np.tile([1, 0.45], 5), np.pi / 5
        at = -np.pi / 2 + step * np.arange(10)  # the first tip points up
    elif name == "cross":
        a, b = 0.33, 1.0
        points = np.array([(-b, -a), (-b, a), (-a, a), (-a, b), (a, b), (a, a), (b, a), (b, -a), (a, -a), (a, -b),
                           (-a, -b), (-a, -a)])  # fmt: skip
        return points
    else:
        sides = {"circle": 48, "square": 4, "triangle": 3}[name]
        radius, at = np.ones(sides), np.pi / 2 + np.pi / sides + 2 * np.pi / sides * np.arange(sides)
    return np.stack([radius * np.sin(at), radius * np.cos(at)], axis=1)


@pytest.mark.parametrize("name", FIGURES)
def test_shapes_have_the_outline_of_their_corners(name):
    from matplotlib.path import Path

    points = corners(name)
    y, x = points.T
    area = abs((x * np.roll(y, 1) - y * np.roll(x, 1)).sum()) / 2
    outline = Path(points * 30 * np.sqrt(np.pi / area))  # the area of a circle of radius 30
    pixels = np.stack(np.meshgrid(np.arange(120) - 59.5, np.arange(120) - 59.5, indexing="ij"), axis=-1).reshape(-1, 2)
    label = np.array([list(FIGURES).index(name)])
    inside = cover(label, 120, np.full((2, 1), 60.0), np.array([30.0]), np.array([np.pi / 2]))[0]
    assert (outline.contains_points(pixels) != (inside.ravel() > 0.5)).sum() <= 2


def test_shapes_turn_and_move_as_far_as_asked():
    still = data.shapes(40, rng=rng(), degrees=0, shift=0, noise=0)
    for image, label in zip(still.images, still.labels, strict=True):
        if still.names[label] in ("circle", "square", "cross"):
            np.testing.assert_array_equal(image, image[:, :, ::-1])
            np.testing.assert_array_equal(image, image[:, ::-1])
    with pytest.raises(ShapeError, match="contrast=0.9; needed: a number from 0 to 0.6"):
        data.shapes(1, rng=rng(), contrast=0.9)
    with pytest.raises(ShapeError, match="degrees=181"):
        data.shapes(1, rng=rng(), degrees=181)


# --- colour ---------------------------------------------------------------------------------------------------


def test_fruit_has_the_colour_of_its_class_under_white_light_only():
    surfaces = np.array(list(FRUIT.values()))
    surfaces /= np.linalg.norm(surfaces, axis=1, keepdims=True)
    right = {}
    for light in ("white", "cast"):
        drawn = data.fruit(200, rng=rng(), light=light)
        middle = drawn.images[:, :, 13:17, 13:17].mean((2, 3))
        nearest = (middle / np.linalg.norm(middle, axis=1, keepdims=True) @ surfaces.T).argmax(1)
        right[light] = (nearest == drawn.labels).mean()
    assert right["white"] > 0.95 and right["cast"] < 0.8


def test_fruit_table_shows_the_light():
    """Divided by the colour of the corner, fruit under any light is told by its surface again."""
    surfaces = np.array(list(FRUIT.values()))
    surfaces /= np.linalg.norm(surfaces, axis=1, keepdims=True)
    drawn = data.fruit(200, rng=rng(), light="cast")
    middle = drawn.images[:, :, 13:17, 13:17].mean((2, 3)) / drawn.images[:, :, :4, :4].mean((2, 3))
    nearest = (middle / np.linalg.norm(middle, axis=1, keepdims=True) @ surfaces.T).argmax(1)
    assert (nearest == drawn.labels).mean() > 0.95
    with pytest.raises(ShapeError, match='light=\'blue\'; needed: one of white, cast; try: light="white"'):
        data.fruit(1, rng=rng(), light="blue")


def test_colour_cast_multiplies_each_channel():
    x = rng().random((2, 3, 4, 5))
    lights = np.array([[1.0, 0.5, 0.25], [0.2, 1.0, 1.0]])
    expected = np.stack([np.stack([x[i, c] * lights[i, c] for c in range(3)]) for i in range(2)])
    np.testing.assert_allclose(data.colour_cast(x, lights), expected, strict=True)
    np.testing.assert_allclose(data.colour_cast(x, lights[0])[1], x[1] * lights[0][:, None, None], strict=True)
    assert data.colour_cast(x.astype(np.float32), lights).dtype == np.float32
    for bad in (np.ones(2), np.ones((3, 3)), np.ones((2, 3, 1))):
        with pytest.raises(ShapeError, match=r"needed: x \(n, 3, h, w\) and light \(3,\) or \(n, 3\)"):
            data.colour_cast(x, bad)
    with pytest.raises(ShapeError, match="needed: x"):
        data.colour_cast(x[:, :2], lights)


@pytest.mark.parametrize("size", [32, 96])
def test_strawberry_is_red_in_no_pixel_under_cyan_light(size):
    scene = data.strawberry(size)
    assert scene.images.shape == (2, 3, size, size) and scene.names == ("white light", "cyan light")
    white, cyan = scene.images
    assert (cyan[0] <= cyan[1:].min(axis=0)).all()
    berry = (white[0] > 0.85) & (white[1] < 0.35)
    assert 0.05 < berry.mean() < 0.4 and np.ptp(cyan[:, berry], axis=0).max() < 0.03  # grey, in fact
    with pytest.raises(ShapeError, match="size=31"):
        data.strawberry(31)
