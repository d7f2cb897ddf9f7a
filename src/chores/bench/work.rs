//! What is done with a workspace that is there: trees in and out, comparing, snapshots, forks.

use std::{ffi::OsStr, fs, path::Path};

use serde_json::json;

use super::{
    bare,
    sample::{Row, Sample},
    stage::{SMALL_MIB, Stage, timed},
    starts::delete,
};
use crate::failure::Failure;

/// Files that differ when trees are compared.
const CHANGE: &str = "for n in 0 1 2 3 4 5 6 7 8 9; do echo new >>d$n/f$n; done";
/// Copies made at once.
const COPIES: [u64; 2] = [1, 4];

/// A workspace seeded with the tree.
pub(super) async fn seed(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let (mut seeded, mut tar) = <(Sample, Sample)>::default();
    let tree = stage.tree()?;
    for run in 0..stage.runs {
        let (workspace, took) = stage.workspace(json!({ "seed_path": tree })).await?;
        seeded.time(took);
        delete(&stage.warm, &workspace).await?;
        tar.time(bare::tar(&tree, &stage.path(&format!("seeded{run}")))?);
    }
    Ok(vec![seeded.ms("seed", "workspace_create with 200 files").beside("tar c | tar x on the host", &tar)])
}

/// Everything that moves or compares the tree.
pub(super) async fn trees(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let [mut diff, mut push, mut export, mut snapshot] = <[Sample; 4]>::default();
    let [mut git, mut tar, mut copy, mut disk] = <[Sample; 4]>::default();
    let tree = stage.tree()?;
    let changed = stage.path("changed");
    bare::tar(&tree, &changed)?;
    let script = [OsStr::new("-c"), OsStr::new("cd \"$0\" && eval \"$1\""), changed.as_os_str(), OsStr::new(CHANGE)];
    bare::program("sh", &script)?;
    let (workspace, _) = stage.workspace(json!({ "seed_path": tree })).await?;
    let id = &workspace["workspace_id"];
    timed(&stage.warm, "workspace_exec", json!({ "workspace_id": id, "command": CHANGE })).await?;
    for run in 0..stage.runs {
        let call = |tool, input| timed(&stage.warm, tool, input);
        diff.time(call("workspace_diff", json!({ "workspace_id": id })).await?.1);
        git.time(bare::program("git", &words(&["diff", "--no-index", "--quiet"], &[&tree, &changed]))?);
        let dest = format!("push{run}");
        push.time(
            call("workspace_sync_push", json!({ "workspace_id": id, "source_path": tree, "dest": dest })).await?.1,
        );
        tar.time(bare::tar(&tree, &stage.path(&dest))?);
        let out = stage.path(&format!("out{run}"));
        export.time(call("workspace_export", json!({ "workspace_id": id, "path": dest, "output_path": out })).await?.1);
        copy.time(bare::program("cp", &words(&["-a"], &[&tree, &stage.path(&format!("copy{run}"))]))?);
        // So that the next comparison is of the same.
        let clear = json!({ "workspace_id": id, "command": format!("rm -rf {dest}") });
        timed(&stage.warm, "workspace_exec", clear).await?;
        let name = json!({ "workspace_id": id, "snapshot_name": format!("s{run}") });
        snapshot.time(call("workspace_snapshot_create", name.clone()).await?.1);
        call("workspace_snapshot_delete", name).await?;
        let from = stage.dirs.home.join("workspaces").join(id.as_str().unwrap_or_default()).join("disk.ext4");
        let to = stage.path("disk-copy");
        disk.time(bare::program("cp", &words(&["--sparse=always"], &[&from, &to]))?);
        let _ = fs::remove_file(to);
    }
    delete(&stage.warm, &workspace).await?;
    Ok(vec![
        diff.ms("trees", "workspace_diff, 10 of 200 files changed").beside("git diff --no-index on the host", &git),
        push.ms("trees", "workspace_sync_push of 200 files").beside("tar c | tar x on the host", &tar),
        export.ms("trees", "workspace_export of 200 files").beside("cp -a on the host", &copy),
        snapshot.ms("trees", "workspace_snapshot_create").beside("cp --sparse=always of the disk", &disk),
    ])
}

fn words<'a>(words: &'a [&'a str], paths: &'a [&'a Path]) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).chain(paths.iter().map(|path| path.as_os_str())).collect()
}

/// Copies of a running workspace.
pub(super) async fn fork(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let (workspace, _) = stage.workspace(json!({ "mem_mib": SMALL_MIB })).await?;
    let (mut paused, mut further, mut alone) = <(Sample, Sample, f64)>::default();
    for count in COPIES {
        let mut each = Sample::default();
        for _ in 0..stage.runs {
            let input = json!({ "workspace_id": workspace["workspace_id"], "count": count });
            let (forks, took) = timed(&stage.warm, "workspace_fork", input).await?;
            each.time(took / count as u32);
            if count > 1 {
                further.number((took.as_secs_f64() * 1e3 - alone) / (count - 1) as f64);
            }
            paused.number(forks["paused_ms"].as_f64().unwrap_or_default());
            for copy in forks["workspaces"].as_array().into_iter().flatten() {
                delete(&stage.warm, copy).await?;
            }
        }
        let copies = if count == 1 { "one copy" } else { "each of four copies" };
        alone = each.spread().median;
        rows.push(each.ms("fork", format!("workspace_fork while it runs, {copies}")));
    }
    rows.push(further.ms("fork", "workspace_fork, what three copies more add, each"));
    rows.push(paused.ms("fork", "workspace_fork, the source stands still"));
    delete(&stage.warm, &workspace).await?;
    Ok(rows)
}
