//! The machine we stand on.

mod binary;
pub mod certificates;
mod dirs;
pub mod kept;
pub mod lock;
pub mod memory;
pub mod socket;
pub mod sparse;
pub mod tsc;
pub mod tty;
pub mod write;

pub use binary::{binary, tool};
pub use dirs::Dirs;

/// Unix milliseconds.
pub fn now_ms() -> i64 {
    (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

/// The kernel's boot id: another one means the host was restarted.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}
