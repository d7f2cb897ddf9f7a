//! How long it takes until a machine is there: boot, first commands, one-shots, workspaces, with and without templates.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    bare,
    sample::{Row, Sample},
    stage::{ENVIRONMENT, SMALL_MIB, SPARE_HOME, Stage, restored, text, timed},
};
use crate::{
    app::Pyro,
    chores::McpHost,
    failure::Failure,
    host::{self, socket},
    registry::CallScope,
    smoke::Caller,
};

/// Workspaces created at once.
const MANY: usize = 10;
/// Commands after the first, per machine.
const WARM: usize = 10;
/// A spare needs no longer, or does not come.
const SPARE_WITHIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// Machines of `vm_create` and `vm_start`.
pub(super) async fn boot(stage: &Stage, mode: &str) -> Result<Vec<Row>, Failure> {
    let (mut cold, mut warm, mut bare) = <(Sample, Sample, Sample)>::default();
    let (mut first, mut again) = <(Sample, Sample)>::default();
    let (mut bare_first, mut bare_again, mut bare_restored) = <(Sample, Sample, Sample)>::default();
    for _ in 0..stage.runs {
        let (id, took) = started(&stage.cold, |_| Ok(())).await?;
        cold.time(took);
        delete_vm(&stage.cold, &id).await?;
        let (id, took) = started(&stage.warm, restored).await?;
        warm.time(took);
        delete_vm(&stage.warm, &id).await?;
        let (workspace, _) = stage.workspace(json!({})).await?;
        let input = json!({ "workspace_id": workspace["workspace_id"], "command": "true" });
        first.time(timed(&stage.warm, "workspace_exec", input.clone()).await?.1);
        for _ in 0..WARM {
            again.time(timed(&stage.warm, "workspace_exec", input.clone()).await?.1);
        }
        delete(&stage.warm, &workspace).await?;
        if mode.starts_with("qemu") {
            let machine = bare::machine(stage, mode).await?;
            bare.time(machine.boot);
            bare_first.time(machine.first_exec);
            bare_again.time(machine.warm_exec);
            bare_restored.time(bare::restored(stage, mode).await?);
        }
    }
    let answers = "from QEMU's start to the agent's answer, restored";
    Ok(vec![
        beside(bare_restored.ms("boot", answers), "bare QEMU boot", &bare),
        beside(cold.ms("boot", "vm_create and vm_start, booted"), "bare QEMU boot", &bare),
        beside(warm.ms("boot", "vm_create and vm_start, restored"), "bare QEMU boot", &bare),
        beside(first.ms("boot", "first workspace_exec of `true`"), "first exec in bare QEMU", &bare_first),
        beside(again.ms("boot", "later workspace_exec of `true`"), "second exec in bare QEMU", &bare_again),
    ])
}

/// `vm_run` of `true`, its machine's end included.
pub(super) async fn run(stage: &Stage, mode: &str) -> Result<Vec<Row>, Failure> {
    let (mut cold, mut warm, mut bare) = <(Sample, Sample, Sample)>::default();
    let input = json!({ "environment": ENVIRONMENT, "command": "true" });
    for _ in 0..stage.runs {
        cold.time(timed(&stage.cold, "vm_run", input.clone()).await?.1);
        warm.time(timed(&stage.warm, "vm_run", input.clone()).await?.1);
        if mode.starts_with("qemu") {
            let machine = bare::machine(stage, mode).await?;
            bare.time(machine.boot + machine.first_exec);
        }
    }
    Ok(vec![
        beside(cold.ms("run", "vm_run of `true`, booted"), "bare QEMU boot and exec", &bare),
        beside(warm.ms("run", "vm_run of `true`, restored"), "bare QEMU boot and exec", &bare),
    ])
}

/// An empty workspace: booted, restored, and one that was waiting.
pub(super) async fn create(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let (mut cold, mut warm) = <(Sample, Sample)>::default();
    for _ in 0..stage.runs {
        let (workspace, took) = timed(&stage.cold, "workspace_create", json!({ "environment": ENVIRONMENT })).await?;
        cold.time(took);
        delete(&stage.cold, &workspace).await?;
        let (workspace, took) = stage.workspace(json!({})).await?;
        warm.time(took);
        delete(&stage.warm, &workspace).await?;
    }
    let (workspace, vm) = spares(stage).await?;
    Ok(vec![
        cold.ms("create", "workspace_create, booted"),
        warm.ms("create", "workspace_create, restored"),
        workspace.ms("create", "workspace_create, a spare, over MCP"),
        vm.ms("create", "vm_start, a spare, over MCP"),
    ])
}

/// Workspaces and machines that were waiting: their server is a process of its own, whose keeper has one spare.
async fn spares(stage: &Stage) -> Result<(Sample, Sample), Failure> {
    let home = stage.path(SPARE_HOME);
    let mut pyro = Command::new(host::binary("pyro")?);
    pyro.env("PYRO_HOME", &home).env("PYRO_POOL", "1").env_remove("PYRO_TEMPLATES");
    let mut host = McpHost::start(pyro, "workspace-full").await?;
    let (mut workspaces, mut vms) = <(Sample, Sample)>::default();
    let environment = json!({ "environment": ENVIRONMENT });
    // The first finds none.
    for run in 0..=stage.runs {
        let begun = Instant::now();
        let workspace = host.call("workspace_create", environment.clone(), CallScope::default()).await?;
        if run > 0 {
            workspaces.time(begun.elapsed());
        }
        let id = json!({ "workspace_id": workspace["workspace_id"] });
        host.call("workspace_delete", id, CallScope::default()).await?;
        spare_came(&home).await?;
        let vm = host.call("vm_create", environment.clone(), CallScope::default()).await?;
        let id = json!({ "vm_id": vm["vm_id"] });
        let begun = Instant::now();
        host.call("vm_start", id.clone(), CallScope::default()).await?;
        vms.time(begun.elapsed());
        host.call("vm_delete", id, CallScope::default()).await?;
        spare_came(&home).await?;
    }
    host.end().await;
    Ok((workspaces, vms))
}

/// Waits for the keeper's next spare, of which it tells nobody but who takes it.
async fn spare_came(home: &std::path::Path) -> Result<(), Failure> {
    let asked = Instant::now();
    while !has_spare(home) {
        if asked.elapsed() > SPARE_WITHIN {
            return Err(Failure::unavailable("no spare machine came up"));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// It listens when it is ready, and no longer when it is taken.
fn has_spare(home: &std::path::Path) -> bool {
    let entries = |path| std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    entries(home.join("keepers")).flat_map(entries).any(|dir| dir.join(socket::SPARE).exists())
}

/// One, and many at once.
pub(super) async fn many(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let (mut one, mut all) = <(Sample, Sample)>::default();
    let small = json!({ "mem_mib": SMALL_MIB });
    for _ in 0..stage.runs.min(3) {
        let (workspace, took) = stage.workspace(small.clone()).await?;
        one.time(took);
        delete(&stage.warm, &workspace).await?;
        let begun = Instant::now();
        let workspaces = try_join_all((0..MANY).map(|_| stage.workspace(small.clone()))).await?;
        all.time(begun.elapsed());
        try_join_all(workspaces.iter().map(|(workspace, _)| delete(&stage.warm, workspace))).await?;
    }
    Ok(vec![all.ms("many", format!("{MANY} workspace_create at once")).beside("one", &one)])
}

/// Id, and how long it took until its agent answered.
async fn started(pyro: &Pyro, check: fn(&Value) -> Result<(), Failure>) -> Result<(String, Duration), Failure> {
    let (vm, created) = timed(pyro, "vm_create", json!({ "environment": ENVIRONMENT })).await?;
    let (vm, started) = timed(pyro, "vm_start", json!({ "vm_id": vm["vm_id"] })).await?;
    check(&vm)?;
    Ok((text(&vm, "vm_id").to_owned(), created + started))
}

pub(super) async fn delete(pyro: &Pyro, workspace: &Value) -> Result<(), Failure> {
    let input = json!({ "workspace_id": workspace["workspace_id"] });
    timed(pyro, "workspace_delete", input).await.map(drop)
}

async fn delete_vm(pyro: &Pyro, id: &str) -> Result<(), Failure> {
    timed(pyro, "vm_delete", json!({ "vm_id": id })).await.map(drop)
}

/// A baseline that could not be taken is none.
fn beside(row: Row, what: &str, sample: &Sample) -> Row {
    if sample.spread().runs == 0 { row } else { row.beside(what, sample) }
}
