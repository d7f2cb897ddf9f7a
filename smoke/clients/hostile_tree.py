"""A hostile guest against what is on the host: exports of its trees, its floods. Usage: hostile_tree.py PYRO"""

import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

PYRO = sys.argv[1]
HOME = Path(os.environ["PYRO_HOME"])
MIB = 1024 * 1024

ODD = r"""
mkdir -p odd/below && cd odd
mkfifo fifo below/fifo
mknod zero c 1 5
mknod disk b 254 0
perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0); bind($s, sockaddr_un("socket"))'
ln -s /etc/shadow shadow
ln -s /dev/zero endless
ln -s ../../.. up
printf data >"$(printf 'line\nend')"
printf data >"$(printf 'escape\033[2J')"
printf data >"$(printf 'bytes\377\376')"
printf '#!/bin/sh\n' >setuid && chmod 6755 setuid
"""
# What stays of it, besides directories.
KEPT = {b"shadow", b"endless", b"up", b"line\nend", b"escape\x1b[2J", b"bytes\xff\xfe", b"setuid"}
LEFT_OUT = {"fifo", "below/fifo", "zero", "disk", "socket"}
DEEP = """mkdir deep && cd deep && perl -e 'for (1..10000) { mkdir "d" or die; chdir "d" or die } open my $f, ">", "bottom"'"""
SWAP = "mkdir real && echo mine >real/passwd; (while :; do mv real away; ln -s /etc real; rm real; mv away real; done) >/dev/null 2>&1 &"


def call(*words):
    end = words.index("--") if "--" in words else len(words)
    run = subprocess.run([PYRO, *words[:end], "--json", *words[end:]], capture_output=True, text=True, timeout=300)
    assert run.stdout, (words, run.stderr)
    return json.loads(run.stdout)


def fine(*words):
    said = call(*words)
    assert "code" not in said, (words, said)
    return said


def sh(workspace, command, timeout=60):
    ran = fine("workspace", "exec", workspace, "--timeout-seconds", str(timeout), "--", command)
    assert ran["exit_code"] == 0, ran
    return ran


def export(workspace, path, to):
    return call("workspace", "export", workspace, path, "--output-path", str(to))


def odd_trees(workspace, place):
    sh(workspace, ODD)
    told = export(workspace, "odd", place / "odd")
    assert "code" not in told and set(told["skipped"]) == LEFT_OUT, told
    found = {}
    for where, _, files in os.walk(os.fsencode(place / "odd")):
        found.update({name: os.lstat(os.path.join(where, name)) for name in files})
    links = os.walk(os.fsencode(place / "odd"))
    names = set(found) | {name for _, directories, _ in links for name in directories} - {b"below"}
    assert names == KEPT, names
    assert all(stat.S_ISREG(one.st_mode) or stat.S_ISLNK(one.st_mode) for one in found.values()), found
    assert not found[b"setuid"].st_mode & (stat.S_ISUID | stat.S_ISGID), "set-user-id came along"
    told = export(workspace, "odd/shadow", place / "shadow")
    assert told["artifact_type"] == "symlink" and os.readlink(place / "shadow") == "/etc/shadow", told


def deep_trees(workspace, place):
    sh(workspace, DEEP)
    told = export(workspace, "deep", place / "deep")
    assert ("code" in told) == (not (place / "deep").exists()), told
    # Either it is refused, or what lies too deep is named.
    assert told.get("code") in ("limit", "invalid", "conflict") or told["skipped"], told
    # Python's own removal gives up at a thousand levels.
    subprocess.run(["rm", "-rf", place / "deep"], check=True)
    print("an export of ten thousand levels:", told.get("code") or f"{told['entry_count']} entries")


def trees_that_change(workspace, place):
    """A directory that becomes a link to /etc and back: it is exported as one or the other, never through the link."""
    sh(workspace, SWAP)
    for number in range(10):
        to = place / f"real {number}"
        told = export(workspace, "real", to)
        if "code" in told:
            assert told["code"] in ("missing", "conflict") and not to.exists(), told
        elif to.is_symlink():
            assert os.readlink(to) == "/etc", to
        else:
            files = {one.name: one.read_text() for one in to.iterdir()}
            assert files in ({"passwd": "mine\n"}, {}), files
    sh(workspace, "(yes >growing) & sleep 0.2")
    told = export(workspace, "growing", place / "growing")
    assert told.get("code") in (None, "conflict"), told
    sh(workspace, "kill $(grep -lx yes /proc/[0-9]*/comm | cut -d/ -f3); rm growing")


def floods(workspace):
    """Memory of the supervisor, history and console stay small whatever is said."""
    folder = HOME / "workspaces" / workspace
    supervisor = (folder / "supervisor.lock").read_text().strip()
    most, over = [0], threading.Event()

    def watch():
        while not over.wait(0.1):
            status = Path(f"/proc/{supervisor}/status").read_text()
            resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            most[0] = max(most[0], int(resident.split()[1]) * 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        ran = sh(workspace, "head -c 67108864 /dev/zero; yes console | head -c 500000 >/dev/console", timeout=240)
    finally:
        over.set()
        watcher.join()
    assert ran["stdout_bytes"] == 67108864, ran
    kept = sum(one.stat().st_blocks * 512 for one in (folder / "commands").iterdir())
    assert kept < 18 * MIB, f"{kept} bytes of history"
    assert (folder / "console.log").stat().st_size < MIB
    assert 0 < most[0] < 100 * MIB, f"the supervisor took {most[0] // MIB} MiB"
    print(f"a flood took {most[0] // MIB} MiB of the supervisor and {kept // MIB} MiB of disk")


def main():
    workspace = fine("workspace", "create", "debian:12", "--mem-mib", "512")["workspace_id"]
    try:
        with tempfile.TemporaryDirectory() as place:
            odd_trees(workspace, Path(place))
            deep_trees(workspace, Path(place))
            trees_that_change(workspace, Path(place))
            strays = [name for name in os.listdir(place) if name.startswith(".")]
            assert not strays, strays
        floods(workspace)
    finally:
        fine("workspace", "delete", workspace)


main()
