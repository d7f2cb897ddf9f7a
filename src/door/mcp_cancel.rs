//! Cancellation over HTTP as clients of the session era mean it: by a notification, on another connection.
//!
//! Such a client is given a session's name with its opening. No state stands behind the name: it only keeps one
//! client's numbering of requests apart from another's.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// Where the name stands, in the answer to an opening and in all that follows.
pub(super) const SESSION: &str = "mcp-session-id";
const SESSION_BYTES: usize = 16;

/// A name that nobody guesses.
pub(super) fn fresh_session() -> Result<HeaderValue, Failure> {
    let no_name = |error: &dyn std::fmt::Display| Failure::internal(format!("no name for a session: {error}"));
    let mut bytes = [0; SESSION_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| no_name(&error))?;
    let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    name.try_into().map_err(|error| no_name(&error))
}

/// A request of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    session: HeaderValue,
    id: Id,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

/// What a message is to its session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Opening,
    Request(Key),
    /// Takes a request back.
    Cancel(Key),
    Other,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    id: Option<Id>,
    params: Option<Params>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    request_id: Option<Id>,
}

/// Looks at a message as far as that matters here; whether it is a good one, others decide.
pub(super) fn kind(headers: &HeaderMap, body: &[u8]) -> Kind {
    let Ok(message) = serde_json::from_slice::<Message<'_>>(body) else { return Kind::Other };
    let key = |id: Option<Id>| Some(Key { session: headers.get(SESSION)?.clone(), id: id? });
    let kind = match &*message.method {
        "initialize" => Some(Kind::Opening),
        "notifications/cancelled" => key(message.params.and_then(|params| params.request_id)).map(Kind::Cancel),
        _ => key(message.id).map(Kind::Request),
    };
    kind.unwrap_or(Kind::Other)
}

/// The requests under way. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashMap<Key, CancellationToken>>>);

/// One of them, as long as it lives.
pub(super) struct Registered {
    pub(super) canceled: CancellationToken,
    key: Key,
    among: UnderWay,
}

impl UnderWay {
    /// `None` if its session has a request of this id already, against the rules: that one stays what is canceled.
    pub(super) fn register(&self, key: Key) -> Option<Registered> {
        let canceled = CancellationToken::new();
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => place.insert(canceled.clone()),
        };
        Some(Registered { canceled, key, among: self.clone() })
    }

    /// Cancels a request that is under way; any other is none of our business.
    pub(super) fn cancel(&self, key: &Key) {
        if let Some(canceled) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            canceled.cancel();
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.among.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(session: Option<&'static str>, body: &str) -> Kind {
        let header = session.map(|name| (http::HeaderName::from_static(SESSION), HeaderValue::from_static(name)));
        kind(&header.into_iter().collect(), body.as_bytes())
    }

    fn key(session: &'static str, id: Id) -> Key {
        Key { session: HeaderValue::from_static(session), id }
    }

    #[test]
    fn messages_are_told_apart() {
        let cancel = r#"{"method": "notifications/cancelled", "params": {"requestId": 1, "reason": "enough"}}"#;
        assert_eq!(seen(None, r#"{"id": 0, "method": "initialize", "params": {}}"#), Kind::Opening);
        assert_eq!(seen(Some("a"), cancel), Kind::Cancel(key("a", Id::Number(1))));
        assert_eq!(seen(None, cancel), Kind::Other);
        let call = r#"{"id": "x", "method": "tools/\u0063all", "params": {"arguments": {"a": [1]}}}"#;
        assert_eq!(seen(Some("a"), call), Kind::Request(key("a", Id::Text("x".into()))));
        for other in
            ["", "[]", "{}", r#"{"method": "x"}"#, r#"{"id": [], "method": "x"}"#, r#"{"id": 1.5, "method": ""}"#]
        {
            assert_eq!(seen(Some("a"), other), Kind::Other, "{other}");
        }
    }

    #[test]
    fn only_the_request_named_is_canceled() {
        let under_way = UnderWay::default();
        let request = |session, id| under_way.register(key(session, Id::Number(id)));
        let (one, two, others) = (request("a", 1).unwrap(), request("a", 2).unwrap(), request("b", 1).unwrap());
        assert!(request("a", 1).is_none());
        under_way.cancel(&key("a", Id::Number(1)));
        under_way.cancel(&key("a", Id::Text("2".into())));
        under_way.cancel(&key("c", Id::Number(1)));
        assert!(one.canceled.is_cancelled() && !two.canceled.is_cancelled() && !others.canceled.is_cancelled());
        drop((one, two, others));
        assert!(under_way.0.lock().unwrap().is_empty());
    }

    #[test]
    fn sessions_have_names_of_their_own() {
        let (one, other) = (fresh_session().unwrap(), fresh_session().unwrap());
        assert!(one != other && one.len() == 32);
    }

    proptest! {
        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(kind(&HeaderMap::new(), &body), Kind::Other);
        }
    }
}
