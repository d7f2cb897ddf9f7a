"""Runs one command in a microVM of its own and shows what came back.

    python3 -m pip install ./sdk/python
    python3 examples/python_one_shot.py [COMMAND]
"""

from __future__ import annotations

import sys

from pyro_mcp import Pyro, PyroError


def show(step: str, fraction: float | None) -> None:
    """Building an environment takes a while the first time; this tells how far it is."""
    done = "" if fraction is None else f" {fraction:.0%}"
    print(f"... {step}{done}", file=sys.stderr)


def main() -> int:
    command = " ".join(sys.argv[1:]) or "git --version; uname -r"
    try:
        with Pyro() as pyro:
            result = pyro.run_in_vm("debian:12", command=command, timeout_seconds=60, on_progress=show)
    except PyroError as failure:
        print(f"{failure.code}: {failure.message}", file=sys.stderr)
        if failure.hint:
            print(f"hint: {failure.hint}", file=sys.stderr)
        return 125
    sys.stdout.write(result["stdout"])
    sys.stderr.write(result["stderr"])
    print(f"[{result['exit_reason']}, {result['duration_ms']} ms, {result['execution_mode']}]", file=sys.stderr)
    return result["exit_code"]


if __name__ == "__main__":
    sys.exit(main())
