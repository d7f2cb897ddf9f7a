//! Reads files out of the copy of an ext4 disk, in this process, believing nothing it says.
//!
//! The disk was a guest's, and whoever owns a guest can write anything to its disk. So every number is checked before it
//! is used, nothing is allocated by a size the disk states, each loop is bounded by what the caller asked for, and links
//! are never followed. Crates that read ext4 follow links on the way and can be kept busy for years by one crafted tree of
//! extents. Checksums are left unchecked: they tell of accidents, not of intent.

mod device;
mod directory;
mod extents;
mod facts;
mod journal;
mod medium;
mod walk;
mod xattr;

use std::{fs::File, io, os::unix::fs::OpenOptionsExt, path::Path, sync::Mutex};

use directory::Latest;
pub(in crate::disk) use facts::kind;
use medium::Medium;
pub(in crate::disk) use medium::read_exact;
use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
pub use walk::{Walk, WalkOptions};

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
    /// What there is too much of, and how much is read.
    #[error("it has more than {1} {0}, which is the most that is read")]
    Limit(&'static str, u64),
}

/// An ext4 file system in a file.
#[derive(Debug)]
pub struct Disk {
    medium: Medium,
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
    number: u32,
    mode: u16,
    /// Bytes.
    pub(super) size: u64,
    flags: u32,
    /// The root of its extents, a short link's target, or a device's number.
    root: [u8; ROOT_BYTES],
    /// Nanoseconds since 1970.
    mtime_ns: i64,
    ctime_ns: i64,
    /// The block that holds more of its attributes; 0 for none.
    attributes: u64,
}

const SUPERBLOCK: u64 = 1024;
const SUPERBLOCK_BYTES: usize = 1024;
const MAGIC: u16 = 0xef53;
const ROOT_INODE: u32 = 2;
const ROOT_BYTES: usize = 60;
/// The part of an inode that every disk has.
const INODE_BYTES: usize = 128;
/// The part that is read here, where there is so much: up to the fractions of its times.
const LONG_INODE_BYTES: usize = 0x90;
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
    /// Opens the file system in the file at `path`. One that was left in use reads as it would after its journal was
    /// played back; the file is not changed.
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        let (disk, journal) = Self::on(Medium::new(open_image(path)?))?;
        let Some(journal) = journal else { return Ok(disk) };
        if journal == 0 {
            return Err(DiskError::Unsupported("a journal on another disk"));
        }
        let (block_bytes, moved) = (disk.block_bytes, disk.play(&disk.inode(journal)?)?);
        // The superblock may be among what was played back.
        let (disk, _) = Self::on(disk.medium.with(block_bytes, moved))?;
        if disk.block_bytes == block_bytes { Ok(disk) } else { Err(DiskError::Damaged("its superblock")) }
    }

    /// The file system on a medium, and the inode of the journal that must be played back before it is read.
    fn on(medium: Medium) -> Result<(Self, Option<u32>), DiskError> {
        let mut superblock = [0; SUPERBLOCK_BYTES];
        medium.read_at(SUPERBLOCK, &mut superblock)?;
        if le16(&superblock, 0x38) != MAGIC {
            return Err(DiskError::Damaged("it holds no ext4"));
        }
        let features = le32(&superblock, 0x60);
        if features & !(FILE_TYPE | RECOVER | EXTENTS | WIDE | HARMLESS) != 0
            || features & (FILE_TYPE | EXTENTS) != FILE_TYPE | EXTENTS
        {
            return Err(DiskError::Unsupported("features of ext4"));
        }
        let shift = le32(&superblock, 0x18);
        let block_bytes = 1024_u64 << shift.min(BLOCK_SHIFT_MAX);
        let descriptor_bytes = if features & WIDE == 0 { 32 } else { u64::from(le16(&superblock, 0xfe)) };
        let disk = Self {
            medium,
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
        let journal = (features & RECOVER != 0).then(|| le32(&superblock, 0xe0));
        if sound { Ok((disk, journal)) } else { Err(DiskError::Damaged("its superblock")) }
    }

    /// Finds an entry by its path from the disk's root, no link followed; the empty path is the root itself.
    pub fn find(&self, path: &[u8]) -> Result<Inode, DiskError> {
        if path.is_empty() {
            return self.inode(ROOT_INODE);
        }
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

    pub(in crate::disk) fn inode(&self, number: u32) -> Result<Inode, DiskError> {
        // What a shorter one lacks reads as zeros.
        let mut bytes = [0; LONG_INODE_BYTES];
        let known = self.inode_bytes.min(LONG_INODE_BYTES as u64) as usize;
        self.medium.read_at(self.inode_place(number)?, &mut bytes[..known])?;
        let mut root = [0; ROOT_BYTES];
        root.copy_from_slice(&bytes[0x28..0x28 + ROOT_BYTES]);
        let (mode, size) = (le16(&bytes, 0), u64::from(le32(&bytes, 0x4)) | u64::from(le32(&bytes, 0x6c)) << 32);
        if facts::kind(mode).is_none() || i64::try_from(size).is_err() {
            return Err(DiskError::Damaged("an inode"));
        }
        Ok(Inode {
            number,
            mode,
            size,
            flags: le32(&bytes, 0x20),
            root,
            mtime_ns: facts::time(&bytes, 0x10, 0x88),
            ctime_ns: facts::time(&bytes, 0xc, 0x84),
            attributes: u64::from(le32(&bytes, 0x68)) | u64::from(le16(&bytes, 0x76)) << 32,
        })
    }

    /// The byte of the disk at which an inode begins.
    fn inode_place(&self, number: u32) -> Result<u64, DiskError> {
        if number == 0 || number > self.inodes {
            return Err(DiskError::Damaged("an inode's number"));
        }
        let (group, place) = ((number - 1) / self.inodes_per_group, (number - 1) % self.inodes_per_group);
        let mut descriptor = [0; 64];
        let known = self.descriptor_bytes.min(64) as usize;
        let start = self.descriptors + u64::from(group) * self.descriptor_bytes;
        self.medium.read_at(start, &mut descriptor[..known])?;
        let table = u64::from(le32(&descriptor, 0x8)) | u64::from(le32(&descriptor, 0x28)) << 32;
        let start = table.checked_mul(self.block_bytes).ok_or(DiskError::Damaged("an inode's place"))?;
        Ok(start.saturating_add(u64::from(place) * self.inode_bytes))
    }
}

/// Opens an image, which must be a regular file and no link.
pub(in crate::disk) fn open_image(path: &Path) -> Result<File, DiskError> {
    let file = File::options().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(DiskError::NoSuchKind("regular file")),
    }
}

/// A little-endian number; 0 beyond the end.
pub(in crate::disk) fn le16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

pub(in crate::disk) fn le32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
