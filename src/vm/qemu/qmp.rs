//! QEMU's monitor: JSON, a line each way, and descriptors beside it.

use std::{
    io::{self, IoSlice},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd},
        unix::net::UnixStream as StdStream,
    },
    sync::Arc,
    time::Duration,
};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::Interest,
    net::UnixStream,
    sync::{Mutex, broadcast, mpsc},
    time::timeout,
};

use crate::failure::Failure;

/// The longest line that is read, bytes.
const LINE_BYTES_MAX: usize = 256 * 1024;
/// Events that wait for whoever listens; older ones are dropped.
const EVENTS_KEPT: usize = 64;
/// It answers within milliseconds; this is for a very busy host.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// As much of a complaint as is told, characters.
const COMPLAINT_CHARS_MAX: usize = 300;

/// One line of the monitor.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Event {
        event: String,
        #[serde(default)]
        data: Value,
    },
    Error {
        error: Complaint,
    },
    Return {
        r#return: Value,
    },
    /// The greeting.
    Other {},
}

#[derive(Debug, Deserialize)]
struct Complaint {
    desc: String,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: Value,
}

/// A monitor that is ready for commands.
#[derive(Debug)]
pub(super) struct Qmp {
    stream: Arc<UnixStream>,
    /// One command at a time, so that its answer is the next one.
    answers: Mutex<mpsc::Receiver<Result<Value, String>>>,
    events: broadcast::WeakSender<Event>,
}

impl Qmp {
    /// Takes up a monitor that nobody has spoken to yet. From now on everything it says is read.
    pub(super) async fn open(stream: StdStream) -> Result<Self, Failure> {
        let failed = |error| Failure::io("open QEMU's monitor", &error);
        stream.set_nonblocking(true).map_err(failed)?;
        let stream = Arc::new(UnixStream::from_std(stream).map_err(failed)?);
        let (told, answers) = mpsc::channel(1);
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        let weak = events.downgrade();
        tokio::spawn(listen(Arc::clone(&stream), told, events));
        let qmp = Self { stream, answers: Mutex::new(answers), events: weak };
        qmp.execute("qmp_capabilities", json!({})).await?;
        Ok(qmp)
    }

    /// What happens from now on; ends with the monitor.
    pub(super) fn events(&self) -> Events {
        Events(self.events.upgrade().map(|events| events.subscribe()))
    }

    pub(super) async fn execute(&self, command: &str, arguments: Value) -> Result<Value, Failure> {
        self.send(command, arguments, None).await
    }

    /// Gives QEMU a descriptor, which it will know by `name`.
    pub(super) async fn pass(&self, name: &str, fd: impl AsFd) -> Result<(), Failure> {
        self.send("getfd", json!({ "fdname": name }), Some(fd.as_fd())).await.map(drop)
    }

    async fn send(&self, command: &str, arguments: Value, fd: Option<BorrowedFd<'_>>) -> Result<Value, Failure> {
        let gone = || Failure::unavailable(format!("QEMU's monitor is gone, asked for {command}"));
        let mut line = json!({ "execute": command, "arguments": arguments }).to_string().into_bytes();
        line.push(b'\n');
        let mut answers = self.answers.lock().await;
        let mut rest = &line[..];
        let mut fd = fd.map(|fd| fd.as_raw_fd());
        while !rest.is_empty() {
            let written = self.stream.async_io(Interest::WRITABLE, || write(&self.stream, rest, fd)).await;
            rest = &rest[written.map_err(|_| gone())?..];
            fd = None;
        }
        match timeout(ANSWERS_WITHIN, answers.recv()).await {
            Ok(Some(Ok(value))) => Ok(value),
            Ok(Some(Err(why))) => Err(Failure::unavailable(format!("QEMU refused {command}: {why}"))),
            Ok(None) => Err(gone()),
            Err(_) => Err(Failure::unavailable(format!("QEMU did not answer {command}"))),
        }
    }
}

/// Events as they come.
pub(super) struct Events(Option<broadcast::Receiver<Event>>);

impl Events {
    /// The next one that `wanted` makes something of; `None` once the monitor is gone.
    pub(super) async fn find<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> Option<T> {
        let events = self.0.as_mut()?;
        loop {
            match events.recv().await {
                Ok(event) => {
                    if let Some(found) = wanted(&event) {
                        return Some(found);
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

fn write(stream: &UnixStream, bytes: &[u8], fd: Option<i32>) -> io::Result<usize> {
    let fds: Vec<i32> = fd.into_iter().collect();
    let message = ControlMessage::ScmRights(&fds);
    let messages = if fds.is_empty() { &[][..] } else { std::slice::from_ref(&message) };
    let flags = MsgFlags::MSG_NOSIGNAL;
    Ok(sendmsg::<()>(stream.as_raw_fd(), &[IoSlice::new(bytes)], messages, flags, None)?)
}

/// Reads for as long as there is something to read. The senders go with it, so whoever waits learns of the end.
async fn listen(
    stream: Arc<UnixStream>,
    answers: mpsc::Sender<Result<Value, String>>,
    events: broadcast::Sender<Event>,
) {
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        if stream.readable().await.is_err() {
            return;
        }
        let read = match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        kept.extend_from_slice(&buffer[..read]);
        while let Some(end) = kept.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = kept.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(Line::Event { event, data }) => drop(events.send(Event { name: event, data })),
                Ok(Line::Return { r#return }) => drop(answers.try_send(Ok(r#return))),
                Ok(Line::Error { error }) => drop(answers.try_send(Err(bounded(&error.desc)))),
                Ok(Line::Other {}) => {}
                Err(_) => return,
            }
        }
        if kept.len() > LINE_BYTES_MAX {
            return;
        }
    }
}

fn bounded(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(COMPLAINT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{BufRead, BufReader, Write},
    };

    use super::*;

    /// A monitor that answers each command with the next of `answers`.
    fn monitor(answers: Vec<&'static str>) -> StdStream {
        let (ours, its) = StdStream::pair().unwrap();
        std::thread::spawn(move || {
            let mut its = its;
            its.write_all(b"{\"QMP\": {\"version\": {}}}\n").unwrap();
            let mut commands = BufReader::new(its.try_clone().unwrap()).lines();
            for answer in answers {
                commands.next().unwrap().unwrap();
                its.write_all(answer.as_bytes()).unwrap();
            }
        });
        ours
    }

    #[tokio::test]
    async fn answers_and_events_come_apart() {
        let event = "{\"event\": \"STOP\", \"data\": {}, \"timestamp\": {}}\n{\"return\": {\"status\": \"ok\"}}\n";
        let qmp = Qmp::open(monitor(vec!["{\"return\": {}}\n", event])).await.unwrap();
        let mut events = qmp.events();
        assert_eq!(qmp.execute("query-status", json!({})).await.unwrap(), json!({ "status": "ok" }));
        assert_eq!(events.find(|event| (event.name == "STOP").then_some(())).await, Some(()));
        assert_eq!(events.find(|_| Some(())).await, None, "the monitor is gone");
        assert!(qmp.execute("cont", json!({})).await.unwrap_err().message.contains("is gone"));
    }

    #[tokio::test]
    async fn a_refusal_is_told_and_a_descriptor_goes_along() {
        let refusal = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\\u001b room\"}}\n";
        let qmp = Qmp::open(monitor(vec!["{\"return\": {}}\n", refusal])).await.unwrap();
        let failure = qmp.pass("x", File::open("/dev/null").unwrap()).await.unwrap_err();
        assert_eq!(failure.message, "QEMU refused getfd: no room");
    }
}
