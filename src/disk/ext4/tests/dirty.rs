//! Disks left in use: what their journals hold is read as it would be after `e2fsck` has played them back.

use std::collections::BTreeSet;

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;

/// Small blocks with wide numbers, large ones without. Without `metadata_csum`, debugfs writes wrong checksums.
const WIDE: &[&str] = &["-b", "1024", "-J", "size=1"];
const NARROW: &[&str] = &["-b", "4096", "-J", "size=4", "-O", "^64bit"];
const CHECKSUMS: [&str; 3] = ["", "-c -v 2", "-c -v 3"];

/// All entries of a disk and the hashes of its files.
fn everything(path: &Path) -> Vec<(Entry, String)> {
    let disk = Disk::open(path).unwrap();
    let with_content = |entry: Entry| {
        let mut content = vec![0; entry.size as usize];
        let inode = disk.find(&entry.path).unwrap();
        if entry.kind == Kind::File {
            assert_eq!(disk.read(&inode, 0, &mut content).unwrap(), content.len());
        }
        (entry, pyro_tree::sha256_of(&content))
    };
    walked(&disk, b"", WalkOptions::default()).into_iter().map(with_content).collect()
}

/// The same after `e2fsck` has played the journal back on a copy.
fn recovered(path: &Path) -> Vec<(Entry, String)> {
    let copy = path.with_extension("recovered");
    fs::copy(path, &copy).unwrap();
    run(&["e2fsck", "-fy", copy.to_str().unwrap()]);
    everything(&copy)
}

/// The journal's blocks in their order.
fn journal_blocks(path: &Path) -> Vec<u64> {
    let (disk, mut blocks) = (Disk::on(Medium::new(File::open(path).unwrap())).unwrap().0, Vec::new());
    let collect = &mut |extent: extents::Extent| {
        let start = extent.start.unwrap();
        blocks.extend(start..start + extent.blocks);
        Ok(std::ops::ControlFlow::Continue(()))
    };
    disk.extents(&disk.inode(8).unwrap(), 0, collect).unwrap();
    blocks
}

/// What debugfs must be told to write the blocks of `new` that `old` has otherwise, as one transaction.
fn transaction(old: &Path, new: &Path, block_bytes: usize) -> String {
    let (before, after) = (fs::read(old).unwrap(), fs::read(new).unwrap());
    let journal: BTreeSet<u64> = journal_blocks(old).into_iter().collect();
    let pairs = before.chunks(block_bytes).zip(after.chunks(block_bytes)).enumerate();
    let changed = pairs.filter(|(block, (old, new))| old != new && !journal.contains(&(*block as u64)));
    let (blocks, content): (Vec<_>, Vec<_>) = changed.map(|(block, (_, new))| (block.to_string(), new)).unzip();
    assert!(blocks.len() > 5, "hardly anything changed");
    let file = new.with_extension("blocks");
    fs::write(&file, content.concat()).unwrap();
    format!("jw -b {} {}", blocks.join(","), file.display())
}

/// The disk's blocks with a file's content.
fn file_blocks(path: &Path, name: &str) -> Vec<u64> {
    let (disk, mut blocks) = (Disk::open(path).unwrap(), Vec::new());
    let collect = &mut |extent: extents::Extent| {
        blocks.extend((0..extent.blocks).map(|block| extent.start.unwrap() + block));
        Ok(std::ops::ControlFlow::Continue(()))
    };
    disk.extents(&disk.find(name.as_bytes()).unwrap(), 0, collect).unwrap();
    blocks
}

/// An image whose journal holds two rounds of changes to everything, contents that look like a journal's own blocks,
/// revoked ones, and a transaction that never ended. Also answers how many blocks it has in its journal.
fn dirty(options: &[&str], checksums: &str) -> (TempDir, PathBuf, u64) {
    let (folder, path) = image(options);
    let block_bytes = Disk::open(&path).unwrap().block_bytes as usize;
    let (first, second) = (path.with_file_name("first"), path.with_file_name("second"));
    let source = folder.path().join("tree/workspace/large");
    fs::copy(&path, &first).unwrap();
    let write = format!("write {} /workspace/new", source.display());
    let commands = ["mkdir /workspace/made", "rm /workspace/empty", "symlink /workspace/made/link there", &write];
    change(&first, &commands);
    fs::copy(&first, &second).unwrap();
    change(
        &second,
        &[
            "rm /workspace/large",
            "ln /workspace/new /workspace/made/twin",
            "rm /workspace/many/a-rather-long-name-0007",
        ],
    );
    let blocks = file_blocks(&second, "workspace/new");
    let magic = path.with_file_name("magic");
    let escaped = [&[0xc0, 0x3b, 0x39, 0x98], &vec![b'X'; block_bytes - 4][..]].concat();
    fs::write(&magic, escaped.repeat(4)).unwrap();
    let magic = magic.display();
    let changes = [
        format!("jo {checksums}"),
        transaction(&path, &first, block_bytes),
        format!("jw -b {},{},{},{} {magic}", blocks[3], blocks[5], blocks[7], blocks[9]),
        format!("jw -r {},{} /dev/null", blocks[5], blocks[7]),
        format!("jw -b {} {magic}", blocks[7]),
        transaction(&first, &second, block_bytes),
        format!("jw -b {},{} -c {magic}", blocks[9] + 1, blocks[9] + 2),
        "jc".to_owned(),
    ];
    change(&path, &changes.iter().map(String::as_str).collect::<Vec<_>>());
    let disk = Disk::on(Medium::new(File::open(&path).unwrap())).unwrap();
    assert_eq!(disk.1, Some(8), "the journal must be played back");
    let moved = Disk::open(&path).unwrap().medium.moved_blocks() as u64;
    (folder, path, moved)
}

#[test]
fn a_disk_left_in_use_reads_as_after_its_recovery() {
    for (options, checksums) in [WIDE, NARROW].into_iter().flat_map(|options| CHECKSUMS.map(|sums| (options, sums))) {
        let (_folder, path, moved) = dirty(options, checksums);
        let before = fs::read(&path).unwrap();
        let (read, expected) = (everything(&path), recovered(&path));
        let differing = read.iter().zip(&expected).find(|(read, expected)| read != expected);
        assert_eq!((read.len(), differing), (expected.len(), None), "{options:?} {checksums}");
        assert_eq!(fs::read(&path).unwrap(), before, "the file is left alone");
        assert!(moved > 20);
        let names: Vec<_> = read.iter().map(|(entry, _)| entry.path.as_ref()).collect();
        for (name, there) in [
            ("new", true),
            ("made/twin", true),
            ("empty", false),
            ("large", false),
            ("many/a-rather-long-name-0007", false),
        ] {
            assert_eq!(names.contains(&format!("workspace/{name}").as_bytes()), there, "{name}");
        }
        let content = super::read(&Disk::open(&path).unwrap(), "workspace/new", 1 << 20).unwrap();
        let bytes = Disk::open(&path).unwrap().block_bytes as usize;
        let escaped =
            |block: usize| content[block * bytes..].starts_with(&[0xc0, 0x3b, 0x39, 0x98, b'X', b'X', b'X', b'X']);
        let expected = [(3, true), (5, false), (7, true), (9, true), (10, false)];
        assert_eq!(expected.map(|(block, _)| (block, escaped(block))), expected);
    }
}

#[test]
fn a_journal_goes_on_at_its_beginning() {
    for options in [WIDE, NARROW] {
        let (_folder, path, _) = dirty(options, "");
        let expected = everything(&path);
        let block_bytes = Disk::open(&path).unwrap().block_bytes;
        let (blocks, image) = (journal_blocks(&path), fs::read(&path).unwrap());
        let file = File::options().write(true).open(&path).unwrap();
        let (head, ring) = blocks.split_first().unwrap();
        // So far that the end of the ring falls behind each of the first blocks once.
        for shift in (ring.len() - 24..ring.len()).chain([1, ring.len() / 2]) {
            for (place, block) in ring.iter().enumerate() {
                let to = ring[(place + shift) % ring.len()];
                let content = &image[(block * block_bytes) as usize..][..block_bytes as usize];
                file.write_all_at(content, to * block_bytes).unwrap();
            }
            file.write_all_at(&(shift as u32 + 1).to_be_bytes(), head * block_bytes + 0x1c).unwrap();
            assert!(everything(&path) == expected, "turned by {shift} blocks");
            if shift % 12 == 0 {
                assert!(recovered(&path) == expected, "e2fsck agrees");
            }
        }
    }
}

#[test]
fn journals_of_other_kinds_are_refused_by_name() {
    let (_folder, path, _) = dirty(WIDE, "");
    let head = journal_blocks(&path)[0] * 1024;
    let file = File::options().write(true).open(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    for (place, number, said) in [
        (head + 0x28, 0x20_u32.to_be(), "fast commits"),
        (head + 0x28, 0x4_u32.to_be(), "asynchronous commits"),
        (head + 0x28, 0x100_u32.to_be(), "features of journals"),
        (head + 0x1c, 0x1000_u32.to_be(), "its journal"),
        (head + 0x14, 0, "its journal"),
        (head + 0x10, u32::MAX, "its journal"),
        (head + 0xc, 4096_u32.to_be(), "its journal"),
        (head, 0, "its journal"),
        (1024 + 0xe0, 0, "on another disk"),
        (1024 + 0xe0, u32::MAX, "an inode's number"),
        (1024 + 0xe0, 2, "its journal"),
    ] {
        file.write_all_at(&number.to_ne_bytes(), place).unwrap();
        let refused = Disk::open(&path).unwrap_err().to_string();
        assert!(refused.contains(said), "{place}: {refused}");
        file.write_all_at(&whole[place as usize..][..4], place).unwrap();
    }
    // Nothing to play back.
    file.write_all_at(&[0; 4], head + 0x1c).unwrap();
    assert_eq!(Disk::open(&path).unwrap().medium.moved_blocks(), 0);
}

#[test]
fn a_damaged_journal_never_breaks_the_reader() {
    let (_folder, path, moved) = dirty(WIDE, "-c -v 3");
    let whole = fs::read(&path).unwrap();
    let blocks = journal_blocks(&path);
    // What is in use of it, and most often where its own blocks are.
    let used: Vec<usize> =
        blocks.iter().flat_map(|block| (0..1024).map(|byte| *block as usize * 1024 + byte)).collect();
    let used: Vec<usize> = used.into_iter().filter(|place| whole[*place] != 0).collect();
    let own = |block: &&u64| whole[**block as usize * 1024..].starts_with(&journal::MAGIC.to_be_bytes());
    let own = blocks.iter().filter(own).flat_map(|block| (0..64).map(|byte| *block as usize * 1024 + byte));
    let own: Vec<usize> = own.collect();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..20);
    let file = File::options().write(true).open(&path).unwrap();
    let check = |damage: Vec<(prop::sample::Index, u8, bool)>| {
        let places =
            damage.iter().map(|(place, byte, own_block)| (*place.get(if *own_block { &own } else { &used }), *byte));
        let places: Vec<_> = places.collect();
        places.iter().for_each(|(place, byte)| file.write_all_at(&[*byte], *place as u64).unwrap());
        if let Ok(disk) = Disk::open(&path) {
            prop_assert!(disk.medium.moved_blocks() <= blocks.len());
            prop_assert!(disk.walk(b"", WalkOptions::default()).count() < 10_000);
        }
        places.iter().for_each(|(place, _)| file.write_all_at(&whole[*place..=*place], *place as u64).unwrap());
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(damage::cases())).run(&damage, check).unwrap();
    assert_eq!(Disk::open(&path).unwrap().medium.moved_blocks() as u64, moved, "the damage was taken back");
}
