"""Methods and result types of every pyro tool.

Generated from the tools' declarations by `pyro tools export --format python`; do not edit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Optional, TypedDict, Union, cast

__all__ = ["Api", "OnProgress"]

# Called with (step, fraction from 0 to 1 or None) while a call runs.
OnProgress = Callable[[str, Optional[float]], None]
StrPath = Union[str, "os.PathLike[str]"]


class VmRunResult(TypedDict):
    vm_id: str
    environment: str
    command: str
    stdout: str
    stderr: str
    exit_code: int
    duration_ms: int


class Api:
    """One method per tool. Every method takes `on_progress` and raises `PyroError`."""

    def _call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None) -> Any:
        raise NotImplementedError

    def run_in_vm(
        self,
        environment: str,
        *,
        command: str,
        vcpu_count: int = 1,
        mem_mib: int = 1024,
        timeout_seconds: int = 30,
        ttl_seconds: int = 600,
        network: bool = False,
        allow_host_compat: bool = False,
        output_bytes: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> VmRunResult:
        """Run one shell command in a fresh Linux virtual machine, which is deleted afterwards.

        The command runs as root by `sh -c` in /workspace, which is empty. Nothing is kept between calls.

        Args:
            environment: What to boot, e.g. `debian:12`.
            command: Shell command line.
            vcpu_count: Virtual CPUs, 1-8, default 1.
            mem_mib: Memory in MiB, 256-32768, default 1024.
            timeout_seconds: Ends the command after this long, 1-86400, default 30.
            ttl_seconds: Ends the machine after this long idle, 60-604800, default 600.
            network: Allow outgoing connections.
            allow_host_compat: Run on the host itself where no machine can be had.
            output_bytes: Most bytes of each output stream, 0-98304, default 16384.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "environment": environment,
            "command": command,
            "vcpu_count": vcpu_count,
            "mem_mib": mem_mib,
            "timeout_seconds": timeout_seconds,
            "ttl_seconds": ttl_seconds,
            "network": network,
            "allow_host_compat": allow_host_compat,
            "output_bytes": output_bytes,
        }
        return cast(VmRunResult, self._call("vm_run", arguments, on_progress))
