//! What machines take that do nothing: memory as the kernel shares it out among those who have it, and processor time.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use futures_util::future::try_join_all;
use serde_json::json;

use super::{
    sample::{Row, Sample, Unit},
    stage::{SMALL_MIB, Stage, text},
    starts::delete,
};
use crate::failure::Failure;

/// Machines at once.
const MACHINES: usize = 5;
/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(10);
/// What just began settles first.
const SETTLED: Duration = Duration::from_secs(2);
/// In which the kernel counts processor time for programs, whatever it counts in itself.
const TICKS_PER_SECOND: f64 = 100.0;

pub(super) async fn density(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let small = json!({ "mem_mib": SMALL_MIB });
    let workspaces = try_join_all((0..MACHINES).map(|_| stage.workspace(small.clone()))).await?;
    let supervisors: Vec<u32> = workspaces
        .iter()
        .filter_map(|(workspace, _)| {
            let dir = stage.dirs.home.join("workspaces").join(text(workspace, "workspace_id"));
            fs::read_to_string(dir.join("supervisor.lock")).ok()?.trim().parse().ok()
        })
        .collect();
    tokio::time::sleep(SETTLED).await;
    let families: Vec<Vec<u32>> = supervisors.iter().map(|pid| family(*pid, &parents())).collect();
    let before: Vec<u64> = families.iter().map(|family| family.iter().filter_map(|pid| ticks(*pid)).sum()).collect();
    tokio::time::sleep(WATCHED).await;
    let (mut ours, mut vmm, mut busy) = <(Sample, Sample, Sample)>::default();
    for (family, before) in families.iter().zip(before) {
        let after: u64 = family.iter().filter_map(|pid| ticks(*pid)).sum();
        busy.number(after.saturating_sub(before) as f64 / TICKS_PER_SECOND / WATCHED.as_secs_f64() * 100.0);
        let (supervisor, others) = family.split_first().map_or((0, &[][..]), |(first, others)| (*first, others));
        ours.number(pss_mib(supervisor).ok_or_else(|| Failure::unavailable("the memory of processes cannot be read"))?);
        vmm.number(others.iter().filter_map(|pid| pss_mib(*pid)).sum());
    }
    try_join_all(workspaces.iter().map(|(workspace, _)| delete(&stage.warm, workspace))).await?;
    let of = format!("each of {MACHINES} idle workspaces");
    Ok(vec![
        vmm.row("density", format!("memory (PSS) of the VMM, {of}"), Unit::Mebibytes),
        ours.row("density", format!("memory (PSS) of the supervisor, {of}"), Unit::Mebibytes),
        busy.row("density", format!("processor time, {of}"), Unit::Percent),
    ])
}

/// Each process's parent.
fn parents() -> BTreeMap<u32, u32> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?.get(1)?.parse().ok()?))).collect()
}

/// A process and all that come from it, itself first.
fn family(pid: u32, parents: &BTreeMap<u32, u32>) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(of) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(child, parent)| **parent == of && **child != of).map(|(child, _)| *child));
        next += 1;
    }
    found
}

/// What `/proc/PID/stat` says behind the program's name, which may hold anything: its state is the first word.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

/// Of its own and its kernel's work.
fn ticks(pid: u32) -> Option<u64> {
    let words = stat(pid)?;
    Some(words.get(11)?.parse::<u64>().ok()? + words.get(12)?.parse::<u64>().ok()?)
}

fn pss_mib(pid: u32) -> Option<f64> {
    pss(&fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("smaps_rollup")).ok()?)
}

fn pss(rollup: &str) -> Option<f64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_all_that_come_from_it() {
        let parents = BTreeMap::from([(2, 1), (3, 2), (4, 3), (5, 1), (6, 2)]);
        assert_eq!(family(2, &parents), [2, 3, 6, 4]);
        assert_eq!(family(9, &parents), [9]);
    }

    #[test]
    fn the_kernels_lines_are_read() {
        assert_eq!(
            pss("55d0-7ffd ---p 0 00:00 0 [rollup]\nRss:   9 kB\nPss:      2048 kB\nPss_Anon: 1 kB\n"),
            Some(2.0)
        );
        let own = std::process::id();
        assert!(pss_mib(own).unwrap() > 0.0 && ticks(own).is_some());
        assert_eq!(parents()[&own], nix::unistd::getppid().as_raw() as u32);
    }
}
