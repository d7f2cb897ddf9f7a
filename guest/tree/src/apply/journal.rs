//! A plan on disk: what an agent that comes after a crash needs to undo it.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use bytes::{Buf, BufMut};
use nix::sys::{stat::Mode, time::TimeSpec};

use super::plan::{Identity, Operation, Plan, Touched};
use crate::{names::clean, unpack::Attributes};

/// First bytes of every journal; another form gets another number.
const MAGIC: &[u8] = b"pyro apply 1\n";
/// Far more than any plan takes, bytes.
pub(super) const BYTES_MAX: usize = 256 * 1024 * 1024;

const DELETE: u8 = 1;
const EXCHANGE: u8 = 2;
const MOVE: u8 = 3;
const DIRECTORY: u8 = 4;
const END: u8 = 0;

pub(super) fn encode(plan: &Plan) -> Vec<u8> {
    let mut to = MAGIC.to_vec();
    for operation in &plan.operations {
        match operation {
            Operation::Delete { path, number, old } => {
                head(&mut to, DELETE, path);
                to.put_u64(*number);
                put(&mut to, old);
            }
            Operation::Exchange { path, new, old } => {
                head(&mut to, EXCHANGE, path);
                put(&mut to, new);
                put(&mut to, old);
            }
            Operation::Move { path, new } => {
                head(&mut to, MOVE, path);
                put(&mut to, new);
            }
        }
    }
    for (path, Touched { inode, attributes }) in &plan.directories {
        head(&mut to, DIRECTORY, path);
        to.put_u64(*inode);
        to.put_u32(attributes.mode.bits());
        to.put_i64(attributes.modified.tv_sec());
        to.put_i64(attributes.modified.tv_nsec());
    }
    to.put_u8(END);
    to
}

fn head(to: &mut Vec<u8>, tag: u8, path: &Path) {
    to.put_u8(tag);
    to.put_u16(path.as_os_str().len() as u16);
    to.put_slice(path.as_os_str().as_bytes());
}

fn put(to: &mut Vec<u8>, identity: &Identity) {
    to.put_u64(identity.inode);
    to.put_u64(identity.size);
    to.put_i64(identity.mtime_ns);
}

/// Reads a journal; `None` for anything else. Its paths lead nowhere but beneath the workspace.
pub(super) fn decode(bytes: &[u8]) -> Option<Plan> {
    let mut from = bytes.strip_prefix(MAGIC)?;
    let mut plan = Plan::default();
    loop {
        let tag = from.try_get_u8().ok()?;
        if tag == END {
            return from.is_empty().then_some(plan);
        }
        let length = usize::from(from.try_get_u16().ok()?);
        let (path, rest) = from.split_at_checked(length)?;
        from = rest;
        let path: PathBuf = clean(OsStr::from_bytes(path).as_bytes()).ok()?;
        let operation = match tag {
            DELETE => Operation::Delete { path, number: from.try_get_u64().ok()?, old: identity(&mut from)? },
            EXCHANGE => Operation::Exchange { path, new: identity(&mut from)?, old: identity(&mut from)? },
            MOVE => Operation::Move { path, new: identity(&mut from)? },
            DIRECTORY => {
                let inode = from.try_get_u64().ok()?;
                let mode = Mode::from_bits_truncate(from.try_get_u32().ok()? & 0o7777);
                let modified = TimeSpec::new(from.try_get_i64().ok()?, from.try_get_i64().ok()?);
                plan.directories.insert(path, Touched { inode, attributes: Attributes { mode, modified } });
                continue;
            }
            _ => return None,
        };
        plan.operations.push(operation);
    }
}

fn identity(from: &mut &[u8]) -> Option<Identity> {
    let (inode, size) = (from.try_get_u64().ok()?, from.try_get_u64().ok()?);
    Some(Identity { inode, size, mtime_ns: from.try_get_i64().ok()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plans() -> impl Strategy<Value = Plan> {
        let path = "[a-z\u{e4}]{1,9}(/[a-z \n]{1,9}){0,3}".prop_map(PathBuf::from);
        let identity = any::<(u64, u64, i64)>();
        let identity = identity.prop_map(|(inode, size, mtime_ns)| Identity { inode, size, mtime_ns });
        let operation = (path.clone(), any::<u64>(), [identity.clone(), identity], 0..3).prop_map(
            |(path, number, [old, new], which)| match which {
                0 => Operation::Delete { path, number, old },
                1 => Operation::Exchange { path, new, old },
                _ => Operation::Move { path, new },
            },
        );
        let directory = (path, any::<u64>(), 0u32..0o10000, any::<i32>()).prop_map(|(path, inode, mode, seconds)| {
            let (mode, modified) = (Mode::from_bits_truncate(mode), TimeSpec::new(seconds.into(), 7));
            (path, Touched { inode, attributes: Attributes { mode, modified } })
        });
        let (operations, directories) =
            (prop::collection::vec(operation, 0..9), prop::collection::vec(directory, 0..9));
        (operations, directories).prop_map(|(operations, directories)| Plan {
            operations,
            directories: directories.into_iter().collect(),
            ..Plan::default()
        })
    }

    proptest! {
        #[test]
        fn a_plan_survives_and_a_part_of_it_is_none(plan in plans(), cut in any::<prop::sample::Index>()) {
            let bytes = encode(&plan);
            prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())]), None);
            prop_assert_eq!(decode(&bytes), Some(plan));
        }

        #[test]
        fn garbage_is_no_plan(garbage in prop::collection::vec(any::<u8>(), 0..99)) {
            let bytes = [MAGIC, &garbage].concat();
            if let Some(plan) = decode(&bytes) {
                prop_assert_eq!(decode(&encode(&plan)), Some(plan));
            }
        }
    }
}
