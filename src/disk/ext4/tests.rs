//! Real images by `mkfs.ext4`, cut off, damaged at random, and crafted against the reader.

use std::{fs, os::unix::fs::symlink, path::PathBuf, process::Command};

use proptest::{prelude::*, test_runner::TestRunner};
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
    File::create(&path).unwrap().set_len(8 * 1024 * 1024).unwrap();
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

const JOURNALS: [&[&str]; 3] = [
    &["-O", "^has_journal", "-b", "1024"],
    &["-O", "^has_journal,^metadata_csum,^64bit"],
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
fn a_disk_copied_while_in_use_says_so() {
    let (_folder, path) = image(JOURNALS[2]);
    run(&["debugfs", "-w", "-R", "feature needs_recovery", path.to_str().unwrap()]);
    let refused = Disk::open(&path).unwrap_err().to_string();
    assert!(refused.contains("while in use"), "{refused}");
}

/// Reads all that the tree had; answers how much could be read.
fn read_everything(path: &Path) -> usize {
    let Ok(disk) = Disk::open(path) else { return 0 };
    let paths =
        ["empty", "large", "deep/er/näme \n", "many/a-rather-long-name-0300", "sparse", "short", "long", "none"];
    let reads = paths.iter().filter(|path| {
        let Ok(inode) = disk.find(format!("workspace/{path}").as_bytes()) else { return false };
        let mut content = Vec::new();
        let copied = disk.copy(&inode, 1 << 20, &mut content).is_ok();
        assert!(content.len() <= 1 << 20);
        copied || disk.link_target(&inode, 4096).is_ok()
    });
    reads.count()
}

#[test]
fn a_disk_cut_off_anywhere_is_read_as_far_as_it_goes() {
    let (_folder, path) = image(JOURNALS[0]);
    let (whole, mut last) = (fs::metadata(&path).unwrap().len(), usize::MAX);
    assert_eq!(read_everything(&path), 7);
    for share in (0..64).rev() {
        File::options().write(true).open(&path).unwrap().set_len(whole * share / 64).unwrap();
        let read = read_everything(&path);
        assert!(read <= last, "less disk, more content");
        last = read;
    }
    assert_eq!(last, 0);
}

#[test]
fn damage_at_random_never_breaks_the_reader() {
    let (_folder, path) = image(JOURNALS[0]);
    let whole = fs::read(&path).unwrap();
    // Damage where there is something: most of a disk is empty.
    let used: Vec<usize> = (0..whole.len()).filter(|place| whole[*place] != 0 && whole[*place] != 7).collect();
    let metadata: Vec<usize> = used.iter().copied().filter(|place| *place < 512 * 1024).collect();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..60);
    let file = File::options().write(true).open(&path).unwrap();
    let check = |damage: Vec<(prop::sample::Index, u8, bool)>| {
        let places: Vec<_> = damage
            .iter()
            .map(|(place, byte, early)| (*place.get(if *early { &metadata } else { &used }), *byte))
            .collect();
        places.iter().for_each(|(place, byte)| file.write_all_at(&[*byte], *place as u64).unwrap());
        let read = read_everything(&path);
        places.iter().for_each(|(place, _)| file.write_all_at(&whole[*place..=*place], *place as u64).unwrap());
        prop_assert!(read <= 8);
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(400)).run(&damage, check).unwrap();
    assert_eq!(read_everything(&path), 7, "the damage was taken back");
}

/// Where an inode's root of extents lies in the image.
fn root_of(path: &Path, name: &str) -> u64 {
    let root = Disk::open(path).unwrap().find(name.as_bytes()).unwrap().root;
    fs::read(path).unwrap().windows(ROOT_BYTES).position(|bytes| bytes == root).unwrap() as u64
}

/// A node of extents, all its entries alike.
fn node(entries: u16, depth: u16, entry: [u8; 12]) -> Vec<u8> {
    let mut node = [0xf30a_u16.to_le_bytes(), entries.to_le_bytes(), entries.to_le_bytes()].concat();
    node.extend(u32::from(depth).to_le_bytes());
    node.resize(12, 0);
    (0..entries).for_each(|_| node.extend(entry));
    node
}

#[test]
fn extents_that_multiply_without_end_are_refused_at_once() {
    let (_folder, path) = image(JOURNALS[1]);
    let file = File::options().write(true).open(&path).unwrap();
    let (free, bytes) = (fs::metadata(&path).unwrap().len() / 4096 - 8, 4096);
    let child = |level: u64| {
        let mut entry = [0; 12];
        entry[4..8].copy_from_slice(&(free as u32 + level as u32).to_le_bytes());
        entry
    };
    // Five levels of 340 entries each, every one naming the same block below, and leaves that hold nothing.
    for (name, leaf) in [("large", node(340, 0, [0; 12])), ("sparse", node(0, 0, [0; 12]))] {
        for level in 1..=4 {
            file.write_all_at(&node(340, level as u16, child(level - 1)), (free + level) * bytes).unwrap();
        }
        file.write_all_at(&leaf, free * bytes).unwrap();
        file.write_all_at(&node(4, 5, child(4)), root_of(&path, &format!("workspace/{name}"))).unwrap();
        let disk = Disk::open(&path).unwrap();
        assert!(matches!(read(&disk, &format!("workspace/{name}"), 1 << 20), Err(DiskError::Damaged(_))));
    }
    // A directory made of one block over and over, as large as it may state.
    let root = root_of(&path, "workspace/many");
    file.write_all_at(&u32::MAX.to_le_bytes(), root - 0x28 + 4).unwrap();
    let disk = Disk::open(&path).unwrap();
    assert!(matches!(read(&disk, "workspace/many/a", 9), Err(DiskError::TooLarge(_))));
}
