//! What a template is of, and the key of all that it depends on.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{
    host,
    vm::{BackendSpec, Image},
};

/// Counts up when what is made of the same parts changes.
const VERSION: u32 = 2;
/// As much of a digest as tells templates apart, hex digits.
const KEY_DIGITS: usize = 24;
/// A counter's rate is measured anew at each start of the host, and never twice the same to the last digit.
const TSC_KHZ_STEP: u64 = 1000;

/// How far a template has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To its root: for new disks, copies of the template's own.
    Fresh,
    /// To where it waits for a disk: for those that exist.
    Bare,
}

/// A machine that others shall go on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub kind: Kind,
    /// As callers name it.
    pub environment: String,
    /// Of its base image.
    pub digest: String,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub backend: BackendSpec,
    pub image: Image,
    /// Copied for the template's own disk.
    pub empty_disk: std::path::PathBuf,
}

impl Wanted {
    /// Names its files. Whatever changes what a saved machine can go on under is in it.
    pub fn key(&self) -> String {
        let (mode, vmm) = match self.backend.vmm() {
            // Another version of a VMM is another file.
            Some((mode, binary)) => (mode.as_str(), host::stamp(binary)),
            None => ("none", String::new()),
        };
        let tsc = match self.backend {
            BackendSpec::Qemu { tsc_khz: Some(khz), .. } => khz.div_ceil(TSC_KHZ_STEP),
            _ => 0,
        };
        let parts = (VERSION, self.kind, &self.digest, self.vcpu_count, self.mem_mib, mode, tsc);
        let files = [&vmm, &host::stamp(&self.image.kernel), &host::stamp(&self.image.initramfs), &*CPU];
        let text = serde_json::to_string(&(parts, files)).unwrap_or_default();
        blake3::hash(text.as_bytes()).to_hex()[..KEY_DIGITS].to_owned()
    }
}

/// A saved guest has seen what its CPU can do. Read once, for with many of them the file is long.
static CPU: LazyLock<String> = LazyLock::new(|| {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = |name: &str| info.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    [line("model name"), line("flags")].concat()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_saved_machine_depends_on_changes_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, name).unwrap();
            path
        };
        let wanted = Wanted {
            kind: Kind::Fresh,
            environment: "debian:12".into(),
            digest: "d".into(),
            vcpu_count: 1,
            mem_mib: 256,
            backend: BackendSpec::Qemu { binary: file("qemu"), tsc_khz: Some(2_299_998) },
            image: Image { kernel: file("kernel"), initramfs: file("initramfs"), base: None },
            empty_disk: file("disk"),
        };
        let key = wanted.key();
        let kvm = BackendSpec::Qemu { binary: dir.path().join("qemu"), tsc_khz: None };
        let others = [
            Wanted { kind: Kind::Bare, ..wanted.clone() },
            Wanted { digest: "e".into(), ..wanted.clone() },
            Wanted { vcpu_count: 2, ..wanted.clone() },
            Wanted { mem_mib: 512, ..wanted.clone() },
            Wanted { backend: kvm, ..wanted.clone() },
            Wanted { image: Image { kernel: file("other"), ..wanted.image.clone() }, ..wanted.clone() },
        ];
        assert!(others.iter().all(|other| other.key() != key));
        let measured_again = BackendSpec::Qemu { binary: dir.path().join("qemu"), tsc_khz: Some(2_299_991) };
        assert_eq!(Wanted { backend: measured_again, ..wanted.clone() }.key(), key);
        std::fs::write(dir.path().join("qemu"), "another version").unwrap();
        assert_ne!(wanted.key(), key);
    }
}
