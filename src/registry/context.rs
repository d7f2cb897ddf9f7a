//! What a running call may touch: the services below the registry, and its own caller.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    environment::Environments,
    progress::{Progress, ProgressSink},
    workspace::{Machines, Templates, Variables, Vms, Workspaces},
};

/// The services tools act on; put together once, in `app.rs`.
#[derive(Clone)]
pub struct Services {
    pub vms: Vms,
    pub workspaces: Workspaces,
    pub environments: Environments,
    pub templates: Templates,
}

impl Services {
    /// Everything that runs on these machines.
    pub fn over(machines: Machines, environments: Environments) -> Self {
        Self {
            vms: Vms::new(machines.clone()),
            templates: Templates::new(machines.clone()),
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
}

/// Handed to [`super::Tool::run`].
#[derive(Clone)]
pub struct Context {
    pub services: Services,
    pub scope: CallScope,
    /// Which variables of this process's environment callers may have as secrets.
    pub variables: Variables,
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

    pub fn progress(&self, step: impl Into<String>, fraction: Option<f64>) {
        if let Some(sink) = &self.scope.progress {
            sink(Progress { step: step.into(), fraction });
        }
    }
}
