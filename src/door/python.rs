//! The generated half of the Python SDK. Pure.

use crate::registry::Registry;

/// The module `_api.py`.
pub fn module(_registry: &Registry) -> String {
    String::new()
}
