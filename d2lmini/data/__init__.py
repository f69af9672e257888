"""Data sets for the book, bundled with a library or read from a folder; nothing is downloaded unless you ask for it.

`D2LMINI_DATA` may name a folder with real data sets in the layout that torchvision expects (MNIST/raw/*-ubyte).
"""

from d2lmini.data.base import Images, catalogue, folder
from d2lmini.data.benchmarks import benchmark
from d2lmini.data.digits import digits
from d2lmini.data.mnist import mnist
from d2lmini.data.photos import grey, photo

__all__ = ["Images", "benchmark", "catalogue", "digits", "folder", "grey", "mnist", "photo"]
