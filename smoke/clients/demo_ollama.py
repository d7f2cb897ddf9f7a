"""`pyro demo` and `pyro demo ollama` against models that are scripts, with real machines: demo_ollama.py PYRO"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Message = dict[str, Any]
# What a model says when it has read a request.
Model = Callable[[dict[str, Any]], Message]


def calls(name: str, arguments: str) -> Message:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


def able(asked: dict[str, Any]) -> Message:
    """Fills in what the schema requires, gets it wrong once, then reads the version off the result."""
    (tool,) = asked["tools"]
    assert tool["type"] == "function" and tool["function"]["name"] == "vm_run", tool
    assert set(tool["function"]["parameters"]["required"]) == {"environment", "command"}, tool
    results = [message["content"] for message in asked["messages"] if message["role"] == "tool"]
    run = {"environment": "debian:12", "command": "git --version"}
    if not results:
        return calls("vm_run", json.dumps({**run, "cpus": 2}))
    if len(results) == 1:
        assert json.loads(results[0])["code"] == "invalid", results
        return calls("vm_run", json.dumps(run))
    return {"role": "assistant", "content": "It has " + json.loads(results[-1])["stdout"].strip() + "."}


def mute(_asked: dict[str, Any]) -> Message:
    return {"role": "assistant", "content": "git version 1.0, surely"}


@contextmanager
def served(model: Model) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = json.dumps({"choices": [{"index": 0, "message": model(asked)}]}).encode()
            self.send_response(200 if self.path == "/v1/chat/completions" else 404)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.argv[1], "demo", *words], capture_output=True, text=True)


def main() -> None:
    lived = demo("--json")
    said = json.loads(lived.stdout)
    assert lived.returncode == 0 and said["ok"], lived
    assert [step["tool"] for step in said["steps"]] == ["vm_create", "vm_start", "vm_exec", "vm_delete"], said
    mode = said["execution_mode"]

    with served(able) as url:
        ran = demo("ollama", "--base-url", url, "--model", "scripted")
        assert ran.returncode == 0, ran
        assert ran.stdout == f"[summary] exit_code=0 fallback_used=false execution_mode={mode}\n", ran
        assert "[tool] vm_run {" in ran.stderr and "[model] It has git version 2." in ran.stderr, ran
        ran = demo("ollama", "--base-url", url, "--model", "scripted", "--json", "-v")
        said = json.loads(ran.stdout)
        assert ran.returncode == 0 and said["ok"] and said["rounds"] == 3 and said["tool_calls"] == 2, ran
        assert said["answer"].startswith("It has git version 2."), said
        assert '[request] {"model":"scripted"' in ran.stderr, ran

    with served(mute) as url:
        ran = demo("ollama", "--base-url", url)
        assert ran.returncode == 1, ran
        assert ran.stdout == f"[summary] exit_code=0 fallback_used=true execution_mode={mode}\n", ran
        assert "error: llama3.2:3b answered without calling a tool\nhint: " in ran.stderr, ran

    ran = demo("ollama", "--base-url", url)
    assert ran.returncode == 1 and ran.stdout.startswith("[summary] exit_code=none "), ran
    assert "nothing serves" in ran.stderr and "ollama serve" in ran.stderr, ran


main()
