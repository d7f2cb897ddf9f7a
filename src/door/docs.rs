//! The tools' reference for people. Pure.

use crate::registry::Registry;

/// The page `docs/tools.md`.
pub fn page(_registry: &Registry) -> String {
    String::new()
}
