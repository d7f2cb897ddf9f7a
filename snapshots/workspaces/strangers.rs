//! Callers elsewhere: each has workspaces of its own, and no path of this host.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use pyro_mcp::{
    Code, Failure,
    registry::{Attachment, Attachments, CallScope, Callers, Profile},
    spool::{Shape, Spool},
    token::Allowance,
    workspace::{Caller, HostFiles, Variables},
};
use serde_json::{Value, json};

use crate::bench::{Bench, bench, id};

const NOW: i64 = 0;

/// Calls as the holder of a token of this name.
struct Stranger<'a> {
    bench: &'a Bench,
    caller: Arc<Caller>,
}

impl<'a> Stranger<'a> {
    fn new(bench: &'a Bench, name: &str, allowance: Allowance) -> Self {
        let caller = Caller {
            principal: Some(name.parse().unwrap()),
            allowance,
            files: HostFiles::None,
            variables: Variables::None,
            base_url: Some("https://pyro.example.com".into()),
        };
        Self { bench, caller: Arc::new(caller) }
    }

    async fn attached(&self, tool: &str, input: Value) -> (Result<Value, Failure>, Vec<Attachment>) {
        let attachments = Attachments::default();
        let scope =
            CallScope { caller: self.caller.clone(), attachments: Some(attachments.clone()), ..CallScope::default() };
        let answer = self.bench.call_as(tool, input, scope, &Profile::everything().for_strangers()).await;
        let attachments = std::mem::take(&mut *attachments.lock().unwrap());
        (answer, attachments)
    }

    async fn call(&self, tool: &str, input: Value) -> Result<Value, Failure> {
        self.attached(tool, input).await.0
    }

    async fn ok(&self, tool: &str, input: Value) -> Value {
        self.call(tool, input).await.unwrap_or_else(|failure| panic!("{tool}: {failure:?}"))
    }

    async fn refused(&self, tool: &str, input: Value) -> Failure {
        self.call(tool, input).await.err().unwrap_or_else(|| panic!("{tool} was answered"))
    }

    async fn workspace(&self, more: Value) -> Value {
        let mut input = json!({"environment": "debian:12"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ok("workspace_create", input).await
    }
}

fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(5);
    tar.append_data(&mut header, "bin/run", &b"#!run"[..]).unwrap();
    tar.into_inner().unwrap()
}

/// What a URL of ours says: id and key.
fn parts(url: &str) -> (String, String) {
    let mut parts = url.rsplit('/');
    let key = parts.next().unwrap().to_owned();
    (parts.next().unwrap().to_owned(), key)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_does_not_exist() {
    let bench = bench();
    let (ci, dev) =
        (Stranger::new(&bench, "ci", Allowance::default()), Stranger::new(&bench, "dev", Allowance::default()));
    let made = ci.workspace(json!({"name": "app"})).await;
    let own = id(&made);
    assert_eq!(made["principal"], "ci");
    let unknown = "ws-aaaaaaaaaaaa";
    for entry in pyro_mcp::tools::all() {
        let takes_workspace = entry.properties().iter().any(|property| property.name == "workspace_id");
        if !takes_workspace || entry.callers == Callers::OnHost || entry.profiles == pyro_mcp::registry::Profiles::None
        {
            continue;
        }
        let mut input: Value = serde_json::from_str(entry.example).unwrap();
        let input = input.as_object_mut().unwrap();
        for property in entry.properties().iter().filter(|property| property.instead().is_some()) {
            input.remove(property.name);
        }
        for (name, value) in
            input.iter_mut().filter(|(_, value)| value.as_str().is_some_and(|text| text.starts_with('$')))
        {
            *value = json!(if name == "shell_id" { "sh-aaaaaaaaaaaa" } else { "x" });
        }
        let mut asked = async |workspace: &str| {
            input.insert("workspace_id".into(), json!(workspace));
            dev.refused(entry.name, Value::Object(input.clone())).await
        };
        let (of_another, of_nobody) = (asked(&own).await, asked(unknown).await);
        let message = of_another.message.replace(&own, unknown);
        assert_eq!((Failure { message, ..of_another }), of_nobody, "{}", entry.name);
        assert_eq!(of_nobody.code, Code::Missing, "{}", entry.name);
        assert_eq!(asked("app").await.code, Code::Missing, "{}", entry.name);
    }
    assert_eq!(dev.ok("workspace_list", json!({})).await["count"], 0);
    assert_eq!(ci.ok("workspace_status", json!({"workspace_id": "app"})).await["workspace_id"], own);
    // The owner of the state directory sees everybody's, and calls its own by their names first.
    assert_eq!(bench.ok("workspace_list", json!({})).await["workspaces"][0]["principal"], "ci");
    assert_eq!(bench.ok("workspace_status", json!({"workspace_id": "app"})).await["workspace_id"], own);
    let mine = bench.ok("workspace_create", json!({"environment": "debian:12", "name": "app"})).await;
    assert_eq!(
        bench.ok("workspace_status", json!({"workspace_id": "app"})).await["workspace_id"],
        mine["workspace_id"]
    );
    let vm = ci.ok("vm_create", json!({"environment": "debian:12"})).await["vm_id"].clone();
    for tool in ["vm_status", "vm_start", "vm_stop", "vm_delete", "vm_network_info"] {
        assert_eq!(dev.refused(tool, json!({"vm_id": vm})).await.code, Code::Missing, "{tool}");
    }
    assert_eq!(dev.refused("vm_exec", json!({"vm_id": vm, "command": "true"})).await.code, Code::Missing);
    assert_eq!(ci.ok("vm_delete", json!({"vm_id": vm})).await["deleted"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn trees_come_by_upload_or_within_the_call_and_leave_by_download() {
    let bench = bench();
    let ci = Stranger::new(&bench, "ci", Allowance::default());
    let spool = Spool::below(&bench.dirs.home);
    let inline = ci.workspace(json!({"seed_archive": STANDARD.encode(archive())})).await;
    assert_eq!(
        (&inline["workspace_seed"]["entry_count"], &inline["workspace_seed"]["mode"]),
        (&json!(1), &json!("tar_archive"))
    );
    let opened = ci.ok("workspace_upload_open", json!({})).await;
    let (upload, key) = parts(opened["url"].as_str().unwrap());
    assert_eq!(opened["upload_id"], upload);
    let early = json!({"environment": "debian:12", "seed_upload_id": upload});
    let refused = ci.refused("workspace_create", early.clone()).await;
    assert!(refused.code == Code::Conflict && refused.hint.unwrap().contains("curl -T"));
    let mut incoming = spool.receive(&upload.parse().unwrap(), &key, NOW).unwrap();
    incoming.write(&archive()).unwrap();
    incoming.finish().unwrap();
    let dev = Stranger::new(&bench, "dev", Allowance::default());
    assert_eq!(dev.refused("workspace_create", early.clone()).await.code, Code::Missing);
    let seeded = id(&ci.ok("workspace_create", early.clone()).await);
    assert_eq!(ci.refused("workspace_create", early).await.code, Code::Missing, "an upload is used once");
    let push = json!({"workspace_id": seeded, "archive": STANDARD.encode(archive()), "dest": "more"});
    assert_eq!(ci.ok("workspace_sync_push", push).await["workspace_sync"]["entry_count"], 1);
    assert_eq!(ci.refused("workspace_sync_push", json!({"workspace_id": seeded})).await.code, Code::Invalid);

    let (file, links) = ci.attached("workspace_export", json!({"workspace_id": seeded, "path": "bin/run"})).await;
    let file = file.unwrap();
    assert_eq!((&file["mode"], &file["download"]["file_name"]), (&json!("0755"), &json!("run")));
    assert!(file.get("output_path").is_none());
    let url = file["download"]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://pyro.example.com/downloads/dl-"), "{url}");
    assert!(matches!(&links[..], [Attachment::Link { url: told, .. }] if *told == url));
    let (download, key) = parts(&url);
    let outgoing = spool.fetch(&download.parse().unwrap(), &key, NOW).unwrap();
    assert_eq!(std::io::read_to_string(&outgoing.content).unwrap(), "#!run");
    let tree = ci.ok("workspace_export", json!({"workspace_id": seeded, "path": "/workspace"})).await;
    let (download, key) = parts(tree["download"]["url"].as_str().unwrap());
    let outgoing = spool.fetch(&download.parse().unwrap(), &key, NOW).unwrap();
    assert_eq!((outgoing.record.shape, &*outgoing.record.file_name), (Shape::Tree, "workspace.tar"));

    ci.ok("workspace_exec", json!({"workspace_id": seeded, "command": "ln -s /etc/passwd out; echo more >> bin/run"}))
        .await;
    assert_eq!(
        ci.refused("workspace_export", json!({"workspace_id": seeded, "path": "out"})).await.code,
        Code::Invalid
    );
    let diff = ci.ok("workspace_diff", json!({"workspace_id": seeded, "max_patch_bytes": 0, "download": true})).await;
    let (download, key) = parts(diff["download"]["url"].as_str().unwrap());
    let patch = spool.fetch(&download.parse().unwrap(), &key, NOW).unwrap();
    assert!(std::io::read_to_string(&patch.content).unwrap().contains("+#!runmore"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_hosts_is_refused_with_what_to_do_instead() {
    let bench = bench();
    let ci = Stranger::new(&bench, "ci", Allowance::default());
    let mut seen = 0;
    for entry in pyro_mcp::tools::all() {
        for property in entry.properties().iter().filter(|property| property.instead().is_some()) {
            let value = match property.kind() {
                pyro_mcp::registry::Kind::Flag => json!(true),
                pyro_mcp::registry::Kind::Map(_) => json!({"A": "/etc/passwd"}),
                _ => json!("/etc/passwd"),
            };
            let refused = ci.refused(entry.name, json!({ property.name: value })).await;
            let about = (entry.name, property.name);
            if entry.callers == Callers::All {
                assert_eq!((refused.code, refused.hint.as_deref()), (Code::Denied, property.instead()), "{about:?}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "{seen}");
    let refused = ci.refused("workspace_disk_export", json!({"workspace_id": "x"})).await;
    assert_eq!(refused.code, Code::Denied);
    // And what is for those elsewhere is refused here.
    let refused = bench.refused("workspace_create", json!({"environment": "debian:12", "seed_archive": "AAAA"})).await;
    assert!(refused.code == Code::Denied && refused.hint.unwrap().contains("path"));
    assert_eq!(bench.refused("workspace_upload_open", json!({})).await.code, Code::Denied);
    let closed = json!({"environment": "debian:12", "network_policy": "egress", "allow_hosts": ["127.0.0.1"]});
    assert_eq!(ci.refused("workspace_create", closed).await.code, Code::Denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_has_its_share_and_no_more() {
    let bench = bench();
    let few = Stranger::new(&bench, "few", Allowance { mem_mib: None, workspaces: Some(2) });
    let first = id(&few.workspace(json!({})).await);
    few.workspace(json!({})).await;
    let refused = few.refused("workspace_create", json!({"environment": "debian:12"})).await;
    assert!(refused.code == Code::Limit && refused.message.contains("2 workspaces and VMs of 2"), "{refused:?}");
    assert_eq!(few.refused("vm_run", json!({"environment": "debian:12", "command": "true"})).await.code, Code::Limit);
    few.ok("workspace_delete", json!({"workspace_id": first})).await;
    few.workspace(json!({})).await;

    // However many ask at once.
    let crowd = Stranger::new(&bench, "crowd", Allowance { mem_mib: None, workspaces: Some(3) });
    let asked = (0..12).map(|_| crowd.call("vm_create", json!({"environment": "debian:12"})));
    let made = futures_util::future::join_all(asked).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);

    let small = Stranger::new(&bench, "small", Allowance { mem_mib: Some(1024), workspaces: None });
    let one = id(&small.workspace(json!({"mem_mib": 768})).await);
    let refused = small.refused("workspace_create", json!({"environment": "debian:12", "mem_mib": 512})).await;
    assert!(refused.code == Code::Limit && refused.message.contains("claim 768 of 1024"), "{refused:?}");
    small.ok("workspace_stop", json!({"workspace_id": one})).await;
    small.workspace(json!({"mem_mib": 512})).await;
    let started = small.refused("workspace_start", json!({"workspace_id": one})).await;
    assert_eq!(started.code, Code::Limit, "starting again counts as well");
    assert!(bench.left("workspaces").iter().all(|name| !name.starts_with('.')), "what was refused leaves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_stands_beside_its_facts() {
    let bench = bench();
    let workspace = bench.workspace().await;
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 1000]].concat();
    std::fs::write(bench.tree(&workspace).join("shot.png"), &png).unwrap();
    let attachments = Attachments::default();
    let scope = CallScope { attachments: Some(attachments.clone()), ..CallScope::default() };
    let read =
        bench.call_in("workspace_file_read", json!({"workspace_id": workspace, "path": "shot.png"}), scope).await;
    let read = read.unwrap();
    assert_eq!(
        (&read["media_type"], &read["binary"], &read["content"]),
        (&json!("image/png"), &json!(true), &json!(""))
    );
    assert_eq!(*attachments.lock().unwrap(), [Attachment::Image { media_type: "image/png", bytes: png }]);
    // One that is too large is told, and not shown.
    let large = [&b"\x89PNG\r\n\x1a\n"[..], &vec![0; 800 * 1024]].concat();
    std::fs::write(bench.tree(&workspace).join("large.png"), large).unwrap();
    let attachments = Attachments::default();
    let scope = CallScope { attachments: Some(attachments.clone()), ..CallScope::default() };
    let read =
        bench.call_in("workspace_file_read", json!({"workspace_id": workspace, "path": "large.png"}), scope).await;
    assert_eq!(read.unwrap()["media_type"], "image/png");
    assert!(attachments.lock().unwrap().is_empty());
}
