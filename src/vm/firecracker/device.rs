//! `/dev/kvm` for a machine's user where the host keeps it for root: Firecracker opens it by name and under that user.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
    sys::stat::{Mode, SFlag, mknod},
};

use crate::{
    failure::Failure,
    vm::{kvm, vmm::Owner},
};

/// Sees to it that what this thread starts from now on finds a device it may open. Where the host's may be, it is that;
/// otherwise this thread gets mounts of its own, among them a node for `owner` alone. The host's stays as it is.
pub(super) fn hand_over(place: &Path, owner: Owner) -> Result<(), Failure> {
    if !kvm::only_for_root() {
        return Ok(());
    }
    own_node(&place.join("kvm"), owner).map_err(|error| {
        Failure::unavailable(format!("{}, and a machine's own cannot be made: {error}", kvm::ONLY_FOR_ROOT))
            .hint(kvm::ONLY_FOR_ROOT_REMEDY)
    })
}

fn own_node(node: &Path, owner: Owner) -> io::Result<()> {
    let none = None::<&str>;
    let device = fs::metadata(kvm::DEVICE)?.rdev();
    mknod(node, SFlag::S_IFCHR, Mode::S_IRUSR | Mode::S_IWUSR, device)?;
    chown(node, Some(owner.user), None)?;
    unshare(CloneFlags::CLONE_NEWNS)?;
    // What the host mounts later is still seen here, but not the reverse.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)?;
    if fs::metadata(kvm::DEVICE)?.nlink() == 0 {
        // An earlier machine's of this thread, over which nothing can be mounted.
        umount2(kvm::DEVICE, MntFlags::MNT_DETACH)?;
    }
    mount(Some(node), kvm::DEVICE, none, MsFlags::MS_BIND, none)?;
    // The state directory's file system may forbid devices; this one mount of it does not.
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    mount(none, kvm::DEVICE, none, flags, none)?;
    fs::remove_file(node)
}
