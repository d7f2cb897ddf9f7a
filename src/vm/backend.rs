//! The contract between the supervisor and whatever makes machines.

use std::{future::Future, io, pin::Pin, time::Duration};

use super::{Death, ExecutionMode, Saved, VmSpec};
use crate::{failure::Failure, link::ByteStream, redact::Redactor};

/// A boxed future, so that back ends can be chosen at run time.
pub type ByteFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What happens while a machine that is being saved stands still: its disk is copied.
pub type Still = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// Makes machines. A `launch` or `restore` that fails has cleaned up everything it began.
pub trait Backend: Send + Sync {
    fn mode(&self) -> ExecutionMode;

    /// Starts the machine and answers at once; the guest may still be booting.
    /// Must be called on the supervisor's main thread: the machine dies with the thread that made it.
    /// What the guest's console says is kept without the secrets of `redactor`.
    fn launch<'a>(
        &'a self,
        spec: &'a VmSpec,
        redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>>;

    /// As [`Backend::launch`], but the machine goes on from where one of the same shape was saved; its disk is there, a
    /// copy of that machine's disk of the same moment. It runs by itself: nothing needs to be told to go on.
    fn restore<'a>(
        &'a self,
        spec: &'a VmSpec,
        saved: &'a Saved,
        redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        let _ = (spec, saved, redactor);
        Box::pin(async { Err(Failure::unavailable("this back end restores no machines")) })
    }
}

/// A running machine. Dropping it kills it.
pub trait Machine: Send + Sync {
    /// Opens a new byte stream to the guest agent. May be called before the guest has booted: then either the bytes wait
    /// there or this does, for as long as the caller lets it. An older stream ends when a newer one is opened.
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>>;

    /// Resolves once the machine is gone, with the reason; may be awaited any number of times.
    fn ended(&self) -> ByteFuture<'_, Death>;

    /// Ends it at once. Idempotent.
    fn kill(&self);

    /// Saves it into two empty files and lets it go on, also where saving fails. `still` is called while the guest stands
    /// still and all that it has written is on its disk. Answers how long it stood still.
    fn save<'a>(&'a self, into: &'a Saved, still: Still) -> ByteFuture<'a, Result<Duration, Failure>> {
        let _ = (into, still);
        Box::pin(async { Err(Failure::unavailable("this back end saves no machines")) })
    }
}
