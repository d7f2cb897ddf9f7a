"""Many processes at once: the memory's cap holds, ids differ, no change is lost. Usage: crowd.py PYRO

It has a state directory of its own: whatever runs in another one counts against no cap of this."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PYRO = sys.argv[1]
CROWD = 32
MACHINE_MIB = 256
FIT = 3
PLACE = tempfile.TemporaryDirectory()
HOME = PLACE.name
ENVIRONMENT = {**os.environ, "PYRO_HOME": HOME, "PYRO_MEMORY_MIB": str(MACHINE_MIB * FIT + 100)}


def call(*words):
    """What `pyro` answers, or its failure."""
    end = words.index("--") if "--" in words else len(words)
    command = [PYRO, *words[:end], "--json", *words[end:]]
    run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert run.stdout, (words, run.stderr)
    return json.loads(run.stdout)


def fine(*words):
    said = call(*words)
    assert "code" not in said, (words, said)
    return said


def machines():
    """QEMUs that hold files of our state directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("qemu-system"):
                fds = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
                if any(fd.startswith(f"{HOME}/workspaces/") for fd in fds):
                    found.append(pid)
        except OSError:
            continue
    return found


def create():
    return call("workspace", "create", "debian:12", "--mem-mib", str(MACHINE_MIB))


def lives(number):
    """One of the crowd: a workspace from its creation to its end, or word that there is no room."""
    made = create()
    if "code" in made:
        assert made["code"] == "limit" and "MiB do not fit" in made["message"], made
        return None
    workspace = made["workspace_id"]
    ran = fine("workspace", "exec", workspace, "--", f"echo {number} >mine; cat mine")
    assert ran["stdout"] == f"{number}\n" and ran["sequence"] == 1, ran
    fine("workspace", "delete", workspace)
    return workspace


def many_at_once():
    most, over = 0, threading.Event()

    def watch():
        nonlocal most
        while not over.wait(0.05):
            most = max(most, len(machines()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ThreadPoolExecutor(CROWD) as crowd:
            ids = [one for one in crowd.map(lives, range(CROWD)) if one]
    finally:
        over.set()
        watcher.join()
    assert FIT <= len(ids) < CROWD, f"{len(ids)} of {CROWD} found room for {FIT}"
    assert len(set(ids)) == len(ids), ids
    assert 1 <= most <= FIT, f"{most} machines ran where {FIT} fit"


def changes_of_one_record(workspace):
    with ThreadPoolExecutor(CROWD) as crowd:
        list(crowd.map(lambda number: fine("workspace", "update", workspace, "--label", f"k{number}=v"), range(CROWD)))
    labels = fine("workspace", "status", workspace)["labels"]
    assert len(labels) == CROWD, labels


def two_writers(workspace):
    """Each counts up what it has read, where it still is that."""
    rounds = 10
    fine("workspace", "file", "write", workspace, "count", "--text", "0")

    def count(_writer):
        done = conflicts = 0
        while done < rounds:
            read = fine("workspace", "file", "read", workspace, "count")
            text = str(int(read["content"]) + 1)
            said = call("workspace", "file", "write", workspace, "count", "--text", text, "--expected-sha256", read["sha256"])
            if "code" in said:
                assert said["code"] == "conflict", said
                conflicts += 1
            else:
                done += 1
        return conflicts

    with ThreadPoolExecutor(2) as writers:
        conflicts = sum(writers.map(count, range(2)))
    assert fine("workspace", "file", "read", workspace, "count")["content"] == str(2 * rounds)
    return conflicts


def commands_at_once(workspace):
    with ThreadPoolExecutor(CROWD) as crowd:
        ran = list(crowd.map(lambda number: fine("workspace", "exec", workspace, "--", f"echo {number}"), range(CROWD)))
    assert [one["stdout"] for one in ran] == [f"{number}\n" for number in range(CROWD)], ran
    assert len({one["sequence"] for one in ran}) == CROWD, ran


def main():
    many_at_once()
    print("many at once: as it should be", flush=True)
    workspace = create()["workspace_id"]
    try:
        changes_of_one_record(workspace)
        print("conflicts of two writers:", two_writers(workspace), flush=True)
        commands_at_once(workspace)
    finally:
        fine("workspace", "delete", workspace)
    until = time.monotonic() + 5
    while machines() or list(Path(HOME, "workspaces").iterdir()):
        assert time.monotonic() < until, (machines(), list(Path(HOME, "workspaces").iterdir()))
        time.sleep(0.05)


main()
