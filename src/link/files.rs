//! Files and trees over a link.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use pyro_protocol::{
    file::{
        CREATE_ONLY, CUT_HEADER, EXPECT, FileWritten, LENGTH, LINE, LINE_HEADER, LINES, MODE, MODE_HEADER, OFFSET,
        OFFSET_HEADER, PATH, SIZE_HEADER, SKIPPED_HEADER, TarUnpacked,
    },
    route,
};

use super::{
    Body, Link, LinkError,
    request::{ANSWER_DEADLINE, encoded, next_piece, within},
};

/// How a file is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutFile {
    /// Permission bits; without them the old file's stay, or a new one gets 0644.
    pub mode: Option<u32>,
    /// Refuses where anything is, be it a link that leads nowhere.
    pub create_only: bool,
    /// Refuses where the old content has another SHA-256 (hex), or nothing is.
    pub expect_sha256: Option<String>,
}

/// Which piece of a file is wanted. Negative numbers count from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes from an offset on, so many at most.
    Bytes { offset: i64, length: Option<u64> },
    /// Lines from one on, the first being 1: so many at most, and no more than `length` bytes of them.
    Lines { first: i64, count: Option<u64>, length: Option<u64> },
}

impl Link {
    /// Writes a file whole or not at all.
    pub async fn put_file<S>(&self, path: &str, put: &PutFile, pieces: S) -> Result<FileWritten, LinkError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let mut target = format!("{}?{PATH}={}", route::FILE, encoded(path));
        if let Some(mode) = put.mode {
            target.push_str(&format!("&{MODE}={mode:o}"));
        }
        if put.create_only {
            target.push_str(&format!("&{CREATE_ONLY}=1"));
        }
        if let Some(hash) = &put.expect_sha256 {
            target.push_str(&format!("&{EXPECT}={}", encoded(hash)));
        }
        self.upload(&target, pieces).await
    }

    /// Reads a regular file.
    pub async fn get_file(&self, path: impl AsRef<[u8]>) -> Result<FileStream, LinkError> {
        self.get_piece(path, Piece::Bytes { offset: 0, length: None }).await
    }

    /// Reads a piece of a regular file. Lines are counted in the guest, before it answers.
    pub async fn get_piece(&self, path: impl AsRef<[u8]>, piece: Piece) -> Result<FileStream, LinkError> {
        let (from, count, length) = match piece {
            Piece::Bytes { offset, length } => (format!("{OFFSET}={offset}"), None, length),
            Piece::Lines { first, count, length } => (format!("{LINE}={first}"), count, length),
        };
        let mut target = format!("{}?{PATH}={}&{from}", route::FILE, encoded(path));
        for (name, value) in [(LINES, count), (LENGTH, length)] {
            if let Some(value) = value {
                target.push_str(&format!("&{name}={value}"));
            }
        }
        let response = within(ANSWER_DEADLINE, self.stream(Method::GET, &target, nothing())).await?;
        let number = |name: &str, base| {
            let text = response.headers().get(name)?.to_str().ok()?;
            u64::from_str_radix(text, base).ok()
        };
        let broken = LinkError::Broken("a file without mode or size");
        let (Some(mode), Some(size)) = (number(MODE_HEADER, 8), number(SIZE_HEADER, 10)) else { return Err(broken) };
        let mode = u32::try_from(mode).map_err(|_| broken)?;
        Ok(FileStream {
            mode,
            size,
            offset: number(OFFSET_HEADER, 10).unwrap_or(0),
            first_line: number(LINE_HEADER, 10),
            cut: number(CUT_HEADER, 10) == Some(1),
            left: length.unwrap_or(u64::MAX),
            body: response.into_body(),
        })
    }

    /// Unpacks a tar beneath a directory, creating it when missing.
    pub async fn put_tar<S>(&self, path: &str, pieces: S) -> Result<TarUnpacked, LinkError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let target = format!("{}?{PATH}={}", route::TAR, encoded(path));
        self.upload(&target, pieces).await
    }

    /// Reads a tree as tar; of one file or link, that.
    pub async fn get_tar(&self, path: impl AsRef<[u8]>) -> Result<TarStream, LinkError> {
        let target = format!("{}?{PATH}={}", route::TAR, encoded(path));
        let response = within(ANSWER_DEADLINE, self.stream(Method::GET, &target, nothing())).await?;
        Ok(TarStream { body: response.into_body(), skipped: None })
    }
}

pub(super) fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A file on its way out of the guest.
#[derive(Debug)]
pub struct FileStream {
    /// Permission bits.
    pub mode: u32,
    /// Bytes when it was opened; files of `/proc` say 0 and a growing file has more.
    pub size: u64,
    /// Where in the file the first byte sent lies.
    pub offset: u64,
    /// Number of the first line sent, from 1; `None` when it was counted from the end, or not asked for. One more than the
    /// file has lines when there is no such line.
    pub first_line: Option<u64>,
    /// More was there, and asked for, than the length let through.
    pub cut: bool,
    /// Bytes that may still come.
    left: u64,
    body: Incoming,
}

impl FileStream {
    /// Waits for the next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, LinkError> {
        let Some(piece) = next_piece(&mut self.body).await? else { return Ok(None) };
        self.left =
            self.left.checked_sub(piece.len() as u64).ok_or(LinkError::Broken("a piece longer than asked for"))?;
        Ok(Some(piece))
    }
}

/// A tree on its way out of the guest.
#[derive(Debug)]
pub struct TarStream {
    body: Incoming,
    skipped: Option<Vec<String>>,
}

impl TarStream {
    /// Waits for the next piece; `None` at the end of a whole tar. One that stops before is [`LinkError::Lost`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, LinkError> {
        while self.skipped.is_none() {
            let frame = self.body.frame().await.ok_or(LinkError::Lost)?.map_err(|_| LinkError::Lost)?;
            match frame.into_data() {
                Ok(piece) => return Ok(Some(piece)),
                Err(frame) => self.skipped = Some(frame.trailers_ref().map(left_out).transpose()?.unwrap_or_default()),
            }
        }
        Ok(None)
    }

    /// The special files that were left out; known once [`TarStream::next`] has answered `None`.
    pub fn skipped(&self) -> &[String] {
        self.skipped.as_deref().unwrap_or_default()
    }
}

fn left_out(trailers: &HeaderMap) -> Result<Vec<String>, LinkError> {
    let list = trailers.get(SKIPPED_HEADER).ok_or(LinkError::Broken("a tar without its trailer"))?;
    let json = STANDARD.decode(list.as_bytes()).map_err(|_| LinkError::Broken("a trailer that is not base64"))?;
    serde_json::from_slice(&json).map_err(|_| LinkError::Broken("a trailer that is not a list of paths"))
}
