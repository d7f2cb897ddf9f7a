"""Kills everything at once - callers, supervisors, QEMUs - in the middle of what changes a workspace. Afterwards what is
listed works and is whole, and nothing is left of the rest. Usage: killed_workspaces.py PYRO [SEED]

It has a state directory of its own, by which it knows its processes; no others are touched."""

import os
import sys
import tempfile
import time
from pathlib import Path

from killing import Trial

PYRO = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4))
ROUNDS = 3
MACHINE = ["--mem-mib", "256"]


def created(trial, _workspace):
    before = set(trial.listed())
    done = trial.interrupted(6, "workspace", "create", "debian:12", *MACHINE, "--seed-path", str(trial.seed))
    new = set(trial.listed()) - before
    assert len(new) <= 1 and (new or not done), (done, new)
    for workspace in new:
        assert trial.read(workspace, "seed.txt") == "seed\n"
        trial.call("workspace", "delete", workspace)


def ran(trial, workspace):
    trial.sh(workspace, "echo kept >>log; sync")
    count = trial.call("workspace", "status", workspace)["command_count"]
    trial.interrupted(1, "workspace", "exec", workspace, "--", "echo said; sleep 60")
    status = trial.call("workspace", "status", workspace)
    assert status["running_commands"] == [] and status["command_count"] - count in (0, 1), status
    for entry in trial.call("workspace", "logs", workspace)["entries"]:
        assert entry["state"] == "ended", entry
    assert trial.read(workspace, "log").startswith("kept\n")


def written(trial, workspace):
    trial.call("workspace", "file", "write", workspace, "big", "--text", "a" * 100_000)
    done = trial.interrupted(0.3, "workspace", "file", "write", workspace, "big", "--text", "b" * 100_000)
    now = trial.sh(workspace, "tr -s ab <big; wc -c <big")
    assert now in (("b100000\n",) if done else ("a100000\n", "b100000\n")), now
    assert trial.sh(workspace, "ls -A | grep -c pyro; true") == "0\n"


def pushed(trial, workspace):
    old = trial.sh(workspace, "cat many/* 2>/dev/null | sort | uniq -c; true").split()
    new = "n" + str(trial.chance.randrange(10**9))
    (trial.pushed / "many").mkdir(exist_ok=True)
    for number in range(100):
        (trial.pushed / "many" / str(number)).write_text(new + "\n")
    done = trial.interrupted(0.6, "workspace", "sync", "push", workspace, str(trial.pushed))
    now = trial.sh(workspace, "cat many/* 2>/dev/null | sort | uniq -c; true").split()
    assert now == ["100", new] or (now == old and not done), (old, now, done)


def reset(trial, workspace):
    trial.call("workspace", "file", "write", workspace, "mine", "--text", "mine")
    before = trial.call("workspace", "status", workspace)["reset_count"]
    done = trial.interrupted(5, "workspace", "reset", workspace)
    files = trial.sh(workspace, "ls").split()
    assert files == ["seed.txt"] or ("mine" in files and not done), files
    after = trial.call("workspace", "status", workspace)["reset_count"]
    assert after - before == int("mine" not in files), (before, after, files)


def lived_in(trial, workspace):
    """A shell is open and a service runs; a second one is being started as everything is killed."""
    start = ["workspace", "service", "start", workspace]
    serve = ["--ready-file", "/run/up", "--", "echo said; touch /run/up; exec sleep 6000"]
    ready = trial.call(*start, "web", *serve)
    assert ready["state"] == "running" and ready["restart_count"] == 0, ready
    shell = trial.call("workspace", "shell", "open", workspace)["shell_id"]
    trial.interrupted(1, *start, "late", "--ready-command", "sleep 0.5", "--", "exec sleep 6000")
    for _ in range(2):
        # First as records tell it, then as the next machine does: nothing came back by itself.
        status = trial.call("workspace", "status", workspace)
        assert status["shells"] == [] and status["running_service_count"] == 0, status
        web = trial.call("workspace", "service", "status", workspace, "web")
        assert (web["state"], web["stop_reason"]) == ("failed", "vm_died") and "pid" not in web, web
        services = trial.call("workspace", "service", "list", workspace)["services"]
        assert {one["service_name"]: one["state"] for one in services} in ({"web": "failed"}, {"web": "failed", "late": "failed"})
        assert trial.call("workspace", "service", "logs", workspace, "web")["stdout"] == "said\n"
        assert trial.answer("workspace", "shell", "read", workspace, shell)["code"] == "missing"
        assert trial.sh(workspace, "pgrep -x 'sleep|bash'; true") == ""
    assert trial.call(*start, "web", *serve)["state"] == "running"
    trial.call("workspace", "shell", "close", workspace, trial.call("workspace", "shell", "open", workspace)["shell_id"])
    assert trial.call("workspace", "service", "stop", workspace, "web")["state"] == "stopped"
    trial.sh(workspace, "rm /run/up")


def deleted(trial, workspace):
    done = trial.interrupted(0.5, "workspace", "delete", workspace)
    if workspace in trial.listed():
        assert not done
        assert trial.read(workspace, "seed.txt") == "seed\n"


def main():
    print("seed", SEED)
    with tempfile.TemporaryDirectory() as place:
        trial = Trial(PYRO, SEED, Path(place))
        try:
            for case in (created, ran, written, pushed, reset, lived_in, deleted):
                workspace = None
                for _ in range(ROUNDS):
                    if case is not created and (workspace is None or workspace not in trial.listed()):
                        made = ["workspace", "create", "debian:12", *MACHINE, "--seed-path", str(trial.seed)]
                        workspace = trial.call(*made)["workspace_id"]
                    case(trial, workspace)
                    assert not trial.left(), trial.left()
                print(f"{case.__name__}: as it should be", flush=True)
                for workspace in trial.listed():
                    trial.call("workspace", "delete", workspace)
            assert not trial.left(), trial.left()
            trial.end_keepers()
            until = time.monotonic() + 5
            while pids := trial.processes():
                assert time.monotonic() < until, f"left: {pids}"
                time.sleep(0.02)
        finally:
            trial.kill_everything()


main()
