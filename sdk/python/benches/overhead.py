"""What the package costs: its import, and a call beyond what the server takes. Usage: overhead.py [CALLS]

The same call goes over one connection as bytes made beforehand, and as a method; by turns, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from pyro_mcp import AsyncPyro, Pyro
from pyro_mcp._binary import find_binary

IMPORT_MS_MAX = 100.0
OVERHEAD_MS_MAX = 1.0
HELLO = {
    "jsonrpc": "2.0", "id": 0, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bytes", "version": "0"}},
}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "workspace_list", "arguments": {}}}


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def imported(name: str) -> float:
    """How long a fresh interpreter takes to import the package, beyond its own start."""
    script = f"import time; began = time.perf_counter(); from pyro_mcp import {name}; print(time.perf_counter() - began)"
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout for _ in range(10)]
    return statistics.median(float(run) for run in runs) * 1000


def main() -> int:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as home, Pyro(home=home) as pyro:
        words = [find_binary(), "mcp", "serve", "--profile", "sdk"]
        raw = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYRO_HOME": home})
        assert raw.stdin and raw.stdout
        sent, heard = raw.stdin, raw.stdout

        def bare(message: object = CALL) -> None:
            sent.write(json.dumps(message).encode() + b"\n")
            sent.flush()
            heard.readline()

        bare(HELLO)
        sent.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        loop = asyncio.new_event_loop()
        async_pyro = AsyncPyro(home=home)
        takes: dict[str, list[float]] = {"bytes": [], "Pyro": [], "AsyncPyro": []}
        ways: dict[str, Callable[[], object]] = {
            "bytes": bare,
            "Pyro": pyro.list_workspaces,
            "AsyncPyro": lambda: loop.run_until_complete(async_pyro.list_workspaces()),
        }
        for number in range(calls + 20):
            for name, way in ways.items():
                took = milliseconds(way)
                if number >= 20:
                    takes[name].append(took)
        loop.run_until_complete(async_pyro.close())
        loop.close()
        raw.stdin.close()
        raw.wait()
        raw.stdout.close()
    base = statistics.median(takes["bytes"])
    good = True
    for name in ("Pyro", "AsyncPyro"):
        median = statistics.median(takes[name])
        within = median - base <= OVERHEAD_MS_MAX
        good = good and within
        print(f"a call through {name}: {median:.2f} ms, {median / base:.2f} of {base:.2f} ms as bytes, "
              f"{median - base:.2f} ms more (at most {OVERHEAD_MS_MAX}): {'passed' if within else 'FAILED'}")
    for name in ("Pyro", "AsyncPyro"):
        took = imported(name)
        within = took <= IMPORT_MS_MAX
        good = good and within
        print(f"import of {name}: {took:.0f} ms, {took / IMPORT_MS_MAX:.2f} of {IMPORT_MS_MAX:.0f} ms: "
              f"{'passed' if within else 'FAILED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
