//! Plays a journal (jbd2) back in memory, as the kernel does on the disk when it mounts one that was left in use.
//!
//! Checksums are left unchecked: what is no accident has right ones, and Linux writes a transaction's end only after
//! everything in it has reached the disk. Where it may not have, with asynchronous commits, the journal is refused.

use std::{collections::BTreeMap, ops::ControlFlow};

use super::{Disk, DiskError, Inode, extents::Extent, medium::Moved};
use crate::limits::{DISK_JOURNAL_BYTES_MAX, DISK_REVOKES_MAX};

pub(super) const MAGIC: u32 = 0xc03b_3998;
/// Magic number, kind and sequence number, at the head of every block that is no data.
const HEAD_BYTES: usize = 12;
const UUID_BYTES: usize = 16;
/// What checksums take at the end of descriptors and revocations.
const TAIL_BYTES: usize = 4;

const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const SUPERBLOCK_V1: u32 = 3;
const SUPERBLOCK_V2: u32 = 4;
const REVOCATIONS: u32 = 5;

const REVOKE: u32 = 0x1;
const WIDE: u32 = 0x2;
const ASYNC_COMMIT: u32 = 0x4;
const CHECKSUM_V2: u32 = 0x8;
const CHECKSUM_V3: u32 = 0x10;
const FAST_COMMIT: u32 = 0x20;

const ESCAPED: u16 = 0x1;
const SAME_UUID: u16 = 0x2;
const LAST: u16 = 0x8;

const DAMAGED: DiskError = DiskError::Damaged("its journal");

/// A journal as it lies on the disk: a ring of blocks behind a superblock.
struct Log<'a> {
    disk: &'a Disk,
    extents: Vec<Extent>,
    features: u32,
    /// The ring's first block, and the one behind its last.
    ring: (u32, u32),
    /// The block that is read next.
    next: u32,
    /// Blocks that have not been read: none is read twice.
    left: u32,
}

/// What a transaction changes.
#[derive(Default)]
struct Transaction {
    blocks: Vec<(u64, Moved)>,
    /// Blocks of the ring that list what earlier transactions wrote in vain.
    revocations: Vec<u32>,
}

impl Disk {
    /// Where the last committed content of each block in the journal lies.
    pub(super) fn play(&self, journal: &Inode) -> Result<BTreeMap<u64, Moved>, DiskError> {
        let mut played = BTreeMap::new();
        let Some((mut log, mut sequence)) = self.log(journal)? else { return Ok(played) };
        let (mut open, mut revoked) = (Transaction::default(), 0);
        while let Some(place) = log.advance() {
            let block = log.block(place)?;
            if be32(&block, 0) != MAGIC || be32(&block, 8) != sequence {
                break;
            }
            match be32(&block, 4) {
                DESCRIPTOR => {
                    for (block, escaped) in log.tags(&block) {
                        // A transaction that does not fit into the ring has no end in it either.
                        let Some(place) = log.advance() else { break };
                        open.blocks.push((block, Moved { block: log.place(place)?, escaped }));
                    }
                }
                REVOCATIONS => open.revocations.push(place),
                COMMIT => {
                    let ended = std::mem::take(&mut open);
                    played.extend(ended.blocks);
                    for place in ended.revocations {
                        for block in log.revoked(&log.block(place)?)? {
                            revoked += 1;
                            played.remove(&block);
                        }
                        if revoked > DISK_REVOKES_MAX {
                            return Err(DiskError::Limit("blocks revoked in its journal", DISK_REVOKES_MAX));
                        }
                    }
                    sequence = sequence.wrapping_add(1);
                }
                _ => break,
            }
        }
        Ok(played)
    }

    /// The journal in an inode and its first transaction's number; nothing when it is empty.
    fn log(&self, journal: &Inode) -> Result<Option<(Log<'_>, u32)>, DiskError> {
        if journal.size > DISK_JOURNAL_BYTES_MAX {
            return Err(DiskError::Limit("bytes in its journal", DISK_JOURNAL_BYTES_MAX));
        }
        let (mut extents, blocks) = (Vec::new(), journal.size / self.block_bytes);
        self.extents(journal, 0, &mut |extent| {
            let within = extent.first < blocks;
            extents.push(extent);
            Ok(if within { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        let mut log = Log { disk: self, extents, features: 0, ring: (0, 0), next: 0, left: 0 };
        let superblock = log.block(0)?;
        let kind = be32(&superblock, 4);
        if be32(&superblock, 0) != MAGIC || ![SUPERBLOCK_V1, SUPERBLOCK_V2].contains(&kind) {
            return Err(DAMAGED);
        }
        log.features = if kind == SUPERBLOCK_V2 { be32(&superblock, 0x28) } else { 0 };
        if log.features & FAST_COMMIT != 0 {
            return Err(DiskError::Unsupported("fast commits in its journal"));
        }
        if log.features & ASYNC_COMMIT != 0 {
            return Err(DiskError::Unsupported("asynchronous commits in its journal"));
        }
        if log.features & !(REVOKE | WIDE | CHECKSUM_V2 | CHECKSUM_V3) != 0 {
            return Err(DiskError::Unsupported("features of journals"));
        }
        log.ring = (be32(&superblock, 0x14), be32(&superblock, 0x10));
        log.next = be32(&superblock, 0x1c);
        if log.next == 0 {
            return Ok(None);
        }
        let (first, end) = log.ring;
        let sound = u64::from(be32(&superblock, 0xc)) == self.block_bytes && u64::from(end) <= blocks;
        if !sound || first == 0 || !(first..end).contains(&log.next) {
            return Err(DAMAGED);
        }
        log.left = end - first;
        Ok(Some((log, be32(&superblock, 0x18))))
    }
}

impl Log<'_> {
    /// The ring's next block; none when all of them have been.
    fn advance(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let place = self.next;
        self.next = if place + 1 == self.ring.1 { self.ring.0 } else { place + 1 };
        Some(place)
    }

    /// Where a block of the journal lies on the disk.
    fn place(&self, block: u32) -> Result<u64, DiskError> {
        let block = u64::from(block);
        let behind = self.extents.partition_point(|extent| extent.first <= block);
        let extent = behind.checked_sub(1).and_then(|place| self.extents.get(place)).ok_or(DAMAGED)?;
        let within = block - extent.first;
        extent.start.filter(|_| within < extent.blocks).map(|start| start + within).ok_or(DAMAGED)
    }

    fn block(&self, block: u32) -> Result<Vec<u8>, DiskError> {
        let mut bytes = vec![0; self.disk.block_bytes as usize];
        self.disk.medium.read_at(self.place(block)?.saturating_mul(self.disk.block_bytes), &mut bytes)?;
        Ok(bytes)
    }

    /// A block without its checksum.
    fn body<'b>(&self, block: &'b [u8]) -> &'b [u8] {
        let tail = if self.features & (CHECKSUM_V2 | CHECKSUM_V3) == 0 { 0 } else { TAIL_BYTES };
        &block[..block.len() - tail]
    }

    /// The blocks whose contents follow a descriptor, and whether these are escaped.
    fn tags(&self, descriptor: &[u8]) -> Vec<(u64, bool)> {
        let bytes = match self.features & (WIDE | CHECKSUM_V2 | CHECKSUM_V3) {
            0 => 8,
            CHECKSUM_V2 => 10,
            WIDE => 12,
            features if features & CHECKSUM_V3 == 0 => 14,
            _ => 16,
        };
        let (mut tags, mut rest) = (Vec::new(), &self.body(descriptor)[HEAD_BYTES..]);
        while let Some((tag, following)) = rest.split_at_checked(bytes) {
            // In every format the flags end there.
            let flags = be16(tag, 6);
            let high = if self.features & WIDE == 0 { 0 } else { be32(tag, 8) };
            tags.push((u64::from(high) << 32 | u64::from(be32(tag, 0)), flags & ESCAPED != 0));
            if flags & LAST != 0 {
                break;
            }
            rest = following.get(if flags & SAME_UUID == 0 { UUID_BYTES } else { 0 }..).unwrap_or_default();
        }
        tags
    }

    /// The blocks that a list of revocations names.
    fn revoked(&self, list: &[u8]) -> Result<Vec<u64>, DiskError> {
        let bytes = if self.features & WIDE == 0 { 4 } else { 8 };
        let used = be32(list, HEAD_BYTES) as usize;
        let records = self.body(list).get(HEAD_BYTES + 4..used).ok_or(DAMAGED)?;
        let number = |record: &[u8]| record.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Ok(records.chunks_exact(bytes).map(number).collect())
    }
}

/// A big-endian number; 0 beyond the end.
fn be16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u16::from_be_bytes(*bytes))
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
