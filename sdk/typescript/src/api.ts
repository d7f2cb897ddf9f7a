// Methods, inputs and results of every pyro tool.
//
// Generated from the tools' declarations by `pyro tools export --format typescript`; do not edit.

/** What every method takes beside its input. */
export interface CallOptions {
  /** Takes the call back: its command in the guest is killed, and the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told of each step while the call runs; `fraction` is from 0 to 1 where it is known. */
  onProgress?: ((step: string, fraction?: number) => void) | undefined;
}

export interface VmRunInput {
  /** debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python). */
  environment: string;
  /** Run by `sh -c` in /workspace as root. */
  command: string;
  /** Virtual CPUs (1-8). Default: 1. */
  vcpu_count?: number | undefined;
  /** Memory, MiB (256-32768). Default: 1024. */
  mem_mib?: number | undefined;
  /** The command is killed after this (1-86400). Default: 30. */
  timeout_seconds?: number | undefined;
  /** Idle time until the VM is deleted (60-604800). Default: 600. */
  ttl_seconds?: number | undefined;
  /** Reach the public internet, through a proxy. Default: false. */
  network?: boolean | undefined;
  /** Accept running unisolated on the host if no VM can be had. Default: false. Not over HTTP with a token: leave it out: nothing of callers elsewhere ever runs unisolated. */
  allow_host_compat?: boolean | undefined;
  /** Bytes kept of each output stream, head and tail (0-98304). Default: 16384. */
  output_bytes?: number | undefined;
}

export interface VmRunEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface VmRunCleanup {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  deleted: boolean;
  reason: string;
}

export interface VmRunResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  environment: string;
  /** Digest of the image; absent for host-compat. */
  environment_version?: string;
  /** Cut at 1,000 characters. */
  command: string;
  /** Beginning and end within the cap; UTF-8, without control sequences. */
  stdout: string;
  stderr: string;
  /** The command's own; 128 + signal, 124 after a timeout, 125 when the machine died. */
  exit_code: number;
  /** Why a command is over. */
  exit_reason: "exited" | "signaled" | "timed_out" | "oom_killed" | "canceled" | "vm_died";
  /** What is known of the cause where the command did not just exit. */
  detail?: string;
  /** Noticed meanwhile. */
  conditions: Array<"disk_full" | "memory_low" | "egress_denied">;
  /** Connections that were refused to it. */
  egress_denied?: Array<VmRunEgressDenied>;
  /** Bytes written, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Some output was left out. */
  truncated: boolean;
  /** Spawn to exit, in the guest. */
  duration_ms: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** What became of the machine. */
  cleanup: VmRunCleanup;
}

export interface VmCreateInput {
  /** debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python). */
  environment: string;
  /** Virtual CPUs (1-8). Default: 1. */
  vcpu_count?: number | undefined;
  /** Memory, MiB (256-32768). Default: 1024. */
  mem_mib?: number | undefined;
  /** Idle time until the VM is deleted (60-604800). Default: 600. */
  ttl_seconds?: number | undefined;
  /** Reach the public internet, through a proxy. Default: false. */
  network?: boolean | undefined;
  /** Accept running unisolated on the host if no VM can be had. Default: false. Not over HTTP with a token: leave it out: nothing of callers elsewhere ever runs unisolated. */
  allow_host_compat?: boolean | undefined;
}

export interface VmCreateStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface VmCreateEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface VmCreateResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent before the first start. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC. */
  created_at: string;
  /** When it is deleted if nobody uses it until then; RFC 3339, UTC. */
  expires_at: string;
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had; absent before the first start. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: VmCreateStart;
  /** Why it last ended, if it did. */
  ended?: VmCreateEnded;
}

export interface VmStartInput {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
}

export interface VmStartStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface VmStartEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface VmStartResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent before the first start. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC. */
  created_at: string;
  /** When it is deleted if nobody uses it until then; RFC 3339, UTC. */
  expires_at: string;
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had; absent before the first start. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: VmStartStart;
  /** Why it last ended, if it did. */
  ended?: VmStartEnded;
}

export interface VmExecInput {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  /** Run by `sh -c` in /workspace as root. */
  command: string;
  /** The command is killed after this (1-86400). Default: 30. */
  timeout_seconds?: number | undefined;
  /** Bytes kept of each output stream, head and tail (0-98304). Default: 16384. */
  output_bytes?: number | undefined;
}

export interface VmExecEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface VmExecCleanup {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  deleted: boolean;
  reason: string;
}

export interface VmExecResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  environment: string;
  /** Digest of the image; absent for host-compat. */
  environment_version?: string;
  /** Cut at 1,000 characters. */
  command: string;
  /** Beginning and end within the cap; UTF-8, without control sequences. */
  stdout: string;
  stderr: string;
  /** The command's own; 128 + signal, 124 after a timeout, 125 when the machine died. */
  exit_code: number;
  /** Why a command is over. */
  exit_reason: "exited" | "signaled" | "timed_out" | "oom_killed" | "canceled" | "vm_died";
  /** What is known of the cause where the command did not just exit. */
  detail?: string;
  /** Noticed meanwhile. */
  conditions: Array<"disk_full" | "memory_low" | "egress_denied">;
  /** Connections that were refused to it. */
  egress_denied?: Array<VmExecEgressDenied>;
  /** Bytes written, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Some output was left out. */
  truncated: boolean;
  /** Spawn to exit, in the guest. */
  duration_ms: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** What became of the machine. */
  cleanup: VmExecCleanup;
}

export interface VmStopInput {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
}

export interface VmStopStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface VmStopEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface VmStopResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent before the first start. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC. */
  created_at: string;
  /** When it is deleted if nobody uses it until then; RFC 3339, UTC. */
  expires_at: string;
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had; absent before the first start. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: VmStopStart;
  /** Why it last ended, if it did. */
  ended?: VmStopEnded;
}

export interface VmDeleteInput {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
}

export interface VmDeleteResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  deleted: boolean;
  reason: string;
}

export interface VmStatusInput {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
}

export interface VmStatusStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface VmStatusEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface VmStatusResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent before the first start. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC. */
  created_at: string;
  /** When it is deleted if nobody uses it until then; RFC 3339, UTC. */
  expires_at: string;
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had; absent before the first start. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: VmStatusStart;
  /** Why it last ended, if it did. */
  ended?: VmStatusEnded;
}

export interface VmNetworkInfoInput {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
}

export interface VmNetworkInfoResult {
  /** Names one VM: `vm-` and twelve of `a-z2-7`. */
  vm_id: string;
  network_enabled: boolean;
  outbound_connectivity_expected: boolean;
  /** Where its programs ask for connections: their proxy variables name it. */
  proxy?: string;
  /** Why there is one or none. */
  reason: string;
}

export interface VmReapExpiredInput {
}

export interface VmReapExpiredResult {
  count: number;
  deleted_vm_ids: Array<string>;
}

export interface VmListEnvironmentsInput {
}

export interface VmListEnvironmentsEnvironments {
  /** What other calls take as `environment`. */
  name: string;
  description: string;
  /** Debian's release, with its point release once installed. */
  version: string;
  /** Installed besides Debian's essential packages and apt. */
  packages: Array<string>;
  /** Whether it boots at once; otherwise its first use builds it. */
  installed: boolean;
  /** Digest of its base image, once installed. */
  digest?: string;
  /** Its share of the disk, once installed. */
  size_bytes?: number;
  /** RFC 3339. */
  installed_at?: string;
}

export interface VmListEnvironmentsResult {
  count: number;
  environments: Array<VmListEnvironmentsEnvironments>;
}

export interface WorkspaceUploadOpenInput {
}

export interface WorkspaceUploadOpenResult {
  /** For seed_upload_id or upload_id, once the archive was sent. */
  upload_id: string;
  /** Takes one HTTP PUT of a tar, .tar.gz or .tar.zst; whoever has it may send. */
  url: string;
  /** How to send a directory. */
  example: string;
  bytes_max: number;
  expires_at: string;
}

export interface WorkspaceCreateInput {
  /** debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python). */
  environment: string;
  /** Stands for the id in calls. */
  name?: string | undefined;
  /** For workspace_list. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Host directory or tar (.gz, .zst) to begin with. Not over HTTP with a token: workspace_upload_open answers a URL to upload to; then give seed_upload_id, or seed_archive. */
  seed_path?: string | undefined;
  /** An upload to begin with. Only over HTTP. */
  seed_upload_id?: string | undefined;
  /** Or a small tar, .tar.gz or .tar.zst in base64. Only over HTTP. */
  seed_archive?: string | undefined;
  /** Virtual CPUs (1-8). Default: 1. */
  vcpu_count?: number | undefined;
  /** Memory, MiB (256-32768). Default: 1024. */
  mem_mib?: number | undefined;
  /** Idle time until it stops (60-604800). Default: 3600. */
  ttl_seconds?: number | undefined;
  /** egress: programs reach hosts through a proxy. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. Default: "off". */
  network_policy?: "off" | "egress" | "egress+published-ports" | undefined;
  /** All it may reach: example.com, *.example.com, host:443, 192.0.2.0/24; default: all public. */
  allow_hosts?: ReadonlyArray<string> | undefined;
  /** Trust the host's certificates. Default: false. */
  trust_host_ca?: boolean | undefined;
  /** Names to values; files in /run/pyro-secrets, redacted in output. */
  secrets?: Readonly<Record<string, string>> | undefined;
  /** Names to host files. Not over HTTP with a token: give values as secrets. */
  secret_files?: Readonly<Record<string, string>> | undefined;
  /** Names of the server's environment variables. */
  secret_env?: ReadonlyArray<string> | undefined;
  /** Accept running unisolated on the host if no VM can be had. Default: false. Not over HTTP with a token: leave it out: nothing of callers elsewhere ever runs unisolated. */
  allow_host_compat?: boolean | undefined;
}

export interface WorkspaceCreateEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceCreateSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceCreateStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceCreateWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceCreateShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceCreateServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceCreateServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceCreateServicesPublishedPorts>;
}

export interface WorkspaceCreateLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceCreateEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceCreateCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceCreateStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceCreateWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceCreateResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceCreateEgressDenied>;
  secrets?: Array<WorkspaceCreateSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceCreateStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceCreateWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceCreateShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceCreateServices>;
  /** The command that was started last. */
  last_command?: WorkspaceCreateLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceCreateEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceCreateCost;
  /** How this call stopped it. */
  stop?: WorkspaceCreateStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceCreateWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceListInput {
  /** Only this name. */
  name?: string | undefined;
  /** Only with all of these. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Only in this state. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state?: "created" | "started" | "stopped" | undefined;
  /** Entries per page (1-200). Default: 50. */
  limit?: number | undefined;
  /** next_cursor of the previous page. */
  cursor?: string | undefined;
}

export interface WorkspaceListWorkspaces {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  environment: string;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  created_at: string;
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  command_count: number;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  /** What it takes of the host's disk, snapshots included. */
  used_bytes: number;
  /** Named ones. */
  snapshot_count: number;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
}

export interface WorkspaceListDamaged {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  problem: string;
}

export interface WorkspaceListResult {
  /** On this page. */
  count: number;
  workspaces: Array<WorkspaceListWorkspaces>;
  /** For the next page; absent on the last. */
  next_cursor?: string;
  /** Those whose records cannot be read. */
  damaged?: Array<WorkspaceListDamaged>;
}

export interface WorkspaceUpdateInput {
  /** Id or name. */
  workspace_id: string;
  /** New name. */
  name?: string | undefined;
  /** Take the name away. Default: false. */
  clear_name?: boolean | undefined;
  /** Set these; others stay. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Remove these keys. */
  clear_labels?: ReadonlyArray<string> | undefined;
}

export interface WorkspaceUpdateEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceUpdateSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceUpdateStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceUpdateWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceUpdateShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceUpdateServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceUpdateServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceUpdateServicesPublishedPorts>;
}

export interface WorkspaceUpdateLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceUpdateEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceUpdateCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceUpdateStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceUpdateWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceUpdateResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceUpdateEgressDenied>;
  secrets?: Array<WorkspaceUpdateSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceUpdateStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceUpdateWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceUpdateShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceUpdateServices>;
  /** The command that was started last. */
  last_command?: WorkspaceUpdateLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceUpdateEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceUpdateCost;
  /** How this call stopped it. */
  stop?: WorkspaceUpdateStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceUpdateWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceStatusInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceStatusEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceStatusSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceStatusStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceStatusWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceStatusShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceStatusServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceStatusServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceStatusServicesPublishedPorts>;
}

export interface WorkspaceStatusLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceStatusEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceStatusCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceStatusStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceStatusWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceStatusResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceStatusEgressDenied>;
  secrets?: Array<WorkspaceStatusSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceStatusStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceStatusWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceStatusShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceStatusServices>;
  /** The command that was started last. */
  last_command?: WorkspaceStatusLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceStatusEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceStatusCost;
  /** How this call stopped it. */
  stop?: WorkspaceStatusStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceStatusWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceSyncPushInput {
  /** Id or name. */
  workspace_id: string;
  /** Host directory or tar archive. Must be given on the server's host. Not over HTTP with a token: workspace_upload_open answers a URL to upload to; then give upload_id, or archive. */
  source_path?: string | undefined;
  /** What to push: an upload. Only over HTTP. */
  upload_id?: string | undefined;
  /** Or a small tar, .tar.gz or .tar.zst in base64. Only over HTTP. */
  archive?: string | undefined;
  /** Directory in the workspace. Default: "/workspace". */
  dest?: string | undefined;
}

export interface WorkspaceSyncPushWorkspaceSync {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute; absent where it came with the call or was uploaded. */
  source_path?: string;
  /** In the workspace, absolute. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Files and links that stood there before. */
  replaced: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceSyncPushResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** A tree that came from the host. */
  workspace_sync: WorkspaceSyncPushWorkspaceSync;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceExecInput {
  /** Id or name. */
  workspace_id: string;
  /** Run by `sh -c` as root. */
  command: string;
  /** Directory; default /workspace. */
  cwd?: string | undefined;
  /** Environment variables. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Secrets' names to variables. */
  secret_env?: Readonly<Record<string, string>> | undefined;
  /** Standard input; empty by default. */
  stdin?: string | undefined;
  /** It is killed after this (1-86400). Default: 30. */
  timeout_seconds?: number | undefined;
  /** Hand back after this (0-86400); default: 45 over MCP, else never. */
  yield_seconds?: number | undefined;
  /** Bytes kept per stream, head and tail (0-98304). Default: 16384. */
  output_bytes?: number | undefined;
  /** Keep control sequences. Default: false. */
  ansi?: boolean | undefined;
}

export interface WorkspaceExecEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceExecResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Its number in the workspace's history. */
  sequence: number;
  /** `running`: it was handed back; workspace_logs waits for it and pages its output. */
  state: "running" | "ended";
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Beginning and end within the cap; UTF-8. */
  stdout: string;
  stderr: string;
  /** The command's own; 128 + signal, 124 after a timeout, 125 when the machine died; absent while it runs. */
  exit_code?: number;
  /** Why a command is over. */
  exit_reason?: "exited" | "signaled" | "timed_out" | "oom_killed" | "canceled" | "vm_died";
  /** What is known of the cause where the command did not just exit. */
  detail?: string;
  /** Noticed meanwhile. */
  conditions: Array<"disk_full" | "memory_low" | "egress_denied">;
  /** Connections that were refused to it. */
  egress_denied?: Array<WorkspaceExecEgressDenied>;
  /** Bytes written, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Some output was left out; workspace_logs has it. */
  truncated: boolean;
  /** Spawn to exit in the guest; until now while it runs. */
  duration_ms: number;
  /** While it runs: end it with `kill -- -PGID`. */
  pgid?: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceLogsInput {
  /** Id or name. */
  workspace_id: string;
  /** One command; without it, all, newest first. (1 to 1000000000) */
  sequence?: number | undefined;
  /** Wait for its end first (0-3600). Default: 0. */
  wait_seconds?: number | undefined;
  /** For offset, line and grep. Default: "stdout". */
  stream?: "stdout" | "stderr" | undefined;
  /** First byte; negative: from the end. */
  offset?: number | undefined;
  /** First line, from 1; negative: from the end. */
  line?: number | undefined;
  /** Only lines matching this regular expression. */
  grep?: string | undefined;
  /** Commands (1-200) or lines (1-10000). Default: 50. */
  limit?: number | undefined;
  /** next_before of the previous page. (1 to 1000000000) */
  before?: number | undefined;
  /** Bytes per page or stream (0-98304). Default: 16384. */
  output_bytes?: number | undefined;
  /** Keep control sequences. Default: false. */
  ansi?: boolean | undefined;
}

export interface WorkspaceLogsEntriesEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceLogsEntries {
  sequence: number;
  /** Whether a command is over. */
  state: "running" | "ended";
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  started_at: string;
  /** Absent while it runs. */
  exit_code?: number;
  /** Why a command is over. */
  exit_reason?: "exited" | "signaled" | "timed_out" | "oom_killed" | "canceled" | "vm_died";
  detail?: string;
  conditions?: Array<"disk_full" | "memory_low" | "egress_denied">;
  /** Connections that were refused to it, where it alone was asked for. */
  egress_denied?: Array<WorkspaceLogsEntriesEgressDenied>;
  duration_ms?: number;
  stdout_bytes: number;
  stderr_bytes: number;
  /** Output that is not kept any more, or never was. */
  lost_bytes?: number;
  /** While it runs. */
  pgid?: number;
  /** Beginning and end within the cap, where one command was asked for without a page. */
  stdout?: string;
  stderr?: string;
  /** Some output was left out of `stdout` or `stderr`. */
  truncated?: boolean;
}

export interface WorkspaceLogsPageMatches {
  /** Of its first byte. */
  offset: number;
  /** Cut at 500 characters. */
  text: string;
}

export interface WorkspaceLogsPage {
  /** `stdout` or `stderr`. */
  stream: string;
  /** Of the first byte looked at. */
  offset: number;
  /** Where the next page begins; absent at the end of what there is now. */
  next_offset?: number;
  /** UTF-8; empty where a pattern was looked for. */
  text: string;
  /** Lines that the pattern matches. */
  matches?: Array<WorkspaceLogsPageMatches>;
  /** Bytes before `offset` that are not kept any more, where the page was to begin among them. */
  skipped_bytes?: number;
}

export interface WorkspaceLogsResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Commands ever started, listed or not. */
  count: number;
  entries: Array<WorkspaceLogsEntries>;
  /** `before` of the next page of commands; absent on the last. */
  next_before?: number;
  /** Where offset, line or grep was given. */
  page?: WorkspaceLogsPage;
}

export interface WorkspaceFileListInput {
  /** Id or name. */
  workspace_id: string;
  /** Directory or file. Default: "/workspace". */
  path?: string | undefined;
  /** All levels below. Default: false. */
  recursive?: boolean | undefined;
  /** Levels if not recursive (1-100). Default: 1. */
  depth?: number | undefined;
  /** E.g. *.py or src/**\/test_*. */
  glob?: string | undefined;
  /** Entries per page (1-1000). Default: 200. */
  limit?: number | undefined;
  /** next_cursor of the previous page. */
  cursor?: string | undefined;
}

export interface WorkspaceFileListEntries {
  /** Absolute; invalid UTF-8 replaced. */
  path: string;
  /** Kinds of entries. */
  artifact_type: "file" | "directory" | "symlink" | "other";
  /** Of a file; 0 for everything else. */
  size_bytes: number;
  /** Permissions, e.g. 0644. */
  mode: string;
  modified_at: string;
  /** Where a symlink leads. */
  link_target?: string;
  /** A directory that could not be read: its entries are missing. */
  unreadable?: boolean;
}

export interface WorkspaceFileListResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Absolute. */
  path: string;
  count: number;
  /** Depth first, the names of a directory in the order of their bytes. */
  entries: Array<WorkspaceFileListEntries>;
  /** For the next page; absent on the last. */
  next_cursor?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceFileReadInput {
  /** Id or name. */
  workspace_id: string;
  /** File in /workspace. */
  path: string;
  /** First byte; negative: from the end. */
  offset?: number | undefined;
  /** First line, from 1; negative: from the end. */
  line?: number | undefined;
  /** How many, with line (1-1000000). */
  lines?: number | undefined;
  /** At most (1-98304). Default: 65536. */
  max_bytes?: number | undefined;
}

export interface WorkspaceFileReadResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Absolute. */
  path: string;
  /** Of the whole file. */
  size_bytes: number;
  /** UTF-8; empty where the piece is binary. */
  content: string;
  /** Of the content's first byte. */
  offset: number;
  /** Where the next piece begins; absent at the end of the file. */
  next_offset?: number;
  /** Number of the first line, where lines were asked for and counted from the start. */
  line?: number;
  /** The content is not the whole file. */
  truncated: boolean;
  /** No text: workspace_export copies it out. */
  binary: boolean;
  /** image/png or image/jpeg; where it is not too large, it stands beside the result. */
  media_type?: string;
  /** Permissions, e.g. 0644. */
  mode: string;
  /** Of the whole file, where the content is it: for workspace_file_write's expected_sha256. */
  sha256?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceFileWriteInput {
  /** Id or name. */
  workspace_id: string;
  /** File in /workspace. */
  path: string;
  /** The whole content. */
  text: string;
  /** Octal, e.g. 755. */
  mode?: string | undefined;
  /** Fail if it exists. Default: false. */
  create_only?: boolean | undefined;
  /** Fail unless its sha256 still is this, as read. */
  expected_sha256?: string | undefined;
}

export interface WorkspaceFileWriteResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Absolute. */
  path: string;
  bytes_written: number;
  /** There was no such file before. */
  created: boolean;
  /** Permissions it has now, e.g. 0644. */
  mode: string;
  /** Of what was written. */
  sha256: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspacePatchApplyInput {
  /** Id or name. */
  workspace_id: string;
  /** As from `git diff`; paths relative to /workspace. */
  patch: string;
}

export interface WorkspacePatchApplySummary {
  total: number;
  added: number;
  modified: number;
  deleted: number;
  renamed: number;
  copied: number;
}

export interface WorkspacePatchApplyEntries {
  /** Absolute. */
  path: string;
  /** What a patch did to one file. */
  status: "added" | "modified" | "deleted" | "renamed" | "copied";
  /** Where a renamed or copied file came from. */
  from_path?: string;
  /** Lines by which hunks were found elsewhere than the patch says, where any was. */
  offsets?: Array<number>;
}

export interface WorkspacePatchApplyResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  changed: boolean;
  /** How many files a patch changed. */
  summary: WorkspacePatchApplySummary;
  entries: Array<WorkspacePatchApplyEntries>;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceDiffInput {
  /** Id or name. */
  workspace_id: string;
  /** Old side: a snapshot (default baseline). */
  from?: string | undefined;
  /** New side: a snapshot (default as it is now). */
  to?: string | undefined;
  /** Only these files, directories or globs. */
  paths?: ReadonlyArray<string> | undefined;
  /** Compare .git directories too. Default: false. */
  include_git?: boolean | undefined;
  /** Compare contents even where times are equal. Default: false. */
  full?: boolean | undefined;
  /** Cap of the patch in the result (0-122880). Default: 49152. */
  max_patch_bytes?: number | undefined;
  /** New host file for the whole patch. Not over HTTP with a token: ask for download: the result has a URL. */
  output_path?: string | undefined;
  /** Answer a URL for the whole patch. Default: false. Only over HTTP. */
  download?: boolean | undefined;
}

export interface WorkspaceDiffSummary {
  total: number;
  added: number;
  modified: number;
  deleted: number;
  type_changed: number;
  mode_changed: number;
  /** Entries with text in the whole patch. */
  text_patched: number;
  /** Entries without: binary and large files, directories, what only permissions tell apart. */
  non_text: number;
}

export interface WorkspaceDiffEntries {
  /** Relative to /workspace; invalid UTF-8 replaced. */
  path: string;
  /** What became of an entry. modified: Another content, or another target of a symlink; type_changed: A file became a symlink, for example; mode_changed: The same content with other permissions. */
  status: "added" | "deleted" | "modified" | "type_changed" | "mode_changed";
  /** What it is now, or was. */
  artifact_type: "file" | "directory" | "symlink" | "other";
  /** What it was, where that differs. */
  old_artifact_type?: "file" | "directory" | "symlink" | "other";
  /** Permissions such as 0644, where they differ. */
  old_mode?: string;
  new_mode?: string;
  binary: boolean;
  /** Of a file that is there now. */
  size_bytes?: number;
  /** Of a file that was there. */
  old_size_bytes?: number;
  /** Its text is in this result's patch. */
  patched: boolean;
  /** Why there is no text. */
  note?: string;
}

export interface WorkspaceDiffDownload {
  /** Admits whoever has it, until it was fetched whole. */
  url: string;
  /** A directory comes as a tar. */
  file_name: string;
  media_type: string;
  expires_at: string;
}

export interface WorkspaceDiffResult {
  workspace_id: string;
  changed: boolean;
  /** How many entries changed, listed or not. */
  summary: WorkspaceDiffSummary;
  /** In the order of paths, within a cap. */
  entries: Array<WorkspaceDiffEntries>;
  /** Changed entries that are not listed. */
  entries_omitted: number;
  /** Takes the old side to the new one: for `git apply`. Cut only between files. */
  patch: string;
  /** Bytes of the whole patch, whether here or not. */
  patch_bytes: number;
  /** Files whose text is not in the patch for want of room. */
  patches_omitted: number;
  /** Directories that could not be read, the first few of them: what changed below is unknown. */
  unreadable?: Array<string>;
  /** Some entries or text were left out. */
  truncated: boolean;
  /** The isolation of the machine that was asked, where one was. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The file of the host that holds the whole patch. */
  output_path?: string;
  /** The whole patch, where it was asked for. */
  download?: WorkspaceDiffDownload;
}

export interface WorkspaceExportInput {
  /** Id or name. */
  workspace_id: string;
  /** In /workspace. */
  path: string;
  /** New path on the host, in an existing directory. Must be given on the server's host. Not over HTTP with a token: leave it out: the result has a download URL. */
  output_path?: string | undefined;
}

export interface WorkspaceExportDownload {
  /** Admits whoever has it, until it was fetched whole. */
  url: string;
  /** A directory comes as a tar. */
  file_name: string;
  media_type: string;
  expires_at: string;
}

export interface WorkspaceExportResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** In the workspace, absolute. */
  workspace_path: string;
  /** On the host, absolute; absent where it is to be downloaded. */
  output_path?: string;
  /** For callers elsewhere. */
  download?: WorkspaceExportDownload;
  /** Permissions of a file, e.g. 0755, which a download does not carry. */
  mode?: string;
  /** Kinds of entries. */
  artifact_type: "file" | "directory" | "symlink" | "other";
  /** Files, links and directories below it. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceResetInput {
  /** Id or name. */
  workspace_id: string;
  /** A snapshot instead. */
  snapshot?: string | undefined;
}

export interface WorkspaceResetEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceResetSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceResetStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceResetWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceResetShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceResetServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceResetServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceResetServicesPublishedPorts>;
}

export interface WorkspaceResetLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceResetEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceResetCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceResetStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceResetWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceResetResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceResetEgressDenied>;
  secrets?: Array<WorkspaceResetSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceResetStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceResetWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceResetShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceResetServices>;
  /** The command that was started last. */
  last_command?: WorkspaceResetLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceResetEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceResetCost;
  /** How this call stopped it. */
  stop?: WorkspaceResetStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceResetWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceStopInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceStopEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceStopSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceStopStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceStopWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceStopShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceStopServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceStopServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceStopServicesPublishedPorts>;
}

export interface WorkspaceStopLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceStopEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceStopCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceStopStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceStopWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceStopResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceStopEgressDenied>;
  secrets?: Array<WorkspaceStopSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceStopStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceStopWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceStopShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceStopServices>;
  /** The command that was started last. */
  last_command?: WorkspaceStopLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceStopEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceStopCost;
  /** How this call stopped it. */
  stop?: WorkspaceStopStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceStopWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceStartInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceStartEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceStartSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceStartStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceStartWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceStartShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceStartServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceStartServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceStartServicesPublishedPorts>;
}

export interface WorkspaceStartLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceStartEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceStartCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceStartStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceStartWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceStartResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceStartEgressDenied>;
  secrets?: Array<WorkspaceStartSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceStartStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceStartWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceStartShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceStartServices>;
  /** The command that was started last. */
  last_command?: WorkspaceStartLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceStartEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceStartCost;
  /** How this call stopped it. */
  stop?: WorkspaceStartStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceStartWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceSnapshotCreateInput {
  /** Id or name. */
  workspace_id: string;
  /** New name: letters, digits, ._- */
  snapshot_name: string;
}

export interface WorkspaceSnapshotCreateSnapshot {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** baseline: Taken at creation. */
  kind: "named" | "baseline";
  created_at: string;
  /** Files, links and directories below /workspace. */
  entry_count: number;
  /** How long its disk says it is; most of that is nothing. */
  apparent_bytes: number;
  /** What it takes of the host's disk. Blocks that the host's file system shares count for each that has them. */
  used_bytes: number;
  deletable: boolean;
}

export interface WorkspaceSnapshotCreateResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** A snapshot of a workspace. */
  snapshot: WorkspaceSnapshotCreateSnapshot;
}

export interface WorkspaceSnapshotListInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceSnapshotListSnapshots {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** baseline: Taken at creation. */
  kind: "named" | "baseline";
  created_at: string;
  /** Files, links and directories below /workspace. */
  entry_count: number;
  /** How long its disk says it is; most of that is nothing. */
  apparent_bytes: number;
  /** What it takes of the host's disk. Blocks that the host's file system shares count for each that has them. */
  used_bytes: number;
  deletable: boolean;
}

export interface WorkspaceSnapshotListDamaged {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  problem: string;
}

export interface WorkspaceSnapshotListResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  count: number;
  snapshots: Array<WorkspaceSnapshotListSnapshots>;
  /** Those whose records cannot be read. */
  damaged?: Array<WorkspaceSnapshotListDamaged>;
}

export interface WorkspaceSnapshotDeleteInput {
  /** Id or name. */
  workspace_id: string;
  /** Its name. */
  snapshot_name: string;
}

export interface WorkspaceSnapshotDeleteResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  deleted: boolean;
}

export interface WorkspaceDiskListInput {
  /** Id or name. */
  workspace_id: string;
  /** Directory or file. Default: "/workspace". */
  path?: string | undefined;
  /** All levels below. Default: false. */
  recursive?: boolean | undefined;
  /** A snapshot instead of the disk. */
  snapshot?: string | undefined;
  /** Entries per page (1-1000). Default: 200. */
  limit?: number | undefined;
  /** next_cursor of the previous page. */
  cursor?: string | undefined;
}

export interface WorkspaceDiskListEntries {
  /** Absolute; invalid UTF-8 replaced. */
  path: string;
  /** Kinds of entries. */
  artifact_type: "file" | "directory" | "symlink" | "other";
  /** Of a file; 0 for everything else. */
  size_bytes: number;
  /** Permissions, e.g. 0644. */
  mode: string;
  modified_at: string;
  /** Where a symlink leads. */
  link_target?: string;
  /** A directory that could not be read: its entries are missing. */
  unreadable?: boolean;
}

export interface WorkspaceDiskListResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Absolute, links on the way resolved. */
  path: string;
  count: number;
  /** Depth first, the names of a directory in the order of their bytes. */
  entries: Array<WorkspaceDiskListEntries>;
  /** For the next page; absent on the last. */
  next_cursor?: string;
  /** Entries of this page's stretch that are left out, for the disk says nothing sensible of them. */
  skipped?: number;
}

export interface WorkspaceDiskReadInput {
  /** Id or name. */
  workspace_id: string;
  /** Any file, e.g. /etc/hosts. */
  path: string;
  /** A snapshot instead of the disk. */
  snapshot?: string | undefined;
  /** First byte; negative: from the end. Default: 0. */
  offset?: number | undefined;
  /** At most (1-98304). Default: 65536. */
  max_bytes?: number | undefined;
}

export interface WorkspaceDiskReadResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Absolute, links resolved. */
  path: string;
  /** Of the whole file. */
  size_bytes: number;
  /** UTF-8; empty where the piece is binary. */
  content: string;
  /** Of the content's first byte. */
  offset: number;
  /** Where the next piece begins; absent at the end of the file. */
  next_offset?: number;
  /** The content is not the whole file. */
  truncated: boolean;
  /** No text: workspace_disk_export or workspace_export copies it out. */
  binary: boolean;
  /** Permissions, e.g. 0644. */
  mode: string;
}

export interface WorkspaceDiskExportInput {
  /** Id or name. */
  workspace_id: string;
  /** New file on the host, in an existing directory. */
  output_path: string;
  /** A snapshot instead of the disk. */
  snapshot?: string | undefined;
}

export interface WorkspaceDiskExportResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** On the host, absolute. */
  output_path: string;
  /** Always `ext4`: what was changed of the root in `root/`, and /workspace in `workspace/`. */
  disk_format: string;
  /** How long the file is; most of it is a hole. */
  apparent_bytes: number;
  /** What it takes of the host's disk. */
  used_bytes: number;
}

export interface WorkspaceForkInput {
  /** Id or name. */
  workspace_id: string;
  /** Copies to make. (1 to 16) Default: 1. */
  count?: number | undefined;
  /** Their name; several are numbered. */
  name?: string | undefined;
}

export interface WorkspaceForkSourceEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceForkSourceSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceForkSourceStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceForkSourceWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceForkSourceShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceForkSourceServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceForkSourceServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceForkSourceServicesPublishedPorts>;
}

export interface WorkspaceForkSourceLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceForkSourceEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceForkSourceCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceForkSourceStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceForkSourceWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceForkSource {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceForkSourceEgressDenied>;
  secrets?: Array<WorkspaceForkSourceSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceForkSourceStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceForkSourceWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceForkSourceShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceForkSourceServices>;
  /** The command that was started last. */
  last_command?: WorkspaceForkSourceLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceForkSourceEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceForkSourceCost;
  /** How this call stopped it. */
  stop?: WorkspaceForkSourceStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceForkSourceWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceForkWorkspacesEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceForkWorkspacesSecrets {
  /** Its file is `/run/pyro-secrets/NAME`. */
  name: string;
  /** Where a secret's value came from. */
  source: "literal" | "file" | "env";
  /** Its value is replaced in output by `[REDACTED]`; values under 6 bytes are not. */
  redacted: boolean;
}

export interface WorkspaceForkWorkspacesStart {
  /** booted: From its kernel on; restored: From a template; forked: From another workspace, with its memory. */
  how: "booted" | "restored" | "forked";
  /** Why it was not restored, where that was tried or not possible. */
  trouble?: string;
}

export interface WorkspaceForkWorkspacesWorkspaceSeed {
  /** Where a tree came from. */
  mode: "empty" | "directory" | "tar_archive";
  /** On the host, absolute. */
  seed_path?: string;
  /** In the workspace. */
  destination: string;
  /** Files, links and directories. */
  entry_count: number;
  /** Of files. */
  bytes_written: number;
  /** Special files that were left out. */
  skipped?: Array<string>;
}

export interface WorkspaceForkWorkspacesShells {
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  cwd: string;
  started_at: string;
  /** Bytes it wrote: `cursor` of a read that shows only what comes. */
  written_bytes: number;
}

export interface WorkspaceForkWorkspacesServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceForkWorkspacesServices {
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  restart_count: number;
  detail?: string;
  /** Where it is reached from the host. */
  published_ports?: Array<WorkspaceForkWorkspacesServicesPublishedPorts>;
}

export interface WorkspaceForkWorkspacesLastCommand {
  sequence: number;
  /** Cut at 1,000 characters. */
  command: string;
  cwd: string;
  /** Absent while it runs. */
  exit_code?: number;
  duration_ms?: number;
}

export interface WorkspaceForkWorkspacesEnded {
  /** powered_off: The guest switched itself off; kernel_panic: The guest's kernel panicked; stopped: pyro ended it: stop, delete, idle time over; vmm_killed: Somebody else killed the VMM; vmm_failed: The VMM gave up by itself; agent_lost: The guest agent no longer answers; supervisor_lost: The supervisor ended without a word; its machine ended with it. */
  cause: "powered_off" | "kernel_panic" | "stopped" | "vmm_killed" | "vmm_failed" | "agent_lost" | "supervisor_lost";
  /** One sentence with what is known: the signal, the panic's line, the VMM's last words. */
  detail: string;
}

export interface WorkspaceForkWorkspacesCost {
  /** Everything together. */
  used_bytes: number;
  /** Its own disk. */
  disk_bytes: number;
  /** The baseline and all named snapshots. */
  snapshots_bytes: number;
  /** Named ones. */
  snapshot_count: number;
}

export interface WorkspaceForkWorkspacesStop {
  /** The machine wrote its file systems out and switched itself off in time. Else it was killed, or died on the way, and its last writes may be missing. */
  orderly: boolean;
  duration_ms: number;
}

export interface WorkspaceForkWorkspacesWorkspaceReset {
  /** What a snapshot is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  snapshot_name: string;
  /** Below /workspace. */
  entry_count: number;
}

export interface WorkspaceForkWorkspaces {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  name?: string;
  labels: Record<string, string>;
  /** Where a machine is in its life. created: Never started; started: Running; stopped: Ran and runs no more; its disk is kept. */
  state: "created" | "started" | "stopped";
  environment: string;
  /** Digest of the image its disk belongs to; absent for host-compat. */
  environment_version?: string;
  vcpu_count: number;
  mem_mib: number;
  ttl_seconds: number;
  /** RFC 3339, UTC, as all times. */
  created_at: string;
  /** When something last changed it or ran in it. */
  last_activity_at: string;
  /** When it is stopped if nobody uses it until then; absent where it does not run. */
  expires_at?: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** What its programs may reach; all that is public where absent and there is egress. */
  allow_hosts?: Array<string>;
  deny_hosts?: Array<string>;
  trust_host_ca?: boolean;
  /** What of its network does not work; where its policy cannot be read, it does not start. */
  network_problem?: string;
  /** The last connections that were refused, at most 100. */
  egress_denied?: Array<WorkspaceForkWorkspacesEgressDenied>;
  secrets?: Array<WorkspaceForkWorkspacesSecrets>;
  /** In host-compat commands have the host's network, whatever the policy says. */
  network_enabled: boolean;
  allow_host_compat: boolean;
  /** The isolation it has or last had. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** How its machine last began. */
  start?: WorkspaceForkWorkspacesStart;
  /** Whose it is, where a token's holder made it. */
  principal?: string;
  /** The workspace it was forked from, which may be gone. */
  forked_from?: string;
  workspace_path: string;
  /** How a tree came to be. */
  workspace_seed: WorkspaceForkWorkspacesWorkspaceSeed;
  command_count: number;
  /** Sequences of the commands that run now. */
  running_commands: Array<number>;
  /** Those that nobody has closed, the oldest first. */
  shells: Array<WorkspaceForkWorkspacesShells>;
  /** Ended ones included. */
  service_count: number;
  running_service_count: number;
  services: Array<WorkspaceForkWorkspacesServices>;
  /** The command that was started last. */
  last_command?: WorkspaceForkWorkspacesLastCommand;
  reset_count: number;
  last_reset_at?: string;
  /** Why it last ended, where it does not run. */
  ended?: WorkspaceForkWorkspacesEnded;
  /** What it takes of the host's disk. */
  cost: WorkspaceForkWorkspacesCost;
  /** How this call stopped it. */
  stop?: WorkspaceForkWorkspacesStop;
  /** What this call reset it to. */
  workspace_reset?: WorkspaceForkWorkspacesWorkspaceReset;
  /** It was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceForkResult {
  /** A workspace as it is now. */
  source: WorkspaceForkSource;
  workspaces: Array<WorkspaceForkWorkspaces>;
  /** Memory and processes went along; otherwise only the disk of a stopped workspace. */
  with_memory: boolean;
  /** How long the source stood still. */
  paused_ms?: number;
  /** What the copies have of the source besides its files. */
  kept: Array<string>;
}

export interface WorkspaceShellOpenInput {
  /** Id or name. */
  workspace_id: string;
  /** Directory to begin in. Default: "/workspace". */
  cwd?: string | undefined;
  /** Columns (1-500). Default: 120. */
  cols?: number | undefined;
  /** Rows (1-500). Default: 30. */
  rows?: number | undefined;
  /** Secrets' names to variables. */
  secret_env?: Readonly<Record<string, string>> | undefined;
}

export interface WorkspaceShellOpenResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  /** Where it began. */
  cwd: string;
  /** Characters. */
  cols: number;
  rows: number;
  started_at: string;
  ended_at?: string;
  /** Its own, or 128 + signal; absent while it runs. */
  exit_code?: number;
  /** What is known of the cause where it did not just exit. */
  detail?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceShellReadInput {
  /** Id or name. */
  workspace_id: string;
  /** As workspace_shell_open answered it. */
  shell_id: string;
  /** next_cursor of the last read. (0 to 9007199254740992) Default: 0. */
  cursor?: number | undefined;
  /** At most (1-98304). Default: 16384. */
  max_chars?: number | undefined;
  /** As shown on a terminal, without control sequences. Default: false. */
  plain?: boolean | undefined;
  /** Wait until output pauses this long (1-10000). */
  wait_for_idle_ms?: number | undefined;
  /** Limit of that wait (1-3600). Default: 30. */
  wait_seconds?: number | undefined;
}

export interface WorkspaceShellReadEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceShellReadResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  /** Where it began. */
  cwd: string;
  /** Characters. */
  cols: number;
  rows: number;
  started_at: string;
  ended_at?: string;
  /** Its own, or 128 + signal; absent while it runs. */
  exit_code?: number;
  /** What is known of the cause where it did not just exit. */
  detail?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
  /** Where this begins, in the bytes the shell wrote. */
  cursor: number;
  /** `cursor` of the next read. */
  next_cursor: number;
  /** Raw bytes as UTF-8, invalid ones replaced; plain: the lines that are new or changed. */
  output: string;
  /** Exactly the bytes, where `output` cannot hold them. */
  output_base64?: string;
  /** Plain, where a program uses the whole screen: all of it, as it is now. */
  screen?: string;
  /** Of the terminal's cursor on that screen, from 1. */
  screen_row?: number;
  screen_column?: number;
  /** There is more already: read on. */
  truncated: boolean;
  /** Output from the cursor on that is not kept any more. */
  dropped_bytes?: number;
  plain: boolean;
  /** Where a wait was asked for: output did pause. */
  idle?: boolean;
  /** Connections that were refused to its programs since the cursor. */
  egress_denied?: Array<WorkspaceShellReadEgressDenied>;
}

export interface WorkspaceShellWriteInput {
  /** Id or name. */
  workspace_id: string;
  /** As workspace_shell_open answered it. */
  shell_id: string;
  /** What to type. */
  input: string;
  /** Press Enter after it. Default: true. */
  append_newline?: boolean | undefined;
  /** New size first, with rows (1-500). */
  cols?: number | undefined;
  /** With cols (1-500). */
  rows?: number | undefined;
}

export interface WorkspaceShellWriteResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  /** Where it began. */
  cwd: string;
  /** Characters. */
  cols: number;
  rows: number;
  started_at: string;
  ended_at?: string;
  /** Its own, or 128 + signal; absent while it runs. */
  exit_code?: number;
  /** What is known of the cause where it did not just exit. */
  detail?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
  /** Characters of `input`. */
  input_length: number;
  append_newline: boolean;
  /** Bytes the terminal took. Fewer than typed: the program in front reads nothing. */
  written_bytes: number;
  /** Some of it was not taken. */
  truncated: boolean;
}

export interface WorkspaceShellSignalInput {
  /** Id or name. */
  workspace_id: string;
  /** As workspace_shell_open answered it. */
  shell_id: string;
  /** HUP, INT, QUIT, TERM, KILL or TSTP. Default: "INT". */
  signal_name?: string | undefined;
}

export interface WorkspaceShellSignalResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  /** Where it began. */
  cwd: string;
  /** Characters. */
  cols: number;
  rows: number;
  started_at: string;
  ended_at?: string;
  /** Its own, or 128 + signal; absent while it runs. */
  exit_code?: number;
  /** What is known of the cause where it did not just exit. */
  detail?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
  signal: string;
  /** The process group in the foreground, which got it. */
  pgid: number;
}

export interface WorkspaceShellCloseInput {
  /** Id or name. */
  workspace_id: string;
  /** As workspace_shell_open answered it. */
  shell_id: string;
}

export interface WorkspaceShellCloseResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** Names one shell: `sh-` and twelve of `a-z2-7`. */
  shell_id: string;
  /** Whether a shell still runs. */
  state: "running" | "stopped";
  /** Where it began. */
  cwd: string;
  /** Characters. */
  cols: number;
  rows: number;
  started_at: string;
  ended_at?: string;
  /** Its own, or 128 + signal; absent while it runs. */
  exit_code?: number;
  /** What is known of the cause where it did not just exit. */
  detail?: string;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
  /** False where something in it does not end in time: close it again. */
  closed: boolean;
}

export interface WorkspaceServiceStartInput {
  /** Id or name. */
  workspace_id: string;
  /** An ended one is replaced. */
  service_name: string;
  /** Run by `sh -c`, in the foreground. */
  command: string;
  /** Default /workspace. */
  cwd?: string | undefined;
  /** Environment variables. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Secrets' names to variables. */
  secret_env?: Readonly<Record<string, string>> | undefined;
  /** On the host's 127.0.0.1: GUEST or HOST:GUEST. */
  published_ports?: ReadonlyArray<string> | undefined;
  /** File that exists. */
  ready_file?: string | undefined;
  /** HOST:PORT that accepts. */
  ready_tcp?: string | undefined;
  /** http:// URL with status 200-399. */
  ready_http?: string | undefined;
  /** Command that exits 0. */
  ready_command?: string | undefined;
  /** Then it is ended. (1 to 3600) Default: 30. */
  ready_timeout_seconds?: number | undefined;
  /** Between looks. (50 to 60000) Default: 500. */
  ready_interval_ms?: number | undefined;
  /** After it was ready once. Default: "never". */
  restart?: "never" | "on-failure" | undefined;
}

export interface WorkspaceServiceStartReadiness {
  /** `file`, `tcp`, `http` or `command`; the field for it is there. */
  type: string;
  path?: string;
  address?: string;
  url?: string;
  command?: string;
}

export interface WorkspaceServiceStartPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceServiceStartEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceServiceStartResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  /** Cut at 1,000 characters, in a list at 200. */
  command: string;
  cwd: string;
  /** Of the latest start. */
  started_at: string;
  ready_at?: string;
  ended_at?: string;
  /** As a shell tells it; absent while it runs. */
  exit_code?: number;
  /** That ended it. */
  signal?: string;
  /** In the machine, while it runs. */
  pid?: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** Null where it is ready at once. */
  readiness: WorkspaceServiceStartReadiness | null;
  /** When a service that was ready once is started again. */
  restart: "never" | "on-failure";
  restart_count: number;
  /** Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready. */
  stop_reason?: "process_exited_before_ready" | "readiness_timeout" | "workspace_stopped" | "vm_died" | "sigterm" | "sigkill" | "canceled";
  /** What is known of the cause of its end or its last restart. */
  detail?: string;
  /** Where it is reached from the host, while it is not over. */
  published_ports: Array<WorkspaceServiceStartPublishedPorts>;
  /** Connections that were refused to it. */
  egress_denied?: Array<WorkspaceServiceStartEgressDenied>;
  /** Bytes written by all of its starts, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Output that is not kept any more, or never was. */
  lost_bytes?: number;
  /** The last lines of what it said, where it is over already. */
  stdout?: string;
  stderr?: string;
  /** The workspace was stopped, and this call started it. */
  resumed?: boolean;
}

export interface WorkspaceServiceListInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceServiceListServicesReadiness {
  /** `file`, `tcp`, `http` or `command`; the field for it is there. */
  type: string;
  path?: string;
  address?: string;
  url?: string;
  command?: string;
}

export interface WorkspaceServiceListServicesPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceServiceListServicesEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceServiceListServices {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  /** Cut at 1,000 characters, in a list at 200. */
  command: string;
  cwd: string;
  /** Of the latest start. */
  started_at: string;
  ready_at?: string;
  ended_at?: string;
  /** As a shell tells it; absent while it runs. */
  exit_code?: number;
  /** That ended it. */
  signal?: string;
  /** In the machine, while it runs. */
  pid?: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** Null where it is ready at once. */
  readiness: WorkspaceServiceListServicesReadiness | null;
  /** When a service that was ready once is started again. */
  restart: "never" | "on-failure";
  restart_count: number;
  /** Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready. */
  stop_reason?: "process_exited_before_ready" | "readiness_timeout" | "workspace_stopped" | "vm_died" | "sigterm" | "sigkill" | "canceled";
  /** What is known of the cause of its end or its last restart. */
  detail?: string;
  /** Where it is reached from the host, while it is not over. */
  published_ports: Array<WorkspaceServiceListServicesPublishedPorts>;
  /** Connections that were refused to it. */
  egress_denied?: Array<WorkspaceServiceListServicesEgressDenied>;
  /** Bytes written by all of its starts, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Output that is not kept any more, or never was. */
  lost_bytes?: number;
}

export interface WorkspaceServiceListResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  count: number;
  /** Those that are not over. */
  running_count: number;
  /** By name. */
  services: Array<WorkspaceServiceListServices>;
}

export interface WorkspaceServiceStatusInput {
  /** Id or name. */
  workspace_id: string;
  /** Its name. */
  service_name: string;
}

export interface WorkspaceServiceStatusReadiness {
  /** `file`, `tcp`, `http` or `command`; the field for it is there. */
  type: string;
  path?: string;
  address?: string;
  url?: string;
  command?: string;
}

export interface WorkspaceServiceStatusPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceServiceStatusEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceServiceStatusResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  /** Cut at 1,000 characters, in a list at 200. */
  command: string;
  cwd: string;
  /** Of the latest start. */
  started_at: string;
  ready_at?: string;
  ended_at?: string;
  /** As a shell tells it; absent while it runs. */
  exit_code?: number;
  /** That ended it. */
  signal?: string;
  /** In the machine, while it runs. */
  pid?: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** Null where it is ready at once. */
  readiness: WorkspaceServiceStatusReadiness | null;
  /** When a service that was ready once is started again. */
  restart: "never" | "on-failure";
  restart_count: number;
  /** Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready. */
  stop_reason?: "process_exited_before_ready" | "readiness_timeout" | "workspace_stopped" | "vm_died" | "sigterm" | "sigkill" | "canceled";
  /** What is known of the cause of its end or its last restart. */
  detail?: string;
  /** Where it is reached from the host, while it is not over. */
  published_ports: Array<WorkspaceServiceStatusPublishedPorts>;
  /** Connections that were refused to it. */
  egress_denied?: Array<WorkspaceServiceStatusEgressDenied>;
  /** Bytes written by all of its starts, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Output that is not kept any more, or never was. */
  lost_bytes?: number;
}

export interface WorkspaceServiceLogsInput {
  /** Id or name. */
  workspace_id: string;
  /** Its name. */
  service_name: string;
  /** Or matches (1-10000). Default: 200. */
  tail_lines?: number | undefined;
  /** Head and tail of everything. Default: false. */
  all?: boolean | undefined;
  /** For offset and grep. Default: "stdout". */
  stream?: "stdout" | "stderr" | undefined;
  /** First byte; negative: from the end. */
  offset?: number | undefined;
  /** Regular expression. */
  grep?: string | undefined;
  /** Bytes per page or stream (0-98304). Default: 16384. */
  output_bytes?: number | undefined;
}

export interface WorkspaceServiceLogsReadiness {
  /** `file`, `tcp`, `http` or `command`; the field for it is there. */
  type: string;
  path?: string;
  address?: string;
  url?: string;
  command?: string;
}

export interface WorkspaceServiceLogsPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceServiceLogsEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceServiceLogsPageMatches {
  /** Of its first byte. */
  offset: number;
  /** Cut at 500 characters. */
  text: string;
}

export interface WorkspaceServiceLogsPage {
  /** `stdout` or `stderr`. */
  stream: string;
  /** Of the first byte looked at. */
  offset: number;
  /** Where the next page begins; absent at the end of what there is now. */
  next_offset?: number;
  /** UTF-8; empty where a pattern was looked for. */
  text: string;
  /** Lines that the pattern matches. */
  matches?: Array<WorkspaceServiceLogsPageMatches>;
  /** Bytes before `offset` that are not kept any more, where the page was to begin among them. */
  skipped_bytes?: number;
}

export interface WorkspaceServiceLogsResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  /** Cut at 1,000 characters, in a list at 200. */
  command: string;
  cwd: string;
  /** Of the latest start. */
  started_at: string;
  ready_at?: string;
  ended_at?: string;
  /** As a shell tells it; absent while it runs. */
  exit_code?: number;
  /** That ended it. */
  signal?: string;
  /** In the machine, while it runs. */
  pid?: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** Null where it is ready at once. */
  readiness: WorkspaceServiceLogsReadiness | null;
  /** When a service that was ready once is started again. */
  restart: "never" | "on-failure";
  restart_count: number;
  /** Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready. */
  stop_reason?: "process_exited_before_ready" | "readiness_timeout" | "workspace_stopped" | "vm_died" | "sigterm" | "sigkill" | "canceled";
  /** What is known of the cause of its end or its last restart. */
  detail?: string;
  /** Where it is reached from the host, while it is not over. */
  published_ports: Array<WorkspaceServiceLogsPublishedPorts>;
  /** Connections that were refused to it. */
  egress_denied?: Array<WorkspaceServiceLogsEgressDenied>;
  /** Bytes written by all of its starts, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Output that is not kept any more, or never was. */
  lost_bytes?: number;
  /** UTF-8 without control sequences; absent beside a page. */
  stdout?: string;
  stderr?: string;
  /** How many lines were asked for; absent beside a page and with `all`. */
  tail_lines?: number;
  /** Some output was left out. */
  truncated: boolean;
  /** Where `offset` or `grep` was given. */
  page?: WorkspaceServiceLogsPage;
}

export interface WorkspaceServiceStopInput {
  /** Id or name. */
  workspace_id: string;
  /** Its name. */
  service_name: string;
}

export interface WorkspaceServiceStopReadiness {
  /** `file`, `tcp`, `http` or `command`; the field for it is there. */
  type: string;
  path?: string;
  address?: string;
  url?: string;
  command?: string;
}

export interface WorkspaceServiceStopPublishedPorts {
  host: string;
  host_port: number;
  guest_port: number;
}

export interface WorkspaceServiceStopEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceServiceStopResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What a service is called: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. */
  service_name: string;
  /** How a service fares, as callers are told. starting: Its command runs and is not ready yet; running: It runs, and is ready where readiness was asked for; restarting: It failed and waits to be started again; exited: Its command ended by itself; stopped: It was stopped, or its workspace was; failed: It did not become ready, or lost its machine. */
  state: "starting" | "running" | "restarting" | "exited" | "stopped" | "failed";
  /** Cut at 1,000 characters, in a list at 200. */
  command: string;
  cwd: string;
  /** Of the latest start. */
  started_at: string;
  ready_at?: string;
  ended_at?: string;
  /** As a shell tells it; absent while it runs. */
  exit_code?: number;
  /** That ended it. */
  signal?: string;
  /** In the machine, while it runs. */
  pid?: number;
  /** Which isolation a machine really has. */
  execution_mode: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** Null where it is ready at once. */
  readiness: WorkspaceServiceStopReadiness | null;
  /** When a service that was ready once is started again. */
  restart: "never" | "on-failure";
  restart_count: number;
  /** Why it is over, where its command did not just exit. sigterm: It was stopped, and heeded TERM; sigkill: It was stopped, and had to be killed; canceled: Whoever started it left before it was ready. */
  stop_reason?: "process_exited_before_ready" | "readiness_timeout" | "workspace_stopped" | "vm_died" | "sigterm" | "sigkill" | "canceled";
  /** What is known of the cause of its end or its last restart. */
  detail?: string;
  /** Where it is reached from the host, while it is not over. */
  published_ports: Array<WorkspaceServiceStopPublishedPorts>;
  /** Connections that were refused to it. */
  egress_denied?: Array<WorkspaceServiceStopEgressDenied>;
  /** Bytes written by all of its starts, kept or not. */
  stdout_bytes: number;
  stderr_bytes: number;
  /** Output that is not kept any more, or never was. */
  lost_bytes?: number;
}

export interface WorkspaceDeleteInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceDeleteResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  deleted: boolean;
}

export interface WorkspaceNetworkShowInput {
  /** Id or name. */
  workspace_id: string;
}

export interface WorkspaceNetworkShowEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceNetworkShowResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** All that is public where absent. */
  allow_hosts?: Array<string>;
  /** These win over what is allowed. */
  deny_hosts: Array<string>;
  /** The guest trusts the certificates that the host trusts. */
  trust_host_ca: boolean;
  /** The last connections that were refused, at most 100. */
  egress_denied: Array<WorkspaceNetworkShowEgressDenied>;
  /** What of it does not work. */
  network_problem?: string;
}

export interface WorkspaceNetworkAllowInput {
  /** Id or name. */
  workspace_id: string;
  /** example.com, *.example.com, host:443, 192.0.2.0/24, or * for all that is public. */
  hosts?: ReadonlyArray<string> | undefined;
  /** Change the policy itself as well. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy?: "off" | "egress" | "egress+published-ports" | undefined;
}

export interface WorkspaceNetworkAllowEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceNetworkAllowResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** All that is public where absent. */
  allow_hosts?: Array<string>;
  /** These win over what is allowed. */
  deny_hosts: Array<string>;
  /** The guest trusts the certificates that the host trusts. */
  trust_host_ca: boolean;
  /** The last connections that were refused, at most 100. */
  egress_denied: Array<WorkspaceNetworkAllowEgressDenied>;
  /** What of it does not work. */
  network_problem?: string;
}

export interface WorkspaceNetworkDenyInput {
  /** Id or name. */
  workspace_id: string;
  /** example.com, *.example.com, host:443, 192.0.2.0/24, or * for all that is public. */
  hosts?: ReadonlyArray<string> | undefined;
  /** Change the policy itself as well. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy?: "off" | "egress" | "egress+published-ports" | undefined;
}

export interface WorkspaceNetworkDenyEgressDenied {
  /** As the program named it. */
  host: string;
  port: number;
  /** Why, in one word: `not_allowed`, `denied_host`, `private_address`... */
  rule: string;
  /** The smallest entry of allow_hosts that would permit it; a person can add it. */
  allow?: string;
  count: number;
  /** The last time. */
  at: string;
}

export interface WorkspaceNetworkDenyResult {
  /** Names one workspace: `ws-` and twelve of `a-z2-7`. */
  workspace_id: string;
  /** What of the network a machine has. egress: Its programs reach the world through the proxy; egress+published-ports: Also, its services may publish ports on the host's loopback. */
  network_policy: "off" | "egress" | "egress+published-ports";
  /** All that is public where absent. */
  allow_hosts?: Array<string>;
  /** These win over what is allowed. */
  deny_hosts: Array<string>;
  /** The guest trusts the certificates that the host trusts. */
  trust_host_ca: boolean;
  /** The last connections that were refused, at most 100. */
  egress_denied: Array<WorkspaceNetworkDenyEgressDenied>;
  /** What of it does not work. */
  network_problem?: string;
}

export interface EnvironmentPullInput {
  /** Name, as `pyro env list` shows it. */
  environment: string;
}

export interface EnvironmentPullEnvironment {
  name: string;
  description: string;
  version: string;
  /** Debian's name of the release. */
  suite: string;
  packages: Array<string>;
  installed: boolean;
  /** Whether its files are what was built; absent when not installed. */
  intact?: boolean;
  digest?: string;
  size_bytes?: number;
  installed_at?: string;
  /** Seconds the build took. */
  build_seconds?: number;
  /** Version of the kernel it boots. */
  kernel_version?: string;
  /** Why it does not boot the tuned kernel that was built here. */
  kernel_trouble?: string;
  /** Every installed package as `name:architecture=version`; empty when not installed. */
  installed_packages: Array<string>;
}

export interface EnvironmentPullResult {
  /** Whether a new image was built. */
  changed: boolean;
  /** Everything known about one environment. */
  environment: EnvironmentPullEnvironment;
  /** Whether there is a template for machines of the default size. */
  template: boolean;
  /** Why there is none although there should be; machines boot. */
  template_trouble?: string;
}

export interface EnvironmentInspectInput {
  /** Name, as `pyro env list` shows it. */
  environment: string;
}

export interface EnvironmentInspectTemplates {
  /** fresh: For new disks: its root is mounted; bare: For disks that exist: it waits for one. */
  kind: "fresh" | "bare";
  mem_mib: number;
  vcpu_count: number;
  /** Which isolation a machine really has. */
  execution_mode?: "firecracker" | "qemu-kvm" | "qemu-tcg" | "host-compat";
  /** On the host's disk. */
  size_bytes: number;
  /** RFC 3339. */
  made_at: string;
  /** What making it took. */
  made_in_ms: number;
  /** Whether a process holds it in memory, so that the next machine need not read it. */
  kept_in_memory: boolean;
}

export interface EnvironmentInspectResult {
  name: string;
  description: string;
  version: string;
  /** Debian's name of the release. */
  suite: string;
  packages: Array<string>;
  installed: boolean;
  /** Whether its files are what was built; absent when not installed. */
  intact?: boolean;
  digest?: string;
  size_bytes?: number;
  installed_at?: string;
  /** Seconds the build took. */
  build_seconds?: number;
  /** Version of the kernel it boots. */
  kernel_version?: string;
  /** Why it does not boot the tuned kernel that was built here. */
  kernel_trouble?: string;
  /** Every installed package as `name:architecture=version`; empty when not installed. */
  installed_packages: Array<string>;
  /** Saved machines that others of this environment go on from; the first of a size makes its template. */
  templates: Array<EnvironmentInspectTemplates>;
}

export interface EnvironmentPruneInput {
  /** Also delete current environments that nothing uses, and all templates; their next use builds them again. Default: false. */
  all?: boolean | undefined;
}

export interface EnvironmentPruneDeleted {
  /** `environment`, `kernel`, `initramfs` or `template`. */
  kind: string;
  /** Its name and digest where it has one. */
  name: string;
  freed_bytes: number;
}

export interface EnvironmentPruneResult {
  count: number;
  freed_bytes: number;
  deleted: Array<EnvironmentPruneDeleted>;
  /** Processes ended that held a template in memory; the next machine starts one again. */
  keepers_ended: number;
}

/**
 * One method per tool. Each rejects with a `PyroError`, whose `code` is one of invalid, missing, conflict, denied, limit,
 * unavailable, timed_out, canceled, vm_died and internal. A command's own failure is a result and no error.
 */
export abstract class Api {
  /** Calls a tool by its name, e.g. `workspace_exec`, as models do. */
  abstract call(tool: string, input: object, options?: CallOptions): Promise<unknown>;

  /**
   * Run one shell command in a fresh microVM, which is deleted afterwards.
   *
   * Returns exit code and output. Nothing is kept: put all steps of a task into one command.
   *
   * @throws {PyroError}
   */
  runInVm(input: VmRunInput, options?: CallOptions): Promise<VmRunResult> {
    return this.call("vm_run", input, options) as Promise<VmRunResult>;
  }

  /**
   * Create a VM for one command, without starting it.
   *
   * Start it with vm_start. It lives independently of this server until vm_exec or vm_delete, or until it has been idle for ttl_seconds.
   *
   * @throws {PyroError}
   */
  createVm(input: VmCreateInput, options?: CallOptions): Promise<VmCreateResult> {
    return this.call("vm_create", input, options) as Promise<VmCreateResult>;
  }

  /**
   * Start a created or stopped VM and wait until it answers.
   *
   * A missing environment is built first, which takes minutes.
   *
   * @throws {PyroError}
   */
  startVm(input: VmStartInput, options?: CallOptions): Promise<VmStartResult> {
    return this.call("vm_start", input, options) as Promise<VmStartResult>;
  }

  /**
   * Run one shell command in a started VM, then delete the VM.
   *
   * The VM is deleted whatever the command's exit code; it stays only where the command could not be started.
   *
   * @throws {PyroError}
   */
  execVm(input: VmExecInput, options?: CallOptions): Promise<VmExecResult> {
    return this.call("vm_exec", input, options) as Promise<VmExecResult>;
  }

  /**
   * Stop a VM; its disk is kept until it expires.
   *
   * A VM that does not run is left as it is.
   *
   * @throws {PyroError}
   */
  stopVm(input: VmStopInput, options?: CallOptions): Promise<VmStopResult> {
    return this.call("vm_stop", input, options) as Promise<VmStopResult>;
  }

  /**
   * Delete a VM and its disk, in any state.
   *
   * What it held is gone for good.
   *
   * @throws {PyroError}
   */
  deleteVm(input: VmDeleteInput, options?: CallOptions): Promise<VmDeleteResult> {
    return this.call("vm_delete", input, options) as Promise<VmDeleteResult>;
  }

  /**
   * Show a VM: state, resources, isolation, expiry, and why it ended.
   *
   * Looking counts as use: the idle time starts anew.
   *
   * @throws {PyroError}
   */
  statusVm(input: VmStatusInput, options?: CallOptions): Promise<VmStatusResult> {
    return this.call("vm_status", input, options) as Promise<VmStatusResult>;
  }

  /**
   * Show a VM's network.
   *
   * VMs have no network card. With network they reach public hosts through a proxy; without isolation the host's own is there.
   *
   * @throws {PyroError}
   */
  networkInfoVm(input: VmNetworkInfoInput, options?: CallOptions): Promise<VmNetworkInfoResult> {
    return this.call("vm_network_info", input, options) as Promise<VmNetworkInfoResult>;
  }

  /**
   * Delete VMs whose idle time is over.
   *
   * Running VMs end by themselves when they have been idle too long.
   *
   * @throws {PyroError}
   */
  reapExpired(input: VmReapExpiredInput = {}, options?: CallOptions): Promise<VmReapExpiredResult> {
    return this.call("vm_reap_expired", input, options) as Promise<VmReapExpiredResult>;
  }

  /**
   * List the environments a VM can boot.
   *
   * One that is not installed yet is built by its first use, in a minute or two.
   *
   * @throws {PyroError}
   */
  listEnvironments(input: VmListEnvironmentsInput = {}, options?: CallOptions): Promise<VmListEnvironmentsResult> {
    return this.call("vm_list_environments", input, options) as Promise<VmListEnvironmentsResult>;
  }

  /**
   * Open a one-time URL to upload a tar, .tar.gz or .tar.zst to, for workspace_create or workspace_sync_push.
   *
   * Only over HTTP.
   *
   * @throws {PyroError}
   */
  openUpload(input: WorkspaceUploadOpenInput = {}, options?: CallOptions): Promise<WorkspaceUploadOpenResult> {
    return this.call("workspace_upload_open", input, options) as Promise<WorkspaceUploadOpenResult>;
  }

  /**
   * Create a persistent workspace: a started VM whose files stay until it is deleted.
   *
   * Files live in /workspace. Idle for ttl_seconds, it stops; the next call starts it again.
   *
   * @throws {PyroError}
   */
  createWorkspace(input: WorkspaceCreateInput, options?: CallOptions): Promise<WorkspaceCreateResult> {
    return this.call("workspace_create", input, options) as Promise<WorkspaceCreateResult>;
  }

  /**
   * List workspaces, the last active first.
   *
   * @throws {PyroError}
   */
  listWorkspaces(input: WorkspaceListInput = {}, options?: CallOptions): Promise<WorkspaceListResult> {
    return this.call("workspace_list", input, options) as Promise<WorkspaceListResult>;
  }

  /**
   * Change a workspace's name or labels.
   *
   * @throws {PyroError}
   */
  updateWorkspace(input: WorkspaceUpdateInput, options?: CallOptions): Promise<WorkspaceUpdateResult> {
    return this.call("workspace_update", input, options) as Promise<WorkspaceUpdateResult>;
  }

  /**
   * Show a workspace: state, isolation, seed, running and last commands, why it ended.
   *
   * @throws {PyroError}
   */
  statusWorkspace(input: WorkspaceStatusInput, options?: CallOptions): Promise<WorkspaceStatusResult> {
    return this.call("workspace_status", input, options) as Promise<WorkspaceStatusResult>;
  }

  /**
   * Copy a host directory's contents or an archive into a workspace: all or, on conflict, nothing.
   *
   * Directories merge, files are replaced, nothing is deleted. Modes, times and links are kept.
   *
   * @throws {PyroError}
   */
  pushWorkspaceSync(input: WorkspaceSyncPushInput, options?: CallOptions): Promise<WorkspaceSyncPushResult> {
    return this.call("workspace_sync_push", input, options) as Promise<WorkspaceSyncPushResult>;
  }

  /**
   * Run a shell command in a workspace, whose files and machine stay.
   *
   * Returns exit code and output, or state running after yield_seconds: then wait with workspace_logs.
   *
   * @throws {PyroError}
   */
  execWorkspace(input: WorkspaceExecInput, options?: CallOptions): Promise<WorkspaceExecResult> {
    return this.call("workspace_exec", input, options) as Promise<WorkspaceExecResult>;
  }

  /**
   * List a workspace's commands; with sequence, wait for one, page or search its output.
   *
   * @throws {PyroError}
   */
  logsWorkspace(input: WorkspaceLogsInput, options?: CallOptions): Promise<WorkspaceLogsResult> {
    return this.call("workspace_logs", input, options) as Promise<WorkspaceLogsResult>;
  }

  /**
   * List files of a workspace with type, size, mode and link target.
   *
   * @throws {PyroError}
   */
  listWorkspaceFiles(input: WorkspaceFileListInput, options?: CallOptions): Promise<WorkspaceFileListResult> {
    return this.call("workspace_file_list", input, options) as Promise<WorkspaceFileListResult>;
  }

  /**
   * Read a file of a workspace: text whole or by bytes or lines, PNG and JPEG as images.
   *
   * @throws {PyroError}
   */
  readWorkspaceFile(input: WorkspaceFileReadInput, options?: CallOptions): Promise<WorkspaceFileReadResult> {
    return this.call("workspace_file_read", input, options) as Promise<WorkspaceFileReadResult>;
  }

  /**
   * Write a whole text file; missing directories are made, an old file's mode is kept.
   *
   * @throws {PyroError}
   */
  writeWorkspaceFile(input: WorkspaceFileWriteInput, options?: CallOptions): Promise<WorkspaceFileWriteResult> {
    return this.call("workspace_file_write", input, options) as Promise<WorkspaceFileWriteResult>;
  }

  /**
   * Apply a git or unified diff to /workspace: all files or none.
   *
   * Moved lines are found; where a hunk does not fit, the failure shows what is there.
   *
   * @throws {PyroError}
   */
  applyWorkspacePatch(input: WorkspacePatchApplyInput, options?: CallOptions): Promise<WorkspacePatchApplyResult> {
    return this.call("workspace_patch_apply", input, options) as Promise<WorkspacePatchApplyResult>;
  }

  /**
   * Show what changed in /workspace since creation: summary, and patch for `git apply`.
   *
   * @throws {PyroError}
   */
  diffWorkspace(input: WorkspaceDiffInput, options?: CallOptions): Promise<WorkspaceDiffResult> {
    return this.call("workspace_diff", input, options) as Promise<WorkspaceDiffResult>;
  }

  /**
   * Copy a file or directory out of a workspace, to a new path on the host or, from elsewhere, to a download URL.
   *
   * @throws {PyroError}
   */
  exportWorkspace(input: WorkspaceExportInput, options?: CallOptions): Promise<WorkspaceExportResult> {
    return this.call("workspace_export", input, options) as Promise<WorkspaceExportResult>;
  }

  /**
   * Reset a workspace to how it began, on a new VM and disk. Work since is lost; history, name and labels stay.
   *
   * @throws {PyroError}
   */
  resetWorkspace(input: WorkspaceResetInput, options?: CallOptions): Promise<WorkspaceResetResult> {
    return this.call("workspace_reset", input, options) as Promise<WorkspaceResetResult>;
  }

  /**
   * Stop a workspace's VM. Disk and history stay; the next call that needs a VM starts it.
   *
   * What runs is told first; `stop.orderly` says whether the VM ended in time or was killed.
   *
   * @throws {PyroError}
   */
  stopWorkspace(input: WorkspaceStopInput, options?: CallOptions): Promise<WorkspaceStopResult> {
    return this.call("workspace_stop", input, options) as Promise<WorkspaceStopResult>;
  }

  /**
   * Start a stopped workspace. One that runs is left as it is.
   *
   * @throws {PyroError}
   */
  startWorkspace(input: WorkspaceStartInput, options?: CallOptions): Promise<WorkspaceStartResult> {
    return this.call("workspace_start", input, options) as Promise<WorkspaceStartResult>;
  }

  /**
   * Snapshot a workspace's whole disk, installed packages included, to reset to or diff with later.
   *
   * Taken while it runs or is stopped. Processes are not kept.
   *
   * @throws {PyroError}
   */
  createSnapshot(input: WorkspaceSnapshotCreateInput, options?: CallOptions): Promise<WorkspaceSnapshotCreateResult> {
    return this.call("workspace_snapshot_create", input, options) as Promise<WorkspaceSnapshotCreateResult>;
  }

  /**
   * List a workspace's snapshots with what they cost.
   *
   * @throws {PyroError}
   */
  listSnapshots(input: WorkspaceSnapshotListInput, options?: CallOptions): Promise<WorkspaceSnapshotListResult> {
    return this.call("workspace_snapshot_list", input, options) as Promise<WorkspaceSnapshotListResult>;
  }

  /**
   * Delete a snapshot. The workspace itself stays as it is; the baseline cannot be deleted.
   *
   * @throws {PyroError}
   */
  deleteSnapshot(input: WorkspaceSnapshotDeleteInput, options?: CallOptions): Promise<WorkspaceSnapshotDeleteResult> {
    return this.call("workspace_snapshot_delete", input, options) as Promise<WorkspaceSnapshotDeleteResult>;
  }

  /**
   * List files on a stopped workspace's disk or in a snapshot, without starting a VM. Any path, not only /workspace.
   *
   * @throws {PyroError}
   */
  listWorkspaceDisk(input: WorkspaceDiskListInput, options?: CallOptions): Promise<WorkspaceDiskListResult> {
    return this.call("workspace_disk_list", input, options) as Promise<WorkspaceDiskListResult>;
  }

  /**
   * Read a text file on a stopped workspace's disk or in a snapshot, without starting a VM.
   *
   * @throws {PyroError}
   */
  readWorkspaceDisk(input: WorkspaceDiskReadInput, options?: CallOptions): Promise<WorkspaceDiskReadResult> {
    return this.call("workspace_disk_read", input, options) as Promise<WorkspaceDiskReadResult>;
  }

  /**
   * Copy a stopped workspace's or a snapshot's disk to the host as a sparse ext4 image.
   *
   * It holds what differs from the environment: `root/` is the upper layer of an overlay, `workspace/` is /workspace.
   *
   * Not over HTTP with a token.
   *
   * @throws {PyroError}
   */
  exportWorkspaceDisk(input: WorkspaceDiskExportInput, options?: CallOptions): Promise<WorkspaceDiskExportResult> {
    return this.call("workspace_disk_export", input, options) as Promise<WorkspaceDiskExportResult>;
  }

  /**
   * Copy a workspace: a running one with its memory and processes, a stopped one by its disk.
   *
   * Labels, snapshots, secrets, network policy and services go along; history, shells and commands' results do not.
   *
   * @throws {PyroError}
   */
  forkWorkspace(input: WorkspaceForkInput, options?: CallOptions): Promise<WorkspaceForkResult> {
    return this.call("workspace_fork", input, options) as Promise<WorkspaceForkResult>;
  }

  /**
   * Open an interactive bash on a terminal that stays open between calls.
   *
   * For REPLs, editors, debuggers, prompts. Type with workspace_shell_write, then workspace_shell_read with plain.
   *
   * @throws {PyroError}
   */
  openShell(input: WorkspaceShellOpenInput, options?: CallOptions): Promise<WorkspaceShellOpenResult> {
    return this.call("workspace_shell_open", input, options) as Promise<WorkspaceShellOpenResult>;
  }

  /**
   * Read a shell's output from a cursor on.
   *
   * Plain gives the lines new since the cursor as a person sees them, and the screen of full-screen programs.
   *
   * @throws {PyroError}
   */
  readShell(input: WorkspaceShellReadInput, options?: CallOptions): Promise<WorkspaceShellReadResult> {
    return this.call("workspace_shell_read", input, options) as Promise<WorkspaceShellReadResult>;
  }

  /**
   * Type into a shell, as on a keyboard.
   *
   * Control keys are characters: \u0003 is Ctrl-C, \u001b Escape.
   *
   * @throws {PyroError}
   */
  writeShell(input: WorkspaceShellWriteInput, options?: CallOptions): Promise<WorkspaceShellWriteResult> {
    return this.call("workspace_shell_write", input, options) as Promise<WorkspaceShellWriteResult>;
  }

  /**
   * Signal the program in a shell's foreground, e.g. interrupt it.
   *
   * @throws {PyroError}
   */
  signalShell(input: WorkspaceShellSignalInput, options?: CallOptions): Promise<WorkspaceShellSignalResult> {
    return this.call("workspace_shell_signal", input, options) as Promise<WorkspaceShellSignalResult>;
  }

  /**
   * Close a shell: what runs in it is hung up, then killed.
   *
   * @throws {PyroError}
   */
  closeShell(input: WorkspaceShellCloseInput, options?: CallOptions): Promise<WorkspaceShellCloseResult> {
    return this.call("workspace_shell_close", input, options) as Promise<WorkspaceShellCloseResult>;
  }

  /**
   * Start a program that keeps running, and wait until it is ready.
   *
   * Give one ready_* at most. On state failed, detail and its last output say why; workspace_service_logs has all.
   *
   * @throws {PyroError}
   */
  startService(input: WorkspaceServiceStartInput, options?: CallOptions): Promise<WorkspaceServiceStartResult> {
    return this.call("workspace_service_start", input, options) as Promise<WorkspaceServiceStartResult>;
  }

  /**
   * List a workspace's services, ended ones included.
   *
   * @throws {PyroError}
   */
  listServices(input: WorkspaceServiceListInput, options?: CallOptions): Promise<WorkspaceServiceListResult> {
    return this.call("workspace_service_list", input, options) as Promise<WorkspaceServiceListResult>;
  }

  /**
   * Show a service: state, exit code, why it ended.
   *
   * @throws {PyroError}
   */
  statusService(input: WorkspaceServiceStatusInput, options?: CallOptions): Promise<WorkspaceServiceStatusResult> {
    return this.call("workspace_service_status", input, options) as Promise<WorkspaceServiceStatusResult>;
  }

  /**
   * Read a service's output: the last lines, a page or matching lines.
   *
   * @throws {PyroError}
   */
  logsService(input: WorkspaceServiceLogsInput, options?: CallOptions): Promise<WorkspaceServiceLogsResult> {
    return this.call("workspace_service_logs", input, options) as Promise<WorkspaceServiceLogsResult>;
  }

  /**
   * Stop a service and all it started: TERM, KILL after 5 s.
   *
   * @throws {PyroError}
   */
  stopService(input: WorkspaceServiceStopInput, options?: CallOptions): Promise<WorkspaceServiceStopResult> {
    return this.call("workspace_service_stop", input, options) as Promise<WorkspaceServiceStopResult>;
  }

  /**
   * Delete a workspace for good, its files and history included.
   *
   * @throws {PyroError}
   */
  deleteWorkspace(input: WorkspaceDeleteInput, options?: CallOptions): Promise<WorkspaceDeleteResult> {
    return this.call("workspace_delete", input, options) as Promise<WorkspaceDeleteResult>;
  }

  /**
   * Show what a workspace may reach, and what was refused to it.
   *
   * @throws {PyroError}
   */
  showWorkspaceNetwork(input: WorkspaceNetworkShowInput, options?: CallOptions): Promise<WorkspaceNetworkShowResult> {
    return this.call("workspace_network_show", input, options) as Promise<WorkspaceNetworkShowResult>;
  }

  /**
   * Permit a workspace to reach hosts.
   *
   * Replaces a refusal said before. Where the workspace had no network, it has egress to these hosts alone from then on.
   *
   * @throws {PyroError}
   */
  allowWorkspaceNetwork(input: WorkspaceNetworkAllowInput, options?: CallOptions): Promise<WorkspaceNetworkAllowResult> {
    return this.call("workspace_network_allow", input, options) as Promise<WorkspaceNetworkAllowResult>;
  }

  /**
   * Refuse a workspace hosts that it could reach.
   *
   * Takes the entry back where it was allowed, and wins over wider ones that are. Connections under way end.
   *
   * @throws {PyroError}
   */
  denyWorkspaceNetwork(input: WorkspaceNetworkDenyInput, options?: CallOptions): Promise<WorkspaceNetworkDenyResult> {
    return this.call("workspace_network_deny", input, options) as Promise<WorkspaceNetworkDenyResult>;
  }

  /**
   * Install an environment now, or bring it up to date with Debian's mirror.
   *
   * Existing disks keep the image they were made over. The template that new machines go on from is made as well.
   *
   * @throws {PyroError}
   */
  pullEnvironment(input: EnvironmentPullInput, options?: CallOptions): Promise<EnvironmentPullResult> {
    return this.call("environment_pull", input, options) as Promise<EnvironmentPullResult>;
  }

  /**
   * Show one environment: versions, packages, size, whether its files are intact, and its templates.
   *
   * @throws {PyroError}
   */
  inspectEnvironment(input: EnvironmentInspectInput, options?: CallOptions): Promise<EnvironmentInspectResult> {
    return this.call("environment_inspect", input, options) as Promise<EnvironmentInspectResult>;
  }

  /**
   * Delete superseded images, kernels and templates that no VM or workspace uses, and free templates from memory.
   *
   * @throws {PyroError}
   */
  pruneEnvironments(input: EnvironmentPruneInput = {}, options?: CallOptions): Promise<EnvironmentPruneResult> {
    return this.call("environment_prune", input, options) as Promise<EnvironmentPruneResult>;
  }
}

/** What each tool's result always has, as paths: `[]` stands for each of a list, `{}` for each of a map. */
export const ALWAYS: Readonly<Record<string, string>> = {
  vm_run:
    "vm_id environment command stdout stderr exit_code exit_reason conditions egress_denied[].host " +
    "egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at stdout_bytes stderr_bytes " +
    "truncated duration_ms execution_mode cleanup cleanup.vm_id cleanup.deleted cleanup.reason",
  vm_create:
    "vm_id state environment vcpu_count mem_mib ttl_seconds created_at expires_at network_enabled " +
    "allow_host_compat start.how ended.cause ended.detail",
  vm_start:
    "vm_id state environment vcpu_count mem_mib ttl_seconds created_at expires_at network_enabled " +
    "allow_host_compat start.how ended.cause ended.detail",
  vm_exec:
    "vm_id environment command stdout stderr exit_code exit_reason conditions egress_denied[].host " +
    "egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at stdout_bytes stderr_bytes " +
    "truncated duration_ms execution_mode cleanup cleanup.vm_id cleanup.deleted cleanup.reason",
  vm_stop:
    "vm_id state environment vcpu_count mem_mib ttl_seconds created_at expires_at network_enabled " +
    "allow_host_compat start.how ended.cause ended.detail",
  vm_delete:
    "vm_id deleted reason",
  vm_status:
    "vm_id state environment vcpu_count mem_mib ttl_seconds created_at expires_at network_enabled " +
    "allow_host_compat start.how ended.cause ended.detail",
  vm_network_info:
    "vm_id network_enabled outbound_connectivity_expected reason",
  vm_reap_expired:
    "count deleted_vm_ids",
  vm_list_environments:
    "count environments environments[].name environments[].description environments[].version " +
    "environments[].packages environments[].installed",
  workspace_upload_open:
    "upload_id url example bytes_max expires_at",
  workspace_create:
    "workspace_id labels state environment vcpu_count mem_mib ttl_seconds created_at last_activity_at " +
    "network_policy egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count " +
    "egress_denied[].at secrets[].name secrets[].source secrets[].redacted network_enabled allow_host_compat " +
    "start.how workspace_path workspace_seed workspace_seed.mode workspace_seed.destination " +
    "workspace_seed.entry_count workspace_seed.bytes_written command_count running_commands shells " +
    "shells[].shell_id shells[].state shells[].cwd shells[].started_at shells[].written_bytes service_count " +
    "running_service_count services services[].service_name services[].state services[].restart_count " +
    "services[].published_ports[].host services[].published_ports[].host_port " +
    "services[].published_ports[].guest_port last_command.sequence last_command.command last_command.cwd " +
    "reset_count ended.cause ended.detail cost cost.used_bytes cost.disk_bytes cost.snapshots_bytes " +
    "cost.snapshot_count stop.orderly stop.duration_ms workspace_reset.snapshot_name workspace_reset.entry_count",
  workspace_list:
    "count workspaces workspaces[].workspace_id workspaces[].labels workspaces[].environment workspaces[].state " +
    "workspaces[].created_at workspaces[].last_activity_at workspaces[].command_count workspaces[].service_count " +
    "workspaces[].running_service_count workspaces[].used_bytes workspaces[].snapshot_count damaged[].workspace_id " +
    "damaged[].problem",
  workspace_update:
    "workspace_id labels state environment vcpu_count mem_mib ttl_seconds created_at last_activity_at " +
    "network_policy egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count " +
    "egress_denied[].at secrets[].name secrets[].source secrets[].redacted network_enabled allow_host_compat " +
    "start.how workspace_path workspace_seed workspace_seed.mode workspace_seed.destination " +
    "workspace_seed.entry_count workspace_seed.bytes_written command_count running_commands shells " +
    "shells[].shell_id shells[].state shells[].cwd shells[].started_at shells[].written_bytes service_count " +
    "running_service_count services services[].service_name services[].state services[].restart_count " +
    "services[].published_ports[].host services[].published_ports[].host_port " +
    "services[].published_ports[].guest_port last_command.sequence last_command.command last_command.cwd " +
    "reset_count ended.cause ended.detail cost cost.used_bytes cost.disk_bytes cost.snapshots_bytes " +
    "cost.snapshot_count stop.orderly stop.duration_ms workspace_reset.snapshot_name workspace_reset.entry_count",
  workspace_status:
    "workspace_id labels state environment vcpu_count mem_mib ttl_seconds created_at last_activity_at " +
    "network_policy egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count " +
    "egress_denied[].at secrets[].name secrets[].source secrets[].redacted network_enabled allow_host_compat " +
    "start.how workspace_path workspace_seed workspace_seed.mode workspace_seed.destination " +
    "workspace_seed.entry_count workspace_seed.bytes_written command_count running_commands shells " +
    "shells[].shell_id shells[].state shells[].cwd shells[].started_at shells[].written_bytes service_count " +
    "running_service_count services services[].service_name services[].state services[].restart_count " +
    "services[].published_ports[].host services[].published_ports[].host_port " +
    "services[].published_ports[].guest_port last_command.sequence last_command.command last_command.cwd " +
    "reset_count ended.cause ended.detail cost cost.used_bytes cost.disk_bytes cost.snapshots_bytes " +
    "cost.snapshot_count stop.orderly stop.duration_ms workspace_reset.snapshot_name workspace_reset.entry_count",
  workspace_sync_push:
    "workspace_id workspace_sync workspace_sync.mode workspace_sync.destination workspace_sync.entry_count " +
    "workspace_sync.bytes_written workspace_sync.replaced execution_mode",
  workspace_exec:
    "workspace_id sequence state command cwd stdout stderr conditions egress_denied[].host egress_denied[].port " +
    "egress_denied[].rule egress_denied[].count egress_denied[].at stdout_bytes stderr_bytes truncated duration_ms " +
    "execution_mode",
  workspace_logs:
    "workspace_id count entries entries[].sequence entries[].state entries[].command entries[].cwd " +
    "entries[].started_at entries[].egress_denied[].host entries[].egress_denied[].port " +
    "entries[].egress_denied[].rule entries[].egress_denied[].count entries[].egress_denied[].at " +
    "entries[].stdout_bytes entries[].stderr_bytes page.stream page.offset page.text page.matches[].offset " +
    "page.matches[].text",
  workspace_file_list:
    "workspace_id path count entries entries[].path entries[].artifact_type entries[].size_bytes entries[].mode " +
    "entries[].modified_at execution_mode",
  workspace_file_read:
    "workspace_id path size_bytes content offset truncated binary mode execution_mode",
  workspace_file_write:
    "workspace_id path bytes_written created mode sha256 execution_mode",
  workspace_patch_apply:
    "workspace_id changed summary summary.total summary.added summary.modified summary.deleted summary.renamed " +
    "summary.copied entries entries[].path entries[].status execution_mode",
  workspace_diff:
    "workspace_id changed summary summary.total summary.added summary.modified summary.deleted " +
    "summary.type_changed summary.mode_changed summary.text_patched summary.non_text entries entries[].path " +
    "entries[].status entries[].artifact_type entries[].binary entries[].patched entries_omitted patch patch_bytes " +
    "patches_omitted truncated download.url download.file_name download.media_type download.expires_at",
  workspace_export:
    "workspace_id workspace_path download.url download.file_name download.media_type download.expires_at " +
    "artifact_type entry_count bytes_written execution_mode",
  workspace_reset:
    "workspace_id labels state environment vcpu_count mem_mib ttl_seconds created_at last_activity_at " +
    "network_policy egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count " +
    "egress_denied[].at secrets[].name secrets[].source secrets[].redacted network_enabled allow_host_compat " +
    "start.how workspace_path workspace_seed workspace_seed.mode workspace_seed.destination " +
    "workspace_seed.entry_count workspace_seed.bytes_written command_count running_commands shells " +
    "shells[].shell_id shells[].state shells[].cwd shells[].started_at shells[].written_bytes service_count " +
    "running_service_count services services[].service_name services[].state services[].restart_count " +
    "services[].published_ports[].host services[].published_ports[].host_port " +
    "services[].published_ports[].guest_port last_command.sequence last_command.command last_command.cwd " +
    "reset_count ended.cause ended.detail cost cost.used_bytes cost.disk_bytes cost.snapshots_bytes " +
    "cost.snapshot_count stop.orderly stop.duration_ms workspace_reset.snapshot_name workspace_reset.entry_count",
  workspace_stop:
    "workspace_id labels state environment vcpu_count mem_mib ttl_seconds created_at last_activity_at " +
    "network_policy egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count " +
    "egress_denied[].at secrets[].name secrets[].source secrets[].redacted network_enabled allow_host_compat " +
    "start.how workspace_path workspace_seed workspace_seed.mode workspace_seed.destination " +
    "workspace_seed.entry_count workspace_seed.bytes_written command_count running_commands shells " +
    "shells[].shell_id shells[].state shells[].cwd shells[].started_at shells[].written_bytes service_count " +
    "running_service_count services services[].service_name services[].state services[].restart_count " +
    "services[].published_ports[].host services[].published_ports[].host_port " +
    "services[].published_ports[].guest_port last_command.sequence last_command.command last_command.cwd " +
    "reset_count ended.cause ended.detail cost cost.used_bytes cost.disk_bytes cost.snapshots_bytes " +
    "cost.snapshot_count stop.orderly stop.duration_ms workspace_reset.snapshot_name workspace_reset.entry_count",
  workspace_start:
    "workspace_id labels state environment vcpu_count mem_mib ttl_seconds created_at last_activity_at " +
    "network_policy egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count " +
    "egress_denied[].at secrets[].name secrets[].source secrets[].redacted network_enabled allow_host_compat " +
    "start.how workspace_path workspace_seed workspace_seed.mode workspace_seed.destination " +
    "workspace_seed.entry_count workspace_seed.bytes_written command_count running_commands shells " +
    "shells[].shell_id shells[].state shells[].cwd shells[].started_at shells[].written_bytes service_count " +
    "running_service_count services services[].service_name services[].state services[].restart_count " +
    "services[].published_ports[].host services[].published_ports[].host_port " +
    "services[].published_ports[].guest_port last_command.sequence last_command.command last_command.cwd " +
    "reset_count ended.cause ended.detail cost cost.used_bytes cost.disk_bytes cost.snapshots_bytes " +
    "cost.snapshot_count stop.orderly stop.duration_ms workspace_reset.snapshot_name workspace_reset.entry_count",
  workspace_snapshot_create:
    "workspace_id snapshot snapshot.snapshot_name snapshot.kind snapshot.created_at snapshot.entry_count " +
    "snapshot.apparent_bytes snapshot.used_bytes snapshot.deletable",
  workspace_snapshot_list:
    "workspace_id count snapshots snapshots[].snapshot_name snapshots[].kind snapshots[].created_at " +
    "snapshots[].entry_count snapshots[].apparent_bytes snapshots[].used_bytes snapshots[].deletable " +
    "damaged[].snapshot_name damaged[].problem",
  workspace_snapshot_delete:
    "workspace_id snapshot_name deleted",
  workspace_disk_list:
    "workspace_id path count entries entries[].path entries[].artifact_type entries[].size_bytes entries[].mode " +
    "entries[].modified_at",
  workspace_disk_read:
    "workspace_id path size_bytes content offset truncated binary mode",
  workspace_disk_export:
    "workspace_id output_path disk_format apparent_bytes used_bytes",
  workspace_fork:
    "source source.workspace_id source.labels source.state source.environment source.vcpu_count source.mem_mib " +
    "source.ttl_seconds source.created_at source.last_activity_at source.network_policy " +
    "source.egress_denied[].host source.egress_denied[].port source.egress_denied[].rule " +
    "source.egress_denied[].count source.egress_denied[].at source.secrets[].name source.secrets[].source " +
    "source.secrets[].redacted source.network_enabled source.allow_host_compat source.start.how " +
    "source.workspace_path source.workspace_seed source.workspace_seed.mode source.workspace_seed.destination " +
    "source.workspace_seed.entry_count source.workspace_seed.bytes_written source.command_count " +
    "source.running_commands source.shells source.shells[].shell_id source.shells[].state source.shells[].cwd " +
    "source.shells[].started_at source.shells[].written_bytes source.service_count source.running_service_count " +
    "source.services source.services[].service_name source.services[].state source.services[].restart_count " +
    "source.services[].published_ports[].host source.services[].published_ports[].host_port " +
    "source.services[].published_ports[].guest_port source.last_command.sequence source.last_command.command " +
    "source.last_command.cwd source.reset_count source.ended.cause source.ended.detail source.cost " +
    "source.cost.used_bytes source.cost.disk_bytes source.cost.snapshots_bytes source.cost.snapshot_count " +
    "source.stop.orderly source.stop.duration_ms source.workspace_reset.snapshot_name " +
    "source.workspace_reset.entry_count workspaces workspaces[].workspace_id workspaces[].labels " +
    "workspaces[].state workspaces[].environment workspaces[].vcpu_count workspaces[].mem_mib " +
    "workspaces[].ttl_seconds workspaces[].created_at workspaces[].last_activity_at workspaces[].network_policy " +
    "workspaces[].egress_denied[].host workspaces[].egress_denied[].port workspaces[].egress_denied[].rule " +
    "workspaces[].egress_denied[].count workspaces[].egress_denied[].at workspaces[].secrets[].name " +
    "workspaces[].secrets[].source workspaces[].secrets[].redacted workspaces[].network_enabled " +
    "workspaces[].allow_host_compat workspaces[].start.how workspaces[].workspace_path workspaces[].workspace_seed " +
    "workspaces[].workspace_seed.mode workspaces[].workspace_seed.destination " +
    "workspaces[].workspace_seed.entry_count workspaces[].workspace_seed.bytes_written workspaces[].command_count " +
    "workspaces[].running_commands workspaces[].shells workspaces[].shells[].shell_id workspaces[].shells[].state " +
    "workspaces[].shells[].cwd workspaces[].shells[].started_at workspaces[].shells[].written_bytes " +
    "workspaces[].service_count workspaces[].running_service_count workspaces[].services " +
    "workspaces[].services[].service_name workspaces[].services[].state workspaces[].services[].restart_count " +
    "workspaces[].services[].published_ports[].host workspaces[].services[].published_ports[].host_port " +
    "workspaces[].services[].published_ports[].guest_port workspaces[].last_command.sequence " +
    "workspaces[].last_command.command workspaces[].last_command.cwd workspaces[].reset_count " +
    "workspaces[].ended.cause workspaces[].ended.detail workspaces[].cost workspaces[].cost.used_bytes " +
    "workspaces[].cost.disk_bytes workspaces[].cost.snapshots_bytes workspaces[].cost.snapshot_count " +
    "workspaces[].stop.orderly workspaces[].stop.duration_ms workspaces[].workspace_reset.snapshot_name " +
    "workspaces[].workspace_reset.entry_count with_memory kept",
  workspace_shell_open:
    "workspace_id shell_id state cwd cols rows started_at execution_mode",
  workspace_shell_read:
    "workspace_id shell_id state cwd cols rows started_at execution_mode cursor next_cursor output truncated plain " +
    "egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at",
  workspace_shell_write:
    "workspace_id shell_id state cwd cols rows started_at execution_mode input_length append_newline written_bytes " +
    "truncated",
  workspace_shell_signal:
    "workspace_id shell_id state cwd cols rows started_at execution_mode signal pgid",
  workspace_shell_close:
    "workspace_id shell_id state cwd cols rows started_at execution_mode closed",
  workspace_service_start:
    "workspace_id service_name state command cwd started_at execution_mode readiness.type restart restart_count " +
    "published_ports published_ports[].host published_ports[].host_port published_ports[].guest_port " +
    "egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at " +
    "stdout_bytes stderr_bytes",
  workspace_service_list:
    "workspace_id count running_count services services[].workspace_id services[].service_name services[].state " +
    "services[].command services[].cwd services[].started_at services[].execution_mode services[].readiness.type " +
    "services[].restart services[].restart_count services[].published_ports services[].published_ports[].host " +
    "services[].published_ports[].host_port services[].published_ports[].guest_port " +
    "services[].egress_denied[].host services[].egress_denied[].port services[].egress_denied[].rule " +
    "services[].egress_denied[].count services[].egress_denied[].at services[].stdout_bytes " +
    "services[].stderr_bytes",
  workspace_service_status:
    "workspace_id service_name state command cwd started_at execution_mode readiness.type restart restart_count " +
    "published_ports published_ports[].host published_ports[].host_port published_ports[].guest_port " +
    "egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at " +
    "stdout_bytes stderr_bytes",
  workspace_service_logs:
    "workspace_id service_name state command cwd started_at execution_mode readiness.type restart restart_count " +
    "published_ports published_ports[].host published_ports[].host_port published_ports[].guest_port " +
    "egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at " +
    "stdout_bytes stderr_bytes truncated page.stream page.offset page.text page.matches[].offset " +
    "page.matches[].text",
  workspace_service_stop:
    "workspace_id service_name state command cwd started_at execution_mode readiness.type restart restart_count " +
    "published_ports published_ports[].host published_ports[].host_port published_ports[].guest_port " +
    "egress_denied[].host egress_denied[].port egress_denied[].rule egress_denied[].count egress_denied[].at " +
    "stdout_bytes stderr_bytes",
  workspace_delete:
    "workspace_id deleted",
  workspace_network_show:
    "workspace_id network_policy deny_hosts trust_host_ca egress_denied egress_denied[].host egress_denied[].port " +
    "egress_denied[].rule egress_denied[].count egress_denied[].at",
  workspace_network_allow:
    "workspace_id network_policy deny_hosts trust_host_ca egress_denied egress_denied[].host egress_denied[].port " +
    "egress_denied[].rule egress_denied[].count egress_denied[].at",
  workspace_network_deny:
    "workspace_id network_policy deny_hosts trust_host_ca egress_denied egress_denied[].host egress_denied[].port " +
    "egress_denied[].rule egress_denied[].count egress_denied[].at",
  environment_pull:
    "changed environment environment.name environment.description environment.version environment.suite " +
    "environment.packages environment.installed environment.installed_packages template",
  environment_inspect:
    "name description version suite packages installed installed_packages templates templates[].kind " +
    "templates[].mem_mib templates[].vcpu_count templates[].size_bytes templates[].made_at templates[].made_in_ms " +
    "templates[].kept_in_memory",
  environment_prune:
    "count freed_bytes deleted deleted[].kind deleted[].name deleted[].freed_bytes keepers_ended",
};
