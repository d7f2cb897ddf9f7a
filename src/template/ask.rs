//! Asking for a template, as a supervisor does; the keeper is started where there is none.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Wanted,
    folder::Folder,
    wire::{self, Answer, Order, Place, Question},
};
use crate::{
    failure::Failure,
    host::{self, detached, lock, socket, write},
    vm::Saved,
};

/// Making a template takes a boot, and some; on a very busy host several.
const GIVEN_WITHIN: Duration = Duration::from_secs(180);
/// A keeper that is at something else has no spare in time.
const TAKEN_WITHIN: Duration = Duration::from_millis(100);
/// A keeper that is about to leave does not answer; the next one does.
const TRIES: usize = 3;

/// Held by whoever starts a keeper.
const STARTING: &str = "starting.lock";

/// What a machine goes on from.
#[derive(Debug)]
pub struct Given {
    pub saved: Saved,
    /// The template's own, to be copied.
    pub disk: File,
}

/// The directory of a template's keeper.
pub(super) fn keeper_dir(place: &Place, key: &str) -> PathBuf {
    place.home.join("keepers").join(key)
}

/// Whether its files are there; they may turn out to be damaged.
pub fn exists(place: &Place, wanted: &Wanted) -> bool {
    Folder::new(&place.cache, &wanted.key()).exists()
}

/// Asks for `wanted`, and waits while it is being made. Blocks the thread.
pub fn ask(place: &Place, wanted: &Wanted) -> Result<Given, Failure> {
    let key = wanted.key();
    if let Some(why) = Folder::new(&place.cache, &key).trouble() {
        return Err(Failure::unavailable(why));
    }
    let dir = keeper_dir(place, &key);
    let failed = |error: io::Error| Failure::io("ask for a template", &error);
    let mut last = io::Error::from(io::ErrorKind::NotConnected);
    for _ in 0..TRIES {
        match reach(place, wanted, &dir).and_then(|stream| give(&stream)) {
            Ok(given) => return given,
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// The keeper, started where there is none; of those who find that there is none, one starts it.
fn reach(place: &Place, wanted: &Wanted, dir: &Path) -> io::Result<UnixStream> {
    if let Ok(stream) = socket::connect(dir, socket::KEEPER) {
        return Ok(stream);
    }
    write::private_dir(dir)?;
    let _turn = lock::hold(&dir.join(STARTING))?;
    socket::connect(dir, socket::KEEPER).or_else(|_| {
        start(place, wanted, dir)?;
        socket::connect(dir, socket::KEEPER)
    })
}

/// As [`ask`], of the keeper that is there and no other.
pub fn ask_present(place: &Place, wanted: &Wanted) -> Result<Given, Failure> {
    let failed = |error: io::Error| Failure::io("ask for a template", &error);
    let stream = socket::connect(&keeper_dir(place, &wanted.key()), socket::KEEPER).map_err(failed)?;
    give(&stream).map_err(failed)?
}

/// A spare of the keeper that is there, connected to; `None` where none is ready. Blocks the thread, but never for long.
pub fn take(place: &Place, wanted: &Wanted) -> Option<UnixStream> {
    let keeper = socket::connect(&keeper_dir(place, &wanted.key()), socket::KEEPER).ok()?;
    keeper.set_read_timeout(Some(TAKEN_WITHIN)).ok()?;
    wire::send(&keeper, &Question::Take { environment: detached::environment_digest() }, &[]).ok()?;
    match wire::receive::<Answer>(&keeper).ok()?.0 {
        Answer::Spare(dir) => socket::connect(&dir, socket::SPARE).ok(),
        Answer::Given | Answer::NoSpare | Answer::None(_) => None,
    }
}

/// Tells the keeper that nobody can go on from what it gave.
pub fn complain(place: &Place, wanted: &Wanted, why: &str) {
    if let Ok(stream) = socket::connect(&keeper_dir(place, &wanted.key()), socket::KEEPER) {
        // Without a keeper there is nobody who would give it again before it has been read anew.
        let _ = wire::send(&stream, &Question::Failed(why.to_owned()), &[]);
    }
}

fn give(stream: &UnixStream) -> io::Result<Result<Given, Failure>> {
    stream.set_read_timeout(Some(GIVEN_WITHIN))?;
    wire::send(stream, &Question::Give, &[])?;
    let (answer, fds) = wire::receive::<Answer>(stream)?;
    match (answer, <[_; 3]>::try_from(fds)) {
        (Answer::None(failure), _) => Ok(Err(failure)),
        (Answer::Given, Ok([memory, state, disk])) => {
            Ok(Ok(Given { saved: Saved::from([memory, state]), disk: disk.into() }))
        }
        (Answer::Given | Answer::Spare(_) | Answer::NoSpare, _) => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Starts a keeper and waits until it listens.
fn start(place: &Place, wanted: &Wanted, dir: &Path) -> io::Result<()> {
    let pyro = host::binary("pyro").map_err(io::Error::other)?;
    let mut child = detached::command(&pyro, &["keep", &wanted.key()], &dir.join("keeper.log"))?.spawn()?;
    let order = serde_json::to_vec(&Order { place: place.clone(), wanted: wanted.clone() })?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&order)?;
    }
    if let Some(mut stdout) = child.stdout.take() {
        // One byte, or its end.
        let _ = stdout.read(&mut [0])?;
    }
    Ok(())
}
