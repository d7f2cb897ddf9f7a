//! Who calls, and what of this host that one may see, take and name.

use super::{host_files::HostFiles, secrets::Variables};
use crate::{ids::Principal, token::Allowance};

/// One caller, as its door knows it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose workspaces these are; without one it is the owner of the state directory, who sees everybody's.
    pub principal: Option<Principal>,
    pub allowance: Allowance,
    /// Paths of the host that it may name.
    pub files: HostFiles,
    /// Variables of this process's environment that it may have as secrets.
    pub variables: Variables,
    /// Where its uploads and downloads are served, e.g. `https://pyro.example.com`; absent for callers on this host.
    pub base_url: Option<String>,
}

impl Default for Caller {
    /// Whoever started this process.
    fn default() -> Self {
        Self {
            principal: None,
            allowance: Allowance::default(),
            files: HostFiles::Any,
            variables: Variables::All,
            base_url: None,
        }
    }
}

impl Caller {
    /// Whether it shares no files with this host.
    pub fn is_elsewhere(&self) -> bool {
        self.base_url.is_some()
    }

    /// Whether something of `principal`'s exists for this caller.
    pub(super) fn sees(&self, principal: Option<&Principal>) -> bool {
        self.principal.is_none() || self.principal.as_ref() == principal
    }
}
