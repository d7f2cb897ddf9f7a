//! `pyro keep KEY`: the process that holds one template in memory. It ends when nobody wanted it for a while.

use std::{
    fs, io,
    io::{Read, Write},
    os::fd::AsFd,
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::{net::UnixListener, time::sleep_until};

use super::{
    ask::keeper_dir,
    folder::{Folder, Loaded},
    gone::Watch,
    make::make,
    pool::Pool,
    prune::remove_unused,
    wire::{self, Answer, Order, Question},
};
use crate::{
    failure::{Code, Failure},
    host::{
        lock::{self, Lock},
        memory, socket,
    },
};

/// Holds the lock, and says which process to end, and that it is making one.
pub(super) const LOCK: &str = "keeper.lock";
/// Behind the process in the lock's note: not to be disturbed.
pub(super) const MAKING: &str = "making";
/// Nobody keeps a keeper waiting.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// After which it leaves, where `PYRO_KEEP_SECONDS` does not say otherwise.
const IDLE_SECONDS: u64 = 3600;
/// What must be left of the host's memory besides a template's own, MiB.
const HEADROOM_MIB: u64 = 256;

/// Keeps the template it is told of on standard input. Its machine dies with this thread, which must be the main one.
pub fn keep(key: &str) -> Result<(), Failure> {
    let mut order = String::new();
    io::stdin().lock().read_to_string(&mut order).map_err(|error| Failure::io("read the keeper's order", &error))?;
    let order: Order = serde_json::from_str(&order)
        .map_err(|error| Failure::internal(format!("the keeper's order is wrong: {error}")))?;
    if order.wanted.key() != key {
        return Err(Failure::internal("the keeper's order is of another template"));
    }
    let failed = |error: io::Error| Failure::io("keep a template", &error);
    let dir = keeper_dir(&order.place, key);
    // Only one that is about to leave can hold it: whoever starts keepers looks for one first, and has a turn for it.
    let held = lock::hold(&dir.join(LOCK)).map_err(failed)?;
    held.note(&format!("{} {MAKING}", std::process::id())).map_err(failed)?;
    let listener = socket::bind(&dir, socket::KEEPER).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    // Whoever started it goes on; the pipe must not stay open for as long as a keeper lives.
    let mut out = io::stdout().lock();
    out.write_all(b".").and_then(|()| out.flush()).map_err(failed)?;
    drop(out);
    let _ = fs::File::options().write(true).open("/dev/null").map(nix::unistd::dup2_stdout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let served = runtime.block_on(async {
        let mut watch = Watch::new(&dir).map_err(failed)?;
        tokio::select! {
            served = serve(&order, listener, &held) => served,
            () = watch.gone() => Ok(()),
        }
    });
    // Reading files in the background must not hold it.
    runtime.shutdown_background();
    served?;
    let _ = fs::remove_file(dir.join(socket::KEEPER));
    Ok(())
}

async fn serve(order: &Order, listener: std::os::unix::net::UnixListener, held: &Lock) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io("keep a template", &error);
    let folder = Folder::new(&order.place.cache, &order.wanted.key());
    let kept = ready(order, &folder).await;
    if let Err(failure) = &kept
        && failure.code != Code::Limit
    {
        folder.note_trouble(&failure.message);
    }
    held.note(&std::process::id().to_string()).map_err(failed)?;
    let listener = UnixListener::from_std(listener).map_err(failed)?;
    let mut pool = Pool::open(order);
    let idle = std::env::var("PYRO_KEEP_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(IDLE_SECONDS);
    let mut idle_at = Instant::now() + Duration::from_secs(idle);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = pool.tend(), if kept.is_ok() => continue,
            () = sleep_until(idle_at.into()) => break,
        };
        let stream = accepted.and_then(|(stream, _)| stream.into_std()).map_err(failed)?;
        idle_at = Instant::now() + Duration::from_secs(idle);
        // One who asks and leaves has what it wanted.
        if let Ok(Some(why)) = answer(&stream, &kept, &mut pool) {
            retire(&folder, &why);
            return Ok(());
        }
        if kept.is_err() && nobody_waits(&listener) {
            // The next one who wants it finds the note, and after an hour a keeper that tries again.
            return Ok(());
        }
    }
    Ok(())
}

/// Answers one question; a complaint is for the caller.
fn answer(stream: &UnixStream, kept: &Result<Loaded, Failure>, pool: &mut Pool) -> io::Result<Option<String>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(ASKED_WITHIN))?;
    match (wire::receive::<Question>(stream)?.0, kept) {
        (Question::Failed(why), _) => return Ok(Some(why)),
        (Question::Take { environment }, _) => {
            let spare = pool.take(&environment);
            wire::send(stream, &spare.map_or(Answer::NoSpare, Answer::Spare), &[])?;
        }
        (Question::Give, Ok(Loaded { saved, disk })) => {
            pool.wanted();
            wire::send(stream, &Answer::Given, &[saved.memory.as_fd(), saved.state.as_fd(), disk.as_fd()])?;
        }
        (Question::Give, Err(failure)) => wire::send(stream, &Answer::None(failure.clone()), &[])?,
    }
    Ok(None)
}

/// The template in memory: as it lies in its folder, or made anew.
async fn ready(order: &Order, folder: &Folder) -> Result<Loaded, Failure> {
    let wanted = u64::from(order.wanted.mem_mib);
    let available = memory::available_mib();
    if available < wanted + HEADROOM_MIB {
        // Nothing to be noted: the next one who wants it looks again.
        let message = format!("the host has {available} MiB of memory left, too little for a template of {wanted} MiB");
        return Err(Failure::new(Code::Limit, message));
    }
    // Another state directory's keeper may be at the same.
    let folder_too = folder.clone();
    let turn = tokio::task::spawn_blocking(move || folder_too.turn()).await.map_err(io::Error::other);
    let _turn = turn.and_then(|turn| turn).map_err(|error| Failure::io("lock the template", &error))?;
    if let Ok(loaded) = folder.load(&order.wanted) {
        return Ok(loaded);
    }
    folder.remove();
    remove_unused(&order.place.cache);
    make(&order.place.cache, folder, &order.wanted).await?;
    folder.load(&order.wanted).map_err(|error| Failure::io("read the template that was just made", &error))
}

/// A template nobody can go on from is made anew; one that is new already would be no better the next time.
fn retire(folder: &Folder, why: &str) {
    if folder.is_new() {
        folder.note_trouble(why);
    }
    folder.remove();
}

/// Whether no connection waits to be taken.
fn nobody_waits(listener: &UnixListener) -> bool {
    let mut polled = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::ZERO).is_ok_and(|ready| ready == 0)
}
