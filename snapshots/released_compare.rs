//! What of a release's surface a later one breaks. Pure. New things that nobody must use are never a break.

use std::collections::BTreeMap;

use pyro_mcp::registry::Profiles;

use crate::released_surface::{Argument, Field, Line, Surface, Tool};

/// One sentence for each promise that `new` does not keep.
pub(crate) fn broken(old: &Surface, new: &Surface) -> Vec<String> {
    let mut broken = Broken::default();
    broken.members("tool", &old.tools, &new.tools, Broken::tool);
    broken.members("command", &old.commands, &new.commands, Broken::line);
    for name in old.python.iter().filter(|name| !new.python.contains(name)) {
        broken.0.push(format!("Python's {name} is gone"));
    }
    broken.0
}

#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    /// What has the same name on both sides, and what is gone.
    fn members<T>(
        &mut self,
        what: &str,
        old: &BTreeMap<String, T>,
        new: &BTreeMap<String, T>,
        same: impl Fn(&mut Self, &str, &T, &T),
    ) {
        for (name, old) in old {
            match new.get(name) {
                Some(new) => same(self, name, old, new),
                None => self.0.push(format!("{what} {name} is gone")),
            }
        }
    }

    fn rule(&mut self, kept: bool, what: impl FnOnce() -> String) {
        if !kept {
            self.0.push(what());
        }
    }

    fn tool(&mut self, name: &str, old: &Tool, new: &Tool) {
        self.same(&format!("tool {name}'s command"), &old.command, &new.command);
        self.same(&format!("tool {name}'s method"), &old.method, &new.method);
        let width = Profiles::named;
        self.rule(width(&new.profile) <= width(&old.profile), || {
            format!("tool {name} is shown from {} upwards, was from {}", new.profile, old.profile)
        });
        self.rule(new.callers == "All" || new.callers == old.callers, || {
            format!("tool {name} is for callers {}, was for {}", new.callers, old.callers)
        });
        let parameter = format!("parameter {name}.");
        self.members("", &prefixed(&parameter, &old.input), &prefixed(&parameter, &new.input), |broken, path, a, b| {
            broken.parameter(path, (a, &old.profile), (b, &new.profile));
        });
        for (path, field) in new.input.iter().filter(|(path, field)| field.required && !old.input.contains_key(*path)) {
            self.rule(!field.required, || format!("{parameter}{path} is new and required"));
        }
        let result = format!("result {name}.");
        self.members("", &prefixed(&result, &old.output), &prefixed(&result, &new.output), Self::result);
    }

    fn same(&mut self, what: &str, old: &str, new: &str) {
        self.rule(old == new, || format!("{what} is {new}, was {old}"));
    }

    /// All that was accepted still is, and means the same where it is left out.
    fn parameter(&mut self, path: &str, (old, old_tool): (&Field, &String), (new, new_tool): (&Field, &String)) {
        self.same(&format!("{path}: its type"), &old.is, &new.is);
        self.rule(!new.required || old.required, || format!("{path} became required"));
        self.rule(new.nullable || !old.nullable, || format!("{path} takes no null any more"));
        self.rule(old.required || old.default == new.default, || {
            let shown = |field: &Field| field.default.as_ref().map_or("nothing".into(), ToString::to_string);
            format!("{path} is {} by default, was {}", shown(new), shown(old))
        });
        let narrower = new.min.is_some_and(|new| old.min.is_none_or(|old| old < new))
            || new.max.is_some_and(|new| old.max.is_none_or(|old| old > new));
        self.rule(!narrower, || format!("{path} has a narrower range"));
        self.choices(path, &old.choices, &new.choices);
        let width = |field: &Field, tool: &str| Profiles::named(field.profile.as_deref().unwrap_or(tool));
        // One without a profile of its own follows its tool, of which that is told once.
        let kept = new.profile.is_none() || width(new, new_tool) <= width(old, old_tool);
        self.rule(kept, || format!("{path} left a profile"));
        self.rule(new.callers.is_none() || new.callers == old.callers, || format!("{path} is not for all callers"));
    }

    /// All that could be read still can.
    fn result(&mut self, path: &str, old: &Field, new: &Field) {
        self.same(&format!("{path}: its type"), &old.is, &new.is);
        self.rule(new.required || !old.required, || format!("{path} may be absent now"));
        self.rule(old.nullable || !new.nullable, || format!("{path} may be null now"));
        // A free text may become a choice, but not the other way round.
        self.rule(old.choices.is_empty() || !new.choices.is_empty(), || format!("{path} is free text now"));
        self.choices(path, if new.choices.is_empty() { &[] } else { &old.choices }, &new.choices);
    }

    /// An empty list is any text.
    fn choices(&mut self, path: &str, old: &[String], new: &[String]) {
        if old.is_empty() {
            let is_result = path.starts_with("result ");
            return self.rule(new.is_empty() || is_result, || format!("{path} takes only {}", new.join(", ")));
        }
        for choice in old.iter().filter(|choice| !new.is_empty() && !new.contains(choice)) {
            self.0.push(format!("{path}: {choice} is gone"));
        }
    }

    fn line(&mut self, name: &str, old: &Line, new: &Line) {
        for (place, old) in old.words.iter().enumerate() {
            match new.words.get(place) {
                Some(new) => self.argument(&format!("{name}: word {}", old.name), old, new),
                None => self.0.push(format!("{name}: word {} is gone", old.name)),
            }
        }
        for word in new.words.iter().skip(old.words.len()).filter(|word| word.required) {
            self.0.push(format!("{name}: word {} is new and required", word.name));
        }
        let flag = format!("{name} ");
        self.members("", &prefixed(&flag, &old.flags), &prefixed(&flag, &new.flags), Self::argument);
        for (flag, _) in new.flags.iter().filter(|(flag, new)| new.required && !old.flags.contains_key(*flag)) {
            self.0.push(format!("{name} {flag} is new and required"));
        }
    }

    fn argument(&mut self, name: &str, old: &Argument, new: &Argument) {
        self.rule(!new.required || old.required, || format!("{name} became required"));
        self.rule(old.takes_value == new.takes_value, || format!("{name}: whether it takes a value changed"));
        self.rule(new.repeated || !old.repeated, || format!("{name} may not be repeated any more"));
        self.choices(name, &old.choices, &new.choices);
    }
}

/// The same members under the names they are told by.
fn prefixed<T: Clone>(prefix: &str, members: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    members.iter().map(|(name, member)| (format!("{prefix}{name}"), member.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn surface() -> Value {
        json!({
            "tools": {"vm_run": {
                "profile": "workspace-core", "callers": "All", "command": "pyro run", "method": "run_in_vm",
                "input": {
                    "command": {"is": "text", "required": true},
                    "mem_mib": {"is": "integer", "default": 1024, "min": 128, "max": 4096},
                    "signal": {"is": "text", "choices": ["INT", "TERM"]},
                },
                "output": {"exit_code": {"is": "integer", "required": true}, "reason": {"is": "text", "choices": ["a"]}},
            }},
            "commands": {"pyro run": {
                "words": [{"name": "environment", "required": true, "takes_value": true}],
                "flags": {"--json": {}, "--label": {"takes_value": true, "repeated": true}},
            }},
            "python": ["Pyro"],
        })
    }

    /// What is broken when the value at `place` becomes `value`; `null` takes it away.
    fn after(place: &str, value: Value) -> Vec<String> {
        let mut changed = surface();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(parent.remove(name).unwrap()),
            value => drop(parent.insert(name.to_owned(), value)),
        }
        let read = |value| serde_json::from_value::<Surface>(value).unwrap();
        broken(&read(surface()), &read(changed))
    }

    #[test]
    fn whatever_a_caller_relies_on_is_a_break() {
        for (place, value, said) in [
            ("/tools/vm_run", Value::Null, "tool vm_run is gone"),
            ("/tools/vm_run/method", json!("run_vm"), "tool vm_run's method is run_vm, was run_in_vm"),
            ("/tools/vm_run/profile", json!("workspace-full"), "is shown from workspace-full upwards"),
            ("/tools/vm_run/callers", json!("OnHost"), "is for callers OnHost, was for All"),
            ("/tools/vm_run/input/mem_mib", Value::Null, "parameter vm_run.mem_mib is gone"),
            ("/tools/vm_run/input/mem_mib/is", json!("text"), "its type is text, was integer"),
            ("/tools/vm_run/input/mem_mib/required", json!(true), "became required"),
            ("/tools/vm_run/input/mem_mib/default", json!(512), "is 512 by default, was 1024"),
            ("/tools/vm_run/input/mem_mib/max", json!(2048), "has a narrower range"),
            ("/tools/vm_run/input/mem_mib/min", json!(256), "has a narrower range"),
            ("/tools/vm_run/input/mem_mib/profile", json!("workspace-full"), "left a profile"),
            ("/tools/vm_run/input/mem_mib/callers", json!("OnHost"), "is not for all callers"),
            ("/tools/vm_run/input/signal/choices", json!(["INT"]), "TERM is gone"),
            ("/tools/vm_run/input/command/choices", json!(["ls"]), "takes only ls"),
            ("/tools/vm_run/input/new", json!({"is": "text", "required": true}), "vm_run.new is new and required"),
            ("/tools/vm_run/output/exit_code", Value::Null, "result vm_run.exit_code is gone"),
            ("/tools/vm_run/output/exit_code/required", Value::Null, "may be absent now"),
            ("/tools/vm_run/output/exit_code/nullable", json!(true), "may be null now"),
            ("/tools/vm_run/output/reason/choices", Value::Null, "is free text now"),
            ("/commands/pyro run", Value::Null, "command pyro run is gone"),
            ("/commands/pyro run/words", json!([]), "word environment is gone"),
            ("/commands/pyro run/flags/--json", Value::Null, "pyro run --json is gone"),
            ("/commands/pyro run/flags/--json/takes_value", json!(true), "whether it takes a value changed"),
            ("/commands/pyro run/flags/--label/repeated", Value::Null, "may not be repeated"),
            ("/commands/pyro run/flags/--new", json!({"required": true}), "--new is new and required"),
            ("/python", json!(["Piro"]), "Python's Pyro is gone"),
        ] {
            let broken = after(place, value);
            assert!(broken.len() == 1 && broken[0].contains(said), "{place}: {broken:?}");
        }
    }

    #[test]
    fn what_is_new_or_wider_is_none() {
        for (place, value) in [
            ("/tools/vm_run/profile", json!("vm-run")),
            ("/tools/vm_run/input/new", json!({"is": "text"})),
            ("/tools/vm_run/input/command/required", json!(false)),
            ("/tools/vm_run/input/command/nullable", json!(true)),
            ("/tools/vm_run/input/mem_mib/max", json!(8192)),
            ("/tools/vm_run/input/mem_mib/min", Value::Null),
            ("/tools/vm_run/input/signal/choices", json!(["INT", "TERM", "HUP"])),
            ("/tools/vm_run/output/new", json!({"is": "text", "required": true})),
            ("/tools/vm_run/output/reason/choices", json!(["a", "b"])),
            ("/tools/vm_run/output/reason/required", json!(true)),
            ("/commands/pyro run/flags/--new", json!({"takes_value": true})),
            ("/commands/pyro new", json!({"words": [{"name": "a", "required": true}], "flags": {}})),
            ("/python", json!(["AsyncPyro", "Pyro"])),
        ] {
            assert_eq!(after(place, value), Vec::<String>::new(), "{place}");
        }
    }
}
