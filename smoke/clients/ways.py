"""The ways to call pyro's tools from Python, all the same to a caller: `await way("workspace_exec", workspace_id=…)`.

Over MCP (stdio, or HTTP with the token in PYRO_TOKEN), from the command line, and through pyro's own SDK."""

from __future__ import annotations

import asyncio
import json
import keyword
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from pyro_mcp import Pyro, PyroError

Way = Callable[..., Awaitable[dict[str, Any]]]
# Opens one for a binary or a URL.
Opening = Callable[[str], AbstractAsyncContextManager[Way]]
PROFILE = "workspace-core"
# What the command line takes by position.
POSITIONALS = ("environment", "workspace_id", "path", "source_path", "shell_id", "service_name", "snapshot_name")


class Refused(Exception):
    """A tool's failure."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


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


@asynccontextmanager
async def own_sdk(pyro: str) -> AsyncIterator[Way]:
    with Pyro(binary=pyro) as sdk:
        methods: dict[str, Callable[..., Any]] = {
            "workspace_create": sdk.create_workspace,
            "workspace_exec": sdk.exec_workspace,
            "workspace_list": sdk.list_workspaces,
            "workspace_update": sdk.update_workspace,
            "workspace_file_list": sdk.list_workspace_files,
            "workspace_file_read": sdk.read_workspace_file,
            "workspace_file_write": sdk.write_workspace_file,
            "workspace_patch_apply": sdk.apply_workspace_patch,
            "workspace_diff": sdk.diff_workspace,
            "workspace_export": sdk.export_workspace,
            "workspace_reset": sdk.reset_workspace,
            "workspace_delete": sdk.delete_workspace,
            "workspace_status": sdk.status_workspace,
            "workspace_stop": sdk.stop_workspace,
            "workspace_start": sdk.start_workspace,
            "workspace_snapshot_create": sdk.create_snapshot,
            "workspace_snapshot_list": sdk.list_snapshots,
            "workspace_snapshot_delete": sdk.delete_snapshot,
            "workspace_disk_list": sdk.list_workspace_disk,
            "workspace_disk_read": sdk.read_workspace_disk,
            "workspace_shell_open": sdk.open_shell,
            "workspace_shell_read": sdk.read_shell,
            "workspace_shell_write": sdk.write_shell,
            "workspace_shell_close": sdk.close_shell,
            "workspace_service_start": sdk.start_service,
            "workspace_service_status": sdk.status_service,
            "workspace_service_logs": sdk.logs_service,
            "workspace_service_stop": sdk.stop_service,
        }

        async def call(tool: str, **given: Any) -> dict[str, Any]:
            named = {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in given.items()}
            try:
                return dict(await asyncio.to_thread(methods[tool], **named))
            except PyroError as error:
                raise Refused(error.code, error.message) from error

        yield call
