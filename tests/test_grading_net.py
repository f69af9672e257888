"""Networks as answers: plain data crosses, the grader sets the weights, and only the right function passes."""

import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from torch import nn

from d2lmini.grading import CheckFailed, bank, check_module, wire
from d2lmini.grading.check import RemoteAnswer
from d2lmini.grading.limits import Limits
from d2lmini.grading.net import MAX_TENSORS, NotANet, matched, tensors_of
from d2lmini.grading.notebook import read_source
from d2lmini.grading.process import Server
from d2lmini.grading.runner import Grader

SOURCES = Path(__file__).parents[1] / "exercises" / "source"
X = np.random.default_rng(0).uniform(size=(2, 1, 28, 28))
EXERCISE = bank.find("build_cnn")


class Practice(nn.Module):
    """The right network, made by hand: layers in another order and under other names, activations as calls."""

    def __init__(self, classes, drop):
        super().__init__()
        self.scores, self.second, self.first = nn.Linear(256, classes), nn.Linear(256, 256), nn.LazyLinear(256)
        self.b, self.a = nn.Conv2d(32, 32, 3), nn.Conv2d(1, 32, 3)
        self.drop = drop

    def forward(self, x):
        for conv in (self.a, self.b):
            x = nn.functional.max_pool2d(conv(x), 2).relu()
        x = x.flatten(1)
        for dense in (self.first, self.second):
            x = nn.functional.dropout(dense(x).relu(), self.drop, self.training)
        return self.scores(x)


def named(function):
    """The function as a student's `build_cnn`."""

    def build_cnn(*args, **kwargs):
        return function(*args, **kwargs)

    return build_cnn


def failure(build, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        check_module(named(build), X, *args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("build", [EXERCISE.reference, Practice])
def test_right_network_passes_however_it_is_written(build, train, capsys):
    check_module(named(build), X, 7, 0.3, train=train)
    mode = " in training mode" if train else ""
    assert capsys.readouterr().out == f"passed: build_cnn(classes=7, drop=0.3): its output{mode}\n"


def test_seed_of_dropout_stays_within_the_check():
    torch.manual_seed(5)
    check_module(named(EXERCISE.reference), X, 5, 0.4, train=True)
    assert torch.initial_seed() == 5


def test_layers_of_one_shape_are_told_apart_by_their_use_and_not_by_where_they_are_defined():
    check_module(named(Practice), X, 256, 0.3)  # `scores` stands before `second` and has its shape


def test_a_class_is_an_answer_too(capsys):
    Practice.__name__, name = "build_cnn", Practice.__name__
    try:
        check_module(Practice, X, 7, 0.3)
    finally:
        Practice.__name__ = name
    assert capsys.readouterr().out.startswith("passed")


def test_check_leaves_the_input_alone_and_a_network_that_writes_into_it_passes_if_it_is_right():
    x = X.astype(np.float32)
    check_module(named(lambda c, d: nn.Sequential(nn.ReLU(inplace=True), EXERCISE.reference(c, d))), x, 5, 0.4)
    np.testing.assert_array_equal(x, X.astype(np.float32), strict=True)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda c, d: None, "came: None; is a `return` missing?"),
        (lambda c, d: np.zeros((2, 10)), "an array of shape (2, 10), float64; a PyTorch network"),
        (lambda c, d: nn.Sequential, "an object of type type; a PyTorch network"),
        (lambda c, d: EXERCISE.reference(c + 1, d), "an output of shape (2, 11); that shape is not"),
        (lambda c, d: nn.Sequential(nn.Flatten(), nn.Linear(784, c)), "1.weight of shape (10, 784) is not one"),
        (lambda c, d: nn.Sequential(nn.Linear(3, c)), "RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
    ],
)
def test_wrong_network_is_told_what_came(build, words):
    assert words in failure(build, 10, 0.4)


def test_tensors_are_missing_when_all_that_are_there_are_right():
    class Frozen(Practice):
        def state_dict(self, *args, **kwargs):
            state = super().state_dict(*args, **kwargs)
            return {name: tensor for name, tensor in state.items() if name != "a.bias"}

    assert "not all tensors that were asked for are there" in failure(Frozen, 10, 0.4)


def test_shape_and_parameters_are_checked_without_the_values():
    relu_forgotten = next(m.wrong for m in EXERCISE.wrong if m.name == "cnn_without_relu")
    for compare in ("shape", "parameters"):
        check_module(named(relu_forgotten), X, 10, 0.4, compare=compare)
    assert "There is no RELU behind your convolutions" in failure(relu_forgotten, 10, 0.4)


@pytest.mark.parametrize("wrong", EXERCISE.wrong, ids=lambda m: m.name)
def test_every_wrong_network_meets_its_hint_in_one_of_the_modes(wrong):
    said = []
    for train in (False, True):
        try:
            check_module(named(wrong.wrong), X, 10, 0.3, train=train)
        except CheckFailed as failed:
            said.append(failed.outcome.hint)
    assert set(said) == {wrong.hint}


def test_output_that_equals_everything_gains_nothing():
    class Agrees(torch.Tensor):
        def __eq__(self, other):
            return True

        def numpy(self):
            return np.zeros((2, 10), np.float32).view(Anything)

    class Anything(np.ndarray):
        def __eq__(self, other):
            return np.ones(self.shape, bool)

        def __sub__(self, other):
            return np.zeros(self.shape)

    class Liar(Practice):
        def forward(self, x):
            return super().forward(x).as_subclass(Agrees)

    assert "that returns an object of type Anything; a tensor is needed" in failure(Liar, 10, 0.4)


class Forged(RemoteAnswer):
    """What a worker that student code took over could send."""

    __name__ = "build_cnn"

    def __init__(self, *replies):
        self.replies = iter(replies)

    def ask(self, args, kwargs):
        raise AssertionError

    def ask_net(self, args, kwargs, request):
        return next(self.replies)


TABLE = wire.net_facts(EXERCISE.reference(10, 0.4), X.astype(np.float32), None, False, 0)["tensors"]


@pytest.mark.parametrize(
    "replies",
    [
        [{}],
        [{"tensors": 5, "out": 1}],
        [{"tensors": {1: (2,)}, "out": 1}],
        [{"tensors": {"a": [2]}, "out": 1}],
        [{"tensors": {"a": (-2,)}, "out": 1}],
        [{"tensors": {"a": (1 << 40,)}, "out": 1}],
        [{"tensors": {f"t{i}": () for i in range(MAX_TENSORS + 1)}, "out": 1}],
        [{"tensors": TABLE, "out": 1}, None],
        [{"tensors": TABLE, "out": 1}, {"tensors": TABLE, "out": wire.Opaque("Tensor")}],
        [{"tensors": TABLE, "out": 1}, {"tensors": TABLE, "out": np.zeros((2, 10), np.float32)}],
        [{"tensors": TABLE, "out": 1}, {"tensors": TABLE, "out": np.full((2, 10), np.nan, np.float32)}],
        [{"tensors": TABLE, "out": 1}, {"tensors": TABLE, "out": np.zeros((2, 10), bool)}],
    ],
)
def test_forged_reply_fails_in_words(replies):
    with pytest.raises(CheckFailed, match="came: "):
        check_module(Forged(*replies), X, 10, 0.4)


def test_table_of_tensors_is_read_only_when_it_is_one():
    assert tensors_of({"tensors": TABLE, "out": None}) == TABLE
    with pytest.raises(NotANet, match="too large to be asked for"):
        tensors_of({"tensors": {"a": (1 << 40,)}, "out": None})


def test_layers_are_matched_by_shape_and_then_by_the_order_of_use():
    ours = {"0.weight": (4, 4), "0.bias": (4,), "1.weight": (4, 4), "1.bias": (4,), "2.weight": (2, 4)}
    theirs = {"c.weight": (2, 4), "a.bias": (4,), "a.weight": (4, 4), "b.weight": (4, 4), "b.bias": (4,)}
    assert matched(ours, theirs) == {
        "0.weight": "a.weight", "0.bias": "a.bias", "1.weight": "b.weight", "1.bias": "b.bias", "2.weight": "c.weight"
    }  # fmt: skip
    assert matched({"w": (2,)}, {"weights": (2,)}) == {"w": "weights"}
    assert matched({"w": (2,)}, {"w": (2,), "b": (2,)}) is None


def test_running_statistics_are_set_like_parameters():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    x = X.astype(np.float32)
    tensors = wire.net_facts(net, x, None, False, 0)["tensors"]
    assert list(tensors) == ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"]
    weights = {name: np.ones(shape, np.float32) for name, shape in tensors.items()}
    out = wire.net_facts(net, x, weights, False, 0)["out"]
    sums = nn.functional.conv2d(torch.tensor(x), torch.ones(2, 1, 3, 3))  # the bias and the mean are both 1
    np.testing.assert_allclose(out, (sums / (1 + 1e-5) ** 0.5 + 1).numpy(), rtol=1e-5, strict=True)


def test_torch_is_loaded_by_the_sets_that_need_it_alone():
    code = "import sys, d2lmini.grading; d2lmini.grading.bank.load(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "torch" in read_source(SOURCES, "training").imports
    assert not any("torch" in name for name in read_source(SOURCES, "convolution").imports)


@pytest.fixture(scope="module")
def grader():
    source = read_source(SOURCES, "training")
    with Server(Limits(), source.imports) as server:
        yield Grader(source, bank.load()["training"], server, 1)


@pytest.mark.parametrize(
    ("change", "mark", "words"),
    [
        (("nn.Linear(800, 256)", "nn.LazyLinear(256)"), 4, ""),
        (("nn.Linear(256, classes),", "nn.Linear(256, classes), nn.Softmax(dim=1),"), 1.67, "You applied a softmax"),
        (("nn.Linear(256, classes),", "nn.Linear(256, 11),"), 0, "that shape is not the one asked for"),
        (("return nn.Sequential(", "import os; os._exit(0)\n    return nn.Sequential("), 0, "Python process ended"),
        (("return nn.Sequential(", "while True: pass\n    return nn.Sequential("), 0, "did not finish within 5 s"),
        (("return nn.Sequential(", "from d2lmini import nn\n    return nn.Sequential("), 0, "solved with NumPy alone"),
        (("return nn.Sequential(", "return np.zeros; nn.Sequential("), 0, "a PyTorch network"),
        (("return nn.Sequential(", "nn.Module.__call__ = lambda *a: 1\n    return nn.Sequential("), 0, "a tensor is"),
    ],
)
def test_network_of_a_student_is_marked_in_a_worker(grader, tmp_path, change, mark, words):
    notebook = nbformat.read(SOURCES / "training" / "training.ipynb", 4)
    answer = next(cell for cell in notebook.cells if cell.id == "build_cnn")
    assert change[0] in answer.source
    answer.source = answer.source.replace(*change)
    notebook.cells = [c for c in notebook.cells if c.id in ("training_setup", "build_cnn")]
    nbformat.write(notebook, tmp_path / "ada.ipynb")
    question = next(q for q in grader.grade("ada", tmp_path / "ada.ipynb").questions if q.name == "build_cnn")
    assert question.score == pytest.approx(mark, abs=0.01), [str(o) for o in question.outcomes]
    assert not words or any(words in str(outcome) for outcome in question.outcomes)
