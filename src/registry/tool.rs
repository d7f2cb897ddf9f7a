//! What every operation declares about itself: one trait, implemented by the type of its input.

use std::{future::Future, time::Duration};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::Context;
use crate::{failure::Failure, limits};

/// One operation. The implementing type *is* the request: its doc comment is the description (first line the summary),
/// its fields' comments the parameters' help. The file's name is the tool's name.
///
/// `run` may be called concurrently. When its future is dropped or [`Context::canceled`] fires, whatever it started ends
/// within a second. It never prints; it reports through the [`Context`].
pub trait Tool: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// What a host shows a person: two to four words.
    const TITLE: &'static str;
    const EFFECT: Effect;
    /// In which MCP profiles it appears.
    const PROFILES: Profiles;
    /// Names on other surfaces, where they do not follow from the tool's.
    const NAMES: Names = Names::DERIVED;
    const CLI: Cli = Cli::PLAIN;
    /// An input that the tests run against a machine; JSON.
    const EXAMPLE: &'static str;
    /// Calling it twice with the same input does no more than calling it once.
    const IDEMPOTENT: bool = false;
    /// Who has it.
    const CALLERS: Callers = Callers::All;
    /// It may reach beyond this host, e.g. because it runs commands that may have a network.
    const OPEN_WORLD: bool = false;

    type Output: Serialize + DeserializeOwned + JsonSchema + Send + 'static;

    /// The longest this call may take; then it is ended with code `timed_out`.
    fn deadline(&self) -> Duration {
        limits::CALL_DEADLINE
    }

    fn run(self, cx: Context) -> impl Future<Output = Result<Self::Output, Failure>> + Send;

    /// What a person sees on a terminal; by default one `key: value` line per field of the output.
    fn human(_output: &Self::Output) -> Option<Human> {
        None
    }
}

/// What a call does to the world; MCP's hints follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing a caller can see.
    Reads,
    /// Adds or changes.
    Changes,
    /// May destroy what cannot be brought back.
    Destroys,
}

/// From which profile upwards a tool is shown over MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profiles {
    /// `vm-run` and wider.
    VmRun,
    /// `workspace-core` and wider.
    Core,
    /// `workspace-full` only.
    Full,
    /// No MCP profile: CLI and SDKs only.
    None,
}

impl Profiles {
    /// The width that a profile's name stands for.
    pub fn named(name: &str) -> Self {
        match name {
            "vm-run" => Self::VmRun,
            "workspace-core" => Self::Core,
            "workspace-full" => Self::Full,
            _ => Self::None,
        }
    }

    /// The narrowest profile this wide.
    pub fn name(self) -> &'static str {
        match self {
            Self::VmRun => "vm-run",
            Self::Core => "workspace-core",
            Self::Full => "workspace-full",
            Self::None => "sdk",
        }
    }
}

/// Where a tool's callers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    All,
    /// Those who share this host's files.
    OnHost,
    /// Those who come over HTTP with a token.
    Elsewhere,
}

impl Callers {
    pub(super) fn include(self, remote: bool) -> bool {
        match self {
            Self::All => true,
            Self::OnHost => !remote,
            Self::Elsewhere => remote,
        }
    }

    /// What those do who have it not.
    pub(super) fn instead(self) -> &'static str {
        match self {
            Self::All | Self::OnHost => "the server's owner can use it: `pyro --help`",
            Self::Elsewhere => "on this host, name the directory or archive itself: seed_path, source_path",
        }
    }
}

/// Names on other surfaces. Derived: tool `vm_network_info` = CLI `vm network info`; SDK moves the last word to the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// Words of the CLI command, space-separated.
    pub cli: Option<&'static str>,
    /// Method of the SDKs, snake case.
    pub sdk: Option<&'static str>,
}

impl Names {
    pub const DERIVED: Self = Self { cli: None, sdk: None };
}

/// How the command line departs from one `--flag` per property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cli {
    /// Properties given by position, in order. A last one ending in `...` takes the rest of the line after `--`
    /// as one string: a single word as it is, several quoted for a shell and joined.
    pub positionals: &'static [&'static str],
    /// The command's output goes through as it comes, and its exit status becomes ours; of the human form only what
    /// stands beside the output is printed: its stderr.
    pub passes_through: bool,
    /// Texts that may come from a file as well: `text` also has `--text-file PATH`, `-` for standard input.
    pub from_file: &'static [&'static str],
    /// Further flags for properties: `("output_path", "output")` makes `--output` mean what `--output-path` does.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Maps of names to other names that may leave those out that are the same: `NAME` means `NAME=NAME`.
    pub short_pairs: &'static [&'static str],
    /// A field of the result that a flag prints alone, exactly; an id with a line end.
    pub only: Option<Only>,
}

/// A flag that prints one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    /// Without its dashes, e.g. `id-only`.
    pub flag: &'static str,
    pub field: &'static str,
}

impl Cli {
    pub const PLAIN: Self =
        Self { positionals: &[], passes_through: false, from_file: &[], aliases: &[], short_pairs: &[], only: None };
}

/// A result for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Human {
    /// Standard output, exactly.
    pub stdout: String,
    /// Standard error, exactly.
    pub stderr: String,
    /// The process's exit status.
    pub exit: u8,
}
