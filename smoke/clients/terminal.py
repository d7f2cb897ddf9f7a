"""A person at a terminal: `pyro workspace shell attach` on a PTY of this host. Usage: terminal.py PYRO"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PYRO = sys.argv[1]
LEAVE = b"\x1d"


def call(*words):
    run = subprocess.run([PYRO, *words, "--json"], stdout=subprocess.PIPE, timeout=120, check=False)
    return json.loads(run.stdout)


class Person:
    """One `attach` on a terminal of its own."""

    def __init__(self, *words, cols=90, rows=20):
        self.seen = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
            os.execv(PYRO, [PYRO, "workspace", "shell", "attach", *words])

    def size(self, cols, rows):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def type(self, keys):
        os.write(self.terminal, keys)

    def until(self, pattern, seconds=30):
        """Reads until the pattern is seen; what came up to there is taken away."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen, re.DOTALL)):
            left = end - time.monotonic()
            assert left > 0, f"{pattern} never came: {self.seen[-2000:]}"
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    self.seen += os.read(self.terminal, 65536)
                except OSError:
                    raise AssertionError(f"{pattern} never came, and nothing more will: {self.seen[-2000:]}") from None
        self.seen = self.seen[found.end():]
        return found

    def raw(self):
        flags = termios.tcgetattr(self.terminal)[3]
        return not flags & (termios.ICANON | termios.ECHO)

    def leaves(self, seconds=30):
        """Waits for its end; answers its exit status and its last words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.terminal, 65536)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status), self.seen
        raise AssertionError(f"attach does not end: {self.seen[-2000:]}")


def story(workspace):
    ann = Person(workspace)
    ann.until(rb"/workspace \$ ")
    assert ann.raw(), "keys are not passed on one by one"
    ann.type(b"stty size; tty\r")
    ann.until(rb"\r20 90\r\n/dev/pts/\d+\r\n.*\$ ")
    ann.size(70, 15)
    ann.until(rb"\$ ")
    ann.type(b"stty size\r")
    ann.until(rb"\r15 70\r\n.*\$ ")
    # The program itself says that it is in front: bash, interrupted while it starts one, loses its terminal and ends.
    ann.type(b"kept=yes; sh -c 'echo begun; exec sleep 600'\r")
    ann.until(rb"\rbegun\r\n")
    ann.type(b"\x03")
    ann.until(rb"\^C.*\$ ")

    (shell,) = call("workspace", "status", workspace)["shells"]
    assert shell["state"] == "running", shell
    ben = Person(workspace, shell["shell_id"])
    ben.until(rb"\$ ")
    ben.type(b"echo both $kept\r")
    for person in (ann, ben):
        person.until(rb"\rboth yes\r\n")

    ann.type(LEAVE)
    status, said = ann.leaves()
    assert status == 0 and shell["shell_id"].encode() in said and b"goes on" in said, (status, said)
    ben.type(b"vim -u NONE poem\r")
    ben.until(rb"\x1b\[\?1049h")
    ben.type(b"iroses")
    ben.until(rb"roses")
    ben.type(LEAVE)
    status, said = ben.leaves()
    assert status == 0 and b"\x1b[?1049l" in said, "the person's own screen is not given back"

    again = Person(workspace, shell["shell_id"])
    again.until(rb"\x1b\[\?1049h.*roses")
    again.type(b"\x1b:wq\r")
    again.until(rb"\$ ")
    again.type(b"cat poem; exit 7\r")
    again.until(rb"\rroses\r\n")
    status, _ = again.leaves()
    assert status == 7, f"the shell's status is not ours: {status}"
    assert call("workspace", "status", workspace)["shells"] == [], "a shell that was left for good is still there"

    # One whose terminal vanishes, as with a broken ssh, leaves its shell running.
    lost = Person(workspace)
    lost.until(rb"\$ ")
    os.close(lost.terminal)
    os.waitpid(lost.pid, 0)
    (shell,) = call("workspace", "status", workspace)["shells"]
    assert shell["state"] == "running", shell

    piped = subprocess.run([PYRO, "workspace", "shell", "attach", workspace], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=False)
    assert piped.returncode == 1 and "no terminal" in piped.stderr and "shell write" in piped.stderr, piped


def main():
    workspace = call("workspace", "create", "debian:12-build", "--mem-mib", "512")["workspace_id"]
    try:
        story(workspace)
    finally:
        assert call("workspace", "delete", workspace)["deleted"]


main()
