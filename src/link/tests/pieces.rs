//! Pieces of files, and writes with a condition.

use std::{fs, os::unix::fs::symlink};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{GuestErrorCode, file::FileWritten};

use super::{Guest, LinkError};
use crate::link::{Piece, PutFile};

async fn piece(guest: &Guest, path: &str, piece: Piece) -> (String, u64, Option<u64>, bool) {
    let mut file = guest.link.get_piece(path, piece).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = file.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    (String::from_utf8(bytes).unwrap(), file.offset, file.first_line, file.cut)
}

async fn put(
    guest: &Guest,
    path: &str,
    how: &PutFile,
    text: &'static str,
) -> Result<FileWritten, (GuestErrorCode, String)> {
    let written = guest.link.put_file(path, how, stream::iter([Ok(Bytes::from(text))])).await;
    written.map_err(|error| match error {
        LinkError::Refused(refusal) => (refusal.code, refusal.message),
        other => panic!("{other:?}"),
    })
}

fn expecting(content: &str) -> PutFile {
    let hash = pyro_tree::sha256(content.as_bytes()).unwrap();
    PutFile { expect_sha256: Some(hash), ..PutFile::default() }
}

#[tokio::test]
async fn a_piece_says_where_it_lies() {
    let guest = Guest::start().await;
    fs::write(guest.workspace("f"), "one\ntwo\nthree\n").unwrap();
    let bytes = |offset, length| Piece::Bytes { offset, length };
    assert_eq!(piece(&guest, "f", bytes(4, Some(3))).await, ("two".into(), 4, None, true));
    assert_eq!(piece(&guest, "f", bytes(-6, None)).await, ("three\n".into(), 8, None, false));
    assert_eq!(piece(&guest, "f", bytes(99, Some(1))).await, (String::new(), 99, None, false));
    let lines = |first, count, length| Piece::Lines { first, count, length };
    assert_eq!(piece(&guest, "f", lines(2, Some(1), None)).await, ("two\n".into(), 4, Some(2), false));
    assert_eq!(piece(&guest, "f", lines(2, None, Some(6))).await, ("two\nth".into(), 4, Some(2), true));
    assert_eq!(piece(&guest, "f", lines(-2, Some(1), None)).await, ("two\n".into(), 4, None, false));
    assert_eq!(piece(&guest, "f", lines(9, None, None)).await, (String::new(), 14, Some(4), false));
    let error = guest.link.get_piece("f", lines(0, None, None)).await.unwrap_err();
    assert!(error.to_string().contains("there is no line 0"), "{error}");
    fs::write(guest.root.path().join("workspace/big"), "line\n".repeat(100_000)).unwrap();
    let (text, offset, ..) = piece(&guest, "big", lines(90_000, Some(10_000), Some(1_000_000))).await;
    assert_eq!((text.len(), offset), (50_000, 449_995));
}

#[tokio::test]
async fn names_that_are_not_text_are_read() {
    let guest = Guest::start().await;
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"a\xff&b");
    fs::write(guest.workspace(".").join(name), "odd").unwrap();
    let mut file = guest.link.get_file(b"a\xff&b").await.unwrap();
    assert_eq!(file.next().await, Ok(Some(Bytes::from("odd"))));
}

#[tokio::test]
async fn a_new_file_replaces_nothing() {
    let guest = Guest::start().await;
    let new = PutFile { mode: Some(0o600), create_only: true, expect_sha256: None };
    let created = FileWritten { bytes: 1, created: true, mode: 0o600 };
    assert_eq!(put(&guest, "new/f", &new, "1").await, Ok(created));
    symlink("no/where", guest.workspace("dangling")).unwrap();
    fs::create_dir(guest.workspace("dir")).unwrap();
    for path in ["new/f", "dangling", "dir"] {
        let (code, message) = put(&guest, path, &new, "2").await.unwrap_err();
        assert_eq!(code, GuestErrorCode::Conflict);
        assert!(message.contains("exists already; read it"), "{message}");
    }
    assert_eq!(fs::read(guest.workspace("new/f")).unwrap(), b"1");
    assert_eq!(fs::read_dir(guest.workspace("new")).unwrap().count(), 1);
    assert!(!guest.workspace("no").exists());
}

#[tokio::test]
async fn a_file_that_changed_is_not_overwritten() {
    let guest = Guest::start().await;
    fs::write(guest.workspace("f"), "old").unwrap();
    symlink("f", guest.workspace("link")).unwrap();
    let replaced = FileWritten { bytes: 3, created: false, mode: 0o644 };
    assert_eq!(put(&guest, "link", &expecting("old"), "new").await, Ok(replaced));
    let (code, message) = put(&guest, "f", &expecting("old"), "lost").await.unwrap_err();
    assert_eq!(code, GuestErrorCode::Conflict);
    assert!(message.contains("f has changed, its SHA-256 is ") && message.contains("read it again"), "{message}");
    let (_, message) = put(&guest, "gone/f", &expecting("old"), "lost").await.unwrap_err();
    assert!(message.contains("does not exist any more"), "{message}");
    assert!(!guest.workspace("gone").exists());
    assert_eq!(fs::read(guest.workspace("f")).unwrap(), b"new");
    let both = PutFile { create_only: true, ..expecting("old") };
    assert_eq!(put(&guest, "f", &both, "x").await.unwrap_err().0, GuestErrorCode::Invalid);
}

#[tokio::test]
async fn of_many_writers_none_is_lost() {
    let guest = Guest::start().await;
    fs::write(guest.workspace("f"), "0").unwrap();
    let writers = (0..8).map(|_| async {
        for _ in 0..5 {
            loop {
                let mut file = guest.link.get_file("f").await.unwrap();
                let old = String::from_utf8(file.next().await.unwrap().unwrap().into()).unwrap();
                let new = (old.parse::<u32>().unwrap() + 1).to_string();
                let bytes = stream::iter([Ok(Bytes::from(new))]);
                match guest.link.put_file("f", &expecting(&old), bytes).await {
                    Ok(_) => break,
                    Err(LinkError::Refused(refusal)) => assert_eq!(refusal.code, GuestErrorCode::Conflict),
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    });
    futures_util::future::join_all(writers).await;
    assert_eq!(fs::read(guest.workspace("f")).unwrap(), b"40");
}
