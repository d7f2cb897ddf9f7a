//! Records on disk: one directory per machine, each file written atomically, one bad record never in another's way.

use std::{
    fmt, fs, io,
    marker::PhantomData,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use super::machine::MachineDir;
use crate::{
    failure::Failure,
    host::{
        lock::{self, Lock},
        write,
    },
    ids::Principal,
    supervisor::wire,
};

const CREATING: &str = ".creating-";
/// Held by the maker of a machine, from before it is seen until it stands by itself.
const MAKING: &str = "making.lock";
/// One whose lock nobody holds; its maker takes it a moment after making it.
const LOST: Duration = Duration::from_secs(5);
/// Making a directory takes moments; one of this age has lost its maker, had it not even a lock yet.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The stored form of one machine.
pub(super) trait Record: Serialize + DeserializeOwned {
    type Id: Clone + Ord + fmt::Display + FromStr;
    /// Below `$PYRO_HOME`; one directory per machine in it.
    const FOLDER: &'static str;
    /// In the machine's directory.
    const FILE: &'static str;
    /// Of this form; records of later ones are refused.
    const VERSION: u32;
    /// The next call where there is no such machine.
    const MISSING_HINT: &'static str;
    /// The call that removes one.
    const DELETE: &'static str;

    fn id(&self) -> &Self::Id;
    fn version(&self) -> u32;
    fn mem_mib(&self) -> u32;
    /// Whose it is; the state directory's owner's where absent.
    fn principal(&self) -> Option<&Principal>;
}

/// All machines of one kind.
#[derive(Clone, Debug)]
pub(super) struct Store<R> {
    folder: PathBuf,
    record: PhantomData<fn() -> R>,
}

impl<R: Record> Store<R> {
    pub(super) fn new(home: &Path) -> Self {
        Self { folder: home.join(R::FOLDER), record: PhantomData }
    }

    pub(super) fn dir(&self, id: &R::Id) -> MachineDir {
        MachineDir::new(self.folder.join(id.to_string()))
    }

    /// Writes a new record into a new directory, and what `beside` puts there. Whoever makes more of it holds the lock until
    /// that is done.
    pub(super) fn create(&self, record: &R, beside: impl FnOnce(&Path) -> io::Result<()>) -> Result<Lock, Failure> {
        let failed = |error: io::Error| Failure::io("write down the new machine", &error);
        write::private_dir(&self.folder).map_err(failed)?;
        // Made aside and renamed, so that a directory without a record is never seen.
        let aside = tempfile::Builder::new().prefix(CREATING).tempdir_in(&self.folder).map_err(failed)?;
        let making = lock::hold(&aside.path().join(MAKING)).map_err(failed)?;
        beside(aside.path()).map_err(failed)?;
        write::atomically(&aside.path().join(R::FILE), &encode(record)?).map_err(failed)?;
        fs::rename(aside.path(), self.dir(record.id()).path()).map_err(failed)?;
        let _gone = aside.keep();
        Ok(making)
    }

    /// Whether somebody is at making this machine.
    pub(super) fn is_being_made(&self, id: &R::Id) -> bool {
        lock::is_held(&self.dir(id).path().join(MAKING))
    }

    /// Until it is kept, a machine that does not come up is removed with its maker: nobody else would.
    pub(super) fn half_made<'a>(&'a self, id: &'a R::Id) -> HalfMade<'a, R> {
        HalfMade { store: self, id }
    }

    pub(super) fn save(&self, record: &R) -> Result<(), Failure> {
        write::atomically(&self.dir(record.id()).path().join(R::FILE), &encode(record)?)
            .map_err(|error| Failure::io("write down the machine", &error))
    }

    pub(super) fn load(&self, id: &R::Id) -> Result<R, Failure> {
        let bytes = fs::read(self.dir(id).path().join(R::FILE)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => missing::<R>(id),
            _ => Failure::io(&format!("read the record of {id}"), &error),
        })?;
        let record: R = serde_json::from_slice(&bytes).map_err(|error| damaged::<R>(id, &error.to_string()))?;
        if record.version() > R::VERSION {
            let why = format!("it has version {}, this pyro knows {}", record.version(), R::VERSION);
            return Err(damaged::<R>(id, &why));
        }
        Ok(record)
    }

    /// Every machine's id, readable record or not, sorted.
    pub(super) fn ids(&self) -> Vec<R::Id> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut ids: Vec<R::Id> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        ids.sort();
        ids
    }

    /// MiB that the running ones of those `whose` claim.
    pub(super) fn claimed_mib(&self, whose: impl Fn(&R) -> bool) -> u64 {
        let running = self.ids().into_iter().filter(|id| self.dir(id).lives());
        let records = running.filter_map(|id| self.load(&id).ok()).filter(whose);
        records.map(|record| u64::from(record.mem_mib())).sum()
    }

    /// How many there are of a principal's.
    pub(super) fn count(&self, principal: &Principal) -> usize {
        self.ids()
            .iter()
            .filter_map(|id| self.load(id).ok())
            .filter(|record| record.principal() == Some(principal))
            .count()
    }

    /// Waits until nobody else starts, stops or deletes this machine.
    pub(super) async fn operate(&self, id: &R::Id) -> Result<Lock, Failure> {
        match self.dir(id).operate().await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing::<R>(id)),
            held => held.map_err(|error| Failure::io(&format!("lock {id}"), &error)),
        }
    }

    /// Removes a machine's directory: out of sight at once, then from the disk. Leftovers of killed removals go too.
    pub(super) fn remove(&self, id: &R::Id) -> Result<(), Failure> {
        let aside = self.folder.join(format!("{}{id}", wire::DELETING));
        match fs::rename(self.dir(id).path(), &aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io(&format!("delete {id}"), &error));
            }
            _ => {}
        }
        self.sweep();
        Ok(())
    }

    /// Removes what killed processes left half-deleted or half-made.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|made| made.elapsed().ok());
            let lock = entry.path().join(MAKING);
            let limit = if lock.exists() && !lock::is_held(&lock) { LOST } else { ABANDONED };
            let abandoned = name.starts_with(CREATING) && age.is_some_and(|age| age > limit);
            if name.starts_with(wire::DELETING) || abandoned {
                // Another process may be removing it as well.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// A machine in the making; see [`Store::half_made`].
pub(super) struct HalfMade<'a, R: Record> {
    store: &'a Store<R>,
    id: &'a R::Id,
}

impl<R: Record> HalfMade<'_, R> {
    /// From here on something else sees to its end.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl<R: Record> Drop for HalfMade<'_, R> {
    fn drop(&mut self) {
        if !self.store.dir(self.id).lives() {
            let _ = self.store.remove(self.id);
        }
    }
}

fn encode(record: &impl Record) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec_pretty(record).map_err(|error| Failure::internal(error.to_string()))
}

pub(super) fn missing<R: Record>(id: &impl fmt::Display) -> Failure {
    Failure::missing(format!("{id} does not exist")).hint(R::MISSING_HINT)
}

fn damaged<R: Record>(id: &R::Id, why: &str) -> Failure {
    Failure::conflict(format!("the record of {id} cannot be read: {why}")).hint(format!("remove it with {}", R::DELETE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, ids::VmId, workspace::VmRecord};

    fn record() -> VmRecord {
        VmRecord {
            version: VmRecord::VERSION,
            vm_id: VmId::random().unwrap(),
            environment: "debian:12".into(),
            environment_digest: None,
            vcpu_count: 1,
            mem_mib: 512,
            ttl_seconds: 600,
            allow_host_compat: false,
            principal: None,
            created_at: 0,
        }
    }

    #[test]
    fn records_come_back_and_go() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::<VmRecord>::new(home.path());
        let (one, two) = (record(), record());
        store.create(&one, |_| Ok(())).unwrap();
        store.create(&two, |_| Ok(())).unwrap();
        assert_eq!(store.load(&one.vm_id).unwrap(), one);
        assert_eq!(store.ids().len(), 2);
        store.remove(&one.vm_id).unwrap();
        assert_eq!(store.load(&one.vm_id).unwrap_err().code, Code::Missing);
        assert_eq!(store.ids(), [two.vm_id]);
        assert_eq!(fs::read_dir(home.path().join("vms")).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_maker_is_seen_until_it_is_done() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::<VmRecord>::new(home.path());
        let one = record();
        let making = store.create(&one, |_| Ok(())).unwrap();
        assert!(store.is_being_made(&one.vm_id));
        drop(making);
        assert!(!store.is_being_made(&one.vm_id));
    }

    #[test]
    fn a_bad_record_troubles_only_itself() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::<VmRecord>::new(home.path());
        let (good, bad) = (record(), record());
        store.create(&good, |_| Ok(())).unwrap();
        store.create(&bad, |_| Ok(())).unwrap();
        for content in ["", "{", "[]", r#"{"version": 99}"#] {
            fs::write(store.dir(&bad.vm_id).path().join(VmRecord::FILE), content).unwrap();
            assert_eq!(store.load(&bad.vm_id).unwrap_err().code, Code::Conflict, "{content:?}");
        }
        assert_eq!(store.load(&good.vm_id).unwrap(), good);
        assert_eq!(store.ids().len(), 2);
        store.remove(&bad.vm_id).unwrap();
    }
}
