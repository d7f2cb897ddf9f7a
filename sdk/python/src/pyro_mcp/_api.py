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


class VmRunCleanup(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    deleted: bool
    reason: str


class _VmRunResultAlways(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    environment: str
    # Cut at 1,000 characters.
    command: str
    # Beginning and end within the cap; UTF-8, without control sequences.
    stdout: str
    stderr: str
    # The command's own; 128 + signal, 124 after a timeout, 125 when the machine died.
    exit_code: int
    # Why a command is over.
    exit_reason: Literal["exited", "signaled", "timed_out", "oom_killed", "canceled", "vm_died"]
    # Noticed meanwhile.
    conditions: list[Literal["disk_full", "memory_low"]]
    # Bytes written, kept or not.
    stdout_bytes: int
    stderr_bytes: int
    # Some output was left out.
    truncated: bool
    # Spawn to exit, in the guest.
    duration_ms: int
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # What became of the machine.
    cleanup: VmRunCleanup


class VmRunResult(_VmRunResultAlways, total=False):
    # Digest of the image; absent for host-compat.
    environment_version: str
    # What is known of the cause where the command did not just exit.
    detail: str


class VmCreateEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmCreateResultAlways(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC.
    created_at: str
    # When it is deleted if nobody uses it until then; RFC 3339, UTC.
    expires_at: str
    network_enabled: bool
    allow_host_compat: bool


class VmCreateResult(_VmCreateResultAlways, total=False):
    # Digest of the image its disk belongs to; absent before the first start.
    environment_version: str
    # The isolation it has or last had; absent before the first start.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Why it last ended, if it did.
    ended: VmCreateEnded


class VmStartEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmStartResultAlways(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC.
    created_at: str
    # When it is deleted if nobody uses it until then; RFC 3339, UTC.
    expires_at: str
    network_enabled: bool
    allow_host_compat: bool


class VmStartResult(_VmStartResultAlways, total=False):
    # Digest of the image its disk belongs to; absent before the first start.
    environment_version: str
    # The isolation it has or last had; absent before the first start.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Why it last ended, if it did.
    ended: VmStartEnded


class VmExecCleanup(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    deleted: bool
    reason: str


class _VmExecResultAlways(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    environment: str
    # Cut at 1,000 characters.
    command: str
    # Beginning and end within the cap; UTF-8, without control sequences.
    stdout: str
    stderr: str
    # The command's own; 128 + signal, 124 after a timeout, 125 when the machine died.
    exit_code: int
    # Why a command is over.
    exit_reason: Literal["exited", "signaled", "timed_out", "oom_killed", "canceled", "vm_died"]
    # Noticed meanwhile.
    conditions: list[Literal["disk_full", "memory_low"]]
    # Bytes written, kept or not.
    stdout_bytes: int
    stderr_bytes: int
    # Some output was left out.
    truncated: bool
    # Spawn to exit, in the guest.
    duration_ms: int
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # What became of the machine.
    cleanup: VmExecCleanup


class VmExecResult(_VmExecResultAlways, total=False):
    # Digest of the image; absent for host-compat.
    environment_version: str
    # What is known of the cause where the command did not just exit.
    detail: str


class VmStopEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmStopResultAlways(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC.
    created_at: str
    # When it is deleted if nobody uses it until then; RFC 3339, UTC.
    expires_at: str
    network_enabled: bool
    allow_host_compat: bool


class VmStopResult(_VmStopResultAlways, total=False):
    # Digest of the image its disk belongs to; absent before the first start.
    environment_version: str
    # The isolation it has or last had; absent before the first start.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Why it last ended, if it did.
    ended: VmStopEnded


class VmDeleteResult(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    deleted: bool
    reason: str


class VmStatusEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmStatusResultAlways(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC.
    created_at: str
    # When it is deleted if nobody uses it until then; RFC 3339, UTC.
    expires_at: str
    network_enabled: bool
    allow_host_compat: bool


class VmStatusResult(_VmStatusResultAlways, total=False):
    # Digest of the image its disk belongs to; absent before the first start.
    environment_version: str
    # The isolation it has or last had; absent before the first start.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Why it last ended, if it did.
    ended: VmStatusEnded


class VmNetworkInfoResult(TypedDict):
    # Names one virtual machine: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    network_enabled: bool
    outbound_connectivity_expected: bool
    # Why there is one or none.
    reason: str


class VmReapExpiredResult(TypedDict):
    count: int
    deleted_vm_ids: list[str]


class _VmListEnvironmentsEnvironmentsAlways(TypedDict):
    # What other calls take as `environment`.
    name: str
    description: str
    # Debian's release, with its point release once installed.
    version: str
    # Installed besides Debian's essential packages and apt.
    packages: list[str]
    # Whether it boots at once; otherwise its first use builds it.
    installed: bool


class VmListEnvironmentsEnvironments(_VmListEnvironmentsEnvironmentsAlways, total=False):
    # Digest of its base image, once installed.
    digest: str
    # Its share of the disk, once installed.
    size_bytes: int
    # RFC 3339.
    installed_at: str


class VmListEnvironmentsResult(TypedDict):
    count: int
    environments: list[VmListEnvironmentsEnvironments]


class _EnvironmentPullEnvironmentAlways(TypedDict):
    name: str
    description: str
    version: str
    # Debian's name of the release.
    suite: str
    packages: list[str]
    installed: bool
    # Every installed package as `name:architecture=version`; empty when not installed.
    installed_packages: list[str]


class EnvironmentPullEnvironment(_EnvironmentPullEnvironmentAlways, total=False):
    # Whether its files are what was built; absent when not installed.
    intact: bool
    digest: str
    size_bytes: int
    installed_at: str
    # Seconds the build took.
    build_seconds: int
    # Version of the kernel it boots.
    kernel_version: str


class EnvironmentPullResult(TypedDict):
    # Whether a new image was built.
    changed: bool
    # Everything known about one environment.
    environment: EnvironmentPullEnvironment


class _EnvironmentInspectResultAlways(TypedDict):
    name: str
    description: str
    version: str
    # Debian's name of the release.
    suite: str
    packages: list[str]
    installed: bool
    # Every installed package as `name:architecture=version`; empty when not installed.
    installed_packages: list[str]


class EnvironmentInspectResult(_EnvironmentInspectResultAlways, total=False):
    # Whether its files are what was built; absent when not installed.
    intact: bool
    digest: str
    size_bytes: int
    installed_at: str
    # Seconds the build took.
    build_seconds: int
    # Version of the kernel it boots.
    kernel_version: str


class EnvironmentPruneDeleted(TypedDict):
    # `environment`, `kernel` or `initramfs`.
    kind: str
    # Its name and digest where it has one.
    name: str
    freed_bytes: int


class EnvironmentPruneResult(TypedDict):
    count: int
    freed_bytes: int
    deleted: list[EnvironmentPruneDeleted]


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
        output_bytes: int = 16384,
        on_progress: OnProgress | None = None,
    ) -> VmRunResult:
        """Run one shell command in a fresh microVM, which is deleted afterwards.

        Returns exit code and output. Nothing is kept: put all steps of a task into one command.

        Args:
            environment: debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
            command: Run by `sh -c` in /workspace as root.
            vcpu_count: Virtual CPUs (1-8).
            mem_mib: Memory, MiB (256-32768).
            timeout_seconds: The command is killed after this (1-86400).
            ttl_seconds: Idle time until the VM is deleted (60-604800).
            network: Not available yet: true is refused.
            allow_host_compat: Accept running unisolated on the host if no VM can be had.
            output_bytes: Bytes kept of each output stream, head and tail (0-98304).

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

    def create_vm(
        self,
        environment: str,
        *,
        vcpu_count: int = 1,
        mem_mib: int = 1024,
        ttl_seconds: int = 600,
        network: bool = False,
        allow_host_compat: bool = False,
        on_progress: OnProgress | None = None,
    ) -> VmCreateResult:
        """Create a VM for one command, without starting it.

        Start it with vm_start. It lives independently of this server until vm_exec or vm_delete, or until it has been idle for ttl_seconds.

        Args:
            environment: debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
            vcpu_count: Virtual CPUs (1-8).
            mem_mib: Memory, MiB (256-32768).
            ttl_seconds: Idle time until the VM is deleted (60-604800).
            network: Not available yet: true is refused.
            allow_host_compat: Accept running unisolated on the host if no VM can be had.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "environment": environment,
            "vcpu_count": vcpu_count,
            "mem_mib": mem_mib,
            "ttl_seconds": ttl_seconds,
            "network": network,
            "allow_host_compat": allow_host_compat,
        }
        return cast(VmCreateResult, self._call("vm_create", arguments, on_progress))

    def start_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStartResult:
        """Start a created or stopped VM and wait until it answers.

        A missing environment is built first, which takes minutes.

        Args:
            vm_id: Names one virtual machine: `vm-` and twelve of `a-z2-7`.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "vm_id": vm_id,
        }
        return cast(VmStartResult, self._call("vm_start", arguments, on_progress))

    def exec_vm(
        self,
        vm_id: str,
        *,
        command: str,
        timeout_seconds: int = 30,
        output_bytes: int = 16384,
        on_progress: OnProgress | None = None,
    ) -> VmExecResult:
        """Run one shell command in a started VM, then delete the VM.

        The VM is deleted whatever the command's exit code; it stays only where the command could not be started.

        Args:
            vm_id: Names one virtual machine: `vm-` and twelve of `a-z2-7`.
            command: Run by `sh -c` in /workspace as root.
            timeout_seconds: The command is killed after this (1-86400).
            output_bytes: Bytes kept of each output stream, head and tail (0-98304).

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "vm_id": vm_id,
            "command": command,
            "timeout_seconds": timeout_seconds,
            "output_bytes": output_bytes,
        }
        return cast(VmExecResult, self._call("vm_exec", arguments, on_progress))

    def stop_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStopResult:
        """Stop a VM; its disk is kept until it expires.

        A VM that does not run is left as it is.

        Args:
            vm_id: Names one virtual machine: `vm-` and twelve of `a-z2-7`.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "vm_id": vm_id,
        }
        return cast(VmStopResult, self._call("vm_stop", arguments, on_progress))

    def delete_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmDeleteResult:
        """Delete a VM and its disk, in any state.

        What it held is gone for good.

        Args:
            vm_id: Names one virtual machine: `vm-` and twelve of `a-z2-7`.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "vm_id": vm_id,
        }
        return cast(VmDeleteResult, self._call("vm_delete", arguments, on_progress))

    def status_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStatusResult:
        """Show a VM: state, resources, isolation, expiry, and why it ended.

        Looking counts as use: the idle time starts anew.

        Args:
            vm_id: Names one virtual machine: `vm-` and twelve of `a-z2-7`.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "vm_id": vm_id,
        }
        return cast(VmStatusResult, self._call("vm_status", arguments, on_progress))

    def network_info_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmNetworkInfoResult:
        """Show a VM's network.

        VMs have no network card; without isolation the host's own is there.

        Args:
            vm_id: Names one virtual machine: `vm-` and twelve of `a-z2-7`.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "vm_id": vm_id,
        }
        return cast(VmNetworkInfoResult, self._call("vm_network_info", arguments, on_progress))

    def reap_expired(self, *, on_progress: OnProgress | None = None) -> VmReapExpiredResult:
        """Delete VMs whose idle time is over.

        Running VMs end by themselves when they have been idle too long.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        return cast(VmReapExpiredResult, self._call("vm_reap_expired", {}, on_progress))

    def list_environments(self, *, on_progress: OnProgress | None = None) -> VmListEnvironmentsResult:
        """List the environments a VM can boot.

        One that is not installed yet is built by its first use, in a minute or two.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        return cast(VmListEnvironmentsResult, self._call("vm_list_environments", {}, on_progress))

    def pull_environment(self, environment: str, *, on_progress: OnProgress | None = None) -> EnvironmentPullResult:
        """Install an environment now, or bring it up to date with Debian's mirror.

        Existing disks keep the image they were made over.

        Args:
            environment: Name, as `pyro env list` shows it.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "environment": environment,
        }
        return cast(EnvironmentPullResult, self._call("environment_pull", arguments, on_progress))

    def inspect_environment(
        self,
        environment: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> EnvironmentInspectResult:
        """Show one environment: versions, packages, size, and whether its files are intact.

        Args:
            environment: Name, as `pyro env list` shows it.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "environment": environment,
        }
        return cast(EnvironmentInspectResult, self._call("environment_inspect", arguments, on_progress))

    def prune_environments(self, *, all: bool = False, on_progress: OnProgress | None = None) -> EnvironmentPruneResult:
        """Delete superseded images and kernels that no VM or workspace uses.

        Args:
            all: Also delete current environments that nothing uses; their next use builds them again.

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments = {
            "all": all,
        }
        return cast(EnvironmentPruneResult, self._call("environment_prune", arguments, on_progress))
