//! Moves a command's output into its [`Output`].

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
};
use pyro_protocol::frame::Stream;
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    sync::{oneshot, watch},
    time::sleep,
};

use super::{output::Output, terminal::Terminal};
use crate::sys;

/// Of a command's output, bytes that may wait in its pipe: those that fit are there after its end, too.
const PIPE_BYTES: i32 = 256 * 1024;
/// Taken out of it at once, bytes.
const PIECE_BYTES: usize = PIPE_BYTES as usize;

/// A terminal holds less than this, bytes.
const TERMINAL_BYTES: usize = 256 * 1024;
/// A piece of its output shorter than this, bytes, is one of many small ones, or the last...
const SMALL_BYTES: usize = 1024;
/// ...and for this long it is left to gather more. The agent runs before all others: without a pause it would take
/// every line of a program alone, and carrying one costs more than writing it.
const GATHER: Duration = Duration::from_millis(1);

/// Where output comes from.
pub(super) enum Source {
    Pipe(Receiver),
    Terminal(Arc<Terminal>),
}

impl Source {
    /// Reads what has come since the last read, which took so many bytes.
    async fn read(&mut self, last: usize, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Pipe(pipe) => pipe.read(into).await,
            Self::Terminal(terminal) => {
                if last < SMALL_BYTES {
                    sleep(GATHER).await;
                }
                terminal.read(into).await
            }
        }
    }

    /// Bytes that may be in it now. A terminal cannot tell all of its own.
    fn waiting(&self) -> usize {
        match self {
            Self::Pipe(pipe) => sys::bytes_waiting(pipe).unwrap_or(0),
            Self::Terminal(_) => TERMINAL_BYTES,
        }
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Pipe(pipe) => pipe.as_fd(),
            Self::Terminal(terminal) => terminal.as_fd(),
        }
    }
}

/// Reads until the source's end, or, once it is cut, what is in it at that moment; then tells `settled`. A child left
/// behind may keep a pipe open: what it writes later is read and thrown away, so that it never blocks. A terminal is
/// gone for all when the leader has exited.
pub(super) async fn pump(
    mut source: Source,
    stream: Stream,
    output: Arc<Output>,
    mut cut: watch::Receiver<bool>,
    settled: oneshot::Sender<()>,
) {
    let mut piece = vec![0; PIECE_BYTES];
    let mut last = SMALL_BYTES;
    let open = loop {
        let read = tokio::select! {
            biased;
            _ = cut.wait_for(|cut| *cut) => break true,
            read = source.read(last, &mut piece) => read,
        };
        match read {
            Ok(0) | Err(_) => break false,
            Ok(read) => {
                output.write(stream, &piece[..read]).await;
                last = read;
            }
        }
    };
    if open {
        let mut waiting = source.waiting();
        while waiting > 0 {
            let wanted = waiting.min(piece.len());
            match nix::unistd::read(&source, &mut piece[..wanted]) {
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
    if open && let Source::Pipe(mut pipe) = source {
        while !matches!(pipe.read(&mut piece).await, Ok(0) | Err(_)) {}
    }
}

/// A pipe whose reading end belongs to the runtime; the writing end is for a child.
pub(super) fn output_pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    // A larger pipe saves changes between processes; where the kernel refuses one, the usual size does.
    let _ = fcntl(&write, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
    Ok((Receiver::from_owned_fd(read)?, write))
}

#[cfg(test)]
mod tests {
    use pyro_protocol::exec::TerminalSize;
    use tokio::{task::yield_now, time::Instant};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn small_pieces_of_a_terminal_gather_and_large_ones_do_not_wait() {
        let terminal = Arc::new(Terminal::open(TerminalSize { cols: 80, rows: 24 }).unwrap());
        let program = terminal.program();
        let write = |text: &str| assert_eq!(nix::unistd::write(&program, text.as_bytes()), Ok(text.len()));
        let output = Arc::new(Output::new());
        let (_cut, cut) = watch::channel(false);
        let (_, mut grown) = output.attach([0, 0]);
        tokio::spawn(pump(Source::Terminal(terminal), Stream::Stdout, output.clone(), cut, oneshot::channel().0));

        write("one");
        grown.changed().await.unwrap();
        assert_eq!(output.written(), [3, 0]);
        write("two");
        // Time stands still while there is something to do.
        for _ in 0..1000 {
            yield_now().await;
        }
        assert_eq!(output.written(), [3, 0]);
        grown.changed().await.unwrap();
        assert_eq!(output.written(), [6, 0]);

        write(&"x".repeat(2 * SMALL_BYTES));
        while output.written()[0] < 6 + 2 * SMALL_BYTES as u64 {
            grown.changed().await.unwrap();
        }
        let now = Instant::now();
        write("three");
        grown.changed().await.unwrap();
        assert_eq!(Instant::now(), now);
    }
}
