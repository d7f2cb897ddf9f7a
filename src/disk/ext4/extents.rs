//! Where a file's bytes lie on the disk: a tree of extents, at most five levels deep.

use std::io::Write;

use super::{BY_EXTENTS, Disk, DiskError, ENCRYPTED, INLINE_DATA, Inode, le16, le32, read_at};

const MAGIC: u16 = 0xf30a;
const DEPTH_MAX: u16 = 5;
const ENTRY_BYTES: usize = 12;
/// An extent that says more blocks than this has so many less, and they were never written: they read as zeros.
const WRITTEN_MAX: u16 = 32_768;
const PIECE_BYTES: usize = 64 * 1024;

/// One file's bytes on their way out.
struct Copy<'a> {
    to: &'a mut dyn Write,
    size: u64,
    /// Bytes given so far.
    done: u64,
    piece: Vec<u8>,
}

impl Disk {
    /// Gives an inode's content to `to`; refused when longer than `max` bytes. Time and memory are bounded by `max`.
    pub(super) fn content(&self, inode: &Inode, max: u64, to: &mut dyn Write) -> Result<u64, DiskError> {
        if inode.size > max {
            return Err(DiskError::TooLarge(inode.size));
        }
        if inode.flags & (ENCRYPTED | INLINE_DATA) != 0 || inode.flags & BY_EXTENTS == 0 {
            return Err(DiskError::Unsupported("files without extents"));
        }
        let mut copy = Copy { to, size: inode.size, done: 0, piece: vec![0; PIECE_BYTES.min(inode.size as usize)] };
        self.node(&inode.root, None, &mut copy)?;
        copy.zeros(inode.size)?;
        Ok(inode.size)
    }

    /// Follows one node. Every extent must lie behind the one before it and every node below the root must hold one, so
    /// each step either moves on in the file or ends.
    fn node(&self, node: &[u8], expected: Option<u16>, copy: &mut Copy<'_>) -> Result<(), DiskError> {
        let damaged = DiskError::Damaged("a file's extents");
        let (entries, depth) = (usize::from(le16(node, 2)), le16(node, 6));
        let sound = le16(node, 0) == MAGIC && depth <= DEPTH_MAX;
        let placed = expected.is_none_or(|expected| depth == expected && entries > 0);
        let Some(entries) = node.get(ENTRY_BYTES..ENTRY_BYTES * (entries + 1)).filter(|_| sound && placed) else {
            return Err(damaged);
        };
        for entry in entries.chunks_exact(ENTRY_BYTES) {
            if copy.done >= copy.size {
                break;
            }
            if depth == 0 {
                self.extent(entry, copy)?;
                continue;
            }
            let block = u64::from(le32(entry, 4)) | u64::from(le16(entry, 8)) << 32;
            let mut child = vec![0; self.block_bytes as usize];
            read_at(&self.file, block * self.block_bytes, &mut child)?;
            self.node(&child, Some(depth - 1), copy)?;
        }
        Ok(())
    }

    fn extent(&self, entry: &[u8], copy: &mut Copy<'_>) -> Result<(), DiskError> {
        let (first, blocks) = (u64::from(le32(entry, 0)) * self.block_bytes, le16(entry, 4));
        let written = blocks <= WRITTEN_MAX;
        let blocks = u64::from(if written { blocks } else { blocks - WRITTEN_MAX });
        if blocks == 0 || first < copy.done {
            return Err(DiskError::Damaged("a file's extents"));
        }
        copy.zeros(first)?;
        let end = (first + blocks * self.block_bytes).min(copy.size);
        if !written {
            return copy.zeros(end);
        }
        let block = u64::from(le32(entry, 8)) | u64::from(le16(entry, 6)) << 32;
        let mut start = block * self.block_bytes;
        while copy.done < end {
            let length = (end - copy.done).min(PIECE_BYTES as u64);
            let piece = &mut copy.piece[..length as usize];
            read_at(&self.file, start, piece)?;
            copy.to.write_all(piece)?;
            copy.done += length;
            start += length;
        }
        Ok(())
    }
}

impl Copy<'_> {
    /// Gives zeros up to a byte of the file, or its end.
    fn zeros(&mut self, until: u64) -> Result<(), DiskError> {
        let until = until.min(self.size);
        self.piece.fill(0);
        while self.done < until {
            let length = (until - self.done).min(PIECE_BYTES as u64);
            self.to.write_all(&self.piece[..length as usize])?;
            self.done += length;
        }
        Ok(())
    }
}
