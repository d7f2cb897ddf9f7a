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


class _VmRunEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class VmRunEgressDenied(_VmRunEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class VmRunCleanup(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    deleted: bool
    reason: str


class _VmRunResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
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
    conditions: list[Literal["disk_full", "memory_low", "egress_denied"]]
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
    # Connections that were refused to it.
    egress_denied: list[VmRunEgressDenied]


class _VmCreateStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class VmCreateStart(_VmCreateStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class VmCreateEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmCreateResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
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
    # How its machine last began.
    start: VmCreateStart
    # Why it last ended, if it did.
    ended: VmCreateEnded


class _VmStartStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class VmStartStart(_VmStartStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class VmStartEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmStartResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
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
    # How its machine last began.
    start: VmStartStart
    # Why it last ended, if it did.
    ended: VmStartEnded


class _VmExecEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class VmExecEgressDenied(_VmExecEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class VmExecCleanup(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    deleted: bool
    reason: str


class _VmExecResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
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
    conditions: list[Literal["disk_full", "memory_low", "egress_denied"]]
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
    # Connections that were refused to it.
    egress_denied: list[VmExecEgressDenied]


class _VmStopStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class VmStopStart(_VmStopStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class VmStopEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmStopResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
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
    # How its machine last began.
    start: VmStopStart
    # Why it last ended, if it did.
    ended: VmStopEnded


class VmDeleteResult(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    deleted: bool
    reason: str


class _VmStatusStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class VmStatusStart(_VmStatusStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class VmStatusEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class _VmStatusResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
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
    # How its machine last began.
    start: VmStatusStart
    # Why it last ended, if it did.
    ended: VmStatusEnded


class _VmNetworkInfoResultAlways(TypedDict):
    # Names one VM: `vm-` and twelve of `a-z2-7`.
    vm_id: str
    network_enabled: bool
    outbound_connectivity_expected: bool
    # Why there is one or none.
    reason: str


class VmNetworkInfoResult(_VmNetworkInfoResultAlways, total=False):
    # Where its programs ask for connections: their proxy variables name it.
    proxy: str


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


class WorkspaceUploadOpenResult(TypedDict):
    # For seed_upload_id or upload_id, once the archive was sent.
    upload_id: str
    # Takes one HTTP PUT of a tar, .tar.gz or .tar.zst; whoever has it may send.
    url: str
    # How to send a directory.
    example: str
    bytes_max: int
    expires_at: str


class _WorkspaceCreateEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceCreateEgressDenied(_WorkspaceCreateEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceCreateSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceCreateStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceCreateStart(_WorkspaceCreateStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceCreateWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceCreateWorkspaceSeed(_WorkspaceCreateWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceCreateShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceCreateServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceCreateServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceCreateServices(_WorkspaceCreateServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceCreateServicesPublishedPorts]


class _WorkspaceCreateLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceCreateLastCommand(_WorkspaceCreateLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceCreateEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceCreateCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceCreateStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceCreateWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceCreateResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceCreateWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceCreateShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceCreateServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceCreateCost


class WorkspaceCreateResult(_WorkspaceCreateResultAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceCreateEgressDenied]
    secrets: list[WorkspaceCreateSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceCreateStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceCreateLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceCreateEnded
    # How this call stopped it.
    stop: WorkspaceCreateStop
    # What this call reset it to.
    workspace_reset: WorkspaceCreateWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceListWorkspacesAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    environment: str
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    created_at: str
    last_activity_at: str
    command_count: int
    # Ended ones included.
    service_count: int
    running_service_count: int
    # What it takes of the host's disk, snapshots included.
    used_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceListWorkspaces(_WorkspaceListWorkspacesAlways, total=False):
    name: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # Whose it is, where a token's holder made it.
    principal: str


class WorkspaceListDamaged(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    problem: str


class _WorkspaceListResultAlways(TypedDict):
    # On this page.
    count: int
    workspaces: list[WorkspaceListWorkspaces]


class WorkspaceListResult(_WorkspaceListResultAlways, total=False):
    # For the next page; absent on the last.
    next_cursor: str
    # Those whose records cannot be read.
    damaged: list[WorkspaceListDamaged]


class _WorkspaceUpdateEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceUpdateEgressDenied(_WorkspaceUpdateEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceUpdateSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceUpdateStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceUpdateStart(_WorkspaceUpdateStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceUpdateWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceUpdateWorkspaceSeed(_WorkspaceUpdateWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceUpdateShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceUpdateServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceUpdateServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceUpdateServices(_WorkspaceUpdateServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceUpdateServicesPublishedPorts]


class _WorkspaceUpdateLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceUpdateLastCommand(_WorkspaceUpdateLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceUpdateEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceUpdateCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceUpdateStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceUpdateWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceUpdateResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceUpdateWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceUpdateShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceUpdateServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceUpdateCost


class WorkspaceUpdateResult(_WorkspaceUpdateResultAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceUpdateEgressDenied]
    secrets: list[WorkspaceUpdateSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceUpdateStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceUpdateLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceUpdateEnded
    # How this call stopped it.
    stop: WorkspaceUpdateStop
    # What this call reset it to.
    workspace_reset: WorkspaceUpdateWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceStatusEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceStatusEgressDenied(_WorkspaceStatusEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceStatusSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceStatusStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceStatusStart(_WorkspaceStatusStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceStatusWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceStatusWorkspaceSeed(_WorkspaceStatusWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceStatusShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceStatusServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceStatusServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceStatusServices(_WorkspaceStatusServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceStatusServicesPublishedPorts]


class _WorkspaceStatusLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceStatusLastCommand(_WorkspaceStatusLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceStatusEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceStatusCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceStatusStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceStatusWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceStatusResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceStatusWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceStatusShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceStatusServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceStatusCost


class WorkspaceStatusResult(_WorkspaceStatusResultAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceStatusEgressDenied]
    secrets: list[WorkspaceStatusSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceStatusStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceStatusLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceStatusEnded
    # How this call stopped it.
    stop: WorkspaceStatusStop
    # What this call reset it to.
    workspace_reset: WorkspaceStatusWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceSyncPushWorkspaceSyncAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace, absolute.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int
    # Files and links that stood there before.
    replaced: int


class WorkspaceSyncPushWorkspaceSync(_WorkspaceSyncPushWorkspaceSyncAlways, total=False):
    # On the host, absolute; absent where it came with the call or was uploaded.
    source_path: str
    # Special files that were left out.
    skipped: list[str]


class _WorkspaceSyncPushResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # A tree that came from the host.
    workspace_sync: WorkspaceSyncPushWorkspaceSync
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceSyncPushResult(_WorkspaceSyncPushResultAlways, total=False):
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceExecEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceExecEgressDenied(_WorkspaceExecEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceExecResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Its number in the workspace's history.
    sequence: int
    # `running`: it was handed back; workspace_logs waits for it and pages its output.
    state: Literal["running", "ended"]
    # Cut at 1,000 characters.
    command: str
    cwd: str
    # Beginning and end within the cap; UTF-8.
    stdout: str
    stderr: str
    # Noticed meanwhile.
    conditions: list[Literal["disk_full", "memory_low", "egress_denied"]]
    # Bytes written, kept or not.
    stdout_bytes: int
    stderr_bytes: int
    # Some output was left out; workspace_logs has it.
    truncated: bool
    # Spawn to exit in the guest; until now while it runs.
    duration_ms: int
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceExecResult(_WorkspaceExecResultAlways, total=False):
    # The command's own; 128 + signal, 124 after a timeout, 125 when the machine died; absent while it runs.
    exit_code: int
    # Why a command is over.
    exit_reason: Literal["exited", "signaled", "timed_out", "oom_killed", "canceled", "vm_died"]
    # What is known of the cause where the command did not just exit.
    detail: str
    # Connections that were refused to it.
    egress_denied: list[WorkspaceExecEgressDenied]
    # While it runs: end it with `kill -- -PGID`.
    pgid: int
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceLogsEntriesEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceLogsEntriesEgressDenied(_WorkspaceLogsEntriesEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceLogsEntriesAlways(TypedDict):
    sequence: int
    # Whether a command is over.
    state: Literal["running", "ended"]
    # Cut at 1,000 characters.
    command: str
    cwd: str
    started_at: str
    stdout_bytes: int
    stderr_bytes: int


class WorkspaceLogsEntries(_WorkspaceLogsEntriesAlways, total=False):
    # Absent while it runs.
    exit_code: int
    # Why a command is over.
    exit_reason: Literal["exited", "signaled", "timed_out", "oom_killed", "canceled", "vm_died"]
    detail: str
    conditions: list[Literal["disk_full", "memory_low", "egress_denied"]]
    # Connections that were refused to it, where it alone was asked for.
    egress_denied: list[WorkspaceLogsEntriesEgressDenied]
    duration_ms: int
    # Output that is not kept any more, or never was.
    lost_bytes: int
    # While it runs.
    pgid: int
    # Beginning and end within the cap, where one command was asked for without a page.
    stdout: str
    stderr: str
    # Some output was left out of `stdout` or `stderr`.
    truncated: bool


class WorkspaceLogsPageMatches(TypedDict):
    # Of its first byte.
    offset: int
    # Cut at 500 characters.
    text: str


class _WorkspaceLogsPageAlways(TypedDict):
    # `stdout` or `stderr`.
    stream: str
    # Of the first byte looked at.
    offset: int
    # UTF-8; empty where a pattern was looked for.
    text: str


class WorkspaceLogsPage(_WorkspaceLogsPageAlways, total=False):
    # Where the next page begins; absent at the end of what there is now.
    next_offset: int
    # Lines that the pattern matches.
    matches: list[WorkspaceLogsPageMatches]
    # Bytes before `offset` that are not kept any more, where the page was to begin among them.
    skipped_bytes: int


class _WorkspaceLogsResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Commands ever started, listed or not.
    count: int
    entries: list[WorkspaceLogsEntries]


class WorkspaceLogsResult(_WorkspaceLogsResultAlways, total=False):
    # `before` of the next page of commands; absent on the last.
    next_before: int
    # Where offset, line or grep was given.
    page: WorkspaceLogsPage


class _WorkspaceFileListEntriesAlways(TypedDict):
    # Absolute; invalid UTF-8 replaced.
    path: str
    # Kinds of entries.
    artifact_type: Literal["file", "directory", "symlink", "other"]
    # Of a file; 0 for everything else.
    size_bytes: int
    # Permissions, e.g. 0644.
    mode: str
    modified_at: str


class WorkspaceFileListEntries(_WorkspaceFileListEntriesAlways, total=False):
    # Where a symlink leads.
    link_target: str
    # A directory that could not be read: its entries are missing.
    unreadable: bool


class _WorkspaceFileListResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Absolute.
    path: str
    count: int
    # Depth first, the names of a directory in the order of their bytes.
    entries: list[WorkspaceFileListEntries]
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceFileListResult(_WorkspaceFileListResultAlways, total=False):
    # For the next page; absent on the last.
    next_cursor: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceFileReadResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Absolute.
    path: str
    # Of the whole file.
    size_bytes: int
    # UTF-8; empty where the piece is binary.
    content: str
    # Of the content's first byte.
    offset: int
    # The content is not the whole file.
    truncated: bool
    # No text: workspace_export copies it out.
    binary: bool
    # Permissions, e.g. 0644.
    mode: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceFileReadResult(_WorkspaceFileReadResultAlways, total=False):
    # Where the next piece begins; absent at the end of the file.
    next_offset: int
    # Number of the first line, where lines were asked for and counted from the start.
    line: int
    # image/png or image/jpeg; where it is not too large, it stands beside the result.
    media_type: str
    # Of the whole file, where the content is it: for workspace_file_write's expected_sha256.
    sha256: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceFileWriteResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Absolute.
    path: str
    bytes_written: int
    # There was no such file before.
    created: bool
    # Permissions it has now, e.g. 0644.
    mode: str
    # Of what was written.
    sha256: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceFileWriteResult(_WorkspaceFileWriteResultAlways, total=False):
    # The workspace was stopped, and this call started it.
    resumed: bool


class WorkspacePatchApplySummary(TypedDict):
    total: int
    added: int
    modified: int
    deleted: int
    renamed: int
    copied: int


class _WorkspacePatchApplyEntriesAlways(TypedDict):
    # Absolute.
    path: str
    # What a patch did to one file.
    status: Literal["added", "modified", "deleted", "renamed", "copied"]


class WorkspacePatchApplyEntries(_WorkspacePatchApplyEntriesAlways, total=False):
    # Where a renamed or copied file came from.
    from_path: str
    # Lines by which hunks were found elsewhere than the patch says, where any was.
    offsets: list[int]


class _WorkspacePatchApplyResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    changed: bool
    # How many files a patch changed.
    summary: WorkspacePatchApplySummary
    entries: list[WorkspacePatchApplyEntries]
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspacePatchApplyResult(_WorkspacePatchApplyResultAlways, total=False):
    # The workspace was stopped, and this call started it.
    resumed: bool


class WorkspaceDiffSummary(TypedDict):
    total: int
    added: int
    modified: int
    deleted: int
    type_changed: int
    mode_changed: int
    # Entries with text in the whole patch.
    text_patched: int
    # Entries without: binary and large files, directories, what only permissions tell apart.
    non_text: int


class _WorkspaceDiffEntriesAlways(TypedDict):
    # Relative to /workspace; invalid UTF-8 replaced.
    path: str
    # What became of an entry. modified: Another content, or another target of a symlink; type_changed: A file became a symlink, for example; mode_changed: The same content with other permissions.
    status: Literal["added", "deleted", "modified", "type_changed", "mode_changed"]
    # What it is now, or was.
    artifact_type: Literal["file", "directory", "symlink", "other"]
    binary: bool
    # Its text is in this result's patch.
    patched: bool


class WorkspaceDiffEntries(_WorkspaceDiffEntriesAlways, total=False):
    # What it was, where that differs.
    old_artifact_type: Literal["file", "directory", "symlink", "other"]
    # Permissions such as 0644, where they differ.
    old_mode: str
    new_mode: str
    # Of a file that is there now.
    size_bytes: int
    # Of a file that was there.
    old_size_bytes: int
    # Why there is no text.
    note: str


class WorkspaceDiffDownload(TypedDict):
    # Admits whoever has it, until it was fetched whole.
    url: str
    # A directory comes as a tar.
    file_name: str
    media_type: str
    expires_at: str


class _WorkspaceDiffResultAlways(TypedDict):
    workspace_id: str
    changed: bool
    # How many entries changed, listed or not.
    summary: WorkspaceDiffSummary
    # In the order of paths, within a cap.
    entries: list[WorkspaceDiffEntries]
    # Changed entries that are not listed.
    entries_omitted: int
    # Takes the old side to the new one: for `git apply`. Cut only between files.
    patch: str
    # Bytes of the whole patch, whether here or not.
    patch_bytes: int
    # Files whose text is not in the patch for want of room.
    patches_omitted: int
    # Some entries or text were left out.
    truncated: bool


class WorkspaceDiffResult(_WorkspaceDiffResultAlways, total=False):
    # Directories that could not be read, the first few of them: what changed below is unknown.
    unreadable: list[str]
    # The isolation of the machine that was asked, where one was.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # The file of the host that holds the whole patch.
    output_path: str
    # The whole patch, where it was asked for.
    download: WorkspaceDiffDownload


class WorkspaceExportDownload(TypedDict):
    # Admits whoever has it, until it was fetched whole.
    url: str
    # A directory comes as a tar.
    file_name: str
    media_type: str
    expires_at: str


class _WorkspaceExportResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # In the workspace, absolute.
    workspace_path: str
    # Kinds of entries.
    artifact_type: Literal["file", "directory", "symlink", "other"]
    # Files, links and directories below it.
    entry_count: int
    # Of files.
    bytes_written: int
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceExportResult(_WorkspaceExportResultAlways, total=False):
    # On the host, absolute; absent where it is to be downloaded.
    output_path: str
    # For callers elsewhere.
    download: WorkspaceExportDownload
    # Permissions of a file, e.g. 0755, which a download does not carry.
    mode: str
    # Special files that were left out.
    skipped: list[str]
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceResetEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceResetEgressDenied(_WorkspaceResetEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceResetSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceResetStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceResetStart(_WorkspaceResetStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceResetWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceResetWorkspaceSeed(_WorkspaceResetWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceResetShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceResetServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceResetServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceResetServices(_WorkspaceResetServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceResetServicesPublishedPorts]


class _WorkspaceResetLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceResetLastCommand(_WorkspaceResetLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceResetEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceResetCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceResetStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceResetWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceResetResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceResetWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceResetShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceResetServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceResetCost


class WorkspaceResetResult(_WorkspaceResetResultAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceResetEgressDenied]
    secrets: list[WorkspaceResetSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceResetStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceResetLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceResetEnded
    # How this call stopped it.
    stop: WorkspaceResetStop
    # What this call reset it to.
    workspace_reset: WorkspaceResetWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceStopEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceStopEgressDenied(_WorkspaceStopEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceStopSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceStopStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceStopStart(_WorkspaceStopStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceStopWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceStopWorkspaceSeed(_WorkspaceStopWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceStopShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceStopServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceStopServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceStopServices(_WorkspaceStopServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceStopServicesPublishedPorts]


class _WorkspaceStopLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceStopLastCommand(_WorkspaceStopLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceStopEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceStopCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceStopStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceStopWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceStopResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceStopWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceStopShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceStopServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceStopCost


class WorkspaceStopResult(_WorkspaceStopResultAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceStopEgressDenied]
    secrets: list[WorkspaceStopSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceStopStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceStopLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceStopEnded
    # How this call stopped it.
    stop: WorkspaceStopStop
    # What this call reset it to.
    workspace_reset: WorkspaceStopWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceStartEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceStartEgressDenied(_WorkspaceStartEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceStartSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceStartStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceStartStart(_WorkspaceStartStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceStartWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceStartWorkspaceSeed(_WorkspaceStartWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceStartShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceStartServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceStartServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceStartServices(_WorkspaceStartServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceStartServicesPublishedPorts]


class _WorkspaceStartLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceStartLastCommand(_WorkspaceStartLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceStartEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceStartCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceStartStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceStartWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceStartResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceStartWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceStartShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceStartServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceStartCost


class WorkspaceStartResult(_WorkspaceStartResultAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceStartEgressDenied]
    secrets: list[WorkspaceStartSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceStartStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceStartLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceStartEnded
    # How this call stopped it.
    stop: WorkspaceStartStop
    # What this call reset it to.
    workspace_reset: WorkspaceStartWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class WorkspaceSnapshotCreateSnapshot(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # baseline: Taken at creation.
    kind: Literal["named", "baseline"]
    created_at: str
    # Files, links and directories below /workspace.
    entry_count: int
    # How long its disk says it is; most of that is nothing.
    apparent_bytes: int
    # What it takes of the host's disk. Blocks that the host's file system shares count for each that has them.
    used_bytes: int
    deletable: bool


class WorkspaceSnapshotCreateResult(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # A snapshot of a workspace.
    snapshot: WorkspaceSnapshotCreateSnapshot


class WorkspaceSnapshotListSnapshots(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # baseline: Taken at creation.
    kind: Literal["named", "baseline"]
    created_at: str
    # Files, links and directories below /workspace.
    entry_count: int
    # How long its disk says it is; most of that is nothing.
    apparent_bytes: int
    # What it takes of the host's disk. Blocks that the host's file system shares count for each that has them.
    used_bytes: int
    deletable: bool


class WorkspaceSnapshotListDamaged(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    problem: str


class _WorkspaceSnapshotListResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    count: int
    snapshots: list[WorkspaceSnapshotListSnapshots]


class WorkspaceSnapshotListResult(_WorkspaceSnapshotListResultAlways, total=False):
    # Those whose records cannot be read.
    damaged: list[WorkspaceSnapshotListDamaged]


class WorkspaceSnapshotDeleteResult(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    deleted: bool


class _WorkspaceDiskListEntriesAlways(TypedDict):
    # Absolute; invalid UTF-8 replaced.
    path: str
    # Kinds of entries.
    artifact_type: Literal["file", "directory", "symlink", "other"]
    # Of a file; 0 for everything else.
    size_bytes: int
    # Permissions, e.g. 0644.
    mode: str
    modified_at: str


class WorkspaceDiskListEntries(_WorkspaceDiskListEntriesAlways, total=False):
    # Where a symlink leads.
    link_target: str
    # A directory that could not be read: its entries are missing.
    unreadable: bool


class _WorkspaceDiskListResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Absolute, links on the way resolved.
    path: str
    count: int
    # Depth first, the names of a directory in the order of their bytes.
    entries: list[WorkspaceDiskListEntries]


class WorkspaceDiskListResult(_WorkspaceDiskListResultAlways, total=False):
    # For the next page; absent on the last.
    next_cursor: str
    # Entries of this page's stretch that are left out, for the disk says nothing sensible of them.
    skipped: int


class _WorkspaceDiskReadResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Absolute, links resolved.
    path: str
    # Of the whole file.
    size_bytes: int
    # UTF-8; empty where the piece is binary.
    content: str
    # Of the content's first byte.
    offset: int
    # The content is not the whole file.
    truncated: bool
    # No text: workspace_disk_export or workspace_export copies it out.
    binary: bool
    # Permissions, e.g. 0644.
    mode: str


class WorkspaceDiskReadResult(_WorkspaceDiskReadResultAlways, total=False):
    # Where the next piece begins; absent at the end of the file.
    next_offset: int


class WorkspaceDiskExportResult(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # On the host, absolute.
    output_path: str
    # Always `ext4`: what was changed of the root in `root/`, and /workspace in `workspace/`.
    disk_format: str
    # How long the file is; most of it is a hole.
    apparent_bytes: int
    # What it takes of the host's disk.
    used_bytes: int


class _WorkspaceForkSourceEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceForkSourceEgressDenied(_WorkspaceForkSourceEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceForkSourceSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceForkSourceStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceForkSourceStart(_WorkspaceForkSourceStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceForkSourceWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceForkSourceWorkspaceSeed(_WorkspaceForkSourceWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceForkSourceShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceForkSourceServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceForkSourceServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceForkSourceServices(_WorkspaceForkSourceServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceForkSourceServicesPublishedPorts]


class _WorkspaceForkSourceLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceForkSourceLastCommand(_WorkspaceForkSourceLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceForkSourceEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceForkSourceCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceForkSourceStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceForkSourceWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceForkSourceAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceForkSourceWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceForkSourceShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceForkSourceServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceForkSourceCost


class WorkspaceForkSource(_WorkspaceForkSourceAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceForkSourceEgressDenied]
    secrets: list[WorkspaceForkSourceSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceForkSourceStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceForkSourceLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceForkSourceEnded
    # How this call stopped it.
    stop: WorkspaceForkSourceStop
    # What this call reset it to.
    workspace_reset: WorkspaceForkSourceWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceForkWorkspacesEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceForkWorkspacesEgressDenied(_WorkspaceForkWorkspacesEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceForkWorkspacesSecrets(TypedDict):
    # Its file is `/run/pyro-secrets/NAME`.
    name: str
    # Where a secret's value came from.
    source: Literal["literal", "file", "env"]
    # Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not.
    redacted: bool


class _WorkspaceForkWorkspacesStartAlways(TypedDict):
    # booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory.
    how: Literal["booted", "restored", "forked"]


class WorkspaceForkWorkspacesStart(_WorkspaceForkWorkspacesStartAlways, total=False):
    # Why it was not restored, where that was tried or not possible.
    trouble: str


class _WorkspaceForkWorkspacesWorkspaceSeedAlways(TypedDict):
    # Where a tree came from.
    mode: Literal["empty", "directory", "tar_archive"]
    # In the workspace.
    destination: str
    # Files, links and directories.
    entry_count: int
    # Of files.
    bytes_written: int


class WorkspaceForkWorkspacesWorkspaceSeed(_WorkspaceForkWorkspacesWorkspaceSeedAlways, total=False):
    # On the host, absolute.
    seed_path: str
    # Special files that were left out.
    skipped: list[str]


class WorkspaceForkWorkspacesShells(TypedDict):
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    cwd: str
    started_at: str
    # Bytes it wrote: `cursor` of a read that shows only what comes.
    written_bytes: int


class WorkspaceForkWorkspacesServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceForkWorkspacesServicesAlways(TypedDict):
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    restart_count: int


class WorkspaceForkWorkspacesServices(_WorkspaceForkWorkspacesServicesAlways, total=False):
    detail: str
    # Where it is reached from the host.
    published_ports: list[WorkspaceForkWorkspacesServicesPublishedPorts]


class _WorkspaceForkWorkspacesLastCommandAlways(TypedDict):
    sequence: int
    # Cut at 1,000 characters.
    command: str
    cwd: str


class WorkspaceForkWorkspacesLastCommand(_WorkspaceForkWorkspacesLastCommandAlways, total=False):
    # Absent while it runs.
    exit_code: int
    duration_ms: int


class WorkspaceForkWorkspacesEnded(TypedDict):
    # powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it.
    cause: Literal["powered_off", "kernel_panic", "stopped", "vmm_killed", "vmm_failed", "agent_lost", "supervisor_lost"]
    # One sentence with what is known: the signal, the panic's line, the VMM's last words.
    detail: str


class WorkspaceForkWorkspacesCost(TypedDict):
    # Everything together.
    used_bytes: int
    # Its own disk.
    disk_bytes: int
    # The baseline and all named snapshots.
    snapshots_bytes: int
    # Named ones.
    snapshot_count: int


class WorkspaceForkWorkspacesStop(TypedDict):
    # The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing.
    orderly: bool
    duration_ms: int


class WorkspaceForkWorkspacesWorkspaceReset(TypedDict):
    # What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    snapshot_name: str
    # Below /workspace.
    entry_count: int


class _WorkspaceForkWorkspacesAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    labels: dict[str, str]
    # Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept.
    state: Literal["created", "started", "stopped"]
    environment: str
    vcpu_count: int
    mem_mib: int
    ttl_seconds: int
    # RFC 3339, UTC, as all times.
    created_at: str
    # When something last changed it or ran in it.
    last_activity_at: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # In host-compat commands have the host's network, whatever the policy says.
    network_enabled: bool
    allow_host_compat: bool
    workspace_path: str
    # How a tree came to be.
    workspace_seed: WorkspaceForkWorkspacesWorkspaceSeed
    command_count: int
    # Sequences of the commands that run now.
    running_commands: list[int]
    # Those that nobody has closed, the oldest first.
    shells: list[WorkspaceForkWorkspacesShells]
    # Ended ones included.
    service_count: int
    running_service_count: int
    services: list[WorkspaceForkWorkspacesServices]
    reset_count: int
    # What it takes of the host's disk.
    cost: WorkspaceForkWorkspacesCost


class WorkspaceForkWorkspaces(_WorkspaceForkWorkspacesAlways, total=False):
    name: str
    # Digest of the image its disk belongs to; absent for host-compat.
    environment_version: str
    # When it is stopped if nobody uses it until then; absent where it does not run.
    expires_at: str
    # What its programs may reach; all that is public where absent and there is egress.
    allow_hosts: list[str]
    deny_hosts: list[str]
    trust_host_ca: bool
    # What of its network does not work; where its policy cannot be read, it does not start.
    network_problem: str
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceForkWorkspacesEgressDenied]
    secrets: list[WorkspaceForkWorkspacesSecrets]
    # The isolation it has or last had.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # How its machine last began.
    start: WorkspaceForkWorkspacesStart
    # Whose it is, where a token's holder made it.
    principal: str
    # The workspace it was forked from, which may be gone.
    forked_from: str
    # The command that was started last.
    last_command: WorkspaceForkWorkspacesLastCommand
    last_reset_at: str
    # Why it last ended, where it does not run.
    ended: WorkspaceForkWorkspacesEnded
    # How this call stopped it.
    stop: WorkspaceForkWorkspacesStop
    # What this call reset it to.
    workspace_reset: WorkspaceForkWorkspacesWorkspaceReset
    # It was stopped, and this call started it.
    resumed: bool


class _WorkspaceForkResultAlways(TypedDict):
    # A workspace as it is now.
    source: WorkspaceForkSource
    workspaces: list[WorkspaceForkWorkspaces]
    # Memory and processes went along; otherwise only the disk of a stopped workspace.
    with_memory: bool
    # What the copies have of the source besides its files.
    kept: list[str]


class WorkspaceForkResult(_WorkspaceForkResultAlways, total=False):
    # How long the source stood still.
    paused_ms: int


class _WorkspaceShellOpenResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    # Where it began.
    cwd: str
    # Characters.
    cols: int
    rows: int
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


class WorkspaceShellOpenResult(_WorkspaceShellOpenResultAlways, total=False):
    ended_at: str
    # Its own, or 128 + signal; absent while it runs.
    exit_code: int
    # What is known of the cause where it did not just exit.
    detail: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceShellReadEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceShellReadEgressDenied(_WorkspaceShellReadEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceShellReadResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    # Where it began.
    cwd: str
    # Characters.
    cols: int
    rows: int
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Where this begins, in the bytes the shell wrote.
    cursor: int
    # `cursor` of the next read.
    next_cursor: int
    # Raw bytes as UTF-8, invalid ones replaced; plain: the lines that are new or changed.
    output: str
    # There is more already: read on.
    truncated: bool
    plain: bool


class WorkspaceShellReadResult(_WorkspaceShellReadResultAlways, total=False):
    ended_at: str
    # Its own, or 128 + signal; absent while it runs.
    exit_code: int
    # What is known of the cause where it did not just exit.
    detail: str
    # The workspace was stopped, and this call started it.
    resumed: bool
    # Exactly the bytes, where `output` cannot hold them.
    output_base64: str
    # Plain, where a program uses the whole screen: all of it, as it is now.
    screen: str
    # Of the terminal's cursor on that screen, from 1.
    screen_row: int
    screen_column: int
    # Output from the cursor on that is not kept any more.
    dropped_bytes: int
    # Where a wait was asked for: output did pause.
    idle: bool
    # Connections that were refused to its programs since the cursor.
    egress_denied: list[WorkspaceShellReadEgressDenied]


class _WorkspaceShellWriteResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    # Where it began.
    cwd: str
    # Characters.
    cols: int
    rows: int
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Characters of `input`.
    input_length: int
    append_newline: bool
    # Bytes the terminal took. Fewer than typed: the program in front reads nothing.
    written_bytes: int
    # Some of it was not taken.
    truncated: bool


class WorkspaceShellWriteResult(_WorkspaceShellWriteResultAlways, total=False):
    ended_at: str
    # Its own, or 128 + signal; absent while it runs.
    exit_code: int
    # What is known of the cause where it did not just exit.
    detail: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceShellSignalResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    # Where it began.
    cwd: str
    # Characters.
    cols: int
    rows: int
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    signal: str
    # The process group in the foreground, which got it.
    pgid: int


class WorkspaceShellSignalResult(_WorkspaceShellSignalResultAlways, total=False):
    ended_at: str
    # Its own, or 128 + signal; absent while it runs.
    exit_code: int
    # What is known of the cause where it did not just exit.
    detail: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceShellCloseResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # Names one shell: `sh-` and twelve of `a-z2-7`.
    shell_id: str
    # Whether a shell still runs.
    state: Literal["running", "stopped"]
    # Where it began.
    cwd: str
    # Characters.
    cols: int
    rows: int
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # False where something in it does not end in time: close it again.
    closed: bool


class WorkspaceShellCloseResult(_WorkspaceShellCloseResultAlways, total=False):
    ended_at: str
    # Its own, or 128 + signal; absent while it runs.
    exit_code: int
    # What is known of the cause where it did not just exit.
    detail: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceServiceStartReadinessAlways(TypedDict):
    # `file`, `tcp`, `http` or `command`; the field for it is there.
    type: str


class WorkspaceServiceStartReadiness(_WorkspaceServiceStartReadinessAlways, total=False):
    path: str
    address: str
    url: str
    command: str


class WorkspaceServiceStartPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceServiceStartEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceServiceStartEgressDenied(_WorkspaceServiceStartEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceServiceStartResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    # Cut at 1,000 characters, in a list at 200.
    command: str
    cwd: str
    # Of the latest start.
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Null where it is ready at once.
    readiness: WorkspaceServiceStartReadiness | None
    # When a service that was ready once is started again.
    restart: Literal["never", "on-failure"]
    restart_count: int
    # Where it is reached from the host, while it is not over.
    published_ports: list[WorkspaceServiceStartPublishedPorts]
    # Bytes written by all of its starts, kept or not.
    stdout_bytes: int
    stderr_bytes: int


class WorkspaceServiceStartResult(_WorkspaceServiceStartResultAlways, total=False):
    ready_at: str
    ended_at: str
    # As a shell tells it; absent while it runs.
    exit_code: int
    # That ended it.
    signal: str
    # In the machine, while it runs.
    pid: int
    # Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready.
    stop_reason: Literal["process_exited_before_ready", "readiness_timeout", "workspace_stopped", "vm_died", "sigterm", "sigkill", "canceled"]
    # What is known of the cause of its end or its last restart.
    detail: str
    # Connections that were refused to it.
    egress_denied: list[WorkspaceServiceStartEgressDenied]
    # Output that is not kept any more, or never was.
    lost_bytes: int
    # The last lines of what it said, where it is over already.
    stdout: str
    stderr: str
    # The workspace was stopped, and this call started it.
    resumed: bool


class _WorkspaceServiceListServicesReadinessAlways(TypedDict):
    # `file`, `tcp`, `http` or `command`; the field for it is there.
    type: str


class WorkspaceServiceListServicesReadiness(_WorkspaceServiceListServicesReadinessAlways, total=False):
    path: str
    address: str
    url: str
    command: str


class WorkspaceServiceListServicesPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceServiceListServicesEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceServiceListServicesEgressDenied(_WorkspaceServiceListServicesEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceServiceListServicesAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    # Cut at 1,000 characters, in a list at 200.
    command: str
    cwd: str
    # Of the latest start.
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Null where it is ready at once.
    readiness: WorkspaceServiceListServicesReadiness | None
    # When a service that was ready once is started again.
    restart: Literal["never", "on-failure"]
    restart_count: int
    # Where it is reached from the host, while it is not over.
    published_ports: list[WorkspaceServiceListServicesPublishedPorts]
    # Bytes written by all of its starts, kept or not.
    stdout_bytes: int
    stderr_bytes: int


class WorkspaceServiceListServices(_WorkspaceServiceListServicesAlways, total=False):
    ready_at: str
    ended_at: str
    # As a shell tells it; absent while it runs.
    exit_code: int
    # That ended it.
    signal: str
    # In the machine, while it runs.
    pid: int
    # Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready.
    stop_reason: Literal["process_exited_before_ready", "readiness_timeout", "workspace_stopped", "vm_died", "sigterm", "sigkill", "canceled"]
    # What is known of the cause of its end or its last restart.
    detail: str
    # Connections that were refused to it.
    egress_denied: list[WorkspaceServiceListServicesEgressDenied]
    # Output that is not kept any more, or never was.
    lost_bytes: int


class WorkspaceServiceListResult(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    count: int
    # Those that are not over.
    running_count: int
    # By name.
    services: list[WorkspaceServiceListServices]


class _WorkspaceServiceStatusReadinessAlways(TypedDict):
    # `file`, `tcp`, `http` or `command`; the field for it is there.
    type: str


class WorkspaceServiceStatusReadiness(_WorkspaceServiceStatusReadinessAlways, total=False):
    path: str
    address: str
    url: str
    command: str


class WorkspaceServiceStatusPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceServiceStatusEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceServiceStatusEgressDenied(_WorkspaceServiceStatusEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceServiceStatusResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    # Cut at 1,000 characters, in a list at 200.
    command: str
    cwd: str
    # Of the latest start.
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Null where it is ready at once.
    readiness: WorkspaceServiceStatusReadiness | None
    # When a service that was ready once is started again.
    restart: Literal["never", "on-failure"]
    restart_count: int
    # Where it is reached from the host, while it is not over.
    published_ports: list[WorkspaceServiceStatusPublishedPorts]
    # Bytes written by all of its starts, kept or not.
    stdout_bytes: int
    stderr_bytes: int


class WorkspaceServiceStatusResult(_WorkspaceServiceStatusResultAlways, total=False):
    ready_at: str
    ended_at: str
    # As a shell tells it; absent while it runs.
    exit_code: int
    # That ended it.
    signal: str
    # In the machine, while it runs.
    pid: int
    # Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready.
    stop_reason: Literal["process_exited_before_ready", "readiness_timeout", "workspace_stopped", "vm_died", "sigterm", "sigkill", "canceled"]
    # What is known of the cause of its end or its last restart.
    detail: str
    # Connections that were refused to it.
    egress_denied: list[WorkspaceServiceStatusEgressDenied]
    # Output that is not kept any more, or never was.
    lost_bytes: int


class _WorkspaceServiceLogsReadinessAlways(TypedDict):
    # `file`, `tcp`, `http` or `command`; the field for it is there.
    type: str


class WorkspaceServiceLogsReadiness(_WorkspaceServiceLogsReadinessAlways, total=False):
    path: str
    address: str
    url: str
    command: str


class WorkspaceServiceLogsPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceServiceLogsEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceServiceLogsEgressDenied(_WorkspaceServiceLogsEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class WorkspaceServiceLogsPageMatches(TypedDict):
    # Of its first byte.
    offset: int
    # Cut at 500 characters.
    text: str


class _WorkspaceServiceLogsPageAlways(TypedDict):
    # `stdout` or `stderr`.
    stream: str
    # Of the first byte looked at.
    offset: int
    # UTF-8; empty where a pattern was looked for.
    text: str


class WorkspaceServiceLogsPage(_WorkspaceServiceLogsPageAlways, total=False):
    # Where the next page begins; absent at the end of what there is now.
    next_offset: int
    # Lines that the pattern matches.
    matches: list[WorkspaceServiceLogsPageMatches]
    # Bytes before `offset` that are not kept any more, where the page was to begin among them.
    skipped_bytes: int


class _WorkspaceServiceLogsResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    # Cut at 1,000 characters, in a list at 200.
    command: str
    cwd: str
    # Of the latest start.
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Null where it is ready at once.
    readiness: WorkspaceServiceLogsReadiness | None
    # When a service that was ready once is started again.
    restart: Literal["never", "on-failure"]
    restart_count: int
    # Where it is reached from the host, while it is not over.
    published_ports: list[WorkspaceServiceLogsPublishedPorts]
    # Bytes written by all of its starts, kept or not.
    stdout_bytes: int
    stderr_bytes: int
    # Some output was left out.
    truncated: bool


class WorkspaceServiceLogsResult(_WorkspaceServiceLogsResultAlways, total=False):
    ready_at: str
    ended_at: str
    # As a shell tells it; absent while it runs.
    exit_code: int
    # That ended it.
    signal: str
    # In the machine, while it runs.
    pid: int
    # Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready.
    stop_reason: Literal["process_exited_before_ready", "readiness_timeout", "workspace_stopped", "vm_died", "sigterm", "sigkill", "canceled"]
    # What is known of the cause of its end or its last restart.
    detail: str
    # Connections that were refused to it.
    egress_denied: list[WorkspaceServiceLogsEgressDenied]
    # Output that is not kept any more, or never was.
    lost_bytes: int
    # UTF-8 without control sequences; absent beside a page.
    stdout: str
    stderr: str
    # How many lines were asked for; absent beside a page and with `all`.
    tail_lines: int
    # Where `offset` or `grep` was given.
    page: WorkspaceServiceLogsPage


class _WorkspaceServiceStopReadinessAlways(TypedDict):
    # `file`, `tcp`, `http` or `command`; the field for it is there.
    type: str


class WorkspaceServiceStopReadiness(_WorkspaceServiceStopReadinessAlways, total=False):
    path: str
    address: str
    url: str
    command: str


class WorkspaceServiceStopPublishedPorts(TypedDict):
    host: str
    host_port: int
    guest_port: int


class _WorkspaceServiceStopEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceServiceStopEgressDenied(_WorkspaceServiceStopEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceServiceStopResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
    service_name: str
    # How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine.
    state: Literal["starting", "running", "restarting", "exited", "stopped", "failed"]
    # Cut at 1,000 characters, in a list at 200.
    command: str
    cwd: str
    # Of the latest start.
    started_at: str
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]
    # Null where it is ready at once.
    readiness: WorkspaceServiceStopReadiness | None
    # When a service that was ready once is started again.
    restart: Literal["never", "on-failure"]
    restart_count: int
    # Where it is reached from the host, while it is not over.
    published_ports: list[WorkspaceServiceStopPublishedPorts]
    # Bytes written by all of its starts, kept or not.
    stdout_bytes: int
    stderr_bytes: int


class WorkspaceServiceStopResult(_WorkspaceServiceStopResultAlways, total=False):
    ready_at: str
    ended_at: str
    # As a shell tells it; absent while it runs.
    exit_code: int
    # That ended it.
    signal: str
    # In the machine, while it runs.
    pid: int
    # Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready.
    stop_reason: Literal["process_exited_before_ready", "readiness_timeout", "workspace_stopped", "vm_died", "sigterm", "sigkill", "canceled"]
    # What is known of the cause of its end or its last restart.
    detail: str
    # Connections that were refused to it.
    egress_denied: list[WorkspaceServiceStopEgressDenied]
    # Output that is not kept any more, or never was.
    lost_bytes: int


class WorkspaceDeleteResult(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    deleted: bool


class _WorkspaceNetworkShowEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceNetworkShowEgressDenied(_WorkspaceNetworkShowEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceNetworkShowResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # These win over what is allowed.
    deny_hosts: list[str]
    # The guest trusts the certificates that the host trusts.
    trust_host_ca: bool
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceNetworkShowEgressDenied]


class WorkspaceNetworkShowResult(_WorkspaceNetworkShowResultAlways, total=False):
    # All that is public where absent.
    allow_hosts: list[str]
    # What of it does not work.
    network_problem: str


class _WorkspaceNetworkAllowEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceNetworkAllowEgressDenied(_WorkspaceNetworkAllowEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceNetworkAllowResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # These win over what is allowed.
    deny_hosts: list[str]
    # The guest trusts the certificates that the host trusts.
    trust_host_ca: bool
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceNetworkAllowEgressDenied]


class WorkspaceNetworkAllowResult(_WorkspaceNetworkAllowResultAlways, total=False):
    # All that is public where absent.
    allow_hosts: list[str]
    # What of it does not work.
    network_problem: str


class _WorkspaceNetworkDenyEgressDeniedAlways(TypedDict):
    # As the program named it.
    host: str
    port: int
    # Why, in one word: `not_allowed`, `denied_host`, `private_address`...
    rule: str
    count: int
    # The last time.
    at: str


class WorkspaceNetworkDenyEgressDenied(_WorkspaceNetworkDenyEgressDeniedAlways, total=False):
    # The smallest entry of allow_hosts that would permit it; a person can add it.
    allow: str


class _WorkspaceNetworkDenyResultAlways(TypedDict):
    # Names one workspace: `ws-` and twelve of `a-z2-7`.
    workspace_id: str
    # What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback.
    network_policy: Literal["off", "egress", "egress+published-ports"]
    # These win over what is allowed.
    deny_hosts: list[str]
    # The guest trusts the certificates that the host trusts.
    trust_host_ca: bool
    # The last connections that were refused, at most 100.
    egress_denied: list[WorkspaceNetworkDenyEgressDenied]


class WorkspaceNetworkDenyResult(_WorkspaceNetworkDenyResultAlways, total=False):
    # All that is public where absent.
    allow_hosts: list[str]
    # What of it does not work.
    network_problem: str


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
    # Why it does not boot the tuned kernel that was built here.
    kernel_trouble: str


class _EnvironmentPullResultAlways(TypedDict):
    # Whether a new image was built.
    changed: bool
    # Everything known about one environment.
    environment: EnvironmentPullEnvironment
    # Whether there is a template for machines of the default size.
    template: bool


class EnvironmentPullResult(_EnvironmentPullResultAlways, total=False):
    # Why there is none although there should be; machines boot.
    template_trouble: str


class _EnvironmentInspectTemplatesAlways(TypedDict):
    # fresh: For new disks: its root is mounted; bare: For disks that exist: it waits for one.
    kind: Literal["fresh", "bare"]
    mem_mib: int
    vcpu_count: int
    # On the host's disk.
    size_bytes: int
    # RFC 3339.
    made_at: str
    # What making it took.
    made_in_ms: int
    # Whether a process holds it in memory, so that the next machine need not read it.
    kept_in_memory: bool


class EnvironmentInspectTemplates(_EnvironmentInspectTemplatesAlways, total=False):
    # Which isolation a machine really has.
    execution_mode: Literal["firecracker", "qemu-kvm", "qemu-tcg", "host-compat"]


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
    # Saved machines that others of this environment go on from; the first of a size makes its template.
    templates: list[EnvironmentInspectTemplates]


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
    # Why it does not boot the tuned kernel that was built here.
    kernel_trouble: str


class EnvironmentPruneDeleted(TypedDict):
    # `environment`, `kernel`, `initramfs` or `template`.
    kind: str
    # Its name and digest where it has one.
    name: str
    freed_bytes: int


class EnvironmentPruneResult(TypedDict):
    count: int
    freed_bytes: int
    deleted: list[EnvironmentPruneDeleted]
    # Processes ended that held a template in memory; the next machine starts one again.
    keepers_ended: int


class Api:
    """One method per tool. Every method takes `on_progress` and raises `PyroError`."""

    def _call(
        self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, shape: Any = None
    ) -> Any:
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
        answer = self._call("vm_run", arguments, on_progress, VmRunResult)
        return cast(VmRunResult, answer)

    def create_vm(
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
        answer = self._call("vm_create", arguments, on_progress, VmCreateResult)
        return cast(VmCreateResult, answer)

    def start_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStartResult:
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
        answer = self._call("vm_start", arguments, on_progress, VmStartResult)
        return cast(VmStartResult, answer)

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
        answer = self._call("vm_exec", arguments, on_progress, VmExecResult)
        return cast(VmExecResult, answer)

    def stop_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStopResult:
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
        answer = self._call("vm_stop", arguments, on_progress, VmStopResult)
        return cast(VmStopResult, answer)

    def delete_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmDeleteResult:
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
        answer = self._call("vm_delete", arguments, on_progress, VmDeleteResult)
        return cast(VmDeleteResult, answer)

    def status_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmStatusResult:
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
        answer = self._call("vm_status", arguments, on_progress, VmStatusResult)
        return cast(VmStatusResult, answer)

    def network_info_vm(self, vm_id: str, *, on_progress: OnProgress | None = None) -> VmNetworkInfoResult:
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
        answer = self._call("vm_network_info", arguments, on_progress, VmNetworkInfoResult)
        return cast(VmNetworkInfoResult, answer)

    def reap_expired(self, *, on_progress: OnProgress | None = None) -> VmReapExpiredResult:
        """Delete VMs whose idle time is over.

        Running VMs end by themselves when they have been idle too long.

        Returns:
            VmReapExpiredResult: count, deleted_vm_ids

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {}
        answer = self._call("vm_reap_expired", arguments, on_progress, VmReapExpiredResult)
        return cast(VmReapExpiredResult, answer)

    def list_environments(self, *, on_progress: OnProgress | None = None) -> VmListEnvironmentsResult:
        """List the environments a VM can boot.

        One that is not installed yet is built by its first use, in a minute or two.

        Returns:
            VmListEnvironmentsResult: count, environments

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {}
        answer = self._call("vm_list_environments", arguments, on_progress, VmListEnvironmentsResult)
        return cast(VmListEnvironmentsResult, answer)

    def open_upload(self, *, on_progress: OnProgress | None = None) -> WorkspaceUploadOpenResult:
        """Open a one-time URL to upload a tar, .tar.gz or .tar.zst to, for workspace_create or workspace_sync_push.

        Only over HTTP.

        Returns:
            WorkspaceUploadOpenResult: upload_id, url, example, bytes_max, expires_at

        Raises:
            PyroError: with a code to branch on, a message, and a hint what to do next.
        """
        arguments: dict[str, Any] = {}
        answer = self._call("workspace_upload_open", arguments, on_progress, WorkspaceUploadOpenResult)
        return cast(WorkspaceUploadOpenResult, answer)

    def create_workspace(
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
        answer = self._call("workspace_create", arguments, on_progress, WorkspaceCreateResult)
        return cast(WorkspaceCreateResult, answer)

    def list_workspaces(
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
        answer = self._call("workspace_list", arguments, on_progress, WorkspaceListResult)
        return cast(WorkspaceListResult, answer)

    def update_workspace(
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
        answer = self._call("workspace_update", arguments, on_progress, WorkspaceUpdateResult)
        return cast(WorkspaceUpdateResult, answer)

    def status_workspace(self, workspace_id: str, *, on_progress: OnProgress | None = None) -> WorkspaceStatusResult:
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
        answer = self._call("workspace_status", arguments, on_progress, WorkspaceStatusResult)
        return cast(WorkspaceStatusResult, answer)

    def push_workspace_sync(
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
        answer = self._call("workspace_sync_push", arguments, on_progress, WorkspaceSyncPushResult)
        return cast(WorkspaceSyncPushResult, answer)

    def exec_workspace(
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
        answer = self._call("workspace_exec", arguments, on_progress, WorkspaceExecResult)
        return cast(WorkspaceExecResult, answer)

    def logs_workspace(
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
        answer = self._call("workspace_logs", arguments, on_progress, WorkspaceLogsResult)
        return cast(WorkspaceLogsResult, answer)

    def list_workspace_files(
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
        answer = self._call("workspace_file_list", arguments, on_progress, WorkspaceFileListResult)
        return cast(WorkspaceFileListResult, answer)

    def read_workspace_file(
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
        answer = self._call("workspace_file_read", arguments, on_progress, WorkspaceFileReadResult)
        return cast(WorkspaceFileReadResult, answer)

    def write_workspace_file(
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
        answer = self._call("workspace_file_write", arguments, on_progress, WorkspaceFileWriteResult)
        return cast(WorkspaceFileWriteResult, answer)

    def apply_workspace_patch(
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
        answer = self._call("workspace_patch_apply", arguments, on_progress, WorkspacePatchApplyResult)
        return cast(WorkspacePatchApplyResult, answer)

    def diff_workspace(
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
        answer = self._call("workspace_diff", arguments, on_progress, WorkspaceDiffResult)
        return cast(WorkspaceDiffResult, answer)

    def export_workspace(
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
        answer = self._call("workspace_export", arguments, on_progress, WorkspaceExportResult)
        return cast(WorkspaceExportResult, answer)

    def reset_workspace(
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
        answer = self._call("workspace_reset", arguments, on_progress, WorkspaceResetResult)
        return cast(WorkspaceResetResult, answer)

    def stop_workspace(self, workspace_id: str, *, on_progress: OnProgress | None = None) -> WorkspaceStopResult:
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
        answer = self._call("workspace_stop", arguments, on_progress, WorkspaceStopResult)
        return cast(WorkspaceStopResult, answer)

    def start_workspace(self, workspace_id: str, *, on_progress: OnProgress | None = None) -> WorkspaceStartResult:
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
        answer = self._call("workspace_start", arguments, on_progress, WorkspaceStartResult)
        return cast(WorkspaceStartResult, answer)

    def create_snapshot(
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
        answer = self._call("workspace_snapshot_create", arguments, on_progress, WorkspaceSnapshotCreateResult)
        return cast(WorkspaceSnapshotCreateResult, answer)

    def list_snapshots(
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
        answer = self._call("workspace_snapshot_list", arguments, on_progress, WorkspaceSnapshotListResult)
        return cast(WorkspaceSnapshotListResult, answer)

    def delete_snapshot(
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
        answer = self._call("workspace_snapshot_delete", arguments, on_progress, WorkspaceSnapshotDeleteResult)
        return cast(WorkspaceSnapshotDeleteResult, answer)

    def list_workspace_disk(
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
        answer = self._call("workspace_disk_list", arguments, on_progress, WorkspaceDiskListResult)
        return cast(WorkspaceDiskListResult, answer)

    def read_workspace_disk(
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
        answer = self._call("workspace_disk_read", arguments, on_progress, WorkspaceDiskReadResult)
        return cast(WorkspaceDiskReadResult, answer)

    def export_workspace_disk(
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
        answer = self._call("workspace_disk_export", arguments, on_progress, WorkspaceDiskExportResult)
        return cast(WorkspaceDiskExportResult, answer)

    def fork_workspace(
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
        answer = self._call("workspace_fork", arguments, on_progress, WorkspaceForkResult)
        return cast(WorkspaceForkResult, answer)

    def open_shell(
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
        answer = self._call("workspace_shell_open", arguments, on_progress, WorkspaceShellOpenResult)
        return cast(WorkspaceShellOpenResult, answer)

    def read_shell(
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
        answer = self._call("workspace_shell_read", arguments, on_progress, WorkspaceShellReadResult)
        return cast(WorkspaceShellReadResult, answer)

    def write_shell(
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
        answer = self._call("workspace_shell_write", arguments, on_progress, WorkspaceShellWriteResult)
        return cast(WorkspaceShellWriteResult, answer)

    def signal_shell(
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
        answer = self._call("workspace_shell_signal", arguments, on_progress, WorkspaceShellSignalResult)
        return cast(WorkspaceShellSignalResult, answer)

    def close_shell(
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
        answer = self._call("workspace_shell_close", arguments, on_progress, WorkspaceShellCloseResult)
        return cast(WorkspaceShellCloseResult, answer)

    def start_service(
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
        answer = self._call("workspace_service_start", arguments, on_progress, WorkspaceServiceStartResult)
        return cast(WorkspaceServiceStartResult, answer)

    def list_services(self, workspace_id: str, *, on_progress: OnProgress | None = None) -> WorkspaceServiceListResult:
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
        answer = self._call("workspace_service_list", arguments, on_progress, WorkspaceServiceListResult)
        return cast(WorkspaceServiceListResult, answer)

    def status_service(
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
        answer = self._call("workspace_service_status", arguments, on_progress, WorkspaceServiceStatusResult)
        return cast(WorkspaceServiceStatusResult, answer)

    def logs_service(
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
        answer = self._call("workspace_service_logs", arguments, on_progress, WorkspaceServiceLogsResult)
        return cast(WorkspaceServiceLogsResult, answer)

    def stop_service(
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
        answer = self._call("workspace_service_stop", arguments, on_progress, WorkspaceServiceStopResult)
        return cast(WorkspaceServiceStopResult, answer)

    def delete_workspace(self, workspace_id: str, *, on_progress: OnProgress | None = None) -> WorkspaceDeleteResult:
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
        answer = self._call("workspace_delete", arguments, on_progress, WorkspaceDeleteResult)
        return cast(WorkspaceDeleteResult, answer)

    def show_workspace_network(
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
        answer = self._call("workspace_network_show", arguments, on_progress, WorkspaceNetworkShowResult)
        return cast(WorkspaceNetworkShowResult, answer)

    def allow_workspace_network(
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
        answer = self._call("workspace_network_allow", arguments, on_progress, WorkspaceNetworkAllowResult)
        return cast(WorkspaceNetworkAllowResult, answer)

    def deny_workspace_network(
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
        answer = self._call("workspace_network_deny", arguments, on_progress, WorkspaceNetworkDenyResult)
        return cast(WorkspaceNetworkDenyResult, answer)

    def pull_environment(self, environment: str, *, on_progress: OnProgress | None = None) -> EnvironmentPullResult:
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
        answer = self._call("environment_pull", arguments, on_progress, EnvironmentPullResult)
        return cast(EnvironmentPullResult, answer)

    def inspect_environment(
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
        answer = self._call("environment_inspect", arguments, on_progress, EnvironmentInspectResult)
        return cast(EnvironmentInspectResult, answer)

    def prune_environments(self, *, all: bool = False, on_progress: OnProgress | None = None) -> EnvironmentPruneResult:
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
        answer = self._call("environment_prune", arguments, on_progress, EnvironmentPruneResult)
        return cast(EnvironmentPruneResult, answer)
