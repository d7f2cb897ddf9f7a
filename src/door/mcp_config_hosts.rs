//! The chat hosts pyro knows: where each keeps its MCP servers, and what an entry looks like there. Pure.

use serde_json::{Map, Value, json};

/// The one list, in the order of the help.
pub(super) const HOSTS: [Host; 7] = [
    Host {
        name: "claude-code",
        title: "Claude Code",
        format: Format::Json,
        servers: "mcpServers",
        place: Place { variable: Some("CLAUDE_CONFIG_DIR"), folder: "", files: &[".claude.json"] },
        program: |server| json!({"type": "stdio", "command": server.command, "args": server.arguments()}),
        variables: "env",
        address: Some(|url| json!({"type": "http", "url": url})),
        token: |variable| ("headers", bearer(&format!("${{{variable}}}"))),
        defaults: || json!({}),
    },
    Host {
        name: "codex",
        title: "Codex",
        format: Format::Toml,
        servers: "mcp_servers",
        place: Place { variable: Some("CODEX_HOME"), folder: ".codex", files: &["config.toml"] },
        program: |server| json!({"command": server.command, "args": server.arguments()}),
        variables: "env",
        address: Some(|url| json!({"url": url})),
        token: |variable| ("bearer_token_env_var", json!(variable)),
        defaults: || json!({"tool_timeout_sec": CALL_SECONDS}),
    },
    Host {
        name: "opencode",
        title: "OpenCode",
        format: Format::Json,
        servers: "mcp",
        place: Place {
            variable: Some("XDG_CONFIG_HOME"),
            folder: ".config",
            files: &["opencode/opencode.json", "opencode/opencode.jsonc"],
        },
        program: |server| json!({"type": "local", "command": server.words()}),
        variables: "environment",
        address: Some(|url| json!({"type": "remote", "url": url, "oauth": false})),
        token: |variable| ("headers", bearer(&format!("{{env:{variable}}}"))),
        defaults: || json!({"enabled": true, "timeout": CALL_SECONDS * 1000}),
    },
    Host {
        name: "gemini-cli",
        title: "Gemini CLI",
        format: Format::Json,
        servers: "mcpServers",
        place: Place { variable: Some("GEMINI_CLI_HOME"), folder: "", files: &[".gemini/settings.json"] },
        program: |server| json!({"command": server.command, "args": server.arguments()}),
        variables: "env",
        address: Some(|url| json!({"type": "http", "url": url})),
        token: |variable| ("headers", bearer(&format!("${{{variable}}}"))),
        defaults: || json!({"timeout": CALL_SECONDS * 1000}),
    },
    Host {
        name: "claude-desktop",
        title: "Claude Desktop",
        format: Format::Json,
        servers: "mcpServers",
        place: Place {
            variable: Some("XDG_CONFIG_HOME"),
            folder: ".config",
            files: &["Claude/claude_desktop_config.json"],
        },
        program: |server| json!({"command": server.command, "args": server.arguments()}),
        variables: "env",
        address: None,
        token: |_| ("headers", Value::Null),
        defaults: || json!({}),
    },
    Host {
        name: "cursor",
        title: "Cursor",
        format: Format::Json,
        servers: "mcpServers",
        place: Place { variable: None, folder: "", files: &[".cursor/mcp.json"] },
        program: |server| json!({"type": "stdio", "command": server.command, "args": server.arguments()}),
        variables: "env",
        address: Some(|url| json!({"url": url})),
        token: |variable| ("headers", bearer(&format!("${{env:{variable}}}"))),
        defaults: || json!({}),
    },
    Host {
        name: "vscode",
        title: "VS Code",
        format: Format::Json,
        servers: "servers",
        place: Place { variable: Some("XDG_CONFIG_HOME"), folder: ".config", files: &["Code/User/mcp.json"] },
        program: |server| json!({"type": "stdio", "command": server.command, "args": server.arguments()}),
        variables: "env",
        address: Some(|url| json!({"type": "http", "url": url})),
        token: |variable| ("headers", bearer(&format!("${{env:{variable}}}"))),
        defaults: || json!({}),
    },
];

/// How long a host should wait for a call where it has a limit of its own.
const CALL_SECONDS: u32 = 600;

/// Keys by which hosts start a server, beside its variables.
const OF_PROGRAMS: [&str; 4] = ["type", "command", "args", "cwd"];
/// Keys by which hosts reach a server. What is sent to one address is never left to be sent to another.
const OF_ADDRESSES: [&str; 9] = [
    "type",
    "url",
    "httpUrl",
    "serverUrl",
    "headers",
    "http_headers",
    "env_http_headers",
    "bearer_token_env_var",
    "oauth",
];

pub(super) struct Host {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) format: Format,
    /// The key that holds all servers by name.
    pub(super) servers: &'static str,
    pub(super) place: Place,
    program: fn(&Program) -> Value,
    /// The key of the variables a program is started with.
    variables: &'static str,
    /// None where the host's file takes programs only.
    address: Option<fn(&str) -> Value>,
    /// How an entry says that a bearer token stands in an environment variable.
    token: fn(&str) -> (&'static str, Value),
    /// Where its user has said nothing else.
    defaults: fn() -> Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Toml,
}

/// Where a host's own file lies.
pub(super) struct Place {
    /// An environment variable that names another directory than `folder` of the home directory.
    pub(super) variable: Option<&'static str>,
    pub(super) folder: &'static str,
    /// The first is made where none of them is there.
    pub(super) files: &'static [&'static str],
}

/// What an entry leads to.
pub(super) enum Server {
    Program(Program),
    Address { url: String, token_variable: Option<String> },
}

/// A server that the host starts.
pub(super) struct Program {
    pub(super) command: String,
    pub(super) profile: String,
    pub(super) variables: Vec<(String, String)>,
}

impl Program {
    fn arguments(&self) -> [&str; 4] {
        ["mcp", "serve", "--profile", &self.profile]
    }

    fn words(&self) -> Vec<&str> {
        std::iter::once(self.command.as_str()).chain(self.arguments()).collect()
    }
}

/// One server in a host's file.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// What must stand there. An object in it is laid over the one found.
    pub(super) settings: Map<String, Value>,
    /// What is added where it is missing.
    pub(super) defaults: Map<String, Value>,
    /// Keys of an entry of another kind, which must not stand beside these.
    pub(super) stale: Vec<&'static str>,
}

/// Finds a host by its name.
pub(super) fn named(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}

/// The entry for that server; none where the host cannot be told of it in its file.
pub(super) fn entry(host: &Host, server: &Server) -> Option<Entry> {
    let (mut settings, mut stale) = match server {
        Server::Program(program) => {
            let mut settings = object((host.program)(program));
            if !program.variables.is_empty() {
                let pairs = program.variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                settings.insert(host.variables.into(), Value::Object(pairs.collect()));
            }
            (settings, OF_ADDRESSES.to_vec())
        }
        Server::Address { url, .. } => {
            let stale = [&OF_PROGRAMS[..], &OF_ADDRESSES, &[host.variables]].concat();
            (object(host.address?(url)), stale)
        }
    };
    if let Server::Address { token_variable: Some(variable), .. } = server {
        let (key, value) = (host.token)(variable);
        settings.insert(key.into(), value);
    }
    stale.retain(|key| !settings.contains_key(*key));
    Some(Entry { settings, defaults: object((host.defaults)()), stale })
}

fn bearer(reference: &str) -> Value {
    json!({"Authorization": format!("Bearer {reference}")})
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Server {
        let variables = vec![("PYRO_HOME".to_owned(), "/srv/pyro".to_owned())];
        Server::Program(Program { command: "/bin/pyro".into(), profile: "vm-run".into(), variables })
    }

    #[test]
    fn every_host_starts_the_server_with_its_variables() {
        for host in &HOSTS {
            let text = Value::Object(entry(host, &program()).unwrap().settings).to_string();
            let words = r#""mcp","serve","--profile","vm-run"]"#;
            assert!(text.contains(words) && text.contains(r#""PYRO_HOME":"/srv/pyro""#), "{}: {text}", host.name);
        }
    }

    #[test]
    fn a_token_is_named_and_nothing_of_a_program_stays_beside_an_address() {
        let server = Server::Address { url: "http://127.0.0.1:1/mcp".into(), token_variable: Some("T".into()) };
        for host in HOSTS.iter().filter(|host| host.name != "claude-desktop") {
            let entry = entry(host, &server).unwrap();
            let text = Value::Object(entry.settings.clone()).to_string();
            assert!(text.contains("127.0.0.1:1/mcp") && text.contains('T'), "{}: {text}", host.name);
            assert!(["command", "args", host.variables].iter().all(|key| entry.stale.contains(key)), "{}", host.name);
            assert!(entry.stale.iter().all(|key| !entry.settings.contains_key(*key)), "{}", host.name);
        }
        assert_eq!(entry(named("claude-desktop").unwrap(), &server), None);
    }
}
