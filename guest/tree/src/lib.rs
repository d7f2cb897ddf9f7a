//! Trees beneath a directory descriptor: walked, packed, unpacked, changed whole or not at all.
//!
//! The guest agent uses it on what its host sends, the host on what a hostile guest sends. Nothing here resolves a path
//! but beneath a descriptor, recurses, or takes memory that the other side alone decides about.

mod apply;
pub mod beneath;
mod descend;
mod error;
mod hash;
mod names;
mod order;
mod pack;
mod remove;
mod times;
mod unpack;
mod walk;

pub use apply::{Staged, apply, recover, stage};
pub use error::{TreeError, refusal, shown};
pub use hash::{sha256, sha256_of};
pub use names::{DIRECTORY_BYTES_MAX, PATH_BYTES_MAX};
pub use order::compare_paths;
pub use pack::{Packed, pack, pack_one};
pub use remove::remove;
pub use unpack::{UnpackOptions, unpack};
pub use walk::{WalkOptions, look, walk};

#[cfg(test)]
mod tests;
