//! Reads what a service said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    ids::ServiceName,
    limits,
    registry::{Cli, Context, Effect, Human, Names, Profiles, Tool},
    workspace::{At, Part, ServiceOutput, Which, WorkspaceRef, pattern},
};

/// Read a service's output: the last lines, a page or matching lines.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Id or name.
    pub workspace_id: WorkspaceRef,
    /// Its name.
    #[schemars(with = "String")]
    pub service_name: ServiceName,
    /// Or matches (1-10000).
    #[serde(default = "limits::tail_lines_default")]
    #[schemars(range(min = 1, max = limits::TAIL_LINES_MAX))]
    pub tail_lines: u32,
    /// Head and tail of everything.
    #[serde(default)]
    pub all: bool,
    /// For offset and grep.
    #[serde(default)]
    pub stream: Which,
    /// First byte; negative: from the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub grep: Option<String>,
    /// Bytes per page or stream (0-98304).
    #[serde(default = "limits::output_bytes_default")]
    #[schemars(range(max = limits::OUTPUT_BYTES_MAX), extend("x-profile" = "sdk"))]
    pub output_bytes: u32,
}

impl Input {
    fn part(&self) -> Result<Part, Failure> {
        let stream = self.stream.into();
        Ok(match (&self.grep, self.offset) {
            (Some(_), _) | (_, Some(_)) if self.all => {
                return Err(Failure::invalid("all excludes offset and grep").hint("leave all out"));
            }
            (Some(grep), offset) => {
                let (offset, max_lines) = (offset.unwrap_or(0), self.tail_lines as usize);
                Part::Page(At::Grep { stream, offset, pattern: pattern(grep)?, max_lines })
            }
            (None, Some(offset)) => Part::Page(At::Offset { stream, offset, max_lines: None }),
            (None, None) if self.all => Part::All,
            (None, None) => Part::Tail(self.tail_lines),
        })
    }
}

impl Tool for Input {
    const TITLE: &'static str = "Service output";
    const EFFECT: Effect = Effect::Reads;
    const PROFILES: Profiles = Profiles::Full;
    const NAMES: Names = Names { cli: None, sdk: Some("logs_service") };
    const CLI: Cli = Cli { positionals: &["workspace_id", "service_name"], ..Cli::PLAIN };
    const EXAMPLE: &'static str = r#"{"workspace_id": "$service", "service_name": "web"}"#;

    type Output = ServiceOutput;

    async fn run(self, cx: Context) -> Result<ServiceOutput, Failure> {
        let id = cx.workspaces().find(&self.workspace_id)?;
        let part = self.part()?;
        cx.workspaces().service_output(&id, &self.service_name, &part, self.output_bytes as usize).await
    }

    fn human(output: &ServiceOutput) -> Option<Human> {
        let mut stdout = output.stdout.clone().unwrap_or_default();
        let mut stderr = output.stderr.clone().unwrap_or_default();
        if let Some(page) = &output.page {
            stdout.push_str(&page.text);
            page.matches.iter().for_each(|one| stdout.push_str(&format!("{}:{}\n", one.offset, one.text)));
            if let Some(next) = page.next_offset {
                stderr.push_str(&format!("pyro: there is more: --offset {next}\n"));
            }
        } else if output.truncated {
            stderr.push_str("pyro: there is more: --offset 0, or --all\n");
        }
        Some(Human { stdout, stderr, exit: 0 })
    }
}
