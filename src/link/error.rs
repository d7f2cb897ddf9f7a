//! What can go wrong on a link.

use std::time::Duration;

use pyro_protocol::{GuestError, GuestErrorCode, frame::FrameError};

use crate::failure::{Code, Failure};

/// Why a call over a link has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The session ended. What was asked for may or may not have happened; commands go on.
    #[error("the connection was lost")]
    Lost,
    /// The other end answered that it will not, or could not.
    #[error(transparent)]
    Refused(#[from] GuestError),
    /// No answer within the time allowed.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The other end does not keep to the protocol.
    #[error("the answer makes no sense: {0}")]
    Broken(&'static str),
    /// What was to be sent could not be read.
    #[error("the upload could not be read: {0}")]
    Upload(std::io::ErrorKind),
}

impl From<FrameError> for LinkError {
    fn from(error: FrameError) -> Self {
        Self::Broken(match error {
            FrameError::Kind(_) => "an event of unknown kind",
            FrameError::Length(_) => "an event longer than allowed",
            FrameError::Payload(_) => "an event that cannot be read",
        })
    }
}

/// For those who pass calls on.
impl From<LinkError> for GuestError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Refused(refusal) => refusal,
            error => Self::new(GuestErrorCode::Internal, error.to_string()),
        }
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Lost => Self::new(Code::VmDied, "the connection to the machine was lost"),
            LinkError::Refused(refusal) => {
                let code = match refusal.code {
                    GuestErrorCode::Invalid => Code::Invalid,
                    GuestErrorCode::Missing => Code::Missing,
                    GuestErrorCode::Conflict => Code::Conflict,
                    GuestErrorCode::Denied => Code::Denied,
                    GuestErrorCode::Limit => Code::Limit,
                    GuestErrorCode::Internal => Code::Internal,
                };
                Self::new(code, refusal.message)
            }
            LinkError::Timeout(_) | LinkError::Broken(_) => {
                Self::unavailable(format!("the machine is faulty: {error}"))
            }
            LinkError::Upload(_) => Self::internal(error.to_string()),
        }
    }
}
