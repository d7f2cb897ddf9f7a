//! The machine we stand on.

mod dirs;

pub use dirs::Dirs;
