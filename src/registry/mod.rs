//! What a tool is, and the one path every call takes. Knows no tool and no door.

mod call;
mod context;
mod entry;
mod journal;
mod profile;
mod schema;
mod suggest;
mod tool;
mod validate;

pub use call::{Answer, Call};
pub use context::{CallScope, Context, OutputSink, Progress, ProgressSink, Services};
pub use entry::{Entry, Registry};
pub use journal::Journal;
pub use profile::Profile;
pub use tool::{Cli, Effect, Human, Names, Profiles, Tool};
