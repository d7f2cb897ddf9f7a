//! The surface of one release as data: what callers may rely on, without any wording.

use std::collections::BTreeMap;

use pyro_mcp::{
    app, chores,
    door::command,
    registry::{Entry, Kind, Property},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that a version promises.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Surface {
    pub(crate) tools: BTreeMap<String, Tool>,
    pub(crate) commands: BTreeMap<String, Line>,
    /// What `from pyro_mcp import …` takes.
    pub(crate) python: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    /// The narrowest profile that shows it.
    pub(crate) profile: String,
    pub(crate) callers: String,
    pub(crate) command: String,
    pub(crate) method: String,
    pub(crate) input: BTreeMap<String, Field>,
    pub(crate) output: BTreeMap<String, Field>,
}

/// A parameter or a field of a result, by its path: `services[].name`, `labels.*`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Field {
    pub(crate) is: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) required: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) nullable: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) default: Option<Value>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) min: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) max: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) choices: Vec<String>,
    /// The narrowest profile that has it, where that is not its tool's.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) profile: Option<String>,
    /// Where its callers are, if not everywhere.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) callers: Option<String>,
}

/// A command of the command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// Given by position, in order.
    pub(crate) words: Vec<Argument>,
    pub(crate) flags: BTreeMap<String, Argument>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Argument {
    /// Of a word; a flag's stands before it.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) required: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) takes_value: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) repeated: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) choices: Vec<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Surface {
    /// As the code declares it now; `python` is the text of the Python package's first module.
    pub(crate) fn of_this_build(python: &str) -> Self {
        let registry = app::registry();
        let mut commands = BTreeMap::new();
        lines("pyro", &command(&registry, &chores::all()), &mut commands);
        let tools = registry.all().iter().map(|entry| (entry.name.to_owned(), tool(entry))).collect();
        Self { tools, commands, python: exports(python) }
    }

    /// JSON with one parameter, field or flag per line, so that a difference can be read.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        write(&serde_json::to_value(self).unwrap(), 0, &mut text);
        text + "\n"
    }
}

/// Down to these levels objects are spread over lines: section, name, its parts, their members.
const SPREAD: usize = 4;

fn write(value: &Value, level: usize, text: &mut String) {
    let Value::Object(members) = value else { return text.push_str(&value.to_string()) };
    if level == SPREAD || members.is_empty() {
        return text.push_str(&value.to_string());
    }
    text.push_str("{\n");
    for (place, (name, member)) in members.iter().enumerate() {
        text.push_str(&"  ".repeat(level + 1));
        text.push_str(&format!("{}: ", Value::from(name.as_str())));
        write(member, level + 1, text);
        text.push_str(if place + 1 == members.len() { "\n" } else { ",\n" });
    }
    text.push_str(&("  ".repeat(level) + "}"));
}

fn tool(entry: &Entry) -> Tool {
    let mut tool = Tool {
        profile: entry.profiles.name().into(),
        callers: format!("{:?}", entry.callers),
        command: format!("pyro {}", entry.cli_words().join(" ")),
        method: entry.sdk_name(),
        input: BTreeMap::new(),
        output: BTreeMap::new(),
    };
    entry.properties().iter().for_each(|property| field(property, property.name, &mut tool.input));
    entry.fields().iter().for_each(|property| field(property, property.name, &mut tool.output));
    tool
}

fn field(property: &Property<'_>, path: &str, into: &mut BTreeMap<String, Field>) {
    let callers = match (property.is_remote(), property.instead()) {
        (true, _) => Some("Elsewhere".into()),
        (false, Some(_)) => Some("OnHost".into()),
        (false, None) => None,
    };
    let seen = Field {
        required: property.required,
        default: property.default().cloned(),
        profile: property.from_profile().map(|profile| profile.name().into()),
        callers,
        ..Field::default()
    };
    shape(&property.kind(), path, seen, into);
}

/// Writes down a value's shape, and below it those of its parts.
fn shape(kind: &Kind<'_>, path: &str, mut seen: Field, into: &mut BTreeMap<String, Field>) {
    seen.is = match kind {
        Kind::Nullable(inner) => return shape(inner, path, Field { nullable: true, ..seen }, into),
        Kind::Text | Kind::Choice(_) => "text",
        Kind::Integer { .. } => "integer",
        Kind::Number => "number",
        Kind::Flag => "flag",
        Kind::List(_) => "list",
        Kind::Map(_) => "map",
        Kind::Object(_) => "object",
    }
    .into();
    match kind {
        Kind::Integer { min, max } => (seen.min, seen.max) = (*min, *max),
        Kind::Choice(choices) => seen.choices = choices.iter().map(|&choice| choice.into()).collect(),
        Kind::List(inner) => shape(inner, &format!("{path}[]"), Field::default(), into),
        Kind::Map(inner) => shape(inner, &format!("{path}.*"), Field::default(), into),
        Kind::Object(fields) => fields.iter().for_each(|one| field(one, &format!("{path}.{}", one.name), into)),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Nullable(_) => {}
    }
    into.insert(path.into(), seen);
}

/// Every command that runs something, by its words.
fn lines(words: &str, command: &clap::Command, into: &mut BTreeMap<String, Line>) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        lines(&format!("{words} {}", below.get_name()), below, into);
    }
    if command.is_subcommand_required_set() {
        return;
    }
    let mut line = Line::default();
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let seen = seen(argument);
        if argument.is_positional() {
            line.words.push(Argument { name: argument.get_id().to_string(), ..seen });
            continue;
        }
        for name in argument.get_long_and_visible_aliases().unwrap_or_default() {
            line.flags.insert(format!("--{name}"), seen.clone());
        }
    }
    into.insert(words.into(), line);
}

fn seen(argument: &clap::Arg) -> Argument {
    let action = argument.get_action();
    Argument {
        name: String::new(),
        required: argument.is_required_set(),
        takes_value: action.takes_values(),
        repeated: matches!(action, clap::ArgAction::Append | clap::ArgAction::Count),
        choices: argument.get_possible_values().iter().map(|value| value.get_name().into()).collect(),
    }
}

/// The names in a module's `__all__`.
fn exports(module: &str) -> Vec<String> {
    let (_, after) = module.split_once("__all__ = [").unwrap();
    let (list, _) = after.split_once(']').unwrap();
    let mut names: Vec<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    names.sort();
    names
}
