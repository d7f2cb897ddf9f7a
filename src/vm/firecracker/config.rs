//! What Firecracker is told, call by call. Pure: every file has a fixed name in the directory in which it runs, so that
//! nothing here depends on the machine but what was asked for.

use serde::Serialize;
use serde_json::{Value, json};

use crate::vm::VmSpec;

/// Its API.
pub const API_SOCKET: &str = "api.sock";
/// The host's end of the vsock.
pub const VSOCK_SOCKET: &str = "vsock.sock";
/// Pipes for what it tells of itself, which the supervisor reads: its log, and numbers about the machine once a minute.
pub const LOG: &str = "log";
pub const METRICS: &str = "metrics";
pub const KERNEL: &str = "kernel";
pub const INITRAMFS: &str = "initramfs";
pub const BASE: &str = "base";
pub const DISK: &str = "disk";
/// A saved machine's memory and the rest of it, of which one goes on.
pub const MEMORY: &str = "memory";
pub const STATE: &str = "state";
/// The same where one is saved: other names, for a machine that went on can be saved again.
pub const SAVED_MEMORY: &str = "saved-memory";
pub const SAVED_STATE: &str = "saved-state";

/// Each machine has a vsock of its own, so all guests can have the first address that is free.
const GUEST_CID: u32 = 3;

/// One call of its API.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    pub method: &'static str,
    pub path: &'static str,
    pub body: Value,
}

impl Call {
    const fn put(path: &'static str, body: Value) -> Self {
        Self { method: "PUT", path, body }
    }
}

/// Its command line after the program's name, where it is not jailed.
pub fn args(spec: &VmSpec) -> Vec<String> {
    ["--id".into(), spec.name.clone()].into_iter().chain(options()).collect()
}

/// What it is told however it is started; the jailer adds who it is. Its seccomp filters are on unless they are switched
/// off, and its devices are not on PCI unless that is switched on.
pub(super) fn options() -> Vec<String> {
    // Each call, how long the long ones took, and what went wrong.
    let log = ["--log-path", LOG, "--level", "Info", "--metrics-path", METRICS];
    ["--api-sock", API_SOCKET].into_iter().chain(log).map(str::to_owned).collect()
}

/// All calls that make a machine, in order; the last one starts it.
pub fn calls(spec: &VmSpec, disks: bool) -> Vec<Call> {
    let put = Call::put;
    let mut calls = vec![
        put("/machine-config", json!({ "vcpu_count": spec.vcpu_count, "mem_size_mib": spec.mem_mib })),
        put(
            "/boot-source",
            json!({ "kernel_image_path": KERNEL, "initrd_path": INITRAMFS, "boot_args": command_line(spec, disks) }),
        ),
        put("/vsock", json!({ "guest_cid": GUEST_CID, "uds_path": VSOCK_SOCKET })),
        put("/entropy", json!({})),
    ];
    if disks {
        // `Unsafe` ignores the guest's flushes: right for a disk that ends with its machine, wrong for one that stays.
        let cache = if spec.durable { "Writeback" } else { "Unsafe" };
        calls.push(put("/drives/base", drive("base", BASE, true, "Unsafe")));
        calls.push(put("/drives/disk", drive("disk", DISK, false, cache)));
    }
    calls.push(put("/actions", json!({ "action_type": "InstanceStart" })));
    calls
}

/// The one call with which a machine goes on from where one was saved. All else is in what was saved; its relative names
/// lead to this machine's disk and vsock.
pub fn restore() -> Call {
    let memory = json!({ "backend_type": "File", "backend_path": MEMORY });
    Call::put("/snapshot/load", json!({ "snapshot_path": STATE, "mem_backend": memory, "resume_vm": true }))
}

/// Has the machine stand still.
pub fn pause() -> Call {
    Call { method: "PATCH", path: "/vm", body: json!({ "state": "Paused" }) }
}

/// Writes down all of a machine that stands still, but its disks.
pub fn save() -> Call {
    Call::put(
        "/snapshot/create",
        json!({ "snapshot_type": "Full", "snapshot_path": SAVED_STATE, "mem_file_path": SAVED_MEMORY }),
    )
}

/// Lets it go on.
pub fn resume() -> Call {
    Call { method: "PATCH", path: "/vm", body: json!({ "state": "Resumed" }) }
}

/// In the order in which they are told, drives are `/dev/vda` and `/dev/vdb`.
fn drive(id: &str, path: &str, read_only: bool, cache: &str) -> Value {
    json!({
        "drive_id": id, "path_on_host": path, "is_root_device": false, "is_read_only": read_only, "cache_type": cache,
    })
}

/// The guest kernel's command line; Firecracker adds where its devices are.
fn command_line(spec: &VmSpec, disks: bool) -> String {
    // loglevel=1, not 0: at 0 a panic stays silent and the cause of death unknown.
    // There is no power switch: a reset by the keyboard controller ends the machine.
    let root = if disks { "pyro.base=/dev/vda pyro.disk=/dev/vdb" } else { "pyro.root=none" };
    let waits = if spec.waits { " pyro.waits" } else { "" };
    format!("quiet loglevel=1 console=ttyS0 reboot=k panic=1 pci=off pyro.off=reset {root}{waits}")
}
