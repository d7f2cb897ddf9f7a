//! Disks cut off anywhere and damaged at random: everything comes to an end, and nothing panics.

use std::{env, fs, os::unix::fs::FileExt, path::Path};

use proptest::{prelude::*, sample::Index, test_runner::TestRunner};

use super::*;

/// Entries of the whole tree, the disk's own included.
const ENTRIES: usize = 611;

/// How many times damage is done at random.
pub(super) fn cases() -> u32 {
    env::var("PYRO_FUZZ_CASES").map_or(400, |cases| cases.parse().unwrap())
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

/// Walks the whole tree and reads a piece of each file; answers how many entries came.
fn walk_everything(path: &Path) -> usize {
    let Ok(disk) = Disk::open(path) else { return 0 };
    let mut walk = disk.walk(b"", WalkOptions::default());
    let mut entries = 0;
    while let Some(Ok(entry)) = walk.next() {
        entries += 1;
        assert!(entry.mode <= 0o7777 && !entry.path.is_empty());
        let (middle, mut piece) = (entry.size / 2, [0; 3000]);
        if let (Kind::File, Ok(inode)) = (entry.kind, disk.inode(entry.inode as u32))
            && let Ok(read) = disk.read(&inode, middle, &mut piece)
        {
            assert_eq!(read as u64, (entry.size - middle).min(3000));
        }
    }
    assert!(walk.next().is_none());
    entries
}

#[test]
fn a_disk_cut_off_anywhere_is_read_as_far_as_it_goes() {
    let (_folder, path) = image(JOURNALS[0]);
    let (whole, mut last) = (fs::metadata(&path).unwrap().len(), usize::MAX);
    assert_eq!((read_everything(&path), walk_everything(&path)), (7, ENTRIES));
    for share in (0..64).rev() {
        File::options().write(true).open(&path).unwrap().set_len(whole * share / 64).unwrap();
        let read = read_everything(&path);
        assert!(read <= last, "less disk, more content");
        assert!(walk_everything(&path) <= ENTRIES);
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
    let damage = proptest::collection::vec((any::<Index>(), any::<u8>(), any::<bool>()), 1..60);
    let file = File::options().write(true).open(&path).unwrap();
    let check = |damage: Vec<(Index, u8, bool)>| {
        let places: Vec<_> = damage
            .iter()
            .map(|(place, byte, early)| (*place.get(if *early { &metadata } else { &used }), *byte))
            .collect();
        places.iter().for_each(|(place, byte)| file.write_all_at(&[*byte], *place as u64).unwrap());
        let (read, walked) = (read_everything(&path), walk_everything(&path));
        places.iter().for_each(|(place, _)| file.write_all_at(&whole[*place..=*place], *place as u64).unwrap());
        prop_assert!(read <= 8 && walked < 100 * ENTRIES);
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(cases())).run(&damage, check).unwrap();
    assert_eq!(read_everything(&path), 7, "the damage was taken back");
}
