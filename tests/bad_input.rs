//! Bad input at the edge: every argument of every tool at and beyond its bounds, and hosts that cannot run a machine.
//! Generated from the schemas, so a new tool is covered by being listed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    process::{Command, Output},
};

use pyro_mcp::{
    Code, app,
    environment::Environments,
    host::Dirs,
    registry::{CallScope, Calls, Entry, Journal, Kind, Profile, Property, Registry, Services},
    supervisor::Spawner,
    workspace::{Machines, Settings},
};
use serde_json::{Map, Value, json};

/// Where a tool wants a machine: well-formed, and nobody's.
const NOBODYS_VM: &str = "vm-aaaaaaaaaaaa";

struct Place {
    dir: tempfile::TempDir,
    calls: Calls,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let dirs = Dirs { home: dir.path().join("home"), cache: dir.path().join("cache") };
    let environments = Environments::new(dirs.clone());
    // Nothing here may get as far as starting one.
    let spawner = Spawner::Detached { pyro: Some("/nonexistent/pyro".into()) };
    let machines = Machines::new(
        dirs.clone(),
        environments.clone(),
        spawner,
        Settings { backend: None, memory_mib: 4096, templates: false },
    );
    let calls = Calls::new(app::registry(), Services::over(machines, environments), Journal::below(&dirs.home));
    Place { dir, calls }
}

impl Place {
    /// The code and the whole text of the failure.
    async fn refused(&self, profile: &Profile, tool: &str, arguments: &Value) -> (Code, String) {
        let outcome = self.calls.call(tool, arguments.clone(), profile, CallScope::default()).await;
        match outcome {
            Err(failure) => (failure.code, format!("{} {}", failure.message, failure.hint.unwrap_or_default())),
            Ok(output) => panic!("{tool} took {arguments} and answered {output}"),
        }
    }

    fn is_untouched(&self) -> bool {
        let vms = std::fs::read_dir(self.dir.path().join("home/vms"));
        let machines = vms.into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
        machines.count() == 0 && !self.dir.path().join("cache").exists()
    }
}

/// Callers on this host, and those elsewhere: neither has all arguments.
fn profiles() -> [Profile; 2] {
    [Profile::everything(), Profile::everything().for_strangers()]
}

/// Every tool for each of them.
fn shown<'a>(registry: &'a Registry, profiles: &'a [Profile]) -> Vec<(&'a Profile, &'a Entry)> {
    let of = |profile: &'a Profile| registry.shown(profile).map(move |entry| (profile, entry));
    profiles.iter().flat_map(of).collect()
}

/// What such a caller can give.
fn properties<'a>(profile: &Profile, entry: &'a Entry) -> Vec<Property<'a>> {
    entry.properties().into_iter().filter(|property| profile.has(property)).collect()
}

/// The tool's example, complete and valid, as far as such a caller can give it.
fn valid(profile: &Profile, entry: &Entry) -> Map<String, Value> {
    let example = entry.example.replace("$created", NOBODYS_VM).replace("$started", NOBODYS_VM);
    let example = example.replace("$opened", "sh-aaaaaaaaaaaa");
    let mut example: Map<String, Value> = serde_json::from_str(&example).unwrap();
    let had = properties(profile, entry);
    example.retain(|name, _| had.iter().any(|property| property.name == name));
    example
}

fn with(profile: &Profile, entry: &Entry, property: &str, value: Value) -> Value {
    let mut arguments = valid(profile, entry);
    arguments.insert(property.to_owned(), value);
    Value::Object(arguments)
}

fn whole(property: &Property<'_>, key: &str) -> Option<usize> {
    property.schema.get(key).and_then(Value::as_u64).map(|limit| usize::try_from(limit).unwrap())
}

/// Values on the right side of each bound.
fn within(property: &Property<'_>) -> Vec<Value> {
    match property.kind() {
        Kind::Integer { min, max } => [min, max].into_iter().flatten().map(Value::from).collect(),
        Kind::Text => {
            let lengths = [whole(property, "minLength"), whole(property, "maxLength")];
            lengths.into_iter().flatten().map(|length| json!("x".repeat(length))).collect()
        }
        Kind::Flag => vec![json!(true), json!(false)],
        Kind::Choice(choices) => choices.into_iter().map(Value::from).collect(),
        _ => vec![],
    }
}

/// Values beyond each bound and of each wrong type.
fn beyond(property: &Property<'_>) -> Vec<Value> {
    let mut bad = match property.kind() {
        Kind::Integer { min, max } => {
            let beyond = [min.map(|min| min - 1), max.map(|max| max + 1)].into_iter().flatten().map(Value::from);
            let mut bad: Vec<Value> = beyond.collect();
            bad.extend([json!(1.5), json!("1"), json!(true), json!(u64::MAX), json!(i64::MIN), json!(1e300)]);
            bad
        }
        Kind::Number => vec![json!("1.5"), json!(false)],
        Kind::Text => {
            let mut bad = vec![json!(7), json!(true)];
            bad.extend(whole(property, "maxLength").map(|most| json!("x".repeat(most + 1))));
            bad.extend(
                whole(property, "minLength").filter(|least| *least > 0).map(|least| json!("x".repeat(least - 1))),
            );
            if let Some(pattern) = property.schema.get("pattern").and_then(Value::as_str) {
                bad.extend(["", "../../etc/passwd", "vm-aaaaaaaaaaaa\n"].map(Value::from));
                if pattern.contains("{12}") {
                    bad.extend(["vm-", "vm-AAAAAAAAAAAA", "vm-aaaaaaaaaaaaa"].map(Value::from));
                }
            }
            bad
        }
        Kind::Flag => vec![json!("true"), json!(1), json!(0)],
        Kind::Choice(_) => vec![json!("no such choice"), json!(""), json!(1)],
        Kind::List(_) => vec![json!("a"), json!({"0": "a"}), json!([{}])],
        Kind::Map(_) | Kind::Object(_) => vec![json!("a"), json!(7), json!([["a", "b"]])],
        Kind::Nullable(_) => vec![],
    };
    if !matches!(property.kind(), Kind::List(_)) {
        bad.push(json!([]));
    }
    if !matches!(property.kind(), Kind::Map(_) | Kind::Object(_)) {
        bad.push(json!({}));
    }
    bad
}

#[tokio::test]
async fn arguments_beyond_their_bounds_are_refused_by_name_and_nothing_happens() {
    let place = place();
    let mut tried = 0;
    let (registry, profiles) = (app::registry(), profiles());
    for (profile, entry) in shown(&registry, &profiles) {
        for property in properties(profile, entry) {
            for value in beyond(&property) {
                let arguments = with(profile, entry, property.name, value.clone());
                let (code, said) = place.refused(profile, entry.name, &arguments).await;
                assert_eq!(code, Code::Invalid, "{} {} = {value}: {said}", entry.name, property.name);
                assert!(
                    said.contains(&format!("`{}", property.name)),
                    "{} {} = {value}: {said}",
                    entry.name,
                    property.name
                );
                assert!(said.len() < 4000, "{}: {} bytes", entry.name, said.len());
                tried += 1;
            }
            if property.required {
                let mut arguments = valid(profile, entry);
                arguments.shift_remove(property.name);
                let (code, said) = place.refused(profile, entry.name, &json!(arguments)).await;
                assert_eq!(code, Code::Invalid, "{said}");
                assert!(said.contains(&format!("`{}` is missing", property.name)), "{said}");
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(place.is_untouched());
}

#[test]
fn arguments_at_their_bounds_pass_the_schema() {
    let (registry, profiles) = (app::registry(), profiles());
    for (profile, entry) in shown(&registry, &profiles) {
        let schema = jsonschema::validator_for(&json!(entry.input_for(profile))).unwrap();
        assert!(schema.is_valid(&json!(valid(profile, entry))), "the example of {}", entry.name);
        for property in properties(profile, entry) {
            for value in within(&property) {
                let arguments = with(profile, entry, property.name, value);
                let wrong: Vec<String> = schema.iter_errors(&arguments).map(|error| error.to_string()).collect();
                assert_eq!(wrong, Vec::<String>::new(), "{} {}", entry.name, property.name);
            }
            for value in property.default().into_iter() {
                assert!(
                    schema.is_valid(&with(profile, entry, property.name, value.clone())),
                    "{} {}",
                    entry.name,
                    property.name
                );
            }
        }
    }
}

#[tokio::test]
async fn unknown_arguments_and_shapes_are_refused() {
    let place = place();
    let (registry, profiles) = (app::registry(), profiles());
    for (profile, entry) in shown(&registry, &profiles) {
        let mut arguments = valid(profile, entry);
        arguments.insert("no_such_argument".into(), json!(1));
        arguments.insert("nor_this".into(), json!(1));
        let (code, said) = place.refused(profile, entry.name, &json!(arguments)).await;
        assert_eq!(code, Code::Invalid);
        assert!(said.contains("`no_such_argument`") && said.contains("`nor_this`"), "all at once: {said}");
        for shape in [json!([]), json!("text"), json!(1), json!([valid(profile, entry)])] {
            let (code, said) = place.refused(profile, entry.name, &shape).await;
            assert_eq!(code, Code::Invalid, "{said}");
        }
    }
    let (code, said) = place.refused(&Profile::everything(), "vm_rum", &json!({})).await;
    assert_eq!(code, Code::Missing);
    assert!(said.contains("vm_run"), "{said}");
    assert!(place.is_untouched());
}

#[tokio::test]
async fn what_does_not_exist_is_missing() {
    let place = place();
    let (registry, profiles) = (app::registry(), profiles());
    for (profile, entry) in shown(&registry, &profiles) {
        for property in properties(profile, entry) {
            let (value, next) = match property.name {
                "vm_id" => (json!(NOBODYS_VM), "vm_create"),
                "environment" => (json!("debian:99"), "debian:12"),
                _ => continue,
            };
            let arguments = with(profile, entry, property.name, value.clone());
            let (code, said) = place.refused(profile, entry.name, &arguments).await;
            assert_eq!(code, Code::Missing, "{}: {said}", entry.name);
            assert!(said.contains(value.as_str().unwrap()) && said.contains(next), "{}: {said}", entry.name);
        }
    }
    assert!(place.is_untouched());
}

/// `pyro` on a host of our making.
fn pyro(place: &Path, host: &[(&str, &str)], words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyro"));
    command.env("PYRO_HOME", place.join("home")).env("XDG_CACHE_HOME", place.join("cache"));
    command.env_remove("PYRO_BACKEND").env_remove("PYRO_QEMU").envs(host.iter().copied());
    command.current_dir(place).args(words).output().unwrap()
}

/// Asks for a command that would leave a mark on the host; answers the failure.
fn unhosted(host: &[(&str, &str)]) -> Value {
    let place = tempfile::tempdir().unwrap();
    let mark = place.path().join("mark");
    let touch = format!("touch {}", mark.display());
    let output = pyro(place.path(), host, &["run", "--json", "debian:12", "--", "sh", "-c", &touch]);
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    assert!(!mark.exists(), "it ran on the host: {host:?}");
    assert!(!place.path().join("cache/pyro/environments").exists(), "an environment was built for nothing");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn without_qemu_the_remedy_is_told_and_the_host_is_never_used() {
    let failure = unhosted(&[("PYRO_QEMU", "/nonexistent/qemu")]);
    assert_eq!(failure["code"], "denied", "{failure}");
    assert!(failure["hint"].as_str().unwrap().contains("apt-get install -y qemu-system-x86"), "{failure}");
    let failure = unhosted(&[("PYRO_QEMU", "/nonexistent/qemu"), ("PYRO_BACKEND", "qemu-tcg")]);
    assert_eq!(failure["code"], "unavailable", "{failure}");
    assert!(failure["hint"].as_str().unwrap().contains("apt-get install -y qemu-system-x86"), "{failure}");
}

#[test]
fn a_back_end_wished_for_by_hand_is_that_one_or_a_refusal() {
    let failure = unhosted(&[("PYRO_BACKEND", "docker")]);
    assert_eq!(failure["code"], "invalid", "{failure}");
    assert!(failure["hint"].as_str().unwrap().contains("qemu-tcg"), "{failure}");
    let failure = unhosted(&[("PYRO_BACKEND", "host-compat")]);
    assert_eq!(failure["code"], "denied", "{failure}");
    assert!(failure["hint"].as_str().unwrap().contains("allow_host_compat"), "{failure}");
    let failure = unhosted(&[("PYRO_BACKEND", "firecracker")]);
    assert_eq!(failure["code"], "unavailable", "{failure}");
}

#[test]
fn smoke_says_which_packs_there_are() {
    let place = tempfile::tempdir().unwrap();
    let host = [("PYRO_BACKEND", "host-compat")];
    let output = pyro(place.path(), &host, &["smoke", "--strict", "no-such-pack"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("boot, lifecycle"), "{output:?}");
    let output = pyro(place.path(), &host, &["smoke", "--list"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("deaths"), "{output:?}");
}
