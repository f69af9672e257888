"""Times direct convolution against the FFT, by length: `python benchmarks/bench_signal.py [--quick]`."""

from timing import race, result  # isort: skip - first, for it sets the number of threads

import numpy as np

from d2lmini import conv1d

REFERENCE = "numpy.convolve"
LENGTHS = [2**i for i in range(4, 15)]


def fft_convolve(x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Convolve by a product of spectra, on a circle so long that nothing wraps."""
    n = len(x) + len(h) - 1
    size = 1 << (n - 1).bit_length()  # a power of two
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(h, size), size)[:n]


def case(n: int, rounds: int) -> dict:
    """Time a signal of n values with a kernel of n values."""
    rng = np.random.default_rng(n)
    x, h = rng.standard_normal(n), rng.standard_normal(n)
    expected = np.convolve(x, h)
    for form in (conv1d, fft_convolve):
        np.testing.assert_allclose(form(x, h), expected, atol=1e-9 * np.sqrt(n), strict=True)
    contenders = {
        REFERENCE: lambda: np.convolve(x, h),
        "conv1d": lambda: conv1d(x, h),
        "fft": lambda: fft_convolve(x, h),
    }
    return {
        "case": f"{n} with {n}",
        "n": n,
        "k": n,
        "dtype": "float64",
        "reference": REFERENCE,
        "times": race(contenders, REFERENCE, rounds),
    }


def run(quick: bool = False) -> dict:
    """Time every length; a quick run takes three, in fewer rounds."""
    rounds = 3 if quick else 15
    return result(
        "signal", ("numpy",), rounds, quick, [case(n, rounds) for n in (LENGTHS[:9:4] if quick else LENGTHS)]
    )


if __name__ == "__main__":
    from run import main

    main(["signal"])
