//! What must hold at one place of an answer. Pure.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Value, json};

use super::fields;

/// Rules that must all hold. In a file: a table of them, or any other value, which must be equal.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Rules(Known);

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Known {
    equals: Option<Value>,
    /// A part of a text, or an item of a list.
    contains: Option<Value>,
    lacks: Option<Value>,
    starts_with: Option<String>,
    ends_with: Option<String>,
    /// A pattern in the dialect of JSON schemas, found anywhere.
    matches: Option<String>,
    /// For numbers.
    at_least: Option<f64>,
    at_most: Option<f64>,
    /// For texts.
    bytes_at_most: Option<usize>,
    one_of: Option<Vec<Value>>,
    /// The text stands in this one, which is at another path of the same answer.
    contains_field: Option<String>,
    /// A text of unix seconds, this close to the host's clock while the call ran.
    near_now_seconds: Option<f64>,
    /// Must not be there; `null` counts as absent.
    absent: Option<bool>,
}

impl TryFrom<Value> for Rules {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let Value::Object(_) = &value else {
            return Ok(Self(Known { equals: Some(value), ..Known::default() }));
        };
        let known: Known = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if known == Known::default() {
            return Err("a check that asks for nothing".into());
        }
        if let Some(pattern) = &known.matches {
            matches(pattern, "").map_err(|why| format!("the pattern {pattern:?} does not compile: {why}"))?;
        }
        Ok(Self(known))
    }
}

/// While the call ran, by the host's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct During {
    pub(super) began: SystemTime,
    pub(super) ended: SystemTime,
}

impl Rules {
    /// Texts that may name kept values.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        [&mut self.0.equals, &mut self.0.contains, &mut self.0.lacks].into_iter().flatten()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        [&self.0.equals, &self.0.contains, &self.0.lacks].into_iter().flatten()
    }

    /// Other places of the same answer that are read.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.contains_field.as_deref().into_iter()
    }

    /// What an answer that keeps the rules looks like, as far as they tell; `…` stands for more.
    pub(super) fn sketch(&self) -> Option<Value> {
        let rules = &self.0;
        if let Some(equals) = &rules.equals {
            return Some(equals.clone());
        }
        let text = |text: String| Some(Value::String(text));
        match (&rules.contains, &rules.starts_with, &rules.ends_with) {
            (Some(Value::String(part)), None, None) => return text(format!("…{part}…")),
            (Some(item), None, None) => return Some(json!(["…", item, "…"])),
            (_, Some(begin), end) => return text(format!("{begin}…{}", end.as_deref().unwrap_or_default())),
            (_, None, Some(end)) => return text(format!("…{end}")),
            (None, None, None) => {}
        }
        match (&rules.matches, &rules.one_of, rules.at_least, rules.at_most) {
            (Some(pattern), ..) => text(format!("/{pattern}/")),
            (_, Some(all), ..) => all.first().cloned(),
            (_, _, Some(least), _) => text(format!("{least} or more")),
            (_, _, _, Some(most)) => text(format!("{most} or less")),
            _ if rules.absent == Some(true) || rules.lacks.is_some() => None,
            _ => text("…".into()),
        }
    }

    /// The first rule that does not hold for what stands at `path` of `answer`, in words.
    pub(super) fn broken(&self, answer: &Value, path: &str, during: During) -> Option<String> {
        let rules = &self.0;
        let found = fields::at(answer, path).filter(|found| !found.is_null());
        if let Some(absent) = rules.absent {
            let held = absent == found.is_none();
            if !held || absent {
                return (!held).then(|| format!("{path} must {}be there", if absent { "not " } else { "" }));
            }
        }
        let Some(found) = found else { return Some(format!("{path} is not there")) };
        let wanted = self.unmet(found, answer, during)?;
        Some(format!("{path} must {wanted}, but is {}", fields::short(found)))
    }

    fn unmet(&self, found: &Value, answer: &Value, during: During) -> Option<String> {
        let rules = &self.0;
        let text = found.as_str().unwrap_or_default();
        let number = found.as_f64();
        let has = |part: &Value| match (found, part) {
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            (Value::Array(items), item) => items.contains(item),
            _ => false,
        };
        let say = |held: bool, words: String| (!held).then_some(words);
        let told = [
            rules.equals.as_ref().map(|one| say(same(found, one), format!("be {one}"))),
            rules.contains.as_ref().map(|one| say(has(one), format!("contain {one}"))),
            rules.lacks.as_ref().map(|one| say(!has(one), format!("not contain {one}"))),
            rules.starts_with.as_ref().map(|one| say(text.starts_with(one), format!("start with {one:?}"))),
            rules.ends_with.as_ref().map(|one| say(text.ends_with(one), format!("end with {one:?}"))),
            rules.matches.as_ref().map(|one| say(matches(one, text) == Ok(true), format!("match {one}"))),
            rules
                .at_least
                .map(|least| say(number.is_some_and(|number| number >= least), format!("be at least {least}"))),
            rules.at_most.map(|most| say(number.is_some_and(|number| number <= most), format!("be at most {most}"))),
            rules.bytes_at_most.map(|most| {
                say(found.is_string() && text.len() <= most, format!("be at most {most} bytes, not {}", text.len()))
            }),
            rules.one_of.as_ref().map(|all| say(all.contains(found), format!("be one of {}", json!(all)))),
            rules.contains_field.as_ref().map(|path| {
                let part = fields::at(answer, path).and_then(Value::as_str);
                say(part.is_some_and(|part| text.contains(part)), format!("contain the {path}, {part:?}"))
            }),
            rules.near_now_seconds.map(|slack| say(near(text, slack, during), format!("be within {slack} s of now"))),
        ];
        told.into_iter().flatten().flatten().next()
    }
}

/// Equal, where 3 and 3.0 are.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < f64::EPSILON,
        _ => one == other,
    }
}

fn near(text: &str, slack: f64, during: During) -> bool {
    let unix = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let told = text.trim().parse::<f64>().unwrap_or(0.0);
    (unix(during.began) - slack..=unix(during.ended) + slack).contains(&told)
}

fn matches(pattern: &str, text: &str) -> Result<bool, String> {
    let schema = json!({ "pattern": pattern });
    let compiled = jsonschema::validator_for(&schema).map_err(|error| error.to_string())?;
    Ok(compiled.is_valid(&json!(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(rules: Value, found: Value) -> Option<String> {
        let now = SystemTime::now();
        let answer = json!({"out": found, "vm_id": "vm-x"});
        Rules::try_from(rules).unwrap().broken(&answer, "out", During { began: now, ended: now })
    }

    #[test]
    fn each_rule_holds_and_breaks() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let cases = [
            (json!(3), json!(3), json!(4)),
            (json!({"equals": {"a": 1}}), json!({"a": 1}), json!({"a": 2})),
            (json!({"contains": "b"}), json!("abc"), json!("xyz")),
            (json!({"contains": "disk_full"}), json!(["disk_full"]), json!([])),
            (json!({"lacks": "b"}), json!("xyz"), json!("abc")),
            (json!({"starts_with": "a"}), json!("ab"), json!("ba")),
            (json!({"ends_with": "b"}), json!("ab"), json!("ba")),
            (json!({"matches": "^[0-9]+\\.2$"}), json!("12.2"), json!("x12.2")),
            (json!({"at_least": 2, "at_most": 4}), json!(3), json!(5)),
            (json!({"bytes_at_most": 2}), json!("ab"), json!("abc")),
            (json!({"one_of": ["a", "b"]}), json!("a"), json!("c")),
            (json!({"contains_field": "vm_id"}), json!("host vm-x\n"), json!("vm-y")),
            (json!({"near_now_seconds": 5}), json!(format!("{now}\n")), json!("1000")),
            (json!({"absent": true}), json!(null), json!("there")),
            (json!({"absent": false}), json!("there"), json!(null)),
        ];
        for (rules, good, bad) in cases {
            assert_eq!(broken(rules.clone(), good), None, "{rules}");
            assert!(broken(rules.clone(), bad.clone()).is_some(), "{rules} for {bad}");
            assert!(broken(rules, json!(null)).is_none_or(|words| words.contains("there")));
        }
    }

    #[test]
    fn rules_are_sketched_for_readers() {
        let cases = [
            (json!(3), Some(json!(3))),
            (json!({"contains": "curl"}), Some(json!("…curl…"))),
            (json!({"contains": 7}), Some(json!(["…", 7, "…"]))),
            (json!({"starts_with": "a", "ends_with": "z"}), Some(json!("a…z"))),
            (json!({"matches": "^a$"}), Some(json!("/^a$/"))),
            (json!({"at_least": 2}), Some(json!("2 or more"))),
            (json!({"absent": true}), None),
            (json!({"lacks": "x"}), None),
        ];
        for (rules, sketch) in cases {
            assert_eq!(Rules::try_from(rules.clone()).unwrap().sketch(), sketch, "{rules}");
        }
    }

    #[test]
    fn a_broken_rule_names_place_wish_and_finding() {
        let words = broken(json!({"at_most": 4}), json!(5)).unwrap();
        assert_eq!(words, "out must be at most 4, but is 5");
    }
}
