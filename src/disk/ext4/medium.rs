//! The file a disk lies in, and the blocks that a journal which was never played back would change.

use std::{collections::BTreeMap, fs::File, io, os::unix::fs::FileExt};

use super::DiskError;

/// Where the latest content of a block lies instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    /// Block of the disk, within the journal.
    pub(super) block: u64,
    /// The content begins with the journal's magic number, which the journal keeps as zeros.
    pub(super) escaped: bool,
}

/// What bytes of the disk are read from.
#[derive(Debug)]
pub(super) struct Medium {
    file: File,
    block_bytes: u64,
    moved: BTreeMap<u64, Moved>,
}

impl Medium {
    pub(super) fn new(file: File) -> Self {
        Self { file, block_bytes: 1, moved: BTreeMap::new() }
    }

    /// The same disk, with some of its blocks read elsewhere.
    pub(super) fn with(self, block_bytes: u64, moved: BTreeMap<u64, Moved>) -> Self {
        Self { block_bytes, moved, ..self }
    }

    #[cfg(test)]
    pub(super) fn moved_blocks(&self) -> usize {
        self.moved.len()
    }

    /// Fills `to` from a byte of the disk on; an end before that is the disk's fault.
    pub(super) fn read_at(&self, mut start: u64, mut to: &mut [u8]) -> Result<(), DiskError> {
        while !to.is_empty() {
            let (block, within) = (start / self.block_bytes, start % self.block_bytes);
            let next = self.moved.range(block..).next();
            let here = next.filter(|(moved, _)| **moved == block).map(|(_, moved)| moved);
            // Up to the end of a block that was moved, or else to the beginning of the next such one.
            let until = match (here, next) {
                (Some(_), _) => self.block_bytes - within,
                (None, Some((moved, _))) => (moved - block).saturating_mul(self.block_bytes) - within,
                (None, None) => u64::MAX,
            };
            let (piece, rest) = to.split_at_mut(until.min(to.len() as u64) as usize);
            match here {
                None => read_exact(&self.file, start, piece)?,
                Some(moved) => {
                    read_exact(&self.file, moved.block.saturating_mul(self.block_bytes).saturating_add(within), piece)?;
                    let magic = super::journal::MAGIC.to_be_bytes();
                    let lost = magic.iter().skip(if moved.escaped { within as usize } else { magic.len() });
                    piece.iter_mut().zip(lost).for_each(|(byte, lost)| *byte = *lost);
                }
            }
            start = start.saturating_add(piece.len() as u64);
            to = rest;
        }
        Ok(())
    }
}

/// Fills `to` from a byte of a file on; an end before that is its writer's fault.
pub(in crate::disk) fn read_exact(file: &File, start: u64, to: &mut [u8]) -> Result<(), DiskError> {
    file.read_exact_at(to, start).map_err(|error| match error.kind() {
        // An offset beyond what a signed number holds is as far off as one beyond the end.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => DiskError::Damaged("it ends too early"),
        _ => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    const BLOCK: usize = 8;
    const BLOCKS: usize = 32;

    proptest! {
        #[test]
        fn every_piece_reads_as_if_the_blocks_had_been_moved(
            moved in prop::collection::btree_map(0..BLOCKS as u64, (0..BLOCKS as u64, any::<bool>()), 0..BLOCKS),
            start in 0..BLOCK * BLOCKS,
            length in 0..BLOCK * BLOCKS,
        ) {
            let old: Vec<u8> = (0..(BLOCK * BLOCKS) as u32).map(|place| place as u8).collect();
            let mut new = old.clone();
            for (block, (from, escaped)) in &moved {
                let (block, from) = (*block as usize * BLOCK, *from as usize * BLOCK);
                new[block..block + BLOCK].copy_from_slice(&old[from..from + BLOCK]);
                if *escaped {
                    new[block..block + 4].copy_from_slice(&[0xc0, 0x3b, 0x39, 0x98]);
                }
            }
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&old).unwrap();
            let moved = moved.into_iter().map(|(block, (from, escaped))| (block, Moved { block: from, escaped }));
            let medium = Medium::new(file).with(BLOCK as u64, moved.collect());
            let mut read = vec![0; length.min(old.len() - start)];
            medium.read_at(start as u64, &mut read).unwrap();
            prop_assert_eq!(&read[..], &new[start..start + read.len()]);
        }
    }
}
