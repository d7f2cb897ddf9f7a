//! QEMU's `microvm`: the back end that runs everywhere, accelerated where KVM really works.

pub mod args;
mod machine;
mod process;
mod qmp;
mod save;

use std::path::PathBuf;

use self::args::Accel;
use super::{Backend, ByteFuture, ExecutionMode, Machine, Saved, VmSpec};
use crate::{failure::Failure, redact::Redactor};

/// Makes machines with one QEMU binary and one accelerator.
#[derive(Clone, Debug)]
pub struct Qemu {
    pub binary: PathBuf,
    pub accel: Accel,
}

impl Backend for Qemu {
    fn mode(&self) -> ExecutionMode {
        match self.accel {
            Accel::Kvm => ExecutionMode::QemuKvm,
            Accel::Tcg { .. } => ExecutionMode::QemuTcg,
        }
    }

    fn launch<'a>(
        &'a self,
        spec: &'a VmSpec,
        redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        Box::pin(async move { Ok(Box::new(machine::launch(self, spec, redactor)?) as Box<dyn Machine>) })
    }

    fn restore<'a>(
        &'a self,
        spec: &'a VmSpec,
        saved: &'a Saved,
        redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        Box::pin(async move { Ok(Box::new(machine::restore(self, spec, saved, redactor).await?) as Box<dyn Machine>) })
    }
}
