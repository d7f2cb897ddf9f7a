//! What an inode tells of its file besides the bytes.

use pyro_protocol::tree::Kind;

use super::{DIRECTORY, INODE_BYTES, Inode, KIND, REGULAR, SYMLINK, le16, le32};

const PERMISSIONS: u16 = 0o7777;
/// Of the extra bits of a time, those that continue its seconds; the rest are nanoseconds.
const EPOCH_BITS: u32 = 2;

impl Inode {
    /// What `stat` calls `st_ino`.
    pub fn number(&self) -> u32 {
        self.number
    }

    pub fn kind(&self) -> Kind {
        // No inode is read whose mode has none.
        kind(self.mode).unwrap_or(Kind::File)
    }

    /// Permission bits, 0o7777.
    pub fn mode(&self) -> u32 {
        u32::from(self.mode & PERMISSIONS)
    }

    /// Bytes of content.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When the content last changed, nanoseconds since 1970.
    pub fn mtime_ns(&self) -> i64 {
        self.mtime_ns
    }

    /// When anything about it last changed, nanoseconds since 1970.
    pub fn ctime_ns(&self) -> i64 {
        self.ctime_ns
    }
}

/// The kind in a mode, if it is one.
pub(in crate::disk) fn kind(mode: u16) -> Option<Kind> {
    Some(match mode & KIND {
        REGULAR => Kind::File,
        DIRECTORY => Kind::Directory,
        SYMLINK => Kind::Symlink,
        0o010000 => Kind::Fifo,
        0o020000 => Kind::CharDevice,
        0o060000 => Kind::BlockDevice,
        0o140000 => Kind::Socket,
        _ => return None,
    })
}

/// A time of an inode in nanoseconds since 1970: signed seconds, and where the inode is long enough for it, what
/// continues them.
pub(super) fn time(inode: &[u8], seconds: usize, extra: usize) -> i64 {
    let longer = usize::from(le16(inode, INODE_BYTES));
    let extra = if INODE_BYTES + longer >= extra + 4 { le32(inode, extra) } else { 0 };
    let epoch = i64::from(extra & ((1 << EPOCH_BITS) - 1)) << 32;
    let seconds = i64::from(le32(inode, seconds) as i32) + epoch;
    // The seconds reach to the year 2446, beyond what nanoseconds can tell.
    seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(extra >> EPOCH_BITS))
}
