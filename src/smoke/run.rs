//! Runs a pack: its calls in order, its checks on their answers, its cleanup whatever happened.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    Caller, Outcome, Pack, PackReport, Step, StepReport, fields, prepare,
    report::ms,
    rules::{During, Rules},
    stage::{self, Stage},
};
use crate::{
    failure::{Code, Failure},
    progress::ProgressSink,
    registry::{CallScope, Calls},
    vm::ExecutionMode,
};

/// How a refusal begins where this host can have no machine at all.
const NO_MACHINE: [&str; 4] =
    ["no virtual machine can be had", "QEMU cannot be used", "KVM cannot be used", "Firecracker cannot be used"];
/// Each step of the cleanup may take this long.
const CLEANUP: Duration = Duration::from_secs(30);
/// Between two calls of a step that is tried again.
const AGAIN_PAUSE: Duration = Duration::from_millis(50);

/// Who looks on while a pack runs.
pub struct Watch<'a> {
    /// Takes the pack back; its cleanup still runs.
    pub canceled: &'a CancellationToken,
    pub progress: Option<ProgressSink>,
    /// Told about each step as it ends.
    pub step: &'a mut (dyn FnMut(&StepReport) + Send),
}

struct Running<'a, C> {
    pack: &'a Pack,
    caller: &'a mut C,
    stage: Stage,
    kept: BTreeMap<String, Value>,
    mode: Option<ExecutionMode>,
    steps: Vec<StepReport>,
}

/// Runs one pack to its end: its steps through `caller`, after `calls` prepared this host for it.
pub async fn run<C: Caller>(pack: &Pack, calls: &Calls, caller: &mut C, mut watch: Watch<'_>) -> PackReport {
    let stage = match Stage::set(&pack.seed) {
        Ok(stage) => stage,
        Err(error) => {
            return PackReport::unrun(&pack.name, Outcome::Failed(format!("its files cannot be written: {error}")));
        }
    };
    let mut running = Running { pack, caller, kept: stage.given(), stage, mode: None, steps: vec![] };
    let ready = prepare::ready(pack, calls, &watch).await;
    let began = Instant::now();
    let mut outcome = match ready {
        Ok(()) => running.steps(&mut watch).await,
        Err(outcome) => outcome,
    };
    if let (Err(why), Outcome::Passed) = (running.cleanup(&mut watch).await, &outcome) {
        outcome = Outcome::Failed(why);
    }
    PackReport {
        name: pack.name.clone(),
        outcome,
        execution_mode: running.mode,
        duration_ms: ms(began.elapsed()),
        steps: running.steps,
    }
}

impl<C: Caller> Running<'_, C> {
    async fn steps(&mut self, watch: &mut Watch<'_>) -> Outcome {
        let end = Instant::now() + Duration::from_secs(self.pack.limit_seconds);
        let mut failures = Vec::new();
        for (number, step) in self.pack.steps.iter().enumerate() {
            if watch.canceled.is_cancelled() {
                failures.push("it was called off".into());
                break;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.step(step, left, watch, number == 0).await {
                Outcome::Passed => {}
                Outcome::Failed(why) => failures.push(format!("{}: {why}", step.title)),
                Outcome::Skipped(why) => return Outcome::Skipped(why),
            }
            if !failures.is_empty() && (left.is_zero() || !self.pack.independent) {
                break;
            }
        }
        if failures.is_empty() { Outcome::Passed } else { Outcome::Failed(failures.join("; ")) }
    }

    async fn cleanup(&mut self, watch: &mut Watch<'_>) -> Result<(), String> {
        let never = CancellationToken::new();
        let mut first = Ok(());
        for step in &self.pack.cleanup {
            let unkept = step.input.values().flat_map(fields::names).any(|name| !self.kept.contains_key(name));
            if unkept {
                continue;
            }
            let mut watch = Watch { canceled: &never, progress: None, step: &mut *watch.step };
            if let Outcome::Failed(why) = self.step(step, CLEANUP, &mut watch, false).await {
                first = first.and(Err(format!("{}: {why}", step.title)));
            }
        }
        first
    }

    /// `first`: the pack may still turn out not to be for this host.
    async fn step(&mut self, step: &Step, left: Duration, watch: &mut Watch<'_>, first: bool) -> Outcome {
        let began = Instant::now();
        let again = step.again_seconds.map(|seconds| left.min(Duration::from_secs(seconds)));
        let outcome = loop {
            let outcome = self.attempt(step, left.saturating_sub(began.elapsed()), watch, first).await;
            match (&outcome, again) {
                (Outcome::Failed(_), Some(again)) if began.elapsed() < again && !watch.canceled.is_cancelled() => {
                    tokio::time::sleep(AGAIN_PAUSE).await;
                }
                _ => break outcome,
            }
        };
        let took = began.elapsed();
        let slow = step.within_seconds.filter(|most| took > Duration::from_secs(*most));
        let outcome = match (outcome, slow) {
            (Outcome::Passed, Some(most)) => Outcome::Failed(format!("it took {} ms, more than {most} s", ms(took))),
            (outcome, _) => outcome,
        };
        let report = StepReport {
            title: step.title.clone(),
            tool: step.tool.clone(),
            outcome: outcome.clone(),
            duration_ms: ms(took),
        };
        (watch.step)(&report);
        self.steps.push(report);
        outcome
    }

    /// One call, and what it must be like.
    async fn attempt(&mut self, step: &Step, left: Duration, watch: &Watch<'_>, first: bool) -> Outcome {
        let clock = SystemTime::now();
        let mut input = json!(step.input);
        if let Err(name) = fields::fill(&mut input, &self.kept) {
            return Outcome::Failed(format!("${name} was not kept"));
        }
        let canceled = watch.canceled.child_token();
        let scope = CallScope { canceled: canceled.clone(), ..scope() };
        let call = self.caller.call(&step.tool, input, scope);
        let answer = within(left, canceled, call).await;
        let during = During { began: clock, ended: SystemTime::now() };
        let late = |()| Outcome::Failed(format!("the pack's limit of {} s is over", self.pack.limit_seconds));
        match answer.map_or_else(late, |answer| self.judge(step, answer, during, first)) {
            Outcome::Passed => self.on_host(step, during).await.err().map_or(Outcome::Passed, Outcome::Failed),
            outcome => outcome,
        }
    }

    fn judge(&mut self, step: &Step, answer: Result<Value, Failure>, during: During, first: bool) -> Outcome {
        let answer = match (answer, step.fails) {
            (Ok(answer), None) => answer,
            (Err(failure), Some(code)) if failure.code == code => json!(failure),
            (Err(failure), None) if first && no_machine(&failure) => return Outcome::Skipped(said(&failure)),
            (Err(failure), None) if failure.code == Code::Missing && self.pack.cleanup.contains(step) => {
                return Outcome::Passed;
            }
            (Err(failure), _) => return Outcome::Failed(format!("{:?}: {}", failure.code, said(&failure))),
            (Ok(_), Some(code)) => return Outcome::Failed(format!("it must fail with {code:?}, but did not")),
        };
        // What is to be cleaned up is kept whatever else is wrong; a call that is made again must stay the same call.
        if step.again_seconds.is_none()
            && let Err(why) = self.keep(step, &answer)
        {
            return Outcome::Failed(why);
        }
        if let Some(mode) = answer.get("execution_mode").and_then(|mode| serde_json::from_value(mode.clone()).ok()) {
            self.mode = Some(mode);
            if !self.pack.backends.contains(&mode) {
                return Outcome::Skipped(format!("it does not prove {}, which this host runs", mode.as_str()));
            }
        }
        for (path, rules) in &step.expect {
            if let Some(why) = self.filled(rules).map(|rules| rules.broken(&answer, path, during)).transpose() {
                return Outcome::Failed(why.unwrap_or_else(|why| why) + &evidence(step, path, &answer));
            }
        }
        self.keep(step, &answer).err().map_or(Outcome::Passed, Outcome::Failed)
    }

    fn keep(&mut self, step: &Step, answer: &Value) -> Result<(), String> {
        for (name, path) in &step.keep {
            let value = fields::at(answer, path).ok_or_else(|| format!("{path}, to be kept, is not there"))?;
            self.kept.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    /// Looks at what the call left on the host.
    async fn on_host(&self, step: &Step, during: During) -> Result<(), String> {
        if let Some(patch) = &step.git_apply {
            self.stage.git_apply(&self.path(patch)?).await?;
        }
        for (path, rules) in &step.host {
            let found = stage::look(&self.path(path)?);
            for (field, rules) in rules {
                if let Some(why) = self.filled(rules)?.broken(&found, field, during) {
                    return Err(format!("{path}: {why}"));
                }
            }
        }
        Ok(())
    }

    fn path(&self, path: &str) -> Result<String, String> {
        let mut path = json!(path);
        fields::fill(&mut path, &self.kept).map_err(|name| format!("${name} was not kept"))?;
        Ok(path.as_str().unwrap_or_default().to_owned())
    }

    fn filled(&self, rules: &Rules) -> Result<Rules, String> {
        let mut rules = rules.clone();
        for value in rules.values_mut() {
            fields::fill(value, &self.kept).map_err(|name| format!("${name} was not kept"))?;
        }
        Ok(rules)
    }
}

/// Takes the call back when the time is over, and waits for its end.
async fn within<T>(left: Duration, canceled: CancellationToken, call: impl Future<Output = T>) -> Result<T, ()> {
    let mut call = std::pin::pin!(call);
    tokio::select! {
        answer = &mut call => return Ok(answer),
        () = tokio::time::sleep(left) => {}
    }
    canceled.cancel();
    call.await;
    Err(())
}

/// What the command itself said, where a rule about something else broke.
fn evidence(step: &Step, path: &str, answer: &Value) -> String {
    let shown = ["exit_reason", "detail", "stderr", "stdout"].into_iter().filter(|field| *field != path);
    let told = shown.filter_map(|field| Some(format!("{field} {}", fields::short(answer.get(field)?))));
    let told: Vec<String> = told.filter(|text| !text.ends_with("\"\"")).collect();
    if step.fails.is_some() || told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

fn no_machine(failure: &Failure) -> bool {
    NO_MACHINE.iter().any(|begin| failure.message.starts_with(begin))
}

pub(super) fn said(failure: &Failure) -> String {
    let hint = failure.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{hint}", failure.message)
}

pub(super) fn scope() -> CallScope {
    CallScope { door: "smoke", ..CallScope::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::choose::{Offer, Wish, choose};

    #[test]
    fn every_refusal_for_want_of_a_machine_is_known() {
        let told = |yes: bool| if yes { Ok(()) } else { Err("it is not there".to_owned()) };
        let wishes = ExecutionMode::ALL.map(Some).into_iter().chain([None]);
        for mode in wishes {
            for bits in 0..8 {
                let [firecracker, qemu, kvm] = [4, 2, 1].map(|bit| told(bits & bit != 0));
                let offer = Offer { firecracker, qemu, kvm };
                if let Err(failure) = choose(Wish { mode, allow_host_compat: false }, &offer) {
                    assert!(no_machine(&failure), "{}", failure.message);
                }
            }
        }
        assert!(!no_machine(&Failure::unavailable("Debian's mirror does not answer")));
    }
}
