//! Whether KVM can be trusted: a real kernel must boot to the agent's answer. `/dev/kvm` existing proves nothing.

use std::{fs::OpenOptions, os::unix::fs::MetadataExt, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Backend, Image, VmSpec, pace};
use crate::{limits, link::Link, redact::Redactor};

/// A broken link's VMM tells its end within this.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A failure may have been the host's bad moment: it is believed for an hour.
const FAILURE_KEPT_SECONDS: i64 = 3600;

/// What a probe found; kept until the host boots anew or the VMM or the kernel changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Boot id of the host, the files of VMM and guest: what the verdict holds for.
    pub key: String,
    /// `None` where KVM works; otherwise why not.
    pub trouble: Option<String>,
    /// Unix seconds.
    pub at: i64,
}

impl Verdict {
    /// Whether it still tells of what `key` stands for.
    pub fn holds(&self, key: &str, now: i64) -> bool {
        self.key == key && (self.trouble.is_none() || now - self.at < FAILURE_KEPT_SECONDS)
    }

    pub fn as_result(&self) -> Result<(), String> {
        self.trouble.clone().map_or(Ok(()), Err)
    }
}

/// Everybody may read and write.
const OTHERS: u32 = 0o006;
/// The group may.
const GROUP: u32 = 0o060;

pub(super) const DEVICE: &str = "/dev/kvm";
pub(super) const ONLY_FOR_ROOT: &str = "/dev/kvm is closed to all but root";
pub(super) const ONLY_FOR_ROOT_REMEDY: &str = "`chgrp kvm /dev/kvm && chmod 0660 /dev/kvm`";

/// Whether neither a group nor everybody may open `/dev/kvm`.
pub(super) fn only_for_root() -> bool {
    let mode = std::fs::metadata(DEVICE).map_or(OTHERS, |meta| meta.mode());
    mode & OTHERS != OTHERS && mode & GROUP != GROUP
}

/// The group whose members may open `/dev/kvm`, where not everybody may.
pub fn group() -> Option<u32> {
    let meta = std::fs::metadata(DEVICE).ok()?;
    (meta.mode() & OTHERS != OTHERS && meta.mode() & GROUP == GROUP).then(|| meta.gid())
}

/// What can be said without booting anything.
pub fn quick_look() -> Result<(), String> {
    if nix::unistd::geteuid().is_root() && only_for_root() {
        // Root could, but machines do not run as root.
        return Err(format!("{ONLY_FOR_ROOT} (remedy: {ONLY_FOR_ROOT_REMEDY})"));
    }
    match OpenOptions::new().read(true).write(true).open(DEVICE) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("/dev/kvm does not exist".into()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err("/dev/kvm may not be opened by this user (remedy: `usermod -aG kvm $USER`, then log in again)".into())
        }
        Err(error) => Err(format!("/dev/kvm cannot be opened: {error}")),
    }
}

/// Boots `image` without disks and waits for the agent, at most [`limits::KVM_PROBE`].
pub async fn boot(backend: &dyn Backend, image: &Image, scratch: &Path) -> Result<(), String> {
    quick_look()?;
    pace::look().await?;
    let dir = tempfile::tempdir_in(scratch).map_err(|error| format!("no scratch directory: {error}"))?;
    let spec = VmSpec {
        name: "pyro-kvm-probe".into(),
        vcpu_count: 1,
        mem_mib: limits::MEM_MIB_MIN,
        image: Some(Image { base: None, ..image.clone() }),
        dir: dir.path().to_owned(),
        durable: false,
        waits: false,
    };
    let machine = backend.launch(&spec, &Redactor::default()).await.map_err(|failure| failure.message)?;
    let answer = async {
        let stream = machine.connect().await.map_err(|error| error.to_string())?;
        Link::open_guest(stream, limits::KVM_PROBE).await.map_err(|error| error.to_string())
    };
    let answered = tokio::select! {
        answered = tokio::time::timeout(limits::KVM_PROBE, answer) => answered,
        death = machine.ended() => return Err(format!("under KVM {}", death.detail)),
    };
    if matches!(answered, Ok(Err(_))) {
        // The link breaks a moment before its VMM's end is seen, and the VMM knows why.
        if let Ok(death) = tokio::time::timeout(LAST_WORDS, machine.ended()).await {
            return Err(format!("under KVM {}", death.detail));
        }
    }
    machine.kill();
    machine.ended().await;
    match answered {
        Ok(Ok(_)) => Ok(()),
        _ => Err(format!(
            "a kernel under KVM did not answer within {} s (an emulating or nested /dev/kvm)",
            limits::KVM_PROBE.as_secs()
        )),
    }
}
