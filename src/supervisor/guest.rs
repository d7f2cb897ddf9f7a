//! The link to one guest: opened, woken, and opened anew when it breaks, until the machine is gone.

use std::{sync::Arc, time::Duration};

use base64::Engine;
use pyro_protocol::control::Wake;
use tokio::sync::watch;

use crate::{
    ids::VmId,
    limits,
    link::{Link, LinkError},
    vm::{Death, Machine},
};

/// What is known of the guest right now.
#[derive(Clone)]
pub(super) enum Guest {
    /// No link yet, or not again yet.
    Away,
    Here(Link),
    Dead(Death),
}

/// Opens the link and wakes the guest: fresh randomness, the right time, its name.
pub(super) async fn open(machine: &dyn Machine, id: &VmId, within: Duration) -> Result<Link, LinkError> {
    let stream = machine.connect().await.map_err(|error| LinkError::Lost(error.to_string()))?;
    let link = Link::open_guest(stream, within).await?;
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|error| LinkError::Lost(error.to_string()))?;
    let wake = Wake {
        entropy: base64::engine::general_purpose::STANDARD.encode(entropy),
        clock_unix_ns: time::OffsetDateTime::now_utc().unix_timestamp_nanos() as u64,
        hostname: id.to_string(),
    };
    link.wake(&wake).await?;
    Ok(link)
}

/// Keeps `guest` current until the machine ends: a broken link is opened again, a silent guest reported.
pub(super) async fn keep(machine: Arc<dyn Machine>, id: VmId, guest: watch::Sender<Guest>, first: Link) -> LinkError {
    let mut link = first;
    loop {
        guest.send_replace(Guest::Here(link.clone()));
        link.closed().await;
        guest.send_replace(Guest::Away);
        link = match open(machine.as_ref(), &id, limits::ACK_DEADLINE).await {
            Ok(link) => link,
            Err(error) => return error,
        };
    }
}

/// A link that is not `old`, or the machine's death.
pub(super) async fn another(guest: &mut watch::Receiver<Guest>, old: Option<&Link>) -> Result<Link, Death> {
    let seen = guest
        .wait_for(|guest| match guest {
            Guest::Away => false,
            Guest::Here(link) => !old.is_some_and(|old| old.same_as(link)),
            Guest::Dead(_) => true,
        })
        .await;
    match seen.as_deref() {
        Ok(Guest::Here(link)) => Ok(link.clone()),
        Ok(Guest::Dead(death)) => Err(death.clone()),
        Ok(Guest::Away) | Err(_) => {
            Err(Death::new(crate::vm::death::Cause::SupervisorLost, "the machine's supervisor is ending"))
        }
    }
}

/// Resolves when the machine is gone.
pub(super) async fn death(guest: &mut watch::Receiver<Guest>) -> Death {
    match guest.wait_for(|guest| matches!(guest, Guest::Dead(_))).await.as_deref() {
        Ok(Guest::Dead(death)) => death.clone(),
        _ => Death::new(crate::vm::death::Cause::SupervisorLost, "the machine's supervisor is ending"),
    }
}
