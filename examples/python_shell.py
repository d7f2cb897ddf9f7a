"""A REPL driven from Python, as an agent would; debuggers and editors work the same way.

    python3 -m pip install ./sdk/python
    python3 examples/python_shell.py
"""

from __future__ import annotations

import sys

from pyro_mcp import Pyro, PyroError


class Shell:
    """One shell, and how far it was read."""

    def __init__(self, pyro: Pyro, workspace: str) -> None:
        self.pyro, self.workspace = pyro, workspace
        self.id = pyro.open_shell(workspace)["shell_id"]
        self.cursor = 0

    def type(self, text: str, enter: bool = True) -> None:
        self.pyro.write_shell(self.workspace, self.id, input=text, append_newline=enter)

    def until(self, end: str) -> str:
        """Reads on until what came ends so, as a person would see it."""
        seen = ""
        while not seen.rstrip().endswith(end):
            page = self.pyro.read_shell(
                self.workspace, self.id, cursor=self.cursor, plain=True, wait_for_idle_ms=200, wait_seconds=30
            )
            seen, self.cursor = seen + page["output"], page["next_cursor"]
            if page["state"] == "stopped":
                raise EOFError(f"the shell ended with {page.get('exit_code')}: {seen}")
        return seen


def work(pyro: Pyro, workspace: str) -> None:
    shell = Shell(pyro, workspace)
    shell.until("$")
    shell.type("python3 -q")
    shell.until(">>>")
    shell.type("sum(n * n for n in range(10))")
    print(shell.until(">>>"))

    # A loop without end, interrupted: the signal reaches what is in front, and the REPL lives on.
    shell.type("while True: pass\n")
    pyro.signal_shell(workspace, shell.id)
    print(shell.until(">>>"))
    pyro.close_shell(workspace, shell.id)


def main() -> int:
    with Pyro() as pyro:
        try:
            workspace = pyro.create_workspace("debian:12-build", name="python-shell")["workspace_id"]
            try:
                work(pyro, workspace)
            finally:
                pyro.delete_workspace(workspace)
        except PyroError as failure:
            print(f"{failure.code}: {failure.message}", file=sys.stderr)
            if failure.hint:
                print(f"hint: {failure.hint}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
