//! What lies at one path of the view, and where.

use bytes::Bytes;
use pyro_protocol::tree::{Entry, Kind};

use super::View;
use crate::{
    disk::{
        erofs::Node,
        ext4::{DiskError, Inode},
    },
    limits::LINK_TARGET_BYTES_MAX,
};

/// Where something lies.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// On the disk and as it is: everything in `/workspace`.
    Plain(Inode),
    /// On the disk, over the base's directory that shows through, if one does.
    Upper { inode: Inode, below: Option<Node> },
    /// In the base alone.
    Lower(Node),
}

impl Place {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Plain(inode) | Self::Upper { inode, .. } => inode.kind(),
            Self::Lower(node) => node.kind(),
        }
    }

    /// What of a directory is on the disk.
    pub(super) fn upper(&self) -> Option<&Inode> {
        match self {
            Self::Plain(inode) | Self::Upper { inode, .. } => Some(inode),
            Self::Lower(_) => None,
        }
    }

    /// What of a directory is in the base.
    pub(super) fn lower(&self) -> Option<&Node> {
        match self {
            Self::Plain(_) => None,
            Self::Upper { below, .. } => below.as_ref(),
            Self::Lower(node) => Some(node),
        }
    }
}

impl View {
    /// Describes what lies at a place, under the path it shall be called by.
    pub(super) fn described(&self, path: &[u8], place: &Place) -> Result<Entry, DiskError> {
        let kind = place.kind();
        let target = if kind == Kind::Symlink { self.target(place)?.into() } else { Bytes::new() };
        let (mode, size, mtime_ns, ctime_ns, inode) = match place {
            Place::Plain(inode) | Place::Upper { inode, .. } => {
                (inode.mode(), inode.size(), inode.mtime_ns(), inode.ctime_ns(), u64::from(inode.number()))
            }
            // It never changes, so it has no time of a change.
            Place::Lower(node) => (node.mode(), node.size, node.mtime_ns, node.mtime_ns, node.number),
        };
        let size = if kind == Kind::File { size } else { 0 };
        let path = Bytes::copy_from_slice(path);
        Ok(Entry { path, kind, mode, size, mtime_ns, ctime_ns, inode, target, unreadable: false })
    }

    /// What a link says.
    pub(super) fn target(&self, link: &Place) -> Result<Vec<u8>, DiskError> {
        match link {
            Place::Plain(inode) | Place::Upper { inode, .. } => self.disk.link_target(inode, LINK_TARGET_BYTES_MAX),
            Place::Lower(node) => self.base.link_target(node, LINK_TARGET_BYTES_MAX),
        }
    }
}
