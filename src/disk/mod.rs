//! The disks of guests, read in this process and believed in nothing: never mounted, no link followed out of them.

mod erofs;
mod ext4;
mod overlay;

pub use ext4::{Disk, DiskError, Inode, Walk, WalkOptions};
pub use overlay::{Found, View, ViewWalk};
