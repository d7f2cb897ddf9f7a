//! A template's files: complete under their name or not there, verified whenever they are read.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Kind, Wanted};
use crate::{
    host::{
        lock::{self, Lock},
        now_ms, sparse, write,
    },
    vm::{ExecutionMode, Saved},
};

pub(super) const MEMORY: &str = "memory";
pub(super) const STATE: &str = "state";
pub(super) const DISK: &str = "disk.ext4";
const MANIFEST: &str = "template.json";
/// Prefix of what is being made or removed.
pub(super) const ASIDE: &str = ".aside-";
/// Behind the key: why the last one was of no use.
const TROUBLE: &str = ".trouble.json";
/// A failure may have been the host's bad moment: it is believed for an hour.
const TROUBLE_KEPT_MS: i64 = 3_600_000;
const VERSION: u32 = 1;

/// What a template is, and the digests of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    pub(super) kind: Kind,
    pub(super) environment: String,
    pub(super) digest: String,
    pub(super) vcpu_count: u32,
    pub(super) mem_mib: u32,
    pub(super) execution_mode: Option<ExecutionMode>,
    /// Of memory, state and disk; BLAKE3 in hex.
    files: [String; 3],
    /// Unix milliseconds.
    pub(super) made_at: i64,
    /// What making it took.
    pub(super) made_in_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Trouble {
    why: String,
    /// Unix milliseconds.
    at: i64,
}

impl Trouble {
    fn is_believed(&self) -> bool {
        (0..TROUBLE_KEPT_MS).contains(&(now_ms() - self.at))
    }
}

/// The folder of one template.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

/// Everything a machine goes on from.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) saved: Saved,
    pub(super) disk: File,
}

/// Where all of them are.
pub(super) fn all(cache: &Path) -> PathBuf {
    cache.join("templates")
}

impl Folder {
    pub(super) fn new(cache: &Path, key: &str) -> Self {
        Self { path: all(cache).join(key) }
    }

    /// Waits until nobody else reads, makes or removes it. Blocks the thread.
    pub(super) fn turn(&self) -> io::Result<Lock> {
        let path = self.path.with_file_name(format!(".{}.lock", self.key()));
        write::private_dir(path.parent().unwrap_or(&path))?;
        lock::hold(&path)
    }

    pub(super) fn exists(&self) -> bool {
        self.path.join(MANIFEST).exists()
    }

    /// Reads it, where need be into sealed memory; an error says what is wrong with it.
    pub(super) fn load(&self, wanted: &Wanted) -> io::Result<Loaded> {
        let manifest = manifest(&self.path)?;
        let open = |name: &str| File::open(self.path.join(name));
        let (memory, state) = (open(MEMORY)?, open(STATE)?);
        let (saved, [memory, state]) = if wanted.backend.reads_files() {
            let digests = [sparse::digest(&memory)?, sparse::digest(&state)?];
            (Saved { memory, state }, digests)
        } else {
            Saved::load(&memory, &state)?
        };
        let disk = open(DISK)?;
        if manifest.files != [memory, state, sparse::digest(&disk)?] {
            return Err(io::Error::other("its files are not those that were made"));
        }
        // Its age counts from its last use.
        File::open(self.path.join(MANIFEST))?.set_modified(std::time::SystemTime::now())?;
        Ok(Loaded { saved, disk })
    }

    /// Puts what was made in `aside` in its place; `aside` holds the disk already.
    pub(super) fn keep(&self, aside: &Path, wanted: &Wanted, saved: &Saved, made_in_ms: u64) -> io::Result<()> {
        let write_out = |file: &File, name: &str| {
            let copy = File::options().read(true).write(true).create_new(true).open(aside.join(name))?;
            sparse::copy_into(file, &copy)
        };
        let files = [
            write_out(&saved.memory, MEMORY)?,
            write_out(&saved.state, STATE)?,
            sparse::digest(&File::open(aside.join(DISK))?)?,
        ];
        for name in [MEMORY, STATE, DISK] {
            fs::set_permissions(aside.join(name), Permissions::from_mode(0o444))?;
        }
        let manifest = Manifest {
            version: VERSION,
            kind: wanted.kind,
            environment: wanted.environment.clone(),
            digest: wanted.digest.clone(),
            vcpu_count: wanted.vcpu_count,
            mem_mib: wanted.mem_mib,
            execution_mode: wanted.backend.vmm().map(|(mode, _)| mode),
            files,
            made_at: now_ms(),
            made_in_ms,
        };
        write::swiftly(&aside.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
        self.remove();
        fs::rename(aside, &self.path)
    }

    /// Takes it away: first its name, then its files.
    pub(super) fn remove(&self) {
        let aside = self.path.with_file_name(format!("{ASIDE}{}", self.key()));
        let _ = fs::remove_dir_all(&aside);
        if fs::rename(&self.path, &aside).is_ok() {
            let _ = fs::remove_dir_all(&aside);
        }
    }

    fn key(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn trouble_path(&self) -> PathBuf {
        self.path.with_file_name(format!("{}{TROUBLE}", self.key()))
    }

    /// Why there is none for the time being.
    pub(super) fn trouble(&self) -> Option<String> {
        let trouble: Trouble = serde_json::from_slice(&fs::read(self.trouble_path()).ok()?).ok()?;
        trouble.is_believed().then_some(trouble.why)
    }

    pub(super) fn note_trouble(&self, why: &str) {
        let trouble = Trouble { why: why.to_owned(), at: now_ms() };
        // Without the note the next one who wants it tries again.
        let _ = serde_json::to_vec(&trouble).map(|bytes| write::swiftly(&self.trouble_path(), &bytes));
    }

    /// Whether it was made so recently that making it again would change nothing.
    pub(super) fn is_new(&self) -> bool {
        manifest(&self.path).is_ok_and(|manifest| (0..TROUBLE_KEPT_MS).contains(&(now_ms() - manifest.made_at)))
    }
}

/// Why the last one that was of no use was, where that is still believed.
pub fn last_trouble(cache: &Path) -> Option<String> {
    let noted = troubles(cache).into_iter().filter_map(|path| {
        let trouble: Trouble = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        trouble.is_believed().then_some(trouble)
    });
    noted.max_by_key(|trouble| trouble.at).map(|trouble| trouble.why)
}

/// Whoever wants a template next has it tried again.
pub(super) fn forget_troubles(cache: &Path) {
    for path in troubles(cache) {
        let _ = fs::remove_file(path);
    }
}

fn troubles(cache: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(all(cache)).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.to_string_lossy().ends_with(TROUBLE)).collect()
}

pub(super) fn manifest(path: &Path) -> io::Result<Manifest> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(path.join(MANIFEST))?)?;
    if manifest.version == VERSION { Ok(manifest) } else { Err(io::Error::other("another version made it")) }
}

/// When it was last read by a keeper.
pub(super) fn last_use(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path.join(MANIFEST)).and_then(|meta| meta.modified()).ok()
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::unix::fs::FileExt};

    use super::*;
    use crate::vm::{BackendSpec, Image};

    fn wanted() -> Wanted {
        Wanted {
            kind: Kind::Bare,
            environment: "debian:12".into(),
            digest: "d".into(),
            vcpu_count: 1,
            mem_mib: 256,
            backend: BackendSpec::Given,
            image: Image { kernel: "/k".into(), initramfs: "/i".into(), base: None },
            empty_disk: "/e".into(),
        }
    }

    fn made(cache: &Path, key: &str, text: &[u8]) -> Folder {
        let folder = Folder::new(cache, key);
        let aside = all(cache).join(".aside-new");
        fs::create_dir_all(&aside).unwrap();
        File::create(aside.join(DISK)).unwrap().set_len(1 << 20).unwrap();
        let saved = Saved::empty().unwrap();
        (&saved.memory).write_all(text).unwrap();
        (&saved.state).write_all(b"state").unwrap();
        folder.keep(&aside, &wanted(), &saved, 7).unwrap();
        folder
    }

    #[test]
    fn only_what_was_made_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (made(dir.path(), "one", b"memory"), made(dir.path(), "two", b"other!"));
        assert!(one.load(&wanted()).is_ok() && one.is_new() && one.exists());
        let writable = |name: &str| {
            fs::set_permissions(one.path.join(name), Permissions::from_mode(0o600)).unwrap();
            File::options().write(true).open(one.path.join(name)).unwrap()
        };
        // Swapped with another's, changed, cut off, gone.
        fs::copy(one.path.join(MEMORY), dir.path().join("kept")).unwrap();
        fs::rename(two.path.join(MEMORY), one.path.join(MEMORY)).unwrap();
        assert!(one.load(&wanted()).is_err());
        fs::rename(dir.path().join("kept"), one.path.join(MEMORY)).unwrap();
        assert!(one.load(&wanted()).is_ok());
        writable(DISK).write_all_at(b"x", 4096).unwrap();
        assert!(one.load(&wanted()).is_err());
        writable(DISK).write_all_at(b"\0", 4096).unwrap();
        writable(STATE).set_len(3).unwrap();
        assert!(one.load(&wanted()).is_err());
        fs::write(one.path.join(MANIFEST), b"{").unwrap();
        assert!(one.load(&wanted()).is_err() && !one.is_new());
        one.remove();
        assert!(one.load(&wanted()).is_err() && !one.exists());
    }

    #[test]
    fn trouble_is_believed_for_an_hour() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(all(dir.path())).unwrap();
        let folder = Folder::new(dir.path(), "key");
        assert_eq!(folder.trouble(), None);
        folder.note_trouble("no memory");
        assert_eq!(folder.trouble().as_deref(), Some("no memory"));
        assert_eq!(last_trouble(dir.path()).as_deref(), Some("no memory"));
        let old = Trouble { why: "no memory".into(), at: now_ms() - TROUBLE_KEPT_MS - 1 };
        fs::write(folder.trouble_path(), serde_json::to_vec(&old).unwrap()).unwrap();
        assert_eq!((folder.trouble(), last_trouble(dir.path())), (None, None));
        folder.note_trouble("no memory");
        forget_troubles(dir.path());
        assert_eq!(folder.trouble(), None);
    }
}
