//! HTTP/1.1 by hand, one request per connection: what a test sends is exactly what it wrote.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

/// The head of an answer, and its body as far as it was not read yet.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    body: Box<dyn BufRead + Send>,
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends a request: its first line, headers as lines, and the body with its length.
pub(crate) fn send(stream: &TcpStream, line: &str, headers: &[&str], body: &[u8]) -> io::Result<()> {
    let mut head = format!("{line} HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|header| head.extend([header, "\r\n"]));
    let mut stream = stream;
    stream.write_all((head + "\r\n").as_bytes())?;
    stream.write_all(body)
}

/// Reads an answer's head.
pub(crate) fn receive(stream: &TcpStream) -> io::Result<Answer> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut next = || -> io::Result<String> {
        let mut line = String::new();
        match reader.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let status = next()?.split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = BTreeMap::new();
    loop {
        let line = next()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let body: Box<dyn BufRead + Send> = match chunked {
        true => Box::new(BufReader::new(Chunks { inner: reader, left: 0 })),
        false => Box::new(reader.take(length)),
    };
    Ok(Answer { status, headers, body })
}

impl Answer {
    pub(crate) fn is_stream(&self) -> bool {
        self.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
    }

    pub(crate) fn text(mut self) -> String {
        let mut text = String::new();
        self.body.read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.body.read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn json(self) -> Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text:?}"))
    }

    /// The next event of a stream; none at its end, orderly or not.
    pub(crate) fn event(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            self.body.read_line(&mut line).ok().filter(|length| *length > 0)?;
            let data = line.trim_end().strip_prefix("data:").map(str::trim_start);
            if let Some(data) = data.filter(|data| !data.is_empty()) {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }
}

/// A chunked body.
struct Chunks<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let mut line = String::new();
            self.inner.read_line(&mut line)?;
            self.left = usize::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = self.left.min(buffer.len());
        let length = self.inner.read(&mut buffer[..most])?;
        self.left -= length;
        if self.left == 0 {
            self.inner.read_exact(&mut [0; 2])?;
        }
        Ok(length)
    }
}
