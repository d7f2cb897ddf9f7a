//! Ways in: each turns bytes into (tool name, JSON) and an answer into bytes. No decisions about machines here.

pub mod cli;
mod cli_attach;
mod cli_call;
mod cli_example;
mod cli_extra;
mod cli_input;
mod cli_print;
mod cli_progress;
mod cli_tree;
pub mod docs;
pub mod docs_recipes;
mod functions;
mod mcp;
mod mcp_auth;
mod mcp_cancel;
mod mcp_config;
mod mcp_config_hosts;
mod mcp_config_json;
mod mcp_config_toml;
mod mcp_end;
mod mcp_files;
mod mcp_guard;
mod mcp_http;
mod mcp_progress;
mod mcp_route;
mod mcp_stdio;
mod mcp_token;
mod mcp_tool;
pub mod python;
mod python_docs;
mod python_types;
mod sdk_types;
mod streams;
pub mod typescript;
mod typescript_types;

pub use cli::{Front, Open};
pub use cli_extra::Extra;
pub use cli_tree::command;
pub use mcp_tool::as_models_see;
pub use streams::{Captured, Streams};

use crate::failure::Failure;

/// A runtime for one command: two threads, so that a slow reader of output never stops the signals.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the runtime", &error))
}
