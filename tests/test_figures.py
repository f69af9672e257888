"""Interactive figures: their state and numbers in Python, and the same figures driven in a real browser."""

import itertools
import json
import re

import numpy as np
import pytest
import scipy.signal
from ipywidgets import IntSlider, Widget

from d2lmini import ShapeError, channel_shuffle, conv1d, conv2d, figures, xcorr1d
from d2lmini.figures.base import STATIC, VIEW
from tests.browser import NO_BROWSER, find_browser, open_browser

EMBED = (STATIC.parent / "book_static" / "d2lmini-figures.js").read_text(encoding="utf-8")
X, K = [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[10, 20], [30, 40]]
RNG = np.random.default_rng(7)
PHOTO = RNG.integers(0, 256, (20, 27)).astype(np.uint8)
MODES = ("full", "same", "valid", "circular")
BORDERS = ("zeros", "replicate", "reflect", "circular")
SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def layer(**options):
    rng = np.random.default_rng(3)
    return figures.LayerExplorer(
        rng.integers(0, 3, (3, 7, 7)), rng.integers(-1, 2, (2, 3, 3, 3)), bias=[1, -2], **options
    )


def one_of_each():
    return {
        "conv": figures.ConvExplorer(padding=1),
        "layer": layer(stride=2, padding=1),
        "slide": figures.SlideExplorer(),
        "lab": figures.KernelLab(PHOTO, weights=SOBEL),
        "pool": figures.PoolExplorer(mode="stochastic", shift=1),
        "backward": figures.BackwardExplorer(part="dx", selected=(1, 1)),
        "wiring": figures.WiringExplorer(groups=4, shuffle=True, selected=5),
    }


# --- in Python


def test_conv_explorer_computes_the_numbers_of_the_worked_example():
    fig = figures.ConvExplorer(image=X, weights=K)
    assert fig.output.tolist() == [[370, 470], [670, 770]]
    fig.flip = True  # the true convolution: 1·40 + 2·30 + 4·20 + 5·10
    assert fig.output[0, 0] == 230
    assert fig.receptive_cells == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("flip", [False, True])
def test_conv_explorer_equals_scipy(flip):
    fig = figures.ConvExplorer(6, 3, padding=2, stride=2, flip=flip)
    both = {False: scipy.signal.correlate2d, True: scipy.signal.convolve2d}
    expected = both[flip](np.arange(1, 37).reshape(6, 6), np.arange(1, 10).reshape(3, 3), "full")[::2, ::2]
    np.testing.assert_array_equal(fig.output, expected, strict=True)


def test_receptive_cells_follow_stride_padding_and_dilation():
    fig = figures.ConvExplorer(7, 2, stride=2, padding=1, dilation=3, selected=(1, 2))
    assert fig.receptive_cells == [(1, 3), (1, 6), (4, 3), (4, 6)]


def test_a_kernel_that_does_not_fit_gives_no_output():
    fig = figures.ConvExplorer(3, 5)
    assert (fig.output_size, fig.output.shape, fig.receptive_cells) == (0, (0, 0), [])
    assert "does not fit" in fig.alt


def test_a_new_kernel_size_counts_again_and_the_old_weights_come_back():
    fig = figures.ConvExplorer(image=X, weights=K)
    fig.kernel = 3
    assert fig.laid_kernel[0].tolist() == [1, 2, 3]
    fig.kernel = 2
    assert fig.laid_kernel.tolist() == K


def test_layer_explorer_adds_channels_and_bias():
    fig = layer(stride=2, padding=1, selected=(1, 2, 0))
    assert fig.output.shape == (2, 4, 4)
    assert fig.partial_sums.shape == (3,)
    assert fig.partial_sums.sum() - 2 == fig.output[1, 2, 0]


@pytest.mark.parametrize("mode", MODES[:3])
def test_slide_explorer_equals_the_package(mode):
    x, h = np.array([3, 1, 4, 1, 5]), np.array([2, 7, 1])
    assert figures.SlideExplorer(x, h, mode).output.tolist() == conv1d(x, h, mode).tolist()
    assert figures.SlideExplorer(x, h, mode, flip=False).output.tolist() == xcorr1d(x, h, mode).tolist()


def test_slide_explorer_on_a_circle_equals_the_fft():
    x, h = np.array([3, 1, 4, 1, 5]), np.array([2, 7, 1])
    spectrum, kernel = np.fft.fft(x), np.fft.fft(h, 5)
    turned = figures.SlideExplorer(x, h, "circular").output
    straight = figures.SlideExplorer(x, h, "circular", flip=False).output
    np.testing.assert_allclose(turned, np.fft.ifft(spectrum * kernel).real, atol=1e-12)
    np.testing.assert_allclose(straight, np.fft.ifft(spectrum * kernel.conj()).real, atol=1e-12)


@pytest.mark.parametrize(
    ("border", "scipy_mode"), [("zeros", "constant"), ("replicate", "nearest"), ("reflect", "mirror")]
)
def test_kernel_lab_equals_scipy(border, scipy_mode):
    fig = figures.KernelLab(PHOTO, weights=SOBEL, border=border, stride=2)
    expected = scipy.ndimage.correlate(PHOTO.astype(float), np.array(SOBEL, float), mode=scipy_mode)[::2, ::2]
    np.testing.assert_allclose(fig.output, expected, atol=1e-9, strict=True)


def test_wiring_explorer_hears_what_a_shuffled_pair_of_layers_lets_through():
    for channels, groups, shuffle in itertools.product((4, 6, 8, 12), (1, 2, 3, 4, 6), (False, True)):
        if channels % groups:
            continue
        fig = figures.WiringExplorer(channels, groups, shuffle=shuffle)
        weight = np.ones((channels, channels // groups, 1, 1))
        alone = np.eye(channels)[:, :, None, None]  # an image a channel
        maps = conv2d(alone, weight, groups=groups)
        maps = conv2d(channel_shuffle(maps, groups) if shuffle else maps, weight, groups=groups)
        np.testing.assert_array_equal(fig.reach, maps[:, :, 0, 0].T > 0, strict=True)


def test_wiring_explorer_counts_weights_and_multiply_adds():
    fig = figures.WiringExplorer(8, 2, kernel=3, size=10)
    assert (fig.weights, fig.macs) == (2 * 8 * 4 * 9, 2 * 8 * 4 * 9 * 100)


def test_backward_explorer_computes_the_gradients_of_the_worked_example():
    fig = figures.BackwardExplorer(X, K, [[1, 0], [-1, 2]])
    assert fig.output.tolist() == [[370, 470], [670, 770]]
    assert fig.dw.tolist() == [[7, 9], [13, 15]]  # 1·1 − 1·4 + 2·5, ...
    assert fig.dx.tolist() == [[10, 20, 0], [20, 40, 40], [-30, 20, 80]]


def test_backward_explorer_equals_scipy():
    x, w, dy = RNG.standard_normal((4, 5)), RNG.standard_normal((2, 3)), RNG.standard_normal((3, 3))
    fig = figures.BackwardExplorer(x, w, dy)
    np.testing.assert_allclose(fig.dw, scipy.signal.correlate2d(x, dy, "valid"), atol=1e-12, strict=True)
    np.testing.assert_allclose(fig.dx, scipy.signal.convolve2d(dy, w, "full"), atol=1e-12, strict=True)


def test_kernel_lab_takes_images_from_zero_to_one():
    assert figures.KernelLab(np.eye(3)).input.tolist() == (255 * np.eye(3)).tolist()


@pytest.mark.parametrize("name", list(one_of_each()))
def test_the_text_of_a_figure_is_stable_and_holds_no_bytes(name):
    one, other = one_of_each()[name], one_of_each()[name]
    assert repr(one) == repr(other)
    names = re.findall(r"(\w+)=", repr(one))
    assert names == sorted(names) and "pixels" not in names
    assert "0x" not in repr(one) and one.model_id not in repr(one)


@pytest.mark.parametrize("name", list(one_of_each()))
def test_the_bundle_holds_the_widget_a_page_with_a_still_and_text(name):
    fig = one_of_each()[name]
    bundle = fig._repr_mimebundle_()[0]
    assert bundle["text/plain"] == repr(fig)
    assert bundle[VIEW]["model_id"] == fig.model_id
    assert bundle["image/svg+xml"] in bundle["text/html"] and 'role="img"' in bundle["image/svg+xml"]
    assert len(fig.alt) >= 15 and fig.alt in bundle["image/svg+xml"]
    assert (
        json.loads(re.search(rf'<script type="{re.escape(VIEW)}">(.*?)</script>', bundle["text/html"])[1])
        == bundle[VIEW]
    )


def test_figures_that_do_not_fit_still_draw_their_still():
    assert "<svg" in figures.ConvExplorer(3, 5)._repr_mimebundle_()[0]["text/html"]
    fig = layer()
    fig.image = [[[1, 2], [3, 4]]] * 3
    assert "<svg" in fig._repr_mimebundle_()[0]["text/html"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: figures.ConvExplorer(image=[[1, 2]]),
            "image has shape (1, 2); needed: as many rows as columns",
        ),
        (lambda: figures.ConvExplorer(weights=[1, 2]), "weights has shape (2,); needed: 2 axes (h, w)"),
        (
            lambda: figures.ConvExplorer(image=[[np.nan]]),
            "image has dtype float64; needed: finite real numbers",
        ),
        (lambda: figures.LayerExplorer(np.ones((2, 5, 5)), np.ones((1, 3, 3, 3))), "needed"),
        (
            lambda: figures.LayerExplorer(np.ones((1, 2, 2)), np.ones((1, 1, 3, 3))),
            "the window spans 3 pixels",
        ),
        (lambda: figures.SlideExplorer(x=(1, 2), h=(1, 2, 3), mode="circular"), "n >= k"),
        (lambda: figures.PoolExplorer([[1, -2], [3, 4]]), "image has the value -2; needed: values >= 0"),
        (lambda: figures.PoolExplorer([[1, 2], [3, 4]], 3), "a square no smaller than the kernel"),
        (lambda: figures.BackwardExplorer(X, np.ones((4, 4))), "the window spans 4 pixels"),
        (lambda: figures.BackwardExplorer(X, K, np.ones((3, 2))), "that of the output, (2, 2); try: np.ones((2, 2))"),
        (lambda: figures.KernelLab(np.zeros((200, 100))), "sides of 3 to 128 pixels; try: image[::2, ::2]"),
        (
            lambda: figures.KernelLab(PHOTO, weights=np.eye(4)),
            "weights has shape (4, 4); needed: (3, 3) or (5, 5)",
        ),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        make()


def test_a_quiz_needs_options_feedback_and_an_answer_among_them():
    with pytest.raises(ValueError, match="two or more options"):
        figures.Quiz("q?", {"a": "yes"}, "a")
    with pytest.raises(ValueError, match="feedback"):
        figures.Quiz("q?", {"a": "yes", "b": " "}, "a")
    with pytest.raises(ValueError, match="'c' is not among the options"):
        figures.Quiz("q?", {"a": "yes", "b": "no"}, "c")


def test_a_quiz_is_text_in_the_notebook_and_escapes_markup():
    quiz = figures.Quiz("is `a < b`?", {"yes": "a & b", "no": "<b>"}, "yes")
    assert repr(quiz) == "Quiz: is `a < b`?\n  ( ) yes\n  ( ) no"
    page = quiz._repr_html_()
    assert "<code>a &lt; b</code>" in page and "&lt;b&gt;" in page and "<b>" not in page


def test_no_asset_ends_a_script_early_or_asks_another_host():
    assets = [*STATIC.iterdir(), *(STATIC.parent / "book_static").iterdir()]
    assert len(assets) >= 9
    for asset in assets:
        text = asset.read_text(encoding="utf-8")
        assert "</script" not in text and not re.search(r"https?:|@import|\bfetch\(|^import ", text, re.M), asset.name


# --- in the browser


def page_of(folder, *shown, name="page.html", script=EMBED, still=True):
    """Write a page with these outputs as the built book embeds them, and return its address."""
    widgets = [one for one in shown if isinstance(one, Widget)]
    state = json.dumps(Widget.get_manager_state(widgets=widgets))
    body = []
    for one in shown:
        if not isinstance(one, Widget):
            body.append(one._repr_html_())
        elif still and isinstance(one, figures.Figure):
            body.append(one._repr_mimebundle_()[0]["text/html"])
        else:
            view = {"version_major": 2, "version_minor": 0, "model_id": one.model_id}
            body.append(f'<script type="{VIEW}">{json.dumps(view)}</script>')
    night = "--pst-color-text-base:#ced6dd;--pst-color-background:#121212;background:#121212;color:#ced6dd"
    style = f"body{{margin:0 1rem}}@media(prefers-color-scheme:dark){{:root{{{night}}}}}"
    path = folder / name
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>figures</title><style>{style}</style>'
        f'<meta name="viewport" content="width=device-width"><body>{"".join(body)}'
        f'<script type="application/vnd.jupyter.widget-state+json">{state}</script><script>{script}</script>',
        encoding="utf-8",
    )
    return path.as_uri()


needs_browser = pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)


def in_browser(test):
    return pytest.mark.browser(needs_browser(test))


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser
        assert browser.foreign == [], "a figure asked another host"
        assert browser.errors == []


@pytest.fixture
def start(browser, tmp_path):
    """Open a page of the given figures and wait until they run."""
    pages = []

    def opened(*shown, **options):
        size = {side: options.pop(side) for side in ("width", "height", "scheme") if side in options}
        page = browser.page(page_of(tmp_path, *shown, **options), **size)
        page.wait_for_selector("html[data-d2lmini-figures=ready]", state="attached")
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()


def number(text):
    return float(text.replace("−", "-"))


def cells(page, name, figure=0):
    """The numbers of a grid as an array; the small numbers above them are left out."""
    grid = page.locator(".d2l").nth(figure).locator(f'[data-name="{name}"]')
    rows = grid.evaluate(
        "grid => [...grid.children].map(row => [...row.children].map(cell => cell.firstChild?.data ?? ''))"
    )
    return np.array([[number(text) if text else np.nan for text in row] for row in rows])


def marked(page, name, kind):
    where = f'[data-name="{name}"] .{kind}'
    return page.eval_on_selector_all(where, "all => all.map(cell => [+cell.dataset.r, +cell.dataset.c])")


def text(page, part):
    return page.locator(f".d2l-{part}").inner_text()


def same(shown, expected):
    np.testing.assert_allclose(shown, expected, atol=5.01e-4, strict=True)


@in_browser
def test_conv_explorer_shows_the_numbers_of_numpy(start):
    weights = RNG.standard_normal((3, 3))
    sizes = itertools.product((1, 2, 3), (0, 2), (1, 2), (False, True))
    figs = [
        figures.ConvExplorer(7, weights=weights, stride=s, padding=p, dilation=d, flip=flip) for s, p, d, flip in sizes
    ]
    page = start(*figs, still=False)
    for i, fig in enumerate(figs):
        same(cells(page, "output", i), fig.output.astype(float))
        same(cells(page, "input", i), np.pad(fig.input, fig.padding).astype(float))


@in_browser
def test_the_sum_and_the_formula_are_written_out(start):
    page = start(figures.ConvExplorer(image=X, weights=K))
    assert text(page, "sum") == "y[0, 0] = 1·10 + 2·20 + 4·30 + 5·40 = 370"
    assert text(page, "formula").endswith("⌊(3 + 2·0 − 1·(2 − 1) − 1) / 1⌋ + 1 = 2")
    assert (
        text(page, "status") == "Output row 0, column 0 is 370: it reads rows 0 to 1 and columns 0 to 1 of the input."
    )
    assert page.locator(".d2l-status").get_attribute("role") == "status"


@in_browser
def test_a_slider_is_dragged_with_the_mouse(start):
    page = start(figures.ConvExplorer(7, 3))
    box = page.locator('[data-name="stride"]').bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert page.locator('[data-name="stride"]').input_value() == "4"
    same(cells(page, "output"), figures.ConvExplorer(7, 3, stride=4).output.astype(float))


@in_browser
def test_a_slider_is_moved_with_the_keyboard(start):
    page = start(figures.ConvExplorer(7, 3))
    page.focus('[data-name="padding"]')
    page.keyboard.press("ArrowRight")
    page.focus('[data-name="dilation"]')
    page.keyboard.press("ArrowRight")
    expected = figures.ConvExplorer(7, 3, padding=1, dilation=2)
    same(cells(page, "output"), expected.output.astype(float))
    assert text(page, "formula").endswith(f"= {expected.output_size}")


@in_browser
def test_hovering_an_output_lights_the_cells_that_it_reads_with_their_weights(start):
    page = start(figures.ConvExplorer(7, weights=K, stride=2, padding=1, dilation=2, flip=True))
    page.hover('[data-name="output"] [data-r="1"][data-c="2"]')
    expected = figures.ConvExplorer(7, weights=K, stride=2, padding=1, dilation=2, flip=True, selected=(1, 2))
    assert marked(page, "output", "chosen") == [[1, 2]]
    assert [(r - 1, c - 1) for r, c in marked(page, "input", "lit")] == expected.receptive_cells
    assert page.locator('[data-name="input"] .lit small').all_inner_texts() == ["40", "30", "20", "10"]
    assert text(page, "sum").endswith(f"= {expected.output[1, 2]}")


@in_browser
@pytest.mark.parametrize("how", ["hover", "focus"])
def test_an_input_cell_lights_the_outputs_that_read_it(start, how):
    fig = figures.ConvExplorer(7, 3, stride=2, padding=1, dilation=2)
    page = start(fig)
    for r, c in [(1, 1), (4, 4), (4, 5), (0, 0), (8, 8)]:  # of the padded input
        getattr(page, how)(f'[data-name="input"] [data-r="{r}"][data-c="{c}"]')
        readers = []
        for i, j in itertools.product(range(fig.output_size), repeat=2):
            fig.selected = [i, j]
            if (r - 1, c - 1) in fig.receptive_cells:
                readers.append([i, j])
        assert marked(page, "output", "lit") == readers
        count = {0: "no output", 1: "1 output"}.get(len(readers), f"{len(readers)} outputs")
        assert f"is read by {count}." in text(page, "status")


@in_browser
def test_leaving_the_input_returns_to_the_chosen_output(start):
    page = start(figures.ConvExplorer(5, 3))
    page.hover('[data-name="input"] [data-r="4"][data-c="4"]')
    assert marked(page, "input", "lit") == []
    page.hover(".d2l-formula")
    assert len(marked(page, "input", "lit")) == 9


@in_browser
def test_the_keyboard_wins_over_a_resting_mouse(start):
    page = start(figures.ConvExplorer(5, 3))
    page.hover('[data-name="input"] [data-r="4"][data-c="4"]')
    page.focus('[data-name="output"] [tabindex="0"]')
    assert marked(page, "output", "chosen") == [[0, 0]]
    assert len(marked(page, "input", "lit")) == 9


@in_browser
def test_the_arrow_keys_walk_over_the_output_and_stop_at_its_border(start):
    page = start(figures.ConvExplorer(5, 3))
    page.focus('[data-name="output"] [tabindex="0"]')
    walk = {
        "ArrowRight": [0, 1],
        "ArrowDown": [1, 1],
        "End": [1, 2],
        "ArrowRight ": [1, 2],
        "Home": [1, 0],
        "ArrowUp": [0, 0],
    }
    for key, cell in walk.items():
        page.keyboard.press(key.strip())
        assert marked(page, "output", "chosen") == [cell]
        assert page.evaluate("[document.activeElement.dataset.r, document.activeElement.dataset.c].map(Number)") == cell
        assert f"row {cell[0]}, column {cell[1]}" in text(page, "status")
    assert page.locator('[data-name="output"] [tabindex="0"]').count() == 1
    assert page.locator('[data-name="output"] [aria-selected="true"]').count() == 1


@in_browser
def test_a_weight_is_typed_and_the_numbers_follow(start):
    page = start(figures.ConvExplorer(image=X, weights=K))
    field = page.locator('[data-name="weights"] input').nth(3)
    field.fill("-0.5")
    same(cells(page, "output"), figures.ConvExplorer(image=X, weights=[[10, 20], [30, -0.5]]).output)
    assert text(page, "sum") == "y[0, 0] = 1·10 + 2·20 + 4·30 + 5·(−0.5) = 167.5"
    field.fill("")  # an empty field is no number yet
    assert cells(page, "output")[0, 0] == 167.5
    field.blur()
    assert cells(page, "output")[0, 0] == 170


@in_browser
def test_convolution_turns_the_kernel(start):
    page = start(figures.ConvExplorer(image=X, weights=K))
    page.get_by_label("turned by 180°").check()
    assert text(page, "sum") == "y[0, 0] = 1·40 + 2·30 + 4·20 + 5·10 = 230"
    assert cells(page, "output").tolist() == figures.ConvExplorer(image=X, weights=K, flip=True).output.tolist()


@in_browser
def test_a_window_that_does_not_fit_is_said_in_words(start):
    page = start(figures.ConvExplorer(3, 5))
    assert "The window spans 5 pixels and the padded input has 3: it does not fit" in text(page, "status")
    assert not page.locator('[data-name="output"]').is_visible()
    page.focus('[data-name="padding"]')
    page.keyboard.press("ArrowRight")
    same(cells(page, "output"), figures.ConvExplorer(3, 5, padding=1).output.astype(float))


@in_browser
def test_rows_that_no_window_reaches_are_named(start):
    page = start(figures.ConvExplorer(6, 3, stride=2))
    assert text(page, "status").endswith("The last row and column of the input are never read.")


@in_browser
def test_layer_explorer_steps_through_all_positions_and_writes_the_sums(start):
    fig = layer(stride=2, padding=1)
    page = start(fig)
    for filter_, r, c in itertools.islice(itertools.product(range(2), range(4), range(4)), 0, 32):
        if (r, c) in ((0, 0), (1, 2), (3, 3)):
            fig.selected = [filter_, r, c]
            parts = [number(t.split()[1]) for t in page.locator(".d2l-partial").all_inner_texts()]
            assert parts == fig.partial_sums.tolist()
            assert (
                page.locator(".d2l-sum strong")
                .inner_text()
                .endswith(f"= {fig.output[filter_, r, c]}".replace("-", "−"))
            )
            assert marked(page, f"output-{filter_}", "chosen") == [[r, c]]
            assert marked(page, "input-2", "lit") == [[2 * r + a, 2 * c + b] for a in range(3) for b in range(3)]
        page.get_by_role("button", name="Next position").click()
    assert marked(page, "output-0", "chosen") == [[0, 0]]  # round to the start
    page.get_by_role("button", name="Previous position").click()
    assert marked(page, "output-1", "chosen") == [[3, 3]]
    for i in range(2):
        same(cells(page, f"output-{i}"), fig.output[i].astype(float))
    assert "27 products and one bias" in text(page, "status")


@in_browser
def test_layer_explorer_plays_and_pauses(start):
    page = start(layer())
    page.clock.install()
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(3000)
    assert marked(page, "output-0", "chosen") == [[0, 2]]
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(3000)
    assert marked(page, "output-0", "chosen") == [[0, 2]]


@in_browser
def test_slide_explorer_shows_the_numbers_and_the_matrix_of_numpy(start):
    x = [3, 1, -4, 1.5, 5]
    options = itertools.product([[2, 7, -1], [1, 2, 3, 4]], MODES, (True, False))
    figs = [figures.SlideExplorer(x, h, mode, flip=flip) for h, mode, flip in options]
    figs.append(figures.SlideExplorer([1, 2], [1, 2, 3], "valid"))
    page = start(*figs, still=False)
    for i, fig in enumerate(figs):
        same(cells(page, "output", i)[0], fig.output.astype(float))
        same(cells(page, "matrix", i), fig.matrix.astype(float))


@in_browser
def test_slide_explorer_walks_and_its_row_lights(start):
    page = start(figures.SlideExplorer())
    assert text(page, "sum") == "y[0] = 0·(−1) + 1·1 = 1"
    page.focus('[data-name="output"] [tabindex="0"]')
    page.keyboard.press("ArrowRight")
    assert text(page, "sum") == "y[1] = 1·(−1) + 2·1 = 1"
    assert marked(page, "matrix", "lit") == [[1, 0], [1, 1], [1, 2]]
    page.focus('[data-name="selected"]')
    page.keyboard.press("End")
    assert text(page, "sum") == "y[3] = 2·(−1) + 0·1 = −2"
    page.get_by_label("valid").check()
    assert text(page, "sum") == "y[1] = 2·(−1) + 2·1 = 0"


@in_browser
def test_slide_explorer_takes_typed_signals_and_refuses_other_text(start):
    page = start(figures.SlideExplorer())
    page.get_by_label("values of h").fill("1, 2, 3")
    page.get_by_label("values of h").press("Enter")
    assert cells(page, "output")[0].tolist() == conv1d([1, 2, 2], [1, 2, 3]).tolist()
    page.get_by_label("values of x").fill("1, two")
    page.get_by_label("values of x").press("Enter")
    assert (
        page.get_by_role("alert").inner_text() == "x needs 1 to 10 numbers with commas between them, such as 1, 2, 2."
    )
    assert cells(page, "output")[0].tolist() == conv1d([1, 2, 2], [1, 2, 3]).tolist()


@in_browser
@pytest.mark.parametrize("stride", [1, 3])
def test_kernel_lab_draws_every_pixel_that_numpy_computes(start, stride):
    blur = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    figs = [figures.KernelLab(PHOTO, w, border, stride) for w in (SOBEL, blur) for border in BORDERS]
    page = start(*figs, still=False)
    read = "c => [c.height, c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    for canvas, fig in zip(page.locator('[data-name="result"]').all(), figs, strict=True):
        height, width, *data = canvas.evaluate(read)
        grey = np.array(data, float).reshape(height, width, 4)[:, :, 0]
        drawn = 127.5 + 127.5 * fig.output / np.abs(fig.output).max() if fig.signed else fig.output.clip(0, 255)
        np.testing.assert_allclose(grey, drawn, atol=1, strict=True)


@in_browser
def test_kernel_lab_takes_presets_typed_weights_keys_and_the_pointer(start):
    page = start(figures.KernelLab(PHOTO))
    page.get_by_label("kernel", exact=True).select_option("Laplacian")
    assert "The weights sum to zero, so zero is drawn mid-grey" in text(page, "scale")
    page.focus('[data-name="result"]')
    for key in ("ArrowDown", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    laplacian = figures.KernelLab(PHOTO, weights=[[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert text(page, "status") == f"Output row 1, column 9 is {laplacian.output[1, 9]:.0f}.".replace("-", "−")
    assert cells(page, "window").tolist() == PHOTO[0:3, 8:11].tolist()
    page.locator('[data-name="weights"] input').first.fill("1")
    assert page.get_by_label("kernel", exact=True).input_value() == "your own"
    box = page.locator('[data-name="result"]').bounding_box()
    page.mouse.move(box["x"] + box["width"] * 5.5 / 27, box["y"] + box["height"] * 10.5 / 20)
    assert text(page, "status").startswith("Output row 10, column 5 is")


@in_browser
def test_backward_explorer_shows_the_gradients_of_numpy(start):
    other = figures.BackwardExplorer(RNG.standard_normal((4, 5)), RNG.standard_normal((2, 3)))
    figs = [figures.BackwardExplorer(), other]
    page = start(*figs, still=False)
    for i, fig in enumerate(figs):
        for name in ("output", "dw", "dx"):
            same(cells(page, name, i), getattr(fig, name).astype(float))


@in_browser
def test_backward_explorer_follows_an_output_a_weight_and_a_pixel(start):
    page = start(figures.BackwardExplorer())
    page.focus('[data-name="gradient"] [data-r="1"][data-c="1"]')
    assert marked(page, "output", "chosen") == marked(page, "gradient", "chosen") == [[1, 1]]
    assert marked(page, "image", "lit") == marked(page, "dx", "lit") == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert page.locator('[data-name="dw"] small').all_inner_texts() == ["10", "12", "16", "18"]
    assert page.locator('[data-name="dx"] small').all_inner_texts() == ["20", "40", "60", "80"]
    page.hover('[data-name="dw"] [data-r="0"][data-c="1"]')
    assert text(page, "sum") == "dw[0, 1] = 2·1 + 3·0 + 5·(−1) + 6·2 = 9"
    assert marked(page, "image", "lit") == [[0, 1], [0, 2], [1, 1], [1, 2]]
    page.hover('[data-name="dx"] [data-r="2"][data-c="0"]')
    assert text(page, "sum") == "dx[2, 0] = 30·(−1) = −30"
    assert marked(page, "weights", "lit") == [[1, 0]] and marked(page, "gradient", "lit") == [[1, 0]]
    assert "was read by 1 output:" in text(page, "status")


@in_browser
def test_backward_explorer_takes_typed_gradients_and_pixels(start):
    page = start(figures.BackwardExplorer())
    page.locator('[data-name="gradient"] input').nth(1).fill("0.5")
    page.locator('[data-name="image"] input').nth(0).fill("-2")
    page.locator('[data-name="weights"] input').nth(3).fill("4")
    expected = figures.BackwardExplorer([[-2, 2, 3], *X[1:]], [[10, 20], [30, 4]], [[1, 0.5], [-1, 2]])
    for name in ("output", "dw", "dx"):
        same(cells(page, name), getattr(expected, name).astype(float))


@in_browser
def test_pool_explorer_shows_the_numbers_of_numpy(start):
    sizes = itertools.product((2, 3), (1, 2, 3), (0, 1, 3), ("max", "avg", "stochastic", "first"))
    figs = [figures.PoolExplorer(kernel=k, stride=s, shift=d, mode=mode) for k, s, d, mode in sizes]
    page = start(*figs, still=False)
    for i, fig in enumerate(figs):
        same(cells(page, "input", i), fig.input)
        same(cells(page, "before", i), fig.before)
        same(cells(page, "output", i), fig.output)
        changed = page.locator(".d2l").nth(i).locator('[data-name="output"] .lit').count()
        assert changed == fig.changed.sum()


@in_browser
def test_pool_explorer_moves_and_spins_by_keyboard(start):
    page = start(figures.PoolExplorer())
    assert page.locator("svg[role=img]").last.is_hidden()
    page.focus('[data-name="shift"]')
    page.keyboard.press("ArrowRight")
    fig = figures.PoolExplorer(shift=1)
    assert f"{fig.changed.sum()} of 9 outputs changed" in text(page, "status")
    page.get_by_label("by chance").check()
    page.focus('[data-name="output"] [tabindex="0"]')
    page.keyboard.press("ArrowRight")
    fig = figures.PoolExplorer(shift=1, mode="stochastic", selected=(0, 1))
    assert text(page, "sum") == "y[0, 1] = 0.1·1 + 0.5·5 + 0.3·3 + 0.1·1 = 3.6" and round(fig.output[0, 1], 3) == 3.6
    label = page.locator("svg[role=img]").last.get_attribute("aria-label")
    assert "1 with chance 0.1, 5 with chance 0.5, 3 with chance 0.3" in label
    page.get_by_role("button", name="spin 100 times").press("Enter")
    tally = page.get_by_text("100 spins.").inner_text()
    drawn = [int(times) for times in re.findall(r"\d: (\d+)", tally)]
    assert len(drawn) == 4 and sum(drawn) == 100 and 25 < drawn[1] < 75  # 50 expected, standard deviation 5
    page.focus('[data-name="output"] [data-r="2"][data-c="0"]')
    assert page.get_by_text("Spin the wheel").is_visible()  # another window, a new count


@in_browser
def test_a_quiz_answers_each_option_at_once(start):
    quiz = figures.Quiz("2 · 3?", {"5": "The sum.", "6": "Two threes.", "8": "A power."}, "6")
    page = start(quiz, quiz.__class__("3 · 3?", quiz.options, "6"))
    feedback = page.locator(".d2l-quiz").first.locator("p > span")
    assert [f.is_visible() for f in feedback.all()] == [False] * 3
    page.get_by_label("5").first.check()
    assert [f.inner_text() for f in feedback.all() if f.is_visible()] == ["Not quite. The sum."]
    page.keyboard.press("ArrowDown")
    assert [f.inner_text() for f in feedback.all() if f.is_visible()] == ["Right. Two threes."]
    assert not page.locator(".d2l-quiz").nth(1).locator("p > span").first.is_visible()


@in_browser
def test_two_views_of_one_widget_share_their_state(start):
    fig = figures.ConvExplorer(5, 3)
    page = start(fig, fig)
    page.locator('[data-name="stride"]').first.press("ArrowRight")
    assert cells(page, "output", 1).shape == (2, 2)


@in_browser
def test_the_still_is_seen_until_the_figure_runs(browser, tmp_path):
    page = browser.page(page_of(tmp_path, figures.ConvExplorer(), script=""))
    assert page.locator(".d2lmini-still svg").is_visible()
    page.close()
    page = browser.page(page_of(tmp_path, figures.ConvExplorer()))
    page.wait_for_selector(".d2l")
    assert page.locator(".d2lmini-still").count() == 0
    page.close()


@in_browser
def test_a_foreign_widget_says_that_it_needs_a_kernel(start):
    page = start(IntSlider())
    assert page.locator(".d2lmini-live").inner_text() == (
        "This control needs a running Python kernel: open the notebook to use it."
    )


@in_browser
@pytest.mark.parametrize("width", [360, 768])
def test_no_page_scrolls_sideways(start, width):
    wide = figures.ConvExplorer(9, 5, padding=3)
    signals = figures.SlideExplorer(x=range(-10, 0), h=range(10))
    page = start(
        *one_of_each().values(),
        wide,
        signals,
        figures.KernelLab(PHOTO, weights=np.ones((5, 5)) / 7),
        width=width,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert page.eval_on_selector_all(".d2l *", inside)


@in_browser
def test_jupyterlab_leaves_the_keys_to_every_control(start):
    page = start(*one_of_each().values(), figures.Quiz("q?", {"a": "b", "c": "d"}, "a"))
    controls = "input, select, button, [tabindex]"
    bare = "all => all.filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).map(e => e.outerHTML)"
    assert page.locator(controls).count() > 100
    assert page.eval_on_selector_all(controls, bare) == []


@in_browser
def test_every_control_has_a_name(start):
    page = start(*one_of_each().values())
    nameless = "e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent)"
    controls = "input, select, button, canvas, [role=grid], [role=table]"
    assert page.eval_on_selector_all(controls, f"all => all.filter({nameless}).map(e => e.outerHTML)") == []


CONTRAST = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const bad = [];
  for (const element of document.querySelectorAll(".d2l *, .d2l-quiz *")) {
    const written = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const field = element.matches("[type=number], [type=text], select");
    if (!(written || field) || !element.checkVisibility()) continue;
    const papers = ["white"];
    for (let up = element; up; up = up.parentElement) papers.splice(1, 0, getComputedStyle(up).backgroundColor);
    const [ink, paper] = [[getComputedStyle(element).color], papers].map(paint).map(luminance);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) bad.push(`${element.className || element.tagName} ${element.textContent}: ${ratio}`);
  }
  return bad;
}"""


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_keeps_the_contrast_of_aa(scheme, start):
    shown = [*one_of_each().values(), figures.Quiz("q?", {"a": "b", "c": "d"}, "a")]
    page = start(*shown, scheme=scheme)
    page.locator(".d2l-quiz input").first.check()
    page.hover('[data-name="input"] [data-r="3"]')
    assert page.evaluate(CONTRAST) == []


@in_browser
def test_wiring_explorer_shows_the_reach_and_the_counts_of_numpy(start):
    options = [(c, g, s) for c, g, s in itertools.product((6, 8), (1, 2, 3, 4), (False, True)) if c % g == 0]
    figs = [figures.WiringExplorer(c, g, shuffle=s, selected=c - 1) for c, g, s in options]
    page = start(*figs, still=False)
    for i, fig in enumerate(figs):
        here = page.locator(".d2l").nth(i)
        lit = here.locator('[data-name="input"] .lit').evaluate_all("all => all.map(cell => +cell.dataset.c)")
        assert lit == fig.heard
        same(cells(page, "between", i)[0], fig.order.astype(float))
        words = here.locator(".d2l-sum").inner_text()
        assert f"= {fig.weights:,}, multiply-adds" in words and f": {fig.macs:,};" in words


@in_browser
def test_wiring_explorer_works_by_keyboard(start):
    page = start(figures.WiringExplorer(8, 2))
    assert "Output 0 hears of 4 of 8 inputs: 0, 1, 2, 3." in text(page, "status")
    page.focus('[data-name="output"] [tabindex="0"]')
    page.keyboard.press("End")
    assert "Output 7 hears of 4 of 8 inputs: 4, 5, 6, 7." in text(page, "status")
    page.get_by_label("a channel shuffle").check()
    assert "Output 7 hears of every input." in text(page, "status")
    page.focus('[data-name="kernel"]')
    page.keyboard.press("ArrowRight")
    assert f"= {figures.WiringExplorer(8, 2, kernel=4).weights:,}," in text(page, "sum")
