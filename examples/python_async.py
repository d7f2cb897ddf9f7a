"""Two workspaces at once, by tasks; a third task takes too long, is canceled, and its machine goes with it.

    python3 examples/python_async.py
"""

from __future__ import annotations

import asyncio
import sys

from pyro_mcp import AsyncPyro, PyroError


async def ask(pyro: AsyncPyro, command: str, begun: asyncio.Event) -> str:
    async with pyro.workspace("debian:12", mem_mib=512) as workspace:
        text = ""
        async with workspace.stream(command, timeout_seconds=900) as running:
            async for piece in running:
                begun.set()
                text += piece.text
        return text.strip()


async def main() -> int:
    try:
        async with AsyncPyro() as pyro:
            begun = asyncio.Event()
            endless = asyncio.create_task(ask(pyro, "echo begun; sleep 800", begun))
            answers = await asyncio.gather(
                ask(pyro, "echo $((6 * 7))", asyncio.Event()), ask(pyro, "uname -s", asyncio.Event()), begun.wait()
            )
            print(answers[0], answers[1])
            endless.cancel()
            await asyncio.wait([endless])
            left = (await pyro.list_workspaces())["workspaces"]
            print(f"canceled: {endless.cancelled()}, workspaces left: {len(left)}")
            return 0 if endless.cancelled() else 1
    except PyroError as failure:
        print(f"{failure.code}: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
