//! The machine we stand on.

mod binary;
pub mod certificates;
mod dirs;
pub mod lock;
pub mod memory;
pub mod socket;
pub mod sparse;
pub mod tsc;
pub mod tty;
pub mod write;

pub use binary::{binary, tool};
pub use dirs::Dirs;

/// The kernel's boot id: another one means the host was restarted.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}
