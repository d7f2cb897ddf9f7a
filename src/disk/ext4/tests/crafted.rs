//! Disks written to keep a reader busy for ever, or to make it take all memory.

use std::{
    os::unix::fs::FileExt,
    time::{Duration, Instant},
};

use super::*;

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
    // Children that seem to go on, and are one and the same.
    let mut extent = [0; 12];
    extent[4] = 1;
    file.write_all_at(&node(1, 0, extent), free * bytes).unwrap();
    let mut index = node(4, 1, child(0));
    index[12..].chunks_exact_mut(12).enumerate().for_each(|(place, entry)| entry[0] = place as u8);
    file.write_all_at(&index, root_of(&path, "workspace/large")).unwrap();
    let disk = Disk::open(&path).unwrap();
    assert!(matches!(read(&disk, "workspace/large", 1 << 20), Err(DiskError::Damaged(_))));
    // Only what is asked for is looked at.
    assert_eq!(disk.read(&disk.find(b"workspace/large").unwrap(), 1, &mut [0; 4095]).unwrap(), 4095);
    // A directory made of one block over and over, as large as it may state.
    let root = root_of(&path, "workspace/many");
    file.write_all_at(&u32::MAX.to_le_bytes(), root - 0x28 + 4).unwrap();
    let disk = Disk::open(&path).unwrap();
    assert!(matches!(read(&disk, "workspace/many/a", 9), Err(DiskError::Limit(..))));
}

/// Walks the whole disk, which may take as long as a sound one of that size: what came, what was skipped, how it ended.
fn hostile(path: &Path) -> (Vec<Entry>, u64, Option<DiskError>) {
    let (began, disk) = (Instant::now(), Disk::open(path).unwrap());
    let (mut walk, mut entries, mut ended) = (disk.walk(b"", WalkOptions::default()), Vec::new(), None);
    for entry in walk.by_ref() {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(error) => ended = Some(error),
        }
    }
    assert!(began.elapsed() < Duration::from_secs(60), "after {:?}", began.elapsed());
    (entries, walk.skipped(), ended)
}

fn unreadable(entries: &[Entry]) -> Vec<String> {
    names(&entries.iter().filter(|entry| entry.unreadable).cloned().collect::<Vec<_>>())
}

#[test]
fn directories_that_contain_themselves_or_one_another_come_once() {
    let (_folder, path) = image(JOURNALS[0]);
    let commands =
        ["cd /workspace/deep", "ln . itself", "ln /workspace above", "mkdir a", "mkdir b", "ln a b/a", "ln b a/b"];
    change(&path, &commands);
    let (entries, skipped, ended) = hostile(&path);
    let whole = names(&entries);
    for name in ["above", "a/b/a", "b", "itself"] {
        assert!(whole.contains(&format!("workspace/deep/{name}")), "{name} of {whole:?}");
    }
    let again = ["a/b/a", "above", "b", "itself"].map(|name| format!("workspace/deep/{name}"));
    assert_eq!(unreadable(&entries), again.into_iter().collect::<Vec<_>>());
    assert_eq!((skipped, ended.is_none()), (0, true));
}

/// Overwrites bytes of the first block of a directory.
fn in_directory(path: &Path, name: &str, place: u64, bytes: &[u8]) {
    let disk = Disk::open(path).unwrap();
    let block = u64::from(le32(&disk.find(name.as_bytes()).unwrap().root, 12 + 8));
    File::options().write(true).open(path).unwrap().write_all_at(bytes, block * disk.block_bytes + place).unwrap();
}

#[test]
fn damaged_directories_are_told_and_the_walk_goes_on() {
    // The third entry of each directory begins 24 bytes from its start.
    let cases: [(&str, u64, &[u8]); 6] = [
        ("length 0", 24 + 4, &[0, 0]),
        ("shorter than its head", 24 + 4, &[4, 0]),
        ("shorter than its name", 24 + 4, &[8, 0]),
        ("longer than the block", 24 + 4, &[255, 255]),
        ("a name longer than the entry", 24 + 4, &[12, 0, 255]),
        ("the first of length 0", 4, &[0, 0]),
    ];
    let (_folder, path) = image(JOURNALS[0]);
    let whole = fs::read(&path).unwrap();
    for (case, place, bytes) in cases {
        fs::write(&path, &whole).unwrap();
        in_directory(&path, "workspace/deep/er", place, bytes);
        let (entries, skipped, ended) = hostile(&path);
        // The file in it is what is missing.
        assert_eq!(entries.len(), 610, "{case}");
        assert_eq!(unreadable(&entries), ["workspace/deep/er"], "{case}");
        assert_eq!((skipped, ended.is_none()), (0, true), "{case}");
    }
}

#[test]
fn entries_without_a_sound_inode_are_skipped_and_counted() {
    let (_folder, path) = image(JOURNALS[0]);
    let inodes = Disk::open(&path).unwrap().inodes;
    let whole = fs::read(&path).unwrap();
    // The last inode is there, but was never used.
    for number in [inodes, inodes + 1, u32::MAX] {
        for (directory, is_directory) in [("workspace/deep/er", false), ("workspace/deep", true)] {
            fs::write(&path, &whole).unwrap();
            in_directory(&path, directory, 24, &number.to_le_bytes());
            let (entries, skipped, ended) = hostile(&path);
            let (come, told, lost) = if is_directory { (610, vec!["workspace/deep/er"], 0) } else { (610, vec![], 1) };
            assert_eq!(
                (entries.len(), unreadable(&entries), skipped),
                (come, told.iter().map(|name| name.to_string()).collect(), lost)
            );
            assert!(ended.is_none());
        }
    }
}

#[test]
fn sizes_and_places_beyond_the_disk_are_no_more_than_damage() {
    let (_folder, path) = image(JOURNALS[0]);
    let file = File::options().write(true).open(&path).unwrap();
    let [many, deep, large] = ["many", "deep", "large"].map(|name| root_of(&path, &format!("workspace/{name}")));
    let size_of = |root: u64, size: u64| {
        file.write_all_at(&(size as u32).to_le_bytes(), root - 0x28 + 4).unwrap();
        file.write_all_at(&((size >> 32) as u32).to_le_bytes(), root - 0x28 + 0x6c).unwrap();
    };
    // A directory larger than any, one that is mostly a hole, and a file of which most bytes are beyond the disk.
    size_of(many, 1 << 40);
    size_of(deep, 200 << 20);
    size_of(large, 1 << 50);
    file.write_all_at(&[0xff; 6], large + 12 + 6).unwrap();
    let (entries, skipped, ended) = hostile(&path);
    assert_eq!(unreadable(&entries), ["workspace/deep", "workspace/many"]);
    assert_eq!((entries.len(), skipped, ended.is_none()), (611 - 600 - 2, 0, true));
    let disk = Disk::open(&path).unwrap();
    let inode = disk.find(b"workspace/large").unwrap();
    assert_eq!(inode.size(), 1 << 50);
    assert!(matches!(disk.read(&inode, 0, &mut [0; 9]), Err(DiskError::Damaged(_))));
    assert_eq!(disk.read(&inode, (1 << 50) - 5, &mut [1; 9]).unwrap(), 5);
    size_of(large, 1 << 63);
    assert!(matches!(disk.find(b"workspace/large"), Err(DiskError::Damaged(_))));
    assert_eq!(hostile(&path).1, 1);
}

#[test]
fn a_walk_names_the_bound_it_exceeds_and_stops_at_the_deepest_path() {
    let (_folder, path) = image(JOURNALS[1]);
    let disk = Disk::open(&path).unwrap();
    // Two million names, in one extent behind the end of the disk.
    let (root, start, blocks) = (root_of(&path, "workspace/deep"), fs::metadata(&path).unwrap().len() / 4096, 8192_u16);
    let mut entry = disk.find(b"workspace/empty").unwrap().number().to_le_bytes().to_vec();
    entry.extend([16, 0, 8, 1]);
    entry.extend(b"the-same");
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(&entry.repeat(usize::from(blocks) * 256), start * 4096).unwrap();
    let mut extent = [0; 12];
    extent[4..6].copy_from_slice(&blocks.to_le_bytes());
    extent[8..].copy_from_slice(&(start as u32).to_le_bytes());
    file.write_all_at(&node(1, 0, extent), root).unwrap();
    let size = |blocks: u32| file.write_all_at(&(blocks * 4096).to_le_bytes(), root - 0x28 + 4).unwrap();
    size(blocks.into());
    let (entries, _, ended) = hostile(&path);
    assert!(ended.unwrap().to_string().contains("67108864 bytes of names"), "{:?}", names(&entries));
    // Of a name that is there again and again, the first counts.
    size(64);
    let (entries, skipped, ended) = hostile(&path);
    assert_eq!((entries.len(), skipped, ended.is_none()), (611 - 2 + 1, 0, true));

    let long = "d".repeat(250);
    let deeper = format!("mkdir {long}\ncd {long}\n").repeat(250);
    change(&path, &["cd /workspace/many", &deeper]);
    let (entries, _, ended) = hostile(&path);
    let deepest = entries.iter().max_by_key(|entry| entry.path.len()).unwrap();
    assert!(ended.is_none() && deepest.unreadable, "a path too long for anything below it");
    assert!((3840..4096).contains(&deepest.path.len()), "{}", deepest.path.len());
}
