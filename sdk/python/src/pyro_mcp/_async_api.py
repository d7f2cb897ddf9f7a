"""Methods of every pyro tool, to be awaited.

Generated from the tools' declarations by `pyro tools export --format python-async`; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from ._messages import OnProgress, StrPath

if TYPE_CHECKING:
    # Making so many types takes longer than all else that is imported.
    from .results import (
        EnvironmentInspectResult,
        EnvironmentPruneResult,
        EnvironmentPullResult,
        VmCreateResult,
        VmDeleteResult,
        VmExecResult,
        VmListEnvironmentsResult,
        VmNetworkInfoResult,
        VmReapExpiredResult,
        VmRunResult,
        VmStartResult,
        VmStatusResult,
        VmStopResult,
        WorkspaceCreateResult,
        WorkspaceDeleteResult,
        WorkspaceDiffResult,
        WorkspaceDiskExportResult,
        WorkspaceDiskListResult,
        WorkspaceDiskReadResult,
        WorkspaceExecResult,
        WorkspaceExportResult,
        WorkspaceFileListResult,
        WorkspaceFileReadResult,
        WorkspaceFileWriteResult,
        WorkspaceForkResult,
        WorkspaceListResult,
        WorkspaceLogsResult,
        WorkspaceNetworkAllowResult,
        WorkspaceNetworkDenyResult,
        WorkspaceNetworkShowResult,
        WorkspacePatchApplyResult,
        WorkspaceResetResult,
        WorkspaceServiceListResult,
        WorkspaceServiceLogsResult,
        WorkspaceServiceStartResult,
        WorkspaceServiceStatusResult,
        WorkspaceServiceStopResult,
        WorkspaceShellCloseResult,
        WorkspaceShellOpenResult,
        WorkspaceShellReadResult,
        WorkspaceShellSignalResult,
        WorkspaceShellWriteResult,
        WorkspaceSnapshotCreateResult,
        WorkspaceSnapshotDeleteResult,
        WorkspaceSnapshotListResult,
        WorkspaceStartResult,
        WorkspaceStatusResult,
        WorkspaceStopResult,
        WorkspaceSyncPushResult,
        WorkspaceUpdateResult,
        WorkspaceUploadOpenResult,
    )

__all__ = ["AsyncApi"]


class AsyncApi:
    """One coroutine per tool. Every one takes `on_progress` and raises `PyroError`."""

    async def _call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        on_progress: OnProgress | None,
        always: Sequence[str] = (),
    ) -> Any:
        raise NotImplementedError

    async def run_in_vm(
        self,
        environment: str,
        *,
        command: str,
        vcpu_count: int = 1,
        mem_mib: int = 1024,
        timeout_seconds: int = 30,
        ttl_seconds: int = 600,
        network: bool = False,
        allow_host_compat: bool | None = None,
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
            network: Reach the public internet, through a proxy.
            allow_host_compat: Accept running unisolated on the host if no VM can be had. Default False. Not over HTTP with a token: leave it out: nothing of callers elsewhere ever runs unisolated.
            output_bytes: Bytes kept of each output stream, head and tail (0-98304).

        Returns:
            VmRunResult: vm_id, environment, command, stdout, stderr, exit_code, exit_reason, conditions, stdout_bytes, stderr_bytes, truncated, duration_ms, execution_mode, cleanup;
                where they apply environment_version, detail, egress_denied

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
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
        always = (
            "vm_id",
            "environment",
            "command",
            "stdout",
            "stderr",
            "exit_code",
            "exit_reason",
            "conditions",
            "stdout_bytes",
            "stderr_bytes",
            "truncated",
            "duration_ms",
            "execution_mode",
            "cleanup",
        )
        return cast("VmRunResult", await self._call("vm_run", arguments, on_progress, always))

    async def create_vm(
        self,
        environment: str,
        *,
        vcpu_count: int = 1,
        mem_mib: int = 1024,
        ttl_seconds: int = 600,
        network: bool = False,
        allow_host_compat: bool | None = None,
        on_progress: OnProgress | None = None,
    ) -> VmCreateResult:
        """Create a VM for one command, without starting it.

        Start it with vm_start. It lives independently of this server until vm_exec or vm_delete, or until it has been idle for ttl_seconds.

        Args:
            environment: debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
            vcpu_count: Virtual CPUs (1-8).
            mem_mib: Memory, MiB (256-32768).
            ttl_seconds: Idle time until the VM is deleted (60-604800).
            network: Reach the public internet, through a proxy.
            allow_host_compat: Accept running unisolated on the host if no VM can be had. Default False. Not over HTTP with a token: leave it out: nothing of callers elsewhere ever runs unisolated.

        Returns:
            VmCreateResult: vm_id, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, expires_at, network_enabled, allow_host_compat;
                where they apply environment_version, execution_mode, start, ended

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "environment": environment,
            "vcpu_count": vcpu_count,
            "mem_mib": mem_mib,
            "ttl_seconds": ttl_seconds,
            "network": network,
            "allow_host_compat": allow_host_compat,
        }
        always = (
            "vm_id",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "expires_at",
            "network_enabled",
            "allow_host_compat",
        )
        return cast("VmCreateResult", await self._call("vm_create", arguments, on_progress, always))

    async def start_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStartResult:
        """Start a created or stopped VM and wait until it answers.

        A missing environment is built first, which takes minutes.

        Args:
            vm_id: Names one VM: `vm-` and twelve of `a-z2-7`.

        Returns:
            VmStartResult: vm_id, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, expires_at, network_enabled, allow_host_compat;
                where they apply environment_version, execution_mode, start, ended

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "vm_id": vm_id,
        }
        always = (
            "vm_id",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "expires_at",
            "network_enabled",
            "allow_host_compat",
        )
        return cast("VmStartResult", await self._call("vm_start", arguments, on_progress, always))

    async def exec_vm(
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
            vm_id: Names one VM: `vm-` and twelve of `a-z2-7`.
            command: Run by `sh -c` in /workspace as root.
            timeout_seconds: The command is killed after this (1-86400).
            output_bytes: Bytes kept of each output stream, head and tail (0-98304).

        Returns:
            VmExecResult: vm_id, environment, command, stdout, stderr, exit_code, exit_reason, conditions, stdout_bytes, stderr_bytes, truncated, duration_ms, execution_mode, cleanup;
                where they apply environment_version, detail, egress_denied

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "vm_id": vm_id,
            "command": command,
            "timeout_seconds": timeout_seconds,
            "output_bytes": output_bytes,
        }
        always = (
            "vm_id",
            "environment",
            "command",
            "stdout",
            "stderr",
            "exit_code",
            "exit_reason",
            "conditions",
            "stdout_bytes",
            "stderr_bytes",
            "truncated",
            "duration_ms",
            "execution_mode",
            "cleanup",
        )
        return cast("VmExecResult", await self._call("vm_exec", arguments, on_progress, always))

    async def stop_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStopResult:
        """Stop a VM; its disk is kept until it expires.

        A VM that does not run is left as it is.

        Args:
            vm_id: Names one VM: `vm-` and twelve of `a-z2-7`.

        Returns:
            VmStopResult: vm_id, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, expires_at, network_enabled, allow_host_compat;
                where they apply environment_version, execution_mode, start, ended

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "vm_id": vm_id,
        }
        always = (
            "vm_id",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "expires_at",
            "network_enabled",
            "allow_host_compat",
        )
        return cast("VmStopResult", await self._call("vm_stop", arguments, on_progress, always))

    async def delete_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmDeleteResult:
        """Delete a VM and its disk, in any state.

        What it held is gone for good.

        Args:
            vm_id: Names one VM: `vm-` and twelve of `a-z2-7`.

        Returns:
            VmDeleteResult: vm_id, deleted, reason

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "vm_id": vm_id,
        }
        always = ("vm_id", "deleted", "reason")
        return cast("VmDeleteResult", await self._call("vm_delete", arguments, on_progress, always))

    async def status_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStatusResult:
        """Show a VM: state, resources, isolation, expiry, and why it ended.

        Looking counts as use: the idle time starts anew.

        Args:
            vm_id: Names one VM: `vm-` and twelve of `a-z2-7`.

        Returns:
            VmStatusResult: vm_id, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, expires_at, network_enabled, allow_host_compat;
                where they apply environment_version, execution_mode, start, ended

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "vm_id": vm_id,
        }
        always = (
            "vm_id",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "expires_at",
            "network_enabled",
            "allow_host_compat",
        )
        return cast("VmStatusResult", await self._call("vm_status", arguments, on_progress, always))

    async def network_info_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmNetworkInfoResult:
        """Show a VM's network.

        VMs have no network card. With network they reach public hosts through a proxy; without isolation the host's own is there.

        Args:
            vm_id: Names one VM: `vm-` and twelve of `a-z2-7`.

        Returns:
            VmNetworkInfoResult: vm_id, network_enabled, outbound_connectivity_expected, reason;
                where they apply proxy

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "vm_id": vm_id,
        }
        always = ("vm_id", "network_enabled", "outbound_connectivity_expected", "reason")
        return cast("VmNetworkInfoResult", await self._call("vm_network_info", arguments, on_progress, always))

    async def reap_expired(self, *, on_progress: OnProgress | None = None) -> VmReapExpiredResult:
        """Delete VMs whose idle time is over.

        Running VMs end by themselves when they have been idle too long.

        Returns:
            VmReapExpiredResult: count, deleted_vm_ids

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {}
        always = ("count", "deleted_vm_ids")
        return cast("VmReapExpiredResult", await self._call("vm_reap_expired", arguments, on_progress, always))

    async def list_environments(self, *, on_progress: OnProgress | None = None) -> VmListEnvironmentsResult:
        """List the environments a VM can boot.

        One that is not installed yet is built by its first use, in a minute or two.

        Returns:
            VmListEnvironmentsResult: count, environments

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {}
        always = ("count", "environments")
        return cast("VmListEnvironmentsResult", await self._call("vm_list_environments", arguments, on_progress, always))

    async def open_upload(self, *, on_progress: OnProgress | None = None) -> WorkspaceUploadOpenResult:
        """Open a one-time URL to upload a tar, .tar.gz or .tar.zst to, for workspace_create or workspace_sync_push.

        Only over HTTP.

        Returns:
            WorkspaceUploadOpenResult: upload_id, url, example, bytes_max, expires_at

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {}
        always = ("upload_id", "url", "example", "bytes_max", "expires_at")
        return cast("WorkspaceUploadOpenResult", await self._call("workspace_upload_open", arguments, on_progress, always))

    async def create_workspace(
        self,
        environment: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        seed_path: StrPath | None = None,
        seed_upload_id: str | None = None,
        seed_archive: str | None = None,
        vcpu_count: int = 1,
        mem_mib: int = 1024,
        ttl_seconds: int = 3600,
        network_policy: Literal["off", "egress", "egress+published-ports"] | None = None,
        allow_hosts: Sequence[str] | None = None,
        trust_host_ca: bool | None = None,
        secrets: Mapping[str, str] | None = None,
        secret_files: Mapping[str, str] | None = None,
        secret_env: Sequence[str] | None = None,
        allow_host_compat: bool | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceCreateResult:
        """Create a persistent workspace: a started VM whose files stay until it is deleted.

        Files live in /workspace. Idle for ttl_seconds, it stops; the next call starts it again.

        Args:
            environment: debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
            name: Stands for the id in calls.
            labels: For workspace_list.
            seed_path: Host directory or tar (.gz, .zst) to begin with. Not over HTTP with a token: workspace_upload_open answers a URL to upload to; then give seed_upload_id, or seed_archive.
            seed_upload_id: An upload to begin with. Only over HTTP.
            seed_archive: Or a small tar, .tar.gz or .tar.zst in base64. Only over HTTP.
            vcpu_count: Virtual CPUs (1-8).
            mem_mib: Memory, MiB (256-32768).
            ttl_seconds: Idle time until it stops (60-604800).
            network_policy: egress: programs reach hosts through a proxy. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. Default "off".
            allow_hosts: All it may reach: example.com, *.example.com, host:443, 192.0.2.0/24; default: all public.
            trust_host_ca: Trust the host's certificates. Default False.
            secrets: Names to values; files in /run/pyro-secrets, redacted in output.
            secret_files: Names to host files. Not over HTTP with a token: give values as secrets.
            secret_env: Names of the server's environment variables.
            allow_host_compat: Accept running unisolated on the host if no VM can be had. Default False. Not over HTTP with a token: leave it out: nothing of callers elsewhere ever runs unisolated.

        Returns:
            WorkspaceCreateResult: workspace_id, labels, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, last_activity_at, network_policy, network_enabled, allow_host_compat, workspace_path, workspace_seed, command_count, running_commands, shells, service_count, running_service_count, services, reset_count, cost;
                where they apply name, environment_version, expires_at, allow_hosts, deny_hosts, trust_host_ca, network_problem, egress_denied, secrets, execution_mode, start, principal, forked_from, last_command, last_reset_at, ended, stop, workspace_reset, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "environment": environment,
            "name": name,
            "labels": labels,
            "seed_path": seed_path,
            "seed_upload_id": seed_upload_id,
            "seed_archive": seed_archive,
            "vcpu_count": vcpu_count,
            "mem_mib": mem_mib,
            "ttl_seconds": ttl_seconds,
            "network_policy": network_policy,
            "allow_hosts": allow_hosts,
            "trust_host_ca": trust_host_ca,
            "secrets": secrets,
            "secret_files": secret_files,
            "secret_env": secret_env,
            "allow_host_compat": allow_host_compat,
        }
        always = (
            "workspace_id",
            "labels",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "last_activity_at",
            "network_policy",
            "network_enabled",
            "allow_host_compat",
            "workspace_path",
            "workspace_seed",
            "command_count",
            "running_commands",
            "shells",
            "service_count",
            "running_service_count",
            "services",
            "reset_count",
            "cost",
        )
        return cast("WorkspaceCreateResult", await self._call("workspace_create", arguments, on_progress, always))

    async def list_workspaces(
        self,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        state: Literal["created", "started", "stopped"] | None = None,
        limit: int = 50,
        cursor: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceListResult:
        """List workspaces, the last active first.

        Args:
            name: Only this name.
            labels: Only with all of these.
            state: Only in this state. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
            limit: Entries per page (1-200).
            cursor: next_cursor of the previous page.

        Returns:
            WorkspaceListResult: count, workspaces;
                where they apply next_cursor, damaged

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "name": name,
            "labels": labels,
            "state": state,
            "limit": limit,
            "cursor": cursor,
        }
        always = ("count", "workspaces")
        return cast("WorkspaceListResult", await self._call("workspace_list", arguments, on_progress, always))

    async def update_workspace(
        self,
        workspace_id: str,
        *,
        name: str | None = None,
        clear_name: bool = False,
        labels: Mapping[str, str] | None = None,
        clear_labels: Sequence[str] | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceUpdateResult:
        """Change a workspace's name or labels.

        Args:
            workspace_id: Id or name.
            name: New name.
            clear_name: Take the name away.
            labels: Set these; others stay.
            clear_labels: Remove these keys.

        Returns:
            WorkspaceUpdateResult: workspace_id, labels, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, last_activity_at, network_policy, network_enabled, allow_host_compat, workspace_path, workspace_seed, command_count, running_commands, shells, service_count, running_service_count, services, reset_count, cost;
                where they apply name, environment_version, expires_at, allow_hosts, deny_hosts, trust_host_ca, network_problem, egress_denied, secrets, execution_mode, start, principal, forked_from, last_command, last_reset_at, ended, stop, workspace_reset, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "name": name,
            "clear_name": clear_name,
            "labels": labels,
            "clear_labels": clear_labels,
        }
        always = (
            "workspace_id",
            "labels",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "last_activity_at",
            "network_policy",
            "network_enabled",
            "allow_host_compat",
            "workspace_path",
            "workspace_seed",
            "command_count",
            "running_commands",
            "shells",
            "service_count",
            "running_service_count",
            "services",
            "reset_count",
            "cost",
        )
        return cast("WorkspaceUpdateResult", await self._call("workspace_update", arguments, on_progress, always))

    async def status_workspace(
        self,
        workspace_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceStatusResult:
        """Show a workspace: state, isolation, seed, running and last commands, why it ended.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceStatusResult: workspace_id, labels, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, last_activity_at, network_policy, network_enabled, allow_host_compat, workspace_path, workspace_seed, command_count, running_commands, shells, service_count, running_service_count, services, reset_count, cost;
                where they apply name, environment_version, expires_at, allow_hosts, deny_hosts, trust_host_ca, network_problem, egress_denied, secrets, execution_mode, start, principal, forked_from, last_command, last_reset_at, ended, stop, workspace_reset, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = (
            "workspace_id",
            "labels",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "last_activity_at",
            "network_policy",
            "network_enabled",
            "allow_host_compat",
            "workspace_path",
            "workspace_seed",
            "command_count",
            "running_commands",
            "shells",
            "service_count",
            "running_service_count",
            "services",
            "reset_count",
            "cost",
        )
        return cast("WorkspaceStatusResult", await self._call("workspace_status", arguments, on_progress, always))

    async def push_workspace_sync(
        self,
        workspace_id: str,
        source_path: StrPath | None = None,
        *,
        upload_id: str | None = None,
        archive: str | None = None,
        dest: str = "/workspace",
        on_progress: OnProgress | None = None,
    ) -> WorkspaceSyncPushResult:
        """Copy a host directory's contents or an archive into a workspace: all or, on conflict, nothing.

        Directories merge, files are replaced, nothing is deleted. Modes, times and links are kept.

        Args:
            workspace_id: Id or name.
            source_path: Host directory or tar archive. Required on this host; over HTTP with a token workspace_upload_open answers a URL to upload to; then give upload_id, or archive.
            upload_id: What to push: an upload. Only over HTTP.
            archive: Or a small tar, .tar.gz or .tar.zst in base64. Only over HTTP.
            dest: Directory in the workspace.

        Returns:
            WorkspaceSyncPushResult: workspace_id, workspace_sync, execution_mode;
                where they apply resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "source_path": source_path,
            "upload_id": upload_id,
            "archive": archive,
            "dest": dest,
        }
        always = ("workspace_id", "workspace_sync", "execution_mode")
        return cast("WorkspaceSyncPushResult", await self._call("workspace_sync_push", arguments, on_progress, always))

    async def exec_workspace(
        self,
        workspace_id: str,
        *,
        command: str,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        secret_env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout_seconds: int = 30,
        yield_seconds: int | None = None,
        output_bytes: int = 16384,
        ansi: bool = False,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceExecResult:
        """Run a shell command in a workspace, whose files and machine stay.

        Returns exit code and output, or state running after yield_seconds: then wait with workspace_logs.

        Args:
            workspace_id: Id or name.
            command: Run by `sh -c` as root.
            cwd: Directory; default /workspace.
            env: Environment variables.
            secret_env: Secrets' names to variables.
            stdin: Standard input; empty by default.
            timeout_seconds: It is killed after this (1-86400).
            yield_seconds: Hand back after this (0-86400); default: 45 over MCP, else never.
            output_bytes: Bytes kept per stream, head and tail (0-98304).
            ansi: Keep control sequences.

        Returns:
            WorkspaceExecResult: workspace_id, sequence, state, command, cwd, stdout, stderr, conditions, stdout_bytes, stderr_bytes, truncated, duration_ms, execution_mode;
                where they apply exit_code, exit_reason, detail, egress_denied, pgid, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "command": command,
            "cwd": cwd,
            "env": env,
            "secret_env": secret_env,
            "stdin": stdin,
            "timeout_seconds": timeout_seconds,
            "yield_seconds": yield_seconds,
            "output_bytes": output_bytes,
            "ansi": ansi,
        }
        always = (
            "workspace_id",
            "sequence",
            "state",
            "command",
            "cwd",
            "stdout",
            "stderr",
            "conditions",
            "stdout_bytes",
            "stderr_bytes",
            "truncated",
            "duration_ms",
            "execution_mode",
        )
        return cast("WorkspaceExecResult", await self._call("workspace_exec", arguments, on_progress, always))

    async def logs_workspace(
        self,
        workspace_id: str,
        *,
        sequence: int | None = None,
        wait_seconds: int = 0,
        stream: Literal["stdout", "stderr"] = "stdout",
        offset: int | None = None,
        line: int | None = None,
        grep: str | None = None,
        limit: int = 50,
        before: int | None = None,
        output_bytes: int = 16384,
        ansi: bool = False,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceLogsResult:
        """List a workspace's commands; with sequence, wait for one, page or search its output.

        Args:
            workspace_id: Id or name.
            sequence: One command; without it, all, newest first. (1 to 1000000000)
            wait_seconds: Wait for its end first (0-3600).
            stream: For offset, line and grep.
            offset: First byte; negative: from the end.
            line: First line, from 1; negative: from the end.
            grep: Only lines matching this regular expression.
            limit: Commands (1-200) or lines (1-10000).
            before: next_before of the previous page. (1 to 1000000000)
            output_bytes: Bytes per page or stream (0-98304).
            ansi: Keep control sequences.

        Returns:
            WorkspaceLogsResult: workspace_id, count, entries;
                where they apply next_before, page

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "sequence": sequence,
            "wait_seconds": wait_seconds,
            "stream": stream,
            "offset": offset,
            "line": line,
            "grep": grep,
            "limit": limit,
            "before": before,
            "output_bytes": output_bytes,
            "ansi": ansi,
        }
        always = ("workspace_id", "count", "entries")
        return cast("WorkspaceLogsResult", await self._call("workspace_logs", arguments, on_progress, always))

    async def list_workspace_files(
        self,
        workspace_id: str,
        *,
        path: str = "/workspace",
        recursive: bool = False,
        depth: int = 1,
        glob: str | None = None,
        limit: int = 200,
        cursor: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceFileListResult:
        """List files of a workspace with type, size, mode and link target.

        Args:
            workspace_id: Id or name.
            path: Directory or file.
            recursive: All levels below.
            depth: Levels if not recursive (1-100).
            glob: E.g. *.py or src/**/test_*.
            limit: Entries per page (1-1000).
            cursor: next_cursor of the previous page.

        Returns:
            WorkspaceFileListResult: workspace_id, path, count, entries, execution_mode;
                where they apply next_cursor, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "path": path,
            "recursive": recursive,
            "depth": depth,
            "glob": glob,
            "limit": limit,
            "cursor": cursor,
        }
        always = ("workspace_id", "path", "count", "entries", "execution_mode")
        return cast("WorkspaceFileListResult", await self._call("workspace_file_list", arguments, on_progress, always))

    async def read_workspace_file(
        self,
        workspace_id: str,
        path: str,
        *,
        offset: int | None = None,
        line: int | None = None,
        lines: int | None = None,
        max_bytes: int = 65536,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceFileReadResult:
        """Read a file of a workspace: text whole or by bytes or lines, PNG and JPEG as images.

        Args:
            workspace_id: Id or name.
            path: File in /workspace.
            offset: First byte; negative: from the end.
            line: First line, from 1; negative: from the end.
            lines: How many, with line (1-1000000).
            max_bytes: At most (1-98304).

        Returns:
            WorkspaceFileReadResult: workspace_id, path, size_bytes, content, offset, truncated, binary, mode, execution_mode;
                where they apply next_offset, line, media_type, sha256, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "path": path,
            "offset": offset,
            "line": line,
            "lines": lines,
            "max_bytes": max_bytes,
        }
        always = (
            "workspace_id",
            "path",
            "size_bytes",
            "content",
            "offset",
            "truncated",
            "binary",
            "mode",
            "execution_mode",
        )
        return cast("WorkspaceFileReadResult", await self._call("workspace_file_read", arguments, on_progress, always))

    async def write_workspace_file(
        self,
        workspace_id: str,
        path: str,
        *,
        text: str,
        mode: str | None = None,
        create_only: bool = False,
        expected_sha256: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceFileWriteResult:
        """Write a whole text file; missing directories are made, an old file's mode is kept.

        Args:
            workspace_id: Id or name.
            path: File in /workspace.
            text: The whole content.
            mode: Octal, e.g. 755.
            create_only: Fail if it exists.
            expected_sha256: Fail unless its sha256 still is this, as read.

        Returns:
            WorkspaceFileWriteResult: workspace_id, path, bytes_written, created, mode, sha256, execution_mode;
                where they apply resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "path": path,
            "text": text,
            "mode": mode,
            "create_only": create_only,
            "expected_sha256": expected_sha256,
        }
        always = ("workspace_id", "path", "bytes_written", "created", "mode", "sha256", "execution_mode")
        return cast("WorkspaceFileWriteResult", await self._call("workspace_file_write", arguments, on_progress, always))

    async def apply_workspace_patch(
        self,
        workspace_id: str,
        *,
        patch: str,
        on_progress: OnProgress | None = None,
    ) -> WorkspacePatchApplyResult:
        """Apply a git or unified diff to /workspace: all files or none.

        Moved lines are found; where a hunk does not fit, the failure shows what is there.

        Args:
            workspace_id: Id or name.
            patch: As from `git diff`; paths relative to /workspace.

        Returns:
            WorkspacePatchApplyResult: workspace_id, changed, summary, entries, execution_mode;
                where they apply resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "patch": patch,
        }
        always = ("workspace_id", "changed", "summary", "entries", "execution_mode")
        return cast("WorkspacePatchApplyResult", await self._call("workspace_patch_apply", arguments, on_progress, always))

    async def diff_workspace(
        self,
        workspace_id: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        paths: Sequence[str] | None = None,
        include_git: bool = False,
        full: bool = False,
        max_patch_bytes: int = 49152,
        output_path: StrPath | None = None,
        download: bool | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceDiffResult:
        """Show what changed in /workspace since creation: summary, and patch for `git apply`.

        Args:
            workspace_id: Id or name.
            from_: Old side: a snapshot (default baseline).
            to: New side: a snapshot (default as it is now).
            paths: Only these files, directories or globs.
            include_git: Compare .git directories too.
            full: Compare contents even where times are equal.
            max_patch_bytes: Cap of the patch in the result (0-122880).
            output_path: New host file for the whole patch. Not over HTTP with a token: ask for download: the result has a URL.
            download: Answer a URL for the whole patch. Default False. Only over HTTP.

        Returns:
            WorkspaceDiffResult: workspace_id, changed, summary, entries, entries_omitted, patch, patch_bytes, patches_omitted, truncated;
                where they apply unreadable, execution_mode, output_path, download

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "from": from_,
            "to": to,
            "paths": paths,
            "include_git": include_git,
            "full": full,
            "max_patch_bytes": max_patch_bytes,
            "output_path": output_path,
            "download": download,
        }
        always = (
            "workspace_id",
            "changed",
            "summary",
            "entries",
            "entries_omitted",
            "patch",
            "patch_bytes",
            "patches_omitted",
            "truncated",
        )
        return cast("WorkspaceDiffResult", await self._call("workspace_diff", arguments, on_progress, always))

    async def export_workspace(
        self,
        workspace_id: str,
        path: str,
        *,
        output_path: StrPath | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceExportResult:
        """Copy a file or directory out of a workspace, to a new path on the host or, from elsewhere, to a download URL.

        Args:
            workspace_id: Id or name.
            path: In /workspace.
            output_path: New path on the host, in an existing directory. Required on this host; over HTTP with a token leave it out: the result has a download URL.

        Returns:
            WorkspaceExportResult: workspace_id, workspace_path, artifact_type, entry_count, bytes_written, execution_mode;
                where they apply output_path, download, mode, skipped, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "path": path,
            "output_path": output_path,
        }
        always = ("workspace_id", "workspace_path", "artifact_type", "entry_count", "bytes_written", "execution_mode")
        return cast("WorkspaceExportResult", await self._call("workspace_export", arguments, on_progress, always))

    async def reset_workspace(
        self,
        workspace_id: str,
        *,
        snapshot: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceResetResult:
        """Reset a workspace to how it began, on a new VM and disk. Work since is lost; history, name and labels stay.

        Args:
            workspace_id: Id or name.
            snapshot: A snapshot instead.

        Returns:
            WorkspaceResetResult: workspace_id, labels, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, last_activity_at, network_policy, network_enabled, allow_host_compat, workspace_path, workspace_seed, command_count, running_commands, shells, service_count, running_service_count, services, reset_count, cost;
                where they apply name, environment_version, expires_at, allow_hosts, deny_hosts, trust_host_ca, network_problem, egress_denied, secrets, execution_mode, start, principal, forked_from, last_command, last_reset_at, ended, stop, workspace_reset, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "snapshot": snapshot,
        }
        always = (
            "workspace_id",
            "labels",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "last_activity_at",
            "network_policy",
            "network_enabled",
            "allow_host_compat",
            "workspace_path",
            "workspace_seed",
            "command_count",
            "running_commands",
            "shells",
            "service_count",
            "running_service_count",
            "services",
            "reset_count",
            "cost",
        )
        return cast("WorkspaceResetResult", await self._call("workspace_reset", arguments, on_progress, always))

    async def stop_workspace(self, workspace_id: str, *, on_progress: OnProgress | None = None) -> WorkspaceStopResult:
        """Stop a workspace's VM. Disk and history stay; the next call that needs a VM starts it.

        What runs is told first; `stop.orderly` says whether the VM ended in time or was killed.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceStopResult: workspace_id, labels, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, last_activity_at, network_policy, network_enabled, allow_host_compat, workspace_path, workspace_seed, command_count, running_commands, shells, service_count, running_service_count, services, reset_count, cost;
                where they apply name, environment_version, expires_at, allow_hosts, deny_hosts, trust_host_ca, network_problem, egress_denied, secrets, execution_mode, start, principal, forked_from, last_command, last_reset_at, ended, stop, workspace_reset, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = (
            "workspace_id",
            "labels",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "last_activity_at",
            "network_policy",
            "network_enabled",
            "allow_host_compat",
            "workspace_path",
            "workspace_seed",
            "command_count",
            "running_commands",
            "shells",
            "service_count",
            "running_service_count",
            "services",
            "reset_count",
            "cost",
        )
        return cast("WorkspaceStopResult", await self._call("workspace_stop", arguments, on_progress, always))

    async def start_workspace(
        self,
        workspace_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceStartResult:
        """Start a stopped workspace. One that runs is left as it is.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceStartResult: workspace_id, labels, state, environment, vcpu_count, mem_mib, ttl_seconds, created_at, last_activity_at, network_policy, network_enabled, allow_host_compat, workspace_path, workspace_seed, command_count, running_commands, shells, service_count, running_service_count, services, reset_count, cost;
                where they apply name, environment_version, expires_at, allow_hosts, deny_hosts, trust_host_ca, network_problem, egress_denied, secrets, execution_mode, start, principal, forked_from, last_command, last_reset_at, ended, stop, workspace_reset, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = (
            "workspace_id",
            "labels",
            "state",
            "environment",
            "vcpu_count",
            "mem_mib",
            "ttl_seconds",
            "created_at",
            "last_activity_at",
            "network_policy",
            "network_enabled",
            "allow_host_compat",
            "workspace_path",
            "workspace_seed",
            "command_count",
            "running_commands",
            "shells",
            "service_count",
            "running_service_count",
            "services",
            "reset_count",
            "cost",
        )
        return cast("WorkspaceStartResult", await self._call("workspace_start", arguments, on_progress, always))

    async def create_snapshot(
        self,
        workspace_id: str,
        snapshot_name: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceSnapshotCreateResult:
        """Snapshot a workspace's whole disk, installed packages included, to reset to or diff with later.

        Taken while it runs or is stopped. Processes are not kept.

        Args:
            workspace_id: Id or name.
            snapshot_name: New name: letters, digits, ._-

        Returns:
            WorkspaceSnapshotCreateResult: workspace_id, snapshot

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "snapshot_name": snapshot_name,
        }
        always = ("workspace_id", "snapshot")
        return cast("WorkspaceSnapshotCreateResult", await self._call("workspace_snapshot_create", arguments, on_progress, always))

    async def list_snapshots(
        self,
        workspace_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceSnapshotListResult:
        """List a workspace's snapshots with what they cost.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceSnapshotListResult: workspace_id, count, snapshots;
                where they apply damaged

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = ("workspace_id", "count", "snapshots")
        return cast("WorkspaceSnapshotListResult", await self._call("workspace_snapshot_list", arguments, on_progress, always))

    async def delete_snapshot(
        self,
        workspace_id: str,
        snapshot_name: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceSnapshotDeleteResult:
        """Delete a snapshot. The workspace itself stays as it is; the baseline cannot be deleted.

        Args:
            workspace_id: Id or name.
            snapshot_name: Its name.

        Returns:
            WorkspaceSnapshotDeleteResult: workspace_id, snapshot_name, deleted

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "snapshot_name": snapshot_name,
        }
        always = ("workspace_id", "snapshot_name", "deleted")
        return cast("WorkspaceSnapshotDeleteResult", await self._call("workspace_snapshot_delete", arguments, on_progress, always))

    async def list_workspace_disk(
        self,
        workspace_id: str,
        *,
        path: str = "/workspace",
        recursive: bool = False,
        snapshot: str | None = None,
        limit: int = 200,
        cursor: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceDiskListResult:
        """List files on a stopped workspace's disk or in a snapshot, without starting a VM. Any path, not only /workspace.

        Args:
            workspace_id: Id or name.
            path: Directory or file.
            recursive: All levels below.
            snapshot: A snapshot instead of the disk.
            limit: Entries per page (1-1000).
            cursor: next_cursor of the previous page.

        Returns:
            WorkspaceDiskListResult: workspace_id, path, count, entries;
                where they apply next_cursor, skipped

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "path": path,
            "recursive": recursive,
            "snapshot": snapshot,
            "limit": limit,
            "cursor": cursor,
        }
        always = ("workspace_id", "path", "count", "entries")
        return cast("WorkspaceDiskListResult", await self._call("workspace_disk_list", arguments, on_progress, always))

    async def read_workspace_disk(
        self,
        workspace_id: str,
        path: str,
        *,
        snapshot: str | None = None,
        offset: int = 0,
        max_bytes: int = 65536,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceDiskReadResult:
        """Read a text file on a stopped workspace's disk or in a snapshot, without starting a VM.

        Args:
            workspace_id: Id or name.
            path: Any file, e.g. /etc/hosts.
            snapshot: A snapshot instead of the disk.
            offset: First byte; negative: from the end.
            max_bytes: At most (1-98304).

        Returns:
            WorkspaceDiskReadResult: workspace_id, path, size_bytes, content, offset, truncated, binary, mode;
                where they apply next_offset

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "path": path,
            "snapshot": snapshot,
            "offset": offset,
            "max_bytes": max_bytes,
        }
        always = ("workspace_id", "path", "size_bytes", "content", "offset", "truncated", "binary", "mode")
        return cast("WorkspaceDiskReadResult", await self._call("workspace_disk_read", arguments, on_progress, always))

    async def export_workspace_disk(
        self,
        workspace_id: str,
        *,
        output_path: StrPath,
        snapshot: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceDiskExportResult:
        """Copy a stopped workspace's or a snapshot's disk to the host as a sparse ext4 image.

        It holds what differs from the environment: `root/` is the upper layer of an overlay, `workspace/` is /workspace.

        Only on the host of the machines, not over HTTP with a token.

        Args:
            workspace_id: Id or name.
            output_path: New file on the host, in an existing directory.
            snapshot: A snapshot instead of the disk.

        Returns:
            WorkspaceDiskExportResult: workspace_id, output_path, disk_format, apparent_bytes, used_bytes

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "output_path": output_path,
            "snapshot": snapshot,
        }
        always = ("workspace_id", "output_path", "disk_format", "apparent_bytes", "used_bytes")
        return cast("WorkspaceDiskExportResult", await self._call("workspace_disk_export", arguments, on_progress, always))

    async def fork_workspace(
        self,
        workspace_id: str,
        *,
        count: int = 1,
        name: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceForkResult:
        """Copy a workspace: a running one with its memory and processes, a stopped one by its disk.

        Labels, snapshots, secrets, network policy and services go along; history, shells and commands' results do not.

        Args:
            workspace_id: Id or name.
            count: Copies to make. (1 to 16)
            name: Their name; several are numbered.

        Returns:
            WorkspaceForkResult: source, workspaces, with_memory, kept;
                where they apply paused_ms

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "count": count,
            "name": name,
        }
        always = ("source", "workspaces", "with_memory", "kept")
        return cast("WorkspaceForkResult", await self._call("workspace_fork", arguments, on_progress, always))

    async def open_shell(
        self,
        workspace_id: str,
        *,
        cwd: str = "/workspace",
        cols: int = 120,
        rows: int = 30,
        secret_env: Mapping[str, str] | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceShellOpenResult:
        """Open an interactive bash on a terminal that stays open between calls.

        For REPLs, editors, debuggers, prompts. Type with workspace_shell_write, then workspace_shell_read with plain.

        Args:
            workspace_id: Id or name.
            cwd: Directory to begin in.
            cols: Columns (1-500).
            rows: Rows (1-500).
            secret_env: Secrets' names to variables.

        Returns:
            WorkspaceShellOpenResult: workspace_id, shell_id, state, cwd, cols, rows, started_at, execution_mode;
                where they apply ended_at, exit_code, detail, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "cwd": cwd,
            "cols": cols,
            "rows": rows,
            "secret_env": secret_env,
        }
        always = ("workspace_id", "shell_id", "state", "cwd", "cols", "rows", "started_at", "execution_mode")
        return cast("WorkspaceShellOpenResult", await self._call("workspace_shell_open", arguments, on_progress, always))

    async def read_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        cursor: int = 0,
        max_chars: int = 16384,
        plain: bool = False,
        wait_for_idle_ms: int | None = None,
        wait_seconds: int = 30,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceShellReadResult:
        """Read a shell's output from a cursor on.

        Plain gives the lines new since the cursor as a person sees them, and the screen of full-screen programs.

        Args:
            workspace_id: Id or name.
            shell_id: As workspace_shell_open answered it.
            cursor: next_cursor of the last read. (0 to 9007199254740992)
            max_chars: At most (1-98304).
            plain: As shown on a terminal, without control sequences.
            wait_for_idle_ms: Wait until output pauses this long (1-10000).
            wait_seconds: Limit of that wait (1-3600).

        Returns:
            WorkspaceShellReadResult: workspace_id, shell_id, state, cwd, cols, rows, started_at, execution_mode, cursor, next_cursor, output, truncated, plain;
                where they apply ended_at, exit_code, detail, resumed, output_base64, screen, screen_row, screen_column, dropped_bytes, idle, egress_denied

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "shell_id": shell_id,
            "cursor": cursor,
            "max_chars": max_chars,
            "plain": plain,
            "wait_for_idle_ms": wait_for_idle_ms,
            "wait_seconds": wait_seconds,
        }
        always = (
            "workspace_id",
            "shell_id",
            "state",
            "cwd",
            "cols",
            "rows",
            "started_at",
            "execution_mode",
            "cursor",
            "next_cursor",
            "output",
            "truncated",
            "plain",
        )
        return cast("WorkspaceShellReadResult", await self._call("workspace_shell_read", arguments, on_progress, always))

    async def write_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        input: str,
        append_newline: bool = True,
        cols: int | None = None,
        rows: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceShellWriteResult:
        """Type into a shell, as on a keyboard.

        Control keys are characters: \\u0003 is Ctrl-C, \\u001b Escape.

        Args:
            workspace_id: Id or name.
            shell_id: As workspace_shell_open answered it.
            input: What to type.
            append_newline: Press Enter after it.
            cols: New size first, with rows (1-500).
            rows: With cols (1-500).

        Returns:
            WorkspaceShellWriteResult: workspace_id, shell_id, state, cwd, cols, rows, started_at, execution_mode, input_length, append_newline, written_bytes, truncated;
                where they apply ended_at, exit_code, detail, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "shell_id": shell_id,
            "input": input,
            "append_newline": append_newline,
            "cols": cols,
            "rows": rows,
        }
        always = (
            "workspace_id",
            "shell_id",
            "state",
            "cwd",
            "cols",
            "rows",
            "started_at",
            "execution_mode",
            "input_length",
            "append_newline",
            "written_bytes",
            "truncated",
        )
        return cast("WorkspaceShellWriteResult", await self._call("workspace_shell_write", arguments, on_progress, always))

    async def signal_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        signal_name: str = "INT",
        on_progress: OnProgress | None = None,
    ) -> WorkspaceShellSignalResult:
        """Signal the program in a shell's foreground, e.g. interrupt it.

        Args:
            workspace_id: Id or name.
            shell_id: As workspace_shell_open answered it.
            signal_name: HUP, INT, QUIT, TERM, KILL or TSTP.

        Returns:
            WorkspaceShellSignalResult: workspace_id, shell_id, state, cwd, cols, rows, started_at, execution_mode, signal, pgid;
                where they apply ended_at, exit_code, detail, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "shell_id": shell_id,
            "signal_name": signal_name,
        }
        always = (
            "workspace_id",
            "shell_id",
            "state",
            "cwd",
            "cols",
            "rows",
            "started_at",
            "execution_mode",
            "signal",
            "pgid",
        )
        return cast("WorkspaceShellSignalResult", await self._call("workspace_shell_signal", arguments, on_progress, always))

    async def close_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceShellCloseResult:
        """Close a shell: what runs in it is hung up, then killed.

        Args:
            workspace_id: Id or name.
            shell_id: As workspace_shell_open answered it.

        Returns:
            WorkspaceShellCloseResult: workspace_id, shell_id, state, cwd, cols, rows, started_at, execution_mode, closed;
                where they apply ended_at, exit_code, detail, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "shell_id": shell_id,
        }
        always = ("workspace_id", "shell_id", "state", "cwd", "cols", "rows", "started_at", "execution_mode", "closed")
        return cast("WorkspaceShellCloseResult", await self._call("workspace_shell_close", arguments, on_progress, always))

    async def start_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        command: str,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        secret_env: Mapping[str, str] | None = None,
        published_ports: Sequence[str] | None = None,
        ready_file: str | None = None,
        ready_tcp: str | None = None,
        ready_http: str | None = None,
        ready_command: str | None = None,
        ready_timeout_seconds: int = 30,
        ready_interval_ms: int = 500,
        restart: Literal["never", "on-failure"] = "never",
        on_progress: OnProgress | None = None,
    ) -> WorkspaceServiceStartResult:
        """Start a program that keeps running, and wait until it is ready.

        Give one ready_* at most. On state failed, detail and its last output say why; workspace_service_logs has all.

        Args:
            workspace_id: Id or name.
            service_name: An ended one is replaced.
            command: Run by `sh -c`, in the foreground.
            cwd: Default /workspace.
            env: Environment variables.
            secret_env: Secrets' names to variables.
            published_ports: On the host's 127.0.0.1: GUEST or HOST:GUEST.
            ready_file: File that exists.
            ready_tcp: HOST:PORT that accepts.
            ready_http: http:// URL with status 200-399.
            ready_command: Command that exits 0.
            ready_timeout_seconds: Then it is ended. (1 to 3600)
            ready_interval_ms: Between looks. (50 to 60000)
            restart: After it was ready once.

        Returns:
            WorkspaceServiceStartResult: workspace_id, service_name, state, command, cwd, started_at, execution_mode, readiness, restart, restart_count, published_ports, stdout_bytes, stderr_bytes;
                where they apply ready_at, ended_at, exit_code, signal, pid, stop_reason, detail, egress_denied, lost_bytes, stdout, stderr, resumed

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "service_name": service_name,
            "command": command,
            "cwd": cwd,
            "env": env,
            "secret_env": secret_env,
            "published_ports": published_ports,
            "ready_file": ready_file,
            "ready_tcp": ready_tcp,
            "ready_http": ready_http,
            "ready_command": ready_command,
            "ready_timeout_seconds": ready_timeout_seconds,
            "ready_interval_ms": ready_interval_ms,
            "restart": restart,
        }
        always = (
            "workspace_id",
            "service_name",
            "state",
            "command",
            "cwd",
            "started_at",
            "execution_mode",
            "readiness",
            "restart",
            "restart_count",
            "published_ports",
            "stdout_bytes",
            "stderr_bytes",
        )
        return cast("WorkspaceServiceStartResult", await self._call("workspace_service_start", arguments, on_progress, always))

    async def list_services(
        self,
        workspace_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceServiceListResult:
        """List a workspace's services, ended ones included.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceServiceListResult: workspace_id, count, running_count, services

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = ("workspace_id", "count", "running_count", "services")
        return cast("WorkspaceServiceListResult", await self._call("workspace_service_list", arguments, on_progress, always))

    async def status_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceServiceStatusResult:
        """Show a service: state, exit code, why it ended.

        Args:
            workspace_id: Id or name.
            service_name: Its name.

        Returns:
            WorkspaceServiceStatusResult: workspace_id, service_name, state, command, cwd, started_at, execution_mode, readiness, restart, restart_count, published_ports, stdout_bytes, stderr_bytes;
                where they apply ready_at, ended_at, exit_code, signal, pid, stop_reason, detail, egress_denied, lost_bytes

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "service_name": service_name,
        }
        always = (
            "workspace_id",
            "service_name",
            "state",
            "command",
            "cwd",
            "started_at",
            "execution_mode",
            "readiness",
            "restart",
            "restart_count",
            "published_ports",
            "stdout_bytes",
            "stderr_bytes",
        )
        return cast("WorkspaceServiceStatusResult", await self._call("workspace_service_status", arguments, on_progress, always))

    async def logs_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        tail_lines: int = 200,
        all: bool = False,
        stream: Literal["stdout", "stderr"] = "stdout",
        offset: int | None = None,
        grep: str | None = None,
        output_bytes: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceServiceLogsResult:
        """Read a service's output: the last lines, a page or matching lines.

        Args:
            workspace_id: Id or name.
            service_name: Its name.
            tail_lines: Or matches (1-10000).
            all: Head and tail of everything.
            stream: For offset and grep.
            offset: First byte; negative: from the end.
            grep: Regular expression.
            output_bytes: Bytes per page or stream (0-98304). Default 16384.

        Returns:
            WorkspaceServiceLogsResult: workspace_id, service_name, state, command, cwd, started_at, execution_mode, readiness, restart, restart_count, published_ports, stdout_bytes, stderr_bytes, truncated;
                where they apply ready_at, ended_at, exit_code, signal, pid, stop_reason, detail, egress_denied, lost_bytes, stdout, stderr, tail_lines, page

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "service_name": service_name,
            "tail_lines": tail_lines,
            "all": all,
            "stream": stream,
            "offset": offset,
            "grep": grep,
            "output_bytes": output_bytes,
        }
        always = (
            "workspace_id",
            "service_name",
            "state",
            "command",
            "cwd",
            "started_at",
            "execution_mode",
            "readiness",
            "restart",
            "restart_count",
            "published_ports",
            "stdout_bytes",
            "stderr_bytes",
            "truncated",
        )
        return cast("WorkspaceServiceLogsResult", await self._call("workspace_service_logs", arguments, on_progress, always))

    async def stop_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceServiceStopResult:
        """Stop a service and all it started: TERM, KILL after 5 s.

        Args:
            workspace_id: Id or name.
            service_name: Its name.

        Returns:
            WorkspaceServiceStopResult: workspace_id, service_name, state, command, cwd, started_at, execution_mode, readiness, restart, restart_count, published_ports, stdout_bytes, stderr_bytes;
                where they apply ready_at, ended_at, exit_code, signal, pid, stop_reason, detail, egress_denied, lost_bytes

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "service_name": service_name,
        }
        always = (
            "workspace_id",
            "service_name",
            "state",
            "command",
            "cwd",
            "started_at",
            "execution_mode",
            "readiness",
            "restart",
            "restart_count",
            "published_ports",
            "stdout_bytes",
            "stderr_bytes",
        )
        return cast("WorkspaceServiceStopResult", await self._call("workspace_service_stop", arguments, on_progress, always))

    async def delete_workspace(
        self,
        workspace_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceDeleteResult:
        """Delete a workspace for good, its files and history included.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceDeleteResult: workspace_id, deleted

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = ("workspace_id", "deleted")
        return cast("WorkspaceDeleteResult", await self._call("workspace_delete", arguments, on_progress, always))

    async def show_workspace_network(
        self,
        workspace_id: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceNetworkShowResult:
        """Show what a workspace may reach, and what was refused to it.

        Args:
            workspace_id: Id or name.

        Returns:
            WorkspaceNetworkShowResult: workspace_id, network_policy, deny_hosts, trust_host_ca, egress_denied;
                where they apply allow_hosts, network_problem

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
        }
        always = ("workspace_id", "network_policy", "deny_hosts", "trust_host_ca", "egress_denied")
        return cast("WorkspaceNetworkShowResult", await self._call("workspace_network_show", arguments, on_progress, always))

    async def allow_workspace_network(
        self,
        workspace_id: str,
        *,
        hosts: Sequence[str] | None = None,
        network_policy: Literal["off", "egress", "egress+published-ports"] | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceNetworkAllowResult:
        """Permit a workspace to reach hosts.

        Replaces a refusal said before. Where the workspace had no network, it has egress to these hosts alone from then on.

        Args:
            workspace_id: Id or name.
            hosts: example.com, *.example.com, host:443, 192.0.2.0/24, or * for all that is public.
            network_policy: Change the policy itself as well. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.

        Returns:
            WorkspaceNetworkAllowResult: workspace_id, network_policy, deny_hosts, trust_host_ca, egress_denied;
                where they apply allow_hosts, network_problem

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "hosts": hosts,
            "network_policy": network_policy,
        }
        always = ("workspace_id", "network_policy", "deny_hosts", "trust_host_ca", "egress_denied")
        return cast("WorkspaceNetworkAllowResult", await self._call("workspace_network_allow", arguments, on_progress, always))

    async def deny_workspace_network(
        self,
        workspace_id: str,
        *,
        hosts: Sequence[str] | None = None,
        network_policy: Literal["off", "egress", "egress+published-ports"] | None = None,
        on_progress: OnProgress | None = None,
    ) -> WorkspaceNetworkDenyResult:
        """Refuse a workspace hosts that it could reach.

        Takes the entry back where it was allowed, and wins over wider ones that are. Connections under way end.

        Args:
            workspace_id: Id or name.
            hosts: example.com, *.example.com, host:443, 192.0.2.0/24, or * for all that is public.
            network_policy: Change the policy itself as well. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.

        Returns:
            WorkspaceNetworkDenyResult: workspace_id, network_policy, deny_hosts, trust_host_ca, egress_denied;
                where they apply allow_hosts, network_problem

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "workspace_id": workspace_id,
            "hosts": hosts,
            "network_policy": network_policy,
        }
        always = ("workspace_id", "network_policy", "deny_hosts", "trust_host_ca", "egress_denied")
        return cast("WorkspaceNetworkDenyResult", await self._call("workspace_network_deny", arguments, on_progress, always))

    async def pull_environment(
        self,
        environment: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> EnvironmentPullResult:
        """Install an environment now, or bring it up to date with Debian's mirror.

        Existing disks keep the image they were made over. The template that new machines go on from is made as well.

        Args:
            environment: Name, as `pyro env list` shows it.

        Returns:
            EnvironmentPullResult: changed, environment, template;
                where they apply template_trouble

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "environment": environment,
        }
        always = ("changed", "environment", "template")
        return cast("EnvironmentPullResult", await self._call("environment_pull", arguments, on_progress, always))

    async def inspect_environment(
        self,
        environment: str,
        *,
        on_progress: OnProgress | None = None,
    ) -> EnvironmentInspectResult:
        """Show one environment: versions, packages, size, whether its files are intact, and its templates.

        Args:
            environment: Name, as `pyro env list` shows it.

        Returns:
            EnvironmentInspectResult: name, description, version, suite, packages, installed, installed_packages, templates;
                where they apply intact, digest, size_bytes, installed_at, build_seconds, kernel_version, kernel_trouble

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "environment": environment,
        }
        always = ("name", "description", "version", "suite", "packages", "installed", "installed_packages", "templates")
        return cast("EnvironmentInspectResult", await self._call("environment_inspect", arguments, on_progress, always))

    async def prune_environments(
        self,
        *,
        all: bool = False,
        on_progress: OnProgress | None = None,
    ) -> EnvironmentPruneResult:
        """Delete superseded images, kernels and templates that no VM or workspace uses, and free templates from memory.

        Args:
            all: Also delete current environments that nothing uses, and all templates; their next use builds them again.

        Returns:
            EnvironmentPruneResult: count, freed_bytes, deleted, keepers_ended

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {
            "all": all,
        }
        always = ("count", "freed_bytes", "deleted", "keepers_ended")
        return cast("EnvironmentPruneResult", await self._call("environment_prune", arguments, on_progress, always))
