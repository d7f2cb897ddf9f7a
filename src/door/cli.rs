//! The command line: words in, one command, an exit status out. Never prints but through [`Streams`].

use std::ffi::OsString;

use clap::{
    ArgMatches,
    error::{ContextKind, ErrorKind},
};

use super::{Streams, cli_call, cli_extra, cli_extra::Extra, cli_print, cli_tree};
use crate::{
    failure::Failure,
    registry::{Calls, Registry},
};

/// Exit status where the line itself is wrong.
pub(super) const USAGE: u8 = 2;

/// For whoever leaves the dashes out, as other programs allow.
const AFTER_DASHES: &str = "\nhint: the command stands after `--`, e.g.: pyro run debian:12 -- ls -l\n";

/// Opens what runs calls of a registry.
pub type Open = Box<dyn Fn(&Registry) -> Result<Calls, Failure> + Send + Sync>;

/// What the command line stands in front of. Nothing is opened before a command needs it.
pub struct Front {
    pub registry: Registry,
    pub open: Open,
    /// Commands written by hand.
    pub extras: Vec<Extra>,
}

/// Runs one command line, its program's name first; answers the exit status.
pub fn run<I, T>(line: I, front: &Front, streams: &Streams) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    match cli_tree::command(&front.registry, &front.extras).try_get_matches_from(line) {
        Ok(matches) => {
            let exit = dispatch(&matches, front, streams);
            // A result that was not delivered is no success.
            streams.trouble().unwrap_or(exit)
        }
        Err(said) if matches!(said.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            streams.out(said.render().to_string());
            0
        }
        Err(wrong) => {
            let text = wrong.render().to_string();
            let word = wrong.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
            let dashes = wrong.kind() == ErrorKind::UnknownArgument && !word.starts_with('-') && text.contains(" -- <");
            streams.err(text);
            if dashes {
                streams.err(AFTER_DASHES);
            }
            USAGE
        }
    }
}

fn dispatch(matches: &ArgMatches, front: &Front, streams: &Streams) -> u8 {
    let mut words = Vec::new();
    let mut leaf = matches;
    while let Some((word, below)) = leaf.subcommand() {
        words.push(word);
        leaf = below;
    }
    if let Some(entry) = front.registry.on_host().find(|entry| entry.cli_words() == words) {
        return cli_call::run(entry, leaf, front, streams);
    }
    if let Some(extra) = front.extras.iter().find(|extra| words.first() == Some(&extra.name)) {
        let matches = matches.subcommand_matches(extra.name).unwrap_or(matches);
        let json = matches.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false);
        return match (extra.run)(matches) {
            Ok(human) => cli_print::human(&human, streams),
            Err(failure) => cli_print::failure(&failure, json, 1, streams),
        };
    }
    cli_extra::run(&words, leaf, front, streams)
}
