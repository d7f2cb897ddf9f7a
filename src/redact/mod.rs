//! Takes secrets out of text before it is stored or told: as they are, in base64, in URLs, in JSON, however the text is
//! cut. One place for every stream.

mod forms;
mod redaction;
mod spelling;

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use bytes::Bytes;

use crate::limits::SECRET_REDACTED_BYTES_MIN;
use forms::Forms;

pub use redaction::Redaction;
pub use spelling::trimmed;

/// What stands where a secret stood.
pub const REDACTED: &str = "[REDACTED]";

/// The secrets that must not be told. Cloning it is cheap; the default has none and costs nothing.
///
/// Every place where a secret occurs, in whichever of its forms, is replaced by [`REDACTED`]; places that overlap are
/// replaced together. A text into which a secret was encoded along with its neighbours across a line break, or encoded
/// twice, is beyond it.
#[derive(Clone, Default)]
pub struct Redactor(Option<Arc<Forms>>);

impl Redactor {
    /// Of these values. Blanks and line ends around them do not belong to them, and what is then shorter than
    /// [`SECRET_REDACTED_BYTES_MIN`] is left out: it would be found everywhere.
    ///
    /// Twenty tokens take 2 ms and 2 MB, 64 values of 64 KiB about a second and up to 200 MB, half as much again while
    /// they are taken in.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut spelled = BTreeSet::new();
        for secret in secrets {
            if !Self::hides(secret) {
                continue;
            }
            for value in BTreeSet::from([spelling::trimmed(secret), spelling::core(secret)]) {
                spelling::spell(value, &mut spelled);
            }
        }
        // Of one that is hardly more than line ends, some forms are shorter.
        spelled.retain(|form: &Vec<u8>| form.len() >= SECRET_REDACTED_BYTES_MIN);
        Self((!spelled.is_empty()).then(|| Arc::new(Forms::new(spelled, forms::HEAD_BYTES))))
    }

    /// Whether such a value is long enough.
    pub fn hides(secret: &[u8]) -> bool {
        spelling::core(secret).len() >= SECRET_REDACTED_BYTES_MIN
    }

    /// Whether there is nothing to redact.
    pub fn is_idle(&self) -> bool {
        self.0.is_none()
    }

    /// A whole text at once.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_idle() {
            return Cow::Borrowed(text);
        }
        let mut stream = self.stream();
        let told = [stream.push(Bytes::copy_from_slice(text.as_bytes())), stream.finish()].concat();
        match told == text.as_bytes() {
            true => Cow::Borrowed(text),
            false => Cow::Owned(String::from_utf8_lossy(&told).into_owned()),
        }
    }

    /// A text whose end somebody cut off: what may be the beginning of a secret there is left out.
    pub fn cut<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_idle() {
            return Cow::Borrowed(text);
        }
        let told = self.stream().push(Bytes::copy_from_slice(text.as_bytes()));
        Cow::Owned(String::from_utf8_lossy(&told).into_owned())
    }

    /// The state of one stream, at its beginning.
    pub fn stream(&self) -> Redaction {
        Redaction::new(self.0.clone())
    }
}

/// Never tells a value.
impl fmt::Debug for Redactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.is_idle() { "Redactor(idle)" } else { "Redactor(..)" })
    }
}

#[cfg(test)]
mod tests;
