//! The tree of commands, built from the registry: one command per tool, one flag per property. Pure.

use clap::{Arg, ArgAction, Command, builder::PossibleValuesParser, value_parser};
use serde_json::Value;

use super::{Extra, cli_example, cli_extra, cli_input};
use crate::registry::{Entry, Kind, Property, Registry};

/// What a word that only groups commands is about.
const GROUPS: &[(&str, &str)] = &[
    ("env", "Environments: what a machine boots"),
    ("mcp", "The MCP server"),
    ("tools", "The tools as data"),
    ("vm", "Virtual machines, step by step"),
    ("workspace", "Persistent workspaces"),
];

/// The whole command line.
pub fn command(registry: &Registry, extras: &[Extra]) -> Command {
    let mut root = Command::new("pyro")
        .bin_name("pyro")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Runs commands in virtual machines of their own, for LLM agents and people")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    for entry in registry.on_host() {
        root = insert(root, &entry.cli_words(), leaf(entry));
    }
    root = cli_extra::commands(root);
    extras.iter().fold(root, |root, extra| root.subcommand((extra.command)().name(extra.name)))
}

pub(super) fn insert(parent: Command, words: &[&'static str], leaf: Command) -> Command {
    match words {
        [] => parent,
        [last] => parent.subcommand(leaf.name(*last)),
        [first, below @ ..] if parent.find_subcommand(first).is_some() => {
            parent.mut_subcommand(first, |group| insert(group, below, leaf))
        }
        [first, below @ ..] => {
            let about = GROUPS.iter().find(|(name, _)| name == first).map(|(_, about)| *about);
            let group = Command::new(*first)
                .about(about.map_or_else(|| format!("Commands about {first}"), str::to_owned))
                .subcommand_required(true)
                .arg_required_else_help(true)
                .disable_help_subcommand(true);
            parent.subcommand(insert(group, below, leaf))
        }
    }
}

fn leaf(entry: &Entry) -> Command {
    let mut after = format!("Example:\n  {}", cli_example::line(entry));
    if entry.cli.passes_through {
        after.push_str(
            "\n\nThe words after `--` reach the command as they are; for pipes and the like use: -- sh -c '...'\n\
             Its exit status becomes ours; 124: out of time; 128+N: ended by signal N; 125: pyro itself failed.",
        );
    }
    let command = Command::new(entry.name)
        .about(entry.summary.trim_end_matches('.').to_owned())
        .long_about(entry.description())
        .after_help(after);
    let command = entry.properties_on_host().iter().fold(command, |command, property| {
        let command = command.arg(arg(entry, property));
        if entry.cli.from_file.contains(&property.name) { command.arg(file_arg(property)) } else { command }
    });
    let command = match entry.cli.only {
        Some(only) => command.arg(
            Arg::new(only.flag)
                .long(only.flag)
                .action(ArgAction::SetTrue)
                .conflicts_with(cli_input::JSON)
                .help(format!("Print {} alone", only.field)),
        ),
        None => command,
    };
    command.arg(Arg::new(cli_input::JSON).long("json").action(ArgAction::SetTrue).help("Print the result as JSON"))
}

fn arg(entry: &Entry, property: &Property<'_>) -> Arg {
    let aliases = entry.cli.aliases.iter().filter(|(name, _)| *name == property.name).map(|(_, alias)| *alias);
    let arg = Arg::new(property.name.to_owned()).help(help(property)).visible_aliases(aliases);
    let place = entry.cli.positionals.iter().position(|one| one.trim_end_matches("...") == property.name);
    if let Some(place) = place {
        let upper = property.name.to_uppercase();
        let arg = arg.value_name(upper).required(property.required).index(place + 1);
        if entry.cli.positionals[place].ends_with("...") {
            return arg.num_args(1..).last(true);
        }
        if matches!(property.kind(), Kind::List(_)) {
            return typed(arg, &property.kind()).num_args(1..);
        }
        return typed(arg, &property.kind());
    }
    let long = cli_input::long(property);
    // Either the text or its file.
    let other = entry.cli.from_file.contains(&property.name).then(|| cli_input::file_id(property.name));
    let arg = match other {
        Some(file) if property.required => arg.required_unless_present(file),
        _ => arg.required(property.required),
    };
    if property.kind() == Kind::Flag {
        return match property.default() {
            Some(Value::Bool(true)) => {
                arg.long(format!("no-{long}")).action(ArgAction::SetFalse).help(negated(property))
            }
            _ => arg.long(long).action(ArgAction::SetTrue).required(false),
        };
    }
    if property.is_secret() {
        // What is no pair is refused later: this parser would repeat it.
        return arg.long(long).value_name(cli_input::value_name(property)).action(ArgAction::Append);
    }
    let arg = typed(arg.long(long).value_name(cli_input::value_name(property)), &property.kind());
    if entry.cli.short_pairs.contains(&property.name) {
        arg.value_parser(cli_input::name_or_pair).value_name("NAME[=VAR]")
    } else {
        arg
    }
}

/// What a flag that takes back a default does.
fn negated(property: &Property<'_>) -> String {
    let text = property.description().trim_end_matches('.');
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    format!("Do not {first}{}", chars.as_str())
}

/// A text's other way in.
fn file_arg(property: &Property<'_>) -> Arg {
    let id = cli_input::file_id(property.name);
    Arg::new(id.clone())
        .long(id.replace('_', "-"))
        .value_name("PATH")
        .conflicts_with(property.name.to_owned())
        .help(format!("Take {} from this file; - is standard input", property.name))
}

fn typed(arg: Arg, kind: &Kind<'_>) -> Arg {
    match kind {
        Kind::Integer { min, max } => {
            let range = min.unwrap_or(i64::MIN)..=max.unwrap_or(i64::MAX);
            arg.allow_negative_numbers(true).value_parser(value_parser!(i64).range(range))
        }
        Kind::Number => arg.allow_negative_numbers(true).value_parser(value_parser!(f64)),
        Kind::Choice(choices) => {
            let choices = choices.iter().map(|choice| (*choice).to_owned());
            arg.value_parser(PossibleValuesParser::new(choices))
        }
        Kind::Map(_) => arg.action(ArgAction::Append).value_parser(cli_input::key_value),
        Kind::List(_) => arg.action(ArgAction::Append),
        _ => arg,
    }
}

/// The description, with default and range where it does not say them.
fn help(property: &Property<'_>) -> String {
    let text = property.description().trim_end_matches('.').to_owned();
    let default = property.default().filter(|value| !matches!(value, Value::Bool(_) | Value::Object(_)));
    let default = default.filter(|_| !text.contains("default"));
    let default = default.map(|value| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("default: {shown}")
    });
    let said = match property.kind() {
        Kind::Integer { max: Some(max), .. } => text.contains(&max.to_string()),
        _ => false,
    };
    let facts: Vec<String> = default.into_iter().chain(property.range().filter(|_| !said)).collect();
    if facts.is_empty() { text } else { format!("{text} [{}]", facts.join(", ")).trim_start().to_owned() }
}
