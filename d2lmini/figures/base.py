"""What every interactive figure is: a widget whose state is plain data, with a picture of itself for paper.

Python holds the state and computes from it; one ES module a figure draws it. JupyterLab runs the module
through anywidget, the built book through `book_static/d2lmini-figures.js`.
"""

from __future__ import annotations

import json
from pathlib import Path

import anywidget
import numpy as np

from d2lmini import plot
from d2lmini.errors import ShapeError, fault

STATIC = Path(__file__).parent / "static"
VIEW = "application/vnd.jupyter.widget-view+json"


def module(name: str) -> str:
    """Return the text of a figure's ES module: the shared helpers, then the figure itself."""
    return "\n".join((STATIC / file).read_text(encoding="utf-8") for file in ("common.js", name))


def numbers(array: object, name: str, axes: tuple[str, ...]) -> np.ndarray:
    """Return an array of finite numbers with exactly the named axes, or say what is wrong with it."""
    array = np.asarray(array)
    if array.ndim != len(axes) or 0 in array.shape:
        needed = f"{len(axes)} axes ({', '.join(axes)}) with at least one value each"
        raise ShapeError(fault(f"{name} has shape {array.shape}", needed, f"{name}.shape"))
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise ShapeError(fault(f"{name} has dtype {array.dtype}", "finite real numbers", f"np.nan_to_num({name})"))
    return array


def counting(n: int) -> np.ndarray:
    """Return the (n, n) numbers 1, 2, 3, ... that stand in for data nobody gave.

    >>> counting(2).tolist()
    [[1, 2], [3, 4]]
    """
    return np.arange(1, n * n + 1).reshape(n, n)


class Figure(anywidget.AnyWidget):
    """Base of the interactive figures; a subclass gives traits, a module, `alt` and `still`."""

    _css = (STATIC / "figures.css").read_text(encoding="utf-8")

    @property
    def alt(self) -> str:
        """Say what the figure shows in its present state, for readers who do not see it."""
        raise NotImplementedError

    def still(self) -> plot.Figure:
        """Draw the figure in its present state, for paper and for pages without scripts."""
        raise NotImplementedError

    def __repr__(self) -> str:
        names = set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names())
        values = ((name, getattr(self, name)) for name in sorted(names) if not name.startswith("_"))
        state = ", ".join(f"{name}={_brief(v)}" for name, v in values if not isinstance(v, bytes))
        return f"{type(self).__name__}({state})"

    def _repr_mimebundle_(self, **options: object) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**options)
        still = plot.Shown(self.still(), self.alt)
        view = json.dumps(data[VIEW])
        page = (
            f'<div class="d2lmini-figure"><figure class="d2lmini-plot d2lmini-still">{still.svg}</figure>'
            f'<script type="{VIEW}">{view}</script></div>'
        )
        return {**data, "text/plain": repr(self), "text/html": page, "image/svg+xml": still.svg}, metadata


def _brief(value: object) -> str:
    """A list of lists as its shape, anything else as itself.

    >>> _brief([[1, 2, 3], [4, 5, 6]]), _brief([1, 2]), _brief(True)
    ('(2, 3)', '[1, 2]', 'True')
    """
    nested = isinstance(value, list) and value and isinstance(value[0], list)
    return repr(np.shape(value)) if nested else repr(value)
