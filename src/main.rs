//! The `pyro` binary: the command line over everything.

use std::process::ExitCode;

use pyro_mcp::{
    app, chores,
    door::{Front, Streams, cli},
    host::Dirs,
};

fn main() -> ExitCode {
    let front = Front {
        registry: app::registry(),
        open: Box::new(|registry| app::calls(registry, &Dirs::from_env()?)),
        extras: chores::all(),
    };
    ExitCode::from(cli::run(std::env::args_os(), &front, &Streams::of_process()))
}
