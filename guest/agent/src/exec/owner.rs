//! Which command a process belongs to.

use std::{fs, path::Path};

use nix::unistd::Pid;

use super::{cgroup, table::Execs};
use crate::{Place, processes};

/// From a process to the one that a command began with, at most; shells that start shells are few.
const ANCESTORS_MAX: usize = 64;

/// What is looked at of a command.
pub(super) struct Candidate {
    pub(super) number: u64,
    pub(super) leader: Pid,
    pub(super) over: bool,
}

impl Execs {
    /// The command that started a process, or started what started it. A daemon's is told only where it is contained.
    pub(crate) fn owner(&self, place: Place, process: Pid) -> Option<u64> {
        let candidates = self.candidates();
        let mut pid = process;
        for _ in 0..ANCESTORS_MAX {
            // On a host the agent itself may be in such a cgroup, of a guest around it.
            let by_cgroup = (place == Place::Guest).then(|| cgroup(pid)).flatten();
            if let Some(number) = by_cgroup.filter(|number| candidates.iter().any(|one| one.number == *number)) {
                return Some(number);
            }
            let looked = processes::one(pid)?;
            if let Some(number) = by_session(&candidates, looked.session, exists) {
                return Some(number);
            }
            pid = looked.parent;
            if pid.as_raw() <= 1 {
                return None;
            }
        }
        None
    }
}

fn cgroup(pid: Pid) -> Option<u64> {
    cgroup::number(&fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?)
}

fn exists(pid: Pid) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// A command's leader begins a session, which its jobs and terminals do not leave. While anyone is left in it, no new
/// process gets the leader's number. Where an ended command's leader exists, it is another process of that number.
fn by_session(newest_first: &[Candidate], session: Pid, exists: impl Fn(Pid) -> bool) -> Option<u64> {
    let mut found = newest_first.iter().filter(|one| one.leader == session);
    found.find(|one| !one.over || !exists(one.leader)).map(|one| one.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_used_again_is_not_the_ended_commands() {
        let candidate = |number, leader, over| Candidate { number, leader: Pid::from_raw(leader), over };
        let all = [candidate(4, 20, false), candidate(3, 30, true), candidate(2, 20, true), candidate(1, 10, false)];
        let found = |session, exists| by_session(&all, Pid::from_raw(session), |_| exists);
        assert_eq!([found(20, true), found(10, true), found(40, false)], [Some(4), Some(1), None]);
        assert_eq!([found(30, false), found(30, true)], [Some(3), None]);
    }
}
