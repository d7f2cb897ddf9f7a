//! Two walks side by side, of what was and of what is, in constant memory.

use std::cmp::Ordering;

use bytes::Bytes;
use pyro_protocol::tree::{Entry, Kind};
use pyro_tree::compare_paths;

use super::{
    change::{Change, judge},
    paths::Paths,
};
use crate::failure::Failure;

/// What is compared, and how closely.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Distrust times: the contents of all files are compared.
    pub full: bool,
    /// Look into directories called `.git`.
    pub include_git: bool,
    pub paths: Paths,
}

/// What comes next of a comparison.
#[expect(clippy::large_enum_variant, reason = "one at a time; none is kept")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Change(Change),
    /// A directory that could not be read: what changed below is unknown.
    Unreadable(Bytes),
    /// The old walk's next entry is wanted: [`Compare::feed_old`].
    Old,
    /// The new walk's next entry is wanted: [`Compare::feed_new`].
    New,
    /// Everything was compared.
    End,
}

/// A comparison under way. Call [`Compare::advance`] until [`Next::End`].
#[derive(Debug)]
pub struct Compare {
    options: Options,
    old: Side,
    new: Side,
    /// A directory that was added or is gone, told only when nothing turns out to be in it.
    empty: Option<Change>,
    /// The directory below which one of the walks knows nothing.
    unreadable: Option<Bytes>,
}

/// One of the walks.
#[derive(Debug, Default)]
struct Side {
    entry: Option<Entry>,
    over: bool,
    /// The `.git` directory that is being left out.
    git: Option<Bytes>,
    last: Option<Bytes>,
}

impl Compare {
    pub fn new(options: Options) -> Self {
        let (old, new) = (Side::default(), Side::default());
        Self { options, old, new, empty: None, unreadable: None }
    }

    /// Takes the old walk's next entry; `None` at its end.
    pub fn feed_old(&mut self, entry: Option<Entry>) -> Result<(), Failure> {
        self.old.take(entry, self.options.include_git)
    }

    /// Takes the new walk's next entry; `None` at its end.
    pub fn feed_new(&mut self, entry: Option<Entry>) -> Result<(), Failure> {
        self.new.take(entry, self.options.include_git)
    }

    /// Answers the next change, or what is needed to find it.
    pub fn advance(&mut self) -> Result<Next, Failure> {
        loop {
            if self.old.wants() {
                return Ok(Next::Old);
            }
            if self.new.wants() {
                return Ok(Next::New);
            }
            if let Some(empty) = self.empty.take() {
                let side = if empty.new.is_some() { &self.new } else { &self.old };
                if !side.entry.as_ref().is_some_and(|entry| is_below(&entry.path, &empty.path)) {
                    return Ok(Next::Change(empty));
                }
            }
            let (old, new) = match (&self.old.entry, &self.new.entry) {
                (None, None) => return Ok(Next::End),
                (Some(_), None) => (self.old.entry.take(), None),
                (None, Some(_)) => (None, self.new.entry.take()),
                (Some(old), Some(new)) => match compare_paths(&old.path, &new.path) {
                    Ordering::Less => (self.old.entry.take(), None),
                    Ordering::Greater => (None, self.new.entry.take()),
                    Ordering::Equal => (self.old.entry.take(), self.new.entry.take()),
                },
            };
            if let Some(next) = self.pair(old, new) {
                return Ok(next);
            }
        }
    }

    fn pair(&mut self, old: Option<Entry>, new: Option<Entry>) -> Option<Next> {
        let path = new.as_ref().or(old.as_ref())?.path.clone();
        if self.unreadable.as_ref().is_some_and(|directory| is_below(&path, directory)) {
            return None;
        }
        let hidden = [&old, &new].into_iter().flatten().any(|entry| entry.unreadable);
        let listed = self.options.paths.matches(&path);
        if hidden {
            self.unreadable = Some(path.clone());
            // What is below is unknown, so whether it is empty is too: it is told as unreadable, whatever else it is.
            return self.options.paths.touches(&path).then_some(Next::Unreadable(path));
        }
        let change = judge(old, new, self.options.full).filter(|_| listed)?;
        let one_sided = change.old.is_none() || change.new.is_none();
        if one_sided && [&change.old, &change.new].into_iter().flatten().all(|entry| entry.kind == Kind::Directory) {
            self.empty = Some(change);
            return None;
        }
        Some(Next::Change(change))
    }
}

impl Side {
    fn wants(&self) -> bool {
        self.entry.is_none() && !self.over
    }

    fn take(&mut self, entry: Option<Entry>, include_git: bool) -> Result<(), Failure> {
        let Some(entry) = entry else {
            self.over = true;
            return Ok(());
        };
        if self.last.as_ref().is_some_and(|last| compare_paths(last, &entry.path).is_ge()) {
            return Err(Failure::internal("the workspace's entries came out of order")
                .hint("call again; should it come back, look at the machine's console"));
        }
        self.last = Some(entry.path.clone());
        if self.git.as_ref().is_some_and(|git| is_below(&entry.path, git)) {
            return Ok(());
        }
        let name = entry.path.rsplit(|byte| *byte == b'/').next();
        if !include_git && entry.kind == Kind::Directory && name == Some(b".git") {
            self.git = Some(entry.path);
            return Ok(());
        }
        self.entry = Some(entry);
        Ok(())
    }
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.first() == Some(&b'/'))
}
