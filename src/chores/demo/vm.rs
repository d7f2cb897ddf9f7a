//! `pyro demo`: one machine's whole life, four calls.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{COMMAND, ENVIRONMENT, PROOF};
use crate::{
    failure::{Code, Failure},
    progress::Progress,
    registry::{CallScope, Human},
    smoke::Caller,
};

pub(super) async fn run(as_json: bool) -> Result<Human, Failure> {
    let canceled = crate::chores::interrupted()?;
    let (mut host, scope) = super::host("workspace-full", canceled).await?;
    let report = live(&mut host, &scope).await;
    host.end().await;
    let exit = u8::from(!report.ok);
    if as_json {
        return Ok(Human { stdout: super::pretty(&report)?, stderr: String::new(), exit });
    }
    Ok(Human { stdout: report.lines(), stderr: report.trouble(), exit })
}

/// One call and what came of it.
#[derive(Debug, Serialize)]
struct Step {
    tool: &'static str,
    ok: bool,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    environment: &'static str,
    command: &'static str,
    vm_id: Option<Value>,
    execution_mode: Option<Value>,
    exit_code: Option<Value>,
    stdout: Option<Value>,
    duration_ms: u64,
    steps: Vec<Step>,
}

/// Create, start, exec, delete. What was created is deleted whatever happens in between.
async fn live(caller: &mut impl Caller, scope: &CallScope) -> Report {
    let begun = Instant::now();
    // Neither is taken back: what is made is known, and what is known goes.
    let to_its_end = CallScope { canceled: CancellationToken::new(), ..scope.clone() };
    let new = json!({ "environment": ENVIRONMENT });
    let mut steps = vec![step(caller, "vm_create", new, to_its_end.clone()).await];
    let vm_id = steps[0].field("vm_id");
    if let Some(id) = &vm_id {
        steps.push(step(caller, "vm_start", json!({ "vm_id": id }), scope.clone()).await);
        if steps[1].ok {
            let mut exec = step(caller, "vm_exec", json!({ "vm_id": id, "command": COMMAND }), scope.clone()).await;
            exec.ok &= exec.result.as_ref().is_some_and(proves);
            steps.push(exec);
        }
        let mut delete = step(caller, "vm_delete", json!({ "vm_id": id }), to_its_end).await;
        // vm_exec deletes its machine, and says so.
        let deleted = steps.iter().any(|step| step.result.as_ref().is_some_and(|it| it["cleanup"]["deleted"] == true));
        delete.ok |= deleted && delete.failure.as_ref().is_some_and(|failure| failure.code == Code::Missing);
        steps.push(delete);
    }
    let of = |tool: &str, name: &str| steps.iter().find(|step| step.tool == tool)?.field(name);
    Report {
        ok: steps.len() == 4 && steps.iter().all(|step| step.ok),
        environment: ENVIRONMENT,
        command: COMMAND,
        vm_id,
        execution_mode: of("vm_exec", "execution_mode").or_else(|| of("vm_start", "execution_mode")),
        exit_code: of("vm_exec", "exit_code"),
        stdout: of("vm_exec", "stdout"),
        duration_ms: elapsed_ms(begun),
        steps,
    }
}

async fn step(caller: &mut impl Caller, tool: &'static str, input: Value, scope: CallScope) -> Step {
    if let Some(sink) = &scope.progress {
        sink(Progress { step: format!("tools/call {tool} {input}"), fraction: None });
    }
    let begun = Instant::now();
    let (result, failure) = match caller.call(tool, input, scope).await {
        Ok(result) => (Some(result), None),
        Err(failure) => (None, Some(failure)),
    };
    Step { tool, ok: failure.is_none(), duration_ms: elapsed_ms(begun), result, failure }
}

/// Whether the command ran and said what it says everywhere.
fn proves(exec: &Value) -> bool {
    exec["exit_code"] == 0 && exec["stdout"].as_str().is_some_and(|text| text.contains(PROOF))
}

fn elapsed_ms(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Step {
    fn field(&self, name: &str) -> Option<Value> {
        self.result.as_ref()?.get(name).cloned()
    }

    fn outcome(&self) -> String {
        let of = |name: &str| self.field(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        match (self.tool, &self.failure) {
            ("vm_delete", Some(_)) if self.ok => "vm_exec had deleted it".to_owned(),
            (_, Some(_)) => "failed".to_owned(),
            ("vm_exec", None) => format!("exit_code {}", of("exit_code").unwrap_or_default()),
            ("vm_start", None) => format!("execution_mode {}", of("execution_mode").unwrap_or_default()),
            (_, None) => of("vm_id").unwrap_or_default(),
        }
    }
}

impl Report {
    fn lines(&self) -> String {
        let mut lines = format!("{ENVIRONMENT}: {COMMAND}\n");
        for step in &self.steps {
            lines.push_str(&format!("{:<9} {:>6} ms  {}\n", step.tool, step.duration_ms, step.outcome()));
        }
        lines.push_str(self.stdout.as_ref().and_then(Value::as_str).unwrap_or_default());
        lines
    }

    fn trouble(&self) -> String {
        let failures = self.steps.iter().filter(|step| !step.ok).map(|step| match &step.failure {
            Some(failure) => super::told(failure),
            None => format!("error: {} did not print `{PROOF}`\n", step.tool),
        });
        failures.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chores::demo::scripted::Machine;

    async fn lived(broken: Option<&'static str>) -> (Report, Vec<String>) {
        let mut machine = Machine { broken, ..Machine::default() };
        let report = live(&mut machine, &CallScope::default()).await;
        (report, machine.calls.into_iter().map(|(tool, _)| tool).collect())
    }

    #[tokio::test]
    async fn four_calls_make_a_life() {
        let (report, calls) = lived(None).await;
        assert_eq!(calls, ["vm_create", "vm_start", "vm_exec", "vm_delete"]);
        assert!(report.ok && report.trouble().is_empty(), "{report:?}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["execution_mode"], &json["exit_code"]), (&json!("qemu-tcg"), &json!(0)));
        assert_eq!((json["steps"].as_array().unwrap().len(), &json["steps"][3]["ok"]), (4, &json!(true)));
        assert_eq!(json["steps"][3]["failure"]["code"], "missing", "vm_exec had deleted it, and that is told");
        assert!(report.lines().ends_with("git version 2.39.5\n"), "{}", report.lines());
    }

    #[tokio::test]
    async fn what_was_created_is_deleted_after_any_failure() {
        let cases: [(_, &[&str]); 4] = [
            ("vm_create", &["vm_create"]),
            ("vm_start", &["vm_create", "vm_start", "vm_delete"]),
            ("vm_exec", &["vm_create", "vm_start", "vm_exec", "vm_delete"]),
            ("vm_delete", &["vm_create", "vm_start", "vm_exec", "vm_delete"]),
        ];
        for (broken, expected) in cases {
            let (report, calls) = lived(Some(broken)).await;
            assert_eq!(calls, expected);
            assert!(!report.ok);
            assert_eq!(report.trouble(), format!("error: {broken} is broken\nhint: mend it\n"));
        }
    }
}
