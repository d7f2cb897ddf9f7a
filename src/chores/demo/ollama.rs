//! `pyro demo ollama`: a local model is given `vm_run` and a task, and does it.

use std::io::Write;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    talk::{Log, Outcome, TOOL_ROUNDS_MAX, Talk},
};
use crate::{
    app,
    door::as_models_see,
    failure::Failure,
    registry::{Human, Profile},
};

const BASE_URL: &str = "http://localhost:11434/v1";
const MODEL: &str = "llama3.2:3b";
const PROFILE: &str = "vm-run";

pub(super) fn command() -> Command {
    Command::new("ollama")
        .about("Lets a model behind an OpenAI-compatible endpoint run git in a microVM")
        .after_help(format!(
            "The model is given vm_run as MCP lists it and at most {TOOL_ROUNDS_MAX} rounds. Log lines go to standard \
             error. The exit status is 0 only where the model itself made the run."
        ))
        .arg(
            Arg::new("base_url")
                .long("base-url")
                .value_name("URL")
                .default_value(BASE_URL)
                .help("The root of the API, over plain http"),
        )
        .arg(Arg::new("model").long("model").value_name("NAME").default_value(MODEL).help("Which model is asked"))
        .arg(
            Arg::new("verbose")
                .short('v')
                .long("verbose")
                .action(ArgAction::SetTrue)
                .help("Log what goes to the endpoint and comes from it, too"),
        )
}

pub(super) async fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    let [base_url, model] =
        ["base_url", "model"].map(|name| matches.get_one::<String>(name).map_or("", String::as_str));
    let endpoint = Endpoint::at(base_url)?;
    let (mut host, scope) = super::host(PROFILE, crate::chores::interrupted()?).await?;
    let mut write = |line: &str| {
        // A log is a courtesy; a closed stderr is no reason to fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    };
    let log = Log { verbose: matches.get_flag("verbose"), write: &mut write };
    let outcome = Talk { endpoint: &endpoint, model, tools: tools()?, scope, log }.hold(&mut host).await;
    host.end().await;
    let exit = u8::from(outcome.failure.is_some());
    if matches.get_flag("json") {
        return Ok(Human { stdout: super::pretty(&report(base_url, model, &outcome))?, stderr: String::new(), exit });
    }
    // The summary is the last line, whatever came before it.
    if let Some(failure) = &outcome.failure {
        write(&super::told(failure));
    }
    Ok(Human { stdout: summary(&outcome), stderr: String::new(), exit })
}

/// The profile's tools as the API takes them.
fn tools() -> Result<Value, Failure> {
    let profile = Profile::named(PROFILE)?;
    let registry = app::registry();
    let function = |tool: Value| {
        let [name, description, parameters] = ["name", "description", "inputSchema"].map(|field| &tool[field]);
        let function = json!({ "name": name, "description": description, "parameters": parameters });
        json!({ "type": "function", "function": function })
    };
    Ok(registry.shown(&profile).map(|entry| function(as_models_see(entry, &profile))).collect())
}

fn report(base_url: &str, model: &str, outcome: &Outcome) -> Value {
    let Outcome { rounds, tool_calls, fallback_used, exit_code, execution_mode, stdout, answer, failure } = outcome;
    json!({
        "ok": failure.is_none(), "base_url": base_url, "model": model, "rounds": rounds, "tool_calls": tool_calls,
        "fallback_used": fallback_used, "exit_code": exit_code, "execution_mode": execution_mode, "stdout": stdout,
        "answer": answer, "failure": failure,
    })
}

fn summary(outcome: &Outcome) -> String {
    let exit_code = outcome.exit_code.map_or("none".to_owned(), |code| code.to_string());
    let mode = outcome.execution_mode.as_deref().unwrap_or("none");
    format!("[summary] exit_code={exit_code} fallback_used={} execution_mode={mode}\n", outcome.fallback_used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Code,
        chores::demo::scripted::{Answer, Machine, Script},
        registry::CallScope,
    };

    /// A model that asks for `tool` with `arguments`.
    fn asks(tool: &str, arguments: &str) -> Answer {
        let function = json!({ "name": tool, "arguments": arguments });
        let call = json!({ "id": "call_a", "type": "function", "function": function });
        Answer::Json(json!({ "choices": [{ "message": { "role": "assistant", "tool_calls": [call] } }] }))
    }

    fn says(text: &str) -> Answer {
        Answer::Json(json!({ "choices": [{ "message": { "role": "assistant", "content": text } }] }))
    }

    const RUN: &str = r#"{"environment": "debian:12", "command": "git --version"}"#;

    struct Held {
        outcome: Outcome,
        script: Script,
        machine: Machine,
        log: String,
    }

    async fn held(answers: impl IntoIterator<Item = Answer>, verbose: bool) -> Held {
        let script = Script::serving(answers).await;
        let (endpoint, mut machine, mut log) = (script.endpoint(), Machine::default(), String::new());
        let mut write = |line: &str| log.push_str(line);
        let log_to = Log { verbose, write: &mut write };
        let tools = tools().unwrap();
        let talk = Talk { endpoint: &endpoint, model: "m", tools, scope: CallScope::default(), log: log_to };
        let outcome = talk.hold(&mut machine).await;
        Held { outcome, script, machine, log }
    }

    #[tokio::test]
    async fn a_model_runs_git_and_says_what_it_saw() {
        let held = held([asks("vm_run", RUN), says("It is 2.39.5.")], false).await;
        assert_eq!(held.outcome.failure, None);
        assert_eq!((held.outcome.rounds, held.outcome.tool_calls), (2, 1));
        assert_eq!(held.outcome.answer.as_deref(), Some("It is 2.39.5."));
        assert_eq!(summary(&held.outcome), "[summary] exit_code=0 fallback_used=false execution_mode=qemu-tcg\n");
        assert_eq!(held.machine.calls, [("vm_run".to_owned(), serde_json::from_str(RUN).unwrap())]);
        let heard = held.script.heard();
        let function = &heard[0].1["tools"][0]["function"];
        assert_eq!((&function["name"], &function["parameters"]["type"]), (&json!("vm_run"), &json!("object")));
        let told = heard[1].1["messages"].as_array().unwrap();
        assert_eq!(told.len(), 4);
        assert_eq!((&told[2]["role"], &told[3]["role"]), (&json!("assistant"), &json!("tool")));
        assert_eq!((&told[3]["tool_call_id"], &told[2]["tool_calls"][0]["id"]), (&json!("call_a"), &json!("call_a")));
        assert!(told[3]["content"].as_str().unwrap().contains("git version 2.39.5"));
        assert!(held.log.contains("[tool] vm_run {") && !held.log.contains("[request]"), "{}", held.log);
    }

    #[tokio::test]
    async fn a_call_that_failed_is_told_and_may_be_mended() {
        let answers =
            [asks("vm_run", "{\"environment\": "), asks("vm_stroll", "{}"), asks("vm_run", RUN), says("Done.")];
        let held = held(answers, true).await;
        assert_eq!((held.outcome.failure, held.outcome.fallback_used), (None, false));
        let heard = held.script.heard();
        let told = heard[3].1["messages"].as_array().unwrap();
        let content = |place: usize| told[place]["content"].as_str().unwrap();
        assert!(content(3).contains("the arguments are no JSON") && content(5).contains("unknown tool"), "{told:?}");
        assert!(held.log.contains("[request] {\"model\":\"m\""), "{}", held.log);
    }

    #[tokio::test]
    async fn a_model_that_calls_nothing_fails_and_the_machine_is_shown_all_the_same() {
        let held = held([says("git 2.40, I think")], false).await;
        let failure = held.outcome.failure.as_ref().unwrap();
        assert_eq!((failure.code, failure.message.as_str()), (Code::Unavailable, "m answered without calling a tool"));
        assert!(failure.hint.as_ref().unwrap().contains("--model"));
        assert_eq!(summary(&held.outcome), "[summary] exit_code=0 fallback_used=true execution_mode=qemu-tcg\n");
        assert_eq!((held.outcome.tool_calls, held.machine.calls.len()), (0, 1));
    }

    #[tokio::test]
    async fn a_run_that_proves_nothing_is_no_success() {
        let wrong = r#"{"environment": "debian:12", "command": "false"}"#;
        let held = held([asks("vm_run", wrong), says("It is 1.0.")], false).await;
        assert!(held.outcome.failure.unwrap().message.contains("no call of vm_run that printed"));
        assert!(held.outcome.fallback_used && held.outcome.exit_code == Some(0));
    }

    #[tokio::test]
    async fn rounds_and_calls_have_limits() {
        let held = held((0..20).map(|_| asks("vm_run", RUN)), false).await;
        let failure = held.outcome.failure.unwrap();
        assert_eq!(failure.code, Code::Limit);
        assert!(failure.message.contains("12 rounds"), "{}", failure.message);
        assert_eq!((held.script.heard().len(), held.machine.calls.len()), (12, 11));
        let call = json!({ "id": "x", "function": { "name": "vm_run", "arguments": RUN } });
        let many = json!({ "choices": [{ "message": { "tool_calls": vec![call; 9] } }] });
        let crowded = self::held([Answer::Json(many), says("Done.")], false).await;
        assert_eq!((crowded.outcome.failure, crowded.machine.calls.len()), (None, 4));
        assert_eq!(crowded.script.heard()[1].1["messages"].as_array().unwrap().len(), 12, "each call has its answer");
    }

    #[tokio::test]
    async fn an_endpoint_that_is_none_boots_nothing() {
        for (answers, words) in [
            (vec![], "nothing serves"),
            (vec![Answer::Json(json!({ "hello": "world" }))], "no choices[0].message"),
            (vec![Answer::Status(404, r#"{"error": {"message": "model 'm' not found"}}"#)], "model 'm' not found"),
        ] {
            let held = held(answers, false).await;
            let failure = held.outcome.failure.as_ref().unwrap();
            assert!(failure.message.contains(words), "{failure:?}");
            assert_eq!(held.machine.calls, []);
            assert_eq!(summary(&held.outcome), "[summary] exit_code=none fallback_used=false execution_mode=none\n");
        }
    }

    #[tokio::test]
    async fn a_demo_taken_back_asks_no_further() {
        let script = Script::serving([Answer::Silence]).await;
        let scope = CallScope::default();
        scope.canceled.cancel();
        let (endpoint, mut machine) = (script.endpoint(), Machine::default());
        let log = Log { verbose: false, write: &mut |_| {} };
        let talk = Talk { endpoint: &endpoint, model: "m", tools: json!([]), scope, log };
        let outcome = talk.hold(&mut machine).await;
        assert_eq!((outcome.failure.unwrap().code, machine.calls.len()), (Code::Canceled, 0));
    }
}
