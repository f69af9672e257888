"""Times a 3x3 layer against its cheaper relatives, in torch: `python benchmarks/bench_zoo.py [--quick]`.

Every relative takes c channels to c channels on maps of one size. Beside the times stand the multiply-adds and the
weights of each, so that the chapter can ask whether the one predicts the other.
"""

from timing import race, result  # isort: skip - first, for it sets the number of threads

import numpy as np
import torch
import torch.nn.functional as F

from d2lmini import channel_shuffle, conv2d, conv_macs, flattened_conv2d, local_conv2d, separable_conv2d

FULL = "full layer"  # the reference of every case
GROUPS = 8
SIZES = {  # name: (n, c, h, w)
    "64 channels, 56 x 56": (8, 64, 56, 56),
    "256 channels, 14 x 14": (8, 256, 14, 14),
}
PLACES = (1, 64, 14, 14)  # the map on which a shared and an unshared layer compete


def shuffle(x: torch.Tensor) -> torch.Tensor:
    n, c, h, w = x.shape
    return x.view(n, GROUPS, c // GROUPS, h, w).transpose(1, 2).reshape(n, c, h, w)


def chain(*layers: tuple[tuple[int, ...], dict]) -> tuple[list[np.ndarray], list[dict]]:
    """Draw the weights of a chain of layers, given as (shape, options)."""
    rng = np.random.default_rng(0)
    shapes, options = zip(*layers, strict=True)
    return [rng.standard_normal(s, np.float32) / np.float32(np.sqrt(np.prod(s[1:]))) for s in shapes], list(options)


def relatives(c: int) -> dict[str, tuple[list[np.ndarray], list[dict]]]:
    """Return the weights and options of each relative of the layer from c to c channels."""
    same, alone, few = {"padding": 1}, {"groups": c}, c // 4
    return {
        FULL: chain(((c, c, 3, 3), same)),
        "bottleneck": chain(((few, c, 1, 1), {}), ((few, few, 3, 3), same), ((c, few, 1, 1), {})),
        f"{GROUPS} groups": chain(((c, c // GROUPS, 3, 3), same | {"groups": GROUPS})),
        "separable": chain(((c, 1, 3, 3), same | alone), ((c, c, 1, 1), {})),
        "flattened": chain(
            ((c, c, 1, 1), {}), ((c, 1, 3, 1), alone | {"padding": (1, 0)}), ((c, 1, 1, 3), alone | {"padding": (0, 1)})
        ),
        "pointwise": chain(((c, c, 1, 1), {})),
        "depthwise": chain(((c, 1, 3, 3), same | alone)),
    }


def forward(x: torch.Tensor, weights: list[torch.Tensor], options: list[dict]) -> torch.Tensor:
    for weight, option in zip(weights, options, strict=True):
        x = F.conv2d(x, weight, **option)
    return x


def check(x: np.ndarray, members: dict) -> None:
    """Hold three of the chains against the package's operators on a corner of the maps."""
    x = x[:1, :, :6, :6]
    for name, (weights, options) in members.items():
        found = forward(torch.from_numpy(x.copy()), list(map(torch.from_numpy, weights)), options).numpy()
        if name == "separable":
            expected = separable_conv2d(x, weights[0], weights[1][:, :, 0, 0], padding=1)
        elif name == "flattened":
            mix, down, across = weights[0][:, :, 0, 0], weights[1][:, 0, :, 0], weights[2][:, 0, 0]
            expected = flattened_conv2d(x, mix, down, across, padding=1)
        elif len(weights) == 1:
            expected = conv2d(x, weights[0], **options[0])
        else:
            continue
        np.testing.assert_allclose(found, expected, atol=1e-4, strict=True)
    np.testing.assert_array_equal(shuffle(torch.from_numpy(x.copy())).numpy(), channel_shuffle(x, GROUPS), strict=True)


def family(name: str, rounds: int) -> dict:
    """Time all relatives of one layer."""
    shape = n, c, *size = SIZES[name]
    x, members = np.random.default_rng(1).standard_normal(shape, np.float32), relatives(c)
    check(x, members)
    contenders, macs, weights = {}, {}, {}
    for member, (arrays, options) in members.items():
        tensors = list(map(torch.from_numpy, arrays))
        contenders[member] = lambda tensors=tensors, options=options: forward(torch.from_numpy(x), tensors, options)
        macs[member] = n * sum(
            conv_macs(size, a.shape[1] * o.get("groups", 1), len(a), a.shape[2:], **o)
            for a, o in zip(arrays, options, strict=True)
        )
        weights[member] = sum(a.size for a in arrays)
    contenders["shuffle"] = lambda: shuffle(torch.from_numpy(x))
    macs["shuffle"] = weights["shuffle"] = 0
    return {"case": name, "x": list(shape), "macs": macs, "weights": weights, "dtype": "float32", "reference": FULL,
            "times": race(contenders, FULL, rounds)}  # fmt: skip


def places(rounds: int) -> dict:
    """Time a layer whose places share their weights against one whose places do not: as many multiply-adds."""
    n, c, *size = PLACES
    rng = np.random.default_rng(2)
    x = rng.standard_normal(PLACES, np.float32)
    weight = rng.standard_normal((*size, c, c, 3, 3), np.float32) / np.float32(np.sqrt(9 * c))
    apart = torch.from_numpy(weight.reshape(-1, c, 9 * c))  # (h w, c, 9 c)
    image, one = torch.from_numpy(x), apart[0]
    columns = lambda: F.unfold(image, 3, padding=1)  # noqa: E731 - (n, 9 c, h w)
    unshared = lambda: torch.einsum("pok,nkp->nop", apart, columns())  # noqa: E731
    expected = local_conv2d(x, weight, padding=1).reshape(n, c, -1)
    np.testing.assert_allclose(unshared().numpy(), expected, atol=1e-4, strict=True)
    macs = n * conv_macs(size, c, c, 3, padding=1)
    contenders = {FULL: lambda: one @ columns(), "unshared": unshared}
    return {"case": "shared and unshared", "x": list(PLACES), "macs": {FULL: macs, "unshared": macs},
            "weights": {FULL: one.numel(), "unshared": apart.numel()}, "dtype": "float32", "reference": FULL,
            "times": race(contenders, FULL, rounds)}  # fmt: skip


def run(quick: bool = False) -> dict:
    """Time every case; a quick run takes the small maps only, in fewer rounds."""
    torch.set_num_threads(1)
    rounds = 3 if quick else 15
    names = ["256 channels, 14 x 14"] if quick else list(SIZES)
    with torch.inference_mode():
        cases = [family(name, rounds) for name in names] + [places(rounds)]
    return result("zoo", ("numpy", "torch"), rounds, quick, cases)


if __name__ == "__main__":
    from run import main

    main(["zoo"])
