//! Disks by `mkfs.ext4` and `debugfs`, base images by `mkfs.erofs`, and what is seen of both together. Needs no root.

mod damage;
mod layers;
mod links;
mod paging;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::*;
use crate::disk::WalkOptions;

/// A machine at rest.
struct Machine {
    folder: TempDir,
    disk: PathBuf,
    base: PathBuf,
}

const UUID: &str = "12345678-1234-8234-8234-123456789abc";

impl Machine {
    /// `lower` fills the tree of the base, `upper` that of the disk, in which `root`, `work/index` and `workspace` are
    /// there already, and then debugfs does `changes`, one a line.
    fn new(lower: impl FnOnce(&Path), upper: impl FnOnce(&Path, &Erofs), changes: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [disk, base, over, under] =
            ["disk.ext4", "base.erofs", "over", "under"].map(|name| folder.path().join(name));
        fs::create_dir(&under).unwrap();
        lower(&under);
        run(&["mkfs.erofs", "--quiet", "-U", UUID, base.to_str().unwrap(), under.to_str().unwrap()]);
        ["root", "work/index", "workspace"].iter().for_each(|name| fs::create_dir_all(over.join(name)).unwrap());
        upper(&over, &Erofs::open(&base).unwrap());
        File::create(&disk).unwrap().set_len(16 * 1024 * 1024).unwrap();
        let options = [
            "-q",
            "-F",
            "-m0",
            "-b",
            "4096",
            "-O",
            "^has_journal",
            "-d",
            over.to_str().unwrap(),
            disk.to_str().unwrap(),
        ];
        run(&[&["mkfs.ext4"][..], &options].concat());
        let machine = Self { folder, disk, base };
        machine.change(changes);
        machine
    }

    fn change(&self, changes: &str) {
        let script = self.folder.path().join("changes");
        fs::write(&script, changes).unwrap();
        let said = run(&["debugfs", "-w", "-f", script.to_str().unwrap(), self.disk.to_str().unwrap()]);
        // It says what it does, and then what went wrong.
        let wrong = said
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("debugfs") && !line.starts_with("Allocated inode"));
        assert_eq!(wrong.collect::<Vec<_>>(), [""; 0], "{said}");
    }

    fn view(&self) -> View {
        View::open(&self.disk, &self.base).unwrap()
    }
}

/// Runs one of e2fsprogs or erofs-utils (`make setup` installs both); answers what it said.
fn run(line: &[&str]) -> String {
    let path = "/usr/sbin:/sbin:/usr/bin:/bin";
    let done = Command::new(line[0]).args(&line[1..]).env("PATH", path).output().unwrap_or_else(|error| {
        panic!("{}: {error}; `make setup` installs it", line[0]);
    });
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(done.status.success(), "{line:?}: {said}");
    said
}

/// Makes files of their own names' content, and directories where the name ends in `/`.
fn make(tree: &Path, names: &[&str]) {
    for name in names {
        let path = tree.join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
}

/// What a file holds, read in pieces.
fn content(view: &View, path: &str) -> Result<String, DiskError> {
    let found = view.look(path.as_bytes(), true)?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 7]);
    loop {
        let read = view.read(&found, bytes.len() as u64, &mut piece)?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        bytes.extend_from_slice(&piece[..read]);
    }
}

/// Everything below a directory, directories with a `/` behind them. Each is also looked at by itself.
fn listed(view: &View, path: &str) -> Vec<String> {
    let top = view.look(path.as_bytes(), true).unwrap();
    let mut walk = view.walk(&top, WalkOptions::default());
    let names = walk.by_ref().map(|entry| {
        let entry = entry.unwrap();
        assert!(!entry.unreadable, "{entry:?}");
        let whole = [&top.path[..], b"/", &entry.path].concat();
        let found = view.look(&whole, false).unwrap().entry;
        assert!(entry.path.ends_with(&found.path));
        assert_eq!(Entry { path: entry.path.clone(), ..found }, entry);
        let behind = if entry.kind == Kind::Directory { "/" } else { "" };
        format!("{}{behind}", String::from_utf8_lossy(&entry.path))
    });
    let names = names.filter(|name| !name.starts_with("lost+found")).collect();
    assert_eq!(walk.skipped(), 0);
    names
}
