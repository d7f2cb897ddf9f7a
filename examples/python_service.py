"""A server runs in a workspace: started, waited for, used, read and stopped.

    python3 -m pip install ./sdk/python
    python3 examples/python_service.py [DIRECTORY]

Without DIRECTORY it serves a small tree of its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyro_mcp import Pyro, PyroError

PAGE = "http://127.0.0.1:8000/"


def show(step: str, fraction: float | None) -> None:
    """Building an environment takes a while the first time; this tells how far it is."""
    done = "" if fraction is None else f" {fraction:.0%}"
    print(f"... {step}{done}", file=sys.stderr)


@contextmanager
def workspace_of(pyro: Pyro, source: Path) -> Iterator[str]:
    """A workspace with a copy of the directory; it and all that runs in it are gone afterwards."""
    made = pyro.create_workspace("debian:12-build", seed_path=source, on_progress=show)
    try:
        yield made["workspace_id"]
    finally:
        pyro.delete_workspace(made["workspace_id"])


def serve(pyro: Pyro, workspace: str) -> int:
    # It stays in the foreground: what goes into the background is ended with its command.
    server = "exec python3 -u -m http.server 8000 --bind 127.0.0.1"
    web = pyro.start_service(workspace, "web", command=server, ready_http=PAGE, ready_timeout_seconds=60)
    if web["state"] != "running":
        # No exception: that a program does not start is something to look at.
        print(f"web: {web['state']}: {web.get('detail')}\n{web.get('stderr')}", file=sys.stderr)
        return 1
    print(f"web: {web['state']}")

    # Commands run beside it, and reach it at the machine's own address.
    got = pyro.exec_workspace(workspace, command=f"curl -s {PAGE}message.txt")
    print(f"served: {got['stdout']}", end="")

    logs = pyro.logs_service(workspace, "web", tail_lines=1)
    print(f"logged: {logs.get('stderr')}", end="")

    print(f"web: {pyro.stop_service(workspace, 'web')['state']}")
    return 0


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch, Pyro() as pyro:
        source = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        if len(sys.argv) <= 1:
            (source / "message.txt").write_text("hello\n")
        try:
            with workspace_of(pyro, source) as workspace:
                return serve(pyro, workspace)
        except PyroError as failure:
            print(f"{failure.code}: {failure.message}", file=sys.stderr)
            if failure.hint:
                print(f"hint: {failure.hint}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
