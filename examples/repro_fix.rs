//! Reproduces a failure in a workspace, fixes it with a patch, proves the fix and takes it out:
//! `cargo run --example repro_fix`. The host's copy of the project is never touched.
//!
//! The supervisor and the guest agent are separate binaries: they are found by `PYRO_BIN`, beside this program, or on
//! PATH.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::ExitCode,
};

use pyro_mcp::{
    Failure, Pyro, input,
    tools::{
        workspace_create, workspace_delete, workspace_diff, workspace_exec, workspace_export, workspace_patch_apply,
    },
};
use serde_json::json;

const CHECK: &str =
    "#!/bin/sh\ngrep -qx fixed message.txt || { echo \"message.txt says $(cat message.txt)\" >&2; exit 1; }\n";
const FIX: &str = "--- a/message.txt\n+++ b/message.txt\n@@ -1 +1 @@\n-broken\n+fixed\n";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(said) => {
            let _ = io::stdout().write_all(said.as_bytes());
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
    let place = tempfile::tempdir().map_err(|error| Failure::io("make a directory", &error))?;
    let project = place.path().join("project");
    write_project(&project).map_err(|error| Failure::io("write the project", &error))?;
    let pyro = Pyro::open()?;
    let create = json!({"environment": "debian:12", "seed_path": project});
    let id = pyro.call(input::<workspace_create::Input>(create)?).await?.workspace_id;
    let worked = work(&pyro, id.as_str(), &place.path().join("message.txt")).await;
    // Whatever came of it: a workspace stays until it is deleted.
    pyro.call(input::<workspace_delete::Input>(json!({"workspace_id": id}))?).await?;
    worked
}

fn write_project(project: &Path) -> io::Result<()> {
    fs::create_dir(project)?;
    fs::write(project.join("message.txt"), "broken\n")?;
    fs::write(project.join("check.sh"), CHECK)?;
    fs::set_permissions(project.join("check.sh"), fs::Permissions::from_mode(0o755))
}

async fn work(pyro: &Pyro, id: &str, out: &Path) -> Result<String, Failure> {
    let check = || input::<workspace_exec::Input>(json!({"workspace_id": id, "command": "./check.sh"}));
    let before = pyro.call(check()?).await?;
    if before.exit_code == Some(0) {
        return Err(Failure::invalid("the failure was not reproduced"));
    }
    pyro.call(input::<workspace_patch_apply::Input>(json!({"workspace_id": id, "patch": FIX}))?).await?;
    let after = pyro.call(check()?).await?;
    if after.exit_code != Some(0) {
        return Err(Failure::invalid(format!("the fix does not help: {}", after.stderr)));
    }
    let diff = pyro.call(input::<workspace_diff::Input>(json!({"workspace_id": id}))?).await?;
    let export = json!({"workspace_id": id, "path": "message.txt", "output_path": out});
    pyro.call(input::<workspace_export::Input>(export)?).await?;
    let fixed = fs::read_to_string(out).map_err(|error| Failure::io("read what was exported", &error))?;
    Ok(format!("before: {}after: {fixed}{}", before.stderr, diff.patch))
}
