//! What every back end understands of a wanted machine. Plain data.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which isolation a machine really has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionMode {
    Firecracker,
    QemuKvm,
    QemuTcg,
    HostCompat,
}

impl ExecutionMode {
    pub const ALL: [Self; 4] = [Self::Firecracker, Self::QemuKvm, Self::QemuTcg, Self::HostCompat];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firecracker => "firecracker",
            Self::QemuKvm => "qemu-kvm",
            Self::QemuTcg => "qemu-tcg",
            Self::HostCompat => "host-compat",
        }
    }
}

/// What a VM boots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Uncompressed x86-64 ELF with a PVH note.
    pub kernel: PathBuf,
    pub initramfs: PathBuf,
    /// Read-only erofs, shared by all machines; `None` boots the initramfs alone.
    pub base: Option<PathBuf>,
}

/// One machine as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmSpec {
    /// Names it to people and to itself: an id.
    pub name: String,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    /// `None` only for host-compat.
    pub image: Option<Image>,
    /// The machine's own directory: holds `disk.ext4` and, for host-compat, `workspace/`.
    pub dir: PathBuf,
    /// Whether the disk must survive a crash of the host: flushes are then honoured.
    pub durable: bool,
    /// It is booted to be saved: the guest waits, its disk untouched, until the host speaks to it.
    #[serde(default)]
    pub waits: bool,
}

impl VmSpec {
    pub fn disk(&self) -> PathBuf {
        self.dir.join("disk.ext4")
    }
}
