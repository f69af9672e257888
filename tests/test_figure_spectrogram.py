"""The spectrogram explorer: its numbers against SciPy, and the same numbers in a real browser."""

import re

import numpy as np
import pytest
import scipy.signal

from d2lmini import ShapeError, figures
from tests.test_figures import CONTRAST, browser, in_browser, start, text  # noqa: F401 - two of them are fixtures

TIME = np.arange(256) / 128
CHIRP = np.cos(2 * np.pi * (4 + 12 * TIME) * TIME)


@pytest.mark.parametrize(("window", "hop"), [(16, 2), (32, 8), (64, 16), (128, 32)])
def test_spectrogram_explorer_equals_scipy(window, hop):
    fig = figures.SpectrogramExplorer(CHIRP, window=window, hop=hop)
    padded = np.pad(CHIRP.astype(np.float32).astype(float), window // 2, mode="reflect")
    spectrum = scipy.signal.stft(
        padded, window=scipy.signal.get_window("hann", window), nperseg=window, noverlap=window - hop,
        boundary=None, padded=False,
    )[2]  # fmt: skip
    np.testing.assert_allclose(fig.magnitudes, np.abs(spectrum) * window / 2, atol=1e-9, strict=True)


def test_spectrogram_explorer_sees_what_the_spectrogram_reads():
    """Change one sample: the nine numbers under the kernel change if and only if it is among those seen."""
    noise = np.random.default_rng(0).standard_normal(200)
    for window, hop, frame, row in ((16, 4, 10, 3), (32, 8, 0, 16), (64, 32, 6, 0), (128, 16, 4, 9)):
        options = {"window": window, "hop": hop, "frame": frame, "row": row}
        fig = figures.SpectrogramExplorer(noise, **options)
        r, c = fig.place
        nine = np.s_[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2]
        moved = np.zeros(200, bool)
        for i in range(200):
            other = noise.copy()
            other[i] += 5
            change = figures.SpectrogramExplorer(other, **options).magnitudes[nine] - fig.magnitudes[nine]
            moved[i] = np.abs(change).max() > 1e-9
        seen = np.flatnonzero(moved)
        assert fig.seen[0] <= seen[0] <= fig.seen[0] + 1 and fig.seen[1] - 1 <= seen[-1] <= fig.seen[1]
        # a Hann window begins with a zero


def test_spectrogram_explorer_keeps_its_kernel_inside():
    fig = figures.SpectrogramExplorer(CHIRP, frame=99, row=99)
    assert repr(fig) == "SpectrogramExplorer(frame=99, hop=8, rate=128.0, row=99, window=32)"
    assert fig.place == (16, 32) and "<svg" in fig._repr_mimebundle_()[0]["text/html"]
    assert "17 rows, 4 Hz apart" in fig.alt and "33 columns, 8 samples apart" in fig.alt


@pytest.mark.parametrize("length", [127, 1025])
def test_spectrogram_explorer_names_the_lengths_that_it_takes(length):
    with pytest.raises(ShapeError, match=f"signal has {length} samples; needed: 128 to 1024"):
        figures.SpectrogramExplorer(np.ones(length))


@in_browser
@pytest.mark.parametrize(("window", "hop", "row", "frame"), [(32, 8, 5, 9), (16, 2, 8, 0), (128, 32, 20, 8)])
def test_spectrogram_explorer_shows_the_numbers_of_numpy(start, window, hop, row, frame):  # noqa: F811
    fig = figures.SpectrogramExplorer(CHIRP, window=window, hop=hop, row=row, frame=frame)
    page = start(fig)
    magnitude = re.search(r"the magnitude there is ([\d.]+)\.", text(page, "status"))[1]
    assert abs(float(magnitude) - fig.magnitudes[row, frame]) < 5.01e-4
    assert f"sees samples {fig.seen[0]} to {fig.seen[1]}," in text(page, "status")
    rows, columns = fig.magnitudes.shape
    assert f"have become {rows} × {columns} = {rows * columns}." in text(page, "sum")
    size = page.eval_on_selector("canvas", "canvas => [canvas.height, canvas.width]")
    assert size == [rows, columns]


@in_browser
def test_spectrogram_explorer_works_by_keyboard_and_pointer(start):  # noqa: F811
    page = start(figures.SpectrogramExplorer(CHIRP, frame=4, row=4))
    page.focus("canvas")
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    assert text(page, "status").startswith("Column 3 is a window around sample 24; row 5 is 20 Hz;")
    page.keyboard.press("End")
    assert text(page, "status").startswith("Column 32 ")
    page.get_by_label("64").check()
    assert "rows lie 128 / 64 = 2 Hz apart" in text(page, "sum")
    page.focus('[data-name="frame"]')
    page.keyboard.press("ArrowLeft")
    assert text(page, "status").startswith("Column 31 ")
    box = page.locator("canvas").bounding_box()
    page.mouse.click(box["x"] + 1, box["y"] + 1)
    assert text(page, "status").startswith("Column 0 is a window around sample 0; row 32 is 64 Hz;")


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_spectrogram_explorer_is_for_all_readers(start, scheme):  # noqa: F811
    page = start(figures.SpectrogramExplorer(CHIRP), width=360, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(CONTRAST) == []
    controls = "input, select, button, [tabindex]"
    bare = "all => all.filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).map(e => e.outerHTML)"
    assert page.eval_on_selector_all(controls, bare) == []
    nameless = "e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent)"
    assert page.eval_on_selector_all("input, canvas", f"all => all.filter({nameless}).map(e => e.outerHTML)") == []
