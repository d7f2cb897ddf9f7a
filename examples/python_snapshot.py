"""Going back: a snapshot before something risky, a comparison, a look into the snapshot, a reset.

    python3 -m pip install ./sdk/python
    python3 examples/python_snapshot.py
"""

from __future__ import annotations

import sys

from pyro_mcp import Pyro, PyroError


def work(pyro: Pyro, workspace: str) -> None:
    pyro.write_workspace_file(workspace, "notes.txt", text="before\n")
    taken = pyro.create_snapshot(workspace, "before")["snapshot"]
    print(f"kept {taken['snapshot_name']}: {taken['entry_count']} entries, {taken['used_bytes'] >> 10} KiB")

    # Whatever happens to the disk from here on, in /workspace or elsewhere, can be taken back.
    pyro.exec_workspace(workspace, command="echo after > notes.txt; rm -r /usr/share/doc")
    print(pyro.diff_workspace(workspace, from_="before")["patch"], end="")

    # Snapshots can be looked into while the workspace runs, its own disk once it is stopped. Neither starts anything.
    print("then:", pyro.read_workspace_disk(workspace, "notes.txt", snapshot="before")["content"], end="")
    stopped = pyro.stop_workspace(workspace)
    print(f"{stopped['state']}, orderly: {stopped['stop']['orderly']}")
    print("now: ", pyro.read_workspace_disk(workspace, "notes.txt")["content"], end="")

    reset = pyro.reset_workspace(workspace, snapshot="before")
    print(f"{reset['state']} from {reset['workspace_reset']['snapshot_name']}, reset {reset['reset_count']} time")
    there = pyro.exec_workspace(workspace, command="cat notes.txt; ls -d /usr/share/doc")
    print(there["stdout"], end="")


def main() -> int:
    with Pyro() as pyro:
        try:
            workspace = pyro.create_workspace("debian:12", name="going-back")["workspace_id"]
            try:
                work(pyro, workspace)
            finally:
                pyro.delete_workspace(workspace)
        except PyroError as error:
            print(f"{error.code}: {error.message}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
