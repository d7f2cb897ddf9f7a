//! One command in a machine of another host: `PYRO_TOKEN=… cargo run --example remote -- http://HOST:PORT/mcp [COMMAND]`.
//!
//! The other host runs `pyro mcp serve --http ADDRESS`; `pyro token create --name NAME` there makes a token.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use pyro_mcp::{Failure, Remote, input, tools::vm_run};
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(url) = words.next() else {
        let _ = writeln!(io::stderr(), "usage: remote URL [COMMAND]");
        return ExitCode::from(2);
    };
    let command = words.next().unwrap_or_else(|| "uname -r".to_owned());
    match run(&url, &command).await {
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

async fn run(url: &str, command: &str) -> Result<String, Failure> {
    let token = std::env::var("PYRO_TOKEN").ok();
    let parameters = json!({"environment": "debian:12", "command": command, "timeout_seconds": 60});
    let ran = Remote::at(url, token.as_deref())?.call(input::<vm_run::Input>(parameters)?).await?;
    Ok(ran.stdout)
}
