//! Starting a supervisor, detached from its starter.

use std::{
    io,
    os::unix::net::UnixStream as StdStream,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::UnixStream,
    process::Command,
    sync::oneshot,
};

use super::{
    drive::{self, Tethered},
    wire::{self, Launch, Report},
};
use crate::{
    failure::{Code, Failure},
    host::{self, detached, lock, socket},
    vm::Backend,
};

/// How supervisors come to be.
#[derive(Clone)]
pub enum Spawner {
    /// A process of its own, from this `pyro` binary or, without one, from the one that is installed.
    Detached { pyro: Option<PathBuf> },
    /// A task in this process: for tests of everything above.
    InProcess(Arc<dyn Backend>),
}

/// Holds a tethered machine: dropping it ends and deletes the machine, whatever becomes of us.
pub struct Tether {
    held: Held,
}

impl Tether {
    /// Lets go: the machine stands by itself from here on.
    pub async fn keep(self) -> io::Result<()> {
        match self.held {
            Held::Stream { mut writer } => {
                writer.write_all(&[wire::KEEP]).await?;
                writer.flush().await
            }
            Held::Task { sender } => sender.send(()).map_err(|()| io::ErrorKind::BrokenPipe.into()),
        }
    }
}

enum Held {
    Stream { writer: Box<dyn AsyncWrite + Send + Sync + Unpin> },
    Task { sender: oneshot::Sender<()> },
}

/// A machine whose agent answers.
pub struct Started {
    /// For machines launched with `tethered`.
    pub tether: Option<Tether>,
}

impl Spawner {
    /// Starts a supervisor and waits until the agent answers. `locked` is called as soon as the machine counts as
    /// running. When this future is dropped, a tethered machine ends; another one goes on booting.
    /// With a `spare`, that one becomes it.
    pub async fn start(
        &self,
        launch: Launch,
        spare: Option<StdStream>,
        locked: impl FnOnce() + Send,
    ) -> Result<Started, Failure> {
        if let Some(spare) = spare {
            return taken(spare, launch, locked).await;
        }
        match self {
            Self::Detached { pyro: Some(pyro) } => on_its_own(pyro, launch, locked).await,
            Self::Detached { pyro: None } => on_its_own(&host::binary("pyro")?, launch, locked).await,
            Self::InProcess(backend) => in_process(Arc::clone(backend), launch, locked).await,
        }
    }
}

async fn on_its_own(pyro: &Path, launch: Launch, locked: impl FnOnce() + Send) -> Result<Started, Failure> {
    let start = |error: io::Error| Failure::io("start the supervisor", &error);
    let log = launch.spec.dir.join("supervisor.log");
    let command = detached::command(pyro, &["supervise", &launch.spec.name], &log).map_err(start)?;
    let mut child = Command::from(command).spawn().map_err(start)?;
    let gone =
        || Failure::internal("the supervisor ended without a word").hint("call again; `pyro doctor` checks the host");
    let writer = child.stdin.take().ok_or_else(gone)?;
    let reader = child.stdout.take().ok_or_else(gone)?;
    let told = hear(launch, reader, writer, locked).await;
    if !matches!(told, Ok(Some(_))) {
        // Its end frees what it held.
        let _ = child.wait().await;
    }
    told?.ok_or_else(gone)
}

/// Gives a machine that runs already its name.
async fn taken(spare: StdStream, launch: Launch, locked: impl FnOnce() + Send) -> Result<Started, Failure> {
    let stream = spare.set_nonblocking(true).and_then(|()| UnixStream::from_std(spare));
    let (reader, writer) = stream.map_err(|error| Failure::io("take a spare machine", &error))?.into_split();
    hear(launch, reader, writer, locked).await?.ok_or_else(|| Failure::unavailable("a spare machine has just ended"))
}

/// Tells a supervisor its launch order and hears its reports; `None` where it ends without a word.
async fn hear(
    launch: Launch,
    reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Send + Sync + Unpin + 'static,
    locked: impl FnOnce() + Send,
) -> Result<Option<Started>, Failure> {
    let start = |error: io::Error| Failure::io("start the supervisor", &error);
    let mut order = serde_json::to_vec(&launch).map_err(|error| Failure::internal(error.to_string()))?;
    order.push(b'\n');
    writer.write_all(&order).await.map_err(start)?;
    let tether = launch.tethered.then(|| Tether { held: Held::Stream { writer: Box::new(writer) } });
    let mut lines = BufReader::new(reader).lines();
    let mut locked = Some(locked);
    while let Some(line) = lines.next_line().await.map_err(start)? {
        match serde_json::from_str(&line) {
            Ok(Report::Locked) => {
                if let Some(locked) = locked.take() {
                    locked();
                }
            }
            Ok(Report::Ready) => return Ok(Some(Started { tether })),
            Ok(Report::Failed(failure)) => return Err(failure),
            Err(error) => return Err(Failure::internal(format!("the supervisor speaks nonsense: {error}"))),
        }
    }
    Ok(None)
}

async fn in_process(
    backend: Arc<dyn Backend>,
    launch: Launch,
    locked: impl FnOnce() + Send,
) -> Result<Started, Failure> {
    let held = lock::try_hold(&launch.spec.dir.join(wire::LOCK))
        .map_err(|error| Failure::io("lock the machine's directory", &error))?
        .ok_or_else(|| Failure::conflict(format!("{} is already running", launch.spec.name)))?;
    let listener = socket::bind(&launch.spec.dir, socket::SUPERVISOR)
        .map_err(|error| Failure::io("listen on the supervisor's socket", &error))?;
    locked();
    let (told, report) = oneshot::channel();
    let (sender, dropped) = oneshot::channel::<()>();
    let tethered = launch.tethered;
    tokio::spawn(async move {
        let tether = async {
            let told = dropped.await;
            if !tethered {
                std::future::pending::<()>().await;
            }
            told.map_or(Tethered::Gone, |()| Tethered::Kept)
        };
        drive::drive(launch, listener, backend, None, tether, |report| {
            let _ = told.send(report);
        })
        .await;
        drop(held);
    });
    match report.await {
        Ok(Report::Ready) => Ok(Started { tether: tethered.then_some(Tether { held: Held::Task { sender } }) }),
        Ok(Report::Failed(failure)) => Err(failure),
        Ok(Report::Locked) | Err(_) => Err(Failure::new(Code::Internal, "the supervisor ended without a word")),
    }
}
