"""Callers elsewhere, on real machines: a token's holder seeds by upload, works and downloads, and nobody else sees it;
what they leave half-way is cleaned up; two servers share one state. Usage: remote.py PYRO"""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlsplit

VERSION = "2026-07-28"
META = "io.modelcontextprotocol"
FIX = """\
diff --git a/calc.py b/calc.py
--- a/calc.py
+++ b/calc.py
@@ -1,2 +1,2 @@
 def add(a, b):
-    return a - b
+    return a + b
"""


class Refused(Exception):
    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(f"{failure['code']}: {failure['message']}")
        self.code: str = failure["code"]
        self.message: str = failure["message"]
        self.hint: str = failure.get("hint", "")


class Server:
    """`pyro mcp serve --http` with tokens for whoever is named."""

    def __init__(self, pyro: str, *more: str) -> None:
        command = [pyro, "mcp", "serve", "--http", "127.0.0.1:0", *more]
        environment = {name: value for name, value in os.environ.items() if name != "PYRO_TOKEN"}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr is not None
        self.address = urlsplit(self.process.stderr.readline().split()[-1]).netloc

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


class Caller:
    def __init__(self, server: Server, token: str) -> None:
        self.server, self.token = server, token

    def post(self, tool: str, arguments: dict[str, Any], progress: bool = False) -> http.client.HTTPConnection:
        meta: dict[str, Any] = {f"{META}/protocolVersion": VERSION, f"{META}/clientCapabilities": {}}
        if progress:
            meta["progressToken"] = "p"
        params = {"name": tool, "arguments": arguments, "_meta": meta}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": VERSION,
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        connection = http.client.HTTPConnection(self.server.address, timeout=600)
        connection.request("POST", "/mcp", body, headers)
        return connection

    def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        connection = self.post(tool, arguments)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise Refused(said)
        return result(said)


def result(said: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = said["result"]
    if told.get("isError"):
        raise Refused(json.loads(told["content"][0]["text"]))
    structured: dict[str, Any] = told["structuredContent"]
    links = [block for block in told["content"] if block["type"] == "resource_link"]
    if "download" in structured:
        assert links[0]["uri"] == structured["download"]["url"], links
    return structured


def refused(call: Caller, tool: str, **arguments: Any) -> Refused:
    try:
        answer = call(tool, **arguments)
    except Refused as failure:
        return failure
    raise AssertionError(f"{tool} was answered: {answer}")


def token(pyro: str, name: str, *more: str) -> str:
    made = subprocess.run([pyro, "token", "create", "--name", name, *more], check=True, capture_output=True, text=True)
    return made.stdout.strip()


def put(url: str, body: bytes | Iterator[bytes], length: int | None = None) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=600)
    headers = {} if length is None else {"Content-Length": str(length)}
    connection.request("PUT", parts.path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def get(url: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=600)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        files = {
            "calc.py": ("def add(a, b):\n    return a - b\n", 0o644),
            "check": ("#!/bin/sh\ngrep -q 'a + b' calc.py\n", 0o755),
        }
        for name, (text, mode) in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(text), mode, 1_700_000_000
            tar.addfile(info, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "calc.py"
        tar.addfile(link)
    return packed.getvalue()


def story(pyro: str, server: Server) -> None:
    ci, other = Caller(server, token(pyro, "ci")), Caller(server, token(pyro, "other"))
    opened = ci("workspace_upload_open")
    status, sent = put(opened["url"], archive())
    assert (status, sent["upload_id"]) == (201, opened["upload_id"]), sent
    made = ci("workspace_create", environment="debian:12", name="app", seed_upload_id=opened["upload_id"])
    assert (made["principal"], made["workspace_seed"]["entry_count"]) == ("ci", 3), made
    workspace = made["workspace_id"]
    for of_another in (workspace, "app"):
        failure = refused(other, "workspace_exec", workspace_id=of_another, command="true")
        unknown = refused(other, "workspace_exec", workspace_id="ws-aaaaaaaaaaaa", command="true")
        assert failure.code == unknown.code == "missing" and failure.hint == unknown.hint, failure
    assert other("workspace_list")["count"] == 0
    broken = ci("workspace_exec", workspace_id="app", command="./check")
    assert broken["exit_code"] == 1, broken
    ci("workspace_patch_apply", workspace_id="app", patch=FIX)
    fixed = ci("workspace_exec", workspace_id="app", command="./check")
    assert fixed["exit_code"] == 0, fixed
    diff = ci("workspace_diff", workspace_id="app", paths=["calc.py"], download=True)
    status, patch = get(diff["download"]["url"])
    assert status == 200 and patch.decode() == diff["patch"], patch
    exported = ci("workspace_export", workspace_id="app", path="/workspace")
    status, tar = get(exported["download"]["url"])
    assert status == 200 and get(exported["download"]["url"])[0] == 404, "once"
    with tarfile.open(fileobj=io.BytesIO(tar)) as unpacked:
        check, link = unpacked.getmember("check"), unpacked.getmember("link")
        assert (check.mode & 0o777, check.mtime, link.linkname) == (0o755, 1_700_000_000, "calc.py"), check
        calc = unpacked.extractfile("calc.py")
        assert calc is not None and b"a + b" in calc.read()
    ci("workspace_exec", workspace_id="app", command="printf '\\211PNG\\r\\n\\032\\n0000' > shot.png")
    connection = ci.post("workspace_file_read", {"workspace_id": "app", "path": "shot.png"})
    blocks = json.loads(connection.getresponse().read())["result"]["content"]
    assert [block.get("mimeType") for block in blocks] == [None, "image/png"], blocks
    failure = refused(ci, "workspace_create", environment="debian:12", seed_path="/etc")
    assert failure.code == "denied" and "workspace_upload_open" in failure.hint, failure
    ci("workspace_delete", workspace_id="app")


def patience(pyro: str, server: Server) -> None:
    """Progress comes often enough, and who leaves takes the command along."""
    ci = Caller(server, token(pyro, "ci"))
    workspace = ci("workspace_create", environment="debian:12", mem_mib=512)["workspace_id"]
    connection = ci.post("workspace_exec", {"workspace_id": workspace, "command": "sleep 11"}, progress=True)
    answer = connection.getresponse()
    told, last = 0, time.monotonic()
    for line in answer:
        if line.startswith(b"data:") and b"notifications/progress" in line:
            now = time.monotonic()
            assert now - last < 5.5, f"{now - last:.1f} s without a word"
            told, last = told + 1, now
    assert told >= 2, told
    leaving = ci.post("workspace_exec", {"workspace_id": workspace, "command": "exec sleep 4321"})
    for _ in range(100):
        seen = ci("workspace_exec", workspace_id=workspace, command="pgrep -fx 'sleep 4321' | wc -l")
        if seen["stdout"] == "1\n":
            break
    assert seen["stdout"] == "1\n", seen
    assert leaving.sock is not None
    leaving.sock.close()
    left = time.monotonic()
    while ci("workspace_exec", workspace_id=workspace, command="pgrep -fx 'sleep 4321' | wc -l")["stdout"] != "0\n":
        assert time.monotonic() - left < 5, "it outlived its caller"
    print(f"the command was gone {time.monotonic() - left:.2f} s after its caller")
    ci("workspace_delete", workspace_id=workspace)


def large(pyro: str, server: Server) -> None:
    ci = Caller(server, token(pyro, "ci"))
    before = server.peak_mib()
    opened = ci("workspace_upload_open")
    piece, count = bytes(1 << 20), 1 << 10
    status, sent = put(opened["url"], (piece for _ in range(count)), count << 20)
    assert (status, sent["bytes"]) == (201, count << 20), sent
    print(f"1 GiB uploaded; the server's memory at its highest {server.peak_mib():.1f} MiB, {before:.1f} before")
    assert server.peak_mib() < before + 64, "an upload is held in memory"
    failure = refused(ci, "workspace_create", environment="debian:12", seed_upload_id=opened["upload_id"])
    assert failure.code in ("invalid", "limit"), f"a gigabyte of zeros is no archive: {failure}"
    spool = Path(os.environ["PYRO_HOME"], "spool")
    # One that vanishes in the middle leaves room for another try, and nothing else.
    opened = ci("workspace_upload_open")
    parts = urlsplit(opened["url"])
    with socket.create_connection((parts.hostname, parts.port)) as half:
        half.sendall(f"PUT {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 999999\r\n\r\n".encode())
        half.sendall(bytes(5000))
    for _ in range(200):
        status, sent = put(opened["url"], archive())
        if status != 409:
            break
    assert status == 201, sent
    assert sorted(entry.name for entry in (spool / opened["upload_id"]).iterdir()) == ["content", "record.json", "use.lock"]
    made = ci("workspace_create", environment="debian:12", seed_upload_id=opened["upload_id"], mem_mib=512)
    ci("workspace_delete", workspace_id=made["workspace_id"])
    assert not (spool / opened["upload_id"]).exists()


def loris(pyro: str, server: Server) -> None:
    """Many who never end what they begin to say do not keep others out."""
    ci = Caller(server, token(pyro, "ci"))
    host, port = server.address.split(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(900)]
    for one in slow:
        one.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    began = time.monotonic()
    ci("workspace_list")
    assert time.monotonic() - began < 5
    for one in slow[-50:]:
        one.settimeout(20)
        while one.recv(4096):
            pass
    assert time.monotonic() - began < 15, "in a crowd nobody is waited for long"
    for one in slow:
        one.close()


def shared(pyro: str, server: Server) -> None:
    """Two servers over one state, and one that is asked to end while it works."""
    own = token(pyro, "ci", "--profile", "workspace-full")
    second = Server(pyro, "--drain-seconds", "30")
    here, there = Caller(server, own), Caller(second, own)
    opened = here("workspace_upload_open")
    parts = urlsplit(opened["url"])
    assert put(f"http://{second.address}{parts.path}", archive())[0] == 201
    workspace = here("workspace_create", environment="debian:12", mem_mib=512, seed_upload_id=opened["upload_id"])["workspace_id"]
    assert there("workspace_exec", workspace_id=workspace, command="ls")["stdout"] == "calc.py\ncheck\nlink\n"
    answers: list[dict[str, Any]] = []
    work = {"workspace_id": workspace, "command": "touch begun; sleep 3; echo done"}
    call = threading.Thread(target=lambda: answers.append(there("workspace_exec", **work)))
    call.start()
    while here("workspace_file_list", workspace_id=workspace)["count"] < 4:
        pass
    second.process.send_signal(signal.SIGTERM)
    call.join(30)
    assert answers and answers[0]["stdout"] == "done\n", "it lets calls under way end"
    assert second.process.wait(20) == 0
    subprocess.run([pyro, "token", "revoke", "ci"], check=True, capture_output=True)
    failure = refused(here, "workspace_status", workspace_id=workspace)
    assert failure.code == "denied", failure
    assert Caller(server, token(pyro, "ci"))("workspace_delete", workspace_id=workspace)["deleted"]


def main() -> None:
    pyro = sys.argv[1]
    with tempfile.TemporaryDirectory() as home:
        os.environ["PYRO_HOME"] = home
        token(pyro, "first")
        server = Server(pyro)
        try:
            for part in (story, patience, large, loris, shared):
                began = time.monotonic()
                part(pyro, server)
                print(f"{part.__name__}: {time.monotonic() - began:.1f} s")
        finally:
            server.end()
        left = [str(path) for path in Path(home, "spool").rglob("*")] if Path(home, "spool").exists() else []
        assert len([path for path in left if path.endswith("content")]) <= 1, left
        assert not list(Path(home, "workspaces").glob("ws-*"))


if __name__ == "__main__":
    main()
