//! How packs are run, tried with machines that are written down and never started.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use pyro_mcp::{
    app,
    environment::Environments,
    host::Dirs,
    registry::{Calls, Journal, Services},
    smoke::{self, Outcome, Pack, PackReport, Watch},
    supervisor::Spawner,
    vm::ExecutionMode,
    workspace::{Machines, Settings},
};
use tokio_util::sync::CancellationToken;

const HEAD: &str = "name = 'x'\nsummary = 's'\nneeds = []\nbackends = ['qemu-tcg']\nlimit_seconds = 30\n";
const CREATE: &str = "[[steps]]\ntitle = 'create'\ntool = 'vm_create'\ninput = { environment = 'debian:12' }\n
    keep = { vm_id = 'vm_id' }\nexpect = { state = 'created' }\n";
const DELETE: &str =
    "[[cleanup]]\ntitle = 'delete'\ntool = 'vm_delete'\ninput = { vm_id = '$vm_id' }\nexpect = { deleted = true }\n";

/// The report, and how many machines are left.
async fn run(pack: &str) -> (PackReport, usize) {
    run_until(pack, usize::MAX).await
}

/// Calls the pack off after so many steps.
async fn run_until(pack: &str, steps: usize) -> (PackReport, usize) {
    let pack: Pack = toml::from_str(pack).unwrap();
    let registry = app::registry();
    assert_eq!(smoke::faults(&pack, &registry), Vec::<String>::new());
    let dir = tempfile::tempdir().unwrap();
    let dirs = Dirs { home: dir.path().join("home"), cache: dir.path().join("cache") };
    let environments = Environments::new(dirs.clone());
    let spawner = Spawner::Detached { pyro: Some("/nonexistent/pyro".into()) };
    let settings = Settings { backend: Some(ExecutionMode::HostCompat), memory_mib: 4096, templates: false };
    let machines = Machines::new(dirs.clone(), environments.clone(), spawner, settings);
    let mut calls = Calls::new(registry, Services::over(machines, environments), Journal::below(&dirs.home));
    let mut told = Vec::new();
    let canceled = CancellationToken::new();
    let mut step = |report: &smoke::StepReport| {
        told.push(report.clone());
        if told.len() == steps {
            canceled.cancel();
        }
    };
    let watch = Watch { canceled: &canceled, progress: None, step: &mut step };
    let report = smoke::run(&pack, &calls.clone(), &mut calls, watch).await;
    assert_eq!(told, report.steps);
    let left = std::fs::read_dir(dirs.home.join("vms")).into_iter().flatten().flatten();
    (report, left.filter(|entry| entry.path().is_dir()).count())
}

#[tokio::test]
async fn a_host_without_machines_skips_with_the_reason() {
    let steps = "[[steps]]\ntitle = 'run'\ntool = 'vm_run'\ninput = { environment = 'debian:12', command = 'true' }\nexpect = { exit_code = 0 }";
    let (report, _) = run(&format!("{HEAD}{steps}")).await;
    assert!(matches!(&report.outcome, Outcome::Skipped(why) if why.contains("no virtual machine")), "{report:?}");
    assert_eq!(smoke::closing(&[report]), "smoke: 0 passed, 0 failed, 1 skipped\n");
}

#[tokio::test]
async fn kept_values_serve_later_steps_and_what_must_fail_may() {
    let steps = "[[steps]]\ntitle = 'look'\ntool = 'vm_status'\ninput = { vm_id = '$vm_id' }\nexpect = { vm_id = '$vm_id' }\n
        [[steps]]\ntitle = 'too early'\ntool = 'vm_exec'\ninput = { vm_id = '$vm_id', command = 'true' }\nfails = 'conflict'\n
        expect = { hint = { contains = 'vm_start' } }\n";
    let (report, left) = run(&format!("{HEAD}{CREATE}{steps}{DELETE}")).await;
    assert_eq!((&report.outcome, report.steps.len(), left), (&Outcome::Passed, 4, 0), "{report:?}");
}

#[tokio::test]
async fn a_failed_step_ends_the_pack_and_its_machine() {
    let steps =
        "[[steps]]\ntitle = 'look'\ntool = 'vm_status'\ninput = { vm_id = '$vm_id' }\nexpect = { state = 'started' }\n
        [[steps]]\ntitle = 'never'\ntool = 'vm_reap_expired'\nexpect = { count = 0 }\n";
    let (report, left) = run(&format!("{HEAD}{CREATE}{steps}{DELETE}")).await;
    let why = "look: state must be \"started\", but is \"created\"";
    assert_eq!(report.outcome, Outcome::Failed(why.into()));
    assert_eq!(report.steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>(), ["create", "look", "delete"]);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn steps_that_need_nothing_of_each_other_all_run() {
    let step = |title: &str, count: u8| {
        format!("[[steps]]\ntitle = '{title}'\ntool = 'vm_reap_expired'\nexpect = {{ count = {count} }}\n")
    };
    let pack = format!("{HEAD}independent = true\n{}{}{}", step("one", 1), step("two", 0), step("three", 3));
    let (report, _) = run(&pack).await;
    assert!(matches!(&report.outcome, Outcome::Failed(why) if why.contains("one: ") && why.contains("three: ")));
    assert_eq!(report.steps.len(), 3);
}

#[tokio::test]
async fn a_failure_where_none_must_be_and_none_where_one_must_are_both_told() {
    let missing = "[[steps]]\ntitle = 'look'\ntool = 'vm_status'\ninput = { vm_id = 'vm-aaaaaaaaaaaa' }\nexpect = { state = 'started' }\n";
    let (report, _) = run(&format!("{HEAD}{missing}")).await;
    assert!(matches!(&report.outcome, Outcome::Failed(why) if why.contains("vm-aaaaaaaaaaaa")), "{report:?}");
    let fine = "[[steps]]\ntitle = 'reap'\ntool = 'vm_reap_expired'\nfails = 'conflict'\n";
    let (report, _) = run(&format!("{HEAD}{fine}")).await;
    assert!(matches!(&report.outcome, Outcome::Failed(why) if why.contains("must fail")), "{report:?}");
}

#[tokio::test]
async fn a_pack_called_off_still_cleans_up() {
    let never = "[[steps]]\ntitle = 'never'\ntool = 'vm_reap_expired'\nexpect = { count = 0 }\n";
    let (report, left) = run_until(&format!("{HEAD}{CREATE}{never}{DELETE}"), 1).await;
    assert_eq!(report.outcome, Outcome::Failed("it was called off".into()));
    assert_eq!(report.steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>(), ["create", "delete"]);
    assert_eq!(left, 0);
}
