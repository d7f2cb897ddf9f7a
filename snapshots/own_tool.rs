//! A tool that only this test knows is found on every surface, declared once.

use pyro_mcp::{
    Code, Pyro,
    door::{docs, python},
    registry::{CallScope, Profile},
};
use serde_json::json;

use crate::{
    support::{dirs, line, own_calls, own_registry},
    toy_wait,
};

#[test]
fn on_the_command_line() {
    let (_place, dirs) = dirs();
    let (exit, out, _) = line(&dirs, &["toy", "wait", "--help"]);
    assert_eq!(exit, 0);
    for part in ["Wait a while and say something.", "How long to wait", "Example:\n  pyro toy wait hello --wait-ms 10"]
    {
        assert!(out.contains(part), "{part:?} not in {out}");
    }
    let (exit, out, _) = line(&dirs, &["toy", "wait", "--label", "a=1", "hi", "--json"]);
    assert_eq!(exit, 0);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["said"], "hi");
    assert_eq!(answer["labels"], json!({"a": "1"}));
    let (_, completions, _) = line(&dirs, &["completions", "bash"]);
    assert!(completions.contains("--wait-ms") && completions.contains("pyro__subcmd__toy"), "completions");
}

#[test]
fn in_generated_documents() {
    let registry = own_registry();
    let page = docs::page(&registry);
    assert!(page.contains("## toy_wait") && page.contains("| `parts[].end` |"), "{page}");
    let module = python::module(&registry) + &python::results_module(&registry);
    for part in [
        "def wait_toy(\n        self,\n        say: str,\n        *,",
        "mark_path: StrPath | None = None",
        "parts: list[ToyWaitParts]",
        "class ToyWaitResult(_ToyWaitResultAlways, total=False):",
        "never: int | None",
        "end: Literal[\"answer\", \"failure\", \"panic\", \"deaf\"] = \"answer\"",
    ] {
        assert!(module.contains(part), "{part:?} not in {module}");
    }
}

#[test]
fn from_rust_by_its_type() {
    let (_place, dirs) = dirs();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let pyro = Pyro::over(own_calls(&dirs));
    let input: toy_wait::Input = serde_json::from_value(json!({"say": "hi"})).unwrap();
    let output = runtime.block_on(pyro.call(input)).unwrap();
    assert_eq!(output.said, "hi");
    assert_eq!(output.parts, [toy_wait::Part { end: toy_wait::End::Answer }]);
}

#[test]
fn within_its_profiles() {
    let (_place, dirs) = dirs();
    let calls = own_calls(&dirs);
    let shown = |name| own_registry().shown(&Profile::named(name).unwrap()).any(|entry| entry.name == "toy_wait");
    assert_eq!(Profile::NAMES.map(shown), [false, true, true]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let call = |profile, tool, arguments| {
        let profile = Profile::named(profile).unwrap();
        runtime.block_on(calls.call(tool, arguments, &profile, CallScope::default()))
    };
    let refused = call("vm-run", "toy_wait", json!({"say": "hi"})).unwrap_err();
    assert_eq!((refused.code, refused.message.as_str()), (Code::Denied, "`toy_wait` is not part of profile vm-run"));
    assert!(refused.hint.unwrap().contains("--profile workspace-core"));
    let refused = call("workspace-core", "toy_wait", json!({"say": "hi", "wide": true})).unwrap_err();
    assert_eq!(refused.message, "`wide` of toy_wait is not part of profile workspace-core");
    assert_eq!(call("workspace-full", "toy_wait", json!({"say": "hi", "wide": true})).unwrap()["wide"], true);
}
