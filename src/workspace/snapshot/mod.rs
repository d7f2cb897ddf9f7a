//! What a workspace was at one moment: its whole disk, an index of the entries below /workspace, and a record. The first
//! is the baseline, taken at creation. An unisolated workspace has no disk; its tree is copied.

mod capture;
mod find;
mod index;
mod record;
mod stored;

pub(super) use capture::{capture, copy_tree, list_disk, list_tree};
pub(super) use find::{Kept, Shelf, is_reserved};
pub use index::{Index, IndexWriter};
pub(super) use record::{SnapshotRecord, Taken};
pub(super) use stored::disk_failure;
pub use stored::{Stored, StoredContent};
