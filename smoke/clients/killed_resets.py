"""Resets and snapshots of which callers, supervisors, QEMUs or all of them are killed at random moments. Afterwards the
workspace is wholly what it was or wholly what it was to be, and says which. Usage: killed_resets.py PYRO [SEED]"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from killing import Trial

PYRO = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4))
RESETS = 20
SNAPSHOTS = 6
# Within and outside of /workspace, and large enough to be caught half-written.
STATE = "cat /etc/state mine; cat junk* | md5sum"


def put(trial, workspace, name):
    write = f"echo {name} >/etc/state; echo {name} >mine; for n in 1 2 3; do head -c 3M /dev/urandom >junk$n; done"
    trial.sh(workspace, write)
    return trial.sh(workspace, STATE)


def shot(trial, victims):
    """Kills some of the processes of the trial, or all."""
    if victims == "all":
        return trial.kill_everything()
    for pid in trial.processes():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            kind = "qemu" if b"qemu" in words[0] else "supervisor" if b"supervise" in words else "caller"
            if kind == victims:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


def kept(trial, workspace):
    return {one["snapshot_name"] for one in trial.call("workspace", "snapshot", "list", workspace)["snapshots"]}


def reset(trial, workspace, states, current, number):
    target = next(name for name in states if name != current)
    before = trial.call("workspace", "status", workspace)
    if number % 4 == 3:
        trial.call("workspace", "stop", workspace)
    victims = ("all", "caller", "supervisor", "qemu")[number % 4 if number < 12 else trial.chance.randrange(4)]
    run = trial.start("workspace", "reset", workspace, "--snapshot", target)
    # A reset takes some seconds, most of them its new machine's start: its beginning is hit as often as its end.
    longest = trial.chance.choice((0.3, 1, 6))
    try:
        run.wait(timeout=trial.chance.uniform(0, longest))
    except subprocess.TimeoutExpired:
        pass
    shot(trial, victims)
    out, _ = run.communicate(timeout=120)
    now = trial.sh(workspace, STATE)
    assert now in states.values(), (victims, now, states)
    after = trial.call("workspace", "status", workspace)
    took_place = after["reset_count"] - before["reset_count"]
    assert took_place == int(now == states[target]), (victims, took_place, now, states)
    assert took_place or not (run.returncode == 0 and "code" not in out), (victims, out)
    left = set(os.listdir(trial.home / "workspaces" / workspace))
    assert not {name for name in left if name.startswith(("disk.ext4.", "reset"))}, left
    return target if took_place else current


def snapshot(trial, workspace, number):
    name = f"s{number}"
    done = trial.interrupted(0.4, "workspace", "snapshot", "create", workspace, name)
    if name in kept(trial, workspace):
        now = trial.sh(workspace, STATE)
        trial.call("workspace", "reset", workspace, "--snapshot", name)
        assert trial.sh(workspace, STATE) == now
        trial.call("workspace", "snapshot", "delete", workspace, name)
    else:
        assert not done
    trial.call("workspace", "snapshot", "create", workspace, "sound")
    trial.call("workspace", "snapshot", "delete", workspace, "sound")
    left = os.listdir(trial.home / "workspaces" / workspace / "snapshots")
    assert sorted(left) == ["a", "b"], left


def main():
    print("seed", SEED)
    with tempfile.TemporaryDirectory() as place:
        trial = Trial(PYRO, SEED, Path(place))
        try:
            workspace = trial.call("workspace", "create", "debian:12", "--mem-mib", "256")["workspace_id"]
            states = {}
            for name in ("a", "b"):
                states[name] = put(trial, workspace, name)
                trial.call("workspace", "snapshot", "create", workspace, name)
            current = "b"
            for number in range(RESETS):
                current = reset(trial, workspace, states, current, number)
            print(f"{RESETS} resets: as they should be", flush=True)
            for number in range(SNAPSHOTS):
                snapshot(trial, workspace, number)
            print(f"{SNAPSHOTS} snapshots: as they should be", flush=True)
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
