"""JSON-RPC with one `pyro mcp serve` process: any number of threads call, one thread reads."""

from __future__ import annotations

import atexit
import collections
import itertools
import json
import os
import queue
import shutil
import subprocess
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Optional

PROTOCOL = "2025-06-18"
# The process cancels what runs and ends within this of its input's end.
CLOSE_SECONDS = 4.0
STDERR_LINES = 20

OnProgress = Callable[[str, Optional[float]], None]


# The server drops longer lines unread.
LINE_BYTES_MAX = 15 * 1024 * 1024


def _line(message: Mapping[str, Any]) -> bytes:
    """One message as it goes over the wire; what the server could not read is refused here, for it would not answer."""
    try:
        text = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, allow_nan=False)
        # Half a surrogate pair, as os.fsdecode makes of odd file names, cannot be encoded.
        line = text.encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise PyroError("invalid", f"an argument cannot be sent as JSON: {error}") from None
    if len(line) > LINE_BYTES_MAX:
        raise PyroError("limit", f"the arguments are {len(line)} bytes long, more than {LINE_BYTES_MAX}")
    return line


class PyroError(Exception):
    """A failure: `code` to branch on, `message` a sentence, `hint` what to do next (may be empty).

    Codes: invalid, missing, conflict, denied, limit, unavailable, timed_out, canceled, vm_died, internal.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[type[PyroError], tuple[str, str, str]]:
        return (PyroError, (self.code, self.message, self.hint))


def find_binary(given: str | os.PathLike[str] | None = None) -> str:
    """The `pyro` binary: the given one, `PYRO_BIN` (it or its directory), beside this package, or on PATH."""
    chosen = given or os.environ.get("PYRO_BIN")
    if chosen:
        path = shutil.which(os.path.join(chosen, "pyro") if os.path.isdir(chosen) else os.fspath(chosen))
        if path is None:
            raise PyroError("unavailable", f"{os.fspath(chosen)} is not an executable file", "set PYRO_BIN to `pyro`")
        return path
    beside = Path(__file__).parent / "bin" / "pyro"
    path = shutil.which(beside) or shutil.which("pyro")
    if path is None:
        raise PyroError("unavailable", "the pyro binary was not found", "install pyro or set PYRO_BIN to its path")
    return path


class _Process:
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
        except OSError as error:
            raise PyroError("unavailable", f"{binary} does not start: {error.strerror}", "set PYRO_BIN") from error
        assert self.child.stdin and self.child.stdout and self.child.stderr
        self.stdin: IO[bytes] = self.child.stdin
        # Two locks: a write may wait for the process, and the process for the thread that reads.
        self.writing = threading.Lock()
        self.lock = threading.Lock()
        self.ids = itertools.count(1)
        self.waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self.alive = True
        self.last_words: collections.deque[str] = collections.deque(maxlen=STDERR_LINES)
        self.readers = [
            threading.Thread(target=self._read, args=(self.child.stdout,), daemon=True, name="pyro-answers"),
            threading.Thread(target=self._listen, args=(self.child.stderr,), daemon=True, name="pyro-errors"),
        ]
        for reader in self.readers:
            reader.start()

    def send(self, message: Mapping[str, Any]) -> None:
        self._write(_line(message))

    def _write(self, line: bytes) -> None:
        with self.writing:
            try:
                self.stdin.write(line)
                self.stdin.flush()
            except (OSError, ValueError):
                self.alive = False

    def request(
        self, method: str, params: Mapping[str, Any], on_progress: OnProgress | None = None
    ) -> Mapping[str, Any]:
        number = next(self.ids)
        answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        meta = {"_meta": {"progressToken": number}} if on_progress else {}
        line = _line({"id": number, "method": method, "params": {**params, **meta}})
        with self.lock:
            if not self.alive:
                raise self.died()
            self.waiting[number] = answers
        self._write(line)
        try:
            while True:
                answer = answers.get() if self.alive else self._last(answers)
                if "progress" not in answer:
                    return answer
                if on_progress:
                    total = answer.get("total")
                    on_progress(str(answer.get("message", "")), answer["progress"] / total if total else None)
        except BaseException:
            self.send({"method": "notifications/cancelled", "params": {"requestId": number}})
            raise
        finally:
            with self.lock:
                self.waiting.pop(number, None)

    def _last(self, answers: queue.SimpleQueue[dict[str, Any]]) -> dict[str, Any]:
        try:
            return answers.get(timeout=1.0)
        except queue.Empty:
            raise self.died() from None

    def died(self) -> PyroError:
        try:
            status = f"exit status {self.child.wait(timeout=1.0)}"
        except subprocess.TimeoutExpired:
            status = "still ending"
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
                answers = self.waiting.get(number) if isinstance(number, int) else None
            if answers is not None:
                answers.put(params if progress else message)
        with self.lock:
            self.alive = False
            left = list(self.waiting.values())
        for answers in left:
            answers.put({"died": True})

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

    def __init__(self, binary: str, environment: Mapping[str, str], profile: str = "sdk") -> None:
        self._binary = binary
        self._profile = profile
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._process: _Process | None = None
        # The weak reference lets a forgotten client go before the interpreter does.
        atexit.register(_close, weakref.ref(self))

    def call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None) -> Any:
        given = {name: _argument(name, value) for name, value in arguments.items() if value is not None}
        process = self._running()
        answer = process.request("tools/call", {"name": tool, "arguments": given}, on_progress)
        return _result(process, answer)

    def close(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _running(self) -> _Process:
        with self._lock:
            process = self._process
            if process is None or not process.alive or process.owner != os.getpid():
                process = _Process(self._binary, self._environment, self._profile)
                hello = {
                    "protocolVersion": PROTOCOL,
                    "capabilities": {},
                    "clientInfo": {"name": "pyro-mcp-python", "version": "4.0.0"},
                }
                _result(process, process.request("initialize", hello))
                process.send({"method": "notifications/initialized"})
                self._process = process
            return process


def _result(process: _Process, answer: Mapping[str, Any]) -> Any:
    if "died" in answer:
        raise process.died()
    if "error" in answer:
        raise PyroError("invalid", str(answer["error"].get("message", "refused")))
    result = answer.get("result") or {}
    if result.get("isError"):
        text = "".join(block.get("text", "") for block in result.get("content", []))
        try:
            failure = json.loads(text)
            raise PyroError(failure["code"], failure["message"], failure.get("hint") or "")
        except (ValueError, KeyError, TypeError):
            raise PyroError("internal", text) from None
    return result.get("structuredContent", result)


def _argument(name: str, value: Any) -> Any:
    plain = _plain(value)
    # A path on the host begins where the caller is now; the process stays where it was started. It knows `~` itself.
    if name.endswith("_path") and isinstance(plain, str) and plain and not plain.startswith("~"):
        return os.path.abspath(plain)
    if name == "secret_files" and isinstance(plain, dict):
        return {key: _argument("file_path", path) for key, path in plain.items()}
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def _close(client: weakref.ref[Client]) -> None:
    alive = client()
    if alive is not None:
        alive.close()
