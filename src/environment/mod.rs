//! What a VM boots: kernel, initramfs with the guest agent, read-only base image; built locally, kept by digest.

use std::path::PathBuf;

use crate::{failure::Failure, host::Dirs, progress::ProgressSink};

/// Everything a machine needs to boot an installed environment. All files are readable by anyone and never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootable {
    /// As the caller named it, e.g. `debian:12`.
    pub name: String,
    /// Hex digest of the base image: a disk belongs to exactly one.
    pub digest: String,
    /// Uncompressed x86-64 ELF.
    pub kernel: PathBuf,
    /// Guest agent as `/init`, and the modules a distribution kernel lacks.
    pub initramfs: PathBuf,
    /// erofs.
    pub base: PathBuf,
    /// Empty sparse ext4 to copy for each machine.
    pub empty_disk: PathBuf,
}

/// The environments of this host. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Environments {
    dirs: Dirs,
}

impl Environments {
    pub fn new(dirs: Dirs) -> Self {
        Self { dirs }
    }

    pub fn check(&self, _name: &str) -> Result<(), Failure> {
        Ok(())
    }

    /// Answers what boots `name`, building it first where it is missing.
    pub async fn ensure(
        &self,
        _name: &str,
        _digest: Option<&str>,
        _progress: Option<&ProgressSink>,
    ) -> Result<Bootable, Failure> {
        Err(Failure::internal(format!("not built yet below {}", self.dirs.cache.display())))
    }
}
