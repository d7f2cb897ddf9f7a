//! Server-sent events, cut anywhere, into messages. Pure.

use serde_json::Value;

/// What came of an event that is not whole yet.
#[derive(Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
}

impl Events {
    /// The messages that end in `bytes`. What is no JSON is nobody's message: such events only keep a connection open.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Value> {
        let mut messages = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if let Some(data) = line.strip_prefix(b"data:") {
                self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
                self.data.push(b'\n');
            } else if line.is_empty() {
                messages.extend(serde_json::from_slice(&std::mem::take(&mut self.data)).ok());
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const STREAM: &str =
        ": here\n\nid: 1\ndata:\n\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:{\"b\":2}\n\nda";

    proptest! {
        #[test]
        fn how_it_is_cut_changes_nothing(cuts in proptest::collection::vec(0..STREAM.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut events = Events::default();
            let messages: Vec<Value> =
                cuts.windows(2).flat_map(|cut| events.take(&STREAM.as_bytes()[cut[0]..cut[1]])).collect();
            prop_assert_eq!(messages, vec![json!({"a": 1}), json!({"b": 2})]);
        }
    }
}
