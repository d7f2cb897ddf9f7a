//! Commands written by hand, because they are chores of this host and not operations of a caller.

mod demo;
mod doctor;
mod smoke;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::{door::Extra, failure::Failure, registry::Human, supervisor};

/// In the order of the help.
pub fn all() -> Vec<Extra> {
    vec![
        Extra { name: "doctor", command: doctor::command, run: doctor::run },
        Extra { name: "demo", command: demo::command, run: demo::run },
        Extra { name: "smoke", command: smoke::command, run: smoke::run },
        Extra { name: "supervise", command: supervise_command, run: supervise },
    ]
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
