//! The processes of this machine, as `/proc` tells them.

use std::fs;

use nix::unistd::Pid;

/// One process at the moment it was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: Pid,
    pub(crate) parent: Pid,
    pub(crate) group: Pid,
    pub(crate) session: Pid,
    /// It has ended, and only its number is left.
    pub(crate) zombie: bool,
}

/// Looks at all processes, one after the other; such a list is no snapshot.
pub(crate) fn all() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        parse(pid, &fs::read(entry.path().join("stat")).ok()?)
    })
}

/// Looks at one, where it still is.
pub(crate) fn one(pid: Pid) -> Option<Process> {
    parse(pid.as_raw(), &fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `pid (name) state ppid pgrp session …`, where the name may hold anything, `)` included.
fn parse(pid: i32, stat: &[u8]) -> Option<Process> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let text = str::from_utf8(&stat[after_name..]).ok()?;
    let mut fields = text.split_ascii_whitespace();
    let state = fields.next()?;
    let mut number = || fields.next()?.parse().ok().map(Pid::from_raw);
    let (parent, group, session) = (number()?, number()?, number()?);
    Some(Process { pid: Pid::from_raw(pid), parent, group, session, zombie: matches!(state, "Z" | "X") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_rest_of_the_line() {
        let process = |pid, parent, group, session, zombie| {
            let [pid, parent, group, session] = [pid, parent, group, session].map(Pid::from_raw);
            Some(Process { pid, parent, group, session, zombie })
        };
        assert_eq!(parse(7, b"7 (sh) S 1 6 5 34816 7 4194304"), process(7, 1, 6, 5, false));
        assert_eq!(parse(7, b"7 (a) Z 9 9 9 (\xff) Z 1 6 5 0 -1"), process(7, 1, 6, 5, true));
        assert_eq!(parse(7, b""), None);
        assert_eq!(parse(7, b"7 (sh) S 1"), None);
    }

    #[test]
    fn this_process_is_among_them() {
        let own = all().find(|process| process.pid == Pid::this());
        assert_eq!(own.as_ref().map(|own| (own.parent, own.zombie)), Some((Pid::parent(), false)));
        assert_eq!(one(Pid::this()), own);
        assert_eq!(one(Pid::from_raw(i32::MAX)), None);
    }
}
