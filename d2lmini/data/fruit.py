"""Colour under coloured light: fruit of one form and five colours, and a strawberry that is red in no pixel.

A pixel is surface times light, channel by channel. What a camera sees of a surface changes with the light; what
people see changes much less (colour constancy).
"""

from __future__ import annotations

import numpy as np

from d2lmini.data.base import Images, listed, pictures
from d2lmini.errors import ShapeError, fault
from d2lmini.ops.check import between, floating, generator, word
from d2lmini.shapes import whole

FRUIT = {  # the share of red, green and blue light that each surface sends back
    "apple": (0.80, 0.12, 0.12),
    "orange": (0.90, 0.48, 0.08),
    "lemon": (0.90, 0.82, 0.15),
    "lime": (0.35, 0.70, 0.15),
    "plum": (0.42, 0.15, 0.55),
}
CYAN = (0.32, 0.95, 1.0)  # the second light of `strawberry`


@listed("round fruit of five colours, 30 x 30, under white light or under light of any colour, generated")
def fruit(n: int, *, size: int = 30, rng: np.random.Generator, light: str = "white", noise: float = 0.02) -> Images:
    """Draw n round fruits on a greyish table; only their colour tells them apart.

    Shapes:
        size: pixels, 12 or more. light: "white" (of any strength), or "cast", another colour for each image.
        noise: standard deviation, 0..1.
        Returns images (n, 3, size, size) float32 in 0..1 and labels (n,) int64, all classes equally frequent.
    Raises:
        ShapeError: n or size is too small, light is unknown, noise is outside 0..1, or rng is no generator.
    Source:
        Written for this book. The table and a small highlight send back the colour of the light.

    >>> fruit(10, rng=np.random.default_rng(0), light="cast")
    Images(10 of (3, 30, 30), 5 classes, fruit under cast light)
    """
    n, size, rng = whole(n, "n", 1), whole(size, "size", 12), generator(rng)
    light, noise = word(light, "light", ("white", "cast")), between(noise, "noise", 0, 1)
    labels = rng.permutation(np.arange(n) % len(FRUIT))

    def some(low: float, high: float, channels: int = 1) -> np.ndarray:
        return rng.uniform(low, high, (n, channels, 1, 1))  # one number an image, or one a channel

    surface = np.array(list(FRUIT.values()))[labels][..., None, None] * some(0.85, 1.1) + some(-0.05, 0.05, 3)
    table = some(0.45, 0.85) * some(0.93, 1.07, 3)  # grey, with a tinge
    y, x = (np.arange(size)[:, None] + 0.5) / size, (np.arange(size) + 0.5) / size  # 0..1
    y, x, radius = y - some(0.42, 0.58), x - some(0.42, 0.58), some(0.22, 0.32)
    distance = np.hypot(y, x) / radius  # (n, 1, h, w), 1 at the border
    shade = np.sqrt(1 - 0.75 * distance.clip(0, 1) ** 2)  # a ball turns away from the light
    glint = np.exp(-(((y / radius + 0.4) ** 2 + (x / radius + 0.3) ** 2) / 0.02))
    scene = np.where(distance < 1, surface.clip(0, 1) * shade * (1 - glint) + glint, table)  # (n, 3, h, w)
    lights = some(0.2, 1, 3) if light == "cast" else np.ones((n, 3, 1, 1))
    lights *= some(0.7, 1) / lights.max(axis=1, keepdims=True)
    images = colour_cast(scene, lights[..., 0, 0]) + noise * rng.standard_normal(scene.shape)
    return Images(pictures(images), labels, tuple(FRUIT), f"fruit under {light} light")


def colour_cast(x: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return a scene as it looks under another light: each channel times the strength of that light in it.

    Shapes:
        x: (n, 3, h, w). light: (3,) red, green, blue, or (n, 3), one light an image. Returns (n, 3, h, w).
    Raises:
        ShapeError: x is not 4-d, has not three channels, or light has another shape.
    Source:
        von Kries 1902: one factor a channel describes a change of light.

    >>> colour_cast(np.ones((1, 3, 1, 1)), [0.5, 1.0, 1.0]).ravel().tolist()
    [0.5, 1.0, 1.0]
    """
    x, light = floating(x, "x", "nchw"), floating(light, "light")
    if x.shape[1] != 3 or light.shape not in ((3,), (len(x), 3)):
        came = f"x has shape {x.shape} and light {light.shape}"
        raise ShapeError(fault(came, "x (n, 3, h, w) and light (3,) or (n, 3)", "light=(0.5, 1.0, 1.0)"))
    return x * light.reshape(-1, 3, 1, 1).astype(x.dtype)


@listed("one scene, 96 x 96, under white light and under cyan light, where no pixel of it is red, generated")
def strawberry(size: int = 96) -> Images:
    """Draw a strawberry on a plate, under white light and under cyan light, where no pixel of it is red.

    Shapes:
        size: pixels, 32 or more. Returns images (2, 3, size, size) float32 in 0..1; labels 0 and 1 name the light.
        In the second image red is the smallest of the three numbers of every pixel; most people still see red.
    Raises:
        ShapeError: size is too small.
    Source:
        Written for this book, after the pictures of Kitaoka Akiyoshi, in which grey among cyan looks red.

    >>> scene = strawberry()
    >>> bool((scene.images[1, 0] <= scene.images[1, 1:].min(axis=0)).all())
    True
    """
    size = whole(size, "size", 32)
    places = (np.arange(3 * size) + 0.5) / (1.5 * size) - 1  # -1..1; drawn three times as large, then averaged
    y, x = places[:, None], places  # down, right
    v, u = (y - 0.12) / 0.56, x / 0.44  # the berry reaches from v = -1 to 1
    berry = np.abs(u) < np.sqrt((1 - v**2).clip(0)) * (1 - 0.45 * v)
    row = np.floor(v / 0.3)
    seed = ((v % 0.3 - 0.15) / 0.075) ** 2 + (((u + 0.2 * (row % 2)) % 0.4 - 0.2) / 0.06) ** 2 < 1
    stalk, angle = np.hypot(y + 0.42, x), np.arctan2(y + 0.42, x)
    scene = np.broadcast_to(np.reshape((0.60, 0.56, 0.52), (3, 1, 1)), (3, 3 * size, 3 * size))  # the table
    for where, colour in (
        (np.hypot(y, x) < 0.9, (0.95, 0.95, 0.93)),  # a plate
        (np.abs(np.hypot(y, x) - 0.72) < 0.015, (0.80, 0.80, 0.78)),  # its rim
        (berry, (0.90, 0.31, 0.30)),
        (berry & seed, (0.95, 0.80, 0.45)),
        (berry & (np.hypot(u + 0.45, v + 0.45) < 0.13), (0.98, 0.80, 0.80)),  # a highlight
        (stalk < 0.2 + 0.12 * np.cos(5 * angle + np.pi / 2), (0.25, 0.50, 0.20)),  # five leaves
    ):
        scene = np.where(where, np.reshape(colour, (3, 1, 1)), scene)
    white = scene.reshape(1, 3, size, 3, size, 3).mean(axis=(3, 5))  # (1, 3, h, w)
    both = np.concatenate([white, colour_cast(white, CYAN)])  # (2, 3, h, w)
    return Images(pictures(both), np.arange(2), ("white light", "cyan light"), "strawberry")
