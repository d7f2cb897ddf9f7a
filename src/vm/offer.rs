//! What this host offers: a Firecracker, a QEMU, and a KVM that was seen to work.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tokio::sync::Mutex;

use super::{
    Backend, Image, Wish,
    choose::Offer,
    firecracker::{
        Firecracker, jail,
        version::{self, Version},
    },
    kvm::{self, Verdict},
    qemu::{Qemu, args::Accel},
};
use crate::host::{self, write};

/// QEMU's program.
pub const QEMU: &str = "qemu-system-x86_64";
/// Firecracker's.
pub const FIRECRACKER: &str = "firecracker";
/// Names its jailer.
const JAILER_VARIABLE: &str = "PYRO_JAILER";

/// Finds QEMU: `PYRO_QEMU`, else PATH.
pub fn qemu() -> Result<PathBuf, String> {
    find("PYRO_QEMU", QEMU)
}

/// A Firecracker that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub binary: PathBuf,
    pub version: Version,
    /// The jailer that machines are jailed by; otherwise why they are not.
    pub jailer: Result<PathBuf, String>,
}

impl Found {
    pub fn backend(&self) -> Firecracker {
        Firecracker { binary: self.binary.clone(), jailer: self.jailer.clone().ok() }
    }
}

/// Finds a Firecracker that is new enough: `PYRO_FIRECRACKER`, else PATH. A jailer that `PYRO_JAILER` names must be of use.
/// Programs are asked for their versions once, until they change.
pub async fn firecracker() -> Result<Found, String> {
    static ASKED: Mutex<Option<(String, Result<Found, String>)>> = Mutex::const_new(None);
    let found = find("PYRO_FIRECRACKER", FIRECRACKER)?;
    let binary = std::path::absolute(found).map_err(|error| format!("PYRO_FIRECRACKER cannot be found: {error}"))?;
    let named = named(JAILER_VARIABLE)?;
    let beside = binary.with_file_name(jail::JAILER);
    let key = format!("{} {}", host::stamp(&binary), host::stamp(named.as_ref().unwrap_or(&beside)));
    let mut asked = ASKED.lock().await;
    match &*asked {
        Some((of, answer)) if *of == key => answer.clone(),
        _ => asked.insert((key, ask(binary, named).await)).1.clone(),
    }
}

async fn ask(binary: PathBuf, named: Option<PathBuf>) -> Result<Found, String> {
    let version = version::ask(&binary).await?;
    let jailer = jailer(&binary, version, named.clone()).await;
    match (named, jailer) {
        (Some(_), Err(why)) => Err(format!("{JAILER_VARIABLE} asks for a jail: {why}")),
        (_, jailer) => Ok(Found { binary, version, jailer }),
    }
}

/// The jailer, which lies beside Firecracker or is `named`, and is of its version.
async fn jailer(binary: &Path, version: Version, named: Option<PathBuf>) -> Result<PathBuf, String> {
    jail::is_possible()?;
    jail::takes(binary)?;
    let beside = binary.with_file_name(jail::JAILER);
    let jailer = match named {
        Some(named) => std::path::absolute(named).map_err(|error| format!("it cannot be found: {error}"))?,
        None if beside.is_file() => beside,
        None => return Err(format!("no {} beside {}", jail::JAILER, binary.display())),
    };
    match version::told(&jailer, "Jailer").await? {
        told if told == version => Ok(jailer),
        told => Err(format!("{} is version {told}, Firecracker {version}", jailer.display())),
    }
}

fn find(variable: &str, program: &str) -> Result<PathBuf, String> {
    match named(variable)? {
        Some(path) => Ok(path),
        None => host::tool(program).ok_or_else(|| format!("no {program} on PATH")),
    }
}

/// The file that `variable` names, if it is set.
fn named(variable: &str) -> Result<Option<PathBuf>, String> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
        Some(path) if !path.is_file() => Err(format!("{variable} names no file")),
        path => Ok(path),
    }
}

/// Looks at the host, as far as `wish` depends on it. `image` lets KVM prove itself by a real boot; without one only what
/// is plain to see is told. A good verdict holds until the host reboots or the VMM, the kernel or the
/// device changes, a bad one for an hour; it is kept in `cache`.
pub async fn look(cache: &Path, wish: Wish, image: Option<&Image>) -> Offer {
    let (firecracker, qemu) = (firecracker().await, qemu());
    let mut offer =
        Offer { firecracker: firecracker.clone().map(|_| ()), qemu: qemu.clone().map(|_| ()), kvm: kvm::quick_look() };
    if offer.kvm.is_err() {
        return offer;
    }
    let Some(image) = image.filter(|_| wish.needs_proof()) else {
        let why = if wish.needs_proof() { "that needs an installed environment" } else { "PYRO_BACKEND decides" };
        offer.kvm = Err(format!("it was not tried: {why}"));
        return offer;
    };
    if let (None, Ok(found)) = (wish.mode, firecracker) {
        let backend = found.backend();
        let files = [Some(&backend.binary), backend.jailer.as_ref()];
        let files: Vec<_> = files.into_iter().flatten().map(PathBuf::as_path).collect();
        offer.firecracker = proven(cache, "firecracker", &files, &backend, image).await;
        // A kernel that boots under one VMM is proof enough.
        if offer.firecracker.is_ok() {
            return offer;
        }
    }
    offer.kvm = match qemu {
        Ok(binary) => {
            let qemu = Qemu { binary: binary.clone(), accel: Accel::Kvm };
            proven(cache, "kvm", &[&binary], &qemu, image).await
        }
        Err(_) => Err("there is no QEMU to try it with".into()),
    };
    offer
}

async fn proven(
    cache: &Path,
    name: &str,
    programs: &[&Path],
    backend: &dyn Backend,
    image: &Image,
) -> Result<(), String> {
    let device = std::fs::metadata(kvm::DEVICE).map_or((0, 0), |meta| (meta.mode(), meta.gid()));
    let files = programs.iter().copied().chain([image.kernel.as_path(), &image.initramfs]);
    let files = files.map(host::stamp).collect::<Vec<_>>().join(" ");
    let key = format!("{} {} {device:?} {files}", host::boot_id(), nix::unistd::geteuid());
    let now = host::clock::now_unix();
    let path = cache.join(format!("{name}-verdict.json"));
    let kept = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Verdict>(&bytes).ok());
    if let Some(verdict) = kept.filter(|verdict| verdict.holds(&key, now)) {
        return verdict.as_result();
    }
    let verdict = Verdict { key, trouble: kvm::boot(backend, image, cache).await.err(), at: now };
    // Keeping it only saves the next probe.
    let _ = serde_json::to_vec_pretty(&verdict).map(|bytes| write::atomically(&path, &bytes));
    verdict.as_result()
}
