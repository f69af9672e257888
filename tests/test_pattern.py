"""Networks from patterns and lists: the counts and tables of the sources, a sentence for each wrong specification."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lmini import ShapeError
from d2lmini.nn import Layer, flex_cnn, layer_rows, parse_pattern, pattern_net, seeded

pytestmark = pytest.mark.filterwarnings("error")
GENERAL = "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC"
EXAMPLES = {
    "INPUT -> FC.": (0, 0, 1),
    "INPUT -> CONV -> RELU -> FC.": (1, 0, 1),
    "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC.": (2, 2, 2),
    "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC.": (6, 3, 3),
}


def names(net):
    return [type(layer).__name__ for layer in net]


@pytest.mark.parametrize("pattern", EXAMPLES)
def test_parse_pattern_reads_the_four_examples(pattern):
    layers = parse_pattern(pattern)
    assert tuple(layers.count(word) for word in ("CONV", "POOL", "FC")) == EXAMPLES[pattern]
    assert layers[0] == "INPUT" and layers.count("RELU") == layers.count("CONV") + layers.count("FC") - 1


@given(n=st.integers(0, 4), m=st.integers(0, 4), k=st.integers(0, 3), pool=st.booleans())
@settings(deadline=None)
def test_parse_pattern_writes_out_the_general_pattern(n, m, k, pool):
    expected = ["INPUT"]
    for _ in range(m):
        expected += ["CONV", "RELU"] * n + ["POOL"] * pool
    expected += ["FC", "RELU"] * k + ["FC"]
    assert parse_pattern(GENERAL, N=n, M=m, K=k, pool=pool) == expected
    other = "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K-FC, SOFTMAX"  # as the other deck writes it
    assert parse_pattern(other, N=n, M=m, K=k, pool=pool) == [*expected[1:], "SOFTMAX"]


def test_parse_pattern_reads_small_letters_arrows_and_marks_behind_words():
    assert parse_pattern("conv*2 → [relu]*1*2?->fc") == ["CONV", "CONV", "RELU", "RELU", "FC"]
    assert parse_pattern("conv*2 → [relu]*1*2?->fc", pool=False) == ["CONV", "CONV", "FC"]
    assert parse_pattern("[[CONV]*0 - FC]*2") == ["FC", "FC"]


WRONG = {
    "": "the pattern ends too early; needed: one of INPUT, CONV",
    "INPUT -> CNV": "the pattern has 'CNV' there; needed: one of INPUT, CONV, RELU",
    "[CONV -> RELU": "the pattern ends too early; needed: ]",
    "[CONV)": "the pattern has ')' there; needed: ]",
    "CONV ->": "the pattern ends too early; needed: one of",
    "CONV]": "the pattern has ']' there; needed: a layer or the end",
    "CONV RELU": "the pattern has 'RELU' there; needed: a layer or the end",
    "CONV*": "the pattern ends too early; needed: a number or a letter behind *",
    "CONV*[RELU]": "the pattern has '[' there; needed: a number or a letter behind *",
    "CONV*Q": "a part is repeated Q times; needed: a number for Q; try: Q=2",
    "FC -> CONV": "CONV follows an FC layer, which leaves no map; needed: all CONV and POOL before the first FC",
    "FC - RELU - POOL": "POOL follows an FC layer",
    "CONV -> INPUT": "INPUT is layer 2; needed: INPUT once, in the first place",
    "[INPUT]*2": "INPUT is layer 2",
}


@pytest.mark.parametrize("pattern", WRONG)
def test_parse_pattern_says_what_is_wrong(pattern):
    with pytest.raises(ShapeError) as caught:
        parse_pattern(pattern)
    assert str(caught.value).startswith(WRONG[pattern]) and "; try: " in str(caught.value)


def test_parse_pattern_refuses_other_counts_and_types():
    for count in (-1, 1.5, "2", True):
        with pytest.raises(ShapeError, match="N=.*; needed: an integer >= 0"):
            parse_pattern("CONV*N", N=count)
    with pytest.raises(ShapeError, match="pattern=3; needed: a line of text"):
        parse_pattern(3)


@pytest.mark.parametrize("pattern", EXAMPLES)
def test_pattern_net_has_the_layers_of_its_pattern(pattern):
    net = pattern_net(pattern, (3, 16, 16), 7, seed=0)
    kinds = [name for name in names(net) if name != "Flatten"]
    words = {"CONV": "Conv2d", "RELU": "ReLU", "POOL": "MaxPool2d", "FC": "Linear"}
    assert kinds == [words[word] for word in parse_pattern(pattern)[1:]]
    assert net(torch.zeros(2, 3, 16, 16)).shape == (2, 7)


def test_pattern_net_keeps_the_size_and_doubles_the_width_at_each_pooling():
    net = pattern_net(GENERAL, (1, 16, 24), 4, width=5, hidden=9, kernel=(5, 3), N=2, M=3, K=2)
    table = [(row.layer, row.size, row.channels) for row in layer_rows(net, (1, 16, 24)) if row.layer != "ReLU"]
    assert table == [
        ("Input", (16, 24), 1), ("Conv", (16, 24), 5), ("Conv", (16, 24), 5), ("Max Pool", (8, 12), 5),
        ("Conv", (8, 12), 10), ("Conv", (8, 12), 10), ("Max Pool", (4, 6), 10),
        ("Conv", (4, 6), 20), ("Conv", (4, 6), 20), ("Max Pool", (2, 3), 20),
        ("Linear", (9,), None), ("Linear", (9,), None), ("Linear", (4,), None),
    ]  # fmt: skip
    assert names(net).count("Flatten") == 1
    assert "Softmax" not in names(pattern_net("FC, SOFTMAX"))


def test_pattern_net_refuses():
    for pattern in ("INPUT -> CONV -> RELU", "[FC -> RELU]*K", "POOL"):
        with pytest.raises(ShapeError, match="the last layer with weights is no FC; needed: an FC that gives"):
            pattern_net(pattern, K=0)
    with pytest.raises(ShapeError) as caught:
        pattern_net("[CONV -> POOL]*4 -> FC", (3, 8, 8))
    assert str(caught.value) == (
        "layer 8 of 9, POOL: the map has shrunk to 1 x 1, and a window of 2 x 2 does not fit; "
        "needed: larger images or fewer layers; try: to pool less often, or padding=1"
    )
    with pytest.raises(ShapeError, match="a kernel of 4 .* even number"):
        pattern_net("CONV -> FC", kernel=4)
    with pytest.raises(ShapeError, match="width=0"):
        pattern_net("CONV -> FC", width=0)


# --- flex_cnn and layer_rows ----------------------------------------------------------------------------------


def test_flex_cnn_has_the_nine_rows_of_the_homework():
    rows = layer_rows(flex_cnn([8, 16, 32, "pool"]), (3, 30, 30))
    assert list(rows) == [
        Layer("Input", (30, 30), 3, 0),
        Layer("Conv", (28, 28), 8, 224),
        Layer("ReLU", (28, 28), 8, 0),
        Layer("Conv", (26, 26), 16, 1168),
        Layer("ReLU", (26, 26), 16, 0),
        Layer("Conv", (24, 24), 32, 4640),
        Layer("ReLU", (24, 24), 32, 0),
        Layer("Max Pool", (12, 12), 32, 0),
        Layer("Linear", (5,), None, 23045),
    ]
    assert sum(row.params for row in rows) == 29077
    assert repr(rows).splitlines()[8:] == [
        "Max Pool      12 x 12        32           0",
        "Linear              5                23,045",
        "Total                                29,077",
    ]


@given(
    spec=st.lists(st.one_of(st.integers(1, 6), st.just("pool")), max_size=4),
    c=st.integers(1, 3), h=st.integers(6, 20), w=st.integers(6, 20), classes=st.integers(1, 7),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_flex_cnn_gives_scores_or_says_where_the_map_ends(spec, c, h, w, classes):
    size = (h, w)
    for step in spec:
        size = tuple(v // 2 if step == "pool" else v - 2 for v in size)
        if min(size) < 1:
            with pytest.raises(ShapeError, match="the map has shrunk to"):
                flex_cnn(spec, (c, h, w), classes)
            return
    net = flex_cnn(spec, (c, h, w), classes)
    assert net(torch.zeros(2, c, h, w)).shape == (2, classes)
    assert names(net).count("Conv2d") == len(spec) - spec.count("pool")


def test_flex_cnn_draws_its_weights_from_the_seed_alone():
    a, b, c = (flex_cnn([8, "pool"], seed=seed) for seed in (3, 3, 4))
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(a[0].weight, c[0].weight)
    torch.manual_seed(3)
    assert torch.equal(flex_cnn([8, "pool"])[0].weight, a[0].weight)


def test_seeded_leaves_the_generator_as_it_was():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with seeded(5):
        torch.rand(100)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(1)
    with seeded(None):
        assert torch.equal(torch.rand(3), expected)
    with pytest.raises(ShapeError, match="seed=-1"), seeded(-1):
        pass


@pytest.mark.parametrize("spec", [[8, "pol"], [0], [-3], [2.5], [True], [8, None], ["8"]])
def test_flex_cnn_names_the_step_that_is_wrong(spec):
    with pytest.raises(ShapeError) as caught:
        flex_cnn(spec)
    needed = 'needed: a number of channels or "pool"; try: spec=[8, "pool"]'
    assert str(caught.value) == f"step {len(spec)} of {spec} is {spec[-1]!r}; {needed}"


def test_flex_cnn_refuses():
    with pytest.raises(ShapeError, match="spec='8, pool'; needed: a list of numbers"):
        flex_cnn("8, pool")
    with pytest.raises(ShapeError, match="in_shape=30; needed: three numbers"):
        flex_cnn([8], 30)
    with pytest.raises(ShapeError, match="kernel=0"):
        flex_cnn([8], kernel=0)
    with pytest.raises(ShapeError) as caught:
        flex_cnn([8, "pool", 16], (3, 6, 6))
    assert "step 3 of [8, 'pool', 16]: the map has shrunk to 2 x 2, and a window of 3 x 3" in str(caught.value)
    assert layer_rows(flex_cnn([np.int64(8), "pool", 16], (3, 6, 6), padding=1), (3, 6, 6))[-2].size == (3, 3)


def test_layer_rows_follow_what_the_network_does_and_leave_it_as_it_was():
    shared = torch.nn.Linear(6, 6)
    net = torch.nn.Sequential(torch.nn.Flatten(), shared, torch.nn.Sequential(torch.nn.Dropout(), shared))
    rows = layer_rows(net.train(), (6,), hide=())
    assert [(row.layer, row.params) for row in rows] == [
        ("Input", 0), ("Flatten", 0), ("Linear", 42), ("Dropout", 0), ("Linear", 0)
    ]  # fmt: skip
    assert net.training and not shared._forward_hooks
    norm = torch.nn.Sequential(torch.nn.BatchNorm2d(3))
    layer_rows(norm, (3, 4, 4))
    assert norm[0].num_batches_tracked == 0


def test_layer_rows_say_that_the_input_does_not_fit():
    net = flex_cnn([8, "pool"])
    with pytest.raises(ShapeError, match=r"does not take an input of \(3, 28, 28\) \(mat1 and mat2 .*\); needed"):
        layer_rows(net, (3, 28, 28))
    assert net.training and not any(layer._forward_hooks for layer in net)


def test_package_loads_torch_only_with_nn_and_train():
    code = "import sys, d2lmini, d2lmini.data, d2lmini.augment; print('torch' in sys.modules);"
    code += "import d2lmini.train; print('torch' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue False\n"
