//! What a directory of the view holds: the rules by which the kernel's overlayfs lays the disk over the base.

use std::collections::BTreeMap;

use pyro_protocol::tree::Kind;

use super::{View, WORKSPACE, place::Place};
use crate::{
    disk::{
        erofs::Node,
        ext4::{DiskError, Inode},
    },
    limits::{REDIRECT_BYTES_MAX, WALK_NAMES_BYTES_MAX},
};

/// A name in a directory and what either side has under it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sides {
    upper: Option<u32>,
    lower: Option<u64>,
}

/// What a directory may have, by name.
#[derive(Debug, Default)]
pub(super) struct Children {
    pub(super) names: BTreeMap<Box<[u8]>, Sides>,
    /// Bytes of memory that the names take.
    pub(super) held: usize,
}

/// What a name in memory takes besides its bytes.
const NAME_OVERHEAD_BYTES: usize = 64;

/// `trusted.overlay.opaque`: nothing of the base shows through a directory that says `y`.
const OPAQUE: &[u8] = b"overlay.opaque";
/// `trusted.overlay.redirect`: which directory of the base shows through, where it is not that of the same name.
const REDIRECT: &[u8] = b"overlay.redirect";
/// `trusted.overlay.metacopy`: the content is still in the base.
const METACOPY: &[u8] = b"overlay.metacopy";

impl View {
    /// What a directory has under a name, if anything. `room` is how many bytes of directories may still be read.
    pub(super) fn child(&self, directory: &Place, name: &[u8], room: &mut u64) -> Result<Option<Place>, DiskError> {
        if !is_name(name) {
            return Ok(None);
        }
        let upper = match directory.upper() {
            Some(inode) => self.on_disk(inode, name, room)?,
            None => None,
        };
        let lower = match directory.lower() {
            Some(node) => self.base.find(node, name, room)?,
            None => None,
        };
        self.resolve(directory, name, Sides { upper, lower }, room)
    }

    fn on_disk(&self, directory: &Inode, wanted: &[u8], room: &mut u64) -> Result<Option<u32>, DiskError> {
        let mut found = None;
        self.disk.each_name(directory, room, |named| {
            // Of a name that is there twice, the kernel finds the first.
            if named.name == wanted {
                found.get_or_insert(named.inode);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// All that a directory may have, by name; some of it is nothing, as [`View::resolve`] tells.
    pub(super) fn children(&self, directory: &Place, room: &mut u64) -> Result<Children, DiskError> {
        let mut children = Children::default();
        if let Some(node) = directory.lower() {
            self.base.names(node, room, |name, number| {
                children.of(name)?.lower.get_or_insert(number);
                Ok(())
            })?;
        }
        if let Some(inode) = directory.upper() {
            self.disk.each_name(inode, room, |named| {
                children.of(named.name)?.upper.get_or_insert(named.inode);
                Ok(())
            })?;
        }
        if self.workspace.is_some() && self.is_top(directory) {
            children.of(WORKSPACE)?;
        }
        Ok(children)
    }

    /// What a directory has under a name, from what its sides have there; `None` where the disk hides it.
    pub(super) fn resolve(
        &self,
        directory: &Place,
        name: &[u8],
        sides: Sides,
        room: &mut u64,
    ) -> Result<Option<Place>, DiskError> {
        if let Some(workspace) = self.workspace.as_ref().filter(|_| name == WORKSPACE && self.is_top(directory)) {
            return Ok(Some(Place::Plain(workspace.clone())));
        }
        let Some(number) = sides.upper else {
            return match sides.lower.map(|number| self.base.node(number)).transpose()? {
                Some(node) if !node.is_whiteout() => self.lower(node).map(Some),
                _ => Ok(None),
            };
        };
        let inode = self.disk.inode(number)?;
        if let Place::Plain(_) = directory {
            return Ok(Some(Place::Plain(inode)));
        }
        if inode.is_whiteout() {
            return Ok(None);
        }
        let below = match inode.kind() {
            Kind::Directory => self.below(&inode, directory.lower(), sides.lower, room)?,
            Kind::File if self.disk.attribute(&inode, METACOPY)?.is_some() => {
                return Err(DiskError::Unsupported("a file whose content stayed in the base (overlay.metacopy)"));
            }
            _ => None,
        };
        Ok(Some(Place::Upper { inode, below }))
    }

    /// What of the base alone is at a name. The other names of a file that was changed show the change, too.
    fn lower(&self, node: Node) -> Result<Place, DiskError> {
        match self.changed(&node)? {
            Some(inode) => Ok(Place::Upper { inode, below: None }),
            None => Ok(Place::Lower(node)),
        }
    }

    /// The base's directory that shows through a directory of the disk. `around` is the one that shows through its
    /// parent, and `same` what that has under its name.
    fn below(
        &self,
        directory: &Inode,
        around: Option<&Node>,
        same: Option<u64>,
        room: &mut u64,
    ) -> Result<Option<Node>, DiskError> {
        if self.disk.attribute(directory, OPAQUE)?.as_deref() == Some(b"y") {
            return Ok(None);
        }
        let node = match self.disk.attribute(directory, REDIRECT)? {
            None => same.map(|number| self.base.node(number)).transpose()?,
            Some(redirect) => self.redirected(&redirect, around, room)?,
        };
        Ok(node.filter(|node| node.kind() == Kind::Directory))
    }

    /// Follows a redirect: from the base's top where it begins with `/`, else a name beside.
    fn redirected(&self, redirect: &[u8], around: Option<&Node>, room: &mut u64) -> Result<Option<Node>, DiskError> {
        let (mut node, names) = match redirect.strip_prefix(b"/") {
            Some(rest) => (Some(self.base.root()?), rest.split(|byte| *byte == b'/').collect()),
            None => (around.cloned(), vec![redirect]),
        };
        if redirect.len() > REDIRECT_BYTES_MAX || !names.iter().all(|name| is_name(name)) {
            return Err(DiskError::Damaged("a directory's redirect"));
        }
        for name in names {
            let Some(directory) = node.filter(|node| node.kind() == Kind::Directory) else { return Ok(None) };
            node = match self.base.find(&directory, name, room)? {
                Some(number) => Some(self.base.node(number)?),
                None => None,
            };
        }
        Ok(node)
    }

    fn is_top(&self, directory: &Place) -> bool {
        match (directory, &self.top) {
            (Place::Upper { inode, .. }, Place::Upper { inode: top, .. }) => inode.number() == top.number(),
            (Place::Lower(node), Place::Lower(top)) => node.number == top.number,
            _ => false,
        }
    }
}

impl Children {
    /// What the sides have under a name.
    fn of(&mut self, name: &[u8]) -> Result<&mut Sides, DiskError> {
        if self.held > WALK_NAMES_BYTES_MAX {
            return Err(DiskError::Limit("bytes of names at once", WALK_NAMES_BYTES_MAX as u64));
        }
        let held = &mut self.held;
        Ok(self.names.entry(name.into()).or_insert_with(|| {
            *held += name.len() + NAME_OVERHEAD_BYTES;
            Sides::default()
        }))
    }
}

/// Whether this can be the name of an entry.
fn is_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0)
}
