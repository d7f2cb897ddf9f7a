//! An entry laid into a host's TOML settings: comments, order and whatever else stands there are kept. Pure.

use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::mcp_config_hosts::Entry;

/// The text with the entry at `servers`.`name`, or why it cannot be laid there.
pub(super) fn merged(old: &str, servers: &str, name: &str, entry: &Entry) -> Result<String, String> {
    let mut whole: DocumentMut = old.parse().map_err(|error| format!("it is not TOML: {error}"))?;
    let mut unnamed = Table::new();
    // Only the table of our entry gets a heading.
    unnamed.set_implicit(true);
    let all = whole.entry(servers).or_insert(Item::Table(unnamed));
    let all = all.as_table_like_mut().ok_or_else(|| format!("its `{servers}` is no table"))?;
    let one = all.entry(name).or_insert(Item::Table(Table::new()));
    let one = one.as_table_like_mut().ok_or_else(|| format!("its `{servers}.{name}` is no table"))?;
    for key in &entry.stale {
        one.remove(key);
    }
    for (key, value) in &entry.settings {
        lay(one, key, value);
    }
    for (key, value) in entry.defaults.iter().filter(|(key, _)| !entry.settings.contains_key(*key)) {
        if !one.contains_key(key) {
            lay(one, key, value);
        }
    }
    let text = whole.to_string();
    // The parser makes every end of a line a plain one.
    let dos = old.contains('\n') && old.matches('\n').count() == old.matches("\r\n").count();
    Ok(if dos { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text })
}

/// Sets a key. What is there already is not written anew, so that it looks as its author wants it.
fn lay(table: &mut dyn TableLike, key: &str, value: &Json) {
    if let (Some(below), Json::Object(values)) = (table.get_mut(key).and_then(Item::as_table_like_mut), value) {
        values.iter().for_each(|(key, value)| lay(below, key, value));
        return;
    }
    let mut new = input(value);
    if let Some(found) = table.get(key).and_then(Item::as_value) {
        if plain(found) == plain(&new) {
            return;
        }
        *new.decor_mut() = found.decor().clone();
    }
    table.insert(key, Item::Value(new));
}

/// A value without the blanks and comments around it and in it.
fn plain(value: &Value) -> String {
    match value {
        Value::Array(array) => format!("[{}]", array.iter().map(plain).collect::<Vec<_>>().join(",")),
        Value::String(text) => format!("{:?}", text.value()),
        other => other.clone().decorated("", "").to_string(),
    }
}

fn input(value: &Json) -> Value {
    match value {
        Json::Bool(value) => Value::from(*value),
        Json::Number(value) => {
            value.as_i64().map_or_else(|| Value::from(value.as_f64().unwrap_or_default()), Value::from)
        }
        Json::Array(values) => Value::Array(values.iter().map(input).collect::<Array>()),
        Json::Object(values) => {
            Value::InlineTable(values.iter().map(|(key, value)| (key, input(value))).collect::<InlineTable>())
        }
        Json::String(value) => Value::from(value.as_str()),
        // TOML knows no null; entries hold none.
        Json::Null => Value::from(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(settings: &Json) -> Entry {
        let defaults = json!({"tool_timeout_sec": 600}).as_object().unwrap().clone();
        Entry { settings: settings.as_object().unwrap().clone(), defaults, stale: vec!["url", "bearer_token_env_var"] }
    }

    fn program() -> Entry {
        entry(&json!({"command": "/bin/pyro", "args": ["mcp", "serve"], "env": {"A": "1"}}))
    }

    #[track_caller]
    fn check(old: &str, new: &str) {
        let laid = merged(old, "mcp_servers", "pyro", &program()).unwrap();
        assert_eq!(laid, new);
        assert_eq!(merged(&laid, "mcp_servers", "pyro", &program()).unwrap(), laid, "not the same when done again");
    }

    const ALONE: &str = "[mcp_servers.pyro]
command = \"/bin/pyro\"
args = [\"mcp\", \"serve\"]
env = { A = \"1\" }
tool_timeout_sec = 600
";

    #[test]
    fn nothing_becomes_a_whole_file() {
        check("", ALONE);
    }

    #[test]
    fn what_stands_there_stays_as_it_was() {
        let old =
            "# mine\nmodel = 'm' # first\n\n[mcp_servers.other]\ncommand = \"x\"\n\n[tui]\n# last\ntheme = \"t\"\n";
        let (begin, end) = old.split_at(old.find("\n[tui]").unwrap());
        check(old, &format!("{begin}\n{ALONE}{end}"));
        check("a = 1\r\n", &format!("a = 1\n\n{ALONE}").replace('\n', "\r\n"));
    }

    #[test]
    fn an_older_entry_keeps_what_is_its_users() {
        let old = "[mcp_servers.pyro] # ours\nenabled = false\nurl = \"http://x\"\ntool_timeout_sec = 9 # short\n\
                   args = [\n  \"mcp\", # the door\n  \"serve\",\n]\n\n[mcp_servers.pyro.env]\nA = \"0\" # none\nB = \"2\"\n";
        let new = "[mcp_servers.pyro] # ours\nenabled = false\ntool_timeout_sec = 9 # short\n\
                   args = [\n  \"mcp\", # the door\n  \"serve\",\n]\ncommand = \"/bin/pyro\"\n\n[mcp_servers.pyro.env]\nA = \"1\" # none\nB = \"2\"\n";
        check(old, new);
        check("mcp_servers.pyro.enabled = true\n", &{
            let rest = ALONE.replace("[mcp_servers.pyro]\n", "");
            let dotted: Vec<String> = rest.lines().map(|line| format!("mcp_servers.pyro.{line}\n")).collect();
            format!("mcp_servers.pyro.enabled = true\n{}", dotted.concat())
        });
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        for (old, why) in [
            ("mcp_servers = 1", "`mcp_servers` is no table"),
            ("[mcp_servers]\npyro = 1", "`mcp_servers.pyro` is no table"),
            ("{}", "not TOML"),
        ] {
            let said = merged(old, "mcp_servers", "pyro", &program()).unwrap_err();
            assert!(said.contains(why), "{old}: {said}");
        }
    }
}
