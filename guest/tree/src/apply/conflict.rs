//! What stands in the way of a change, collected and told at once.

use crate::error::TreeError;

/// Obstacles that are told; the rest are counted.
const TOLD_MAX: usize = 10;

/// Obstacles found so far.
#[derive(Debug, Default)]
pub(super) struct Conflicts {
    told: Vec<String>,
    more: u64,
}

impl Conflicts {
    pub(super) fn add(&mut self, conflict: String) {
        match self.told.len() < TOLD_MAX {
            true => self.told.push(conflict),
            false => self.more += 1,
        }
    }

    /// The refusal, when there is any obstacle.
    pub(super) fn refusal(self) -> Result<(), TreeError> {
        if self.told.is_empty() {
            return Ok(());
        }
        let more = if self.more > 0 { format!("; and {} more", self.more) } else { String::new() };
        Err(TreeError::Conflict(format!("nothing was changed: {}{more}", self.told.join("; "))))
    }
}
