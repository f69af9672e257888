"""Contracts over all public functions: inputs stay as they were, faults are named, nothing is shared."""

import inspect
import re

import numpy as np
import pytest

import d2lmini
from d2lmini import D2LError, DataError, ShapeError
from d2lmini.errors import fault

pytestmark = pytest.mark.filterwarnings("error")


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


x, y, k, signal, taps = random(2, 4, 6, 7), random(2, 4, 6, 7, seed=1), random(3, 3), random(8), random(3)
image, weight, bias = random(6, 7), random(6, 4, 3, 2), random(6)
volume = random(2, 4, 5, 6, 7)
layer = ({"x": x, "weight": weight, "bias": bias}, {"stride": (2, 1), "padding": 1})
gains = {"gamma": random(4), "beta": random(4, seed=1)}
rank_one = {"lateral": random(5, 4), "vertical": random(5, 3), "horizontal": random(5, 2)}
CALLS = {  # public function -> its arrays by name, and its other arguments
    "affine": ({"x": x, "matrix": random(2, 2, 3)}, {}),
    "batch_norm": ({"x": x, **gains}, {}),
    "batch_norm_backward": ({"dy": y, "x": x, "gamma": gains["gamma"]}, {}),
    "bilinear_sample": ({"x": x, "rows": random(2, 3, 2, seed=2), "columns": random(2, 3, 2, seed=3)}, {}),
    "box_kernel": ({}, {"size": 3}),
    "channel_shuffle": ({"x": x}, {"groups": 2}),
    "circulant": ({"h": taps}, {"n": 5}),
    "circular_conv1d": ({"x": signal, "h": taps}, {}),
    "col2im": ({"columns": random(2, 16, 30)}, {"size": (6, 7), "kernel": 2}),
    "conv1d": ({"x": signal, "h": taps}, {}),
    "conv1d_layer": ({"x": random(2, 4, 9), "weight": random(6, 2, 3), "bias": bias}, {"stride": 2, "groups": 2}),
    "conv2d": layer,
    "conv2d_backward": ({"dy": random(2, 6, 3, 8), "x": x, "weight": weight}, layer[1]),
    "conv2d_fft": layer,
    "conv2d_im2col": layer,
    "conv2d_loops": layer,
    "conv2d_true": ({"x": image, "k": k}, {}),
    "conv2d_windows": layer,
    "conv3d": ({"x": volume, "weight": random(6, 4, 2, 3, 2), "bias": bias}, {"stride": (2, 1, 2), "padding": 1}),
    "conv_downsample": ({"x": x, "weight": weight, "bias": bias}, {"factor": (1, 2)}),
    "conv_macs": ({}, {"size": (8, 8), "c_in": 3, "c_out": 4, "kernel": 3}),
    "conv_params": ({}, {"c_in": 3, "c_out": 4, "kernel": 3}),
    "conv_transpose2d": ({"x": x, "weight": random(4, 6, 3, 2), "bias": bias}, {"stride": 2}),
    "convolution_matrix2d": ({"weight": weight}, {"size": (6, 7)}),
    "deform_conv2d": ({**layer[0], "offset": random(2, 12, 3, 8), "mask": random(2, 6, 3, 8)}, layer[1]),
    "depthwise_conv2d": ({"x": x, "weight": random(8, 1, 3, 2), "bias": random(8)}, layer[1]),
    "dropout": ({"x": x}, {"p": 0.5, "rng": 0}),
    "emd": ({"x": random(40)}, {}),
    "estimate_kernel": ({"x": x, "y": y}, {"size": 3}),
    "filter2d": ({"x": x, "kernel": k}, {}),
    "flattened_conv2d": ({"x": x, **rank_one, "bias": random(5)}, layer[1]),
    "fractional_max_pool2d": ({"x": x}, {"size": (3, 4), "rng": 0}),
    "fractional_max_pool2d_backward": ({"dy": random(2, 4, 3, 4), "x": x}, {"size": (3, 4), "rng": 0}),
    "gabor": ({}, {"size": 5, "sigma_x": 1.0, "sigma_y": 2.0, "U": 0.1}),
    "gabor_bank": ({}, {"size": 5, "orientations": 2}),
    "gabor_energy": ({"x": random(2, 1, 6, 7), "bank": random(4, 1, 3, 3)}, {"padding": 1}),
    "gabor_ft": ({"u": random(3), "v": random(3, seed=1)}, {"sigma_x": 0.3, "sigma_y": 0.2, "U": 0.1}),
    "gaussian_kernel": ({}, {"size": 3, "sigma": 1.0}),
    "global_pool2d": ({"x": x}, {}),
    "global_pool2d_backward": ({"dy": random(2, 4, 1, 1), "x": x}, {}),
    "gradient_footprint": ({}, {"layers": [d2lmini.Slide(3)], "size": (6, 7)}),
    "gradient_magnitude": ({"x": x}, {}),
    "group_norm": ({"x": x, **gains}, {"groups": 2}),
    "group_norm_backward": ({"dy": y, "x": x, "gamma": gains["gamma"]}, {"groups": 2}),
    "identity_kernel": ({}, {"size": 3}),
    "im2col": ({"x": x}, {"kernel": 1}),
    "instance_norm": ({"x": x, **gains}, {}),
    "instance_norm_backward": ({"dy": y, "x": x, "gamma": gains["gamma"]}, {}),
    "label_smooth": ({}, {"labels": [0, 2], "num_classes": 3}),
    "layer_norm": ({"x": x, **gains}, {}),
    "layer_norm_backward": ({"dy": y, "x": x, "gamma": gains["gamma"]}, {}),
    "local_conv2d": ({"x": x, "weight": random(3, 8, 2, 4, 3, 2), "bias": random(3, 8, 2)}, layer[1]),
    "local_response_norm": ({"x": x}, {}),
    "local_response_norm_backward": ({"dy": y, "x": x}, {}),
    "max_unpool2d": ({"y": random(2, 4, 3, 3), "x": x}, {"kernel": 2}),
    "mixed_pool2d": ({"x": x}, {"kernel": 2, "lam": 0.5}),
    "mixed_pool2d_backward": ({"dy": random(2, 4, 3, 3), "x": x}, {"kernel": 2, "lam": 0.5}),
    "normalised_filter": ({"x": x, "kernel": np.abs(k)}, {}),
    "oriented_bank": ({}, {"n": 4}),
    "out_size": ({}, {"n": 8, "kernel": 3}),
    "pad2d": ({"x": x}, {"padding": 0}),
    "pointwise_conv2d": ({"x": x, "weight": random(5, 4), "bias": random(5)}, {}),
    "pool2d": ({"x": x}, {"kernel": 2}),
    "pool2d_backward": ({"dy": random(2, 4, 3, 3), "x": x}, {"kernel": 2}),
    "pseudo3d_conv": ({"x": volume, "spatial": random(3, 4, 3, 2), "temporal": random(6, 3, 2), "bias": bias}, {}),
    "pyramid": ({"x": x, "blur": k}, {"levels": 2}),
    "random_affine_matrix": ({}, {"n": 3, "rng": 0}),
    "random_pad": ({"x": x}, {"pad": 1, "rng": 0}),
    "receptive_field": ({}, {"layers": [d2lmini.Conv(4, 3), d2lmini.Slide(2, 2)]}),
    "same_padding": ({}, {"kernel": 3}),
    "scan": ({"image": random(2, 6, 7)}, {"window_fn": np.sum, "size": 3}),
    "separable_conv2d": ({"x": x, "depthwise": random(8, 1, 3, 2), "pointwise": random(5, 8), "bias": random(5)}, {}),
    "separate_kernel": ({"k": k}, {}),
    "shape_table": ({}, {"layers": [d2lmini.Conv(4, 3)], "size": (3, 8, 8)}),
    "sobel_kernels": ({}, {}),
    "spatial_pyramid_pool": ({"x": x}, {"levels": (1, 2)}),
    "spatial_pyramid_pool_backward": ({"dy": random(2, 20), "x": x}, {"levels": (1, 2)}),
    "spectral_pool2d": ({"x": x}, {"size": (3, 4)}),
    "spectral_pool2d_backward": ({"dy": random(2, 4, 3, 4), "x": x}, {"size": (3, 4)}),
    "stft": ({"x": random(2, 20), "window": random(8)}, {"hop": 3}),
    "stochastic_pool2d": ({"x": np.abs(x)}, {"kernel": 2}),
    "stochastic_pool2d_backward": ({"dy": random(2, 4, 3, 3), "x": np.abs(x)}, {"kernel": 2}),
    "tied_conv2d": ({"x": x, "weight": random(3, 2, 3, 2), "bias": random(3)}, {"groups": 2}),
    "tiled_conv2d": ({"x": x, "weight": random(2, 3, 5, 4, 3, 2), "bias": random(2, 3, 5)}, layer[1]),
    "toeplitz": ({"h": taps}, {"n": 5}),
    "tournament_pool2d": ({"x": np.abs(x)}, {"kernel": 2, "rng": 0}),
    "tournament_pool2d_backward": ({"dy": random(2, 4, 3, 3), "x": np.abs(x)}, {"kernel": 2, "rng": 0}),
    "upsample": ({"x": x}, {"factor": (2, 3)}),
    "volterra_conv2d": ({"x": x, "weight": random(2, 4, 1, 2), "quadratic": random(2, 36), "bias": random(2)}, {}),
    "xcorr1d": ({"x": signal, "h": taps}, {}),
    "xcorr2d": ({"x": image, "k": k}, {}),
}
BY_HAND = {"grad_check", "numerical_gradient"}  # they take functions: tests/test_gradient.py
BY_HAND |= {"boundary_accuracy", "dice", "iou"}  # they take class numbers: tests/test_segment.py
ANY_RANK = {("dropout", "x"), ("affine", "matrix"), ("stft", "x"), ("gabor_ft", "u"), ("gabor_ft", "v")}
SPECTRA = {"stft"}  # complex, of the precision of the inputs
MAKERS = ("kernel", "kernels", "bank", "footprint", "smooth", "affine_matrix", "gabor")  # arrays out of numbers
WITH_ARRAYS = [name for name in CALLS if CALLS[name][0]]
EACH_ARRAY = [(name, argument) for name in CALLS for argument in CALLS[name][0]]


def call(name, **changes):
    arrays, options = CALLS[name]
    if "rng" in options:  # a seed in the table, a generator of that seed for each call
        options = {**options, "rng": np.random.default_rng(options["rng"])}
    return flat(getattr(d2lmini, name)(**{**arrays, **options, **changes}))


def flat(result) -> list:
    """The parts of a result; `batch_norm` returns an array and a pair of arrays."""
    if not isinstance(result, list | tuple) or hasattr(result, "_fields"):
        return [result]
    return [part for group in result for part in flat(group)]


def is_array(value) -> bool:
    return isinstance(value, np.ndarray)


def same(actual, expected):
    for a, b in zip(actual, expected, strict=True):
        if is_array(b) or isinstance(b, np.floating):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13, strict=True)
        else:
            assert a == b and type(a) is type(b)


def test_every_public_function_is_under_contract():
    functions = {name for name in d2lmini.__all__ if inspect.isfunction(getattr(d2lmini, name))}
    assert functions == set(CALLS) | BY_HAND


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_inputs_may_be_read_only_and_stay_unchanged(name):
    frozen = {argument: array.copy() for argument, array in CALLS[name][0].items()}
    for array in frozen.values():
        array.flags.writeable = False
    same(call(name, **frozen), call(name))
    for argument, array in CALLS[name][0].items():
        np.testing.assert_array_equal(frozen[argument], array, strict=True)


@pytest.mark.parametrize("name", CALLS)
def test_outputs_are_new_and_writeable(name):
    arrays, _ = CALLS[name]
    results = [r for r in call(name) if is_array(r)]
    assert bool(results) == (bool(arrays) or name.endswith(MAKERS))
    for number, result in enumerate(results):
        assert result.flags.writeable
        assert not any(np.shares_memory(result, array) for array in arrays.values())
        assert not any(np.shares_memory(result, other) for other in results[:number])
    again = call(name)
    for result in results:
        result[...] = 0  # a result that the package kept for itself would be spoiled now
    same(call(name), again)


@pytest.mark.parametrize("name", WITH_ARRAYS)
@pytest.mark.parametrize("layout", ["every second", "reversed", "fortran", "list"])
def test_inputs_may_lie_in_memory_as_they_like(name, layout):
    def laid(array):
        if layout == "every second":
            wide = np.zeros([2 * n for n in array.shape])
            view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
            view[...] = array
            return view
        if layout == "reversed":
            return np.flip(np.ascontiguousarray(np.flip(array)))
        return np.asfortranarray(array) if layout == "fortran" else array.tolist()

    same(call(name, **{argument: laid(array) for argument, array in CALLS[name][0].items()}), call(name))


@pytest.mark.parametrize("name", WITH_ARRAYS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_have_the_dtype_of_the_inputs(name, dtype):
    results = call(name, **{argument: array.astype(dtype) for argument, array in CALLS[name][0].items()})
    needed = np.result_type(dtype, np.complex64) if name in SPECTRA else np.dtype(dtype)
    for result, expected in zip(results, call(name), strict=True):
        assert result.dtype == needed
        np.testing.assert_allclose(result, expected.astype(needed), rtol=1e-4, atol=1e-4, strict=True)


@pytest.mark.parametrize(("name", "argument"), EACH_ARRAY)
@pytest.mark.parametrize(
    "change", ["an axis more", "an axis less", "objects", "words", "nothing in it", "ragged", "None"]
)
def test_arrays_of_another_kind_are_refused_in_three_parts(name, argument, change):
    array = CALLS[name][0][argument]
    if change == "None" and argument in ("bias", "blur", "mask", "gamma", "beta"):
        return  # None is their default
    if change.startswith("an axis") and (name, argument) in ANY_RANK:
        return
    came = {
        "an axis more": array[None],
        "an axis less": array[0],
        "objects": array.astype(object),
        "words": array.astype(str),
        "nothing in it": array[:0],
        "ragged": [[1.0], [1.0, 2.0]],
        "None": None,
    }[change]
    with pytest.raises(ShapeError) as caught:
        call(name, **{argument: came})
    message = str(caught.value)
    assert re.fullmatch(r"(?s)(.+); needed: (.+); try: (.+)", message), message
    assert re.search(rf"\b{'kernel' if argument == 'blur' else argument}\b", message), message


@pytest.mark.parametrize("name", CALLS)
def test_docstrings_say_shapes_raises_and_source(name):
    text = inspect.getdoc(getattr(d2lmini, name))
    first = text.split("\n\n")[0].replace("\n", " ")
    assert first.endswith(f"chapter `{name}`."), first
    needed = ["Shapes:", "Source:", ">>> "] + (
        ["Raises:"] if inspect.signature(getattr(d2lmini, name)).parameters else []
    )
    assert all(part in text for part in needed)


def test_errors_are_caught_by_their_builtin_kin():
    assert issubclass(ShapeError, ValueError) and issubclass(DataError, OSError)
    assert issubclass(ShapeError, D2LError) and issubclass(DataError, D2LError)
    assert not issubclass(D2LError, ValueError)


def test_fault_has_three_parts():
    assert fault("came", "needed", "hint") == "came; needed: needed; try: hint"


def test_import_is_light():
    import subprocess
    import sys

    heavy = {"torch", "matplotlib", "sklearn", "scipy", "PIL"}
    code = f"import sys, d2lmini; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
