"""Kills everything at once - callers, supervisors, QEMUs - in the middle of what changes a workspace. Afterwards what is
listed works and is whole, and nothing is left of the rest. Usage: killed_workspaces.py PYRO [SEED]

It has a state directory of its own, by which it knows its processes; no others are touched."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYRO = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4))
ROUNDS = 3
MACHINE = ["--mem-mib", "256"]
chance = random.Random(SEED)


class Trial:
    def __init__(self, place: Path):
        self.home = place / "home"
        self.environment = {**os.environ, "PYRO_HOME": str(self.home)}
        self.seed = place / "seed"
        self.pushed = place / "pushed"
        for folder in (self.seed, self.pushed):
            folder.mkdir()
        (self.seed / "seed.txt").write_text("seed\n")

    def start(self, *words):
        end = words.index("--") if "--" in words else len(words)
        command = [PYRO, *words[:end], "--json", *words[end:]]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def answer(self, *words):
        """What a call answers, or its failure."""
        run = self.start(*words)
        out, err = run.communicate(timeout=120)
        return json.loads(out) if out else {"code": "nothing", "message": err}

    def call(self, *words):
        said = self.answer(*words)
        assert "code" not in said, (words[:3], said)
        return said

    def sh(self, workspace, command):
        ran = self.call("workspace", "exec", workspace, "--", command)
        assert ran["exit_code"] == 0, ran
        return ran["stdout"]

    def read(self, workspace, path):
        return self.call("workspace", "file", "read", workspace, path)["content"]

    def processes(self):
        """Ours are those that were started with our state directory, or hold files of it."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                program = os.path.basename(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)"))
                environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                fds = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            except OSError:
                continue
            ours = f"PYRO_HOME={self.home}".encode() in environ or any(fd.startswith(f"{self.home}/") for fd in fds)
            if ours and (program == os.path.basename(PYRO) or program.startswith("qemu-system")):
                found.append(int(pid))
        return found

    def kill_everything(self):
        """Until none is left: one may be starting another meanwhile."""
        until = time.monotonic() + 10
        while pids := self.processes():
            assert time.monotonic() < until, f"unkillable: {pids}"
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def listed(self):
        page = self.call("workspace", "list")
        assert not page.get("damaged"), page
        return [one["workspace_id"] for one in page["workspaces"]]

    def interrupted(self, longest, *words):
        """Starts a call and kills everything at a random moment of it; true where it had answered well before."""
        run = self.start(*words)
        try:
            run.wait(timeout=chance.uniform(0, longest))
        except subprocess.TimeoutExpired:
            pass
        self.kill_everything()
        out, _ = run.communicate()
        return run.returncode == 0 and "code" not in json.loads(out or '{"code": 0}')


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
    new = "n" + str(chance.randrange(10**9))
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
    # The count follows the disk: killed between the two, it is one behind.
    after = trial.call("workspace", "status", workspace)["reset_count"]
    assert after - before in (0, 1) and (after > before or not done), (before, after)


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


def left(trial):
    """What is in the state directory beside what is listed."""
    folder = trial.home / "workspaces"
    names = set(os.listdir(folder)) if folder.is_dir() else set()
    return names - set(trial.listed())


def main():
    print("seed", SEED)
    with tempfile.TemporaryDirectory() as place:
        trial = Trial(Path(place))
        try:
            for case in (created, ran, written, pushed, reset, lived_in, deleted):
                workspace = None
                for _ in range(ROUNDS):
                    if case is not created and (workspace is None or workspace not in trial.listed()):
                        made = ["workspace", "create", "debian:12", *MACHINE, "--seed-path", str(trial.seed)]
                        workspace = trial.call(*made)["workspace_id"]
                    case(trial, workspace)
                    assert not left(trial), left(trial)
                print(f"{case.__name__}: as it should be", flush=True)
                for workspace in trial.listed():
                    trial.call("workspace", "delete", workspace)
            assert not left(trial), left(trial)
            until = time.monotonic() + 5
            while pids := trial.processes():
                assert time.monotonic() < until, f"left: {pids}"
                time.sleep(0.02)
        finally:
            trial.kill_everything()


main()
