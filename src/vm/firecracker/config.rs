//! What Firecracker is told, call by call. Pure: every file has a fixed name in the directory in which it runs, so that
//! nothing here depends on the machine but what was asked for.

use serde::Serialize;
use serde_json::{Value, json};

use crate::vm::VmSpec;

/// Its API.
pub const API_SOCKET: &str = "api.sock";
/// The host's end of the vsock.
pub const VSOCK_SOCKET: &str = "vsock.sock";
pub const KERNEL: &str = "kernel";
pub const INITRAMFS: &str = "initramfs";
pub const BASE: &str = "base";
pub const DISK: &str = "disk";

/// Each machine has a vsock of its own, so all guests can have the first address that is free.
const GUEST_CID: u32 = 3;

/// One call of its API.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Put {
    pub path: &'static str,
    pub body: Value,
}

/// Its command line after the program's name. Its seccomp filters are on unless they are switched off.
pub fn args(spec: &VmSpec) -> Vec<String> {
    // Its log goes where the guest's console goes: only what went wrong is worth a line there.
    ["--id", &spec.name, "--api-sock", API_SOCKET, "--level", "Error"].map(str::to_owned).to_vec()
}

/// All calls, in order; the last one starts the machine.
pub fn calls(spec: &VmSpec, disks: bool) -> Vec<Put> {
    let put = |path, body| Put { path, body };
    let mut calls = vec![
        put("/machine-config", json!({ "vcpu_count": spec.vcpu_count, "mem_size_mib": spec.mem_mib })),
        put(
            "/boot-source",
            json!({ "kernel_image_path": KERNEL, "initrd_path": INITRAMFS, "boot_args": command_line(disks) }),
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

/// In the order in which they are told, drives are `/dev/vda` and `/dev/vdb`.
fn drive(id: &str, path: &str, read_only: bool, cache: &str) -> Value {
    json!({
        "drive_id": id, "path_on_host": path, "is_root_device": false, "is_read_only": read_only, "cache_type": cache,
    })
}

/// The guest kernel's command line; Firecracker adds where its devices are.
fn command_line(disks: bool) -> String {
    // loglevel=1, not 0: at 0 a panic stays silent and the cause of death unknown.
    // There is no power switch: a reset by the keyboard controller ends the machine.
    let root = if disks { "pyro.base=/dev/vda pyro.disk=/dev/vdb" } else { "pyro.root=none" };
    format!("quiet loglevel=1 console=ttyS0 reboot=k panic=1 pci=off pyro.off=reset {root}")
}
