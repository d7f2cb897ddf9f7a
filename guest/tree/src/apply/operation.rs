//! The renames of a plan, done and undone.

use std::{
    ffi::OsStr,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    rc::Rc,
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, RenameFlags, renameat2},
    sys::stat::{Mode, fchmod, fstat},
    unistd::{Gid, Uid, fchownat},
};

use super::{
    plan::{Identity, Operation, Plan, Touched},
    staging::Staging,
    told,
};
use crate::{
    beneath::{Directories, open_directory, stat},
    error::TreeError,
};

const EXCHANGE: RenameFlags = RenameFlags::RENAME_EXCHANGE;
const KEEP: RenameFlags = RenameFlags::RENAME_NOREPLACE;

/// The open directories between which names move.
pub(super) struct Places {
    workspace: OwnedFd,
    new: OwnedFd,
    old: OwnedFd,
    last: Option<Pair>,
}

/// One directory in the tree and its twin in staging.
struct Pair {
    path: std::path::PathBuf,
    target: Rc<OwnedFd>,
    staged: Rc<OwnedFd>,
}

impl Places {
    pub(super) fn open(staging: &Staging<'_>) -> io::Result<Self> {
        let workspace = open_directory(staging.workspace.as_fd(), Path::new(""))?;
        Ok(Self { workspace, new: staging.new_tree()?, old: staging.old()?, last: None })
    }

    pub(super) fn perform(&mut self, operation: &Operation) -> Result<(), TreeError> {
        let (doing, path) = match operation {
            Operation::Delete { path, .. } => ("delete", path),
            Operation::Exchange { path, .. } => ("replace", path),
            Operation::Move { path, .. } => ("create", path),
        };
        match self.rename(operation) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let path = told(path);
                Err(TreeError::Conflict(format!("nothing was changed: {path} changed meanwhile; read it again")))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let path = told(path);
                Err(TreeError::Conflict(format!("nothing was changed: {path} appeared meanwhile; read it first")))
            }
            Err(error) => Err(TreeError::io(doing, path, error)),
        }
    }

    /// Answers whether the old entry was still the one that was looked at.
    fn rename(&mut self, operation: &Operation) -> io::Result<bool> {
        match operation {
            Operation::Delete { path, number, old } => {
                let (target, name) = self.target(path)?;
                let kept = number.to_string();
                renameat2(&*target, name, &self.old, kept.as_str(), KEEP)?;
                Ok(identity(&self.old, OsStr::new(&kept))? == Some(*old))
            }
            Operation::Exchange { path, old, .. } => {
                let (target, staged, name) = self.pair(path)?;
                keep_owner(&target, &staged, name)?;
                renameat2(&*staged, name, &*target, name, EXCHANGE)?;
                Ok(identity(&staged, name)? == Some(*old))
            }
            Operation::Move { path, .. } => {
                let (target, staged, name) = self.pair(path)?;
                renameat2(&*staged, name, &*target, name, KEEP)?;
                Ok(true)
            }
        }
    }

    /// Takes a rename back where it has happened, and where nobody has put something else there since.
    fn undo(&mut self, operation: &Operation) -> io::Result<()> {
        match operation {
            Operation::Delete { path, number, .. } => {
                let kept = number.to_string();
                if stat(&self.old, OsStr::new(&kept))?.is_some() {
                    let (target, name) = self.target(path)?;
                    renameat2(&self.old, kept.as_str(), &*target, name, KEEP)?;
                }
            }
            Operation::Exchange { path, new, .. } => {
                let (target, staged, name) = self.pair(path)?;
                match (identity(&staged, name)?, identity(&target, name)?) {
                    (Some(kept), _) if kept == *new => {}
                    (Some(_), Some(there)) if there == *new => renameat2(&*staged, name, &*target, name, EXCHANGE)?,
                    (Some(_), None) => renameat2(&*staged, name, &*target, name, KEEP)?,
                    _ => {}
                }
            }
            Operation::Move { path, new } => {
                let (target, staged, name) = self.pair(path)?;
                if identity(&target, name)? == Some(*new) && identity(&staged, name)?.is_none() {
                    // Who is not root cannot move a directory that has become unwritable.
                    if let Ok(directory) = open_directory(target.as_fd(), name.as_ref()) {
                        fchmod(directory, Mode::S_IRWXU)?;
                    }
                    renameat2(&*target, name, &*staged, name, KEEP)?;
                }
            }
        }
        Ok(())
    }

    fn target<'p>(&self, path: &'p Path) -> io::Result<(Rc<OwnedFd>, &'p OsStr)> {
        Directories::new(self.workspace.as_fd()).parent(path)
    }

    /// The directories that hold a path in the tree and in `new/`, and its name.
    fn pair<'p>(&mut self, path: &'p Path) -> io::Result<(Rc<OwnedFd>, Rc<OwnedFd>, &'p OsStr)> {
        let name = path.file_name().ok_or(Errno::EINVAL)?;
        let parent = path.parent().unwrap_or(Path::new(""));
        if let Some(pair) = self.last.as_ref().filter(|pair| pair.path == parent) {
            return Ok((pair.target.clone(), pair.staged.clone(), name));
        }
        let target = Rc::new(open_directory(self.workspace.as_fd(), parent)?);
        let staged = Rc::new(open_directory(self.new.as_fd(), parent)?);
        self.last = Some(Pair { path: parent.to_path_buf(), target: target.clone(), staged: staged.clone() });
        Ok((target, staged, name))
    }
}

fn identity(directory: &OwnedFd, name: &OsStr) -> io::Result<Option<Identity>> {
    Ok(stat(directory, name)?.as_ref().map(Identity::of))
}

/// Gives what is staged to whoever owns what it replaces.
fn keep_owner(target: &OwnedFd, staged: &OwnedFd, name: &OsStr) -> io::Result<()> {
    if let (Some(old), Some(new)) = (stat(target, name)?, stat(staged, name)?)
        && (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid)
    {
        let (user, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
        // An owner that cannot be kept (unprivileged agent) is no reason to refuse the change.
        let _ = fchownat(staged, name, Some(user), Some(group), AtFlags::AT_SYMLINK_NOFOLLOW);
    }
    Ok(())
}

/// Undoes a plan, as far as it was performed. Goes on after a failure, and answers the first one.
pub(super) fn undo(staging: &Staging<'_>, plan: &Plan) -> io::Result<()> {
    let mut places = Places::open(staging)?;
    // First, because one that became unwritable takes no names back; and last, because names change its time.
    let mut undone = restore(&places, plan);
    for operation in plan.operations.iter().rev() {
        undone = undone.and(places.undo(operation));
    }
    undone.and(restore(&places, plan))
}

/// Gives directories their old modes and times.
fn restore(places: &Places, plan: &Plan) -> io::Result<()> {
    let mut restored = Ok(());
    for (path, Touched { inode, attributes }) in plan.directories.iter().rev() {
        let opened = match open_directory(places.workspace.as_fd(), path) {
            Ok(opened) => opened,
            // Somebody has taken it away since.
            Err(_) => continue,
        };
        if fstat(&opened)?.st_ino == *inode {
            restored = restored.and(attributes.set(&opened));
        }
    }
    restored
}
