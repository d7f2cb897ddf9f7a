//! A tool with its types erased: what doors, validation and generators see.

use std::{any::TypeId, future::Future, pin::Pin, sync::OnceLock, time::Duration};

use serde_json::{Map, Value};

use super::{Callers, Cli, Context, Effect, Human, Names, Profile, Profiles, Property, Tool, property, schema};
use crate::failure::Failure;

/// One tool, declared once in its file.
pub struct Entry {
    pub name: &'static str,
    pub title: &'static str,
    /// First paragraph of the input type's doc comment.
    pub summary: String,
    /// The other paragraphs; may be empty.
    pub details: String,
    pub effect: Effect,
    pub idempotent: bool,
    pub open_world: bool,
    pub profiles: Profiles,
    pub callers: Callers,
    pub names: Names,
    pub cli: Cli,
    /// As declared; a value such as `"$created"` stands for something the tests make first.
    pub example: &'static str,
    /// Shaped for hosts, with marks of wide-only properties; [`Entry::input_for`] leaves those out.
    pub input: Map<String, Value>,
    pub output: Map<String, Value>,
    input_type: TypeId,
    /// For callers on this host, and for those elsewhere.
    validators: [OnceLock<Result<jsonschema::Validator, String>>; 2],
    begin: fn(Value, Context) -> Result<Begun, Failure>,
    human: fn(&Value) -> Option<Human>,
}

/// A decoded call, not yet running.
pub(super) struct Begun {
    pub(super) deadline: Duration,
    pub(super) run: Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send>>,
}

impl Entry {
    /// Erases the types of `T`; `name` is the name of its file.
    pub fn of<T: Tool>(name: &'static str) -> Self {
        let (input, text) = schema::input::<T>();
        let (summary, details) = text.split_once("\n\n").unwrap_or((&text, ""));
        Self {
            name,
            title: T::TITLE,
            summary: summary.to_owned(),
            details: details.to_owned(),
            effect: T::EFFECT,
            idempotent: T::IDEMPOTENT || T::EFFECT == Effect::Reads,
            open_world: T::OPEN_WORLD,
            profiles: T::PROFILES,
            callers: T::CALLERS,
            names: T::NAMES,
            cli: T::CLI,
            example: T::EXAMPLE,
            input,
            output: schema::output::<T::Output>(),
            input_type: TypeId::of::<T>(),
            validators: [OnceLock::new(), OnceLock::new()],
            begin: begin::<T>,
            human: |output| T::human(&serde_json::from_value(output.clone()).ok()?),
        }
    }

    /// Whether this is the tool whose input is `T`.
    pub fn is<T: Tool>(&self) -> bool {
        self.input_type == TypeId::of::<T>()
    }

    /// What a model reads about the tool.
    pub fn description(&self) -> String {
        if self.details.is_empty() { self.summary.clone() } else { format!("{}\n\n{}", self.summary, self.details) }
    }

    /// The input schema as `profile` shows it.
    pub fn input_for(&self, profile: &Profile) -> Map<String, Value> {
        schema::within(&self.input, profile.width, profile.remote)
    }

    /// The input's properties in declared order.
    pub fn properties(&self) -> Vec<Property<'_>> {
        property::of(&self.input)
    }

    /// The input's properties for callers on this host.
    pub fn properties_on_host(&self) -> Vec<Property<'_>> {
        self.properties().into_iter().filter(|property| !property.is_remote()).collect()
    }

    /// The output's properties in declared order.
    pub fn fields(&self) -> Vec<Property<'_>> {
        property::of(&self.output)
    }

    /// The words of the command line, e.g. `vm create`.
    pub fn cli_words(&self) -> Vec<&'static str> {
        match self.names.cli {
            Some(words) => words.split(' ').collect(),
            None => self.name.split('_').collect(),
        }
    }

    /// The SDKs' method: the last word of the name first.
    pub fn sdk_name(&self) -> String {
        match (self.names.sdk, self.name.rsplit_once('_')) {
            (Some(name), _) => name.to_owned(),
            (None, Some((object, verb))) => format!("{verb}_{object}"),
            (None, None) => self.name.to_owned(),
        }
    }

    /// The example for readers: what the tests would make first is shown as an id or a path.
    pub fn shown_example(&self) -> String {
        let example: Map<String, Value> = serde_json::from_str(self.example).unwrap_or_default();
        let stand_ins = example.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        stand_ins.filter(|(_, value)| value.starts_with('$')).fold(self.example.to_owned(), |text, (name, value)| {
            let shown = match name.strip_suffix("_id") {
                Some("workspace") => "ws-abcdefgh2345".to_owned(),
                Some("shell") => "sh-abcdefgh2345".to_owned(),
                Some(kind) => format!("{kind}-abcdefgh2345"),
                None => format!("./{}", &value[1..]),
            };
            text.replace(&format!("\"{value}\""), &format!("\"{shown}\""))
        })
    }

    /// The output for people, where the tool has a form of its own.
    pub fn human(&self, output: &Value) -> Option<Human> {
        (self.human)(output)
    }

    /// Compiled at the first call, because help and lists never need it.
    pub(super) fn validator(&self, remote: bool) -> Result<&jsonschema::Validator, Failure> {
        let schema = || {
            let schema = Value::Object(schema::within(&self.input, Profiles::None, remote));
            jsonschema::validator_for(&schema).map_err(|error| error.to_string())
        };
        let compiled = self.validators[usize::from(remote)].get_or_init(schema).as_ref();
        compiled.map_err(|error| Failure::internal(format!("the schema of {} does not compile: {error}", self.name)))
    }

    pub(super) fn begin(&self, arguments: Value, cx: Context) -> Result<Begun, Failure> {
        (self.begin)(arguments, cx).map_err(|failure| Failure {
            message: format!("invalid arguments for {}: {}", self.name, failure.message),
            ..failure
        })
    }
}

fn begin<T: Tool>(arguments: Value, cx: Context) -> Result<Begun, Failure> {
    let input: T = serde_json::from_value(arguments).map_err(|error| Failure::invalid(error.to_string()))?;
    let deadline = input.deadline();
    let run = Box::pin(async move {
        let output = input.run(cx).await?;
        serde_json::to_value(output).map_err(|error| Failure::internal(format!("the result is no JSON: {error}")))
    });
    Ok(Begun { deadline, run })
}
