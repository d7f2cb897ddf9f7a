//! QEMU's command line for a table of machines, as accepted.

use std::path::PathBuf;

use pyro_mcp::vm::{
    VmSpec,
    qemu::args::{Accel, Disks, Fds, args},
};

use crate::golden;

fn spec(vcpu_count: u32, mem_mib: u32, durable: bool) -> VmSpec {
    VmSpec { name: "vm-abcdefgh2345".into(), vcpu_count, mem_mib, image: None, dir: PathBuf::from("/unused"), durable }
}

#[test]
fn qemu_is_started_as_accepted() {
    let disks = Some(Disks { base: 13, disk_read: 14, disk_write: 15 });
    let tcg = Accel::Tcg { tsc_khz: 2_300_000 };
    let table = [
        ("tcg", spec(1, 1024, false), tcg, disks),
        ("tcg-two-cpus-durable", spec(2, 512, true), tcg, disks),
        ("kvm", spec(8, 32_768, false), Accel::Kvm, disks),
        ("kvm-probe", spec(1, 256, false), Accel::Kvm, None),
    ];
    for (name, spec, accel, disks) in &table {
        let fds = Fds { kernel: 10, initramfs: 11, agent: 12, console: 9, disks: *disks };
        golden::snap("boot", &format!("qemu-{name}"), &args(spec, *accel, &fds).join("\n"));
    }
    let names = table.map(|(name, ..)| format!("qemu-{name}"));
    golden::no_orphans("boot", &names.iter().map(String::as_str).collect::<Vec<_>>());
}
