//! MCP over HTTP for callers elsewhere: tokens and what each opens, uploads, downloads, and the server's own health.

use std::{
    io::Write,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use pyro_mcp::{
    spool::{Draft, Shape, Spool},
    token::{Allowance, NewToken, Tokens},
};
use serde_json::{Value, json};

use crate::{
    http::{self, Answer},
    mcp_session::{Session, headers, initialize, stateless},
    support::{PYRO, dirs, program},
};

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// A server of a state directory that has tokens: for `wide`, for `narrow` (vm-run), and one that has expired.
struct Server {
    session: Session,
    spool: Spool,
    tokens: Tokens,
    wide: String,
    narrow: String,
    expired: String,
}

impl Server {
    fn start(more: &[&str]) -> Self {
        let (place, _) = dirs();
        let home = place.path().join("home");
        let tokens = Tokens::below(&home);
        let make = |name: &str, profile: &str, expires_in: Option<u64>, at: i64| {
            let new = NewToken {
                principal: name.parse().unwrap(),
                profile: profile.into(),
                allowance: Allowance::default(),
                expires_in: expires_in.map(Duration::from_secs),
            };
            tokens.create(new, at).unwrap().1
        };
        let wide = make("wide", "workspace-full", None, now());
        let narrow = make("narrow", "vm-run", Some(3600), now());
        let expired = make("wide", "workspace-full", Some(1), now() - 2);
        let arguments: Vec<&str> = ["--http", "127.0.0.1:0"].iter().chain(more).copied().collect();
        let session = Session::spawn_in(place, PYRO, &arguments);
        Self { session, spool: Spool::below(&home), tokens, wide, narrow, expired }
    }

    fn address(&self) -> SocketAddr {
        self.session.address()
    }

    fn asked(&self, path: &str, message: &Value, more: &[&str]) -> Answer {
        let headers = headers(message);
        let headers: Vec<&str> = headers.iter().map(String::as_str).chain(more.iter().copied()).collect();
        sent(self.address(), &format!("POST {path}"), &headers, message.to_string().as_bytes())
    }

    /// The tools at a path for who shows this token, or the status of the refusal.
    fn tools(&self, path: &str, token: &str) -> Result<Vec<String>, u16> {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": stateless()}});
        let answer = self.asked(path, &list, &[&bearer(token)]);
        if answer.status != 200 {
            return Err(answer.status);
        }
        let tools = answer.json()["result"]["tools"].clone();
        Ok(tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect())
    }

    fn called(&self, tool: &str, arguments: Value, token: &str) -> Value {
        let params = json!({"name": tool, "arguments": arguments, "_meta": stateless()});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let answer = self.asked("/mcp", &call, &[&bearer(token)]);
        assert_eq!(answer.status, 200);
        answer.json()["result"].clone()
    }

    fn opened_upload(&self) -> (String, String) {
        let opened = self.called("workspace_upload_open", json!({}), &self.wide)["structuredContent"].clone();
        let url = opened["url"].as_str().unwrap().to_owned();
        // It was asked by this name.
        let path = url.strip_prefix("http://localhost").unwrap_or_else(|| panic!("{url}"));
        (path.to_owned(), opened["upload_id"].as_str().unwrap().to_owned())
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

fn sent(address: SocketAddr, line: &str, headers: &[&str], body: &[u8]) -> Answer {
    let stream = http::connect(address);
    // A refusal may come before all was taken.
    let _ = http::send(&stream, line, headers, body);
    http::receive(&stream).unwrap()
}

/// A request as any client would send it.
fn plain(server: &Server, line: &str, body: &[u8]) -> Answer {
    sent(server.address(), line, &[&format!("host: {}", server.address())], body)
}

#[test]
fn each_token_opens_what_it_is_for() {
    let server = Server::start(&[]);
    let core = server.tools("/mcp", &server.wide).unwrap();
    assert!(core.contains(&"workspace_upload_open".into()) && !core.contains(&"vm_create".into()), "{core:?}");
    let full = server.tools("/mcp/workspace-full", &server.wide).unwrap();
    assert!(full.contains(&"vm_create".into()) && !full.contains(&"workspace_disk_export".into()), "{full:?}");
    assert_eq!(server.tools("/mcp", &server.narrow).unwrap(), ["vm_run"]);
    assert_eq!(server.tools("/mcp/vm-run", &server.narrow).unwrap(), ["vm_run"]);
    assert_eq!(server.tools("/mcp/workspace-core", &server.narrow), Err(403));
    for wrong in ["", "pyro_abcdefgh2345_x", &server.expired, &server.wide[1..], &format!("{}x", server.wide)] {
        assert_eq!(server.tools("/mcp", wrong), Err(401), "{wrong:?}");
    }
    server.tokens.revoke("narrow").unwrap();
    assert_eq!(server.tools("/mcp", &server.narrow), Err(401), "from the next request on");
    let refused =
        server.called("workspace_create", json!({"environment": "debian:12", "seed_path": "/"}), &server.wide);
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(refused["isError"] == true && text.contains("workspace_upload_open"), "{text}");
}

#[test]
fn an_upload_is_streamed_to_its_url_once() {
    let server = Server::start(&[]);
    let (path, id) = server.opened_upload();
    assert_eq!(plain(&server, &format!("GET {path}"), b"").status, 405);
    for wrong in [format!("{path}x"), format!("/uploads/{id}/"), "/uploads/x/y".into(), "/uploads/".into()] {
        assert_eq!(plain(&server, &format!("PUT {wrong}"), b"tar").status, 404, "{wrong}");
    }
    // A client that vanishes leaves nothing, and may come again.
    let mut vanishing = http::connect(server.address());
    write!(vanishing, "PUT {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: 100\r\n\r\nhalf", server.address()).unwrap();
    drop(vanishing);
    let mut answer = plain(&server, &format!("PUT {path}"), b"archive");
    for _ in 0..100 {
        if answer.status != 409 {
            break;
        }
        // The server has not yet noticed that the first is gone.
        std::thread::yield_now();
        answer = plain(&server, &format!("PUT {path}"), b"archive");
    }
    assert_eq!(answer.status, 201);
    let told = answer.json();
    assert_eq!((&told["upload_id"], &told["bytes"]), (&json!(id), &json!(7)));
    assert_eq!(plain(&server, &format!("PUT {path}"), b"again").status, 409);
    let taken = server.spool.take(&id.parse().unwrap(), Some(&"wide".parse().unwrap()), now()).unwrap();
    assert_eq!(std::io::read_to_string(&taken.file).unwrap(), "archive");
    let (path, _) = server.opened_upload();
    let huge = format!("content-length: {}", 5_u64 << 30);
    let mut stream = http::connect(server.address());
    write!(stream, "PUT {path} HTTP/1.1\r\nhost: localhost\r\n{huge}\r\n\r\n").unwrap();
    assert_eq!(http::receive(&stream).unwrap().status, 413);
}

#[test]
fn a_download_is_fetched_from_its_url_once() {
    let server = Server::start(&[]);
    let published = |tree: bool| {
        let draft = server.spool.draft(None, now()).unwrap();
        let content = draft.dir().join(Draft::CONTENT);
        let (name, shape) = if tree { ("tree.tar", Shape::Tree) } else { ("a \"b\".html", Shape::File) };
        if tree {
            std::fs::create_dir(&content).unwrap();
            std::fs::write(content.join("run"), vec![7; 300_000]).unwrap();
        } else {
            std::fs::write(content, "<script>").unwrap();
        }
        let (record, key) = draft.publish(name.into(), shape, 0, now()).unwrap();
        format!("/downloads/{}/{}", record.download_id, key.as_str())
    };
    let path = published(false);
    assert_eq!(plain(&server, &format!("PUT {path}"), b"").status, 405);
    assert_eq!(plain(&server, &format!("GET {path}x"), b"").status, 404);
    assert_eq!(sent(server.address(), &format!("GET {path}"), &["host: evil.com"], b"").status, 403);
    let answer = plain(&server, &format!("GET {path}"), b"");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"a__b_.html\"");
    let facts = (&*answer.headers["content-type"], &*answer.headers["x-content-type-options"]);
    assert_eq!(facts, ("application/octet-stream", "nosniff"));
    assert_eq!(answer.bytes(), b"<script>");
    assert_eq!(plain(&server, &format!("GET {path}"), b"").status, 404, "it was fetched");

    let path = published(true);
    let bytes = plain(&server, &format!("GET {path}"), b"").bytes();
    let mut tar = tar::Archive::new(&bytes[..]);
    let sizes: Vec<u64> = tar.entries().unwrap().map(|entry| entry.unwrap().size()).collect();
    assert!(sizes.contains(&300_000), "{sizes:?}");
    assert_eq!(plain(&server, &format!("GET {path}"), b"").status, 404);
}

#[test]
fn its_health_is_told_to_anybody_and_its_public_name_is_believed() {
    let server = Server::start(&["--public-url", "https://pyro.example.com"]);
    let health = plain(&server, "GET /healthz", b"");
    assert_eq!(health.status, 200);
    assert_eq!(health.json(), json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    let asked = |host: &str| sent(server.address(), "GET /healthz", &[&format!("host: {host}")], b"").status;
    assert_eq!((asked("pyro.example.com"), asked("evil.com")), (200, 403));
    let opened = server.called("workspace_upload_open", json!({}), &server.wide)["structuredContent"].clone();
    assert!(opened["url"].as_str().unwrap().starts_with("https://pyro.example.com/uploads/up-"), "{opened}");
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let (place, _) = dirs();
    let run = |words: &[&str]| {
        let output = program(PYRO, &place).arg("token").args(words).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let words =
        ["create", "--name", "ci", "--profile", "vm-run", "--expires-in", "12h", "--max-mem-mib", "2048", "--json"];
    let (status, made, _) = run(&words);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((status, &made["name"], &made["profile"]), (Some(0), &json!("ci"), &json!("vm-run")));
    let token = made["token"].as_str().unwrap();
    let (_, listed, _) = run(&["list", "--json"]);
    assert!(!listed.contains(token.rsplit_once('_').unwrap().1), "{listed}");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed["count"], &listed["tokens"][0]["token_id"]), (&json!(1), &made["token_id"]));
    let (status, text, told) = run(&["create", "--name", "dev"]);
    assert!(status == Some(0) && text.starts_with("pyro_") && told.contains("told this once"), "{text} {told}");
    assert_eq!(run(&["revoke", "ci"]).0, Some(0));
    let (status, _, told) = run(&["revoke", "ci"]);
    assert!(status == Some(1) && told.contains("pyro token list"), "{told}");
    for wrong in [&["create"][..], &["create", "--name", "../x"], &["create", "--name", "a", "--profile", "sdk"]] {
        assert_eq!(run(wrong).0, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_root_confines_what_callers_on_the_host_name() {
    let (place, _) = dirs();
    let root = place.path().join("root");
    std::fs::create_dir(&root).unwrap();
    std::os::unix::fs::symlink("/etc", root.join("away")).unwrap();
    let root = root.to_str().unwrap().to_owned();
    let mut session = Session::spawn(PYRO, &["--root", &root]);
    session.say(&initialize("2025-06-18"));
    session.next();
    for (id, path) in [(1, "/etc".to_owned()), (2, format!("{root}/away")), (3, format!("{root}/../x"))] {
        let arguments = json!({"environment": "debian:12", "seed_path": path});
        session.request(id, "tools/call", &json!({"name": "workspace_create", "arguments": arguments}));
        let text = session.next()["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        let failure: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&failure["code"], &failure["hint"]),
            (&json!("denied"), &json!(format!("they are: {root}"))),
            "{path}"
        );
    }
}
