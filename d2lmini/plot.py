"""The pictures of the book: arrays and axes in, axes out, and `show`, which asks for a text alternative.

Every figure is written as SVG whose ink is `currentColor`, so that it follows a light or a dark page. This is
the only module of the package that imports matplotlib. It does without pyplot: no figure outlives its cell.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from d2lmini.errors import ShapeError, fault

__all__ = [
    "Shown",
    "bars",
    "borrow",
    "image",
    "images",
    "kernel",
    "lines",
    "matrix",
    "panels",
    "show",
    "stem",
    "use_style",
]

INK = "#1b1f24"  # stands for "the colour of the text" until the SVG is written
CYCLE = ("#1f7fc0", "#d9600f", "#0f9470", "#b0579a", "#8f7300", "#5f7f8c")  # each 3:1 on white and on #121212
BLUE, ORANGE, GREEN = CYCLE[:3]
AMBER = "#f6c453"  # the fill of highlighted cells, under dark text
FONTS = "system-ui,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif"
SEQUENTIAL = LinearSegmentedColormap.from_list("d2lmini", ["#f4f8fc", "#a9cdea", "#3f8fcb", "#134a78"])
DIVERGING = LinearSegmentedColormap.from_list("d2lmini_signed", ["#1a5f9c", "#8fc0e6", "#f7f7f7", "#f0a878", "#b3440b"])

Cells = np.ndarray | Iterable[tuple[int, int]] | None


def use_style() -> None:
    """Set the look of every later figure; importing this module calls it."""
    thin = dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.8)
    ink = [f"{part}color" for part in ("text.", "axes.edge", "axes.label", "axes.title", "xtick.", "ytick.", "grid.")]
    clear = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
    mpl.rcParams.update(thin | dict.fromkeys(ink, INK) | dict.fromkeys(clear, "none"))
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "d2lmini",
            "font.family": "sans-serif",
            "font.size": 10,
            "mathtext.fontset": "dejavusans",
            "axes.titlesize": 10.5,
            "axes.titlepad": 8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.prop_cycle": mpl.cycler(color=CYCLE),
            "grid.alpha": 0.18,
            "grid.linewidth": 0.8,
            "lines.linewidth": 1.8,
            "lines.markersize": 5,
            "legend.frameon": False,
            "legend.fontsize": 9.5,
            "image.cmap": "gray",
        }
    )


use_style()


def panels(
    columns: int = 1, rows: int = 1, *,
    size: tuple[float, float] | None = None, cells: Sequence[tuple[int, int]] | None = None, signs: str = "",
) -> tuple[Figure, np.ndarray]:  # fmt: skip
    """Make a figure with rows x columns axes and return it with the flat array of its axes.

    Shapes:
        size: (width, height) in inches; None gives 2.3 inches a panel.
        cells: the (h, w) of the matrix that each panel of a single row will hold; all cells get 0.4 inches.
        signs: one character for each gap between them, such as "∗=".
        Returns the figure and axes of shape (rows * columns,).

    >>> fig, (left, right) = panels(2)
    >>> fig.get_size_inches().tolist()
    [4.6, 2.3]
    """
    if cells is None:
        fig = Figure(figsize=size or (2.3 * columns, 2.3 * rows), layout="constrained")
        fig.get_layout_engine().set(w_pad=0.08, wspace=0.06)
        return fig, fig.subplots(rows, columns, squeeze=False).ravel()
    inch, gap, head = 0.4, 0.7, 0.35
    widths, tall = [max(w, 2) * inch for _, w in cells], max(h for h, _ in cells) * inch
    wide = sum(widths) + gap * (len(cells) - 1)
    fig = Figure(figsize=(wide, tall + head))
    lefts = np.cumsum([0, *(w + gap for w in widths[:-1])])
    axes = [fig.add_axes((x / wide, 0, w / wide, tall / (tall + head))) for x, w in zip(lefts, widths, strict=True)]
    for x, sign in zip(lefts[1:], signs, strict=False):
        fig.text((x - gap / 2) / wide, tall / (tall + head) / 2, sign, ha="center", va="center", size=16)
    return fig, np.array(axes)


# --- drawings


def matrix(
    ax: Axes, a: np.ndarray, *,
    title: str = "", highlight: Cells = None, faint: Cells = None, outline: Sequence | None = None,
    fmt: str = "g", cmap: str | Colormap | None = None, vmin: float | None = None, vmax: float | None = None,
) -> Axes:  # fmt: skip
    """Write an array as a grid of cells with its numbers in them.

    Shapes:
        a: (h, w), or (w,) for a single row.
        highlight, faint: (h, w) of booleans, or (row, column) pairs; highlighted cells are amber, faint cells
        (padding) have dashed borders. outline: (row, column, height, width) of a frame, or a list of frames.
        cmap fills the cells by value from vmin to vmax: "blues", "signed" (blue below zero, orange above) or
        any name that matplotlib knows.
    Raises:
        ShapeError: a is not 1-d or 2-d.

    >>> fig, (ax,) = panels()
    >>> [t.get_text() for t in matrix(ax, np.eye(2)).texts]
    ['1', '0', '0', '1']
    """
    a = np.atleast_2d(np.asarray(a))
    if a.ndim != 2:
        raise ShapeError(fault(f"a has shape {a.shape}", "2 axes (h, w)", "one slice, for example a[0, 0]"))
    h, w = a.shape
    lit, dim = _mask(highlight, a.shape), _mask(faint, a.shape)
    fills = _fills(a, cmap, vmin, vmax)
    text_size = _cell_text(ax, a, fmt)
    for r, c in np.ndindex(h, w):
        fill = AMBER if lit[r, c] else fills[r][c]
        quiet = dim[r, c] and not lit[r, c]
        dashes = {"linestyle": (0, (2, 2)), "alpha": 0.55} if quiet else {}
        ax.add_patch(Rectangle((c, r), 1, 1, facecolor=fill, edgecolor=INK, linewidth=0.7, clip_on=False, **dashes))
        ax.text(
            c + 0.5,
            r + 0.5,
            _number(a[r, c], fmt),
            ha="center",
            va="center_baseline",
            size=text_size,
            color=INK if fill == "none" else _on(fill),
            alpha=0.7 if quiet else 1,
        )
    frames = [] if outline is None else [outline] if np.ndim(outline) == 1 else outline
    for r, c, fh, fw in frames:
        ax.add_patch(Rectangle((c, r), fw, fh, fill=False, edgecolor=ORANGE, linewidth=2.6, zorder=3, clip_on=False))
    ax.set(xlim=(0, w), ylim=(h, 0), aspect="equal", title=title)
    ax.set_axis_off()
    return ax


def kernel(ax: Axes, k: np.ndarray, *, title: str = "", fmt: str = ".3g", limit: float | None = None) -> Axes:
    """Write a kernel as a grid of numbers over a map centred on zero: blue below, orange above.

    Shapes:
        k: (kh, kw) or (kw,). limit: the magnitude with the strongest colour; None takes the largest of k.

    >>> fig, (ax,) = panels()
    >>> [t.get_text() for t in kernel(ax, np.array([-1, 0, 1])).texts]
    ['−1', '0', '1']
    """
    limit = limit or float(np.abs(k).max()) or 1.0
    return matrix(ax, k, title=title, fmt=fmt, cmap=DIVERGING, vmin=-limit, vmax=limit)


def image(ax: Axes, img: np.ndarray, *, title: str = "", vmin: float | None = None, vmax: float | None = None) -> Axes:
    """Draw an image without ticks: grey by nearest pixel, or colour.

    Shapes:
        img: (h, w) or (1, h, w) grey; (3, h, w) or (h, w, 3) colour, 0..1 or uint8. vmin, vmax: the values of
        black and white; None takes 0 and 255 for uint8 and the smallest and the largest value otherwise.
    Raises:
        ShapeError: img has another shape.
    """
    img = _picture(img)
    if img.ndim == 2 and img.dtype == np.uint8:
        vmin, vmax = 0 if vmin is None else vmin, 255 if vmax is None else vmax
    small = max(img.shape[:2]) <= 160  # larger pictures are averaged down, or the SVG would alias and swell
    if img.ndim == 3 and img.dtype.kind == "f":
        img = img.clip(0, 1)
    ax.imshow(img, cmap="gray", vmin=vmin, vmax=vmax, interpolation="none" if small else "antialiased")
    ax.set(xticks=[], yticks=[], title=title)
    for spine in ax.spines.values():
        spine.set(visible=True, alpha=0.35)
    return ax


def images(
    imgs: Sequence[np.ndarray], titles: Sequence[str] = (), *,
    columns: int | None = None, size: float = 2.2, vmin: float | None = None, vmax: float | None = None,
) -> Figure:  # fmt: skip
    """Draw a grid of images of one scale and return the figure.

    Shapes:
        imgs: a sequence of images as `image` takes them. size: width of one image in inches.
    """
    columns = columns or min(len(imgs), 4)
    rows = -(-len(imgs) // columns)
    h, w = _picture(imgs[0]).shape[:2]
    fig, axes = panels(columns, rows, size=(size * columns, rows * (size * h / w + 0.3 * bool(len(titles)))))
    for ax in axes[len(imgs) :]:
        ax.set_axis_off()
    for ax, img, title in zip(axes, imgs, titles or [""] * len(imgs), strict=False):
        image(ax, img, title=title, vmin=vmin, vmax=vmax)
    return fig


def stem(
    ax: Axes,
    values: np.ndarray,
    *,
    start: int = 0,
    title: str = "",
    highlight: Iterable[int] = (),
    fmt: str = "g",
) -> Axes:
    """Draw a signal as stems over its indices; up to 16 samples carry their numbers.

    Shapes:
        values: (n,), the samples at start, start + 1, ... highlight: the indices drawn in orange.
    """
    values = np.asarray(values)
    if values.ndim != 1:
        raise ShapeError(fault(f"values has shape {values.shape}", "1 axis (n,)", "one row, for example values[0]"))
    at = np.arange(start, start + values.size)
    lit = set(highlight)
    colours = [ORANGE if i in lit else BLUE for i in at]
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.vlines(at, 0, values, colors=colours, linewidth=1.8)
    ax.scatter(at, values, c=colours, s=26, zorder=3)
    if values.size <= 16:
        for i, v in zip(at, values, strict=True):
            ax.annotate(
                _number(v, fmt),
                (i, v),
                (0, 7 if v >= 0 else -7),
                textcoords="offset points",
                ha="center",
                va="bottom" if v >= 0 else "top",
                size=9,
            )
        ax.set(xticks=at, yticks=[])
        ax.spines["left"].set_visible(False)
    ax.margins(x=0.08, y=0.22)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(length=0)
    ax.set_title(title)
    return ax


def lines(
    ax: Axes, x: np.ndarray, series: Mapping[str, np.ndarray], *,
    xlabel: str = "", ylabel: str = "", title: str = "", log: str = "", markers: bool | None = None,
) -> Axes:  # fmt: skip
    """Draw one line a series with a legend; dashes and markers tell them apart without colour.

    Shapes:
        x: (n,); each series: (n,). log: "", "x", "y" or "xy". markers=None marks up to 30 points.
    """
    dashes = ("-", (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (6, 1.6, 1.4, 1.6)))
    marked = len(x) <= 30 if markers is None else markers
    for i, (name, y) in enumerate(series.items()):
        ax.plot(
            x,
            y,
            label=name,
            linestyle=dashes[i % 4],
            marker="osD^vP"[i % 6] if marked else "",
            markeredgewidth=0,
        )
    for axis in log:
        getattr(ax, f"set_{axis}scale")("log")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.grid(True)
    if len(series) > 1:
        ax.legend()
    return ax


def bars(
    ax: Axes, values: Mapping[str, float], *,
    xlabel: str = "", title: str = "", fmt: str = "g", log: bool = False, highlight: Iterable[str] = (),
) -> Axes:  # fmt: skip
    """Draw one horizontal bar a name, from top to bottom, with its number at the end.

    Shapes:
        values: name -> number. highlight: the names drawn in orange.
    """
    lit = set(highlight)
    drawn = ax.barh(
        list(values),
        list(values.values()),
        height=0.62,
        log=log,
        color=[ORANGE if name in lit else BLUE for name in values],
    )
    ax.bar_label(drawn, [_number(v, fmt) for v in values.values()], padding=5, size=9.5)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.tick_params(axis="y", length=0)
    ax.grid(True, axis="x")
    ax.set(xlabel=xlabel, title=title)
    return ax


# --- showing


class Shown:
    """A finished figure: inline SVG for pages, PNG for other places, and one stable line of text."""

    def __init__(self, fig: Figure, alt: str, caption: str = ""):
        self.alt, self.caption = alt, caption
        self.svg = _svg(fig, alt)
        self._fig = fig

    @cached_property
    def png(self) -> bytes:
        return _png(self._fig)

    @property
    def html(self) -> str:
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        return f'<figure class="d2lmini-plot">{self.svg}{caption}</figure>'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        png = base64.b64encode(self.png).decode()
        return {"text/html": self.html, "image/png": png, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<figure: {self.alt}>"


def borrow(draw: Callable[..., Axes], *args: object, size: tuple[float, float] = (7, 3), **options: object) -> Figure:
    """Let another library draw with matplotlib, and give its picture the look of the book.

    Shapes:
        draw: called as draw(*args, **options), returns axes. size: (width, height) in inches. Returns the figure.
        What the library sets for all later figures is undone, and its warnings are not shown.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fig = draw(*args, **options).figure
    fig.set(size_inches=size, facecolor="none")
    for ax in fig.axes:
        ax.set_facecolor("none")
        ax.tick_params(colors=INK)
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            text.set(color=INK, size=10.5)
        for side, spine in ax.spines.items():
            spine.set(color=INK, visible=side in ("left", "bottom"))
        ax.grid(color=INK, alpha=0.18)
    return fig


def show(fig: Figure, alt: str, caption: str = "") -> Shown:
    """Finish a figure for the page; `alt` tells a reader who cannot see it what it shows.

    Shapes:
        alt: 15 characters or more, without markup. caption: the text below the figure, optional.
    Raises:
        ValueError: alt is missing or too short to describe anything.

    >>> fig, (ax,) = panels()
    >>> show(fig, "an empty pair of axes")
    <figure: an empty pair of axes>
    >>> show(fig, "plot")
    Traceback (most recent call last):
    ValueError: alt is 'plot'; needed: 15 characters that say what it shows; try: show(fig, "two bars, ...")
    """
    alt = " ".join(str(alt).split())
    if len(alt) < 15:
        needed = "15 characters that say what it shows"
        raise ValueError(fault(f"alt is {alt!r}", needed, 'show(fig, "two bars, ...")'))
    shown = Shown(fig, alt, caption)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(fig)  # or Jupyter would draw it a second time
    return shown


def _svg(fig: Figure, alt: str) -> str:
    """The figure as one <svg> that takes the page's ink and fonts and shares no id with another figure."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    fig.savefig(buffer, format="svg", dpi=144, bbox_inches="tight", pad_inches=0.04, metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    uid = "p" + hashlib.sha1((alt + svg).encode()).hexdigest()[:8]
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{uid}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{uid}-", svg)
    svg = re.sub(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r"(<text [^>]*)'DejaVu Sans'[^;\"]*", rf"\g<1>{FONTS}", svg)
    svg = svg.replace(INK, "currentColor")
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+|\n", r"\1", path[0]), svg)  # in 1/100 points
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    width = re.search(r'width="([\d.]+)pt"', svg)[1]
    style = f'style="width:{width}pt;max-width:100%;height:auto"'
    svg = re.sub(r'(<svg [^>]*?) ?height="[\d.]+pt"', r"\1", svg, count=1).replace(f'width="{width}pt"', style, 1)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(alt)}" ', 1)


def _png(fig: Figure) -> bytes:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=144, bbox_inches="tight", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


# --- parts


def _number(value: float, fmt: str) -> str:
    text = format(value.item() if isinstance(value, np.generic) else value, fmt)
    return re.sub(r"^-(?=0*\.?0*$)", "", text).replace("-", "−")  # no minus zero; a true minus sign


def _mask(cells: Cells, shape: tuple[int, int]) -> np.ndarray:
    given = np.asarray(list(cells) if cells is not None and not isinstance(cells, np.ndarray) else cells)
    if given.dtype == bool and given.shape == shape:
        return given
    mask = np.zeros(shape, bool)
    for r, c in [] if cells is None else given.reshape(-1, 2):
        mask[r, c] = True
    return mask


def _fills(a: np.ndarray, cmap: str | Colormap | None, vmin: float | None, vmax: float | None) -> list[list[str]]:
    if cmap is None:
        return [["none"] * a.shape[1]] * a.shape[0]
    if cmap == "signed":
        cmap, vmax = DIVERGING, vmax or float(np.abs(a).max()) or 1.0
        vmin = -vmax
    elif cmap == "blues":
        cmap = SEQUENTIAL
    colour = mpl.colormaps.get_cmap(cmap)
    low, high = a.min() if vmin is None else vmin, a.max() if vmax is None else vmax
    share = (a - low) / (high - low) if high > low else np.zeros(a.shape)
    return [[to_hex(colour(v)) for v in row] for row in share]


def _on(fill: str) -> str:
    """Black or white, whichever reads better on the fill; neither is INK, so no page changes them."""
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(fill))
    return "#000000" if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 else "#ffffff"


def _cell_text(ax: Axes, a: np.ndarray, fmt: str) -> float:
    """The text size in points, at most 11, that fits the longest number into one cell of the axes."""
    box = ax.get_position()
    width, height = (ax.figure.get_size_inches() * (box.width, box.height) * 72).tolist()
    cell = min(width / a.shape[1], height / a.shape[0])
    longest = max((len(_number(v, fmt)) for v in a.flat), default=1)
    return float(np.clip(cell * 0.86 / (0.64 * max(longest, 1.4)), 4.5, 11))


def _picture(img: np.ndarray) -> np.ndarray:
    img = np.asarray(img)
    if img.ndim == 3 and img.shape[0] == 1:
        return img[0]
    if img.ndim == 3 and img.shape[0] == 3 and img.shape[2] != 3:
        return img.transpose(1, 2, 0)  # (h, w, 3)
    if img.ndim == 2 or (img.ndim == 3 and img.shape[2] in (3, 4)):
        return img
    needed = "(h, w), (1, h, w), (3, h, w) or (h, w, 3)"
    raise ShapeError(fault(f"img has shape {img.shape}", needed, "one image, for example img[0]"))
