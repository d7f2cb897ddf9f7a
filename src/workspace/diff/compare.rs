//! Two walks side by side: the baseline's index and the live tree, in constant memory.

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
    /// The live walk's next entry is wanted: [`Compare::feed`].
    Live,
    /// Everything was compared.
    End,
}

/// A comparison under way. Call [`Compare::advance`] until [`Next::End`].
#[derive(Debug)]
pub struct Compare<B> {
    options: Options,
    baseline: B,
    old: Side,
    new: Side,
    /// An added directory, told only when nothing turns out to be in it.
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

impl<B: Iterator<Item = Result<Entry, Failure>>> Compare<B> {
    /// Begins with the entries of the baseline, in the order of a walk.
    pub fn new(baseline: B, options: Options) -> Self {
        let (old, new) = (Side::default(), Side::default());
        Self { options, baseline, old, new, empty: None, unreadable: None }
    }

    /// Takes the live walk's next entry; `None` at its end.
    pub fn feed(&mut self, entry: Option<Entry>) -> Result<(), Failure> {
        self.new.take(entry, self.options.include_git)
    }

    /// Answers the next change, or what is needed to find it.
    pub fn advance(&mut self) -> Result<Next, Failure> {
        loop {
            while self.old.wants() {
                self.old.take(self.baseline.next().transpose()?, self.options.include_git)?;
            }
            if self.new.wants() {
                return Ok(Next::Live);
            }
            if let Some(empty) = self.empty.take()
                && !self.new.entry.as_ref().is_some_and(|entry| is_below(&entry.path, &empty.path))
            {
                return Ok(Next::Change(empty));
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
            if let Some(next) = self.pair(old, new)? {
                return Ok(next);
            }
        }
    }

    fn pair(&mut self, old: Option<Entry>, new: Option<Entry>) -> Result<Option<Next>, Failure> {
        let Some(path) = new.as_ref().or(old.as_ref()).map(|entry| entry.path.clone()) else { return Ok(None) };
        if self.unreadable.as_ref().is_some_and(|directory| is_below(&path, directory)) {
            return Ok(None);
        }
        let hidden = [&old, &new].into_iter().flatten().any(|entry| entry.unreadable);
        let listed = self.options.paths.matches(&path);
        if hidden {
            self.unreadable = Some(path.clone());
            // What is below is unknown, so whether it is empty is too: it is told as unreadable, whatever else it is.
            return Ok(self.options.paths.touches(&path).then_some(Next::Unreadable(path)));
        }
        let Some(change) = judge(old, new, self.options.full).filter(|_| listed) else { return Ok(None) };
        let directory = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| entry.kind == Kind::Directory);
        if change.old.is_none() && directory(&change.new) {
            self.empty = Some(change);
            return Ok(None);
        }
        if change.new.is_none() && directory(&change.old) && self.baseline_goes_below(&path)? {
            return Ok(None);
        }
        Ok(Some(Next::Change(change)))
    }

    fn baseline_goes_below(&mut self, directory: &[u8]) -> Result<bool, Failure> {
        while self.old.wants() {
            self.old.take(self.baseline.next().transpose()?, self.options.include_git)?;
        }
        Ok(self.old.entry.as_ref().is_some_and(|entry| is_below(&entry.path, directory)))
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
