//! What a machine is given besides its disk: secrets, certificates, a way to the world.

use std::{path::Path, sync::Arc};

use nix::fcntl::OFlag;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    network::{CA_BUNDLE, FURNISHING_BYTES_MAX, Furnished, Furnishing},
};

use super::{certificates, proxy::Proxy, secrets};
use crate::{
    Agent,
    http::Call,
    reply::{self, Reply},
};

/// Gives it what is said, and takes away what is not; but certificates stay.
pub(crate) async fn furnish(call: Call) -> Reply {
    let agent = call.agent.clone();
    let Furnishing { secrets, ca_certificates, proxy } = call.json_within(FURNISHING_BYTES_MAX).await?;
    let without_files = secrets.is_empty() && ca_certificates.is_empty();
    if !agent.whole && !without_files {
        let message = "without a machine of its own, a workspace gets no secrets and no certificates: they would be \
                       written among the host's own files";
        return Err(GuestError::new(GuestErrorCode::Denied, message));
    }
    let mut now = agent.network.proxy.lock().await;
    let mut ca_problem = None;
    if agent.whole {
        let secrets = secrets::decoded(secrets)?;
        let certificates = certificates::read(&ca_certificates)?;
        ca_problem = on_a_thread(agent.clone(), move |agent| {
            let _turn = agent.write_turn();
            secrets::put(&agent.root, &secrets)?;
            Ok(certificates::add(&agent.root, &certificates).err().map(|error| error.message))
        })
        .await?;
    }
    match (&*now, proxy) {
        (None, true) => *now = Some(Proxy::open(agent.place, agent.network.dials.clone()).map_err(unlistened)?),
        (Some(_), false) => {
            if let Some(open) = now.take() {
                open.close().await;
            }
            agent.network.dials.close_waiting();
        }
        _ => {}
    }
    let ca_bundle = agent.root.open(Path::new(CA_BUNDLE), OFlag::O_PATH).is_ok();
    reply::json(&Furnished { proxy_port: now.as_ref().map(|proxy| proxy.port), ca_bundle, ca_problem })
}

async fn on_a_thread<T, W>(agent: Arc<Agent>, work: W) -> Result<T, GuestError>
where
    T: Send + 'static,
    W: FnOnce(&Agent) -> Result<T, GuestError> + Send + 'static,
{
    let worked = tokio::task::spawn_blocking(move || work(&agent)).await;
    worked
        .map_err(|error| GuestError::new(GuestErrorCode::Internal, format!("the furnishing thread failed: {error}")))?
}

fn unlistened(error: std::io::Error) -> GuestError {
    let message = format!("the proxy's port cannot be opened, perhaps a program of the guest has it: {error}");
    GuestError::new(GuestErrorCode::Conflict, message)
}
