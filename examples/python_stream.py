"""Follows commands while they run; the second is left before its end, and does not outlive that.

    python3 examples/python_stream.py
"""

from __future__ import annotations

import sys

from pyro_mcp import Pyro, PyroError

COUNTING = "for i in 1 2 3; do echo line $i; sleep 0.3; done; echo to the end >&2; exit 3"


def main() -> int:
    try:
        with Pyro() as pyro, pyro.workspace("debian:12") as workspace:
            with workspace.stream(COUNTING, timeout_seconds=60) as running:
                for piece in running:
                    print(f"{piece.stream} from {piece.offset}: {piece.text!r}")
            print(f"exit code {running.result.get('exit_code')}")

            for piece in workspace.stream("yes", timeout_seconds=600):
                print(f"enough after {len(piece.text)} characters")
                break
            left = workspace.exec("pgrep yes")
            print("it runs on" if left.get("exit_code") == 0 else "it has ended")
            return 1 if left.get("exit_code") == 0 else 0
    except PyroError as failure:
        print(f"{failure.code}: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
