//! Real images by `mkfs.ext4`: as they are, left in use, damaged at random, and crafted against the reader.

mod crafted;
mod damage;
mod dirty;
mod walking;

use std::{
    fs,
    os::unix::fs::{FileExt, symlink},
    path::PathBuf,
    process::Command,
};

use pyro_protocol::tree::{Entry, Kind};
use tempfile::TempDir;

use super::*;

/// Runs one of e2fsprogs, which may lie where only root looks.
fn run(line: &[&str]) {
    let done = Command::new(line[0]).args(&line[1..]).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").output().unwrap();
    // e2fsck ends with 1 where it changed something.
    let ended = done.status.code().unwrap();
    assert!(ended == 0 || ended == 1 && line[0] == "e2fsck", "{line:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An image of a tree with one of everything.
fn image(options: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree/workspace");
    fs::create_dir_all(tree.join("deep/er")).unwrap();
    fs::create_dir(tree.join("many")).unwrap();
    fs::write(tree.join("empty"), "").unwrap();
    fs::write(tree.join("large"), large()).unwrap();
    fs::write(tree.join("deep/er/näme \n"), "inner").unwrap();
    for number in 0..600 {
        fs::write(tree.join(format!("many/a-rather-long-name-{number:04}")), number.to_string()).unwrap();
    }
    let sparse = File::create(tree.join("sparse")).unwrap();
    sparse.set_len(300_000).unwrap();
    sparse.write_all_at(b"middle", 200_000).unwrap();
    symlink("deep/er", tree.join("short")).unwrap();
    symlink("x".repeat(900), tree.join("long")).unwrap();
    let path = folder.path().join("disk.ext4");
    File::create(&path).unwrap().set_len(16 * 1024 * 1024).unwrap();
    let source = folder.path().join("tree");
    let mut line = vec!["mkfs.ext4", "-q", "-F", "-m0", "-d", source.to_str().unwrap()];
    line.extend(options);
    line.push(path.to_str().unwrap());
    run(&line);
    (folder, path)
}

fn large() -> Vec<u8> {
    (0..700_001_u32).map(|number| (number % 251) as u8).collect()
}

fn read(disk: &Disk, path: &str, max: u64) -> Result<Vec<u8>, DiskError> {
    let mut content = Vec::new();
    disk.copy(&disk.find(path.as_bytes())?, max, &mut content)?;
    Ok(content)
}

/// Lets debugfs change an image; it says nothing of what fails, so the tests look.
fn change(path: &Path, commands: &[&str]) {
    let list = path.with_extension("commands");
    fs::write(&list, commands.join("\n")).unwrap();
    run(&["debugfs", "-w", "-f", list.to_str().unwrap(), path.to_str().unwrap()]);
}

/// Everything below a directory that has no damage.
fn walked(disk: &Disk, top: &[u8], options: WalkOptions) -> Vec<Entry> {
    let mut walk = disk.walk(top, options);
    let entries = walk.by_ref().map(Result::unwrap).collect();
    assert_eq!(walk.skipped(), 0);
    entries
}

fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8_lossy(&entry.path).into_owned()).collect()
}

const JOURNALS: [&[&str]; 3] = [
    &["-O", "^has_journal", "-b", "1024"],
    &["-O", "^has_journal,^metadata_csum,^64bit", "-b", "4096"],
    &["-b", "1024", "-J", "size=1"],
];

#[test]
fn files_and_links_of_real_images_are_read() {
    for options in JOURNALS {
        let (_folder, path) = image(options);
        // Hashes the large directories, as a kernel would have.
        run(&["e2fsck", "-fyD", path.to_str().unwrap()]);
        let disk = Disk::open(&path).unwrap();
        assert!(disk.find(b"workspace/many").unwrap().flags & 0x1000 != 0, "a hashed directory");
        assert_eq!(read(&disk, "workspace/empty", 0).unwrap(), b"");
        assert_eq!(read(&disk, "workspace/large", 1 << 20).unwrap(), large());
        assert_eq!(read(&disk, "workspace/deep/er/näme \n", 99).unwrap(), b"inner");
        for number in [0, 1, 299, 599] {
            let path = format!("workspace/many/a-rather-long-name-{number:04}");
            assert_eq!(read(&disk, &path, 99).unwrap(), number.to_string().as_bytes());
        }
        let sparse = read(&disk, "workspace/sparse", 300_000).unwrap();
        assert_eq!((sparse.len(), &sparse[200_000..200_006]), (300_000, &b"middle"[..]));
        assert!(sparse[..200_000].iter().chain(&sparse[200_006..]).all(|byte| *byte == 0));
        let target = |path: &str| disk.link_target(&disk.find(path.as_bytes()).unwrap(), 4096).unwrap();
        assert_eq!(target("workspace/short"), b"deep/er");
        assert_eq!(target("workspace/long"), "x".repeat(900).as_bytes());
    }
}

#[test]
fn what_is_not_there_too_large_or_behind_a_link_is_refused() {
    let (_folder, path) = image(JOURNALS[0]);
    let disk = Disk::open(&path).unwrap();
    assert!(matches!(read(&disk, "workspace/large", 700_000), Err(DiskError::TooLarge(700_001))));
    assert!(matches!(read(&disk, "workspace/none", 9), Err(DiskError::Missing)));
    assert!(matches!(read(&disk, "workspace/../workspace/empty", 9), Err(DiskError::Missing)));
    assert!(matches!(read(&disk, "workspace/short/näme \n", 9), Err(DiskError::NoSuchKind(_))));
    assert!(matches!(read(&disk, "workspace/short", 9), Err(DiskError::NoSuchKind(_))));
    assert!(matches!(read(&disk, "workspace/deep", 9), Err(DiskError::NoSuchKind(_))));
    assert!(matches!(read(&disk, "workspace/empty/x", 9), Err(DiskError::NoSuchKind(_))));
}

#[test]
fn blocks_reserved_but_never_written_read_as_zeros() {
    let (_folder, path) = image(JOURNALS[0]);
    let shown = path.to_str().unwrap();
    run(&["debugfs", "-w", "-R", "fallocate /workspace/empty 0 9", shown]);
    run(&["debugfs", "-w", "-R", "set_inode_field /workspace/empty size 10000", shown]);
    assert_eq!(read(&Disk::open(&path).unwrap(), "workspace/empty", 10_000).unwrap(), vec![0; 10_000]);
}

#[test]
fn any_piece_of_a_file_is_read_where_it_lies() {
    for options in JOURNALS {
        let (_folder, path) = image(options);
        let shown = path.to_str().unwrap();
        // Some of it reserved only, and a tree of extents with leaves of its own: every other block is given back.
        run(&["debugfs", "-w", "-R", "fallocate /workspace/sparse 10 40", shown]);
        let block_bytes = Disk::open(&path).unwrap().block_bytes as usize;
        let blocks = 700_001 / block_bytes;
        let holes: Vec<_> =
            (0..blocks).step_by(2).map(|block| format!("punch /workspace/large {block} {block}")).collect();
        change(&path, &holes.iter().map(String::as_str).collect::<Vec<_>>());
        let disk = Disk::open(&path).unwrap();
        let mut expected = large();
        (0..blocks).step_by(2).for_each(|block| expected[block * block_bytes..(block + 1) * block_bytes].fill(0));
        assert!(le16(&disk.find(b"workspace/large").unwrap().root, 6) > 0, "the tree has but a root");
        for (name, whole) in [("large", expected), ("sparse", read(&disk, "workspace/sparse", 1 << 20).unwrap())] {
            let inode = disk.find(format!("workspace/{name}").as_bytes()).unwrap();
            assert_eq!(read(&disk, &format!("workspace/{name}"), 1 << 20).unwrap(), whole);
            for (place, length) in (0..whole.len()).step_by(3_511).zip([1, 4096, 0, 70_000, 1023].into_iter().cycle()) {
                let mut piece = vec![1; length];
                let end = (place + length).min(whole.len());
                assert_eq!(disk.read(&inode, place as u64, &mut piece).unwrap(), end - place);
                assert_eq!(piece[..end - place], whole[place..end], "{name} from {place}");
            }
            for beyond in [whole.len() as u64, u64::MAX] {
                assert_eq!(disk.read(&inode, beyond, &mut [0; 9]).unwrap(), 0);
            }
        }
        let refused = disk.read(&disk.find(b"workspace/deep").unwrap(), 0, &mut [0; 9]);
        assert!(matches!(refused, Err(DiskError::NoSuchKind(_))));
    }
}
