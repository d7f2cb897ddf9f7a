//! Secrets in what a guest says, cut by frames, by broken links, by gaps and by the end.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt, stream};
use http_body_util::{StreamBody, combinators::BoxBody};
use hyper::body::Frame;
use pyro_protocol::frame::OUTPUT_BYTES_MAX;

use super::*;

const SECRET: &[u8] = b"hunter2";

/// A guest that answers one request after the other with these events, and what it was asked. The last answer stays open
/// where it has no end.
async fn saying(answers: Vec<Vec<Event>>) -> (watch::Sender<Guest>, Arc<Mutex<Vec<String>>>) {
    let (host, guest) = tokio::io::duplex(1024 * 1024);
    let asked = Arc::new(Mutex::new(vec![]));
    let service = service_fn({
        let asked = asked.clone();
        move |request: http::Request<hyper::body::Incoming>| {
            let mut asked = asked.lock().unwrap();
            let frames: Vec<Bytes> = answers.get(asked.len()).into_iter().flatten().map(encode).collect();
            asked.push(request.uri().path_and_query().unwrap().to_string());
            let said = stream::iter(frames.into_iter().map(|frame| Ok::<_, Infallible>(Frame::data(frame))));
            let body = match asked.len() < answers.len() {
                true => BoxBody::new(StreamBody::new(said)),
                false => BoxBody::new(StreamBody::new(said.chain(stream::pending()))),
            };
            async move { Ok::<_, Infallible>(Response::new(body)) }
        }
    });
    tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(guest), service));
    let link = Link::open_plain(Box::new(host)).await.unwrap();
    (watch::Sender::new(Guest::Here(1, link)), asked)
}

async fn follow(guest: &watch::Sender<Guest>) -> Followed {
    Followed::start(guest.subscribe(), &ExecRequest::default(), &Redactor::new([SECRET])).await.ok().unwrap()
}

fn started() -> Event {
    Event::Started(ExecStarted { exec: 1, pid: 1, pgid: 1 })
}

fn out(offset: u64, text: &str) -> Event {
    Event::Output { stream: Stream::Stdout, offset, bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

fn err(offset: u64, text: &str) -> Event {
    Event::Output { stream: Stream::Stderr, offset, bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

fn ended(stdout_bytes: u64, stderr_bytes: u64) -> Event {
    Event::Ended(ExecEnded { stdout_bytes, stderr_bytes, ..ExecEnded::new(ExitReason::Exited, 0) })
}

/// All that is told of a command.
async fn told(guest: &watch::Sender<Guest>) -> Vec<Event> {
    let mut command = follow(guest).await;
    let mut told = vec![];
    while !matches!(told.last(), Some(Event::Ended(_))) {
        told.push(timeout(Duration::from_secs(10), command.next()).await.unwrap());
    }
    told
}

#[tokio::test]
async fn frames_may_cut_it_and_each_stream_is_its_own() {
    let said = vec![started(), out(0, "is hun"), err(0, "ter2 hunter2!"), out(6, "ter2\n"), ended(11, 13)];
    let (guest, _) = saying(vec![said]).await;
    let expected = [started(), out(0, "is "), err(0, "ter2 [REDACTED]!"), out(3, "[REDACTED]\n"), ended(14, 16)];
    assert_eq!(told(&guest).await, expected);
}

#[tokio::test]
async fn a_link_that_breaks_in_the_middle_is_taken_up_where_the_guest_is() {
    let (guest, asked) =
        saying(vec![vec![started(), out(0, "hunter2 hunt")], vec![out(12, "er2."), ended(16, 0)]]).await;
    let expected = [started(), out(0, "[REDACTED] "), out(11, "[REDACTED]."), ended(22, 0)];
    assert_eq!(told(&guest).await, expected);
    let asked = asked.lock().unwrap();
    assert!(asked[1].ends_with("?stdout=12&stderr=0"), "{asked:?}");
}

#[tokio::test]
async fn a_gap_ends_what_was_held_and_stays_as_long() {
    let said = vec![started(), out(0, "hunter2 hunt"), out(22, "er2 hun"), ended(34, 5)];
    let (guest, _) = saying(vec![said]).await;
    let expected = [started(), out(0, "[REDACTED] "), out(11, "hunt"), out(25, "er2 "), out(29, "hun"), ended(37, 5)];
    assert_eq!(told(&guest).await, expected);
}

#[tokio::test]
async fn the_end_tells_what_is_held_and_no_secret_itself() {
    let end =
        ExecEnded { detail: Some(format!("{}: hunter2", "x".repeat(490))), ..ExecEnded::new(ExitReason::Exited, 1) };
    let (guest, _) = saying(vec![vec![started(), out(0, "a hunte"), Event::Ended(end)]]).await;
    let told = told(&guest).await;
    assert_eq!(told[..3], [started(), out(0, "a "), out(2, "hunte")]);
    let Event::Ended(ended) = &told[3] else { panic!("{told:?}") };
    assert_eq!(ended.stdout_bytes, 7);
    assert_eq!(ended.detail.as_deref(), Some(&*format!("{}: [REDACTE", "x".repeat(490))), "redacted, then cut");
}

#[tokio::test]
async fn a_prompt_is_seen_though_it_may_begin_a_secret() {
    let (guest, _) = saying(vec![vec![started(), out(0, "password, h"), err(0, "hunt")]]).await;
    let mut command = follow(&guest).await;
    assert_eq!(command.next().await, started());
    assert_eq!(command.next().await, out(0, "password, "));
    let mut seen = None;
    while seen.is_none() {
        // Whoever listens looks elsewhere in between.
        seen = timeout(Duration::from_millis(3), command.next()).await.ok();
    }
    assert_eq!(seen, Some(out(10, "h")));
    assert!(timeout(Duration::from_millis(100), command.next()).await.is_err(), "four bytes of it are no prompt");
    let last = command.unheard(ExitReason::Canceled, "its caller left hunter2".into());
    assert_eq!(last[0], err(0, "hunt"));
    let Event::Ended(ended) = &last[1] else { panic!("{last:?}") };
    assert_eq!((ended.stdout_bytes, ended.stderr_bytes), (11, 4));
    assert_eq!(ended.detail.as_deref(), Some("its caller left [REDACTED]"));
}

#[tokio::test]
async fn what_grows_still_fits_frames() {
    let text = "hunter2".repeat(9_000);
    let (guest, _) = saying(vec![vec![started(), out(0, &text), ended(text.len() as u64, 0)]]).await;
    let (mut all, mut pieces) = (vec![], 0);
    for event in told(&guest).await {
        match event {
            Event::Output { offset, bytes, .. } => {
                assert!(offset == all.len() as u64 && bytes.len() <= OUTPUT_BYTES_MAX);
                all.extend_from_slice(&bytes);
                pieces += 1;
            }
            Event::Ended(ended) => assert_eq!(ended.stdout_bytes, 90_000),
            Event::Started(_) | Event::HandedBack => {}
        }
    }
    assert_eq!((all, pieces), ("[REDACTED]".repeat(9_000).into_bytes(), 2));
}

#[tokio::test]
async fn a_guest_that_lies_about_offsets_harms_only_itself() {
    let far = u64::MAX - 7;
    let (guest, _) = saying(vec![vec![started(), out(0, "hunter2"), out(far, "hunter2"), ended(u64::MAX, 0)]]).await;
    let told = told(&guest).await;
    let ends = told.iter().filter_map(|event| match event {
        Event::Output { offset, bytes, .. } => Some(offset.checked_add(bytes.len() as u64)),
        _ => None,
    });
    assert!(ends.clone().count() == 1 && ends.clone().all(|end| end.is_some()), "{told:?}");
}
