//! What VMMs are told for a table of machines, as accepted: QEMU's command line, Firecracker's and its API calls.

use std::path::PathBuf;

use pyro_mcp::vm::{
    VmSpec,
    firecracker::config,
    qemu::args::{Accel, Disks, Fds, Memory, args},
};

use crate::golden;

fn spec(vcpu_count: u32, mem_mib: u32, durable: bool) -> VmSpec {
    VmSpec { name: "vm-abcdefgh2345".into(), vcpu_count, mem_mib, image: None, dir: PathBuf::from("/unused"), durable, waits: false }
}

#[test]
fn qemu_is_started_as_accepted() {
    let disks = Some(Disks { base: 13, disk_read: 14, disk_write: 15 });
    let tcg = Accel::Tcg { tsc_khz: 2_300_000 };
    let waits = VmSpec { waits: true, ..spec(1, 256, false) };
    let table = [
        ("tcg", spec(1, 1024, false), tcg, disks, Memory::Empty),
        ("tcg-two-cpus-durable", spec(2, 512, true), tcg, disks, Memory::Empty),
        ("tcg-waits", waits, tcg, disks, Memory::Empty),
        ("tcg-restored", spec(1, 256, true), tcg, disks, Memory::Saved(7)),
        ("tcg-saving", spec(1, 256, true), tcg, disks, Memory::Saving(7)),
        ("kvm", spec(8, 32_768, false), Accel::Kvm, disks, Memory::Empty),
        ("kvm-probe", spec(1, 256, false), Accel::Kvm, None, Memory::Empty),
    ];
    for (name, spec, accel, disks, memory) in &table {
        let agent = (!matches!(memory, Memory::Saving(_))).then_some(12);
        let fds = Fds { kernel: 10, initramfs: 11, agent, console: agent.map(|_| 9), monitor: 8, disks: *disks };
        golden::snap("boot", &format!("qemu-{name}"), &args(spec, *accel, &fds, *memory).join("\n"));
    }
    let names = table.map(|(name, ..)| format!("qemu-{name}"));
    let others = FIRECRACKERS.map(|(name, ..)| name);
    golden::no_orphans("boot", &names.iter().map(String::as_str).chain(others).collect::<Vec<_>>());
}

/// By name: CPUs, memory, whether it lasts, whether it has disks.
const FIRECRACKERS: [(&str, u32, u32, bool, bool); 3] = [
    ("firecracker", 1, 1024, false, true),
    ("firecracker-two-cpus-durable", 2, 512, true, true),
    ("firecracker-probe", 1, 256, false, false),
];

#[test]
fn firecracker_is_told_as_accepted() {
    for (name, vcpu_count, mem_mib, durable, disks) in FIRECRACKERS {
        let spec = spec(vcpu_count, mem_mib, durable);
        let calls = config::calls(&spec, disks).into_iter().map(|call| format!("PUT {}\n{:#}", call.path, call.body));
        let told: Vec<String> = [config::args(&spec).join(" ")].into_iter().chain(calls).collect();
        golden::snap("boot", name, &told.join("\n"));
    }
}
