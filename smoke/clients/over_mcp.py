"""The Python MCP client drives vm_run in both protocol eras, over stdio or HTTP: over_mcp.py PYRO|URL

Over HTTP it shows the token in PYRO_TOKEN."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

MODERN = "2026-07-28"


@asynccontextmanager
async def connected(profile: str, **how: Any) -> AsyncIterator[Client]:
    target = sys.argv[1]
    if not target.startswith("http://"):
        stdio = StdioServerParameters(command=target, args=["mcp", "serve", "--profile", profile], env=dict(os.environ))
        async with Client(stdio, **how) as client:
            yield client
        return
    headers = {"Authorization": f"Bearer {os.environ['PYRO_TOKEN']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=600) as http:
        async with Client(streamable_http_client(f"{target}/{profile}", http_client=http), **how) as client:
            yield client


def run(command: str, **more: Any) -> dict[str, Any]:
    return {"environment": "debian:12", "command": command, **more}


async def answers(client: Client) -> None:
    told: list[tuple[float, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, message))

    result = await client.call_tool("vm_run", run("echo out; echo err >&2; exit 3"), progress_callback=progress)
    said = result.structured_content
    assert not result.is_error and said, result
    assert (said["exit_code"], said["stdout"], said["stderr"]) == (3, "out\n", "err\n"), said
    assert said["cleanup"]["deleted"] is True, said
    assert told, "no progress was told"
    assert [done for done, _ in told] == sorted(done for done, _ in told), told

    failure = await client.call_tool("vm_run", run("true", vcpu_count=99))
    assert failure.is_error and "`vcpu_count` must be from 1 to 8" in failure.content[0].text, failure


async def cancels(client: Client) -> None:
    """A call taken back ends its machine; the session goes on."""
    started = asyncio.Event()

    async def progress(_done: float, _total: float | None, _message: str | None) -> None:
        started.set()

    call = asyncio.create_task(client.call_tool("vm_run", run("sleep 300", timeout_seconds=300), progress_callback=progress))
    await asyncio.wait_for(started.wait(), 60)
    call.cancel()
    began = time.monotonic()
    try:
        await call
    except asyncio.CancelledError:
        pass
    tools = await client.list_tools()
    assert [tool.name for tool in tools.tools] == ["vm_run"], tools
    assert time.monotonic() - began < 5, "the session was blocked by a canceled call"
    result = await client.call_tool("vm_run", run("echo again"))
    assert result.structured_content and result.structured_content["stdout"] == "again\n", result


async def main() -> None:
    for mode in ("legacy", MODERN):
        async with connected("vm-run", mode=mode) as client:
            version = client.protocol_version
            assert (version == MODERN) == (mode == MODERN), f"{mode} became {version}"
            await answers(client)
            await cancels(client)
            print(mode, version, "passed")
    async with connected("workspace-full") as client:
        assert client.protocol_version == MODERN, f"the client settled for {client.protocol_version}"
        created = await client.call_tool("vm_create", {"environment": "debian:12"})
        assert created.structured_content, created
        machine = {"vm_id": created.structured_content["vm_id"]}
        assert (await client.call_tool("vm_start", machine)).structured_content["state"] == "started"
        ended = await client.call_tool("vm_exec", {**machine, "command": "hostname"})
        assert ended.structured_content["stdout"] == machine["vm_id"] + "\n", ended
        assert (await client.call_tool("vm_status", machine)).is_error


asyncio.run(main())
