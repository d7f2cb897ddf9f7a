//! The empty disk that every machine's own is copied from: a sparse ext4, a few megabytes on the host.

use std::{
    ffi::OsString,
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{
    cache::{Bench, Cache},
    command::Step,
    sealed::{Stamp, write_whole},
};
use crate::{failure::Failure, limits};

/// A small journal, and nothing written ahead of need: with the defaults 135 MB would not be sparse.
const OPTIONS: [&str; 9] =
    ["-q", "-F", "-m0", "-J", "size=16", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-L", "pyro"];

fn place(cache: &Cache) -> PathBuf {
    cache.disks().join(format!("empty-{}-1.ext4", limits::DISK_BYTES))
}

/// Where it lies, if nobody touched it. It is made again in 10 ms, which is less than reading it would take.
pub(super) fn find(cache: &Cache) -> Option<PathBuf> {
    let path = place(cache);
    let noted: Stamp = serde_json::from_slice(&fs::read(note(&path)).ok()?).ok()?;
    (Stamp::of(&path).ok()? == noted).then_some(path)
}

pub(super) async fn build(cache: &Cache, bench: &Bench) -> Result<(), Failure> {
    let what = "make an empty disk";
    let fail = |error: io::Error| Failure::io(what, &error);
    let aside = bench.path().join("empty.ext4");
    let file = File::create_new(&aside).map_err(fail)?;
    file.set_len(limits::DISK_BYTES).map_err(fail)?;
    let mut line = vec![OsString::from("mkfs.ext4")];
    line.extend(OPTIONS.iter().map(OsString::from));
    line.push(aside.clone().into());
    let directory = bench.path().to_owned();
    let step = Step { what, prefix: Vec::new(), line, variables: Vec::new(), directory };
    step.run(None, &mut |_| {}).await?;
    let finish = || -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(0o444))?;
        file.sync_all()?;
        let path = place(cache);
        fs::rename(&aside, &path)?;
        write_whole(&note(&path), &serde_json::to_vec(&Stamp::of(&path)?)?)
    };
    finish().map_err(fail)
}

fn note(path: &Path) -> PathBuf {
    path.with_added_extension("stamp")
}
