//! Reads base images: uncompressed erofs, believed as little as a guest's disk.
//!
//! We built them ourselves, but they lie in a cache for long, and a reader of damaged ones must end, too.

mod content;
mod directory;
mod inode;

use std::{fs::File, path::Path};

pub(in crate::disk) use inode::Node;

use super::ext4::{DiskError, le16, le32, open_image, read_exact};

/// An erofs file system in a file.
#[derive(Debug)]
pub(in crate::disk) struct Erofs {
    file: File,
    block_bytes: u64,
    /// Where inode 0 would begin, bytes.
    inodes: u64,
    root: u64,
    /// When it was built, nanoseconds since 1970: what short inodes have for a time.
    built_ns: i64,
    pub(in crate::disk) uuid: [u8; 16],
}

const SUPERBLOCK: u64 = 1024;
const SUPERBLOCK_BYTES: usize = 128;
const MAGIC: u32 = 0xe0f5_e1e2;
/// Linux on common hardware mounts blocks of 4 KiB at the most.
const BLOCK_SHIFT_MIN: u8 = 9;
const BLOCK_SHIFT_MAX: u8 = 12;
/// How compressed bytes would be padded, which mkfs.erofs states at any rate, and short names of attributes.
const HARMLESS: u32 = 0x1 | 0x40;

impl Erofs {
    /// Opens the file system in the file at `path`.
    pub(in crate::disk) fn open(path: &Path) -> Result<Self, DiskError> {
        let file = open_image(path)?;
        let mut superblock = [0; SUPERBLOCK_BYTES];
        read_exact(&file, SUPERBLOCK, &mut superblock)?;
        if le32(&superblock, 0) != MAGIC {
            return Err(DiskError::Damaged("it holds no erofs"));
        }
        if le32(&superblock, 80) & !HARMLESS != 0 {
            return Err(DiskError::Unsupported("features of erofs"));
        }
        let (shift, directory_shift) = (superblock[12], superblock[90]);
        if !(BLOCK_SHIFT_MIN..=BLOCK_SHIFT_MAX).contains(&shift) || directory_shift != 0 {
            return Err(DiskError::Damaged("its superblock"));
        }
        let block_bytes = 1 << shift;
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&superblock[48..64]);
        Ok(Self {
            file,
            block_bytes,
            inodes: u64::from(le32(&superblock, 40)) * block_bytes,
            root: u64::from(le16(&superblock, 14)),
            built_ns: nanoseconds(le64(&superblock, 24), le32(&superblock, 32)),
            uuid,
        })
    }

    /// Its topmost directory.
    pub(in crate::disk) fn root(&self) -> Result<Node, DiskError> {
        self.node(self.root)
    }
}

fn nanoseconds(seconds: u64, nanoseconds: u32) -> i64 {
    seconds.cast_signed().saturating_mul(1_000_000_000).saturating_add(i64::from(nanoseconds))
}

/// A little-endian number; 0 beyond the end.
fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from(le32(bytes, at)) | u64::from(le32(bytes, at.saturating_add(4))) << 32
}

#[cfg(test)]
mod tests;
