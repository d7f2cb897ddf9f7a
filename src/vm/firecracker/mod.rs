//! Firecracker: the back end with the smallest device model, where it is installed and KVM really works.

mod api;
pub mod config;
mod device;
pub mod jail;
mod place;
mod process;
mod said;
mod saving;
pub mod version;
mod vsock;

use std::path::PathBuf;

use super::{Backend, ByteFuture, ExecutionMode, Machine, Saved, VmSpec};
use crate::{failure::Failure, redact::Redactor};

/// Makes machines with one Firecracker binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firecracker {
    /// Absolute: it is started in another directory.
    pub binary: PathBuf,
    /// The jailer of the same version, where machines are jailed.
    pub jailer: Option<PathBuf>,
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
        Box::pin(self.make(spec, None, redactor))
    }

    fn restore<'a>(
        &'a self,
        spec: &'a VmSpec,
        saved: &'a Saved,
        redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        Box::pin(self.make(spec, Some(saved), redactor))
    }
}

impl Firecracker {
    async fn make(
        &self,
        spec: &VmSpec,
        saved: Option<&Saved>,
        redactor: &Redactor,
    ) -> Result<Box<dyn Machine>, Failure> {
        Ok(Box::new(process::launch(self, spec, saved, redactor).await?))
    }
}
