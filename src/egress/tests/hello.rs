//! First messages of TLS connections: real ones, cut ones, crafted ones.

use proptest::prelude::*;

use super::recorded;
use crate::egress::hello::{Peek, peek};

fn tls(name: &str) -> Peek {
    Peek::Tls { sni: Some(name.to_owned()) }
}

/// A hello with these extensions, in one record.
fn hello(extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut all = Vec::new();
    for (kind, content) in extensions {
        all.extend(kind.to_be_bytes());
        all.extend(sized(content));
    }
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend(sized(&all));
    let mut message = vec![1, 0];
    message.extend(sized(&body));
    records(&message, usize::MAX)
}

fn sized(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat()
}

/// A message in records of at most `most` bytes.
fn records(message: &[u8], most: usize) -> Vec<u8> {
    let record = |piece: &[u8]| [&[22, 3, 1][..], &sized(piece)].concat();
    message.chunks(most.min(0x4000)).flat_map(record).collect()
}

fn names(names: &[(u8, &[u8])]) -> (u16, Vec<u8>) {
    let list: Vec<u8> = names.iter().flat_map(|(kind, name)| [&[*kind][..], &sized(name)].concat()).collect();
    (0, sized(&list))
}

#[test]
fn real_clients_are_understood() {
    assert_eq!(peek(&recorded::bytes(recorded::PYTHON)), tls("Example.COM"));
    assert_eq!(peek(&recorded::bytes(recorded::OPENSSL)), tls("files.example.org"));
    assert_eq!(peek(&recorded::bytes(recorded::NAMELESS)), Peek::Tls { sni: None });
    assert_eq!(peek(&recorded::naming("files.EXAMPLE.org")), tls("files.EXAMPLE.org"));
}

#[test]
fn every_beginning_of_a_hello_wants_more_and_what_follows_it_changes_nothing() {
    for recorded in [recorded::PYTHON, recorded::OPENSSL, recorded::NAMELESS] {
        let bytes = recorded::bytes(recorded);
        for end in 0..bytes.len() {
            assert_eq!(peek(&bytes[..end]), Peek::NeedMore, "{end} bytes");
        }
        let whole = peek(&bytes);
        assert_eq!(peek(&[&bytes[..], &[0xff; 40]].concat()), whole);
    }
}

#[test]
fn names_are_told_as_they_are_written() {
    for name in ["example.com.", "EXAMPLE.com", "127.0.0.1", "ex\0ample", "*"] {
        assert_eq!(peek(&hello(&[(23, vec![]), names(&[(0, name.as_bytes())])])), tls(name));
    }
    assert_eq!(peek(&hello(&[])), Peek::Tls { sni: None });
    assert_eq!(peek(&hello(&[(5, vec![0; 10_000]), names(&[(0, b"a.example")])])), tls("a.example"));
}

#[test]
fn what_could_be_read_in_two_ways_is_broken() {
    let name = || names(&[(0, b"a.example")]);
    let with = |change: fn(&mut Vec<u8>)| {
        let (kind, mut content) = name();
        change(&mut content);
        hello(&[(kind, content)])
    };
    let cases: [(&str, Vec<u8>); 11] = [
        ("two names", hello(&[names(&[(0, b"a.example"), (0, b"b.example")])])),
        ("two lists of names", hello(&[name(), name()])),
        ("a name of another kind", hello(&[names(&[(1, b"a.example"), (0, b"b.example")])])),
        ("no name in the list", hello(&[names(&[])])),
        ("an empty name", hello(&[names(&[(0, b"")])])),
        ("no UTF-8", hello(&[names(&[(0, b"a\xff")])])),
        ("bytes after the list", with(|content| content.push(0))),
        ("a list cut short", with(|content| content.truncate(content.len() - 1))),
        ("bytes after the extensions", {
            let mut bytes = hello(&[name()]);
            bytes.push(0);
            // All three lengths around it, but not the extensions' own.
            for place in [4, 8] {
                bytes[place] += 1;
            }
            bytes
        }),
        ("another message", {
            let mut bytes = hello(&[name()]);
            bytes[5] = 2;
            bytes
        }),
        ("an empty record", [&[22, 3, 1, 0, 0][..], &hello(&[name()])].concat()),
    ];
    for (what, bytes) in cases {
        assert_eq!(peek(&bytes), Peek::Broken, "{what}");
    }
    // An alert between two pieces of a hello.
    let cut = records(&hello(&[name()])[5..], 20);
    assert_eq!(peek(&[&cut[..25], &[21, 3, 1, 0, 2, 1, 0], &cut[25..]].concat()), Peek::Broken);
}

#[test]
fn what_never_ends_is_broken_at_sixteen_kibibytes() {
    assert_eq!(peek(&[22, 3, 1, 0x40, 0, 1, 1, 0, 0]), Peek::Broken);
    let mut long = records(&[&[1, 0, 0x3f, 0xff][..], &[0; 0x3000]].concat(), 0x1000);
    assert_eq!(peek(&long), Peek::NeedMore);
    long.extend(records(&[0; 0x1000], 1));
    assert_eq!(peek(&long), Peek::Broken);
}

#[test]
fn other_protocols_are_told_by_their_first_bytes() {
    for bytes in [&b"GET / HTTP/1.1"[..], b"SSH-2.0", b"\x80\x2e\x01", b"\0", &[22, 16], &[22, 255, 1]] {
        assert_eq!(peek(bytes), Peek::NotTls, "{bytes:?}");
    }
    // Some servers ask no more of a version than that.
    assert_eq!(peek(&[22, 2, 9]), Peek::NeedMore);
}

proptest! {
    #[test]
    fn no_bytes_are_too_much_for_it(mut bytes: Vec<u8>, begins: bool) {
        if begins {
            bytes.splice(..0, [22, 3, 1]);
        }
        prop_assert_eq!(peek(&bytes) == Peek::NotTls, bytes.first().is_some_and(|kind| *kind != 22)
            || bytes.get(1).is_some_and(|major| *major >= 16));
    }

    #[test]
    fn a_changed_byte_is_never_too_much_for_it(place in 0usize..517, byte: u8, end in 0usize..=517) {
        let mut bytes = recorded::bytes(recorded::PYTHON);
        bytes[place] = byte;
        let told = peek(&bytes[..end]);
        // More bytes never take a verdict back.
        if told != Peek::NeedMore {
            prop_assert_eq!(peek(&bytes), told);
        }
    }

    #[test]
    fn a_hello_is_the_same_in_any_number_of_records(most in 1usize..600) {
        let message = &recorded::bytes(recorded::PYTHON)[5..];
        let cut = records(message, most);
        prop_assert_eq!(peek(&cut), tls("Example.COM"));
        prop_assert_eq!(peek(&cut[..cut.len() - 1]), Peek::NeedMore);
    }
}
