//! Starts a service in a workspace.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Code, Failure},
    ids::ServiceName,
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{NewService, Restart, ServiceLooks, StartedService, WorkspaceRef},
};

/// Start a program that keeps running, and wait until it is ready.
///
/// Give one ready_* at most. On state failed, detail and its last output say why; workspace_service_logs has all.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// An ended one is replaced.
    pub service_name: ServiceName,
    /// Run by `sh -c`, in the foreground.
    #[schemars(length(max = limits::COMMAND_BYTES_MAX))]
    pub command: String,
    /// Default /workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Secrets' names to variables.
    #[serde(default)]
    pub secret_env: BTreeMap<String, String>,
    /// On the host's 127.0.0.1: GUEST or HOST:GUEST.
    #[serde(default)]
    pub published_ports: Vec<String>,
    /// File that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_file: Option<String>,
    /// HOST:PORT that accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_tcp: Option<String>,
    /// http:// URL with status 200-399.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_http: Option<String>,
    /// Command that exits 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_command: Option<String>,
    /// Then it is ended.
    #[serde(default = "limits::ready_seconds_default")]
    #[schemars(range(min = 1, max = limits::READY_SECONDS_MAX))]
    pub ready_timeout_seconds: u32,
    /// Between looks.
    #[serde(default = "limits::ready_interval_ms_default")]
    #[schemars(range(min = limits::READY_INTERVAL_MS_MIN, max = limits::READY_INTERVAL_MS_MAX))]
    pub ready_interval_ms: u32,
    /// After it was ready once.
    #[serde(default)]
    pub restart: Restart,
}

impl Tool for Input {
    const TITLE: &'static str = "Start a service";
    const EFFECT: Effect = Effect::Destroys;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("start_service") };
    const CLI: Cli = Cli {
        positionals: &["workspace_id", "service_name", "command..."],
        aliases: &[("published_ports", "publish")],
        short_pairs: &["secret_env"],
        ..Cli::PLAIN
    };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$workspace", "service_name": "web", "command": "touch up; exec sleep 600", "ready_file": "up", "restart": "on-failure"}"#;

    type Output = StartedService;

    fn deadline(&self) -> Duration {
        let ready = Duration::from_secs(self.ready_timeout_seconds.into());
        limits::BUILD_DEADLINE + limits::BOOT_DEADLINE + ready
    }

    async fn run(self, cx: Context) -> Result<StartedService, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let new = NewService {
            name: self.service_name,
            command: self.command,
            cwd: self.cwd,
            env: self.env,
            secret_env: self.secret_env,
            published_ports: self.published_ports,
            looks: ServiceLooks {
                file: self.ready_file,
                tcp: self.ready_tcp,
                http: self.ready_http,
                command: self.ready_command,
            },
            ready_timeout: Duration::from_secs(self.ready_timeout_seconds.into()),
            ready_interval: Duration::from_millis(self.ready_interval_ms.into()),
            restart: self.restart,
            patience: cx.scope.patience,
        };
        tokio::select! {
            started = cx.workspaces().start_service(&id, new, cx.scope.progress.as_ref()) => started,
            // Dropping the call stops it.
            () = cx.canceled() => Err(Failure::new(Code::Canceled, "the call was canceled, and its service stopped")),
        }
    }

    fn human(output: &StartedService) -> Option<Human> {
        let mut stderr = String::new();
        for text in [&output.stdout, &output.stderr].into_iter().flatten().filter(|text| !text.is_empty()) {
            stderr.push_str(text.trim_end());
            stderr.push('\n');
        }
        stderr.push_str(&output.service.line());
        Some(Human { stdout: String::new(), stderr, exit: u8::from(!output.service.is_well()) })
    }
}
