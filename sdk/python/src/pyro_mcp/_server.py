"""MCP servers for chat hosts: the `pyro` binary, on standard input and output."""

from __future__ import annotations

import os
import subprocess
from typing import Literal

from ._binary import find_binary
from ._failures import PyroError

Profile = Literal["vm-run", "workspace-core", "workspace-full"]
PROFILES: tuple[Profile, ...] = ("vm-run", "workspace-core", "workspace-full")


class Server:
    """An MCP server that is not running yet; it is the `pyro` binary, serving on standard input and output."""

    def __init__(self, profile: Profile = "workspace-core", *, binary: str | os.PathLike[str] | None = None) -> None:
        if profile not in PROFILES:
            raise PyroError("invalid", f"unknown MCP profile {profile!r}", f"one of {', '.join(PROFILES)}")
        self.command: list[str] = [find_binary(binary), "mcp", "serve", "--profile", profile]

    def run(self, transport: Literal["stdio"] = "stdio") -> int:
        """Serves on this process's own standard input and output until the client is gone; answers the exit status."""
        if transport != "stdio":
            raise PyroError("invalid", f"{transport} is not served from here", "pyro mcp serve --http ADDRESS")
        return subprocess.call(self.command)

    def start(self) -> subprocess.Popen[bytes]:
        """Starts it with pipes: write JSON-RPC lines to `stdin`, read them from `stdout`."""
        return subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def create_server(
    profile: Profile = "workspace-core", *, binary: str | os.PathLike[str] | None = None
) -> Server:
    """Makes an MCP server for one profile; `run()` serves."""
    return Server(profile, binary=binary)
