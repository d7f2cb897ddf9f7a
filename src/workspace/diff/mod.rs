//! What changed from one state of a workspace to another: which entries, and how, as text that `git apply` takes. Pure.
//!
//! [`Compare`] is fed the live tree and answers change by change; whoever drives it reads the contents a [`Change`] asks
//! for and hands both to the [`Builder`], which makes the result. Memory is bounded throughout.

mod builder;
mod change;
mod compare;
mod git;
mod paths;
mod summary;
mod text;

#[cfg(test)]
mod tests;

pub use builder::{Builder, Contents};
pub use change::{Change, Status};
pub use compare::{Compare, Next, Options};
pub use paths::Paths;
pub use summary::{ChangedEntry, Diff, EntryType, Summary};
