//! Whole trees: in and out as tar streams in constant memory, listed, and changed whole or not at all.

use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use http::{HeaderMap, HeaderValue};
use nix::{
    fcntl::OFlag,
    sys::stat::{SFlag, fstat},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    file::{PATH, SKIPPED_HEADER},
    tree::{AFTER, APPLY_HEAD_BYTES_MAX, ApplyRequest, DEPTH, EXCLUDE_GIT, Entry, Record, encode},
};
use pyro_tree::{UnpackOptions, WalkOptions, beneath::kind, refusal};

use crate::{
    http::Call,
    reply::{self, Reply},
    transfer::{self, Upload},
};

/// Paths in the trailer, bytes of JSON: receivers bound their headers.
const TRAILER_BYTES_MAX: usize = 6 * 1024;
/// What the host sends is bounded by the disk alone, where it comes to contents.
const OPTIONS: UnpackOptions =
    UnpackOptions { entries_max: 10_000_000, bytes_max: u64::MAX, keep_setid: true, sync: true };

/// Streams a tar of a directory's contents, or of one file or link under its name. The trailer lists what was left out and
/// is the proof that the tar is whole.
pub(crate) async fn get(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let is_directory = is_directory(&call, &path)?;
    let agent = call.agent.clone();
    Ok(transfer::download(move |to| {
        let packed = if is_directory {
            let directory = agent.root.open(&path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
            pyro_tree::pack(directory.as_fd(), to)
        } else {
            let (parent, name) = agent.root.place(&path)?;
            pyro_tree::pack_one(parent.as_fd(), &name, to)
        };
        let mut trailers = HeaderMap::new();
        if let Ok(list) = HeaderValue::from_str(&trailer(&packed.map_err(io::Error::other)?.skipped)) {
            trailers.insert(SKIPPED_HEADER, list);
        }
        Ok(Some(trailers))
    }))
}

/// Unpacks a tar beneath a directory, which is created when missing.
pub(crate) async fn put(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let agent = call.agent.clone();
    let unpacked = transfer::upload(call.body, move |from| {
        let directory = agent.root.make_directory(&path);
        let directory = directory.map_err(|error| refusal("unpack into", path.as_os_str(), &error))?;
        Ok(pyro_tree::unpack(&directory, from, &OPTIONS)?)
    });
    reply::json(&unpacked.await?)
}

/// Streams records of everything below a directory, or of one file or link.
pub(crate) async fn walk(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let depth = call.number(DEPTH, 10)?.map(|depth| u32::try_from(depth).unwrap_or(u32::MAX));
    let after = call.optional(AFTER).map(<[u8]>::to_vec);
    let options = WalkOptions { depth, exclude_git: call.flag(EXCLUDE_GIT), after };
    let is_directory = is_directory(&call, &path)?;
    let agent = call.agent.clone();
    Ok(transfer::download(move |to| {
        let mut record = BytesMut::new();
        let mut send = |next: &Record| {
            record.clear();
            encode(next, &mut record);
            to.write_all(&record)
        };
        let count = if is_directory {
            let directory = agent.root.open(&path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
            pyro_tree::walk(directory.as_fd(), &options, |entry: Entry| send(&Record::Entry(entry)))
        } else {
            let (parent, name) = agent.root.place(&path)?;
            let entry = pyro_tree::look(parent.as_fd(), &name).map_err(io::Error::other)?;
            send(&Record::Entry(entry))?;
            Ok(1)
        };
        send(&Record::End(count.map_err(io::Error::other)?))?;
        Ok(None)
    }))
}

/// Applies a change: see [`pyro_tree::apply`].
pub(crate) async fn apply(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let agent = call.agent.clone();
    let applied = transfer::upload(call.body, move |mut from| {
        let (workspace, destination) = agent.root.below_workspace(&path)?;
        let request = head(&mut from)?;
        let staged = pyro_tree::stage(&workspace, destination, from, &OPTIONS)?;
        // Only now: a slow upload keeps nobody waiting.
        let _turn = agent.write_turn();
        Ok(staged.apply(&request)?)
    });
    reply::json(&applied.await?)
}

/// Reads what precedes the tar of a change.
fn head(from: &mut Upload) -> Result<ApplyRequest, GuestError> {
    let invalid = |error: &dyn std::fmt::Display| {
        GuestError::new(GuestErrorCode::Invalid, format!("the change's request cannot be read: {error}"))
    };
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(|error| invalid(&error))?;
    let length = u32::from_be_bytes(length) as usize;
    if length > APPLY_HEAD_BYTES_MAX {
        return Err(invalid(&format_args!("it is longer than {APPLY_HEAD_BYTES_MAX} bytes")));
    }
    let mut json = vec![0; length];
    from.read_exact(&mut json).map_err(|error| invalid(&error))?;
    serde_json::from_slice(&json).map_err(|error| invalid(&error))
}

/// Whether a path is a directory itself; a link to one is not.
fn is_directory(call: &Call, path: &std::path::Path) -> Result<bool, GuestError> {
    let refuse = |error: &io::Error| refusal("read", path.as_os_str(), error);
    let opened = call.agent.root.open(path, OFlag::O_PATH | OFlag::O_NOFOLLOW).map_err(|error| refuse(&error))?;
    Ok(kind(&fstat(&opened).map_err(|error| refuse(&error.into()))?) == SFlag::S_IFDIR)
}

fn trailer(skipped: &[String]) -> String {
    let mut list: Vec<String> = Vec::new();
    let mut bytes = 2;
    for (index, path) in skipped.iter().enumerate() {
        bytes += path.len() + 3;
        if bytes > TRAILER_BYTES_MAX {
            list.push(format!("... and {} more", skipped.len() - index));
            break;
        }
        list.push(path.clone());
    }
    STANDARD.encode(serde_json::to_vec(&list).unwrap_or_default())
}
