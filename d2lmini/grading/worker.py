"""The student's process, which nobody trusts: their namespace, their cells, and plain values as answers.

Started by path (`python worker.py CONFIG`), never imported by the grader. Of d2lmini it loads wire.py
alone. As a server it imports the libraries once and forks one worker for each submission; without fork it
is itself the worker of one submission, over stdin and stdout. No check and no reference ever comes here;
inputs come one call at a time.
"""

import ast
import importlib
import importlib.util
import json
import os
import random
import signal
import socket
import sys
import traceback
import types

ALONE = "exercises are solved with NumPy alone: {} is not there while grading"
CHECKS = ("check", "check_value", "check_that", "check_rng", "CheckFailed")


def main() -> None:
    config = json.loads(sys.argv[1])
    spec = importlib.util.spec_from_file_location("wire", config["wire"])
    wire = importlib.util.module_from_spec(spec)
    sys.modules["wire"] = wire
    spec.loader.exec_module(wire)
    for module in config["preload"]:
        try:
            importlib.import_module(module)
        except Exception:  # the cell that needs it will say so
            continue
    hide_the_book()
    if config["control"] is None:
        read, write = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
        confine(config["limits"], config["scratch"])
        serve(wire, read.read, write.write)
    else:
        fork_for_each(wire, socket.socket(fileno=config["control"]), config["limits"])


def fork_for_each(wire, control: socket.socket, limits: dict) -> None:
    """Fork a worker when asked, kill it when asked, and end with the grader."""
    alive = set()
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
            control.sendall(json.dumps({"signal": end(request["kill"])}).encode() + b"\n")
            continue
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                link = socket.socket(fileno=fds[0])
                confine(limits, request["scratch"])
                serve(wire, link.makefile("rb").read, link.sendall)
            finally:
                os._exit(70)
        os.close(fds[0])
        alive.add(pid)
        control.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def end(pid: int) -> int:
    """Kill a worker and its process group; the signal that ended it, 0 if it left by itself."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def confine(limits: dict, scratch: str) -> None:
    """Take away what student code does not need; called once in each worker, before its first cell.

    This is the portable tier: a session of its own, an empty folder, silent output, resource limits.
    Stronger tiers (namespaces, seccomp, Landlock) belong here and in `process.command`.
    """
    os.chdir(scratch)
    silent = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(silent, fd)
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if os.name != "posix":
        return
    import resource

    if os.getpid() != os.getsid(0):
        os.setsid()
    try:
        with open("/proc/self/statm") as file:
            in_use = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        in_use = 4 << 30
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


def hide_the_book() -> None:
    """Put an empty d2lmini in the place of the real one: the checks can be imported, and do nothing."""
    book, grading = types.ModuleType("d2lmini"), types.ModuleType("d2lmini.grading")
    for name in CHECKS:
        setattr(grading, name, lambda *args, **kwargs: None)
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


def serve(wire, read, write) -> None:
    """Answer requests in order until the grader closes the line."""
    namespace = {"__name__": "__main__", "display": lambda *args, **kwargs: None}
    actions = {"run": run, "setup": setup, "call": call, "get": get, "give": give}
    lines: dict[str, list[str]] = {}
    while True:
        try:
            request = wire.receive(read)
        except wire.WireError:
            return
        reply = {"id": request.pop("id")}
        action = actions[request.pop("do")]
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
