"""A model endpoint on a free loopback port that plays one scenario, in whatever dialect it is spoken to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

from dialects import Completions, Dialect, Event, Gemini, Messages, Responses
from scenario import Scenario


def dialect_of(path: str) -> Optional[Dialect]:
    if path.endswith("/messages"):
        return Messages()
    if path.endswith("/chat/completions"):
        return Completions()
    if path.endswith("/responses"):
        return Responses()
    if path.endswith((":generateContent", ":streamGenerateContent")):
        return Gemini()
    return None


def streamed(events: list[Event]) -> bytes:
    lines = []
    for name, data in events:
        lines.append(f"event: {name}\n" if name else "")
        lines.append(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n")
    return "".join(lines).encode()


def handler(scenario: Scenario, transcript: Path) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def send(self, body: bytes, kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.send(b"")

        def do_GET(self) -> None:
            self.send(b'{"object": "list", "data": [], "models": []}')

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                body = json.loads(raw)
            except ValueError:
                body = {}
            path = self.path.split("?")[0]
            dialect = dialect_of(path)
            if dialect is None:
                # Tokens counted, telemetry: any number does.
                return self.send(b'{"input_tokens": 1, "totalTokens": 1}')
            with lock:
                answer = dialect.answer(body, scenario)
                with transcript.open("a") as lines:
                    lines.write(json.dumps({"path": self.path, "request": body, "answer": answer.whole}) + "\n")
            if body.get("stream") or ":stream" in path:
                return self.send(streamed(answer.events), "text/event-stream")
            self.send(json.dumps(answer.whole).encode())

    return Handler


@contextmanager
def serving(scenario: Scenario, transcript: Path) -> Iterator[str]:
    """Serves until the block ends; yields the address. Every request and answer goes into the transcript."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(scenario, transcript))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
