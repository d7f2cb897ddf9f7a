//! Machines that were booted once and saved, for others to go on from: a restore instead of a boot.
//!
//! A template's files lie in the cache, below the key of all that it depends on. A *keeper* is a process that has read
//! them, verified, into sealed memory, and hands descriptors of it to supervisors; it makes the files first where there
//! are none that are sound. There are two kinds, because a restored kernel has *its* file system in memory: `fresh` with
//! the root mounted, for new disks that are copies of the template's own, and `bare` without, for disks that exist.

mod ask;
mod folder;
mod gone;
mod keeper;
mod key;
mod list;
mod make;
mod pool;
mod prune;
mod wire;

pub use ask::{Given, ask, ask_present, complain, exists, take};
pub use folder::last_trouble;
pub use keeper::keep;
pub use key::{Kind, Wanted};
pub use list::{Told, list};
pub use pool::{SPARE, SPARE_LOCK};
pub use prune::{end_keepers, prune};
pub use wire::{Place, SpareOrder};
