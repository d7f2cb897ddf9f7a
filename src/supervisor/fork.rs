//! Saving the machine for others to go on from, while it runs. What was saved lasts as long as whoever asked for it listens.

use std::{
    fs,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use pyro_protocol::{GuestError, GuestErrorCode};
use tokio::sync::OwnedMutexGuard;

use super::{
    drive::Shared,
    serve::Body,
    wire::{Fork, Forked},
};
use crate::{
    failure::{Code, Failure},
    host::sparse,
    vm::Saved,
};

/// What was saved, and the turn of whoever asked for it.
struct Kept {
    _turn: OwnedMutexGuard<()>,
    saved: Saved,
    /// For a VMM that wants files.
    files: Option<[PathBuf; 2]>,
}

/// Saves the machine; answers a line of [`Forked`], and no end until nobody listens or the machine is gone.
pub(super) async fn fork(shared: &Shared, fork: Fork) -> Result<Response<Body>, GuestError> {
    let services = shared.services.as_ref().map(|services| services.going()).unwrap_or_default();
    let (kept, paused_ms) = save(shared, fork).await?;
    let [memory, state] = kept.paths();
    let forked = Forked { memory, state, paused_ms, services };
    let mut line =
        serde_json::to_vec(&forked).map_err(|error| GuestError::new(GuestErrorCode::Internal, error.to_string()))?;
    line.push(b'\n');
    let (closing, line) = (shared.closing.clone(), Some(Bytes::from(line)));
    let frames = stream::unfold((line, kept, closing), |(mut line, kept, mut closing)| async move {
        match line.take() {
            Some(line) => Some((Ok(Frame::data(line)), (None, kept, closing))),
            None => {
                let _ = closing.wait_for(|closing| *closing).await;
                None
            }
        }
    });
    Ok(Response::new(BodyExt::boxed(StreamBody::new(frames))))
}

/// One at a time; answers how long the guest stood still, too.
async fn save(shared: &Shared, fork: Fork) -> Result<(Kept, u64), GuestError> {
    let failed = |failure: Failure| {
        let full = failure.code == Code::Limit;
        GuestError::new(if full { GuestErrorCode::Limit } else { GuestErrorCode::Internal }, failure.message)
    };
    let room = |error| failed(Failure::io("make room for the machine's memory", &error));
    let taken = |_| GuestError::new(GuestErrorCode::Conflict, "the workspace is just being forked");
    let turn = shared.forking.clone().try_lock_owned().map_err(taken)?;
    let files = shared.reads_files.then(|| named(&shared.disk));
    let saved = match &files {
        Some([memory, state]) => {
            // A killed supervisor may have left some.
            clear(&shared.disk);
            Saved::in_files(memory, state)
        }
        None => Saved::empty(),
    };
    let mut kept = Kept { _turn: turn, saved: saved.map_err(room)?, files };
    let source = shared.disk.clone();
    let copy = Box::new(move || sparse::copy(&source, &fork.disk));
    let paused = shared.machine.save(&kept.saved, copy).await.map_err(failed)?;
    if kept.files.is_none() {
        kept.saved.seal().map_err(room)?;
    }
    Ok((kept, paused.as_millis() as u64))
}

impl Kept {
    fn paths(&self) -> [PathBuf; 2] {
        self.files.clone().unwrap_or_else(|| {
            let path = |fd: i32| PathBuf::from(format!("/proc/{}/fd/{fd}", std::process::id()));
            [path(self.saved.memory.as_raw_fd()), path(self.saved.state.as_raw_fd())]
        })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.files.iter().flatten().for_each(|path| drop(fs::remove_file(path)));
    }
}

/// Files for a VMM that wants some, beside the disk.
fn named(disk: &Path) -> [PathBuf; 2] {
    ["forking.memory", "forking.state"].map(|name| disk.with_file_name(name))
}

fn clear(disk: &Path) {
    named(disk).iter().for_each(|path| drop(fs::remove_file(path)));
}
