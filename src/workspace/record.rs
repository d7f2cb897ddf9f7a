//! The stored form of a workspace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{machines::Order, secrets::SecretFacts, seed::Seed, snapshot::Taken, store::Record};
use crate::ids::{Principal, WorkspaceId};

/// `workspace.json`: what was asked for, and what was made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkspaceRecord {
    pub version: u32,
    pub workspace_id: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    pub environment: String,
    /// Digest of the base image, once a disk was made over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_digest: Option<String>,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub ttl_seconds: u32,
    pub allow_host_compat: bool,
    pub seed: Seed,
    /// Their values are elsewhere.
    #[serde(default)]
    pub secrets: Vec<SecretFacts>,
    /// Whose it is; the state directory's owner's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// The workspace it was forked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<WorkspaceId>,
    /// A copy of another that has not run yet: it still has that one's ids.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renew: bool,
    /// The state it began with; absent while it is being created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Taken>,
    /// Unix seconds.
    pub created_at: i64,
    #[serde(default)]
    pub reset_count: u32,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reset_at: Option<i64>,
}

impl Record for WorkspaceRecord {
    type Id = WorkspaceId;
    const FOLDER: &'static str = "workspaces";
    const FILE: &'static str = "workspace.json";
    const VERSION: u32 = 1;
    const MISSING_HINT: &'static str = "workspace_list shows what there is; workspace_create makes another";
    const DELETE: &'static str = "workspace_delete";

    fn id(&self) -> &WorkspaceId {
        &self.workspace_id
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn mem_mib(&self) -> u32 {
        self.mem_mib
    }

    fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }
}

impl WorkspaceRecord {
    /// Whether it has run on the host itself, and so stays there.
    pub(super) fn is_unisolated(&self) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| baseline.disk_digest.is_none())
    }

    /// Its machine.
    pub(super) fn order(&self, tethered: bool) -> Order {
        Order {
            name: self.workspace_id.to_string(),
            environment: self.environment.clone(),
            digest: self.environment_digest.clone(),
            vcpu_count: self.vcpu_count,
            mem_mib: self.mem_mib,
            ttl_seconds: self.ttl_seconds,
            allow_host_compat: self.allow_host_compat,
            unisolated: self.is_unisolated(),
            has_secrets: !self.secrets.is_empty(),
            renew: self.renew,
            tethered,
            lasting: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_this_version_keeps_loading() {
        let kept = r#"{"version":1,"workspace_id":"ws-abcdefgh2345","environment":"debian:12","vcpu_count":1,
            "mem_mib":1024,"ttl_seconds":3600,"allow_host_compat":false,"created_at":1795252500,
            "seed":{"mode":"empty","destination":"/workspace","entry_count":0,"bytes_written":0}}"#;
        let record: WorkspaceRecord = serde_json::from_str(kept).unwrap();
        assert_eq!((record.version, record.baseline, record.reset_count), (WorkspaceRecord::VERSION, None, 0));
    }
}
