//! One shell: a command on a terminal, and what it wrote.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{
    exec::{ExecEnded, ExecRequest, Signaled, TerminalSize, Typed},
    frame::Event,
    ring::Ring,
};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::wire::{OpenShell, ShellEnded, ShellFacts};
use crate::{
    ids::ShellId,
    limits,
    link::{Link, LinkError},
    supervisor::{
        follow::{Followed, StartError},
        guest::{self, Guest},
    },
    terminal::Terminal,
};

/// What a shell runs: without start files, so that every shell begins alike, and without leaving a history file behind.
const COMMAND: &str = r"export HISTFILE=
command -v bash >/dev/null && PS1='\w $ ' exec bash --noprofile --norc -i
PS1='$ ' exec sh -i";

/// How long a shell that is closed may take to heed the hang-up.
const CLOSE_GRACE: Duration = Duration::from_secs(2);
/// After that, how long until its end must have been heard of.
const CLOSED: Duration = Duration::from_secs(3);

pub(super) struct Shell {
    pub(super) id: ShellId,
    pub(super) started_at_ms: i64,
    cwd: String,
    /// Its number at the agent.
    exec: u64,
    guest: watch::Receiver<Guest>,
    state: Mutex<State>,
    /// Told when it wrote something or ended.
    grown: watch::Sender<()>,
    /// People at their own terminals, which answer what programs ask of a terminal.
    attached: AtomicU32,
}

pub(super) struct State {
    pub(super) raw: Ring,
    pub(super) terminal: Terminal,
    ended: Option<ShellEnded>,
}

impl Shell {
    /// Starts one and everything that listens to it.
    pub(super) async fn open(
        open: OpenShell,
        id: ShellId,
        guest: watch::Receiver<Guest>,
        tasks: &TaskTracker,
    ) -> Result<Arc<Self>, StartError> {
        let cwd = open.cwd.clone().unwrap_or_else(|| "/workspace".to_owned());
        let request = ExecRequest {
            command: COMMAND.to_owned(),
            cwd: open.cwd,
            env: open.env,
            terminal: Some(open.size),
            grace_ms: Some(CLOSE_GRACE.as_millis() as u64),
            ..ExecRequest::default()
        };
        let mut command = Followed::start(guest.clone(), &request).await?;
        let first = command.next().await;
        let terminal = Terminal::new(open.size.cols, open.size.rows);
        let shell = Arc::new(Self {
            id,
            started_at_ms: now_ms(),
            cwd,
            exec: command.exec().unwrap_or(0),
            guest,
            state: Mutex::new(State { raw: Ring::new(limits::SHELL_KEPT_BYTES), terminal, ended: None }),
            grown: watch::Sender::new(()),
            attached: AtomicU32::new(0),
        });
        let follow = follow(shell.clone(), command, first);
        tasks.spawn(follow);
        Ok(shell)
    }

    pub(super) fn facts(&self) -> ShellFacts {
        let state = self.state();
        let (cols, rows) = state.terminal.size();
        ShellFacts {
            shell_id: self.id.clone(),
            cwd: self.cwd.clone(),
            size: TerminalSize { cols, rows },
            started_at_ms: self.started_at_ms,
            written: state.raw.end(),
            ended: state.ended.clone(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().ended.is_some()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn grown(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    /// Types exactly these bytes.
    pub(super) async fn write(&self, input: Bytes) -> Result<Typed, LinkError> {
        self.link().await?.exec_type(self.exec, stream::iter([Ok(input)])).await
    }

    pub(super) async fn resize(&self, size: TerminalSize) -> Result<(), LinkError> {
        self.link().await?.exec_resize(self.exec, size).await?;
        self.state().terminal.resize(size.cols, size.rows);
        Ok(())
    }

    pub(super) async fn signal(&self, signal: i32) -> Result<Signaled, LinkError> {
        self.link().await?.exec_signal(self.exec, signal).await
    }

    /// Hangs up; answers when all that ran on the terminal is gone.
    pub(super) async fn close(&self) {
        let mut grown = self.grown();
        let gone = async {
            // A machine that ended has taken it along.
            if let Ok(link) = self.link().await {
                let _ = link.exec_cancel(self.exec).await;
            }
            while !self.is_over() && grown.changed().await.is_ok() {}
        };
        let _ = tokio::time::timeout(CLOSE_GRACE + CLOSED, gone).await;
    }

    /// Counts a person in, until the answer is dropped.
    pub(super) fn attached(self: &Arc<Self>) -> Attached {
        self.attached.fetch_add(1, Ordering::Relaxed);
        Attached { shell: self.clone() }
    }

    async fn link(&self) -> Result<Link, LinkError> {
        let found = guest::link(&mut self.guest.clone(), 0).await;
        found.map(|(_, link)| link).map_err(|_| LinkError::Lost)
    }

    /// Takes what it wrote; answers what a terminal says to that.
    fn take(&self, offset: u64, bytes: &[u8]) -> Vec<u8> {
        let mut state = self.state();
        if offset > state.raw.end() {
            // The link was away for longer than the guest could keep all.
            state.raw.skip_to(offset);
            state.terminal.skip_to(offset);
        }
        state.raw.push(bytes);
        state.terminal.feed(bytes);
        state.terminal.take_replies()
    }

    fn end(&self, exec: ExecEnded) {
        self.state().ended = Some(ShellEnded { exec, at_ms: now_ms() });
        self.grown.send_replace(());
    }
}

/// A person at a terminal.
pub(super) struct Attached {
    pub(super) shell: Arc<Shell>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.shell.attached.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn follow(shell: Arc<Shell>, mut command: Followed, first: Event) {
    let mut event = first;
    loop {
        match event {
            Event::Output { offset, bytes, .. } => {
                let replies = shell.take(offset, &bytes);
                shell.grown.send_replace(());
                if !replies.is_empty() && shell.attached.load(Ordering::Relaxed) == 0 {
                    let shell = shell.clone();
                    // A program that does not wait for the answer is no error, nor is one that left.
                    tokio::spawn(async move { drop(shell.write(replies.into()).await) });
                }
            }
            Event::Ended(ended) => {
                shell.end(ended);
                return command.forget().await;
            }
            Event::Started(_) | Event::HandedBack => {}
        }
        event = command.next().await;
    }
}

fn now_ms() -> i64 {
    (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}
