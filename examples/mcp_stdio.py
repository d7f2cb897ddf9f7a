"""Drives `pyro mcp serve` with bare JSON-RPC: one line per message, standard library only.

    python3 examples/mcp_stdio.py [COMMAND]

`PYRO_BIN` names the binary; otherwise `pyro` is taken from PATH.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import IO, Any


def send(stdin: IO[str], message: dict[str, Any]) -> None:
    stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    stdin.flush()


def answer(stdout: IO[str], number: int) -> dict[str, Any]:
    """Reads until the answer to request `number`; shows progress on the way."""
    for line in stdout:
        message: dict[str, Any] = json.loads(line)
        if message.get("method") == "notifications/progress":
            print("...", message["params"].get("message", ""), file=sys.stderr)
        elif message.get("id") == number:
            if "error" in message:
                raise SystemExit(f"refused: {message['error']['message']}")
            result: dict[str, Any] = message["result"]
            return result
    raise SystemExit("the server ended without an answer")


def main() -> int:
    command = " ".join(sys.argv[1:]) or "git --version; uname -r"
    pyro = shutil.which(os.environ.get("PYRO_BIN") or "pyro")
    if pyro is None:
        raise SystemExit("pyro was not found: put it on PATH or set PYRO_BIN to it")
    server = subprocess.Popen(
        [pyro, "mcp", "serve", "--profile", "vm-run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin and server.stdout
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "mcp_stdio.py", "version": "1"},
    }
    send(server.stdin, {"id": 1, "method": "initialize", "params": hello})
    print("server:", answer(server.stdout, 1)["serverInfo"]["version"], file=sys.stderr)
    send(server.stdin, {"method": "notifications/initialized"})

    send(server.stdin, {"id": 2, "method": "tools/list", "params": {}})
    print("tools:", ", ".join(tool["name"] for tool in answer(server.stdout, 2)["tools"]), file=sys.stderr)

    call = {
        "name": "vm_run",
        "arguments": {"environment": "debian:12", "command": command, "timeout_seconds": 60},
        "_meta": {"progressToken": "run"},
    }
    send(server.stdin, {"id": 3, "method": "tools/call", "params": call})
    result = answer(server.stdout, 3)
    server.stdin.close()
    server.wait()
    if result.get("isError"):
        # A failure the caller can act on: {code, message, hint}.
        print(result["content"][0]["text"], file=sys.stderr)
        return 125
    output = result["structuredContent"]
    sys.stdout.write(output["stdout"])
    sys.stderr.write(output["stderr"])
    return int(output["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
