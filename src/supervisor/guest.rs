//! The link to one guest: opened, woken, and opened anew when it breaks, until the machine is gone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::Engine;
use pyro_protocol::control::Wake;
use tokio::{sync::watch, time::timeout};

use super::surroundings::Surroundings;
use crate::{
    limits,
    link::{Link, LinkError},
    vm::{Death, Machine},
};

/// What is known of the guest right now.
#[derive(Clone)]
pub(super) enum Guest {
    /// No link yet, or not again yet.
    Away,
    /// A link, and which in the row of links it is.
    Here(u32, Link),
    Dead(Death),
}

/// Tells a change, unless the machine is gone: nothing comes after that.
pub(super) fn tell(guest: &watch::Sender<Guest>, now: Guest) {
    guest.send_if_modified(|guest| {
        let alive = !matches!(guest, Guest::Dead(_));
        if alive {
            *guest = now;
        }
        alive
    });
}

/// Opens the link and wakes the guest: fresh randomness, the right time, its name; `renewed` where it goes on as another
/// than it was.
pub(super) async fn open(
    machine: &dyn Machine,
    name: &str,
    within: Duration,
    renewed: bool,
) -> Result<Link, LinkError> {
    let link = reach(machine, within).await?;
    wake(&link, name, renewed).await?;
    Ok(link)
}

/// Opens the link and nothing more.
pub(super) async fn reach(machine: &dyn Machine, within: Duration) -> Result<Link, LinkError> {
    let begun = Instant::now();
    let connected = timeout(within, machine.connect()).await.map_err(|_| LinkError::Timeout(within))?;
    Link::open_guest(connected.map_err(|_| LinkError::Lost)?, within.saturating_sub(begun.elapsed())).await
}

pub(super) async fn wake(link: &Link, name: &str, renewed: bool) -> Result<(), LinkError> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|_| LinkError::Broken("the host has no randomness"))?;
    let wake = Wake {
        entropy: base64::engine::general_purpose::STANDARD.encode(entropy),
        clock_unix_ns: time::OffsetDateTime::now_utc().unix_timestamp_nanos() as u64,
        hostname: name.to_owned(),
        renewed,
    };
    link.wake(&wake).await.map(drop)
}

/// Keeps `guest` current until the machine ends: a broken link is opened again, a silent guest reported.
pub(super) async fn keep(
    machine: Arc<dyn Machine>,
    name: String,
    surroundings: Arc<Surroundings>,
    guest: watch::Sender<Guest>,
    first: Link,
) -> LinkError {
    let mut link = first;
    for number in 1.. {
        tell(&guest, Guest::Here(number, link.clone()));
        link.closed().await;
        // Answers still being read would keep the old stream open, and QEMU's port takes one at a time.
        link.close();
        tell(&guest, Guest::Away);
        link = match open(machine.as_ref(), &name, limits::ACK_DEADLINE, false).await {
            Ok(link) => link,
            Err(error) => return error,
        };
        // What it was given is still there; a policy may have changed meanwhile.
        let _ = surroundings.furnish(&link).await;
    }
    LinkError::Lost
}

/// What a guest says is data: of bounded length, and nothing that drives a terminal.
pub(super) fn bounded(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(limits::DETAIL_CHARS_MAX).collect()
}

/// A link with a higher number than `after`, or the machine's death.
pub(super) async fn link(guest: &mut watch::Receiver<Guest>, after: u32) -> Result<(u32, Link), Death> {
    let seen = guest.wait_for(|guest| match guest {
        Guest::Away => false,
        Guest::Here(number, _) => *number > after,
        Guest::Dead(_) => true,
    });
    match seen.await.as_deref() {
        Ok(Guest::Here(number, link)) => Ok((*number, link.clone())),
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
