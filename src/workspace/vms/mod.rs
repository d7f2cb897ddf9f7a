//! Machines for one command: made, started, run in once, deleted.

mod lifecycle;
mod look;
mod record;

pub use lifecycle::{Ready, Vms};
pub use record::{NewVm, Vm, VmRecord};
