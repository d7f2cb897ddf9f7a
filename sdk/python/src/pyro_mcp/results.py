"""Result types of every pyro tool.

Generated from the tools' declarations by `pyro tools export --format python-results`; do not edit.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict


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
