//! Decides what a change comes to, without touching anything: which names are renamed, and what forbids it.

use std::{
    collections::{BTreeMap, HashSet},
    ffi::OsStr,
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, readlinkat},
    sys::stat::{FileStat, Mode, SFlag, fstat},
};
use pyro_protocol::tree::{ApplyRequest, Expected};

use super::{
    conflict::Conflicts,
    plan::{Identity, Operation, Plan, Touched},
    staging::Staging,
    told,
};
use crate::{
    beneath::{Directories, kind, open, permissions},
    descend::{Descent, Step},
    error::{TreeError, shown},
    hash::sha256,
    names::clean,
    times,
    unpack::Attributes,
};

/// Looks for everything that forbids the change, and answers what it comes to.
pub(super) fn plan(
    staging: &Staging<'_>,
    destination: &Path,
    explicit: &BTreeMap<PathBuf, Attributes>,
    request: &ApplyRequest,
) -> Result<Plan, TreeError> {
    let mut planner = Planner {
        workspace: staging.workspace,
        directories: Directories::new(staging.workspace.as_fd()),
        destination,
        conflicts: Conflicts::default(),
        deleted: HashSet::new(),
        plan: Plan::default(),
    };
    for expected in &request.expect {
        planner.expect(expected);
    }
    for path in &request.delete {
        planner.delete(path)?;
    }
    planner.merge(staging, explicit)?;
    planner.conflicts.refusal()?;
    Ok(planner.plan)
}

struct Planner<'a> {
    workspace: &'a OwnedFd,
    directories: Directories<'a>,
    destination: &'a Path,
    conflicts: Conflicts,
    deleted: HashSet<PathBuf>,
    plan: Plan,
}

impl Planner<'_> {
    /// A request's path, from the workspace, and what is there; `None` after a conflict.
    fn find(&mut self, name: &str) -> Option<(PathBuf, Option<FileStat>)> {
        let text = shown(name);
        let path = match clean(name.as_bytes()) {
            Ok(path) if path.as_os_str().is_empty() => {
                self.conflicts.add(format!("{text:?} is no path of a file"));
                return None;
            }
            Ok(path) => self.destination.join(path),
            Err(why) => {
                self.conflicts.add(format!("path {why}: {text}"));
                return None;
            }
        };
        match self.directories.stat(&path) {
            Ok(stat) => Some((path, stat)),
            Err(error) => {
                self.conflicts.add(obstacle(&text, &error));
                None
            }
        }
    }

    fn expect(&mut self, expected: &Expected) {
        let Some((path, stat)) = self.find(&expected.path) else { return };
        let text = shown(&expected.path);
        match (&expected.sha256, stat) {
            (None, None) => {}
            (None, Some(_)) => self.conflicts.add(format!("{text} exists already; read it before replacing it")),
            (Some(_), None) => self.conflicts.add(format!("{text} does not exist any more; read the tree again")),
            (Some(wanted), Some(stat)) => match self.hash(&path, &stat) {
                Ok(Some(found)) if found.eq_ignore_ascii_case(wanted) => {}
                Ok(Some(found)) => {
                    self.conflicts.add(format!("{text} has changed, its SHA-256 is {found}; read it again"));
                }
                Ok(None) => self.conflicts.add(format!("{text} is {} now; read the tree again", named(&stat))),
                Err(error) => self.conflicts.add(format!("{text} cannot be read: {error}")),
            },
        }
    }

    /// Hash of a file's content or a link's target; `None` for everything else.
    fn hash(&mut self, path: &Path, stat: &FileStat) -> io::Result<Option<String>> {
        let (parent, name) = self.directories.parent(path)?;
        match kind(stat) {
            SFlag::S_IFREG => {
                let opened = open(parent.as_fd(), name.as_ref(), OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
                match kind(&fstat(&opened)?) {
                    SFlag::S_IFREG => sha256(File::from(opened)).map(Some),
                    _ => Ok(None),
                }
            }
            SFlag::S_IFLNK => sha256(readlinkat(&*parent, name)?.as_bytes()).map(Some),
            _ => Ok(None),
        }
    }

    fn delete(&mut self, name: &str) -> Result<(), TreeError> {
        let Some((path, stat)) = self.find(name) else { return Ok(()) };
        match stat {
            None => self.conflicts.add(format!("{} cannot be deleted, it does not exist", shown(name))),
            Some(stat) if kind(&stat) == SFlag::S_IFDIR => {
                self.conflicts.add(format!("{} cannot be deleted, it is a directory; name its files", shown(name)));
            }
            Some(_) if self.deleted.contains(&path) => {}
            Some(stat) => {
                self.touch(path.parent().unwrap_or(Path::new("")))?;
                let number = self.deleted.len() as u64;
                self.deleted.insert(path.clone());
                self.plan.deleted += 1;
                self.plan.push(Operation::Delete { path, number, old: Identity::of(&stat) })?;
            }
        }
        Ok(())
    }

    /// Compares the new tree with the old one, as deep as both have directories.
    fn merge(&mut self, staging: &Staging<'_>, explicit: &BTreeMap<PathBuf, Attributes>) -> Result<(), TreeError> {
        if explicit.contains_key(Path::new("")) {
            self.touch(Path::new(""))?;
        }
        let staged = |error| TreeError::io("read", "what was staged", error);
        let new = staging.new_tree().map_err(staged)?;
        let mut descent = Descent::new(new.as_fd()).map_err(staged)?;
        while let Some(step) = descent.next() {
            let Step::Entry(stat) = step.map_err(staged)? else { continue };
            let path = Path::new(OsStr::from_bytes(descent.path())).to_path_buf();
            // As the request says paths, where it is not the destination itself that is in the way.
            let inner = path.strip_prefix(self.destination).ok().filter(|inner| !inner.as_os_str().is_empty());
            let shown = told(inner.unwrap_or(&path));
            let old = match self.directories.stat(&path) {
                Ok(old) => old.filter(|_| !self.deleted.contains(&path)),
                Err(error) => {
                    self.conflicts.add(obstacle(&shown, &error));
                    continue;
                }
            };
            match (kind(&stat), old.as_ref().map(kind)) {
                (_, None) => {
                    self.touch(path.parent().unwrap_or(Path::new("")))?;
                    self.plan.push(Operation::Move { path, new: Identity::of(&stat) })?;
                }
                (SFlag::S_IFDIR, Some(SFlag::S_IFDIR)) => {
                    if explicit.contains_key(&path) {
                        self.touch(&path)?;
                    }
                    descent.enter().map_err(staged)?;
                }
                (_, Some(SFlag::S_IFREG | SFlag::S_IFLNK)) if kind(&stat) != SFlag::S_IFDIR => {
                    let old = old.as_ref().map(Identity::of).ok_or(Errno::ENOENT).map_err(|e| staged(e.into()))?;
                    self.touch(path.parent().unwrap_or(Path::new("")))?;
                    self.plan.replaced += 1;
                    self.plan.push(Operation::Exchange { path, new: Identity::of(&stat), old })?;
                }
                (_, Some(_)) => {
                    let there = old.as_ref().map(named).unwrap_or_default();
                    self.conflicts.add(format!("{shown} is {there}, and the change has {} there", named(&stat)));
                }
            }
        }
        Ok(())
    }

    /// Remembers how a directory is before anything in it changes.
    fn touch(&mut self, path: &Path) -> Result<(), TreeError> {
        if self.plan.directories.contains_key(path) {
            return Ok(());
        }
        let failed = |error| TreeError::io("read", path, error);
        let opened = match path.as_os_str().is_empty() {
            true => fstat(self.workspace),
            false => fstat(&*self.directories.open(path).map_err(failed)?),
        };
        let stat = opened.map_err(|error| failed(error.into()))?;
        let mode = Mode::from_bits_truncate(permissions(&stat));
        let attributes = Attributes { mode, modified: times::modified(&stat) };
        self.plan.directories.insert(path.to_path_buf(), Touched { inode: stat.st_ino, attributes });
        Ok(())
    }
}

fn obstacle(path: &str, error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ELOOP) => format!("a link is on the way to {path}, and links are not followed"),
        Some(Errno::ENOTDIR) => format!("a file is on the way to {path}, where a directory must be"),
        _ => format!("{path} cannot be looked at: {error}"),
    }
}

fn named(stat: &FileStat) -> &'static str {
    match kind(stat) {
        SFlag::S_IFDIR => "a directory",
        SFlag::S_IFLNK => "a symbolic link",
        SFlag::S_IFREG => "a file",
        _ => "a special file",
    }
}
