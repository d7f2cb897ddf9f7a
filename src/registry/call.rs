//! The one path every call takes, whichever door it came through.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::{CallScope, Context, Journal, Profile, Registry, Services, entry::Begun, validate};
use crate::{
    failure::{Code, Failure},
    limits,
};

/// A tool that is told to end gets this long to end by itself; then its future is dropped.
const END_GRACE: Duration = Duration::from_secs(1);

/// Runs calls. Cheap to clone.
#[derive(Clone)]
pub struct Calls {
    registry: Registry,
    services: Services,
    journal: Journal,
    seats: Arc<Semaphore>,
}

impl Calls {
    pub fn new(registry: Registry, services: Services, journal: Journal) -> Self {
        let seats = Arc::new(Semaphore::new(limits::CALLS_AT_ONCE));
        Self { registry, services, journal, seats }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Runs one tool for one caller.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Value,
        profile: &Profile,
        scope: CallScope,
    ) -> Result<Value, Failure> {
        let (begun, door, caller) = (Instant::now(), scope.door, scope.caller.clone());
        let outcome = self.steps(tool, arguments, profile, scope).await.map_err(Failure::bounded);
        let known = self.registry.get(tool).map_or("unknown", |entry| entry.name);
        self.journal.record(door, caller.principal.as_ref(), known, begun.elapsed(), &outcome);
        outcome
    }

    async fn steps(&self, tool: &str, arguments: Value, profile: &Profile, scope: CallScope) -> Result<Value, Failure> {
        let entry = self.registry.find(tool, profile)?;
        profile.admit(entry)?;
        let arguments = validate::check(entry, arguments, profile)?;
        let _seat = self.seat()?;
        let canceled = scope.canceled.child_token();
        let scope = CallScope { canceled: canceled.clone(), ..scope };
        let services = self.services.of(&scope.caller);
        let begun = entry.begin(arguments, Context { services, scope })?;
        let output = ended(entry.name, begun, canceled).await?;
        cap(entry.name, output)
    }

    fn seat(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.seats.try_acquire().map_err(|_| {
            let message = format!("{} calls are running, the most one process runs at once", limits::CALLS_AT_ONCE);
            Failure::new(Code::Limit, message).hint("wait for one of them to end, then call again")
        })
    }
}

/// Runs to the end, the deadline or the caller's cancel, whichever comes first.
async fn ended(tool: &str, begun: Begun, canceled: CancellationToken) -> Result<Value, Failure> {
    let mut run = std::pin::pin!(unpanicked(tool, begun.run));
    let early = tokio::select! {
        outcome = &mut run => return outcome,
        () = canceled.cancelled() => Failure::new(Code::Canceled, format!("{tool} was canceled by its caller")),
        () = tokio::time::sleep(begun.deadline) => {
            let message = format!("{tool} did not end within {} s and was stopped", begun.deadline.as_secs_f32());
            Failure::new(Code::TimedOut, message)
        }
    };
    canceled.cancel();
    match tokio::time::timeout(END_GRACE, run).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(failure)) if failure.code != Code::Canceled => Err(failure),
        Ok(Err(_)) | Err(_) => Err(early),
    }
}

/// A defect in one tool ends that call, not the process or the session.
async fn unpanicked(
    tool: &str,
    mut run: Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send>>,
) -> Result<Value, Failure> {
    let polled = std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(outcome)) => Poll::Ready(outcome),
        Err(_) => Poll::Ready(Err(Failure::internal(format!("{tool} hit a defect of pyro and stopped"))
            .hint("please report it with the lines pyro wrote to standard error"))),
    });
    polled.await
}

fn cap(tool: &str, output: Value) -> Result<Value, Failure> {
    let bytes = serde_json::to_vec(&output).map_or(usize::MAX, |json| json.len());
    if bytes <= limits::RESULT_BYTES_MAX {
        return Ok(output);
    }
    let message = format!("the result of {tool} is {bytes} bytes, more than the limit of {}", limits::RESULT_BYTES_MAX);
    Err(Failure::new(Code::Limit, message).hint("ask for less at once"))
}
