//! `pyro doctor`: what this host offers and lacks, each with its remedy; exit status 1 when no machine can run.

use std::fmt::Write;

use clap::{ArgMatches, Command};
use serde::Serialize;

use super::disk_use::DiskUse;
use crate::{
    environment::Environments,
    failure::Failure,
    host::{self, Dirs, memory, write},
    registry::Human,
    vm::{
        ExecutionMode, Image,
        choose::{self, Offer, Wish},
        offer::{self, Found},
    },
};

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    name: &'static str,
    pub(super) state: CheckState,
    /// What was found.
    pub(super) found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckState {
    Ok,
    /// Works, but less than it could.
    Note,
    /// Machines cannot run until this is mended.
    Fail,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
    /// Absent where the directories are unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_use: Option<DiskUse>,
}

pub(super) fn command() -> Command {
    Command::new("doctor").about("Says what this host lacks to run machines, and the remedy").arg(super::json())
}

pub(super) fn run(matches: &ArgMatches) -> Result<Human, Failure> {
    let mut checks = super::runtime()?.block_on(look());
    // The directories are there by now, where they can be.
    let disk_use = Dirs::from_env().ok().map(|dirs| DiskUse::look(&dirs));
    checks.extend(disk_use.as_ref().map(disk));
    let ok = checks.iter().all(|check| check.state != CheckState::Fail);
    let stdout = if matches.get_flag("json") {
        let report = serde_json::to_string_pretty(&Report { ok, checks, disk_use });
        report.map_err(|error| Failure::internal(error.to_string()))? + "\n"
    } else {
        page(ok, &checks)
    };
    Ok(Human { stdout, stderr: String::new(), exit: u8::from(!ok) })
}

fn page(ok: bool, checks: &[Check]) -> String {
    let mut page = String::new();
    for check in checks {
        let mark = match check.state {
            CheckState::Ok => "ok  ",
            CheckState::Note => "note",
            CheckState::Fail => "FAIL",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{mark}  {:<14} {}", check.name, check.found);
        if let Some(remedy) = &check.remedy {
            let _ = writeln!(page, "      {:<14} remedy: {remedy}", "");
        }
    }
    page.push_str(if ok { "machines can run\n" } else { "machines cannot run until what failed is mended\n" });
    page
}

async fn look() -> Vec<Check> {
    let mut checks = vec![platform()];
    let dirs = match Dirs::from_env() {
        Ok(dirs) => dirs,
        Err(failure) => {
            checks.push(failed("directories", failure));
            return checks;
        }
    };
    checks.push(writable("state", &dirs.home));
    checks.push(writable("cache", &dirs.cache));
    checks.push(match host::binary("pyro-guest") {
        Ok(_) => ok("guest agent", "found"),
        Err(failure) => failed("guest agent", failure),
    });
    checks.push(builder());
    let environments = Environments::new(dirs.clone());
    let installed = installed(&environments);
    checks.push(if installed.is_empty() {
        note("environments", "none installed", "`pyro env pull debian:12`; the first use does it as well")
    } else {
        ok("environments", &format!("installed: {}", installed.join(", ")))
    });
    checks.push(kernel(&environments));
    checks.extend(back_end(&dirs, &environments, &installed).await);
    checks.push(super::templates::check(&dirs));
    checks.push(ok("memory", &format!("machines may claim {} MiB together", memory::claimable_mib())));
    checks
}

fn installed(environments: &Environments) -> Vec<String> {
    let listed = environments.list().unwrap_or_default();
    listed.into_iter().filter(|listed| listed.installed).map(|listed| listed.name).collect()
}

fn platform() -> Check {
    let found = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        ok("platform", &found)
    } else {
        fail("platform", &found, "pyro runs on x86-64 Linux")
    }
}

fn writable(name: &'static str, dir: &std::path::Path) -> Check {
    let probe = write::private_dir(dir).and_then(|()| tempfile::tempfile_in(dir));
    match probe {
        Ok(_) => ok(name, &dir.display().to_string()),
        Err(error) => fail(name, &format!("{}: {error}", dir.display()), "make it a directory you may write to"),
    }
}

fn disk(disk_use: &DiskUse) -> Check {
    let found = disk_use.found();
    if disk_use.is_low() {
        let remedy = "`pyro workspace snapshot delete`, `pyro workspace delete` and `pyro env prune` free some; nothing \
                      goes by itself";
        return note("disk", &found, remedy);
    }
    ok("disk", &found)
}

fn builder() -> Check {
    let tools = [("mmdebstrap", "mmdebstrap"), ("mkfs.erofs", "erofs-utils"), ("mkfs.ext4", "e2fsprogs")];
    // Building without root maps user ids.
    let uidmap = (!nix::unistd::geteuid().is_root()).then_some(("newuidmap", "uidmap"));
    let missing: Vec<&str> = tools
        .iter()
        .chain(&uidmap)
        .filter(|(tool, _)| host::tool(tool).is_none())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return ok("builder", "environments can be built here");
    }
    let remedy = format!("`apt-get install -y {}`", missing.join(" "));
    note("builder", "environments cannot be built here", &remedy)
}

fn kernel(environments: &Environments) -> Check {
    match environments.kernel() {
        Err(failure) => failed("kernel", failure),
        Ok((version, Some(why))) => {
            let found = format!("{}; {why}", version.as_deref().unwrap_or("none installed"));
            note("kernel", &found, "`make kernel` builds it again; `kernels/tuned` in the cache may also be deleted")
        }
        Ok((version, None)) => ok("kernel", version.as_deref().unwrap_or("comes with the first environment")),
    }
}

async fn back_end(dirs: &Dirs, environments: &Environments, installed: &[String]) -> Vec<Check> {
    // Any installed environment's kernel proves KVM as well as another.
    let image = match installed.first() {
        Some(name) => environments.ensure(name, None, None).await.ok(),
        None => None,
    };
    let image = image.map(|boot| Image { kernel: boot.kernel, initramfs: boot.initramfs, base: Some(boot.base) });
    let wish = choose::parse_wish(&std::env::var("PYRO_BACKEND").unwrap_or_default())
        .map(|mode| Wish { mode, allow_host_compat: false });
    // A wish that cannot be read is told below; what the host offers is told all the same.
    let offer = offer::look(&dirs.cache, wish.clone().unwrap_or_default(), image.as_ref()).await;
    let choice = wish.and_then(|wish| choose::choose(wish, &offer));
    let used = choice.as_ref().is_ok_and(|choice| choice.mode == ExecutionMode::Firecracker);
    let firecracker = firecracker(offer::firecracker().await, &offer, used);
    let qemu = match &offer.qemu {
        Ok(()) => ok("qemu", &offer::qemu().map_or_else(|why| why, |path| path.display().to_string())),
        Err(why) if used => note("qemu", why, choose::QEMU_REMEDY),
        Err(why) => fail("qemu", why, choose::QEMU_REMEDY),
    };
    let kvm = match &offer.kvm {
        Ok(()) => ok("kvm", "boots a real kernel"),
        Err(why) => Check { remedy: None, ..note("kvm", why, "") },
    };
    let chosen = match choice {
        Ok(choice) => ok("back end", &format!("{}: {}", choice.mode.as_str(), choice.reason)),
        Err(failure) => failed("back end", failure),
    };
    vec![firecracker, qemu, kvm, chosen]
}

/// Firecracker and QEMU can stand in for each other, so a lack of it is only told.
fn firecracker(found: Result<Found, String>, offer: &Offer, used: bool) -> Check {
    let Found { binary, version, jailer } = match found {
        Ok(found) => found,
        Err(why) => return ok("firecracker", &format!("not used: {why}")),
    };
    let jailed = match jailer {
        Ok(jailer) => format!("jailed by {}", jailer.display()),
        Err(why) => format!("not jailed: {why}"),
    };
    let found = format!("{} {version}, {jailed}", binary.display());
    match (used, &offer.firecracker, &offer.kvm) {
        (true, ..) => ok("firecracker", &found),
        (false, Err(why), _) => Check { remedy: None, ..note("firecracker", &format!("{found}, not used: {why}"), "") },
        (false, Ok(()), Err(_)) => ok("firecracker", &format!("{found}, not used: it needs KVM")),
        (false, Ok(()), Ok(())) => ok("firecracker", &format!("{found}, not used: PYRO_BACKEND names another")),
    }
}

pub(super) fn ok(name: &'static str, found: &str) -> Check {
    Check { name, state: CheckState::Ok, found: found.into(), remedy: None }
}

pub(super) fn note(name: &'static str, found: &str, remedy: &str) -> Check {
    Check { name, state: CheckState::Note, found: found.into(), remedy: Some(remedy.into()) }
}

fn fail(name: &'static str, found: &str, remedy: &str) -> Check {
    Check { name, state: CheckState::Fail, found: found.into(), remedy: Some(remedy.into()) }
}

pub(super) fn failed(name: &'static str, failure: Failure) -> Check {
    Check { name, state: CheckState::Fail, found: failure.message, remedy: failure.hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_check_and_remedy() {
        let checks = [ok("qemu", "/usr/bin/qemu"), fail("state", "read-only", "remount it")];
        assert_eq!(
            page(false, &checks),
            "ok    qemu           /usr/bin/qemu\nFAIL  state          read-only\n                     remedy: remount it\n\
             machines cannot run until what failed is mended\n"
        );
    }
}
