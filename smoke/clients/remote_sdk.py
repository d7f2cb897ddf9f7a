"""pyro's own SDK for Python, elsewhere: a server with a token, and a program that shares no files with it.
Usage: remote_sdk.py PYRO EXAMPLE"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pyro_mcp import AsyncPyro, Pyro, PyroError

PIECES = 200


def tried(pyro: Pyro, place: Path) -> None:
    tree = place / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "below/run").write_text("#!/bin/sh\necho $1\n")
    (tree / "below/run").chmod(0o755)
    (tree / "link").symlink_to("below/run")
    with pyro.workspace("debian:12", seed_path=tree) as workspace:
        ran = workspace.exec("./link hello; dd if=/dev/urandom of=big bs=1M count=20 2>/dev/null; sha256sum big")
        assert ran["stdout"].startswith("hello\n"), ran
        workspace.export("big", place / "big")
        summed = subprocess.run(["sha256sum", place / "big"], check=True, capture_output=True, text=True).stdout
        assert summed.split()[0] in ran["stdout"], (summed, ran)
        workspace.export("below", place / "out")
        assert os.access(place / "out/run", os.X_OK), list(place.rglob("*"))

        download = pyro.export_workspace(workspace.id, "below")["download"]
        pyro.fetch(download, place / "below.tar")
        try:
            pyro.fetch(download, place / "again.tar")
        except PyroError as error:
            assert error.code == "missing", error
        else:
            raise AssertionError("a download was fetched twice")

        workspace.write_file("note.txt", "new\n")
        told = workspace.diff(paths=["note.txt"], download=True)
        patch = pyro.fetch(told["download"], place / "note.patch").read_text()
        assert "+new" in patch, patch

        pushed = pyro.push_workspace_sync(workspace.id, upload_id=pyro.seed_from(tree), dest="again")
        assert pushed["workspace_sync"]["entry_count"] >= 3, pushed

        began = f"for i in $(seq {PIECES}); do echo $i; sleep 0.01; done"
        text = "".join(piece.text for piece in workspace.stream(began, timeout_seconds=60))
        assert text.split() == [str(number) for number in range(1, PIECES + 1)], text
        for _ in workspace.stream("echo begun; exec sleep 800", timeout_seconds=900):
            break
        assert workspace.exec("pgrep sleep").get("exit_code") == 1, "a command outlived its reader"
        steps: list[str] = []
        pyro.exec_workspace(workspace.id, command="true", on_progress=lambda step, _: steps.append(step))
    assert pyro.list_workspaces()["count"] == 0


async def awaited(url: str, token: str) -> None:
    async with AsyncPyro(url=url, token=token) as pyro, pyro.workspace("debian:12") as workspace:
        call = asyncio.create_task(workspace.exec("touch begun; exec sleep 800", timeout_seconds=900))
        while (await workspace.exec("test -e begun")).get("exit_code") != 0:
            await asyncio.sleep(0.1)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
        ended = await pyro.logs_workspace(workspace.id, sequence=1, wait_seconds=10)
        assert ended["entries"][0]["state"] == "ended", ended


def main() -> None:
    pyro, example = sys.argv[1:]
    words = [pyro, "token", "create", "--name", "remote-sdk", "--profile", "workspace-full"]
    token = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    environment = {name: value for name, value in os.environ.items() if name != "PYRO_TOKEN"}
    words = [pyro, "mcp", "serve", "--http", "127.0.0.1:0"]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            url = server.stderr.readline().split()[-1]
            with tempfile.TemporaryDirectory() as place, Pyro(url=url, token=token) as sdk:
                tried(sdk, Path(place))
            asyncio.run(awaited(url, token))
            elsewhere = {**environment, "PYRO_URL": url, "PYRO_TOKEN": token}
            subprocess.run([sys.executable, example], env=elsewhere, check=True)
        finally:
            server.terminate()
            subprocess.run([pyro, "token", "revoke", "remote-sdk"], check=True, capture_output=True)


main()
