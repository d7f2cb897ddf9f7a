//! What a running call may touch: the services below the registry, and its own caller.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::attachment::{Attachment, Attachments};
use crate::{
    environment::Environments,
    progress::{Progress, ProgressSink},
    spool::Spool,
    token::Tokens,
    workspace::{Caller, Machines, Templates, Vms, Workspaces},
};

/// The services tools act on; put together once, in `app.rs`.
#[derive(Clone)]
pub struct Services {
    pub vms: Vms,
    pub workspaces: Workspaces,
    pub environments: Environments,
    pub templates: Templates,
    /// Uploads and downloads on their way.
    pub spool: Spool,
    /// Of callers over HTTP.
    pub tokens: Tokens,
}

impl Services {
    /// The same as one caller sees them.
    pub(super) fn of(&self, caller: &Arc<Caller>) -> Self {
        Self { vms: self.vms.of(caller), workspaces: self.workspaces.of(caller), ..self.clone() }
    }

    /// Everything that runs on these machines.
    pub fn over(machines: Machines, environments: Environments) -> Self {
        Self {
            vms: Vms::new(machines.clone()),
            templates: Templates::new(machines.clone()),
            spool: Spool::below(machines.home()),
            tokens: Tokens::below(machines.home()),
            workspaces: Workspaces::new(machines),
            environments,
        }
    }
}

/// Takes a command's raw output as it comes (`true` = stdout); must not block long.
pub type OutputSink = Arc<dyn Fn(bool, &[u8]) + Send + Sync>;

/// The caller's side of one call, as its door made it.
#[derive(Clone, Default)]
pub struct CallScope {
    /// Fires when the caller took the call back, went away, or its deadline passed.
    pub canceled: CancellationToken,
    pub progress: Option<ProgressSink>,
    pub output: Option<OutputSink>,
    /// How long this caller's commands may take before they are handed back; for ever where absent.
    pub patience: Option<Duration>,
    /// Which door it came through, for the journal.
    pub door: &'static str,
    /// Who it is; the process's own where the door says nothing.
    pub caller: Arc<Caller>,
    /// Takes what goes beside a result; absent where the door has no form for it.
    pub attachments: Option<Attachments>,
}

/// Handed to [`super::Tool::run`].
#[derive(Clone)]
pub struct Context {
    pub services: Services,
    pub scope: CallScope,
}

impl Context {
    pub fn vms(&self) -> &Vms {
        &self.services.vms
    }

    pub fn workspaces(&self) -> &Workspaces {
        &self.services.workspaces
    }

    pub fn environments(&self) -> &Environments {
        &self.services.environments
    }

    pub fn templates(&self) -> &Templates {
        &self.services.templates
    }

    /// Resolves when the caller no longer wants the answer.
    pub async fn canceled(&self) {
        self.scope.canceled.cancelled().await;
    }

    pub fn caller(&self) -> &Caller {
        &self.scope.caller
    }

    /// Whether something beside the result would be shown.
    pub fn shows_attachments(&self) -> bool {
        self.scope.attachments.is_some()
    }

    pub fn attach(&self, attachment: Attachment) {
        if let Some(attachments) = &self.scope.attachments {
            attachments.lock().unwrap_or_else(PoisonError::into_inner).push(attachment);
        }
    }

    pub fn progress(&self, step: impl Into<String>, fraction: Option<f64>) {
        if let Some(sink) = &self.scope.progress {
            sink(Progress { step: step.into(), fraction });
        }
    }
}
