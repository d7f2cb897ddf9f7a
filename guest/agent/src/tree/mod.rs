//! Whole trees in and out, as tar streams in constant memory.

mod pack;
mod unpack;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use nix::{fcntl::OFlag, sys::stat::fstat};
use pyro_protocol::file::{PATH, SKIPPED_HEADER};

use crate::{
    http::Call,
    reply::{self, Reply},
    root::{kind, refusal},
    transfer,
};

/// Paths in the trailer, bytes of JSON: receivers bound their headers.
const TRAILER_BYTES_MAX: usize = 6 * 1024;

/// Streams a tar of a directory's contents, or of one file under its name. The trailer lists what was left out and is the
/// proof that the tar is whole.
pub(crate) async fn get(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let refuse = |error: &std::io::Error| refusal("read", path.as_os_str(), error);
    let opened = call.agent.root.open(&path, OFlag::O_PATH).map_err(|error| refuse(&error))?;
    let found = kind(&fstat(&opened).map_err(|error| refuse(&error.into()))?);
    drop(opened);
    let agent = call.agent.clone();
    Ok(transfer::download(move |to| {
        let skipped = pack::pack(&agent.root, &path, found, to)?;
        let mut trailers = HeaderMap::new();
        if let Ok(list) = HeaderValue::from_str(&trailer(&skipped)) {
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
        unpack::unpack(&directory, from)
    });
    reply::json(&unpacked.await?)
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
