//! Commands written by hand, because they are chores of this host and not operations of a caller.

mod bench;
mod demo;
mod disk_use;
mod doctor;
mod mcp_host;
mod smoke;
mod templates;
mod token;

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use clap::{Arg, ArgAction, ArgMatches, Command};
pub use mcp_host::McpHost;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{door::Extra, failure::Failure, progress::ProgressSink, registry::Human, supervisor, template};

/// In the order of the help.
pub fn all() -> Vec<Extra> {
    vec![
        Extra { name: "doctor", command: doctor::command, run: doctor::run },
        Extra { name: "demo", command: demo::command, run: demo::run },
        Extra { name: "smoke", command: smoke::command, run: smoke::run },
        Extra { name: "bench", command: bench::command, run: bench::run },
        Extra { name: "token", command: token::command, run: token::run },
        Extra { name: "supervise", command: supervise_command, run: supervise },
        Extra { name: "keep", command: keep_command, run: keep },
    ]
}

fn keep_command() -> Command {
    Command::new("keep").about("Holds one template in memory").hide(true).arg(Arg::new("key").required(true))
}

fn keep(matches: &ArgMatches) -> Result<Human, Failure> {
    let key = matches.get_one::<String>("key").map_or("", String::as_str);
    template::keep(key).map(|()| Human::default())
}

fn supervise_command() -> Command {
    Command::new("supervise").about("Owns one machine until its end").hide(true).arg(Arg::new("id").required(true))
}

fn supervise(matches: &ArgMatches) -> Result<Human, Failure> {
    let id = matches.get_one::<String>("id").map_or("", String::as_str);
    supervisor::run(id).map(|()| Human::default())
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the result as JSON")
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the runtime", &error))
}

/// Fires when somebody wants this process to end, which first takes back what it asked for.
fn interrupted() -> Result<CancellationToken, Failure> {
    let canceled = CancellationToken::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut come = signal(kind).map_err(|error| Failure::io("listen for signals", &error))?;
        let canceled = canceled.clone();
        tokio::spawn(async move {
            come.recv().await;
            canceled.cancel();
        });
    }
    Ok(canceled)
}

/// Tells a long step's stages on standard error, each once.
fn progress(before: &'static str) -> ProgressSink {
    let last = Mutex::new(String::new());
    Arc::new(move |progress| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != progress.step {
            // Progress is a courtesy; a closed stderr is no reason to fail.
            let _ = writeln!(std::io::stderr(), "{before}{}", progress.step);
            last.clone_from(&progress.step);
        }
    })
}
