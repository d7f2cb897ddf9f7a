//! The disks of guests, read in this process and believed in nothing: never mounted, no link followed out of them.

mod ext4;

pub use ext4::{Disk, DiskError, Inode};
