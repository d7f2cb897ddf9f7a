//! Other ends that do not keep to the protocol.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::{body::Frame, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use pyro_protocol::{
    frame::{Event, Stream, encode},
    tree::{self, Entry, Kind, Record},
};
use tokio::io::AsyncWriteExt;

use super::{Link, LinkError, PIPE_BYTES, request};
use crate::link::{Piece, WalkOptions};

/// A server that answers every request with these pieces, whatever was asked.
async fn answering(status: u16, pieces: Vec<Bytes>) -> Link {
    answering_with(status, &[], pieces).await
}

/// As [`answering`], with headers.
async fn answering_with(status: u16, headers: &'static [(&str, &str)], pieces: Vec<Bytes>) -> Link {
    let (host, guest) = tokio::io::duplex(PIPE_BYTES);
    let service = service_fn(move |_| {
        let frames = pieces.clone().into_iter().map(|piece| Ok::<_, std::io::Error>(Frame::data(piece)));
        let body = StreamBody::new(futures_util::stream::iter(frames));
        let response = headers
            .iter()
            .fold(Response::builder().status(status), |response, (name, value)| response.header(*name, *value));
        async move { response.body(body) }
    });
    tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(guest), service));
    Link::open_plain(Box::new(host)).await.unwrap()
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let (host, _guest) = tokio::io::duplex(PIPE_BYTES * 2);
    let deadline = Duration::from_millis(50);
    assert_eq!(Link::open_guest(Box::new(host), deadline).await.unwrap_err(), LinkError::Timeout(deadline));
}

#[tokio::test]
async fn a_stream_that_ends_or_babbles_is_lost() {
    let (host, guest) = tokio::io::duplex(PIPE_BYTES);
    drop(guest);
    assert_eq!(Link::open_guest(Box::new(host), super::DEADLINE).await.unwrap_err(), LinkError::Lost);

    let (host, mut guest) = tokio::io::duplex(PIPE_BYTES);
    let link = Link::open_plain(Box::new(host)).await.unwrap();
    guest.write_all(&[0xaa; 1000]).await.unwrap();
    assert_eq!(link.health().await, Err(LinkError::Lost));
    link.closed().await;
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let link = answering(200, vec![Bytes::from(vec![b' '; 64 * 1024]); 100]).await;
    assert_eq!(link.health().await, Err(LinkError::Broken("an answer longer than allowed")));
}

#[tokio::test]
async fn garbage_is_said_to_be_garbage() {
    let link = answering(200, vec![Bytes::from("nonsense")]).await;
    assert_eq!(link.health().await, Err(LinkError::Broken("an answer that is not the JSON expected")));
    let mut events = link.exec(&request("true")).await.unwrap();
    assert_eq!(events.next().await, Err(LinkError::Broken("an event longer than allowed")));
    assert_eq!(link.get_file("x").await.unwrap_err(), LinkError::Broken("a file without mode or size"));
    let mut walk = link.walk("x", &WalkOptions::default()).await.unwrap();
    assert_eq!(walk.next().await, Err(LinkError::Broken("a record that cannot be read")));
    assert_eq!(link.get_tar("x").await.unwrap().next().await, Ok(Some(Bytes::from("nonsense"))));

    let refusing = answering(500, vec![Bytes::from("{}")]).await;
    assert_eq!(refusing.health().await, Err(LinkError::Broken("an answer that is not the JSON expected")));
    assert_eq!(
        refusing
            .stream(Method::GET, "/v1/x", Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync())
            .await
            .err(),
        Some(LinkError::Broken("an answer that is not the JSON expected"))
    );
}

#[tokio::test]
async fn events_that_stop_or_go_back_are_errors() {
    let output = |offset| encode(&Event::Output { stream: Stream::Stdout, offset, bytes: Bytes::from("xy") });
    let mut events = answering(200, vec![output(5)]).await.exec(&request("true")).await.unwrap();
    events.next().await.unwrap();
    assert_eq!(events.offsets(), [7, 0]);
    assert_eq!(events.next().await, Err(LinkError::Lost));

    let mut events = answering(200, vec![output(5), output(5)]).await.exec(&request("true")).await.unwrap();
    events.next().await.unwrap();
    assert_eq!(events.next().await, Err(LinkError::Broken("output that goes back")));

    let mut events = answering(200, vec![output(u64::MAX)]).await.exec(&request("true")).await.unwrap();
    assert_eq!(events.next().await, Err(LinkError::Broken("an offset out of range")));
}

#[tokio::test]
async fn a_walk_that_stops_or_miscounts_is_an_error() {
    let record = |record| {
        let mut bytes = BytesMut::new();
        tree::encode(&record, &mut bytes);
        bytes.freeze()
    };
    let entry = Entry {
        path: "a".into(),
        kind: Kind::File,
        mode: 0o644,
        size: 1,
        mtime_ns: 2,
        ctime_ns: 3,
        inode: 4,
        target: Bytes::new(),
        unreadable: false,
    };
    let one = record(Record::Entry(entry.clone()));
    let cases = [
        (vec![], Err(LinkError::Lost)),
        (vec![record(Record::End(1))], Ok(None)),
        (vec![record(Record::End(0))], Err(LinkError::Broken("a walk that lost entries"))),
        (vec![record(Record::End(2))], Err(LinkError::Broken("a walk that lost entries"))),
        (vec![Bytes::from(vec![0xff; 9])], Err(LinkError::Broken("a record that cannot be read"))),
    ];
    for (rest, expected) in cases {
        let link = answering(200, [vec![one.clone()], rest].concat()).await;
        let mut walk = link.walk("x", &WalkOptions::default()).await.unwrap();
        assert_eq!(walk.next().await, Ok(Some(entry.clone())));
        assert_eq!(walk.next().await, expected);
    }
}

#[tokio::test]
async fn a_piece_is_no_longer_than_asked_for() {
    let headers = &[("pyro-mode", "644"), ("pyro-size", "9")];
    let link = answering_with(200, headers, vec![Bytes::from("four"), Bytes::from("more")]).await;
    let mut file = link.get_piece("x", Piece::Bytes { offset: 0, length: Some(5) }).await.unwrap();
    assert_eq!(file.next().await, Ok(Some(Bytes::from("four"))));
    assert_eq!(file.next().await, Err(LinkError::Broken("a piece longer than asked for")));
}
