//! Waits, reports progress, fails or panics on demand.

use std::{collections::BTreeMap, time::Duration};

use pyro_mcp::{
    Code, Failure,
    registry::{Cli, Context, Effect, Profiles, Tool},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Wait a while and say something.
///
/// Canceled, it writes a line to the file named in `mark_path`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// What to say.
    pub(crate) say: String,
    /// How long to wait.
    #[serde(default)]
    #[schemars(range(max = 60000))]
    pub(crate) wait_ms: u32,
    /// The longest the call may take.
    #[serde(default = "long")]
    pub(crate) deadline_ms: u32,
    /// Say it this often.
    #[serde(default = "once")]
    #[schemars(range(min = 1))]
    pub(crate) times: u32,
    /// How it ends.
    #[serde(default)]
    pub(crate) end: End,
    /// Answered as they are.
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    /// Written to when the call is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mark_path: Option<String>,
    /// Only wide callers see this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-profile" = "workspace-full"))]
    pub(crate) wide: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    #[default]
    Answer,
    Failure,
    Panic,
    /// Does not heed its cancellation.
    Deaf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Output {
    /// What was to be said.
    pub(crate) said: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) parts: Vec<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wide: Option<bool>,
    pub(crate) never: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Part {
    pub(crate) end: End,
}

impl Tool for Input {
    const TITLE: &'static str = "Wait and say";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Core;
    const CLI: Cli = Cli { positionals: &["say"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"say": "hello", "wait_ms": 10, "labels": {"a": "1"}}"#;

    type Output = Output;

    fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms.into())
    }

    async fn run(self, cx: Context) -> Result<Output, Failure> {
        cx.progress("waiting", Some(0.5));
        let wait = tokio::time::sleep(Duration::from_millis(self.wait_ms.into()));
        if self.end == End::Deaf {
            wait.await;
        } else {
            tokio::select! {
                () = wait => {}
                () = cx.canceled() => {
                    if let Some(path) = &self.mark_path {
                        std::fs::write(path, "canceled\n").map_err(|error| Failure::io("mark", &error))?;
                    }
                    return Err(Failure::new(Code::Canceled, "taken back"));
                }
            }
        }
        match self.end {
            End::Failure => Err(Failure::missing("nothing to say").hint("say something")),
            End::Panic => panic!("as asked"),
            End::Answer | End::Deaf => Ok(Output {
                said: self.say.repeat(self.times as usize),
                labels: self.labels,
                parts: vec![Part { end: self.end }],
                wide: self.wide,
                never: None,
            }),
        }
    }
}

fn long() -> u32 {
    60_000
}

fn once() -> u32 {
    1
}
