//! The end of a keeper's directory, told by the kernel: a state directory that was deleted is kept nothing for.

use std::{
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::{io::AsyncReadExt, net::unix::pipe::Receiver};

use super::keeper::LOCK;
use crate::host::socket;

/// Events that are read at once, bytes; one takes 272 at most.
const EVENTS_BYTES: usize = 4096;

/// A directory and what tells of its end.
pub(super) struct Watch {
    /// Read as a pipe is.
    told: Receiver,
    dir: PathBuf,
}

impl Watch {
    pub(super) fn new(dir: &Path) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        // The directory itself lives for as long as we hold its lock open, deleted or not: what tells is the end of the
        // names in it.
        let wanted = AddWatchFlags::IN_DELETE | AddWatchFlags::IN_MOVED_FROM | AddWatchFlags::IN_MOVE_SELF;
        inotify.add_watch(dir, wanted | AddWatchFlags::IN_ONLYDIR)?;
        let told = Receiver::from_owned_fd_unchecked(inotify.as_fd().try_clone_to_owned()?)?;
        Ok(Self { told, dir: dir.to_owned() })
    }

    /// Resolves when nobody can reach the keeper any more; never where that can no longer be told.
    pub(super) async fn gone(&mut self) {
        while [LOCK, socket::KEEPER].iter().all(|name| self.dir.join(name).exists()) {
            // What it was is seen by looking.
            if self.told.read(&mut [0; EVENTS_BYTES]).await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use tokio::time::timeout;

    use super::*;
    use crate::host::lock;

    /// As far as it goes without an event.
    const NOW: Duration = Duration::from_millis(50);
    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_keeper_hears_of_its_directorys_end() {
        for whole in [true, false] {
            let home = tempfile::tempdir().unwrap();
            let dir = home.path().join("keepers/key");
            fs::create_dir_all(&dir).unwrap();
            let _held = lock::try_hold(&dir.join(LOCK)).unwrap().unwrap();
            let _listener = socket::bind(&dir, socket::KEEPER).unwrap();
            let mut watch = Watch::new(&dir).unwrap();
            fs::write(dir.join("keeper.log"), "").unwrap();
            fs::remove_file(dir.join("keeper.log")).unwrap();
            assert!(timeout(NOW, watch.gone()).await.is_err());
            if whole {
                fs::remove_dir_all(home.path()).unwrap();
            } else {
                fs::rename(&dir, home.path().join("elsewhere")).unwrap();
            }
            timeout(SOON, watch.gone()).await.unwrap();
            // And for whoever looks late.
            timeout(SOON, watch.gone()).await.unwrap();
        }
    }
}
