//! The real agent in a temporary directory, at the other end of a pipe in memory: the code that runs in a guest.

mod commands;
mod contained;
mod files;
mod hostile;
mod network;
mod pieces;
mod probes;
mod sessions;
mod terminals;
mod trees;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use pyro_guest::{Agent, Login, Place};
use pyro_protocol::{
    exec::{ExecEnded, ExecRequest},
    frame::{Event, Stream},
};
use tempfile::TempDir;

use super::{ExecStream, Link, LinkError};

/// Bytes in flight in each direction.
const PIPE_BYTES: usize = 64 * 1024;
const DEADLINE: Duration = Duration::from_secs(20);

struct Guest {
    root: TempDir,
    agent: Arc<Agent>,
    link: Link,
}

impl Guest {
    async fn start() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("workspace")).unwrap();
        let path = std::env::var("PATH").unwrap();
        let login = Login::given(BTreeMap::from([("PATH".into(), path), ("LANG".into(), "C.UTF-8".into())]));
        let agent = Agent::new(root.path(), "/workspace", Place::Host, login).unwrap();
        let link = connect(agent.clone()).await;
        Self { root, agent, link }
    }

    fn workspace(&self, path: &str) -> PathBuf {
        self.root.path().join("workspace").join(path)
    }

    async fn run(&self, command: &str) -> Ran {
        finish(self.link.exec(&request(command)).await.unwrap()).await
    }
}

async fn connect(agent: Arc<Agent>) -> Link {
    let (host, guest) = tokio::io::duplex(PIPE_BYTES);
    tokio::spawn(pyro_guest::serve_sessions(guest, agent));
    Link::open_guest(Box::new(host), DEADLINE).await.unwrap()
}

fn request(command: &str) -> ExecRequest {
    ExecRequest { command: command.into(), ..ExecRequest::default() }
}

/// What a command left behind.
#[derive(Debug, PartialEq)]
struct Ran {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    ended: ExecEnded,
}

async fn finish(mut events: ExecStream) -> Ran {
    let mut outputs = [Vec::new(), Vec::new()];
    let mut ended = None;
    while let Some(event) = events.next().await.unwrap() {
        match event {
            Event::Started(_) => {}
            Event::Output { stream, bytes, .. } => outputs[stream as usize].extend_from_slice(&bytes),
            Event::Ended(facts) => ended = Some(ExecEnded { duration_ms: 0, ..facts }),
            Event::HandedBack => panic!("an agent hands nothing back"),
        }
    }
    let [stdout, stderr] = outputs;
    Ran { stdout, stderr, ended: ended.unwrap() }
}

/// Reads up to the first output and answers the command's number with it.
async fn first_output(events: &mut ExecStream) -> (u64, Stream, Vec<u8>) {
    let mut number = 0;
    loop {
        match events.next().await.unwrap().unwrap() {
            Event::Started(started) => number = started.exec,
            Event::Output { stream, bytes, .. } => return (number, stream, bytes.into()),
            other => panic!("no output: {other:?}"),
        }
    }
}

/// Whether the process runs; one that nobody has reaped does not.
fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}
