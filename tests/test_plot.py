"""Pictures: ids, ink and text of the SVG, text alternatives, and numbers that can be read on every fill."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from d2lmini import ShapeError, plot

ALT = "a picture for the tests"


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def shown_matrix(a=None, **options):
    fig, (ax,) = plot.panels()
    plot.matrix(ax, np.eye(3) if a is None else a, **options)
    return plot.show(fig, ALT)


@pytest.mark.parametrize("paper", ["#ffffff", "#121212"])
def test_the_colour_cycle_keeps_three_to_one_on_light_and_dark_paper(paper):
    assert min(contrast(colour, paper) for colour in plot.CYCLE) >= 3


@pytest.mark.parametrize("cmap", ["blues", "signed", "viridis", "gray", plot.DIVERGING])
def test_numbers_are_readable_on_every_fill(cmap):
    fig, (ax,) = plot.panels()
    plot.matrix(ax, np.linspace(-1, 1, 49).reshape(7, 7), cmap=cmap)
    pairs = [(to_hex(p.get_facecolor()), t.get_color()) for p, t in zip(ax.patches, ax.texts, strict=True)]
    assert min(contrast(fill, ink) for fill, ink in pairs) >= 4.5


def test_highlighted_numbers_do_not_follow_the_page():
    fig, (ax,) = plot.panels()
    plot.matrix(ax, np.eye(2), highlight=[(0, 1)])
    assert [t.get_color() == plot.INK for t in ax.texts] == [True, False, True, True]
    assert contrast(plot.AMBER, ax.texts[1].get_color()) >= 4.5


@pytest.mark.parametrize("cells", [[(0, 1), (2, 2)], np.array([[0, 1, 0], [0, 0, 0], [0, 0, 1]], bool)])
def test_highlight_takes_pairs_and_masks(cells):
    fig, (ax,) = plot.panels()
    plot.matrix(ax, np.zeros((3, 3)), highlight=cells)
    assert [i for i, t in enumerate(ax.texts) if t.get_color() != plot.INK] == [1, 8]


def test_a_two_by_two_mask_is_no_list_of_pairs():
    fig, (ax,) = plot.panels()
    plot.matrix(ax, np.zeros((2, 2)), highlight=np.array([[True, False], [False, False]]))
    assert [t.get_color() != plot.INK for t in ax.texts] == [True, False, False, False]


def test_numbers_have_a_true_minus_and_no_minus_zero():
    fig, (ax,) = plot.panels()
    plot.matrix(ax, np.array([[-1.5, -0.0, -0.001]]), fmt=".1f")
    assert [t.get_text() for t in ax.texts] == ["−1.5", "0.0", "0.0"]


def test_the_svg_is_well_formed_and_takes_the_ink_of_the_page():
    svg = shown_matrix(title="a < b").svg
    root = ET.fromstring(svg)
    assert root.get("role") == "img" and root.get("aria-label") == ALT
    assert "currentColor" in svg and plot.INK not in svg
    assert "<metadata>" not in svg and "dc:date" not in svg
    assert "a &lt; b" in svg and "font-family: system-ui" in svg


def test_quotes_and_markup_in_the_alt_are_escaped():
    fig, (ax,) = plot.panels()
    shown = plot.show(fig, 'the "quoted" x < y & more', caption="<b>bold</b>")
    assert ET.fromstring(shown.svg).get("aria-label") == 'the "quoted" x < y & more'
    assert "<figcaption>&lt;b&gt;bold&lt;/b&gt;</figcaption>" in shown.html


def test_two_figures_share_no_id_and_every_reference_resolves():
    svgs = []
    for values in ([1, 2], [3, 4]):
        fig, (ax,) = plot.panels()
        plot.lines(ax, np.arange(2), {"a": np.array(values)})
        svgs.append(plot.show(fig, ALT).svg)
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in svgs]
    assert ids[0] and not ids[0] & ids[1]
    for svg, own in zip(svgs, ids, strict=True):
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) == own


def test_the_same_figure_is_the_same_text_in_another_process():
    code = (
        "import hashlib; from d2lmini import plot; fig, (ax,) = plot.panels();"
        "plot.lines(ax, [0, 1], {'a': [0, 1], 'b': [1, 0]}); shown = plot.show(fig, 'two lines that cross');"
        "print(hashlib.sha256(shown.html.encode() + shown.png).hexdigest())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env=os.environ | {"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1] != ""


def test_the_bundle_holds_page_picture_and_text():
    bundle = shown_matrix()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == f"<figure: {ALT}>"
    assert bundle["image/png"].startswith("iVBOR")


@pytest.mark.parametrize("alt", ["", "plot", "   short      x "])
def test_a_figure_without_a_text_alternative_is_refused(alt):
    fig, _ = plot.panels()
    with pytest.raises(ValueError, match="needed: 15 characters that say what it shows; try: show"):
        plot.show(fig, alt)


def test_a_pyplot_figure_is_closed():
    fig, ax = plt.subplots()
    plot.show(fig, ALT)
    assert fig.number not in plt.get_fignums()


def test_panels_for_matrices_give_all_cells_one_size():
    fig, axes = plot.panels(cells=[(5, 5), (3, 3), (2, 2)], signs="∗=")
    for ax, n in zip(axes, (5, 3, 2), strict=True):
        plot.matrix(ax, np.zeros((n, n)))
    fig.draw_without_rendering()
    sizes = [ax.transData.transform([(0, 0), (1, 1)]) for ax in axes]
    assert np.allclose([np.abs(b - a) for a, b in sizes], 0.4 * fig.dpi)
    assert [t.get_text() for t in fig.texts] == ["∗", "="]


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5), (3, 4, 5), (4, 5, 3)])
def test_image_takes_the_four_layouts(shape):
    fig, (ax,) = plot.panels()
    plot.image(ax, np.zeros(shape))
    assert ax.images[0].get_array().shape[:2] == (4, 5)


def test_uint8_images_keep_black_and_white():
    fig, (ax,) = plot.panels()
    plot.image(ax, np.full((2, 2), 100, np.uint8))
    assert ax.images[0].get_clim() == (0, 255)


def test_images_hides_unused_panels_and_keeps_titles():
    fig = plot.images([np.eye(3)] * 3, ["a", "b", "c"], columns=2)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", ""]
    assert [ax.axison for ax in fig.axes] == [True, True, True, False]


def test_stem_starts_where_it_is_told_and_writes_the_numbers():
    fig, (ax,) = plot.panels()
    plot.stem(ax, np.array([1, -2]), start=-1)
    assert ax.get_xticks().tolist() == [-1, 0]
    assert [t.get_text() for t in ax.texts] == ["1", "−2"]


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_lines_take_logarithmic_axes_and_a_legend(log):
    fig, (ax,) = plot.panels()
    plot.lines(ax, np.arange(1, 4), {"a": np.arange(1, 4), "b": np.arange(2, 5)}, log=log)
    assert (ax.get_xscale() == "log", ax.get_yscale() == "log") == ("x" in log, "y" in log)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2  # colour is not the only difference


def test_bars_run_from_top_to_bottom_with_their_numbers():
    fig, (ax,) = plot.panels()
    plot.bars(ax, {"loops": 3, "FFT": 80}, fmt=".0f")
    assert [t.get_text() for t in ax.texts] == ["3", "80"]
    assert ax.yaxis_inverted() and [t.get_text() for t in ax.get_yticklabels()] == ["loops", "FFT"]


@pytest.mark.parametrize(
    ("draw", "array", "message"),
    [
        (plot.matrix, np.zeros((1, 2, 3)), "a has shape (1, 2, 3); needed: 2 axes (h, w); try: one slice"),
        (plot.image, np.zeros((2, 4, 5)), "img has shape (2, 4, 5); needed: (h, w), (1, h, w), (3, h, w) or"),
        (plot.stem, np.zeros((2, 2)), "values has shape (2, 2); needed: 1 axis (n,); try: one row"),
    ],
)
def test_a_wrong_rank_is_named(draw, array, message):
    fig, (ax,) = plot.panels()
    with pytest.raises(ShapeError, match=re.escape(message)):
        draw(ax, array)


def test_inputs_stay_unchanged():
    a = np.arange(6.0).reshape(2, 3)
    a.flags.writeable = False
    fig, (b, c) = plot.panels(2)
    plot.matrix(b, a, cmap="signed", highlight=a > 3)
    plot.image(c, a)


def test_borrow_gives_the_look_of_the_book_and_undoes_what_the_library_sets():
    import warnings

    import matplotlib as mpl
    from matplotlib import pyplot

    def foreign(values):
        warnings.warn("experimental", stacklevel=1)
        pyplot.style.use("ggplot")
        ax = pyplot.subplots()[1]
        ax.plot(values)
        return ax

    before = dict(mpl.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = plot.borrow(foreign, [1, 2], size=(4, 2))
    assert dict(mpl.rcParams) == before and fig.get_size_inches().tolist() == [4, 2]
    assert fig.axes[0].get_facecolor()[3] == 0 and fig.axes[0].title.get_color() == plot.INK
    plot.show(fig, "a straight line from one to two")
    assert not pyplot.get_fignums()
