//! What Firecracker tells of itself: read from pipes, and kept in files that never exceed their bound.
//!
//! It would append to files for as long as it runs, also what its guest provokes. It opens a pipe without waiting for readers
//! and drops what finds no room, so that a slow reader costs lines and not the machine.

use std::{
    fs::File,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::{fcntl::OFlag, sys::stat::Mode, unistd::mkfifo};
use tokio::net::unix::pipe;

use super::{config, place};
use crate::{
    redact::Redactor,
    vm::{
        console::{self, Tail},
        vmm::Owner,
    },
};

/// In the machine's directory, beside the console; each as bounded as that is.
const FILES: [(&str, &str); 2] = [(config::LOG, "firecracker.log"), (config::METRICS, "firecracker-metrics.jsonl")];

/// Holds the pipes open until Firecracker has opened them: dropped then, their readers end with it.
#[derive(Debug)]
pub(super) struct Said {
    _writers: Vec<File>,
}

/// Makes the pipes in `place` and keeps what comes out of them in `dir`, as `redactor` tells it.
pub(super) fn keep(place: &Path, dir: &Path, owner: Option<Owner>, redactor: &Redactor) -> io::Result<Said> {
    let mut writers = Vec::new();
    for (name, file) in FILES {
        let (reader, writer) = make(&place.join(name), owner)?;
        writers.push(writer);
        let (path, redaction): (PathBuf, _) = (dir.join(file), redactor.stream());
        // It has what there was once the machine is gone; nobody waits for it.
        tokio::spawn(async move { console::keep(reader, &path, Tail::default(), redaction).await });
    }
    Ok(Said { _writers: writers })
}

fn make(path: &Path, owner: Option<Owner>) -> io::Result<(pipe::Receiver, File)> {
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits();
    let reader = File::options().read(true).custom_flags(flags).open(path)?;
    place::give(&reader, owner)?;
    let writer = File::options().write(true).custom_flags(flags).open(path)?;
    Ok((pipe::Receiver::from_file(reader)?, writer))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::limits::CONSOLE_KEPT_BYTES;

    #[tokio::test]
    async fn however_much_it_says_its_files_stay_bounded() {
        let (place, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let said = keep(place.path(), dir.path(), None, &Redactor::new([&b"hunter2"[..]])).unwrap();
        let write = |name: &str| File::options().write(true).open(place.path().join(name)).unwrap();
        let (mut log, mut metrics) = (write(config::LOG), write(config::METRICS));
        drop(said);
        metrics.write_all(b"{\"token\": \"hunter2\"}\n").unwrap();
        drop(metrics);
        let flood = tokio::task::spawn_blocking(move || {
            for _ in 0..40 {
                log.write_all(&[b'x'; 16 * 1024]).unwrap();
            }
            log.write_all(b"the end\n").unwrap();
        });
        flood.await.unwrap();
        let kept = |name| std::fs::read_to_string(dir.path().join(name)).unwrap_or_default();
        while !kept("firecracker.log").ends_with("the end\n") || kept("firecracker-metrics.jsonl").is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(kept("firecracker.log").len() <= CONSOLE_KEPT_BYTES);
        assert_eq!(kept("firecracker-metrics.jsonl"), "{\"token\": \"[REDACTED]\"}\n");
    }
}
