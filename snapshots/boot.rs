//! What VMMs are told for a table of machines, as accepted: QEMU's command line, Firecracker's and its API calls.

use std::path::{Path, PathBuf};

use pyro_mcp::vm::{
    VmSpec,
    firecracker::{
        config::{self, Call},
        jail,
    },
    qemu::args::{Accel, Disks, Fds, Memory, args},
};

use crate::golden;

fn spec(vcpu_count: u32, mem_mib: u32, durable: bool) -> VmSpec {
    VmSpec {
        name: "vm-abcdefgh2345".into(),
        vcpu_count,
        mem_mib,
        image: None,
        dir: PathBuf::from("/unused"),
        durable,
        waits: false,
    }
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
    let others = FIRECRACKERS.map(|(name, ..)| name).into_iter().chain(FIRECRACKER_LATER);
    golden::no_orphans("boot", &names.iter().map(String::as_str).chain(others).collect::<Vec<_>>());
}

/// By name: CPUs, memory, whether it lasts, whether it has disks.
const FIRECRACKERS: [(&str, u32, u32, bool, bool); 3] = [
    ("firecracker", 1, 1024, false, true),
    ("firecracker-two-cpus-durable", 2, 512, true, true),
    ("firecracker-probe", 1, 256, false, false),
];

/// What it is told of machines that were or are being saved.
const FIRECRACKER_LATER: [&str; 3] = ["firecracker-restore", "firecracker-save", "firecracker-jailer"];

fn told(call: &Call) -> String {
    format!("{} {}\n{:#}", call.method, call.path, call.body)
}

#[test]
fn firecracker_is_told_as_accepted() {
    for (name, vcpu_count, mem_mib, durable, disks) in FIRECRACKERS {
        let spec = spec(vcpu_count, mem_mib, durable);
        let calls = config::calls(&spec, disks);
        let told: Vec<String> = [config::args(&spec).join(" ")].into_iter().chain(calls.iter().map(told)).collect();
        golden::snap("boot", name, &told.join("\n"));
        assert!(!told[0].contains("--enable-pci") && !told[0].contains("--no-seccomp"), "{}", told[0]);
    }
}

#[test]
fn firecracker_is_jailed_saved_and_restored_as_accepted() {
    let save = [config::pause(), config::save(), config::resume()].each_ref().map(told).join("\n");
    let restore = [config::args(&spec(1, 1024, false)).join(" "), told(&config::restore())].join("\n");
    let (binary, room) = (Path::new("/usr/bin/firecracker"), Path::new("/state/firecracker"));
    let jailer = [false, true].map(|one_cgroup_tree| {
        let args = jail::args(&spec(1, 1024, false), binary, room, (1_879_048_193, 107), one_cgroup_tree);
        format!("one tree of cgroups: {one_cgroup_tree}\n{}", args.join(" "))
    });
    for (name, told) in FIRECRACKER_LATER.iter().zip([restore, save, jailer.join("\n")]) {
        golden::snap("boot", name, &told);
        // Its devices would be where an advisory of 2026 found guests that wrote beyond their memory.
        assert!(!told.contains("--enable-pci") && !told.contains("--no-seccomp"), "{told}");
    }
}
