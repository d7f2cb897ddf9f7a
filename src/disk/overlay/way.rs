//! From a path to what is there, step by step as the kernel goes, and never out of the view.

use pyro_protocol::tree::Kind;
use pyro_tree::PATH_BYTES_MAX;

use super::{Found, View, place::Place};
use crate::{
    disk::ext4::DiskError,
    limits::{LINKS_MAX, WALK_DIRECTORY_BYTES_MAX},
};

impl View {
    /// What is at a path from `/` on. Links on the way are followed within the view, 40 at the most as by the kernel, and
    /// the last one, too, if `follow` or if the path ends in `/`. `..` of `/` is `/`.
    pub fn look(&self, path: &[u8], follow: bool) -> Result<Found, DiskError> {
        if path.len() > PATH_BYTES_MAX {
            return Err(DiskError::Limit("bytes in a path", PATH_BYTES_MAX as u64));
        }
        let (mut room, mut links) = (WALK_DIRECTORY_BYTES_MAX, 0);
        // Names come off its end.
        let mut ahead = Vec::new();
        put(path, &mut ahead);
        let mut way: Vec<(Box<[u8]>, Place)> = Vec::new();
        while let Some(name) = ahead.pop() {
            match &*name {
                b"" | b"." => continue,
                b".." => {
                    way.pop();
                    continue;
                }
                _ => {}
            }
            let directory = way.last().map_or(&self.top, |(_, place)| place);
            let place = self.child(directory, &name, &mut room)?.ok_or(DiskError::Missing)?;
            if place.kind() == Kind::Symlink && (follow || !ahead.is_empty()) {
                links += 1;
                if links > LINKS_MAX {
                    return Err(DiskError::Limit("links on the way", LINKS_MAX as u64));
                }
                let target = self.target(&place)?;
                match target.first() {
                    None => return Err(DiskError::Missing),
                    Some(b'/') => way.clear(),
                    Some(_) => {}
                }
                put(&target, &mut ahead);
                continue;
            }
            if place.kind() != Kind::Directory && !ahead.is_empty() {
                return Err(DiskError::NoSuchKind("directory on the way"));
            }
            way.push((name, place));
        }
        let mut path = Vec::new();
        for (name, _) in &way {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        let (name, place) = way.pop().unwrap_or_else(|| (b"/"[..].into(), self.top.clone()));
        if path.is_empty() {
            path.push(b'/');
        }
        Ok(Found { path, entry: self.described(&name, &place)?, place })
    }
}

/// Puts the names of a path ahead, the first one last.
fn put(path: &[u8], ahead: &mut Vec<Box<[u8]>>) {
    ahead.extend(path.split(|byte| *byte == b'/').rev().map(Box::from));
}
