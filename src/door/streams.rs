//! Where the command line writes: the process's own streams, or memory in tests. A closed pipe is no error.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

/// Exit status when the reader of standard output went away: 128 and SIGPIPE.
const NO_READER: u8 = 141;
/// Exit status when output could not be written for another reason, such as a full disk.
const NOT_WRITTEN: u8 = 125;

type Sink = Arc<Mutex<Box<dyn Write + Send>>>;

/// Standard output and standard error of one command. Cheap to clone.
#[derive(Clone)]
pub struct Streams {
    out: Sink,
    err: Sink,
    /// Standard error is a terminal.
    pub(super) terminal: bool,
    trouble: Arc<AtomicU8>,
}

/// What was written to streams in memory.
#[derive(Clone, Default)]
pub struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Streams {
    pub fn of_process() -> Self {
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), io::stderr().is_terminal())
    }

    /// Streams for tests: (streams, output, errors).
    pub fn in_memory() -> (Self, Captured, Captured) {
        let (out, err) = (Captured::default(), Captured::default());
        (Self::new(Box::new(out.clone()), Box::new(err.clone()), false), out, err)
    }

    fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, terminal: bool) -> Self {
        let trouble = Arc::new(AtomicU8::new(0));
        Self { out: Arc::new(Mutex::new(out)), err: Arc::new(Mutex::new(err)), terminal, trouble }
    }

    pub(super) fn out(&self, bytes: impl AsRef<[u8]>) {
        self.write(&self.out, bytes.as_ref());
    }

    pub(super) fn err(&self, bytes: impl AsRef<[u8]>) {
        self.write(&self.err, bytes.as_ref());
    }

    /// Something could not be written.
    pub(super) fn broken(&self) -> bool {
        self.trouble().is_some()
    }

    /// The exit status where something could not be written: the reader of standard output went away, or worse.
    pub(super) fn trouble(&self) -> Option<u8> {
        match self.trouble.load(Ordering::Relaxed) {
            0 => None,
            status => Some(status),
        }
    }

    fn write(&self, sink: &Sink, bytes: &[u8]) {
        let written = {
            let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            sink.write_all(bytes).and_then(|()| sink.flush())
        };
        let Err(error) = written else { return };
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.trouble.store(NO_READER, Ordering::Relaxed);
        } else if self.trouble.swap(NOT_WRITTEN, Ordering::Relaxed) == 0 {
            // Once, and not about standard error itself failing.
            let mut err = self.err.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = err.write_all(format!("error: output could not be written: {error}\n").as_bytes());
        }
    }
}
