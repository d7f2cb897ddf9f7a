//! The accepted outer surface as files, and the doors tried from outside. One integration binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod boot;
mod cli;
mod contract;
mod fake;
mod golden;
mod hosts;
mod http;
mod machines;
mod mcp;
mod mcp_host;
mod mcp_http;
mod mcp_remote;
mod mcp_session;
mod mcp_stdio;
mod own_tool;
mod path;
mod protocol;
mod python;
mod released;
mod released_compare;
mod released_surface;
mod remote;
mod saving;
mod support;
mod surface;
mod workspaces;

#[path = "../examples/own_tools/toy_run.rs"]
mod toy_run;
#[path = "../examples/own_tools/toy_wait.rs"]
mod toy_wait;
