//! Tells what changed in a workspace.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::SnapshotName,
    limits,
    registry::{Cli, Context, Effect, Human, Profiles, Tool},
    workspace::{Comparison, WorkspaceRef, diff::Diff},
};

/// Show what changed in /workspace since creation: summary, and patch for `git apply`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Old side: a snapshot (default baseline).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("x-profile" = "workspace-full"))]
    pub from: Option<SnapshotName>,
    /// New side: a snapshot (default as it is now).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("x-profile" = "workspace-full"))]
    pub to: Option<SnapshotName>,
    /// Only these files, directories or globs.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Compare .git directories too.
    #[serde(default)]
    pub include_git: bool,
    /// Compare contents even where times are equal.
    #[serde(default)]
    pub full: bool,
    /// Cap of the patch in the result (0-122880).
    #[serde(default = "limits::diff_patch_bytes_default")]
    #[schemars(range(max = limits::DIFF_PATCH_BYTES_MAX))]
    pub max_patch_bytes: u32,
    /// New host file for the whole patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-on-host" = "ask for download: the result has a URL"))]
    pub output_path: Option<String>,
    /// Answer a URL for the whole patch.
    #[serde(default)]
    #[schemars(extend("x-remote" = true))]
    pub download: bool,
}

impl Tool for Input {
    const TITLE: &'static str = "Show changes";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["workspace_id"], aliases: &[("output_path", "output")], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$files"}"#;

    type Output = Diff;

    fn deadline(&self) -> Duration {
        limits::TRANSFER_DEADLINE
    }

    async fn run(self, cx: Context) -> Result<Diff, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let wanted = Comparison {
            from: self.from,
            to: self.to,
            paths: self.paths,
            include_git: self.include_git,
            full: self.full,
            max_patch_bytes: self.max_patch_bytes,
            output_path: self.output_path,
            download: self.download,
        };
        let diff = cx.workspaces().diff(&id, wanted).await?;
        if let Some(download) = &diff.download {
            cx.attach(download.into());
        }
        Ok(diff)
    }

    fn human(output: &Diff) -> Option<Human> {
        if !output.changed {
            return Some(Human { stdout: String::new(), stderr: "No changes.\n".into(), exit: 0 });
        }
        let mut stderr = String::new();
        for entry in output.entries.iter().filter(|entry| !entry.patched) {
            let status = serde_json::to_value(entry.status).ok()?;
            let note = entry.note.as_deref().unwrap_or("no text");
            stderr.push_str(&format!("pyro: {} {:?}: {note}\n", status.as_str().unwrap_or(""), entry.path));
        }
        if output.patches_omitted > 0 {
            stderr.push_str(&format!(
                "pyro: {} files are left out of the patch; --output-path writes it whole\n",
                output.patches_omitted
            ));
        }
        Some(Human { stdout: output.patch.clone(), stderr, exit: 0 })
    }
}
