"""Times the forms of conv2d against PyTorch's: `python benchmarks/bench_conv.py [--quick]`."""

from timing import race, result  # isort: skip - first, for it sets the number of threads

import numpy as np
import torch
import torch.nn.functional as F

from d2lmini import conv2d_fft, conv2d_im2col, conv2d_loops, conv2d_windows, conv_macs, out_size

REFERENCE = "torch.nn.functional.conv2d"
LOOPS = 2_000_000  # multiply-adds, about a second of Python's loops, which are not run where there are more
CASES = {  # name: (x, weight, options)
    "one channel 5x5": ((1, 1, 28, 28), (1, 1, 5, 5), {}),
    "layer 3x3": ((8, 16, 56, 56), (32, 16, 3, 3), {"padding": 1}),
    "strided 3x3": ((8, 16, 56, 56), (32, 16, 3, 3), {"padding": 1, "stride": 2}),
    "pointwise 1x1": ((8, 64, 28, 28), (64, 64, 1, 1), {}),
    "depthwise 3x3": ((8, 32, 28, 28), (32, 1, 3, 3), {"padding": 1, "groups": 32}),
    "large kernel 31x31": ((1, 4, 96, 96), (4, 4, 31, 31), {"padding": 15}),
}


def case(name: str, rounds: int) -> dict:
    """Time every form on one layer, after a check that all of them compute the same."""
    shape, filters, options = CASES[name]
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, np.float32)
    weight = rng.standard_normal(filters, np.float32)
    tensors = torch.from_numpy(x), torch.from_numpy(weight)
    steps = {key: options[key] for key in options if key != "groups"}
    macs = shape[0] * conv_macs(shape[2:], shape[1], filters[0], filters[2:], **options)
    forms = [conv2d_windows, conv2d_im2col, conv2d_fft] + ([conv2d_loops] if macs <= LOOPS else [])
    expected = F.conv2d(*tensors, **options).numpy()
    for form in forms:
        np.testing.assert_allclose(
            form(x, weight, **options), expected, atol=1e-4 * np.abs(expected).max(), strict=True
        )
    contenders = {REFERENCE: lambda: F.conv2d(*tensors, **options)}
    contenders |= {form.__name__: lambda form=form: form(x, weight, **options) for form in forms}
    return {
        "case": name,
        "x": list(shape),
        "weight": list(filters),
        **options,
        "out": [
            shape[0],
            filters[0],
            *(out_size(n, k, **steps) for n, k in zip(shape[2:], filters[2:], strict=True)),
        ],
        "macs": macs,
        "dtype": "float32",
        "reference": REFERENCE,
        "times": race(contenders, REFERENCE, rounds),
    }


def run(quick: bool = False) -> dict:
    """Time every case; a quick run takes the three smallest, in fewer rounds."""
    torch.set_num_threads(1)
    rounds = 3 if quick else 15
    names = ["one channel 5x5", "pointwise 1x1", "depthwise 3x3"] if quick else list(CASES)
    with torch.inference_mode():
        cases = [case(name, rounds) for name in names]
    return result("conv", ("numpy", "torch"), rounds, quick, cases)


if __name__ == "__main__":
    from run import main

    main(["conv"])
