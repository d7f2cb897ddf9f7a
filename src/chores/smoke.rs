//! `pyro smoke`: runs packs and recipes in real machines and says how they went.

use std::io::Write;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::McpHost;
use crate::{
    app,
    failure::Failure,
    host::Dirs,
    registry::{Calls, Human},
    smoke::{self, Outcome, Pack, PackReport, Watch},
};

pub(super) fn command() -> Command {
    Command::new("smoke")
        .about("Proves with real machines that this host can do what the tools promise")
        .arg(Arg::new("name").num_args(0..).value_name("PACK").help("Which packs or recipes; all when none is named"))
        .arg(Arg::new("list").long("list").action(ArgAction::SetTrue).help("Say which there are and run none"))
        .arg(
            Arg::new("strict")
                .long("strict")
                .action(ArgAction::SetTrue)
                .help("A skipped pack counts as failed: for hosts that must be able to run it"),
        )
        .arg(super::json())
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    let json = matches.get_flag("json");
    let packs = match matches.get_many::<String>("name") {
        Some(names) => names.map(|name| smoke::named(name)).collect::<Result<Vec<_>, _>>()?,
        None => smoke::all()?,
    };
    if matches.get_flag("list") {
        return Ok(Human { stdout: list(&packs, json), ..Human::default() });
    }
    let reports = super::runtime()?.block_on(run_all(&packs, json))?;
    let failed = |report: &PackReport| match report.outcome {
        Outcome::Passed => false,
        Outcome::Failed(_) => true,
        Outcome::Skipped(_) => matches.get_flag("strict"),
    };
    let exit = u8::from(reports.iter().any(failed));
    let stdout = if json {
        serde_json::to_string_pretty(&json!({ "packs": reports })).unwrap_or_default() + "\n"
    } else {
        smoke::closing(&reports)
    };
    Ok(Human { stdout, stderr: String::new(), exit })
}

fn list(packs: &[Pack], json: bool) -> String {
    if json {
        let told = |pack: &Pack| {
            let profile = pack.recipe.as_ref().map(|recipe| &recipe.profile);
            json!({ "name": pack.name, "summary": pack.summary, "profile": profile })
        };
        let packs: Vec<_> = packs.iter().map(told).collect();
        return serde_json::to_string_pretty(&json!({ "packs": packs })).unwrap_or_default() + "\n";
    }
    packs.iter().map(|pack| format!("{:<20} {}\n", pack.name, pack.summary)).collect()
}

async fn run_all(packs: &[Pack], json: bool) -> Result<Vec<PackReport>, Failure> {
    let canceled = super::interrupted()?;
    let registry = app::registry();
    let calls = app::calls(&registry, &Dirs::from_env()?)?;
    let mut reports = Vec::new();
    for pack in packs {
        say(json, &format!("{}: {}\n", pack.name, pack.summary));
        let report = match smoke::faults(pack, &registry).first() {
            Some(fault) => return Err(Failure::internal(format!("smoke pack {} cannot run: {fault}", pack.name))),
            None => {
                let mut step = |report: &smoke::StepReport| say(json, &report.line());
                let watch = Watch { canceled: &canceled, progress: Some(super::progress("  ")), step: &mut step };
                run_one(pack, &calls, watch).await
            }
        };
        say(json, &report.line());
        reports.push(report);
        if canceled.is_cancelled() {
            break;
        }
    }
    Ok(reports)
}

/// Packs call the registry; recipes call a server of their own over MCP, as a model's host would.
async fn run_one(pack: &Pack, calls: &Calls, watch: Watch<'_>) -> PackReport {
    let Some(recipe) = &pack.recipe else { return smoke::run(pack, calls, &mut calls.clone(), watch).await };
    let own = std::env::current_exe().map_err(|error| Failure::io("find this program's file", &error));
    let started = match own {
        Ok(own) => McpHost::start(tokio::process::Command::new(own), &recipe.profile).await,
        Err(failure) => Err(failure),
    };
    match started {
        Ok(mut host) => {
            let report = smoke::run(pack, calls, &mut host, watch).await;
            host.end().await;
            report
        }
        Err(failure) => PackReport::unrun(&pack.name, Outcome::Failed(failure.message)),
    }
}

/// Packs take minutes: their lines are shown as they come. A reader that went away is no reason to stop.
fn say(json: bool, line: &str) {
    let _ =
        if json { std::io::stderr().write_all(line.as_bytes()) } else { std::io::stdout().write_all(line.as_bytes()) };
}
