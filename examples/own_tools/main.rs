//! A program with tools of its own: every surface of pyro, with two more tools on it.
//!
//! The tests run it where they need tools that end, wait and fail on demand and want no virtual machine.

use std::process::ExitCode;

use pyro_mcp::{
    app, chores,
    door::{Front, Streams, cli},
    host::Dirs,
    registry::{Entry, Registry},
};

mod toy_run;
mod toy_wait;

fn main() -> ExitCode {
    let own = vec![Entry::of::<toy_wait::Input>("toy_wait"), Entry::of::<toy_run::Input>("toy_run")];
    let front = Front {
        registry: Registry::new(pyro_mcp::tools::all().into_iter().chain(own).collect()),
        open: Box::new(|registry| app::calls(registry, &Dirs::from_env()?)),
        extras: chores::all(),
    };
    ExitCode::from(cli::run(std::env::args_os(), &front, &Streams::of_process()))
}
