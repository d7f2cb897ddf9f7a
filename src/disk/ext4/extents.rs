//! Where a file's bytes lie on the disk: a tree of extents, at most five levels deep.

use std::{io::Write, ops::ControlFlow};

use super::{BY_EXTENTS, Disk, DiskError, ENCRYPTED, INLINE_DATA, Inode, KIND, REGULAR, le16, le32};

const MAGIC: u16 = 0xf30a;
const DEPTH_MAX: u16 = 5;
const ENTRY_BYTES: usize = 12;
/// An extent that says more blocks than this has so many less, and they were never written: they read as zeros.
const WRITTEN_MAX: u16 = 32_768;
const PIECE_BYTES: usize = 64 * 1024;

const DAMAGED: DiskError = DiskError::Damaged("a file's extents");

/// Blocks of a file that lie together.
pub(super) struct Extent {
    /// The first one's number within the file.
    pub(super) first: u64,
    pub(super) blocks: u64,
    /// The block of the disk where they begin; `None` when they were never written.
    pub(super) start: Option<u64>,
}

type Visit<'a> = &'a mut dyn FnMut(Extent) -> Result<ControlFlow<()>, DiskError>;

/// A way through the extents of one file.
struct Pass<'a> {
    /// What ends before this block of the file is left out.
    from: u64,
    /// Behind the last block seen.
    done: u64,
    visit: Visit<'a>,
}

impl Disk {
    /// Fills `to` with a regular file's bytes from `offset` on. Answers how many there were: fewer than fit only at the
    /// file's end. What was never written reads as zeros. Time is bounded by the length of `to`, whatever the disk says.
    pub fn read(&self, inode: &Inode, offset: u64, to: &mut [u8]) -> Result<usize, DiskError> {
        if inode.mode & KIND != REGULAR {
            return Err(DiskError::NoSuchKind("regular file"));
        }
        self.fill(inode, offset, to)
    }

    /// As [`Disk::read`], for everything that has content.
    pub(super) fn fill(&self, inode: &Inode, offset: u64, to: &mut [u8]) -> Result<usize, DiskError> {
        let length = inode.size.saturating_sub(offset).min(to.len() as u64);
        let to = &mut to[..length as usize];
        to.fill(0);
        if to.is_empty() {
            return Ok(0);
        }
        let (until, bytes) = (offset + length, self.block_bytes);
        self.extents(inode, offset / bytes, &mut |extent| {
            let (first, end) = (extent.first * bytes, (extent.first + extent.blocks) * bytes);
            if first >= until {
                return Ok(ControlFlow::Break(()));
            }
            if let Some(start) = extent.start {
                let (from, to_end) = (first.max(offset), end.min(until));
                let piece = &mut to[(from - offset) as usize..(to_end - offset) as usize];
                self.medium.read_at(start * bytes + (from - first), piece)?;
            }
            Ok(if end < until { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(to.len())
    }

    /// Gives an inode's content to `to`; refused when longer than `max` bytes. Time and memory are bounded by `max`.
    pub(super) fn content(&self, inode: &Inode, max: u64, to: &mut dyn Write) -> Result<u64, DiskError> {
        if inode.size > max {
            return Err(DiskError::TooLarge(inode.size));
        }
        let (mut piece, mut done) = (vec![0; PIECE_BYTES.min(inode.size as usize)], 0);
        while done < inode.size {
            let length = self.fill(inode, done, &mut piece)?;
            to.write_all(&piece[..length])?;
            done += length as u64;
        }
        Ok(done)
    }

    /// Hands the extents of an inode that reach beyond its block `from` to `visit`, in the file's order, until that says
    /// that it is enough.
    pub(super) fn extents(&self, inode: &Inode, from: u64, visit: Visit<'_>) -> Result<(), DiskError> {
        if inode.flags & (ENCRYPTED | INLINE_DATA) != 0 || inode.flags & BY_EXTENTS == 0 {
            return Err(DiskError::Unsupported("files without extents"));
        }
        self.node(&inode.root, None, &mut Pass { from, done: 0, visit }).map(|_| ())
    }

    /// Follows one node, of which its parent says the depth and the first block. Nodes begin one behind the other and
    /// hold nothing from before their beginning; extents lie one behind the other, and every node below the root holds
    /// one. So on each level at most one node is read in vain, and then each step moves on in the file or ends.
    fn node(&self, node: &[u8], stated: Option<(u16, u64)>, pass: &mut Pass<'_>) -> Result<ControlFlow<()>, DiskError> {
        let (entries, depth) = (usize::from(le16(node, 2)), le16(node, 6));
        let sound = le16(node, 0) == MAGIC && depth <= DEPTH_MAX;
        let placed = stated.is_none_or(|(stated, _)| depth == stated && entries > 0);
        let Some(entries) = node.get(ENTRY_BYTES..ENTRY_BYTES * (entries + 1)).filter(|_| sound && placed) else {
            return Err(DAMAGED);
        };
        let begin = stated.map_or(0, |(_, begin)| begin);
        let mut entries = entries.chunks_exact(ENTRY_BYTES).peekable();
        while let Some(entry) = entries.next() {
            let first = u64::from(le32(entry, 0));
            if first < begin {
                return Err(DAMAGED);
            }
            let went_on = if depth == 0 {
                extent(entry, pass)?
            } else {
                let next = entries.peek().map(|next| u64::from(le32(next, 0)));
                if next.is_some_and(|next| next <= first) {
                    return Err(DAMAGED);
                }
                if next.is_some_and(|next| next <= pass.from) {
                    continue;
                }
                let block = u64::from(le32(entry, 4)) | u64::from(le16(entry, 8)) << 32;
                let mut child = vec![0; self.block_bytes as usize];
                self.medium.read_at(block * self.block_bytes, &mut child)?;
                self.node(&child, Some((depth - 1, first)), pass)?
            };
            if went_on.is_break() {
                return Ok(went_on);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn extent(entry: &[u8], pass: &mut Pass<'_>) -> Result<ControlFlow<()>, DiskError> {
    let (first, blocks) = (u64::from(le32(entry, 0)), le16(entry, 4));
    let written = blocks <= WRITTEN_MAX;
    let blocks = u64::from(if written { blocks } else { blocks - WRITTEN_MAX });
    if blocks == 0 || first < pass.done {
        return Err(DAMAGED);
    }
    pass.done = first + blocks;
    if pass.done <= pass.from {
        return Ok(ControlFlow::Continue(()));
    }
    let start = u64::from(le32(entry, 8)) | u64::from(le16(entry, 6)) << 32;
    (pass.visit)(Extent { first, blocks, start: written.then_some(start) })
}
