//! The server's name in the first message of a TLS connection. Pure.
//!
//! What servers might read differently is broken here: the name must be one, alone, and in a message without fault.

use crate::limits;

/// What a connection's first bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Peek {
    /// The beginning of what may become TLS.
    NeedMore,
    NotTls,
    Tls {
        /// The name the client wants to reach, as it says it.
        sni: Option<String>,
    },
    /// TLS, but no message that can be trusted.
    Broken,
}

const HANDSHAKE: u8 = 22;
/// Some servers take any version below this for TLS.
const MAJOR_VERSION_END: u8 = 16;
const RECORD_HEAD_BYTES: usize = 5;
const RECORD_BYTES_MAX: usize = 16 * 1024;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: usize = 0;
const HOST_NAME: u8 = 0;

/// Looks at everything a client has sent so far.
pub(super) fn peek(bytes: &[u8]) -> Peek {
    match bytes {
        [] | [HANDSHAKE] => return Peek::NeedMore,
        [HANDSHAKE, major, ..] if *major < MAJOR_VERSION_END => {}
        _ => return Peek::NotTls,
    }
    match message(bytes) {
        Some(Ok(message)) => hello(Bytes(&message)).map_or(Peek::Broken, |sni| Peek::Tls { sni }),
        Some(Err(Faulty)) => Peek::Broken,
        None if bytes.len() >= limits::HELLO_BYTES_MAX => Peek::Broken,
        None => Peek::NeedMore,
    }
}

struct Faulty;

/// The first message, out of as many records as it was cut into; `None` where more bytes are needed.
fn message(mut bytes: &[u8]) -> Option<Result<Vec<u8>, Faulty>> {
    let mut message = Vec::new();
    loop {
        let (&[kind, _, _, high, low], rest) = bytes.split_first_chunk::<RECORD_HEAD_BYTES>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if kind != HANDSHAKE || !(1..=RECORD_BYTES_MAX).contains(&length) {
            return Some(Err(Faulty));
        }
        message.extend_from_slice(&rest[..length.min(rest.len())]);
        if let [kind, length @ ..] = &message[..message.len().min(4)] {
            let whole = match length {
                [high, middle, low] => Some(u32::from_be_bytes([0, *high, *middle, *low]) as usize),
                _ => None,
            };
            if *kind != CLIENT_HELLO || whole.is_some_and(|whole| whole > limits::HELLO_BYTES_MAX) {
                return Some(Err(Faulty));
            }
            if let Some(body) = whole.and_then(|whole| message.get(4..4 + whole)) {
                return Some(Ok(body.to_vec()));
            }
        }
        bytes = rest.get(length..)?;
    }
}

/// The name in a client's hello; `None` where the hello is faulty.
fn hello(mut hello: Bytes<'_>) -> Option<Option<String>> {
    let _version_and_random = hello.take(2 + 32)?;
    let _session = hello.sized::<1>()?;
    let _ciphers = hello.sized::<2>()?;
    let _compressions = hello.sized::<1>()?;
    if hello.0.is_empty() {
        return Some(None);
    }
    let mut extensions = hello.sized::<2>()?;
    let mut name = None;
    while !extensions.0.is_empty() {
        let kind = extensions.number::<2>()?;
        let content = extensions.sized::<2>()?;
        if kind == SERVER_NAME && name.replace(server_name(content)?).is_some() {
            return None;
        }
    }
    hello.0.is_empty().then_some(name)
}

/// The only name of a list of names.
fn server_name(mut content: Bytes<'_>) -> Option<String> {
    let mut list = content.sized::<2>()?;
    let (kind, name) = (list.take(1)?, list.sized::<2>()?);
    let alone = kind == [HOST_NAME] && list.0.is_empty() && content.0.is_empty() && !name.0.is_empty();
    alone.then(|| String::from_utf8(name.0.to_vec()).ok())?
}

/// What is left to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of `N` bytes.
    fn number<const N: usize>(&mut self) -> Option<usize> {
        Some(self.take(N)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// As many bytes as the number before them says.
    fn sized<const N: usize>(&mut self) -> Option<Self> {
        let count = self.number::<N>()?;
        self.take(count).map(Bytes)
    }
}
