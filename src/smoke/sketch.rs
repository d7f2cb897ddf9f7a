//! What a step's checks tell of its answer, for readers. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Step, rules::Rules};

impl Step {
    /// The checked and kept fields of the answer as JSON; `…` stands for more, `$name` for what is kept under it.
    pub fn answer(&self) -> Value {
        let mut answer = sketch(&self.expect);
        for (name, path) in &self.keep {
            put(&mut answer, path, json!(format!("${name}")));
        }
        answer
    }

    /// The same of every file of the host that is looked at.
    pub fn files(&self) -> BTreeMap<&str, Value> {
        self.host.iter().map(|(path, rules)| (path.as_str(), sketch(rules))).collect()
    }
}

fn sketch(rules: &BTreeMap<String, Rules>) -> Value {
    let mut sketched = Value::Object(Map::new());
    for (path, rules) in rules {
        rules.sketch().into_iter().for_each(|value| put(&mut sketched, path, value));
    }
    sketched
}

/// Puts a value at a path such as `entries.0.path`, making objects and lists on the way.
fn put(at: &mut Value, path: &str, value: Value) {
    let Some(step) = path.split('.').next().filter(|step| !step.is_empty()) else { return *at = value };
    let below = path.split_once('.').map_or("", |(_, below)| below);
    if let Ok(index) = step.parse::<usize>() {
        if !at.is_array() {
            *at = json!([]);
        }
        if let Value::Array(items) = at {
            items.resize(items.len().max(index + 1), json!("…"));
            put(&mut items[index], below, value);
        }
        return;
    }
    if !at.is_object() {
        *at = json!({});
    }
    if let Value::Object(fields) = at {
        put(fields.entry(step).or_insert(Value::Null), below, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_make_the_answer_they_want() {
        let step = "title = 't'\ntool = 'x'\nkeep = { id = 'all.1.id' }\n
            host = { '$out/a' = { text = { contains = 'b' }, mode = { absent = true } } }\n
            expect = { 'all.0.id' = 1, 'all.1.name' = 'n', left = { absent = true }, said = { ends_with = 'z' } }";
        let step: Step = toml::from_str(step).unwrap();
        assert_eq!(step.answer(), json!({"all": [{"id": 1}, {"name": "n", "id": "$id"}], "said": "…z"}));
        assert_eq!(step.files(), BTreeMap::from([("$out/a", json!({"text": "…b…"}))]));
    }
}
