//! What the agent holds between requests.

use std::{io, os::fd::OwnedFd, path::Path, sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{children::Children, exec::Execs, login::Login, root::Root};

/// Whether the machine is the agent's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// PID 1 of a microVM: clock, host name, entropy and power are the agent's to set.
    Guest,
    /// A process among others: nothing outside its root is touched.
    Host,
}

/// The agent's state. One per boot; sessions come and go.
#[derive(Debug)]
pub struct Agent {
    pub(crate) place: Place,
    pub(crate) root: Root,
    pub(crate) login: Login,
    pub(crate) children: Children,
    pub(crate) execs: Execs,
    ending: watch::Sender<Option<Duration>>,
    ended: watch::Sender<bool>,
}

impl Agent {
    /// Serves the tree below `root`; `workspace` is the path in that tree where relative paths begin.
    pub fn new(root: &Path, workspace: &str, place: Place, login: Login) -> io::Result<Arc<Self>> {
        let directory: OwnedFd = std::fs::File::open(root)?.into();
        Ok(Arc::new(Self {
            place,
            root: Root::new(directory, workspace),
            login,
            children: Children::default(),
            execs: Execs::default(),
            ending: watch::Sender::new(None),
            ended: watch::Sender::new(false),
        }))
    }

    /// Begins the end; answers false when it has begun before.
    pub(crate) fn end(&self, grace: Duration) -> bool {
        self.ending.send_if_modified(|ending| {
            let first = ending.is_none();
            *ending = Some(ending.unwrap_or(grace));
            first
        })
    }

    /// Waits until a shutdown is asked for and answers the grace it allows.
    pub async fn ending(&self) -> Duration {
        let mut ending = self.ending.subscribe();
        match ending.wait_for(Option::is_some).await {
            Ok(grace) => grace.unwrap_or_default(),
            // The sender is a field of `self`.
            Err(_) => Duration::ZERO,
        }
    }

    /// Ends every command and then every session.
    pub async fn stop(&self, grace: Duration) {
        self.execs.kill_all(grace).await;
        self.ended.send_replace(true);
    }

    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        let _ = ended.wait_for(|over| *over).await;
    }
}
