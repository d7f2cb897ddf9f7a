//! Files on their way out to the host.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use pyro_mcp::Code;
use serde_json::{Value, json};

use super::trees::{seen, write};
use crate::bench::{Bench, bench};

async fn export(bench: &Bench, id: &str, path: &str, out: &Path) -> Value {
    bench.ok("workspace_export", json!({"workspace_id": id, "path": path, "output_path": out})).await
}

#[tokio::test]
async fn nothing_on_the_host_is_overwritten() {
    let bench = bench();
    let id = bench.workspace().await;
    write(&bench.tree(&id), "notes.txt", "guest\n", 0o640);
    let (file, dir, link) = (bench.path("file"), bench.dir("dir"), bench.path("link"));
    fs::write(&file, "host").unwrap();
    symlink(bench.path("nowhere"), &link).unwrap();
    for out in [&file, &dir, &link] {
        for path in ["notes.txt", "."] {
            let input = json!({"workspace_id": id, "path": path, "output_path": out});
            assert_eq!(bench.refused("workspace_export", input).await.code, Code::Conflict, "{}", out.display());
        }
    }
    for out in [bench.path("no/such/out"), bench.path("file/out"), Path::new("").into()] {
        let input = json!({"workspace_id": id, "path": "notes.txt", "output_path": out});
        assert_eq!(bench.refused("workspace_export", input).await.code, Code::Invalid, "{}", out.display());
    }
    let missing = json!({"workspace_id": id, "path": "none", "output_path": bench.path("out")});
    assert_eq!(bench.refused("workspace_export", missing).await.code, Code::Missing);
    assert_eq!(fs::read_to_string(&file).unwrap(), "host");
    assert!(!bench.path("nowhere").exists() && !bench.path("out").exists());
    let exported = export(&bench, &id, "notes.txt", &bench.path("out")).await;
    assert_eq!(
        (&exported["artifact_type"], &exported["entry_count"], &exported["bytes_written"]),
        (&json!("file"), &json!(1), &json!(6))
    );
    assert_eq!(fs::read_to_string(bench.path("out")).unwrap(), "guest\n");
    assert_eq!(fs::metadata(bench.path("out")).unwrap().permissions().mode() & 0o7777, 0o640);
}

#[tokio::test]
async fn special_bits_stay_behind_and_links_stay_links() {
    let bench = bench();
    let id = bench.workspace().await;
    let tree = bench.tree(&id);
    write(&tree, "bin/su", "#!", 0o6755);
    symlink("/etc/shadow", tree.join("shadow")).unwrap();
    symlink("bin", tree.join("to-dir")).unwrap();
    export(&bench, &id, "bin", &bench.path("bin")).await;
    assert_eq!(fs::metadata(bench.path("bin/su")).unwrap().permissions().mode() & 0o7777, 0o755);
    for (name, target) in [("shadow", "/etc/shadow"), ("to-dir", "bin")] {
        let exported = export(&bench, &id, name, &bench.path(name)).await;
        assert_eq!(exported["artifact_type"], "symlink");
        assert_eq!(fs::read_link(bench.path(name)).unwrap(), Path::new(target));
    }
    nix::unistd::mkfifo(&tree.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let fifo = json!({"workspace_id": id, "path": "fifo", "output_path": bench.path("fifo")});
    bench.refused("workspace_export", fifo).await;
    assert!(!bench.path("fifo").exists());
}

#[tokio::test]
async fn a_virtual_environment_survives_seed_diff_and_export() {
    let bench = bench();
    let host = bench.dir("project");
    write(&host, "app.py", "print('x')\n", 0o644);
    // As `python -m venv` makes it: absolute links, links that lead up, links to links.
    write(&host, "venv/pyvenv.cfg", "home = /usr/bin\n", 0o644);
    write(&host, "venv/bin/activate", "# source me\n", 0o644);
    write(&host, "venv/lib/python3.11/site-packages/pip/__init__.py", "", 0o644);
    symlink("/usr/bin/python3", host.join("venv/bin/python3")).unwrap();
    symlink("python3", host.join("venv/bin/python")).unwrap();
    symlink("lib", host.join("venv/lib64")).unwrap();
    symlink("../../app.py", host.join("venv/bin/app")).unwrap();
    fs::hard_link(host.join("venv/bin/activate"), host.join("venv/bin/activate.same")).unwrap();
    // As `npm install` does.
    write(&host, "node_modules/tool/cli.js", "#!/usr/bin/env node\n", 0o755);
    fs::create_dir(host.join("node_modules/.bin")).unwrap();
    symlink("../tool/cli.js", host.join("node_modules/.bin/tool")).unwrap();
    let id = bench.seeded(&host).await;
    assert_eq!(bench.ok("workspace_diff", json!({"workspace_id": id, "full": true})).await["changed"], false);
    bench.exec(&id, "ln -sfn /usr/bin/python3.12 venv/bin/python3").await;
    let diff = bench.ok("workspace_diff", json!({"workspace_id": id})).await;
    assert_eq!((&diff["summary"]["total"], &diff["entries"][0]["path"]), (&json!(1), &json!("venv/bin/python3")));
    assert!(diff["patch"].as_str().unwrap().contains("+/usr/bin/python3.12\n\\ No newline at end of file\n"));
    export(&bench, &id, "/workspace", &bench.path("out")).await;
    assert_eq!(seen(&bench.path("out")), seen(&bench.tree(&id)));
    bench.ok("workspace_reset", json!({"workspace_id": id})).await;
    assert_eq!(seen(&bench.tree(&id)), seen(&host));
}
