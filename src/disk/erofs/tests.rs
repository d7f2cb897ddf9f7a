//! Real images by `mkfs.erofs`, of every layout and of those that are not read.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::Command,
};

use pyro_protocol::tree::Kind;
use tempfile::TempDir;

use super::*;

const ROOM: u64 = 1 << 20;

fn image(options: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (tree, path) = (folder.path().join("tree"), folder.path().join("base.erofs"));
    fs::create_dir_all(tree.join("many")).unwrap();
    (0..600).for_each(|number| fs::write(tree.join(format!("many/a-rather-long-name-{number:04}")), "x").unwrap());
    for size in [0, 10, 4096, 9000] {
        fs::write(tree.join(format!("file-{size}")), content(size)).unwrap();
    }
    fs::write(tree.join("zeros"), vec![0; 100_000]).unwrap();
    fs::hard_link(tree.join("zeros"), tree.join("more zeros")).unwrap();
    fs::set_permissions(tree.join("file-10"), fs::Permissions::from_mode(0o4751)).unwrap();
    symlink("file-10", tree.join("short")).unwrap();
    symlink("x".repeat(4000), tree.join("long")).unwrap();
    let line = [&["--quiet", "-T", "1234567890"], options, &[path.to_str().unwrap(), tree.to_str().unwrap()]].concat();
    let made = Command::new("mkfs.erofs").args(&line).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").output();
    let made = made.unwrap_or_else(|error| panic!("mkfs.erofs: {error}; `make setup` installs it"));
    assert!(made.status.success(), "{line:?}: {}", String::from_utf8_lossy(&made.stderr));
    (folder, path)
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|place| (place % 251) as u8).collect()
}

fn find(erofs: &Erofs, name: &str) -> Result<Node, DiskError> {
    let number = erofs.find(&erofs.root()?, name.as_bytes(), &mut { ROOM })?.ok_or(DiskError::Missing)?;
    erofs.node(number)
}

#[test]
fn images_of_every_layout_are_read() {
    let options: [&[&str]; 3] = [&[], &["-Eforce-inode-compact"], &["-Eforce-inode-extended"]];
    for options in options {
        let (_folder, path) = image(options);
        let erofs = Erofs::open(&path).unwrap();
        let mut names = Vec::new();
        let many = find(&erofs, "many").unwrap();
        erofs
            .names(&many, &mut { ROOM }, |name, _| {
                names.push(name.to_vec());
                Ok(())
            })
            .unwrap();
        names.sort();
        assert_eq!((names.len(), &names[599][..]), (600, &b"a-rather-long-name-0599"[..]));
        for size in [0, 10, 4096, 9000] {
            let node = find(&erofs, &format!("file-{size}")).unwrap();
            let mut bytes = vec![7; 10_000];
            assert_eq!(erofs.read(&node, 0, &mut bytes).unwrap(), size);
            assert_eq!(bytes[..size], content(size));
            assert_eq!((node.kind(), node.size, node.links), (Kind::File, size as u64, 1));
            assert_eq!(node.mtime_ns, 1_234_567_890_000_000_000);
        }
        assert_eq!(find(&erofs, "file-10").unwrap().mode(), 0o4751);
        assert_eq!(find(&erofs, "more zeros").unwrap().links, 2);
        let target = |name, max| erofs.link_target(&find(&erofs, name).unwrap(), max);
        assert_eq!(target("short", 4096).unwrap(), b"file-10");
        assert_eq!(target("long", 4096).unwrap(), "x".repeat(4000).as_bytes());
        assert!(matches!(target("long", 3999), Err(DiskError::TooLarge(4000))));
        assert!(matches!(target("file-10", 4096), Err(DiskError::NoSuchKind(_))));
        assert!(matches!(erofs.read(&many, 0, &mut [0]), Err(DiskError::NoSuchKind(_))));
        assert!(matches!(erofs.find(&many, b"x", &mut 100), Err(DiskError::TooLarge(_))));
        assert!(matches!(find(&erofs, "none"), Err(DiskError::Missing)));
    }
}

#[test]
fn what_is_compressed_or_in_chunks_is_refused_in_words() {
    for (options, words) in [(&["-zlz4"][..], "compressed"), (&["--chunksize=4096"], "features of erofs")] {
        let (_folder, path) = image(options);
        let refused = Erofs::open(&path).and_then(|erofs| find(&erofs, "zeros")).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn what_is_no_erofs_is_refused() {
    let (folder, path) = image(&[]);
    let other = folder.path().join("other");
    fs::write(&other, vec![0; 5000]).unwrap();
    assert!(matches!(Erofs::open(&other), Err(DiskError::Damaged("it holds no erofs"))));
    fs::write(&other, "short").unwrap();
    assert!(matches!(Erofs::open(&other), Err(DiskError::Damaged("it ends too early"))));
    symlink(&path, folder.path().join("link")).unwrap();
    assert!(matches!(Erofs::open(&folder.path().join("link")), Err(DiskError::Io(_))));
    assert!(matches!(Erofs::open(folder.path()), Err(DiskError::NoSuchKind("regular file"))));
    for (place, value) in [(1024 + 12, 200), (1024 + 90, 1)] {
        let mut bytes = fs::read(&path).unwrap();
        bytes[place] = value;
        fs::write(&other, bytes).unwrap();
        assert!(matches!(Erofs::open(&other), Err(DiskError::Damaged("its superblock"))));
    }
}
