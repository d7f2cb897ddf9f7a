//! The commands of a workspace, written down while they run: `commands/NNNNNN.json`, and beside it what each stream said,
//! its beginning and its end within a limit. The files outlive the supervisor and are read without it.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use pyro_protocol::{
    exec::{ExecEnded, ExecStarted},
    frame::{Event, Stream},
    network::Denied,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::kept::Kept;
pub use super::kept::Stored;
use crate::{
    host::{now_ms, write},
    limits,
};

/// Below the workspace's directory.
pub const FOLDER: &str = "commands";
const VERSION: u32 = 1;

/// `NNNNNN.json`: one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandRecord {
    pub version: u32,
    /// From 1, in the order of their starts; never used twice.
    pub sequence: u64,
    pub command: String,
    pub cwd: String,
    /// Unix milliseconds.
    pub started_at_ms: i64,
    /// Process group in the guest; 0 until it is known.
    pub pgid: u32,
    /// Bytes that were said but could not be kept: the link was away for too long, or the host's disk was full.
    #[serde(default)]
    pub lost_bytes: u64,
    /// Absent while it runs, and for ever where its supervisor was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<ExecEnded>,
}

/// How far a running command is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandStatus {
    pub running: bool,
    /// Its number at the agent, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec: Option<u64>,
    pub pgid: u32,
    pub stdout_bytes: u64,
    pub stderr_bytes: u64,
    /// Connections to the world that were refused to it so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_denied: Vec<Denied>,
}

/// Where one command's record lies.
pub fn record_path(folder: &Path, sequence: u64) -> PathBuf {
    folder.join(format!("{sequence:06}.json"))
}

/// Where one stream of a command is kept.
pub fn stream_path(folder: &Path, sequence: u64, stream: Stream) -> PathBuf {
    let end = if stream == Stream::Stdout { "out" } else { "err" };
    folder.join(format!("{sequence:06}.{end}"))
}

/// The sequences that have a record, ascending.
pub fn sequences(folder: &Path) -> Vec<u64> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
    let mut sequences: Vec<u64> = names.filter_map(number).collect();
    sequences.sort_unstable();
    sequences
}

/// Reads one command's record; `None` where there is none.
pub fn read(folder: &Path, sequence: u64) -> io::Result<Option<CommandRecord>> {
    match fs::read(record_path(folder, sequence)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The history of one workspace, open for more. Shared by the handlers of calls; the loop knows nothing of it.
pub(super) struct History {
    folder: PathBuf,
    last: AtomicU64,
    running: Mutex<BTreeMap<u64, watch::Receiver<CommandStatus>>>,
    /// Ended commands and the bytes kept of each, oldest first.
    kept: Mutex<VecDeque<(u64, u64)>>,
}

impl History {
    pub(super) fn open(dir: &Path) -> io::Result<Arc<Self>> {
        let folder = dir.join(FOLDER);
        write::private_dir(&folder)?;
        let sequences = sequences(&folder);
        let kept = sequences.iter().map(|&sequence| (sequence, kept_bytes(&folder, sequence))).collect();
        let last = AtomicU64::new(sequences.last().copied().unwrap_or(0));
        Ok(Arc::new(Self { folder, last, running: Mutex::default(), kept: Mutex::new(kept) }))
    }

    /// Writes down that a command begins.
    pub(super) fn begin(self: &Arc<Self>, command: &str, cwd: &str) -> io::Result<Recording> {
        let sequence = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let record = CommandRecord {
            version: VERSION,
            sequence,
            command: command.to_owned(),
            cwd: cwd.to_owned(),
            started_at_ms: now_ms(),
            pgid: 0,
            lost_bytes: 0,
            ended: None,
        };
        let create =
            |stream| File::options().write(true).create_new(true).open(stream_path(&self.folder, sequence, stream));
        let streams = [Kept::new(create(Stream::Stdout)?), Kept::new(create(Stream::Stderr)?)];
        let (told, status) = watch::channel(CommandStatus { running: true, ..CommandStatus::default() });
        let recording = Recording { history: Arc::clone(self), record, streams, told };
        recording.save()?;
        self.running().insert(sequence, status);
        Ok(recording)
    }

    /// A command that runs.
    pub(super) fn status(&self, sequence: u64) -> Option<watch::Receiver<CommandStatus>> {
        self.running().get(&sequence).cloned()
    }

    /// Sequences of the commands that run.
    pub(super) fn running_now(&self) -> Vec<u64> {
        self.running().keys().copied().collect()
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<u64, watch::Receiver<CommandStatus>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an ended command; where all of them keep too much, the oldest outputs go. Their records stay.
    fn ended(&self, sequence: u64) {
        self.running().remove(&sequence);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((sequence, kept_bytes(&self.folder, sequence)));
        let mut total: u64 = kept.iter().map(|(_, bytes)| bytes).sum();
        while total > limits::HISTORY_KEPT_BYTES
            && let Some((oldest, bytes)) = kept.pop_front()
        {
            total -= bytes;
            for stream in [Stream::Stdout, Stream::Stderr] {
                let _ = fs::remove_file(stream_path(&self.folder, oldest, stream));
            }
        }
    }
}

fn kept_bytes(folder: &Path, sequence: u64) -> u64 {
    let bytes = |stream| fs::metadata(stream_path(folder, sequence, stream)).map_or(0, |meta| meta.len());
    bytes(Stream::Stdout) + bytes(Stream::Stderr)
}

/// One running command's record and output.
pub(super) struct Recording {
    history: Arc<History>,
    record: CommandRecord,
    streams: [Kept; 2],
    told: watch::Sender<CommandStatus>,
}

impl Recording {
    pub(super) fn sequence(&self) -> u64 {
        self.record.sequence
    }

    /// Takes back a command that never began.
    pub(super) fn discard(self) {
        let (folder, sequence) = (&self.history.folder, self.record.sequence);
        self.history.running().remove(&sequence);
        let streams = [Stream::Stdout, Stream::Stderr].map(|stream| stream_path(folder, sequence, stream));
        for path in streams.iter().chain([&record_path(folder, sequence)]) {
            let _ = fs::remove_file(path);
        }
    }

    /// Writes down what a command's event says.
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.started(started),
            Event::Output { stream, offset, bytes } => {
                let kept = &mut self.streams[*stream as usize];
                self.record.lost_bytes = self.record.lost_bytes.saturating_add(kept.write(*offset, bytes));
                let end = kept.end();
                self.told.send_modify(|status| match stream {
                    Stream::Stdout => status.stdout_bytes = end,
                    Stream::Stderr => status.stderr_bytes = end,
                });
            }
            Event::Ended(ended) => self.ended(ended),
            Event::HandedBack => {}
        }
    }

    fn started(&mut self, started: &ExecStarted) {
        self.record.pgid = started.pgid;
        // A full disk costs the record its process group, not the command its life.
        let _ = self.save();
        self.told.send_modify(|status| (status.exec, status.pgid) = (Some(started.exec), started.pgid));
    }

    fn ended(&mut self, ended: &ExecEnded) {
        for (kept, said) in self.streams.iter_mut().zip([ended.stdout_bytes, ended.stderr_bytes]) {
            self.record.lost_bytes = self.record.lost_bytes.saturating_add(said.saturating_sub(kept.end()));
        }
        self.record.ended = Some(ended.clone());
        let _ = self.save();
        self.history.ended(self.record.sequence);
        self.told.send_modify(|status| status.running = false);
    }

    fn save(&self) -> io::Result<()> {
        let path = record_path(&self.history.folder, self.record.sequence);
        write::swiftly(&path, &serde_json::to_vec(&self.record)?)
    }
}

/// What is kept of one stream of a command that wrote `written` bytes.
pub fn stored(folder: &Path, sequence: u64, stream: Stream, written: u64) -> Stored {
    Stored::open(&stream_path(folder, sequence, stream), written)
}

#[cfg(test)]
mod tests {
    use pyro_protocol::exec::ExitReason;

    use super::*;

    fn said(stream: Stream, offset: u64, bytes: &'static [u8]) -> Event {
        Event::Output { stream, offset, bytes: bytes.into() }
    }

    fn ended(stdout_bytes: u64) -> Event {
        Event::Ended(ExecEnded { stdout_bytes, ..ExecEnded::new(ExitReason::Exited, 0) })
    }

    #[test]
    fn a_command_is_written_down_from_its_begin_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path()).unwrap();
        let folder = dir.path().join(FOLDER);
        let mut recording = history.begin("make", "/workspace").unwrap();
        assert_eq!((recording.sequence(), history.running_now()), (1, vec![1]));
        assert_eq!(read(&folder, 1).unwrap().unwrap().ended, None);
        recording.note(&said(Stream::Stdout, 0, b"one "));
        recording.note(&said(Stream::Stdout, 10, b"two"));
        let status = history.status(1).unwrap().borrow().clone();
        assert_eq!((status.running, status.stdout_bytes), (true, 13));
        recording.note(&ended(15));
        let record = read(&folder, 1).unwrap().unwrap();
        assert_eq!((record.lost_bytes, record.ended.unwrap().stdout_bytes), (8, 15));
        assert_eq!(history.running_now(), Vec::<u64>::new());
        let stored = stored(&folder, 1, Stream::Stdout, 15);
        assert_eq!(stored.read(0, 4).unwrap(), (0, b"one ".to_vec()));

        drop((recording, history));
        let again = History::open(dir.path()).unwrap();
        assert_eq!(again.begin("true", "/workspace").unwrap().sequence(), 2, "no number is used twice");
        assert_eq!(sequences(&folder), [1, 2]);
        assert_eq!(read(&folder, 3).unwrap(), None);
    }

    #[test]
    fn a_guest_that_lies_about_how_much_it_said_is_counted_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path()).unwrap();
        let mut recording = history.begin("make", "/workspace").unwrap();
        recording.note(&said(Stream::Stdout, u64::MAX - 9, b"far"));
        recording.note(&said(Stream::Stderr, u64::MAX - 9, b"far"));
        recording.note(&Event::Ended(ExecEnded { stderr_bytes: u64::MAX, ..ExecEnded::new(ExitReason::Exited, 0) }));
        let record = read(&dir.path().join(FOLDER), 1).unwrap().unwrap();
        assert_eq!(record.lost_bytes, u64::MAX);
    }
}
