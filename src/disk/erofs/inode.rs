//! Inodes: where one lies follows from its number; it is short or long.

use pyro_protocol::tree::Kind;

use super::{Erofs, le16, le32, le64, nanoseconds, read_exact};
use crate::disk::ext4::{DiskError, kind};

/// What an inode says.
#[derive(Clone, Debug)]
pub(in crate::disk) struct Node {
    pub(in crate::disk) number: u64,
    mode: u16,
    kind: Kind,
    pub(in crate::disk) links: u32,
    /// Bytes.
    pub(in crate::disk) size: u64,
    /// Nanoseconds since 1970.
    pub(in crate::disk) mtime_ns: i64,
    /// The first of its blocks, or a device's number.
    pub(super) first: u32,
    /// Where the end of its content lies that fills no block, bytes; without it, that is in a block as all the rest.
    pub(super) tail: Option<u64>,
}

const SLOT_BYTES: u64 = 32;
const SHORT_BYTES: usize = 32;
const LONG_BYTES: usize = 64;
const LONG: u16 = 0x1;
const LAYOUT_SHIFT: u16 = 1;
const LAYOUT: u16 = 0x7;
const PLAIN: u16 = 0;
const INLINE: u16 = 2;
const CHUNKS: u16 = 4;
/// Attributes have a head and then come in units.
const ATTRIBUTES_HEAD_BYTES: u64 = 12;
const ATTRIBUTE_UNIT_BYTES: u64 = 4;

impl Erofs {
    pub(in crate::disk) fn node(&self, number: u64) -> Result<Node, DiskError> {
        let place = number.checked_mul(SLOT_BYTES).and_then(|place| place.checked_add(self.inodes));
        let place = place.ok_or(DiskError::Damaged("an inode's number"))?;
        let mut bytes = [0; LONG_BYTES];
        read_exact(&self.file, place, &mut bytes[..SHORT_BYTES])?;
        let format = le16(&bytes, 0);
        let length = if format & LONG == 0 { SHORT_BYTES } else { LONG_BYTES };
        read_exact(&self.file, place, &mut bytes[..length])?;
        let attributes = match u64::from(le16(&bytes, 2)) {
            0 => 0,
            units => ATTRIBUTES_HEAD_BYTES + (units - 1) * ATTRIBUTE_UNIT_BYTES,
        };
        let tail = match format >> LAYOUT_SHIFT {
            PLAIN => None,
            INLINE => Some(place.saturating_add(length as u64 + attributes)),
            CHUNKS => return Err(DiskError::Unsupported("files in chunks")),
            layout if layout <= LAYOUT => return Err(DiskError::Unsupported("compressed files")),
            _ => return Err(DiskError::Unsupported("features of inodes")),
        };
        let mode = le16(&bytes, 4);
        let kind = kind(mode).ok_or(DiskError::Damaged("an inode"))?;
        Ok(if format & LONG == 0 {
            let (links, size) = (u32::from(le16(&bytes, 6)), u64::from(le32(&bytes, 8)));
            Node { number, mode, kind, links, size, mtime_ns: self.built_ns, first: le32(&bytes, 16), tail }
        } else {
            let mtime_ns = nanoseconds(le64(&bytes, 32), le32(&bytes, 40));
            let (links, size) = (le32(&bytes, 44), le64(&bytes, 8));
            Node { number, mode, kind, links, size, mtime_ns, first: le32(&bytes, 16), tail }
        })
    }
}

impl Node {
    pub(in crate::disk) fn kind(&self) -> Kind {
        self.kind
    }

    /// Permission bits, 0o7777.
    pub(in crate::disk) fn mode(&self) -> u32 {
        u32::from(self.mode) & 0o7777
    }

    /// Whether it is the character device 0:0.
    pub(in crate::disk) fn is_whiteout(&self) -> bool {
        self.kind() == Kind::CharDevice && self.first == 0
    }
}
