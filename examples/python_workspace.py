"""A workspace from begin to end: made, filled from a host directory, worked in, looked at, copied out, deleted.

    python3 -m pip install ./sdk/python
    python3 examples/python_workspace.py [DIRECTORY]

Without DIRECTORY it works on a small tree of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pyro_mcp import Pyro, PyroError


def show(step: str, fraction: float | None) -> None:
    """Building an environment takes a while the first time; this tells how far it is."""
    done = "" if fraction is None else f" {fraction:.0%}"
    print(f"... {step}{done}", file=sys.stderr)


def work(pyro: Pyro, workspace: str, source: Path, out: Path) -> None:
    pushed = pyro.push_workspace_sync(workspace, source, dest="src")
    print(f"pushed {pushed['workspace_sync']['entry_count']} entries")

    # A command may take its time: it is handed back as running after `yield_seconds`, and waited for here.
    ran = pyro.exec_workspace(workspace, command="sleep 2; ls -R src | tee listing.txt", yield_seconds=1)
    print(f"command {ran['sequence']}: {ran['state']}")
    logs = pyro.logs_workspace(workspace, sequence=ran["sequence"], wait_seconds=60)
    command = logs["entries"][0]
    print(f"command {command['sequence']}: {command['state']}, exit code {command.get('exit_code')}")

    status = pyro.status_workspace(workspace)
    print(f"{status['state']}, {status.get('execution_mode')}, {status['command_count']} command")

    diff = pyro.diff_workspace(workspace, paths=["listing.txt"])
    print(diff["patch"], end="")

    exported = pyro.export_workspace(workspace, "listing.txt", output_path=out / "listing.txt")
    print(f"exported {exported['bytes_written']} bytes")


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch, Pyro() as pyro:
        source, out = Path(scratch, "tree"), Path(scratch, "out")
        out.mkdir()
        if len(sys.argv) > 1:
            source = Path(sys.argv[1])
        else:
            source.mkdir()
            (source / "message.txt").write_text("hello\n")
        try:
            made = pyro.create_workspace("debian:12", name="python-example", on_progress=show)
            workspace = made["workspace_id"]
            try:
                work(pyro, workspace, source, out)
            finally:
                pyro.delete_workspace(workspace)
        except PyroError as failure:
            print(f"{failure.code}: {failure.message}", file=sys.stderr)
            if failure.hint:
                print(f"hint: {failure.hint}", file=sys.stderr)
            return 1
        print((out / "listing.txt").read_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
