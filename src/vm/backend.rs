//! The contract between the supervisor and whatever makes machines.

use std::{future::Future, io, pin::Pin};

use super::{Death, ExecutionMode, VmSpec};
use crate::{failure::Failure, link::ByteStream, redact::Redactor};

/// A boxed future, so that back ends can be chosen at run time.
pub type ByteFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes machines. A `launch` that fails has cleaned up everything it began.
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
}
