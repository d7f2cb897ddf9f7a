//! Makes a workspace: a machine that lasts, with a tree to begin with.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    egress::Access,
    failure::Failure,
    ids::UploadId,
    limits,
    registry::{Cli, Context, Effect, Only, Profiles, Tool},
    workspace::{NewNetwork, NewSecrets, NewWorkspace, SeedFrom, Workspace},
};

/// Create a persistent workspace: a started VM whose files stay until it is deleted.
///
/// Files live in /workspace. Idle for ttl_seconds, it stops; the next call starts it again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// debian:12 (git, curl), debian:12-base or debian:12-build (compilers, Python).
    pub environment: String,
    /// Stands for the id in calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For workspace_list.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Host directory or tar (.gz, .zst) to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-on-host" = "workspace_upload_open answers a URL to upload to; then give seed_upload_id, or seed_archive"))]
    pub seed_path: Option<String>,
    /// An upload to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("x-remote" = true))]
    pub seed_upload_id: Option<UploadId>,
    /// Or a small tar, .tar.gz or .tar.zst in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-remote" = true))]
    pub seed_archive: Option<String>,
    /// Virtual CPUs (1-8).
    #[serde(default = "limits::vcpus_default")]
    #[schemars(range(min = 1, max = limits::VCPUS_MAX))]
    pub vcpu_count: u32,
    /// Memory, MiB (256-32768).
    #[serde(default = "limits::mem_mib_default")]
    #[schemars(range(min = limits::MEM_MIB_MIN, max = limits::MEM_MIB_MAX))]
    pub mem_mib: u32,
    /// Idle time until it stops (60-604800).
    #[serde(default = "limits::workspace_ttl_seconds_default")]
    #[schemars(range(min = limits::TTL_SECONDS_MIN, max = limits::TTL_SECONDS_MAX))]
    pub ttl_seconds: u32,
    /// egress: programs reach hosts through a proxy.
    #[serde(default)]
    #[schemars(extend("x-profile" = "workspace-full"))]
    pub network_policy: Access,
    /// All it may reach: example.com, *.example.com, host:443, 192.0.2.0/24; default: all public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-profile" = "workspace-full"))]
    pub allow_hosts: Option<Vec<String>>,
    /// Trust the host's certificates.
    #[serde(default)]
    #[schemars(extend("x-profile" = "workspace-full"))]
    pub trust_host_ca: bool,
    /// Names to values; files in /run/pyro-secrets, redacted in output.
    #[serde(default)]
    #[schemars(extend("x-profile" = "workspace-full", "writeOnly" = true))]
    pub secrets: BTreeMap<String, String>,
    /// Names to host files.
    #[serde(default)]
    #[schemars(extend("x-profile" = "workspace-full", "x-on-host" = "give values as secrets"))]
    pub secret_files: BTreeMap<String, String>,
    /// Names of the server's environment variables.
    #[serde(default)]
    #[schemars(extend("x-profile" = "workspace-full"))]
    pub secret_env: Vec<String>,
    /// Accept running unisolated on the host if no VM can be had.
    #[serde(default)]
    #[schemars(extend("x-on-host" = "leave it out: nothing of callers elsewhere ever runs unisolated"))]
    pub allow_host_compat: bool,
}

impl Tool for Input {
    const TITLE: &'static str = "Create a workspace";
    const EFFECT: Effect = Effect::Changes;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli {
        positionals: &["environment"],
        only: Some(Only { flag: "id-only", field: "workspace_id" }),
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"environment": "debian:12", "name": "issue-17", "labels": {"repo": "app"}}"#;

    type Output = Workspace;

    fn deadline(&self) -> Duration {
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Workspace, Failure> {
        let new = NewWorkspace {
            name: self.name,
            labels: self.labels,
            environment: self.environment,
            seed: SeedFrom { path: self.seed_path, upload_id: self.seed_upload_id, archive: self.seed_archive },
            vcpu_count: self.vcpu_count,
            mem_mib: self.mem_mib,
            ttl_seconds: self.ttl_seconds,
            allow_host_compat: self.allow_host_compat,
            network: NewNetwork {
                access: self.network_policy,
                allow_hosts: self.allow_hosts,
                trust_host_ca: self.trust_host_ca,
            },
            secrets: NewSecrets {
                literal: self.secrets,
                files: self.secret_files,
                variables: self.secret_env,
                allowed: cx.caller().variables.clone(),
            },
        };
        cx.workspaces().create(new, cx.scope.progress.as_ref()).await
    }
}
