//! Runs one command in a microVM of its own: `cargo run --example one_shot -- 'git --version'`.
//!
//! The supervisor and the guest agent are separate binaries: they are found by `PYRO_BIN`, beside this program, or on
//! PATH.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use pyro_mcp::{Failure, Pyro, input, registry::Tool, tools::vm_run};

#[tokio::main]
async fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_else(|| "git --version; uname -r".to_owned());
    match run(&command).await {
        Ok(output) => {
            let _ = io::stdout().write_all(output.stdout.as_bytes());
            let _ = io::stderr().write_all(output.stderr.as_bytes());
            ExitCode::from(u8::try_from(output.exit_code).unwrap_or(125))
        }
        Err(failure) => {
            let hint = failure.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            let _ = writeln!(io::stderr(), "error: {}{hint}", failure.message);
            ExitCode::from(125)
        }
    }
}

async fn run(command: &str) -> Result<<vm_run::Input as Tool>::Output, Failure> {
    // Parameters that are left out take the tool's defaults.
    let parameters = serde_json::json!({"environment": "debian:12", "command": command, "timeout_seconds": 60});
    Pyro::open()?.call(input::<vm_run::Input>(parameters)?).await
}
