//! Writes cpio archives in the `newc` format the kernel unpacks as an initramfs. Every byte follows from the entries.

/// What one entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    Directory,
    /// Its bytes, and whether it can be run.
    File(&'a [u8], bool),
    /// A character device's major and minor numbers.
    Device(u32, u32),
}

/// An archive under construction.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    inode: u32,
}

impl Archive {
    /// Adds `name` (without a leading slash), owned by root.
    pub(super) fn add(&mut self, name: &str, entry: Entry<'_>) {
        self.inode += 1;
        let (mode, links, data, device) = match entry {
            Entry::Directory => (0o040_755, 2, &[][..], (0, 0)),
            Entry::File(data, run) => (if run { 0o100_755 } else { 0o100_644 }, 1, data, (0, 0)),
            Entry::Device(major, minor) => (0o020_600, 1, &[][..], (major, minor)),
        };
        self.put(name, [self.inode, mode, 0, 0, links, 0], data, device);
    }

    /// Ends the archive. Archives can stand behind one another in one file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.put("TRAILER!!!", [0, 0, 0, 0, 1, 0], &[], (0, 0));
        self.bytes
    }

    /// `head` holds inode, mode, uid, gid, link count and mtime.
    fn put(&mut self, name: &str, head: [u32; 6], data: &[u8], device: (u32, u32)) {
        // A file beyond 4 GiB cannot be in this format; nothing of ours comes near.
        let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(b"070701");
        for field in head.into_iter().chain([size, 0, 0, device.0, device.1, name_size, 0]) {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(data);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_exactly_these() {
        let mut archive = Archive::default();
        archive.add("dev", Entry::Directory);
        archive.add("dev/console", Entry::Device(5, 1));
        archive.add("init", Entry::File(b"hello", true));
        let expected = concat!(
            "070701",
            "00000001",
            "000041ed",
            "00000000",
            "00000000",
            "00000002",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000004",
            "00000000",
            "dev\0\0\0",
            "070701",
            "00000002",
            "00002180",
            "00000000",
            "00000000",
            "00000001",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000005",
            "00000001",
            "0000000c",
            "00000000",
            "dev/console\0\0\0",
            "070701",
            "00000003",
            "000081ed",
            "00000000",
            "00000000",
            "00000001",
            "00000000",
            "00000005",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000005",
            "00000000",
            "init\0\0hello\0\0\0",
            "070701",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000001",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "00000000",
            "0000000b",
            "00000000",
            "TRAILER!!!\0\0\0\0",
        );
        assert_eq!(String::from_utf8(archive.finish()).unwrap(), expected);
    }
}
