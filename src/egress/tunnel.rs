//! One tunnel: bytes both ways, the client's held until its first message is judged.

use bytes::BytesMut;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split};

use super::{
    decide::Refusal,
    hello::{Peek, peek},
};
use crate::limits;

/// What is read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// How a tunnel ended.
pub(super) enum End {
    /// Both sides are done, or one broke.
    Over,
    Refused(Refusal),
}

/// Why a direction ended before its end.
enum Stop {
    /// Who should send is gone.
    Broken,
    /// Who should receive takes no more.
    Unwanted,
    Refused(Refusal),
}

/// Carries bytes between both until both are done. `judge` is asked about the client's first message. Both sides are open still when it ends.
pub(super) async fn carry<C, S>(client: &mut C, server: &mut S, judge: impl Fn(&Peek) -> Result<(), Refusal>) -> End
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from_client, mut to_client) = split(client);
    let (from_server, mut to_server) = split(server);
    let up = async {
        let mut held = BytesMut::new();
        first_message(&mut from_client, &mut held, judge).await?;
        let said = held.freeze();
        match pass((&said[..]).chain(from_client), &mut to_server).await {
            // It may still have something to say: why, perhaps.
            Err(Stop::Unwanted) => Ok(()),
            ended => ended,
        }
    };
    let down = pass(from_server, &mut to_client);
    match tokio::try_join!(up, down) {
        Err(Stop::Refused(refusal)) => End::Refused(refusal),
        Ok(_) | Err(Stop::Broken | Stop::Unwanted) => End::Over,
    }
}

/// Reads until it can be told what is spoken. A client that leaves before it said a word has said nothing wrong.
async fn first_message(
    client: &mut (impl AsyncRead + Unpin),
    held: &mut BytesMut,
    judge: impl Fn(&Peek) -> Result<(), Refusal>,
) -> Result<(), Stop> {
    loop {
        let peeked = peek(held);
        if peeked == Peek::NeedMore {
            held.reserve(limits::HELLO_BYTES_MAX.saturating_sub(held.len()).max(1));
            if client.read_buf(held).await.map_err(|_| Stop::Broken)? > 0 {
                continue;
            }
            if held.is_empty() {
                return Ok(());
            }
        }
        return judge(&peeked).map_err(Stop::Refused);
    }
}

/// Passes bytes on, and then their end.
async fn pass(from: impl AsyncRead + Unpin, to: &mut (impl AsyncWrite + Unpin)) -> Result<(), Stop> {
    let mut from = BufReader::with_capacity(BUFFER_BYTES, from);
    loop {
        let bytes = from.fill_buf().await.map_err(|_| Stop::Broken)?;
        let count = bytes.len();
        if count == 0 {
            return to.shutdown().await.map_err(|_| Stop::Unwanted);
        }
        to.write_all(bytes).await.map_err(|_| Stop::Unwanted)?;
        // What lies in a buffer here is awaited there.
        to.flush().await.map_err(|_| Stop::Unwanted)?;
        from.consume(count);
    }
}
