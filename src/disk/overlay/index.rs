//! Files of the base with several names, after a change through one of them: the others follow through an index.

use std::{collections::HashMap, fmt::Write};

use pyro_protocol::tree::Kind;

use super::View;
use crate::{
    disk::{
        erofs::Node,
        ext4::{DiskError, Inode},
    },
    limits::OVERLAY_INDEX_BYTES_MAX,
};

/// Inode numbers on the disk by the handles of files in the base.
pub(super) type Indexed = HashMap<String, u32>;

/// The kernel's handles of a file on an erofs are made of 32 bits of its number, of newer kernels' 64.
const KIND_32: u8 = 0x01;
const KIND_64: u8 = 0x81;
const VERSION: u8 = 0;
const MAGIC: u8 = 0xfb;
/// Little-endian, and not of a file on the disk.
const FLAGS: u8 = 0;

impl View {
    /// What a file of the base has become, if it has several names and was changed through one of them.
    pub(super) fn changed(&self, node: &Node) -> Result<Option<Inode>, DiskError> {
        let Some(index) = self.index.as_ref().filter(|_| node.links > 1 && node.kind() != Kind::Directory) else {
            return Ok(None);
        };
        let names = self.indexed(index)?;
        let number = handles(&self.base.uuid, node.number).iter().find_map(|name| names.get(name));
        let Some(number) = number else { return Ok(None) };
        let inode = self.disk.inode(*number)?;
        match inode.kind() == node.kind() && !inode.is_whiteout() {
            true => Ok(Some(inode)),
            false => Err(DiskError::Damaged("the overlay's index")),
        }
    }

    /// Read once, whatever comes of it: it is asked for with every file of several names.
    fn indexed(&self, index: &Inode) -> Result<&Indexed, DiskError> {
        let read = || {
            let mut names = Indexed::new();
            let all = self.disk.each_name(index, &mut { OVERLAY_INDEX_BYTES_MAX }, |named| {
                if let Ok(name) = str::from_utf8(named.name) {
                    names.insert(name.to_owned(), named.inode);
                }
                Ok(())
            });
            all.ok().map(|()| names)
        };
        self.indexed.get_or_init(read).as_ref().ok_or(DiskError::Damaged("the overlay's index"))
    }
}

/// The names under which an overlay may keep a file of the base: its handle in hexadecimal digits. The last number in
/// either is the file's generation, which an erofs does not count.
fn handles(uuid: &[u8; 16], number: u64) -> [String; 2] {
    let (high, low) = ((number >> 32) as u32, number as u32);
    [handle(uuid, KIND_32, &[low, 0]), handle(uuid, KIND_64, &[high, low, 0])]
}

fn handle(uuid: &[u8; 16], kind: u8, numbers: &[u32]) -> String {
    let length = 5 + uuid.len() + 4 * numbers.len();
    let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
    let bytes = [VERSION, MAGIC, length as u8, FLAGS, kind].into_iter().chain(*uuid).chain(numbers);
    bytes.fold(String::new(), |mut name, byte| {
        // A String takes whatever is written.
        let _ = write!(name, "{byte:02x}");
        name
    })
}
