//! One shell: a command on a terminal, and what it wrote.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ExecEnded, ExecRequest, Signaled, TerminalSize, Typed},
    frame::Event,
    network::Denied,
    ring::Ring,
};
use tokio::sync::{oneshot, watch};

use super::{
    Seat,
    wire::{OpenShell, ShellEnded, ShellFacts},
};
use crate::{
    host::now_ms,
    ids::ShellId,
    limits,
    link::{Link, LinkError},
    supervisor::{
        drive::Shared,
        follow::Followed,
        guest::{self, Guest},
        surroundings::Surroundings,
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
    /// Connections that were refused to its programs, each with how much they had written until then.
    denied: VecDeque<(u64, Denied)>,
    ended: Option<ShellEnded>,
}

impl Shell {
    /// Runs one to its end; `opened` is told of it. Where nobody hears that any more, it is ended.
    pub(super) async fn run(
        open: OpenShell,
        shared: Shared,
        seat: Seat,
        opened: oneshot::Sender<Result<ShellFacts, GuestError>>,
    ) {
        let Shared { guest, shells, surroundings, .. } = shared;
        let begun = Self::begin(open, guest, &surroundings).await;
        let (shell, mut command, first) = match begun {
            Ok(begun) => begun,
            Err(refusal) => return drop(opened.send(Err(refusal))),
        };
        shells.add(shell.clone());
        if opened.send(Ok(shell.facts())).is_err() {
            shells.remove(&shell);
            command.end(CLOSE_GRACE + CLOSED, |_| {}).await;
            return;
        }
        tokio::spawn(answer(shell.clone()));
        follow(shell, command, first, seat, &surroundings).await;
    }

    async fn begin(
        open: OpenShell,
        guest: watch::Receiver<Guest>,
        surroundings: &Surroundings,
    ) -> Result<(Arc<Self>, Followed, Event), GuestError> {
        let id = ShellId::random().map_err(|failure| GuestError::new(GuestErrorCode::Internal, failure.message))?;
        let cwd = surroundings.redactor.text(open.cwd.as_deref().unwrap_or("/workspace")).into_owned();
        let mut request = ExecRequest {
            command: COMMAND.to_owned(),
            cwd: open.cwd,
            terminal: Some(open.size),
            grace_ms: Some(CLOSE_GRACE.as_millis() as u64),
            ..ExecRequest::default()
        };
        surroundings.dress(&mut request, &open.secret_env)?;
        let mut command = Followed::start(guest.clone(), &request, &surroundings.redactor).await?;
        let first = command.next().await;
        let terminal = Terminal::new(open.size.cols, open.size.rows);
        let shell = Arc::new(Self {
            id,
            started_at_ms: now_ms(),
            cwd,
            exec: command.exec().unwrap_or(0),
            guest,
            state: Mutex::new(State {
                raw: Ring::new(limits::SHELL_KEPT_BYTES),
                terminal,
                denied: VecDeque::new(),
                ended: None,
            }),
            grown: watch::Sender::new(()),
            attached: AtomicU32::new(0),
        });
        Ok((shell, command, first))
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

    /// Notes a refusal, where it was one of this shell's programs that met it.
    pub(super) fn denied(&self, exec: u64, denied: &Denied) {
        if exec == self.exec {
            let mut state = self.state();
            let written = state.raw.end();
            state.denied.push_back((written, denied.clone()));
            while state.denied.len() > limits::DENIED_TOLD {
                state.denied.pop_front();
            }
        }
    }

    /// What was refused from a place on.
    pub(super) fn denied_since(&self, cursor: u64) -> Vec<Denied> {
        self.state().denied.iter().filter(|(written, _)| *written >= cursor).map(|(_, denied)| denied.clone()).collect()
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

    fn take(&self, offset: u64, bytes: &[u8]) {
        let mut state = self.state();
        if offset > state.raw.end() {
            // The link was away for longer than the guest could keep all.
            state.raw.skip_to(offset);
            state.terminal.skip_to(offset);
        }
        state.raw.push(bytes);
        state.terminal.feed(bytes);
        drop(state);
        self.grown.send_replace(());
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

async fn follow(shell: Arc<Shell>, mut command: Followed, first: Event, seat: Seat, surroundings: &Surroundings) {
    let mut event = first;
    let ended = loop {
        match event {
            Event::Output { offset, bytes, .. } => shell.take(offset, &bytes),
            Event::Ended(ended) => break ended,
            Event::Started(_) | Event::HandedBack => {}
        }
        event = command.next().await;
    };
    // Whoever is told of the end can open another.
    drop(seat);
    shell.end(ended);
    // It has its own list of them.
    surroundings.network.denials.take(shell.exec);
    command.forget().await;
}

/// Types what a terminal answers, one answer at a time: a program may ask for ever and read nothing.
async fn answer(shell: Arc<Shell>) {
    let mut grown = shell.grown();
    while !shell.is_over() && grown.changed().await.is_ok() {
        let replies = shell.state().terminal.take_replies();
        if !replies.is_empty() && shell.attached.load(Ordering::Relaxed) == 0 {
            // A program that does not wait for the answer is no error, nor is one that left.
            let _ = shell.write(replies.into()).await;
        }
    }
}
