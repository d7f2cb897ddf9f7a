//! A bound on what a tar may say before an entry comes.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

/// Headers before one entry (long names, pax records, maps of sparse files), bytes: the tar reader holds them in memory.
const HEADERS_BYTES_MAX: u64 = 256 * 1024;
/// What may follow a tar's end, bytes: archives are padded to whole records of a tape.
const TRAILER_BYTES_MAX: u64 = 1024 * 1024;

/// Sets how much a [`Metered`] source may still give.
#[derive(Clone)]
pub(super) struct Meter(Rc<Cell<(u64, &'static str)>>);

impl Meter {
    pub(super) fn headers(&self) {
        self.0.set((HEADERS_BYTES_MAX, "tar has an entry with more than 256 KiB of headers"));
    }

    pub(super) fn content(&self) {
        self.0.set((u64::MAX, "tar has no end"));
    }

    pub(super) fn trailer(&self) {
        self.0.set((TRAILER_BYTES_MAX, "tar is followed by more than 1 MiB of other data"));
    }
}

/// A source that fails with [`io::ErrorKind::QuotaExceeded`] where its meter runs out.
pub(super) struct Metered<R> {
    source: R,
    meter: Meter,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(source: R) -> (Self, Meter) {
        let meter = Meter(Rc::new(Cell::new((0, ""))));
        meter.headers();
        (Self { source, meter: meter.clone() }, meter)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (left, exceeded) = self.meter.0.get();
        let wanted = (buffer.len() as u64).min(left.max(1)) as usize;
        let read = self.source.read(&mut buffer[..wanted])?;
        match left.checked_sub(read as u64) {
            None => Err(io::Error::new(io::ErrorKind::QuotaExceeded, exceeded)),
            Some(left) => {
                self.meter.0.set((left, exceeded));
                Ok(read)
            }
        }
    }
}
