//! The machine we stand on.

mod binary;
pub mod certificates;
pub mod clock;
pub mod detached;
mod dirs;
mod http_place;
pub mod lock;
pub mod memory;
pub mod socket;
pub mod sparse;
pub mod tsc;
pub mod tty;
pub mod write;

use std::{os::unix::fs::MetadataExt, path::Path};

pub use binary::{binary, tool};
pub use clock::now_ms;
pub use dirs::Dirs;
pub use http_place::{HttpPlace, NoPlace};

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
