//! Guests that do not keep to the protocol, as those who follow their commands meet them.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pyro_protocol::{
    exec::{Condition, ExecStarted},
    frame::encode,
    network::{Denied, Rule},
};

use super::*;

mod secrets;

/// A guest that answers whatever is asked with these bytes, and how often it was asked.
async fn answering(answer: Vec<u8>) -> (watch::Sender<Guest>, std::sync::Arc<AtomicUsize>) {
    let (host, guest) = tokio::io::duplex(1024 * 1024);
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let service = service_fn({
        let asked = asked.clone();
        move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            let body = Full::new(Bytes::from(answer.clone()));
            async move { Ok::<_, std::convert::Infallible>(Response::new(body)) }
        }
    });
    tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(guest), service));
    let link = Link::open_plain(Box::new(host)).await.unwrap();
    (watch::Sender::new(Guest::Here(1, link)), asked)
}

async fn follow(guest: &watch::Sender<Guest>) -> Followed {
    Followed::start(guest.subscribe(), &ExecRequest::default(), &Redactor::default()).await.ok().unwrap()
}

#[tokio::test]
async fn what_a_guest_says_of_an_end_is_bounded() {
    let ended = ExecEnded {
        detail: Some("\u{1b}[31m".repeat(50_000)),
        conditions: vec![Condition::DiskFull; 10_000],
        ..ExecEnded::new(ExitReason::Exited, 0)
    };
    let (guest, _) = answering(encode(&Event::Ended(ended)).to_vec()).await;
    let Event::Ended(told) = follow(&guest).await.next().await else { panic!() };
    let detail = told.detail.unwrap();
    assert!(detail.len() <= 500 && !detail.contains('\u{1b}'), "{}", detail.len());
    assert_eq!(told.conditions.len(), 2);
}

#[tokio::test]
async fn what_was_refused_is_not_the_guests_to_tell() {
    let denied = Denied {
        at_ms: 1,
        host: "x".repeat(1000),
        port: 443,
        rule: Rule::NotAllowed,
        allow: Some("*".into()),
        count: 1,
    };
    let ended = ExecEnded {
        conditions: vec![Condition::EgressDenied, Condition::EgressDenied, Condition::DiskFull],
        egress_denied: vec![denied; 100],
        ..ExecEnded::new(ExitReason::Exited, 0)
    };
    let (guest, _) = answering(encode(&Event::Ended(ended)).to_vec()).await;
    let Event::Ended(told) = follow(&guest).await.next().await else { panic!() };
    assert_eq!((told.egress_denied, told.conditions), (vec![], vec![Condition::DiskFull]));
}

#[tokio::test]
async fn nor_is_a_refusal_longer_than_a_sentence() {
    let (guest, _) = answering(encode(&Event::Started(ExecStarted { exec: 1, pid: 1, pgid: 1 })).to_vec()).await;
    let mut command = follow(&guest).await;
    let refusal = GuestError::new(GuestErrorCode::Missing, "\u{1b}]52;".repeat(1000));
    let last = command.unheard(ExitReason::VmDied, format!("the command could not be found again: {refusal}"));
    let [Event::Ended(ended)] = &last[..] else { panic!("{last:?}") };
    let detail = ended.detail.as_ref().unwrap();
    assert!(detail.chars().count() <= 500 && !detail.contains('\u{1b}'), "{detail:?}");
}

#[tokio::test]
async fn a_guest_that_breaks_off_every_answer_keeps_nobody_busy() {
    for nonsense in [vec![], vec![0xff; 100]] {
        let started = encode(&Event::Started(ExecStarted { exec: 1, pid: 1, pgid: 1 }));
        let (guest, asked) = answering([started.to_vec(), nonsense].concat()).await;
        let mut command = follow(&guest).await;
        assert!(matches!(command.next().await, Event::Started(_)));
        let next = async { while matches!(command.next().await, Event::Started(_)) {} };
        assert!(timeout(Duration::from_millis(350), next).await.is_err());
        assert!(asked.load(Ordering::Relaxed) < 10, "{asked:?}");
    }
}
