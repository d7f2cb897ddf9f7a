//! The two sides of a comparison: a running workspace, a snapshot, or a workspace at rest. Each hands out its entries in
//! the order of a walk, and what single files hold.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use pyro_protocol::tree::Entry;
use pyro_tree::WalkOptions;
use tokio::sync::mpsc;

use super::{
    diff::{Change, Contents},
    inhabit::Inhabited,
    machine::MachineDir,
    snapshot::{self, Index, Kept, Stored, StoredContent},
    transfer::blocking,
    view::WORKSPACE_PATH,
};
use crate::{
    failure::Failure,
    host::lock::Lock,
    limits,
    link::{FileStream, LinkError, WalkStream},
    supervisor::client,
};

/// Entries that a thread has read before they are wanted.
const ENTRIES_AHEAD: usize = 256;

/// One side.
pub(super) enum Side {
    Live(Inhabited),
    Snapshot(Kept),
    /// Kept from being started as long as it is looked at.
    AtRest(MachineDir, #[expect(dead_code, reason = "held, not read")] Lock),
}

/// The entries of one side, in the order of a walk.
pub(super) enum Entries {
    Live(WalkStream),
    Read(mpsc::Receiver<Result<Entry, Failure>>),
}

/// What one file holds, as far as text is made of it.
pub(super) enum Content {
    Whole(Vec<u8>),
    Large,
    /// It could not be read, for this reason.
    Unread(String),
}

impl Entries {
    pub(super) async fn next(&mut self) -> Result<Option<Entry>, Failure> {
        match self {
            Self::Live(walk) => walk.next().await.map_err(client::failure),
            Self::Read(entries) => entries.recv().await.transpose(),
        }
    }
}

impl Side {
    pub(super) async fn entries(&self, include_git: bool) -> Result<Entries, Failure> {
        match self {
            Self::Live(inhabited) => {
                let options = WalkOptions { exclude_git: !include_git, ..WalkOptions::default() };
                let walk = inhabited.guest().walk(WORKSPACE_PATH, &options).await;
                walk.map(Entries::Live).map_err(client::failure)
            }
            Self::Snapshot(kept) => {
                let path = kept.index();
                Ok(read_ahead(move |each| Index::open(&path)?.try_for_each(|entry| each(entry?))))
            }
            Self::AtRest(dir, _) => {
                let (disk, tree) = (dir.disk(), dir.tree());
                Ok(read_ahead(move |each| match disk.exists() {
                    true => snapshot::list_disk(&disk, each),
                    false => snapshot::list_tree(&tree, each),
                }))
            }
        }
    }

    /// What does not run, for reading its files.
    async fn stored(&self) -> Result<Option<Arc<Stored>>, Failure> {
        let (disk, tree) = match self {
            Self::Live(_) => return Ok(None),
            Self::Snapshot(kept) => (kept.disk(), kept.tree()),
            Self::AtRest(dir, _) => (dir.disk(), dir.tree()),
        };
        // A journal may have to be played back.
        blocking(move || Stored::open(&disk, &tree)).await.map(|stored| Some(Arc::new(stored)))
    }
}

/// Runs what hands out entries on a thread of its own. Whoever stops receiving ends it.
fn read_ahead(
    list: impl FnOnce(&mut dyn FnMut(Entry) -> Result<(), Failure>) -> Result<(), Failure> + Send + 'static,
) -> Entries {
    let (sender, entries) = mpsc::channel(ENTRIES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let gone = |_| Failure::internal("nobody wants the entries any more");
        let listed = list(&mut |entry| sender.blocking_send(Ok(entry)).map_err(gone));
        if let Err(failure) = listed {
            let _ = sender.blocking_send(Err(failure));
        }
    });
    Entries::Read(entries)
}

/// Where the contents of both sides come from.
pub(super) struct Readers<'a> {
    sides: [&'a Side; 2],
    stored: [Option<Arc<Stored>>; 2],
}

const OLD: usize = 0;
const NEW: usize = 1;

impl<'a> Readers<'a> {
    pub(super) async fn open(old: &'a Side, new: &'a Side) -> Result<Self, Failure> {
        Ok(Self { sides: [old, new], stored: [old.stored().await?, new.stored().await?] })
    }

    /// Reads what a change needs to be told, and hands it to `tell`.
    pub(super) async fn read(
        &self,
        change: &Change,
        tell: &mut (dyn FnMut(Contents<'_>) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        if change.too_large() {
            let equal = change.may_be_equal() && self.equal(change).await?;
            return tell(Contents::TooLarge { equal });
        }
        let mut held = [None, None];
        for (which, wanted) in [(OLD, change.reads_old()), (NEW, change.reads_new())] {
            if wanted {
                match self.content(which, &change.path).await? {
                    Content::Whole(bytes) => held[which] = Some(bytes),
                    Content::Large => return tell(Contents::TooLarge { equal: false }),
                    Content::Unread(why) => return tell(Contents::Unread { why: &why }),
                }
            }
        }
        let [old, new] = &held;
        tell(Contents::Read { old: old.as_deref(), new: new.as_deref() })
    }

    async fn content(&self, which: usize, path: &[u8]) -> Result<Content, Failure> {
        let max = limits::DIFF_FILE_BYTES_MAX;
        match (self.sides[which], &self.stored[which]) {
            (Side::Live(inhabited), _) => live(inhabited, path, max).await,
            (_, Some(stored)) => Ok(match stored.read(path, max)? {
                StoredContent::Whole(bytes) => Content::Whole(bytes),
                StoredContent::TooLarge(_) => Content::Large,
                StoredContent::Unreadable(why) => Content::Unread(why),
            }),
            (_, None) => Err(Failure::internal("what does not run was not opened")),
        }
    }

    /// Whether two large files hold the same, told by their digests.
    async fn equal(&self, change: &Change) -> Result<bool, Failure> {
        let size = change.new.as_ref().map_or(0, |new| new.size);
        let new = self.digest(NEW, &change.path, size).await?;
        Ok(new.is_some() && new == self.digest(OLD, &change.path, size).await?)
    }

    /// The digest of a file of `size` bytes; `None` where it is no longer that or cannot be read.
    async fn digest(&self, which: usize, path: &[u8], size: u64) -> Result<Option<blake3::Hash>, Failure> {
        let Side::Live(inhabited) = self.sides[which] else {
            let Some(stored) = self.stored[which].clone() else { return Ok(None) };
            // What no disk has room for is a hole that somebody made to keep us busy.
            if size > limits::DISK_BYTES {
                return Ok(None);
            }
            let (path, gone) = (path.to_owned(), Arc::new(AtomicBool::new(false)));
            let _leaving = Leaving(gone.clone());
            let hashed = blocking(move || {
                let mut hasher = Hasher { hasher: blake3::Hasher::new(), gone };
                stored.copy(&path, size, &mut hasher)?;
                Ok(hasher.hasher.finalize())
            });
            return hashed.await.map(Some);
        };
        let mut hasher = blake3::Hasher::new();
        let Ok(mut file) = open(inhabited, path).await? else { return Ok(None) };
        let mut read = 0;
        while let Some(piece) = file.next().await.map_err(client::failure)? {
            read += piece.len() as u64;
            if read > size {
                return Ok(None);
            }
            hasher.update(&piece);
        }
        Ok(Some(hasher.finalize()))
    }
}

/// Hashes on a thread, until whoever waits for it is gone.
struct Hasher {
    hasher: blake3::Hasher,
    gone: Arc<AtomicBool>,
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it"));
        }
        self.hasher.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn live(inhabited: &Inhabited, path: &[u8], max: u64) -> Result<Content, Failure> {
    let mut file = match open(inhabited, path).await? {
        Ok(file) => file,
        Err(why) => return Ok(Content::Unread(why)),
    };
    let mut bytes = Vec::new();
    while let Some(piece) = file.next().await.map_err(client::failure)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > max {
            return Ok(Content::Unread("it grew while it was read".into()));
        }
    }
    Ok(Content::Whole(bytes))
}

/// Opens a live file; a reason, where that one file cannot be read.
async fn open(inhabited: &Inhabited, path: &[u8]) -> Result<Result<FileStream, String>, Failure> {
    match inhabited.guest().get_file(path).await {
        Ok(file) => Ok(Ok(file)),
        Err(LinkError::Refused(refusal)) => Ok(Err(refusal.message)),
        Err(error) => Err(client::failure(error)),
    }
}
