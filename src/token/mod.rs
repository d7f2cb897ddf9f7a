//! Bearer tokens of callers over HTTP: who they are, what they may do, and until when. A file each; only hashes are kept.

mod record;
mod store;

pub use record::{Allowance, TokenRecord};
pub use store::{NewToken, Refused, Tokens};
