"""A server elsewhere: tokens, uploads and downloads, progress, death; threads and tasks."""

from __future__ import annotations

import asyncio
import http.server
import io
import os
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyro_mcp import AsyncPyro, Pyro, PyroError
from pyro_mcp import _transfer
from pyro_mcp._binary import find_binary

# A program with tools that wait and fail on demand; the repository's tests name it.
OWN_TOOLS = os.environ.get("PYRO_OWN_TOOLS")


class Server:
    """`pyro mcp serve --http` of a state directory with one token."""

    def __init__(self, binary: str, home: str, owned: bool = False) -> None:
        environment = {**os.environ, "PYRO_HOME": home}
        environment.pop("PYRO_TOKEN", None)
        self.token = None
        if not owned:
            words = [binary, "token", "create", "--name", "test", "--profile", "workspace-full"]
            made = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
            self.token = made.stdout.strip()
        words = [binary, "mcp", "serve", "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        said = self.process.stderr.readline()
        self.url = said.strip().rsplit(" ", 1)[-1]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr
        self.process.stderr.close()


class Elsewhere(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.server = Server(find_binary(), str(self.place / "home"))
        self.addCleanup(self.server.end)
        self.pyro = Pyro(url=self.server.url, token=self.server.token)
        self.addCleanup(self.pyro.close)

    def test_calls_share_connections_and_none_has_the_hosts_paths(self) -> None:
        with ThreadPoolExecutor(8) as threads:
            counts = list(threads.map(lambda _: self.pyro.list_workspaces()["count"], range(40)))
        self.assertEqual(counts, [0] * 40)
        with self.assertRaises(PyroError) as caught:
            self.pyro.create_workspace("debian:12", seed_path="/etc")
        self.assertIn("workspace_upload_open", str(caught.exception))
        names = [tool["name"] for tool in self.pyro.functions("openai")]
        self.assertIn("workspace_upload_open", names)

    def test_a_wrong_token_is_denied_and_no_server_is_unavailable(self) -> None:
        for token in (None, "pyro_abcdefgh2345_wrong"):
            with Pyro(url=self.server.url, token=token) as stranger, self.assertRaises(PyroError) as caught:
                stranger.list_workspaces()
            self.assertEqual(caught.exception.code, "denied")
            self.assertIn("token", caught.exception.message)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Pyro(url=url) as nowhere, self.assertRaises(PyroError) as caught:
            nowhere.list_workspaces()
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertIn("nothing answers at", caught.exception.message)
        with Pyro(url=self.server.url + "/typo", token=self.server.token) as astray, self.assertRaises(PyroError) as caught:
            astray.list_workspaces()
        self.assertEqual(caught.exception.code, "missing")

    def test_a_directory_is_uploaded_with_its_links_and_modes(self) -> None:
        tree = self.place / "tree"
        (tree / "below").mkdir(parents=True)
        (tree / "run").write_bytes(os.urandom(3_000_000))
        (tree / "run").chmod(0o755)
        os.link(tree / "run", tree / "below/again")
        (tree / "gone").symlink_to("/nowhere")
        os.mkfifo(tree / "pipe")
        upload = self.pyro.seed_from(tree)
        (stored,) = (path for path in (self.place / "home").rglob("*") if path.is_file() and path.stat().st_size > 3e6)
        with tarfile.open(stored) as tar:
            members = {member.name: member for member in tar}
        self.assertIn(upload, str(stored))
        self.assertEqual(sorted(members), [".", "./below", "./below/again", "./gone", "./run"])
        self.assertEqual({members[name].islnk() for name in ("./run", "./below/again")}, {True, False})
        self.assertEqual(members["./gone"].linkname, "/nowhere")
        for wrong in (self.place / "nowhere", tree / "run"):
            with self.assertRaises(PyroError) as caught:
                self.pyro.seed_from(wrong)
            self.assertEqual(caught.exception.code, "missing")

    def test_tasks_call_and_fail_as_threads_do(self) -> None:
        async def main() -> None:
            async with AsyncPyro(url=self.server.url, token=self.server.token) as pyro:
                told = await asyncio.gather(*(pyro.list_workspaces() for _ in range(20)))
                self.assertEqual({one["count"] for one in told}, {0})
                self.assertTrue(await pyro.seed_from(Path(__file__).parent))
                with self.assertRaises(PyroError) as caught:
                    await pyro.status_workspace("ws-abcdefgh2345")
                self.assertEqual(caught.exception.code, "missing")

        asyncio.run(main())

    def test_a_server_that_was_started_anew_is_found_again(self) -> None:
        self.pyro.list_workspaces()
        self.server.process.kill()
        self.server.process.wait()
        with self.assertRaises(PyroError) as caught:
            self.pyro.list_workspaces()
        self.assertEqual(caught.exception.code, "unavailable")

    def test_what_is_for_callers_elsewhere_is_refused_here(self) -> None:
        with Pyro(home=str(self.place / "home")) as pyro:
            for call in (lambda: pyro.seed_from("."), lambda: pyro.fetch({"url": ""}, "x"), pyro.open_upload):
                with self.assertRaises(PyroError):
                    call()


@unittest.skipUnless(OWN_TOOLS, "PYRO_OWN_TOOLS names no program")
class ElsewhereWithToolsThatObey(unittest.TestCase):
    def setUp(self) -> None:
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        assert OWN_TOOLS
        self.server = Server(OWN_TOOLS, home.name, owned=True)
        self.addCleanup(self.server.end)
        self.pyro = Pyro(url=self.server.url)
        self.addCleanup(self.pyro.close)

    def test_progress_arrives_and_its_exception_takes_the_call_back(self) -> None:
        seen: list[tuple[str, float | None]] = []
        said = self.pyro.call("toy_wait", {"say": "hi", "wait_ms": 100}, lambda *step: seen.append(step))
        self.assertEqual((said["said"], seen), ("hi", [("waiting", 0.5)]))

        def stop(step: str, fraction: float | None) -> None:
            raise KeyboardInterrupt

        began = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            self.pyro.call("toy_wait", {"say": "hi", "wait_ms": 30000}, stop)
        self.assertEqual(self.pyro.call("toy_wait", {"say": "again"})["said"], "again")
        self.assertLess(time.monotonic() - began, 10)

    def test_a_server_killed_in_mid_call_is_said(self) -> None:
        def kill(step: str, fraction: float | None) -> None:
            os.kill(self.server.process.pid, signal.SIGKILL)

        with self.assertRaises(PyroError) as caught:
            self.pyro.call("toy_wait", {"say": "hi", "wait_ms": 30000}, kill)
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertIn("broke off in mid-call", caught.exception.message)

    def test_a_canceled_task_takes_its_call_back(self) -> None:
        async def main() -> None:
            async with AsyncPyro(url=self.server.url) as pyro:
                begun = asyncio.Event()
                call = pyro.call("toy_wait", {"say": "hi", "wait_ms": 30000}, lambda *_: begun.set())
                task = asyncio.create_task(call)
                await asyncio.wait_for(begun.wait(), 10)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                self.assertEqual((await pyro.call("toy_wait", {"say": "again"}))["said"], "again")

        asyncio.run(asyncio.wait_for(main(), 20))


class SomethingElse(unittest.TestCase):
    """Servers that are none of pyro's, or older ones."""

    def refused(self, status: int, kind: str, body: bytes) -> PyroError:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                with Pyro(url=f"http://127.0.0.1:{server.server_port}") as pyro, self.assertRaises(PyroError) as caught:
                    pyro.list_workspaces()
            finally:
                server.shutdown()
                thread.join()
        return caught.exception

    def test_each_is_told_from_pyro(self) -> None:
        def server(version: str) -> bytes:
            return b'{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"pyro","version":"%b"}}}' % version.encode()

        for answer, code, said in (
            ((200, "text/html", b"<html>"), "unavailable", "does not answer as MCP servers do"),
            ((200, "application/json", b'{"jsonrpc":"2.0","id":1,"result":{}}'), "unavailable", "does not answer as pyro does"),
            ((200, "application/json", server("3.9.0")), "unavailable", "is pyro 3.9.0, older than"),
            ((200, "application/json", b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}'),
             "unavailable", "Method not found"),
            ((403, "text/plain", b"no"), "denied", "HTTP status 403"),
            ((502, "text/html", b"<html>"), "unavailable", "HTTP status 502"),
            ((404, "application/json", b'{"code":"missing","message":"nothing is served there"}'), "missing", "nothing is served"),
        ):
            error = self.refused(*answer)
            self.assertEqual(error.code, code, answer)
            self.assertIn(said, error.message)


class Downloads(unittest.TestCase):
    """Against a server that is a script, because only a machine makes real ones."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        test = self
        self.body, self.length = b"", 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(test.length or len(test.body)))
                self.end_headers()
                self.wfile.write(test.body)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/downloads/x"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        for over in (server.server_close, thread.join, server.shutdown):
            self.addCleanup(over)

    def packed(self, *members: tarfile.TarInfo) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for member in members:
                tar.addfile(member, io.BytesIO(b"x" * member.size))
        return packed.getvalue()

    def test_a_file_is_there_whole_or_not_at_all(self) -> None:
        self.body = os.urandom(1_000_000)
        to = _transfer.download(self.url, self.place / "whole", False)
        self.assertEqual(to.read_bytes(), self.body)
        with self.assertRaises(PyroError) as caught:
            _transfer.download(self.url, to, False)
        self.assertEqual(caught.exception.code, "conflict")
        self.length = len(self.body) + 1
        with self.assertRaises(PyroError) as caught:
            _transfer.download(self.url, self.place / "half", False)
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertEqual(os.listdir(self.place), ["whole"])

    def test_a_tree_is_unpacked_and_stays_inside(self) -> None:
        file = tarfile.TarInfo("below/file")
        file.size = 10
        self.body = self.packed(file)
        to = _transfer.download(self.url, self.place / "tree", True)
        self.assertEqual((to / "below/file").read_bytes(), b"x" * 10)
        outside, link = tarfile.TarInfo("../outside"), tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        for number, member in enumerate((outside, link)):
            self.body = self.packed(member)
            with self.assertRaises(PyroError) as caught:
                _transfer.download(self.url, self.place / str(number), True)
            self.assertEqual(caught.exception.code, "denied")
        self.assertFalse((self.place / "outside").exists())


if __name__ == "__main__":
    unittest.main()
