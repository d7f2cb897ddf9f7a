"""pyro gives LLM agents a computer of their own; this package drives the `pyro` binary."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Optional, cast

from ._api import Api, OnProgress
from ._client import Client, PyroError, find_binary

__version__ = "4.0.0"
__all__ = ["OnProgress", "Profile", "Pyro", "PyroError", "Server", "create_server", "__version__"]

Profile = Literal["vm-run", "workspace-core", "workspace-full"]


class Server:
    """An MCP server that is not running yet; it is the `pyro` binary, serving on standard input and output."""

    def __init__(self, profile: Profile = "workspace-core", *, binary: str | os.PathLike[str] | None = None) -> None:
        self.command: list[str] = [find_binary(binary), "mcp", "serve", "--profile", profile]

    def run(self) -> int:
        """Serves on this process's own standard input and output until the client is gone; answers the exit status."""
        return subprocess.call(self.command)

    def start(self) -> subprocess.Popen[bytes]:
        """Starts it with pipes: write JSON-RPC lines to `stdin`, read them from `stdout`."""
        return subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def create_server(
    profile: Profile = "workspace-core", *, binary: str | os.PathLike[str] | None = None
) -> Server:
    """Makes an MCP server for one profile; `run()` serves."""
    return Server(profile, binary=binary)


class Pyro(Api):
    """Every tool as a method. Threads may share it; close it, or use it in a `with` block."""

    def __init__(
        self,
        *,
        binary: str | os.PathLike[str] | None = None,
        home: str | os.PathLike[str] | None = None,
        profile: Optional[Profile] = None,
    ) -> None:
        """`binary` is the `pyro` to drive; `home` is where its state lies (default `PYRO_HOME`). With a `profile`, only
        what it shows can be called: for calls that a model chooses."""
        self._binary = binary
        self._profile = profile
        environment = {} if home is None else {"PYRO_HOME": os.fspath(home)}
        self._client = Client(find_binary(binary), environment, profile or "sdk")

    def call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None = None) -> dict[str, Any]:
        """Calls a tool by its name, e.g. `workspace_exec`, as models do."""
        return cast("dict[str, Any]", self._call(tool, arguments, on_progress))

    def functions(self, api: Literal["openai", "anthropic"]) -> list[dict[str, Any]]:
        """The tools of the profile as function definitions: `tools` of a request to that API."""
        profile = self._profile or "workspace-core"
        words = [find_binary(self._binary), "tools", "export", "--format", api, "--profile", profile]
        exported = subprocess.run(words, check=True, capture_output=True, text=True)
        return cast("list[dict[str, Any]]", json.loads(exported.stdout))

    def _call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None) -> Any:
        return self._client.call(tool, arguments, on_progress)

    def create_server(self, profile: Profile = "workspace-core") -> Server:
        """Makes an MCP server of the same binary."""
        return create_server(profile, binary=self._binary)

    def close(self) -> None:
        """Ends the process behind it; calls under way fail. A later call starts a new one."""
        self._client.close()

    def __enter__(self) -> Pyro:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
