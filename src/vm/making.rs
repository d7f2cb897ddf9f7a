//! A back end as it is named to another process, and made there.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Backend, ExecutionMode,
    firecracker::Firecracker,
    host_compat::HostCompat,
    qemu::{Qemu, args::Accel},
};
use crate::failure::Failure;

/// The back end, decided by who wants a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendSpec {
    Firecracker {
        binary: PathBuf,
        /// Jails it.
        #[serde(default)]
        jailer: Option<PathBuf>,
    },
    Qemu {
        binary: PathBuf,
        tsc_khz: Option<u64>,
    },
    HostCompat {
        agent: PathBuf,
    },
    /// Whatever the process that supervises was given: no process of its own.
    Given,
}

impl BackendSpec {
    pub fn make(&self) -> Result<Arc<dyn Backend>, Failure> {
        Ok(match self.clone() {
            Self::Firecracker { binary, jailer } => Arc::new(Firecracker { binary, jailer }),
            Self::Qemu { binary, tsc_khz } => {
                Arc::new(Qemu { binary, accel: tsc_khz.map_or(Accel::Kvm, |tsc_khz| Accel::Tcg { tsc_khz }) })
            }
            Self::HostCompat { agent } => Arc::new(HostCompat { agent }),
            Self::Given => return Err(Failure::internal("the launch order names no back end")),
        })
    }

    /// It opens a saved memory for reading alone, and cannot be given one that has no name. Others open it for writing
    /// too, so that only one that is sealed is safe from them.
    pub fn reads_files(&self) -> bool {
        matches!(self, Self::Firecracker { .. })
    }

    /// The VMM's program and what its machines are, where they are virtual ones.
    pub fn vmm(&self) -> Option<(ExecutionMode, &PathBuf)> {
        match self {
            Self::Firecracker { binary, .. } => Some((ExecutionMode::Firecracker, binary)),
            Self::Qemu { binary, tsc_khz: None } => Some((ExecutionMode::QemuKvm, binary)),
            Self::Qemu { binary, tsc_khz: Some(_) } => Some((ExecutionMode::QemuTcg, binary)),
            Self::HostCompat { .. } | Self::Given => None,
        }
    }
}
