//! A workspace from begin to end: `cargo run --example workspace`.
//!
//! The supervisor and the guest agent are separate binaries: they are found by `PYRO_BIN`, beside this program, or on
//! PATH.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use pyro_mcp::{
    Failure, Pyro, input,
    tools::{workspace_create, workspace_delete, workspace_diff, workspace_exec, workspace_file_write},
};
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(patch) => {
            let _ = io::stdout().write_all(patch.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let hint = failure.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            let _ = writeln!(io::stderr(), "error: {}{hint}", failure.message);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<String, Failure> {
    let pyro = Pyro::open()?;
    let made = pyro.call(input::<workspace_create::Input>(json!({"environment": "debian:12"}))?).await?;
    let id = made.workspace_id;
    let worked = work(&pyro, id.as_str()).await;
    // Whatever came of it: a workspace stays until it is deleted.
    pyro.call(input::<workspace_delete::Input>(json!({"workspace_id": id}))?).await?;
    worked
}

async fn work(pyro: &Pyro, id: &str) -> Result<String, Failure> {
    let script = json!({"workspace_id": id, "path": "count.sh", "text": "seq 3 >numbers.txt\n", "mode": "755"});
    pyro.call(input::<workspace_file_write::Input>(script)?).await?;
    let ran = pyro.call(input::<workspace_exec::Input>(json!({"workspace_id": id, "command": "./count.sh"}))?).await?;
    if ran.exit_code != Some(0) {
        return Err(Failure::invalid(format!("count.sh failed: {}", ran.stderr)));
    }
    Ok(pyro.call(input::<workspace_diff::Input>(json!({"workspace_id": id}))?).await?.patch)
}
