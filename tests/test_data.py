"""The data sets: those bundled, MNIST from files written here, and what is said of missing or damaged ones."""

import gzip
import json
import struct
import sys

import numpy as np
import pytest

from d2lmini import DataError, ShapeError, data
from d2lmini.data.mnist import FILES

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def bundled_only(monkeypatch):
    monkeypatch.delenv("D2LMINI_DATA", raising=False)


def idx(array: np.ndarray) -> bytes:
    """The IDX format: two zeros, 8 for bytes, the number of axes, their lengths (big-endian), the bytes."""
    header = struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def pixels(n, seed):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28))


@pytest.fixture
def folder(tmp_path):
    """A folder in torchvision's layout, with 30 images for training and 10 for testing."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, n in (("train", 30), ("t10k", 10)):
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx(pixels(n, n)))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(n) % 10))
    return tmp_path


@pytest.mark.parametrize(("train", "n"), [(True, 1437), (False, 360)])
def test_digits_are_28_by_28_white_on_black(train, n):
    digits = data.digits(train=train)
    assert digits.images.shape == (n, 1, 28, 28) and digits.images.dtype == np.float32
    assert digits.labels.shape == (n,) and digits.labels.dtype == np.int64
    assert 0 <= digits.images.min() and digits.images.max() == 1
    assert set(digits.labels) == set(range(10)) and digits.names == tuple("0123456789")
    assert digits.source == "scikit-learn digits"
    frame = digits.images.copy()
    frame[:, :, 4:24, 4:24] = 0
    assert not frame.any() and 0.1 < digits.images.mean() < 0.3  # a black frame, and more black than white
    assert repr(digits) == f"Images({n} of (1, 28, 28), 10 classes, scikit-learn digits)"


def test_digits_for_training_and_testing_are_different_scans():
    from sklearn.datasets import load_digits

    train, test = data.digits().images, data.digits(train=False).images
    assert not {image.tobytes() for image in train} & {image.tobytes() for image in test}
    np.testing.assert_array_equal(
        np.r_[data.digits().labels, data.digits(train=False).labels], load_digits().target
    )


def test_digits_still_look_like_the_scans():
    """Taken back to 8 x 8, the image follows its scan; a transposed or flipped one does not."""
    from PIL import Image
    from sklearn.datasets import load_digits

    for image, scan in zip(data.digits().images[:50, 0, 4:24, 4:24], load_digits().images, strict=False):
        small = np.asarray(Image.fromarray(image).resize((8, 8), Image.Resampling.BOX))
        assert np.corrcoef(small.ravel(), scan.ravel())[0, 1] > 0.97


def test_digits_can_be_told_apart():
    """The nearest training image names 95 of 100 test images: labels and images belong together."""
    train, test = data.digits(), data.digits(train=False)
    a, b = (d.images.reshape(len(d.images), -1) for d in (train, test))
    distance = (a**2).sum(1) - 2 * b @ a.T
    assert (train.labels[distance.argmin(1)] == test.labels).mean() > 0.95


def test_digits_are_new_arrays():
    data.digits().images[...] = 0
    assert data.digits().images.any()


def test_digits_prefer_mnist_where_its_files_are(folder, monkeypatch):
    monkeypatch.setenv("D2LMINI_DATA", str(folder))
    assert data.digits().source == "MNIST" and len(data.digits().images) == 30
    assert data.digits(source="scikit-learn").images.shape == (1437, 1, 28, 28)
    monkeypatch.setenv("D2LMINI_DATA", str(folder / "elsewhere"))
    assert data.digits().source == "scikit-learn digits"


def test_digits_list_their_sources():
    with pytest.raises(DataError) as caught:
        data.digits(source="usps")
    assert str(caught.value) == (
        'source=\'usps\'; needed: "mnist", "scikit-learn" or None; try: source="scikit-learn"'
    )
    with pytest.raises(DataError, match="D2LMINI_DATA is not set; needed: .*; try: export D2LMINI_DATA="):
        data.digits(source="mnist")


@pytest.mark.parametrize(("train", "n"), [(True, 30), (False, 10)])
def test_mnist_reads_idx_files(folder, monkeypatch, train, n):
    monkeypatch.setenv("D2LMINI_DATA", str(folder))
    mnist = data.mnist(train=train)
    expected = (pixels(n, n)[:, None] / np.float32(255)).astype(np.float32)
    np.testing.assert_allclose(mnist.images, expected, rtol=1e-6, strict=True)
    np.testing.assert_array_equal(mnist.labels, np.arange(n) % 10, strict=True)
    assert mnist.source == "MNIST" and mnist.names == tuple("0123456789")
    np.testing.assert_array_equal(data.mnist(train=train, root=folder).images, mnist.images, strict=True)


@pytest.mark.parametrize("name", FILES)
def test_mnist_names_the_file_that_is_missing(folder, name):
    (folder / "MNIST" / "raw" / name).unlink()
    with pytest.raises(DataError) as caught:
        data.mnist(root=folder)
    assert str(caught.value) == (
        f"{folder / 'MNIST' / 'raw'} does not hold {name}; needed: the four IDX files of MNIST; "
        "try: data.mnist(download=True) with a network, or data.digits()"
    )


def test_mnist_says_how_to_unpack_what_is_packed(folder):
    raw = folder / "MNIST" / "raw"
    for name in FILES:
        (raw / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes()))
        (raw / name).unlink()
    with pytest.raises(DataError, match=r"does not hold train-images.*; try: gunzip -k .*/MNIST/raw/\*\.gz"):
        data.mnist(root=folder)


def test_mnist_says_that_a_folder_must_be_named(tmp_path):
    with pytest.raises(DataError, match="D2LMINI_DATA is not set; needed: a folder for data"):
        data.mnist()
    with pytest.raises(
        DataError, match="does not hold train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-"
    ):
        data.mnist(root=tmp_path / "nowhere")


GOOD = idx(pixels(30, 0))
DAMAGED = {
    "empty": ("images-idx3", b""),
    "cut short": ("images-idx3", GOOD[:-1]),
    "too long": ("images-idx3", GOOD + b"\0"),
    "only a header": ("images-idx3", GOOD[:16]),
    "a page of the web": ("images-idx3", b"<!DOCTYPE html><title>404</title>"),
    "numbers of another type": ("images-idx3", b"\0\0\x0a\x03" + GOOD[4:]),
    "signed bytes": ("images-idx3", b"\0\0\x09\x03" + GOOD[4:]),
    "images of another size": ("images-idx3", idx(np.zeros((30, 8, 8)))),
    "labels in place of images": ("images-idx3", idx(np.arange(30) % 10)),
    "fewer labels": ("labels-idx1", idx(np.arange(29) % 10)),
    "a label of 12": ("labels-idx1", idx(np.full(30, 12))),
    "images in place of labels": ("labels-idx1", GOOD),
}


@pytest.mark.filterwarnings("default")  # torch may warn about the bytes before it refuses them
@pytest.mark.parametrize("damage", DAMAGED)
def test_mnist_refuses_damaged_files(folder, damage):
    kind, content = DAMAGED[damage]
    (folder / "MNIST" / "raw" / f"train-{kind}-ubyte").write_bytes(content)
    with pytest.raises(
        DataError, match="could not read MNIST in .*; needed: four whole IDX files; try: remove .*raw and"
    ):
        data.mnist(root=folder)
    assert len(data.mnist(root=folder, train=False).images) == 10  # the other half is as it was


def test_mnist_sends_to_the_doctor_where_torchvision_does_not_load(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(DataError, match="torchvision does not load .*; try: python -m d2lmini doctor"):
        data.mnist(root=folder)


def test_folder_reads_the_environment(monkeypatch, tmp_path):
    assert data.folder() is None
    monkeypatch.setenv("D2LMINI_DATA", "")
    assert data.folder() is None
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("D2LMINI_DATA", "~/sets")
    assert data.folder() == tmp_path / "sets"


@pytest.mark.parametrize("name", ["china", "flower"])
def test_photo_is_the_photograph_of_scikit_learn(name):
    from sklearn.datasets import load_sample_image

    photo = data.photo(name)
    assert photo.shape == (1, 3, 427, 640) and photo.dtype == np.float32 and photo.flags.c_contiguous
    pixels = load_sample_image(f"{name}.jpg")
    np.testing.assert_array_equal(
        (photo[0].transpose(1, 2, 0) * 255).round().astype(np.uint8), pixels, strict=True
    )
    assert 0 <= photo.min() < 0.05 and 0.95 < photo.max() <= 1


def test_photo_lists_the_names():
    with pytest.raises(DataError) as caught:
        data.photo("mandrill")
    assert str(caught.value) == "photo 'mandrill'; needed: one of china, flower; try: photo(\"china\")"


def test_grey_equals_the_luma_of_pillow():
    from PIL import Image

    photo = data.photo()
    grey = data.grey(photo)
    assert grey.shape == (1, 1, 427, 640) and grey.dtype == np.float32
    pixels = (photo[0].transpose(1, 2, 0) * 255).round().astype(np.uint8)
    pillow = np.asarray(Image.fromarray(pixels).convert("L")) / 255
    assert np.abs(grey[0, 0] - pillow).max() < 1.5 / 255  # Pillow rounds to bytes


def test_grey_weighs_green_most_and_keeps_white():
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        x = np.zeros((1, 3, 1, 1))
        x[0, channel] = 1
        np.testing.assert_allclose(data.grey(x), np.full((1, 1, 1, 1), weight), strict=True)
    for dtype, expected in (("float32", "float32"), ("float64", "float64"), ("uint8", "float32")):
        assert data.grey(np.ones((2, 3, 2, 2), dtype)).dtype == expected


@pytest.mark.parametrize(
    ("channels", "hint"), [(1, r"np\.repeat\(x\[:, :1\], 3, axis=1\)"), (4, r"x\[:, :3\]")]
)
def test_grey_wants_three_channels(channels, hint):
    x = np.ones((1, channels, 2, 2))
    with pytest.raises(
        ShapeError, match=rf"x has shape \(1, {channels}, 2, 2\); needed: three channels.*; try: {hint}"
    ):
        data.grey(x)
    with pytest.raises(ShapeError, match=r"x has shape \(3, 2, 2\), 3 axes; .* try: x\[None\]"):
        data.grey(np.ones((3, 2, 2)))


def test_catalogue_describes_every_loader():
    assert all(callable(getattr(data, name)) for name in data.catalogue())
    assert all(len(line) > 30 for line in data.catalogue().values())


def test_benchmark_results_name_machine_versions_and_sizes():
    from d2lmini.data.benchmarks import RESULTS

    modules = sorted(path.stem for path in RESULTS.glob("*.json"))
    assert modules == sorted(p.stem.removeprefix("bench_") for p in RESULTS.parent.glob("bench_*.py"))
    for name in modules:
        result = data.benchmark(name)
        repeated = all("submissions" in case for case in result["cases"])  # a class is many measurements in one
        assert result["module"] == name and not result["quick"] and result["rounds"] >= (1 if repeated else 5)
        assert {"processor", "cores", "threads", "system"} <= set(result["machine"])
        assert {"python", "numpy"} <= set(result["versions"])
        for case in result["cases"]:
            assert case["case"] and case["reference"] in case["times"]
            for time in case["times"].values():
                assert 0 < time["seconds"] and time["low"] <= time["ratio"] <= time["high"]
            assert case["times"][case["reference"]]["ratio"] == 1


def test_benchmark_says_what_to_type():
    with pytest.raises(DataError, match=r"nothing\.json does not exist; needed: .*conv.*; try: make bench"):
        data.benchmark("nothing")


def test_benchmark_refuses_a_damaged_file(tmp_path, monkeypatch):
    monkeypatch.setattr("d2lmini.data.benchmarks.RESULTS", tmp_path)
    (tmp_path / "conv.json").write_text(json.dumps({"module": "conv"})[:-1])
    with pytest.raises(DataError, match=r"conv\.json is damaged .*; try: make bench"):
        data.benchmark("conv")
