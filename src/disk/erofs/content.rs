//! Bytes of files, links and directories: whole blocks in a row, and perhaps an end beside the inode.

use pyro_protocol::tree::Kind;

use super::{Erofs, Node, read_exact};
use crate::disk::ext4::DiskError;

const DAMAGED: DiskError = DiskError::Damaged("where a file's bytes lie");

impl Erofs {
    /// Bytes of a regular file from `offset` on; answers how many, 0 at its end.
    pub(in crate::disk) fn read(&self, node: &Node, offset: u64, to: &mut [u8]) -> Result<usize, DiskError> {
        match node.kind() {
            Kind::File => self.content(node, offset, to),
            _ => Err(DiskError::NoSuchKind("regular file")),
        }
    }

    /// What a link says; refused when longer than `max` bytes.
    pub(in crate::disk) fn link_target(&self, node: &Node, max: u64) -> Result<Vec<u8>, DiskError> {
        if node.kind() != Kind::Symlink {
            return Err(DiskError::NoSuchKind("symlink"));
        }
        if node.size > max {
            return Err(DiskError::TooLarge(node.size));
        }
        let mut target = vec![0; node.size as usize];
        self.content(node, 0, &mut target)?;
        Ok(target)
    }

    /// Bytes of whatever has some, as many as there are up to the end of `to`.
    pub(super) fn content(&self, node: &Node, offset: u64, to: &mut [u8]) -> Result<usize, DiskError> {
        let length = node.size.saturating_sub(offset).min(to.len() as u64) as usize;
        let to = &mut to[..length];
        if to.is_empty() {
            return Ok(0);
        }
        // The end that fills no block; as the kernel has it, one that would fill it belongs to the tail as well.
        let in_blocks = match node.tail {
            Some(_) => (node.size - 1) / self.block_bytes * self.block_bytes,
            None => node.size,
        };
        let (blocks, rest) = to.split_at_mut(in_blocks.saturating_sub(offset).min(length as u64) as usize);
        if !blocks.is_empty() {
            let start = u64::from(node.first) * self.block_bytes;
            read_exact(&self.file, start.checked_add(offset).ok_or(DAMAGED)?, blocks)?;
        }
        if let (Some(tail), false) = (node.tail, rest.is_empty()) {
            if tail % self.block_bytes + (node.size - in_blocks) > self.block_bytes {
                return Err(DAMAGED);
            }
            read_exact(&self.file, tail.saturating_add(offset.saturating_sub(in_blocks)), rest)?;
        }
        Ok(length)
    }
}
