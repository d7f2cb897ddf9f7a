//! Where the command line writes: the process's own streams, or memory in tests. A closed pipe is no error.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

type Sink = Arc<Mutex<Box<dyn Write + Send>>>;

/// Standard output and standard error of one command. Cheap to clone.
#[derive(Clone)]
pub struct Streams {
    out: Sink,
    err: Sink,
    /// Standard error is a terminal.
    pub(super) terminal: bool,
    broken: Arc<AtomicBool>,
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
        let broken = Arc::new(AtomicBool::new(false));
        Self { out: Arc::new(Mutex::new(out)), err: Arc::new(Mutex::new(err)), terminal, broken }
    }

    pub(super) fn out(&self, bytes: impl AsRef<[u8]>) {
        self.write(&self.out, bytes.as_ref());
    }

    pub(super) fn err(&self, bytes: impl AsRef<[u8]>) {
        self.write(&self.err, bytes.as_ref());
    }

    /// The reader of standard output went away.
    pub(super) fn broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    fn write(&self, sink: &Sink, bytes: &[u8]) {
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.write_all(bytes).and_then(|()| sink.flush()).is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
    }
}
