//! What a tool is, and the one path every call takes. Knows no tool and no door.

mod attachment;
mod call;
mod context;
mod entry;
mod journal;
mod list;
mod profile;
mod property;
mod schema;
mod suggest;
mod tool;

mod validate;

pub use attachment::{Attachment, Attachments};
pub use call::Calls;
pub use context::{CallScope, Context, OutputSink, Services};
pub use entry::Entry;
pub use journal::Journal;
pub use list::Registry;
pub use profile::Profile;
pub use property::{Kind, Property};
pub use schema::{ALLOWED_KEYWORDS, keywords};
pub use suggest::closest;
pub use tool::{Callers, Cli, Effect, Human, Names, Only, Profiles, Tool};
