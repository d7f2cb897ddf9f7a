//! Holds a machine's file systems still while its host copies their disk.

use std::{
    io,
    os::fd::OwnedFd,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::stream;
use nix::unistd::syncfs;
use pyro_protocol::{GuestError, GuestErrorCode, tree::FROZEN_SECONDS_MAX};
use pyro_tree::refusal;

use crate::{
    Agent, Place,
    http::Call,
    reply::{self, Reply},
    sys,
};

/// Freezes until the answer's body is dropped, at most [`FROZEN_SECONDS_MAX`].
pub(crate) async fn freeze(call: Call) -> Reply {
    if call.agent.place != Place::Guest {
        let message = "file systems are frozen in machines only, and this agent does not run in one";
        return Err(GuestError::new(GuestErrorCode::Denied, message));
    }
    let frozen = Frozen::claim(call.agent)?;
    // The claim moves along: dropped at any point, it thaws.
    let frozen = tokio::task::spawn_blocking(move || frozen.begin()).await;
    let internal = |error| GuestError::new(GuestErrorCode::Internal, format!("the freezing thread failed: {error}"));
    let frozen = frozen.map_err(internal)??;
    Ok(reply::stream(stream::once(async move {
        tokio::time::sleep(Duration::from_secs(FROZEN_SECONDS_MAX)).await;
        drop(frozen);
        Err(io::ErrorKind::TimedOut.into())
    })))
}

/// The one freeze that can be under way.
struct Frozen {
    agent: Arc<Agent>,
    workspace: Option<OwnedFd>,
}

impl Frozen {
    fn claim(agent: Arc<Agent>) -> Result<Self, GuestError> {
        if agent.frozen.swap(true, Ordering::AcqRel) {
            let message = "the file systems are frozen already; try again when that copy is done";
            return Err(GuestError::new(GuestErrorCode::Conflict, message));
        }
        Ok(Self { agent, workspace: None })
    }

    fn begin(mut self) -> Result<Self, GuestError> {
        let path = self.agent.root.absolute(b".")?;
        let (workspace, _) = self.agent.root.below_workspace(&path)?;
        // Most is written before anybody has to wait for it.
        let frozen = syncfs(&workspace).map_err(io::Error::from).and_then(|()| sys::freeze(&workspace));
        frozen.map_err(|error| refusal("freeze", Path::new("the workspace").as_os_str(), &error))?;
        self.workspace = Some(workspace);
        Ok(self)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        if let Some(workspace) = &self.workspace {
            // It fails where somebody else has thawed it, which is what is wanted.
            let _ = sys::thaw(workspace);
        }
        self.agent.frozen.store(false, Ordering::Release);
    }
}
