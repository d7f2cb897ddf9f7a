//! What a service says, over all of its starts one stream each, written down as it comes.

use std::{fs::File, io, path::Path};

use pyro_protocol::{exec::ExecEnded, frame::Stream};

use super::record::{ServiceRecord, stream_path};
use crate::{ids::ServiceName, supervisor::kept::Kept};

/// Both streams.
pub(super) struct Output {
    kept: [Kept; 2],
    /// Where the present start's output begins.
    bases: [u64; 2],
    lost: u64,
}

impl Output {
    /// Begins anew; what an earlier service of this name said is gone.
    pub(super) fn create(folder: &Path, name: &ServiceName) -> io::Result<Self> {
        let create = |stream| File::create(stream_path(folder, name, stream)).map(Kept::new);
        Ok(Self { kept: [create(Stream::Stdout)?, create(Stream::Stderr)?], bases: [0, 0], lost: 0 })
    }

    /// Takes bytes of the present start; `offset` counts from its beginning.
    pub(super) fn write(&mut self, stream: Stream, offset: u64, bytes: &[u8]) {
        let (at, count) = (stream as usize, bytes.len() as u64);
        // Only a guest that lies says so much that offsets end.
        let offset = self.bases[at].checked_add(offset).filter(|offset| offset.checked_add(count).is_some());
        let lost = offset.map_or(count, |offset| self.kept[at].write(offset, bytes));
        self.lost = self.lost.saturating_add(lost);
    }

    /// The present start is over: what the next one says comes after all that this one said.
    pub(super) fn ended(&mut self, ended: &ExecEnded) {
        for (at, said) in [ended.stdout_bytes, ended.stderr_bytes].into_iter().enumerate() {
            let (seen, end) = (self.kept[at].end(), self.bases[at].saturating_add(said));
            self.lost = self.lost.saturating_add(end.saturating_sub(seen));
            self.bases[at] = end.max(seen);
        }
    }

    /// Writes down how much there is.
    pub(super) fn count(&self, record: &mut ServiceRecord) {
        let said = |at: usize| self.kept[at].end().max(self.bases[at]);
        (record.stdout_bytes, record.stderr_bytes, record.lost_bytes) = (said(0), said(1), self.lost);
    }
}
