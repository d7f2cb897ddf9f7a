//! A machine saved while it runs: it stands still, is written down in its own directory, goes on, and is copied out.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::timeout};

use super::{api, config, place, vsock::Line};
use crate::{
    failure::Failure,
    host::sparse,
    vm::{Saved, Still, vmm::Owner},
};

/// A call that moves no memory is answered within milliseconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// 32 GiB of memory on a disk that writes 100 MB/s.
const WRITES_WITHIN: Duration = Duration::from_secs(330);
/// The state of a machine of 32 CPUs takes some 100 KB. Firecracker writes the file, so it is not taken at its word.
const STATE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Whom it is about.
pub(super) struct Saving<'a> {
    pub(super) place: &'a Path,
    pub(super) owner: Option<Owner>,
    pub(super) mem_mib: u32,
    pub(super) line: &'a Arc<Line>,
}

/// Saves into `into`; answers how long the machine stood still.
pub(super) async fn save(saving: Saving<'_>, into: &Saved, still: Still) -> Result<Duration, Failure> {
    let copy = |error: io::Error| Failure::io("copy the saved machine", &error);
    let targets = [&into.memory, &into.state].map(File::try_clone);
    let written = Written::create(saving.place, saving.owner).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::conflict("the machine is being saved already"),
        _ => Failure::io("make room for a saved machine", &error),
    })?;
    let (is_still, stands) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    // A task of its own: the machine goes on whatever becomes of the caller.
    let standing = tokio::spawn(stand_still(written, saving.line.clone(), is_still, may_go_on));
    // Firecracker has handled all the guest had asked of its disk before it wrote down that it did; so after that, and not
    // before, the disk is what the saved guest takes it for.
    let copied = match stands.await {
        Ok(()) => tokio::task::spawn_blocking(still).await.unwrap_or_else(|error| Err(io::Error::other(error))),
        Err(_) => Ok(()),
    };
    drop(go_on);
    let stood = standing.await.map_err(|_| Failure::internal("saving the machine was broken off"))?;
    let (written, paused) = stood?;
    copied.map_err(|error| Failure::io("copy the machine's disk", &error))?;
    let [memory, state] = targets;
    let (memory, state) = (memory.map_err(copy)?, state.map_err(copy)?);
    let copying = move || written.copy(u64::from(saving.mem_mib) << 20, &memory, &state);
    let copied = tokio::task::spawn_blocking(copying).await;
    copied.map_err(|_| Failure::internal("copying the saved machine has failed"))?.map_err(copy)?;
    Ok(paused)
}

/// Stops the machine, has it written down, says so, and lets it go on once `may_go_on` is dropped, or at once where
/// anything failed.
async fn stand_still(
    mut written: Written,
    line: Arc<Line>,
    is_still: oneshot::Sender<()>,
    may_go_on: oneshot::Receiver<()>,
) -> Result<(Written, Duration), Failure> {
    let begun = Instant::now();
    let saved = match call(&written.place, config::pause(), ANSWERS_WITHIN).await {
        Ok(()) => call(&written.place, config::save(), WRITES_WITHIN).await,
        failed => failed,
    };
    written.forget_names();
    if saved.is_ok() && is_still.send(()).is_ok() {
        let _ = may_go_on.await;
    }
    let resumed = call(&written.place, config::resume(), ANSWERS_WITHIN).await;
    let paused = begun.elapsed();
    line.reset();
    saved.and(resumed).map(|()| (written, paused))
}

async fn call(place: &Path, call: config::Call, within: Duration) -> Result<(), Failure> {
    let path = call.path;
    timeout(within, api::make(place, vec![call])).await.unwrap_or_else(|_| {
        Err(Failure::unavailable(format!("Firecracker did not answer {path} within {} s", within.as_secs())))
    })
}

/// The two files that Firecracker writes. They are made for it and read through these descriptors, so that it cannot lead
/// elsewhere; once it has written them, they need no names, and nothing is left of them where this process is killed.
struct Written {
    place: PathBuf,
    memory: File,
    state: File,
    named: bool,
}

impl Written {
    fn create(place: &Path, owner: Option<Owner>) -> io::Result<Self> {
        let create = |name| File::options().read(true).write(true).create_new(true).open(place.join(name));
        // The first tells whether another one is at it, whose files they are then.
        let memory = create(config::SAVED_MEMORY)?;
        let state = create(config::SAVED_STATE).inspect_err(|_| remove(place))?;
        let written = Self { place: place.to_owned(), memory, state, named: true };
        place::give(&written.memory, owner)?;
        place::give(&written.state, owner)?;
        Ok(written)
    }

    fn forget_names(&mut self) {
        if std::mem::take(&mut self.named) {
            remove(&self.place);
        }
    }

    /// `memory_bytes` are as many as the machine has.
    fn copy(&self, memory_bytes: u64, memory: &File, state: &File) -> io::Result<()> {
        let strange = |what: String| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        match (self.memory.metadata()?.len(), self.state.metadata()?.len()) {
            (bytes, _) if bytes != memory_bytes => strange(format!("{bytes} bytes of memory were saved")),
            (_, bytes) if bytes == 0 || bytes > STATE_BYTES_MAX => {
                strange(format!("{bytes} bytes of state were saved"))
            }
            _ => {
                sparse::copy_into(&self.memory, memory)?;
                sparse::copy_into(&self.state, state).map(drop)
            }
        }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.forget_names();
    }
}

fn remove(place: &Path) {
    for name in [config::SAVED_MEMORY, config::SAVED_STATE] {
        // A machine that has ended took its directory along.
        let _ = fs::remove_file(place.join(name));
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::FileExt, sync::Mutex};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::Notify,
    };

    use super::*;
    use crate::host::socket;

    /// Stands in for a Firecracker of 1 MiB: notes what it is told, and writes files of the given sizes.
    struct Fake {
        dir: tempfile::TempDir,
        told: Arc<Mutex<Vec<String>>>,
        news: Arc<Notify>,
        into: Saved,
    }

    impl Fake {
        /// Refuses the call that has `refused` in it.
        fn start(memory_bytes: u64, state_bytes: u64, refused: &'static str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (told, news) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Notify>::default());
            let listener = socket::bind(dir.path(), config::API_SOCKET).unwrap();
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::UnixListener::from_std(listener).unwrap();
            tokio::spawn({
                let (told, news, place) = (told.clone(), news.clone(), dir.path().to_owned());
                async move {
                    while let Ok((mut stream, _)) = listener.accept().await {
                        let mut buffer = [0; 4096];
                        let read = stream.read(&mut buffer).await.unwrap();
                        let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
                        if text.contains("create") {
                            for (name, bytes) in
                                [(config::SAVED_MEMORY, memory_bytes), (config::SAVED_STATE, state_bytes)]
                            {
                                let file = File::options().write(true).open(place.join(name)).unwrap();
                                file.set_len(bytes).unwrap();
                                file.write_all_at(&b"x"[..bytes.min(1) as usize], bytes / 2).unwrap();
                            }
                        }
                        let line = text.lines().next().unwrap().replace(" HTTP/1.1", "");
                        let body = text.lines().last().unwrap();
                        told.lock().unwrap().push(if line == "PATCH /vm" { body.to_owned() } else { line });
                        news.notify_one();
                        let ok = refused.is_empty() || !text.contains(refused);
                        let answer = if ok { "204 \r\n\r\n" } else { "400 \r\nContent-Length: 2\r\n\r\n{}" };
                        stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await.unwrap();
                    }
                }
            });
            let [memory, state] = [(); 2].map(|()| tempfile::tempfile().unwrap());
            Self { dir, told, news, into: Saved { memory, state } }
        }

        async fn save(&self, still: Still) -> Result<Duration, Failure> {
            let line = Arc::new(Line::new(self.dir.path().to_owned(), true));
            let saving = Saving { place: self.dir.path(), owner: None, mem_mib: 1, line: &line };
            save(saving, &self.into, still).await
        }

        fn told(&self) -> Vec<String> {
            self.told.lock().unwrap().clone()
        }

        fn is_clear(&self) -> bool {
            ![config::SAVED_MEMORY, config::SAVED_STATE].iter().any(|name| self.dir.path().join(name).exists())
        }
    }

    const ALL: [&str; 3] = [r#"{"state":"Paused"}"#, "PUT /snapshot/create", r#"{"state":"Resumed"}"#];
    const MEMORY_BYTES: u64 = 1 << 20;

    #[tokio::test]
    async fn its_disk_is_copied_after_it_was_written_down_and_before_it_goes_on() {
        let fake = Fake::start(MEMORY_BYTES, 5000, "");
        let (told, then) = (fake.told.clone(), Arc::<Mutex<Vec<String>>>::default());
        let noted = then.clone();
        let still = move || {
            noted.lock().unwrap().clone_from(&told.lock().unwrap());
            Ok(())
        };
        fake.save(Box::new(still)).await.unwrap();
        assert_eq!(
            (&then.lock().unwrap()[..], &fake.told()[..]),
            (&ALL.map(str::to_owned)[..2], &ALL.map(str::to_owned)[..])
        );
        let lengths = [&fake.into.memory, &fake.into.state].map(|file| file.metadata().unwrap().len());
        assert_eq!(lengths, [MEMORY_BYTES, 5000]);
        let mut byte = [0];
        fake.into.memory.read_exact_at(&mut byte, MEMORY_BYTES / 2).unwrap();
        assert!(byte == *b"x" && fake.is_clear());
    }

    #[tokio::test]
    async fn it_goes_on_whatever_fails() {
        let fake = Fake::start(MEMORY_BYTES, 5000, "create");
        let failure = fake.save(Box::new(|| panic!("it was not written down"))).await.unwrap_err();
        assert_eq!(failure.message, "Firecracker refused /snapshot/create with status 400");
        assert!(fake.told() == ALL && fake.is_clear());

        let fake = Fake::start(MEMORY_BYTES, 5000, "");
        let failure = fake.save(Box::new(|| Err(io::ErrorKind::StorageFull.into()))).await.unwrap_err();
        assert!(failure.message.contains("no space left"), "{failure}");
        assert!(fake.told() == ALL && fake.is_clear());
    }

    #[tokio::test]
    async fn it_goes_on_though_nobody_waits_any_more() {
        let fake = Fake::start(MEMORY_BYTES, 5000, "");
        tokio::select! {
            biased;
            () = fake.news.notified() => {}
            _ = fake.save(Box::new(|| panic!("nobody is there"))) => panic!("it was told one thing only"),
        }
        while fake.told().len() < ALL.len() || !fake.is_clear() {
            tokio::task::yield_now().await;
        }
        assert_eq!(fake.told(), ALL);
    }

    #[tokio::test]
    async fn files_of_strange_sizes_are_not_kept() {
        for (memory_bytes, state_bytes) in
            [(MEMORY_BYTES - 1, 5000), (1 << 40, 5000), (MEMORY_BYTES, 0), (MEMORY_BYTES, STATE_BYTES_MAX + 1)]
        {
            let fake = Fake::start(memory_bytes, state_bytes, "");
            let failure = fake.save(Box::new(|| Ok(()))).await.unwrap_err();
            assert!(failure.message.contains("were saved"), "{failure}");
            assert_eq!(fake.into.memory.metadata().unwrap().len(), 0);
        }
    }

    #[tokio::test]
    async fn a_second_one_is_refused_and_leaves_the_first_alone() {
        let fake = Fake::start(MEMORY_BYTES, 5000, "");
        let first = Written::create(fake.dir.path(), None).unwrap();
        let failure = fake.save(Box::new(|| Ok(()))).await.unwrap_err();
        assert_eq!(failure.code, crate::failure::Code::Conflict);
        assert!(fake.told().is_empty() && !fake.is_clear());
        drop(first);
        assert!(fake.is_clear());
    }
}
