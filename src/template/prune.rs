//! The end of templates that nobody needs, and of the keepers that hold them.

use std::{
    fs, io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{
    folder,
    folder::Folder,
    keeper::{LOCK, MAKING},
    list::{Told, list},
    make,
    wire::Place,
};
use crate::host::lock;

/// One that no keeper has read for so long goes when another is made.
const KEPT_UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);
/// A keeper that is told to end gives its memory back, which takes milliseconds.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Removes those that are not to stay and forgets why others were of no use; answers what went.
pub fn prune(place: &Place, stays: impl Fn(&Told) -> bool) -> Vec<Told> {
    let (_, go): (Vec<Told>, Vec<Told>) = list(place).into_iter().partition(stays);
    go.iter().for_each(|told| Folder::new(&place.cache, &told.key).remove());
    remove_unused(&place.cache);
    folder::forget_troubles(&place.cache);
    go
}

/// Removes those that no keeper has read for a week, and what a killed one left half-made.
/// A keeper of one that goes has it in memory and does not mind.
pub(super) fn remove_unused(cache: &Path) {
    for entry in fs::read_dir(folder::all(cache)).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let aside = name.to_string_lossy().starts_with(folder::ASIDE);
        let last = if aside { entry.metadata().and_then(|meta| meta.modified()).ok() } else { folder::last_use(&path) };
        // A manifest that is missing belongs to something that is no template any more.
        let age = last.map_or(Duration::MAX, |last| SystemTime::now().duration_since(last).unwrap_or_default());
        let old = if aside { age > make::LIMIT } else { age >= KEPT_UNUSED };
        if old && path.is_dir() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Ends the keepers of one state directory but those that are just making a template, and waits until they are gone, for
/// some seconds at most; answers how many went. Those who want a template then start another. Blocks the thread.
pub fn end_keepers(home: &Path) -> u32 {
    let entries = fs::read_dir(home.join("keepers")).into_iter().flatten().flatten();
    let ending: Vec<OwnedFd> = entries.filter_map(|entry| end(&entry.path().join(LOCK)).ok().flatten()).collect();
    let until = Instant::now() + ENDS_WITHIN;
    ending.iter().filter(|process| ended(process, until)).count() as u32
}

/// Tells the holder of a lock to end; nothing where nobody holds it or it makes a template.
fn end(path: &Path) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = idle(&fs::read_to_string(path)?).and_then(Pid::from_raw) else { return Ok(None) };
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    // Looked at when the process is at hand: whoever holds the lock now is the one who wrote the note.
    if !lock::is_held(path) {
        return Ok(None);
    }
    pidfd_send_signal(&process, Signal::TERM)?;
    Ok(Some(process))
}

/// The process that a lock's note names, if it may be disturbed.
fn idle(note: &str) -> Option<i32> {
    let (pid, doing) = note.split_once(' ').unwrap_or((note, ""));
    pid.trim().parse().ok().filter(|pid| *pid > 1 && doing.trim() != MAKING)
}

fn ended(process: &OwnedFd, until: Instant) -> bool {
    let mut polled = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    let left = until.saturating_duration_since(Instant::now());
    poll(&mut polled, PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO)).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn only_a_keeper_that_makes_nothing_is_disturbed() {
        assert_eq!(idle("4711"), Some(4711));
        assert_eq!(idle(&format!("4711 {MAKING}")), None);
        assert_eq!((idle(""), idle("1"), idle("0"), idle("x y")), (None, None, None, None));
    }

    #[test]
    fn keepers_are_waited_for() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(end_keepers(home.path()), 0);
        let keepers: Vec<_> = ["idle", "making", "dead"]
            .into_iter()
            .map(|name| {
                let dir = home.path().join("keepers").join(name);
                fs::create_dir_all(&dir).unwrap();
                let child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
                let held = lock::try_hold(&dir.join(LOCK)).unwrap().unwrap();
                let doing = if name == "making" { MAKING } else { "" };
                held.note(format!("{} {doing}", child.id()).trim()).unwrap();
                (child, (name != "dead").then_some(held))
            })
            .collect();
        assert_eq!(end_keepers(home.path()), 1);
        for ((mut child, _), gone) in keepers.into_iter().zip([true, false, false]) {
            assert_eq!(child.try_wait().unwrap().is_some(), gone);
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
