//! What a tool is, and the one path every call takes. Knows no tool and no door.

mod context;
mod tool;

pub use context::{CallScope, Context, OutputSink, Services};
pub use tool::{Cli, Effect, Human, Names, Profiles, Tool};
