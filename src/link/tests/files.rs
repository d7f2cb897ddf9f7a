//! Files and trees.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::GuestErrorCode;

use super::{Guest, LinkError};
use crate::link::PutFile;

async fn put(guest: &Guest, path: &str, mode: Option<u32>, text: &str) -> Result<u64, GuestErrorCode> {
    let bytes = Bytes::from(text.to_owned());
    guest
        .link
        .put_file(path, &PutFile { mode, ..PutFile::default() }, stream::iter([Ok(bytes)]))
        .await
        .map(|written| written.bytes)
        .map_err(code)
}

async fn get(guest: &Guest, path: &str) -> Result<(u32, String), GuestErrorCode> {
    let mut file = guest.link.get_file(path).await.map_err(code)?;
    let mut bytes = Vec::new();
    while let Some(piece) = file.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    assert_eq!(file.size, bytes.len() as u64);
    Ok((file.mode, String::from_utf8(bytes).unwrap()))
}

async fn get_tar(guest: &Guest, path: &str) -> (Vec<u8>, Vec<String>) {
    let mut stream = guest.link.get_tar(path).await.unwrap();
    let mut tar = Vec::new();
    while let Some(piece) = stream.next().await.unwrap() {
        tar.extend_from_slice(&piece);
    }
    (tar, stream.skipped().to_vec())
}

async fn put_tar(guest: &Guest, path: &str, tar: Vec<u8>) -> Result<pyro_protocol::file::TarUnpacked, GuestErrorCode> {
    let pieces: Vec<_> = tar.chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    guest.link.put_tar(path, stream::iter(pieces)).await.map_err(code)
}

fn code(error: LinkError) -> GuestErrorCode {
    match error {
        LinkError::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_comes_back_with_its_mode() {
    let guest = Guest::start().await;
    assert_eq!(put(&guest, "a b/ü.txt", None, "one").await, Ok(3));
    assert_eq!(get(&guest, "/workspace/a b/ü.txt").await, Ok((0o644, "one".into())));
    assert_eq!(put(&guest, "run", Some(0o755), "#!").await, Ok(2));
    assert_eq!(put(&guest, "run", None, "").await, Ok(0));
    assert_eq!(get(&guest, "run").await, Ok((0o755, String::new())));
    let names: Vec<_> = fs::read_dir(guest.workspace(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing() {
    let guest = Guest::start().await;
    put(&guest, "kept", None, "old").await.unwrap();
    let broken = stream::iter([Ok(Bytes::from("new")), Err(std::io::ErrorKind::TimedOut.into())]);
    let error = guest.link.put_file("kept", &PutFile::default(), broken).await.unwrap_err();
    assert_eq!(error, LinkError::Upload(std::io::ErrorKind::TimedOut));
    assert_eq!(get(&guest, "kept").await, Ok((0o644, "old".into())));
}

#[tokio::test]
async fn only_files_are_read_and_replaced() {
    let guest = Guest::start().await;
    fs::create_dir(guest.workspace("dir")).unwrap();
    nix::unistd::mkfifo(&guest.workspace("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for path in ["dir", "fifo"] {
        assert_eq!(put(&guest, path, None, "x").await, Err(GuestErrorCode::Conflict), "{path}");
        assert_eq!(get(&guest, path).await, Err(GuestErrorCode::Conflict), "{path}");
    }
    assert_eq!(get(&guest, "nothing").await, Err(GuestErrorCode::Missing));
    assert_eq!(put(&guest, "", None, "x").await, Err(GuestErrorCode::Invalid));
}

#[tokio::test]
async fn no_path_leads_out_of_the_root() {
    let guest = Guest::start().await;
    let outside = tempfile::NamedTempFile::new().unwrap();
    let name = outside.path().to_str().unwrap().to_owned();
    symlink(&name, guest.workspace("link")).unwrap();
    symlink("/", guest.workspace("top")).unwrap();
    let through = format!("top{name}");
    let up = format!("../../../../../../../..{name}");
    for path in ["link", &name, &through, &up] {
        assert_eq!(get(&guest, path).await, Err(GuestErrorCode::Missing), "{path}");
        // Written to that path *below* the root.
        assert_eq!(put(&guest, path, None, "inside").await, Ok(6), "{path}");
        fs::remove_file(guest.root.path().join(name.trim_start_matches('/'))).unwrap();
    }
    assert_eq!(fs::read(outside.path()).unwrap(), b"");
    assert!(guest.workspace("link").is_symlink());
}

#[tokio::test]
async fn a_tree_survives_the_way_out_and_in() {
    let guest = Guest::start().await;
    let long = format!("{}/{}", "d".repeat(90), "f".repeat(200));
    put(&guest, &format!("tree/{long}"), Some(0o600), "deep").await.unwrap();
    put(&guest, "tree/run", Some(0o755), "#!/bin/sh\n").await.unwrap();
    fs::hard_link(guest.workspace("tree/run"), guest.workspace("tree/walk")).unwrap();
    symlink("../no/where", guest.workspace("tree/dangling")).unwrap();
    let far = "x/".repeat(100);
    symlink(&far, guest.workspace("tree/far")).unwrap();
    nix::unistd::mkfifo(&guest.workspace("tree/fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::create_dir(guest.workspace("tree/empty")).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::new(981_173_045, 123_456_789);
    fs::File::open(guest.workspace("tree/run")).unwrap().set_modified(time).unwrap();
    fs::set_permissions(guest.workspace("tree/empty"), fs::Permissions::from_mode(0o500)).unwrap();
    fs::File::open(guest.workspace("tree/empty")).unwrap().set_modified(time).unwrap();

    let (tar, skipped) = get_tar(&guest, "tree").await;
    assert_eq!(skipped, ["fifo"]);
    let unpacked = put_tar(&guest, "new/tree", tar).await.unwrap();
    assert_eq!((unpacked.entries, unpacked.bytes, unpacked.skipped), (7, 14, vec![]));

    assert_eq!(get(&guest, &format!("new/tree/{long}")).await, Ok((0o600, "deep".into())));
    let [run, walk] = ["run", "walk"].map(|name| fs::metadata(guest.workspace("new/tree").join(name)).unwrap());
    assert_eq!((run.mode() & 0o7777, run.modified().unwrap(), run.nlink()), (0o755, time, 2));
    assert_eq!(run.ino(), walk.ino());
    let link = |name: &str| fs::read_link(guest.workspace("new/tree").join(name)).unwrap();
    assert_eq!((link("dangling"), link("far")), ("../no/where".into(), far.into()));
    let empty = fs::metadata(guest.workspace("new/tree/empty")).unwrap();
    assert_eq!((empty.mode() & 0o7777, empty.modified().unwrap()), (0o500, time));
}

#[tokio::test]
async fn a_tar_writes_only_beneath_its_directory() {
    let guest = Guest::start().await;
    let outside = tempfile::TempDir::new().unwrap();
    let entry = |kind: tar::EntryType, name: &[u8], link: &str| {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_link_name_literal(link).unwrap();
        header.set_cksum();
        header
    };
    let tar_of = |headers: &[tar::Header]| {
        let mut builder = tar::Builder::new(Vec::new());
        for header in headers {
            builder.append(header, std::io::empty()).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let regular = |name: &[u8]| entry(tar::EntryType::Regular, name, "");
    for name in [&b"../up"[..], b"/absolute", b"a/../../up"] {
        assert_eq!(put_tar(&guest, "in", tar_of(&[regular(name)])).await, Err(GuestErrorCode::Invalid));
    }
    let link = entry(tar::EntryType::Symlink, b"link", outside.path().to_str().unwrap());
    assert_eq!(put_tar(&guest, "in", tar_of(&[link, regular(b"link/file")])).await, Err(GuestErrorCode::Conflict));
    let hard = entry(tar::EntryType::Link, b"hard", "../../../etc/passwd");
    put_tar(&guest, "in", tar_of(&[hard])).await.unwrap_err();
    let device = entry(tar::EntryType::Char, b"null", "");
    assert_eq!(put_tar(&guest, "in", tar_of(&[device])).await.unwrap().skipped, ["null"]);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    put_tar(&guest, "in", b"no tar at all".repeat(100)).await.unwrap_err();
}

#[tokio::test]
async fn a_link_is_packed_itself() {
    let guest = Guest::start().await;
    fs::create_dir(guest.workspace("dir")).unwrap();
    symlink("dir", guest.workspace("to-dir")).unwrap();
    symlink("no/where", guest.workspace("dangling")).unwrap();
    for (name, target) in [("to-dir", "dir"), ("dangling", "no/where")] {
        let (tar, _) = get_tar(&guest, name).await;
        put_tar(&guest, "copy", tar).await.unwrap();
        assert_eq!(fs::read_link(guest.workspace("copy").join(name)).unwrap(), std::path::Path::new(target));
    }
}
