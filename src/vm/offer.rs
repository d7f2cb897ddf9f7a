//! What this host offers: a QEMU, and a KVM that was seen to work.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{
    Image,
    choose::Offer,
    qemu::kvm::{self, Verdict},
};
use crate::host::{self, write};

/// QEMU's program.
pub const QEMU: &str = "qemu-system-x86_64";

/// Finds QEMU: `PYRO_QEMU`, else PATH.
pub fn qemu() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("PYRO_QEMU").filter(|value| !value.is_empty()).map(PathBuf::from) {
        return if path.is_file() { Ok(path) } else { Err("PYRO_QEMU names no file".into()) };
    }
    host::tool(QEMU).ok_or_else(|| format!("no {QEMU} on PATH"))
}

/// Looks at the host. `image` lets KVM prove itself by a real boot; without one only what is plain to see is told.
/// A good verdict holds until the host reboots or QEMU, the kernel or the
/// device changes, a bad one for an hour; it is kept in `cache`.
pub async fn look(cache: &Path, image: Option<&Image>) -> Offer {
    let qemu = qemu();
    let kvm = match (&qemu, kvm::quick_look(), image) {
        (_, Err(why), _) => Err(why),
        (Err(_), _, _) => Err("there is no QEMU to try it with".into()),
        (Ok(_), Ok(()), None) => Err("it was not tried yet: that needs an installed environment".into()),
        (Ok(qemu), Ok(()), Some(image)) => proven(cache, qemu, image).await,
    };
    Offer { qemu: qemu.map(|_| ()), kvm }
}

async fn proven(cache: &Path, qemu: &Path, image: &Image) -> Result<(), String> {
    let device = std::fs::metadata("/dev/kvm").map_or((0, 0), |meta| (meta.mode(), meta.gid()));
    let files = [stamp(qemu), stamp(&image.kernel), stamp(&image.initramfs)].join(" ");
    let key = format!("{} {} {device:?} {files}", host::boot_id(), nix::unistd::geteuid());
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let path = cache.join("kvm-verdict.json");
    let kept = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Verdict>(&bytes).ok());
    if let Some(verdict) = kept.filter(|verdict| verdict.holds(&key, now)) {
        return verdict.as_result();
    }
    let verdict = Verdict { key, trouble: kvm::boot(qemu, image, cache).await.err(), at: now };
    // Keeping it only saves the next probe.
    let _ = serde_json::to_vec_pretty(&verdict).map(|bytes| write::atomically(&path, &bytes));
    verdict.as_result()
}

/// Changes whenever the file does.
fn stamp(path: &Path) -> String {
    std::fs::metadata(path).map_or_else(
        |_| "absent".into(),
        |meta| format!("{}:{}:{}:{}:{}", meta.dev(), meta.ino(), meta.size(), meta.mtime(), meta.ctime()),
    )
}
