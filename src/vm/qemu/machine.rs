//! A QEMU that runs: reached, ended, saved, and gone on from what was saved.

use std::{io, os::unix::net::UnixStream as StdStream, sync::Arc, time::Duration};

use serde_json::json;
use tokio::{net::UnixStream, sync::Mutex, time::timeout};

use super::{
    Qemu,
    process::{self, Source},
    qmp::Qmp,
    save,
};
use crate::{
    failure::Failure,
    host::socket,
    link::ByteStream,
    redact::Redactor,
    vm::{ByteFuture, Death, Machine, Saved, Still, VmSpec, vmm::Vmm},
};

/// The monitor breaks off a moment before its process's end is seen.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running QEMU.
#[derive(Debug)]
pub(super) struct QemuMachine {
    pub(super) qemu: Qemu,
    pub(super) spec: VmSpec,
    pub(super) redactor: Redactor,
    vmm: Vmm,
    monitor: Mutex<Monitor>,
}

#[derive(Debug)]
enum Monitor {
    /// Nobody has spoken to it: until then QEMU says nothing, and nothing needs to be read.
    Silent(Option<StdStream>),
    Open(Arc<Qmp>),
}

pub(super) fn launch(qemu: &Qemu, spec: &VmSpec, redactor: &Redactor) -> Result<QemuMachine, Failure> {
    let started = process::start(qemu, spec, Source::Boot, redactor)?;
    let monitor = Monitor::Silent(Some(started.monitor));
    Ok(QemuMachine::new(qemu, spec, redactor, started.vmm, monitor))
}

pub(super) async fn restore(
    qemu: &Qemu,
    spec: &VmSpec,
    saved: &Saved,
    redactor: &Redactor,
) -> Result<QemuMachine, Failure> {
    let started = process::start(qemu, spec, Source::Restore(saved), redactor)?;
    let (monitor, state) = (started.monitor, started.state);
    let going = async {
        let qmp = Qmp::open(monitor).await?;
        save::load(&qmp, state, true).await?;
        qmp.execute("cont", json!({})).await?;
        Ok(qmp)
    };
    match going.await {
        Ok(qmp) => {
            let monitor = Monitor::Open(qmp.into());
            Ok(QemuMachine::new(qemu, spec, redactor, started.vmm, monitor))
        }
        Err(failure) => Err(ended(&started.vmm, failure).await),
    }
}

/// Ends a process that is of no use; if it has ended by itself, it knows better why.
pub(super) async fn ended(vmm: &Vmm, failure: Failure) -> Failure {
    let death = timeout(LAST_WORDS, vmm.ended()).await;
    vmm.kill();
    vmm.ended().await;
    death.map_or(failure, |death| Failure::unavailable(death.detail))
}

impl QemuMachine {
    fn new(qemu: &Qemu, spec: &VmSpec, redactor: &Redactor, vmm: Vmm, monitor: Monitor) -> Self {
        Self { qemu: qemu.clone(), spec: spec.clone(), redactor: redactor.clone(), vmm, monitor: Mutex::new(monitor) }
    }

    /// Its monitor, opened at the first use.
    pub(super) async fn monitor(&self) -> Result<Arc<Qmp>, Failure> {
        let mut monitor = self.monitor.lock().await;
        let silent = match &mut *monitor {
            Monitor::Open(qmp) => return Ok(Arc::clone(qmp)),
            Monitor::Silent(stream) => stream.take(),
        };
        let stream = silent.ok_or_else(|| Failure::unavailable("QEMU's monitor could not be opened"))?;
        let qmp = Arc::new(Qmp::open(stream).await?);
        *monitor = Monitor::Open(Arc::clone(&qmp));
        Ok(qmp)
    }
}

impl Machine for QemuMachine {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            let stream = socket::connect(&self.spec.dir, socket::AGENT)?;
            stream.set_nonblocking(true)?;
            Ok(Box::new(UnixStream::from_std(stream)?) as ByteStream)
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        Box::pin(self.vmm.ended())
    }

    fn kill(&self) {
        self.vmm.kill();
    }

    fn save<'a>(&'a self, into: &'a Saved, still: Still) -> ByteFuture<'a, Result<Duration, Failure>> {
        Box::pin(save::save(self, into, still))
    }
}
