//! What a workspace looked like when it was made: an index of its entries, and the contents of its files.

mod capture;
mod index;
mod old;

pub(super) use capture::{capture, copy_tree};
pub use index::{Index, IndexWriter};
pub use old::{Old, OldContent};
