"""The student's process, which nobody trusts: their namespace, their cells, and plain values as answers.

Started by path (`python worker.py CONFIG`), never imported by the grader. Of d2lmini it loads wire.py
alone. As a server it imports the libraries once and forks one worker for each submission; without fork it
is itself the worker of one submission, over stdin and stdout. No check and no reference ever comes here;
inputs come one call at a time.
"""

import ast
import builtins
import gc
import importlib
import importlib.util
import io
import json
import os
import random
import signal
import socket
import sys
import traceback
import types

ALONE = "exercises are solved with NumPy alone: {} is not there while grading"
CHECKS = ("check", "check_module", "check_value", "check_that", "check_rng", "CheckFailed")
NUMBERS: dict[str, dict] = {}  # the student's own numbers of each exercise, in place of `variant`


def main() -> None:
    config = json.loads(sys.argv[1])
    limits, sandbox = config["limits"], config["sandbox"]
    for part in ("namespaces", "landlock", "seccomp") if sandbox else ():
        load(part)
    limits["processes"] += tasks_of(sandbox.get("user"))
    if config.get("probe"):
        return confine(limits, config["scratch"], sandbox)
    wire = load("wire")
    for module in config["preload"]:
        try:
            importlib.import_module(module)
        except Exception:  # the cell that needs it will say so
            continue
    warm_up()
    hide_the_book()
    if config["control"] is None:
        read, write = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
        confine(limits, config["scratch"], sandbox)
        serve(wire, waiting(read), write.write, limits["output_bytes"])
    else:
        fork_for_each(wire, socket.socket(fileno=config["control"]), limits, sandbox)


def load(name: str):
    """A neighbour of this file as a module, with built-in functions that no student replaces."""
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, place)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    module.__builtins__ = dict(vars(builtins))
    spec.loader.exec_module(module)
    return module


def warm_up() -> None:
    """Let torch set itself up once, in one thread: forward only, for a backward pass may start threads."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
        torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2))


def fork_for_each(wire, control: socket.socket, limits: dict, sandbox: dict) -> None:
    """Fork a worker when asked, kill it when asked, and end with the grader."""
    alive = set()
    gc.collect()
    gc.freeze()  # what is loaded is never looked at again: a worker then copies fewer pages of memory
    control.sendall(b'{"ready": true}\n')
    while True:
        data, fds, _, _ = socket.recv_fds(control, 4096, 1)
        if not data:
            for pid in alive:
                end(pid)
            return
        request = json.loads(data)
        if "kill" in request:
            alive.discard(request["kill"])
            control.sendall(json.dumps(end(request["kill"])).encode() + b"\n")
            continue
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                link = socket.socket(fileno=fds[0])
                confine(limits, request["scratch"], sandbox)
                serve(wire, waiting(link.makefile("rb")), link.sendall, limits["output_bytes"])
            except Exception as error:
                os.write(2, f"a worker ends: {type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(70)
        os.close(fds[0])
        alive.add(pid)
        control.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def end(pid: int) -> dict:
    """Kill a worker and its process group; what it used, as the system counted it."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    used = os.wait4(pid, 0)[2]
    return {"cpu": used.ru_utime + used.ru_stime, "maxrss": used.ru_maxrss}


def confine(limits: dict, scratch: str, sandbox: dict) -> None:
    """Take away what student code does not need; called once in each worker, before its first cell.

    Always: a session of its own, an empty folder, silent output, resource limits. sandbox, where it is not
    empty, names what the tier adds: `mounts` of its own (A), another `user` for root, the paths that stay
    `readable` through Landlock, and the list of system calls.
    """
    in_use = memory_in_use()
    user = sandbox.get("user")
    if sandbox.get("mounts"):
        sys.modules["namespaces"].own_mounts(scratch, limits["scratch_bytes"], 65534)
    os.environ["HOME"] = os.environ["TMPDIR"] = scratch
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if os.name == "posix":
        limit_resources(limits, in_use)
    if user is not None:
        if not sandbox["mounts"]:
            os.chown(scratch, user, user)
        sys.modules["namespaces"].become(user)
    os.chdir(scratch)
    silent = os.open(os.devnull, os.O_RDWR)
    if sandbox:
        sys.modules["namespaces"].drop_capabilities()
        if sandbox["landlock"]:
            sys.modules["landlock"].apply(sandbox["readable"], [scratch, os.devnull])
        sys.modules["seccomp"].apply()
    for fd in (0, 1, 2):  # last, so that what fails above is told
        os.dup2(silent, fd)


def limit_resources(limits: dict, in_use: int) -> None:
    """The limits that every Unix knows; those that this system lacks are left out."""
    import resource

    if os.getpid() != os.getsid(0):
        os.setsid()
    wanted = {
        "RLIMIT_AS": in_use + limits["memory_bytes"],
        "RLIMIT_CPU": limits["cpu_seconds"],
        "RLIMIT_FSIZE": limits["file_bytes"],
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_NOFILE": limits["open_files"],
        "RLIMIT_CORE": 0,
    }
    for name, value in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):  # not on this system, or already lower
            continue


def memory_in_use() -> int:
    """Bytes of address space that the loaded libraries take."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 4 << 30


def tasks_of(user: int | None) -> int:
    """Processes and threads that a user (None: this one) has now, for they count in RLIMIT_NPROC."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            if os.stat(f"/proc/{pid}").st_uid == (os.getuid() if user is None else user):
                count += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            continue
    return count


def hide_the_book() -> None:
    """Put an empty d2lmini in the place of the real one: the checks can be imported, and do nothing."""
    book, grading = types.ModuleType("d2lmini"), types.ModuleType("d2lmini.grading")
    for name in CHECKS:
        setattr(grading, name, lambda *args, **kwargs: None)
    grading.variant = lambda name, student: NUMBERS[name]
    grading.CheckFailed = type("CheckFailed", (AssertionError,), {})

    def missing(name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImportError(ALONE.format(f"d2lmini.{name}"))

    book.__path__, book.__getattr__, book.grading = [], missing, grading
    grading.__path__ = []  # both are packages, so that imports of their parts come to Hidden
    sys.modules["d2lmini"], sys.modules["d2lmini.grading"] = book, grading
    sys.meta_path.insert(0, Hidden())


class Hidden:
    """An importer that refuses every part of the book."""

    def find_spec(self, name: str, path=None, target=None):
        if name.startswith("d2lmini."):
            raise ModuleNotFoundError(ALONE.format(name), name=name)
        return None


class Printed(io.RawIOBase):
    """Where printed text goes: nowhere, and no more than so many bytes of it in one cell or call."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise OSError(f"more than {self.most >> 20} MB were printed")
        return len(data)


def waiting(file):
    """Read from a line, and wait for what comes, whatever student code has made of it."""

    def read(count: int) -> bytes:
        if hasattr(os, "set_blocking"):  # not on Windows before Python 3.12
            os.set_blocking(file.fileno(), True)
        return file.read(count)

    return read


def serve(wire, read, write, output_bytes: int) -> None:
    """Answer requests in order until the grader closes the line; printed text is counted and thrown away."""
    namespace = {"__name__": "__main__", "display": lambda *args, **kwargs: None, "input": nobody_types}
    actions = {"run": run, "setup": setup, "call": call, "get": get, "give": give}
    actions |= {"numbers": numbers, "net": net}
    lines: dict[str, list[str]] = {}
    printed = Printed(output_bytes)
    sys.stdout = sys.stderr = io.TextIOWrapper(printed, "utf-8", "replace", write_through=True)
    while True:
        try:
            request = wire.receive(read)
        except wire.WireError:
            return
        reply = {"id": request.pop("id")}
        action = actions[request.pop("do")]
        printed.left = output_bytes
        try:
            reply |= action(wire, namespace, lines, **request)
        except BaseException as error:
            reply["error"] = account(error, lines)
        try:
            frame = wire.dumps(reply)
        except wire.WireError as error:
            account_of = {"type": "ReturnValue", "text": f"the answer cannot be sent: {error}", "where": ""}
            frame = wire.dumps({"id": reply["id"], "error": account_of})
        write(frame)


def nobody_types(prompt: str = "") -> str:
    """What `input` is while grading."""
    raise EOFError("nobody types while grading: write the value into the cell instead of input()")


def run(wire, namespace: dict, lines: dict, cell: str, source: str) -> dict:
    """Run one cell of the student."""
    lines[f"<{cell}>"] = source.splitlines()
    exec(compile(source, f"<{cell}>", "exec", dont_inherit=True), namespace)
    return {}


def setup(wire, namespace: dict, lines: dict, cell: str, source: str) -> dict:
    """Run one cell of the exercise's own, statement by statement; say whether all of them worked."""
    whole = True
    for statement in ast.parse(source).body:
        try:
            exec(compile(ast.Module([statement], []), f"<{cell}>", "exec"), namespace)
        except Exception:
            whole = False
    return {"whole": whole}


def call(wire, namespace: dict, lines: dict, name: str, args: tuple, kwargs: dict) -> dict:
    """Call an answer; also the positions of the arguments that the call changed."""
    values = [*args, *kwargs.values()]
    before = [wire.dumps(v) for v in values]
    value = namespace[name](*args, **kwargs)
    return {"value": value, "changed": [i for i, v in enumerate(values) if wire.dumps(v) != before[i]]}


def net(wire, namespace: dict, lines: dict, name: str, args: tuple, kwargs: dict, **request) -> dict:
    """Build a network with an answer; what is plain in it (`wire.net_facts`)."""
    return {"value": wire.net_facts(namespace[name](*args, **kwargs), **request)}


def get(wire, namespace: dict, lines: dict, name: str) -> dict:
    """A plain value by its name, or whether the name is a function or nothing at all."""
    if name not in namespace:
        return {"is": "missing"}
    return {"is": "function"} if callable(namespace[name]) else {"is": "value", "value": namespace[name]}


def give(wire, namespace: dict, lines: dict, values: dict) -> dict:
    """Put given data where a setup cell could not."""
    for name, value in values.items():
        namespace.setdefault(name, value)
    return {}


def numbers(wire, namespace: dict, lines: dict, values: dict) -> dict:
    """Keep the student's own numbers for `variant`."""
    NUMBERS.update(values)
    return {}


def account(error: BaseException, lines: dict) -> dict:
    """An exception in words: its type, its message, and the student's own line where it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [(f.filename, f.lineno) for f in frames if f.filename in lines]
    if isinstance(error, SyntaxError) and error.filename in lines:
        places.append((error.filename, error.lineno or 1))
    where = ""
    if places:
        file, number = places[-1]
        code = (lines[file][number - 1 : number] or [""])[0].strip()
        where = f"cell {file[1:-1]}, line {number}" + (f": {code[:100]}" if code else "")
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return {"type": type(error).__name__[:80], "text": str(text)[:300], "where": where}


if __name__ == "__main__":
    main()
