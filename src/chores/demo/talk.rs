//! The conversation: the model is asked, its calls are run over MCP, their results are told to it, until it answers.

use serde_json::{Value, json};

use super::{COMMAND, ENVIRONMENT, PROOF, endpoint::Endpoint, reply::Reply};
use crate::{
    failure::{Code, Failure},
    registry::CallScope,
    smoke::Caller,
};

/// Turns of the model's that may ask for calls: the task takes one, and some models need a few to get it right.
pub(super) const TOOL_ROUNDS_MAX: u32 = 12;
/// Calls that one turn may ask for: each may boot a machine.
const CALLS_PER_ROUND_MAX: usize = 4;
/// Of a call's result, characters told to the model: small ones have small contexts.
const RESULT_CHARS_MAX: usize = 8000;
/// Of what is logged, characters, unless everything is asked for.
const LOGGED_CHARS_MAX: usize = 300;
/// With everything asked for.
const VERBOSE_CHARS_MAX: usize = 20_000;

const SYSTEM: &str = "You work with tools. Run commands with vm_run alone, and never guess what one would print.";

/// What a talk is held with and about.
pub(super) struct Talk<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) model: &'a str,
    /// As the API lists them.
    pub(super) tools: Value,
    pub(super) scope: CallScope,
    pub(super) log: Log<'a>,
}

/// Takes lines as they come.
pub(super) struct Log<'a> {
    pub(super) verbose: bool,
    pub(super) write: &'a mut (dyn FnMut(&str) + Send),
}

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) rounds: u32,
    pub(super) tool_calls: u32,
    /// The model made no run that worked, so the demo made one, to tell whose fault it is.
    pub(super) fallback_used: bool,
    pub(super) exit_code: Option<i64>,
    pub(super) execution_mode: Option<String>,
    pub(super) stdout: Option<String>,
    /// The model's last words.
    pub(super) answer: Option<String>,
    pub(super) failure: Option<Failure>,
}

impl Talk<'_> {
    /// Talks to the end. Where the model never got the task done, the demo does it itself and says so.
    pub(super) async fn hold(mut self, caller: &mut impl Caller) -> Outcome {
        let mut outcome = Outcome::default();
        let ended = self.rounds(caller, &mut outcome).await;
        let proven = outcome.proven();
        match ended {
            Err(failure) => outcome.failure = Some(failure),
            Ok(()) if proven => {}
            Ok(()) => outcome.failure = Some(self.fall_back(caller, &mut outcome).await),
        }
        outcome
    }

    async fn rounds(&mut self, caller: &mut impl Caller, outcome: &mut Outcome) -> Result<(), Failure> {
        let task = format!(
            "Which git does the environment {ENVIRONMENT} have? Call vm_run with environment \"{ENVIRONMENT}\" and \
             command \"{COMMAND}\", then answer with the version in one sentence."
        );
        self.log.tell("user", &task);
        let mut messages =
            vec![json!({ "role": "system", "content": SYSTEM }), json!({ "role": "user", "content": task })];
        loop {
            let reply = self.turn(&messages, outcome).await?;
            if reply.calls.is_empty() {
                self.log.tell("model", &reply.text);
                outcome.answer = Some(reply.text);
                return Ok(());
            }
            if outcome.rounds == TOOL_ROUNDS_MAX {
                let message = format!("{} still asks for calls after {TOOL_ROUNDS_MAX} rounds", self.model);
                return Err(Failure::new(Code::Limit, message).hint("name another model with --model"));
            }
            messages.push(reply.as_message());
            for (place, asked) in reply.calls.iter().enumerate() {
                let told = match &asked.arguments {
                    _ if place >= CALLS_PER_ROUND_MAX => {
                        Err(Failure::new(Code::Limit, format!("at most {CALLS_PER_ROUND_MAX} calls are made at once")))
                    }
                    Ok(input) => self.call(caller, &asked.name, input.clone(), outcome).await,
                    Err(wrong) => Err(Failure::invalid(wrong.clone())),
                };
                let told = self.result(told)?;
                messages.push(json!({ "role": "tool", "tool_call_id": asked.id, "content": told }));
            }
        }
    }

    async fn turn(&mut self, messages: &[Value], outcome: &mut Outcome) -> Result<Reply, Failure> {
        let (endpoint, round) = (self.endpoint, outcome.rounds + 1);
        let question = json!({ "model": self.model, "messages": messages, "tools": self.tools, "temperature": 0,
                               "stream": false });
        self.log.tell("round", &format!("{round} of {TOOL_ROUNDS_MAX}: waiting for {}", self.model));
        self.log.detail("request", &question);
        let completion = tokio::select! {
            completion = endpoint.ask(&question) => completion?,
            () = self.scope.canceled.cancelled() => {
                return Err(Failure::new(Code::Canceled, "the demo was taken back while the model was thinking"));
            }
        };
        self.log.detail("response", &completion);
        let reply = Reply::of(&completion, round as usize).map_err(|why| endpoint.stranger(why))?;
        outcome.rounds = round;
        Ok(reply)
    }

    async fn call(
        &mut self,
        caller: &mut impl Caller,
        tool: &str,
        input: Value,
        outcome: &mut Outcome,
    ) -> Result<Value, Failure> {
        self.log.tell("tool", &format!("{tool} {input}"));
        let ran = caller.call(tool, input, self.scope.clone()).await;
        outcome.tool_calls += 1;
        if let (Ok(result), false) = (&ran, outcome.proven()) {
            outcome.take(result);
        }
        ran
    }

    /// What the model reads of a call; fails where nobody wants to go on.
    fn result(&mut self, ran: Result<Value, Failure>) -> Result<String, Failure> {
        if let (Err(failure), true) = (&ran, self.scope.canceled.is_cancelled()) {
            return Err(failure.clone());
        }
        let text = match &ran {
            Ok(result) => result.to_string(),
            Err(failure) => serde_json::to_string(failure).unwrap_or_else(|_| failure.message.clone()),
        };
        self.log.tell("result", &text);
        Ok(text.chars().take(RESULT_CHARS_MAX).collect())
    }

    /// Does the task without the model. Answers why the demo failed all the same.
    async fn fall_back(&mut self, caller: &mut impl Caller, outcome: &mut Outcome) -> Failure {
        self.log.tell("fallback", "the model made no vm_run that worked; pyro makes it");
        let asked = outcome.tool_calls;
        let input = json!({ "environment": ENVIRONMENT, "command": COMMAND });
        outcome.fallback_used = true;
        if let Err(failure) = self.call(caller, "vm_run", input, outcome).await {
            return failure;
        }
        outcome.tool_calls = asked;
        let model = self.model;
        let message = match asked {
            0 => format!("{model} answered without calling a tool"),
            _ => format!("{model} made no call of vm_run that printed `{PROOF}`"),
        };
        Failure::unavailable(message).hint("name a model that can call tools with --model, e.g. llama3.2:3b or larger")
    }
}

impl Outcome {
    fn take(&mut self, result: &Value) {
        self.exit_code = result["exit_code"].as_i64();
        self.execution_mode = result["execution_mode"].as_str().map(str::to_owned);
        self.stdout = result["stdout"].as_str().map(str::to_owned);
    }

    /// Whether a run said what it says everywhere.
    fn proven(&self) -> bool {
        self.exit_code == Some(0) && self.stdout.as_ref().is_some_and(|text| text.contains(PROOF))
    }
}

impl Log<'_> {
    fn tell(&mut self, about: &str, text: &str) {
        let chars = if self.verbose { VERBOSE_CHARS_MAX } else { LOGGED_CHARS_MAX };
        (self.write)(&format!("[{about}] {}\n", line(text, chars)));
    }

    fn detail(&mut self, about: &str, value: &Value) {
        if self.verbose {
            self.tell(about, &value.to_string());
        }
    }
}

/// Text of strangers as one line that drives no terminal, cut at `chars_max`.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    let shown = text.trim().chars().map(|char| if char.is_whitespace() { ' ' } else { char });
    let mut shown = shown.filter(|char| !char.is_control());
    let line: String = shown.by_ref().take(chars_max).collect();
    if shown.next().is_some() { line + "…" } else { line }
}
