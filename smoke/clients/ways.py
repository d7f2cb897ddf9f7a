"""The ways to call pyro's tools from Python, all the same to a caller: `await way("workspace_exec", workspace_id=…)`.

Over MCP (stdio, or HTTP with the token in PYRO_TOKEN), from the command line, and through pyro's own SDK."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from own_way import Refused as Refused, Way as Way, own_async_sdk as own_async_sdk, own_sdk as own_sdk

# Opens one for a binary or a URL.
Opening = Callable[[str], AbstractAsyncContextManager[Way]]
PROFILE = "workspace-core"
# What the command line takes by position.
POSITIONALS = ("environment", "workspace_id", "path", "source_path", "shell_id", "service_name", "snapshot_name")


def _over(client: Client) -> Way:
    async def call(tool: str, **given: Any) -> dict[str, Any]:
        result = await client.call_tool(tool, given)
        if result.is_error:
            (said,) = result.content
            assert said.type == "text", said
            failure = json.loads(said.text)
            raise Refused(failure["code"], failure["message"])
        assert result.structured_content is not None, result
        return dict(result.structured_content)

    return call


@asynccontextmanager
async def mcp_stdio(pyro: str, profile: str = PROFILE) -> AsyncIterator[Way]:
    served = StdioServerParameters(command=pyro, args=["mcp", "serve", "--profile", profile], env=dict(os.environ))
    async with Client(served) as client:
        yield _over(client)


@asynccontextmanager
async def mcp_http(url: str) -> AsyncIterator[Way]:
    headers = {"Authorization": f"Bearer {os.environ['PYRO_TOKEN']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=600) as http:
        async with Client(streamable_http_client(f"{url}/{PROFILE}", http_client=http)) as client:
            yield _over(client)


@asynccontextmanager
async def command_line(pyro: str) -> AsyncIterator[Way]:
    async def call(tool: str, **given: Any) -> dict[str, Any]:
        words = [pyro, *tool.split("_"), "--json"]
        words += [str(given.pop(name)) for name in POSITIONALS if name in given]
        command = given.pop("command", None)
        for name, value in given.items():
            flag = "--" + name.replace("_", "-")
            if isinstance(value, dict):
                # One flag for each: --label key=value.
                words += [f"{flag.removesuffix('s')}={key}={inner}" for key, inner in value.items()]
            else:
                words += [flag] if value is True else [f"{flag}={value}"]
        words += [] if command is None else ["--", command]
        run = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await run.communicate()
        if not out:
            raise Refused(f"exit {run.returncode}", err.decode())
        said: dict[str, Any] = json.loads(out)
        if "code" in said:
            raise Refused(said["code"], said["message"])
        return said

    yield call
