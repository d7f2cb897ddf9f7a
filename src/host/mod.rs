//! The machine we stand on.

mod binary;
pub mod certificates;
pub mod detached;
mod dirs;
pub mod lock;
pub mod memory;
pub mod socket;
pub mod sparse;
pub mod tsc;
pub mod tty;
pub mod write;

use std::{os::unix::fs::MetadataExt, path::Path};

pub use binary::{binary, tool};
pub use dirs::Dirs;

/// Unix milliseconds.
pub fn now_ms() -> i64 {
    (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

/// What the file system says of a file in a word, which changes whenever the file does.
pub fn stamp(path: &Path) -> String {
    std::fs::metadata(path).map_or_else(
        |_| "absent".into(),
        |meta| format!("{}:{}:{}:{}:{}", meta.dev(), meta.ino(), meta.size(), meta.mtime(), meta.ctime()),
    )
}

/// The kernel's boot id: another one means the host was restarted.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}
