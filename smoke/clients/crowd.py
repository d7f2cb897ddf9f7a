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


def starters_of_one_service(workspace):
    """One starts it, all others are told so. Then half of the crowd stops what the other half starts."""
    service = ["workspace", "service"]

    def start(number):
        return call(*service, "start", workspace, "same", "--", f"echo {number}; exec sleep 6000")

    def stop(_number):
        return call(*service, "stop", workspace, "same")

    def running():
        return fine("workspace", "exec", workspace, "--", "pgrep -cfx 'sleep 6000'; true")["stdout"]

    with ThreadPoolExecutor(CROWD) as crowd:
        said = list(crowd.map(start, range(CROWD)))
        started = [one for one in said if "code" not in one]
        assert len(started) == 1 and started[0]["state"] == "running", started
        assert {one["code"] for one in said if "code" in one} == {"conflict"}, said
        assert running() == "1\n"

        mixed = list(crowd.map(lambda number: (stop if number % 2 else start)(number), range(CROWD)))
    assert {one["code"] for one in mixed if "code" in one} <= {"conflict"}, mixed
    assert all(one["state"] != "failed" for one in mixed if "code" not in one), mixed
    assert all("pid" not in one for one in mixed[1::2]), mixed
    assert stop(0)["state"] == "stopped" and running() == "0\n"
    again = start("again")
    assert again["state"] == "running" and running() == "1\n", again
    listed = fine(*service, "list", workspace)
    assert listed["count"] == listed["running_count"] == 1, listed
    assert stop(0)["state"] == "stopped" and running() == "0\n"
    assert fine(*service, "logs", workspace, "same")["stdout"] == "again\n"


def wait_until(workspace, shell, holds):
    until = time.monotonic() + 60
    while not holds(seen := fine("workspace", "shell", "read", workspace, shell, "--max-chars", "98304")):
        assert time.monotonic() < until, seen
        time.sleep(0.1)
    return seen


def users_of_one_shell(workspace):
    """Half of the crowd types a line each, the other half reads: lines stay whole, and all read the same."""
    shell = fine("workspace", "shell", "open", workspace)["shell_id"]

    def use(number):
        if number % 2:
            return fine("workspace", "shell", "write", workspace, shell, "--input", f"line {number}")
        return fine("workspace", "shell", "read", workspace, shell, "--max-chars", "98304")["output"]

    # An end of input typed before a program reads lines is lost, on any terminal: `cat` must be running first.
    fine("workspace", "shell", "write", workspace, shell, "--input", "echo now; cat >typed")
    wait_until(workspace, shell, lambda seen: "now\r\n" in seen["output"])
    with ThreadPoolExecutor(CROWD) as crowd:
        used = list(crowd.map(use, range(CROWD)))
    fine("workspace", "shell", "write", workspace, shell, "--input", "\x04exit 7")
    end = wait_until(workspace, shell, lambda seen: seen["state"] != "running")
    assert all(end["output"].startswith(read) for read in used[::2]), (used, end)
    typed = fine("workspace", "file", "read", workspace, "typed")["content"].splitlines()
    assert sorted(typed) == sorted(f"line {number}" for number in range(1, CROWD, 2)), typed
    assert fine("workspace", "shell", "close", workspace, shell)["exit_code"] == 7
    assert fine("workspace", "status", workspace)["shells"] == []


def main():
    many_at_once()
    print("many at once: as it should be", flush=True)
    workspace = create()["workspace_id"]
    try:
        changes_of_one_record(workspace)
        print("conflicts of two writers:", two_writers(workspace), flush=True)
        commands_at_once(workspace)
        starters_of_one_service(workspace)
        users_of_one_shell(workspace)
        print("one service and one shell of many: as it should be", flush=True)
    finally:
        fine("workspace", "delete", workspace)
    until = time.monotonic() + 5
    while machines() or list(Path(HOME, "workspaces").iterdir()):
        assert time.monotonic() < until, (machines(), list(Path(HOME, "workspaces").iterdir()))
        time.sleep(0.05)


main()
