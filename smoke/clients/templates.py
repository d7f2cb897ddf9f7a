"""Templates that are spoilt, keepers and makers that are killed, and forks that end half-way.
Usage: templates.py PYRO

The cache is a view of this host's with templates of its own: nothing that is spoilt here is anybody else's."""

import os
import random
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from killing import Trial

PYRO = sys.argv[1]
MACHINE = ["--mem-mib", "256"]
CHANCE = random.Random(7)


def view_of_the_cache(place):
    """Everything of the cache but templates, which are made anew here."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyro"
    view = place / "cache/pyro"
    view.mkdir(parents=True)
    for entry in cache.iterdir():
        if entry.name != "templates":
            (view / entry.name).symlink_to(entry)
    os.environ["XDG_CACHE_HOME"] = str(place / "cache")
    return view / "templates"


def create(trial):
    return trial.call("workspace", "create", "debian:12", *MACHINE, "--seed-path", str(trial.seed))


def works(trial, workspace):
    assert trial.sh(workspace, "cat seed.txt") == "seed\n"


def one(templates, kind):
    found = [folder for folder in templates.iterdir() if f'"{kind}"' in manifest(folder)]
    assert len(found) == 1, (kind, list(templates.iterdir()))
    return found[0]


def manifest(folder):
    file = folder / "template.json"
    return file.read_text() if file.exists() else ""


def truncated(template, other):
    os.truncate(template / "memory", 1 << 20)


def swapped(template, other):
    state = (other / "state").read_bytes()
    (template / "state").unlink()
    (template / "state").write_bytes(state)


def rewritten(template, other):
    with open(template / "disk.ext4", "r+b") as disk:
        disk.seek(1024)
        disk.write(b"\0" * 4096)


def foreign(template, other):
    (template / "template.json").write_text('{"version": 99}')


def lost(template, other):
    (template / "memory").unlink()


def spoilt(trial, templates):
    """What is not as it was made is made anew and never used."""
    first = create(trial)
    assert first["start"]["how"] == "restored", first["start"]
    trial.call("workspace", "stop", first["workspace_id"])
    again = trial.call("workspace", "start", first["workspace_id"])
    assert again["start"]["how"] == "restored", again["start"]
    for spoil in (truncated, swapped, rewritten, foreign, lost):
        trial.end_keepers()
        fresh, bare = one(templates, "fresh"), one(templates, "bare")
        os.chmod(fresh / "disk.ext4", 0o600)
        spoil(fresh, bare)
        made = create(trial)
        assert made["start"] == {"how": "restored"}, (spoil.__name__, made["start"])
        works(trial, made["workspace_id"])
        trial.call("workspace", "delete", made["workspace_id"])
    # A state that no QEMU would take, under a manifest that vouches for it, is found out by going on from it.
    trial.end_keepers()
    works(trial, first["workspace_id"])
    trial.call("workspace", "delete", first["workspace_id"])


def distinct(trial, _):
    """Two that go on from one template share no ids and no randomness, and both know the time."""
    command = "hostname; cat /etc/machine-id /proc/sys/kernel/random/boot_id; head -c 16 /dev/urandom | od -An -tx1; date +%s.%N"
    workspaces = [create(trial)["workspace_id"] for _ in range(2)]
    said = []
    for workspace in workspaces:
        before = time.time()
        said.append(trial.sh(workspace, command).splitlines())
        assert before - 1 <= float(said[-1].pop()) <= time.time() + 1
    for mine, other in zip(*said):
        assert mine != other, said
    for workspace in workspaces:
        trial.call("workspace", "delete", workspace)


def keepers(trial):
    found = []
    for lock in trial.home.glob("keepers/*/keeper.lock"):
        pid = int((lock.read_text().split() or [0])[0])
        if b"keep" in trial.words(pid):
            found.append(pid)
    return found


def keepers_killed(trial, _):
    """At any moment, with their spares: whoever wants a machine gets one, or is told why not."""
    over = threading.Event()

    def kill():
        while not over.wait(CHANCE.uniform(0.05, 0.6)):
            for pid in keepers(trial):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for _ in range(8):
            made = create(trial)
            works(trial, made["workspace_id"])
            trial.call("workspace", "delete", made["workspace_id"])
    finally:
        over.set()
        killer.join()


def counting(trial):
    workspace = create(trial)["workspace_id"]
    count = "i=0; while sleep 0.05; do i=$((i+1)); echo $i >/run/count; done"
    trial.sh(workspace, f"nohup sh -c '{count}' >/dev/null 2>&1 & until test -s /run/count; do sleep 0.05; done")
    return workspace


def counts(trial, workspace):
    trial.sh(workspace, "a=$(cat /run/count); until test $(cat /run/count) -gt $a; do sleep 0.05; done")


def forks_of_forks(trial, _):
    """Two forks at once, and a fork of a fork: all of them count on."""
    source = counting(trial)
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(trial.call, "workspace", "fork", source) for _ in range(2)]
        copies = [fork.result()["workspaces"][0]["workspace_id"] for fork in made]
    copies += [trial.call("workspace", "fork", copies[0])["workspaces"][0]["workspace_id"]]
    for workspace in [source, *copies]:
        counts(trial, workspace)
    for workspace in [source, *copies]:
        trial.call("workspace", "delete", workspace)


def forkers_killed(trial, _):
    """Whoever asked for a fork is killed half-way: the source goes on, and nothing is left of the copies."""
    source = counting(trial)
    for _ in range(8):
        fork = trial.start("workspace", "fork", source, "--count", "2")
        time.sleep(CHANCE.uniform(0, 1.2))
        fork.kill()
        fork.communicate()
        counts(trial, source)
        until = time.monotonic() + 20
        # Those that came up before are whole; what was half-made goes.
        while trial.left() or len(trial.listed()) not in (1, 3):
            assert time.monotonic() < until, (trial.left(), trial.listed())
            time.sleep(0.05)
        for workspace in trial.listed():
            if workspace != source:
                counts(trial, workspace)
                trial.call("workspace", "delete", workspace)
    trial.call("workspace", "delete", source)


def sources_killed(trial, _):
    """The source's supervisor is killed half-way: the fork says so, or is there; the source starts again."""
    for _ in range(5):
        source = counting(trial)
        fork = trial.start("workspace", "fork", source)
        time.sleep(CHANCE.uniform(0, 0.8))
        supervisor = int((trial.home / "workspaces" / source / "supervisor.lock").read_text())
        os.kill(supervisor, signal.SIGKILL)
        out, _ = fork.communicate(timeout=120)
        copies = [one for one in trial.listed() if one != source]
        assert len(copies) == (1 if fork.returncode == 0 else 0), (fork.returncode, out, copies)
        works(trial, source)
        for workspace in [source, *copies]:
            trial.call("workspace", "delete", workspace)


def main():
    with tempfile.TemporaryDirectory() as place:
        templates = view_of_the_cache(Path(place))
        trial = Trial(PYRO, 7, Path(place))
        try:
            for part in (spoilt, distinct, keepers_killed, forks_of_forks, forkers_killed, sources_killed):
                began = time.monotonic()
                part(trial, templates)
                assert not trial.left(), trial.left()
                print(f"{part.__name__}: as it should be, {time.monotonic() - began:.0f} s", flush=True)
            trial.end_keepers()
            until = time.monotonic() + 5
            while pids := trial.processes():
                assert time.monotonic() < until, [(pid, trial.words(pid)) for pid in pids]
        finally:
            trial.kill_everything()


main()
