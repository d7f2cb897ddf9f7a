//! What host and guest agent say to each other: routes, types and framing. No I/O happens here.
//!
//! The two ends may be of different ages (a VM lives on while the host is upgraded), so a change of these types
//! either keeps old readers working or raises [`GENERATION`], which both ends tell each other in [`control::Health`].

pub mod control;
pub mod exec;
pub mod file;
pub mod frame;
pub mod network;
pub mod preamble;
pub mod probe;
pub mod ring;
pub mod route;
pub mod tree;

use serde::{Deserialize, Serialize};

/// Generation of this protocol; raised by every incompatible change.
pub const GENERATION: u32 = 1;

/// The vsock port where the agent listens in a machine without a virtio-serial port.
pub const VSOCK_PORT: u32 = 5005;

/// Why the agent refused or failed, as the JSON body of an answer whose HTTP status is not 2xx.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct GuestError {
    pub code: GuestErrorCode,
    /// One sentence naming the thing that failed.
    pub message: String,
}

/// What kind of refusal it is; each maps to one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestErrorCode {
    /// 400: the request makes no sense.
    Invalid,
    /// 404: the file, command or route does not exist.
    Missing,
    /// 409: it exists already, or is in the wrong state.
    Conflict,
    /// 403: the guest's kernel or the agent's root forbids it.
    Denied,
    /// 507: disk, memory or a stated limit is used up.
    Limit,
    /// 500: the agent failed.
    Internal,
}

impl GuestErrorCode {
    /// The HTTP status that carries this code.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Missing => 404,
            Self::Conflict => 409,
            Self::Denied => 403,
            Self::Limit => 507,
            Self::Internal => 500,
        }
    }
}

impl GuestError {
    pub fn new(code: GuestErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
