"""Judge two plain values strictly, and say in words what came: never what should have come."""

import numpy as np

from .wire import SCALARS, Opaque

MOST_NUMBERS, LARGEST = 100, 10_000  # in an array that a student makes up, and of each number
FLOAT32_EPS = float(np.finfo(np.float32).eps)
NEEDED = {
    "array": "a NumPy array",
    "number": "a number",
    "tuple": "a tuple",
    "list": "a list",
    "dict": "a dict",
    "str": "a string",
    "nothing": "None",
}
HELD = {
    "b": "truth values (bool)",
    "i": "whole numbers (int)",
    "u": "whole numbers (int)",
    "f": "decimal numbers (float)",
    "c": "complex numbers",
}


def difference(answer, expected, *, tol: float = 1e-6, strict_dtype: bool = True) -> str | None:
    """What came, in words, when `answer` is not `expected`; None when it is.

    Type first, then shape, then the kind of dtype (float32 may stand for float64), then values. Nothing
    broadcasts and no method of the answer is called before its exact type is known. NaN equals NaN alone.
    `tol` is relative to each value; near zero, relative to the largest one; float32 answers get the
    rounding of float32.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    'an array of shape (2,), float64; 1 of its 2 values is not right, at [1], where yours is 2.0'
    >>> difference([1.0, 3.0], np.array([1.0, 3.0]))
    'a list of 2 items: [1.0, 3.0]; a NumPy array is needed'
    """
    kind, needed = kind_of(answer), kind_of(expected)
    if kind == "nothing" != needed:
        return "None; is a `return` missing?"
    if kind != needed or needed == "other":
        return f"{describe(answer)}; {NEEDED.get(needed, 'something else')} is needed"
    if needed in ("array", "number"):
        return _numbers_differ(answer, expected, tol, strict_dtype and needed == "array", needed)
    if needed in ("tuple", "list"):
        if len(answer) != len(expected):
            return f"{describe(answer)}; the number of items is not right"
        pairs = [(f"item {i}", a, e) for i, (a, e) in enumerate(zip(answer, expected, strict=True))]
    elif needed == "dict":
        if set(answer) != set(expected):
            return f"{describe(answer)}; its keys are not right"
        pairs = [(f"item {key!r}", answer[key], value) for key, value in expected.items()]
    else:
        return None if answer == expected else f"{describe(answer)}; that is not right"
    for where, a, e in pairs:
        if inner := difference(a, e, tol=tol, strict_dtype=strict_dtype):
            return f"{describe(answer)}; look at {where}: {inner}"
    return None


def misfit(answer, example) -> str | None:
    """What came, in words, when a made-up `answer` has not the form of `example`; None when it has.

    The form: a dict with the same keys, in it numbers and arrays with as many axes, of any size and value; whole
    numbers may stand for decimals. Numbers are finite and small: what is made of them must not take long.

    >>> misfit({"n": 3, "x": np.ones(2)}, {"n": 7, "x": np.zeros(5)})
    >>> misfit({"n": 3.5, "x": np.ones(2)}, {"n": 7, "x": np.zeros(5)})
    'a dict of 2 items; look at n: the number 3.5 (float); whole numbers (int) are needed'
    """
    kind, needed = kind_of(answer), kind_of(example)
    if kind != needed:
        return f"{describe(answer)}; {NEEDED[needed]} is needed"
    if needed == "dict":
        if set(answer) != set(example):
            return f"{describe(answer)}; its keys should be {', '.join(map(repr, example))}"
        inner = {key: misfit(answer[key], value) for key, value in example.items()}
        return next((f"{describe(answer)}; look at {key}: {text}" for key, text in inner.items() if text), None)
    a, e = np.asarray(answer), np.asarray(example)
    if a.dtype.kind == "b" or not _widens(a, e):
        return f"{describe(answer)}; {HELD[e.dtype.kind]} are needed"
    if a.ndim != e.ndim or not 0 < a.size <= MOST_NUMBERS:
        axes = f"{e.ndim} {'axis' if e.ndim == 1 else 'axes'}"
        return f"{describe(answer)}; an array with {axes} and 1 to {MOST_NUMBERS} numbers is needed"
    if not ((a >= -LARGEST) & (a <= LARGEST)).all():  # NaN is not
        return f"{describe(answer)}; numbers from -{LARGEST:,} to {LARGEST:,} are needed"
    return None


def kind_of(value) -> str:
    """The class of a value by its exact type: array, number, tuple, list, dict, str, nothing or other."""
    kind = type(value)
    if kind is np.ndarray:
        return "array" if value.dtype.kind in HELD else "other"
    if kind in SCALARS or kind in (bool, int, float, complex):
        return "number"
    return "nothing" if value is None else kind.__name__ if kind in (tuple, list, dict, str) else "other"


def describe(value) -> str:
    """A few words on what a value is; small values are shown.

    >>> describe((3, 4)), describe(np.zeros((2, 3)))
    ('a tuple of 2 items: (3, 4)', 'an array of shape (2, 3), float64')
    """
    kind = kind_of(value)
    if kind == "array":
        return f"an array of shape {value.shape}, {value.dtype}"
    if kind == "number":
        return f"the number {number_text(value)} ({type(value).__name__})"
    if kind in ("tuple", "list"):
        count = f"a {kind} of {len(value)} item{'s' * (len(value) != 1)}"
        text = ", ".join(number_text(v) if kind_of(v) == "number" else repr(v) for v in value)
        small = text and len(text) <= 60 and all(kind_of(v) in ("number", "str", "nothing") for v in value)
        return f"{count}: {'(['[kind == 'list']}{text}{')]'[kind == 'list']}" if small else count
    if kind == "dict":
        return f"a dict of {len(value)} item{'s' * (len(value) != 1)}"
    if kind == "str":
        return f"the text {value[:60]!r}"
    if kind == "nothing":
        return "None"
    return f"an object of type {value.type_name if isinstance(value, Opaque) else type(value).__name__}"


def number_text(value) -> str:
    """A number with six significant digits; a whole float keeps its point.

    >>> number_text(24.0), number_text(np.int64(3)), number_text(1 / 3)
    ('24.0', '3', '0.333333')
    """
    if np.asarray(value).dtype.kind not in "fc":
        return str(value)
    text = f"{value:.6g}"
    return text if set(text) & set(".enj") else f"{text}.0"


def _numbers_differ(answer, expected, tol: float, strict_dtype: bool, needed: str) -> str | None:
    came = describe(answer)
    a, e = np.asarray(answer), np.asarray(expected)
    if a.shape != e.shape:
        return f"{came}; its shape is not the one asked for"
    if HELD[a.dtype.kind] != HELD[e.dtype.kind] and (strict_dtype or not _widens(a, e)):
        return f"{came}; {HELD[e.dtype.kind]} are needed"
    wrong = np.argwhere(~_close(a, e, tol))  # (count, axes)
    if len(wrong) == 0:
        return None
    if needed == "number":
        return f"{came}; that is not the right value"
    first = tuple(int(i) for i in wrong[0])
    where = f"at {list(first)}, where yours is {number_text(a[first])}"
    if len(wrong) == 1:
        return f"{came}; 1 of its {a.size} values is not right, {where}"
    return f"{came}; {len(wrong)} of its {a.size} values are not right, the first {where}"


def _widens(a: np.ndarray, e: np.ndarray) -> bool:
    """Whether a number may stand for the expected kind: 3 for 3.0, never 3.0 for 3 nor 1 for True."""
    order = "iufc"
    return a.dtype.kind in order and e.dtype.kind in order and order.index(a.dtype.kind) <= order.index(e.dtype.kind)


def _close(a: np.ndarray, e: np.ndarray, tol: float) -> np.ndarray:
    if a.dtype.kind in "biu" and e.dtype.kind in "biu":
        return a == e
    eps = min(FLOAT32_EPS, max(np.finfo(v.dtype).eps for v in (a, e) if v.dtype.kind in "fc"))
    finite = np.abs(e[np.isfinite(e)])
    peak = float(finite.max()) if finite.size else 0.0
    atol = peak * max(1e-3 * tol, 100 * eps) or tol
    return np.isclose(a, e, rtol=max(tol, 1000 * eps), atol=atol, equal_nan=True)
