"""Frames that carry plain values between the grader and a student's process: JSON, then raw array bytes.

Nothing is ever unpickled. A frame is four magic bytes, the sizes of header and body, the header, the body.
The header says what the values are, the body holds the bytes of the arrays. `loads` believes nothing:
sizes, depth, dtypes and shapes are checked before a value is made. A PyTorch network never crosses: what is
plain in it does (`net_facts`). Both sides load this file, so it needs NumPy and the standard library alone.
"""

import json
import math
import re
import struct
import sys
from dataclasses import dataclass

import numpy as np

PREFIX = struct.Struct("<4sII")  # magic, header bytes, body bytes
MAGIC = b"d2l1"
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 64 << 20
MAX_DEPTH = 8
MAX_AXES = 16
MAX_INT_BITS = 4096
DTYPE = re.compile(r"[<>|][biufc](1|2|4|8|16)")
SCALARS = frozenset(t for t in np.sctypeDict.values() if issubclass(t, (np.number, np.bool_)))


class WireError(Exception):
    """A frame that breaks the rules above."""


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that may not cross; only the name of its type does."""

    type_name: str


def dumps(value) -> bytes:
    """The frame of a plain value; whatever is not plain becomes `Opaque`.

    Plain are None, bool, int, float, complex, str, list, tuple, dict with str or int keys, NumPy numbers
    and arrays
    of them: exactly these types, for a subclass can lie about itself.

    Raises:
        WireError: nested too deeply, or larger than a frame may be.

    >>> loads(dumps({"shape": (2, 2), "x": np.eye(2)}))["x"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    blobs: list[bytes] = []
    header = json.dumps({"value": _pack(value, blobs, 0), "sizes": [len(b) for b in blobs]}).encode()
    body = b"".join(blobs)
    _check_sizes(len(header), len(body))
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def loads(frame: bytes):
    """The value of one whole frame.

    Raises:
        WireError: the frame is not one that `dumps` could have made.
    """
    header_bytes, body_bytes = prefix_sizes(frame[: PREFIX.size])
    if len(frame) != PREFIX.size + header_bytes + body_bytes:
        raise WireError("the frame is shorter or longer than it says")
    try:
        header = json.loads(frame[PREFIX.size : PREFIX.size + header_bytes])
        return _unpack(header["value"], _cut(frame[PREFIX.size + header_bytes :], header["sizes"]), 0)
    except WireError:
        raise
    except Exception as error:  # it was forged: the ways to be wrong have no end
        raise WireError(f"the header is not one of ours ({type(error).__name__})") from None


def prefix_sizes(prefix: bytes) -> tuple[int, int]:
    """Header and body bytes of the frame that begins so; WireError when it does not begin like one."""
    if len(prefix) != PREFIX.size:
        raise WireError("the frame ends in its first bytes")
    magic, header_bytes, body_bytes = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("the frame does not begin like one of ours")
    _check_sizes(header_bytes, body_bytes)
    return header_bytes, body_bytes


def send(write, value) -> None:
    """Write the frame of `value` with `write(bytes)`."""
    write(dumps(value))


def receive(read):
    """Read one frame with `read(count) -> exactly count bytes` and return its value."""
    prefix = read(PREFIX.size)
    return loads(prefix + read(sum(prefix_sizes(prefix))))


def net_facts(net, x: np.ndarray, weights: dict | None, train: bool, seed: int):
    """What is plain in a PyTorch network; any other value as it is.

    x: what the network is given. weights: {name: array} for its tensors, None to leave them. train: its mode.
    seed: of dropout. Returns {"tensors": {name: shape}, "out": array}, parameters and running statistics in the
    order in which the layers are used; "out" is no array when the network gives no tensor.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(net, torch.nn.Module):
        return net
    used: list[str] = []
    hooks = [
        layer.register_forward_pre_hook(lambda *_, name=name: used.append(name)) for name, layer in net.named_modules()
    ]
    with torch.no_grad(), torch.random.fork_rng(devices=[]):  # the seed stays in here
        net.eval()(torch.tensor(x))  # shows the order of use, and lazy layers get their shapes
        for hook in hooks:
            hook.remove()
        place = {name: i for i, name in reversed(list(enumerate(used)))}
        state = {name: tensor for name, tensor in net.state_dict().items() if tensor.is_floating_point()}
        names = sorted(state, key=lambda name: place.get(name.rpartition(".")[0], len(used)))
        for name in weights or ():
            state[name].copy_(torch.from_numpy(weights[name]))
        torch.manual_seed(seed)
        out = net.train(train)(torch.tensor(x))
    out = out.numpy() if isinstance(out, torch.Tensor) else out
    return {"tensors": {name: tuple(state[name].shape) for name in names}, "out": out}


def _check_sizes(header_bytes: int, body_bytes: int) -> None:
    if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise WireError("the value is too large")


def _pack(value, blobs: list[bytes], depth: int):
    if depth > MAX_DEPTH:
        raise WireError("the value is nested too deeply")
    kind = type(value)
    if value is None or kind in (bool, str, float):
        return value
    if kind is int and value.bit_length() < 64:
        return value
    if kind is int and value.bit_length() <= MAX_INT_BITS:
        return {"int": hex(value)}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind in (list, tuple):
        return {kind.__name__: [_pack(item, blobs, depth + 1) for item in value]}
    if kind is dict and all(type(key) in (str, int) for key in value):
        return {"dict": [[key, _pack(item, blobs, depth + 1)] for key, item in value.items()]}
    if kind in SCALARS or kind is np.ndarray:
        array = np.asarray(value)
        if DTYPE.fullmatch(array.dtype.str) and array.ndim <= MAX_AXES:
            _check_sizes(0, array.nbytes)
            blobs.append(array.tobytes())
            tag = "array" if kind is np.ndarray else "scalar"
            return {tag: [len(blobs) - 1, array.dtype.str, list(array.shape)]}
        return {"opaque": f"ndarray of dtype {array.dtype}"[:80]}
    return {"opaque": kind.__name__[:80]}


def _unpack(node, blobs: list[bytes], depth: int):
    if depth > MAX_DEPTH:
        raise WireError("the value is nested too deeply")
    if node is None or type(node) in (bool, str, int, float):
        return node
    ((tag, content),) = node.items()
    if tag in ("list", "tuple"):
        items = [_unpack(item, blobs, depth + 1) for item in content]
        return items if tag == "list" else tuple(items)
    if tag == "dict":
        if not all(type(key) in (str, int) for key, _ in content):
            raise WireError("a key that is neither text nor a whole number")
        return {key: _unpack(item, blobs, depth + 1) for key, item in content}
    if tag in ("array", "scalar"):
        array = _array(blobs, *content)
        return array if tag == "array" else array[()]
    if tag == "int" and len(content) <= MAX_INT_BITS:
        return int(content, 16)
    if tag == "complex":
        real, imag = content
        return complex(real, imag)
    if tag == "opaque":
        return Opaque(str(content)[:80])
    raise WireError(f"an unknown kind of value {str(tag)[:20]!r}")


def _array(blobs: list[bytes], index: int, dtype: str, shape: list[int]) -> np.ndarray:
    if not DTYPE.fullmatch(dtype):
        raise WireError("an array that does not hold numbers")
    if len(shape) > MAX_AXES or any(type(n) is not int or n < 0 for n in shape):
        raise WireError("an impossible shape")
    kind = np.dtype(dtype)
    if index < 0 or math.prod(shape) * kind.itemsize != len(blobs[index]):
        raise WireError("the bytes of an array do not fill its shape")
    return np.frombuffer(blobs[index], kind).reshape(shape).copy()


def _cut(body: bytes, sizes: list[int]) -> list[bytes]:
    if any(type(n) is not int or n < 0 for n in sizes) or sum(sizes) != len(body):
        raise WireError("the sizes of the arrays do not add up")
    ends = np.cumsum([0, *sizes]).tolist()
    return [body[a:b] for a, b in zip(ends, ends[1:], strict=False)]
