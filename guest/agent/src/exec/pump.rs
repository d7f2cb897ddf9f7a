//! Moves one output pipe of a command into its [`Output`].

use std::{io, os::fd::OwnedFd, sync::Arc};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
};
use pyro_protocol::frame::Stream;
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    sync::{oneshot, watch},
};

use super::output::Output;
use crate::sys;

/// Of a command's output, bytes that may wait in its pipe: those that fit are there after its end, too.
const PIPE_BYTES: i32 = 256 * 1024;
/// Taken out of it at once, bytes.
const PIECE_BYTES: usize = PIPE_BYTES as usize;

/// Reads until the pipe's end, or, once the command's leader has exited, what is in the pipe at that moment; then tells
/// `settled`. A child left behind may keep the pipe open: what it writes later is read and thrown away, so that it never
/// blocks.
pub(crate) async fn pump(
    pipe: Receiver,
    stream: Stream,
    output: Arc<Output>,
    mut exited: watch::Receiver<bool>,
    settled: oneshot::Sender<()>,
) {
    let mut pipe = pipe;
    let mut piece = vec![0; PIECE_BYTES];
    let open = loop {
        let read = tokio::select! {
            biased;
            _ = exited.wait_for(|exited| *exited) => break true,
            read = pipe.read(&mut piece) => read,
        };
        match read {
            Ok(0) | Err(_) => break false,
            Ok(read) => output.write(stream, &piece[..read]).await,
        }
    };
    if open {
        let mut waiting = sys::bytes_waiting(&pipe).unwrap_or(0);
        while waiting > 0 {
            let wanted = waiting.min(piece.len());
            match nix::unistd::read(&pipe, &mut piece[..wanted]) {
                Ok(0) => break,
                Ok(read) => {
                    waiting -= read;
                    output.write(stream, &piece[..read]).await;
                }
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
    }
    let _ = settled.send(());
    drop(output);
    if open {
        while !matches!(pipe.read(&mut piece).await, Ok(0) | Err(_)) {}
    }
}

/// A pipe whose reading end belongs to the runtime; the writing end is for a child.
pub(crate) fn output_pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    // A larger pipe saves changes between processes; where the kernel refuses one, the usual size does.
    let _ = fcntl(&write, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
    Ok((Receiver::from_owned_fd(read)?, write))
}
