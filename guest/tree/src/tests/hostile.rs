//! Archives made to break out, to blow up, or to confuse.

use std::{
    fs,
    io::{Read, repeat},
    os::unix::fs::{MetadataExt, symlink},
    sync::atomic::{AtomicBool, Ordering},
};

use proptest::prelude::*;
use tar::{EntryType, Header};
use tempfile::TempDir;

use super::{ALL, contents, message, open, packed, sample};
use crate::{TreeError, UnpackOptions, unpack};

/// A header with these names as they stand.
pub(crate) fn header(kind: EntryType, name: &[u8], link: &[u8], size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o755);
    header.set_mtime(0);
    header.set_cksum();
    header
}

/// A tar of these headers and contents.
pub(crate) fn tar_of(entries: &[(Header, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (header, content) in entries {
        builder.append(header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn file<'a>(name: &[u8], content: &'a [u8]) -> (Header, &'a [u8]) {
    (header(EntryType::Regular, name, b"", content.len() as u64), content)
}

fn link(kind: EntryType, name: &[u8], target: &[u8]) -> (Header, &'static [u8]) {
    (header(kind, name, target, 0), b"")
}

/// Unpacks into a directory beside one that nothing may reach.
fn tried(entries: &[(Header, &[u8])]) -> (TempDir, Result<u64, String>) {
    let root = TempDir::new().unwrap();
    for name in ["in", "out"] {
        fs::create_dir(root.path().join(name)).unwrap();
    }
    fs::write(root.path().join("out/secret"), "secret").unwrap();
    symlink("../out", root.path().join("in/old-link")).unwrap();
    let unpacked = unpack(&open(&root.path().join("in")), &tar_of(entries)[..], &ALL);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    assert_eq!(fs::read_dir(root.path().join("out")).unwrap().count(), 1);
    assert_eq!(fs::read(root.path().join("out/secret")).unwrap(), b"secret");
    assert_eq!(fs::metadata(root.path().join("out/secret")).unwrap().nlink(), 1);
    (root, unpacked.map(|unpacked| unpacked.entries).map_err(|error| error.to_string()))
}

#[test]
fn nothing_is_written_outside() {
    for name in [&b"/absolute"[..], b"../up", b"a/../../x", b"..", b".pyro-apply-9/x"] {
        let (_, refused) = tried(&[file(name, b"x")]);
        assert!(refused.as_ref().unwrap_err().contains("tar has a path that"), "{refused:?}");
    }
    let through = [&link(EntryType::Symlink, b"d", b"../out")][..][0].clone();
    for entries in [vec![through, file(b"d/f", b"x")], vec![file(b"old-link/f", b"x")]] {
        assert!(tried(&entries).1.unwrap_err().contains("cannot unpack"));
    }
    for target in [&b"../out/secret"[..], b"/etc/passwd", b"old-link/secret", b"nothing", b""] {
        tried(&[link(EntryType::Link, b"hard", target)]).1.unwrap_err();
    }
    // A pax record gives another name than the header does.
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", &b"../out/pax"[..])]).unwrap();
    builder.append(&header(EntryType::Regular, b"innocent", b"", 0), &b""[..]).unwrap();
    let root = TempDir::new().unwrap();
    assert!(message(unpack(&open(root.path()), &builder.into_inner().unwrap()[..], &ALL)).contains("leads out"));
}

#[test]
fn a_file_replaces_a_link_and_is_not_written_through_it() {
    let (root, done) = tried(&[
        link(EntryType::Symlink, b"secret", b"../out/secret"),
        file(b"secret", b"new"),
        file(b"old-link", b"a file"),
        file(b"twice", b"1"),
        link(EntryType::Link, b"hard", b"twice"),
        file(b"twice", b"2"),
    ]);
    assert_eq!(done, Ok(6));
    let read = |name: &str| fs::read_to_string(root.path().join("in").join(name)).unwrap();
    assert_eq!([read("secret"), read("old-link"), read("twice"), read("hard")], ["new", "a file", "2", "1"]);
}

#[test]
fn odd_entries_are_left_out_or_taken_as_they_are() {
    let kinds = [EntryType::Char, EntryType::Block, EntryType::Fifo, EntryType::new(b'Z')];
    let odd: Vec<_> = kinds.iter().map(|kind| link(*kind, &[b'x', kind.as_byte()], b"")).collect();
    let (root, done) =
        tried(&[&odd[..], &[file(b"a\n\x1b[31m\xff", b"x"), file(b"dir/", b""), file(b"./", b"")]].concat());
    assert_eq!(done, Ok(7));
    let found = contents(&root.path().join("in"));
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a\n\u{1b}[31m\u{fffd}", "dir", "old-link"]);
    let (_, refused) = tried(&[file(&[b'n'; 99], b""), link(EntryType::Link, b"a\x1bb", b"/x\x1b")]);
    assert!(!refused.unwrap_err().contains('\u{1b}'));
}

#[test]
fn every_bomb_meets_a_named_limit() {
    let limited = |tar: &mut dyn Read, options: &UnpackOptions| {
        let root = TempDir::new().unwrap();
        let unpacked = unpack(&open(root.path()), tar, options);
        assert!(matches!(unpacked, Err(TreeError::Limit(_))), "{unpacked:?}");
        message(unpacked)
    };
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let head = header(kind, b"x", b"", 1 << 40);
        let mut tar = head.as_bytes().chain(repeat(b'x'));
        assert!(limited(&mut tar, &ALL).contains("256 KiB of headers"));
    }
    let small = UnpackOptions { entries_max: 10, bytes_max: 1000, ..ALL };
    let many: Vec<_> = (0..11).map(|number| file(format!("f{number}").as_bytes(), b"")).collect();
    assert!(limited(&mut &tar_of(&many)[..], &small).contains("more than 10 entries"));
    let twice = [file(b"a", &[0; 600]), file(b"b", &[0; 600])];
    assert!(limited(&mut &tar_of(&twice)[..], &small).contains("more than 1000 bytes of contents, at b"));
    let special = (header(EntryType::Fifo, b"fifo", b"", 600), &[0; 600][..]);
    assert!(limited(&mut &tar_of(&[file(b"a", &[0; 600]), special])[..], &small).contains("at fifo"));
    let endless = [EntryType::XGlobalHeader, EntryType::Regular];
    for kind in endless {
        let head = header(kind, b"g", b"", 1 << 50);
        assert!(limited(&mut head.as_bytes().chain(repeat(b'x')), &small).contains("1000 bytes of contents"));
    }
    assert!(limited(&mut tar_of(&[]).chain(repeat(b'x')), &ALL).contains("followed by more"));
}

#[test]
fn a_sparse_file_counts_with_its_holes() {
    let mut head = header(EntryType::GNUSparse, b"sparse", b"", 512);
    let gnu = head.as_gnu_mut().unwrap();
    gnu.sparse[0].offset = *b"17777777000\0";
    gnu.sparse[0].numbytes = *b"00000001000\0";
    // 8 GiB at the end, of which 512 bytes are in the archive.
    gnu.realsize = *b"20000000000\0";
    head.set_cksum();
    let tar = tar_of(&[(head, &[1; 512])]);
    let root = TempDir::new().unwrap();
    let options = UnpackOptions { bytes_max: 1 << 20, ..ALL };
    let refused = message(unpack(&open(root.path()), &tar[..], &options));
    assert!(refused.contains("1048576 bytes of contents, at sparse"), "{refused}");
}

#[test]
fn a_tar_cut_anywhere_is_an_error_or_a_shorter_tree() {
    let tar = packed(sample().path());
    for cut in (1..tar.len()).step_by(257) {
        let root = TempDir::new().unwrap();
        // Between two entries a cut looks like an end: only whoever sent it can tell.
        let cut_is_clean = unpack(&open(root.path()), &tar[..cut], &ALL).is_ok();
        assert!(!cut_is_clean || cut % 512 == 0 || cut > tar.len() - 1024, "{cut}");
    }
}

#[test]
fn a_directory_swapped_for_a_link_leads_nowhere() {
    let entries: Vec<_> = (0..50).map(|number| file(format!("d/{}/f", number % 7).as_bytes(), b"x")).collect();
    let tar = tar_of(&entries);
    let exchange = nix::fcntl::RenameFlags::RENAME_EXCHANGE;
    // A tree each round: the unpacking puts a directory where it meets the link, and then nothing is left to swap.
    for _ in 0..40 {
        let root = TempDir::new().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in ["in", "out", "in/d"] {
            fs::create_dir(at(name)).unwrap();
        }
        symlink("../out", at("in/other")).unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let opened = open(&at("in"));
                while !over.load(Ordering::Relaxed) {
                    match nix::fcntl::renameat2(&opened, "d", &opened, "other", exchange) {
                        // The moment between the link's end and the directory in its place.
                        Ok(()) | Err(nix::errno::Errno::ENOENT) => {}
                        Err(unexpected) => panic!("{unexpected}"),
                    }
                }
            });
            let _ = unpack(&open(&at("in")), &tar[..], &ALL);
            over.store(true, Ordering::Relaxed);
        });
        assert_eq!(fs::read_dir(at("out")).unwrap().count(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_damaged_tar_never_panics(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut tar = packed(sample().path());
        for (place, byte) in places {
            let place = place.index(tar.len());
            tar[place] = byte;
        }
        let root = TempDir::new().unwrap();
        let options = UnpackOptions { bytes_max: 1 << 20, ..ALL };
        let _ = unpack(&open(root.path()), &tar[..], &options);
    }
}
