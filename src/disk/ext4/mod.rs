//! Reads files out of the copy of an ext4 disk, in this process, believing nothing it says.
//!
//! The disk was a guest's, and whoever owns a guest can write anything to its disk. So every number is checked before it
//! is used, nothing is allocated by a size the disk states, each loop is bounded by what the caller asked for, and links
//! are never followed. Crates that read ext4 follow links on the way and can be kept busy for years by one crafted tree of
//! extents. Checksums are left unchecked: they tell of accidents, not of intent.

mod directory;
mod extents;

use std::{
    fs::File,
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::Mutex,
};

use directory::Latest;
use nix::libc::{O_NOFOLLOW, O_NONBLOCK};

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the disk is damaged: {0}")]
    Damaged(&'static str),
    #[error("the disk uses {0}, which is not supported")]
    Unsupported(&'static str),
    #[error("there is no such entry")]
    Missing,
    #[error("it is no {0}")]
    NoSuchKind(&'static str),
    #[error("it has {0} bytes, more than are read")]
    TooLarge(u64),
}

/// An ext4 file system in a file.
#[derive(Debug)]
pub struct Disk {
    file: File,
    block_bytes: u64,
    /// Where the descriptors of block groups begin, bytes.
    descriptors: u64,
    descriptor_bytes: u64,
    inodes: u32,
    inodes_per_group: u32,
    inode_bytes: u64,
    /// The directory looked into last: files are asked for in a walk's order.
    latest: Mutex<Option<Latest>>,
}

/// What an inode says.
#[derive(Clone, Debug)]
pub struct Inode {
    mode: u16,
    /// Bytes.
    pub(super) size: u64,
    flags: u32,
    /// The root of its extents, or a short link's target.
    root: [u8; ROOT_BYTES],
}

const SUPERBLOCK: u64 = 1024;
const SUPERBLOCK_BYTES: usize = 1024;
const MAGIC: u16 = 0xef53;
const ROOT_INODE: u32 = 2;
const ROOT_BYTES: usize = 60;
/// The part of an inode that is read here.
const INODE_BYTES: usize = 128;
/// Linux on common hardware mounts blocks of 4 KiB at the most.
const BLOCK_SHIFT_MAX: u32 = 5;

const FILE_TYPE: u32 = 0x2;
const RECOVER: u32 = 0x4;
const EXTENTS: u32 = 0x40;
const WIDE: u32 = 0x80;
/// Flexible groups, a checksum seed of its own and large directories change nothing that is read here.
const HARMLESS: u32 = 0x200 | 0x2000 | 0x4000;

const KIND: u16 = 0o170000;
const REGULAR: u16 = 0o100000;
const DIRECTORY: u16 = 0o040000;
const SYMLINK: u16 = 0o120000;

const ENCRYPTED: u32 = 0x800;
const BY_EXTENTS: u32 = 0x8_0000;
const INLINE_DATA: u32 = 0x1000_0000;

impl Disk {
    /// Opens the file system in the file at `path`.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        let file = File::options().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(DiskError::NoSuchKind("regular file"));
        }
        let mut superblock = [0; SUPERBLOCK_BYTES];
        read_at(&file, SUPERBLOCK, &mut superblock)?;
        if le16(&superblock, 0x38) != MAGIC {
            return Err(DiskError::Damaged("it holds no ext4"));
        }
        let features = le32(&superblock, 0x60);
        if features & RECOVER != 0 {
            return Err(DiskError::Unsupported("a journal that was never played back: it was copied while in use"));
        }
        if features & !(FILE_TYPE | EXTENTS | WIDE | HARMLESS) != 0
            || features & (FILE_TYPE | EXTENTS) != FILE_TYPE | EXTENTS
        {
            return Err(DiskError::Unsupported("features of ext4"));
        }
        let shift = le32(&superblock, 0x18);
        let block_bytes = 1024_u64 << shift.min(BLOCK_SHIFT_MAX);
        let descriptor_bytes = if features & WIDE == 0 { 32 } else { u64::from(le16(&superblock, 0xfe)) };
        let disk = Self {
            file,
            block_bytes,
            descriptors: (u64::from(le32(&superblock, 0x14)) + 1) * block_bytes,
            descriptor_bytes,
            inodes: le32(&superblock, 0),
            inodes_per_group: le32(&superblock, 0x28),
            inode_bytes: u64::from(le16(&superblock, 0x58)),
            latest: Mutex::new(None),
        };
        let sound = shift <= BLOCK_SHIFT_MAX
            && disk.inodes_per_group > 0
            && (INODE_BYTES as u64..=block_bytes).contains(&disk.inode_bytes)
            && (32..=block_bytes).contains(&descriptor_bytes);
        if sound { Ok(disk) } else { Err(DiskError::Damaged("its superblock")) }
    }

    /// Finds an entry by its path from the disk's root, no link followed.
    pub fn find(&self, path: &[u8]) -> Result<Inode, DiskError> {
        let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b""[..], path),
        };
        let names = self.names(parent)?;
        self.inode(*names.get(name).ok_or(DiskError::Missing)?)
    }

    /// Gives a regular file's content to `to`, piece by piece; refused when longer than `max` bytes.
    pub fn copy(&self, inode: &Inode, max: u64, to: &mut dyn io::Write) -> Result<u64, DiskError> {
        if inode.mode & KIND != REGULAR {
            return Err(DiskError::NoSuchKind("regular file"));
        }
        self.content(inode, max, to)
    }

    /// What a link says; refused when longer than `max` bytes.
    pub fn link_target(&self, inode: &Inode, max: u64) -> Result<Vec<u8>, DiskError> {
        if inode.mode & KIND != SYMLINK {
            return Err(DiskError::NoSuchKind("symlink"));
        }
        if inode.size < ROOT_BYTES as u64 {
            return Ok(inode.root[..inode.size as usize].to_vec());
        }
        let mut target = Vec::new();
        self.content(inode, max, &mut target)?;
        Ok(target)
    }

    fn inode(&self, number: u32) -> Result<Inode, DiskError> {
        if number == 0 || number > self.inodes {
            return Err(DiskError::Damaged("an inode's number"));
        }
        let (group, place) = ((number - 1) / self.inodes_per_group, (number - 1) % self.inodes_per_group);
        let mut descriptor = [0; 64];
        let known = self.descriptor_bytes.min(64) as usize;
        let start = self.descriptors + u64::from(group) * self.descriptor_bytes;
        read_at(&self.file, start, &mut descriptor[..known])?;
        let table = u64::from(le32(&descriptor, 0x8)) | u64::from(le32(&descriptor, 0x28)) << 32;
        let mut bytes = [0; INODE_BYTES];
        let start = table.checked_mul(self.block_bytes).ok_or(DiskError::Damaged("an inode's place"))?;
        read_at(&self.file, start.saturating_add(u64::from(place) * self.inode_bytes), &mut bytes)?;
        let mut root = [0; ROOT_BYTES];
        root.copy_from_slice(&bytes[0x28..0x28 + ROOT_BYTES]);
        let size = u64::from(le32(&bytes, 0x4)) | u64::from(le32(&bytes, 0x6c)) << 32;
        Ok(Inode { mode: le16(&bytes, 0), size, flags: le32(&bytes, 0x20), root })
    }
}

/// Fills `to` from a byte of the file on; an end before that is the disk's fault.
fn read_at(file: &File, start: u64, to: &mut [u8]) -> Result<(), DiskError> {
    file.read_exact_at(to, start).map_err(|error| match error.kind() {
        // An offset beyond what a signed number holds is as far off as one beyond the end.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => DiskError::Damaged("it ends too early"),
        _ => error.into(),
    })
}

/// A little-endian number; 0 beyond the end.
fn le16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
