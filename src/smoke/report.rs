//! How packs went, for people and programs. Pure.

use std::time::Duration;

use serde::Serialize;

use crate::vm::ExecutionMode;

/// Never a silent pass: what did not run says why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "why")]
pub enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// One step that ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport {
    pub title: String,
    pub tool: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub duration_ms: u64,
}

/// One pack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PackReport {
    pub name: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What its machines ran on; absent when none ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<ExecutionMode>,
    /// Without getting its environment.
    pub duration_ms: u64,
    pub steps: Vec<StepReport>,
}

impl PackReport {
    /// Of a pack of which nothing ran.
    pub fn unrun(name: &str, outcome: Outcome) -> Self {
        Self { name: name.into(), outcome, execution_mode: None, duration_ms: 0, steps: vec![] }
    }
}

pub(super) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl StepReport {
    /// One line, indented below its pack.
    pub fn line(&self) -> String {
        let word = match &self.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed(_) => "FAILED",
            Outcome::Skipped(_) => "skipped",
        };
        format!("  {word:<7} {:>7} ms  {}{}\n", self.duration_ms, self.title, self.outcome.why())
    }
}

impl PackReport {
    /// One line.
    pub fn line(&self) -> String {
        let word = match &self.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed(_) => "FAILED",
            Outcome::Skipped(_) => "skipped",
        };
        let on = self.execution_mode.map(|mode| format!(" on {}", mode.as_str())).unwrap_or_default();
        let (seconds, ms) = (self.duration_ms / 1000, self.duration_ms % 1000);
        format!("{word} {}{on} in {seconds}.{ms:03} s{}\n", self.name, self.outcome.why())
    }
}

impl Outcome {
    fn why(&self) -> String {
        match self {
            Self::Passed => String::new(),
            Self::Failed(why) | Self::Skipped(why) => format!(": {why}"),
        }
    }
}

/// The last line: how many of each.
pub fn closing(packs: &[PackReport]) -> String {
    let count = |which: fn(&Outcome) -> bool| packs.iter().filter(|pack| which(&pack.outcome)).count();
    format!(
        "smoke: {} passed, {} failed, {} skipped\n",
        count(|outcome| matches!(outcome, Outcome::Passed)),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
        count(|outcome| matches!(outcome, Outcome::Skipped(_))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_run_says_why() {
        let pack = |outcome| PackReport {
            name: "boot".into(),
            outcome,
            execution_mode: Some(ExecutionMode::QemuTcg),
            duration_ms: 1234,
            steps: vec![],
        };
        let packs = [pack(Outcome::Passed), pack(Outcome::Skipped("no QEMU".into()))];
        assert_eq!(packs[0].line(), "passed boot on qemu-tcg in 1.234 s\n");
        assert_eq!(packs[1].line(), "skipped boot on qemu-tcg in 1.234 s: no QEMU\n");
        assert_eq!(closing(&packs), "smoke: 1 passed, 0 failed, 1 skipped\n");
        let json = serde_json::to_value(&packs[1]).unwrap();
        assert_eq!((&json["outcome"], &json["why"]), (&"skipped".into(), &"no QEMU".into()));
    }
}
