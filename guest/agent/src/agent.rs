//! What the agent holds between requests.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use nix::fcntl::OFlag;
use tokio::sync::watch;

use crate::{children::Children, exec::Execs, login::Login, network::Network, root::Root};

/// How long what was said last may take to leave the machine.
const FAREWELL: Duration = Duration::from_millis(50);

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
    /// The whole tree is the machine's own, or a test's: not the host's files with a workspace among them.
    pub(crate) whole: bool,
    pub(crate) login: Login,
    pub(crate) children: Children,
    pub(crate) execs: Execs,
    pub(crate) network: Network,
    pub(crate) frozen: AtomicBool,
    /// Held while conditions are checked and names change, by whoever writes: no update is lost between the two.
    writing: Mutex<()>,
    ending: watch::Sender<Option<Duration>>,
    ended: watch::Sender<bool>,
}

impl Agent {
    /// Serves the tree below `root`; `workspace` is the path in that tree where relative paths begin. A change to it that
    /// the last agent died in is undone.
    pub fn new(root: &Path, workspace: &str, place: Place, login: Login) -> io::Result<Arc<Self>> {
        let whole = place == Place::Guest || root != Path::new("/");
        let root = Root::new(std::fs::File::open(root)?.into(), workspace);
        if let Ok(workspace) = root.open(Path::new(workspace), OFlag::O_RDONLY | OFlag::O_DIRECTORY) {
            // What cannot be undone now keeps its staging until the next start; that is no reason not to serve.
            let _ = pyro_tree::recover(&workspace);
        }
        Ok(Arc::new(Self {
            place,
            root,
            whole,
            login,
            children: Children::default(),
            execs: Execs::default(),
            network: Network::default(),
            frozen: AtomicBool::new(false),
            writing: Mutex::default(),
            ending: watch::Sender::new(None),
            ended: watch::Sender::new(false),
        }))
    }

    /// Waits until nobody else is about to change names. Only from threads that may block.
    pub(crate) fn write_turn(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Stops once a shutdown is asked for; answers the grace it allowed. To be waited for beside the sessions: commands
    /// have last words.
    pub(crate) async fn stopped_when_asked(&self) -> Duration {
        let grace = self.ending().await;
        self.stop(grace).await;
        grace
    }

    /// Ends every command and, once their ends are told, every session.
    pub async fn stop(&self, grace: Duration) {
        self.execs.kill_all(grace).await;
        tokio::time::sleep(FAREWELL).await;
        self.ended.send_replace(true);
    }

    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        let _ = ended.wait_for(|over| *over).await;
    }
}
