//! Records on disk: one directory per machine, each file written atomically, one bad record never in another's way.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::record::{VERSION, VmRecord};
use crate::{
    failure::Failure,
    host::{lock, write},
    ids::VmId,
    supervisor::wire,
};

const RECORD: &str = "vm.json";
/// Serializes start, stop and delete of one machine across processes.
const OPERATION_LOCK: &str = "operation.lock";
const CREATING: &str = ".creating-";
/// Making a directory takes moments; one of this age has lost its maker.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The machines' directory below `$PYRO_HOME`.
#[derive(Clone, Debug)]
pub(super) struct Store {
    vms: PathBuf,
}

impl Store {
    pub(super) fn new(home: &Path) -> Self {
        Self { vms: home.join("vms") }
    }

    pub(super) fn dir(&self, id: &VmId) -> PathBuf {
        self.vms.join(id.as_str())
    }

    /// Writes a new record into a new directory.
    pub(super) fn create(&self, record: &VmRecord) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::io("write down the new machine", &error);
        write::private_dir(&self.vms).map_err(failed)?;
        // Made aside and renamed, so that a directory without a record is never seen.
        let aside = tempfile::Builder::new().prefix(CREATING).tempdir_in(&self.vms).map_err(failed)?;
        write::atomically(&aside.path().join(RECORD), &encode(record)?).map_err(failed)?;
        fs::rename(aside.path(), self.dir(&record.vm_id)).map_err(failed)?;
        let _gone = aside.keep();
        Ok(())
    }

    pub(super) fn save(&self, record: &VmRecord) -> Result<(), Failure> {
        write::atomically(&self.dir(&record.vm_id).join(RECORD), &encode(record)?)
            .map_err(|error| Failure::io("write down the machine", &error))
    }

    pub(super) fn load(&self, id: &VmId) -> Result<VmRecord, Failure> {
        let bytes = fs::read(self.dir(id).join(RECORD)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => missing(id),
            _ => Failure::io(&format!("read the record of {id}"), &error),
        })?;
        let record: VmRecord = serde_json::from_slice(&bytes).map_err(|error| damaged(id, &error.to_string()))?;
        if record.version > VERSION {
            return Err(damaged(id, &format!("it has version {}, this pyro knows {VERSION}", record.version)));
        }
        Ok(record)
    }

    /// Every machine's id, readable record or not, sorted.
    pub(super) fn ids(&self) -> Vec<VmId> {
        let entries = fs::read_dir(&self.vms).into_iter().flatten().flatten();
        let mut ids: Vec<VmId> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        ids.sort();
        ids
    }

    pub(super) fn supervisor_lives(&self, id: &VmId) -> bool {
        lock::is_held(&self.dir(id).join(wire::LOCK))
    }

    /// When a machine that ran was last used, as far as its supervisor got to mark it; unix seconds.
    pub(super) fn last_use(&self, id: &VmId) -> i64 {
        let marked = fs::metadata(self.dir(id).join(wire::RUNNING)).and_then(|meta| meta.modified());
        let since = marked.ok().and_then(|marked| marked.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_secs() as i64)
    }

    /// The process to kill where a supervisor does not answer; only meaningful while it lives.
    pub(super) fn supervisor_pid(&self, id: &VmId) -> Option<nix::unistd::Pid> {
        let noted = fs::read_to_string(self.dir(id).join(wire::LOCK)).ok()?;
        noted.trim().parse().ok().filter(|pid| *pid > 1).map(nix::unistd::Pid::from_raw)
    }

    /// Waits until nobody else starts, stops or deletes this machine.
    pub(super) async fn operate(&self, id: &VmId) -> Result<lock::Lock, Failure> {
        let path = self.dir(id).join(OPERATION_LOCK);
        match hold(path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(id)),
            held => held.map_err(|error| Failure::io(&format!("lock {id}"), &error)),
        }
    }

    /// As [`Store::operate`], where nobody else is at it.
    pub(super) fn try_operate(&self, id: &VmId) -> Option<lock::Lock> {
        lock::try_hold(&self.dir(id).join(OPERATION_LOCK)).ok().flatten()
    }

    /// Held by the one command that a machine is deleted after.
    pub(super) fn try_last_command(&self, id: &VmId) -> Option<lock::Lock> {
        lock::try_hold(&self.dir(id).join("last-command.lock")).ok().flatten()
    }

    /// Held while a machine is being added to those that use the host's memory.
    pub(super) async fn claim_memory(&self) -> Result<lock::Lock, Failure> {
        hold(self.vms.join("memory.lock")).await.map_err(|error| Failure::io("lock the machines", &error))
    }

    /// Waits until the supervisor's lock is free: its machine is gone then.
    pub(super) async fn supervisor_gone(&self, id: &VmId) -> Result<(), Failure> {
        match hold(self.dir(id).join(wire::LOCK)).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Failure::io(&format!("wait for the end of {id}"), &error)),
        }
    }

    /// Removes a machine's directory: out of sight at once, then from the disk. Leftovers of killed removals go too.
    pub(super) fn remove(&self, id: &VmId) -> Result<(), Failure> {
        let aside = self.vms.join(format!("{}{id}", wire::DELETING));
        match fs::rename(self.dir(id), &aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::io(&format!("delete {id}"), &error));
            }
            _ => {}
        }
        self.sweep();
        Ok(())
    }

    /// Removes what killed processes left half-deleted or half-made.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.vms).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|made| made.elapsed().ok());
            let abandoned = name.starts_with(CREATING) && age.is_some_and(|age| age > ABANDONED);
            if name.starts_with(wire::DELETING) || abandoned {
                // Another process may be removing it as well.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

async fn hold(path: PathBuf) -> io::Result<lock::Lock> {
    tokio::task::spawn_blocking(move || lock::hold(&path)).await.map_err(io::Error::other)?
}

fn encode(record: &VmRecord) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec_pretty(record).map_err(|error| Failure::internal(error.to_string()))
}

fn missing(id: &VmId) -> Failure {
    Failure::missing(format!("{id} does not exist"))
        .hint("it may have expired, or vm_exec deleted it; create another with vm_create")
}

fn damaged(id: &VmId, why: &str) -> Failure {
    Failure::conflict(format!("the record of {id} cannot be read: {why}")).hint("remove it with vm_delete")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn record() -> VmRecord {
        VmRecord {
            version: VERSION,
            vm_id: VmId::random().unwrap(),
            environment: "debian:12".into(),
            environment_digest: None,
            vcpu_count: 1,
            mem_mib: 512,
            ttl_seconds: 600,
            allow_host_compat: false,
            created_at: 0,
        }
    }

    #[test]
    fn records_come_back_and_go() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        let (one, two) = (record(), record());
        store.create(&one).unwrap();
        store.create(&two).unwrap();
        assert_eq!(store.load(&one.vm_id).unwrap(), one);
        assert_eq!(store.ids().len(), 2);
        store.remove(&one.vm_id).unwrap();
        assert_eq!(store.load(&one.vm_id).unwrap_err().code, Code::Missing);
        assert_eq!(store.ids(), [two.vm_id]);
        assert_eq!(fs::read_dir(home.path().join("vms")).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_bad_record_troubles_only_itself() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        let (good, bad) = (record(), record());
        store.create(&good).unwrap();
        store.create(&bad).unwrap();
        for content in ["", "{", "[]", r#"{"version": 99}"#] {
            fs::write(store.dir(&bad.vm_id).join(RECORD), content).unwrap();
            assert_eq!(store.load(&bad.vm_id).unwrap_err().code, Code::Conflict, "{content:?}");
        }
        assert_eq!(store.load(&good.vm_id).unwrap(), good);
        assert_eq!(store.ids().len(), 2);
        store.remove(&bad.vm_id).unwrap();
    }
}
