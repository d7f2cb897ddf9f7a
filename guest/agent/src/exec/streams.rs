//! What a command reads and writes: three pipes, or one terminal.

use std::{
    io,
    process::{Command, Stdio},
    sync::Arc,
};

use nix::{fcntl::OFlag, unistd::pipe2};
use pyro_protocol::{
    exec::{Stdin, TerminalSize},
    frame::Stream,
};
use tokio::net::unix::pipe;

use super::{
    pump::{Source, output_pipe},
    terminal::Terminal,
};

/// The agent's ends; the command has the others.
pub(super) struct Streams {
    pub(super) stdin: Option<pipe::Sender>,
    pub(super) terminal: Option<Arc<Terminal>>,
    pub(super) outputs: Vec<(Source, Stream)>,
}

impl Streams {
    pub(super) fn open(terminal: Option<TerminalSize>, stdin: Stdin, command: &mut Command) -> io::Result<Self> {
        match terminal {
            Some(size) => Self::terminal(size, command),
            None => Self::pipes(stdin, command),
        }
    }

    fn terminal(size: TerminalSize, command: &mut Command) -> io::Result<Self> {
        let terminal = Arc::new(Terminal::open(size)?);
        terminal.connect(command)?;
        let outputs = vec![(Source::Terminal(terminal.clone()), Stream::Stdout)];
        Ok(Self { stdin: None, terminal: Some(terminal), outputs })
    }

    fn pipes(stdin: Stdin, command: &mut Command) -> io::Result<Self> {
        let (stdout, stdout_write) = output_pipe()?;
        let (stderr, stderr_write) = output_pipe()?;
        command.stdout(stdout_write).stderr(stderr_write);
        let stdin = match stdin {
            Stdin::Null => {
                command.stdin(Stdio::null());
                None
            }
            Stdin::Stream => {
                let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
                command.stdin(read);
                Some(pipe::Sender::from_owned_fd(write)?)
            }
        };
        let outputs = vec![(Source::Pipe(stdout), Stream::Stdout), (Source::Pipe(stderr), Stream::Stderr)];
        Ok(Self { stdin, terminal: None, outputs })
    }
}
