"""A whole story on a real repository, by every way to call: seed, a failing test, read, patch, a passing test, diff,
export, reset. What came out is held against what went in. Usage: story.py PYRO stdio|cli|sdk, or story.py URL http"""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import ways

WAYS: dict[str, ways.Opening] = {"stdio": ways.mcp_stdio, "http": ways.mcp_http, "cli": ways.command_line, "sdk": ways.own_sdk}
TEST = "PYTHONDONTWRITEBYTECODE=1 python3 -m unittest -v"
FIX = """\
diff --git a/calc.py b/calc.py
--- a/calc.py
+++ b/calc.py
@@ -1,2 +1,2 @@
 def add(a, b):
-    return a - b
+    return a + b
"""


def git(where: Path, *words: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "safe.directory=*"]
    return subprocess.run(["git", *who, *words], cwd=where, check=True, capture_output=True, text=True).stdout


def repository(repo: Path) -> None:
    """Commits, a virtual environment, links of all kinds, modes, times in the past."""
    repo.mkdir()
    git(repo, "init", "--quiet", "--initial-branch=main")
    (repo / ".gitignore").write_text(".venv/\n")
    (repo / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (repo / "test_calc.py").write_text(
        "import unittest\n\nimport calc\n\n\nclass Adds(unittest.TestCase):\n"
        "    def test_two_and_two(self):\n        self.assertEqual(calc.add(2, 2), 4)\n"
    )
    (repo / "tools").mkdir()
    script = repo / "tools" / "run me.sh"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o755)
    secret = repo / "tools" / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    (repo / "empty").mkdir(mode=0o711)
    links = {
        "relative": "tools/secret",
        "upwards": "../outside",
        "absolute": "/etc/shadow",
        "dangling": "nowhere",
        "loop": "loop",
        "directory": "tools",
        "odd \n name": "calc.py",
    }
    for name, target in links.items():
        os.symlink(target, repo / f"link {name}")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", repo / ".venv"], check=True)
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message=First")
    git(repo, "commit", "--quiet", "--allow-empty", "--message=Second")
    for number, (where, _, files) in enumerate(os.walk(repo)):
        for name in files:
            os.utime(Path(where) / name, ns=(10**18 + number, 10**18 + number * 1000), follow_symlinks=False)


def told(root: Path) -> dict[str, tuple[Any, ...]]:
    """Every entry below: type and mode, then a file's time and content or a link's target."""
    found: dict[str, tuple[Any, ...]] = {}
    for where, directories, files in os.walk(root):
        for name in directories + files:
            path = Path(where) / name
            entry = path.lstat()
            more: tuple[Any, ...] = ()
            if stat.S_ISLNK(entry.st_mode):
                more = (os.readlink(path),)
            elif stat.S_ISREG(entry.st_mode):
                more = (entry.st_mtime_ns, path.read_bytes())
            found[str(path.relative_to(root))] = (oct(entry.st_mode), *more)
    return found


async def tell(call: ways.Way, place: Path) -> None:
    repo = place / "repo"
    repository(repo)
    seed = told(repo)
    made = await call("workspace_create", environment="debian:12-build", seed_path=str(repo), labels={"story": "told"})
    workspace = {"workspace_id": made["workspace_id"]}
    try:
        assert made["workspace_seed"]["entry_count"] == len(seed), made
        failing = await call("workspace_exec", **workspace, command=TEST, timeout_seconds=120)
        assert failing["exit_code"] == 1 and "AssertionError: 0 != 4" in failing["stderr"], failing
        read = await call("workspace_file_read", **workspace, path="calc.py")
        assert read["content"] == (repo / "calc.py").read_text(), read

        untouched = place / "untouched"
        await call("workspace_export", **workspace, path=".", output_path=str(untouched))
        assert told(untouched) == seed, differences(told(untouched), seed)

        patched = await call("workspace_patch_apply", **workspace, patch=FIX)
        assert patched["summary"]["modified"] == 1, patched
        passing = await call("workspace_exec", **workspace, command=TEST, timeout_seconds=120)
        assert passing["exit_code"] == 0, passing
        script = await call("workspace_exec", **workspace, command="'tools/run me.sh'; rm 'link loop'; mv empty full; echo new >full/new")
        assert script["stdout"] == "ran\n", script

        whole = place / "whole.patch"
        diff = await call("workspace_diff", **workspace, output_path=str(whole))
        assert whole.read_text() == diff["patch"] and not diff["truncated"], diff
        exported = place / "exported"
        await call("workspace_export", **workspace, path=".", output_path=str(exported))
        assert (exported / "full" / "new").read_text() == "new\n"
        changed = {name for name, entry in told(exported).items() if seed.get(name) != entry and not name.startswith(".git/")}
        assert changed == {"calc.py", "full", "full/new"}, changed

        # Real git agrees: the exported repository is one, and the patch makes of a clone what was exported.
        git(exported, "fsck", "--strict")
        clone = place / "clone"
        git(place, "clone", "--quiet", str(repo), str(clone))
        git(clone, "apply", str(whole))
        git(clone, "add", "--all")
        git(exported, "add", "--all")
        assert git(clone, "write-tree") == git(exported, "write-tree"), git(exported, "status", "--porcelain")

        reset = await call("workspace_reset", **workspace)
        assert reset["reset_count"] == 1, reset
        assert (await call("workspace_diff", **workspace, full=True))["changed"] is False
        again = await call("workspace_exec", **workspace, command=TEST, timeout_seconds=120)
        assert again["exit_code"] == 1, again
    finally:
        await call("workspace_delete", **workspace)
    try:
        await call("workspace_exec", **workspace, command="true")
    except ways.Refused as refused:
        assert refused.code == "missing", refused
    else:
        raise AssertionError("the workspace outlived its deletion")


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    names = sorted(one.keys() | other.keys())
    return [(name, one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)][:10]


async def main() -> None:
    target, way = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        async with WAYS[way](target) as call:
            await tell(call, Path(place))


asyncio.run(main())
