//! A call's progress as MCP notifications: never decreasing, and not more often than a person can read.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rmcp::{
    Peer, RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    limits,
    progress::{Progress, ProgressSink},
};

/// Reports of one step are at least this far apart.
const APART: Duration = Duration::from_millis(200);
/// Reports that wait to be sent; more are dropped.
const QUEUED: usize = 64;
const PERCENT: f64 = 100.0;

/// Sends what the sink takes, until the call drops the sink.
pub(super) struct Relay {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    reports: mpsc::Receiver<Progress>,
}

impl Relay {
    /// The sink is there only if the client asked for progress.
    pub(super) fn new(context: &RequestContext<RoleServer>) -> (Self, Option<ProgressSink>) {
        let (sender, reports) = mpsc::channel(QUEUED);
        let token = context.meta.get_progress_token();
        let sink = token.is_some().then(|| {
            let send = move |progress| drop(sender.try_send(progress));
            Arc::new(send) as ProgressSink
        });
        (Self { peer: context.peer.clone(), token, reports }, sink)
    }

    pub(super) async fn run(mut self) {
        let Some(token) = self.token else { return };
        let mut last: Option<(String, Instant)> = None;
        let mut done = 0.0_f64;
        let mut step = "working".to_owned();
        loop {
            // Clients give up on calls that say nothing.
            let progress = match timeout(limits::PROGRESS_EVERY, self.reports.recv()).await {
                Ok(Some(progress)) => progress,
                Ok(None) => return,
                Err(_) => Progress { step: step.clone(), fraction: None },
            };
            step.clone_from(&progress.step);
            let now = Instant::now();
            if last.as_ref().is_some_and(|(step, at)| *step == progress.step && now - *at < APART) {
                continue;
            }
            done = (done + 0.01).max(progress.fraction.unwrap_or(0.0) * PERCENT);
            let mut param = ProgressNotificationParam::new(token.clone(), done).with_message(progress.step.clone());
            if progress.fraction.is_some() {
                param = param.with_total(PERCENT);
            }
            if self.peer.notify_progress(param).await.is_err() {
                return;
            }
            last = Some((progress.step, now));
        }
    }
}
