//! Commands written by hand, because they are chores of this host and not operations of a caller.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::{door::Extra, failure::Failure, registry::Human, supervisor};

/// In the order of the help.
pub fn all() -> Vec<Extra> {
    vec![
        Extra { name: "doctor", command: doctor_command, run: doctor },
        Extra { name: "demo", command: demo_command, run: demo },
        Extra { name: "supervise", command: supervise_command, run: supervise },
    ]
}

fn doctor_command() -> Command {
    Command::new("doctor").about("Says what this host lacks to run machines, and the remedy").arg(json())
}

fn doctor(_matches: &ArgMatches) -> Result<Human, Failure> {
    Err(Failure::unavailable("doctor is not put together yet"))
}

fn demo_command() -> Command {
    Command::new("demo").about("Boots a machine and shows what it can do").arg(json())
}

fn demo(_matches: &ArgMatches) -> Result<Human, Failure> {
    Err(Failure::unavailable("demo is not put together yet"))
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
