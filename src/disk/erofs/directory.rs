//! Names in directories: in each block first where the names lie, then the names.

use pyro_protocol::tree::Kind;

use super::{Erofs, Node, le16, le64};
use crate::disk::ext4::DiskError;

const ENTRY_BYTES: usize = 12;
const NAME_BYTES_MAX: usize = 255;
const DAMAGED: DiskError = DiskError::Damaged("a directory's entries");

impl Erofs {
    /// The number of what a directory has under a name. `room` is how many bytes of directories may still be read.
    pub(in crate::disk) fn find(
        &self,
        directory: &Node,
        wanted: &[u8],
        room: &mut u64,
    ) -> Result<Option<u64>, DiskError> {
        let mut found = None;
        self.names(directory, room, |name, number| {
            if name == wanted {
                found.get_or_insert(number);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Gives `each` the names of a directory, in no promised order and without `.` and `..`, and their numbers.
    pub(in crate::disk) fn names(
        &self,
        directory: &Node,
        room: &mut u64,
        mut each: impl FnMut(&[u8], u64) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        if directory.kind() != Kind::Directory {
            return Err(DiskError::NoSuchKind("directory on the way"));
        }
        *room = room.checked_sub(directory.size).ok_or(DiskError::TooLarge(directory.size))?;
        let mut block = vec![0; self.block_bytes as usize];
        let mut offset = 0;
        while offset < directory.size {
            let length = self.content(directory, offset, &mut block)?;
            for entry in entries(&block[..length])? {
                let (name, number) = entry?;
                if name != b"." && name != b".." {
                    each(name, number)?;
                }
            }
            offset += length as u64;
        }
        Ok(())
    }
}

type Named<'a> = (&'a [u8], u64);

/// The names in one block and their numbers. Where the first name begins, the places of the names end; where the next
/// one begins, a name ends, and the last one at a zero or the block's end.
fn entries(block: &[u8]) -> Result<impl Iterator<Item = Result<Named<'_>, DiskError>>, DiskError> {
    let head = usize::from(le16(block, 8));
    if head < ENTRY_BYTES || head % ENTRY_BYTES != 0 || head > block.len() {
        return Err(DAMAGED);
    }
    let count = head / ENTRY_BYTES;
    Ok((0..count).map(move |place| {
        let entry = &block[place * ENTRY_BYTES..];
        let start = usize::from(le16(entry, 8));
        let name = if place + 1 < count {
            block.get(start..usize::from(le16(entry, ENTRY_BYTES + 8)))
        } else {
            block.get(start..).and_then(|rest| rest.split(|byte| *byte == 0).next())
        };
        let sound = |name: &&[u8]| start >= head && (1..=NAME_BYTES_MAX).contains(&name.len());
        let name = name.filter(sound).filter(|name| !name.contains(&0) && !name.contains(&b'/')).ok_or(DAMAGED)?;
        Ok((name, le64(entry, 0)))
    }))
}
