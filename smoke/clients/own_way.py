"""pyro's own Python SDK as a way to call its tools; it needs nothing that is not in the package."""

from __future__ import annotations

import asyncio
import keyword
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from pyro_mcp import AsyncPyro, Pyro, PyroError

Way = Callable[..., Awaitable[dict[str, Any]]]
METHODS = {
    "workspace_create": "create_workspace",
    "workspace_exec": "exec_workspace",
    "workspace_list": "list_workspaces",
    "workspace_update": "update_workspace",
    "workspace_file_list": "list_workspace_files",
    "workspace_file_read": "read_workspace_file",
    "workspace_file_write": "write_workspace_file",
    "workspace_patch_apply": "apply_workspace_patch",
    "workspace_diff": "diff_workspace",
    "workspace_export": "export_workspace",
    "workspace_reset": "reset_workspace",
    "workspace_delete": "delete_workspace",
    "workspace_status": "status_workspace",
    "workspace_stop": "stop_workspace",
    "workspace_start": "start_workspace",
    "workspace_snapshot_create": "create_snapshot",
    "workspace_snapshot_list": "list_snapshots",
    "workspace_snapshot_delete": "delete_snapshot",
    "workspace_disk_list": "list_workspace_disk",
    "workspace_disk_read": "read_workspace_disk",
    "workspace_shell_open": "open_shell",
    "workspace_shell_read": "read_shell",
    "workspace_shell_write": "write_shell",
    "workspace_shell_close": "close_shell",
    "workspace_service_start": "start_service",
    "workspace_service_status": "status_service",
    "workspace_service_logs": "logs_service",
    "workspace_service_stop": "stop_service",
}


class Refused(Exception):
    """A tool's failure."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def _named(given: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in given.items()}


@asynccontextmanager
async def own_sdk(pyro: str | None) -> AsyncIterator[Way]:
    """Through `Pyro`; without a path, the binary that it finds."""
    with Pyro(binary=pyro) as sdk:

        async def call(tool: str, **given: Any) -> dict[str, Any]:
            try:
                return dict(await asyncio.to_thread(getattr(sdk, METHODS[tool]), **_named(given)))
            except PyroError as error:
                raise Refused(error.code, error.message) from error

        yield call


@asynccontextmanager
async def own_async_sdk(pyro: str | None) -> AsyncIterator[Way]:
    """Through `AsyncPyro`."""
    async with AsyncPyro(binary=pyro) as sdk:

        async def call(tool: str, **given: Any) -> dict[str, Any]:
            try:
                return dict(await getattr(sdk, METHODS[tool])(**_named(given)))
            except PyroError as error:
                raise Refused(error.code, error.message) from error

        yield call
