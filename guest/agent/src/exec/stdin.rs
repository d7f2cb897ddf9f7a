//! Feeding a command's standard input.

use std::sync::PoisonError;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use pyro_protocol::{GuestError, GuestErrorCode};
use tokio::{io::AsyncWriteExt, net::unix::pipe};

use super::Exec;

/// The writing end on loan: it goes back unless the input was closed.
struct Loan<'a> {
    exec: &'a Exec,
    pipe: Option<pipe::Sender>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut place = self.exec.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        // The command may have ended meanwhile; then nothing would ever close the pipe.
        *place = self.pipe.take().filter(|_| !self.exec.output.is_over());
    }
}

/// Writes the body and then closes the input. When the body breaks off, the input stays open for another request:
/// closing it would tell the command that it had read everything.
pub(crate) async fn feed(exec: &Exec, mut body: Incoming) -> Result<(), GuestError> {
    let taken = exec.stdin.lock().unwrap_or_else(PoisonError::into_inner).take();
    let closed =
        || GuestError::new(GuestErrorCode::Conflict, "the command's input is closed, in use, or was never asked for");
    let mut loan = Loan { exec, pipe: Some(taken.ok_or_else(closed)?) };
    while let Some(frame) = body.frame().await {
        let broken = |error| GuestError::new(GuestErrorCode::Invalid, format!("input broke off: {error}"));
        let (Ok(bytes), Some(pipe)) = (frame.map_err(broken)?.into_data(), loan.pipe.as_mut()) else { continue };
        tokio::select! {
            written = pipe.write_all(&bytes) => if written.is_err() {
                // The command reads no more, as with `| head -1`: not an error of the one who writes.
                break;
            },
            _ = exec.output.ended() => break,
        }
    }
    loan.pipe = None;
    Ok(())
}
