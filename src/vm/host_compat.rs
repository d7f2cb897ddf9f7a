//! No machine at all: the guest agent as a child process on the host, in a mount namespace where its tree is /workspace.
//! Only ever used where the caller allowed it and no VM can be had.

use std::{
    fs::File,
    io::{self, Read},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use nix::{sys::signal::Signal, unistd::Pid};
use tokio::{
    process::Child,
    sync::{mpsc, watch},
    time::timeout,
};

use super::{Backend, ByteFuture, Death, ExecutionMode, Machine, VmSpec, death::Exit};
use crate::{failure::Failure, host::write, link::ByteStream, redact::Redactor, sys};

/// TERM and KILL for its commands, and some.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Runs the agent found at `agent`.
#[derive(Clone, Debug)]
pub struct HostCompat {
    pub agent: PathBuf,
}

struct HostMachine {
    /// Taken by the first `connect`: a socket pair lives once.
    stream: Mutex<Option<UnixStream>>,
    kill: mpsc::Sender<()>,
    ended: watch::Receiver<Option<Death>>,
}

impl Backend for HostCompat {
    fn mode(&self) -> ExecutionMode {
        ExecutionMode::HostCompat
    }

    fn launch<'a>(
        &'a self,
        spec: &'a VmSpec,
        _redactor: &'a Redactor,
    ) -> ByteFuture<'a, Result<Box<dyn Machine>, Failure>> {
        Box::pin(async move { Ok(Box::new(self.start(spec)?) as Box<dyn Machine>) })
    }
}

impl HostCompat {
    fn start(&self, spec: &VmSpec) -> Result<HostMachine, Failure> {
        let prepare = |error: io::Error| Failure::io("prepare the host tree", &error);
        let tree = spec.dir.join("workspace");
        write::private_dir(&tree).map_err(prepare)?;
        let (ours, agents) = UnixStream::pair().map_err(prepare)?;
        let log = spec.dir.join("console.log");
        let mut command = std::process::Command::new(&self.agent);
        command.arg("host").arg("--socket-fd").arg(agents.as_raw_fd().to_string()).arg("--workspace").arg(&tree);
        // The server's environment may hold credentials: only what a login needs goes in.
        command
            .env_clear()
            .envs(["PATH", "HOME", "USER", "LANG"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).map_err(prepare)?);
        sys::confine(&mut command, vec![agents.as_raw_fd()]);
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::io("start the guest agent on the host", &error))?;
        drop(agents);
        let (kill, mut killed) = mpsc::channel(1);
        let (told, ended) = watch::channel(None);
        tokio::spawn(async move {
            let status = tokio::select! {
                status = child.wait() => status,
                _ = killed.recv() => end(&mut child).await,
            };
            let mut words = String::new();
            let _ = File::open(&log).and_then(|log| log.take(16 * 1024).read_to_string(&mut words));
            let _ = told.send(Some(Death::judge(status.map_or(Exit::Code(-1), Exit::of), "", &words)));
        });
        Ok(HostMachine { stream: Mutex::new(Some(ours)), kill, ended })
    }
}

/// The agent ends every process it started, but only if it is told and not killed.
async fn end(child: &mut Child) -> io::Result<ExitStatus> {
    if let Some(pid) = child.id() {
        let _ = nix::sys::signal::kill(Pid::from_raw(pid as i32), Signal::SIGTERM);
    }
    if let Ok(status) = timeout(ENDS_WITHIN, child.wait()).await {
        return status;
    }
    let _ = child.start_kill();
    child.wait().await
}

impl Machine for HostMachine {
    fn connect(&self) -> ByteFuture<'_, io::Result<ByteStream>> {
        Box::pin(async move {
            let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
            let stream = stream.ok_or(io::ErrorKind::NotConnected)?;
            stream.set_nonblocking(true)?;
            Ok(Box::new(tokio::net::UnixStream::from_std(stream)?) as ByteStream)
        })
    }

    fn ended(&self) -> ByteFuture<'_, Death> {
        let mut ended = self.ended.clone();
        Box::pin(async move {
            let death = ended.wait_for(Option::is_some).await.ok().and_then(|death| death.clone());
            death.unwrap_or_else(|| Death::new(super::death::Cause::VmmFailed, "the agent's end was not seen"))
        })
    }

    fn kill(&self) {
        let _ = self.kill.try_send(());
    }
}
