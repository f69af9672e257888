"""The helper package of "Convolutional Networks from the Ground Up": operators in NumPy, data, plots, figures, grading.

`import d2lmini` loads NumPy and the operators alone. What needs more is imported by name:
`from d2lmini import data, plot, figures, grading`.
"""

from d2lmini.errors import D2LError, DataError, ShapeError
from d2lmini.ops import *  # noqa: F403 - the operators' own __all__ is the list
from d2lmini.ops import __all__ as _operators
from d2lmini.shapes import Conv, Slide, conv_macs, conv_params, out_size, receptive_field, same_padding, shape_table

__version__ = "0.1.0"
__all__ = [
    "Conv",
    "D2LError",
    "DataError",
    "ShapeError",
    "Slide",
    "conv_macs",
    "conv_params",
    "out_size",
    "receptive_field",
    "same_padding",
    "shape_table",
    *_operators,
]
