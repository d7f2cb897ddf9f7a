//! The table of commands, and how many there may be.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use nix::errno::Errno;
use pyro_protocol::{
    GuestError, GuestErrorCode,
    exec::{ENDED_KEPT, RUNNING_MAX},
};
use tokio::time::timeout;

use super::{Exec, Spec, owner::Candidate};
use crate::Agent;

/// A host that reads at all has read the rest within this.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The commands of this boot that are not forgotten.
#[derive(Debug, Default)]
pub(crate) struct Execs {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    execs: BTreeMap<u64, Arc<Exec>>,
    /// Ended ones, oldest end first.
    ended: VecDeque<u64>,
}

impl Execs {
    fn table(&self) -> MutexGuard<'_, Table> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let table_now = &mut *table;
        for (number, exec) in &table_now.execs {
            if exec.output.is_over() && !table_now.ended.contains(number) {
                table_now.ended.push_back(*number);
            }
        }
        while table.ended.len() > ENDED_KEPT {
            if let Some(oldest) = table.ended.pop_front() {
                table.execs.remove(&oldest);
            }
        }
        table
    }

    /// Commands running now.
    pub(crate) fn running(&self) -> usize {
        let table = self.table();
        table.execs.len() - table.ended.len()
    }

    /// All that are not forgotten, newest first.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let candidate = |(number, exec): (&u64, &Arc<Exec>)| Candidate {
            number: *number,
            leader: exec.leader(),
            over: exec.output.is_over(),
        };
        self.table().execs.iter().rev().map(candidate).collect()
    }

    /// Starts a command under the next number, unless too many run.
    pub(super) fn start(&self, agent: &Agent, spec: Spec) -> Result<Arc<Exec>, GuestError> {
        let mut table = self.table();
        if table.execs.len() - table.ended.len() >= RUNNING_MAX {
            let message = format!(
                "{RUNNING_MAX} commands, shells and services are running, the most there can be; end some first"
            );
            return Err(GuestError::new(GuestErrorCode::Limit, message));
        }
        let number = table.last + 1;
        let exec = Exec::spawn(agent, spec, number).map_err(|error| refused(&error))?;
        table.last = number;
        table.execs.insert(number, exec.clone());
        Ok(exec)
    }

    /// Starts a command that no route knows of; it counts for no limit, and whoever asked for it ends it.
    pub(crate) fn start_unlisted(&self, agent: &Agent, spec: Spec) -> Result<Arc<Exec>, GuestError> {
        let mut table = self.table();
        let exec = Exec::spawn(agent, spec, table.last + 1).map_err(|error| refused(&error))?;
        table.last += 1;
        Ok(exec)
    }

    pub(super) fn get(&self, number: u64) -> Result<Arc<Exec>, GuestError> {
        let missing = || GuestError::new(GuestErrorCode::Missing, format!("no command has the number {number}"));
        self.table().execs.get(&number).cloned().ok_or_else(missing)
    }

    pub(super) fn forget(&self, number: u64) -> Result<(), GuestError> {
        let mut table = self.table();
        match table.execs.get(&number) {
            Some(exec) if !exec.output.is_over() => {
                Err(GuestError::new(GuestErrorCode::Conflict, format!("command {number} is still running")))
            }
            _ => {
                table.execs.remove(&number);
                table.ended.retain(|ended| *ended != number);
                Ok(())
            }
        }
    }

    /// Cancels every command and waits until all are over, at most as long as `grace` allows, and until the host has read
    /// what they said last.
    pub(crate) async fn kill_all(&self, grace: Duration) {
        let all: Vec<Arc<Exec>> = self.table().execs.values().cloned().collect();
        for exec in &all {
            exec.cancel();
        }
        let over = async {
            for exec in &all {
                exec.output.ended().await;
            }
        };
        if timeout(grace, over).await.is_err() {
            for exec in &all {
                exec.kill();
            }
        }
        let read = async {
            for exec in &all {
                exec.output.read_to_end().await;
            }
        };
        let _ = timeout(LAST_WORDS, read).await;
    }
}

fn refused(error: &io::Error) -> GuestError {
    let code = match error.raw_os_error().map(Errno::from_raw) {
        // The directory to run in was opened before, so it is the shell that a command has deleted or broken.
        Some(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EACCES | Errno::ENOEXEC) => {
            let message = format!("command cannot be started: /bin/sh, or what it needs, is gone or broken: {error}");
            return GuestError::new(GuestErrorCode::Conflict, message);
        }
        Some(Errno::E2BIG) => GuestErrorCode::Invalid,
        Some(Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE) => GuestErrorCode::Limit,
        _ if error.kind() == io::ErrorKind::InvalidInput => GuestErrorCode::Invalid,
        _ => GuestErrorCode::Internal,
    };
    GuestError::new(code, format!("command cannot be started: {error}"))
}
