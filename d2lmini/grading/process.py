"""The grader's end of the students' processes: a warm server that forks workers, and the line to each."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict

from ..errors import D2LError
from . import sandbox, wire
from .limits import Limits, Use

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")
STARTING_SECONDS = 120.0
ENDED = "the Python process ended (it reached the memory or CPU limit, or it ended itself)"


class ServerFailed(D2LError):
    """The grader's own server does not start: nothing can be graded."""


class WorkerEnded(Exception):
    """The worker is gone and cannot be asked again; the text says why."""


def use_of(cpu: float = 0.0, maxrss: int = 0) -> Use:
    """What the system counted for a process that ended; macOS counts memory in bytes, others in kilobytes."""
    return Use(round(cpu, 3), maxrss * (1 if sys.platform == "darwin" else 1024))


class Server:
    """Starts workers: forks of one warm process, or, without fork, a process for each.

    preload: modules that the exercise imports, loaded once.
    tier: A, B or C of `sandbox`; auto takes the best that this machine can do. Without fork it is C.

    Raises:
        D2LError: this machine cannot do the tier.
    """

    def __init__(
        self, limits: Limits, preload: tuple[str, ...] = (), *, fork: bool = CAN_FORK, tier: str = "auto"
    ) -> None:
        self.limits, self.preload, self.fork = limits, preload, fork
        self.tier = sandbox.require(tier if fork else "C")
        self.lock = threading.Lock()
        self.home = tempfile.mkdtemp(prefix="d2lmini-grade-")
        os.chmod(self.home, 0o711)  # a worker that is another user enters its own folder
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self._stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def start_worker(self) -> "Worker":
        """A fresh worker in an empty folder of its own."""
        for _ in range(3):
            worker = self._worker()
            try:
                worker.ask(STARTING_SECONDS, "give", values={})  # its start is not the student's time
                return worker
            except WorkerEnded:
                worker.close()
        raise ServerFailed("a worker cannot be confined: see its message above")

    def _worker(self) -> "Worker":
        scratch = sandbox.SCRATCH if self.tier.name == "A" else tempfile.mkdtemp(dir=self.home)
        if not self.fork:
            config = self._config() | {"control": None, "scratch": scratch}
            process = self._popen(config, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            return Worker(PipeLine(process), scratch)
        ours, theirs = socket.socketpair()
        with theirs:
            pid = self._ask({"scratch": scratch}, theirs)["pid"]
        return Worker(SocketLine(ours, lambda: self._ask({"kill": pid})), scratch)

    def _ask(self, request: dict, *sockets: socket.socket) -> dict:
        """One request to the server; it is started, or started again, when it is not there."""
        with self.lock:
            for _ in range(3):
                if self.process is None or self.process.poll() is not None:
                    if "kill" in request:
                        return {}
                    self._start()
                try:
                    message = json.dumps(request).encode()
                    if sockets:
                        socket.send_fds(self.control, [message], [s.fileno() for s in sockets])
                    else:
                        self.control.sendall(message)
                    return json.loads(self.replies.readline())
                except (OSError, ValueError):  # a student ended it
                    self._stop()
            raise ServerFailed("the process that starts the workers ends again and again")

    def _start(self) -> None:
        self.control, theirs = socket.socketpair()
        self.control.settimeout(STARTING_SECONDS)
        with theirs:
            config = self._config() | {"control": theirs.fileno()}
            silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
            self.process = self._popen(config, pass_fds=[theirs.fileno()], **silent)
        self.replies = self.control.makefile("rb")
        if not self.replies.readline():
            self._stop()
            raise ServerFailed("the process that starts the workers does not start: see its message above")

    def _stop(self) -> None:
        if self.process is None:
            return
        self.replies.close()
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _config(self) -> dict:
        preload = ["numpy", "numpy.random", *self.preload]  # the second would else load in each worker
        return {"limits": asdict(self.limits), "preload": preload}

    def _popen(self, config: dict, **streams) -> subprocess.Popen:
        command = sandbox.command(self.tier.name, config)
        return subprocess.Popen(command, env=sandbox.environment(self.home), cwd=self.home, **streams)


class Worker:
    """The line to one student's process."""

    def __init__(self, line: "SocketLine | PipeLine", scratch: str) -> None:
        self.line, self.scratch, self.number = line, scratch, 0

    def ask(self, seconds: float, do: str, **request) -> dict:
        """Send one request and wait for its reply; WorkerEnded when there is none that can be used."""
        self.number += 1
        try:
            frame = wire.dumps({"id": self.number, "do": do} | request)
        except wire.WireError as error:
            raise ValueError(f"a check gives an argument that cannot be sent: {error}") from None
        try:
            with self.line.within(seconds):
                self.line.write(frame)
                reply = wire.receive(self.line.read)
        except TimeoutError:
            raise WorkerEnded(f"it did not finish within {seconds:.3g} s") from None
        except (OSError, EOFError):
            raise WorkerEnded(ENDED) from None
        except wire.WireError as error:
            raise WorkerEnded(f"what came back cannot be read: {error}") from None
        if type(reply) is not dict or reply.get("id") != self.number:
            raise WorkerEnded("what came back is not the reply to the question")
        return reply

    def close(self) -> Use:
        """End the process and empty its folder; what the process used."""
        used = use_of(**self.line.close())
        shutil.rmtree(self.scratch, ignore_errors=True)
        return used


class SocketLine:
    """A worker that was forked by the server."""

    def __init__(self, link: socket.socket, kill) -> None:
        self.link, self.kill, self.deadline = link, kill, 0.0

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self.deadline = time.monotonic() + seconds
        yield

    def write(self, data: bytes) -> None:
        self._wait_at_most()
        self.link.sendall(data)

    def read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            self._wait_at_most()
            piece = self.link.recv(min(count - len(data), 1 << 20))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def close(self) -> dict:
        self.link.close()
        return self.kill()

    def _wait_at_most(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.link.settimeout(left)


class PipeLine:
    """A worker that was not forked; a timer ends it when a reply is late, for pipes have no time-out."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), self._kill()))
        timer.start()
        try:
            yield
        except (OSError, EOFError):
            if not late.is_set():
                raise
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError

    def write(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self, count: int) -> bytes:
        data = self.process.stdout.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def close(self) -> dict:
        self._kill()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        used = {}
        if hasattr(os, "wait4"):
            with contextlib.suppress(ChildProcessError):
                ended = os.wait4(self.process.pid, 0)[2]
                used = {"cpu": ended.ru_utime + ended.ru_stime, "maxrss": ended.ru_maxrss}
        self.process.wait()
        return used

    def _kill(self) -> None:
        if not hasattr(os, "killpg"):
            return self.process.kill()
        for kill in (os.killpg, os.kill):  # not Popen.kill, which may wait for it and lose what it used
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.process.pid, signal.SIGKILL)
