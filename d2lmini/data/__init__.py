"""Data sets for the book: bundled with a library, generated, or read from a folder; nothing is downloaded unasked.

`D2LMINI_DATA` may name a folder with real data sets in the layout that torchvision expects (MNIST/raw/*-ubyte).
"""

from d2lmini.data.base import Images, catalogue, folder
from d2lmini.data.benchmarks import benchmark
from d2lmini.data.digits import digits
from d2lmini.data.ecg import Signals, ecg
from d2lmini.data.fruit import colour_cast, fruit, strawberry
from d2lmini.data.glyphs import glyphs
from d2lmini.data.gratings import gratings
from d2lmini.data.masks import masks
from d2lmini.data.mnist import mnist
from d2lmini.data.photos import grey, photo
from d2lmini.data.polygons import shapes

__all__ = [
    "Images", "Signals", "benchmark", "catalogue", "colour_cast", "digits", "ecg", "folder", "fruit", "glyphs",
    "gratings", "grey", "masks", "mnist", "photo", "shapes", "strawberry",
]  # fmt: skip
