//! Trees listed, changed and held still over a link.

use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use pyro_protocol::{
    file::PATH,
    route,
    tree::{AFTER, Applied, ApplyRequest, DEPTH, Decoder, EXCLUDE_GIT, Entry, Record},
};
use pyro_tree::WalkOptions;

use super::{
    Link, LinkError,
    files::nothing,
    request::{ANSWER_DEADLINE, encoded, next_piece, within},
};

impl Link {
    /// Lists everything below a directory, parents first and as [`pyro_tree::compare_paths`] orders it; of a file or link,
    /// itself.
    pub async fn walk(&self, path: impl AsRef<[u8]>, options: &WalkOptions) -> Result<WalkStream, LinkError> {
        let mut target = format!("{}?{PATH}={}", route::WALK, encoded(path));
        if let Some(depth) = options.depth {
            target.push_str(&format!("&{DEPTH}={depth}"));
        }
        if options.exclude_git {
            target.push_str(&format!("&{EXCLUDE_GIT}=1"));
        }
        if let Some(after) = &options.after {
            target.push_str(&format!("&{AFTER}={}", encoded(after)));
        }
        let response = within(ANSWER_DEADLINE, self.stream(Method::GET, &target, nothing())).await?;
        Ok(WalkStream { body: response.into_body(), decoder: Decoder::default(), count: 0, over: false })
    }

    /// Changes the tree below a directory by a tar and a list of deletions: all of it or nothing. A refusal because of
    /// what is there names up to ten obstacles.
    pub async fn apply<S>(&self, path: &str, request: &ApplyRequest, pieces: S) -> Result<Applied, LinkError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let unwritable = LinkError::Broken("the request cannot be written");
        let json = serde_json::to_vec(request).map_err(|_| unwritable.clone())?;
        let length = u32::try_from(json.len()).map_err(|_| unwritable)?;
        let head = [&length.to_be_bytes()[..], &json].concat();
        let target = format!("{}?{PATH}={}", route::APPLY, encoded(path));
        self.upload(&target, stream::iter([Ok(head.into())]).chain(pieces)).await
    }

    /// Makes the guest's file systems consistent on disk and holds writes to them back, until the answer is dropped.
    pub async fn freeze(&self) -> Result<Frozen, LinkError> {
        let response = within(ANSWER_DEADLINE, self.stream(Method::POST, route::FREEZE, nothing())).await?;
        Ok(Frozen { body: response.into_body() })
    }
}

/// A tree on its way out of the guest, entry by entry.
#[derive(Debug)]
pub struct WalkStream {
    body: Incoming,
    decoder: Decoder,
    count: u64,
    over: bool,
}

impl WalkStream {
    /// Waits for the next entry; `None` after the last of a whole walk. One that stops before is [`LinkError::Lost`].
    pub async fn next(&mut self) -> Result<Option<Entry>, LinkError> {
        while !self.over {
            match self.decoder.next_record().map_err(|_| LinkError::Broken("a record that cannot be read"))? {
                Some(Record::Entry(entry)) => {
                    self.count += 1;
                    return Ok(Some(entry));
                }
                Some(Record::End(count)) if count == self.count => self.over = true,
                Some(Record::End(_)) => return Err(LinkError::Broken("a walk that lost entries")),
                None => match next_piece(&mut self.body).await? {
                    Some(piece) => self.decoder.push(&piece),
                    None => return Err(LinkError::Lost),
                },
            }
        }
        Ok(None)
    }
}

/// A guest whose file systems stand still. Dropping it lets them go on; the guest does so by itself after
/// [`pyro_protocol::tree::FROZEN_SECONDS_MAX`].
#[derive(Debug)]
pub struct Frozen {
    body: Incoming,
}

impl Frozen {
    /// Waits until the freeze is over although it was not dropped: what was copied since is worthless.
    pub async fn broken(&mut self) {
        // Nothing is ever sent: whatever comes is the end.
        let _ = self.body.frame().await;
    }
}
