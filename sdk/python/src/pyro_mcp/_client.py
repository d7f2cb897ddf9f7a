"""JSON-RPC with one `pyro mcp serve` process: any number of threads and tasks call, one thread reads."""

from __future__ import annotations

import atexit
import collections
import contextlib
import itertools
import json
import os
import queue
import subprocess
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from . import _binary, _messages, _version
from ._failures import PyroError
from ._messages import Deliver, OnProgress

PROTOCOL = "2025-06-18"
# A process that has not greeted by then never will.
HELLO_SECONDS = 30.0
# The process cancels what runs and ends within this of its input's end.
CLOSE_SECONDS = 4.0
STDERR_LINES = 20
# A longer message could fill the pipe, and then writing waits; an event loop leaves it to a thread.
PIPE_BYTES = 32 * 1024


class Process:
    """One running server, and who waits for which answer."""

    def __init__(self, binary: str, environment: Mapping[str, str], profile: str) -> None:
        self.owner = os.getpid()
        try:
            self.child = subprocess.Popen(
                [binary, "mcp", "serve", "--profile", profile],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **environment},
                # A Ctrl-C in the terminal is ours to handle: the call is canceled, the process lives on.
                start_new_session=True,
            )
        except PermissionError:
            message = f"{binary} may not be executed"
            raise PyroError("denied", message, "look at its permissions, and whether its disk is mounted noexec") from None
        except OSError as error:
            raise PyroError("unavailable", f"{binary} does not start: {error.strerror}", _binary.INSTALL) from error
        assert self.child.stdin and self.child.stdout and self.child.stderr
        self.stdin: IO[bytes] = self.child.stdin
        # Two locks: a write may wait for the process, and the process for the thread that reads.
        self.writing = threading.Lock()
        self.lock = threading.Lock()
        self.ids = itertools.count(1)
        self.waiting: dict[int, Deliver] = {}
        self.alive = True
        self.last_words: collections.deque[str] = collections.deque(maxlen=STDERR_LINES)
        self.readers = [
            threading.Thread(target=self._read, args=(self.child.stdout,), daemon=True, name="pyro-answers"),
            threading.Thread(target=self._listen, args=(self.child.stderr,), daemon=True, name="pyro-errors"),
        ]
        for reader in self.readers:
            reader.start()

    def usable(self) -> bool:
        return self.alive and self.owner == os.getpid()

    def send(self, message: Mapping[str, Any]) -> None:
        self.write(_messages.encoded(message))

    def write(self, line: bytes) -> None:
        with self.writing:
            try:
                self.stdin.write(line + b"\n")
                self.stdin.flush()
            except (OSError, ValueError):
                self.alive = False

    @contextlib.contextmanager
    def asking(self, method: str, params: Mapping[str, Any], deliver: Deliver, progress: bool) -> Iterator[bytes]:
        """A request to be written within the block; leaving it by an exception takes the request back."""
        number = next(self.ids)
        meta = {"_meta": {"progressToken": number}} if progress else {}
        line = _messages.encoded({"id": number, "method": method, "params": {**params, **meta}})
        with self.lock:
            if not self.alive:
                raise self.died()
            self.waiting[number] = deliver
        try:
            yield line
        except BaseException:
            self.send({"method": "notifications/cancelled", "params": {"requestId": number}})
            raise
        finally:
            with self.lock:
                self.waiting.pop(number, None)

    def request(
        self, method: str, params: Mapping[str, Any], on_progress: OnProgress | None = None, seconds: float | None = None
    ) -> Mapping[str, Any]:
        answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with self.asking(method, params, answers.put, on_progress is not None) as line:
            self.write(line)
            while True:
                try:
                    # One that takes nothing any more may still have said something.
                    answer = answers.get(timeout=seconds if self.alive else 1.0)
                except queue.Empty:
                    raise self.died() from None
                if "progress" not in answer:
                    return self.answered(answer)
                _messages.report(answer, on_progress)

    def answered(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        if "died" in answer:
            raise self.died()
        return answer

    def died(self) -> PyroError:
        try:
            status = f"exit status {self.child.wait(timeout=1.0)}"
        except subprocess.TimeoutExpired:
            return PyroError("unavailable", "the pyro process does not answer", "call again; a new process is started")
        words = "; ".join(self.last_words)
        message = f"the pyro process ended in mid-call ({status})" + (f": {words}" if words else "")
        return PyroError("unavailable", message, "call again; a new process is started")

    def _read(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            progress = message.get("method") == "notifications/progress"
            params = message.get("params") or {}
            number = params.get("progressToken") if progress else message.get("id")
            with self.lock:
                deliver = self.waiting.get(number) if isinstance(number, int) else None
            if deliver is not None:
                _delivered(deliver, params if progress else message)
        with self.lock:
            self.alive = False
            left = list(self.waiting.values())
        for deliver in left:
            _delivered(deliver, {"died": True})

    def _listen(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            self.last_words.append(line.decode(errors="replace").rstrip())

    def close(self) -> None:
        with self.writing:
            try:
                self.stdin.close()
            except OSError:
                pass
        if self.owner != os.getpid():
            return
        try:
            self.child.wait(timeout=CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        for reader in self.readers:
            reader.join(timeout=1.0)
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe:
                pipe.close()


class Client:
    """Starts the process at the first call, and anew after it died, was closed, or this process forked."""

    remote = False

    def __init__(self, binary: str, environment: Mapping[str, str], profile: str = "sdk") -> None:
        self.binary = binary
        self._profile = profile
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._process: Process | None = None
        # The weak reference lets a forgotten client go before the interpreter does.
        atexit.register(_close, weakref.ref(self))

    def call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, always: Sequence[str] = ()) -> Any:
        params = _messages.call_params(tool, arguments, here=True)
        return _messages.result(tool, self.running().request("tools/call", params, on_progress), always)

    async def acall(
        self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, always: Sequence[str] = ()
    ) -> Any:
        import asyncio

        loop = asyncio.get_running_loop()
        params = _messages.call_params(tool, arguments, here=True)
        process = self._process
        if process is None or not process.usable():
            process = await loop.run_in_executor(None, self.running)
        answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        def deliver(message: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(answers.put_nowait, message)

        with process.asking("tools/call", params, deliver, on_progress is not None) as line:
            if len(line) < PIPE_BYTES:
                process.write(line)
            else:
                await loop.run_in_executor(None, process.write, line)
            while True:
                try:
                    answer = await (answers.get() if process.alive else asyncio.wait_for(answers.get(), 1.0))
                except asyncio.TimeoutError:
                    raise process.died() from None
                if "progress" not in answer:
                    break
                _messages.report(answer, on_progress)
        return _messages.result(tool, process.answered(answer), always)

    def close(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def running(self) -> Process:
        with self._lock:
            process = self._process
            if process is None or not process.usable():
                if process is not None:
                    process.close()
                process = Process(self.binary, self._environment, self._profile)
                try:
                    self._greet(process)
                except BaseException:
                    process.child.kill()
                    process.close()
                    raise
                self._process = process
            return process

    def _greet(self, process: Process) -> None:
        hello = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": _messages.CLIENT}
        try:
            answer = process.request("initialize", hello, seconds=HELLO_SECONDS)
        except PyroError as failure:
            raise _binary.not_serving(self.binary, failure) from None
        server = (answer.get("result") or {}).get("serverInfo") or {}
        _version.check(self.binary, server.get("version"))
        process.send({"method": "notifications/initialized"})


def _delivered(deliver: Deliver, message: dict[str, Any]) -> None:
    # An event loop may have been closed while its call was under way.
    with contextlib.suppress(RuntimeError):
        deliver(message)


def _close(client: weakref.ref[Client]) -> None:
    alive = client()
    if alive is not None:
        alive.close()
