//! Firecracker: the back end with the smallest device model, where it is installed and KVM really works.

mod api;
pub mod config;
mod device;
mod process;
pub mod version;
mod vsock;

use std::path::PathBuf;

use super::{Backend, ByteFuture, ExecutionMode, Machine, VmSpec};
use crate::{failure::Failure, redact::Redactor};

/// Makes machines with one Firecracker binary.
#[derive(Clone, Debug)]
pub struct Firecracker {
    /// Absolute: it is started in another directory.
    pub binary: PathBuf,
}

impl Backend for Firecracker {
    fn mode(&self) -> ExecutionMode {
        ExecutionMode::Firecracker
    }

    fn launch<'a>(
        &'a self,
        spec: &'a VmSpec,
        redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        Box::pin(async move { Ok(Box::new(process::launch(&self.binary, spec, redactor).await?) as Box<dyn Machine>) })
    }
}
