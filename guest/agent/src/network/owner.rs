//! Whose program opened a dial.

use pyro_protocol::{GuestError, GuestErrorCode, network::DialOwner};

use super::sockets;
use crate::{
    http::Call,
    reply::{self, Reply},
};

/// Finds the command; one that cannot be told is no error.
pub(crate) async fn owner(call: Call) -> Reply {
    let agent = call.agent;
    let ends = agent.network.dials.ends(call.number)?;
    // All processes and their files are looked at.
    let looked = tokio::task::spawn_blocking(move || {
        sockets::holders(sockets::inode(&ends)?).find_map(|pid| agent.execs.owner(agent.place, pid))
    });
    let failed = |error| GuestError::new(GuestErrorCode::Internal, format!("the looking thread failed: {error}"));
    reply::json(&DialOwner { exec: looked.await.map_err(failed)? })
}
