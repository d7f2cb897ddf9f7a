"""One REPL used by processes that never meet: the command line, an MCP client and pyro's own SDK, each only for some
calls, and all of them gone in between. Usage: repl.py PYRO"""

from __future__ import annotations

import asyncio
import subprocess
import sys

import ways

WAYS = {"cli": ways.command_line, "stdio": lambda pyro: ways.mcp_stdio(pyro, "workspace-full"), "sdk": ways.own_sdk}
# Who types what, and what must come back; each line is a process of its own.
TALK = [
    ("cli", "import math", ""),
    ("stdio", "numbers = [math.factorial(n) for n in range(6)]", ""),
    ("sdk", "sum(numbers)", "154"),
    ("cli", "def double(n):\n    return 2 * n\n", ""),
    ("stdio", "double(sum(numbers))", "308"),
    ("sdk", "1 / 0", "ZeroDivisionError: division by zero"),
    ("cli", "_ + 1", "309"),
    ("stdio", "'é' * 3", "'ééé'"),
    ("sdk", "len(numbers)", "6"),
    ("cli", "print(*numbers, sep='-')", "1-1-2-6-24-120"),
]


async def settled(way: ways.Way, place: dict[str, str], cursor: int) -> tuple[str, int]:
    """What came after the cursor, once the REPL asks again."""
    text = ""
    for _ in range(100):
        page = await way("workspace_shell_read", **place, cursor=cursor, plain=True, wait_for_idle_ms=100)
        text, cursor = text + page["output"], page["next_cursor"]
        if text.rstrip().endswith(">>>"):
            return text, cursor
    raise AssertionError(f"the REPL does not answer: {text!r}")


async def say(pyro: str, name: str, workspace: str, line: str) -> str:
    """One process's whole part: it knows the workspace, and finds the shell by asking."""
    async with WAYS[name](pyro) as way:
        (shell,) = (await way("workspace_status", workspace_id=workspace))["shells"]
        place = {"workspace_id": workspace, "shell_id": shell["shell_id"]}
        await way("workspace_shell_write", **place, input=line)
        text, _ = await settled(way, place, shell["written_bytes"])
        return text


async def begin(pyro: str) -> None:
    async with WAYS["stdio"](pyro) as way:
        workspace = (await way("workspace_create", environment="debian:12-build", mem_mib=512, name="repl"))["workspace_id"]
        shell = (await way("workspace_shell_open", workspace_id=workspace))["shell_id"]
        place = {"workspace_id": workspace, "shell_id": shell}
        await way("workspace_shell_write", **place, input="python3 -q")
        await settled(way, place, 0)


async def end(pyro: str) -> None:
    async with ways.own_sdk(pyro) as way:
        assert (await way("workspace_delete", workspace_id="repl"))["deleted"]


def main() -> None:
    pyro, *part = sys.argv[1:]
    if part:
        print(asyncio.run(say(pyro, part[0], part[1], part[2])))
        return
    asyncio.run(begin(pyro))
    try:
        for name, line, wanted in TALK:
            words = [sys.executable, __file__, pyro, name, "repl", line]
            said = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout
            assert f"\n{wanted}" in said, f"{name}: {line!r} was answered {said!r}, not {wanted!r}"
    finally:
        asyncio.run(end(pyro))


main()
