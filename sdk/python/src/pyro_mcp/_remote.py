"""MCP over streamable HTTP: a connection per call under way, kept for the next; a closed one takes its call back."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import queue
import select
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import SplitResult, urlsplit

from . import __version__, _messages, _version
from ._failures import PyroError
from ._messages import Deliver, OnProgress

PROTOCOL = "2026-07-28"
CONNECT_SECONDS = 30.0
# Calls of an event loop that are under way at once; others wait.
TASKS_MAX = 64
IDLE_MAX = 16
# A server refuses a larger request before it was sent whole.
REQUEST_BYTES_MAX = 4 * 1024 * 1024
# A peer that vanished is noticed after about this; a call itself may take hours.
KEEPALIVE_SECONDS = 30


class Connection:
    """One connection and what it can be told from outside: to break off."""

    def __init__(self, url: SplitResult) -> None:
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        self.http = kind(url.hostname or "", url.port, timeout=CONNECT_SECONDS)
        self.where = f"{url.scheme}://{url.netloc}"

    def connect(self) -> None:
        try:
            self.http.connect()
        except OSError as error:
            message = f"nothing answers at {self.where}: {error.strerror or error}"
            raise PyroError("unavailable", message, "is `pyro mcp serve --http` running there?") from None
        assert self.http.sock is not None
        self.http.sock.settimeout(None)
        self.http.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)

    def is_fresh(self) -> bool:
        """Whether the server still keeps it: nothing is to be read where nothing was asked."""
        return self.http.sock is not None and not select.select([self.http.sock], [], [], 0)[0]

    def break_off(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.http.sock.shutdown(socket.SHUT_RDWR)

    def broke(self, error: Exception) -> PyroError:
        message = f"the connection to {self.where} broke off in mid-call: {error or type(error).__name__}"
        return PyroError("unavailable", message, "whether it was carried out is open: look, then call again")


class Remote:
    """Calls tools of a server elsewhere. Threads and tasks may share it."""

    remote = True

    def __init__(self, url: str, token: str | None, profile: str | None) -> None:
        split = urlsplit(url)
        if split.scheme not in ("http", "https") or not split.hostname:
            raise PyroError("invalid", f"{url} is no http:// or https:// address", "e.g. http://127.0.0.1:8000/mcp")
        path = split.path.rstrip("/") or "/mcp"
        self._url = split
        self._path = f"{path}/{profile}" if profile else path
        self._token = token
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        # Connections of before the last close are not kept.
        self._closings = 0
        self._checked = False
        self._tasks: ThreadPoolExecutor | None = None
        self._owner = os.getpid()

    def call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, always: Sequence[str] = ()) -> Any:
        self._check()
        params = _messages.call_params(tool, arguments, here=False)
        answer: dict[str, Any] = {}

        def deliver(message: dict[str, Any]) -> None:
            nonlocal answer
            if "progress" in message:
                _messages.report(message, on_progress)
            else:
                answer = message

        with self._connection() as connection:
            self._exchange(connection, "tools/call", params, deliver, on_progress is not None)
        return _messages.result(tool, answer, always)

    async def acall(
        self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, always: Sequence[str] = ()
    ) -> Any:
        import asyncio

        loop = asyncio.get_running_loop()
        params = _messages.call_params(tool, arguments, here=False)
        messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        # Filled by the thread once it has one, so that a task that is canceled can break it off.
        held: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        canceled = threading.Event()

        def deliver(message: dict[str, Any]) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(messages.put_nowait, message)

        def work() -> None:
            try:
                self._check()
                with self._connection() as connection:
                    held.put(connection)
                    if not canceled.is_set():
                        self._exchange(connection, "tools/call", params, deliver, on_progress is not None)
            except PyroError as error:
                deliver({"raised": error})

        self._threads().submit(work)
        try:
            while True:
                message = await messages.get()
                if "raised" in message:
                    raise message["raised"]
                if "progress" not in message:
                    return _messages.result(tool, message, always)
                _messages.report(message, on_progress)
        except BaseException:
            canceled.set()
            with contextlib.suppress(queue.Empty):
                held.get_nowait().break_off()
            raise

    def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Any request without progress; answers its `result`."""
        answers: list[dict[str, Any]] = []
        with self._connection() as connection:
            self._exchange(connection, method, params, answers.append, False)
        return dict(_messages.result(method, answers[0], ()))

    def close(self) -> None:
        with self._lock:
            self._closings += 1
            idle, self._idle = self._idle, []
            tasks, self._tasks = self._tasks, None
        for connection in idle:
            connection.http.close()
        if tasks is not None:
            tasks.shutdown(wait=False)

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._tasks is None:
                self._tasks = ThreadPoolExecutor(TASKS_MAX, thread_name_prefix="pyro-remote")
            return self._tasks

    def _check(self) -> None:
        """Looks once who is there."""
        if self._checked:
            return
        try:
            told = self.request("server/discover", {})
        except PyroError as error:
            if error.code != "invalid":
                raise
            message = f"{self._url.geturl()} does not answer as pyro {__version__} does: {error.message}"
            raise PyroError("unavailable", message, "is pyro there older than this package, or something else?") from None
        server = told.get("serverInfo") or (told.get("_meta") or {}).get("io.modelcontextprotocol/serverInfo") or {}
        _version.check(self._url.geturl(), server.get("version"))
        self._checked = True

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection that is kept afterwards, unless what it was for failed."""
        closings = self._closings
        connection = self._kept() or Connection(self._url)
        try:
            if connection.http.sock is None:
                connection.connect()
            yield connection
        except BaseException:
            connection.http.close()
            raise
        with self._lock:
            if closings == self._closings and len(self._idle) < IDLE_MAX and connection.http.sock is not None:
                self._idle.append(connection)
                return
        connection.http.close()

    def _kept(self) -> Connection | None:
        with self._lock:
            if self._owner != os.getpid():
                # Those are the parent's; both would speak on them.
                self._idle, self._tasks, self._owner = [], None, os.getpid()
            while self._idle:
                connection = self._idle.pop()
                if connection.is_fresh():
                    return connection
                connection.http.close()
        return None

    def _exchange(
        self, connection: Connection, method: str, params: Mapping[str, Any], deliver: Deliver, progress: bool
    ) -> None:
        number = next(self._ids)
        meta: dict[str, Any] = {
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientInfo": _messages.CLIENT,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        if progress:
            meta["progressToken"] = number
        body = _messages.encoded({"id": number, "method": method, "params": {**params, "_meta": meta}}, REQUEST_BYTES_MAX)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": PROTOCOL,
            "MCP-Method": method,
        }
        if "name" in params:
            headers["MCP-Name"] = params["name"]
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.http.request("POST", self._path, body, headers)
            response = connection.http.getresponse()
            if response.status != 200:
                raise refused(connection.where, response.status, response.read())
            kind = (response.getheader("Content-Type") or "").partition(";")[0].strip()
            messages = _events(response) if kind == "text/event-stream" else iter([response.read()])
            for message in messages:
                if _told(connection, message, deliver):
                    # To its end, so that the connection can be used again.
                    response.read()
                    return
        except (OSError, http.client.HTTPException) as error:
            raise connection.broke(error) from None
        raise connection.broke(EOFError("the answer is missing"))


def refused(where: str, status: int, body: bytes) -> PyroError:
    """The failure behind an HTTP status."""
    said = _messages.failure(body)
    if said is not None:
        return said
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return PyroError("invalid", str(json.loads(body)["error"]["message"]))
    code = "denied" if status in (401, 403) else "unavailable"
    return PyroError(code, f"{where} answered with HTTP status {status}", "is it a server of pyro's, and its path right?")


def _told(connection: Connection, text: bytes, deliver: Deliver) -> bool:
    """Passes one message on; says whether it is the last."""
    try:
        message = json.loads(text)
        progress = message.get("method") == "notifications/progress"
        last = "result" in message or "error" in message
    except (ValueError, AttributeError):
        hint = "is it a server of pyro's, and its path right?"
        raise PyroError("unavailable", f"{connection.where} does not answer as MCP servers do", hint) from None
    if progress:
        deliver(message.get("params") or {})
    elif last:
        deliver(message)
    return last


def _events(response: http.client.HTTPResponse) -> Iterator[bytes]:
    data: list[bytes] = []
    for line in response:
        line = line.rstrip(b"\r\n")
        if line.startswith(b"data:"):
            data.append(line[5:].lstrip(b" "))
        elif not line and data:
            yield b"\n".join(data)
            data = []
