//! Extended attributes, as far as an overlay keeps notes in them: those of `trusted.`, in an inode or in its one block.

use super::{Disk, DiskError, INODE_BYTES, Inode, le16, le32};

const MAGIC: u32 = 0xea02_0000;
const TRUSTED: u8 = 4;
const ENTRY_BYTES: usize = 16;
const BLOCK_HEAD_BYTES: usize = 32;

impl Disk {
    /// The attribute `trusted.` + `name`. It lies within an inode or a block, so no more than that is ever read.
    pub(in crate::disk) fn attribute(&self, inode: &Inode, name: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        let mut bytes = vec![0; self.inode_bytes as usize];
        self.medium.read_at(self.inode_place(inode.number)?, &mut bytes)?;
        // What old disks have no room for, they have no attributes in either: the magic number is 0 then.
        let head = INODE_BYTES + usize::from(le16(&bytes, INODE_BYTES));
        if le32(&bytes, head) == MAGIC {
            let values = bytes.get(head + 4..).unwrap_or_default();
            if let Some(value) = find(values, values, name)? {
                return Ok(Some(value));
            }
        }
        if inode.attributes == 0 {
            return Ok(None);
        }
        let mut block = vec![0; self.block_bytes as usize];
        self.medium.read_at(inode.attributes.saturating_mul(self.block_bytes), &mut block)?;
        if le32(&block, 0) != MAGIC {
            return Err(DAMAGED);
        }
        find(&block[BLOCK_HEAD_BYTES..], &block, name)
    }
}

const DAMAGED: DiskError = DiskError::Damaged("a file's attributes");

/// Goes through `entries`; their values are counted from the beginning of `values`. Every step moves on.
fn find(mut entries: &[u8], values: &[u8], name: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
    // Four zeros are the end; an inode may also end without them.
    while le32(entries, 0) != 0 {
        let length = usize::from(entries[0]);
        let own = entries.get(ENTRY_BYTES..ENTRY_BYTES + length).ok_or(DAMAGED)?;
        if entries[1] == TRUSTED && own == name {
            if le32(entries, 4) != 0 {
                return Err(DiskError::Unsupported("attributes with an inode of their own"));
            }
            let (start, size) = (usize::from(le16(entries, 2)), le32(entries, 8) as usize);
            return Ok(Some(values.get(start..).and_then(|rest| rest.get(..size)).ok_or(DAMAGED)?.to_vec()));
        }
        entries = entries.get((ENTRY_BYTES + length).next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        process::Command,
    };

    use proptest::prelude::*;

    use super::*;

    fn run(line: &[&str]) {
        let done =
            Command::new(line[0]).args(&line[1..]).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").output().unwrap();
        assert!(done.status.success(), "{line:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn attributes_lie_in_the_inode_or_in_a_block() {
        for inode_bytes in ["128", "256", "1024"] {
            let folder = tempfile::tempdir().unwrap();
            let [path, script, long] = ["disk", "script", "long"].map(|name| folder.path().join(name));
            File::create(&path).unwrap().set_len(4 * 1024 * 1024).unwrap();
            let shown = path.to_str().unwrap();
            run(&["mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-b", "4096", "-I", inode_bytes, shown]);
            fs::write(&long, "long".repeat(700)).unwrap();
            let name = "n".repeat(200);
            let lines = [
                "mkdir /a".to_owned(),
                "ea_set /a user.overlay.opaque n".to_owned(),
                "ea_set /a trusted.overlay.opaque y".to_owned(),
                "ea_set /a trusted.empty \"\"".to_owned(),
                format!("ea_set /a trusted.{name} short"),
                format!("ea_set -f {} /a trusted.long", long.display()),
                "ea_set /a trusted.overlay.redirect /x/y".to_owned(),
            ];
            fs::write(&script, lines.join("\n")).unwrap();
            run(&["debugfs", "-w", "-f", script.to_str().unwrap(), shown]);
            let disk = Disk::open(&path).unwrap();
            let inode = disk.find(b"a").unwrap();
            assert_ne!(inode.attributes, 0);
            let value = |name: &[u8]| disk.attribute(&inode, name).unwrap();
            assert_eq!(value(b"overlay.opaque").unwrap(), b"y");
            assert_eq!(value(b"overlay.redirect").unwrap(), b"/x/y");
            assert_eq!(value(name.as_bytes()).unwrap(), b"short");
            assert_eq!(value(b"long").unwrap(), "long".repeat(700).as_bytes());
            assert_eq!((value(b"overlay.opaqu"), value(b"overlay.opaque2"), value(b"")), (None, None, None));
            let plain = disk.find(b"lost+found").unwrap();
            assert_eq!(disk.attribute(&plain, b"overlay.opaque").unwrap(), None);
        }
    }

    fn entry(size: u32, start: u16, inode: u32) -> Vec<u8> {
        let head =
            [&[1, TRUSTED][..], &start.to_le_bytes(), &inode.to_le_bytes(), &size.to_le_bytes(), &[0; 4]].concat();
        [&head[..], b"x\0\0\0"].concat()
    }

    #[test]
    fn values_beyond_the_end_or_elsewhere_are_refused() {
        let found = |entry: Vec<u8>| find(&entry, b"value", b"x");
        assert_eq!(found(entry(3, 2, 0)).unwrap().unwrap(), b"lue");
        for (size, start) in [(6, 0), (1, 5), (u32::MAX, 1), (1, u16::MAX)] {
            assert!(matches!(found(entry(size, start, 0)), Err(DiskError::Damaged(_))), "{size} at {start}");
        }
        assert!(matches!(found(entry(1, 0, 7)), Err(DiskError::Unsupported(_))));
    }

    proptest! {
        #[test]
        fn garbage_is_found_nothing_in(garbage in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = find(&garbage, &garbage, b"x").is_ok_and(|value| value.is_none_or(|value| value.len() <= 300));
        }
    }
}
