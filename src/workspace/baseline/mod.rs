//! What a workspace looked like when it was made: an index of its entries, and the contents of its files.

mod ext4;
mod index;
mod old;

pub use index::{Index, IndexWriter};
pub use old::{Old, OldContent};
