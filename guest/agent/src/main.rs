//! The agent's two ways of starting: as PID 1 of a microVM, or as `pyro-guest host` beside a workspace on the host.

use std::{io::Write, path::Path, process::ExitCode};

const USAGE: &str = "usage: pyro-guest host --socket-fd N --workspace DIR   (without arguments: only as PID 1)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let failure = match arguments.as_slice() {
        // The kernel hands words of its command line that it does not know to init.
        _ if std::process::id() == 1 => pyro_guest::boot::run().to_string(),
        ["--version"] => {
            let _ = writeln!(std::io::stdout(), "pyro-guest {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        ["host", "--socket-fd", socket, "--workspace", workspace] => match socket.parse() {
            Ok(socket) => match pyro_guest::host::run(socket, Path::new(workspace)) {
                Ok(()) => return ExitCode::SUCCESS,
                Err(error) => error.to_string(),
            },
            Err(_) => USAGE.to_owned(),
        },
        _ => USAGE.to_owned(),
    };
    let _ = writeln!(std::io::stderr(), "pyro-guest: {failure}");
    ExitCode::FAILURE
}
