//! Files and trees over a link.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use pyro_protocol::{
    file::{FileWritten, MODE_HEADER, SIZE_HEADER, SKIPPED_HEADER, TarUnpacked},
    route,
};

use super::{
    Body, Link, LinkError,
    request::{ANSWER_DEADLINE, encoded, next_piece, within},
};

impl Link {
    /// Writes a file whole or not at all. Without `mode` the old file's stays, or a new one gets 0644.
    pub async fn put_file<S>(&self, path: &str, mode: Option<u32>, pieces: S) -> Result<FileWritten, LinkError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let mode = mode.map(|mode| format!("&mode={mode:o}")).unwrap_or_default();
        let target = format!("{}?path={}{mode}", route::FILE, encoded(path));
        self.upload(&target, pieces).await
    }

    /// Reads a regular file.
    pub async fn get_file(&self, path: &str) -> Result<FileStream, LinkError> {
        let target = format!("{}?path={}", route::FILE, encoded(path));
        let response = within(ANSWER_DEADLINE, self.stream(Method::GET, &target, nothing())).await?;
        let number = |name: &str, base| {
            let text = response.headers().get(name)?.to_str().ok()?;
            u64::from_str_radix(text, base).ok()
        };
        let broken = LinkError::Broken("a file without mode or size");
        let (Some(mode), Some(size)) = (number(MODE_HEADER, 8), number(SIZE_HEADER, 10)) else { return Err(broken) };
        let mode = u32::try_from(mode).map_err(|_| broken)?;
        Ok(FileStream { mode, size, body: response.into_body() })
    }

    /// Unpacks a tar beneath a directory, creating it when missing.
    pub async fn put_tar<S>(&self, path: &str, pieces: S) -> Result<TarUnpacked, LinkError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let target = format!("{}?path={}", route::TAR, encoded(path));
        self.upload(&target, pieces).await
    }

    /// Reads a tree as tar.
    pub async fn get_tar(&self, path: &str) -> Result<TarStream, LinkError> {
        let target = format!("{}?path={}", route::TAR, encoded(path));
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
    body: Incoming,
}

impl FileStream {
    /// Waits for the next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, LinkError> {
        next_piece(&mut self.body).await
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
