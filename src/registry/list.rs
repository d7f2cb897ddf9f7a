//! The tools of this process, in document order, and how one is found.

use std::sync::Arc;

use super::{Callers, Entry, Profile, Tool, suggest};
use crate::failure::Failure;

/// As much of a wrong name as is worth repeating.
const NAME_SHOWN_CHARS: usize = 100;

/// Every tool, in the order of the list. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    entries: Arc<Vec<Entry>>,
}

impl Registry {
    pub fn new(entries: Vec<Entry>) -> Self {
        Self { entries: Arc::new(entries) }
    }

    pub fn all(&self) -> &[Entry] {
        &self.entries
    }

    /// Those for callers on this host, which are the commands.
    pub fn on_host(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.callers != Callers::Elsewhere)
    }

    /// The tools that `profile` shows.
    pub fn shown<'a>(&'a self, profile: &'a Profile) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(|entry| profile.shows(entry))
    }

    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The tool whose input is `T`.
    pub fn of<T: Tool>(&self) -> Result<&Entry, Failure> {
        self.entries
            .iter()
            .find(|entry| entry.is::<T>())
            .ok_or_else(|| Failure::missing(format!("no tool takes {}", std::any::type_name::<T>())))
    }

    /// The tool of this name, or a failure that names the closest one `profile` shows.
    pub fn find(&self, name: &str, profile: &Profile) -> Result<&Entry, Failure> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.shown(profile).map(|entry| entry.name).collect();
            let shown: String = name.chars().take(NAME_SHOWN_CHARS).collect();
            let failure = Failure::missing(format!("unknown tool `{shown}`"));
            match suggest::closest(name, names.iter().copied()) {
                Some(close) => failure.hint(format!("did you mean `{close}`?")),
                None => failure.hint(format!("the tools are: {}", names.join(", "))),
            }
        })
    }
}
