//! Waiting for devices whose drivers probe in their own time.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::channel::Channel;

/// Most drivers are done when their module is loaded; the rest within milliseconds, even when emulated on a busy host.
const LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(2);

pub(super) fn for_paths(paths: &[&PathBuf]) -> io::Result<()> {
    for path in paths {
        until(path, || Ok(path.exists().then_some(())))?;
    }
    Ok(())
}

pub(super) fn for_channel() -> io::Result<Channel> {
    until(Path::new("virtio-serial port \"agent\" or a vsock"), Channel::find)
}

fn until<T>(what: &Path, mut look: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if begun.elapsed() > LIMIT {
            return Err(io::Error::other(format!("{} did not appear within {LIMIT:?}", what.display())));
        }
        std::thread::sleep(POLL);
    }
}
