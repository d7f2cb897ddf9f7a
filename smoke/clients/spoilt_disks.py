"""Snapshots that are cut off or changed, a guest that writes over its own disk, and a host's disk without room: each call
fails with a reason, and the workspace is as it was. Usage: spoilt_disks.py PYRO

It mounts a small file system of its own for the last part, which takes root; it says so where that is not to be had."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from killing import Trial

PYRO = sys.argv[1]
MACHINE = ["debian:12", "--mem-mib", "256"]


def refused(trial, code, *words):
    said = trial.answer(*words)
    assert said.get("code") == code, (words, said)
    assert str(trial.home) not in said["message"], said
    return said["message"]


def as_it_was(trial, workspace):
    """It still runs, on the same machine, with what it had."""
    ran = trial.call("workspace", "exec", workspace, "--", "cat mine")
    assert ran["stdout"] == "mine\n" and not ran.get("resumed"), ran
    left = [name for name in os.listdir(trial.home / "workspaces" / workspace) if name.startswith(("disk.ext4.", "reset"))]
    assert not left, left


def damaged(trial, workspace):
    """Of a snapshot's disk, the end is missing or one byte is another."""
    for number, spoil in enumerate((cut, changed, emptied, gone)):
        name = f"damaged{number}"
        trial.call("workspace", "snapshot", "create", workspace, name)
        spoil(trial.home / "workspaces" / workspace / "snapshots" / name / "disk.ext4")
        why = refused(trial, "conflict", "workspace", "reset", workspace, "--snapshot", name)
        assert name in why and "damaged" in why, why
        as_it_was(trial, workspace)
        trial.call("workspace", "snapshot", "delete", workspace, name)
    print("damaged snapshots: refused", flush=True)


def cut(disk):
    os.truncate(disk, disk.stat().st_size // 2)


def changed(disk):
    with open(disk, "r+b") as file:
        # The first block group's inodes, say: something that is not a hole.
        file.seek(os.lseek(file.fileno(), 1 << 20, os.SEEK_DATA))
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def emptied(disk):
    os.truncate(disk, 0)


def gone(disk):
    disk.unlink()


def overwritten(trial, workspace):
    """Root of the guest writes over what it runs on; the host reads that as data, and there is a way back."""
    trial.sh(workspace, "sync; dd if=/dev/urandom of=/dev/vdb bs=1M count=64 conv=notrunc,fsync 2>/dev/null; true")
    trial.call("workspace", "stop", workspace)
    for call in (["list", workspace, "/"], ["list", workspace, "--recursive"], ["read", workspace, "mine"]):
        said = trial.answer("workspace", "disk", *call)
        assert said.get("code", "internal") in ("internal", "missing"), said
    said = trial.answer("workspace", "diff", workspace)
    assert said.get("code", "internal") == "internal", said
    reset = trial.call("workspace", "reset", workspace, "--snapshot", "good")
    assert reset["state"] == "started", reset
    as_it_was(trial, workspace)
    print("a disk overwritten by its guest: read as data, and gone back from", flush=True)


def full(trial, place):
    """The state directory's file system has no room for another copy."""
    small = place / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "pyro-small", small], capture_output=True)
    if mounted.returncode != 0:
        print("a full disk: skipped, for nothing can be mounted here:", mounted.stderr.decode().strip(), flush=True)
        return
    tight = Trial(PYRO, 0, place / "small")
    try:
        workspace = tight.call("workspace", "create", *MACHINE)["workspace_id"]
        tight.sh(workspace, "echo mine >mine; head -c 12M /dev/urandom >junk; sync")
        tight.call("workspace", "snapshot", "create", workspace, "good")
        filler = small / "filler"
        with open(filler, "wb") as file:
            room = os.statvfs(small)
            file.write(b"x" * (room.f_bavail * room.f_frsize - (4 << 20)))
        assert "no space left" in refused(tight, "limit", "workspace", "snapshot", "create", workspace, "more")
        assert "no space left" in refused(tight, "limit", "workspace", "reset", workspace, "--snapshot", "good")
        as_it_was(tight, workspace)
        names = os.listdir(tight.home / "workspaces" / workspace / "snapshots")
        assert names == ["good"], names
        filler.unlink()
        tight.sh(workspace, "echo other >mine")
        tight.call("workspace", "reset", workspace, "--snapshot", "good")
        as_it_was(tight, workspace)
        tight.call("workspace", "delete", workspace)
        print("a full disk: refused, and room is enough afterwards", flush=True)
    finally:
        tight.kill_everything()
        until = time.monotonic() + 10
        # What was killed lets go of its files in its own time.
        while subprocess.run(["umount", small], capture_output=True).returncode != 0:
            assert time.monotonic() < until, "the small file system stays busy"


def main():
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "first").mkdir()
        trial = Trial(PYRO, 0, Path(place) / "first")
        try:
            workspace = trial.call("workspace", "create", *MACHINE)["workspace_id"]
            trial.sh(workspace, "echo mine >mine; sync")
            trial.call("workspace", "snapshot", "create", workspace, "good")
            damaged(trial, workspace)
            overwritten(trial, workspace)
            trial.call("workspace", "delete", workspace)
            full(trial, Path(place))
        finally:
            trial.kill_everything()


main()
