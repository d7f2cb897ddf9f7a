//! The stored form of a token.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{Principal, TokenId},
    key::KeyHash,
};

/// `tokens/ID.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenRecord {
    pub version: u32,
    pub token_id: TokenId,
    /// Whose it is: workspaces belong to a principal, who may have several tokens, one after the other or at once.
    pub principal: Principal,
    /// The widest profile it opens.
    pub profile: String,
    pub key: KeyHash,
    pub allowance: Allowance,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; for ever where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl TokenRecord {
    pub const VERSION: u32 = 1;

    pub fn is_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// What a principal's machines may take together, counted for whoever shows the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// MiB that its running machines may claim; as the host's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mem_mib: Option<u64>,
    /// Workspaces and VMs, running or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspaces: Option<u32>,
}
