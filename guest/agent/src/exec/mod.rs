//! Commands: started, watched, and kept after their end until forgotten.

mod cgroup;
mod ending;
mod members;
mod output;
mod owner;
mod pump;
pub(crate) mod routes;
mod spec;
mod stdin;
mod streams;
mod table;
mod terminal;

use std::{
    io,
    process::Command,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use pyro_protocol::{GuestError, GuestErrorCode, exec::ExecStarted};
use tokio::{
    net::unix::pipe,
    sync::{Notify, oneshot, watch},
};

use crate::{Agent, sys};
use ending::Watched;
use members::Members;
use output::Output;
use streams::Streams;
use terminal::Terminal;

pub(crate) use {spec::Spec, table::Execs};

/// One command, running or ended.
#[derive(Debug)]
pub(crate) struct Exec {
    pub(crate) started: ExecStarted,
    pub(crate) output: Arc<Output>,
    /// The writing end of standard input, while nobody is writing to it and it is open.
    stdin: Mutex<Option<pipe::Sender>>,
    /// Its terminal, where it has one that is not hung up.
    terminal: Mutex<Option<Arc<Terminal>>>,
    /// Its processes, until the leader's number may belong to others.
    members: Mutex<Option<Arc<Members>>>,
    cancel: Notify,
    /// True once nothing more is awaited from its pipes or its terminal.
    cut: watch::Sender<bool>,
    /// A client sent KILL, so it was not the kernel.
    killed: AtomicBool,
}

impl Exec {
    /// Starts a command and everything that watches over it.
    pub(crate) fn spawn(agent: &Agent, spec: Spec, number: u64) -> io::Result<Arc<Self>> {
        let mut command = Command::new("/bin/sh");
        let Streams { stdin, terminal, outputs } = Streams::open(spec.terminal, spec.stdin, &mut command)?;
        let members = Arc::new(Members::of(&spec, agent.place, number));
        sys::lead_session(&mut command, spec.cwd, terminal.is_some(), members.entrance()?);
        command.args(spec.argv).env_clear().envs(spec.environment);
        let oom_kills = ending::oom_kills();
        let spawned_at = Instant::now();
        let child = agent.children.spawn(&mut command)?;
        // The command holds the pipes' other ends: while it does, they must not stay open here.
        drop(command);

        let pid = child.pid.as_raw();
        let polite = if terminal.is_some() && !spec.contained { Signal::SIGHUP } else { Signal::SIGTERM };
        let exec = Arc::new(Self {
            started: ExecStarted { exec: number, pid: pid as u32, pgid: pid as u32 },
            output: Arc::new(Output::new()),
            stdin: Mutex::new(stdin),
            members: Mutex::new(Some(members.clone())),
            terminal: Mutex::new(terminal),
            cancel: Notify::new(),
            cut: watch::Sender::new(false),
            killed: AtomicBool::new(false),
        });
        let settled = outputs.into_iter().map(|(source, stream)| {
            let (tell, settled) = oneshot::channel();
            tokio::spawn(pump::pump(source, stream, exec.output.clone(), exec.cut.subscribe(), tell));
            settled
        });
        let watched = Watched {
            child,
            members,
            settled: settled.collect(),
            contained: spec.contained,
            polite,
            grace: spec.grace,
            timeout: spec.timeout,
            spawned_at,
            oom_kills,
            workspace: agent.root.workspace().ok(),
            place: agent.place,
        };
        tokio::spawn(ending::watch_over(exec.clone(), watched));
        Ok(exec)
    }

    fn leader(&self) -> Pid {
        Pid::from_raw(self.started.pid as i32)
    }

    /// Has its processes ended; one that is over does not mind.
    pub(crate) fn cancel(&self) {
        self.cancel.notify_one();
    }

    /// Signals the process group, on a terminal the one in its foreground; answers which, and nothing when it is over.
    fn signal(&self, signal: Signal) -> Result<Option<Pid>, Errno> {
        let members = self.members();
        if members.is_none() {
            return Ok(None);
        }
        self.killed.fetch_or(signal == Signal::SIGKILL, Ordering::Relaxed);
        let foreground = self.terminal_now().and_then(|terminal| terminal.foreground());
        // A job may have ended since; then the shell is about to be in the foreground.
        if let Some(group) = foreground
            && killpg(group, signal).is_ok()
        {
            return Ok(Some(group));
        }
        killpg(self.leader(), signal).map(|()| Some(self.leader()))
    }

    /// Kills all of its processes now, without waiting.
    fn kill(&self) {
        if let Some(members) = &*self.members() {
            members.signal(self.leader(), Signal::SIGKILL);
        }
    }

    fn terminal(&self) -> Result<Arc<Terminal>, GuestError> {
        let refused = || {
            let message = format!("command {} is over, or has no terminal", self.started.exec);
            GuestError::new(GuestErrorCode::Conflict, message)
        };
        self.terminal_now().ok_or_else(refused)
    }

    /// Takes what its pipes or terminal hold, and lets go of them. To the programs on a terminal this is the hang-up.
    fn cut(&self) {
        self.cut.send_replace(true);
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn terminal_now(&self) -> Option<Arc<Terminal>> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn members(&self) -> MutexGuard<'_, Option<Arc<Members>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
