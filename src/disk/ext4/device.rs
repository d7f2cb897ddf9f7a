//! The numbers of devices, of which an overlay gives one a meaning of its own.

use pyro_protocol::tree::Kind;

use super::{Inode, le32};

impl Inode {
    /// Whether it is the character device 0:0, with which an overlay hides a name of what lies below.
    pub(in crate::disk) fn is_whiteout(&self) -> bool {
        // A number of 16 bits lies in the first place, a longer one in the second.
        let (short, long) = (le32(&self.root, 0), le32(&self.root, 4));
        self.kind() == Kind::CharDevice && if short == 0 { long == 0 } else { short as u16 == 0 }
    }
}
