//! Walks, changes and freezes.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::symlink,
    process::{Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use pyro_protocol::{
    GuestErrorCode,
    tree::{Applied, ApplyRequest, Expected, Kind},
};

use super::{Guest, LinkError, connect};
use crate::link::{PutFile, WalkOptions};

async fn walked(guest: &Guest, path: &str, options: &WalkOptions) -> Vec<String> {
    let mut walk = guest.link.walk(path, options).await.unwrap();
    let mut paths = Vec::new();
    while let Some(entry) = walk.next().await.unwrap() {
        paths.push(String::from_utf8_lossy(&entry.path).into_owned());
    }
    assert_eq!(walk.next().await, Ok(None));
    paths
}

fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

async fn apply(
    guest: &Guest,
    to: &str,
    request: &ApplyRequest,
    tar: Vec<u8>,
) -> Result<Applied, (GuestErrorCode, String)> {
    let pieces: Vec<_> = tar.chunks(777).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    guest.link.apply(to, request, stream::iter(pieces)).await.map_err(|error| match error {
        LinkError::Refused(refusal) => (refusal.code, refusal.message),
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn a_tree_is_listed_in_order() {
    let guest = Guest::start().await;
    fs::create_dir_all(guest.workspace("a/.git/x")).unwrap();
    for path in ["a/b", "a.c", "z"] {
        fs::write(guest.workspace(path), path).unwrap();
    }
    symlink("a", guest.workspace("link")).unwrap();
    let all = WalkOptions::default();
    assert_eq!(walked(&guest, ".", &all).await, ["a", "a/.git", "a/.git/x", "a/b", "a.c", "link", "z"]);
    assert_eq!(walked(&guest, "a", &all).await, [".git", ".git/x", "b"]);
    let some = WalkOptions { depth: Some(2), exclude_git: true, after: Some(b"a".to_vec()) };
    assert_eq!(walked(&guest, "/workspace", &some).await, ["a/b", "a.c", "link", "z"]);
    let odd = WalkOptions { after: Some(b"l\xff".to_vec()), ..WalkOptions::default() };
    assert_eq!(walked(&guest, ".", &odd).await, ["z"]);
    assert_eq!(walked(&guest, "a/b", &all).await, ["b"]);

    let mut walk = guest.link.walk("link", &all).await.unwrap();
    let link = walk.next().await.unwrap().unwrap();
    assert_eq!((link.kind, &link.path[..], &link.target[..]), (Kind::Symlink, &b"link"[..], &b"a"[..]));
    assert_eq!(walk.next().await, Ok(None));
    assert!(matches!(guest.link.walk("nothing", &all).await, Err(LinkError::Refused(_))));
}

#[tokio::test]
async fn a_change_happens_whole_or_not_at_all() {
    let guest = Guest::start().await;
    fs::write(guest.workspace("old"), "old").unwrap();
    fs::write(guest.workspace("doomed"), "").unwrap();
    let expected = |path: &str, content: Option<&str>| Expected {
        path: path.into(),
        sha256: content.map(|content| pyro_tree::sha256(content.as_bytes()).unwrap()),
    };
    let request = ApplyRequest {
        delete: vec!["doomed".into()],
        expect: vec![expected("old", Some("old")), expected("new/f", None)],
    };
    let tar = tar_of(&[("old", "changed"), ("new/f", "new")]);
    let done = apply(&guest, ".", &request, tar.clone()).await.unwrap();
    assert_eq!((done.entries, done.bytes, done.replaced, done.deleted), (2, 10, 1, 1));
    let after = ["new", "new/f", "old"];
    assert_eq!(walked(&guest, ".", &WalkOptions::default()).await, after);

    let (code, message) = apply(&guest, ".", &request, tar.clone()).await.unwrap_err();
    assert_eq!(code, GuestErrorCode::Conflict);
    for told in ["nothing was changed: old has changed", "new/f exists already", "doomed cannot be deleted"] {
        assert!(message.contains(told), "{told}: {message}");
    }
    let broken = stream::iter([Ok(Bytes::from(tar[..600].to_vec())), Err(std::io::ErrorKind::TimedOut.into())]);
    let error = guest.link.apply("sub/dir", &ApplyRequest::default(), broken).await.unwrap_err();
    assert_eq!(error, LinkError::Upload(std::io::ErrorKind::TimedOut));
    assert_eq!(walked(&guest, ".", &WalkOptions::default()).await, after);
    assert_eq!(fs::read_dir(guest.workspace(".")).unwrap().count(), 2);

    apply(&guest, "sub/dir", &ApplyRequest::default(), tar).await.unwrap();
    assert_eq!(fs::read(guest.workspace("sub/dir/old")).unwrap(), b"changed");
    let (code, message) = apply(&guest, "/etc", &ApplyRequest::default(), tar_of(&[])).await.unwrap_err();
    assert_eq!(code, GuestErrorCode::Invalid);
    assert!(message.contains("/etc is not below /workspace"), "{message}");
}

#[tokio::test]
async fn changes_at_once_come_one_after_the_other() {
    let guest = Guest::start().await;
    let request = ApplyRequest { delete: vec![], expect: vec![Expected { path: "f".into(), sha256: None }] };
    let changes = (0..6).map(|number| {
        let (guest, request) = (&guest, &request);
        async move { apply(guest, ".", request, tar_of(&[("f", &number.to_string()), ("g", "")])).await }
    });
    let done = futures_util::future::join_all(changes).await;
    let refused: Vec<_> = done.iter().filter_map(|done| done.as_ref().err()).collect();
    assert_eq!(refused.len(), 5);
    assert!(refused.iter().all(|(code, _)| *code == GuestErrorCode::Conflict), "{refused:?}");
}

#[tokio::test]
async fn an_agent_that_starts_undoes_what_the_last_one_left() {
    let guest = Guest::start().await;
    fs::create_dir_all(guest.workspace(".pyro-apply-0/new/half")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let login = pyro_guest::Login::given([("PATH".to_owned(), path)].into());
    let agent = pyro_guest::Agent::new(guest.root.path(), "/workspace", pyro_guest::Place::Host, login).unwrap();
    connect(agent).await.health().await.unwrap();
    assert_eq!(fs::read_dir(guest.workspace(".")).unwrap().count(), 0);
}

#[tokio::test]
async fn only_machines_are_frozen() {
    let guest = Guest::start().await;
    match guest.link.freeze().await {
        Err(LinkError::Refused(refusal)) => assert_eq!(refusal.code, GuestErrorCode::Denied),
        other => panic!("{other:?}"),
    }
}

/// An ext4 file system of its own, mounted while this lives.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None`, and the reason told, where this user may not mount one.
    fn mounted() -> Option<Self> {
        let disk = Self(tempfile::TempDir::new().unwrap());
        let at = |name: &str| disk.0.path().join(name).into_os_string();
        fs::create_dir(at("root")).unwrap();
        fs::File::create(at("image")).unwrap().set_len(32 << 20).unwrap();
        let runs = |program: &str, arguments: &[OsString]| {
            Command::new(program).args(arguments).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let mounted = runs("mkfs.ext4", &["-q".into(), at("image")])
            && runs("mount", &["-o".into(), "loop".into(), at("image"), at("root")]);
        mounted.then_some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path().join("root")).status();
    }
}

#[tokio::test]
async fn a_machine_stands_still_until_it_is_let_go() {
    let Some(disk) = Disk::mounted() else {
        eprintln!("SKIPPED: freezing needs root, mkfs.ext4 and a loop device");
        return;
    };
    let root = disk.0.path().join("root");
    let agent =
        pyro_guest::Agent::new(&root, "/workspace", pyro_guest::Place::Guest, pyro_guest::Login::given([].into()));
    let agent = agent.unwrap();
    let (link, other) = (connect(agent.clone()).await, connect(agent).await);
    let write = |text: &'static str| {
        let link = other.clone();
        async move { link.put_file("f", &PutFile::default(), stream::iter([Ok(Bytes::from(text))])).await }
    };
    write("before").await.unwrap();
    let mut frozen = link.freeze().await.unwrap();
    match other.freeze().await {
        Err(LinkError::Refused(refusal)) => assert_eq!(refusal.code, GuestErrorCode::Conflict),
        second => panic!("{second:?}"),
    }
    let mut held = tokio::spawn(write("held back"));
    let still = Duration::from_millis(300);
    assert!(tokio::time::timeout(still, &mut held).await.is_err());
    assert!(tokio::time::timeout(still, frozen.broken()).await.is_err());
    // Everything else goes on meanwhile.
    other.health().await.unwrap();
    drop(frozen);
    held.await.unwrap().unwrap();
    // A host that goes away lets it go as well.
    let mut frozen = link.freeze().await.unwrap();
    let held = tokio::spawn(write("held back again"));
    link.close();
    frozen.broken().await;
    held.await.unwrap().unwrap();
    assert_eq!(fs::read(root.join("workspace/f")).unwrap(), b"held back again");
    other.close();
}
