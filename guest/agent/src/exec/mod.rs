//! Commands: started, watched, and kept after their end until forgotten.

mod ending;
mod output;
mod pump;
pub(crate) mod routes;
mod stdin;

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ENDED_KEPT, ExecStarted, RUNNING_MAX, Stdin},
    frame::Stream,
};
use tokio::{
    net::unix::pipe,
    sync::{Notify, oneshot, watch},
};

use crate::{Agent, login::Environment, sys};
use ending::Watched;
use output::Output;

/// What to run.
pub(crate) struct Spec {
    /// Arguments of `/bin/sh`.
    pub(crate) argv: Vec<OsString>,
    pub(crate) environment: Environment,
    /// The agent's own when absent.
    pub(crate) cwd: Option<OwnedFd>,
    pub(crate) stdin: Stdin,
    pub(crate) timeout: Option<Duration>,
}

/// One command, running or ended.
#[derive(Debug)]
pub(crate) struct Exec {
    pub(crate) started: ExecStarted,
    pub(crate) output: Arc<Output>,
    /// The writing end of standard input, while nobody is writing to it and it is open.
    stdin: Mutex<Option<pipe::Sender>>,
    cancel: Notify,
    /// False once the process group's number may belong to others.
    group_alive: Mutex<bool>,
    /// A client sent KILL, so it was not the kernel.
    killed: AtomicBool,
}

impl Exec {
    /// Starts a command and everything that watches over it.
    pub(crate) fn spawn(agent: &Agent, spec: Spec, number: u64) -> io::Result<Arc<Self>> {
        let (stdout, stdout_write) = pump::output_pipe()?;
        let (stderr, stderr_write) = pump::output_pipe()?;
        let mut command = Command::new("/bin/sh");
        command.args(spec.argv).env_clear().envs(spec.environment).stdout(stdout_write).stderr(stderr_write);
        let stdin = match spec.stdin {
            Stdin::Null => {
                command.stdin(Stdio::null());
                None
            }
            Stdin::Stream => {
                let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
                command.stdin(read);
                Some(pipe::Sender::from_owned_fd(write)?)
            }
        };
        sys::lead_session(&mut command, spec.cwd);
        let oom_kills = ending::oom_kills();
        let spawned_at = Instant::now();
        let child = agent.children.spawn(&mut command)?;
        // The command holds the pipes' other ends: while it does, they must not stay open here.
        drop(command);

        let pid = child.pid.as_raw();
        let exec = Arc::new(Self {
            started: ExecStarted { exec: number, pid: pid as u32, pgid: pid as u32 },
            output: Arc::new(Output::new()),
            stdin: Mutex::new(stdin),
            cancel: Notify::new(),
            group_alive: Mutex::new(true),
            killed: AtomicBool::new(false),
        });
        let (exited, exited_seen) = watch::channel(false);
        let settled = [(stdout, Stream::Stdout), (stderr, Stream::Stderr)].map(|(pipe, stream)| {
            let (tell, settled) = oneshot::channel();
            tokio::spawn(pump::pump(pipe, stream, exec.output.clone(), exited_seen.clone(), tell));
            settled
        });
        let workspace = agent.root.workspace().ok();
        let watched = Watched {
            child,
            exited,
            settled,
            timeout: spec.timeout,
            spawned_at,
            oom_kills,
            workspace,
            place: agent.place,
        };
        tokio::spawn(ending::watch_over(exec.clone(), watched));
        Ok(exec)
    }

    /// Signals the process group; false when it is over.
    fn signal(&self, signal: Signal) -> Result<bool, Errno> {
        let alive = self.group_alive();
        if !*alive {
            return Ok(false);
        }
        self.killed.fetch_or(signal == Signal::SIGKILL, Ordering::Relaxed);
        killpg(Pid::from_raw(self.started.pgid as i32), signal).map(|()| true)
    }

    fn group_alive(&self) -> MutexGuard<'_, bool> {
        self.group_alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The commands of this boot that are not forgotten.
#[derive(Debug, Default)]
pub(crate) struct Execs {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    execs: BTreeMap<u64, Arc<Exec>>,
    /// Ended ones, oldest end first.
    ended: VecDeque<u64>,
}

impl Execs {
    fn table(&self) -> MutexGuard<'_, Table> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let table_now = &mut *table;
        for (number, exec) in &table_now.execs {
            if exec.output.is_over() && !table_now.ended.contains(number) {
                table_now.ended.push_back(*number);
            }
        }
        while table.ended.len() > ENDED_KEPT {
            if let Some(oldest) = table.ended.pop_front() {
                table.execs.remove(&oldest);
            }
        }
        table
    }

    /// Commands running now.
    pub(crate) fn running(&self) -> usize {
        let table = self.table();
        table.execs.len() - table.ended.len()
    }

    /// Starts a command under the next number, unless too many run.
    fn start(&self, agent: &Agent, spec: Spec) -> Result<Arc<Exec>, GuestError> {
        let mut table = self.table();
        if table.execs.len() - table.ended.len() >= RUNNING_MAX {
            let message = format!("{RUNNING_MAX} commands are running, which is the most");
            return Err(GuestError::new(GuestErrorCode::Limit, message));
        }
        let number = table.last + 1;
        let exec = Exec::spawn(agent, spec, number).map_err(|error| refused(&error))?;
        table.last = number;
        table.execs.insert(number, exec.clone());
        Ok(exec)
    }

    fn get(&self, number: u64) -> Result<Arc<Exec>, GuestError> {
        let missing = || GuestError::new(GuestErrorCode::Missing, format!("no command has the number {number}"));
        self.table().execs.get(&number).cloned().ok_or_else(missing)
    }

    fn forget(&self, number: u64) -> Result<(), GuestError> {
        let mut table = self.table();
        match table.execs.get(&number) {
            Some(exec) if !exec.output.is_over() => {
                Err(GuestError::new(GuestErrorCode::Conflict, format!("command {number} is still running")))
            }
            _ => {
                table.execs.remove(&number);
                table.ended.retain(|ended| *ended != number);
                Ok(())
            }
        }
    }

    /// Cancels every running command and waits until all are over, at most as long as `grace` allows.
    pub(crate) async fn kill_all(&self, grace: Duration) {
        let running: Vec<Arc<Exec>> =
            self.table().execs.values().filter(|exec| !exec.output.is_over()).cloned().collect();
        for exec in &running {
            exec.cancel.notify_one();
        }
        let all_over = async {
            for exec in &running {
                exec.output.ended().await;
            }
        };
        if tokio::time::timeout(grace, all_over).await.is_err() {
            for exec in &running {
                let _ = exec.signal(Signal::SIGKILL);
            }
        }
    }
}

fn refused(error: &io::Error) -> GuestError {
    let code = match error.raw_os_error().map(Errno::from_raw) {
        // The directory to run in was opened before, so it is the shell that a command has deleted or broken.
        Some(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EACCES | Errno::ENOEXEC) => {
            let message = format!("command cannot be started: /bin/sh, or what it needs, is gone or broken: {error}");
            return GuestError::new(GuestErrorCode::Conflict, message);
        }
        Some(Errno::E2BIG) => GuestErrorCode::Invalid,
        Some(Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE) => GuestErrorCode::Limit,
        _ if error.kind() == io::ErrorKind::InvalidInput => GuestErrorCode::Invalid,
        _ => GuestErrorCode::Internal,
    };
    GuestError::new(code, format!("command cannot be started: {error}"))
}
