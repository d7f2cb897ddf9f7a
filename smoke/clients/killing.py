"""A state directory of its own, the processes that belong to it, and their violent end."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path


class Trial:
    def __init__(self, pyro: str, seed: int, place: Path):
        self.pyro, self.chance = pyro, random.Random(seed)
        self.home = place / "home"
        self.environment = {**os.environ, "PYRO_HOME": str(self.home)}
        self.seed = place / "seed"
        self.pushed = place / "pushed"
        for folder in (self.seed, self.pushed):
            folder.mkdir()
        (self.seed / "seed.txt").write_text("seed\n")

    def start(self, *words):
        end = words.index("--") if "--" in words else len(words)
        command = [self.pyro, *words[:end], "--json", *words[end:]]
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

    def left(self):
        """What is in the state directory beside what is listed."""
        folder = self.home / "workspaces"
        names = set(os.listdir(folder)) if folder.is_dir() else set()
        return names - set(self.listed())

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
            if ours and (program == os.path.basename(self.pyro) or program.startswith("qemu-system")):
                found.append(int(pid))
        return found

    def end_keepers(self):
        """They are meant to stay for a while, with a spare machine each, and go when they are told to."""
        for lock in self.home.glob("keepers/*/keeper.lock"):
            pid = int((lock.read_text().split() or [0])[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if Path(f"/proc/{pid}").exists() else []
            if b"keep" in words:
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 10
        spares = lambda: [one for one in self.processes() if b"spare" in self.words(one) or b"keep" in self.words(one)]
        while spares():
            assert time.monotonic() < until, f"{spares()} do not go"

    @staticmethod
    def words(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return []

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
            run.wait(timeout=self.chance.uniform(0, longest))
        except subprocess.TimeoutExpired:
            pass
        self.kill_everything()
        out, _ = run.communicate()
        return run.returncode == 0 and "code" not in json.loads(out or '{"code": 0}')
