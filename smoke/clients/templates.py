"""Templates that are spoilt, keepers and makers that are killed, and forks that end half-way.
Usage: templates.py PYRO

The cache is a view of this host's with templates of its own: nothing that is spoilt here is anybody else's."""

import os
import random
import signal
import socket
import subprocess
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
    works(trial, first["workspace_id"])
    trial.call("workspace", "delete", first["workspace_id"])


def refused(trial, _):
    """A QEMU that does not go on from what it saved: machines boot, say so, and try it no more for the time being."""
    wrapper = trial.home.parent / "qemu"
    wrapper.write_text(
        "#!/bin/sh\ncase \"$*\" in *share=off*) echo this one does not >&2; exit 1;; esac\n"
        "exec qemu-system-x86_64 \"$@\"\n"
    )
    wrapper.chmod(0o755)
    # It is started under the machine's own user.
    trial.home.parent.chmod(0o711)
    trial.environment["PYRO_QEMU"] = str(wrapper)
    for _ in range(2):
        made = create(trial)
        assert made["start"]["how"] == "booted" and "this one does not" in made["start"]["trouble"], made["start"]
        works(trial, made["workspace_id"])
        trial.call("workspace", "delete", made["workspace_id"])
    del trial.environment["PYRO_QEMU"]


def full(trial, _):
    """The state directory has no room for a copy of the disk: no fork, and the source counts on."""
    small = trial.home.parent / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "pyro-small", small], capture_output=True)
    if mounted.returncode != 0:
        print("full: skipped, for nothing can be mounted here:", mounted.stderr.decode().strip(), flush=True)
        return
    tight = Trial(PYRO, 0, small)
    tight.environment["PYRO_POOL"] = "0"
    try:
        source = counting(tight)
        room = os.statvfs(small)
        filler = small / "filler"
        filler.write_bytes(b"x" * (room.f_bavail * room.f_frsize - (2 << 20)))
        said = tight.answer("workspace", "fork", source)
        assert said.get("code") == "limit" and "no space left" in said["message"], said
        counts(tight, source)
        assert tight.listed() == [source] and not tight.left(), (tight.listed(), tight.left())
        filler.unlink()
        counts(tight, tight.call("workspace", "fork", source)["workspaces"][0]["workspace_id"])
        for workspace in tight.listed():
            tight.call("workspace", "delete", workspace)
    finally:
        tight.kill_everything()
        until = time.monotonic() + 10
        while subprocess.run(["umount", small], capture_output=True).returncode != 0:
            assert time.monotonic() < until, "the small file system stays busy"


def confined(trial, _):
    """However a machine began, its QEMU is nobody, may do nothing, and cannot write to the memory it went on from."""
    restored = create(trial)["workspace_id"]
    # The next one takes the spare that the first one had made.
    time.sleep(2)
    spare = create(trial)["workspace_id"]
    forked = trial.call("workspace", "fork", restored)["workspaces"][0]["workspace_id"]
    for workspace in (restored, spare, forked):
        supervisor = int((trial.home / "workspaces" / workspace / "supervisor.lock").read_text())
        (qemu,) = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{qemu}/status").read_text().splitlines() if ":\t" in line)
        assert (status["Seccomp"], status["NoNewPrivs"], int(status["CapEff"], 16)) == ("2", "1", 0), status
        assert os.geteuid() != 0 or int(status["Uid"].split()[0]) > 1 << 30, status["Uid"]
        sealed = 0
        for fd in Path(f"/proc/{qemu}/fd").iterdir():
            if os.readlink(fd).startswith("/memfd:pyro"):
                file = os.open(fd, os.O_RDWR)
                try:
                    os.pwrite(file, b"x", 0)
                    raise AssertionError(f"{workspace}: {os.readlink(fd)} can be written to")
                except PermissionError:
                    sealed += 1
                finally:
                    os.close(file)
        assert sealed >= 1, (workspace, [os.readlink(fd) for fd in Path(f"/proc/{qemu}/fd").iterdir()])
    for workspace in trial.listed():
        trial.call("workspace", "delete", workspace)


def ports(trial, _):
    """A service that goes on in a fork is reached at the fork's own port, and each ends by itself."""
    source = trial.call("workspace", "create", "debian:12", *MACHINE, "--network-policy", "egress+published-ports")["workspace_id"]
    serve = (
        "exec perl -MSocket -e 'socket(L, PF_INET, SOCK_STREAM, 0); bind(L, sockaddr_in(7000, INADDR_LOOPBACK)) or die; "
        "listen(L, 5); while (accept(C, L)) { my $h = `hostname`; syswrite(C, $h); close C }'"
    )
    trial.call("workspace", "service", "start", source, "web", "--published-port", "7000", "--ready-tcp", "7000", "--", serve)
    copy = trial.call("workspace", "fork", source)["workspaces"][0]["workspace_id"]
    for workspace in (source, copy):
        (port,) = trial.call("workspace", "service", "status", workspace, "web")["published_ports"]
        with socket.create_connection(("127.0.0.1", port["host_port"]), timeout=20) as stream:
            assert stream.makefile().read() == f"{workspace}\n"
    for workspace in (source, copy):
        trial.call("workspace", "delete", workspace)


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
        # Whoever was killed stands in nobody's way.
        whole = trial.call("workspace", "fork", source)["workspaces"][0]["workspace_id"]
        counts(trial, whole)
        trial.call("workspace", "delete", whole)
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
            for part in (spoilt, refused, distinct, confined, ports, full, keepers_killed, forks_of_forks, forkers_killed, sources_killed):
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
