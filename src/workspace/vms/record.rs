//! The stored form of a machine, and the form its callers see.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{Principal, VmId},
    supervisor::wire::Start,
    vm::{Death, ExecutionMode},
    workspace::{State, store::Record},
};

/// What a caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVm {
    pub environment: String,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub ttl_seconds: u32,
    pub allow_host_compat: bool,
    /// Its programs reach all that is public.
    pub network: bool,
}

/// `vm.json`: what was asked for, and which image its disk belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmRecord {
    pub version: u32,
    pub vm_id: VmId,
    pub environment: String,
    /// Digest of the base image, once a disk was made over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_digest: Option<String>,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub ttl_seconds: u32,
    pub allow_host_compat: bool,
    /// Whose it is; the state directory's owner's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// Unix seconds.
    pub created_at: i64,
}

impl Record for VmRecord {
    type Id = VmId;
    const FOLDER: &'static str = "vms";
    const FILE: &'static str = "vm.json";
    const VERSION: u32 = 1;
    const MISSING_HINT: &'static str = "it may have expired, or vm_exec deleted it; create another with vm_create";
    const DELETE: &'static str = "vm_delete";

    fn id(&self) -> &VmId {
        &self.vm_id
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

/// A machine as callers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Vm {
    pub vm_id: VmId,
    pub state: State,
    pub environment: String,
    /// Digest of the image its disk belongs to; absent before the first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_version: Option<String>,
    pub vcpu_count: u32,
    pub mem_mib: u32,
    pub ttl_seconds: u32,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// When it is deleted if nobody uses it until then; RFC 3339, UTC.
    pub expires_at: String,
    pub network_enabled: bool,
    pub allow_host_compat: bool,
    /// The isolation it has or last had; absent before the first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// How its machine last began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Why it last ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Death>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_this_version_keeps_loading() {
        let kept = r#"{"version":1,"vm_id":"vm-abcdefgh2345","environment":"debian:12","vcpu_count":1,"mem_mib":1024,
            "ttl_seconds":600,"allow_host_compat":false,"created_at":1795252500}"#;
        let record: VmRecord = serde_json::from_str(kept).unwrap();
        assert_eq!(record.environment_digest, None);
        assert_eq!(record.version, VmRecord::VERSION);
    }
}
