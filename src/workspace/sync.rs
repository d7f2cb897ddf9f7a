//! Pushing a tree of the host into a workspace that is in use: all of it or nothing.

use pyro_protocol::tree::ApplyRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    paths,
    seed::{From, SeedMode, Source},
    workspaces::{Workspaces, activity},
};
use crate::{failure::Failure, ids::WorkspaceId, progress::ProgressSink, supervisor::client, vm::ExecutionMode};

/// What was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pushed {
    pub workspace_id: WorkspaceId,
    pub workspace_sync: Sync,
    pub execution_mode: ExecutionMode,
    /// The workspace was stopped, and this call started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// A tree that came from the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Sync {
    pub mode: SeedMode,
    /// On the host, absolute; absent where it came with the call or was uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_path: Option<String>,
    /// In the workspace, absolute.
    pub destination: String,
    /// Files, links and directories.
    pub entry_count: u64,
    /// Of files.
    pub bytes_written: u64,
    /// Files and links that stood there before.
    pub replaced: u64,
    /// Special files that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
}

impl Workspaces {
    /// Merges a directory or archive of the host into `dest`. What it does not name stays.
    pub async fn push(
        &self,
        id: &WorkspaceId,
        from: From,
        dest: &str,
        progress: Option<&ProgressSink>,
    ) -> Result<Pushed, Failure> {
        let destination = paths::inside("dest", dest)?;
        let nothing = || Failure::invalid("there is nothing to push").hint("name a directory, an upload or an archive");
        let source = Source::find(self.machines.caller(), &self.spool(), "source_path", from)?;
        let mut source = source.ok_or_else(nothing)?;
        let (mode, source_path, taken) = (source.mode(), source.path(), source.taken());
        let inhabited = self.inhabit(id, progress).await?;
        let upload = source.upload("pushing", progress).await?;
        let outcome = upload.outcome();
        activity::mark(&inhabited.dir);
        let sent = inhabited.guest().apply(&destination, &ApplyRequest::default(), upload.pieces).await;
        let applied = sent.map_err(|error| outcome.trouble().unwrap_or_else(|| client::failure(error)))?;
        activity::mark(&inhabited.dir);
        if let Some(taken) = taken {
            taken.consume();
        }
        Ok(Pushed {
            workspace_id: id.clone(),
            workspace_sync: Sync {
                mode,
                source_path,
                destination,
                entry_count: applied.entries,
                bytes_written: applied.bytes,
                replaced: applied.replaced,
                skipped: outcome.skipped().into_iter().chain(applied.skipped).collect(),
            },
            execution_mode: inhabited.execution_mode(),
            resumed: inhabited.resumed,
        })
    }
}
