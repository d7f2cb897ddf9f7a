//! `pyro bench`: what machines cost on this host, beside what the same costs without pyro. Leaves nothing.

mod bare;
mod density;
mod host;
mod report;
mod sample;
mod stage;
mod starts;
mod svg;
mod work;

use std::os::unix::process::CommandExt;

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use self::{
    host::Host,
    report::{Report, Skipped},
    sample::Row,
    stage::{ENVIRONMENT, SMALL_MIB, Stage, text},
};
use crate::{
    failure::{Code, Failure},
    progress::Progress,
    registry::Human,
};

/// What can be measured, in the order in which it is.
const GROUPS: [&str; 8] = ["boot", "run", "create", "many", "seed", "trees", "fork", "density"];
const RUNS: usize = 7;
const RUNS_QUICK: usize = 3;
/// Spares come up whenever they like, and would be measured with everything else.
const POOL: (&str, &str) = ("PYRO_POOL", "0");

pub(super) fn command() -> Command {
    Command::new("bench")
        .about("Measures what machines cost on this host, beside the same without pyro")
        .arg(super::json())
        .arg(Arg::new("quick").long("quick").action(ArgAction::SetTrue).help("Three runs of each instead of seven"))
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("NAME")
                .action(ArgAction::Append)
                .value_parser(PossibleValuesParser::new(GROUPS))
                .help("Measure this alone; can be given again"),
        )
        .arg(Arg::new("svg").long("svg").value_name("FILE").help("Also draw what takes time into FILE"))
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    if std::env::var_os(POOL.0).is_none_or(|value| value != POOL.1) {
        // What this process starts gets its environment: begin again with the right one.
        let own = std::env::current_exe().map_err(|error| Failure::io("find this program's file", &error))?;
        let error = std::process::Command::new(own).args(std::env::args_os().skip(1)).env(POOL.0, POOL.1).exec();
        return Err(Failure::io("begin again without spares", &error));
    }
    let only: Option<Vec<&String>> = matches.get_many("only").map(Iterator::collect);
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only.iter().any(|one| *one == name));
    let groups: Vec<&'static str> = GROUPS.into_iter().filter(|name| wanted(name)).collect();
    let runs = if matches.get_flag("quick") { RUNS_QUICK } else { RUNS };
    let report = super::runtime()?.block_on(measured(&groups, runs))?;
    if let Some(file) = matches.get_one::<String>("svg") {
        std::fs::write(file, svg::draw(&report)).map_err(|error| Failure::io(&format!("write {file}"), &error))?;
    }
    let stdout = if matches.get_flag("json") {
        serde_json::to_string_pretty(&report).map_err(|error| Failure::internal(error.to_string()))? + "\n"
    } else {
        report.table()
    };
    Ok(Human { stdout, ..Human::default() })
}

async fn measured(groups: &[&'static str], runs: usize) -> Result<Report, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::io("listen for signals", &error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let stage = Stage::open(runs, super::progress("pyro bench: "))?;
    let measured = tokio::select! {
        measured = measure(&stage, groups) => measured,
        _ = interrupt.recv() => Err(called_off()),
        _ = terminate.recv() => Err(called_off()),
    };
    stage.close().await;
    measured
}

fn called_off() -> Failure {
    Failure::new(Code::Canceled, "the measuring was called off; nothing of it is left")
}

async fn measure(stage: &Stage, groups: &[&'static str]) -> Result<Report, Failure> {
    let say = |step: String| (stage.progress)(Progress { step, fraction: None });
    // Once unmeasured: what is in no cache yet, the verdict on KVM, and the templates.
    say("making ready".to_owned());
    stage.environments.ensure(ENVIRONMENT, None, Some(&stage.progress)).await?;
    let (workspace, _) = stage.workspace(json!({})).await?;
    let mode = text(&workspace, "execution_mode").to_owned();
    starts::delete(&stage.warm, &workspace).await?;
    if ["many", "fork", "density"].iter().any(|name| groups.contains(name)) {
        let (workspace, _) = stage.workspace(json!({ "mem_mib": SMALL_MIB })).await?;
        starts::delete(&stage.warm, &workspace).await?;
    }
    let host = Host::look(&stage.environments, ENVIRONMENT, &mode).await?;
    let (mut rows, mut skipped) = (Vec::new(), Vec::new());
    for name in groups {
        say(format!("measuring {name}"));
        match group(stage, name, &mode).await {
            Ok(measured) => rows.extend(measured),
            Err(failure) => skipped.push(Skipped { name, why: failure.message }),
        }
    }
    Ok(Report { host, rows, skipped })
}

async fn group(stage: &Stage, name: &str, mode: &str) -> Result<Vec<Row>, Failure> {
    match name {
        "boot" => starts::boot(stage, mode).await,
        "run" => starts::run(stage, mode).await,
        "create" => starts::create(stage).await,
        "many" => starts::many(stage).await,
        "seed" => work::seed(stage).await,
        "trees" => work::trees(stage).await,
        "fork" => work::fork(stage).await,
        _ => density::density(stage).await,
    }
}
