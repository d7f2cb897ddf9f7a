//! Connections that were refused to a machine's programs: the last of them, and which command met which.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use pyro_protocol::network::Denied;
use tokio::sync::watch;

use crate::{host::write, limits};

/// Below a machine's directory.
const FILE: &str = "egress-denied.json";
const SAVED_EVERY: Duration = Duration::from_secs(1);

/// The refusals of one machine, kept beyond its end.
pub(in crate::supervisor) struct Denials {
    file: PathBuf,
    noted: Mutex<Noted>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Noted {
    /// The latest last.
    all: Vec<Denied>,
    /// By the command's number at the agent, while it runs.
    of: BTreeMap<u64, Vec<Denied>>,
    saved_at: Option<Instant>,
}

impl Denials {
    /// Takes over what an earlier machine of this directory met.
    pub(in crate::supervisor) fn open(dir: &Path) -> Self {
        let noted = Noted { all: read(dir), ..Noted::default() };
        Self { file: dir.join(FILE), noted: Mutex::new(noted), changed: watch::Sender::new(()) }
    }

    /// Notes one more, met by that command where it is known.
    pub(super) fn note(&self, exec: Option<u64>, denied: Denied) {
        let mut noted = self.noted();
        if let Some(exec) = exec {
            // Whoever asks for a command's takes them along, so only those of running commands lie here.
            let own = noted.of.entry(exec).or_default();
            add(own, &denied);
            own.truncate(limits::DENIED_TOLD);
            // A guest may name any; the oldest commands' go first.
            while noted.of.len() > limits::DENIED_COMMANDS_MAX {
                noted.of.pop_first();
            }
        }
        add(&mut noted.all, &denied);
        let excess = noted.all.len().saturating_sub(limits::DENIED_KEPT);
        noted.all.drain(..excess);
        // A guest may be refused often: a supervisor that is killed loses a second's.
        let saves = noted.saved_at.is_none_or(|at| at.elapsed() >= SAVED_EVERY);
        if saves {
            noted.saved_at = Some(Instant::now());
        }
        drop(noted);
        if saves {
            self.save();
        }
        self.changed.send_replace(());
    }

    /// Told when one more was noted.
    pub(in crate::supervisor) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Those that a command has met so far.
    pub(in crate::supervisor) fn of(&self, exec: u64) -> Vec<Denied> {
        self.noted().of.get(&exec).cloned().unwrap_or_default()
    }

    /// The same, of a command that is over.
    pub(in crate::supervisor) fn take(&self, exec: u64) -> Vec<Denied> {
        self.noted().of.remove(&exec).unwrap_or_default()
    }

    /// All that are remembered, the latest last.
    pub(in crate::supervisor) fn all(&self) -> Vec<Denied> {
        self.noted().all.clone()
    }

    /// Writes them down for when the machine is gone. Losing them costs no more than a memory.
    pub(in crate::supervisor) fn save(&self) {
        let all = self.all();
        if !all.is_empty()
            && let Ok(bytes) = serde_json::to_vec(&all)
        {
            let _ = write::swiftly(&self.file, &bytes);
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is remembered of a machine that does not run.
pub fn read(dir: &Path) -> Vec<Denied> {
    let bytes = fs::read(dir.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Two lists as one, as long as one result tells.
pub(in crate::supervisor) fn together(before: &[Denied], now: Vec<Denied>) -> Vec<Denied> {
    let mut all = before.to_vec();
    now.iter().for_each(|denied| add(&mut all, denied));
    all.truncate(limits::DENIED_TOLD);
    all
}

/// One that was met before is counted, and is the latest again.
fn add(list: &mut Vec<Denied>, denied: &Denied) {
    let same = |one: &Denied| (&one.host, one.port, one.rule) == (&denied.host, denied.port, denied.rule);
    let before = list.iter().position(same).map(|at| list.remove(at));
    let count = before.map_or(0, |before| before.count).saturating_add(denied.count);
    list.push(Denied { count, ..denied.clone() });
}

#[cfg(test)]
mod tests {
    use pyro_protocol::network::Rule;

    use super::*;

    fn denied(host: &str, at_ms: i64) -> Denied {
        Denied { at_ms, host: host.into(), port: 443, rule: Rule::NotAllowed, allow: Some(host.into()), count: 1 }
    }

    #[test]
    fn the_last_are_kept_and_each_command_has_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let denials = Denials::open(dir.path());
        for number in 0..150 {
            denials.note(Some(number % 2), denied(&format!("{number}.example"), number as i64));
        }
        denials.note(None, denied("149.example", 500));
        let all = denials.all();
        assert_eq!((all.len(), all[0].host.as_str()), (limits::DENIED_KEPT, "50.example"));
        let last = all.last().unwrap();
        assert_eq!((last.host.as_str(), last.count, last.at_ms), ("149.example", 2, 500));
        assert_eq!(denials.of(0).len(), limits::DENIED_TOLD);
        assert_eq!(denials.of(0)[1].host, "2.example", "the first it met explain what followed");
        assert_eq!(denials.take(0).len(), limits::DENIED_TOLD);
        assert_eq!((denials.take(0), denials.of(7)), (vec![], vec![]));
        denials.save();
        assert_eq!(Denials::open(dir.path()).all(), all);
        fs::write(dir.path().join(FILE), "{").unwrap();
        assert_eq!(Denials::open(dir.path()).all(), []);
    }
}
