//! Single files out of the guest, whole or in pieces.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use http::HeaderValue;
use nix::{
    fcntl::OFlag,
    sys::stat::{SFlag, fstat},
};
use pyro_protocol::{
    GuestError, GuestErrorCode,
    file::{CUT_HEADER, LENGTH, LINE, LINE_HEADER, LINES, MODE_HEADER, OFFSET, OFFSET_HEADER, PATH, SIZE_HEADER},
};
use pyro_tree::{
    beneath::{kind, permissions},
    refusal, shown,
};

use crate::{
    http::Call,
    piece::{self, Piece, Wanted},
    reply::Reply,
    transfer::{self, PIECE_BYTES},
};

/// Streams a regular file, or a piece of it.
pub(crate) async fn get(call: Call) -> Reply {
    let path = call.agent.root.absolute(call.query(PATH)?)?;
    let wanted = wanted(&call)?;
    let refuse = |error: &io::Error| refusal("read", path.as_os_str(), error);
    // Without O_NONBLOCK a FIFO would hold the agent until somebody writes to it.
    let opened = call.agent.root.open(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK).map_err(|error| refuse(&error))?;
    let stat = fstat(&opened).map_err(|error| refuse(&error.into()))?;
    if kind(&stat) != SFlag::S_IFREG {
        return Err(not_regular(&path, kind(&stat)));
    }
    let size = stat.st_size as u64;
    let found = tokio::task::spawn_blocking(move || {
        let mut source = File::from(opened);
        let piece = piece::find(&source, size, wanted)?;
        // Files of /proc are read from their beginning without being asked about a position.
        if piece.start > 0 {
            source.seek(SeekFrom::Start(piece.start))?;
        }
        Ok((source, piece))
    });
    let (source, piece) = found.await.map_err(io::Error::other).flatten().map_err(|error| refuse(&error))?;
    let mut source = source.take(piece.length.unwrap_or(u64::MAX));
    let mut response = transfer::download(move |to| {
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => to.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    });
    let headers = response.headers_mut();
    if let Ok(mode) = HeaderValue::from_str(&format!("{:o}", permissions(&stat))) {
        headers.insert(MODE_HEADER, mode);
    }
    headers.insert(SIZE_HEADER, HeaderValue::from(size));
    let Piece { start, line, cut, .. } = piece;
    headers.insert(OFFSET_HEADER, HeaderValue::from(start));
    if let Some(line) = line {
        headers.insert(LINE_HEADER, HeaderValue::from(line));
    }
    if cut {
        headers.insert(CUT_HEADER, HeaderValue::from(1));
    }
    Ok(response)
}

fn wanted(call: &Call) -> Result<Wanted, GuestError> {
    let invalid = |message: &str| Err(GuestError::new(GuestErrorCode::Invalid, message));
    let (offset, length) = (call.signed(OFFSET)?, call.number(LENGTH, 10)?);
    let (first, count) = (call.signed(LINE)?, call.number(LINES, 10)?);
    match (offset, first, count) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            invalid("a piece begins at an offset or at a line, not at both")
        }
        (_, Some(0), _) => invalid("lines count from 1, and from the end where negative: there is no line 0"),
        (_, None, None) => Ok(Wanted::Bytes { offset: offset.unwrap_or(0), length }),
        (None, first, count) => Ok(Wanted::Lines { first: first.unwrap_or(1), count, length }),
    }
}

/// A refusal of what is no file.
pub(crate) fn not_regular(path: &Path, kind: SFlag) -> GuestError {
    let what = if kind == SFlag::S_IFDIR { "a directory" } else { "a special file" };
    let path = shown(path.as_os_str().as_encoded_bytes());
    GuestError::new(GuestErrorCode::Conflict, format!("{path} is {what}, not a file"))
}
