//! pyro with the tools that MCP's conformance suite calls by name: what is judged is pyro's own doors and registry.
//!
//! Only what pyro can answer is here. What the suite wants beyond that stands in `smoke/clients/conformance-*.yml`.

use std::process::ExitCode;

use pyro_mcp::{
    app,
    door::{Front, Streams, cli},
    host::Dirs,
    registry::{Entry, Registry},
};

mod fixtures;

/// A schema that uses what ours never do; it must reach clients as it is.
const DRAFT_2020_12: &str = include_str!("draft_2020_12.json");

fn main() -> ExitCode {
    let front = Front {
        registry: Registry::new(pyro_mcp::tools::all().into_iter().chain(entries()).collect()),
        open: Box::new(|registry| app::calls(registry, &Dirs::from_env()?)),
        extras: Vec::new(),
    };
    ExitCode::from(cli::run(std::env::args_os(), &front, &Streams::of_process()))
}

fn entries() -> Vec<Entry> {
    let mut declared = Entry::of::<fixtures::Declared>("json_schema_2020_12_tool");
    declared.input = serde_json::from_str(DRAFT_2020_12).unwrap_or_default();
    vec![
        Entry::of::<fixtures::SimpleText>("test_simple_text"),
        Entry::of::<fixtures::ImageContent>("test_image_content"),
        Entry::of::<fixtures::ErrorHandling>("test_error_handling"),
        Entry::of::<fixtures::WithProgress>("test_tool_with_progress"),
        Entry::of::<fixtures::Logging>("test_logging_tool"),
        Entry::of::<fixtures::Streaming>("test_streaming_elicitation"),
        Entry::of::<fixtures::CustomHeader>("test_custom_header"),
        declared,
    ]
}
