"""A failure is reproduced in a workspace, patched there, proved, and the fix is taken out; the host's files stay as they are.

    python3 examples/python_repro_fix.py

With PYRO_URL and PYRO_TOKEN the workspace is on another host: what it begins with is uploaded, what comes out downloaded.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from pyro_mcp import Pyro, PyroError

CHECK = """#!/bin/sh
read -r message <message.txt
test "$message" = fixed || { echo "message.txt says $message, not fixed" >&2; exit 1; }
"""
FIX = """--- a/message.txt
+++ b/message.txt
@@ -1 +1 @@
-broken
+fixed
"""


def lay_out(project: Path) -> None:
    project.mkdir()
    (project / "message.txt").write_text("broken\n")
    (project / "check.sh").write_text(CHECK)
    (project / "check.sh").chmod(0o755)


def repair(pyro: Pyro, project: Path, out: Path) -> None:
    with pyro.workspace("debian:12", seed_path=project) as workspace:
        failed = workspace.exec("./check.sh")
        print(f"before: exit code {failed.get('exit_code')}: {failed['stderr']}", end="")

        patched = workspace.apply_patch(FIX)
        print(f"patched {patched['summary']['total']} file")

        passed = workspace.exec("./check.sh")
        print(f"after: exit code {passed.get('exit_code')}")

        (out / "fix.patch").write_text(workspace.diff()["patch"])
        workspace.export("/workspace", out / "fixed")


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch, Pyro(url=os.environ.get("PYRO_URL")) as pyro:
        project, out = Path(scratch, "project"), Path(scratch, "out")
        lay_out(project)
        out.mkdir()
        try:
            repair(pyro, project, out)
        except PyroError as failure:
            print(f"{failure.code}: {failure}", file=sys.stderr)
            return 1
        print((out / "fix.patch").read_text(), end="")
        here, there = (project / "message.txt").read_text(), (out / "fixed/message.txt").read_text()
        print(f"here still {here.strip()}, taken out {there.strip()}")
        return 0 if (here, there) == ("broken\n", "fixed\n") else 1


if __name__ == "__main__":
    sys.exit(main())
