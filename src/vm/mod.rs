//! Making a machine: what is wanted, who can make it, and why one ended.

pub mod backend;
pub mod choose;
mod console;
pub mod death;
pub mod firecracker;
pub mod host_compat;
pub mod kvm;
mod making;
pub mod offer;
mod pace;
pub mod qemu;
mod saved;
pub mod spec;
mod vmm;

pub use backend::{Backend, ByteFuture, Machine, Still};
pub use choose::{Choice, Wish};
pub use death::Death;
pub use making::BackendSpec;
pub use saved::Saved;
pub use spec::{ExecutionMode, Image, VmSpec};
